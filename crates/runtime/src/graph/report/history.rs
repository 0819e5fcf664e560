//! What a report says of things that are no more: abandoned recordings and freed executors.
//!
//! Written only where a recording is abandoned or an executor freed, and no larger than the program
//! has places.

use super::work;
use crate::graph::abort::Abort;
use crate::graph::executor::Executor;
use crate::graph::ticket::Pending;
use offramp_uop::Pc;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct History {
    pub(super) abandoned: BTreeMap<Attempt, u64>,
    pub(super) gone: Gone,
}

/// What abandoned recordings have in common that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Attempt {
    pub(super) pc: Pc,
    pub(super) reason: Abort,
    pub(super) at: Option<Pc>,
    /// Whether it was for an exit.
    pub(super) side: bool,
}

/// Freed executors, together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gone {
    pub(super) executors: u64,
    pub(super) cold: u64,
    pub(super) instructions: u64,
}

impl History {
    pub(crate) fn abandon(&mut self, pending: &Pending, reason: Abort) {
        let attempt = Attempt {
            pc: pending.executor.pc(),
            reason,
            at: pending.ended.map(|ended| ended.at),
            side: pending.exit.is_some(),
        };
        *self.abandoned.entry(attempt).or_default() += 1;
    }

    /// `executor` is freed. What it has done is counted only while profiling.
    pub(crate) fn free(&mut self, executor: &Executor, profile: bool) {
        self.gone.executors += 1;
        self.gone.cold += executor.exits.iter().map(|record| record.cold).sum::<u64>();
        if profile {
            self.gone.instructions += work::done(executor);
        }
    }
}
