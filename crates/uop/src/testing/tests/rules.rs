//! The rules hold: for all integers of 8 bits (of 4 where there are three), and for doubles at the edges and at random.

use crate::op::Op;
use crate::optimise::range_laws::{DECISIONS, LEARNED, MADE};
use crate::optimise::rules::{RULES, Rule, rules};
use crate::optimise::term::{Function, Variable};
use crate::testing::algebra::{Law, Values, eval};
use crate::testing::random::Random;
use crate::types::Type;

/// Conditions that the rule would hold without, in the order of the table, and why it asks for them all
/// the same.
const IDLE: [(&str, &str); 2] = [
    // Without it a mask of 0 would be covered: that is `and_zero`.
    ("and(x, C)", "lt(0, C)"),
    // The inverse is exact then, too, but products with subnormals are slow.
    ("fdiv(a, F)", "normal(fdiv(1.0, F))"),
];

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
fn refuted(law: &Law, bits: u32, values: &dyn Fn(Type) -> Vec<u64>) -> Option<Values> {
    let pool = |variable: &Variable| (*variable as usize, values(variable.ty()));
    let pools: Vec<(usize, Vec<u64>)> = law.variables.iter().map(pool).collect();
    let mut at = vec![0; pools.len()];
    let mut point = [0; Variable::COUNT];
    for (variable, pool) in &pools {
        point[*variable] = pool[0];
    }
    loop {
        if !law.holds(&point, bits) {
            return Some(point);
        }
        let mut turn = 0;
        loop {
            let (variable, pool) = pools.get(turn)?;
            at[turn] = (at[turn] + 1) % pool.len();
            point[*variable] = pool[at[turn]];
            if at[turn] > 0 {
                break;
            }
            turn += 1;
        }
    }
}

fn shown(law: &Law, point: &Values) -> String {
    let shown = |variable: &Variable| {
        let (name, bits) = (variable.name(), point[*variable as usize]);
        match variable.ty() {
            Type::F64 => format!("{name} = {} ({bits:#x})", f64::from_bits(bits)),
            _ => format!("{name} = {}", bits as i64),
        }
    };
    let values: Vec<String> = law.variables.iter().map(shown).collect();
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
        let bits = if law.variables.len() < 3 { 8 } else { 4 };
        return by_values(bits, &small(bits)).or_else(|| by_values(64, &edges));
    }
    by_values(64, &edges).or_else(|| {
        let mut random = Random::new(0xf10a7);
        (0..20_000).find_map(|_| {
            let mut point = [0; Variable::COUNT];
            for variable in &law.variables {
                point[*variable as usize] = any(variable.ty(), &mut random);
            }
            (!law.holds(&point, 64)).then(|| format!("64 bits: {}", shown(law, &point)))
        })
    })
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
fn rules_hold() {
    for rule in RULES {
        if let Some(point) = counterexample(&Law::of_rule(rule)) {
            panic!("{}: {rule} does not hold at {point}", rule.name);
        }
    }
}

/// A condition that changes nothing says that the rule is not what its author thought, or that
/// these tests could not refute it without.
#[test]
fn no_condition_is_idle() {
    let mut idle = Vec::new();
    for rule in RULES {
        for (left_out, condition) in rule.when.iter().enumerate() {
            let mut law = Law::of_rule(rule);
            law.given.remove(left_out);
            if counterexample(&law).is_none() {
                idle.push((rule.left.to_string(), condition.to_string()));
            }
        }
    }
    let idle: Vec<_> = idle.iter().map(|(left, when)| (&**left, &**when)).collect();
    assert_eq!(idle, IDLE);
}

/// With ranges a law has up to six variables: 4 bits each are all that can be tried.
#[test]
fn ranges_hold_at_4_bits() {
    let decisions = DECISIONS.iter().map(Law::of_rule);
    let laws = decisions.chain(MADE.iter().chain(LEARNED).map(Law::of_range));
    for law in laws {
        let integers = integers(4);
        // Points outside of their ranges say nothing; most of all points are.
        let mut points = vec![[0; Variable::COUNT]];
        let mut rest = law.variables.clone();
        for bounds in law.bounds() {
            let [of, low, high] = [bounds.of, bounds.low, bounds.high];
            let mut more = Vec::new();
            for point in &points {
                for (l, &lowest) in integers.iter().enumerate() {
                    for (h, &highest) in integers.iter().enumerate().skip(l) {
                        for &value in &integers[l..=h] {
                            let mut point = *point;
                            for (place, value) in [(of, value), (low, lowest), (high, highest)] {
                                point[place as usize] = value;
                            }
                            more.push(point);
                        }
                    }
                }
            }
            points = more;
            rest.retain(|variable| ![of, low, high].contains(variable));
        }
        for variable in rest {
            let values = match variable.ty() {
                Type::Bool => vec![0, 1],
                _ => integers.clone(),
            };
            let with = |point: &Values| {
                let mut point = *point;
                let values = values.clone();
                values.into_iter().map(move |value| {
                    point[variable as usize] = value;
                    point
                })
            };
            points = points.iter().flat_map(with).collect();
        }
        let wrong = points.iter().find(|point| !law.holds(point, 4));
        if let Some(point) = wrong {
            panic!("{law} does not hold at {}", shown(&law, point));
        }
        let applies = |point: &Values| law.given.iter().all(|term| eval(term, point, 4) == 1);
        assert!(points.iter().any(applies), "{law} is about nothing");
    }
}

/// What looks right and is not.
const WRONG: &[Rule] = rules! {
    wrong { Sub(x, C) => Add(x, C) }
    wrong { FloorDiv(x, C) => Shr(x, log2(C)) if power_of_two(C) }
    wrong { Div(x, C) => Sar(x, log2(C)) if power_of_two(C) }
    wrong { Rem(x, y) => x if Le(0, x), Le(x, y) }
    wrong { BoolNot(Flt(a, b)) => Fle(b, a) }
    wrong { Fmul(a, -1.0) => Fneg(a) }
    wrong { Fadd(a, 0.0) => a if quiet(a) }
    wrong { Fdiv(a, F) => Fmul(a, Fdiv(1.0, F)) if normal(F) }
    wrong { Feq(I64ToF64(x), I64ToF64(y)) => Eq(x, y) }
};

#[test]
fn a_wrong_rule_is_refuted() {
    for rule in WRONG {
        assert!(counterexample(&Law::of_rule(rule)).is_some(), "{rule}");
    }
}
