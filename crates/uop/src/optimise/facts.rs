//! What guards have proven, and what follows from how values are made.
//!
//! A guard that holds makes its condition a constant from there on; an equality with a constant
//! makes the other side that constant; an order comparison narrows ranges. Facts name canonical
//! values, which never change, so a fact holds everywhere after the guard that proved it, in the
//! loop body too if the preamble proved it of a value that the body still names.
//!
//! What was observed while recording is never a fact: only guards and construction are.

use super::Pass;
use super::forward::{Args, Forward, Looped};
use super::ranges::Range;
use super::stability::Stability;
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
    pub(super) fn has_room(&self, word: Word) -> bool {
        self.room.is_some_and(|proven| word <= proven)
    }

    pub(super) fn replaced(&self, mut value: Value) -> Value {
        while let Some(&Some(better)) = self.replaced.get(value.index()) {
            value = better;
        }
        value
    }

    pub(super) fn replace(&mut self, value: Value, by: Value) {
        if self.replaced.len() <= value.index() {
            self.replaced.resize(value.index() + 1, None);
        }
        self.replaced[value.index()] = Some(by);
    }
}

impl Forward<'_> {
    /// Keeps of the facts only what the preamble's stable guards and loads prove by themselves.
    ///
    /// A foreign entry replays those and no others. What a varying guard proved of a stable value
    /// (`i < n` of the first `i` bounds `n` too) it would take on trust.
    pub(super) fn relearn(&mut self, looped: &Looped) {
        let stability = self.stabilities(looped);
        let before = std::mem::take(&mut self.facts);
        // Learning is not rewriting here: nothing is learned that was not known before.
        let (fuel, trail) = (self.fuel.take(), std::mem::take(&mut self.trail));
        for &value in &looped.preamble {
            if stability[value.index()] == Stability::Varying {
                continue;
            }
            let uop = self.uop(value);
            let args: Args = uop.args.iter().map(|&arg| self.resolve(arg)).collect();
            match (uop.op, uop.access()) {
                (_, Some(access)) if uop.ty.is_some() => self.bound_load(value, access.mem),
                (Op::Guard | Op::GuardRef, _) => self.learn(args[0], true),
                (Op::GuardNot, _) => self.learn(args[0], false),
                (Op::GuardIndex, _) => self.learn_index(value, args[0], args[1]),
                _ => {}
            }
        }
        (self.fuel, self.trail) = (fuel, trail);
        let known = &mut self.facts;
        for (known, before) in known.replaced.iter_mut().zip(&before.replaced) {
            *known = known.filter(|_| *known == *before);
        }
        known.replaced.truncate(before.replaced.len());
        // What was made stands for what was sunk, whatever is proven.
        known.replaced.resize(before.replaced.len(), None);
        for (index, &made) in before.replaced.iter().enumerate() {
            if self.pool[index].sunk {
                known.replaced[index] = made;
            }
        }
        known
            .ranges
            .retain(|value, _| before.ranges.contains_key(value));
    }

    /// Notes that `condition` is `truth` from here on.
    pub(super) fn learn(&mut self, condition: Value, truth: bool) {
        if self.as_constant(condition).is_some() || !self.allow(Pass::Facts, "learned") {
            return;
        }
        let constant = self.constant(Const::bool(truth));
        self.facts.replace(condition, constant);
        let uop = self.uop(condition);
        let (op, args) = (
            uop.op,
            uop.args
                .iter()
                .map(|&arg| self.resolve(arg))
                .collect::<Args>(),
        );
        match (op, truth) {
            (Op::HasRoom, true) => {
                let word = self.uop(condition).word().expect("verified");
                self.facts.room = self.facts.room.max(Some(word));
            }
            (Op::BoolNot, _) => self.learn(args[0], !truth),
            (Op::BoolAnd, true) | (Op::BoolOr, false) => {
                self.learn(args[0], truth);
                self.learn(args[1], truth);
            }
            (Op::Eq, true) | (Op::Ne, false) => self.learn_equal(args[0], args[1]),
            (Op::Lt, true) | (Op::Le, false) => {
                let (below, above) = if truth {
                    (args[0], args[1])
                } else {
                    (args[1], args[0])
                };
                self.learn_order(below, above, 1);
            }
            (Op::Le, true) | (Op::Lt, false) => {
                let (below, above) = if truth {
                    (args[0], args[1])
                } else {
                    (args[1], args[0])
                };
                self.learn_order(below, above, 0);
            }
            (Op::Ult, true) => self.learn_unsigned_below(args[0], args[1]),
            _ => {}
        }
    }

    fn learn_equal(&mut self, one: Value, other: Value) {
        let (constant, value) = match (self.as_constant(one), self.as_constant(other)) {
            (Some(_), None) => (one, other),
            (None, Some(_)) => (other, one),
            _ => return,
        };
        if self.allow(Pass::Facts, "guarded_constant") {
            self.facts.replace(value, constant);
        }
    }

    /// `below + gap <= above`.
    fn learn_order(&mut self, below: Value, above: Value, gap: i64) {
        let (one, other) = (self.range(below), self.range(above));
        if let Some(range) = other.below(gap) {
            self.narrow(below, range);
        }
        if let Some(range) = one.above(gap) {
            self.narrow(above, range);
        }
    }

    fn learn_unsigned_below(&mut self, index: Value, length: Value) {
        if let Some(range) = self.range(length).indices() {
            self.narrow(index, range);
        }
    }

    /// Notes what a guarded index is: `value` is `index`, below `length`.
    pub(super) fn learn_index(&mut self, value: Value, index: Value, length: Value) {
        if self.allow(Pass::Facts, "learned_index") {
            self.learn_unsigned_below(index, length);
            self.learn_unsigned_below(value, length);
        }
    }

    /// Notes what a narrow load can yield.
    pub(super) fn bound_load(&mut self, value: Value, mem: Mem) {
        if let Some(range) = Range::of_load(mem) {
            self.narrow(value, range);
        }
    }

    fn narrow(&mut self, value: Value, range: Range) {
        if self.as_constant(value).is_none() {
            let known = self.range(value);
            self.facts.ranges.insert(value, known.and(range));
        }
    }

    /// The range of an `i64` value.
    pub(super) fn range(&self, value: Value) -> Range {
        self.range_within(value, RANGE_DEPTH)
    }

    fn range_within(&self, value: Value, depth: u32) -> Range {
        if let Some(int) = self.as_int(value) {
            return Range::of(int, int);
        }
        let noted = self
            .facts
            .ranges
            .get(&value)
            .copied()
            .unwrap_or(Range::FULL);
        if depth == 0 {
            return noted;
        }
        let uop = self.uop(value);
        let arg = |n: usize| self.range_within(self.resolve(uop.args[n]), depth - 1);
        let int = |n: usize| self.as_int(self.resolve(uop.args[n]));
        let made = Range::made(uop.op, int, arg);
        noted.and(made)
    }

    /// A comparison or overflow test whose result the operands' ranges decide.
    pub(super) fn decide(&mut self, op: Op, args: &Args) -> Option<Value> {
        let truth = match op {
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Ult | Op::Ule => {
                Range::decide_order(op, self.range(args[0]), self.range(args[1]))
            }
            Op::AddOverflows | Op::SubOverflows | Op::MulOverflows => {
                Range::decide_overflow(op, self.range(args[0]), self.range(args[1]))
            }
            Op::FitsI64 => self.is_exact_conversion(args[0]).then_some(true),
            _ => None,
        }?;
        self.allow(Pass::Facts, "decided")
            .then(|| self.constant(Const::bool(truth)))
    }

    /// Whether `value` is an integer made a double without loss.
    fn is_exact_conversion(&self, value: Value) -> bool {
        let uop = self.uop(value);
        uop.op == Op::I64ToF64 && self.range(self.resolve(uop.args[0])).is_exact_in_f64()
    }
}
