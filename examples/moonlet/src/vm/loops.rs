//! Loops.
//!
//! A numeric loop over integers knows its last value before it begins, so a round ends with one
//! comparison, and nothing can overflow.

use super::call::{self, Site};
use super::field::lacks;
use super::item::has_no_hash;
use super::{Moonlet, acts, builtins, fault, integer, nil, word, word_after};
use crate::bytecode::Slot;
use crate::event::Event;
use crate::library::BuiltinId;
use crate::value::Values;
use crate::value::{BUILTIN, FLOAT, FUNCTION, INT, NIL, Table};
use offramp::{Done, Machine, Op, Pc};

/// Prepares a numeric loop.
#[inline(always)]
pub(super) fn prepare<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    target: Pc,
) -> Done<M> {
    let (limit, step, first) = (
        m.value(word(a)),
        m.value(word_after(a, 1)),
        m.value(word_after(a, 2)),
    );
    let tags = (
        m.promote(m.tag(limit)),
        m.promote(m.tag(step)),
        m.promote(m.tag(first)),
    );
    if tags == (INT, INT, INT) {
        let (limit, step, first) = (m.payload(limit), m.payload(step), m.payload(first));
        if m.is_equal(step, m.constant(1)) {
            if m.is_less(limit, first) {
                return m.commit().jump(target);
            }
            return m.commit().next();
        }
        if m.is_equal(step, m.constant(-1)) {
            if m.is_less(first, limit) {
                return m.commit().jump(target);
            }
            return m.commit().next();
        }
        if m.is_equal(step, m.constant(0)) {
            return fault(m);
        }
        let up = m.is_less(m.constant(0), step);
        let empty = match up {
            true => m.is_less(limit, first),
            false => m.is_less(first, limit),
        };
        if empty {
            return m.commit().jump(target);
        }
        let last = m.read(acts::LAST_VALUE, (first, limit, step));
        let last = m.int_value(INT, last);
        return m.commit().set_value(word(a), last).next();
    }
    if tags == (FLOAT, FLOAT, FLOAT) {
        let (limit, step, first) = (
            m.float_payload(limit),
            m.float_payload(step),
            m.float_payload(first),
        );
        let zero = m.float_constant(0.0);
        if m.is_float_equal(step, zero) {
            return fault(m);
        }
        let runs = match m.is_float_less(zero, step) {
            true => m.is_float_less_equal(first, limit),
            false => m.is_float_less_equal(limit, first),
        };
        if runs {
            return m.commit().next();
        }
        return m.commit().jump(target);
    }
    // All integers or all floats afterwards: once more.
    let a = m.constant(i64::from(a));
    m.commit()
        .call(acts::FOR_PREPARE, (a,), |called, ()| called.jump(pc))
}

/// Ends a round of a numeric loop.
#[inline(always)]
pub(super) fn step<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, target: Pc) -> Done<M> {
    let (limit, step, index) = (
        m.value(word(a)),
        m.value(word_after(a, 1)),
        m.value(word_after(a, 2)),
    );
    if m.promote(m.tag(index)) == INT {
        let (last, step, index) = (m.payload(limit), m.payload(step), m.payload(index));
        if m.is_equal(index, last) {
            return m.commit().next();
        }
        let index = m.int_value(INT, m.add(index, step));
        return m
            .commit()
            .set_value(word_after(a, 2), index)
            .loop_to(target);
    }
    let (limit, step, index) = (
        m.float_payload(limit),
        m.float_payload(step),
        m.float_payload(index),
    );
    let index = m.float_add(index, step);
    let goes_on = match m.is_float_less(m.float_constant(0.0), step) {
        true => m.is_float_less_equal(index, limit),
        false => m.is_float_less_equal(limit, index),
    };
    if goes_on {
        let index = m.float_value(FLOAT, index);
        return m
            .commit()
            .set_value(word_after(a, 2), index)
            .loop_to(target);
    }
    m.commit().next()
}

/// Calls a generic loop's iterator.
#[inline(always)]
pub(super) fn call<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    results: u8,
) -> Done<M> {
    let (iterator, state, control) = (
        m.value(word(a)),
        m.value(word_after(a, 1)),
        m.value(word_after(a, 2)),
    );
    match m.promote(m.tag(iterator)) {
        FUNCTION => {
            let site = Site {
                a: a + 4,
                args: 2,
                results,
                top: 0,
            };
            call::enter(program, m, pc + 1, site, iterator, &[state, control])
        }
        BUILTIN => {
            let id = m.promote(m.payload(iterator));
            if id == BuiltinId::IpairsStep as i64
                && let Some(table) = m.expect::<Table>(state)
                && m.promote(m.tag(control)) == INT
            {
                let index = m.add(m.payload(control), m.constant(1));
                let item = m.element(table, Table::ITEMS, index);
                let ends = match item {
                    Some(item) => {
                        let item = m.get(item);
                        if m.promote(m.tag(item)) != NIL {
                            let index = m.int_value(INT, index);
                            return pair(m, a, results, index, item);
                        }
                        true
                    }
                    None => has_no_hash(&*m, table),
                };
                if ends && lacks(&*m, table, program.names[Event::Index]) {
                    let nil = nil(&*m);
                    return pair(m, a, results, nil, nil);
                }
            }
            let cursor = m.value(word_after(a, 3));
            if id == BuiltinId::Next as i64
                && let Some(table) = m.expect::<Table>(state)
                // At the beginning there is no cursor. A program may begin at a key of its own,
                // which the cursor's place does not follow from.
                && let Some(at) = match m.promote(m.tag(cursor)) {
                    INT => Some(m.payload(cursor)),
                    _ if m.promote(m.tag(control)) == NIL => Some(m.constant(1)),
                    _ => None,
                }
            {
                if let Some(item) = m.element(table, Table::ITEMS, at) {
                    let item = m.get(item);
                    if m.promote(m.tag(item)) != NIL {
                        let behind = m.int_value(INT, m.add(at, m.constant(1)));
                        let index = m.int_value(INT, at);
                        let commit = m.commit().set_value(word_after(a, 3), behind);
                        return pair_in(commit, a, results, index, item);
                    }
                }
                let args = (
                    table,
                    at,
                    m.constant(i64::from(a)),
                    m.constant(i64::from(results)),
                );
                return m
                    .commit()
                    .call(acts::FOR_NEXT, args, |called, ()| called.next());
            }
            let site = Site {
                a: a + 4,
                args: 2,
                results,
                top: 0,
            };
            builtins::call_with(program, m, pc, site, id, state, control)
        }
        _ => {
            let count = integer(&*m, 2);
            m.commit()
                .set_value(word_after(a, 4), count)
                .set_value(word_after(a, 5), iterator)
                .set_value(word_after(a, 6), state)
                .set_value(word_after(a, 7), control)
                .jump(program.calling(pc))
        }
    }
}

#[inline(always)]
fn pair<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    results: u8,
    key: M::Value<Values>,
    value: M::Value<Values>,
) -> Done<M> {
    pair_in(m.commit(), a, results, key, value)
}

#[inline(always)]
fn pair_in<M: Machine<Program = Moonlet>>(
    commit: offramp::Commit<'_, M>,
    a: Slot,
    results: u8,
    key: M::Value<Values>,
    value: M::Value<Values>,
) -> Done<M> {
    let nil = commit.int_value(NIL, commit.constant(0));
    let mut commit = commit.set_value(word_after(a, 4), key);
    if results > 1 {
        commit = commit.set_value(word_after(a, 5), value);
    }
    for extra in 2..results {
        commit = commit.set_value(word(a + 4 + extra), nil);
    }
    commit.next()
}

/// Ends a round of a generic loop.
#[inline(always)]
pub(super) fn next<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot, target: Pc) -> Done<M> {
    let control = m.value(word_after(a, 4));
    if m.promote(m.tag(control)) == NIL {
        return m.commit().next();
    }
    m.commit()
        .set_value(word_after(a, 2), control)
        .loop_to(target)
}
