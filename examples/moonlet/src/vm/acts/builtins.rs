//! Calls of the library.

use super::effects::{ANYTHING, declared, writing};
use super::{Answer, Ctx, gather, safe_point};
use crate::bytecode::OPEN;
use crate::event::Event;
use crate::host::Host;
use crate::library::{BUILTINS, BuiltinId, Raised, Run};
use crate::value::{self, DUE_CLASS, INT, NOTHING, TABLE_CLASSES, Tagged};
use crate::vm::errors::Throw;
use crate::vm::{Lua, MOST_PCALLS, Moonlet, errors};
use offramp::{Act, ClassSet, Effects};

/// Runs a builtin on values; one that calls functions of the program keeps its hands off all slots of the
/// frame below `top`. Without it, it cannot call any: the helper does not declare that it runs the program.
pub(super) fn run_builtin(
    context: &mut Ctx<'_>,
    id: i64,
    args: &[Tagged],
    top: Option<u16>,
) -> Answer<Vec<Tagged>> {
    let mut results = Vec::new();
    let ran = run(context, id, args, &mut results, top);
    match ran {
        Ok(()) => Ok(results),
        Err(Raised::Memory) => Err(Throw::Memory),
        Err(raised) => {
            context.host.ended.raiser = Some(BUILTINS[id as usize].name);
            Err(for_good(errors::raised(context, raised), top.is_some()))
        }
    }
}

/// What an instruction fails with that cannot be tried again if `calls` says that it may have run a part of
/// the program.
fn for_good(thrown: Throw, calls: bool) -> Throw {
    match thrown {
        Throw::Memory if calls => Throw::Spent,
        thrown => thrown,
    }
}

/// Runs a builtin that another one calls, which has no position in messages.
pub(in crate::vm) fn call_from_builtin(
    context: &mut Ctx<'_>,
    id: i64,
    args: &[Tagged],
    top: Option<u16>,
) -> Result<Vec<Tagged>, Raised> {
    let mut results = Vec::new();
    let ran = run(context, id, args, &mut results, top);
    match ran.map_err(|raised| raised.described(context.host)) {
        Ok(()) => Ok(results),
        Err(Raised::Message(text)) => Err(Raised::plain(text)),
        Err(Raised::Argument { name, number, what }) => Err(Raised::plain(Raised::argument(
            None, false, name, number, &what,
        ))),
        Err(Raised::Level { message, level }) => Err(Raised::Level {
            message,
            level: level.saturating_sub(1),
        }),
        Err(raised) => Err(raised),
    }
}

pub(in crate::vm) fn run(
    context: &mut Ctx<'_>,
    id: i64,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
    top: Option<u16>,
) -> Result<(), Raised> {
    let calling = match BUILTINS[id as usize].run {
        Run::OnItems(raw, calling) => match args.first() {
            Some(first) if !lacks_items_metamethods(context, *first) => calling,
            _ => return run_raw(context.host, *raw, args, results),
        },
        Run::OnPlain(raw, calling) => match args.iter().all(|arg| is_plain(*arg)) {
            true => return run_raw(context.host, *raw, args, results),
            false => calling,
        },
        Run::Calling(calling) => calling,
        raw => return run_raw(context.host, raw, args, results),
    };
    let held = context.host.held.len();
    let room = context.host.held.try_reserve(args.len());
    room.map_err(|_| Raised::Memory)?;
    context.host.held.extend_from_slice(args);
    let mut lua = Lua::new(context, top);
    let ran = match id == BuiltinId::Pcall as i64 {
        true => protected(&mut lua, args, results, 1),
        false => calling(&mut lua, args, results),
    };
    let ran = lua.ended(ran);
    context.host.held.truncate(held);
    ran
}

fn run_raw(
    host: &mut Host,
    run: Run,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    match run {
        Run::Pure(function) => results.push(function(host, args)?),
        Run::Simple(function) => results.push(function(host, args)?),
        Run::General(function) => function(host, args, results)?,
        Run::Calling(_) | Run::OnItems(..) | Run::OnPlain(..) => {}
    }
    Ok(())
}

/// Whether a value is neither a table with a metatable nor a file.
fn is_plain(value: Tagged) -> bool {
    let table = value.as_reference::<value::Table>();
    value.tag() != value::FILE && table.is_none_or(|table| table.metatable().is_none())
}

/// Whether a value is a table whose items are its own, without metamethods for them or its length.
fn lacks_items_metamethods(context: &Ctx<'_>, value: Tagged) -> bool {
    let Some(table) = value.as_reference::<value::Table>() else {
        return false;
    };
    let Some(meta) = table.metatable() else {
        return true;
    };
    let (heap, names) = (&context.host.heap, &context.host.names);
    [Event::Index, Event::NewIndex, Event::Len]
        .iter()
        .all(|event| meta.get_str(heap, names[*event]).tag() == value::NIL)
}

/// A builtin of one answer that neither allocates nor writes: id and count of arguments, arguments.
pub(in crate::vm) const CALL_PURE: Act<Moonlet, (i64, Tagged, Tagged, Tagged), Tagged> = declared(
    Act::new("call_pure", call_small),
    Effects {
        reads: ClassSet::ALL,
        ..Effects::PURE
    },
);

/// A builtin of one answer: id and count of arguments, arguments.
pub(in crate::vm) const CALL_SIMPLE: Act<Moonlet, (i64, Tagged, Tagged, Tagged), Tagged> = declared(
    Act::new("call_simple", call_small),
    Effects {
        collects: true,
        ..writing(TABLE_CLASSES.with(DUE_CLASS))
    },
);

fn call_small(
    context: &mut Ctx<'_>,
    (call, x, y, z): (i64, Tagged, Tagged, Tagged),
) -> Answer<Tagged> {
    let args = [x, y, z];
    let args = &args[..(call >> 32) as usize];
    let run = match BUILTINS[call as u32 as usize].run {
        Run::OnItems(raw, _) | Run::OnPlain(raw, _) => *raw,
        run => run,
    };
    let ran = match run {
        Run::Pure(function) => function(context.host, args),
        Run::Simple(function) => {
            safe_point(context, args);
            function(context.host, args)
        }
        _ => Ok(NOTHING),
    };
    ran.map_err(|raised| {
        context.host.ended.raiser = Some(BUILTINS[call as u32 as usize].name);
        errors::raised(context, raised)
    })
}

/// A builtin with everything in the frame: id, slot, count of arguments, results wanted, place of
/// their count.
pub(in crate::vm) const CALL: Act<Moonlet, (i64, i64, i64, i64, i64), ()> =
    Act::new("call_builtin", |context, call| {
        call_builtin(context, call, false)
    })
    .with_effects(ANYTHING);

/// The same of a builtin that may run the program.
pub(in crate::vm) const CALL_CALLING: Act<Moonlet, (i64, i64, i64, i64, i64), ()> =
    Act::new("call_calling_builtin", |context, call| {
        call_builtin(context, call, true)
    });

fn call_builtin(
    context: &mut Ctx<'_>,
    (id, a, given, results, top): (i64, i64, i64, i64, i64),
    calls: bool,
) -> Answer<()> {
    let args = gather(context, a + 2, given)?;
    safe_point(context, &args);
    let free = calls.then_some((a + 2 + given) as u16);
    let mut answers = run_builtin(context, id, &args, free)?;
    if id == BuiltinId::Pcall as i64
        && results == i64::from(OPEN)
        && !fits(context, a, answers.len())
    {
        let error = context.host.heap.string(TOO_MANY.as_bytes());
        let error = error.map_err(|_| Throw::Spent)?;
        let error = Tagged::reference(error);
        answers = vec![value::truth(false), error];
    }
    let stored = store_results(context, a, results, top, &answers);
    stored.map_err(|failure| for_good(failure, calls))
}

/// Calls a function, and answers its error instead of raising it. This `pcall` is the last of `pcalls` that
/// call each other. Where an instruction can enter a function of the program in its own frame, it does so
/// without this.
fn protected(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
    pcalls: i64,
) -> Result<(), Raised> {
    let Some((callee, args)) = args.split_first() else {
        // Called by a builtin, a builtin has no position.
        let missing = "bad argument #1 to 'pcall' (value expected)";
        return Err(match pcalls {
            1 => Raised::Message(missing.into()),
            _ => Raised::plain(missing),
        });
    };
    let start = results.len();
    results.push(value::truth(true));
    let ran = match callee.tag() {
        _ if pcalls > i64::from(MOST_PCALLS) => Err(Raised::plain("C stack overflow")),
        value::BUILTIN if callee.as_int() == BuiltinId::Pcall as i64 => {
            protected(lua, args, results, pcalls + 1)
        }
        value::BUILTIN => lua.run_builtin(callee.as_int(), args, results),
        _ => lua
            .call(*callee, args)
            .and_then(|called| lua.push_returned(results, &called)),
    };
    let Err(raised) = ran else {
        return Ok(());
    };
    let error = lua.caught(raised, pcalls)?;
    results.truncate(start);
    results.extend([value::truth(false), error]);
    Ok(())
}

/// A builtin with two arguments as a loop's iterator: id, arguments, slot, results wanted, place of
/// their count.
pub(in crate::vm) const CALL_PAIR: Act<Moonlet, (i64, Tagged, Tagged, i64, i64, i64), ()> =
    Act::new("call_pair", |context, call| call_pair(context, call, false)).with_effects(ANYTHING);

/// The same of a builtin that may run the program.
pub(in crate::vm) const CALL_PAIR_CALLING: Act<Moonlet, (i64, Tagged, Tagged, i64, i64, i64), ()> =
    Act::new("call_calling_pair", |context, call| {
        call_pair(context, call, true)
    });

fn call_pair(
    context: &mut Ctx<'_>,
    (id, x, y, a, results, top): (i64, Tagged, Tagged, i64, i64, i64),
    calls: bool,
) -> Answer<()> {
    safe_point(context, &[x, y]);
    let answers = run_builtin(context, id, &[x, y], calls.then_some(a as u16))?;
    let stored = store_results(context, a, results, top, &answers);
    stored.map_err(|failure| for_good(failure, calls))
}

const TOO_MANY: &str = "too many results to unpack";

/// Whether there is room for so many results from slot `a` on.
fn fits(context: &Ctx<'_>, a: i64, count: usize) -> bool {
    let room = 2 * a as usize + 2 * count + 64;
    count <= 16_000 && context.stack.base() + room <= context.stack.limit()
}

fn store_results(
    context: &mut Ctx<'_>,
    a: i64,
    results: i64,
    top: i64,
    answers: &[Tagged],
) -> Answer<()> {
    let first = 2 * a as u16;
    let wanted = match results {
        results if results == i64::from(OPEN) => {
            if !fits(context, a, answers.len()) {
                return Err(errors::message(context, TOO_MANY));
            }
            let end = Tagged::int(INT, a + answers.len() as i64);
            context.stack.set_value(2 * top as u16, end);
            answers.len()
        }
        results => results as usize,
    };
    for index in 0..wanted {
        let answer = answers.get(index).copied().unwrap_or(NOTHING);
        context.stack.set_value(first + 2 * index as u16, answer);
    }
    Ok(())
}
