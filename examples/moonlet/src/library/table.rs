//! `table`
//!
//! Most functions have two forms: one for tables whose items are their own, and one that asks metamethods.

use super::args::{Args, Text};
use super::sort::{self, Items};
use super::{Raised, push_all};
use crate::heap::Bytes;
use crate::host::Host;
use crate::number::int;
use crate::value::Tagged;
use crate::value::{
    BUILTIN, FUNCTION, NIL, NOTHING, STRING, Str, Table, bytes_of, is_true, type_name,
};
use crate::vm::Lua;
use offramp::Reference;
use std::ops::RangeInclusive;

type Answer = Result<Tagged, Raised>;
type Answers = Result<(), Raised>;

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
            return Err(concat_error(value, index));
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

fn concat_error(value: Tagged, index: i64) -> Raised {
    let kind = type_name(value);
    let what = format!("invalid value ({kind}) at index {index} in table for 'concat'");
    Raised::Message(what)
}

pub(super) fn concat_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let checked = Args::new("table.concat", args);
    checked.table(1)?;
    let length = lua.length(args[0])?;
    let between = checked.text_or(2, "")?;
    let (from, to) = (checked.int_or(3, 1)?, checked.int_or(4, length)?);
    let mut all = Bytes::new(lua.heap());
    let joined = join(lua, args[0], &between, from..=to, &mut all);
    let joined = joined.and_then(|()| lua.string(all.bytes()));
    all.release(lua.heap());
    results.push(joined?);
    Ok(())
}

fn join(
    lua: &mut Lua<'_, '_>,
    list: Tagged,
    between: &[u8],
    items: RangeInclusive<i64>,
    all: &mut Bytes,
) -> Answers {
    let first = *items.start();
    for index in items {
        if index > first {
            lua.with_memory(|heap| all.extend(heap, between))?;
        }
        let value = lua.index(list, int(index))?;
        let text = Text::of(value).ok_or_else(|| concat_error(value, index))?;
        lua.hold(value);
        lua.with_memory(|heap| all.extend(heap, &text))?;
        lua.release(lua.held() - 1);
    }
    Ok(())
}

pub(super) fn insert_by(lua: &mut Lua<'_, '_>, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("table.insert", args);
    checked.table(1)?;
    let list = args[0];
    let end = lua.length(list)?.wrapping_add(1);
    match args.len() {
        2 => lua.set_index(list, int(end), args[1]),
        3 => {
            let place = checked.int(2)?;
            if place.wrapping_sub(1) as u64 >= end as u64 {
                return Err(checked.bad(2, "position out of bounds"));
            }
            let mut index = end;
            while index > place {
                copy_item(lua, (list, index - 1), (list, index))?;
                index -= 1;
            }
            lua.set_index(list, int(place), args[2])
        }
        _ => {
            let what = "wrong number of arguments to 'insert'";
            Err(Raised::Message(what.into()))
        }
    }
}

/// Copies an item of a list to another place.
fn copy_item(lua: &mut Lua<'_, '_>, from: (Tagged, i64), to: (Tagged, i64)) -> Answers {
    let value = lua.index(from.0, int(from.1))?;
    lua.hold(value);
    lua.set_index(to.0, int(to.1), value)?;
    lua.release(lua.held() - 1);
    Ok(())
}

pub(super) fn remove_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let checked = Args::new("table.remove", args);
    checked.table(1)?;
    let list = args[0];
    let size = lua.length(list)?;
    let mut place = checked.int_or(2, size)?;
    if args.len() > 1 && place.wrapping_sub(1) as u64 > size as u64 {
        return Err(checked.bad(2, "position out of bounds"));
    }
    let removed = lua.index(list, int(place))?;
    lua.hold(removed);
    while place < size {
        copy_item(lua, (list, place + 1), (list, place))?;
        place += 1;
    }
    lua.set_index(list, int(place), NOTHING)?;
    results.push(removed);
    Ok(())
}

pub(super) fn move_items(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let checked = Args::new("table.move", args);
    let (from, to, place) = (checked.int(2)?, checked.int(3)?, checked.int(4)?);
    let target = if checked.get(5).tag() == NIL { 1 } else { 5 };
    checked.table(1)?;
    checked.table(target)?;
    let (source, target) = (args[0], args[target - 1]);
    if to >= from {
        if from <= 0 && to >= i64::MAX.wrapping_add(from) {
            return Err(checked.bad(3, "too many elements to move"));
        }
        let count = to - from + 1;
        if place > i64::MAX - count + 1 {
            return Err(checked.bad(4, "destination wrap around"));
        }
        let upwards = place > to || place <= from || source != target;
        for index in 0..count {
            let index = if upwards { index } else { count - 1 - index };
            copy_item(lua, (source, from + index), (target, place + index))?;
        }
    }
    results.push(target);
    Ok(())
}

pub(super) fn unpack_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let checked = Args::new("table.unpack", args);
    let list = checked.get(1);
    let from = checked.int_or(2, 1)?;
    let to = match checked.get(3).tag() {
        NIL => lua.length(list)?,
        _ => checked.int(3)?,
    };
    if from > to {
        return Ok(());
    }
    if to.wrapping_sub(from) as u64 >= MOST {
        return Err(Raised::Message("too many results to unpack".into()));
    }
    for index in from..=to {
        let value = lua.index(list, int(index))?;
        lua.hold(value);
        lua.with_memory(|heap| {
            let room = || results.try_reserve(1).ok();
            heap.memory.system(0, room)
        })?;
        results.push(value);
    }
    Ok(())
}

pub(super) fn sort(lua: &mut Lua<'_, '_>, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("table.sort", args);
    let table = checked.table(1)?;
    let count = lua.length(args[0])?;
    if count <= 1 {
        return Ok(());
    }
    if count >= i64::from(i32::MAX) {
        return Err(checked.bad(1, "array too big"));
    }
    let order = checked.get(2);
    if !matches!(order.tag(), NIL | FUNCTION | BUILTIN) {
        return Err(checked.expected(2, "function"));
    }
    let raw = table.metatable().is_none();
    let mut sorting = Sorting {
        base: lua.held(),
        lua,
        list: args[0],
        raw: raw.then_some(table),
        order: Some(order).filter(|order| order.tag() != NIL),
    };
    sort::sort(&mut sorting, 1, count as u32)
}

/// A list that is sorted.
#[derive(Debug)]
struct Sorting<'a, 'l, 'c> {
    lua: &'a mut Lua<'l, 'c>,
    list: Tagged,
    /// The list, if it had no metatable at first.
    raw: Option<Reference<Table>>,
    order: Option<Tagged>,
    /// As many values are held besides.
    base: usize,
}

impl Items for Sorting<'_, '_, '_> {
    type Item = Tagged;
    type Error = Raised;

    fn get(&mut self, index: u32) -> Result<Tagged, Raised> {
        match self.raw.filter(|table| table.meta.get().tag() == NIL) {
            Some(table) => Ok(table.get_int(index.into())),
            None => self.lua.index(self.list, int(index.into())),
        }
    }

    fn set(&mut self, index: u32, item: Tagged) -> Result<(), Raised> {
        match self.raw.filter(|table| table.meta.get().tag() == NIL) {
            Some(table) => self.lua.raw_set(table, int(index.into()), item),
            None => self.lua.set_index(self.list, int(index.into()), item),
        }
    }

    fn less(&mut self, x: Tagged, y: Tagged) -> Result<bool, Raised> {
        match self.order {
            Some(order) => Ok(is_true(self.lua.call_one(order, &[x, y])?)),
            None => self.lua.less(x, y),
        }
    }

    fn keep(&mut self, place: usize, item: Tagged) {
        let held = &mut self.lua.host().held;
        let place = self.base + place;
        if held.len() <= place {
            held.resize(place + 1, NOTHING);
        }
        held[place] = item;
    }

    fn invalid_order(&mut self) -> Raised {
        Raised::Message("invalid order function for sorting".into())
    }
}
