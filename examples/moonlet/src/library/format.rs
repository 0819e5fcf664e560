//! `string.format`

use super::args::Args;
use super::{Raised, base};
use crate::heap::{Buffer, OutOfMemory};
use crate::host::Host;
use crate::number::write::Spec;
use crate::value::Tagged;
use crate::value::{BUILTIN, FALSE, FLOAT, INT, NIL, STRING, Str, TRUE, builtin_address, bytes_of};
use crate::vm::Lua;
use std::io::Write;

/// The most bytes that a width or a precision, of two digits each, adds.
const PADDED: usize = 100;

/// A conversion without its `%`, if C has it.
pub fn spec(text: &[u8]) -> Option<Spec> {
    let (&letter, mut rest) = text.split_last()?;
    let mut spec = Spec {
        letter,
        ..Spec::default()
    };
    while let [flag, behind @ ..] = rest {
        match flag {
            b'-' => spec.left = true,
            b'+' => spec.plus = true,
            b' ' => spec.space = true,
            b'#' => spec.other = true,
            b'0' => spec.zero = true,
            _ => break,
        }
        rest = behind;
    }
    let (width, behind) = digits(rest)?;
    spec.width = width;
    rest = behind;
    if let [b'.', behind @ ..] = rest {
        let (precision, behind) = digits(behind)?;
        spec.precision = Some(precision);
        rest = behind;
    }
    rest.is_empty().then_some(spec)
}

/// A number of up to two digits, 0 if there is none.
fn digits(text: &[u8]) -> Option<(usize, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = text[..count].iter();
    let value = value.fold(0, |value, digit| value * 10 + usize::from(digit - b'0'));
    (count <= 2).then_some((value, &text[count..]))
}

/// The flags a conversion may have, and whether a precision.
fn allowed(letter: u8) -> Option<(&'static [u8], bool)> {
    Some(match letter {
        b'c' => (b"-", false),
        b'd' | b'i' => (b"-+0 ", true),
        b'u' => (b"-0", true),
        b'o' | b'x' | b'X' => (b"-#0", true),
        b'a' | b'A' | b'f' | b'e' | b'E' | b'g' | b'G' => (b"-+ #0", true),
        b'p' => (b"-", false),
        b's' => (b"-", true),
        b'q' => (b"", false),
        _ => return None,
    })
}

/// The conversions of a pattern, and what is between them.
#[derive(Clone, Copy, Debug)]
enum Piece<'a> {
    Text(&'a [u8]),
    /// Without its `%`.
    Conversion(&'a [u8]),
    TooLong,
}

/// The first piece of a pattern that is not empty.
fn piece<'a>(rest: &mut &'a [u8]) -> Piece<'a> {
    let (piece, behind) = match rest.iter().position(|&byte| byte == b'%') {
        None => (Piece::Text(rest), &rest[rest.len()..]),
        Some(0) => match &rest[1..] {
            behind @ [b'%', ..] => (Piece::Text(b"%"), &behind[1..]),
            behind => {
                let is_modifier = |byte: &u8| b"-+ #0.123456789".contains(byte);
                let length = behind.iter().take_while(|byte| is_modifier(byte)).count();
                let (text, after) = behind.split_at(behind.len().min(length + 1));
                match length {
                    22.. => (Piece::TooLong, after),
                    _ => (Piece::Conversion(text), after),
                }
            }
        },
        Some(at) => (Piece::Text(&rest[..at]), &rest[at..]),
    };
    *rest = behind;
    piece
}

pub(super) fn format(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let args = Args::new("string.format", args);
    let pattern = args.text(1)?;
    let mut out = host.heap.buffer();
    let mut rest = &*pattern;
    let mut number = 1;
    while !rest.is_empty() {
        let piece = piece(&mut rest);
        if let Piece::Text(text) = piece {
            out.extend(text)?;
            continue;
        }
        number += 1;
        if number > args.len() {
            return Err(args.bad(number, "no value"));
        }
        match piece {
            Piece::Conversion(text) => convert(host, &args, number, text, &mut out)?,
            _ => return Err(Raised::Message("invalid format (too long)".into())),
        }
    }
    Ok(Tagged::reference(host.heap.string(out.bytes())?))
}

/// The same where metamethods have a say in what `%s` shows.
pub(super) fn format_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let pattern = Args::new("string.format", args).text(1)?;
    let mut shown = args.to_vec();
    let mut rest = &*pattern;
    let mut number = 0;
    while !rest.is_empty() {
        let Piece::Conversion(text) = piece(&mut rest) else {
            continue;
        };
        number += 1;
        if let (Some(value), [.., b's']) = (shown.get_mut(number), text) {
            *value = lua.text(*value)?;
            lua.hold(*value);
        }
    }
    let host = lua.host();
    let text = format(host, &shown);
    // What was shown by parts of the program is not asked again.
    results.push(match text {
        Err(Raised::Memory) => {
            lua.collect();
            format(lua.host(), &shown)?
        }
        text => text?,
    });
    Ok(())
}

fn convert(
    host: &Host,
    args: &Args<'_>,
    number: usize,
    text: &[u8],
    out: &mut Buffer<'_>,
) -> Result<(), Raised> {
    let shown = String::from_utf8_lossy(text).into_owned();
    let known = text.last().and_then(|&letter| allowed(letter));
    let Some((flags, precise)) = known else {
        return Err(Raised::Message(format!(
            "invalid conversion '%{shown}' to 'format'"
        )));
    };
    let letter = text[text.len() - 1];
    if letter == b'q' {
        if text.len() > 1 {
            return Err(Raised::Message(
                "specifier '%q' cannot have modifiers".into(),
            ));
        }
        return quote(args, number, out);
    }
    let checked = || {
        let mut used = text.iter().take_while(|byte| b"-+ #0".contains(byte));
        let spec = spec(text).filter(|spec| precise || spec.precision.is_none());
        let fits = used.all(|flag| flags.contains(flag));
        spec.filter(|_| fits).ok_or_else(|| {
            let what = format!("invalid conversion specification: '%{shown}'");
            Raised::Message(what)
        })
    };
    // Of most, the argument is looked at first.
    match letter {
        b'c' => {
            let spec = checked()?;
            spec.bytes(out.room(PADDED)?, &[args.int(number)? as u8]);
        }
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
            let value = args.int(number)?;
            out.extend(checked()?.int(value).as_bytes())?;
        }
        b'a' | b'A' => {
            let spec = checked()?;
            out.extend(spec.float(args.float(number)?).as_bytes())?;
        }
        b'p' => {
            let value = args.get(number);
            let place = match value.tag() {
                BUILTIN => format!("{:#x}", builtin_address(value.as_int())),
                STRING.. => format!("{:#x}", value.as_int()),
                _ => "(null)".to_owned(),
            };
            checked()?.bytes(out.room(PADDED)?, place.as_bytes());
        }
        b's' => {
            let mut bytes = host.heap.buffer();
            base::write(host, &mut bytes, args.get(number))?;
            let bytes = bytes.bytes();
            if text.len() > 1 && bytes.contains(&0) {
                return Err(args.bad(number, "string contains zeros"));
            }
            checked()?.bytes(out.room(bytes.len() + PADDED)?, bytes);
        }
        _ => {
            let value = args.float(number)?;
            out.extend(checked()?.float(value).as_bytes())?;
        }
    }
    Ok(())
}

/// `%q`: a value as Lua source.
fn quote(args: &Args<'_>, number: usize, out: &mut Buffer<'_>) -> Result<(), Raised> {
    let value = args.get(number);
    let text = match value.tag() {
        NIL => "nil".to_owned(),
        FALSE => "false".to_owned(),
        TRUE => "true".to_owned(),
        INT if value.as_int() == i64::MIN => "0x8000000000000000".to_owned(),
        INT => value.as_int().to_string(),
        FLOAT => quoted_float(value.as_float()),
        _ => match value.as_reference::<Str>() {
            Some(string) => {
                return Ok(quote_string(bytes_of(&string), out)?);
            }
            None => return Err(args.bad(number, "value has no literal form")),
        },
    };
    Ok(out.extend(text.as_bytes())?)
}

fn quoted_float(value: f64) -> String {
    if value.is_nan() {
        return "(0/0)".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "1e9999" } else { "-1e9999" }.to_owned();
    }
    let exact = Spec {
        letter: b'a',
        ..Spec::default()
    };
    exact.float(value)
}

fn quote_string(bytes: &[u8], out: &mut Buffer<'_>) -> Result<(), OutOfMemory> {
    out.extend(b"\"")?;
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' | b'\n' => out.extend(&[b'\\', byte])?,
            0..32 | 127 => {
                let digit = bytes.get(index + 1).is_some_and(u8::is_ascii_digit);
                let out = out.room(4)?;
                let written = match digit {
                    true => write!(out, "\\{byte:03}"),
                    false => write!(out, "\\{byte}"),
                };
                written.expect("vectors take all that is written");
            }
            _ => out.extend(&[byte])?,
        }
    }
    out.extend(b"\"")
}
