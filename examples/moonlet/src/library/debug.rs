//! `debug`: metatables without their protection, and tracebacks.
//!
//! Those of its functions that look at frames are [`Run::Calling`](super::Run::Calling): what runs
//! a part of the program finds all frames on the stack, also where a trace has none of its own.

use super::Raised;
use super::args::{Args, Text};
use crate::host::Host;
use crate::value::{NIL, NOTHING, TABLE, Table, Tagged, Thread};
use crate::vm::Lua;

pub(super) fn getmetatable(host: &Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let value = Args::new("debug.getmetatable", args).any(1)?;
    Ok(host.metatable(value).map_or(NOTHING, Tagged::reference))
}

pub(super) fn setmetatable(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let args = Args::new("debug.setmetatable", args);
    let meta = args.get(2);
    if args.len() < 2 || !matches!(meta.tag(), NIL | TABLE) {
        return Err(args.expected(2, "nil or table"));
    }
    let value = args.get(1);
    let has = host.metatable(value).map_or(NOTHING, Tagged::reference);
    match value.as_reference::<Table>() {
        Some(table) => table.meta.set(meta),
        None if has == meta => {}
        None => {
            let kind = crate::value::type_name_of(value.tag());
            let what = format!("debug.setmetatable of a {kind} value");
            return Err(Raised::missing(&what));
        }
    }
    Ok(value)
}

pub(super) fn traceback(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let thread = args
        .first()
        .and_then(|first| first.as_reference::<Thread>());
    let rest = usize::from(thread.is_some());
    let checked = Args::new("debug.traceback", args);
    let message = checked.get(rest + 1);
    let text = Text::of(message);
    if text.is_none() && message.tag() != NIL {
        results.push(message);
        return Ok(());
    }
    if thread.is_some_and(|thread| !lua.is_running(thread)) {
        return Err(Raised::missing("debug.traceback of another coroutine"));
    }
    let level = checked.int_or(rest + 2, 1)?;
    let text = lua.traceback("debug.traceback", text.as_deref(), level);
    results.push(lua.string(&text)?);
    Ok(())
}
