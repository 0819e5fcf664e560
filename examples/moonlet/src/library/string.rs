//! `string`, but for `string.format`

use super::args::Args;
use super::{BuiltinId, Raised, push_all};
use crate::event::Event;
use crate::host::Host;
use crate::number::int;
use crate::value::{BUILTIN, FUNCTION, Tagged};
use crate::vm::Lua;

type Answer = Result<Tagged, Raised>;

/// Metamethods of strings: arithmetic on those that look like numbers.
pub(super) const OPERATORS: [(Event, BuiltinId); 8] = [
    (Event::Add, BuiltinId::StringPlus),
    (Event::Sub, BuiltinId::StringMinus),
    (Event::Mul, BuiltinId::StringTimes),
    (Event::Div, BuiltinId::StringOver),
    (Event::Mod, BuiltinId::StringMod),
    (Event::FloorDiv, BuiltinId::StringFloorDiv),
    (Event::Pow, BuiltinId::StringPow),
    (Event::Neg, BuiltinId::StringNeg),
];

/// The metamethod of strings for this event, if there is one.
pub(crate) fn operator(event: Event) -> Option<BuiltinId> {
    let mut operators = OPERATORS.iter();
    let found = operators.find(|(of, _)| *of == event);
    found.map(|(_, id)| *id)
}

/// What the metamethods of strings do.
pub(super) fn operate(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
    event: Event,
) -> Result<(), Raised> {
    let args = Args::new("?", args);
    let result = lua.operate_on_strings(event, args.get(1), args.get(2))?;
    results.push(result);
    Ok(())
}

/// The longest string that `string.rep` makes.
const LONGEST: usize = i32::MAX as usize;

/// The bytes from a position to another, counted from 1, or from the end if negative.
pub fn substring(bytes: &[u8], from: i64, to: i64) -> &[u8] {
    let length = bytes.len() as i64;
    let first = match from {
        1.. => from,
        0 => 1,
        _ => (length + 1).saturating_add(from).max(1),
    };
    let last = if to < 0 {
        length.saturating_add(to) + 1
    } else {
        to.min(length)
    };
    if first > last {
        return &[];
    }
    &bytes[first as usize - 1..last as usize]
}

fn text(host: &Host, bytes: &[u8]) -> Answer {
    Ok(Tagged::reference(host.heap.string(bytes)?))
}

/// The string whose bytes `change` makes of those given.
fn changed(host: &Host, bytes: &[u8], change: impl FnOnce(&mut [u8])) -> Answer {
    let mut copy = host.heap.buffer();
    copy.extend(bytes)?;
    change(copy.bytes_mut());
    text(host, copy.bytes())
}

pub(super) fn byte(
    host: &mut Host,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let args = Args::new("string.byte", args);
    let bytes = args.text(1)?;
    let from = args.int_or(2, 1)?;
    // The position 0 is before the string, unlike in `string.sub`.
    let to = args.int_or(3, from)?;
    let bytes = match (from, to) {
        (0, 0) => &[],
        _ => substring(&bytes, from, to),
    };
    let values = bytes.iter().map(|&byte| int(i64::from(byte)));
    Ok(push_all(&host.heap, results, values)?)
}

pub(super) fn char(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("string.char", args);
    let mut bytes = host.heap.buffer();
    for number in 1..=args.len() {
        let byte = u8::try_from(args.int(number)?);
        bytes.extend(&[byte.map_err(|_| args.bad(number, "value out of range"))?])?;
    }
    text(host, bytes.bytes())
}

pub(super) fn len(_: &Host, args: &[Tagged]) -> Answer {
    Ok(int(Args::new("string.len", args).text(1)?.len() as i64))
}

pub(super) fn lower(host: &mut Host, args: &[Tagged]) -> Answer {
    let bytes = Args::new("string.lower", args).text(1)?;
    changed(host, &bytes, <[u8]>::make_ascii_lowercase)
}

pub(super) fn upper(host: &mut Host, args: &[Tagged]) -> Answer {
    let bytes = Args::new("string.upper", args).text(1)?;
    changed(host, &bytes, <[u8]>::make_ascii_uppercase)
}

pub(super) fn reverse(host: &mut Host, args: &[Tagged]) -> Answer {
    let bytes = Args::new("string.reverse", args).text(1)?;
    changed(host, &bytes, <[u8]>::reverse)
}

pub(super) fn rep(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("string.rep", args);
    let (bytes, count, between) = (args.text(1)?, args.int(2)?, args.text_or(3, "")?);
    let Some(count) = usize::try_from(count).ok().filter(|&count| count > 0) else {
        return text(host, b"");
    };
    let round = bytes.len() + between.len();
    if round > LONGEST / count {
        return Err(Raised::Message("resulting string too large".into()));
    }
    let rounds = round * (count - 1);
    let mut all = host.heap.buffer();
    let room = all.room(rounds + bytes.len())?;
    // What is there is doubled, so that many short rounds take no longer than few long ones.
    if count > 1 {
        room.extend_from_slice(&bytes);
        room.extend_from_slice(&between);
    }
    while room.len() < rounds {
        let more = room.len().min(rounds - room.len());
        room.extend_from_within(..more);
    }
    room.extend_from_slice(&bytes);
    text(host, all.bytes())
}

pub(super) fn sub(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("string.sub", args);
    let bytes = args.text(1)?;
    text(host, substring(&bytes, args.int(2)?, args.int_or(3, -1)?))
}

/// There is nothing that could load what it would return.
pub(super) fn dump(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("string.dump", args);
    match args.get(1).tag() {
        FUNCTION | BUILTIN => Err(Raised::Message("unable to dump given function".into())),
        _ => Err(args.expected(1, "function")),
    }
}
