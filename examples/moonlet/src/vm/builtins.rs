//! Calls of the library's functions. Those that matter in hot loops are written over the machine;
//! the rest are helpers, in three sizes: without effects, with one answer, with a frame's slots as
//! arguments and results.

use super::call::{self, Site, count};
use super::field::lacks;
use super::{MOST_PCALLS, Moonlet, acts, compare, metamethod, nil, word, word_after};
use crate::bytecode::{OPEN, Slot};
use crate::event::Event;
use crate::library::{BUILTINS, BuiltinId, Run};
use crate::value::Values;
use crate::value::{BUILTIN, FILE, FLOAT, FUNCTION, INT, NIL, STRING, Str, TABLE, Table};
use offramp::{Act, Called, Commit, Done, Machine, Op, Pc};

/// Stores one answer where the call's results are wanted.
macro_rules! answer {
    ($name:ident, $Phase:ident) => {
        #[inline(always)]
        fn $name<M: Machine<Program = Moonlet>>(
            phase: $Phase<'_, M>,
            site: Site,
            answer: M::Value<Values>,
        ) -> Done<M> {
            if site.results == 0 {
                return phase.next();
            }
            let nil = phase.int_value(NIL, phase.constant(0));
            let end = phase.int_value(INT, phase.constant(i64::from(site.a) + 1));
            let mut phase = phase.set_value(word(site.a), answer);
            if site.results == OPEN {
                return phase.set_value(word(site.top), end).next();
            }
            for extra in 1..site.results {
                phase = phase.set_value(word_after(site.a, extra), nil);
            }
            phase.next()
        }
    };
}
answer!(answer, Commit);
answer!(answer_called, Called);

/// Calls the builtin in `R[a+1]` with the arguments behind it.
#[inline(always)]
pub(super) fn call<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    site: Site,
    id: i64,
) -> Done<M> {
    let given = count(&*m, site.args, site.top, site.a + 2);
    let first = site.a + 2;
    if id == BuiltinId::Pcall as i64 {
        // Protected calls that call each other, up to a function that is none.
        let most = MOST_PCALLS.min(given as u16);
        for pcalls in 1..=most {
            let callee = u16::from(site.a) + 1 + pcalls;
            let function = m.value(2 * callee);
            match m.promote(m.tag(function)) {
                FUNCTION => {
                    let back = program.continuation(pc, pcalls);
                    let given = given - i64::from(pcalls);
                    return call::enter_in_place(program, m, back, callee, function, given);
                }
                BUILTIN if m.promote(m.payload(function)) == id => {}
                BUILTIN => break,
                _ => return metamethod::call_object(program, m, pc, site.a, given),
            }
        }
        return general(m, site, id, given);
    }
    if id == BuiltinId::Select as i64 && given > 0 && site.results == 1 {
        return select(program, m, site, given);
    }
    if given > 3 {
        if let Run::OnPlain(..) = BUILTINS[id as usize].run
            && are_plain(&*m, first, given)
        {
            return general_by(m, acts::CALL, site, id, given);
        }
        return general(m, site, id, given);
    }
    let args = [
        argument(&*m, first, 0, given),
        argument(&*m, first, 1, given),
        argument(&*m, first, 2, given),
    ];
    inline(program, m, site, id, given, args)
}

/// The argument `index` of those `given` from slot `first` on.
#[inline(always)]
fn argument<M: Machine<Program = Moonlet>>(
    m: &M,
    first: Slot,
    index: u8,
    given: i64,
) -> M::Value<Values> {
    match i64::from(index) < given {
        true => m.value(word_after(first, index)),
        false => nil(m),
    }
}

/// `select` with one answer wanted, of values that lie in the frame.
#[inline(always)]
fn select<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    site: Site,
    given: i64,
) -> Done<M> {
    let which = m.value(word_after(site.a, 2));
    let rest = given - 1;
    match m.promote(m.tag(which)) {
        STRING => {
            if let Some(text) = m.expect::<Str>(which)
                && m.test(m.same(text, m.ref_constant(program.count)))
            {
                let rest = m.int_value(INT, m.constant(rest));
                return answer(m.commit(), site, rest);
            }
        }
        INT => {
            let before = m.sub(m.payload(which), m.constant(1));
            if m.is_unsigned_less(before, m.constant(rest)) {
                let slot = m.add(before, m.constant(i64::from(site.a) + 3));
                return m.commit().call_into(word(site.a), acts::SLOT, (slot,));
            }
        }
        _ => {}
    }
    general(m, site, BuiltinId::Select as i64, given)
}

/// Calls a builtin with two arguments that lie elsewhere: an iterator.
#[inline(always)]
pub(super) fn call_with<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    site: Site,
    id: i64,
    x: M::Value<Values>,
    y: M::Value<Values>,
) -> Done<M> {
    let nil = nil(&*m);
    if id == BuiltinId::Pcall as i64 {
        return match (m.promote(m.tag(x)), m.promote(m.tag(y))) {
            (FUNCTION, _) => {
                let back = program.continuation(pc, 1);
                let site = Site {
                    a: site.a + 1,
                    ..site
                };
                call::enter(program, m, back, site, x, &[y])
            }
            (BUILTIN, FUNCTION) if m.promote(m.payload(x)) == id => {
                let back = program.continuation(pc, 2);
                let site = Site {
                    a: site.a + 2,
                    ..site
                };
                call::enter(program, m, back, site, y, &[])
            }
            _ => pair(m, site, id, x, y),
        };
    }
    match BUILTINS[id as usize].run {
        Run::Pure(_) | Run::Simple(_) => small(m, site, id, 2, [x, y, nil]),
        _ => pair(m, site, id, x, y),
    }
}

/// The same with the general helper.
#[inline(always)]
fn pair<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    site: Site,
    id: i64,
    x: M::Value<Values>,
    y: M::Value<Values>,
) -> Done<M> {
    let place = [i64::from(site.a), i64::from(site.results), 0];
    let [a, results, top] = place.map(|place| m.constant(place));
    let helper = match calls(id) {
        true => acts::CALL_PAIR_CALLING,
        false => acts::CALL_PAIR,
    };
    let id = m.constant(id);
    m.commit()
        .call(helper, (id, x, y, a, results, top), |called, ()| {
            called.next()
        })
}

/// Whether a builtin may run the program.
#[inline(always)]
pub(super) fn calls(id: i64) -> bool {
    matches!(
        BUILTINS[id as usize].run,
        Run::Calling(_) | Run::OnItems(..) | Run::OnPlain(..)
    )
}

/// With everything in the frame.
#[inline(always)]
fn general<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    site: Site,
    id: i64,
    given: i64,
) -> Done<M> {
    let helper = match calls(id) {
        true => acts::CALL_CALLING,
        false => acts::CALL,
    };
    general_by(m, helper, site, id, given)
}

#[inline(always)]
fn general_by<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    helper: Act<Moonlet, (i64, i64, i64, i64, i64), ()>,
    site: Site,
    id: i64,
    given: i64,
) -> Done<M> {
    let (id, a, given) = (
        m.constant(id),
        m.constant(i64::from(site.a)),
        m.constant(given),
    );
    let (results, top) = (
        m.constant(i64::from(site.results)),
        m.constant(i64::from(site.top)),
    );
    m.commit()
        .call(helper, (id, a, given, results, top), |called, ()| {
            called.next()
        })
}

/// With up to three arguments and one answer.
#[inline(always)]
fn small<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    site: Site,
    id: i64,
    given: i64,
    [x, y, z]: [M::Value<Values>; 3],
) -> Done<M> {
    let pure = matches!(
        BUILTINS[id as usize].run,
        Run::Pure(_) | Run::OnPlain(Run::Pure(_), _)
    );
    let id = m.constant(id | given << 32);
    let helper = match pure {
        true => acts::CALL_PURE,
        false => acts::CALL_SIMPLE,
    };
    m.commit().call(
        helper,
        (id, x, y, z),
        #[inline(always)]
        |called, x| answer_called(called, site, x),
    )
}

#[inline(always)]
fn inline<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    site: Site,
    id: i64,
    given: i64,
    args: [M::Value<Values>; 3],
) -> Done<M> {
    let [x, y, z] = args;
    const FLOOR: i64 = BuiltinId::MathFloor as i64;
    const SQRT: i64 = BuiltinId::MathSqrt as i64;
    const ABS: i64 = BuiltinId::MathAbs as i64;
    const MIN: i64 = BuiltinId::MathMin as i64;
    const MAX: i64 = BuiltinId::MathMax as i64;
    const BYTE: i64 = BuiltinId::StringByte as i64;
    const SUB: i64 = BuiltinId::StringSub as i64;
    const LEN: i64 = BuiltinId::StringLen as i64;
    const IPAIRS: i64 = BuiltinId::Ipairs as i64;
    const PAIRS: i64 = BuiltinId::Pairs as i64;
    const SETMETATABLE: i64 = BuiltinId::Setmetatable as i64;
    match id {
        FLOOR if given == 1 => match m.promote(m.tag(x)) {
            INT => return answer(m.commit(), site, x),
            FLOAT => {
                let floor = m.float_floor(m.float_payload(x));
                let result = match m.to_int_checked(floor) {
                    Some(floor) => m.int_value(INT, floor),
                    None => m.float_value(FLOAT, floor),
                };
                return answer(m.commit(), site, result);
            }
            _ => {}
        },
        SQRT if given == 1 => {
            let x = match m.promote(m.tag(x)) {
                INT => Some(m.to_float(m.payload(x))),
                FLOAT => Some(m.float_payload(x)),
                _ => None,
            };
            if let Some(x) = x {
                let root = m.float_value(FLOAT, m.float_sqrt(x));
                return answer(m.commit(), site, root);
            }
        }
        ABS if given == 1 => match m.promote(m.tag(x)) {
            INT => {
                let x = m.payload(x);
                let positive = m.select(m.less(x, m.constant(0)), m.neg(x), x);
                let positive = m.int_value(INT, positive);
                return answer(m.commit(), site, positive);
            }
            FLOAT => {
                let positive = m.float_value(FLOAT, m.float_abs(m.float_payload(x)));
                return answer(m.commit(), site, positive);
            }
            _ => {}
        },
        MIN | MAX if given == 2 && is_number(&*m, x) && is_number(&*m, y) => {
            let replaces = match id {
                MIN => compare::less(&*m, y, x),
                _ => compare::less(&*m, x, y),
            };
            let result = if replaces == Some(true) { y } else { x };
            return answer(m.commit(), site, result);
        }
        BYTE if given == 1 || given == 2 => {
            if let Some(string) = m.expect::<Str>(x)
                && (given == 1 || m.promote(m.tag(y)) == INT)
            {
                let index = match given {
                    1 => m.constant(0),
                    _ => m.sub(m.payload(y), m.constant(1)),
                };
                if let Some(byte) = m.element(string, Str::BYTES, index) {
                    let byte = m.int_value(INT, m.get(byte));
                    return answer(m.commit(), site, byte);
                }
            }
            return general(m, site, id, given);
        }
        LEN if given == 1 => {
            if let Some(string) = m.expect::<Str>(x) {
                let length = m.int_value(INT, m.length(string, Str::BYTES));
                return answer(m.commit(), site, length);
            }
        }
        SUB if given >= 2
            && m.promote(m.tag(x)) == STRING
            && m.promote(m.tag(y)) == INT
            && (given == 2 || m.promote(m.tag(z)) == INT) =>
        {
            if let Some(string) = m.expect::<Str>(x) {
                let from = m.payload(y);
                let to = match given {
                    2 => m.constant(-1),
                    _ => m.payload(z),
                };
                return m.commit().call(
                    acts::SUB,
                    (string, from, to),
                    #[inline(always)]
                    |called, string| {
                        let string = called.ref_value(string);
                        answer_called(called, site, string)
                    },
                );
            }
        }
        // What the loop goes on with: `ipairs` looks at nothing.
        IPAIRS if given == 1 && site.results == LOOP => {
            let step = m.int_value(BUILTIN, m.constant(BuiltinId::IpairsStep as i64));
            let zero = m.int_value(INT, m.constant(0));
            return answer_loop(m, site, [step, x, zero]);
        }
        PAIRS if given == 1 && site.results == LOOP && has_own_pairs(program, &*m, x) => {
            let next = m.int_value(BUILTIN, m.constant(BuiltinId::Next as i64));
            let nil = nil(&*m);
            return answer_loop(m, site, [next, x, nil]);
        }
        SETMETATABLE if given == 2 => {
            if let (Some(table), Some(_)) = (m.expect::<Table>(x), m.expect::<Table>(y))
                && m.promote(m.tag(m.load(table, Table::META))) == NIL
            {
                let commit = m.commit().store(table, Table::META, y);
                return answer(commit, site, x);
            }
        }
        _ => {}
    }
    match BUILTINS[id as usize].run {
        Run::General(_) => general_by(m, acts::CALL, site, id, given),
        Run::Calling(_) => general_by(m, acts::CALL_CALLING, site, id, given),
        Run::OnItems(raw, _) => match (given > 0 && has_plain_items(program, &*m, x), raw) {
            (true, Run::Simple(_)) => small(m, site, id, given, args),
            (true, _) => general_by(m, acts::CALL, site, id, given),
            _ => general_by(m, acts::CALL_CALLING, site, id, given),
        },
        Run::OnPlain(raw, _) => match (are_plain(&*m, site.a + 2, given), raw) {
            (true, Run::General(_)) => general_by(m, acts::CALL, site, id, given),
            (true, _) => small(m, site, id, given, args),
            _ => general_by(m, acts::CALL_CALLING, site, id, given),
        },
        _ => small(m, site, id, given, args),
    }
}

/// Whether none of the arguments from slot `first` on is a table with a metatable, or a file.
#[inline(always)]
fn are_plain<M: Machine<Program = Moonlet>>(m: &M, first: Slot, given: i64) -> bool {
    for index in 0..given {
        let value = m.value(call::behind(first, index));
        if m.is_equal(m.tag(value), m.constant(TABLE))
            && let Some(table) = m.expect::<Table>(value)
            && m.promote(m.tag(m.load(table, Table::META))) != NIL
        {
            return false;
        }
        if m.is_equal(m.tag(value), m.constant(FILE)) {
            return false;
        }
    }
    true
}

/// Whether a value is a table whose items and length no metamethod has a say in.
#[inline(always)]
fn has_plain_items<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: &M,
    x: M::Value<Values>,
) -> bool {
    let Some(table) = m.expect::<Table>(x) else {
        return false;
    };
    m.promote(m.tag(m.load(table, Table::META))) == NIL
        || lacks(m, table, program.names[Event::Index])
            && lacks(m, table, program.names[Event::NewIndex])
            && lacks(m, table, program.names[Event::Len])
}

/// Whether `pairs` goes over a value itself.
#[inline(always)]
fn has_own_pairs<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: &M,
    x: M::Value<Values>,
) -> bool {
    match m.expect::<Table>(x) {
        Some(table) => {
            m.promote(m.tag(m.load(table, Table::META))) == NIL
                || lacks(m, table, program.names[Event::Pairs])
        }
        None => m.promote(m.tag(x)) != FILE,
    }
}

/// As many values a generic loop begins with: the fourth is the iterator's own.
const LOOP: u8 = 4;

/// Stores what a generic loop begins with.
#[inline(always)]
fn answer_loop<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    site: Site,
    [iterator, state, control]: [M::Value<Values>; 3],
) -> Done<M> {
    let values = [iterator, state, control, nil(&*m)];
    let mut commit = m.commit();
    for (slot, value) in (site.a..).zip(values) {
        commit = commit.set_value(word(slot), value);
    }
    commit.next()
}

#[inline(always)]
fn is_number<M: Machine<Program = Moonlet>>(m: &M, x: M::Value<Values>) -> bool {
    matches!(m.promote(m.tag(x)), INT | FLOAT)
}
