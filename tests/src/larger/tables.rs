//! Tables and closures: fields by shape, elements by index, what a closure captured.

use super::Tagged;
use super::host::{ADD_FIELD, APPEND, Closure, INT, LOOKUP, NIL, Table};
use super::instruction::Slot;
use super::{Larger, arithmetic, word};
use offramp::{Done, Element, Machine, Op};
use std::cell::Cell;

/// The slot of `key`, found once per shape: the shape is promoted, so the look-up is a constant.
#[inline(always)]
fn slot<M: Machine<Program = Larger>>(
    m: &M,
    table: M::Ref<Table>,
    key: u32,
) -> Option<Element<M, Cell<Tagged>>> {
    let shape = m.promote(m.load(table, Table::SHAPE));
    let slot = m.read(LOOKUP, (m.constant(shape), m.constant(key.into())));
    if m.is_less(slot, m.constant(0)) {
        return None;
    }
    m.element(table, Table::SLOTS, slot)
}

/// The metamethod of a value, if it is a table that has one.
#[inline(always)]
pub(super) fn metamethod<M: Machine<Program = Larger>>(
    m: &M,
    value: M::Value<super::Values>,
    key: u32,
) -> Option<M::Ref<Closure>> {
    let table = m.expect::<Table>(value)?;
    let meta = m.expect::<Table>(m.load(table, Table::META))?;
    let method = m.get(slot(m, meta, key)?);
    m.expect::<Closure>(method)
}

#[inline(always)]
pub(super) fn get_field<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    key: u32,
) -> Done<M> {
    let Some(table) = m.expect::<Table>(m.value(word(b))) else {
        return arithmetic::wrong(m, a);
    };
    let value = match slot(&*m, table, key) {
        Some(slot) => m.get(slot),
        None => m.int_value(NIL, m.constant(0)),
    };
    m.commit().set_value(word(a), value).next()
}

#[inline(always)]
pub(super) fn set_field<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    key: u32,
    b: Slot,
) -> Done<M> {
    let Some(table) = m.expect::<Table>(m.value(word(a))) else {
        return arithmetic::wrong(m, a);
    };
    let value = m.value(word(b));
    if let Some(slot) = slot(&*m, table, key) {
        return m.commit().put(slot, value).next();
    }
    let key = m.constant(key.into());
    m.commit()
        .call(ADD_FIELD, (table, key, value), |called, ()| called.next())
}

#[inline(always)]
fn element<M: Machine<Program = Larger>>(
    m: &M,
    table: M::Value<super::Values>,
    index: M::Value<super::Values>,
) -> Option<Element<M, Cell<Tagged>>> {
    let table = m.expect::<Table>(table)?;
    if m.promote(m.tag(index)) != INT {
        return None;
    }
    m.element(table, Table::ITEMS, m.payload(index))
}

#[inline(always)]
pub(super) fn get_index<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    c: Slot,
) -> Done<M> {
    let Some(element) = element(&*m, m.value(word(b)), m.value(word(c))) else {
        return arithmetic::wrong(m, a);
    };
    let value = m.get(element);
    m.commit().set_value(word(a), value).next()
}

#[inline(always)]
pub(super) fn set_index<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    c: Slot,
) -> Done<M> {
    let Some(element) = element(&*m, m.value(word(a)), m.value(word(b))) else {
        return arithmetic::wrong(m, a);
    };
    let value = m.value(word(c));
    m.commit().put(element, value).next()
}

#[inline(always)]
pub(super) fn append<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let Some(table) = m.expect::<Table>(m.value(word(a))) else {
        return arithmetic::wrong(m, a);
    };
    let value = m.value(word(b));
    m.commit()
        .call(APPEND, (table, value), |called, ()| called.next())
}

#[inline(always)]
pub(super) fn length<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let Some(table) = m.expect::<Table>(m.value(word(b))) else {
        return arithmetic::wrong(m, a);
    };
    let length = m.int_value(INT, m.length(table, Table::ITEMS));
    m.commit().set_value(word(a), length).next()
}

#[inline(always)]
pub(super) fn set_meta<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let Some(table) = m.expect::<Table>(m.value(word(a))) else {
        return arithmetic::wrong(m, a);
    };
    let meta = m.value(word(b));
    m.commit().store(table, Table::META, meta).next()
}

#[inline(always)]
pub(super) fn captured<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let Some(closure) = m.expect::<Closure>(m.value(word(b))) else {
        return arithmetic::wrong(m, a);
    };
    let value = m.load(closure, Closure::CAPTURED);
    m.commit().set_value(word(a), value).next()
}

#[inline(always)]
pub(super) fn set_captured<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
) -> Done<M> {
    let Some(closure) = m.expect::<Closure>(m.value(word(a))) else {
        return arithmetic::wrong(m, a);
    };
    let value = m.value(word(b));
    m.commit().store(closure, Closure::CAPTURED, value).next()
}
