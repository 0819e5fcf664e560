//! Ranges of integers: this checker's own, so that a wrong range of the optimiser is not believed.
//!
//! An interval is inclusive and never empty. Where two facts contradict each other the older stays:
//! what follows is never reached, and anything may be believed of it.
//!
//! Each guard asks for the ranges of its operands, which are looked for some terms deep, and sums of
//! sums share their terms. So what was found for a term is kept until something is noted that a range
//! may depend on.

use super::node::{Node, Term};
use super::pool::Pool;
use crate::op::Op;
use crate::types::Mem;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// How deep a term is looked into for its range.
const DEPTH: u32 = 6;

/// All integers from `low` to `high`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Interval {
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Interval {
    const ALL: Interval = Interval {
        low: i64::MIN,
        high: i64::MAX,
    };

    pub(super) fn new(low: i64, high: i64) -> Interval {
        debug_assert!(low <= high, "an empty interval");
        Interval { low, high }
    }

    /// The hull of sums or differences, unless one of them wraps.
    fn exact(low: i128, high: i128) -> Interval {
        match (i64::try_from(low), i64::try_from(high)) {
            (Ok(low), Ok(high)) => Interval { low, high },
            _ => Interval::ALL,
        }
    }

    pub(super) fn and(self, other: Interval) -> Interval {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        match low <= high {
            true => Interval { low, high },
            false => self,
        }
    }

    fn of_mem(mem: Mem) -> Interval {
        let bits = 8 * mem.bytes();
        match mem {
            Mem::I8 | Mem::I16 | Mem::I32 => Interval::new(-1 << (bits - 1), (1 << (bits - 1)) - 1),
            Mem::U8 | Mem::U16 | Mem::U32 => Interval::new(0, (1 << bits) - 1),
            Mem::I64 | Mem::F64 | Mem::Ref | Mem::Ptr => Interval::ALL,
        }
    }

    pub(super) fn is_exact_in_f64(self) -> bool {
        let exact = |int: i64| int.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS;
        exact(self.low) && exact(self.high)
    }

    /// A comparison or an overflow test, if all pairs agree on it.
    pub(super) fn decide(self, op: Op, other: Interval) -> Option<bool> {
        let all = |yes: bool, no: bool| match (yes, no) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let natural = self.low >= 0 && other.low >= 0;
        let below = self.high < other.low;
        let above = self.low > other.high;
        match op {
            Op::Eq => all(false, below || above),
            Op::Ne => all(below || above, false),
            Op::Lt => all(below, self.low >= other.high),
            Op::Le => all(self.high <= other.low, above),
            Op::Ult if natural => all(below, self.low >= other.high),
            Op::Ule if natural => all(self.high <= other.low, above),
            Op::AddOverflows | Op::SubOverflows | Op::MulOverflows => {
                let corners = [self.low, self.high].map(|a| {
                    [other.low, other.high].map(|b| {
                        let (a, b) = (i128::from(a), i128::from(b));
                        match op {
                            Op::AddOverflows => a + b,
                            Op::SubOverflows => a - b,
                            _ => a * b,
                        }
                    })
                });
                let mut corners = corners.iter().flatten();
                all(false, corners.all(|&corner| i64::try_from(corner).is_ok()))
            }
            _ => None,
        }
    }
}

/// What guards have shown.
#[derive(Default)]
pub(super) struct Ranges {
    noted: FxHashMap<Term, Interval>,
    /// What was found for a term looked into so deep, and when.
    found: RefCell<FxHashMap<(Term, u32), (Interval, u32)>>,
    /// Grows when a range may be another than before.
    now: u32,
}

impl Ranges {
    pub(super) fn note(&mut self, term: Term, range: Interval) {
        if self.noted.insert(term, range) != Some(range) {
            self.changed();
        }
    }

    /// Integers are known to be equal that were not.
    pub(super) fn changed(&mut self) {
        self.now += 1;
    }

    /// What was asked since this last changed has the same answer now.
    pub(super) fn now(&self) -> u32 {
        self.now
    }

    pub(super) fn noted(&self, term: Term) -> Option<Interval> {
        self.noted.get(&term).copied()
    }

    pub(super) fn of(&self, pool: &Pool, term: Term) -> Interval {
        self.within(pool, term, DEPTH)
    }

    fn within(&self, pool: &Pool, term: Term, depth: u32) -> Interval {
        if let Some(int) = pool.as_int(term) {
            return Interval::new(int, int);
        }
        let keeps =
            depth > 0 && matches!(pool.node(term), Node::Pure(Op::Add | Op::Sub | Op::Sar, ..));
        if !keeps {
            return self.look(pool, term, depth);
        }
        if let Some(&(range, at)) = self.found.borrow().get(&(term, depth))
            && at == self.now
        {
            return range;
        }
        let range = self.look(pool, term, depth);
        let found = (range, self.now);
        self.found.borrow_mut().insert((term, depth), found);
        range
    }

    fn look(&self, pool: &Pool, term: Term, depth: u32) -> Interval {
        let noted = self.noted(term).unwrap_or(Interval::ALL);
        let made = match pool.node(term) {
            Node::Load(.., access) => Interval::of_mem(access.mem),
            Node::Extend(mem, _) => Interval::of_mem(*mem),
            Node::Pure(op, _, args) if depth > 0 => {
                let int = |n: usize| args.get(n).and_then(|&arg| pool.as_int(pool.resolve(arg)));
                let arg = |n: usize| self.within(pool, pool.resolve(args[n]), depth - 1);
                let amount = int(1).map(|amount| (amount & 63) as u32);
                match (*op, int(1)) {
                    (Op::BoolToI64, _) => Interval::new(0, 1),
                    (Op::And, _) => match int(1).or(int(0)) {
                        Some(mask) if mask >= 0 => Interval::new(0, mask),
                        _ => Interval::ALL,
                    },
                    (Op::Shr, Some(_)) if amount != Some(0) => {
                        Interval::new(0, (u64::MAX >> amount.unwrap_or(63)) as i64)
                    }
                    (Op::Sar, Some(_)) => {
                        let (of, by) = (arg(0), amount.unwrap_or(0));
                        Interval::new(of.low >> by, of.high >> by)
                    }
                    (Op::FloorRem, Some(by)) if by > 0 => Interval::new(0, by - 1),
                    (Op::Rem, Some(by)) if by > 0 => Interval::new(1 - by, by - 1),
                    (Op::Add, _) => {
                        let (a, b) = (arg(0), arg(1));
                        let sum = |a: i64, b: i64| i128::from(a) + i128::from(b);
                        Interval::exact(sum(a.low, b.low), sum(a.high, b.high))
                    }
                    (Op::Sub, _) => {
                        let (a, b) = (arg(0), arg(1));
                        let less = |a: i64, b: i64| i128::from(a) - i128::from(b);
                        Interval::exact(less(a.low, b.high), less(a.high, b.low))
                    }
                    _ => Interval::ALL,
                }
            }
            _ => Interval::ALL,
        };
        noted.and(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every decision holds for every pair, and where all pairs agree on a comparison it is decided.
    #[test]
    fn what_is_decided_holds_for_all_pairs() {
        let ends = [
            i64::MIN,
            i64::MIN + 1,
            -3,
            -1,
            0,
            1,
            2,
            i64::MAX - 1,
            i64::MAX,
        ];
        let intervals = || {
            let pairs = ends
                .iter()
                .flat_map(|&low| ends.iter().map(move |&high| (low, high)));
            pairs.filter(|(low, high)| low <= high)
        };
        let ops = [
            Op::Eq,
            Op::Ne,
            Op::Lt,
            Op::Le,
            Op::Ult,
            Op::Ule,
            Op::AddOverflows,
            Op::SubOverflows,
            Op::MulOverflows,
        ];
        for (low, high) in intervals() {
            for (least, most) in intervals() {
                for op in ops {
                    let decided = Interval::new(low, high).decide(op, Interval::new(least, most));
                    let Some(decided) = decided else { continue };
                    for &a in ends.iter().filter(|&&end| low <= end && end <= high) {
                        for &b in ends.iter().filter(|&&end| least <= end && end <= most) {
                            let found = op.eval_pure(&[a as u64, b as u64]);
                            let name = op.name();
                            assert_eq!(found, Some(decided.into()), "{name} {a} {b}");
                        }
                    }
                }
            }
        }
        let all = Interval::ALL;
        assert_eq!(all.decide(Op::MulOverflows, all), None);
    }
}
