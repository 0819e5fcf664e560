//! Indexing that follows metatables, and may push the frame of a function found there.

use super::builtins::run_builtin;
use super::effects::{TRANSFERS, declared};
use super::tables::raw_set;
use super::{Answer, Ctx};
use crate::value::Tagged;
use crate::value::{self, FILE, FUNCTION, Function, INT, NIL, NOTHING, STRING, Str, Table};
use crate::vm::{Moonlet, errors, word};
use offramp::{Act, Outcome, Reference};

/// Metatables that are followed, at most.
const CHAIN: usize = 2000;

/// `object[key]` with metamethods.
pub(in crate::vm) const INDEX: Act<Moonlet, (Tagged, Tagged), Outcome<Tagged>> =
    declared(Act::new("index", index), TRANSFERS);

fn index(context: &mut Ctx<'_>, (object, key): (Tagged, Tagged)) -> Answer<Outcome<Tagged>> {
    let mut at = object;
    for _ in 0..CHAIN {
        let handler = match at.as_reference::<Table>() {
            Some(table) => {
                let value = table.get(&context.host.heap, key);
                let handler = metamethod(context, table, context.program().index);
                if value.tag() != NIL || handler.tag() == NIL {
                    return Ok(Outcome::Value(value));
                }
                handler
            }
            None if at.tag() == STRING => Tagged::reference(context.program().strings),
            None if at.tag() == FILE => Tagged::reference(context.program().files),
            None => return Err(errors::raise_index(context, at, at == object)),
        };
        if handler.tag() == FUNCTION {
            return transfer(context, handler, &[at, key]);
        }
        if handler.tag() == value::BUILTIN {
            let results = run_builtin(context, handler.as_int(), &[at, key], None)?;
            let first = results.first().copied();
            return Ok(Outcome::Value(first.unwrap_or(NOTHING)));
        }
        at = handler;
    }
    let chain = "'__index' chain too long; possible loop";
    Err(errors::message(context, chain))
}

/// `object[key] := value` with metamethods.
pub(in crate::vm) const SET_INDEX: Act<Moonlet, (Tagged, Tagged, Tagged), Outcome<()>> =
    declared(Act::new("set_index", set_index), TRANSFERS);

fn set_index(
    context: &mut Ctx<'_>,
    (object, key, value): (Tagged, Tagged, Tagged),
) -> Answer<Outcome<()>> {
    let mut at = object;
    for _ in 0..CHAIN {
        let Some(table) = at.as_reference::<Table>() else {
            return Err(errors::raise_index(context, at, at == object));
        };
        let handler = metamethod(context, table, context.program().new_index);
        if handler.tag() == NIL || table.get(&context.host.heap, key).tag() != NIL {
            return raw_set(context, table, key, value).map(Outcome::Value);
        }
        if handler.tag() == FUNCTION {
            return transfer(context, handler, &[at, key, value]).map(|outcome| match outcome {
                Outcome::Transfer(pc) => Outcome::Transfer(pc),
                Outcome::Value(_) => Outcome::Value(()),
            });
        }
        if handler.tag() == value::BUILTIN {
            run_builtin(context, handler.as_int(), &[at, key, value], None)?;
            return Ok(Outcome::Value(()));
        }
        at = handler;
    }
    let chain = "'__newindex' chain too long; possible loop";
    Err(errors::message(context, chain))
}

fn metamethod(context: &Ctx<'_>, table: Reference<Table>, name: Reference<Str>) -> Tagged {
    match table.meta.get().as_reference::<Table>() {
        Some(meta) => meta.get_str(&context.host.heap, name),
        None => NOTHING,
    }
}

/// Pushes a frame for `function` behind the running function's slots; it returns to the calling
/// instruction's continuation.
fn transfer(context: &mut Ctx<'_>, function: Tagged, args: &[Tagged]) -> Answer<Outcome<Tagged>> {
    let pc = context.pc();
    let program = context.program();
    let Some(callee) = function.as_reference::<Function>() else {
        return Err(errors::raise(context));
    };
    let prototype = program.prototype(i64::from(callee.prototype));
    let (slots, params, variadic) = (prototype.slots, prototype.params, prototype.variadic);
    let (entry, back, scratch) = (
        prototype.entry,
        program.continuation(pc, 1),
        program.scratch(pc),
    );
    let window = word(scratch) + 2;
    let room = usize::from(window) + 2 * usize::from(slots) + 32;
    if context.stack.base() + room > context.stack.limit() || !context.stack.push(window, back) {
        return Err(errors::message(context, "stack overflow"));
    }
    context.stack.set_value(0, function);
    let mut word = 2;
    if variadic {
        let given = Tagged::int(INT, args.len() as i64);
        context.stack.set_value(word, given);
        word += 2;
    }
    for arg in args {
        context.stack.set_value(word, *arg);
        word += 2;
    }
    for missing in args.len()..usize::from(params) {
        context.stack.set_value(2 + 2 * missing as u16, NOTHING);
    }
    Ok(Outcome::Transfer(entry))
}
