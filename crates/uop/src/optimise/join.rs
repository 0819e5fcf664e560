//! Ending where paths join.
//!
//! After two arms of a condition the rest of the program is the same. A side trace that copied it
//! would double the code with every condition, so it ends where the arms join, and a trace that
//! starts there serves both. For that its end agrees with as many others as possible: it
//! [meets](super::meet) the entry of a trace that starts there, and where it can meet none it leaves
//! with what a later trace can take over from others, too: references as integers (the tag beside
//! them says what they are), payloads that this path happens to know handed over all the same
//! ([`ExitState::general_signature`]).
//!
//! Not here: where paths join, how many entries there may be. That is policy.

use super::Pass;
use super::forward::Forward;
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Type;
use crate::uop::Uop;
use std::iter;

impl Forward<'_> {
    /// Ends the trace as [`Options::join`](super::Options) says; emits nothing without one.
    pub(super) fn join(&mut self, exit: ExitId) -> bool {
        let state = self.source.exit(exit);
        let (pc, base) = (state.target, state.base);
        let Some(join) = self.options.join.filter(|_| state.kind == ExitKind::Side) else {
            return false;
        };
        if join
            .entries
            .iter()
            .any(|entry| self.meet_entry(entry, pc, base))
        {
            return true;
        }
        match join.in_memory {
            true => self.end_in_memory(pc, base),
            false => self.end_in_general(pc, base),
        }
    }

    fn meet_entry(&mut self, target: &Trace, pc: Pc, base: i32) -> bool {
        if target.pc != pc || !self.reaches(&target.entry, iter::empty(), base) {
            return false;
        }
        let before = self.checkpoint();
        let none = |_: &mut Self, _| Some(Vec::new());
        if self.allow(Pass::Join, "entry")
            && self.hand_over(&target.entry, pc, base, none).is_some()
        {
            return true;
        }
        self.restore(before);
        false
    }

    /// Leaves with everything stored.
    fn end_in_memory(&mut self, pc: Pc, base: i32) -> bool {
        if !self.allow(Pass::Join, "memory") {
            return false;
        }
        self.drop_dead(pc, base);
        self.store_all();
        self.end(ExitState::new(ExitKind::Side, pc, base));
        true
    }

    /// Leaves with what is pending, references as integers.
    fn end_in_general(&mut self, pc: Pc, base: i32) -> bool {
        if !self.allow(Pass::Join, "general") {
            return false;
        }
        let mut words = self.pending_at(pc, base);
        self.add_tags(&mut words);
        for (_, value) in &mut words {
            if self.ty(*value) == Type::Ref {
                *value = self.view(Type::I64, *value);
            }
        }
        self.end(ExitState {
            words,
            ..ExitState::new(ExitKind::Side, pc, base)
        });
        true
    }

    /// Adds the tags of pending payloads that are known and in memory already. Who takes over knows
    /// them then and need not ask; to store one once more changes nothing.
    fn add_tags(&self, words: &mut Vec<(Word, Value)>) {
        let interface = &self.source.interface;
        let first = |&(word, _): &(Word, Value)| interface.first_of_group(word);
        let tags: Vec<(Word, Value)> = words
            .iter()
            .map(first)
            .filter_map(|word| {
                let value = self.resolve(self.words.value(word)?);
                self.as_constant(value).map(|_| (word, value))
            })
            .collect();
        words.extend(tags);
        words.sort_unstable();
        words.dedup_by_key(|(word, _)| *word);
    }

    fn end(&mut self, state: ExitState) {
        let exit = self.new_exit(state);
        self.emit(Uop::new(Op::Exit, &[]).with_exit(exit));
    }
}
