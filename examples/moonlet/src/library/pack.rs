//! `string.pack`, `packsize` and `unpack`, and the format strings that they take.
//!
//! The formats and the integers know nothing of the VM. Sizes are those of C on a 64-bit machine, as Debian's
//! lua5.4 has them.

use super::args::Args;
use super::matching::place;
use super::{Raised, push_all};
use crate::heap::Buffer;
use crate::host::Host;
use crate::number::{float, int};
use crate::value::{NOTHING, Tagged};
use smallvec::SmallVec;

/// The most bytes of an integer.
const MOST_INT: u32 = 16;
/// Bytes of an integer of Lua's.
const INT: usize = 8;
/// The most that a size or a sum of sizes may be.
const MOST: usize = i32::MAX as usize;

/// What an option of a format stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Int,
    Uint,
    Float,
    Double,
    /// A string of just this size.
    Chars,
    /// A string after its length.
    Sized,
    /// A string and a zero.
    Zero,
    /// A byte that is skipped.
    Padding,
    /// Only an alignment.
    Align,
    /// Nothing: it sets something for those that follow.
    Nothing,
}

/// An option: what it stands for, the bytes it takes for itself, and those that align it.
#[derive(Clone, Copy, Debug)]
struct Item {
    kind: Kind,
    size: usize,
    padding: usize,
}

/// Why a format is none.
#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Format(String),
    Argument(&'static str),
}

/// A format that is read, option by option.
#[derive(Debug)]
struct Format<'a> {
    rest: &'a [u8],
    little: bool,
    alignment: usize,
}

impl<'a> Format<'a> {
    /// A format ends at a zero, as in C.
    fn new(text: &'a [u8]) -> Format<'a> {
        let end = text.iter().position(|&byte| byte == 0);
        Format {
            rest: &text[..end.unwrap_or(text.len())],
            little: cfg!(target_endian = "little"),
            alignment: 1,
        }
    }

    /// The next option, where so many bytes come before it.
    fn next(&mut self, before: usize) -> Result<Option<Item>, Wrong> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (kind, size) = self.option()?;
        let mut alignment = size;
        if kind == Kind::Align {
            let wrong = Wrong::Argument("invalid next option for option 'X'");
            if self.rest.is_empty() {
                return Err(wrong);
            }
            match self.option()? {
                (Kind::Chars, _) | (_, 0) => return Err(wrong),
                (_, size) => alignment = size,
            }
        }
        let mut padding = 0;
        if alignment > 1 && kind != Kind::Chars {
            alignment = alignment.min(self.alignment);
            if !alignment.is_power_of_two() {
                return Err(Wrong::Argument("format asks for alignment not power of 2"));
            }
            padding = before.wrapping_neg() & (alignment - 1);
        }
        Ok(Some(Item {
            kind,
            size,
            padding,
        }))
    }

    fn option(&mut self) -> Result<(Kind, usize), Wrong> {
        let Some((&letter, rest)) = self.rest.split_first() else {
            return Ok((Kind::Nothing, 0));
        };
        self.rest = rest;
        Ok(match letter {
            b'b' => (Kind::Int, 1),
            b'B' => (Kind::Uint, 1),
            b'h' => (Kind::Int, 2),
            b'H' => (Kind::Uint, 2),
            b'l' | b'j' => (Kind::Int, 8),
            b'L' | b'J' | b'T' => (Kind::Uint, 8),
            b'f' => (Kind::Float, 4),
            b'n' | b'd' => (Kind::Double, 8),
            b'i' => (Kind::Int, self.int_size(4)?),
            b'I' => (Kind::Uint, self.int_size(4)?),
            b's' => (Kind::Sized, self.int_size(8)?),
            b'c' => match self.number() {
                Some(size) => (Kind::Chars, size as usize),
                None => {
                    let missing = "missing size for format option 'c'";
                    return Err(Wrong::Format(missing.to_owned()));
                }
            },
            b'z' => (Kind::Zero, 0),
            b'x' => (Kind::Padding, 1),
            b'X' => (Kind::Align, 0),
            b' ' => (Kind::Nothing, 0),
            b'<' | b'>' | b'=' => {
                self.little = match letter {
                    b'=' => cfg!(target_endian = "little"),
                    letter => letter == b'<',
                };
                (Kind::Nothing, 0)
            }
            b'!' => {
                self.alignment = self.int_size(8)?;
                (Kind::Nothing, 0)
            }
            _ => {
                let letter = char::from(letter);
                return Err(Wrong::Format(format!("invalid format option '{letter}'")));
            }
        })
    }

    /// A number, if there is one. It ends where another digit might be too much.
    fn number(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some((&digit @ b'0'..=b'9', rest)) = self.rest.split_first() {
            let before = value.unwrap_or(0);
            if before > (i32::MAX as u32 - 9) / 10 {
                break;
            }
            value = Some(before * 10 + u32::from(digit - b'0'));
            self.rest = rest;
        }
        value
    }

    fn int_size(&mut self, usual: u32) -> Result<usize, Wrong> {
        match self.number().unwrap_or(usual) {
            size @ 1..=MOST_INT => Ok(size as usize),
            size => Err(Wrong::Format(format!(
                "integral size ({size}) out of limits [1,{MOST_INT}]"
            ))),
        }
    }
}

/// The bytes of an integer.
fn int_bytes(value: i64, negative: bool, size: usize, little: bool) -> [u8; MOST_INT as usize] {
    let mut bytes = [if negative { 0xff } else { 0 }; MOST_INT as usize];
    bytes[..INT].copy_from_slice(&value.to_le_bytes());
    if !little {
        bytes[..size].reverse();
    }
    bytes
}

/// The integer of these bytes, unless it has more of them than one of Lua's.
fn int_of(bytes: &[u8], signed: bool, little: bool) -> Option<i64> {
    let from_lowest = |index: usize| match little {
        true => bytes[index],
        false => bytes[bytes.len() - 1 - index],
    };
    let mut value = 0_u64;
    for index in 0..bytes.len().min(INT) {
        value |= u64::from(from_lowest(index)) << (8 * index);
    }
    let value = value as i64;
    if bytes.len() < INT {
        let unused = 64 - 8 * bytes.len();
        return Some(match signed {
            true => value << unused >> unused,
            false => value,
        });
    }
    let rest = if signed && value < 0 { 0xff } else { 0 };
    (INT..bytes.len())
        .all(|index| from_lowest(index) == rest)
        .then_some(value)
}

fn raised(args: &Args<'_>, wrong: Wrong) -> Raised {
    match wrong {
        Wrong::Format(message) => Raised::Message(message),
        Wrong::Argument(what) => args.bad(1, what),
    }
}

pub(super) fn pack(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    // What is missing is nil, to messages, too.
    let mut all = SmallVec::<[Tagged; 8]>::from_slice(args);
    if !args.is_empty() {
        all.push(NOTHING);
    }
    let args = Args::new("string.pack", &all);
    let text = args.text(1)?;
    let mut format = Format::new(&text);
    let mut out = host.heap.buffer();
    let (mut total, mut number) = (0_usize, 1);
    while let Some(item) = format.next(total).map_err(|wrong| raised(&args, wrong))? {
        let Item {
            kind,
            size,
            padding,
        } = item;
        fill(&mut out, padding)?;
        total = total.wrapping_add(padding + size);
        if !matches!(kind, Kind::Padding | Kind::Align | Kind::Nothing) {
            number += 1;
        }
        match kind {
            Kind::Int => {
                let value = args.int(number)?;
                let unused = 64_usize.saturating_sub(8 * size);
                if value << unused >> unused != value {
                    return Err(args.bad(number, "integer overflow"));
                }
                out.extend(&int_bytes(value, value < 0, size, format.little)[..size])?;
            }
            Kind::Uint => {
                let value = args.int(number)?;
                if size < INT && value as u64 >> (8 * size) != 0 {
                    return Err(args.bad(number, "unsigned overflow"));
                }
                out.extend(&int_bytes(value, false, size, format.little)[..size])?;
            }
            Kind::Float => {
                let bits = (args.float(number)? as f32).to_bits();
                out.extend(&int_bytes(bits.into(), false, size, format.little)[..size])?;
            }
            Kind::Double => {
                let bits = args.float(number)?.to_bits() as i64;
                out.extend(&int_bytes(bits, false, size, format.little)[..size])?;
            }
            Kind::Chars => {
                let text = args.text(number)?;
                let Some(missing) = size.checked_sub(text.len()) else {
                    return Err(args.bad(number, "string longer than given size"));
                };
                out.extend(&text)?;
                fill(&mut out, missing)?;
            }
            Kind::Sized => {
                let text = args.text(number)?;
                if size < INT && text.len() as u64 >> (8 * size) != 0 {
                    return Err(args.bad(number, "string length does not fit in given size"));
                }
                let length = int_bytes(text.len() as i64, false, size, format.little);
                out.extend(&length[..size])?;
                out.extend(&text)?;
                total = total.wrapping_add(text.len());
            }
            Kind::Zero => {
                let text = args.text(number)?;
                if text.contains(&0) {
                    return Err(args.bad(number, "string contains zeros"));
                }
                out.extend(&text)?;
                out.extend(&[0])?;
                total = total.wrapping_add(text.len() + 1);
            }
            Kind::Padding => fill(&mut out, 1)?,
            Kind::Align | Kind::Nothing => {}
        }
    }
    Ok(Tagged::reference(host.heap.string(out.bytes())?))
}

/// Appends zeros.
fn fill(out: &mut Buffer<'_>, count: usize) -> Result<(), Raised> {
    let room = out.room(count)?;
    room.resize(room.len() + count, 0);
    Ok(())
}

pub(super) fn packsize(_: &Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let args = Args::new("string.packsize", args);
    let text = args.text(1)?;
    let mut format = Format::new(&text);
    let mut total = 0;
    while let Some(item) = format.next(total).map_err(|wrong| raised(&args, wrong))? {
        if matches!(item.kind, Kind::Sized | Kind::Zero) {
            return Err(args.bad(1, "variable-length format"));
        }
        let size = item.size + item.padding;
        if size > MOST || total > MOST - size {
            return Err(args.bad(1, "format result too large"));
        }
        total += size;
    }
    Ok(int(total as i64))
}

pub(super) fn unpack(
    host: &mut Host,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let args = Args::new("string.unpack", args);
    let (text, data) = (args.text(1)?, args.text(2)?);
    let mut at = place(args.int_or(3, 1)?, data.len());
    if at > data.len() {
        return Err(args.bad(3, "initial position out of string"));
    }
    let short = || args.bad(2, "data string too short");
    let string = |bytes: &[u8]| host.heap.string(bytes).map(Tagged::reference);
    let mut format = Format::new(&text);
    while let Some(item) = format.next(at).map_err(|wrong| raised(&args, wrong))? {
        let Item {
            kind,
            size,
            padding,
        } = item;
        if padding + size > data.len() - at {
            return Err(short());
        }
        at += padding;
        let (bytes, rest) = data[at..].split_at(size);
        at += size;
        let value = match kind {
            Kind::Int | Kind::Uint => {
                let value = int_of(bytes, kind == Kind::Int, format.little);
                let large = || {
                    let message = format!("{size}-byte integer does not fit into Lua Integer");
                    Raised::Message(message)
                };
                int(value.ok_or_else(large)?)
            }
            Kind::Float => {
                let bits = int_of(bytes, false, format.little).unwrap_or(0);
                float(f32::from_bits(bits as u32).into())
            }
            Kind::Double => {
                let bits = int_of(bytes, false, format.little).unwrap_or(0);
                float(f64::from_bits(bits as u64))
            }
            Kind::Chars => string(bytes)?,
            Kind::Sized => {
                let length = int_of(bytes, false, format.little);
                let length = length.ok_or_else(|| {
                    let message = format!("{size}-byte integer does not fit into Lua Integer");
                    Raised::Message(message)
                })?;
                let text = usize::try_from(length).ok().and_then(|end| rest.get(..end));
                let text = text.ok_or_else(short)?;
                at += text.len();
                string(text)?
            }
            Kind::Zero => {
                let end = rest.iter().position(|&byte| byte == 0);
                let end = end.ok_or_else(|| args.bad(2, "unfinished string for format 'z'"))?;
                at += end + 1;
                string(&rest[..end])?
            }
            Kind::Padding | Kind::Align | Kind::Nothing => continue,
        };
        push_all(&host.heap, results, [value].into_iter())?;
    }
    results.push(int(at as i64 + 1));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_all_sizes_come_back() {
        for value in [0, 1, -1, 127, -128, 0x1234_5678, i64::MIN, i64::MAX] {
            for size in 1..=MOST_INT as usize {
                for little in [false, true] {
                    let bytes = int_bytes(value, value < 0, size, little);
                    let unused = 64_usize.saturating_sub(8 * size);
                    let expected = value << unused >> unused;
                    assert_eq!(int_of(&bytes[..size], true, little), Some(expected));
                }
            }
        }
        assert_eq!(int_of(&[0xff; 16], false, true), None);
        assert_eq!(int_of(&[0xff; 16], true, true), Some(-1));
        assert_eq!(int_of(&[0xff; 8], false, true), Some(-1));
    }

    #[test]
    fn options_are_aligned() {
        let mut format = Format::new(b"!4 b i8 Xi4 !2 i4");
        let mut items = Vec::new();
        let mut total = 0;
        while let Some(item) = format.next(total).expect("a format") {
            total += item.size + item.padding;
            if item.kind != Kind::Nothing {
                items.push((item.kind, item.size, item.padding));
            }
        }
        let expected = [
            (Kind::Int, 1, 0),
            (Kind::Int, 8, 3),
            (Kind::Align, 0, 0),
            (Kind::Int, 4, 0),
        ];
        assert_eq!(items, expected);
    }

    #[test]
    fn what_is_no_format_says_so() {
        let wrong = |text: &[u8]| {
            let mut format = Format::new(text);
            loop {
                match format.next(0) {
                    Ok(Some(_)) => {}
                    Ok(None) => return None,
                    Err(wrong) => return Some(wrong),
                }
            }
        };
        assert_eq!(wrong(b"i4 \0?"), None);
        assert!(matches!(wrong(b"i17"), Some(Wrong::Format(text)) if text.contains("(17)")));
        assert!(matches!(wrong(b"c"), Some(Wrong::Format(_))));
        assert!(matches!(wrong(b"X"), Some(Wrong::Argument(_))));
        assert!(matches!(wrong(b"Xc1"), Some(Wrong::Argument(_))));
        assert!(matches!(wrong(b"!4i3"), Some(Wrong::Argument(_))));
    }
}
