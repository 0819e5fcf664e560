//! What pure ops compute, against formulations that share nothing with the op table: integers in
//! 128 bits, bit by bit or by definition, doubles on integers ([`soft_double`]).
//!
//! The tables of edge cases are the semantics in short: compiled code must agree with them.

mod edges;
mod soft_double;

use offramp_uop::op::{Operand, Produces};
use offramp_uop::{Mem, Op, Type};
use soft_double::Towards;
use std::cmp::Ordering;

/// The op's result by definition; of a NaN only that it is one, unless the op works on bits.
fn by_definition(op: Op, args: &[u64]) -> u64 {
    let a = args[0];
    let b = args.get(1).copied().unwrap_or(0);
    let (ia, ib) = (i128::from(a as i64), i128::from(b as i64));
    let low = |exact: i128| exact as u64;
    let overflows = |exact: i128| u64::from(i64::try_from(exact).is_err());
    let bits = |f: fn(u64, u64) -> u64| {
        let bit = |n: u32| f(a >> n & 1, b >> n & 1) << n;
        (0..64).map(bit).sum()
    };
    // A shift is a product with or a quotient by a power of two.
    let power = 1_i128 << b.rem_euclid(64);
    let order = || soft_double::compare(a, b);
    match op {
        Op::Add => low(ia + ib),
        Op::Sub => low(ia - ib),
        Op::Mul => low(ia * ib),
        Op::Div if ib == 0 => 0,
        Op::Div => low(truncated(ia, ib)),
        Op::Rem if ib == 0 => a,
        Op::Rem => low(ia - truncated(ia, ib) * ib),
        Op::FloorDiv if ib == 0 => 0,
        Op::FloorDiv => low(floored(ia, ib)),
        Op::FloorRem if ib == 0 => a,
        Op::FloorRem => low(ia - floored(ia, ib) * ib),
        Op::Neg => low(-ia),
        Op::And => bits(|a, b| u64::from(a + b == 2)),
        Op::Or => bits(|a, b| u64::from(a + b >= 1)),
        Op::Xor => bits(|a, b| u64::from(a + b == 1)),
        Op::Not => low(-ia - 1),
        Op::Shl => low(ia.wrapping_mul(power)),
        Op::Shr => (u128::from(a) / power as u128) as u64,
        Op::Sar => low(floored(ia, power)),
        Op::AddOverflows => overflows(ia + ib),
        Op::SubOverflows => overflows(ia - ib),
        Op::MulOverflows => overflows(ia * ib),
        Op::Eq => u64::from(ia - ib == 0),
        Op::Ne => u64::from(ia - ib != 0),
        Op::Lt => u64::from(ia - ib < 0),
        Op::Le => u64::from(ia - ib <= 0),
        Op::Ult => u64::from(i128::from(a) - i128::from(b) < 0),
        Op::Ule => u64::from(i128::from(a) - i128::from(b) <= 0),
        Op::Fadd => soft_double::add(a, b),
        Op::Fsub => soft_double::subtract(a, b),
        Op::Fmul => soft_double::multiply(a, b),
        Op::Fdiv => soft_double::divide(a, b),
        Op::Fneg => soft_double::negate(a),
        Op::Fabs => soft_double::absolute(a),
        Op::Fsqrt => soft_double::square_root(a),
        Op::Ffloor => soft_double::round(a, Towards::Minus),
        Op::Fceil => soft_double::round(a, Towards::Plus),
        Op::Ftrunc => soft_double::round(a, Towards::Zero),
        Op::Feq => u64::from(order() == Some(Ordering::Equal)),
        Op::Fne => u64::from(order() != Some(Ordering::Equal)),
        Op::Flt => u64::from(order() == Some(Ordering::Less)),
        Op::Fle => u64::from(matches!(order(), Some(Ordering::Less | Ordering::Equal))),
        Op::I64ToF64 => soft_double::from_integer(a as i64),
        Op::F64ToI64 => soft_double::to_integer(a).0 as u64,
        Op::FitsI64 => u64::from(soft_double::to_integer(a).1),
        Op::BitsOfF64 | Op::F64OfBits | Op::BitsOfRef | Op::BoolToI64 => a,
        Op::RefEq => u64::from(a ^ b == 0),
        Op::BoolNot => 1 - a,
        Op::BoolAnd => a * b,
        Op::BoolOr => a.max(b),
        op => panic!("no definition of {}", op.name()),
    }
}

/// `a / b` without its fraction: the sign times the quotient of the magnitudes.
fn truncated(a: i128, b: i128) -> i128 {
    (a.unsigned_abs() / b.unsigned_abs()) as i128 * a.signum() * b.signum()
}

/// The greatest integer not above `a / b`.
fn floored(a: i128, b: i128) -> i128 {
    let mut quotient = truncated(a, b);
    // `quotient <= a / b` multiplied by `b`, which turns the comparison if it is negative.
    let above = |q: i128| (q * b - a) * b.signum() > 0;
    while above(quotient) {
        quotient -= 1;
    }
    quotient
}

/// The pure ops the evaluator computes from their operands alone.
fn ops() -> Vec<Op> {
    let computed = |op: &Op| {
        let ones = vec![0; op.info().operands.len()];
        !ones.is_empty() && op.eval_pure(&ones).is_some()
    };
    Op::all().filter(computed).collect()
}

fn operand_type(operand: Operand) -> Type {
    match operand {
        Operand::Is(ty) => ty,
        other => panic!("a pure op with an operand of kind {other:?}"),
    }
}

/// Values of each type at which something happens.
fn interesting(ty: Type) -> Vec<u64> {
    match ty {
        Type::I64 => {
            let near = [
                0,
                1,
                2,
                3,
                7,
                8,
                31,
                32,
                63,
                64,
                65,
                127,
                255,
                1 << 31,
                1 << 32,
            ];
            let near = near.into_iter().flat_map(|n: i64| [n, -n, n - 1]);
            let powers = (0..63).step_by(9).map(|n| 1_i64 << n);
            let ends = [
                i64::MIN,
                i64::MIN + 1,
                i64::MAX,
                i64::MAX - 1,
                1 << 53,
                (1 << 53) + 1,
            ];
            near.chain(powers).chain(ends).map(|n| n as u64).collect()
        }
        Type::F64 => {
            let two63 = 9223372036854775808.0;
            let values = [
                0.0,
                0.1,
                0.25,
                0.5,
                0.75,
                1.0,
                1.5,
                2.0,
                2.5,
                3.0,
                7.0,
                10.0,
                1e15,
                4503599627370495.5,
                9007199254740991.0,
                9007199254740992.0,
                9007199254740994.0,
                1e22,
                1e300,
                two63,
                9223372036854774784.0,
                18446744073709551616.0,
                f64::MAX,
                f64::MIN_POSITIVE,
                5e-324,
                1e-310,
                f64::EPSILON,
                f64::INFINITY,
            ];
            let both = values
                .into_iter()
                .flat_map(|f: f64| [f.to_bits(), (-f).to_bits()]);
            both.chain([
                soft_double::NAN,
                0x7ff0_0000_0000_0001,
                0xffff_ffff_ffff_ffff,
            ])
            .collect()
        }
        Type::Bool => vec![0, 1],
        Type::Ref => vec![0, 0x1000, 0x1008, u64::MAX - 7],
        Type::Ptr => panic!("no pure op takes a ptr"),
    }
}

/// The next of a fixed sequence of bits (Marsaglia's xorshift).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn check(op: Op, args: &[u64]) {
    let found = op.eval_pure(args).expect("a pure op");
    let defined = by_definition(op, args);
    let on_bits = matches!(op, Op::Fneg | Op::Fabs | Op::F64OfBits | Op::BitsOfF64);
    let is_nan = |bits| soft_double::decode(bits) == soft_double::Double::Nan;
    let same = match op.info().produces {
        Produces::Is(Type::F64) if !on_bits && is_nan(defined) => is_nan(found),
        _ => found == defined,
    };
    let args: Vec<_> = args.iter().map(|bits| format!("{bits:#x}")).collect();
    assert!(
        same,
        "{} {}: {found:#x}, by definition {defined:#x}",
        op.name(),
        args.join(" ")
    );
}

#[test]
fn o2_every_pure_op_computes_what_its_definition_says() {
    let ops = ops();
    assert!(ops.len() >= 48, "only {} ops were found", ops.len());
    for op in ops {
        let types: Vec<Type> = op
            .info()
            .operands
            .iter()
            .map(|&o| operand_type(o))
            .collect();
        match types.as_slice() {
            &[ty] => interesting(ty).iter().for_each(|&a| check(op, &[a])),
            &[one, other] => {
                for &a in &interesting(one) {
                    for &b in &interesting(other) {
                        check(op, &[a, b]);
                    }
                }
            }
            other => panic!("{} has {} operands", op.name(), other.len()),
        }
    }
}

#[test]
fn every_pure_op_computes_what_its_definition_says_of_random_bits() {
    let mut state = 0x0ff2_a3b1_95c4_d7e6;
    for op in ops() {
        let types: Vec<Type> = op
            .info()
            .operands
            .iter()
            .map(|&o| operand_type(o))
            .collect();
        for round in 0..20_000 {
            let args: Vec<u64> = types
                .iter()
                .map(|ty| match ty {
                    Type::Bool => next(&mut state) & 1,
                    // Random bits are mostly far apart; doubles near each other round more.
                    Type::F64 if round % 2 == 0 => {
                        let exponent = 1000 + next(&mut state) % 60;
                        next(&mut state) & !(0x7ff << 52) | exponent << 52
                    }
                    // Short integers meet edges more often.
                    Type::I64 if round % 2 == 0 => {
                        let amount = next(&mut state) % 64;
                        ((next(&mut state) as i64) >> amount) as u64
                    }
                    _ => next(&mut state),
                })
                .collect();
            check(op, &args);
        }
    }
}

#[test]
fn narrow_accesses_extend_what_memory_holds() {
    let mut state = 0x5eed;
    for mem in Mem::ALL {
        for bits in interesting(Type::I64)
            .into_iter()
            .chain((0..1000).map(|_| next(&mut state)))
        {
            // Byte by byte; what is missing is zero, or the sign of a signed kind.
            let bytes = &bits.to_le_bytes()[..mem.bytes() as usize];
            let signed = matches!(mem, Mem::I8 | Mem::I16 | Mem::I32);
            let fill = if signed && bytes[bytes.len() - 1] >= 0x80 {
                0xff
            } else {
                0
            };
            let mut wide = [fill; 8];
            wide[..bytes.len()].copy_from_slice(bytes);
            assert_eq!(
                mem.extend(bits),
                u64::from_le_bytes(wide),
                "{mem} of {bits:#x}"
            );
        }
    }
}
