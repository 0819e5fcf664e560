//! Calls of the library.

use super::effects::{ANYTHING, declared, writing};
use super::{Answer, Ctx, gather, safe_point};
use crate::bytecode::OPEN;
use crate::host::Host;
use crate::library::{BUILTINS, BuiltinId, Raised, Run, push_all};
use crate::value::{self, DUE_CLASS, INT, NOTHING, TABLE_CLASSES, Tagged};
use crate::vm::{MOST_PCALLS, Moonlet, errors};
use offramp::{Act, ClassSet, Effects};

/// Runs a builtin on values. `pcall` of a Lua function is not for here.
pub(super) fn run_builtin(context: &mut Ctx<'_>, id: i64, args: &[Tagged]) -> Answer<Vec<Tagged>> {
    if id == BuiltinId::Pcall as i64 {
        return protected(context, args, 1);
    }
    let mut results = Vec::new();
    let ran = run(context.host, id, args, &mut results);
    match ran {
        Ok(()) => Ok(results),
        Err(raised) => Err(errors::raised(context, raised)),
    }
}

fn run(host: &mut Host, id: i64, args: &[Tagged], results: &mut Vec<Tagged>) -> Result<(), Raised> {
    match BUILTINS[id as usize].run {
        Run::Pure(function) => results.push(function(host, args)?),
        Run::Simple(function) => results.push(function(host, args)?),
        Run::General(function) => function(host, args, results)?,
    }
    Ok(())
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
    let ran = match BUILTINS[call as u32 as usize].run {
        Run::Pure(function) => function(context.host, args),
        Run::Simple(function) => {
            safe_point(context, args);
            function(context.host, args)
        }
        Run::General(_) => Ok(NOTHING),
    };
    ran.map_err(|raised| errors::raised(context, raised))
}

/// A builtin with everything in the frame: id, slot, count of arguments, results wanted, place of
/// their count.
pub(in crate::vm) const CALL: Act<Moonlet, (i64, i64, i64, i64, i64), ()> =
    Act::new("call_builtin", call_builtin).with_effects(ANYTHING);

fn call_builtin(
    context: &mut Ctx<'_>,
    (id, a, given, results, top): (i64, i64, i64, i64, i64),
) -> Answer<()> {
    let args = gather(context, a + 2, given)?;
    safe_point(context, &args);
    let mut answers = run_builtin(context, id, &args)?;
    if id == BuiltinId::Pcall as i64
        && results == i64::from(OPEN)
        && !fits(context, a, answers.len())
    {
        let error = Tagged::reference(context.host.heap.string(TOO_MANY.as_bytes())?);
        answers = vec![value::truth(false), error];
    }
    store_results(context, a, results, top, &answers)
}

/// Calls something that is not a Lua function, and answers its error instead of raising it. This
/// `pcall` is the last of `pcalls` that call each other.
fn protected(context: &mut Ctx<'_>, args: &[Tagged], pcalls: i64) -> Answer<Vec<Tagged>> {
    let Some((callee, args)) = args.split_first() else {
        let missing = "bad argument #1 to 'pcall' (value expected)";
        return Err(errors::message(context, missing));
    };
    let mut answers = vec![value::truth(true)];
    let error = match callee.tag() {
        // A Lua function is here only where too many protected calls call each other.
        _ if pcalls > i64::from(MOST_PCALLS) => Some(overflow(context)?),
        value::FUNCTION => Some(overflow(context)?),
        value::BUILTIN if callee.as_int() == BuiltinId::Pcall as i64 => {
            match protected(context, args, pcalls + 1) {
                Ok(inner) => {
                    let heap = &context.host.heap;
                    push_all(heap, &mut answers, inner.into_iter())?;
                    None
                }
                Err(errors::MEMORY) => return Err(errors::MEMORY),
                Err(_) => {
                    // Called by a builtin, a builtin has no position.
                    let missing = b"bad argument #1 to 'pcall' (value expected)";
                    context.host.raised = None;
                    Some(Tagged::reference(context.host.heap.string(missing)?))
                }
            }
        }
        value::BUILTIN => match run(context.host, callee.as_int(), args, &mut answers) {
            Ok(()) => None,
            // What there is no memory for is tried again before it is an error.
            Err(Raised::Memory) if !context.host.last_chance => return Err(errors::MEMORY),
            Err(raised) => Some(errors::raised_in_pcall(context, raised, pcalls)?),
        },
        _ => {
            let message = format!("attempt to call a {} value", value::type_name(*callee));
            Some(Tagged::reference(
                context.host.heap.string(message.as_bytes())?,
            ))
        }
    };
    Ok(match error {
        None => answers,
        Some(error) => vec![value::truth(false), error],
    })
}

/// The error of a protected call that is one too many.
fn overflow(context: &mut Ctx<'_>) -> Answer<Tagged> {
    Ok(Tagged::reference(
        context.host.heap.string(b"C stack overflow")?,
    ))
}

/// A builtin with two arguments as a loop's iterator: id, arguments, slot, results wanted, place of
/// their count.
pub(in crate::vm) const CALL_PAIR: Act<Moonlet, (i64, Tagged, Tagged, i64, i64, i64), ()> =
    Act::new("call_pair", |context, (id, x, y, a, results, top)| {
        safe_point(context, &[x, y]);
        let answers = run_builtin(context, id, &[x, y])?;
        store_results(context, a, results, top, &answers)
    })
    .with_effects(ANYTHING);

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
