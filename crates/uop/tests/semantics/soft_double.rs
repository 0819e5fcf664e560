//! IEEE 754 doubles on integers: the independent formulation the evaluator is compared with.
//!
//! A finite double is `mantissa * 2^exponent`; each operation computes its exact result, or enough
//! of it and whether anything lies below (*sticky*), and rounds once, to nearest, ties to even.

const SIGN: u64 = 1 << 63;
pub(crate) const INFINITY: u64 = 0x7ff << 52;
pub(crate) const NAN: u64 = 0x7ff8 << 48;

/// What 64 bits are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Double {
    Nan,
    Infinite {
        negative: bool,
    },
    Finite {
        negative: bool,
        mantissa: u64,
        exponent: i32,
    },
}

pub(crate) fn decode(bits: u64) -> Double {
    let negative = bits & SIGN != 0;
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52 & 0x7ff) as i32 {
        0x7ff if fraction == 0 => Double::Infinite { negative },
        0x7ff => Double::Nan,
        0 => Double::Finite {
            negative,
            mantissa: fraction,
            exponent: -1074,
        },
        biased => Double::Finite {
            negative,
            mantissa: fraction | 1 << 52,
            exponent: biased - 1075,
        },
    }
}

/// The double nearest to `mantissa * 2^exponent`, or to a little more if `sticky`.
pub(crate) fn encode(negative: bool, mantissa: u128, sticky: bool, exponent: i32) -> u64 {
    let sign = if negative { SIGN } else { 0 };
    if mantissa == 0 {
        assert!(!sticky, "not enough of the result is known to round it");
        return sign;
    }
    let length = 128 - mantissa.leading_zeros() as i32;
    // 53 bits remain, fewer below the smallest normal exponent.
    let shift = (length - 53).max(-1074 - exponent);
    let rounded = if shift <= 0 {
        assert!(!sticky, "not enough of the result is known to round it");
        mantissa << -shift
    } else if shift > 127 {
        0
    } else {
        let kept = mantissa >> shift;
        let (rest, half) = (mantissa & ((1 << shift) - 1), 1 << (shift - 1));
        let up = rest > half || rest == half && (sticky || kept & 1 == 1);
        kept + u128::from(up)
    };
    let rounded = rounded as u64;
    let exponent = exponent + shift;
    if rounded < 1 << 52 {
        return sign | rounded;
    }
    // A mantissa that was rounded up to 2^53 carries into the exponent.
    let bits = ((exponent + 1075) as u64).saturating_mul(1 << 52) + (rounded - (1 << 52));
    sign | bits.min(INFINITY)
}

pub(crate) fn negate(bits: u64) -> u64 {
    bits ^ SIGN
}

pub(crate) fn absolute(bits: u64) -> u64 {
    bits & !SIGN
}

pub(crate) fn add(a: u64, b: u64) -> u64 {
    use Double::*;
    let (an, am, ae, bn, bm, be) = match (decode(a), decode(b)) {
        (Nan, _) | (_, Nan) => return NAN,
        (Infinite { negative: an }, Infinite { negative: bn }) if an != bn => return NAN,
        (Infinite { .. }, _) => return a,
        (_, Infinite { .. }) => return b,
        (
            Finite {
                negative: an,
                mantissa: am,
                exponent: ae,
            },
            Finite {
                negative: bn,
                mantissa: bm,
                exponent: be,
            },
        ) => (an, am, ae, bn, bm, be),
    };
    match (am, bm) {
        // A sum of zeros is negative only if both are.
        (0, 0) => return if an && bn { SIGN } else { 0 },
        (0, _) => return b,
        (_, 0) => return a,
        _ => {}
    }
    if ae < be {
        return add(b, a);
    }
    // `a` has the higher exponent; what of `b` lies 66 bits below it only shows as sticky.
    let distance = (ae - be).min(66);
    let exponent = ae - distance;
    let high = u128::from(am) << distance;
    let (low, sticky) = match be - exponent {
        0 => (u128::from(bm), false),
        below if -below < 64 => {
            let lost = u128::from(bm) & ((1 << -below) - 1);
            (u128::from(bm) >> -below, lost != 0)
        }
        _ => (0, true),
    };
    if an == bn {
        return encode(an, high + low, sticky, exponent);
    }
    // What is subtracted is a little more than `low` if sticky: one less, and a little.
    let low = low + u128::from(sticky);
    match high.cmp(&low) {
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => encode(an, high - low, sticky, exponent),
        std::cmp::Ordering::Less => encode(bn, low - high, false, exponent),
    }
}

pub(crate) fn subtract(a: u64, b: u64) -> u64 {
    add(a, negate(b))
}

pub(crate) fn multiply(a: u64, b: u64) -> u64 {
    use Double::*;
    let negative = (a ^ b) & SIGN != 0;
    match (decode(a), decode(b)) {
        (Nan, _) | (_, Nan) => NAN,
        (Infinite { .. }, Finite { mantissa: 0, .. })
        | (Finite { mantissa: 0, .. }, Infinite { .. }) => NAN,
        (Infinite { .. }, _) | (_, Infinite { .. }) => INFINITY | (a ^ b) & SIGN,
        (
            Finite {
                mantissa: am,
                exponent: ae,
                ..
            },
            Finite {
                mantissa: bm,
                exponent: be,
                ..
            },
        ) => encode(negative, u128::from(am) * u128::from(bm), false, ae + be),
    }
}

pub(crate) fn divide(a: u64, b: u64) -> u64 {
    use Double::*;
    let sign = (a ^ b) & SIGN;
    match (decode(a), decode(b)) {
        (Nan, _) | (_, Nan) | (Infinite { .. }, Infinite { .. }) => NAN,
        (Finite { mantissa: 0, .. }, Finite { mantissa: 0, .. }) => NAN,
        (Infinite { .. }, _) | (_, Finite { mantissa: 0, .. }) => INFINITY | sign,
        (_, Infinite { .. }) | (Finite { mantissa: 0, .. }, _) => sign,
        (
            Finite {
                mantissa: am,
                exponent: ae,
                ..
            },
            Finite {
                mantissa: bm,
                exponent: be,
                ..
            },
        ) => {
            // The dividend is made as long as fits, so that the quotient has 64 bits and more.
            let up = u128::from(am).leading_zeros() as i32;
            let (dividend, divisor) = (u128::from(am) << up, u128::from(bm));
            let sticky = !dividend.is_multiple_of(divisor);
            encode(sign != 0, dividend / divisor, sticky, ae - up - be)
        }
    }
}

pub(crate) fn square_root(a: u64) -> u64 {
    match decode(a) {
        Double::Nan => NAN,
        Double::Finite { mantissa: 0, .. } => a,
        _ if a & SIGN != 0 => NAN,
        Double::Infinite { .. } => a,
        Double::Finite {
            mantissa, exponent, ..
        } => {
            let mut up = u128::from(mantissa).leading_zeros() as i32;
            // Half of an even exponent is exact.
            up -= (exponent - up) & 1;
            let radicand = u128::from(mantissa) << up;
            let root = radicand.isqrt();
            encode(false, root, root * root != radicand, (exponent - up) / 2)
        }
    }
}

/// The whole part of a finite double's magnitude and whether there is a fraction; `None` if the
/// magnitude is 2^64 or more, where all doubles are whole.
fn whole(mantissa: u64, exponent: i32) -> Option<(u64, bool)> {
    match exponent {
        0..=11 => Some((mantissa << exponent, false)),
        12.. => (mantissa == 0).then_some((0, false)),
        -63..=-1 => {
            let kept = mantissa >> -exponent;
            Some((kept, kept << -exponent != mantissa))
        }
        _ => Some((0, mantissa != 0)),
    }
}

/// How a fraction is dropped.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Towards {
    Zero,
    Minus,
    Plus,
}

pub(crate) fn round(a: u64, towards: Towards) -> u64 {
    let Double::Finite {
        negative,
        mantissa,
        exponent,
    } = decode(a)
    else {
        return a;
    };
    match whole(mantissa, exponent) {
        None | Some((_, false)) => a,
        Some((kept, true)) => {
            let away = towards
                == if negative {
                    Towards::Minus
                } else {
                    Towards::Plus
                };
            encode(negative, u128::from(kept) + u128::from(away), false, 0)
        }
    }
}

/// Truncated, saturated; of a NaN 0. With whether nothing was lost.
pub(crate) fn to_integer(a: u64) -> (i64, bool) {
    let limit = |negative| if negative { i64::MIN } else { i64::MAX };
    match decode(a) {
        Double::Nan => (0, false),
        Double::Infinite { negative } => (limit(negative), false),
        Double::Finite {
            negative,
            mantissa,
            exponent,
        } => {
            let Some((kept, fraction)) = whole(mantissa, exponent) else {
                return (limit(negative), false);
            };
            let signed = if negative {
                -i128::from(kept)
            } else {
                i128::from(kept)
            };
            match i64::try_from(signed) {
                Ok(integer) => (integer, !fraction),
                Err(_) => (limit(negative), false),
            }
        }
    }
}

pub(crate) fn from_integer(a: i64) -> u64 {
    encode(a < 0, u128::from(a.unsigned_abs()), false, 0)
}

/// The order of two doubles, `None` with a NaN: of the bits, as sign and magnitude.
pub(crate) fn compare(a: u64, b: u64) -> Option<std::cmp::Ordering> {
    if decode(a) == Double::Nan || decode(b) == Double::Nan {
        return None;
    }
    let key = |bits: u64| {
        let magnitude = absolute(bits) as i64;
        if bits & SIGN != 0 {
            -magnitude
        } else {
            magnitude
        }
    };
    Some(key(a).cmp(&key(b)))
}
