//! Fields: table accesses whose key is a constant string.
//!
//! A trace knows the shape, and with it the slot: what is left of an access is the guard of the
//! shape and a load or store. Where many shapes pass, the slot is looked up at run time instead, with
//! the same helper, and neither shapes nor types are guarded. What `__index` leads to is followed the same way, table by table;
//! each guard is on what was read, so objects with a metatable of their own share a trace.

use super::{Moonlet, acts, fault, nil, word, word_after};
use crate::bytecode::Slot;
use crate::value::Values;
use crate::value::{FILE, NIL, STRING, Str, TABLE, Table};
use offramp::{Done, Machine, Op, Reference};

/// Metatables that are followed inline, at most.
const CHAIN: usize = 8;

/// What looking a key up came to.
enum Found<V> {
    Value(V),
    /// A helper has to look.
    Elsewhere,
}

/// Where a table of some shape has the field of some key.
enum Place<I> {
    Slot(I),
    /// There is none.
    Absent,
    /// Only the hash part knows.
    Elsewhere,
}

/// The shape, and where it has the key. The trace knows both, unless it is made for any shape.
#[inline(always)]
fn look<M: Machine<Program = Moonlet>>(
    m: &M,
    shape: M::Int,
    key: Reference<Str>,
) -> (M::Int, Place<M::Int>) {
    if m.general() {
        let slot = m.read(acts::FIND, (shape, m.ref_constant(key)));
        let place = if m.is_less_equal(m.constant(0), slot) {
            Place::Slot(slot)
        } else if m.is_equal(slot, m.constant(acts::ABSENT)) {
            Place::Absent
        } else {
            Place::Elsewhere
        };
        return (shape, place);
    }
    let shape = m.promote(shape);
    let slot = m.promote(m.read(acts::FIND, (m.constant(shape), m.ref_constant(key))));
    let place = match slot {
        0.. => Place::Slot(m.constant(slot)),
        acts::ABSENT => Place::Absent,
        _ => Place::Elsewhere,
    };
    (m.constant(shape), place)
}

/// Whether a value is nil; the trace knows its type then, unless it is made for any.
#[inline(always)]
fn is_nil<M: Machine<Program = Moonlet>>(m: &M, value: M::Value<Values>) -> bool {
    match m.general() {
        true => m.is_equal(m.tag(value), m.constant(NIL)),
        false => m.promote(m.tag(value)) == NIL,
    }
}

/// The field itself, nil if there is none; `None` if it may be in the hash part.
#[inline(always)]
fn own<M: Machine<Program = Moonlet>>(
    m: &M,
    table: M::Ref<Table>,
    key: Reference<Str>,
) -> Option<M::Value<Values>> {
    match look(m, m.load(table, Table::SHAPE), key).1 {
        Place::Slot(slot) => Some(m.get(m.element(table, Table::FIELDS, slot)?)),
        Place::Absent => Some(nil(m)),
        Place::Elsewhere => None,
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
        if !is_nil(m, value) {
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
        FILE => Some(m.ref_constant(program.files)),
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
            m.commit().call_outcome(
                acts::INDEX,
                (object, key),
                #[inline(always)]
                |called, value| called.set_value(word(a), value).next(),
            )
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
            .set_value(word_after(a, 1), value)
            .set_value(word_after(a, 2), object)
            .next(),
        Found::Elsewhere => {
            let key = m.ref_value(m.ref_constant(key));
            m.commit().call_outcome(
                acts::INDEX,
                (object, key),
                #[inline(always)]
                |called, value| {
                    called
                        .set_value(word_after(a, 1), value)
                        .set_value(word_after(a, 2), object)
                        .next()
                },
            )
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
    let (shape, place) = look(&*m, m.load(table, Table::SHAPE), key);
    let absent = matches!(place, Place::Absent);
    if let Place::Slot(slot) = place
        && let Some(field) = m.element(table, Table::FIELDS, slot)
        && (m.promote(m.tag(m.load(table, Table::META))) == NIL
            || !is_nil(&*m, m.get(field))
            || lacks(&*m, table, program.new_index))
    {
        return m.commit().put(field, x).next();
    }
    if absent && lacks(&*m, table, program.new_index) {
        if m.promote(m.tag(x)) == NIL {
            return m.commit().next();
        }
        let next = m.read(acts::NEXT_SHAPE, (shape, m.ref_constant(key)));
        let (next, place) = look(&*m, next, key);
        if let Place::Slot(slot) = place
            && let Some(field) = m.element(table, Table::FIELDS, slot)
        {
            let width = match m.general() {
                true => m.add(slot, m.constant(1)),
                false => m.constant(m.promote(slot) + 1),
            };
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
            Some(handler) => is_nil(m, handler),
            None => false,
        },
    }
}
