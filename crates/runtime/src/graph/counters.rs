//! Counts of what happened, and what exists now.

use super::abort::Abort;
use super::backend::CodeFigures;
use super::event::{Event, Invalidation};
use super::exit_record::LinkKind;
use offramp_uop::proof::Unproved;
use offramp_uop::{Pc, Trace};
use std::collections::BTreeMap;
use std::time::Duration;

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
    /// Trees evicted for lack of room.
    pub trees_evicted: u64,
    /// What was evicted, or cooled, and asked for again soon.
    pub regrets: u64,
    /// Recordings that did not begin for lack of room.
    pub refused: u64,
    /// Instructions that became [general](Event::General).
    pub general_sites: u64,
    /// Times a tree that lost was put to sleep.
    pub naps: u64,
    /// Exits and return points given up.
    pub given_up: u64,
    /// Entries from the interpreter.
    pub entries: u64,
    /// Exits taken that were not linked.
    pub cold_exits: u64,
    /// Roots made from recordings, those behind return points included.
    pub roots: u64,
    /// Side traces made from recordings.
    pub sides: u64,
    /// Those of them that begin where paths join: entries in the middle.
    pub middles: u64,
    /// Links made to entries in the middle.
    pub middle_links: u64,
    /// Exit records made, of adapters too.
    pub exits: u64,
    /// Uops of recordings that became executors, before optimisation.
    pub uops_recorded: u64,
    /// Instructions of the host's program in them.
    pub instructions_recorded: u64,
    /// Optimised traces that were [proved](crate::Prove) to do what their recordings do.
    pub proved: u64,
    /// Those that were not.
    pub unproved: u64,
    /// The first of them: the instruction each starts at, and what could not be proved.
    pub unproved_first: Option<(Pc, Unproved)>,
    /// Uops of all executors made, adapters included.
    pub uops_compiled: u64,
    /// Bytes of machine code made, all executors together.
    pub machine_code_bytes: u64,
    /// Those of them that leave; see [`CodeFigures::exit_bytes`].
    pub exit_code_bytes: u64,
    /// Spent on verifying and optimising recordings.
    pub optimise_time: Duration,
    /// Spent on lowering, compiling and publishing.
    pub compile_time: Duration,
}

impl Stats {
    /// Links made that lead from an exit, not from a return point or the way out of an adapter.
    pub fn exits_linked(&self) -> u64 {
        let links = self.links.iter();
        let of_exits =
            links.filter(|(kind, _)| !matches!(kind, LinkKind::ReturnPoint | LinkKind::Onward));
        of_exits.map(|(_, count)| count).sum()
    }

    /// Bytes of code for leaving per exit record; 0 without machine code.
    pub fn exit_code_bytes_mean(&self) -> f64 {
        self.exit_code_bytes as f64 / self.exits.max(1) as f64
    }

    /// Bytes of machine code per recorded instruction; 0 without machine code.
    pub fn code_bytes_per_instruction(&self) -> f64 {
        self.machine_code_bytes as f64 / self.instructions_recorded.max(1) as f64
    }

    /// Counts a trace that was to be proved.
    pub(super) fn count_proof(&mut self, pc: Pc, proved: Result<(), Unproved>) {
        match proved {
            Ok(()) => self.proved += 1,
            Err(why) => {
                self.unproved += 1;
                self.unproved_first.get_or_insert((pc, why));
            }
        }
    }

    /// Counts an executor that was made runnable.
    pub(super) fn count_made(&mut self, trace: &Trace, code: CodeFigures) {
        self.exits += trace.exits.len() as u64;
        self.uops_compiled += trace.uops.len() as u64;
        self.machine_code_bytes += code.code_bytes as u64;
        self.exit_code_bytes += code.exit_bytes as u64;
    }

    #[inline(always)]
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
            Event::General { .. } => self.general_sites += 1,
            Event::Freed { .. } => self.freed += 1,
            Event::Entered { .. } => self.entries += 1,
            Event::ColdExit { .. } => self.cold_exits += 1,
        }
    }
}
