//! Comparison and truth, and the jumps on them. Every result is a Rust `bool`, so each is a guard.
//! What has none is asked of metamethods.

use super::field::lacks;
use super::{Moonlet, Source, acts, word};
use crate::bytecode::Slot;
use crate::event::Event;
use crate::value::Values;
use crate::value::{FALSE, FLOAT, INT, NIL, STRING, Str, TABLE, Table};
use offramp::{Done, Machine, Op, Pc};

/// Whether a value counts as true.
#[inline(always)]
pub(super) fn is_true<M: Machine<Program = Moonlet>>(m: &M, x: M::Value<Values>) -> bool {
    m.promote(m.tag(x)) > FALSE
}

/// Integers up to this size are doubles, exactly.
const EXACT: i64 = 1 << 53;

/// An integer as a double, if nothing is lost.
#[inline(always)]
fn exact<M: Machine<Program = Moonlet>>(m: &M, x: M::Int) -> Option<M::Float> {
    let shifted = m.add(x, m.constant(EXACT));
    m.is_unsigned_less(shifted, m.constant(2 * EXACT))
        .then(|| m.to_float(x))
}

/// `x == y`; `None` if a metamethod has to say.
#[inline(always)]
fn equal<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: &M,
    x: M::Value<Values>,
    y: M::Value<Values>,
) -> Option<bool> {
    Some(match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (FLOAT, FLOAT) => m.is_float_equal(m.float_payload(x), m.float_payload(y)),
        (INT, FLOAT) => int_equals_float(m, m.payload(x), m.float_payload(y)),
        (FLOAT, INT) => int_equals_float(m, m.payload(y), m.float_payload(x)),
        (STRING, STRING) => match (m.expect::<Str>(x), m.expect::<Str>(y)) {
            (Some(x), Some(y)) => {
                m.test(m.same(x, y))
                    || m.is_not_equal(m.load(x, Str::LONG), m.constant(0))
                        && m.test(m.read(acts::STRING_EQUAL, (x, y)))
            }
            _ => false,
        },
        (TABLE, TABLE) => match (m.expect::<Table>(x), m.expect::<Table>(y)) {
            (Some(x), Some(y)) => {
                if m.test(m.same(x, y)) {
                    true
                } else if is_plain(program, m, x) && is_plain(program, m, y) {
                    false
                } else {
                    return None;
                }
            }
            _ => false,
        },
        (a, b) => a == b && m.is_equal(m.payload(x), m.payload(y)),
    })
}

/// Whether a table has no metamethod for `==`.
#[inline(always)]
fn is_plain<M: Machine<Program = Moonlet>>(program: &Moonlet, m: &M, table: M::Ref<Table>) -> bool {
    m.promote(m.tag(m.load(table, Table::META))) == NIL || lacks(m, table, program.names[Event::Eq])
}

#[inline(always)]
fn int_equals_float<M: Machine<Program = Moonlet>>(m: &M, x: M::Int, y: M::Float) -> bool {
    match exact(m, x) {
        Some(x) => m.is_float_equal(x, y),
        None => m.test(m.read(acts::INT_EQUALS_FLOAT, (x, y))),
    }
}

/// `x < y`; `None` if the two cannot be compared.
#[inline(always)]
pub(super) fn less<M: Machine<Program = Moonlet>>(
    m: &M,
    x: M::Value<Values>,
    y: M::Value<Values>,
) -> Option<bool> {
    Some(match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (INT, INT) => m.is_less(m.payload(x), m.payload(y)),
        (FLOAT, FLOAT) => m.is_float_less(m.float_payload(x), m.float_payload(y)),
        (INT, FLOAT) => match exact(m, m.payload(x)) {
            Some(x) => m.is_float_less(x, m.float_payload(y)),
            None => m.test(m.read(acts::INT_LESS_FLOAT, (m.payload(x), m.float_payload(y)))),
        },
        (FLOAT, INT) => match exact(m, m.payload(y)) {
            Some(y) => m.is_float_less(m.float_payload(x), y),
            None => m.test(m.read(acts::FLOAT_LESS_INT, (m.float_payload(x), m.payload(y)))),
        },
        (STRING, STRING) => match (m.expect::<Str>(x), m.expect::<Str>(y)) {
            (Some(x), Some(y)) => m.test(m.read(acts::STRING_LESS, (x, y))),
            _ => return None,
        },
        _ => return None,
    })
}

/// `x <= y`; `None` if the two cannot be compared.
#[inline(always)]
pub(super) fn less_equal<M: Machine<Program = Moonlet>>(
    m: &M,
    x: M::Value<Values>,
    y: M::Value<Values>,
) -> Option<bool> {
    Some(match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
        (INT, INT) => m.is_less_equal(m.payload(x), m.payload(y)),
        (FLOAT, FLOAT) => m.is_float_less_equal(m.float_payload(x), m.float_payload(y)),
        (INT, FLOAT) => match exact(m, m.payload(x)) {
            Some(x) => m.is_float_less_equal(x, m.float_payload(y)),
            None => m.test(m.read(
                acts::INT_LESS_EQUAL_FLOAT,
                (m.payload(x), m.float_payload(y)),
            )),
        },
        (FLOAT, INT) => match exact(m, m.payload(y)) {
            Some(y) => m.is_float_less_equal(m.float_payload(x), y),
            None => m.test(m.read(
                acts::FLOAT_LESS_EQUAL_INT,
                (m.float_payload(x), m.payload(y)),
            )),
        },
        (STRING, STRING) => match (m.expect::<Str>(x), m.expect::<Str>(y)) {
            (Some(x), Some(y)) => !m.test(m.read(acts::STRING_LESS, (y, x))),
            _ => return None,
        },
        _ => return None,
    })
}

#[inline(always)]
fn jump_if<M: Machine<Program = Moonlet>>(m: Op<'_, M>, holds: bool, to: Pc) -> Done<M> {
    if holds {
        return m.commit().jump(to);
    }
    m.commit().next()
}

/// Jumps if a slot's truth is `wanted`.
#[inline(always)]
pub(super) fn jump_true<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    wanted: bool,
    to: Pc,
) -> Done<M> {
    let holds = is_true(&*m, m.value(word(a)));
    jump_if(m, holds == wanted, to)
}

/// Both sides, a constant first.
#[inline(always)]
fn sides<M: Machine<Program = Moonlet>, X: Source, Y: Source>(
    program: &Moonlet,
    m: &M,
    x: X,
    y: Y,
) -> (M::Value<Values>, M::Value<Values>) {
    if Y::IS_CONSTANT {
        let y = y.load(program, m);
        return (x.load(program, m), y);
    }
    (x.load(program, m), y.load(program, m))
}

/// Jumps on comparisons: if the result is `wanted`. Without one, a metamethod is asked.
macro_rules! jumps {
    ($($(#[$doc:meta])* $name:ident: |$program:ident, $m:ident, $x:ident, $y:ident| $holds:expr;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub(super) fn $name<M: Machine<Program = Moonlet>>(
                $program: &Moonlet,
                $m: Op<'_, M>,
                pc: Pc,
                x: impl Source,
                y: impl Source,
                wanted: bool,
                to: Pc,
            ) -> Done<M> {
                let ($x, $y) = sides($program, &*$m, x, y);
                match $holds {
                    Some(holds) => jump_if($m, holds == wanted, to),
                    None => $m.commit().jump($program.asking(pc)),
                }
            }
        )*
    };
}

jumps! {
    /// If `x == y` is `wanted`.
    jump_equal: |program, m, x, y| equal(program, &*m, x, y);
    /// If `x < y` is `wanted`.
    jump_less: |program, m, x, y| less(&*m, x, y);
    /// If `x <= y` is `wanted`.
    jump_less_equal: |program, m, x, y| less_equal(&*m, x, y);
}
