//! Each row does what its [equations](super::super::equations) say, and nothing else.
//!
//! The terms of one op, over many operands of all makes, are put to every row of that op: it must
//! apply where one of its equations matches and that one's conditions hold, with that one's right
//! side, and it must not apply elsewhere. So what is proved of the equations is true of the rows.
//!
//! Terms are canonical as in the optimiser: of commutative ops the constant is the second operand,
//! and one operand at least is not a constant.

use super::super::Options;
use super::super::equations::EQUATIONS;
use super::super::facts::Facts;
use super::super::output::{Args, Output};
use super::super::ranges::Range;
use super::{Canonical, Folded, Operand, RULES, Rule};
use crate::builder::Builder;
use crate::id::Value;
use crate::interface::Interface;
use crate::op::{self, Op, Produces};
use crate::testing::algebra::{Claim, Function, Law, Term};
use crate::types::{Const, Type};
use crate::uop::Uop;
use std::collections::BTreeMap;

/// Values, and what is known of them.
struct Ground {
    out: Output,
    facts: Facts,
}

impl Ground {
    fn canonical(&self) -> Canonical<'_> {
        Canonical {
            out: &self.out,
            facts: &self.facts,
        }
    }

    fn range(&self, value: Value) -> Range {
        self.facts.range(&self.out, value)
    }
}

/// An equation as a pattern.
struct Pattern {
    law: Law,
    /// What the optimiser must know: all that is given.
    when: Vec<Term>,
}

impl Pattern {
    fn sides(&self) -> (&Term, &Term) {
        match &self.law.claims[..] {
            [Claim::Same(left, right)] => (left, right),
            claims => panic!("{claims:?} is no equation"),
        }
    }
}

/// The values of a pattern's variables.
type Bindings = Vec<Option<Value>>;

fn patterns(rule: &str) -> Vec<Pattern> {
    let of_rule = EQUATIONS.iter().filter(|equation| equation.rule == rule);
    let pattern = |equation| {
        let law = Law::of_equation(equation);
        let when = law.given.clone();
        Pattern { law, when }
    };
    of_rule.map(pattern).collect()
}

/// Whether `value` is an instance of `term`; binds the variables.
fn matches(f: &Ground, names: &[&str], term: &Term, value: Value, bound: &mut Bindings) -> bool {
    let is = |constant: Const| f.out.as_constant(value) == Some(constant);
    match term {
        Term::Int(int) => is(Const::int(*int)),
        Term::Float(float) => is(Const::float(*float)),
        Term::Truth(truth) => is(Const::bool(*truth)),
        Term::Limit(_) => false,
        Term::Variable(number) => {
            let known = names[*number].starts_with(char::is_uppercase);
            let old = *bound[*number].get_or_insert(value);
            old == value && (!known || f.out.as_constant(value).is_some())
        }
        Term::Apply(Function::Op(op), operands) => {
            let uop = f.out.uop(value).clone();
            uop.op == *op && matches_all(f, names, operands, &uop.args, bound)
        }
        Term::Apply(..) => false,
    }
}

fn matches_all(
    f: &Ground,
    names: &[&str],
    terms: &[Term],
    values: &[Value],
    bound: &mut Bindings,
) -> bool {
    let mut sides = terms.iter().zip(values);
    sides.all(|(term, &value)| matches(f, names, term, f.facts.resolve(value), bound))
}

/// The bits of the constants that are bound; of everything else none that are looked at.
fn constants(f: &Ground, bound: &Bindings) -> Vec<u64> {
    let bits = |value: &Option<Value>| f.out.as_constant((*value)?).map(|constant| constant.bits);
    bound.iter().map(|value| bits(value).unwrap_or(0)).collect()
}

/// The range of a side of an order.
fn range(f: &Ground, names: &[&str], term: &Term, bound: &Bindings) -> (i64, i64) {
    match term {
        Term::Variable(number) if !term.is_known(names) => {
            let Range { low, high, .. } = f.range(bound[*number].expect("the left side binds all"));
            (low, high)
        }
        known => {
            assert!(known.is_known(names), "{known:?} has no range");
            let int = known.eval(&constants(f, bound), 64) as i64;
            (int, int)
        }
    }
}

/// Whether the optimiser can tell that the condition holds.
fn is_certain(f: &Ground, names: &[&str], condition: &Term, bound: &Bindings) -> bool {
    if condition.is_known(names) {
        return condition.eval(&constants(f, bound), 64) == 1;
    }
    match condition {
        Term::Apply(Function::Op(op @ (Op::Lt | Op::Le)), sides) => {
            let (low, high) = (
                range(f, names, &sides[0], bound),
                range(f, names, &sides[1], bound),
            );
            match op {
                Op::Lt => low.1 < high.0,
                _ => low.1 <= high.0,
            }
        }
        Term::Apply(Function::Quiet, operand) => {
            let [Term::Variable(number)] = operand[..] else {
                panic!("{operand:?} is no variable");
            };
            let value = bound[number].expect("the left side binds all");
            match f.out.as_constant(value) {
                Some(constant) => !f64::from_bits(constant.bits).is_nan(),
                None => MAKE_NO_SIGNALS.contains(&f.out.uop(value).op),
            }
        }
        other => panic!("{other:?} is no condition that rules can ask"),
    }
}

/// Ops whose result is never a signalling NaN.
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

/// Whether `value` is built as `term` says.
fn is_built_as(f: &Ground, names: &[&str], term: &Term, value: Value, bound: &Bindings) -> bool {
    matches(f, names, term, value, &mut bound.clone())
}

/// Whether the row's result is the right side.
fn is_right(f: &Ground, names: &[&str], right: &Term, folded: &Folded, bound: &Bindings) -> bool {
    let is_constant = |term: &Term, constant: Const| {
        term.is_known(names) && term.eval(&constants(f, bound), 64) == constant.bits
    };
    let is_operand = |(term, operand): (&Term, &Operand)| match *operand {
        Operand::Value(value) => is_built_as(f, names, term, value, bound),
        Operand::Constant(constant) => is_constant(term, constant),
    };
    match (folded, right) {
        (&Folded::Same(value), right) => is_built_as(f, names, right, value, bound),
        (&Folded::Constant(constant), right) => is_constant(right, constant),
        (Folded::Uop(op, operands), Term::Apply(Function::Op(wanted), terms)) => {
            op == wanted
                && terms.len() == operands.len()
                && terms.iter().zip(operands).all(is_operand)
        }
        _ => false,
    }
}

/// Operands of every type and make.
struct Operands {
    by_type: BTreeMap<Type, Vec<Value>>,
}

impl Operands {
    fn of(&self, ty: Type) -> &[Value] {
        self.by_type.get(&ty).map_or(&[], |values| values)
    }

    fn make(f: &mut Ground) -> Operands {
        let mut by_type: BTreeMap<Type, Vec<Value>> = BTreeMap::new();
        let note = |by_type: &mut BTreeMap<Type, Vec<Value>>, f: &mut Ground, uop: Uop| {
            let ty = uop.ty.expect("an operand");
            let value = f.out.define(uop);
            by_type.entry(ty).or_default().push(value);
            value
        };
        // What no pure op made.
        for ty in [Type::I64, Type::F64, Type::Bool, Type::Ref] {
            for _ in 0..2 {
                note(&mut by_type, f, Uop::new(Op::Param, &[]).with_ty(ty));
            }
        }
        let plain = by_type.clone();
        // Integers within ranges, as guards prove them.
        let limits = [
            (0, 7),
            (0, 8),
            (8, 8),
            (9, 100),
            (-1, 7),
            (0, 255),
            (-(1 << 53), 1 << 53),
            (-(1 << 53), (1 << 53) + 1),
            (-(1 << 53) - 1, 0),
        ];
        for (low, high) in limits {
            let value = note(&mut by_type, f, Uop::new(Op::Param, &[]).with_ty(Type::I64));
            for (one, other) in [(Err(low), Ok(value)), (Ok(value), Err(high))] {
                let mut side = |side: Result<Value, i64>| {
                    side.unwrap_or_else(|int| f.out.constant(Const::int(int)))
                };
                let sides = [side(one), side(other)];
                let order = f.out.define(Uop::new(Op::Le, &sides).with_ty(Type::Bool));
                f.facts.learn(&mut f.out, order, true);
            }
            let Range {
                low: l, high: h, ..
            } = f.range(value);
            assert_eq!((l, h), (low, high));
        }
        let bounded = by_type[&Type::I64].clone();
        let ints = [
            0,
            1,
            -1,
            2,
            3,
            -2,
            4,
            7,
            8,
            9,
            10,
            15,
            63,
            64,
            65,
            127,
            128,
            255,
            256,
            -8,
            -64,
            -128,
            1 << 53,
            (1 << 53) + 1,
            1 << 62,
            (1 << 62) - 1,
            i64::MIN,
            i64::MAX,
            i64::MIN + 1,
        ];
        let floats = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -0.25,
            2.0,
            3.0,
            1.5,
            1e300,
            -7.0,
            9_007_199_254_740_992.0,
            9_007_199_254_740_994.0,
            f64::INFINITY,
            f64::NAN,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::MIN_POSITIVE / 2.0,
            2.0_f64.powi(1022),
            2.0_f64.powi(1023),
            f64::from_bits(0x7ff0_0000_0000_0001),
        ];
        let mut known: Vec<Const> = ints.map(Const::int).to_vec();
        known.extend(floats.map(Const::float));
        known.extend([false, true].map(Const::bool));
        for constant in known {
            let value = f.out.constant(constant);
            by_type.entry(constant.ty).or_default().push(value);
        }
        // What every pure op makes of operands that no op made, and of some constants.
        let second = [2, 0].map(|int| f.out.constant(Const::int(int)));
        for op in Op::all().filter(|op| op.is_pure()) {
            let Produces::Is(ty) = op.info().produces else {
                continue;
            };
            let types: Vec<Type> = op
                .info()
                .operands
                .iter()
                .map(|operand| operand_type(*operand))
                .collect();
            let mut operands: Args = Args::new();
            for (n, ty) in types.iter().enumerate() {
                operands.push(plain[ty][n % 2]);
            }
            let integers = types.iter().all(|&ty| ty == Type::I64);
            note(&mut by_type, f, Uop::new(op, &operands).with_ty(ty));
            if integers && types.len() == 2 {
                for constant in second {
                    note(
                        &mut by_type,
                        f,
                        Uop::new(op, &[operands[0], constant]).with_ty(ty),
                    );
                }
            }
        }
        for &value in &bounded {
            note(
                &mut by_type,
                f,
                Uop::new(Op::I64ToF64, &[value]).with_ty(Type::F64),
            );
        }
        let refined = [plain[&Type::Bool][0], plain[&Type::I64][0]];
        note(
            &mut by_type,
            f,
            Uop::new(Op::GuardRef, &refined).with_ty(Type::Ref),
        );
        Operands { by_type }
    }
}

fn operand_type(operand: op::Operand) -> Type {
    match operand {
        op::Operand::Is(ty) => ty,
        // Of `select`: what it selects from makes no difference.
        _ => Type::I64,
    }
}

/// The terms of `op`.
fn terms(op: Op, operands: &Operands) -> Vec<Args> {
    let types = op
        .info()
        .operands
        .iter()
        .map(|operand| operand_type(*operand));
    types.fold(vec![Args::new()], |terms, ty| {
        let longer = |term: &Args| {
            let term = term.clone();
            let with = move |&value: &Value| {
                let mut term = term.clone();
                term.push(value);
                term
            };
            operands.of(ty).iter().map(with).collect::<Vec<_>>()
        };
        terms.iter().flat_map(longer).collect()
    })
}

/// The first difference between a row and its equations.
fn difference(f: &Ground, rule: &Rule, patterns: &[Pattern], args: &Args) -> Result<bool, String> {
    let folded = (rule.apply)(&f.canonical(), args);
    let applies = |pattern: &&Pattern| {
        let names = pattern.law.variables.names();
        let mut bound = vec![None; names.len()];
        let (left, _) = pattern.sides();
        let Term::Apply(Function::Op(op), operands) = left else {
            panic!("{left:?} is no op");
        };
        assert_eq!(*op, rule.op);
        let fits = matches_all(f, names, operands, args, &mut bound);
        fits && pattern
            .when
            .iter()
            .all(|when| is_certain(f, names, when, &bound))
    };
    let shown = || {
        let operands = args.iter().map(|&arg| format!("{:?}", f.out.uop(arg)));
        operands.collect::<Vec<_>>().join(", ")
    };
    let pattern = patterns.iter().find(applies);
    match (folded, pattern) {
        (None, None) => Ok(false),
        (Some(folded), Some(pattern)) => {
            let names = pattern.law.variables.names();
            let mut bound = vec![None; names.len()];
            let (left, right) = pattern.sides();
            let Term::Apply(_, operands) = left else {
                unreachable!("it applies")
            };
            matches_all(f, names, operands, args, &mut bound);
            match is_right(f, names, right, &folded, &bound) {
                true => Ok(true),
                false => Err(format!("{} of {} is not {right:?}", rule.name, shown())),
            }
        }
        (Some(_), None) => Err(format!(
            "{} applies to {}, which no equation says",
            rule.name,
            shown()
        )),
        (None, Some(_)) => Err(format!("{} does not apply to {}", rule.name, shown())),
    }
}

#[test]
fn rows_do_what_their_equations_say_and_nothing_else() {
    let source = Builder::new("none", 0, Interface::new().into()).finish();
    let mut ground = Ground {
        out: Output::new(&source, &Options::default()),
        facts: Facts::default(),
    };
    let operands = Operands::make(&mut ground);
    let f = &ground;
    for rule in RULES {
        let patterns = patterns(rule.name);
        let mut applied = 0;
        for args in terms(rule.op, &operands) {
            let known = |value: &Value| f.out.as_constant(*value).is_some();
            let canonical = !rule.op.is_commutative() || !known(&args[0]);
            if args.iter().all(known) || !canonical {
                continue;
            }
            match difference(f, rule, &patterns, &args) {
                Ok(true) => applied += 1,
                Ok(false) => {}
                Err(difference) => panic!("{difference}"),
            }
        }
        assert!(applied > 0, "{} was never tried", rule.name);
    }
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
        for (&one, &other) in signals
            .iter()
            .flat_map(|one| others.iter().map(move |other| (one, other)))
        {
            for pair in [[one, other], [other, one], [other, other]] {
                let made = op
                    .eval_pure(&pair[..op.info().operands.len()])
                    .expect("a pure op");
                assert_eq!(
                    Function::Quiet.eval(&[made], 64),
                    1,
                    "{} {pair:x?}",
                    op.name()
                );
            }
        }
    }
}
