//! What guards have proven, and what follows from how values are made.
//!
//! A guard that holds makes its condition a constant from there on; an equality with a constant
//! makes the other side that constant; an order comparison narrows ranges. Facts name canonical
//! values, which never change, so a fact holds everywhere after the guard that proved it, in the
//! loop body too if the preamble proved it of a value that the body still names.
//!
//! What was observed while recording is never a fact: only guards and construction are.

use super::output::{Args, Output};
use super::pass::Pass;
use super::ranges::Range;
use crate::id::{Value, Word};
use crate::op::Op;
use crate::types::{Const, Mem};
use rustc_hash::FxHashMap;

/// Facts about canonical values.
#[derive(Clone, Default)]
pub(super) struct Facts {
    /// By position, as far as anything is replaced.
    replaced: Vec<Option<Value>>,
    ranges: FxHashMap<Value, Range>,
    /// The highest word up to which a guard has proven room.
    room: Option<Word>,
}

/// How deep construction is looked through for a range.
const RANGE_DEPTH: u32 = 4;

impl Facts {
    /// Whether a guard has proven room up to `word`.
    pub(super) fn has_room(&self, word: Word) -> bool {
        self.room.is_some_and(|proven| word <= proven)
    }

    /// What a canonical value is known to be now.
    pub(super) fn resolve(&self, mut value: Value) -> Value {
        while let Some(&Some(better)) = self.replaced.get(value.index()) {
            value = better;
        }
        value
    }

    /// The operands of an emitted uop, as they are known now.
    pub(super) fn operands(&self, out: &Output, value: Value) -> Args {
        let args = out.uop(value).args.iter();
        args.map(|&arg| self.resolve(arg)).collect()
    }

    /// From here on `by` stands for `value`.
    pub(super) fn replace(&mut self, value: Value, by: Value) {
        if self.replaced.len() <= value.index() {
            self.replaced.resize(value.index() + 1, None);
        }
        self.replaced[value.index()] = Some(by);
    }

    /// Keeps of the facts only what `stable` uops prove by themselves, in order: those of the preamble that
    /// are the same whenever control is at the header.
    ///
    /// A foreign entry replays those and no others. What a varying guard proved of a stable value
    /// (`i < n` of the first `i` bounds `n` too) it would take on trust.
    pub(super) fn relearn(&mut self, out: &mut Output, stable: impl IntoIterator<Item = Value>) {
        let before = std::mem::take(self);
        // Learning is not rewriting here: nothing is learned that was not known before.
        out.off_the_record(|out| {
            for value in stable {
                self.relearn_from(out, value);
            }
        });
        for (known, before) in self.replaced.iter_mut().zip(&before.replaced) {
            *known = known.filter(|_| *known == *before);
        }
        self.replaced.truncate(before.replaced.len());
        // What was materialised stands for what was sunk, whatever is proven.
        self.replaced.resize(before.replaced.len(), None);
        for (index, &made) in before.replaced.iter().enumerate() {
            if out.uop(Value(index as u32)).sunk {
                self.replaced[index] = made;
            }
        }
        self.ranges
            .retain(|value, _| before.ranges.contains_key(value));
    }

    fn relearn_from(&mut self, out: &mut Output, value: Value) {
        let uop = out.uop(value);
        let operand = |number: usize| self.resolve(uop.args[number]);
        match (uop.op, uop.access()) {
            (_, Some(access)) if uop.ty.is_some() => self.bound_load(out, value, access.mem),
            (Op::Guard | Op::GuardRef, _) => self.learn(out, operand(0), true),
            (Op::GuardNot, _) => self.learn(out, operand(0), false),
            (Op::GuardIndex, _) => self.learn_index(out, value, operand(0), operand(1)),
            _ => {}
        }
    }

    /// Notes that `condition` is `truth` from here on.
    pub(super) fn learn(&mut self, out: &mut Output, condition: Value, truth: bool) {
        if out.as_constant(condition).is_some() || !out.allow(Pass::Facts, "learned") {
            return;
        }
        let constant = out.constant(Const::bool(truth));
        self.replace(condition, constant);
        let (op, args) = (out.uop(condition).op, self.operands(out, condition));
        match (op, truth) {
            (Op::HasRoom, true) => self.room = self.room.max(out.uop(condition).word()),
            (Op::BoolNot, _) => self.learn(out, args[0], !truth),
            (Op::BoolAnd, true) | (Op::BoolOr, false) => {
                self.learn(out, args[0], truth);
                self.learn(out, args[1], truth);
            }
            (Op::Eq, true) | (Op::Ne, false) => self.learn_equal(out, args[0], args[1]),
            (Op::Lt, true) => self.learn_order(out, args[0], args[1], 1),
            (Op::Lt, false) => self.learn_order(out, args[1], args[0], 0),
            (Op::Le, true) => self.learn_order(out, args[0], args[1], 0),
            (Op::Le, false) => self.learn_order(out, args[1], args[0], 1),
            (Op::Ult, true) => self.learn_unsigned_below(out, args[0], args[1]),
            _ => {}
        }
    }

    fn learn_equal(&mut self, out: &mut Output, one: Value, other: Value) {
        let (constant, value) = match (out.as_constant(one), out.as_constant(other)) {
            (Some(_), None) => (one, other),
            (None, Some(_)) => (other, one),
            _ => return,
        };
        if out.allow(Pass::Facts, "guarded_constant") {
            self.replace(value, constant);
        }
    }

    /// `below + gap <= above`.
    fn learn_order(&mut self, out: &Output, below: Value, above: Value, gap: i64) {
        let (one, other) = (self.range(out, below), self.range(out, above));
        if let Some(range) = other.below(gap) {
            self.narrow(out, below, range);
        }
        if let Some(range) = one.above(gap) {
            self.narrow(out, above, range);
        }
    }

    fn learn_unsigned_below(&mut self, out: &Output, index: Value, length: Value) {
        if let Some(range) = self.range(out, length).indices() {
            self.narrow(out, index, range);
        }
    }

    /// Notes what a guarded index is: `value` is `index`, below `length`.
    pub(super) fn learn_index(
        &mut self,
        out: &mut Output,
        value: Value,
        index: Value,
        length: Value,
    ) {
        if out.allow(Pass::Facts, "learned_index") {
            self.learn_unsigned_below(out, index, length);
            self.learn_unsigned_below(out, value, length);
        }
    }

    /// Notes what a narrow load can yield.
    pub(super) fn bound_load(&mut self, out: &Output, value: Value, mem: Mem) {
        if let Some(range) = Range::of_load(mem) {
            self.narrow(out, value, range);
        }
    }

    fn narrow(&mut self, out: &Output, value: Value, range: Range) {
        if out.as_constant(value).is_none() {
            let known = self.range(out, value);
            self.ranges.insert(value, known.and(range));
        }
    }

    /// The range of an `i64` value.
    pub(super) fn range(&self, out: &Output, value: Value) -> Range {
        self.range_within(out, value, RANGE_DEPTH)
    }

    fn range_within(&self, out: &Output, value: Value, depth: u32) -> Range {
        if let Some(int) = out.as_int(value) {
            return Range::of(int, int);
        }
        let noted = self.ranges.get(&value).copied().unwrap_or(Range::FULL);
        if depth == 0 {
            return noted;
        }
        let uop = out.uop(value);
        let arg = |n: usize| self.range_within(out, self.resolve(uop.args[n]), depth - 1);
        let int = |n: usize| out.as_int(self.resolve(uop.args[n]));
        let made = Range::made(uop.op, int, arg);
        noted.and(made)
    }

    /// A comparison or overflow test whose result the operands' ranges decide.
    pub(super) fn decide(&self, out: &mut Output, op: Op, args: &Args) -> Option<Value> {
        let truth = match op {
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Ult | Op::Ule => {
                Range::decide_order(op, self.range(out, args[0]), self.range(out, args[1]))
            }
            Op::AddOverflows | Op::SubOverflows | Op::MulOverflows => {
                Range::decide_overflow(op, self.range(out, args[0]), self.range(out, args[1]))
            }
            Op::FitsI64 => self.is_exact_conversion(out, args[0]).then_some(true),
            _ => None,
        }?;
        out.allow(Pass::Facts, "decided")
            .then(|| out.constant(Const::bool(truth)))
    }

    /// Whether `value` is an integer made a double without loss.
    fn is_exact_conversion(&self, out: &Output, value: Value) -> bool {
        let uop = out.uop(value);
        uop.op == Op::I64ToF64 && self.range(out, self.resolve(uop.args[0])).is_exact_in_f64()
    }
}
