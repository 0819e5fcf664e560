//! What is pending where: no word may be lost.
//!
//! A word of an entry's signature is not in memory. Until a store writes it there, every exit must
//! list it and a header must take it; else whoever goes on would read a stale word.

use super::{Problem, Verifier};
use crate::id::Word;
use crate::op::Op;
use crate::text::Place;
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
                for &word in pending.difference(&taken) {
                    self.report(Place::Uop(at), Problem::NotTaken { word });
                }
                pending = taken;
            }
            let Some(exit) = uop.exit.and_then(|exit| trace.exits.get(exit.index())) else {
                continue;
            };
            for &word in &pending {
                let listed = exit.words.iter().any(|&(listed, _)| listed == word);
                self.check(listed, Place::Through(at), || Problem::WordLost { word });
            }
        }
    }

    /// The words that are pending whenever control is at the header.
    fn taken_by_header(&self) -> BTreeSet<Word> {
        let params = self.trace.header_params();
        let params = params.filter_map(|param| self.trace.uop(param).word());
        let header = self.trace.header.iter();
        let constants = header.flat_map(|header| header.constants.iter().map(|&(word, _)| word));
        params.chain(constants).collect()
    }
}
