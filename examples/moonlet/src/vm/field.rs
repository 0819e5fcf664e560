//! Fields: table accesses whose key is a constant string.
//!
//! A trace knows the shape, and with it the slot: what is left of an access is the guard of the
//! shape and a load or store. Where many shapes pass, the slot is looked up at run time instead, with
//! the same helper, and neither shapes nor types are guarded. What `__index` leads to is followed the same way, table by table;
//! each guard is on what was read, so objects with a metatable of their own share a trace.

use super::{Moonlet, acts, metamethod, nil, word, word_after};
use crate::bytecode::Slot;
use crate::event::Event;
use crate::value::Values;
use crate::value::{BUILTIN, FILE, FUNCTION, NIL, STRING, Str, TABLE, Table};
use offramp::{Done, Machine, Op, Pc, Reference};

/// Metatables that are followed inline, at most.
const CHAIN: usize = 8;

/// What looking a key up came to.
enum Found<V> {
    Value(V),
    /// A function has to be called with this object.
    Function(V, V),
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
pub(super) fn own<M: Machine<Program = Moonlet>>(
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
        let Some(handler) = own(m, metatable, program.names[Event::Index]) else {
            return Found::Elsewhere;
        };
        match m.promote(m.tag(handler)) {
            NIL => return Found::Value(nil(m)),
            TABLE => match m.expect::<Table>(handler) {
                Some(next) => at = next,
                None => return Found::Elsewhere,
            },
            FUNCTION | BUILTIN => return Found::Function(handler, m.ref_value(at)),
            _ => return Found::Elsewhere,
        }
    }
    Found::Elsewhere
}

/// The table that indexing `object` begins at; `None` if a helper has to look.
///
/// The first field of the metatables of strings and files is `__index`, as Moonlet makes them so.
#[inline(always)]
fn indexed<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: &M,
    object: M::Value<Values>,
) -> Option<M::Ref<Table>> {
    let metatable = match m.promote(m.tag(object)) {
        TABLE => return m.expect::<Table>(object),
        STRING => m.ref_constant(program.string_meta),
        FILE => m.ref_constant(program.file_meta),
        _ => return None,
    };
    let index = m.element(metatable, Table::FIELDS, m.constant(0))?;
    m.expect::<Table>(m.get(index))
}

/// `R[a] := object[key]`, by a helper.
#[inline(always)]
fn get_by_helper<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    object: M::Value<Values>,
    key: Reference<Str>,
) -> Done<M> {
    let key = m.ref_value(m.ref_constant(key));
    m.commit().call_outcome(
        acts::INDEX,
        (object, key),
        #[inline(always)]
        |called, value| called.set_value(word(a), value).next(),
    )
}

/// `R[a] := globals[key]`
#[inline(always)]
pub(super) fn get_global<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    key: Reference<Str>,
) -> Done<M> {
    let globals = m.ref_constant(program.globals);
    match find(program, &*m, globals, key) {
        Found::Value(value) => m.commit().set_value(word(a), value).next(),
        Found::Function(function, at) => {
            let key = m.ref_value(m.ref_constant(key));
            metamethod::call(program, m, pc, function, &[at, key])
        }
        Found::Elsewhere => {
            let object = m.ref_value(globals);
            get_by_helper(m, a, object, key)
        }
    }
}

/// `R[a] := R[b][key]`
#[inline(always)]
pub(super) fn get<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
    key: Reference<Str>,
) -> Done<M> {
    let object = m.value(word(b));
    if let Some(table) = indexed(program, &*m, object) {
        match find(program, &*m, table, key) {
            Found::Value(value) => return m.commit().set_value(word(a), value).next(),
            Found::Function(function, at) => {
                let key = m.ref_value(m.ref_constant(key));
                return metamethod::call(program, m, pc, function, &[at, key]);
            }
            Found::Elsewhere => {}
        }
    }
    get_by_helper(m, a, object, key)
}

/// `R[a+1] := R[b][key]; R[a+2] := R[b]`
#[inline(always)]
pub(super) fn method<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
    key: Reference<Str>,
) -> Done<M> {
    let object = m.value(word(b));
    if let Some(table) = indexed(program, &*m, object) {
        match find(program, &*m, table, key) {
            Found::Value(value) => {
                return m
                    .commit()
                    .set_value(word_after(a, 1), value)
                    .set_value(word_after(a, 2), object)
                    .next();
            }
            Found::Function(function, at) => {
                let key = m.ref_value(m.ref_constant(key));
                return metamethod::call(program, m, pc, function, &[at, key]);
            }
            Found::Elsewhere => {}
        }
    }
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

/// `R[a][key] := R[b]`
#[inline(always)]
pub(super) fn set<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    key: Reference<Str>,
    b: Slot,
) -> Done<M> {
    let (object, x) = (m.value(word(a)), m.value(word(b)));
    if let Some(table) = m.expect::<Table>(object) {
        return set_in(program, m, pc, table, key, x);
    }
    let key = m.ref_value(m.ref_constant(key));
    m.commit()
        .call_outcome(acts::SET_INDEX, (object, key, x), |called, ()| {
            called.next()
        })
}

/// `table[key] := x`
#[inline(always)]
pub(super) fn set_in<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
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
            || lacks(&*m, table, program.names[Event::NewIndex]))
    {
        return m.commit().put(field, x).next();
    }
    if absent && lacks(&*m, table, program.names[Event::NewIndex]) {
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
    let is_nil = !matches!(place, Place::Elsewhere);
    let (object, key) = (m.ref_value(table), m.ref_value(m.ref_constant(key)));
    if is_nil && let Some(function) = function(&*m, table, program.names[Event::NewIndex]) {
        return metamethod::call(program, m, pc, function, &[object, key, x]);
    }
    m.commit()
        .call_outcome(acts::SET_INDEX, (object, key, x), |called, ()| {
            called.next()
        })
}

/// The metamethod of this name, if it is a function.
#[inline(always)]
pub(super) fn function<M: Machine<Program = Moonlet>>(
    m: &M,
    table: M::Ref<Table>,
    name: Reference<Str>,
) -> Option<M::Value<Values>> {
    let metatable = m.expect::<Table>(m.load(table, Table::META))?;
    let handler = own(m, metatable, name)?;
    matches!(m.promote(m.tag(handler)), FUNCTION | BUILTIN).then_some(handler)
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
