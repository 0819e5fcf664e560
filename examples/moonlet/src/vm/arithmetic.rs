//! Arithmetic and bit operators: integers wrap, a float makes the result a float. Strings that look like
//! numbers have metamethods, as everything else may have.

use super::acts::{self, Arithmetic};
use super::{Moonlet, Source, fault, word};
use crate::bytecode::Slot;
use crate::value::Values;
use crate::value::{FLOAT, INT};
use offramp::{Done, Machine, Op, Pc};

/// Two operands as floats, if at least one is a float and the other a number.
#[inline(always)]
fn floats<M: Machine<Program = Moonlet>>(
    m: &M,
    x: M::Value<Values>,
    y: M::Value<Values>,
    tags: (i64, i64),
) -> Option<(M::Float, M::Float)> {
    match tags {
        (FLOAT, FLOAT) => Some((m.float_payload(x), m.float_payload(y))),
        (INT, FLOAT) => Some((m.to_float(m.payload(x)), m.float_payload(y))),
        (FLOAT, INT) => Some((m.float_payload(x), m.to_float(m.payload(y)))),
        _ => None,
    }
}

/// Stores an integer result.
#[inline(always)]
fn set_int<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, x: M::Int) -> Done<M> {
    let x = m.int_value(INT, x);
    m.commit().set_value(word(a), x).next()
}

/// Stores a float result.
#[inline(always)]
fn set_float<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, x: M::Float) -> Done<M> {
    let x = m.float_value(FLOAT, x);
    m.commit().set_value(word(a), x).next()
}

/// Where an operator is, and which.
#[derive(Clone, Copy)]
struct Place {
    pc: Pc,
    a: Slot,
    operator: Arithmetic,
}

/// Everything that the instruction does not do itself: bits of floats, shifts by anything, and what
/// metamethods are for.
#[inline(always)]
fn otherwise<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    place: Place,
    x: M::Value<Values>,
    y: M::Value<Values>,
) -> Done<M> {
    if place.operator.is_bitwise() {
        let tags = (m.promote(m.tag(x)), m.promote(m.tag(y)));
        if matches!(tags, (INT | FLOAT, INT | FLOAT)) {
            let operator = m.constant(place.operator as i64);
            let args = (operator, x, y);
            return m.commit().call_into(word(place.a), acts::ARITHMETIC, args);
        }
    }
    m.commit().jump(program.asking(place.pc))
}

/// Fails with the error of the instruction.
#[inline(always)]
fn fails<M: Machine<Program = Moonlet>>(
    _program: &Moonlet,
    m: Op<'_, M>,
    _place: Place,
    _x: M::Value<Values>,
    _y: M::Value<Values>,
) -> Done<M> {
    fault(m)
}

/// Operators of two integers, and of two floats where a row says so. The integers' result is an
/// option; without one, what the row names is done.
macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident $Operator:ident: |$m:ident, $x:ident, $y:ident|
        $int:expr, or $none:ident $(, floats $float:expr)?;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub(super) fn $name<M: Machine<Program = Moonlet>>(
                program: &Moonlet,
                $m: Op<'_, M>,
                pc: Pc,
                a: Slot,
                x: impl Source,
                y: impl Source,
            ) -> Done<M> {
                let (x, y) = (x.load(program, &*$m), y.load(program, &*$m));
                let tags = ($m.promote($m.tag(x)), $m.promote($m.tag(y)));
                let operator = Arithmetic::$Operator;
                let place = Place { pc, a, operator };
                if tags == (INT, INT) {
                    let ($x, $y) = ($m.payload(x), $m.payload(y));
                    return match $int {
                        Some(result) => set_int($m, a, result),
                        None => $none(program, $m, place, x, y),
                    };
                }
                $(if let Some(($x, $y)) = floats(&*$m, x, y, tags) {
                    let result = $float;
                    return set_float($m, a, result);
                })?
                otherwise(program, $m, place, x, y)
            }
        )*
    };
}

operators! {
    /// `x + y`
    add Add: |m, x, y| Some(m.add(x, y)), or fails, floats m.float_add(x, y);
    /// `x - y`
    sub Sub: |m, x, y| Some(m.sub(x, y)), or fails, floats m.float_sub(x, y);
    /// `x * y`
    mul Mul: |m, x, y| Some(m.mul(x, y)), or fails, floats m.float_mul(x, y);
    /// `x % y`, with the sign of `y`.
    modulo Mod: |m, x, y| m.floor_rem_checked(x, y), or fails, floats m.read(acts::FLOAT_MOD, (x, y));
    /// `x // y`, rounded down.
    floor_div FloorDiv: |m, x, y| m.floor_div_checked(x, y), or fails,
        floats m.float_floor(m.float_div(x, y));
    /// `x & y`
    bit_and BitAnd: |m, x, y| Some(m.and(x, y)), or otherwise;
    /// `x | y`
    bit_or BitOr: |m, x, y| Some(m.or(x, y)), or otherwise;
    /// `x ~ y`
    bit_xor BitXor: |m, x, y| Some(m.xor(x, y)), or otherwise;
    /// `x << y`; by 64 and more: 0, by a negative amount: the other way.
    shift_left ShiftLeft: |m, x, y| if shifts(&*m, y) { Some(m.shl(x, y)) } else { None }, or otherwise;
    /// `x >> y`, filling with zeros; by 64 and more: 0, by a negative amount: the other way.
    shift_right ShiftRight: |m, x, y| if shifts(&*m, y) { Some(m.shr(x, y)) } else { None }, or otherwise;
}

/// Whether an amount is one that a machine shifts by.
#[inline(always)]
fn shifts<M: Machine<Program = Moonlet>>(m: &M, amount: M::Int) -> bool {
    m.is_unsigned_less(amount, m.constant(64))
}

/// Two numbers as floats.
#[inline(always)]
fn as_floats<M: Machine<Program = Moonlet>>(
    m: &M,
    x: M::Value<Values>,
    y: M::Value<Values>,
) -> Option<(M::Float, M::Float)> {
    match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (INT, INT) => Some((m.to_float(m.payload(x)), m.to_float(m.payload(y)))),
        tags => floats(m, x, y, tags),
    }
}

/// `x / y`, always of floats.
#[inline(always)]
pub(super) fn div<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    x: impl Source,
    y: impl Source,
) -> Done<M> {
    let (x, y) = (x.load(program, &*m), y.load(program, &*m));
    match as_floats(&*m, x, y) {
        Some((x, y)) => {
            let result = m.float_div(x, y);
            set_float(m, a, result)
        }
        None => {
            let operator = Arithmetic::Div;
            otherwise(program, m, Place { pc, a, operator }, x, y)
        }
    }
}

/// `x ^ y`, always of floats.
#[inline(always)]
pub(super) fn pow<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    x: impl Source,
    y: impl Source,
) -> Done<M> {
    let (x, y) = (x.load(program, &*m), y.load(program, &*m));
    match as_floats(&*m, x, y) {
        Some((x, y)) => {
            // As lua5.4 does, which the C library's power need not agree with to the last bit.
            let result = if m.is_float_equal(y, m.float_constant(2.0)) {
                m.float_mul(x, x)
            } else {
                m.read(acts::POW, (x, y))
            };
            set_float(m, a, result)
        }
        None => {
            let operator = Arithmetic::Pow;
            otherwise(program, m, Place { pc, a, operator }, x, y)
        }
    }
}

/// `-x`
#[inline(always)]
pub(super) fn neg<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
) -> Done<M> {
    let x = m.value(word(b));
    match m.promote(m.tag(x)) {
        INT => {
            let result = m.neg(m.payload(x));
            set_int(m, a, result)
        }
        FLOAT => {
            let result = m.float_neg(m.float_payload(x));
            set_float(m, a, result)
        }
        _ => {
            let operator = Arithmetic::Neg;
            otherwise(program, m, Place { pc, a, operator }, x, x)
        }
    }
}

/// `~x`
#[inline(always)]
pub(super) fn bit_not<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
) -> Done<M> {
    let x = m.value(word(b));
    match m.promote(m.tag(x)) {
        INT => {
            let result = m.not(m.payload(x));
            set_int(m, a, result)
        }
        _ => {
            let operator = Arithmetic::BitNot;
            otherwise(program, m, Place { pc, a, operator }, x, x)
        }
    }
}
