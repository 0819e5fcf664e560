//! Indexing that follows metatables, and may push the frame of a function found there.

use super::effects::{TRANSFERS, declared};
use super::tables::raw_set;
use super::{Answer, Ctx};
use crate::event::Event;
use crate::value::Tagged;
use crate::value::{BUILTIN, FUNCTION, Function, INT, NIL, NOTHING, TABLE, Table};
use crate::vm::{Moonlet, errors, word};
use offramp::{Act, Outcome};

/// Metatables that are followed, at most.
const CHAIN: usize = 2000;

/// `object[key]` with metamethods.
pub(in crate::vm) const INDEX: Act<Moonlet, (Tagged, Tagged), Outcome<Tagged>> =
    declared(Act::new("index", index), TRANSFERS);

fn index(context: &mut Ctx<'_>, (object, key): (Tagged, Tagged)) -> Answer<Outcome<Tagged>> {
    let mut at = object;
    for _ in 0..CHAIN {
        if let Some(table) = at.as_reference::<Table>() {
            let value = table.get(&context.host.heap, key);
            if value.tag() != NIL {
                return Ok(Outcome::Value(value));
            }
        }
        let handler = context.host.metamethod(at, Event::Index);
        match handler.tag() {
            NIL if at.tag() == TABLE => return Ok(Outcome::Value(NOTHING)),
            NIL => return Err(errors::raise_index(context, at, at == object)),
            FUNCTION => return transfer(context, handler, &[at, key]),
            BUILTIN => return Ok(call(context, handler, &[at, key])),
            _ => {}
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
        let table = at.as_reference::<Table>();
        let heap = &context.host.heap;
        let has = table.is_some_and(|table| table.get(heap, key).tag() != NIL);
        let handler = match has {
            true => NOTHING,
            false => context.host.metamethod(at, Event::NewIndex),
        };
        match (handler.tag(), table) {
            (NIL, Some(table)) => {
                return raw_set(context, table, key, value).map(Outcome::Value);
            }
            (NIL, None) => return Err(errors::raise_index(context, at, at == object)),
            (FUNCTION, _) => return transfer(context, handler, &[at, key, value]),
            (BUILTIN, _) => return Ok(call(context, handler, &[at, key, value])),
            _ => {}
        }
        at = handler;
    }
    let chain = "'__newindex' chain too long; possible loop";
    Err(errors::message(context, chain))
}

/// Has the calling instruction call a function of the library.
fn call<T>(context: &mut Ctx<'_>, function: Tagged, args: &[Tagged]) -> Outcome<T> {
    let program = context.program();
    let pc = program.instruction(context.pc());
    let (a, target) = (2 * program.place(pc).a, program.calling(pc));
    let given = Tagged::int(INT, args.len() as i64);
    context.stack.set_value(a, given);
    context.stack.set_value(a + 2, function);
    for (index, arg) in (2..).zip(args) {
        context.stack.set_value(a + 2 * index, *arg);
    }
    Outcome::Transfer(target)
}

/// Pushes a frame for `function` behind the running function's slots; it returns to the calling
/// instruction's continuation.
fn transfer<T>(context: &mut Ctx<'_>, function: Tagged, args: &[Tagged]) -> Answer<Outcome<T>> {
    let program = context.program();
    let pc = program.instruction(context.pc());
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
        let text = errors::overflow(context);
        return Err(errors::message(context, text));
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
