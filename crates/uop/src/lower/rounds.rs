//! How a loop knows that a batch of its rounds is over.
//!
//! A loop without calls polls once per [`BATCH`] rounds (`poll` says why, and emits the code). What tells
//! the batches apart is best a counter that the loop has already: a parameter that grows by the same in
//! every round.

use crate::id::Value;
use crate::op::Op;
use crate::trace::Trace;
use cranelift_codegen::ir::{self, Block};

/// Rounds of a loop without calls from one poll to the next. 64: the poll costs nothing to speak of,
/// and an interrupt waits for less than a microsecond in most loops.
pub(super) const BATCH: i64 = 64;

/// How a loop goes on with its next round.
#[derive(Clone, Copy)]
pub(super) struct Rounds {
    /// Where a round begins that does not poll at the header.
    pub(super) body: Block,
    pub(super) ends: Ends,
}

/// What a round ends with.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    /// A poll.
    Polling,
    /// One less of the rounds that are left of the batch, that one included.
    Counting(ir::Value),
    /// A look whether a counter of the program has come to `stop`, which it does with the last round of
    /// the batch.
    Reaching {
        next: Value,
        stop: ir::Value,
        step: Step,
    },
}

/// What a counter of the program grows by in each round.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Constant(i64),
    Invariant(Value),
}

/// A parameter of the loop that grows by the same in every round.
pub(super) struct Counter {
    pub(super) param: Value,
    /// What it is in the next round.
    pub(super) next: Value,
    pub(super) step: Step,
}

impl Counter {
    /// A counter of the trace's loop: one with a constant step if there is one.
    pub(super) fn of(trace: &Trace) -> Option<Counter> {
        let edge = trace.uops.iter().rfind(|uop| uop.op == Op::Loop)?;
        let mut found = None;
        for (param, &next) in trace.header_params().zip(&edge.args) {
            let uop = trace.uop(next);
            let step = match uop.args[..] {
                [one, other] if uop.op == Op::Add && one == param => other,
                [one, other] if uop.op == Op::Add && other == param => one,
                _ => continue,
            };
            let constant = trace.constant(step).map(|it| it.bits as i64);
            match constant.filter(|&it| it != 0 && i32::try_from(it).is_ok()) {
                Some(step) => {
                    let step = Step::Constant(step);
                    return Some(Counter { param, next, step });
                }
                None if trace.uop(step).op == Op::Invariant => {
                    let step = Step::Invariant(step);
                    found = Some(Counter { param, next, step });
                }
                None => {}
            }
        }
        found
    }
}
