//! Counts of what happened, and what exists now.

use super::abort::Abort;
use super::event::{Event, Invalidation};
use super::exit_record::LinkKind;
use std::collections::BTreeMap;

/// Statistics of an executor graph since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Executors that exist, retired ones and adapters included.
    pub executors: usize,
    /// Bytes of code that exist, as the back end counts them.
    pub code_bytes: usize,
    /// Executors made from recordings.
    pub compiled: u64,
    /// Adapters made.
    pub adapters: u64,
    /// Executors freed, adapters included.
    pub freed: u64,
    /// Recordings begun.
    pub recordings: u64,
    /// Recordings abandoned, by reason.
    pub aborts: BTreeMap<Abort, u64>,
    /// Links made, by kind.
    pub links: BTreeMap<LinkKind, u64>,
    /// Links undone.
    pub unlinks: u64,
    /// Executors made unreachable, by reason.
    pub invalidations: BTreeMap<Invalidation, u64>,
    /// Exits and return points given up.
    pub given_up: u64,
    /// Entries from the interpreter.
    pub entries: u64,
    /// Exits taken that were not linked.
    pub cold_exits: u64,
}

impl Stats {
    pub(super) fn count(&mut self, event: &Event) {
        match *event {
            Event::Recording { .. } => self.recordings += 1,
            Event::Aborted { reason, .. } => *self.aborts.entry(reason).or_default() += 1,
            Event::Compiled { adapter: true, .. } => self.adapters += 1,
            Event::Compiled { .. } => self.compiled += 1,
            Event::Linked { kind, .. } => *self.links.entry(kind).or_default() += 1,
            Event::Unlinked { .. } => self.unlinks += 1,
            Event::GivenUp { .. } => self.given_up += 1,
            Event::Invalidated { why, .. } => *self.invalidations.entry(why).or_default() += 1,
            Event::Freed { .. } => self.freed += 1,
            Event::Entered { .. } => self.entries += 1,
            Event::ColdExit { .. } => self.cold_exits += 1,
        }
    }
}
