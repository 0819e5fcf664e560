//! `debug`: metatables without their protection, tracebacks, and what runs where.
//!
//! Those of its functions that look at frames are [`Run::Calling`](super::Run::Calling): what runs
//! a part of the program finds all frames on the stack, also where a trace has none of its own.

use super::Raised;
use super::args::{Args, Text};
use crate::host::Host;
use crate::number::int;
use crate::value::{BUILTIN, FUNCTION, NIL, NOTHING, TABLE, Table, Tagged, Thread};
use crate::vm::{Lua, Written};

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

/// Of the options it knows `S`, `l` and `n`.
pub(super) fn getinfo(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let thread = args
        .first()
        .and_then(|first| first.as_reference::<Thread>());
    let rest = usize::from(thread.is_some());
    let checked = Args::new("debug.getinfo", args);
    let options = checked.text_or(rest + 2, "flnSrtu")?;
    if options.first() == Some(&b'>') {
        return Err(checked.bad(rest + 2, "invalid option '>'"));
    }
    let program = lua.program();
    let asked = checked.get(rest + 1);
    let (written, line, name) = match asked.tag() {
        BUILTIN => (Written::in_c(), -1, None),
        FUNCTION => (lua.written(asked), -1, None),
        _ => {
            let level = checked.int(rest + 1)?;
            if thread.is_some_and(|thread| !lua.is_running(thread)) {
                return Err(Raised::missing("debug.getinfo of another coroutine"));
            }
            let levels = lua.levels("debug.getinfo");
            let level = usize::try_from(level).ok();
            let Some(level) = level.and_then(|level| levels.get(level)) else {
                results.push(NOTHING);
                return Ok(());
            };
            (
                level.written(program),
                level.line(program),
                level.name(program),
            )
        }
    };
    if !options.iter().all(|option| b"SlnrutLf".contains(option)) {
        return Err(checked.bad(rest + 2, "invalid option"));
    }
    let mut fields = Vec::new();
    let heap = lua.heap();
    let text = |text: &str| heap.string(text.as_bytes()).map(Tagged::reference);
    for option in &*options {
        match option {
            b'S' => {
                let Some(source) = &written.source else {
                    let what = "debug.getinfo with option 'S' of code that was loaded";
                    return Err(Raised::missing(what));
                };
                fields.push(("source", text(source)?));
                fields.push(("short_src", text(&written.shown)?));
                fields.push(("what", text(written.what)?));
                fields.push(("linedefined", int(written.lines.0)));
                fields.push(("lastlinedefined", int(written.lines.1)));
            }
            b'l' => fields.push(("currentline", int(line))),
            b'n' => {
                let (kind, name) = match &name {
                    Some((kind, name)) => (*kind, text(name)?),
                    None => ("", NOTHING),
                };
                fields.push(("namewhat", text(kind)?));
                fields.push(("name", name));
            }
            option => {
                let option = char::from(*option);
                let what = format!("debug.getinfo with option '{option}'");
                return Err(Raised::missing(&what));
            }
        }
    }
    let table = heap.table(0, fields.len())?;
    for (name, value) in fields {
        table.set_str(heap, heap.string(name.as_bytes())?, value)?;
    }
    results.push(Tagged::reference(table));
    Ok(())
}
