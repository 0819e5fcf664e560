//! Numbers: conversions, and how they are [read] and [written](mod@write).

pub mod read;
pub mod write;

pub use read::parse;
pub use write::format;

use crate::value::Tagged;
use crate::value::{
    BUILTIN, CELL, FALSE, FILE, FLOAT, File, INT, NIL, STRING, Str, TABLE, THREAD, TRUE,
    builtin_address, bytes_of,
};

/// The most bytes that a value that is not a string takes as text.
pub const LONGEST: usize = 64;

/// The integer that a float is equal to, if there is one.
#[inline]
pub fn exact_int(float: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    ((-LIMIT..LIMIT).contains(&float) && float.fract() == 0.0).then_some(float as i64)
}

/// A number as an integer value.
pub const fn int(value: i64) -> Tagged {
    Tagged::int(INT, value)
}

/// A number as a float value.
pub const fn float(value: f64) -> Tagged {
    Tagged::float(FLOAT, value)
}

/// The integer a value is or can be converted to, strings included.
pub fn to_int(value: Tagged) -> Option<i64> {
    match value.tag() {
        INT => Some(value.as_int()),
        FLOAT => exact_int(value.as_float()),
        STRING => to_number(value).and_then(to_int),
        _ => None,
    }
}

/// The number a value is or, if it is a string, is converted to.
pub fn to_number(value: Tagged) -> Option<Tagged> {
    match value.tag() {
        INT | FLOAT => Some(value),
        STRING => parse(bytes_of(&value.as_reference::<Str>()?)),
        _ => None,
    }
}

/// The float a value is or can be converted to, strings included.
pub fn to_float(value: Tagged) -> Option<f64> {
    match value.tag() {
        FLOAT => Some(value.as_float()),
        INT => Some(value.as_int() as f64),
        STRING => to_number(value).and_then(to_float),
        _ => None,
    }
}

/// `x % y`: the remainder with the divisor's sign.
///
/// The remainder of the truncated division is exact, so only the signs of the two are compared: a
/// product of them may be too small to be told from zero.
pub fn float_mod(x: f64, y: f64) -> f64 {
    let remainder = x % y;
    let differ = if remainder > 0.0 {
        y < 0.0
    } else {
        remainder < 0.0 && y > 0.0
    };
    if differ { remainder + y } else { remainder }
}

/// A value as `tostring` writes it, without metamethods.
///
/// Bytes of strings that are not UTF-8 are replaced.
pub fn tostring(value: Tagged) -> String {
    let mut out = Vec::new();
    append(&mut out, value);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends a value as `tostring` writes it, without metamethods.
pub fn append(out: &mut Vec<u8>, value: Tagged) {
    use std::io::Write;
    let done = match value.tag() {
        NIL => out.write_all(b"nil"),
        FALSE => out.write_all(b"false"),
        TRUE => out.write_all(b"true"),
        INT => out.write_all(itoa::Buffer::new().format(value.as_int()).as_bytes()),
        FLOAT => out.write_all(format(value.as_float()).as_bytes()),
        STRING => match value.as_reference::<Str>() {
            Some(string) => out.write_all(bytes_of(&string)),
            None => Ok(()),
        },
        TABLE => write!(out, "table: {:#x}", value.as_int()),
        BUILTIN => write!(out, "function: {:#x}", builtin_address(value.as_int())),
        FILE => match value.as_reference::<File>() {
            Some(file) if file.stream.borrow().is_some() => {
                write!(out, "file ({:#x})", value.as_int())
            }
            _ => out.write_all(b"file (closed)"),
        },
        CELL => out.write_all(b"cell"),
        THREAD => write!(out, "thread: {:#x}", value.as_int()),
        _ => write!(out, "function: {:#x}", value.as_int()),
    };
    done.expect("vectors take all that is written");
}

#[cfg(test)]
pub(crate) mod tests;
