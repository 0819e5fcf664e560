//! `utf8`

use super::args::Args;
use super::{BuiltinId, Raised, push_all};
use crate::host::Host;
use crate::number::int;
use crate::value::{NOTHING, Tagged, is_true};

type Answer = Result<Tagged, Raised>;
type Answers = Result<(), Raised>;

const INVALID: &str = "invalid UTF-8 code";

/// The largest code that six bytes hold.
const MOST: u32 = 0x7fff_ffff;

/// The code that begins at a place, and where it ends; `lax` takes codes that Unicode does not have.
fn decode(text: &[u8], at: usize, lax: bool) -> Option<(u32, usize)> {
    const LEAST: [u32; 6] = [u32::MAX, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    let first = *text.get(at)?;
    if first < 0x80 {
        return Some((first.into(), at + 1));
    }
    let more = first.leading_ones() as usize - 1;
    if !(1..=5).contains(&more) {
        return None;
    }
    let mut code = u32::from(first) & ((1 << (6 - more)) - 1);
    for index in 1..=more {
        let byte = *text.get(at + index)?;
        if byte & 0xc0 != 0x80 {
            return None;
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    let known = code <= 0x10_ffff && !(0xd800..=0xdfff).contains(&code);
    (code >= LEAST[more] && (lax || known)).then_some((code, at + more + 1))
}

/// The bytes of a code, and how many.
fn encode(code: u32) -> ([u8; 6], usize) {
    let mut bytes = [0; 6];
    if code < 0x80 {
        bytes[0] = code as u8;
        return (bytes, 1);
    }
    let bits = 32 - code.leading_zeros();
    // Two bytes hold 11 bits, each one more 5 more.
    let count = (2..6).find(|&count| bits <= 5 * count + 1).unwrap_or(6) as usize;
    for (index, byte) in bytes[..count].iter_mut().rev().enumerate() {
        *byte = 0x80 | (code >> (6 * index) & 0x3f) as u8;
    }
    let lead = !(0xff_u8 >> count);
    bytes[0] = lead | (code >> (6 * (count - 1))) as u8;
    (bytes, count)
}

fn is_continuation(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80)
}

/// A position from the beginning; 0 if it lies before that.
fn from_start(position: i64, length: usize) -> i64 {
    let length = length as i64;
    match position {
        0.. => position,
        _ if position < -length => 0,
        _ => length + position + 1,
    }
}

pub(super) fn char(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("utf8.char", args);
    let mut out = host.heap.buffer();
    for number in 1..=args.len() {
        let code = u32::try_from(args.int(number)?);
        let code = code.ok().filter(|code| *code <= MOST);
        let code = code.ok_or_else(|| args.bad(number, "value out of range"))?;
        let (bytes, count) = encode(code);
        out.extend(&bytes[..count])?;
    }
    Ok(Tagged::reference(host.heap.string(out.bytes())?))
}

pub(super) fn codepoint(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("utf8.codepoint", args);
    let text = args.text(1)?;
    let from = from_start(args.int_or(2, 1)?, text.len());
    let to = from_start(args.int_or(3, from)?, text.len());
    let lax = is_true(args.get(4));
    if from < 1 {
        return Err(args.bad(2, "out of bounds"));
    }
    if to > text.len() as i64 {
        return Err(args.bad(3, "out of bounds"));
    }
    let (mut at, end) = (from as usize - 1, to.max(0) as usize);
    while at < end {
        let Some((code, next)) = decode(&text, at, lax) else {
            return Err(Raised::Message(INVALID.into()));
        };
        push_all(&host.heap, results, [int(code.into())].into_iter())?;
        at = next;
    }
    Ok(())
}

pub(super) fn len(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("utf8.len", args);
    let text = args.text(1)?;
    let from = from_start(args.int_or(2, 1)?, text.len());
    let to = from_start(args.int_or(3, -1)?, text.len());
    let lax = is_true(args.get(4));
    if from < 1 || from - 1 > text.len() as i64 {
        return Err(args.bad(2, "initial position out of bounds"));
    }
    if to > text.len() as i64 {
        return Err(args.bad(3, "final position out of bounds"));
    }
    let (mut at, mut count) = (from as usize - 1, 0);
    while (at as i64) < to {
        match decode(&text, at, lax) {
            Some((_, next)) => at = next,
            None => {
                results.extend([NOTHING, int(at as i64 + 1)]);
                return Ok(());
            }
        }
        count += 1;
    }
    results.push(int(count));
    Ok(())
}

pub(super) fn offset(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("utf8.offset", args);
    let text = args.text(1)?;
    let mut count = args.int(2)?;
    let usual = if count >= 0 { 1 } else { text.len() as i64 + 1 };
    let at = from_start(args.int_or(3, usual)?, text.len());
    if at < 1 || at - 1 > text.len() as i64 {
        return Err(args.bad(3, "position out of bounds"));
    }
    let mut at = at as usize - 1;
    if count == 0 {
        while at > 0 && is_continuation(&text, at) {
            at -= 1;
        }
        return Ok(int(at as i64 + 1));
    }
    if is_continuation(&text, at) {
        let wrong = "initial position is a continuation byte";
        return Err(Raised::Message(wrong.into()));
    }
    if count < 0 {
        while count < 0 && at > 0 {
            at -= 1;
            while at > 0 && is_continuation(&text, at) {
                at -= 1;
            }
            count += 1;
        }
    } else {
        count -= 1;
        while count > 0 && at < text.len() {
            at += 1;
            while is_continuation(&text, at) {
                at += 1;
            }
            count -= 1;
        }
    }
    Ok(match count {
        0 => int(at as i64 + 1),
        _ => NOTHING,
    })
}

pub(super) fn codes(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("utf8.codes", args);
    checked.text(1)?;
    let step = match is_true(checked.get(2)) {
        true => BuiltinId::Utf8LaxStep,
        false => BuiltinId::Utf8Step,
    };
    results.extend([step.value(), args[0], int(0)]);
    Ok(())
}

pub(super) fn step(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    next(args, false, results)
}

pub(super) fn lax_step(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    next(args, true, results)
}

/// The code behind the one at a position.
fn next(args: &[Tagged], lax: bool, results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("?", args);
    let text = args.text(1)?;
    let position = crate::number::to_int(args.get(2)).unwrap_or(0);
    // Behind the first byte of the one before; or at the beginning, where it skips what is none, too.
    let mut at = usize::try_from(position).unwrap_or(usize::MAX);
    while is_continuation(&text, at) {
        at += 1;
    }
    if at >= text.len() {
        return Ok(());
    }
    match decode(&text, at, lax) {
        Some((code, next)) if !is_continuation(&text, next) => {
            results.extend([int(at as i64 + 1), int(code.into())]);
            Ok(())
        }
        _ => Err(Raised::Message(INVALID.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_and_read() {
        let codes = [
            0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000, 0x10_ffff, 0x1f_ffff, 0x20_0000,
            0x3ff_ffff, 0x400_0000, MOST,
        ];
        for (code, length) in codes
            .into_iter()
            .zip([1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6])
        {
            let (bytes, count) = encode(code);
            assert_eq!(count, length, "{code:#x}");
            assert_eq!(decode(&bytes[..count], 0, true), Some((code, count)));
            if let Some(char) = char::from_u32(code) {
                assert_eq!(char.to_string().as_bytes(), &bytes[..count]);
            } else {
                assert_eq!(decode(&bytes[..count], 0, false), None);
            }
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for bytes in [
            &b"\x80"[..],
            b"\xff",
            b"\xfe\x80\x80\x80\x80\x80\x80",
            b"\xc0\x80",
            b"\xe0\x80\x80",
            b"\xc3",
            b"\xc3x",
            b"\xf8\x80\x80\x80\x80",
        ] {
            assert_eq!(decode(bytes, 0, true), None, "{bytes:x?}");
        }
        assert_eq!(decode(b"\xed\xa0\x80", 0, false), None);
        assert_eq!(decode(b"\xed\xa0\x80", 0, true), Some((0xd800, 3)));
    }
}
