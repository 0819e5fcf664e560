//! Arithmetic and comparison of what instructions do not do themselves.

use super::effects::declared;
use super::{Answer, Ctx};
use crate::event::Event;
use crate::number;
use crate::value::Tagged;
use crate::value::{FLOAT, INT, Str, bytes_of};
use crate::vm::{Moonlet, errors};
use offramp::{Act, Effects, Read, Reference};

/// `x ^ y`
pub(in crate::vm) const POW: Read<Moonlet, (f64, f64), f64> =
    Read::new("pow", |_, (x, y): (f64, f64)| x.powf(y)).pure();
/// `x % y`
pub(in crate::vm) const FLOAT_MOD: Read<Moonlet, (f64, f64), f64> =
    Read::new("float_mod", |_, (x, y)| number::float_mod(x, y)).pure();
/// Whether two strings are the same bytes.
pub(in crate::vm) const STRING_EQUAL: Read<Moonlet, (Reference<Str>, Reference<Str>), bool> =
    Read::new("string_equal", |_, (x, y)| bytes_of(&x) == bytes_of(&y)).pure();
/// Whether one string comes before another.
pub(in crate::vm) const STRING_LESS: Read<Moonlet, (Reference<Str>, Reference<Str>), bool> =
    Read::new("string_less", |_, (x, y)| bytes_of(&x) < bytes_of(&y)).pure();
/// `x == y`
pub(in crate::vm) const INT_EQUALS_FLOAT: Read<Moonlet, (i64, f64), bool> =
    Read::new("int_equals_float", |_, (x, y)| {
        compare_mixed(x, y) == Some(std::cmp::Ordering::Equal)
    })
    .pure();
/// `x < y`
pub(in crate::vm) const INT_LESS_FLOAT: Read<Moonlet, (i64, f64), bool> =
    Read::new("int_less_float", |_, (x, y)| {
        compare_mixed(x, y).is_some_and(|order| order.is_lt())
    })
    .pure();
/// `x <= y`
pub(in crate::vm) const INT_LESS_EQUAL_FLOAT: Read<Moonlet, (i64, f64), bool> =
    Read::new("int_less_equal_float", |_, (x, y)| {
        compare_mixed(x, y).is_some_and(|order| order.is_le())
    })
    .pure();
/// `x < y`
pub(in crate::vm) const FLOAT_LESS_INT: Read<Moonlet, (f64, i64), bool> =
    Read::new("float_less_int", |_, (x, y)| {
        compare_mixed(y, x).is_some_and(|order| order.is_gt())
    })
    .pure();
/// `x <= y`
pub(in crate::vm) const FLOAT_LESS_EQUAL_INT: Read<Moonlet, (f64, i64), bool> =
    Read::new("float_less_equal_int", |_, (x, y)| {
        compare_mixed(y, x).is_some_and(|order| order.is_ge())
    })
    .pure();

/// An integer against a float, exactly; `None` with a NaN.
fn compare_mixed(x: i64, y: f64) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if y.is_nan() {
        return None;
    }
    if y >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if y < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let floor = y.floor();
    match x.cmp(&(floor as i64)) {
        Ordering::Equal if y > floor => Some(Ordering::Less),
        order => Some(order),
    }
}

/// The last value of a loop that runs, its step neither 0 nor 1 nor -1.
pub(in crate::vm) const LAST_VALUE: Read<Moonlet, (i64, i64, i64), i64> =
    Read::new("last_value", |_, (first, limit, step)| {
        last_value(first, limit, step)
    })
    .pure();

fn last_value(first: i64, limit: i64, step: i64) -> i64 {
    let distance = match step > 0 {
        true => (limit as u64).wrapping_sub(first as u64),
        false => (first as u64).wrapping_sub(limit as u64),
    };
    let steps = distance / step.unsigned_abs();
    first.wrapping_add((steps as i64).wrapping_mul(step))
}

/// An arithmetic or bit operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub(in crate::vm) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    FloorDiv,
    Pow,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    Neg,
    BitNot,
}

impl Arithmetic {
    const ALL: [Arithmetic; 14] = [
        Arithmetic::Add,
        Arithmetic::Sub,
        Arithmetic::Mul,
        Arithmetic::Div,
        Arithmetic::Mod,
        Arithmetic::FloorDiv,
        Arithmetic::Pow,
        Arithmetic::BitAnd,
        Arithmetic::BitOr,
        Arithmetic::BitXor,
        Arithmetic::ShiftLeft,
        Arithmetic::ShiftRight,
        Arithmetic::Neg,
        Arithmetic::BitNot,
    ];

    /// The event of its metamethod.
    pub(in crate::vm) const fn event(self) -> Event {
        Event::ALL[self as usize]
    }

    /// The operator of a metamethod, if it is one's.
    pub(in crate::vm) fn of(event: Event) -> Option<Arithmetic> {
        Arithmetic::ALL.get(event as usize).copied()
    }

    /// Whether it takes integers only.
    pub(in crate::vm) fn is_bitwise(self) -> bool {
        use Arithmetic::*;
        matches!(
            self,
            BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight | BitNot
        )
    }
}

/// Operators on what the instruction does not do itself: strings that look like numbers, floats
/// that are integers, shifts by anything. The number of the operator, which is that of its event, too.
pub(in crate::vm) const ARITHMETIC: Act<Moonlet, (i64, Tagged, Tagged), Tagged> =
    declared(Act::new("arithmetic", arithmetic), Effects::HOST);

fn arithmetic(context: &mut Ctx<'_>, (operator, x, y): (i64, Tagged, Tagged)) -> Answer<Tagged> {
    let operator = Arithmetic::ALL[operator as usize];
    operate(operator, x, y).ok_or_else(|| errors::operands(context, operator, x, y))
}

pub(in crate::vm) fn operate(operator: Arithmetic, x: Tagged, y: Tagged) -> Option<Tagged> {
    if operator.is_bitwise() {
        let (x, y) = (integral(x)?, integral(y)?);
        return Some(Tagged::int(
            INT,
            match operator {
                Arithmetic::BitAnd => x & y,
                Arithmetic::BitOr => x | y,
                Arithmetic::BitXor => x ^ y,
                Arithmetic::ShiftLeft => shift_left(x, y),
                Arithmetic::ShiftRight => shift_left(x, y.saturating_neg()),
                _ => !x,
            },
        ));
    }
    let (x, y) = (number::to_number(x)?, number::to_number(y)?);
    if let ((INT, INT), false) = (
        (x.tag(), y.tag()),
        matches!(operator, Arithmetic::Div | Arithmetic::Pow),
    ) {
        let (x, y) = (x.as_int(), y.as_int());
        return Some(Tagged::int(
            INT,
            match operator {
                Arithmetic::Add => x.wrapping_add(y),
                Arithmetic::Sub => x.wrapping_sub(y),
                Arithmetic::Mul => x.wrapping_mul(y),
                Arithmetic::Mod if y != 0 => {
                    let remainder = x.wrapping_rem(y);
                    match remainder != 0 && (remainder < 0) != (y < 0) {
                        true => remainder + y,
                        false => remainder,
                    }
                }
                Arithmetic::FloorDiv if y != 0 => {
                    let quotient = x.wrapping_div(y);
                    match x.wrapping_rem(y) != 0 && (x < 0) != (y < 0) {
                        true => quotient - 1,
                        false => quotient,
                    }
                }
                Arithmetic::Neg => x.wrapping_neg(),
                _ => return None,
            },
        ));
    }
    let (x, y) = (as_float(x), as_float(y));
    let result = match operator {
        Arithmetic::Add => x + y,
        Arithmetic::Sub => x - y,
        Arithmetic::Mul => x * y,
        Arithmetic::Div => x / y,
        Arithmetic::Mod => number::float_mod(x, y),
        Arithmetic::FloorDiv => (x / y).floor(),
        Arithmetic::Pow if y == 2.0 => x * x,
        Arithmetic::Pow => x.powf(y),
        _ => -x,
    };
    Some(Tagged::float(FLOAT, result))
}

pub(super) fn as_float(x: Tagged) -> f64 {
    match x.tag() {
        INT => x.as_int() as f64,
        _ => x.as_float(),
    }
}

/// A number as an integer, if nothing is lost.
pub(in crate::vm) fn integral(x: Tagged) -> Option<i64> {
    match x.tag() {
        INT => Some(x.as_int()),
        FLOAT => number::exact_int(x.as_float()),
        _ => None,
    }
}

fn shift_left(x: i64, by: i64) -> i64 {
    match by {
        0..64 => x << by,
        -63..0 => ((x as u64) >> -by) as i64,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::last_value;

    #[test]
    fn loops_end_at_the_last_value_within_their_limit() {
        let cases = [
            ((1, 10, 3), 10),
            ((1, 9, 3), 7),
            ((10, 1, -4), 2),
            ((5, 5, -1), 5),
            ((i64::MIN, i64::MAX, 2), i64::MAX - 1),
            ((i64::MAX, i64::MIN, -1), i64::MIN),
            ((i64::MAX, i64::MIN, i64::MIN), -1),
            ((i64::MIN, i64::MAX, i64::MAX), i64::MAX - 1),
        ];
        for ((first, limit, step), last) in cases {
            assert_eq!(
                last_value(first, limit, step),
                last,
                "{first}, {limit}, {step}"
            );
        }
    }
}
