//! Arithmetic and comparison: one promoted tag per operand, one early return per path.

use super::host::{CLOSURE, Closure, FLOAT, INT, TABLE, Table, WRONG_TYPES};
use super::instruction::Slot;
use super::{Larger, calls, tables, word};
use offramp::{Done, Machine, Object, Op, Pc};

/// Metatable keys.
pub(super) const ADD: u32 = 1;
pub(super) const LESS: u32 = 2;

const _: () = assert!(TABLE == Table::TAG && CLOSURE == Closure::TAG);

/// The operation fails at this instruction.
#[cold]
#[inline(always)]
pub(super) fn wrong<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot) -> Done<M> {
    m.commit().call_into(word(a), WRONG_TYPES, ())
}

#[inline(always)]
pub(super) fn add<M: Machine<Program = Larger>>(
    program: &Larger,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
    c: Slot,
) -> Done<M> {
    let (x, y) = (m.value(word(b)), m.value(word(c)));
    match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (INT, INT) => {
            let sum = m.int_value(INT, m.add(m.payload(x), m.payload(y)));
            m.commit().set_value(word(a), sum).next()
        }
        (FLOAT, FLOAT) => {
            let sum = m.float_value(FLOAT, m.float_add(m.float_payload(x), m.float_payload(y)));
            m.commit().set_value(word(a), sum).next()
        }
        (INT, FLOAT) => {
            let x = m.to_float(m.payload(x));
            let sum = m.float_value(FLOAT, m.float_add(x, m.float_payload(y)));
            m.commit().set_value(word(a), sum).next()
        }
        (FLOAT, INT) => {
            let y = m.to_float(m.payload(y));
            let sum = m.float_value(FLOAT, m.float_add(m.float_payload(x), y));
            m.commit().set_value(word(a), sum).next()
        }
        _ => meta(program, m, pc, ADD, a, x, y),
    }
}

/// Calls the left operand's metamethod; the continuation of this instruction takes its answer.
#[inline(always)]
fn meta<M: Machine<Program = Larger>>(
    program: &Larger,
    m: Op<'_, M>,
    pc: Pc,
    key: u32,
    a: Slot,
    x: M::Value<super::Values>,
    y: M::Value<super::Values>,
) -> Done<M> {
    let Some(method) = tables::metamethod(&*m, x, key) else {
        return wrong(m, a);
    };
    let back = program.continuation(pc);
    calls::enter(program, m, super::SCRATCH, back, method, [x, y])
}

macro_rules! numeric {
    ($name:ident, $int:ident, $float:ident) => {
        #[inline(always)]
        pub(super) fn $name<M: Machine<Program = Larger>>(
            m: Op<'_, M>,
            a: Slot,
            b: Slot,
            c: Slot,
        ) -> Done<M> {
            let (x, y) = (m.value(word(b)), m.value(word(c)));
            match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
                (INT, INT) => {
                    let result = m.int_value(INT, m.$int(m.payload(x), m.payload(y)));
                    m.commit().set_value(word(a), result).next()
                }
                (FLOAT, FLOAT) => {
                    let result = m.$float(m.float_payload(x), m.float_payload(y));
                    let result = m.float_value(FLOAT, result);
                    m.commit().set_value(word(a), result).next()
                }
                (INT, FLOAT) => {
                    let result = m.$float(m.to_float(m.payload(x)), m.float_payload(y));
                    let result = m.float_value(FLOAT, result);
                    m.commit().set_value(word(a), result).next()
                }
                (FLOAT, INT) => {
                    let result = m.$float(m.float_payload(x), m.to_float(m.payload(y)));
                    let result = m.float_value(FLOAT, result);
                    m.commit().set_value(word(a), result).next()
                }
                _ => wrong(m, a),
            }
        }
    };
}

numeric!(sub, sub, float_sub);
numeric!(mul, mul, float_mul);

#[inline(always)]
fn number<M: Machine<Program = Larger>>(m: &M, x: M::Value<super::Values>) -> Option<M::Float> {
    match m.promote(m.tag(x)) {
        INT => Some(m.to_float(m.payload(x))),
        FLOAT => Some(m.float_payload(x)),
        _ => None,
    }
}

#[inline(always)]
pub(super) fn div<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    c: Slot,
) -> Done<M> {
    let (Some(x), Some(y)) = (number(&*m, m.value(word(b))), number(&*m, m.value(word(c)))) else {
        return wrong(m, a);
    };
    let quotient = m.float_value(FLOAT, m.float_div(x, y));
    m.commit().set_value(word(a), quotient).next()
}

#[inline(always)]
pub(super) fn ints<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    c: Slot,
    compute: impl FnOnce(&M, M::Int, M::Int) -> Option<M::Int>,
) -> Done<M> {
    let (x, y) = (m.value(word(b)), m.value(word(c)));
    if m.promote(m.tag(x)) != INT || m.promote(m.tag(y)) != INT {
        return wrong(m, a);
    }
    let Some(result) = compute(&*m, m.payload(x), m.payload(y)) else {
        return wrong(m, a);
    };
    let result = m.int_value(INT, result);
    m.commit().set_value(word(a), result).next()
}

#[inline(always)]
pub(super) fn neg<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let x = m.value(word(b));
    match m.promote(m.tag(x)) {
        INT => {
            let result = m.int_value(INT, m.neg(m.payload(x)));
            m.commit().set_value(word(a), result).next()
        }
        FLOAT => {
            let result = m.float_value(FLOAT, m.float_neg(m.float_payload(x)));
            m.commit().set_value(word(a), result).next()
        }
        _ => wrong(m, a),
    }
}

#[inline(always)]
pub(super) fn to_float<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let Some(x) = number(&*m, m.value(word(b))) else {
        return wrong(m, a);
    };
    let x = m.float_value(FLOAT, x);
    m.commit().set_value(word(a), x).next()
}

#[inline(always)]
pub(super) fn to_int<M: Machine<Program = Larger>>(m: Op<'_, M>, a: Slot, b: Slot) -> Done<M> {
    let x = m.value(word(b));
    match m.promote(m.tag(x)) {
        INT => m.commit().set_value(word(a), x).next(),
        FLOAT => match m.to_int_checked(m.float_payload(x)) {
            Some(x) => {
                let x = m.int_value(INT, x);
                m.commit().set_value(word(a), x).next()
            }
            None => wrong(m, a),
        },
        _ => wrong(m, a),
    }
}

#[inline(always)]
pub(super) fn jump_if_less<M: Machine<Program = Larger>>(
    program: &Larger,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    b: Slot,
    target: Pc,
) -> Done<M> {
    let (x, y) = (m.value(word(a)), m.value(word(b)));
    let less = match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (INT, INT) => m.less(m.payload(x), m.payload(y)),
        (FLOAT, FLOAT) => m.float_less(m.float_payload(x), m.float_payload(y)),
        (INT, FLOAT) => m.float_less(m.to_float(m.payload(x)), m.float_payload(y)),
        (FLOAT, INT) => m.float_less(m.float_payload(x), m.to_float(m.payload(y))),
        _ => return meta(program, m, pc, LESS, a, x, y),
    };
    if m.test(less) {
        return m.commit().jump(target);
    }
    m.commit().next()
}

#[inline(always)]
pub(super) fn jump_if_less_equal<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    target: Pc,
) -> Done<M> {
    let (x, y) = (m.value(word(a)), m.value(word(b)));
    let holds = match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (INT, INT) => m.less_equal(m.payload(x), m.payload(y)),
        (FLOAT, FLOAT) => m.float_less_equal(m.float_payload(x), m.float_payload(y)),
        (INT, FLOAT) => m.float_less_equal(m.to_float(m.payload(x)), m.float_payload(y)),
        (FLOAT, INT) => m.float_less_equal(m.float_payload(x), m.to_float(m.payload(y))),
        _ => return wrong(m, a),
    };
    if m.test(holds) {
        return m.commit().jump(target);
    }
    m.commit().next()
}

#[inline(always)]
pub(super) fn jump_if_equal<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    target: Pc,
) -> Done<M> {
    let (x, y) = (m.value(word(a)), m.value(word(b)));
    let (tag, other) = (m.promote(m.tag(x)), m.promote(m.tag(y)));
    let equal = match (tag, other) {
        (FLOAT, FLOAT) => m.float_equal(m.float_payload(x), m.float_payload(y)),
        (INT, FLOAT) => m.float_equal(m.to_float(m.payload(x)), m.float_payload(y)),
        (FLOAT, INT) => m.float_equal(m.float_payload(x), m.to_float(m.payload(y))),
        _ if tag == other => m.equal(m.payload(x), m.payload(y)),
        _ => return m.commit().next(),
    };
    if m.test(equal) {
        return m.commit().jump(target);
    }
    m.commit().next()
}

#[inline(always)]
pub(super) fn for_loop<M: Machine<Program = Larger>>(
    m: Op<'_, M>,
    a: Slot,
    b: Slot,
    target: Pc,
) -> Done<M> {
    let (x, limit) = (m.value(word(a)), m.value(word(b)));
    if m.promote(m.tag(x)) != INT || m.promote(m.tag(limit)) != INT {
        return wrong(m, a);
    }
    let next = m.add(m.payload(x), m.constant(1));
    let goes_on = m.is_less_equal(next, m.payload(limit));
    let next = m.int_value(INT, next);
    let commit = m.commit().set_value(word(a), next);
    if goes_on {
        return commit.loop_to(target);
    }
    commit.next()
}
