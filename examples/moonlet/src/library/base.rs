//! The functions without a table.

use super::args::{Args, Text};
use super::{BuiltinId, Raised, copy, push_all, shown};
use crate::event::Event;
use crate::heap::{Buffer, KeyError, OutOfMemory};
use crate::host::Host;
use crate::number::{self, float, int};
use crate::value::Tagged;
use crate::value::{NIL, NOTHING, STRING, Str, TABLE, Table, bytes_of, is_true, raw_equal, truth};
use crate::vm::Lua;
use offramp::Reference;

type Answer = Result<Tagged, Raised>;
type Answers = Result<(), Raised>;

/// Appends a value as `tostring` writes it.
pub(crate) fn write(host: &Host, out: &mut Buffer<'_>, value: Tagged) -> Result<(), OutOfMemory> {
    if let Some(string) = value.as_reference::<Str>() {
        return out.extend(bytes_of(&string));
    }
    let meta = value
        .as_reference::<Table>()
        .and_then(|table| table.metatable());
    let name = meta.map(|meta| meta.get_str(&host.heap, host.names[Event::Name]));
    match name.and_then(|name| name.as_reference::<Str>()) {
        Some(name) => {
            out.extend(bytes_of(&name))?;
            out.extend(format!(": {:#x}", value.as_int()).as_bytes())?;
        }
        None => number::append(out.room(number::LONGEST)?, value),
    }
    Ok(())
}

pub(super) fn print(host: &mut Host, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    let mut line = host.heap.buffer();
    for (index, &value) in args.iter().enumerate() {
        if index > 0 {
            line.extend(b"\t")?;
        }
        write(host, &mut line, value)?;
    }
    line.extend(b"\n")?;
    // As in lua5.4, a line is passed on at once, and nobody is told if that fails.
    let _ = host.output.write(line.bytes());
    let _ = host.output.flush();
    Ok(())
}

/// The same where metamethods have a say. As in lua5.4, what comes before one that fails is printed.
pub(super) fn print_by(lua: &mut Lua<'_, '_>, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    for (index, &value) in args.iter().enumerate() {
        let text = lua.text(value)?;
        let output = &mut lua.host().output;
        if index > 0 {
            let _ = output.write(b"\t");
        }
        if let Some(text) = text.as_reference::<Str>() {
            let _ = output.write(bytes_of(&text));
        }
    }
    let output = &mut lua.host().output;
    let _ = output.write(b"\n");
    let _ = output.flush();
    Ok(())
}

pub(super) fn type_of(host: &Host, args: &[Tagged]) -> Answer {
    let value = Args::new("type", args).any(1)?;
    Ok(host.type_names[value.tag() as usize])
}

pub(super) fn tostring(host: &mut Host, args: &[Tagged]) -> Answer {
    let value = Args::new("tostring", args).any(1)?;
    if value.tag() == STRING {
        return Ok(value);
    }
    let mut text = host.heap.buffer();
    write(host, &mut text, value)?;
    Ok(Tagged::reference(host.heap.string(text.bytes())?))
}

pub(super) fn tostring_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let text = lua.text(Args::new("tostring", args).any(1)?)?;
    results.push(text);
    Ok(())
}

pub(super) fn tonumber(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("tonumber", args);
    if args.get(2).tag() == NIL {
        return Ok(number::to_number(args.any(1)?).unwrap_or(NOTHING));
    }
    let base = args.int(2)?;
    let text = match args.get(1).as_reference::<Str>() {
        Some(text) => Text::Str(text),
        None => return Err(args.expected(1, "string")),
    };
    if !(2..=36).contains(&base) {
        return Err(args.bad(2, "base out of range"));
    }
    let text = number::read::trim(&text);
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut value = 0_i64;
    for &digit in digits {
        let Some(digit) = char::from(digit).to_digit(base as u32) else {
            return Ok(NOTHING);
        };
        value = value.wrapping_mul(base).wrapping_add(i64::from(digit));
    }
    Ok(match (digits.is_empty(), negative) {
        (true, _) => NOTHING,
        (_, true) => int(value.wrapping_neg()),
        _ => int(value),
    })
}

pub(super) fn assert(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    if is_true(Args::new("assert", args).any(1)?) {
        return Ok(push_all(&host.heap, results, args.iter().copied())?);
    }
    // As `error` does, with its default message.
    let message = args.get(1).copied();
    Err(
        match message.map(|value| (value, value.as_reference::<Str>())) {
            Some((_, Some(message))) => Raised::Level {
                message: copy(&host.heap, bytes_of(&message))?,
                level: 1,
            },
            Some((message, None)) => Raised::Value(message),
            None => Raised::Level {
                message: b"assertion failed!".to_vec(),
                level: 1,
            },
        },
    )
}

pub(super) fn error(host: &mut Host, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("error", args);
    let level = args.int_or(2, 1)?;
    let value = args.get(1);
    Err(match value.as_reference::<Str>() {
        Some(message) if level > 0 => Raised::Level {
            message: copy(&host.heap, bytes_of(&message))?,
            level,
        },
        _ => Raised::Value(value),
    })
}

pub(super) fn select(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("select", args);
    let rest = args.get(1..).unwrap_or_default();
    if let Some(text) = checked.get(1).as_reference::<Str>()
        && bytes_of(&text).first() == Some(&b'#')
    {
        results.push(int(rest.len() as i64));
        return Ok(());
    }
    let index = checked.int(1)?;
    let count = rest.len() as i64;
    if index == 0 || index < -count {
        return Err(checked.bad(1, "index out of range"));
    }
    let skipped = if index < 0 { count + index } else { index - 1 };
    let chosen = &rest[skipped.min(count) as usize..];
    Ok(push_all(&host.heap, results, chosen.iter().copied())?)
}

pub(super) fn rawequal(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("rawequal", args);
    Ok(truth(raw_equal(args.any(1)?, args.any(2)?)))
}

pub(super) fn rawlen(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("rawlen", args);
    let value = args.get(1);
    if let Some(table) = value.as_reference::<Table>() {
        return Ok(int(table.border()));
    }
    match value.as_reference::<Str>() {
        Some(string) => Ok(int(bytes_of(&string).len() as i64)),
        None => Err(args.expected(1, "table or string")),
    }
}

pub(super) fn rawget(host: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("rawget", args);
    Ok(args.table(1)?.get(&host.heap, args.any(2)?))
}

pub(super) fn rawset(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("rawset", args);
    let (table, key, value) = (args.table(1)?, args.any(2)?, args.any(3)?);
    match table.set(&host.heap, key, value) {
        Ok(()) => Ok(args.get(1)),
        Err(KeyError::Memory(error)) => Err(error.into()),
        Err(error) => Err(Raised::plain(error.to_string())),
    }
}

pub(super) fn setmetatable(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("setmetatable", args);
    let table = args.table(1)?;
    match args.any(2) {
        Ok(meta) if meta.tag() == NIL => {
            check_protection(host, table)?;
            table.meta.set(NOTHING);
        }
        Ok(meta) if meta.tag() == TABLE => set_metatable(host, table, args.table(2)?)?,
        _ => return Err(args.expected(2, "nil or table")),
    }
    Ok(args.get(1))
}

fn check_protection(host: &Host, table: Reference<Table>) -> Answers {
    let protection = table
        .metatable()
        .map(|meta| meta.get_str(&host.heap, host.names[Event::Metatable]));
    match protection {
        Some(value) if value.tag() != NIL => Err(Raised::Message(
            "cannot change a protected metatable".into(),
        )),
        _ => Ok(()),
    }
}

/// Gives a table a metatable.
///
/// # Errors
/// If the one it has is protected.
pub fn set_metatable(
    host: &Host,
    table: Reference<Table>,
    meta: Reference<Table>,
) -> Result<(), Raised> {
    check_protection(host, table)?;
    table.meta.set(Tagged::reference(meta));
    Ok(())
}

pub(super) fn getmetatable(host: &Host, args: &[Tagged]) -> Answer {
    let value = Args::new("getmetatable", args).any(1)?;
    Ok(host.metatable(value).map_or(NOTHING, |meta| {
        let shown = meta.get_str(&host.heap, host.names[Event::Metatable]);
        match shown.tag() {
            NIL => Tagged::reference(meta),
            _ => shown,
        }
    }))
}

pub(super) fn next(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("next", args);
    match args.table(1)?.next(&host.heap, args.get(2)) {
        Ok(Some((key, value))) => results.extend([key, value]),
        Ok(None) => results.push(NOTHING),
        Err(error) => return Err(Raised::plain(error.to_string())),
    }
    Ok(())
}

pub(super) fn pairs(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let value = Args::new("pairs", args).any(1)?;
    results.extend([BuiltinId::Next.value(), value, NOTHING]);
    Ok(())
}

/// The same where a metamethod may say what to go over.
pub(super) fn pairs_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let value = Args::new("pairs", args).any(1)?;
    let handler = lua.metamethod(value, Event::Pairs);
    if handler.tag() == NIL {
        results.extend([BuiltinId::Next.value(), value, NOTHING]);
        return Ok(());
    }
    let mut called = lua.call(handler, &[value])?;
    called.resize(3, NOTHING);
    lua.push_returned(results, &called)
}

pub(super) fn ipairs(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let value = Args::new("ipairs", args).any(1)?;
    results.extend([BuiltinId::IpairsStep.value(), value, int(0)]);
    Ok(())
}

/// What `ipairs` returns, for tables without metamethods.
pub(super) fn ipairs_step(_: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("?", args);
    let index = args.int(2)?.wrapping_add(1);
    push_item(index, args.table(1)?.get_int(index), results);
    Ok(())
}

/// The same for everything that can be indexed.
pub(super) fn ipairs_step_by(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let index = Args::new("?", args).int(2)?.wrapping_add(1);
    let value = lua.index(args[0], int(index))?;
    push_item(index, value, results);
    Ok(())
}

fn push_item(index: i64, value: Tagged, results: &mut Vec<Tagged>) {
    match value.tag() {
        NIL => results.push(NOTHING),
        _ => results.extend([int(index), value]),
    }
}

/// Options that set something return what was there before. What they set is kept, and of it the pause counts:
/// there is one kind of collection here, which is all done at once.
pub(super) fn collectgarbage(
    lua: &mut Lua<'_, '_>,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Answers {
    let args = Args::new("collectgarbage", args);
    let option = args.text_or(1, "collect")?;
    let answer = match &*option {
        b"collect" => {
            lua.collect();
            int(0)
        }
        b"step" => {
            args.int_or(2, 0)?;
            lua.collect();
            truth(true)
        }
        b"count" => float(lua.heap().bytes() as f64 / 1024.0),
        b"isrunning" => truth(!lua.heap().memory.is_stopped()),
        b"stop" => {
            lua.heap().memory.set_stopped(true);
            int(0)
        }
        b"restart" => {
            lua.heap().memory.set_stopped(false);
            int(0)
        }
        b"setpause" => {
            let pause = args.int_or(2, 0)?;
            int(lua.heap().memory.set_pause(stored(pause)) as i64)
        }
        b"setstepmul" => {
            let multiplier = args.int_or(2, 0)?;
            let tuning = &mut lua.host().tuning;
            int(std::mem::replace(&mut tuning.multiplier, stored(multiplier)) as i64)
        }
        b"incremental" | b"generational" => {
            let numbers = [args.int_or(2, 0)?, args.int_or(3, 0)?];
            let generational = &*option == b"generational";
            if !generational {
                args.int_or(4, 0)?;
                if numbers[0] != 0 {
                    lua.heap().memory.set_pause(stored(numbers[0]));
                }
                if numbers[1] != 0 {
                    lua.host().tuning.multiplier = stored(numbers[1]);
                }
            }
            let tuning = &mut lua.host().tuning;
            let before = std::mem::replace(&mut tuning.generational, generational);
            lua.string(if before {
                b"generational"
            } else {
                b"incremental"
            })?
        }
        _ => {
            let option = shown(&option)?;
            return Err(args.bad(1, format!("invalid option '{option}'")));
        }
    };
    results.push(answer);
    Ok(())
}

/// A parameter of the collector as lua5.4 keeps it: in a byte, divided by four.
fn stored(parameter: i64) -> usize {
    usize::from((parameter / 4) as u8) * 4
}

/// What programs set of the collector, and see again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuning {
    multiplier: usize,
    generational: bool,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            multiplier: 100,
            // What lua5.4's command line sets.
            generational: true,
        }
    }
}

/// Whether warnings are shown; the messages are in the host's hands.
pub(super) fn warn(host: &mut Host, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("warn", args);
    let mut texts = Vec::new();
    for number in 1..=checked.len().max(1) {
        texts.push(checked.text(number)?);
    }
    if let [control] = &texts[..]
        && control.first() == Some(&b'@')
    {
        match &**control {
            b"@on" => host.warns = true,
            b"@off" => host.warns = false,
            _ => {}
        }
        return Ok(());
    }
    if host.warns {
        // As in lua5.4, a failure of this is not reported.
        let _ = host.errors.write(b"Lua warning: ");
        for text in &texts {
            let _ = host.errors.write(text);
        }
        let _ = host.errors.write(b"\n");
        let _ = host.errors.flush();
    }
    Ok(())
}
