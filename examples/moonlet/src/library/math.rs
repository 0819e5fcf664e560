//! `math`

use super::Raised;
use super::args::Args;
use crate::host::Host;
use crate::number::{exact_int, float, int, to_int};
use crate::value::Tagged;
use crate::value::{FLOAT, INT, NOTHING, Str, bytes_of, truth, type_name};

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
    deg "math.deg" = |x| x * (180.0 / std::f64::consts::PI);
    exp "math.exp" = f64::exp;
    rad "math.rad" = |x| x * (std::f64::consts::PI / 180.0);
    sin "math.sin" = f64::sin;
    sqrt "math.sqrt" = f64::sqrt;
    tan "math.tan" = f64::tan;
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

pub(super) fn fmod(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("math.fmod", args);
    let (x, y) = (args.number(1)?, args.number(2)?);
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
fn best(
    name: &'static str,
    args: &[Tagged],
    better: fn(Tagged, Tagged) -> Result<bool, Raised>,
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

/// `x < y` without metamethods.
fn is_less(x: Tagged, y: Tagged) -> Result<bool, Raised> {
    if matches!((x.tag(), y.tag()), (INT | FLOAT, INT | FLOAT)) {
        return Ok(less(&x, &y));
    }
    if let (Some(x), Some(y)) = (x.as_reference::<Str>(), y.as_reference::<Str>()) {
        return Ok(bytes_of(&x) < bytes_of(&y));
    }
    let (x, y) = (type_name(x), type_name(y));
    Err(Raised::plain(match x == y {
        true => format!("attempt to compare two {x} values"),
        false => format!("attempt to compare {x} with {y}"),
    }))
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

pub(super) fn max(_: &Host, args: &[Tagged]) -> Answer {
    best("math.max", args, |other, best| is_less(best, other))
}

pub(super) fn min(_: &Host, args: &[Tagged]) -> Answer {
    best("math.min", args, is_less)
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
