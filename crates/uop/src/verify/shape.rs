//! The line's shape, and whether it fits its signatures.

use super::{Problem, Verifier};
use crate::id::{Value, Word};
use crate::op::Op;
use crate::signature::Holds;
use crate::text::Place;
use crate::types::Type;

impl Verifier<'_> {
    pub(super) fn shape(&mut self) {
        self.ends();
        self.entries();
        self.entry_signature();
        self.entry_params();
    }

    /// `start` first, then one terminator and `unreachable` last.
    fn ends(&mut self) {
        let trace = self.trace;
        let last = trace.uops.len().saturating_sub(1);
        let op_at = |position: usize| trace.uops.get(position).map(|uop| uop.op);
        let place = |position: usize| match op_at(position) {
            Some(_) => Place::Uop(Value(position as u32)),
            None => Place::Trace,
        };
        self.check(op_at(0) == Some(Op::Start), place(0), || Problem::NotStart);
        let ends = op_at(last) == Some(Op::Unreachable);
        self.check(ends, place(last), || Problem::NotUnreachable);
        // Where `unreachable` is missing, the last uop is what should stand before it.
        let terminator = if ends { last.wrapping_sub(1) } else { last };
        let leaves =
            op_at(terminator).is_some_and(|op| op.is_terminator() && op != Op::Unreachable);
        self.check(leaves, place(terminator), || Problem::NoTerminator);
        for (at, uop) in trace.iter() {
            let problem = match uop.op {
                Op::Start if at.index() != 0 => Problem::StrayStart,
                Op::Unreachable if at.index() != last => Problem::StrayUnreachable,
                Op::Unreachable => continue,
                op if op.is_terminator() && at.index() != terminator => Problem::StrayTerminator,
                _ => continue,
            };
            self.report(Place::Uop(at), problem);
        }
    }

    /// One header at most, params and invariants only behind the uop that defines them.
    fn entries(&mut self) {
        let trace = self.trace;
        // What may follow, by what came directly before.
        let (mut params, mut invariants) = (false, false);
        for (at, uop) in trace.iter() {
            match uop.op {
                Op::Start => (params, invariants) = (true, false),
                Op::Header => {
                    let first = self.header == Some(at.index());
                    self.check(first, Place::Uop(at), || Problem::SecondHeader);
                    (params, invariants) = (true, true);
                }
                Op::Param => self.check(params, Place::Uop(at), || Problem::StrayParam),
                Op::Invariant => {
                    self.check(invariants, Place::Uop(at), || Problem::StrayInvariant);
                    params = false;
                }
                _ => (params, invariants) = (false, false),
            }
            if uop.op == Op::Loop && self.header.is_none() {
                self.report(Place::Uop(at), Problem::LoopWithoutHeader);
            }
        }
        match (&trace.header, self.header) {
            (None, Some(found)) => {
                self.report(Place::Uop(Value(found as u32)), Problem::NoContract);
            }
            (Some(header), found) if found != Some(header.at.index()) => {
                let described = header.at;
                self.report(Place::Header, Problem::HeaderElsewhere { described });
            }
            _ => {}
        }
    }

    fn entry_signature(&mut self) {
        let entry = &self.trace.entry;
        let places = (0..).map(Place::EntryWord);
        self.ascending(entry.words.iter().map(|entry| entry.word).zip(places));
        for (index, word) in entry.words.iter().enumerate() {
            let ty = match word.holds {
                Holds::Param(ty) => ty,
                Holds::Constant(constant) => constant.ty,
            };
            self.fits_word(ty, Place::EntryWord(index));
        }
        let plain = entry.extras.is_empty() && entry.contract.is_none();
        self.check(plain, Place::Trace, || Problem::EntryContract);
    }

    /// The params behind `start` are the signature's.
    fn entry_params(&mut self) {
        let trace = self.trace;
        let expected: Vec<(Word, Type)> = trace.entry.params().collect();
        let found: Vec<Value> = trace.entry_params().collect();
        self.check(expected.len() == found.len(), Place::Uop(Value(0)), || {
            Problem::ParamCount {
                expected: expected.len(),
                found: found.len(),
            }
        });
        for (&(word, ty), &at) in expected.iter().zip(&found) {
            let uop = trace.uop(at);
            let same = uop.word() == Some(word) && uop.ty == Some(ty);
            self.check(same, Place::Uop(at), || Problem::ParamDiffers { word, ty });
        }
    }
}
