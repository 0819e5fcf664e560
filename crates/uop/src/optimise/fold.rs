//! Constants and algebra: a table of rules.
//!
//! A rule looks at a pure uop whose operands are canonical (for commutative ops the constant is
//! the second operand) and says what it equals. The table is data: adding a rule is adding a row here and
//! what it claims to the [`equations`](super::equations), by which tests and a solver prove it.
//! After LuaJIT's FOLD (`lj_opt_fold.c`).
//!
//! Floating point rules hold bit for bit, for NaNs too: `x * -1.0` is no negation, as a NaN comes out with
//! the sign it had, and `x * 1.0` is `x` only where that is known to be no signalling NaN, which comes
//! out quiet. A constant is never folded to a NaN that the machine at hand makes, as machines differ in those.

#[cfg(test)]
mod matches;

use super::facts::Facts;
use super::output::{Args, Output};
use crate::id::Value;
use crate::op::{OPS, Op};
use crate::types::{Const, Type};
use smallvec::{SmallVec, smallvec};

/// What the rules ask of operands. The optimiser has it of values, the [proof](crate::proof) of terms:
/// the table is all that they share.
pub(crate) trait Algebra {
    /// The op that made `value`; of what no pure op made, any other.
    fn op(&self, value: Value) -> Op;
    /// The operands of `value`, as they are known now.
    fn args(&self, value: Value) -> Args;
    /// The constant that `value` is, if it is one.
    fn as_constant(&self, value: Value) -> Option<Const>;
    /// The lowest and the highest integer that `value` can be.
    fn bounds(&self, value: Value) -> (i64, i64);

    /// The `i64` that `value` is, if it is one.
    fn as_int(&self, value: Value) -> Option<i64> {
        self.as_constant(value)
            .filter(|constant| constant.ty == Type::I64)
            .map(|constant| constant.bits as i64)
    }

    /// The `bool` that `value` is, if it is known.
    fn as_bool(&self, value: Value) -> Option<bool> {
        self.as_constant(value)
            .filter(|constant| constant.ty == Type::Bool)
            .map(|constant| constant.bits == 1)
    }
}

/// The optimiser's values as the rules see them.
pub(super) struct Canonical<'a> {
    pub(super) out: &'a Output,
    pub(super) facts: &'a Facts,
}

impl Algebra for Canonical<'_> {
    fn op(&self, value: Value) -> Op {
        self.out.uop(value).op
    }

    fn args(&self, value: Value) -> Args {
        self.facts.operands(self.out, value)
    }

    fn as_constant(&self, value: Value) -> Option<Const> {
        self.out.as_constant(value)
    }

    fn bounds(&self, value: Value) -> (i64, i64) {
        let range = self.facts.range(self.out, value);
        (range.low, range.high)
    }
}

/// What a uop equals.
pub(crate) enum Folded {
    Same(Value),
    Constant(Const),
    Uop(Op, SmallVec<[Operand; 3]>),
}

/// An operand of a replacement.
#[derive(Clone, Copy)]
pub(crate) enum Operand {
    Value(Value),
    Constant(Const),
}

struct Rule {
    name: &'static str,
    op: Op,
    apply: fn(&dyn Algebra, &[Value]) -> Option<Folded>,
}

/// The names of the rules, in table order.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    std::iter::once(CONSTANTS).chain(RULES.iter().map(|rule| rule.name))
}

const CONSTANTS: &str = "constants";

fn same(value: Value) -> Option<Folded> {
    Some(Folded::Same(value))
}

fn int(value: i64) -> Option<Folded> {
    Some(Folded::Constant(Const::int(value)))
}

fn truth(value: bool) -> Option<Folded> {
    Some(Folded::Constant(Const::bool(value)))
}

fn unary(op: Op, value: Value) -> Option<Folded> {
    Some(Folded::Uop(op, smallvec![Operand::Value(value)]))
}

fn binary(op: Op, one: Value, other: Value) -> Option<Folded> {
    Some(Folded::Uop(
        op,
        smallvec![Operand::Value(one), Operand::Value(other)],
    ))
}

fn with_int(op: Op, value: Value, constant: i64) -> Option<Folded> {
    let constant = Operand::Constant(Const::int(constant));
    Some(Folded::Uop(op, smallvec![Operand::Value(value), constant]))
}

/// `value` if it is the constant `wanted`.
fn is_int(f: &dyn Algebra, value: Value, wanted: i64) -> Option<()> {
    (f.as_int(value)? == wanted).then_some(())
}

/// `value`, if it cannot be a signalling NaN: arithmetic answers none.
fn same_if_quiet(f: &dyn Algebra, value: Value) -> Option<Folded> {
    let arithmetic = matches!(
        f.op(value),
        Op::Fadd
            | Op::Fsub
            | Op::Fmul
            | Op::Fdiv
            | Op::Fsqrt
            | Op::Ffloor
            | Op::Fceil
            | Op::Ftrunc
            | Op::I64ToF64
    );
    let constant = f.as_constant(value);
    let number = constant.is_some_and(|constant| !f64::from_bits(constant.bits).is_nan());
    (arithmetic || number).then_some(Folded::Same(value))
}

fn is_float(f: &dyn Algebra, value: Value, wanted: f64) -> Option<()> {
    (f.as_constant(value)? == Const::float(wanted)).then_some(())
}

/// The operands of `value` if `op` made it.
fn made_by(f: &dyn Algebra, value: Value, op: Op) -> Option<Args> {
    (f.op(value) == op).then(|| f.args(value))
}

/// Whether every integer that `value` can be survives the way to a double and back.
fn is_exact_in_f64(f: &dyn Algebra, value: Value) -> bool {
    const LIMIT: i64 = 1 << 53;
    let (low, high) = f.bounds(value);
    -LIMIT <= low && high <= LIMIT
}

/// The exponent of a constant power of two.
fn power_of_two(f: &dyn Algebra, value: Value) -> Option<i64> {
    let int = f.as_int(value)?;
    (int > 0 && int.count_ones() == 1).then(|| i64::from(int.trailing_zeros()))
}

/// Both sides as integers, if they are integers made doubles without loss (constants too).
fn as_integers(f: &dyn Algebra, args: &[Value]) -> Option<(Operand, Operand)> {
    let side = |value: Value| {
        if let Some(constant) = f.as_constant(value) {
            let float = f64::from_bits(constant.bits);
            let int = float as i64;
            let exact = int.unsigned_abs() <= 1 << 53 && int as f64 == float;
            return exact.then_some(Operand::Constant(Const::int(int)));
        }
        let from = made_by(f, value, Op::I64ToF64)?[0];
        is_exact_in_f64(f, from).then_some(Operand::Value(from))
    };
    Some((side(args[0])?, side(args[1])?))
}

fn compare_integers(f: &dyn Algebra, args: &[Value], op: Op) -> Option<Folded> {
    let (one, other) = as_integers(f, args)?;
    Some(Folded::Uop(op, smallvec![one, other]))
}

const fn rule(
    name: &'static str,
    op: Op,
    apply: fn(&dyn Algebra, &[Value]) -> Option<Folded>,
) -> Rule {
    Rule { name, op, apply }
}

const RULES: &[Rule] = &[
    // Sums and differences.
    rule("add_zero", Op::Add, |f, a| {
        is_int(f, a[1], 0).and_then(|()| same(a[0]))
    }),
    rule("add_chain", Op::Add, |f, a| {
        let more = f.as_int(a[1])?;
        let inner = made_by(f, a[0], Op::Add)?;
        with_int(Op::Add, inner[0], f.as_int(inner[1])?.wrapping_add(more))
    }),
    rule("sub_self", Op::Sub, |_, a| {
        if a[0] == a[1] { int(0) } else { None }
    }),
    rule("sub_constant", Op::Sub, |f, a| {
        with_int(Op::Add, a[0], f.as_int(a[1])?.wrapping_neg())
    }),
    rule("sub_from_zero", Op::Sub, |f, a| {
        is_int(f, a[0], 0).and_then(|()| unary(Op::Neg, a[1]))
    }),
    rule("neg_neg", Op::Neg, |f, a| {
        same(made_by(f, a[0], Op::Neg)?[0])
    }),
    // Products and quotients.
    rule("mul_zero", Op::Mul, |f, a| {
        is_int(f, a[1], 0).and_then(|()| int(0))
    }),
    rule("mul_one", Op::Mul, |f, a| {
        is_int(f, a[1], 1).and_then(|()| same(a[0]))
    }),
    rule("mul_minus_one", Op::Mul, |f, a| {
        is_int(f, a[1], -1).and_then(|()| unary(Op::Neg, a[0]))
    }),
    rule("mul_power", Op::Mul, |f, a| {
        with_int(Op::Shl, a[0], power_of_two(f, a[1])?)
    }),
    rule("div_one", Op::Div, |f, a| {
        is_int(f, a[1], 1).and_then(|()| same(a[0]))
    }),
    rule("rem_one", Op::Rem, |f, a| {
        is_int(f, a[1], 1).and_then(|()| int(0))
    }),
    rule("floor_div_power", Op::FloorDiv, |f, a| {
        with_int(Op::Sar, a[0], power_of_two(f, a[1])?)
    }),
    rule("floor_rem_power", Op::FloorRem, |f, a| {
        with_int(Op::And, a[0], (1 << power_of_two(f, a[1])?) - 1)
    }),
    rule("floor_rem_small", Op::FloorRem, |f, a| {
        let ((low, high), (least, _)) = (f.bounds(a[0]), f.bounds(a[1]));
        (low >= 0 && high < least).then_some(Folded::Same(a[0]))
    }),
    // Bits.
    rule("not_not", Op::Not, |f, a| {
        same(made_by(f, a[0], Op::Not)?[0])
    }),
    rule("and_self", Op::And, |_, a| {
        if a[0] == a[1] { same(a[0]) } else { None }
    }),
    rule("and_zero", Op::And, |f, a| {
        is_int(f, a[1], 0).and_then(|()| int(0))
    }),
    rule("and_ones", Op::And, |f, a| {
        is_int(f, a[1], -1).and_then(|()| same(a[0]))
    }),
    rule("and_covered", Op::And, |f, a| {
        let (mask, (low, high)) = (f.as_int(a[1])?, f.bounds(a[0]));
        let low_bits = mask > 0 && mask & mask.wrapping_add(1) == 0;
        (low_bits && low >= 0 && high <= mask).then_some(Folded::Same(a[0]))
    }),
    rule("or_self", Op::Or, |_, a| {
        if a[0] == a[1] { same(a[0]) } else { None }
    }),
    rule("or_zero", Op::Or, |f, a| {
        is_int(f, a[1], 0).and_then(|()| same(a[0]))
    }),
    rule("or_ones", Op::Or, |f, a| {
        is_int(f, a[1], -1).and_then(|()| int(-1))
    }),
    rule("xor_self", Op::Xor, |_, a| {
        if a[0] == a[1] { int(0) } else { None }
    }),
    rule("xor_zero", Op::Xor, |f, a| {
        is_int(f, a[1], 0).and_then(|()| same(a[0]))
    }),
    rule("shl_none", Op::Shl, |f, a| {
        if f.as_int(a[1])? & 63 == 0 {
            same(a[0])
        } else {
            None
        }
    }),
    rule("shr_none", Op::Shr, |f, a| {
        if f.as_int(a[1])? & 63 == 0 {
            same(a[0])
        } else {
            None
        }
    }),
    rule("sar_none", Op::Sar, |f, a| {
        if f.as_int(a[1])? & 63 == 0 {
            same(a[0])
        } else {
            None
        }
    }),
    // Comparisons.
    rule("eq_self", Op::Eq, |_, a| {
        if a[0] == a[1] { truth(true) } else { None }
    }),
    rule("ne_self", Op::Ne, |_, a| {
        if a[0] == a[1] { truth(false) } else { None }
    }),
    rule("lt_self", Op::Lt, |_, a| {
        if a[0] == a[1] { truth(false) } else { None }
    }),
    rule("le_self", Op::Le, |_, a| {
        if a[0] == a[1] { truth(true) } else { None }
    }),
    rule("ult_self", Op::Ult, |_, a| {
        if a[0] == a[1] { truth(false) } else { None }
    }),
    rule("ule_self", Op::Ule, |_, a| {
        if a[0] == a[1] { truth(true) } else { None }
    }),
    rule("ult_zero", Op::Ult, |f, a| {
        is_int(f, a[1], 0).and_then(|()| truth(false))
    }),
    rule("ule_zero", Op::Ule, |f, a| {
        is_int(f, a[0], 0).and_then(|()| truth(true))
    }),
    rule("ref_eq_self", Op::RefEq, |_, a| {
        if a[0] == a[1] { truth(true) } else { None }
    }),
    rule("eq_of_bool", Op::Eq, |f, a| {
        let inner = made_by(f, a[0], Op::BoolToI64)?[0];
        match f.as_int(a[1])? {
            0 => unary(Op::BoolNot, inner),
            1 => same(inner),
            _ => truth(false),
        }
    }),
    rule("ne_of_bool", Op::Ne, |f, a| {
        let inner = made_by(f, a[0], Op::BoolToI64)?[0];
        match f.as_int(a[1])? {
            0 => same(inner),
            1 => unary(Op::BoolNot, inner),
            _ => truth(true),
        }
    }),
    rule("add_overflows_zero", Op::AddOverflows, |f, a| {
        is_int(f, a[1], 0).and_then(|()| truth(false))
    }),
    rule("sub_overflows_zero", Op::SubOverflows, |f, a| {
        is_int(f, a[1], 0).and_then(|()| truth(false))
    }),
    rule("mul_overflows_small", Op::MulOverflows, |f, a| {
        matches!(f.as_int(a[1])?, 0 | 1).then_some(Folded::Constant(Const::bool(false)))
    }),
    // Truths.
    rule("bool_not_not", Op::BoolNot, |f, a| {
        same(made_by(f, a[0], Op::BoolNot)?[0])
    }),
    rule("not_eq", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Eq)?;
        binary(Op::Ne, inner[0], inner[1])
    }),
    rule("not_ne", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Ne)?;
        binary(Op::Eq, inner[0], inner[1])
    }),
    rule("not_lt", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Lt)?;
        binary(Op::Le, inner[1], inner[0])
    }),
    rule("not_le", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Le)?;
        binary(Op::Lt, inner[1], inner[0])
    }),
    rule("not_ult", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Ult)?;
        binary(Op::Ule, inner[1], inner[0])
    }),
    rule("not_ule", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Ule)?;
        binary(Op::Ult, inner[1], inner[0])
    }),
    rule("not_feq", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Feq)?;
        binary(Op::Fne, inner[0], inner[1])
    }),
    rule("not_fne", Op::BoolNot, |f, a| {
        let inner = made_by(f, a[0], Op::Fne)?;
        binary(Op::Feq, inner[0], inner[1])
    }),
    rule("bool_and_known", Op::BoolAnd, |f, a| {
        if f.as_bool(a[1])? {
            same(a[0])
        } else {
            truth(false)
        }
    }),
    rule("bool_or_known", Op::BoolOr, |f, a| {
        if f.as_bool(a[1])? {
            truth(true)
        } else {
            same(a[0])
        }
    }),
    rule("bool_and_self", Op::BoolAnd, |_, a| {
        if a[0] == a[1] { same(a[0]) } else { None }
    }),
    rule("bool_or_self", Op::BoolOr, |_, a| {
        if a[0] == a[1] { same(a[0]) } else { None }
    }),
    // Doubles.
    rule("fneg_fneg", Op::Fneg, |f, a| {
        same(made_by(f, a[0], Op::Fneg)?[0])
    }),
    rule("fabs_fabs", Op::Fabs, |f, a| {
        made_by(f, a[0], Op::Fabs).and_then(|_| same(a[0]))
    }),
    rule("fabs_fneg", Op::Fabs, |f, a| {
        unary(Op::Fabs, made_by(f, a[0], Op::Fneg)?[0])
    }),
    rule("fadd_minus_zero", Op::Fadd, |f, a| {
        is_float(f, a[1], -0.0).and_then(|()| same_if_quiet(f, a[0]))
    }),
    rule("fsub_zero", Op::Fsub, |f, a| {
        is_float(f, a[1], 0.0).and_then(|()| same_if_quiet(f, a[0]))
    }),
    rule("fmul_one", Op::Fmul, |f, a| {
        is_float(f, a[1], 1.0).and_then(|()| same_if_quiet(f, a[0]))
    }),
    rule("fdiv_one", Op::Fdiv, |f, a| {
        is_float(f, a[1], 1.0).and_then(|()| same_if_quiet(f, a[0]))
    }),
    rule("fdiv_power", Op::Fdiv, |f, a| {
        let divisor = f64::from_bits(f.as_constant(a[1])?.bits);
        let inverse = divisor.recip();
        let power = divisor.is_normal() && divisor.to_bits() & ((1 << 52) - 1) == 0;
        (power && inverse.is_normal()).then(|| {
            let inverse = Operand::Constant(Const::float(inverse));
            Folded::Uop(Op::Fmul, smallvec![Operand::Value(a[0]), inverse])
        })
    }),
    rule("feq_integers", Op::Feq, |f, a| {
        compare_integers(f, a, Op::Eq)
    }),
    rule("fne_integers", Op::Fne, |f, a| {
        compare_integers(f, a, Op::Ne)
    }),
    rule("flt_integers", Op::Flt, |f, a| {
        compare_integers(f, a, Op::Lt)
    }),
    rule("fle_integers", Op::Fle, |f, a| {
        compare_integers(f, a, Op::Le)
    }),
    // Conversions.
    rule("bits_round_trip", Op::F64OfBits, |f, a| {
        same(made_by(f, a[0], Op::BitsOfF64)?[0])
    }),
    rule("f64_round_trip", Op::BitsOfF64, |f, a| {
        same(made_by(f, a[0], Op::F64OfBits)?[0])
    }),
    rule("ref_round_trip", Op::RefOfBits, |f, a| {
        same(made_by(f, a[0], Op::BitsOfRef)?[0])
    }),
    rule("ref_bits_round_trip", Op::BitsOfRef, |f, a| {
        let refined = made_by(f, a[0], Op::GuardRef).map(|args| args[1]);
        same(refined.or_else(|| made_by(f, a[0], Op::RefOfBits).map(|args| args[0]))?)
    }),
    rule("integer_round_trip", Op::F64ToI64, |f, a| {
        let from = made_by(f, a[0], Op::I64ToF64)?[0];
        is_exact_in_f64(f, from).then_some(Folded::Same(from))
    }),
    rule("integral_floor", Op::Ffloor, |f, a| {
        made_by(f, a[0], Op::I64ToF64).and(same(a[0]))
    }),
    rule("integral_ceil", Op::Fceil, |f, a| {
        made_by(f, a[0], Op::I64ToF64).and(same(a[0]))
    }),
    rule("integral_trunc", Op::Ftrunc, |f, a| {
        made_by(f, a[0], Op::I64ToF64).and(same(a[0]))
    }),
    // Selection.
    rule("select_known", Op::Select, |f, a| {
        same(if f.as_bool(a[0])? { a[1] } else { a[2] })
    }),
    rule("select_same", Op::Select, |_, a| {
        if a[1] == a[2] { same(a[1]) } else { None }
    }),
];

/// The number of each op's first row, then of the next row of the same op behind each row.
static NEXT: [u8; OPS + RULES.len()] = {
    const NONE: u8 = u8::MAX;
    assert!(RULES.len() < NONE as usize, "a row's number is a byte");
    let mut next = [NONE; OPS + RULES.len()];
    let mut row = RULES.len();
    while row > 0 {
        row -= 1;
        let op = RULES[row].op as usize;
        next[OPS + row] = next[op];
        next[op] = row as u8;
    }
    next
};

/// The rows of `op`, in table order.
fn rules_of(op: Op) -> impl Iterator<Item = &'static Rule> {
    let mut next = NEXT[op as usize];
    std::iter::from_fn(move || {
        let row = usize::from(next);
        let rule = RULES.get(row)?;
        next = NEXT[OPS + row];
        Some(rule)
    })
}

fn fold_constants(f: &dyn Algebra, op: Op, ty: Type, args: &[Value]) -> Option<Const> {
    let mut bits: SmallVec<[u64; 3]> = SmallVec::new();
    for &arg in args {
        bits.push(f.as_constant(arg)?.bits);
    }
    let bits = op.eval_pure(&bits)?;
    let made_nan = ty == Type::F64
        && f64::from_bits(bits).is_nan()
        && !matches!(op, Op::F64OfBits | Op::Fneg | Op::Fabs);
    (!made_nan).then_some(Const { ty, bits })
}

/// What a pure uop equals by constants or by the first row of the table that knows it.
pub(crate) fn equal(f: &dyn Algebra, op: Op, ty: Type, args: &[Value]) -> Option<Folded> {
    first(f, op, ty, args).map(|(_, folded)| folded)
}

/// As [`equal`], with the name of the rule.
pub(super) fn first(
    f: &dyn Algebra,
    op: Op,
    ty: Type,
    args: &[Value],
) -> Option<(&'static str, Folded)> {
    if let Some(constant) = fold_constants(f, op, ty, args) {
        return Some((CONSTANTS, Folded::Constant(constant)));
    }
    rules_of(op).find_map(|rule| Some((rule.name, (rule.apply)(f, args)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_names_are_unique() {
        let mut names: Vec<_> = rule_names().collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
