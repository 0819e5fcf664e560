//! Strings to numbers, as Lua converts them.

use super::{float, int};
use crate::value::Tagged;

/// The number that a string is the text of, white space around it allowed.
pub fn parse(text: &[u8]) -> Option<Tagged> {
    let text = trim(text);
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if let [b'0', b'x' | b'X', hex @ ..] = digits {
        return hexadecimal(hex, negative);
    }
    if let Some(value) = decimal_int(digits, negative) {
        return Some(int(value));
    }
    let value = decimal(digits)?;
    Some(float(if negative { -value } else { value }))
}

/// Without the white space around it, as C's `isspace` has it.
pub fn trim(mut text: &[u8]) -> &[u8] {
    const fn is_space(byte: u8) -> bool {
        matches!(byte, b' ' | b'\t'..=b'\r')
    }
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

fn decimal_int(digits: &[u8], negative: bool) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_i64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(digit - b'0');
        // Towards the sign, for the least integer has no positive twin.
        value = value.checked_mul(10)?;
        value = if negative {
            value.checked_sub(digit)?
        } else {
            value.checked_add(digit)?
        };
    }
    Some(value)
}

fn decimal(text: &[u8]) -> Option<f64> {
    // Rust also reads names of infinity and NaN, which Lua does not.
    let plain = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    if !text.iter().all(plain) || !text.iter().any(u8::is_ascii_digit) {
        return None;
    }
    if matches!(text[0], b'+' | b'-') {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Hexadecimal: integers wrap around, floats have a point or an exponent.
fn hexadecimal(text: &[u8], negative: bool) -> Option<Tagged> {
    let mut mantissa = 0_u64;
    let mut wrapped = 0_u64;
    let mut lost = false;
    let mut exponent = 0_i64;
    let (mut any, mut point) = (false, false);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'.' && !point {
            point = true;
            at += 1;
            continue;
        }
        let Some(digit) = char::from(byte).to_digit(16) else {
            break;
        };
        any = true;
        wrapped = wrapped << 4 | u64::from(digit);
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | u64::from(digit);
            exponent -= i64::from(point) * 4;
        } else {
            lost |= digit != 0;
            exponent += i64::from(!point) * 4;
        }
        at += 1;
    }
    if !any {
        return None;
    }
    let rest = &text[at..];
    if rest.is_empty() && !point {
        let value = wrapped as i64;
        return Some(int(if negative {
            value.wrapping_neg()
        } else {
            value
        }));
    }
    if let [b'p' | b'P', power @ ..] = rest {
        let (down, digits) = match power.split_first()? {
            (b'-', digits) => (true, digits),
            (b'+', digits) => (false, digits),
            _ => (false, power),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let far = digits.iter().fold(0_i64, |far, digit| {
            (far * 10 + i64::from(digit - b'0')).min(1 << 40)
        });
        exponent += if down { -far } else { far };
    } else if !rest.is_empty() {
        return None;
    }
    let value = scale(mantissa, lost, exponent);
    Some(float(if negative { -value } else { value }))
}

/// `mantissa × 2^exponent`, rounded once; `lost` says that the mantissa was cut.
fn scale(mantissa: u64, lost: bool, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let shift = i64::from(mantissa.leading_zeros());
    let (mantissa, exponent) = (mantissa << shift, exponent - shift);
    // The value is 1.… × 2^top.
    let top = exponent + 63;
    if top > 1023 {
        return f64::INFINITY;
    }
    // Bits to cut so that 53 are left, or fewer below the normal numbers.
    let cut = 11 + (-1022 - top).max(0);
    if cut > 64 {
        return 0.0;
    }
    let wide = u128::from(mantissa);
    let kept = (wide >> cut) as u64;
    let rest = wide & ((1 << cut) - 1);
    let half = 1_u128 << (cut - 1);
    let up = rest > half || (rest == half && (lost || kept & 1 == 1));
    let kept = kept + u64::from(up);
    // The exponent's field follows the mantissa's, so that a carry goes where it should.
    if top >= -1022 {
        f64::from_bits((((top + 1022) as u64) << 52) + kept)
    } else {
        f64::from_bits(kept)
    }
}
