//! Items: table accesses whose key is computed, lengths, concatenation, constructors.
//!
//! An integer key within the array part is a bounds check and a load or store; so are taking the
//! last item off and, without a hash part, one more item and one that is not there. Everything else
//! is a helper: one that only reads or writes the table where it lacks the metamethod, one that may
//! push the metamethod's frame where it does not.

use super::field::{function, lacks};
use super::{Moonlet, acts, fault, integer, metamethod, nil, word, word_after};
use crate::bytecode::{Count, OPEN, Slot};
use crate::event::Event;
use crate::heap::{MADE_ROOM, shape};
use crate::value::{Due, FLOAT, INT, NIL, STRING, Str, TABLE, Table, Tagged, Values};
use offramp::{Done, Element, Machine, Op, Pc};
use std::cell::Cell;

/// Whether nothing of the table lies in its hash part: then nothing there follows a new item.
#[inline(always)]
pub(super) fn has_no_hash<M: Machine<Program = Moonlet>>(m: &M, table: M::Ref<Table>) -> bool {
    m.is_equal(m.load(table, Table::HASHED), m.constant(0))
}

/// `R[a] := R[b][key]`
#[inline(always)]
pub(super) fn get<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
    key: M::Value<Values>,
) -> Done<M> {
    let object = m.value(word(b));
    if let Some(table) = m.expect::<Table>(object) {
        let name = program.names[Event::Index];
        let integer = m.promote(m.tag(key)) == INT;
        let is_nil;
        if integer && let Some(item) = m.element(table, Table::ITEMS, m.payload(key)) {
            let value = m.get(item);
            if m.promote(m.tag(value)) != NIL {
                return m.commit().set_value(word(a), value).next();
            }
            if lacks(&*m, table, name) {
                let nil = nil(&*m);
                return m.commit().set_value(word(a), nil).next();
            }
            is_nil = true;
        } else if lacks(&*m, table, name) {
            if integer && has_no_hash(&*m, table) {
                let nil = nil(&*m);
                return m.commit().set_value(word(a), nil).next();
            }
            return m.commit().call_into(word(a), acts::RAW_GET, (table, key));
        } else {
            is_nil = integer && has_no_hash(&*m, table);
        }
        if is_nil && let Some(function) = function(&*m, table, name) {
            return metamethod::call(program, m, pc, function, &[object, key]);
        }
    }
    m.commit().call_outcome(
        acts::INDEX,
        (object, key),
        #[inline(always)]
        |called, value| called.set_value(word(a), value).next(),
    )
}

/// `R[a][key] := x`
#[inline(always)]
pub(super) fn set<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    key: M::Value<Values>,
    x: M::Value<Values>,
) -> Done<M> {
    let object = m.value(word(a));
    let Some(table) = m.expect::<Table>(object) else {
        return m
            .commit()
            .call_outcome(acts::SET_INDEX, (object, key, x), |called, ()| {
                called.next()
            });
    };
    let name = program.names[Event::NewIndex];
    let plain = m.promote(m.tag(m.load(table, Table::META))) == NIL;
    if m.promote(m.tag(key)) == INT {
        let index = m.payload(key);
        let some = m.promote(m.tag(x)) != NIL;
        if let Some(item) = m.element(table, Table::ITEMS, index) {
            if plain || m.promote(m.tag(m.get(item))) != NIL || lacks(&*m, table, name) {
                if some {
                    return m.commit().put(item, x).next();
                }
                return clear(m, table, item, key);
            }
            if let Some(function) = function(&*m, table, name) {
                return metamethod::call(program, m, pc, function, &[object, key, x]);
            }
        } else if plain || lacks(&*m, table, name) {
            if some && m.is_equal(index, m.length(table, Table::ITEMS)) {
                return append(m, table, index, x);
            }
            if !some && has_no_hash(&*m, table) {
                return m.commit().next();
            }
        } else if has_no_hash(&*m, table)
            && let Some(function) = function(&*m, table, name)
        {
            return metamethod::call(program, m, pc, function, &[object, key, x]);
        }
    }
    if plain || lacks(&*m, table, name) {
        return m
            .commit()
            .call(acts::RAW_SET, (table, key, x), |called, ()| called.next());
    }
    m.commit()
        .call_outcome(acts::SET_INDEX, (object, key, x), |called, ()| {
            called.next()
        })
}

/// Sets the item behind the array's last, at `index`.
#[inline(always)]
fn append<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    table: M::Ref<Table>,
    index: M::Int,
    x: M::Value<Values>,
) -> Done<M> {
    if has_no_hash(&*m, table)
        && let Some(room) = m.element(table, Table::ROOM, index)
    {
        let length = m.add(index, m.constant(1));
        return m
            .commit()
            .put(room, x)
            .store(table, Table::LENGTH, length)
            .next();
    }
    m.commit()
        .call(acts::APPEND, (table, x), |called, ()| called.next())
}

/// Sets an item to nil. The array ends with a value: where the last is taken off and the one
/// before it is nil, too, a helper looks for the new end.
#[inline(always)]
fn clear<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    table: M::Ref<Table>,
    item: Element<M, Cell<Tagged>>,
    key: M::Value<Values>,
) -> Done<M> {
    let index = m.payload(key);
    let nil = nil(&*m);
    let behind = m.add(index, m.constant(1));
    if !m.is_equal(behind, m.length(table, Table::ITEMS)) {
        return m.commit().put(item, nil).next();
    }
    let before = m.sub(index, m.constant(1));
    if m.is_equal(index, m.constant(1))
        || m.element(table, Table::ITEMS, before)
            .is_some_and(|before| m.promote(m.tag(m.get(before))) != NIL)
    {
        return m
            .commit()
            .put(item, nil)
            .store(table, Table::LENGTH, index)
            .next();
    }
    m.commit()
        .call(acts::RAW_SET, (table, key, nil), |called, ()| called.next())
}

/// `R[a] := #R[b]`
#[inline(always)]
pub(super) fn len<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
) -> Done<M> {
    let object = m.value(word(b));
    let length = match m.promote(m.tag(object)) {
        TABLE => match m.expect::<Table>(object) {
            Some(table) => {
                if m.promote(m.tag(m.load(table, Table::META))) != NIL
                    && !lacks(&*m, table, program.names[Event::Len])
                {
                    return m.commit().jump(program.asking(pc));
                }
                // The array part ends with a value, and what would follow it is not in the hash part.
                m.sub(m.length(table, Table::ITEMS), m.constant(1))
            }
            None => return fault(m),
        },
        STRING => match m.expect::<Str>(object) {
            Some(string) => m.length(string, Str::BYTES),
            None => return fault(m),
        },
        _ => return m.commit().jump(program.asking(pc)),
    };
    let length = m.int_value(INT, length);
    m.commit().set_value(word(a), length).next()
}

/// Whether a value is a string or a number, which join without a metamethod.
#[inline(always)]
pub(super) fn joins<M: Machine<Program = Moonlet>>(m: &M, x: M::Value<Values>) -> bool {
    const { assert!(FLOAT == INT + 1 && STRING == INT + 2) };
    m.is_unsigned_less(m.sub(m.tag(x), m.constant(INT)), m.constant(3))
}

/// `R[a] := R[b] .. … .. R[b+n-1]`
#[inline(always)]
pub(super) fn concat<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
    n: u8,
) -> Done<M> {
    for index in 0..n {
        if !joins(&*m, m.value(word_after(b, index))) {
            let left = integer(&*m, i64::from(n));
            let scratch = word(program.scratch(pc));
            let commit = m.commit().set_value(scratch, left);
            return commit.jump(program.asking(pc));
        }
    }
    match n {
        2 => {
            let args = (m.value(word(b)), m.value(word_after(b, 1)));
            m.commit().call_into(word(a), acts::CONCAT_2, args)
        }
        3 => {
            let args = (
                m.value(word(b)),
                m.value(word_after(b, 1)),
                m.value(word_after(b, 2)),
            );
            m.commit().call_into(word(a), acts::CONCAT_3, args)
        }
        4 => {
            let args = (
                m.value(word(b)),
                m.value(word_after(b, 1)),
                m.value(word_after(b, 2)),
                m.value(word_after(b, 3)),
            );
            m.commit().call_into(word(a), acts::CONCAT_4, args)
        }
        _ => {
            let args = (m.constant(i64::from(b)), m.constant(i64::from(n)));
            m.commit().call_into(word(a), acts::CONCAT_FRAME, args)
        }
    }
}

/// `R[a] := {}`
#[inline(always)]
pub(super) fn new_table<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    a: Slot,
    items: u16,
    fields: u8,
) -> Done<M> {
    let fields = i64::from(fields).min(i64::from(shape::LIMIT));
    let room = (m.constant(i64::from(items) + 1), m.constant(fields));
    // Large ones are rare, and may fail.
    let small = usize::from(items) < MADE_ROOM && fields <= MADE_ROOM as i64;
    let must_ask = || {
        let due = m.load(m.ref_constant(program.due), Due::NOW);
        m.is_equal(due, m.constant(1))
    };
    if !small || must_ask() {
        return m
            .commit()
            .call_into(word(a), acts::COLLECT_AND_NEW_TABLE, room);
    }
    m.commit().make(
        acts::NEW_TABLE,
        room,
        #[inline(always)]
        |commit, table| {
            let table = commit.ref_value(table);
            commit.set_value(word(a), table).next()
        },
    )
}

/// As many values are put into a new table without a helper.
const INLINE_LIST: u8 = 4;

/// `R[a][start+i] := R[a+1+i]`
#[inline(always)]
pub(super) fn set_list<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    count: Count,
    top: Slot,
    start: u32,
) -> Done<M> {
    let Some(table) = m.expect::<Table>(m.value(word(a))) else {
        return fault(m);
    };
    if (1..=INLINE_LIST).contains(&count)
        && start == 1
        && m.is_equal(m.length(table, Table::ITEMS), m.constant(1))
        && has_no_hash(&*m, table)
        && m.promote(m.tag(m.value(word_after(a, count)))) != NIL
    {
        let mut values = [None; INLINE_LIST as usize];
        for index in 1..=count {
            let item = m.element(table, Table::ROOM, m.constant(i64::from(index)));
            values[usize::from(index) - 1] = item.map(|item| (item, m.value(word_after(a, index))));
        }
        if values[usize::from(count) - 1].is_some() {
            let length = m.constant(i64::from(count) + 1);
            let mut commit = m.commit();
            for (item, value) in values.into_iter().flatten() {
                commit = commit.put(item, value);
            }
            return commit.store(table, Table::LENGTH, length).next();
        }
    }
    let count = match count {
        OPEN => m.sub(m.payload(m.value(word(top))), m.constant(i64::from(a) + 1)),
        count => m.constant(i64::from(count)),
    };
    let first = m.constant(i64::from(a) + 1);
    let start = m.constant(i64::from(start));
    m.commit().call(
        acts::SET_LIST,
        (table, first, count, start),
        |called, ()| called.next(),
    )
}
