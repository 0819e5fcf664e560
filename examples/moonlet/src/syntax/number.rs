//! Numerals, as the lexer and `tonumber` read them.

/// A number: an integer or a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
}

/// The number a text denotes, white space around it and a sign allowed; `None` if it denotes none.
pub fn parse_number(text: &[u8]) -> Option<Number> {
    let text = text.trim_ascii();
    // Lua's white space has the vertical tab, too.
    let text = trim_tabs(text);
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if let [b'0', b'x' | b'X', rest @ ..] = digits {
        return hexadecimal(rest, negative);
    }
    decimal(digits, negative)
}

fn trim_tabs(mut text: &[u8]) -> &[u8] {
    let space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    while let [first, rest @ ..] = text
        && space(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && space(last)
    {
        text = rest;
    }
    text
}

fn decimal(digits: &[u8], negative: bool) -> Option<Number> {
    let first = *digits.first()?;
    if !(first.is_ascii_digit() || first == b'.') {
        return None;
    }
    if digits.iter().all(u8::is_ascii_digit)
        && let Some(value) = integer(digits, negative)
    {
        return Some(Number::Int(value));
    }
    let known = |byte: &u8| byte.is_ascii_digit() || b".eE+-".contains(byte);
    if !digits.iter().all(known) {
        return None;
    }
    let value: f64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Number::Float(if negative { -value } else { value }))
}

/// The integer, if it is one of 64 bits.
fn integer(digits: &[u8], negative: bool) -> Option<i64> {
    let mut value: u64 = 0;
    for digit in digits {
        value = value
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))?;
    }
    match negative {
        false => i64::try_from(value).ok(),
        true if value <= 1 << 63 => Some((value as i64).wrapping_neg()),
        true => None,
    }
}

/// Hexadecimal: integers wrap around, a point or an exponent makes a float.
fn hexadecimal(digits: &[u8], negative: bool) -> Option<Number> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if digits.is_empty() {
        return None;
    }
    if digits.iter().all(u8::is_ascii_hexdigit) {
        let fold = |value: u64, byte: &u8| (value << 4) | u64::from(digit(*byte).unwrap_or(0));
        let value = digits.iter().fold(0, fold) as i64;
        let value = if negative {
            value.wrapping_neg()
        } else {
            value
        };
        return Some(Number::Int(value));
    }
    let (mantissa, power) = match digits.iter().position(|byte| matches!(byte, b'p' | b'P')) {
        Some(at) => (&digits[..at], exponent(&digits[at + 1..])?),
        None => (digits, 0),
    };
    let mut value = 0.0f64;
    let (mut seen, mut kept, mut point, mut shift) = (0u32, 0u32, false, 0i64);
    for &byte in mantissa {
        if byte == b'.' && !point {
            point = true;
            continue;
        }
        let digit = digit(byte)?;
        seen += 1;
        // As Lua: thirty significant digits count, further ones only move the point.
        if kept == 0 && digit == 0 {
            shift -= i64::from(point) * 4;
        } else if kept < 30 {
            kept += 1;
            value = value * 16.0 + f64::from(digit);
            shift -= i64::from(point) * 4;
        } else {
            shift += i64::from(!point) * 4;
        }
    }
    if seen == 0 {
        return None;
    }
    let value = scaled(value, shift.saturating_add(power));
    Some(Number::Float(if negative { -value } else { value }))
}

fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let grow = |value: i64, byte: &u8| {
        value
            .saturating_mul(10)
            .saturating_add(i64::from(byte - b'0'))
    };
    let value = digits.iter().fold(0, grow).min(1 << 40);
    Some(if negative { -value } else { value })
}

/// `value * 2^power`, rounded once.
fn scaled(mut value: f64, power: i64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let mut power = power.clamp(-4000, 4000);
    while power > 1000 {
        value *= 2f64.powi(1000);
        power -= 1000;
    }
    // Downwards, the value is brought near one first, so that only the last step can round.
    while power < -1000 {
        let next = value * 2f64.powi(-500);
        if next < f64::MIN_POSITIVE {
            break;
        }
        value = next;
        power += 500;
    }
    if power < -1000 {
        let half = power / 2;
        return value
            * 2f64.powi(half.max(-1000) as i32)
            * 2f64.powi((power - half).max(-1000) as i32);
    }
    value * 2f64.powi(power as i32)
}
