//! Fields: table accesses whose key is a constant string.
//!
//! A trace knows the shape, and with it the slot: what is left of an access is the guard of the
//! shape and a load or store. What `__index` leads to is followed the same way, table by table;
//! each guard is on what was read, so objects with a metatable of their own share a trace.

use super::{Moonlet, acts, fault, nil, word};
use crate::bytecode::Slot;
use crate::value::Values;
use crate::value::{NIL, STRING, Str, TABLE, Table};
use offramp::{Done, Machine, Op, Reference};

/// Metatables that are followed inline, at most.
const CHAIN: usize = 8;

/// What looking a key up came to.
enum Found<V> {
    Value(V),
    /// A helper has to look.
    Elsewhere,
}

/// The field itself, nil if there is none; `None` if it may be in the hash part.
#[inline(always)]
fn own<M: Machine<Program = Moonlet>>(
    m: &M,
    table: M::Ref<Table>,
    key: Reference<Str>,
) -> Option<M::Value<Values>> {
    let shape = m.promote(m.load(table, Table::SHAPE));
    let slot = m.promote(m.read(acts::FIND, (m.constant(shape), m.ref_constant(key))));
    match slot {
        0.. => Some(m.get(m.element(table, Table::FIELDS, m.constant(slot))?)),
        acts::ABSENT => Some(nil(m)),
        _ => None,
    }
}

/// Looks `key` up in `table` and in what its metatables lead to.
#[inline(always)]
fn find<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: &M,
    table: M::Ref<Table>,
    key: Reference<Str>,
) -> Found<M::Value<Values>> {
    let mut at = table;
    for _ in 0..CHAIN {
        let Some(value) = own(m, at, key) else {
            return Found::Elsewhere;
        };
        if m.promote(m.tag(value)) != NIL {
            return Found::Value(value);
        }
        let Some(metatable) = m.expect::<Table>(m.load(at, Table::META)) else {
            return Found::Value(nil(m));
        };
        let Some(handler) = own(m, metatable, program.index) else {
            return Found::Elsewhere;
        };
        match m.promote(m.tag(handler)) {
            NIL => return Found::Value(nil(m)),
            TABLE => match m.expect::<Table>(handler) {
                Some(next) => at = next,
                None => return Found::Elsewhere,
            },
            _ => return Found::Elsewhere,
        }
    }
    Found::Elsewhere
}

/// The table that indexing `object` begins at.
#[inline(always)]
fn indexed<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: &M,
    object: M::Value<Values>,
) -> Option<M::Ref<Table>> {
    match m.promote(m.tag(object)) {
        TABLE => m.expect::<Table>(object),
        STRING => Some(m.ref_constant(program.strings)),
        _ => None,
    }
}

/// `R[a] := table[key]`
#[inline(always)]
pub(super) fn get<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    a: Slot,
    table: M::Ref<Table>,
    key: Reference<Str>,
) -> Done<M> {
    match find(program, &*m, table, key) {
        Found::Value(value) => m.commit().set_value(word(a), value).next(),
        Found::Elsewhere => {
            let (object, key) = (m.ref_value(table), m.ref_value(m.ref_constant(key)));
            m.commit()
                .call_outcome(acts::INDEX, (object, key), |called, value| {
                    called.set_value(word(a), value).next()
                })
        }
    }
}

/// `R[a] := R[b][key]`
#[inline(always)]
pub(super) fn get_in<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    key: Reference<Str>,
) -> Done<M> {
    match indexed(program, &*m, m.value(word(b))) {
        Some(table) => get(program, m, a, table, key),
        None => fault(m),
    }
}

/// `R[a+1] := R[b][key]; R[a+2] := R[b]`
#[inline(always)]
pub(super) fn method<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    key: Reference<Str>,
) -> Done<M> {
    let object = m.value(word(b));
    let Some(table) = indexed(program, &*m, object) else {
        return fault(m);
    };
    match find(program, &*m, table, key) {
        Found::Value(value) => m
            .commit()
            .set_value(word(a + 1), value)
            .set_value(word(a + 2), object)
            .next(),
        Found::Elsewhere => {
            let key = m.ref_value(m.ref_constant(key));
            m.commit()
                .call_outcome(acts::INDEX, (object, key), |called, value| {
                    called
                        .set_value(word(a + 1), value)
                        .set_value(word(a + 2), object)
                        .next()
                })
        }
    }
}

/// `table[key] := x`
#[inline(always)]
pub(super) fn set<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    table: M::Ref<Table>,
    key: Reference<Str>,
    x: M::Value<Values>,
) -> Done<M> {
    let shape = m.promote(m.load(table, Table::SHAPE));
    let slot = m.promote(m.read(acts::FIND, (m.constant(shape), m.ref_constant(key))));
    if slot >= 0
        && let Some(field) = m.element(table, Table::FIELDS, m.constant(slot))
        && (m.promote(m.tag(m.load(table, Table::META))) == NIL
            || m.promote(m.tag(m.get(field))) != NIL
            || lacks(&*m, table, program.new_index))
    {
        return m.commit().put(field, x).next();
    }
    if slot == acts::ABSENT && lacks(&*m, table, program.new_index) {
        if m.promote(m.tag(x)) == NIL {
            return m.commit().next();
        }
        let next = m.read(acts::NEXT_SHAPE, (m.constant(shape), m.ref_constant(key)));
        let next = m.promote(next);
        let slot = m.promote(m.read(acts::FIND, (m.constant(next), m.ref_constant(key))));
        if slot >= 0
            && let Some(field) = m.element(table, Table::FIELDS, m.constant(slot))
        {
            let (next, width) = (m.constant(next), m.constant(slot + 1));
            return m
                .commit()
                .put(field, x)
                .store(table, Table::WIDTH, width)
                .store(table, Table::SHAPE, next)
                .next();
        }
        let key = m.ref_value(m.ref_constant(key));
        return m
            .commit()
            .call(acts::RAW_SET, (table, key, x), |called, ()| called.next());
    }
    let (object, key) = (m.ref_value(table), m.ref_value(m.ref_constant(key)));
    m.commit()
        .call_outcome(acts::SET_INDEX, (object, key, x), |called, ()| {
            called.next()
        })
}

/// Whether a table has no metamethod of this name.
#[inline(always)]
pub(super) fn lacks<M: Machine<Program = Moonlet>>(
    m: &M,
    table: M::Ref<Table>,
    name: Reference<Str>,
) -> bool {
    match m.expect::<Table>(m.load(table, Table::META)) {
        None => true,
        Some(metatable) => match own(m, metatable, name) {
            Some(handler) => m.promote(m.tag(handler)) == NIL,
            None => false,
        },
    }
}
