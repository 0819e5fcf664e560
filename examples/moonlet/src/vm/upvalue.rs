//! Functions, what they captured, and the cells of variables that are captured and assigned.

use super::{Moonlet, acts, fault, word};
use crate::bytecode::{Capture, Slot};
use crate::value::Values;
use crate::value::{Function, Variable};
use offramp::{Done, Machine, Op};

/// `R[a] := cell(R[a])`
#[inline(always)]
pub(super) fn new_cell<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot) -> Done<M> {
    let x = m.value(word(a));
    m.commit().call_into(word(a), acts::NEW_CELL, (x,))
}

/// `R[a] := R[b].cell`
#[inline(always)]
pub(super) fn get_cell<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let Some(cell) = m.expect::<Variable>(m.value(word(b))) else {
        return fault(m);
    };
    let x = m.load(cell, Variable::VALUE);
    m.commit().set_value(word(a), x).next()
}

/// `R[a].cell := R[b]`
#[inline(always)]
pub(super) fn set_cell<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let Some(cell) = m.expect::<Variable>(m.value(word(a))) else {
        return fault(m);
    };
    let x = m.value(word(b));
    m.commit().store(cell, Variable::VALUE, x).next()
}

/// What the running function captured as its `u`-th.
#[inline(always)]
fn captured<M: Machine<Program = Moonlet>>(m: &M, u: u8) -> Option<M::Value<Values>> {
    let function = m.expect::<Function>(m.value(word(0)))?;
    let place = m.element(function, Function::CAPTURED, m.constant(i64::from(u)))?;
    Some(m.get(place))
}

/// `R[a] := captured[u]`
#[inline(always)]
pub(super) fn get<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, u: u8) -> Done<M> {
    match captured(&*m, u) {
        Some(x) => m.commit().set_value(word(a), x).next(),
        None => fault(m),
    }
}

/// `R[a] := captured[u].cell`
#[inline(always)]
pub(super) fn get_in_cell<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, u: u8) -> Done<M> {
    let cell = captured(&*m, u).and_then(|cell| m.expect::<Variable>(cell));
    let Some(cell) = cell else {
        return fault(m);
    };
    let x = m.load(cell, Variable::VALUE);
    m.commit().set_value(word(a), x).next()
}

/// `captured[u].cell := R[b]`
#[inline(always)]
pub(super) fn set_in_cell<M: Machine<Program = Moonlet>>(m: Op<'_, M>, u: u8, b: Slot) -> Done<M> {
    let cell = captured(&*m, u).and_then(|cell| m.expect::<Variable>(cell));
    let Some(cell) = cell else {
        return fault(m);
    };
    let x = m.value(word(b));
    m.commit().store(cell, Variable::VALUE, x).next()
}

/// `R[a] := function p`
#[inline(always)]
pub(super) fn close<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    a: Slot,
    p: u32,
) -> Done<M> {
    let captures = &program.prototype(i64::from(p)).captures;
    let prototype = m.constant(i64::from(p));
    if captures.len() > 3 {
        return m
            .commit()
            .call_into(word(a), acts::CLOSE_FRAME, (prototype,));
    }
    let take = |index: usize| match captures.get(index) {
        None => Some(super::nil(&*m)),
        Some(Capture::Local(slot)) => Some(m.value(word(*slot))),
        Some(Capture::Upvalue(u)) => captured(&*m, *u),
    };
    let (Some(x), Some(y), Some(z)) = (take(0), take(1), take(2)) else {
        return fault(m);
    };
    m.commit()
        .call_into(word(a), acts::CLOSE, (prototype, x, y, z))
}
