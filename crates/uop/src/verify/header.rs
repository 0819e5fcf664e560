//! The header's contract.

use super::{Problem, Verifier};
use crate::id::{Value, Word};
use crate::op::{Effect, Op};
use crate::text::Place;
use crate::trace::Header;

impl Verifier<'_> {
    pub(super) fn header(&mut self) {
        let trace = self.trace;
        let Some(header) = &trace.header else { return };
        if self.header != Some(header.at.index()) {
            return;
        }
        let params: Vec<(Word, Value)> = trace
            .header_params()
            .filter_map(|at| Some((trace.uop(at).word()?, at)))
            .collect();
        self.ascending(params.iter().map(|&(word, at)| (word, Place::Uop(at))));
        let places = (0..).map(Place::HeaderConstant);
        self.ascending(header.constants.iter().map(|&(word, _)| word).zip(places));
        for (index, &(word, constant)) in header.constants.iter().enumerate() {
            let place = Place::HeaderConstant(index);
            self.fits_word(constant.ty, place);
            let free = params.iter().all(|&(param, _)| param != word);
            self.check(free, place, || Problem::ConstantIsParam { word });
        }
        self.invariants(header);
        self.short_preamble(header, &params);
    }

    fn is_constant(&self, value: Value) -> bool {
        let uop = self.trace.uops.get(value.index());
        uop.is_some_and(|uop| uop.op == Op::Const)
    }

    fn invariants(&mut self, header: &Header) {
        let trace = self.trace;
        for at in trace.header_invariants() {
            let place = Place::Operand(at, 0);
            for &value in &trace.uop(at).args {
                if value >= header.at {
                    // A value of no other line is reported where operands are checked.
                    if value < at {
                        self.report(place, Problem::NotBeforeHeader { value });
                    }
                } else if header.open && !self.is_constant(value) {
                    let made = header.short.contains(&value);
                    self.check(made, place, || Problem::InvariantNotShort { value });
                }
            }
        }
    }

    fn short_preamble(&mut self, header: &Header, params: &[(Word, Value)]) {
        let trace = self.trace;
        for (index, &value) in header.short.iter().enumerate() {
            let place = Place::Short(index);
            if value >= header.at {
                self.report(place, Problem::NotBeforeHeader { value });
                continue;
            }
            if let Some(&previous) = index.checked_sub(1).map(|before| &header.short[before]) {
                self.check(previous < value, place, || Problem::ShortOrder {
                    value,
                    previous,
                });
            }
            let uop = trace.uop(value);
            let replayable = match uop.op {
                Op::CheckValid | Op::Poll => false,
                op => matches!(
                    op.info().effect,
                    Effect::Pure | Effect::Loads | Effect::ReadsWord | Effect::Guards
                ),
            };
            self.check(replayable, place, || Problem::ShortOp { op: uop.op });
            for &operand in &uop.args {
                let closed = self.is_constant(operand) || header.short.contains(&operand);
                self.check(closed, place, || Problem::ShortOperand { value, operand });
            }
            if let (Op::LoadWord, Some(word)) = (uop.op, uop.word()) {
                let pending = params.iter().any(|&(param, _)| param == word)
                    || header
                        .constants
                        .iter()
                        .any(|&(constant, _)| constant == word);
                self.check(!pending, place, || Problem::ShortWord { word });
            }
        }
    }
}
