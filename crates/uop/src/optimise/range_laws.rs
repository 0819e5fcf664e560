//! What range arithmetic claims, as data: each case of [`ranges`](super::ranges).
//!
//! The code there is written for speed; these tables say what it claims. Tests compare the two for all
//! ranges of 4 bits, and show that the claims hold; `cargo xtask prove-rules` has a solver prove
//! them at 64 bits. Terms are those of the [rules](super::rules); `xl` and `xh` are the lowest and the
//! highest value that `x` is known to have.

use super::rules::{Rule, rules};
use super::term::{Term, term};

/// `of` lies from `low` to `high` where `given` was observed and all of `when` hold.
#[derive(Clone, Copy, Debug)]
pub struct RangeLaw {
    /// A name for messages.
    pub name: &'static str,
    /// The term.
    pub of: Term,
    /// The condition of a guard that has held: `true` if there is none.
    pub given: Term,
    /// What must hold of ranges and known operands.
    pub when: &'static [Term],
    /// The lowest value.
    pub low: Term,
    /// The highest value.
    pub high: Term,
}

/// What ranges decide: the comparisons and overflow tests that they make constants.
pub const DECISIONS: &[Rule] = rules! {
    eq_apart { Eq(x, y) => false if Lt(xh, yl) }
    eq_apart { Eq(x, y) => false if Lt(yh, xl) }
    ne_apart { Ne(x, y) => true if Lt(xh, yl) }
    ne_apart { Ne(x, y) => true if Lt(yh, xl) }
    lt_below { Lt(x, y) => true if Lt(xh, yl) }
    lt_above { Lt(x, y) => false if Le(yh, xl) }
    le_below { Le(x, y) => true if Le(xh, yl) }
    le_above { Le(x, y) => false if Lt(yh, xl) }
    ult_below { Ult(x, y) => true if Le(0, xl), Le(0, yl), Lt(xh, yl) }
    ult_above { Ult(x, y) => false if Le(0, xl), Le(0, yl), Le(yh, xl) }
    ule_below { Ule(x, y) => true if Le(0, xl), Le(0, yl), Le(xh, yl) }
    ule_above { Ule(x, y) => false if Le(0, xl), Le(0, yl), Lt(yh, xl) }
    sums_fit {
        AddOverflows(x, y) => false
        if BoolNot(AddOverflows(xl, yl)), BoolNot(AddOverflows(xh, yh))
    }
    differences_fit {
        SubOverflows(x, y) => false
        if BoolNot(SubOverflows(xl, yh)), BoolNot(SubOverflows(xh, yl))
    }
    products_fit {
        MulOverflows(x, y) => false
        if BoolNot(MulOverflows(xl, yl)), BoolNot(MulOverflows(xl, yh)),
            BoolNot(MulOverflows(xh, yl)), BoolNot(MulOverflows(xh, yh))
    }
};

/// A table: rows `name { of in (low), (high) if condition, … }`, with a guard's condition in brackets before.
macro_rules! range_laws {
    ($( $name:ident { $([$given:ident $sides:tt])? $of:ident $(($($operands:tt)*))? in
        ($($low:tt)*), ($($high:tt)*) $(if $($condition:ident $about:tt),+)? } )*) => {
        &[$( RangeLaw {
            name: stringify!($name),
            of: term!($of $(($($operands)*))?),
            given: range_laws!(@ $($given $sides)?),
            when: &[$($(term!($condition $about)),+)?],
            low: term!($($low)*),
            high: term!($($high)*),
        } ),*]
    };
    (@) => { term!(true) };
    (@ $given:ident $sides:tt) => { term!($given $sides) };
}

/// The range of what an op makes.
pub const MADE: &[RangeLaw] = range_laws! {
    truth { BoolToI64(p) in (0), (1) }
    mask { And(x, C) in (0), (C) if Le(0, C) }
    mask_first { And(C, x) in (0), (C) if Le(0, C) }
    shr { Shr(x, C) in (0), (Shr(-1, C)) if Ne(And(C, Sub(BITS, 1)), 0) }
    sar { Sar(x, C) in (Sar(xl, C)), (Sar(xh, C)) }
    floor_rem { FloorRem(x, C) in (0), (Sub(C, 1)) if Lt(0, C) }
    rem { Rem(x, C) in (Sub(1, C)), (Sub(C, 1)) if Lt(0, C) }
    sum {
        Add(x, y) in (Add(xl, yl)), (Add(xh, yh))
        if BoolNot(AddOverflows(xl, yl)), BoolNot(AddOverflows(xh, yh))
    }
    difference {
        Sub(x, y) in (Sub(xl, yh)), (Sub(xh, yl))
        if BoolNot(SubOverflows(xl, yh)), BoolNot(SubOverflows(xh, yl))
    }
};

/// What a guard that has held says of its operands.
pub const LEARNED: &[RangeLaw] = range_laws! {
    below { [Lt(x, y)] x in (MIN), (Sub(yh, 1)) if BoolNot(SubOverflows(yh, 1)) }
    above { [Lt(x, y)] y in (Add(xl, 1)), (MAX) if BoolNot(AddOverflows(xl, 1)) }
    at_most { [Le(x, y)] x in (MIN), (yh) }
    at_least { [Le(x, y)] y in (xl), (MAX) }
    index { [Ult(x, y)] x in (0), (Select(Lt(0, yh), Sub(yh, 1), 0)) if Le(0, yl) }
};
