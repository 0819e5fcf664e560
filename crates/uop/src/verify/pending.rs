//! What is pending where: no word may be lost.
//!
//! A word of an entry's signature is not in memory. Until a store writes it there, every exit must
//! list it and a header must take it; else whoever goes on would read a stale word. Words that are
//! known to be dead there may be lost.

use super::{Problem, Verifier};
use crate::exit::ExitKind;
use crate::id::Word;
use crate::liveness::Liveness;
use crate::op::Op;
use crate::text::Place;
use crate::uop::Uop;
use std::collections::BTreeSet;

impl Verifier<'_> {
    pub(super) fn pending(&mut self) {
        let trace = self.trace;
        let entry = trace.entry.words.iter();
        let mut pending: BTreeSet<Word> = entry.map(|entry| entry.word).collect();
        for (at, uop) in trace.iter() {
            if let (Op::StoreWord, Some(word)) = (uop.op, uop.word()) {
                pending.remove(&word);
            }
            if uop.op == Op::Header {
                let taken = self.taken_by_header();
                let pc = trace.header.as_ref().map_or(trace.pc, |header| header.pc);
                for &word in pending.difference(&taken) {
                    let dead = self.is_dead(word, 0, |live, word| !live.is_live(pc, word));
                    self.check(dead, Place::Uop(at), || Problem::NotTaken { word });
                }
                pending = taken;
            }
            let Some(exit) = uop.exit.and_then(|exit| trace.exits.get(exit.index())) else {
                continue;
            };
            // Nobody goes on from there; what names objects that are not made is not stored.
            if self.fails_to_make(uop) {
                continue;
            }
            for &word in &pending {
                let listed = exit.words.iter().any(|&(listed, _)| listed == word);
                let enters = exit.kind == ExitKind::Dynamic && self.enters(uop);
                let dead = !enters
                    && self.is_dead(word, exit.base, |live, word| match exit.kind {
                        ExitKind::Dynamic => !live.outlives(exit.target, word),
                        _ => !live.is_live(exit.target, word),
                    });
                self.check(listed || dead, Place::Through(at), || Problem::WordLost {
                    word,
                });
            }
        }
    }

    /// Whether a dynamic exit enters a function: the frame stays, with all that is in it.
    fn enters(&self, uop: &Uop) -> bool {
        let window = uop.args.get(1).and_then(|&it| self.trace.constant(it));
        window.is_some_and(|window| window.bits == 0)
    }

    /// Whether the uop leaves only if it fails to make an object.
    fn fails_to_make(&self, uop: &Uop) -> bool {
        let helper = uop.helper().filter(|_| uop.op == Op::Call);
        let helper = helper.and_then(|it| self.trace.interface.helpers.get(it.index()));
        helper.is_some_and(|helper| helper.makes.is_some())
    }

    /// Whether `word` may be lost in the frame at `base`, because its group is dead there.
    fn is_dead(&self, word: Word, base: i32, is_dead: impl Fn(&dyn Liveness, u32) -> bool) -> bool {
        let first = self.trace.interface.first_of_group(word);
        let word = u32::try_from(first.0 - base);
        self.live
            .is_some_and(|live| word.map_or(true, |word| is_dead(live, word)))
    }

    /// The words that are pending whenever control is at the header.
    pub(super) fn taken_by_header(&self) -> BTreeSet<Word> {
        let params = self.trace.header_params();
        let params = params.filter_map(|param| self.trace.uop(param).word());
        let header = self.trace.header.iter();
        let constants = header.flat_map(|header| header.constants.iter().map(|&(word, _)| word));
        params.chain(constants).collect()
    }
}
