//! Calls and returns.
//!
//! The callee is promoted, so a trace knows the prototype and with it every count; a return promotes
//! what the caller wants, which [`acts::WANTED`] knows by its place. See
//! [`bytecode`](crate::bytecode) for the frames.

use super::{Moonlet, acts, builtins, fault, metamethod, nil, word, word_after};
use crate::bytecode::{Chunk, Count, Instr, OPEN, Slot};
use crate::host::Callee;
use crate::value::Values;
use crate::value::{BUILTIN, FUNCTION, Function, Table};
use offramp::{Caller, Done, Machine, Op, Pc};
use smallvec::SmallVec;

/// Values that an instruction moves.
type Many<M> = SmallVec<[<M as Machine>::Value<Values>; 8]>;

/// The values of `count` slots from the `from`-th behind `slot` on.
///
/// A loop: a closure for an iterator would take the machine's address, unless that is inlined.
#[inline(always)]
pub(super) fn values_behind<M: Machine<Program = Moonlet>>(
    m: &M,
    slot: impl Into<u16>,
    from: i64,
    count: i64,
) -> Many<M> {
    let slot = slot.into();
    let mut values = Many::<M>::new();
    for index in from..from + count {
        values.push(m.value(behind(slot, index)));
    }
    values
}

/// A call as its instruction says it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) a: Slot,
    pub(super) args: Count,
    pub(super) results: Count,
    pub(super) top: Slot,
}

/// How many values there are from slot `first` on: the run's knowledge is promoted.
#[inline(always)]
pub(super) fn count<M: Machine<Program = Moonlet>>(
    m: &M,
    count: Count,
    top: Slot,
    first: Slot,
) -> i64 {
    match count {
        OPEN => m.promote(m.payload(m.value(word(top)))) - i64::from(first),
        count => i64::from(count),
    }
}

/// `R[a], … := R[a+1](R[a+2], …)`
#[inline(always)]
pub(super) fn call<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    site: Site,
) -> Done<M> {
    let callee = m.value(word_after(site.a, 1));
    match m.promote(m.tag(callee)) {
        FUNCTION => {
            let given = count(&*m, site.args, site.top, site.a + 2);
            enter_in_place(program, m, pc + 1, u16::from(site.a) + 1, callee, given)
        }
        BUILTIN => {
            let id = m.promote(m.payload(callee));
            builtins::call(program, m, pc, site, id)
        }
        _ => {
            let given = count(&*m, site.args, site.top, site.a + 2);
            metamethod::call_object(program, m, pc, site.a, given)
        }
    }
}

/// The most values a call passes or returns.
pub(super) const MOST: i64 = 16_000;

/// The frame word of the `index`-th slot behind `slot`, which may lie beyond those that operands
/// name.
#[inline(always)]
pub(super) fn behind(slot: impl Into<u16>, index: i64) -> u16 {
    2 * slot.into() + 2 * index as u16
}

/// Whether there is room for a frame that begins at slot `at`, has `slots` slots or as many as
/// `given` arguments need, and everything that metamethods need behind it.
#[inline(always)]
pub(super) fn has_room<M: Machine<Program = Moonlet>>(
    m: &M,
    at: impl Into<u16>,
    slots: u8,
    given: i64,
) -> bool {
    given <= MOST && m.has_room(behind(at, given.max(i64::from(slots)) + 8))
}

/// How many parameters the function has and where it begins, for a call that many functions pass:
/// the trace knows the first alone. Nothing where it had better know the function, or must, as
/// there may be room for it though not for any.
#[inline(always)]
fn any<M: Machine<Program = Moonlet>>(
    m: &M,
    prototype: M::Int,
    at: impl Into<u16>,
    given: i64,
) -> Option<(i64, M::Int)> {
    if !m.general() || !has_room(m, at, u8::MAX, given) {
        return None;
    }
    let params = m.promote(m.read(acts::PARAMS, (prototype,)));
    (params != acts::VARIADIC).then(|| (params, m.read(acts::ENTRY, (prototype,))))
}

/// Enters the function in slot `base` with the arguments behind it.
#[inline(always)]
pub(super) fn enter_in_place<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    back: Pc,
    base: u16,
    callee: M::Value<Values>,
    given: i64,
) -> Done<M> {
    let Some(function) = m.expect::<Function>(callee) else {
        return fault(m);
    };
    let prototype = m.load(function, Function::PROTOTYPE);
    if let Some((params, entry)) = any(&*m, prototype, base, given) {
        let nil = nil(&*m);
        let mut commit = m.commit();
        for missing in given..params {
            commit = commit.set_value(behind(base, 1 + missing), nil);
        }
        return commit.enter_any(2 * base, back, entry);
    }
    let prototype = program.prototype(m.promote(prototype));
    if !has_room(&*m, base, prototype.slots, given) {
        return fault(m);
    }
    if prototype.variadic {
        let args = values_behind(&*m, base, 1, given);
        return enter_variadic(m, back, base, &args, prototype.entry);
    }
    let (params, entry) = (prototype.params, prototype.entry);
    if given >= i64::from(params) {
        return m.commit().enter(2 * base, back, entry);
    }
    let nil = nil(&*m);
    let mut commit = m.commit();
    for missing in given..i64::from(params) {
        commit = commit.set_value(behind(base, 1 + missing), nil);
    }
    commit.enter(2 * base, back, entry)
}

#[inline(always)]
fn enter_variadic<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    back: Pc,
    base: u16,
    args: &[M::Value<Values>],
    entry: Pc,
) -> Done<M> {
    let given = super::integer(&*m, args.len() as i64);
    let mut commit = m.commit().set_value(behind(base, 1), given);
    for (index, arg) in (2..).zip(args) {
        commit = commit.set_value(behind(base, index), *arg);
    }
    commit.enter(2 * base, back, entry)
}

/// Enters a function whose frame begins at `a + 1` of `site`, with arguments from elsewhere.
#[inline(always)]
pub(super) fn enter<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    back: Pc,
    site: Site,
    callee: M::Value<Values>,
    args: &[M::Value<Values>],
) -> Done<M> {
    let Some(function) = m.expect::<Function>(callee) else {
        return fault(m);
    };
    let prototype = m.load(function, Function::PROTOTYPE);
    let base = site.a + 1;
    if let Some((params, entry)) = any(&*m, prototype, base, args.len() as i64) {
        let nil = nil(&*m);
        let mut commit = m.commit().set_value(word(base), callee);
        for (slot, arg) in (base + 1..).zip(args) {
            commit = commit.set_value(word(slot), *arg);
        }
        for missing in args.len() as i64..params {
            commit = commit.set_value(behind(base, 1 + missing), nil);
        }
        return commit.enter_any(word(base), back, entry);
    }
    let prototype = program.prototype(m.promote(prototype));
    if !has_room(&*m, base, prototype.slots, args.len() as i64) {
        return fault(m);
    }
    let (variadic, params, entry) = (prototype.variadic, prototype.params, prototype.entry);
    let (nil, given) = (nil(&*m), super::integer(&*m, args.len() as i64));
    let mut commit = m.commit().set_value(word(base), callee);
    let first = base + 1 + u8::from(variadic);
    if variadic {
        commit = commit.set_value(word_after(base, 1), given);
    }
    for (slot, arg) in (first..).zip(args) {
        commit = commit.set_value(word(slot), *arg);
    }
    if !variadic {
        for missing in args.len() as u8..params {
            commit = commit.set_value(word(base + 1 + missing), nil);
        }
    }
    commit.enter(word(base), back, entry)
}

/// `return R[a+1](R[a+2], …)`
#[inline(always)]
pub(super) fn tail<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    args: Count,
    top: Slot,
) -> Done<M> {
    let callee = m.value(word_after(a, 1));
    match m.promote(m.tag(callee)) {
        FUNCTION => {}
        BUILTIN => {
            let id = m.promote(m.payload(callee));
            let site = Site {
                a,
                args,
                results: OPEN,
                top,
            };
            return builtins::call(program, m, pc, site, id);
        }
        _ => {
            let given = count(&*m, args, top, a + 2);
            return metamethod::call_object(program, m, pc, a, given);
        }
    }
    let given = count(&*m, args, top, a + 2);
    tail_in_place(program, m, pc, a, callee, given)
}

/// Goes on in a function, in `R[a+1]` with the arguments behind it, instead of the running one.
#[inline(always)]
pub(super) fn tail_in_place<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    callee: M::Value<Values>,
    given: i64,
) -> Done<M> {
    let Some(function) = m.expect::<Function>(callee) else {
        return fault(m);
    };
    let prototype = m.load(function, Function::PROTOTYPE);
    if let Some((params, entry)) = any(&*m, prototype, 0_u16, given) {
        let values = values_behind(&*m, a, 2, given.min(params));
        let nil = nil(&*m);
        let mut commit = m.commit().set_value(word(0), callee);
        for (slot, value) in (1..).zip(&values) {
            commit = commit.set_value(behind(0_u16, slot), *value);
        }
        for missing in given..params {
            commit = commit.set_value(behind(0_u16, 1 + missing), nil);
        }
        return commit.tail_any(entry);
    }
    let prototype = program.prototype(m.promote(prototype));
    if Chunk::is_of_library(prototype) {
        let base = u16::from(a) + 1;
        return enter_in_place(program, m, pc + 1, base, callee, given);
    }
    if !has_room(&*m, 0_u16, prototype.slots, given) {
        return fault(m);
    }
    let (variadic, params, entry) = (prototype.variadic, prototype.params, prototype.entry);
    let taken = match variadic {
        true => given,
        false => given.min(i64::from(params)),
    };
    let target = (params, entry);
    // Few arguments, as most calls have, stay in registers.
    match (variadic, taken) {
        (false, 1) => {
            let values = [m.value(behind(a, 2))];
            tail_with(m, callee, given, false, &values, target)
        }
        (false, 2) => {
            let values = [m.value(behind(a, 2)), m.value(behind(a, 3))];
            tail_with(m, callee, given, false, &values, target)
        }
        _ => {
            let values = values_behind(&*m, a, 2, taken);
            tail_with(m, callee, given, variadic, &values, target)
        }
    }
}

#[inline(always)]
fn tail_with<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    callee: M::Value<Values>,
    given: i64,
    variadic: bool,
    values: &[M::Value<Values>],
    (params, entry): (u8, Pc),
) -> Done<M> {
    let (nil, given) = (nil(&*m), super::integer(&*m, given));
    let mut commit = m.commit().set_value(word(0), callee);
    let mut slot = 1;
    if variadic {
        commit = commit.set_value(word(1), given);
        slot = 2;
    }
    for value in values {
        commit = commit.set_value(behind(0_u16, slot), *value);
        slot += 1;
    }
    if !variadic {
        for missing in slot..=i64::from(params) {
            commit = commit.set_value(behind(0_u16, missing), nil);
        }
    }
    commit.tail(entry)
}

impl Moonlet {
    /// What [`acts::PARAMS`] and [`acts::ENTRY`] answer, by prototype, from one on.
    pub(super) fn callees(&self, first: usize) -> impl Iterator<Item = Callee> {
        self.prototypes.items().iter().skip(first).map(|it| Callee {
            entry: it.entry,
            params: (!it.variadic).then_some(it.params),
        })
    }

    /// How many results the frame that returns to `pc` is to leave, and where an open count goes.
    /// Protected calls put a truth value before the results, metamethods answer one value.
    pub(super) fn wanted(&self, pc: Pc) -> (Count, Slot) {
        let code = &self.code;
        match self.continued(pc) {
            None => match code.get((pc as usize).wrapping_sub(1)) {
                Some(&Instr::Call { results, top, .. }) => (results, top),
                Some(&Instr::ForCall(_, results)) => (results, 0),
                Some(&Instr::TailCall { top, .. }) => (OPEN, top),
                Some(Instr::Resume(_)) => (OPEN, 0),
                _ => (1, 0),
            },
            Some((pc, _)) => match code.get(pc as usize) {
                Some(
                    &Instr::Call {
                        results: OPEN, top, ..
                    }
                    | &Instr::TailCall { top, .. },
                ) => (OPEN, top),
                Some(&Instr::Call { results, top, .. }) => (results.saturating_sub(1), top),
                Some(&Instr::ForCall(_, results)) => (results.saturating_sub(1), 0),
                _ => (1, 0),
            },
        }
    }
}

/// How many results the frame leaves to its caller, and where an open count goes.
#[inline(always)]
fn wanted<M: Machine<Program = Moonlet>>(m: &M, caller: &Caller<M>) -> (Count, Slot) {
    let wanted = m.promote(m.read(acts::WANTED, (m.place(caller),)));
    (wanted as Count, (wanted >> 8) as Slot)
}

/// Pops the frame, stores the results from slot `result` of the caller on, and returns.
#[inline(always)]
fn give_values<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    values: &[M::Value<Values>],
) -> Done<M> {
    let Some(caller) = m.caller() else {
        return leave_to_host(m, values);
    };
    let (wanted, top) = wanted(&*m, &caller);
    let first = caller.window() as u16 - 2;
    let end = i64::from(first / 2) + values.len() as i64;
    let (nil, end) = (nil(&*m), super::integer(&*m, end));
    let mut commit = m.commit().pop(caller);
    if wanted == OPEN {
        for (index, value) in (0..).zip(values) {
            commit = commit.set_value(first + 2 * index, *value);
        }
        return commit.set_value(word(top), end).return_to();
    }
    for index in 0..u16::from(wanted) {
        let value = values.get(usize::from(index)).copied().unwrap_or(nil);
        commit = commit.set_value(first + 2 * index, value);
    }
    commit.return_to()
}

/// Ends a run: leaves how many values there are in slot 0 and the values behind, where
/// [`Lua::call`](super::Lua::call) finds them. They lay behind slot 0 before, too, so there is room.
#[inline(always)]
fn leave_to_host<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    values: &[M::Value<Values>],
) -> Done<M> {
    let count = super::integer(&*m, values.len() as i64);
    let mut commit = m.commit().set_value(word(0), count);
    for (index, value) in (1..).zip(values) {
        commit = commit.set_value(behind(0_u16, index), *value);
    }
    commit.finish(())
}

/// `return R[a], …`
#[inline(always)]
pub(super) fn give<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    given: Count,
    top: Slot,
) -> Done<M> {
    let given = count(&*m, given, top, a);
    if given > MOST {
        return fault(m);
    }
    match given {
        0 => give_none(m),
        2 => {
            let values = [m.value(behind(a, 0)), m.value(behind(a, 1))];
            give_values(m, &values)
        }
        _ => {
            let values = values_behind(&*m, a, 0, given);
            give_values(m, &values)
        }
    }
}

/// `return`
#[inline(always)]
pub(super) fn give_none<M: Machine<Program = Moonlet>>(m: Op<'_, M>) -> Done<M> {
    give_values(m, &[])
}

/// `return R[a]`
#[inline(always)]
pub(super) fn give_one<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot) -> Done<M> {
    let value = m.value(word(a));
    let Some(caller) = m.caller() else {
        return leave_to_host(m, &[value]);
    };
    let (wanted, _) = wanted(&*m, &caller);
    if wanted == 1 {
        let first = caller.window() as u16 - 2;
        return m.commit().leave_value(caller, first, value);
    }
    give_values(m, &[value])
}

/// First instruction of a variadic function: packs the extra arguments.
#[inline(always)]
pub(super) fn variadic<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
) -> Done<M> {
    let params = i64::from(program.function_at(pc).params);
    let given = m.promote(m.payload(m.value(word(1))));
    if given <= params {
        let nil = nil(&*m);
        let mut commit = m.commit().set_value(word(1), nil);
        for missing in given..params {
            commit = commit.set_value(word(2 + missing as u8), nil);
        }
        return commit.next();
    }
    let range = (m.constant(2 + params), m.constant(given - params));
    m.commit().call_into(word(1), acts::PACK, range)
}

/// `R[a], … := ...`
#[inline(always)]
pub(super) fn vararg<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    a: Slot,
    wanted: Count,
    top: Slot,
) -> Done<M> {
    let packed = m.expect::<Table>(m.value(word(1)));
    let length = match packed {
        Some(packed) => m.promote(m.length(packed, Table::ITEMS)) - 1,
        None => 0,
    };
    let taken = match wanted {
        OPEN => length,
        wanted => length.min(i64::from(wanted)),
    };
    if !has_room(&*m, a, 0, taken) {
        return fault(m);
    }
    let mut values = Many::<M>::new();
    for index in 1..=taken {
        let item = packed.and_then(|packed| m.element(packed, Table::ITEMS, m.constant(index)));
        let Some(item) = item else {
            return fault(m);
        };
        values.push(m.get(item));
    }
    let end = super::integer(&*m, i64::from(a) + length);
    let nil = nil(&*m);
    let mut commit = m.commit();
    for (index, value) in (0..).zip(&values) {
        commit = commit.set_value(word(a) + 2 * index, *value);
    }
    if wanted == OPEN {
        return commit.set_value(word(top), end).next();
    }
    for missing in taken as u8..wanted {
        commit = commit.set_value(word_after(a, missing), nil);
    }
    commit.next()
}
