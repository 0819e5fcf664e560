//! The table of algebraic rules.
//!
//! A row says which pure uops it is about, what they equal, and on which condition:
//!
//! ```text
//! mul_power { Mul(x, C) => Shl(x, log2(C)) if power_of_two(C) }
//! ```
//!
//! The row is all there is of a rule. [`fold`](mod@super::fold) matches its left side and builds its right
//! side, in the optimiser and in the [proof](crate::proof); tests evaluate both sides for all integers of
//! 8 bits, and fold a trace that holds the left side; `cargo xtask prove-rules` has an SMT solver prove
//! it at 64 bits; the book's page of rules is printed from it. So what is proved is what runs.
//!
//! [`term`](super::term) says how terms are written. On the left side a variable stands for any operand,
//! the same one wherever it is repeated, and one with a capital letter for a constant. Operands are
//! canonical: of commutative ops the constant is the second operand. On the right side a term of
//! constants is a constant, and a term that is a part of the left side is the value that was matched.
//! The first row that matches applies; several rows of one name are the cases of one rule.
//!
//! Conditions are of terms that are known, or an order that follows from the ranges of both sides, a
//! sum or difference of which the ranges say that it does not overflow, `exact` of a range, and
//! `quiet` of what arithmetic made.
//!
//! Rules about doubles hold bit for bit, for NaNs too: `x * -1.0` is no negation, as a NaN comes out with
//! the sign it had, and `x * 1.0` is `x` only where that is known to be no signalling NaN, which comes
//! out quiet.
//!
//! A rule is here if the trail counts it in a program: `moonlet --dump=rewrites` shows the counts for each
//! trace. Comments name programs for the rules that were added since that can be counted.
//!
//! The form is that of LuaJIT's FOLD rules (`lj_opt_fold.c`) and of Cranelift's ISLE.

use super::term::{Function, Term};
use crate::op::Op;
use std::fmt;

/// A row of a table: `left` equals `right` where all of `when` hold.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The name; several rows of one name are the cases of one rule.
    pub name: &'static str,
    /// The term that is replaced.
    pub left: Term,
    /// What replaces it.
    pub right: Term,
    /// The conditions.
    pub when: &'static [Term],
}

impl Rule {
    /// The op of the left side, and its operands.
    pub const fn head(&self) -> (Op, &'static [Term]) {
        match self.left {
            Term::Apply(Function::Op(op), operands) => (op, operands),
            _ => panic!("the left side of a rule is an op"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.left, self.right)?;
        for (n, condition) in self.when.iter().enumerate() {
            write!(f, "{}{condition}", if n == 0 { " if " } else { ", " })?;
        }
        Ok(())
    }
}

/// A table: rows `name { left => right if condition, … }`.
macro_rules! rules {
    ($( $name:ident { $($row:tt)* } )*) => {
        &[$( $crate::optimise::rules::rule!($name $($row)*) ),*]
    };
}

/// A row.
macro_rules! rule {
    ($name:ident $op:ident $left:tt => $right:ident ($($of:tt)*)
        $(if $($condition:ident $about:tt),+)?) => {
        $crate::optimise::rules::rule!(@ $name [$op $left] [$right ($($of)*)] $($([$condition $about])+)?)
    };
    ($name:ident $op:ident $left:tt => $right:tt $(if $($condition:ident $about:tt),+)?) => {
        $crate::optimise::rules::rule!(@ $name [$op $left] [$right] $($([$condition $about])+)?)
    };
    ($name:ident $op:ident $left:tt => - $right:tt $(if $($condition:ident $about:tt),+)?) => {
        $crate::optimise::rules::rule!(@ $name [$op $left] [- $right] $($([$condition $about])+)?)
    };
    (@ $name:ident [$($left:tt)*] [$($right:tt)*] $([$($condition:tt)*])*) => {
        $crate::optimise::rules::Rule {
            name: stringify!($name),
            left: $crate::optimise::term::term!($($left)*),
            right: $crate::optimise::term::term!($($right)*),
            when: &[$($crate::optimise::term::term!($($condition)*)),*],
        }
    };
}

pub(crate) use {rule, rules};

/// The rules of the optimiser, in the order of their priority.
pub const RULES: &[Rule] = rules! {
    // Sums and differences.
    add_zero { Add(x, 0) => x }
    add_chain { Add(Add(x, C), D) => Add(x, Add(C, D)) }
    sub_self { Sub(x, x) => 0 }
    sub_constant { Sub(x, C) => Add(x, Neg(C)) }
    sub_from_zero { Sub(0, x) => Neg(x) }
    neg_neg { Neg(Neg(x)) => x }
    // Counted in `bytes.lua`, `negation.lua`, `math_functions.lua`, `long_body.lua` and `constants.lua`.
    add_neg { Add(x, Neg(y)) => Sub(x, y) }
    add_neg { Add(Neg(x), y) => Sub(y, x) }
    neg_sub { Neg(Sub(x, y)) => Sub(y, x) }
    neg_sum { Neg(Add(x, C)) => Sub(Neg(C), x) }
    take_back { Sub(Add(x, y), y) => x }
    take_back { Sub(Add(x, y), x) => y }
    take_back { Sub(x, Sub(x, y)) => y }
    take_back { Sub(x, Add(x, y)) => Neg(y) }
    take_back { Sub(x, Add(y, x)) => Neg(y) }
    take_back { Sub(Sub(x, y), x) => Neg(y) }

    // Products and quotients.
    mul_zero { Mul(x, 0) => 0 }
    mul_one { Mul(x, 1) => x }
    mul_minus_one { Mul(x, -1) => Neg(x) }
    mul_power { Mul(x, C) => Shl(x, log2(C)) if power_of_two(C) }
    div_one { Div(x, 1) => x }
    rem_one { Rem(x, 1) => 0 }
    floor_div_power { FloorDiv(x, C) => Sar(x, log2(C)) if power_of_two(C) }
    floor_rem_power { FloorRem(x, C) => And(x, Sub(C, 1)) if power_of_two(C) }
    floor_rem_small { FloorRem(x, y) => x if Le(0, x), Lt(x, y) }

    // Bits.
    not_not { Not(Not(x)) => x }
    and_self { And(x, x) => x }
    and_zero { And(x, 0) => 0 }
    and_ones { And(x, -1) => x }
    and_covered { And(x, C) => x if Lt(0, C), Eq(And(C, Add(C, 1)), 0), Le(0, x), Le(x, C) }
    or_self { Or(x, x) => x }
    or_zero { Or(x, 0) => x }
    or_ones { Or(x, -1) => -1 }
    xor_self { Xor(x, x) => 0 }
    xor_zero { Xor(x, 0) => x }
    shl_none { Shl(x, C) => x if Eq(And(C, Sub(BITS, 1)), 0) }
    shr_none { Shr(x, C) => x if Eq(And(C, Sub(BITS, 1)), 0) }
    sar_none { Sar(x, C) => x if Eq(And(C, Sub(BITS, 1)), 0) }
    // Counted in `hash_bits.lua`; the last one in `simple.lua`.
    and_chain { And(And(x, C), D) => And(x, And(C, D)) }
    shl_chain { Shl(Shl(x, C), D) => Shl(x, Add(C, D)) if Ult(C, BITS), Ult(D, BITS), Ult(Add(C, D), BITS) }
    shr_chain { Shr(Shr(x, C), D) => Shr(x, Add(C, D)) if Ult(C, BITS), Ult(D, BITS), Ult(Add(C, D), BITS) }
    sar_chain { Sar(Sar(x, C), D) => Sar(x, Add(C, D)) if Ult(C, BITS), Ult(D, BITS), Ult(Add(C, D), BITS) }

    // Comparisons.
    eq_self { Eq(x, x) => true }
    ne_self { Ne(x, x) => false }
    lt_self { Lt(x, x) => false }
    le_self { Le(x, x) => true }
    ult_self { Ult(x, x) => false }
    ule_self { Ule(x, x) => true }
    ult_zero { Ult(x, 0) => false }
    ule_zero { Ule(0, x) => true }
    // Counted in `numbers_big.lua`, `strings.lua`, `mutual.lua` and `fannkuch.lua`. The guard then bounds `x`, and
    // with it the sum.
    lt_sum { Lt(Add(x, C), D) => Lt(x, Sub(D, C)) if BoolNot(AddOverflows(x, C)), BoolNot(SubOverflows(D, C)) }
    lt_sum { Lt(D, Add(x, C)) => Lt(Sub(D, C), x) if BoolNot(AddOverflows(x, C)), BoolNot(SubOverflows(D, C)) }
    le_sum { Le(Add(x, C), D) => Le(x, Sub(D, C)) if BoolNot(AddOverflows(x, C)), BoolNot(SubOverflows(D, C)) }
    le_sum { Le(D, Add(x, C)) => Le(Sub(D, C), x) if BoolNot(AddOverflows(x, C)), BoolNot(SubOverflows(D, C)) }
    ref_eq_self { RefEq(r, r) => true }
    eq_of_bool { Eq(BoolToI64(p), 0) => BoolNot(p) }
    eq_of_bool { Eq(BoolToI64(p), 1) => p }
    eq_of_bool { Eq(BoolToI64(p), C) => false if Ne(C, 0), Ne(C, 1) }
    ne_of_bool { Ne(BoolToI64(p), 0) => p }
    ne_of_bool { Ne(BoolToI64(p), 1) => BoolNot(p) }
    ne_of_bool { Ne(BoolToI64(p), C) => true if Ne(C, 0), Ne(C, 1) }
    add_overflows_zero { AddOverflows(x, 0) => false }
    sub_overflows_zero { SubOverflows(x, 0) => false }
    mul_overflows_small { MulOverflows(x, 0) => false }
    mul_overflows_small { MulOverflows(x, 1) => false }

    // Truths.
    bool_not_not { BoolNot(BoolNot(p)) => p }
    not_eq { BoolNot(Eq(x, y)) => Ne(x, y) }
    not_ne { BoolNot(Ne(x, y)) => Eq(x, y) }
    not_lt { BoolNot(Lt(x, y)) => Le(y, x) }
    not_le { BoolNot(Le(x, y)) => Lt(y, x) }
    not_ult { BoolNot(Ult(x, y)) => Ule(y, x) }
    not_ule { BoolNot(Ule(x, y)) => Ult(y, x) }
    not_feq { BoolNot(Feq(a, b)) => Fne(a, b) }
    not_fne { BoolNot(Fne(a, b)) => Feq(a, b) }
    bool_and_known { BoolAnd(p, true) => p }
    bool_and_known { BoolAnd(p, false) => false }
    bool_or_known { BoolOr(p, true) => true }
    bool_or_known { BoolOr(p, false) => p }
    bool_and_self { BoolAnd(p, p) => p }
    bool_or_self { BoolOr(p, p) => p }

    // Doubles.
    fneg_fneg { Fneg(Fneg(a)) => a }
    fabs_fabs { Fabs(Fabs(a)) => Fabs(a) }
    fabs_fneg { Fabs(Fneg(a)) => Fabs(a) }
    fadd_minus_zero { Fadd(a, -0.0) => a if quiet(a) }
    fsub_zero { Fsub(a, 0.0) => a if quiet(a) }
    fmul_one { Fmul(a, 1.0) => a if quiet(a) }
    fdiv_one { Fdiv(a, 1.0) => a if quiet(a) }
    // The inverse of a power of two is exact; that of the highest is a subnormal, with which products are slow.
    fdiv_power { Fdiv(a, F) => Fmul(a, Fdiv(1.0, F)) if normal_power(F), normal(Fdiv(1.0, F)) }
    // Below 2^53 integers are exact, and rounding keeps order: an `x` that is rounded stays on its side of
    // such a constant. Counted in `joins_of_returns.lua`, `math_hot.lua` and `power.lua`.
    feq_integers { Feq(I64ToF64(x), I64ToF64(y)) => Eq(x, y) if exact(x), exact(y) }
    feq_integers { Feq(I64ToF64(x), F) => Eq(x, F64ToI64(F)) if integral(F), Flt(Fabs(F), 9007199254740992.0) }
    fne_integers { Fne(I64ToF64(x), I64ToF64(y)) => Ne(x, y) if exact(x), exact(y) }
    fne_integers { Fne(I64ToF64(x), F) => Ne(x, F64ToI64(F)) if integral(F), Flt(Fabs(F), 9007199254740992.0) }
    flt_integers { Flt(I64ToF64(x), I64ToF64(y)) => Lt(x, y) if exact(x), exact(y) }
    flt_integers { Flt(I64ToF64(x), F) => Lt(x, F64ToI64(Fceil(F))) if Flt(Fabs(F), 9007199254740992.0) }
    flt_integers { Flt(F, I64ToF64(x)) => Lt(F64ToI64(Ffloor(F)), x) if Flt(Fabs(F), 9007199254740992.0) }
    fle_integers { Fle(I64ToF64(x), I64ToF64(y)) => Le(x, y) if exact(x), exact(y) }
    fle_integers { Fle(I64ToF64(x), F) => Le(x, F64ToI64(Ffloor(F))) if Flt(Fabs(F), 9007199254740992.0) }
    fle_integers { Fle(F, I64ToF64(x)) => Le(F64ToI64(Fceil(F)), x) if Flt(Fabs(F), 9007199254740992.0) }

    // Conversions.
    bits_round_trip { F64OfBits(BitsOfF64(a)) => a }
    f64_round_trip { BitsOfF64(F64OfBits(x)) => x }
    ref_round_trip { RefOfBits(BitsOfRef(r)) => r }
    ref_bits_round_trip { BitsOfRef(GuardRef(p, x)) => x }
    ref_bits_round_trip { BitsOfRef(RefOfBits(x)) => x }
    integer_round_trip { F64ToI64(I64ToF64(x)) => x if exact(x) }
    // `math.floor(n / C)`. Any integer over more than 1 fits: counted in `collatz.lua`, `aliases.lua`. With
    // `exact(x)` the quotient is no integer's neighbour unless it is that integer: `floor_of_quotients.lua`.
    fits_floor { FitsI64(Ffloor(Fmul(I64ToF64(x), F))) => true if Flt(Fabs(F), 1.0) }
    fits_floor { FitsI64(Ffloor(Fdiv(I64ToF64(x), F))) => true if Flt(1.0, Fabs(F)) }
    floor_of_power {
        F64ToI64(Ffloor(Fmul(I64ToF64(x), F))) => Sar(x, log2(F64ToI64(Fdiv(1.0, F))))
        if exact(x), normal_power(F), Flt(0.0, F), Fle(F, 1.0), Fle(Fdiv(1.0, F), 4611686018427387904.0)
    }
    floor_of_quotient {
        F64ToI64(Ffloor(Fdiv(I64ToF64(x), F))) => FloorDiv(x, F64ToI64(F))
        if exact(x), integral(F), Flt(0.0, F)
    }
    integral_floor { Ffloor(I64ToF64(x)) => I64ToF64(x) }
    integral_ceil { Fceil(I64ToF64(x)) => I64ToF64(x) }
    integral_trunc { Ftrunc(I64ToF64(x)) => I64ToF64(x) }

    // Selection.
    select_known { Select(true, x, y) => x }
    select_known { Select(false, x, y) => y }
    select_same { Select(p, x, x) => x }
};
