//! Constants and algebra: matches uops with the left sides of the [rules](super::rules), and builds
//! their right sides.
//!
//! The walk asks once for each pure uop, so an attempt must be cheap: the rows of an op lie together, each
//! says first which ops its operands must be made by, and nothing is allocated before a row applies.
//!
//! Constant operands are folded before any row is tried. A constant is never folded to a NaN that the
//! machine at hand makes, as machines differ in those.

use super::output::Args;
use super::ranges::Range;
use super::rules::{RULES, Rule};
use super::term::{Function, Term, Variable};
use crate::id::Value;
use crate::op::{OPS, Op, Operand, Produces};
use crate::types::{Const, Type};
use smallvec::SmallVec;

/// What the rules ask of operands, and what they are built with. The optimiser has it of values, the
/// [proof](crate::proof) of terms: the table and the matcher are all that the two share.
pub(crate) trait Algebra {
    /// The op that made `value`; of what no pure op made, any other.
    fn op(&self, value: Value) -> Op;
    /// An operand of `value`, as it is known now.
    fn operand(&self, value: Value, number: usize) -> Value;
    /// The constant that `value` is, if it is one.
    fn as_constant(&self, value: Value) -> Option<Const>;
    /// The lowest and the highest integer that `value` can be.
    fn bounds(&self, value: Value) -> (i64, i64);
    /// Whether the rule may be applied now.
    fn allow(&mut self, rule: &'static str) -> bool;
    /// The value of a constant.
    fn constant(&mut self, constant: Const) -> Value;
    /// The value of a pure uop, simplified.
    fn pure(&mut self, op: Op, ty: Type, args: Args) -> Value;
}

/// The names of the rules, in table order.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    let is_first = |n: usize| n == 0 || RULES[n - 1].name != RULES[n].name;
    let firsts = (0..RULES.len()).filter(move |&n| is_first(n));
    std::iter::once(CONSTANTS).chain(firsts.map(|n| RULES[n].name))
}

const CONSTANTS: &str = "constants";

/// What a pure uop equals by its constants or by the first row of the table that applies.
pub(crate) fn fold<A: Algebra>(f: &mut A, op: Op, ty: Type, args: &[Value]) -> Option<Value> {
    let heads = heads(f, args);
    if heads[0] == CONSTANT
        && let Some(constant) = fold_constants(f, op, ty, args)
    {
        return f.allow(CONSTANTS).then(|| f.constant(constant));
    }
    for row in rows_of(op) {
        if !row.may_apply(heads) {
            continue;
        }
        let rule = &RULES[usize::from(row.rule)];
        if let Some(bound) = match_rule(f, rule, args) {
            let allowed = f.allow(rule.name);
            return allowed.then(|| build(f, rule, args, &bound, &rule.right, ty));
        }
    }
    None
}

fn fold_constants(f: &impl Algebra, op: Op, ty: Type, args: &[Value]) -> Option<Const> {
    let mut bits: SmallVec<[u64; 3]> = SmallVec::new();
    for &arg in args {
        bits.push(f.as_constant(arg)?.bits);
    }
    let bits = op.eval_pure(&bits)?;
    let made_nan = ty == Type::F64 && f64::from_bits(bits).is_nan() && !op.info().on_bits;
    (!made_nan).then_some(Const { ty, bits })
}

/// Which ops made the first two operands, as numbers, and whether the two are the same.
fn heads(f: &impl Algebra, args: &[Value]) -> [u8; 3] {
    let first = f.op(args[0]) as u8;
    match args.get(1) {
        Some(&second) => [
            first,
            f.op(second) as u8,
            if second == args[0] { SAME } else { ANY },
        ],
        None => [first, ANY, ANY],
    }
}

/// No op's number: it does not matter which.
const ANY: u8 = u8::MAX;
const SAME: u8 = 1;
const CONSTANT: u8 = Op::Const as u8;

/// A row of the table in the order in which it is looked up.
#[derive(Clone, Copy)]
struct Row {
    /// Its number in the table.
    rule: u8,
    /// What its left side asks of the first two operands, where that is not [`ANY`]: which ops made them, and
    /// whether they are the same.
    heads: [u8; 3],
}

impl Row {
    fn may_apply(&self, heads: [u8; 3]) -> bool {
        let fits = |n: usize| self.heads[n] == ANY || self.heads[n] == heads[n];
        fits(0) && fits(1) && fits(2)
    }

    const fn of(number: usize) -> Row {
        let (_, operands) = RULES[number].head();
        let mut heads = [ANY; 3];
        if let [Term::Variable(one), Term::Variable(other), ..] = operands
            && *one as u8 == *other as u8
        {
            heads[2] = SAME;
        }
        let mut n = 0;
        while n < operands.len() && n < 2 {
            heads[n] = match operands[n] {
                Term::Apply(Function::Op(op), _) => op as u8,
                Term::Variable(variable) if !variable.is_known() => ANY,
                _ => CONSTANT,
            };
            n += 1;
        }
        Row {
            rule: number as u8,
            heads,
        }
    }
}

/// The rows, those of one op together and in table order.
static ROWS: [Row; RULES.len()] = {
    assert!(RULES.len() <= 256 && OPS < 256, "a number is a byte");
    let mut rows = [Row {
        rule: 0,
        heads: [ANY; 3],
    }; RULES.len()];
    let (mut op, mut filled) = (0, 0);
    while op < OPS {
        let mut number = 0;
        while number < RULES.len() {
            if RULES[number].head().0 as usize == op {
                rows[filled] = Row::of(number);
                filled += 1;
            }
            number += 1;
        }
        op += 1;
    }
    rows
};

/// Where the rows of each op begin, and where the last ones end.
static FIRST: [u16; OPS + 1] = {
    let mut first = [0; OPS + 1];
    let mut number = 0;
    while number < RULES.len() {
        first[RULES[number].head().0 as usize + 1] += 1;
        number += 1;
    }
    let mut op = 0;
    while op < OPS {
        first[op + 1] += first[op];
        op += 1;
    }
    first
};

fn rows_of(op: Op) -> &'static [Row] {
    let ends = [op as usize, op as usize + 1].map(|at| usize::from(FIRST[at]));
    &ROWS[ends[0]..ends[1]]
}

/// What the variables of a rule stand for.
struct Bindings {
    values: [Value; Variable::COUNT],
    /// A bit for each variable that is bound.
    bound: u32,
}

impl Bindings {
    /// Binds the variable, or compares with what it is bound to.
    fn bind(&mut self, variable: Variable, value: Value) -> bool {
        let (place, bit) = (&mut self.values[variable as usize], 1 << variable as u8);
        if self.bound & bit == 0 {
            (*place, self.bound) = (value, self.bound | bit);
        }
        *place == value
    }

    fn value(&self, variable: Variable) -> Value {
        debug_assert!(self.bound & 1 << variable as u8 != 0, "the left side binds");
        self.values[variable as usize]
    }

    /// The value of a term of what is known.
    fn eval(&self, f: &impl Algebra, term: &Term) -> u64 {
        let known = |variable| f.as_constant(self.value(variable));
        term.eval(&|variable| known(variable).expect("it matched").bits, 64)
    }
}

/// What the variables stand for, if the rule applies to these operands.
fn match_rule(f: &impl Algebra, rule: &Rule, args: &[Value]) -> Option<Bindings> {
    let mut bound = Bindings {
        values: [Value(0); Variable::COUNT],
        bound: 0,
    };
    let (_, operands) = rule.head();
    for (term, &value) in operands.iter().zip(args) {
        if !matches(f, term, value, &mut bound) {
            return None;
        }
    }
    for condition in rule.when {
        if !is_certain(f, condition, &bound) {
            return None;
        }
    }
    Some(bound)
}

/// Whether `value` is an instance of `term`; binds the variables.
fn matches(f: &impl Algebra, term: &Term, value: Value, bound: &mut Bindings) -> bool {
    let is = |constant: Const| f.as_constant(value) == Some(constant);
    match *term {
        Term::Variable(variable) => {
            let is_known = |ty| f.as_constant(value).is_some_and(|known| known.ty == ty);
            bound.bind(variable, value) && (!variable.is_known() || is_known(variable.ty()))
        }
        Term::Apply(Function::Op(op), operands) => {
            if f.op(value) != op {
                return false;
            }
            for (n, term) in operands.iter().enumerate() {
                if !matches(f, term, f.operand(value, n), bound) {
                    return false;
                }
            }
            true
        }
        Term::Int(int) => is(Const::int(int)),
        Term::Float(float) => is(Const::float(float)),
        Term::Truth(truth) => is(Const::bool(truth)),
        Term::Limit(_) | Term::Apply(..) => unreachable!("{term} is no pattern"),
    }
}

/// Whether a condition is known to hold.
fn is_certain(f: &impl Algebra, condition: &Term, bound: &Bindings) -> bool {
    if condition.is_known() {
        return bound.eval(f, condition) == 1;
    }
    let range = |term: &Term| match *term {
        Term::Variable(variable) if !variable.is_known() => {
            let (low, high) = f.bounds(bound.value(variable));
            Range::of(low, high)
        }
        _ => {
            let int = bound.eval(f, term) as i64;
            Range::of(int, int)
        }
    };
    let Term::Apply(function, operands) = *condition else {
        unreachable!("{condition} is no condition");
    };
    match (function, operands) {
        (Function::Exact, [of]) => range(of).is_exact_in_f64(),
        (Function::Quiet, [Term::Variable(of)]) => is_quiet(f, bound.value(*of)),
        (Function::Op(op), [one, other]) => {
            Range::decide_order(op, range(one), range(other)) == Some(true)
        }
        (Function::Op(Op::BoolNot), [Term::Apply(Function::Op(op), [one, other])]) => {
            Range::decide_overflow(*op, range(one), range(other)) == Some(false)
        }
        _ => unreachable!("{condition} is no condition"),
    }
}

/// Whether `value` cannot be a signalling NaN.
fn is_quiet(f: &impl Algebra, value: Value) -> bool {
    let number = |constant: Const| !f64::from_bits(constant.bits).is_nan();
    MAKE_NO_SIGNALS.contains(&f.op(value)) || f.as_constant(value).is_some_and(number)
}

/// Arithmetic: what it returns is no signalling NaN.
const MAKE_NO_SIGNALS: [Op; 9] = [
    Op::Fadd,
    Op::Fsub,
    Op::Fmul,
    Op::Fdiv,
    Op::Fsqrt,
    Op::Ffloor,
    Op::Fceil,
    Op::Ftrunc,
    Op::I64ToF64,
];

/// The value of `term`, of type `ty`, on the right side of a rule that applies.
fn build<A: Algebra>(
    f: &mut A,
    rule: &Rule,
    args: &[Value],
    bound: &Bindings,
    term: &Term,
    ty: Type,
) -> Value {
    if let Term::Variable(variable) = *term {
        return bound.value(variable);
    }
    if term.is_known() {
        let bits = bound.eval(f, term);
        return f.constant(Const { ty, bits });
    }
    let Term::Apply(Function::Op(op), operands) = *term else {
        unreachable!("{term} is no right side");
    };
    let (_, left) = rule.head();
    let mut sides = left.iter().zip(args);
    if let Some(matched) = sides.find_map(|(left, &value)| part(f, left, value, term)) {
        return matched;
    }
    let types = op.info().operands.iter();
    let operands = operands.iter().zip(types).map(|(operand, wanted)| {
        let ty = match wanted {
            Operand::Is(ty) => *ty,
            _ => ty,
        };
        build(f, rule, args, bound, operand, ty)
    });
    let operands: Args = operands.collect();
    let ty = match op.info().produces {
        Produces::Is(ty) => ty,
        _ => ty,
    };
    f.pure(op, ty, operands)
}

/// The value that was matched with `wanted`, which is a part of `left`, if it is one.
fn part(f: &impl Algebra, left: &Term, value: Value, wanted: &Term) -> Option<Value> {
    if left == wanted {
        return Some(value);
    }
    let Term::Apply(_, operands) = *left else {
        return None;
    };
    let mut operands = operands.iter().enumerate();
    operands.find_map(|(n, operand)| part(f, operand, f.operand(value, n), wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn rule_names_are_unique() {
        let names: Vec<_> = rule_names().collect();
        let unique: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), unique.len());
    }

    #[test]
    fn rows_are_found_by_their_op_and_in_table_order() {
        let mut found = 0;
        for op in Op::all() {
            let rows: Vec<usize> = rows_of(op).iter().map(|row| row.rule.into()).collect();
            assert!(rows.is_sorted());
            assert!(rows.iter().all(|&row| RULES[row].head().0 == op));
            found += rows.len();
        }
        assert_eq!(found, RULES.len());
    }

    #[test]
    fn what_makes_no_signals_makes_none() {
        let signals = [
            0x7ff0_0000_0000_0001,
            0xfff4_0000_0000_0123,
            0x7ff7_ffff_ffff_ffff,
        ];
        let others = [0.0, -0.0, 1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(f64::to_bits);
        for op in MAKE_NO_SIGNALS {
            let operands = op.info().operands.len();
            for (&one, &other) in signals
                .iter()
                .flat_map(|one| others.iter().map(move |other| (one, other)))
            {
                for pair in [[one, other], [other, one], [other, other]] {
                    let made = op.eval_pure(&pair[..operands]).expect("a pure op");
                    let quiet = Function::Quiet.eval(&[made], 64);
                    assert_eq!(quiet, 1, "{} {pair:x?}", op.name());
                }
            }
        }
    }
}
