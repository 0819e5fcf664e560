//! Functions and cells, extra arguments, returns, loops.

use super::effects::{ALLOCATES, ALLOCATES_FROM_FRAME, declared};
use super::{Answer, Ctx, gather, safe_point};
use crate::bytecode::Capture;
use crate::host::Host;
use crate::number;
use crate::value::Tagged;
use crate::value::{FLOAT, Function, INT, NOTHING, Table, Variable, captured_of};
use crate::vm::code::wanted_far;
use crate::vm::{Moonlet, errors, word};
use offramp::{Act, Effects, Read, Reference};

/// What the frame that returns to an instruction is to leave: how many results, and in the higher
/// byte the slot an open count goes to. Asked at run time where a trace serves all callers.
pub(in crate::vm) const WANTED: Read<Moonlet, (i64,), i64> = Read::new("wanted", wanted).pure();

#[inline(always)]
fn wanted(host: &Host, (place,): (i64,)) -> i64 {
    match host.wanted.get(place as usize) {
        Some(wanted) => i64::from(*wanted),
        None => wanted_far(host, place),
    }
}

/// How many parameters a function has, by its prototype, or [`VARIADIC`].
pub(in crate::vm) const PARAMS: Read<Moonlet, (i64,), i64> = Read::new("params", params).pure();

/// It takes extra arguments.
pub(in crate::vm) const VARIADIC: i64 = -1;

#[inline(always)]
fn params(host: &Host, (prototype,): (i64,)) -> i64 {
    let params = host.callees[prototype as usize].params;
    params.map_or(VARIADIC, i64::from)
}

/// Where a function begins, by its prototype.
pub(in crate::vm) const ENTRY: Read<Moonlet, (i64,), i64> = Read::new("entry", entry).pure();

#[inline(always)]
fn entry(host: &Host, (prototype,): (i64,)) -> i64 {
    i64::from(host.callees[prototype as usize].entry)
}

/// A cell.
pub(in crate::vm) const NEW_CELL: Act<Moonlet, (Tagged,), Reference<Variable>> = declared(
    Act::new("new_cell", |context, (value,)| {
        safe_point(context, &[value]);
        Ok(context.host.heap.variable(value)?)
    }),
    ALLOCATES,
);

/// A function with up to three captured values.
pub(in crate::vm) const CLOSE: Act<Moonlet, (i64, Tagged, Tagged, Tagged), Reference<Function>> =
    declared(
        Act::new("close", |context, (prototype, x, y, z)| {
            safe_point(context, &[x, y, z]);
            let count = context.program().prototype(prototype).captures.len();
            let captured = &[x, y, z][..count];
            Ok(context.host.heap.function(prototype as u32, captured)?)
        }),
        ALLOCATES,
    );

/// A function with any number of captured values.
pub(in crate::vm) const CLOSE_FRAME: Act<Moonlet, (i64,), Reference<Function>> =
    declared(Act::new("close_frame", close_frame), ALLOCATES_FROM_FRAME);

fn close_frame(context: &mut Ctx<'_>, (prototype,): (i64,)) -> Answer<Reference<Function>> {
    safe_point(context, &[]);
    let own = context.stack.value(0).as_reference::<Function>();
    let program = context.program();
    let captures = program.prototype(prototype).captures.iter();
    let captured = captures.map(|capture| match (*capture, own) {
        (Capture::Local(slot), _) => context.stack.value(word(slot)),
        (Capture::Upvalue(u), Some(own)) => captured_of(&own)[usize::from(u)],
        (Capture::Upvalue(_), None) => NOTHING,
    });
    let captured: Vec<Tagged> = captured.collect();
    Ok(context.host.heap.function(prototype as u32, &captured)?)
}

/// Makes limit, step and first value of a loop all integers or all floats.
pub(in crate::vm) const FOR_PREPARE: Act<Moonlet, (i64,), ()> = declared(
    Act::new("for_prepare", for_prepare),
    Effects {
        reads_frames: true,
        writes_frames: true,
        ..Effects::HOST
    },
);

fn for_prepare(context: &mut Ctx<'_>, (a,): (i64,)) -> Answer<()> {
    let word = |index: i64| 2 * (a + index) as u16;
    let [limit, step, first] = [0, 1, 2].map(|index| context.stack.value(word(index)));
    if (first.tag(), step.tag()) == (INT, INT) {
        if step.as_int() == 0 {
            return Err(errors::raise(context));
        }
        let Some(number) = number::to_number(limit) else {
            return Err(errors::loop_value(context, "limit", limit));
        };
        let (first, step) = (first.as_int(), step.as_int());
        let [limit, step, first] = match last_integer(number, step > 0) {
            Some(limit) => [limit, step, first],
            None if step > 0 => [i64::MAX - 1, 1, i64::MAX],
            None => [i64::MIN + 1, -1, i64::MIN],
        };
        for (index, value) in (0..).zip([limit, step, first]) {
            context
                .stack
                .set_value(word(index), Tagged::int(INT, value));
        }
        return Ok(());
    }
    // The order in which lua5.4 looks at them.
    for (index, value, what) in [
        (0, limit, "limit"),
        (1, step, "step"),
        (2, first, "initial"),
    ] {
        let Some(value) = number::to_float(value) else {
            return Err(errors::loop_value(context, what, value));
        };
        context
            .stack
            .set_value(word(index), Tagged::float(FLOAT, value));
    }
    Ok(())
}

/// The value in a slot of the frame whose number is computed.
pub(in crate::vm) const SLOT: Act<Moonlet, (i64,), Tagged> = declared(
    Act::new("slot", |context, (slot,)| {
        Ok(context.stack.value(2 * slot as u16))
    }),
    Effects {
        reads_frames: true,
        ..Effects::HOST
    },
);

/// A loop's limit, clipped to the integers; none if they all lie beyond it. What is not a number
/// is below them, as in lua5.4.
fn last_integer(limit: Tagged, up: bool) -> Option<i64> {
    if limit.tag() == INT {
        return Some(limit.as_int());
    }
    let limit = limit.as_float();
    let whole = if up { limit.floor() } else { limit.ceil() };
    number::exact_int(whole).or(match (limit > 0.0, up) {
        (true, true) => Some(i64::MAX),
        (false, false) => Some(i64::MIN),
        _ => None,
    })
}

/// Packs extra arguments: first slot, count.
pub(in crate::vm) const PACK: Act<Moonlet, (i64, i64), Reference<Table>> =
    declared(Act::new("pack", pack), ALLOCATES_FROM_FRAME);

fn pack(context: &mut Ctx<'_>, (first, count): (i64, i64)) -> Answer<Reference<Table>> {
    let stack = &context.stack;
    let callers = stack.callers().map(|(_, base)| base);
    let extras = &mut context.host.extras;
    if !extras.hold(stack.base(), count as usize, callers)? {
        return Err(errors::raise(context));
    }
    let values = gather(context, first, count)?;
    safe_point(context, &values);
    Ok(context.host.heap.list(&values)?)
}
