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

/// An inclusive range of `i64`, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Range {
    pub(super) const FULL: Range = Range {
        low: i64::MIN,
        high: i64::MAX,
    };

    fn of(low: i64, high: i64) -> Range {
        debug_assert!(low <= high, "an empty range");
        Range { low, high }
    }

    /// From exact bounds; `FULL` if they do not fit.
    fn exact(low: i128, high: i128) -> Range {
        match (i64::try_from(low), i64::try_from(high)) {
            (Ok(low), Ok(high)) => Range { low, high },
            _ => Range::FULL,
        }
    }

    /// Values in both; this one if there are none (then the code after is never reached).
    fn and(self, other: Range) -> Range {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        if low <= high {
            Range { low, high }
        } else {
            self
        }
    }

    /// Whether every value is a proper index for every length in `lengths`.
    pub(super) fn is_below(self, lengths: Range) -> bool {
        self.low >= 0 && self.high < lengths.low
    }

    /// Whether every value survives the way to a double and back.
    pub(super) fn is_exact_in_f64(self) -> bool {
        const LIMIT: i64 = 1 << 53;
        -LIMIT <= self.low && self.high <= LIMIT
    }
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
        let (low, high) = (self.range(below), self.range(above));
        if let Some(limit) = high.high.checked_sub(gap) {
            self.narrow(below, Range::of(i64::MIN, limit));
        }
        if let Some(limit) = low.low.checked_add(gap) {
            self.narrow(above, Range::of(limit, i64::MAX));
        }
    }

    fn learn_unsigned_below(&mut self, index: Value, length: Value) {
        let length = self.range(length);
        if length.low >= 0 {
            self.narrow(index, Range::of(0, (length.high - 1).max(0)));
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
        let range = match mem {
            Mem::I8 => Range::of(i8::MIN.into(), i8::MAX.into()),
            Mem::U8 => Range::of(0, u8::MAX.into()),
            Mem::I16 => Range::of(i16::MIN.into(), i16::MAX.into()),
            Mem::U16 => Range::of(0, u16::MAX.into()),
            Mem::I32 => Range::of(i32::MIN.into(), i32::MAX.into()),
            Mem::U32 => Range::of(0, u32::MAX.into()),
            Mem::I64 | Mem::F64 | Mem::Ref | Mem::Ptr => return,
        };
        self.narrow(value, range);
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
        let made = match uop.op {
            Op::BoolToI64 => Range::of(0, 1),
            Op::And => match (int(0), int(1)) {
                (Some(mask), _) | (_, Some(mask)) if mask >= 0 => Range::of(0, mask),
                _ => Range::FULL,
            },
            Op::Shr => match int(1).map(|amount| amount & 63) {
                Some(amount) if amount > 0 => Range::of(0, (u64::MAX >> amount) as i64),
                _ => Range::FULL,
            },
            Op::Sar => match int(1).map(|amount| amount & 63) {
                Some(amount) => Range::of(arg(0).low >> amount, arg(0).high >> amount),
                None => Range::FULL,
            },
            Op::FloorRem => match int(1) {
                Some(divisor) if divisor > 0 => Range::of(0, divisor - 1),
                _ => Range::FULL,
            },
            Op::Rem => match int(1) {
                Some(divisor) if divisor > 0 => Range::of(1 - divisor, divisor - 1),
                _ => Range::FULL,
            },
            Op::Add => {
                let (a, b) = (arg(0), arg(1));
                Range::exact(
                    i128::from(a.low) + i128::from(b.low),
                    i128::from(a.high) + i128::from(b.high),
                )
            }
            Op::Sub => {
                let (a, b) = (arg(0), arg(1));
                Range::exact(
                    i128::from(a.low) - i128::from(b.high),
                    i128::from(a.high) - i128::from(b.low),
                )
            }
            _ => Range::FULL,
        };
        noted.and(made)
    }

    /// A comparison or overflow test whose result the operands' ranges decide.
    pub(super) fn decide(&mut self, op: Op, args: &Args) -> Option<Value> {
        let truth = match op {
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Ult | Op::Ule => {
                self.decide_order(op, self.range(args[0]), self.range(args[1]))
            }
            Op::AddOverflows | Op::SubOverflows | Op::MulOverflows => {
                let (a, b) = (self.range(args[0]), self.range(args[1]));
                decide_overflow(op, a, b)
            }
            Op::FitsI64 => self.is_exact_conversion(args[0]).then_some(true),
            _ => None,
        }?;
        self.allow(Pass::Facts, "decided")
            .then(|| self.constant(Const::bool(truth)))
    }

    fn decide_order(&self, op: Op, a: Range, b: Range) -> Option<bool> {
        let unsigned_agrees = a.low >= 0 && b.low >= 0;
        let less = (a.high < b.low)
            .then_some(true)
            .or((a.low >= b.high).then_some(false));
        let less_or_equal = (a.high <= b.low)
            .then_some(true)
            .or((a.low > b.high).then_some(false));
        let apart = a.high < b.low || b.high < a.low;
        match op {
            Op::Eq if apart => Some(false),
            Op::Ne if apart => Some(true),
            Op::Lt => less,
            Op::Le => less_or_equal,
            Op::Ult if unsigned_agrees => less,
            Op::Ule if unsigned_agrees => less_or_equal,
            _ => None,
        }
    }

    /// Whether `value` is an integer made a double without loss.
    fn is_exact_conversion(&self, value: Value) -> bool {
        let uop = self.uop(value);
        uop.op == Op::I64ToF64 && self.range(self.resolve(uop.args[0])).is_exact_in_f64()
    }
}

/// `Some(false)` if no pair of operands overflows; never says that all do.
fn decide_overflow(op: Op, a: Range, b: Range) -> Option<bool> {
    let (al, ah) = (i128::from(a.low), i128::from(a.high));
    let (bl, bh) = (i128::from(b.low), i128::from(b.high));
    let corners = match op {
        Op::AddOverflows => [al + bl, ah + bh, al + bl, ah + bh],
        Op::SubOverflows => [al - bh, ah - bl, al - bh, ah - bl],
        Op::MulOverflows => [al * bl, al * bh, ah * bl, ah * bh],
        _ => return None,
    };
    corners
        .iter()
        .all(|&corner| i64::try_from(corner).is_ok())
        .then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_is_decided_only_when_no_pair_overflows() {
        let small = Range::of(-10, 10);
        assert_eq!(decide_overflow(Op::AddOverflows, small, small), Some(false));
        assert_eq!(decide_overflow(Op::AddOverflows, small, Range::FULL), None);
        let near = Range::of(0, i64::MAX - 1);
        assert_eq!(
            decide_overflow(Op::AddOverflows, near, Range::of(1, 1)),
            Some(false)
        );
        assert_eq!(
            decide_overflow(Op::AddOverflows, near, Range::of(2, 2)),
            None
        );
        assert_eq!(
            decide_overflow(Op::MulOverflows, small, Range::of(i64::MIN, 0)),
            None
        );
        assert_eq!(
            decide_overflow(Op::SubOverflows, Range::of(-1, -1), Range::FULL),
            Some(false)
        );
    }

    #[test]
    fn ranges_stay_inhabited() {
        assert_eq!(Range::of(0, 3).and(Range::of(5, 9)), Range::of(0, 3));
        assert_eq!(
            Range::exact(i128::from(i64::MAX) + 1, i128::from(i64::MAX) + 2),
            Range::FULL
        );
    }
}
