//! Ranges of integers: what an op makes of them, what they decide, what a guard says of them.
//!
//! Everything here is a function of ranges, so it can be tried on its own, and at widths at which
//! all ranges can be tried: production has 64 bits, tests 4. The tables of
//! [`range_laws`](super::range_laws) say what each case claims; a test compares them with the code.
//!
//! Not here: which value has which range, and when; that is known by [`facts`](super::facts).

use crate::op::Op;
use crate::types::Mem;

/// An inclusive range of integers of `BITS` bits, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds<const BITS: u32> {
    pub(super) low: i64,
    pub(super) high: i64,
}

/// A range of `i64`.
pub(super) type Range = Bounds<64>;

impl<const BITS: u32> Bounds<BITS> {
    const LOWEST: i64 = i64::MIN >> (64 - BITS);
    const HIGHEST: i64 = i64::MAX >> (64 - BITS);

    pub(super) const FULL: Self = Bounds {
        low: Self::LOWEST,
        high: Self::HIGHEST,
    };

    pub(super) fn of(low: i64, high: i64) -> Self {
        debug_assert!(low <= high, "an empty range");
        Bounds { low, high }
    }

    fn fits(value: i128) -> bool {
        (i128::from(Self::LOWEST)..=i128::from(Self::HIGHEST)).contains(&value)
    }

    /// From exact bounds; `FULL` if they do not fit.
    fn exact(low: i128, high: i128) -> Self {
        match Self::fits(low) && Self::fits(high) {
            true => Self::of(low as i64, high as i64),
            false => Self::FULL,
        }
    }

    /// Values in both; this one if there are none (then the code after is never reached).
    pub(super) fn and(self, other: Self) -> Self {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        if low <= high {
            Self::of(low, high)
        } else {
            self
        }
    }

    /// Whether every value is a proper index for every length in `lengths`.
    pub(super) fn is_below(self, lengths: Self) -> bool {
        self.low >= 0 && self.high < lengths.low
    }

    /// Whether every value survives the way to a double and back.
    pub(super) fn is_exact_in_f64(self) -> bool {
        const LIMIT: i64 = 1 << 53;
        -LIMIT <= self.low && self.high <= LIMIT
    }

    /// What is below some value in this range by `gap`, 0 or 1, at least; `None` if that is nothing.
    pub(super) fn below(self, gap: i64) -> Option<Self> {
        let limit = self.high.checked_sub(gap)?;
        (limit >= Self::LOWEST).then(|| Self::of(Self::LOWEST, limit))
    }

    /// What is above some value in this range by `gap`, 0 or 1, at least; `None` if that is nothing.
    pub(super) fn above(self, gap: i64) -> Option<Self> {
        let limit = self.low.checked_add(gap)?;
        (limit <= Self::HIGHEST).then(|| Self::of(limit, Self::HIGHEST))
    }

    /// The indices below some length in this range, if all lengths in it are such.
    pub(super) fn indices(self) -> Option<Self> {
        (self.low >= 0).then(|| Self::of(0, (self.high - 1).max(0)))
    }

    /// What a narrow load can yield.
    pub(super) fn of_load(mem: Mem) -> Option<Self> {
        let (low, high) = match mem {
            Mem::I8 => (i8::MIN.into(), i8::MAX.into()),
            Mem::U8 => (0, u8::MAX.into()),
            Mem::I16 => (i16::MIN.into(), i16::MAX.into()),
            Mem::U16 => (0, u16::MAX.into()),
            Mem::I32 => (i32::MIN.into(), i32::MAX.into()),
            Mem::U32 => (0, u32::MAX.into()),
            Mem::I64 | Mem::F64 | Mem::Ref | Mem::Ptr => return None,
        };
        Some(Self::of(low, high))
    }

    /// What `op` can yield; `int` says which operands are known, `range` where they lie.
    #[inline]
    pub(super) fn made(
        op: Op,
        int: impl Fn(usize) -> Option<i64>,
        range: impl Fn(usize) -> Self,
    ) -> Self {
        let amount = || int(1).map(|amount| amount & i64::from(BITS - 1));
        match op {
            Op::BoolToI64 => Self::of(0, 1),
            Op::And => match (int(0), int(1)) {
                (Some(mask), _) | (_, Some(mask)) if mask >= 0 => Self::of(0, mask),
                _ => Self::FULL,
            },
            Op::Shr => match amount() {
                Some(amount) if amount > 0 => {
                    Self::of(0, (u64::MAX >> (64 - BITS) >> amount) as i64)
                }
                _ => Self::FULL,
            },
            Op::Sar => match amount() {
                Some(amount) => Self::of(range(0).low >> amount, range(0).high >> amount),
                None => Self::FULL,
            },
            Op::FloorRem => match int(1) {
                Some(divisor) if divisor > 0 => Self::of(0, divisor - 1),
                _ => Self::FULL,
            },
            Op::Rem => match int(1) {
                Some(divisor) if divisor > 0 => Self::of(1 - divisor, divisor - 1),
                _ => Self::FULL,
            },
            Op::Add => {
                let (a, b) = (range(0), range(1));
                Self::exact(
                    i128::from(a.low) + i128::from(b.low),
                    i128::from(a.high) + i128::from(b.high),
                )
            }
            Op::Sub => {
                let (a, b) = (range(0), range(1));
                Self::exact(
                    i128::from(a.low) - i128::from(b.high),
                    i128::from(a.high) - i128::from(b.low),
                )
            }
            _ => Self::FULL,
        }
    }

    /// A comparison that is the same for all values of `a` and `b`.
    pub(super) fn decide_order(op: Op, a: Self, b: Self) -> Option<bool> {
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

    /// `Some(false)` if no pair of operands overflows; never says that all do.
    pub(super) fn decide_overflow(op: Op, a: Self, b: Self) -> Option<bool> {
        let (al, ah) = (i128::from(a.low), i128::from(a.high));
        let (bl, bh) = (i128::from(b.low), i128::from(b.high));
        let corners = match op {
            Op::AddOverflows => [al + bl, ah + bh, al + bl, ah + bh],
            Op::SubOverflows => [al - bh, ah - bl, al - bh, ah - bl],
            Op::MulOverflows => [al * bl, al * bh, ah * bl, ah * bh],
            _ => return None,
        };
        corners.into_iter().all(Self::fits).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimise::range_laws::{DECISIONS, LEARNED, MADE, RangeLaw};
    use crate::optimise::rules::Rule;
    use crate::optimise::term::{Function, Term, Variable};
    use crate::testing::algebra::{Values, eval};

    /// Ends of ranges at 64 bits that are worth trying, and known operands.
    const EDGES: [i64; 15] = [
        i64::MIN,
        i64::MIN + 1,
        -(1 << 32),
        -65,
        -2,
        -1,
        0,
        1,
        2,
        63,
        64,
        1 << 32,
        1 << 62,
        i64::MAX - 1,
        i64::MAX,
    ];

    fn ranges<const BITS: u32>(ends: &[i64]) -> Vec<Bounds<BITS>> {
        let from = |(at, &low): (usize, &i64)| {
            let highs = ends[at..].iter();
            highs
                .map(move |&high| Bounds::of(low, high))
                .collect::<Vec<_>>()
        };
        ends.iter().enumerate().flat_map(from).collect()
    }

    /// The parts of a row of the tables.
    struct Row {
        of: Term,
        when: &'static [Term],
        results: Vec<Term>,
    }

    impl Row {
        fn of(law: &RangeLaw) -> Row {
            Row {
                of: law.of,
                when: law.when,
                results: vec![law.low, law.high],
            }
        }

        fn of_decision(rule: &Rule) -> Row {
            Row {
                of: rule.left,
                when: rule.when,
                results: vec![rule.right],
            }
        }

        fn op(&self) -> (Op, &[Term]) {
            match &self.of {
                Term::Apply(Function::Op(op), operands) => (*op, operands),
                other => panic!("{other:?} is no op"),
            }
        }

        /// What the row says for these values of the variables, if it applies.
        fn says(&self, values: &Values, bits: u32) -> Option<Vec<i64>> {
            let holds = self.when.iter().all(|when| eval(when, values, bits) == 1);
            let result = |term: &Term| eval(term, values, bits) as i64;
            holds.then(|| self.results.iter().map(result).collect())
        }
    }

    /// The values of the variables: of those that are not named, 0.
    fn values(of: &[(Variable, i64)]) -> Values {
        let mut values = [0; Variable::COUNT];
        for &(variable, value) in of {
            values[variable as usize] = value as u64;
        }
        values
    }

    fn made_is_the_table<const BITS: u32>(ends: &[i64]) {
        let rows: Vec<Row> = MADE.iter().map(Row::of).collect();
        for op in Op::all().filter(|op| op.is_pure() && op.info().operands.len() <= 2) {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.op().0 == op).collect();
            for x in ranges::<BITS>(ends) {
                // The second operand: known, or in a range.
                let known = ends.iter().map(|&int| (Some(int), Bounds::of(int, int)));
                let seconds = known.chain(ranges(ends).into_iter().map(|y| (None, y)));
                for ((c, y), swapped) in
                    seconds.flat_map(|second| [(second, false), (second, true)])
                {
                    let place = |n: usize| (n == 1) != swapped;
                    let range = |n: usize| if place(n) { y } else { x };
                    let int = |n: usize| if place(n) { c } else { None };
                    let made = Bounds::<BITS>::made(op, int, range);
                    let (first, second) = (range(0), range(1));
                    let values = values(&[
                        (Variable::C, c.unwrap_or(0)),
                        (Variable::xl, first.low),
                        (Variable::xh, first.high),
                        (Variable::yl, second.low),
                        (Variable::yh, second.high),
                    ]);
                    let applies = |row: &&&Row| {
                        let mut operands = row.op().1.iter().enumerate();
                        let known =
                            |(n, term): (usize, &Term)| !term.is_known() || int(n).is_some();
                        operands.all(known) && row.says(&values, BITS).is_some()
                    };
                    let said = rows
                        .iter()
                        .find(applies)
                        .and_then(|row| row.says(&values, BITS));
                    let wanted = said.map_or(Bounds::FULL, |ends| Bounds::of(ends[0], ends[1]));
                    assert_eq!(
                        made,
                        wanted,
                        "{} {int:?} {first:?} {second:?}",
                        op.name(),
                        int = (int(0), int(1))
                    );
                }
            }
        }
    }

    #[test]
    fn what_ops_make_is_what_the_table_says() {
        made_is_the_table::<4>(&Vec::from_iter(-8..8));
        made_is_the_table::<64>(&EDGES);
    }

    fn ends_of<const BITS: u32>(x: Bounds<BITS>, y: Bounds<BITS>) -> Values {
        values(&[
            (Variable::xl, x.low),
            (Variable::xh, x.high),
            (Variable::yl, y.low),
            (Variable::yh, y.high),
        ])
    }

    fn decisions_are_the_table<const BITS: u32>(ends: &[i64]) {
        let rows: Vec<Row> = DECISIONS.iter().map(Row::of_decision).collect();
        let ranges = ranges::<BITS>(ends);
        for (x, y) in ranges
            .iter()
            .flat_map(|x| ranges.iter().map(move |y| (*x, *y)))
        {
            let values = ends_of(x, y);
            for op in Op::all().filter(|op| op.is_pure()) {
                let decided =
                    Bounds::decide_order(op, x, y).or_else(|| Bounds::decide_overflow(op, x, y));
                let mut of_op = rows.iter().filter(|row| row.op().0 == op);
                let said = of_op.find_map(|row| row.says(&values, BITS));
                assert_eq!(
                    decided,
                    said.map(|said| said[0] == 1),
                    "{} {x:?} {y:?}",
                    op.name()
                );
            }
        }
    }

    #[test]
    fn what_ranges_decide_is_what_the_table_says() {
        decisions_are_the_table::<4>(&Vec::from_iter(-8..8));
        decisions_are_the_table::<64>(&EDGES);
    }

    fn learned_is_the_table<const BITS: u32>(ends: &[i64]) {
        type Learn<const BITS: u32> = fn(Bounds<BITS>, Bounds<BITS>) -> Option<Bounds<BITS>>;
        // What `Facts::learn` narrows, and by what.
        let code: [(&str, &str, Learn<BITS>); 5] = [
            ("lt(x, y)", "x", |_, y| y.below(1)),
            ("lt(x, y)", "y", |x, _| x.above(1)),
            ("le(x, y)", "x", |_, y| y.below(0)),
            ("le(x, y)", "y", |x, _| x.above(0)),
            ("ult(x, y)", "x", |_, y| y.indices()),
        ];
        assert_eq!(code.len(), LEARNED.len());
        for ((given, of, learn), law) in code.into_iter().zip(LEARNED) {
            assert_eq!((given, of), (&*law.given.to_string(), &*law.of.to_string()));
            let row = Row::of(law);
            for (x, y) in ranges(ends)
                .iter()
                .flat_map(|x| ranges(ends).into_iter().map(move |y| (*x, y)))
            {
                let said = row.says(&ends_of(x, y), BITS);
                let said = said.map(|ends| Bounds::of(ends[0], ends[1]));
                assert_eq!(learn(x, y), said, "{} {x:?} {y:?}", law.name);
            }
        }
    }

    #[test]
    fn what_guards_say_is_what_the_table_says() {
        learned_is_the_table::<4>(&Vec::from_iter(-8..8));
        learned_is_the_table::<64>(&EDGES);
    }

    #[test]
    fn narrow_loads_lie_in_their_ranges() {
        for mem in Mem::ALL {
            let Some(range) = Range::of_load(mem) else {
                assert_eq!(mem.bytes(), 8);
                continue;
            };
            let ends = (0..=u64::from(u16::MAX)).flat_map(|bits| [bits, bits << 16 | bits]);
            let yields = ends.map(|bits| mem.extend(bits) as i64);
            let (mut low, mut high) = (i64::MAX, i64::MIN);
            for value in yields {
                (low, high) = (low.min(value), high.max(value));
            }
            // All of 8 and 16 bits, and the ends of 32.
            let ends_of_32 =
                [0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map(|bits| mem.extend(bits) as i64);
            let low = low.min(ends_of_32.into_iter().min().expect("three"));
            let high = high.max(ends_of_32.into_iter().max().expect("three"));
            assert_eq!((range.low, range.high), (low, high), "{mem}");
        }
    }

    #[test]
    fn integers_that_doubles_hold() {
        for limit in [1_i64 << 53, -(1 << 53)] {
            assert!(Range::of(limit, limit).is_exact_in_f64());
            let next = limit + limit.signum();
            assert!(!Range::of(next, next).is_exact_in_f64());
            assert_ne!(next as f64 as i64, next);
        }
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
