//! The equations of the rule table hold: for all integers of 8 bits, and for doubles at the edges
//! and at random.

use crate::op::Op;
use crate::optimise::equations::{DECISIONS, EQUATIONS, Equation, LEARNED, MADE};
use crate::optimise::rule_names;
use crate::testing::algebra::{Function, Law, Variables};
use crate::testing::random::Random;
use crate::types::Type;

/// Conditions that the equation would hold without, in the order of the table, and why the rule asks
/// for them all the same.
const IDLE: [(&str, &str); 10] = [
    // Without it a mask of 0 would be covered: that is `and_zero`.
    ("(and x C)", "(lt 0 C)"),
    // The inverse is exact then, too, but products with subnormals are slow.
    ("(fdiv a F)", "(normal (fdiv 1.0 F))"),
    // Rounding keeps order, so one end is enough for each side. Rules ask for both, as for equality.
    (LESS, "(le x 9007199254740992)"),
    (LESS, "(le -9007199254740992 y)"),
    ("(flt (i64_to_f64 x) F)", "(le x 9007199254740992)"),
    ("(flt F (i64_to_f64 x))", "(le -9007199254740992 x)"),
    (LESS_OR_EQUAL, "(le -9007199254740992 x)"),
    (LESS_OR_EQUAL, "(le y 9007199254740992)"),
    ("(fle (i64_to_f64 x) F)", "(le -9007199254740992 x)"),
    ("(fle F (i64_to_f64 x))", "(le x 9007199254740992)"),
];
const LESS: &str = "(flt (i64_to_f64 x) (i64_to_f64 y))";
const LESS_OR_EQUAL: &str = "(fle (i64_to_f64 x) (i64_to_f64 y))";

/// All integers of so many bits, sign-extended.
fn integers(bits: u32) -> Vec<u64> {
    let half = 1_i64 << (bits - 1);
    (-half..half).map(|int| int as u64).collect()
}

/// Doubles that rules might get wrong, and integers that doubles might.
fn edges(ty: Type) -> Vec<u64> {
    let nans = [
        0x7ff8_0000_0000_0000,
        0xfff8_0000_0000_0000,
        0x7ff8_0000_0000_1234,
        0xfff4_0000_0000_0123,
        0x7ff0_0000_0000_0001,
    ];
    let numbers = [
        0.0,
        1.0,
        1.5,
        2.0,
        0.1,
        3.0,
        1024.0,
        f64::EPSILON,
        f64::MIN_POSITIVE,
        f64::MIN_POSITIVE / 2.0,
        f64::from_bits(1),
        f64::MAX,
        f64::INFINITY,
        2.0_f64.powi(1022),
        2.0_f64.powi(1023),
        2.0_f64.powi(-1021),
        9_007_199_254_740_991.0,
        9_007_199_254_740_992.0,
        9_007_199_254_740_994.0,
        4_503_599_627_370_496.5,
        9_223_372_036_854_775_808.0,
        1e300,
    ];
    let powers = [1_i64 << 53, 1 << 52, 1 << 62, 1 << 31, 1 << 8, 1];
    match ty {
        Type::Bool => vec![0, 1],
        Type::F64 => {
            let signed = numbers.iter().flat_map(|&number| [number, -number]);
            signed.map(f64::to_bits).chain(nans).collect()
        }
        _ => {
            let near = |power: i64| [power - 1, power, power + 1];
            let around = powers.into_iter().flat_map(near);
            let signed = around.flat_map(|int| [int as u64, int.wrapping_neg() as u64]);
            signed.chain([i64::MIN as u64, i64::MAX as u64]).collect()
        }
    }
}

/// Random bits of a type, numbers of every magnitude among them.
fn any(ty: Type, random: &mut Random) -> u64 {
    let bits = random.next();
    match ty {
        Type::Bool => bits & 1,
        Type::F64 => match random.below(3) {
            0 => bits,
            1 => ((bits as i64) as f64).to_bits(),
            _ => f64::from(bits as i16).to_bits(),
        },
        _ => ((bits as i64) >> random.below(64)) as u64,
    }
}

/// Values of the variables for which the law does not hold, out of all combinations of `values`.
fn refuted(law: &Law, bits: u32, values: &dyn Fn(Type) -> Vec<u64>) -> Option<Vec<u64>> {
    let names = law.variables.names();
    let pools: Vec<Vec<u64>> = names
        .iter()
        .map(|name| values(Variables::ty(name)))
        .collect();
    let mut at = vec![0; pools.len()];
    let mut point: Vec<u64> = pools.iter().map(|pool| pool[0]).collect();
    loop {
        if !law.holds(&point, bits) {
            return Some(point);
        }
        let mut turn = 0;
        loop {
            let pool = pools.get(turn)?;
            at[turn] = (at[turn] + 1) % pool.len();
            point[turn] = pool[at[turn]];
            if at[turn] > 0 {
                break;
            }
            turn += 1;
        }
    }
}

fn shown(law: &Law, point: &[u64]) -> String {
    let names = law.variables.names().iter().zip(point);
    let values: Vec<String> = names
        .map(|(name, &bits)| match Variables::ty(name) {
            Type::F64 => format!("{name} = {} ({bits:#x})", f64::from_bits(bits)),
            _ => format!("{name} = {}", bits as i64),
        })
        .collect();
    values.join(", ")
}

/// A counterexample, by the method that suits the law.
fn counterexample(law: &Law) -> Option<String> {
    let by_values = |bits: u32, values: &dyn Fn(Type) -> Vec<u64>| {
        refuted(law, bits, values).map(|point| format!("{bits} bits: {}", shown(law, &point)))
    };
    let small = |bits: u32| {
        move |ty: Type| match ty {
            Type::Bool => vec![0, 1],
            _ => integers(bits),
        }
    };
    if law.is_integer() {
        return by_values(8, &small(8)).or_else(|| by_values(64, &edges));
    }
    by_values(64, &edges).or_else(|| {
        let mut random = Random::new(0xf10a7);
        (0..20_000).find_map(|_| {
            let names = law.variables.names().iter();
            let point: Vec<u64> = names
                .map(|name| any(Variables::ty(name), &mut random))
                .collect();
            (!law.holds(&point, 64)).then(|| format!("64 bits: {}", shown(law, &point)))
        })
    })
}

#[test]
fn every_rule_has_its_equations() {
    let mut names: Vec<_> = EQUATIONS.iter().map(|equation| equation.rule).collect();
    names.dedup();
    let rules: Vec<_> = rule_names().skip(1).collect();
    assert_eq!(names, rules, "`constants` evaluates the op table itself");
}

#[test]
fn ops_at_8_bits_are_those_of_integers_of_8_bits() {
    type Narrow = fn(i8, i8) -> i64;
    let rows: [(Op, Narrow); 12] = [
        (Op::Add, |a, b| a.wrapping_add(b).into()),
        (Op::Sub, |a, b| a.wrapping_sub(b).into()),
        (Op::Mul, |a, b| a.wrapping_mul(b).into()),
        (
            Op::Div,
            |a, b| if b == 0 { 0 } else { a.wrapping_div(b).into() },
        ),
        (Op::Rem, |a, b| {
            if b == 0 {
                a.into()
            } else {
                a.wrapping_rem(b).into()
            }
        }),
        (Op::Shl, |a, b| a.wrapping_shl(b as u32).into()),
        (Op::Shr, |a, b| {
            ((a as u8).wrapping_shr(b as u32) as i8).into()
        }),
        (Op::Sar, |a, b| a.wrapping_shr(b as u32).into()),
        (Op::AddOverflows, |a, b| a.overflowing_add(b).1.into()),
        (Op::SubOverflows, |a, b| a.overflowing_sub(b).1.into()),
        (Op::MulOverflows, |a, b| a.overflowing_mul(b).1.into()),
        (Op::Ult, |a, b| ((a as u8) < b as u8).into()),
    ];
    for (op, narrow) in rows {
        for (a, b) in integers(8)
            .into_iter()
            .flat_map(|a| integers(8).into_iter().map(move |b| (a, b)))
        {
            let wanted = narrow(a as i8, b as i8) as u64;
            assert_eq!(
                Function::Op(op).eval(&[a, b], 8),
                wanted,
                "{} {a} {b}",
                op.name()
            );
        }
    }
}

#[test]
fn equations_hold() {
    for equation in EQUATIONS {
        if let Some(point) = counterexample(&Law::of_equation(equation)) {
            panic!("{equation:?} does not hold at {point}");
        }
    }
}

/// A condition that changes nothing says that the equation is not what its author thought, or that
/// these tests could not refute it without.
#[test]
fn no_condition_is_idle() {
    let mut idle = Vec::new();
    for equation in EQUATIONS {
        for (left_out, condition) in equation.when.iter().enumerate() {
            let mut law = Law::of_equation(equation);
            law.given.remove(left_out);
            if counterexample(&law).is_none() {
                idle.push((equation.left, *condition));
            }
        }
    }
    assert_eq!(idle, IDLE);
}

/// With ranges a law has up to six variables: 4 bits each are all that can be tried.
#[test]
fn ranges_hold_at_4_bits() {
    let decisions = DECISIONS.iter().map(Law::of_equation);
    let laws = decisions.chain(MADE.iter().chain(LEARNED).map(Law::of_range));
    for law in laws {
        let bounds = law.variables.bounds();
        let integers = integers(4);
        // Points outside of their ranges say nothing; most of all points are.
        let mut points = vec![vec![0; law.variables.names().len()]];
        let mut done = vec![false; law.variables.names().len()];
        for &(x, low, high) in &bounds {
            let mut more = Vec::new();
            for point in &points {
                for (l, &lowest) in integers.iter().enumerate() {
                    for (h, &highest) in integers.iter().enumerate().skip(l) {
                        for &value in &integers[l..=h] {
                            let mut point = point.clone();
                            (point[x], point[low], point[high]) = (value, lowest, highest);
                            more.push(point);
                        }
                    }
                }
            }
            points = more;
            (done[x], done[low], done[high]) = (true, true, true);
        }
        let names = law.variables.names().to_vec();
        for (number, name) in names
            .iter()
            .enumerate()
            .filter(|(number, _)| !done[*number])
        {
            let values = match Variables::ty(name) {
                Type::Bool => vec![0, 1],
                _ => integers.clone(),
            };
            points = points
                .iter()
                .flat_map(|point| {
                    values.iter().map(|&value| {
                        let mut point = point.clone();
                        point[number] = value;
                        point
                    })
                })
                .collect();
        }
        let wrong = points.iter().find(|point| !law.holds(point, 4));
        if let Some(point) = wrong {
            panic!("{law} does not hold at {}", shown(&law, point));
        }
        let applies = |point: &&Vec<u64>| law.given.iter().all(|term| term.eval(point, 4) == 1);
        assert!(
            points.iter().any(|point| applies(&point)),
            "{law} is about nothing"
        );
    }
}

#[test]
fn a_wrong_equation_is_refuted() {
    let wrong = |left, right, when| {
        Law::of_equation(&Equation {
            rule: "wrong",
            left,
            right,
            when,
        })
    };
    for law in [
        wrong("(sub x C)", "(add x C)", &[]),
        wrong("(floor_div x C)", "(shr x (log2 C))", &["(power_of_two C)"]),
        wrong("(div x C)", "(sar x (log2 C))", &["(power_of_two C)"]),
        wrong("(rem x y)", "x", &["(le 0 x)", "(le x y)"]),
        wrong("(bool_not (flt a b))", "(fle b a)", &[]),
        wrong("(fmul a -1.0)", "(fneg a)", &[]),
        wrong("(fadd a 0.0)", "a", &["(quiet a)"]),
        wrong("(fdiv a F)", "(fmul a (fdiv 1.0 F))", &["(normal F)"]),
        wrong("(feq (i64_to_f64 x) (i64_to_f64 y))", "(eq x y)", &[]),
    ] {
        assert!(counterexample(&law).is_some(), "{law:?}");
    }
}
