//! Exits of the walk: what is pending where the trace leaves.

use super::Walk;
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ExitId, Value, Word};
use crate::optimise::dead::DeadWords;
use crate::optimise::pass::Pass;

impl Walk<'_> {
    /// The output's exit for a source exit, with what is pending now.
    ///
    /// Guards of one instruction share one as long as nothing changes what is pending.
    pub(in crate::optimise) fn exit(&mut self, source: ExitId) -> ExitId {
        let generation = self.know.words.generation();
        if let Some(exit) = self.know.exits.find(source, generation) {
            return exit;
        }
        let state = self.source.exit(source);
        let exit = self.make_exit(state.kind, state.target, state.base);
        self.know.exits.note(source, generation, exit);
        exit
    }

    /// A new exit with what is pending now and will be read.
    pub(in crate::optimise) fn make_exit(
        &mut self,
        kind: ExitKind,
        target: Pc,
        base: i32,
    ) -> ExitId {
        let words = self.pending_at(target, base);
        debug_assert!(
            !self.know.sunk.makes_again(&self.out, &words),
            "an object would be made twice"
        );
        self.out.add_exit(ExitState {
            words,
            ..ExitState::new(kind, target, base)
        })
    }

    /// What is pending now and will be read at `target`.
    pub(in crate::optimise) fn pending_at(&mut self, target: Pc, base: i32) -> Vec<(Word, Value)> {
        let mut dead = self.dead(target, base);
        if !dead.is_empty() && !self.out.allow(Pass::Words, "dead") {
            dead.clear();
        }
        let pending = self
            .know
            .words
            .pending()
            .filter(|(word, _)| dead.binary_search(word).is_err())
            .map(|(word, value)| (word, self.resolve(value)));
        // The iterator does not know its length.
        let mut words = Vec::with_capacity(self.know.words.len());
        words.extend(pending);
        words
    }

    /// Where the trace leaves if an object cannot be materialised here: the host takes over, with everything
    /// pending but the value groups that name what is sunk.
    pub(super) fn exit_unmade(&mut self) -> ExitId {
        let (pc, base) = self.place;
        let all = self.pending_at(pc, base);
        let whole = |word: Word| {
            let mut group = self.source.interface.group_of(word);
            group.all(|of_group| {
                let mut named = all.iter().filter(|&&(at, _)| at == of_group);
                named.all(|&(_, value)| !self.out.uop(value).sunk)
            })
        };
        let words = all.iter().copied().filter(|&(word, _)| whole(word));
        let words = words.collect();
        self.out.add_exit(ExitState {
            words,
            ..ExitState::new(ExitKind::Error, pc, base)
        })
    }

    /// What is pending and will not be read, where the instruction at `pc` comes next in the frame at
    /// `base`.
    pub(in crate::optimise) fn dead(&self, pc: Pc, base: i32) -> DeadWords {
        let know = &self.know;
        self.dead
            .at(&self.out, &know.facts, &know.words, (pc, base))
    }

    /// Forgets what is pending and will not be read, where the instruction at `pc` comes next in the
    /// frame at `base`.
    pub(in crate::optimise) fn drop_dead(&mut self, pc: Pc, base: i32) {
        let dead = self.dead(pc, base);
        if !dead.is_empty() && self.out.allow(Pass::Words, "dead") {
            self.know.words.drop_pending(&dead);
        }
    }

    /// Forgets what is pending in the frame at `base`, which the instruction at `pc` leaves by a
    /// return, and will not be read.
    pub(in crate::optimise) fn drop_left(&mut self, pc: Pc, base: i32) {
        let dead = self.dead.left(&self.know.words, (pc, base));
        if !dead.is_empty() && self.out.allow(Pass::Words, "left") {
            self.know.words.drop_pending(&dead);
        }
    }
}
