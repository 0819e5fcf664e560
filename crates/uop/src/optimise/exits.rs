//! Exits made so far, by the exits of the recording they stand for.
//!
//! Guards of one instruction share an exit as long as nothing changes what is pending.

use crate::id::ExitId;
use rustc_hash::FxHashMap;

/// Exits made for recorded exits, and the generation of the pending words they were made at.
#[derive(Clone, Default)]
pub(super) struct Exits(FxHashMap<ExitId, (ExitId, u64)>);

impl Exits {
    /// The exit made for `source`, if nothing pending has changed since.
    pub(super) fn find(&self, source: ExitId, generation: u64) -> Option<ExitId> {
        let &(exit, made) = self.0.get(&source)?;
        (made == generation).then_some(exit)
    }

    pub(super) fn note(&mut self, source: ExitId, generation: u64, exit: ExitId) {
        self.0.insert(source, (exit, generation));
    }

    /// Forgets all: those of the preamble are not the loop's.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
