//! `math`

use super::Raised;
use super::args::Args;
use crate::host::Host;
use crate::number::{exact_int, float, int, to_int};
use crate::value::Tagged;
use crate::value::{FLOAT, INT, NOTHING, Str, bytes_of, truth};
use crate::vm::{Lua, compared};

type Answer = Result<Tagged, Raised>;

/// The constants of the table.
pub(super) fn constants() -> [(&'static str, Tagged); 4] {
    [
        ("huge", float(f64::INFINITY)),
        ("maxinteger", int(i64::MAX)),
        ("mininteger", int(i64::MIN)),
        ("pi", float(std::f64::consts::PI)),
    ]
}

/// A float as an integer if it fits.
fn narrow(value: f64) -> Tagged {
    exact_int(value).map_or(float(value), int)
}

pub(super) fn abs(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.abs", args);
    Ok(match args.get(1).tag() {
        INT => int(args.get(1).as_int().wrapping_abs()),
        _ => float(args.float(1)?.abs()),
    })
}

pub(super) fn ceil(_: &Host, args: &[Tagged]) -> Answer {
    let value = Args::new("math.ceil", args).number(1)?;
    Ok(match value.tag() {
        INT => value,
        _ => narrow(value.as_float().ceil()),
    })
}

pub(super) fn floor(_: &Host, args: &[Tagged]) -> Answer {
    let value = Args::new("math.floor", args).number(1)?;
    Ok(match value.tag() {
        INT => value,
        _ => narrow(value.as_float().floor()),
    })
}

macro_rules! of_float {
    ($($name:ident $text:literal = $function:expr;)*) => {$(
        pub(super) fn $name(_: &Host, args: &[Tagged]) -> Answer {
            let function: fn(f64) -> f64 = $function;
            Ok(float(function(Args::new($text, args).float(1)?)))
        }
    )*};
}

of_float! {
    acos "math.acos" = f64::acos;
    asin "math.asin" = f64::asin;
    cos "math.cos" = f64::cos;
    cosh "math.cosh" = f64::cosh;
    deg "math.deg" = |x| x * (180.0 / std::f64::consts::PI);
    exp "math.exp" = f64::exp;
    log10 "math.log10" = f64::log10;
    rad "math.rad" = |x| x * (std::f64::consts::PI / 180.0);
    sin "math.sin" = f64::sin;
    sinh "math.sinh" = f64::sinh;
    sqrt "math.sqrt" = f64::sqrt;
    tan "math.tan" = f64::tan;
    tanh "math.tanh" = f64::tanh;
}

pub(super) fn atan(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.atan", args);
    let y = args.float(1)?;
    let x = if args.get(2) == NOTHING {
        1.0
    } else {
        args.float(2)?
    };
    Ok(float(y.atan2(x)))
}

pub(super) fn pow(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.pow", args);
    Ok(float(args.float(1)?.powf(args.float(2)?)))
}

/// A float as a fraction from a half to one and a power of two.
pub(super) fn frexp(
    _: &mut Host,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let value = Args::new("math.frexp", args).float(1)?;
    let (fraction, exponent) = split(value);
    results.extend([float(fraction), int(exponent)]);
    Ok(())
}

fn split(value: f64) -> (f64, i64) {
    const EXPONENT: u64 = 0x7ff;
    if value == 0.0 || !value.is_finite() {
        return (value, 0);
    }
    let exponent = |value: f64| (value.to_bits() >> 52 & EXPONENT) as i64;
    // Those that have no exponent of their own get one.
    let (scaled, more) = match exponent(value) {
        0 => (value * (1_u64 << 54) as f64, -54),
        _ => (value, 0),
    };
    let fraction = scaled.to_bits() & !(EXPONENT << 52) | 1022 << 52;
    (f64::from_bits(fraction), exponent(scaled) - 1022 + more)
}

pub(super) fn ldexp(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.ldexp", args);
    // An `int` of C.
    Ok(float(scale(args.float(1)?, args.int(2)? as i32)))
}

/// `value * 2^exponent`, rounded once.
fn scale(mut value: f64, exponent: i32) -> f64 {
    let power = |exponent: i32| f64::from_bits(((1023 + exponent) as u64) << 52);
    // In steps of which only the last may round: what has few bits left is not made smaller twice.
    let mut left = exponent.clamp(-4200, 4200);
    while left > 1023 {
        value *= power(1023);
        left -= 1023;
    }
    while left < -1022 {
        value *= power(-1022 + 53);
        left += 1022 - 53;
    }
    value * power(left)
}

pub(super) fn fmod(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.fmod", args);
    let (x, y) = (args.get(1), args.get(2));
    if (x.tag(), y.tag()) != (INT, INT) {
        return Ok(float(args.float(1)? % args.float(2)?));
    }
    match y.as_int() {
        0 => Err(args.bad(2, "zero")),
        y => Ok(int(x.as_int().wrapping_rem(y))),
    }
}

pub(super) fn log(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.log", args);
    let x = args.float(1)?;
    if args.get(2) == NOTHING {
        return Ok(float(x.ln()));
    }
    let base = args.float(2)?;
    Ok(float(if base == 2.0 {
        x.log2()
    } else if base == 10.0 {
        x.log10()
    } else {
        x.ln() / base.ln()
    }))
}

/// The argument that none of the others is better than. As in Lua, strings will do.
/// The argument that no other is better than; which of two that is, the function says.
fn best(
    name: &'static str,
    args: &[Tagged],
    mut better: impl FnMut(Tagged, Tagged) -> Result<bool, Raised>,
) -> Answer {
    let args = Args::new(name, args);
    if args.len() == 0 {
        return Err(args.bad(1, "value expected"));
    }
    let mut best = args.get(1);
    for number in 2..=args.len() {
        let other = args.get(number);
        if better(other, best)? {
            best = other;
        }
    }
    Ok(best)
}

/// `x < y` without metamethods, if there is such an order.
pub(crate) fn is_less(x: Tagged, y: Tagged) -> Option<bool> {
    if matches!((x.tag(), y.tag()), (INT | FLOAT, INT | FLOAT)) {
        return Some(less(&x, &y));
    }
    match (x.as_reference::<Str>(), y.as_reference::<Str>()) {
        (Some(x), Some(y)) => Some(bytes_of(&x) < bytes_of(&y)),
        _ => None,
    }
}

/// Whether a number is less than another, exactly.
fn less(x: &Tagged, y: &Tagged) -> bool {
    match (x.tag(), y.tag()) {
        (INT, INT) => x.as_int() < y.as_int(),
        (FLOAT, FLOAT) => x.as_float() < y.as_float(),
        (INT, _) => {
            let (x, y) = (x.as_int(), y.as_float());
            // Above all integers, or the integer is below the next one up.
            y >= 9_223_372_036_854_775_808.0 || exact_int(y.ceil()).is_some_and(|y| x < y)
        }
        _ => {
            let (x, y) = (x.as_float(), y.as_int());
            x < -9_223_372_036_854_775_808.0 || exact_int(x.floor()).is_some_and(|x| x < y)
        }
    }
}

/// `x < y` of values that are no objects.
fn ordered(host: &Host, x: Tagged, y: Tagged) -> Result<bool, Raised> {
    is_less(x, y).ok_or_else(|| Raised::plain(compared(host, x, y)))
}

pub(super) fn max(host: &Host, args: &[Tagged]) -> Answer {
    best("math.max", args, |other, best| ordered(host, best, other))
}

pub(super) fn min(host: &Host, args: &[Tagged]) -> Answer {
    best("math.min", args, |other, best| ordered(host, other, best))
}

pub(super) fn max_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    results.push(best("math.max", args, |other, best| lua.less(best, other))?);
    Ok(())
}

pub(super) fn min_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    results.push(best("math.min", args, |other, best| lua.less(other, best))?);
    Ok(())
}

pub(super) fn modf(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Result<(), Raised> {
    let args = Args::new("math.modf", args);
    if args.get(1).tag() == INT {
        results.extend([args.get(1), float(0.0)]);
        return Ok(());
    }
    let value = args.float(1)?;
    let whole = value.trunc();
    let rest = if value.is_infinite() {
        0.0
    } else {
        value - whole
    };
    results.extend([narrow(whole), float(rest)]);
    Ok(())
}

pub(super) fn tointeger(_: &Host, args: &[Tagged]) -> Answer {
    let value = Args::new("math.tointeger", args).any(1)?;
    Ok(to_int(value).map_or(NOTHING, int))
}

pub(super) fn type_of(host: &Host, args: &[Tagged]) -> Answer {
    let value = Args::new("math.type", args).any(1)?;
    Ok(match value.tag() {
        INT => host.kinds[0],
        FLOAT => host.kinds[1],
        _ => NOTHING,
    })
}

pub(super) fn ult(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.ult", args);
    Ok(truth((args.int(1)? as u64) < args.int(2)? as u64))
}

#[cfg(test)]
mod tests {
    use super::{scale, split};

    #[test]
    fn floats_are_split_and_put_together() {
        for value in [1.0, -1.0, 0.1, 5e-324, 2.2e-308, f64::MAX, 3.75, 1e-310] {
            let (fraction, exponent) = split(value);
            assert!((0.5..1.0).contains(&fraction.abs()), "{value}");
            assert_eq!(scale(fraction, exponent as i32), value);
        }
        assert_eq!(scale(1.0, i32::MAX), f64::INFINITY);
        assert_eq!(scale(1.0, i32::MIN), 0.0);
        assert_eq!(scale(1.5, -1074), 1e-323);
        assert_eq!(scale(1.25, -1074), 5e-324);
        assert_eq!(
            scale(f64::MAX, -2098),
            5e-324 * 0.0 + scale(f64::MAX / 2.0, -2097)
        );
    }
}
