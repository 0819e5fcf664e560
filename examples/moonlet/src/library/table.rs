//! `table`

use super::args::{Args, Text};
use super::{Raised, push_all};
use crate::host::Host;
use crate::number::int;
use crate::value::Tagged;
use crate::value::{NOTHING, STRING, Str, Table, bytes_of, type_name};

type Answer = Result<Tagged, Raised>;

/// The most values that `table.unpack` answers.
const MOST: u64 = 1_000_000;

pub(super) fn concat(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("table.concat", args);
    let table = args.table(1)?;
    let between = args.text_or(2, "")?;
    let (from, to) = (args.int_or(3, 1)?, args.int_or(4, table.border())?);
    let mut all = host.heap.buffer();
    for index in from..=to {
        if index > from {
            all.extend(&between)?;
        }
        let value = table.get_int(index);
        let Some(text) = Text::of(value) else {
            let kind = type_name(value);
            let what = format!("invalid value ({kind}) at index {index} in table for 'concat'");
            return Err(Raised::Message(what));
        };
        all.extend(&text)?;
    }
    Ok(Tagged::reference(host.heap.string(all.bytes())?))
}

pub(super) fn insert(host: &mut Host, args: &[Tagged], _: &mut Vec<Tagged>) -> Result<(), Raised> {
    let args = Args::new("table.insert", args);
    let table = args.table(1)?;
    let end = table.border() + 1;
    match args.len() {
        2 => table.set_int(&host.heap, end, args.get(2))?,
        3 => {
            let place = args.int(2)?;
            if !(1..=end).contains(&place) {
                return Err(args.bad(2, "position out of bounds"));
            }
            // Only the first of these may need memory: the array is longer then.
            for index in (place..end).rev() {
                table.set_int(&host.heap, index + 1, table.get_int(index))?;
            }
            table.set_int(&host.heap, place, args.get(3))?;
        }
        _ => {
            let what = "wrong number of arguments to 'insert'";
            return Err(Raised::Message(what.into()));
        }
    }
    Ok(())
}

pub(super) fn pack(host: &mut Host, args: &[Tagged]) -> Answer {
    let table = host.heap.table(args.len(), 1)?;
    table.set_list(&host.heap, 1, args)?;
    let count = int(args.len() as i64);
    table.set_str(&host.heap, host.heap.string(b"n")?, count)?;
    Ok(Tagged::reference(table))
}

pub(super) fn remove(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("table.remove", args);
    let table = args.table(1)?;
    let size = table.border();
    let mut place = size;
    if args.len() > 1 {
        place = args.int_or(2, size)?;
        // Of an empty table, 0 may be removed as well as 1.
        if place.wrapping_sub(1) as u64 > size as u64 && !(size == 0 && place == 0) {
            return Err(args.bad(1, "position out of bounds"));
        }
    }
    let removed = table.get_int(place);
    for index in place..size {
        table.set_int(&host.heap, index, table.get_int(index + 1))?;
    }
    table.set_int(&host.heap, place.max(size), NOTHING)?;
    Ok(removed)
}

/// Takes a string for the list it looks like when it is indexed, as nothing but tables is asked for.
pub(super) fn unpack(
    host: &mut Host,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let args = Args::new("table.unpack", args);
    let list = args.get(1);
    let wrong = |verb: &str| {
        let kind = type_name(list);
        Raised::plain(format!("attempt to {verb} a {kind} value"))
    };
    let from = args.int_or(2, 1)?;
    let to = match args.get(3) {
        end if end == NOTHING => match (list.as_reference::<Table>(), list.as_reference::<Str>()) {
            (Some(table), _) => table.border(),
            (_, Some(string)) => bytes_of(&string).len() as i64,
            _ => return Err(wrong("get length of")),
        },
        _ => args.int(3)?,
    };
    if from > to {
        return Ok(());
    }
    if to.wrapping_sub(from) as u64 >= MOST {
        return Err(Raised::Message("too many results to unpack".into()));
    }
    let table = match list.tag() {
        STRING => host.strings,
        _ => list.as_reference().ok_or_else(|| wrong("index"))?,
    };
    let count = to.wrapping_sub(from) as usize + 1;
    let values = (0..count).map(|index| table.get_int(from.wrapping_add(index as i64)));
    Ok(push_all(&host.heap, results, values)?)
}
