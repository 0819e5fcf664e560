//! Room on the stack: what a trace enters or touches lies on it.
//!
//! Whoever enters a trace does so at a base within the stack's limit, and behind the limit a stack
//! has [`MAX_FRAME`] words and more. So a base that lies higher than the entry's
//! needs a guard of `has_room` before it, for that much or more, and a frame word needs one for a
//! base from which it can be named. The limit does not move while traces run, so what a guard has
//! proven stays proven, whatever the base does; at a header that others may enter, it is what the
//! short preamble proves.
//!
//! A word that an entry takes over pending is on the stack already: the exit that hands it over
//! was held to the same.
//!
//! Not checked: how far below the entry's base a trace goes. It goes there by link words, which
//! only the stack writes.

use super::{Problem, Verifier};
use crate::exit::ExitState;
use crate::id::{MAX_FRAME, Value, Word};
use crate::op::{Effect, Op};
use crate::text::Place;
use crate::uop::{Imm, Uop};
use std::collections::BTreeSet;

/// How much more of a condition is looked at than its own uop.
const DEPTH: u32 = 8;

impl Verifier<'_> {
    pub(super) fn room(&mut self) {
        let trace = self.trace;
        let mut given: BTreeSet<Word> = trace.entry.words.iter().map(|entry| entry.word).collect();
        // The highest base that is known to be within the limit.
        let mut proven = Word(0);
        for (at, uop) in trace.iter() {
            match (uop.op, &trace.header) {
                (Op::Header, Some(header)) if header.open => {
                    let short = header.short.iter();
                    let short = short.filter_map(|&value| trace.uops.get(value.index()));
                    proven = short.fold(Word(0), |proven, uop| proven.max(self.proves(uop)));
                    given = self.taken_by_header();
                }
                (Op::Header, _) => given.extend(self.taken_by_header()),
                _ => proven = proven.max(self.proves(uop)),
            }
            if let (Op::HasRoom, Some(word)) = (uop.op, uop.word()) {
                let place = Place::Immediate(at);
                self.check(Word::REACH.contains(&word.0), place, || {
                    Problem::BeyondRoom { word, proven }
                });
            }
            if let (Effect::ReadsWord | Effect::WritesWord, Some(word)) =
                (uop.op.info().effect, uop.word())
            {
                self.touches(word, proven, &given, Place::Immediate(at));
            }
            let exit = uop.exit.and_then(|exit| trace.exits.get(exit.index()));
            if let Some(exit) = exit {
                self.leaves_within(at, exit, proven, &given);
            }
        }
    }

    fn leaves_within(&mut self, at: Value, exit: &ExitState, proven: Word, given: &BTreeSet<Word>) {
        let (base, place) = (Word(exit.base), Place::Through(at));
        self.check(base <= proven, place, || Problem::NoRoom { base, proven });
        for &(word, _) in &exit.words {
            self.touches(word, proven, given, place);
        }
    }

    fn touches(&mut self, word: Word, proven: Word, given: &BTreeSet<Word>, place: Place) {
        // The second word of the last group an operand can name.
        let highest = proven.0.saturating_add(MAX_FRAME as i32);
        let within = word.0 <= highest || given.contains(&word);
        self.check(within && Word::REACH.contains(&word.0), place, || {
            Problem::BeyondRoom { word, proven }
        });
    }

    /// The highest base that is within the limit once control has passed `uop`; the entry's, if it
    /// proves none.
    fn proves(&self, uop: &Uop) -> Word {
        let condition = uop.args.first().copied();
        match (uop.op, condition) {
            (Op::Guard | Op::GuardRef, Some(condition)) => self.room_if(condition, true, DEPTH),
            (Op::GuardNot, Some(condition)) => self.room_if(condition, false, DEPTH),
            _ => Word(0),
        }
    }

    fn room_if(&self, condition: Value, truth: bool, depth: u32) -> Word {
        let Some(uop) = self.trace.uops.get(condition.index()) else {
            return Word(0);
        };
        let both = |truth| {
            let parts = uop.args.iter().filter(|_| depth > 0);
            parts.fold(Word(0), |proven, &part| {
                proven.max(self.room_if(part, truth, depth - 1))
            })
        };
        match (uop.op, truth) {
            // Control never gets past a guard that is known to fail.
            (Op::Const, _) if uop.imm == Imm::Const(u64::from(!truth)) => Word(i32::MAX),
            (Op::HasRoom, true) => uop.word().unwrap_or(Word(0)),
            (Op::BoolNot, _) => both(!truth),
            (Op::BoolAnd, true) | (Op::BoolOr, false) => both(truth),
            _ => Word(0),
        }
    }
}
