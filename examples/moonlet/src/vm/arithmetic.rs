//! Arithmetic and bit operators: integers wrap, a float makes the result a float, strings that
//! look like numbers are converted by a helper.

use super::acts::{self, Arithmetic};
use super::{Moonlet, fault, word};
use crate::bytecode::Slot;
use crate::value::{FLOAT, INT};
use offramp::{Done, Machine, Op};

/// Two operands as floats, if at least one is a float and the other a number.
#[inline(always)]
fn floats<M: Machine<Program = Moonlet>>(
    m: &M,
    x: M::Value,
    y: M::Value,
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
fn set_int<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, x: M::Int) -> Done {
    let x = m.int_value(INT, x);
    m.commit().set_value(word(a), x).next()
}

/// Stores a float result.
#[inline(always)]
fn set_float<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, x: M::Float) -> Done {
    let x = m.float_value(FLOAT, x);
    m.commit().set_value(word(a), x).next()
}

/// Everything but two numbers.
#[inline(always)]
fn otherwise<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    operator: Arithmetic,
    x: M::Value,
    y: M::Value,
) -> Done {
    let operator = m.constant(operator as i64);
    m.commit()
        .call_into(word(a), acts::ARITHMETIC, (operator, x, y))
}

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident $Operator:ident: $int:ident, $float:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub(super) fn $name<M: Machine<Program = Moonlet>>(
                m: Op<'_, M>,
                a: Slot,
                x: M::Value,
                y: M::Value,
            ) -> Done {
                let tags = (m.promote(m.tag(x)), m.promote(m.tag(y)));
                if tags == (INT, INT) {
                    let result = m.$int(m.payload(x), m.payload(y));
                    return set_int(m, a, result);
                }
                match floats(&*m, x, y, tags) {
                    Some((x, y)) => {
                        let result = m.$float(x, y);
                        set_float(m, a, result)
                    }
                    None => otherwise(m, a, Arithmetic::$Operator, x, y),
                }
            }
        )*
    };
}

operators! {
    /// `x + y`
    add Add: add, float_add;
    /// `x - y`
    sub Sub: sub, float_sub;
    /// `x * y`
    mul Mul: mul, float_mul;
}

/// Two numbers as floats.
#[inline(always)]
fn as_floats<M: Machine<Program = Moonlet>>(
    m: &M,
    x: M::Value,
    y: M::Value,
) -> Option<(M::Float, M::Float)> {
    match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (INT, INT) => Some((m.to_float(m.payload(x)), m.to_float(m.payload(y)))),
        tags => floats(m, x, y, tags),
    }
}

/// `x / y`, always of floats.
#[inline(always)]
pub(super) fn div<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    x: M::Value,
    y: M::Value,
) -> Done {
    match as_floats(&*m, x, y) {
        Some((x, y)) => {
            let result = m.float_div(x, y);
            set_float(m, a, result)
        }
        None => otherwise(m, a, Arithmetic::Div, x, y),
    }
}

/// `x ^ y`, always of floats.
#[inline(always)]
pub(super) fn pow<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    x: M::Value,
    y: M::Value,
) -> Done {
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
        None => otherwise(m, a, Arithmetic::Pow, x, y),
    }
}

/// `x % y`, with the sign of `y`.
#[inline(always)]
pub(super) fn modulo<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    x: M::Value,
    y: M::Value,
) -> Done {
    let tags = (m.promote(m.tag(x)), m.promote(m.tag(y)));
    if tags == (INT, INT) {
        return match m.floor_rem_checked(m.payload(x), m.payload(y)) {
            Some(result) => set_int(m, a, result),
            None => fault(m),
        };
    }
    match floats(&*m, x, y, tags) {
        Some((x, y)) => {
            let result = m.read(acts::FLOAT_MOD, (x, y));
            set_float(m, a, result)
        }
        None => otherwise(m, a, Arithmetic::Mod, x, y),
    }
}

/// `x // y`, rounded down.
#[inline(always)]
pub(super) fn floor_div<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    x: M::Value,
    y: M::Value,
) -> Done {
    let tags = (m.promote(m.tag(x)), m.promote(m.tag(y)));
    if tags == (INT, INT) {
        return match m.floor_div_checked(m.payload(x), m.payload(y)) {
            Some(result) => set_int(m, a, result),
            None => fault(m),
        };
    }
    match floats(&*m, x, y, tags) {
        Some((x, y)) => {
            let result = m.float_floor(m.float_div(x, y));
            set_float(m, a, result)
        }
        None => otherwise(m, a, Arithmetic::FloorDiv, x, y),
    }
}

macro_rules! bit_operators {
    ($($(#[$doc:meta])* $name:ident $Operator:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub(super) fn $name<M: Machine<Program = Moonlet>>(
                m: Op<'_, M>,
                a: Slot,
                b: Slot,
                c: Slot,
            ) -> Done {
                let (x, y) = (m.value(word(b)), m.value(word(c)));
                match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
                    (INT, INT) => {
                        let result = m.$Operator(m.payload(x), m.payload(y));
                        set_int(m, a, result)
                    }
                    _ => otherwise(m, a, bit_operators!(@ $name), x, y),
                }
            }
        )*
    };
    (@ bit_and) => { Arithmetic::BitAnd };
    (@ bit_or) => { Arithmetic::BitOr };
    (@ bit_xor) => { Arithmetic::BitXor };
}

bit_operators! {
    /// `x & y`
    bit_and and;
    /// `x | y`
    bit_or or;
    /// `x ~ y`
    bit_xor xor;
}

/// `x << y`; by 64 and more: 0, by a negative amount: the other way.
#[inline(always)]
pub(super) fn shift_left<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    c: Slot,
) -> Done {
    let (x, y) = (m.value(word(b)), m.value(word(c)));
    if (m.promote(m.tag(x)), m.promote(m.tag(y))) == (INT, INT)
        && m.is_unsigned_less(m.payload(y), m.constant(64))
    {
        let result = m.shl(m.payload(x), m.payload(y));
        return set_int(m, a, result);
    }
    otherwise(m, a, Arithmetic::ShiftLeft, x, y)
}

/// `x >> y`, filling with zeros; by 64 and more: 0, by a negative amount: the other way.
#[inline(always)]
pub(super) fn shift_right<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    c: Slot,
) -> Done {
    let (x, y) = (m.value(word(b)), m.value(word(c)));
    if (m.promote(m.tag(x)), m.promote(m.tag(y))) == (INT, INT)
        && m.is_unsigned_less(m.payload(y), m.constant(64))
    {
        let result = m.shr(m.payload(x), m.payload(y));
        return set_int(m, a, result);
    }
    otherwise(m, a, Arithmetic::ShiftRight, x, y)
}

/// `-x`
#[inline(always)]
pub(super) fn neg<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done {
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
        _ => otherwise(m, a, Arithmetic::Neg, x, x),
    }
}

/// `~x`
#[inline(always)]
pub(super) fn bit_not<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done {
    let x = m.value(word(b));
    match m.promote(m.tag(x)) {
        INT => {
            let result = m.not(m.payload(x));
            set_int(m, a, result)
        }
        _ => otherwise(m, a, Arithmetic::BitNot, x, x),
    }
}
