//! Calls, returns, continuations and builtins.

use super::host::{BOOL, Closure, FLOAT, INT, NIL};
use super::instruction::{Instr, Slot};
use super::{FRAME, Larger, SCRATCH, arithmetic, word};
use offramp::{Done, Failure, Machine, Op, Pc};

pub(super) const OVERFLOW: Failure = Failure("stack overflow");

/// Enters a closure whose window is `window`: the callee is promoted, so a trace knows the code.
#[inline(always)]
pub(super) fn enter<M: Machine<Program = Larger>, const N: usize>(
    program: &Larger,
    m: Op<'_, M>,
    window: Slot,
    back: Pc,
    closure: M::Ref<Closure>,
    args: [M::Value<super::Values>; N],
) -> Done<M> {
    if !m.has_room(word(window) + 2 + FRAME) {
        return m.commit().fail(OVERFLOW);
    }
    let function = m.promote(m.load(closure, Closure::FUNCTION));
    let target = program.entry(function as u32);
    let itself = m.ref_value(closure);
    let mut commit = m.commit().set_value(word(window + 1), itself);
    for (slot, value) in (window + 2..).zip(args) {
        commit = commit.set_value(word(slot), value);
    }
    commit.enter(word(window) + 2, back, target)
}

#[inline(always)]
pub(super) fn call<M: Machine<Program = Larger>>(
    program: &Larger,
    m: Op<'_, M>,
    pc: Pc,
    window: Slot,
) -> Done<M> {
    let Some(closure) = m.expect::<Closure>(m.value(word(window))) else {
        return arithmetic::wrong(m, window);
    };
    enter(program, m, window, pc + 1, closure, [])
}

#[inline(always)]
pub(super) fn tail_call<M: Machine<Program = Larger>>(
    program: &Larger,
    m: Op<'_, M>,
    a: Slot,
) -> Done<M> {
    let callee = m.value(word(a));
    let Some(closure) = m.expect::<Closure>(callee) else {
        return arithmetic::wrong(m, a);
    };
    let function = m.promote(m.load(closure, Closure::FUNCTION));
    let target = program.entry(function as u32);
    let argument = m.value(word(a + 1));
    let itself = m.ref_value(closure);
    m.commit()
        .set_value(word(0), itself)
        .set_value(word(1), argument)
        .tail(target)
}

#[inline(always)]
pub(super) fn return_two<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let (first, second) = (m.value(word(a)), m.value(word(b)));
    match m.caller() {
        Some(caller) => {
            let result = caller.window() as u16 - 2;
            m.commit()
                .pop(caller)
                .set_value(result, first)
                .set_value(result + 2, second)
                .return_to()
        }
        None => m.commit().finish(first),
    }
}

/// Whether a value counts as true.
#[inline(always)]
pub(super) fn is_true<M: Machine<Program = Larger>>(m: &M, value: M::Value<super::Values>) -> bool {
    match m.promote(m.tag(value)) {
        NIL => false,
        BOOL => m.is_not_equal(m.payload(value), m.constant(0)),
        _ => true,
    }
}

/// Goes on with an instruction whose metamethod has returned.
#[inline(always)]
pub(super) fn go_on<M: Machine<Program = Larger>>(
    program: &Larger,
    m: Op<'_, M>,
    pc: Pc,
) -> Done<M> {
    let pc = pc - program.code.len() as Pc;
    let answer = m.value(word(SCRATCH));
    match program.code[pc as usize] {
        Instr::Add(a, _, _) => m.commit().set_value(word(a), answer).jump(pc + 1),
        Instr::JumpIfLess(_, _, target) => {
            if is_true(&*m, answer) {
                return m.commit().jump(target);
            }
            m.commit().jump(pc + 1)
        }
        _ => m
            .commit()
            .fail(Failure("the instruction has no continuation")),
    }
}

/// Returns a value from a frame that moved up by `shifted` words.
#[inline(always)]
pub(super) fn give<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    value: M::Value<super::Values>,
    shifted: u16,
) -> Done<M> {
    match m.caller() {
        Some(caller) => {
            let result = caller.window() as u16 - 2 - shifted;
            m.commit().leave_value(caller, result, value)
        }
        None => m.commit().finish(value),
    }
}

#[inline(always)]
pub(super) fn floor<M: Machine<Program = Larger>>(m: Op<'_, M>) -> Done<M> {
    let x = m.value(word(1));
    match m.promote(m.tag(x)) {
        INT => give(m, x, 0),
        FLOAT => {
            let floor = m.float_floor(m.float_payload(x));
            let value = match m.to_int_checked(floor) {
                Some(floor) => m.int_value(INT, floor),
                None => m.float_value(FLOAT, floor),
            };
            give(m, value, 0)
        }
        _ => arithmetic::wrong(m, 1),
    }
}

#[inline(always)]
pub(super) fn sqrt<M: Machine<Program = Larger>>(m: Op<'_, M>) -> Done<M> {
    let x = m.value(word(1));
    let x = match m.promote(m.tag(x)) {
        INT => m.to_float(m.payload(x)),
        FLOAT => m.float_payload(x),
        _ => return arithmetic::wrong(m, 1),
    };
    let root = m.float_value(FLOAT, m.float_sqrt(x));
    give(m, root, 0)
}
