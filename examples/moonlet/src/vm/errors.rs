//! Errors: what instructions and helpers raise, with the positions and names lua5.4 gives.

use super::acts::{Arithmetic, place};
use super::{Moonlet, word};
use crate::bytecode::operand::{Fault, Operand, Side};
use crate::bytecode::{Instr, Slot};
use crate::heap::OutOfMemory;
use crate::host::Host;
use crate::library::{self, Raised};
use crate::names;
use crate::value::Tagged;
use crate::value::{FLOAT, INT, STRING, type_name};
use offramp::{Context, Pc};

/// What an instruction of the program throws: how the run that it ends goes on, or why it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Throw {
    /// An error of the program. The value is [`Host::raised`], where the collector finds it.
    #[error("an error was raised")]
    Raised,
    /// There is no memory, and the instruction may be tried once more; nothing is in
    /// [`Host::raised`].
    #[error("not enough memory")]
    Memory,
    /// There is no memory, and the instruction has run a part of the program: it cannot be tried again.
    #[error("not enough memory, and no second try")]
    Spent,
    /// A run inside another one was interrupted.
    #[error("interrupted")]
    Interrupted,
    /// The program ends itself, with this status.
    #[error("the program has ended itself with status {0}")]
    Exit(i32),
}

impl From<OutOfMemory> for Throw {
    fn from(_: OutOfMemory) -> Throw {
        Throw::Memory
    }
}

/// Raises a value as it is.
fn raise_value(host: &mut Host, value: Tagged) -> Throw {
    host.raised = Some(value);
    Throw::Raised
}

/// Raises a message with the position of the calling instruction.
pub(super) fn message(context: &mut Context<'_, Moonlet>, message: &str) -> Throw {
    let place = place(context.program(), context.pc());
    let text = (context.host.heap).string(format!("{place}{message}").as_bytes());
    match text {
        Ok(text) => raise_value(context.host, Tagged::reference(text)),
        Err(OutOfMemory) => Throw::Memory,
    }
}

/// Raises what a builtin raised.
pub(super) fn raised(context: &mut Context<'_, Moonlet>, raised: Raised) -> Throw {
    match raised {
        Raised::Message(text) => message(context, &text),
        Raised::Argument { name, number, what } => {
            let called = callee_name(context);
            let method = matches!(called, Some((kind, _)) if kind == "method");
            let called = called.as_ref().map(|(_, called)| &called[..]);
            let text = Raised::argument(called, method, name, number, &what);
            message(context, &text)
        }
        Raised::Value(value) => raise_value(context.host, value),
        Raised::Level { message, level } => match at_level(context, &message, level) {
            Ok(value) => raise_value(context.host, value),
            Err(OutOfMemory) => Throw::Memory,
        },
        Raised::Memory => Throw::Memory,
        Raised::Failed(failure) => failure,
        Raised::Exit(status) => Throw::Exit(status),
    }
}

/// Raises what a function of the library has raised that is a function of the program: where it was called,
/// and by what that calls it.
pub(super) fn raised_in_caller(context: &mut Context<'_, Moonlet>, raised: Raised) -> Throw {
    let program = context.program();
    let caller = context.stack.callers().next();
    // What protected calls have called has no position and no name.
    let pc = caller.and_then(|(back, _)| match program.continued(back) {
        Some((pc, _)) => {
            Some(pc).filter(|&pc| !program.code.get(pc as usize).is_some_and(|it| is_call(*it)))
        }
        None => back.checked_sub(1),
    });
    let text = match raised {
        Raised::Message(text) => text,
        Raised::Argument { name, number, what } => {
            let called = pc.and_then(|pc| name_of_callee(program, pc));
            let method = matches!(called, Some((kind, _)) if kind == "method");
            let called = called.as_ref().map(|(_, called)| &called[..]);
            Raised::argument(called, method, name, number, &what)
        }
        raised => return self::raised(context, raised),
    };
    let place = pc.map_or(String::new(), |pc| place(program, pc));
    match context
        .host
        .heap
        .string(format!("{place}{text}").as_bytes())
    {
        Ok(text) => raise_value(context.host, Tagged::reference(text)),
        Err(OutOfMemory) => Throw::Memory,
    }
}

/// A message with the position `level` functions up, of which the running one is the first.
fn at_level(
    context: &Context<'_, Moonlet>,
    message: &[u8],
    level: i64,
) -> Result<Tagged, OutOfMemory> {
    let place = match level {
        ..=0 => None,
        1 => Some(place(context.program(), context.pc())),
        level => caller_place(context, level - 1),
    };
    let heap = &context.host.heap;
    let text = match place {
        Some(place) => heap.concat(&[place.as_bytes(), message]),
        None => heap.string(message),
    };
    Ok(Tagged::reference(text?))
}

/// What the calling instruction calls the function it calls.
fn callee_name(context: &Context<'_, Moonlet>) -> Option<(&'static str, String)> {
    name_of_callee(context.program(), context.pc())
}

/// What the instruction at `pc` calls the function it calls.
fn name_of_callee(program: &Moonlet, pc: Pc) -> Option<(&'static str, String)> {
    match program.code.get(pc as usize)? {
        Instr::Call { a, .. } | Instr::TailCall { a, .. } => {
            let (unit, pc) = program.at(pc);
            names::describe(&unit.chunk, pc, a + 1)
        }
        Instr::ForCall(..) => Some(("for iterator", "for iterator".to_owned())),
        _ => None,
    }
}

/// What a builtin raised that `pcall` called, `pcalls` of them in a row: levels without a position.
pub(super) fn raised_in_pcall(
    context: &mut Context<'_, Moonlet>,
    raised: Raised,
    pcalls: i64,
) -> Result<Tagged, OutOfMemory> {
    let text = match raised {
        Raised::Message(text) => text,
        Raised::Argument { name, number, what } => {
            Raised::argument(None, false, name, number, &what)
        }
        Raised::Value(value) => return Ok(value),
        Raised::Memory => return Ok(context.host.no_memory),
        // Neither ends at a protected call: who asks has looked.
        Raised::Failed(_) | Raised::Exit(_) => {
            let raised = context.host.raised.take();
            return Ok(raised.unwrap_or(context.host.no_memory));
        }
        Raised::Level { message, level } => {
            return at_level(context, &message, level.saturating_sub(pcalls));
        }
    };
    let text = context.host.heap.string(text.as_bytes())?;
    Ok(Tagged::reference(text))
}

/// Where the function that called the running one, `levels` up, is.
fn caller_place(context: &Context<'_, Moonlet>, levels: i64) -> Option<String> {
    let program = context.program();
    let mut callers = context.stack.callers();
    let mut at = None;
    let mut left = levels;
    while left > 0 {
        let (pc, _) = callers.next()?;
        let continued = program.continued(pc);
        let (pc, pcalls) = continued.unwrap_or_else(|| (pc.saturating_sub(1), 0));
        left -= 1;
        // `pcall` has no frame, and is a level without a position. A metamethod is called by none.
        if program.code.get(pc as usize).is_some_and(|it| is_call(*it)) {
            if left < i64::from(pcalls) {
                return None;
            }
            left -= i64::from(pcalls);
        }
        at = Some(pc);
    }
    at.map(|pc| place(program, pc))
}

/// Whether the instruction is a call, and what returns to its continuation was called by `pcall`.
pub(super) fn is_call(instruction: Instr) -> bool {
    matches!(
        instruction,
        Instr::Call { .. } | Instr::TailCall { .. } | Instr::ForCall(..)
    )
}

/// ` (local 'x')`, or nothing.
fn described(program: &Moonlet, pc: Pc, slot: Slot) -> String {
    let (unit, pc) = program.at(pc);
    match names::describe(&unit.chunk, pc, slot) {
        Some((kind, name)) => format!(" ({kind} '{name}')"),
        None => String::new(),
    }
}

/// Raises the error of the instruction that calls, which found it cannot do what it says.
pub(super) fn raise(context: &mut Context<'_, Moonlet>) -> Throw {
    let pc = context.pc();
    let value = |slot: Slot| context.stack.value(word(slot));
    let program = context.program();
    let Some(&instruction) = program.code.get(pc as usize) else {
        return message(context, "stack overflow");
    };
    let side = |side: Side| match side {
        Side::Slot(slot) => value(slot),
        Side::Const(index) => program.constant(index),
    };
    let text = match instruction.fault() {
        Fault::StackOverflow => "stack overflow".to_owned(),
        Fault::Handler => {
            let got = match value(1).as_int() {
                0 | 1 => "no value",
                _ => type_name(value(3)),
            };
            let raised = Raised::Argument {
                name: "xpcall",
                number: 2,
                what: format!("function expected, got {got}"),
            };
            return raised_in_caller(context, raised);
        }
        Fault::Call(slot) => called(program, pc, slot, value(slot)),
        Fault::Iterate(slot) => match is_callable(value(slot)) {
            true => "stack overflow".to_owned(),
            false => format!(
                "attempt to call a {} value (for iterator 'for iterator')",
                type_name(value(slot))
            ),
        },
        Fault::Index(slot) => indexed(program, pc, slot, value(slot)),
        Fault::Length(slot) => format!(
            "attempt to get length of a {} value{}",
            type_name(value(slot)),
            described(program, pc, slot)
        ),
        Fault::Modulo => "attempt to perform 'n%0'".to_owned(),
        Fault::Divide => "attempt to divide by zero".to_owned(),
        Fault::Step => "'for' step is zero".to_owned(),
        Fault::Compare(x, y) => compared(side(x), side(y)),
    };
    message(context, &text)
}

fn is_callable(value: Tagged) -> bool {
    type_name(value) == "function"
}

fn called(program: &Moonlet, pc: Pc, slot: Slot, value: Tagged) -> String {
    if is_callable(value) {
        return "stack overflow".to_owned();
    }
    let (kind, name) = (type_name(value), described(program, pc, slot));
    format!("attempt to call a {kind} value{name}")
}

fn indexed(program: &Moonlet, pc: Pc, slot: Slot, value: Tagged) -> String {
    let (kind, name) = (type_name(value), described(program, pc, slot));
    format!("attempt to index a {kind} value{name}")
}

fn compared(x: Tagged, y: Tagged) -> String {
    let (x, y) = (type_name(x), type_name(y));
    match x == y {
        true => format!("attempt to compare two {x} values"),
        false => format!("attempt to compare {x} with {y}"),
    }
}

/// Raises that `at` cannot be indexed; `named` if it is the instruction's own operand.
pub(super) fn raise_index(context: &mut Context<'_, Moonlet>, at: Tagged, named: bool) -> Throw {
    if named {
        return raise(context);
    }
    let kind = type_name(at);
    message(context, &format!("attempt to index a {kind} value"))
}

/// Raises that an operator cannot take its operands.
pub(super) fn operands(
    context: &mut Context<'_, Moonlet>,
    operator: Arithmetic,
    x: Tagged,
    y: Tagged,
) -> Throw {
    let is_number = |value: Tagged| matches!(value.tag(), INT | FLOAT);
    if operator.is_bitwise() && is_number(x) && is_number(y) {
        let name = operand_name(context, crate::number::to_int(x).is_some());
        let text = format!("number{name} has no integer representation");
        return message(context, &text);
    }
    if !operator.is_bitwise() {
        // lua5.4 has strings converted by a metamethod of its library, a function of C, whose errors
        // have no position. Two integers never come here: instructions see to them.
        if both_convert(x, y) {
            let text = match operator {
                Arithmetic::Mod => "attempt to perform 'n%0'",
                _ => "attempt to divide by zero",
            };
            return match context.host.heap.string(text.as_bytes()) {
                Ok(text) => raise_value(context.host, Tagged::reference(text)),
                Err(error) => error.into(),
            };
        }
        if x.tag() == STRING || y.tag() == STRING {
            let (name, x, y) = (operator.name(), type_name(x), type_name(y));
            let text = format!("attempt to {name} a '{x}' with a '{y}'");
            return message(context, &text);
        }
    }
    let what = match operator.is_bitwise() {
        true => "perform bitwise operation on",
        false => "perform arithmetic on",
    };
    let second = is_number(x);
    let culprit = if second { y } else { x };
    let name = operand_name(context, second);
    let kind = type_name(culprit);
    message(context, &format!("attempt to {what} a {kind} value{name}"))
}

/// What the program calls an operand, the first or the second. Constants are numbers and never wrong: of
/// an instruction that reads one slot, it is that.
fn operand_name(context: &Context<'_, Moonlet>, second: bool) -> String {
    let (program, pc) = (context.program(), context.pc());
    let instruction = program.code.get(pc as usize).copied();
    let mut read = instruction
        .into_iter()
        .flat_map(Instr::operands)
        .filter_map(|operand| match operand {
            Operand::Reads(list) => Some(list.first as Slot),
            _ => None,
        });
    let first = read.next();
    let slot = read.next().filter(|_| second).or(first);
    slot.map_or(String::new(), |slot| described(program, pc, slot))
}

fn both_convert(x: Tagged, y: Tagged) -> bool {
    let number = crate::number::to_number;
    number(x).is_some() && number(y).is_some()
}

/// Raises that values cannot be concatenated.
pub(super) fn concatenation(context: &mut Context<'_, Moonlet>, values: &[Tagged]) -> Throw {
    let joins = |value: &Tagged| matches!(value.tag(), INT | FLOAT | STRING);
    // Operands join from the right, two at a time; of two that do not, the left one is named.
    let last = values.iter().rposition(|value| !joins(value)).unwrap_or(0);
    let both = last > 0 && last + 1 == values.len() && !joins(&values[last - 1]);
    let wrong = last - usize::from(both);
    let kind = type_name(values[wrong]);
    let program = context.program();
    let name = match program.code.get(context.pc() as usize) {
        Some(Instr::Concat(_, b, _)) => described(program, context.pc(), b + wrong as u8),
        _ => String::new(),
    };
    message(
        context,
        &format!("attempt to concatenate a {kind} value{name}"),
    )
}

/// Raises that a loop's value is no number.
pub(super) fn loop_value(context: &mut Context<'_, Moonlet>, what: &str, value: Tagged) -> Throw {
    let what = match what {
        "initial" => "initial value",
        what => what,
    };
    let kind = type_name(value);
    let text = format!("bad 'for' {what} (number expected, got {kind})");
    message(context, &text)
}

/// An error as the command line shows it.
///
/// # Errors
/// If there is no memory for that.
pub(crate) fn show(error: Tagged) -> Result<String, OutOfMemory> {
    Ok(match error.tag() {
        STRING => match error.as_reference::<crate::value::Str>() {
            Some(text) => library::shown(crate::value::bytes_of(&text))?.into_owned(),
            None => String::new(),
        },
        INT | FLOAT => crate::number::tostring(error),
        _ => format!("(error object is a {} value)", type_name(error)),
    })
}
