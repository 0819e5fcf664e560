//! Errors: what instructions and helpers raise, with the positions and names lua5.4 gives.

use super::acts::{Arithmetic, place};
use super::{Moonlet, metamethod, word};
use crate::bytecode::operand::{Fault, Operand, Side};
use crate::bytecode::{Instr, Slot};
use crate::event::Event;
use crate::heap::OutOfMemory;
use crate::host::Host;
use crate::library::{self, Raised};
use crate::names;
use crate::value::Tagged;
use crate::value::{BUILTIN, FLOAT, FUNCTION, INT, NIL, STRING, type_name};
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
    match raised.described(context.host) {
        Raised::Message(text) => message(context, &text),
        Raised::Argument { name, number, what } => {
            let called = callee_name(context);
            let method = matches!(called, Some((kind, _)) if kind == "method");
            let called = called.as_ref().map(|(_, called)| &called[..]);
            let text = Raised::argument(called, method, name, number, &what);
            message(context, &text)
        }
        Raised::Type { .. } => Throw::Raised,
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
    let text = match raised.described(context.host) {
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
pub(super) fn name_of_callee(program: &Moonlet, pc: Pc) -> Option<(&'static str, String)> {
    let pc = program.instruction(pc);
    match *program.code.get(pc as usize)? {
        Instr::Call { a, .. } | Instr::TailCall { a, .. } => {
            let (unit, pc) = program.at(pc);
            names::describe(&unit.chunk, pc, a + 1)
        }
        Instr::ForCall(..) => Some(("for iterator", "for iterator".to_owned())),
        instruction => event_of(instruction).map(|event| ("metamethod", event.name().to_owned())),
    }
}

/// The metamethod that an instruction may call.
fn event_of(instruction: Instr) -> Option<Event> {
    match instruction {
        Instr::GetGlobal(..)
        | Instr::GetField(..)
        | Instr::GetIndex(..)
        | Instr::GetItem(..)
        | Instr::Method(..) => Some(Event::Index),
        Instr::SetGlobal(..) | Instr::SetField(..) | Instr::SetIndex(..) | Instr::SetItem(..) => {
            Some(Event::NewIndex)
        }
        instruction => metamethod::question(instruction).map(|question| question.event),
    }
}

/// What a builtin raised that `pcall` called, `pcalls` of them in a row: levels without a position.
pub(super) fn raised_in_pcall(
    context: &mut Context<'_, Moonlet>,
    raised: Raised,
    pcalls: i64,
) -> Result<Tagged, OutOfMemory> {
    let text = match raised.described(context.host) {
        Raised::Message(text) => text,
        Raised::Argument { name, number, what } => {
            Raised::argument(None, false, name, number, &what)
        }
        Raised::Value(value) => return Ok(value),
        Raised::Memory => return Ok(context.host.no_memory),
        // Neither ends at a protected call: who asks has looked.
        Raised::Failed(_) | Raised::Exit(_) | Raised::Type { .. } => {
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
    let program = context.program();
    let pc = program.instruction(context.pc());
    let value = |slot: Slot| context.stack.value(word(slot));
    let Some(&instruction) = program.code.get(pc as usize) else {
        return message(context, "stack overflow");
    };
    if program.is_calling(context.pc()) {
        let callee = context.stack.value(2 * program.place(pc).a + 2);
        let text = cannot_call(context, pc, callee);
        return message(context, &text);
    }
    let side = |side: Side| match side {
        Side::Slot(slot) => value(slot),
        Side::Const(index) => program.constant(index),
    };
    let text = match instruction.fault() {
        Fault::StackOverflow => overflow(context).to_owned(),
        Fault::Handler => {
            let raised = Raised::Type {
                name: "xpcall",
                number: 2,
                wanted: "function".into(),
                got: (value(1).as_int() > 1).then(|| value(3)),
            };
            return raised_in_caller(context, raised);
        }
        Fault::Call(slot) | Fault::Iterate(slot) => cannot_call(context, pc, value(slot)),
        Fault::Index(slot) => {
            let kind = context.host.type_name(value(slot));
            indexed(program, pc, slot, &kind)
        }
        Fault::Length(slot) => format!(
            "attempt to get length of a {} value{}",
            context.host.type_name(value(slot)),
            described(program, pc, slot)
        ),
        Fault::Modulo => "attempt to perform 'n%0'".to_owned(),
        Fault::Divide => "attempt to divide by zero".to_owned(),
        Fault::Step => "'for' step is zero".to_owned(),
        Fault::Compare(x, y) => compared(context.host, side(x), side(y)),
    };
    message(context, &text)
}

/// What lua5.4 says where there are too many calls: metamethods are called by way of C, which has less room.
pub(super) fn overflow(context: &Context<'_, Moonlet>) -> &'static str {
    let program = context.program();
    let mut callers = context.stack.callers();
    let is_metamethod = |(pc, _): (Pc, usize)| {
        program
            .continued(pc)
            .is_some_and(|(pc, _)| !is_call(program.instr(pc)))
    };
    let many = callers.by_ref().filter(|caller| is_metamethod(*caller));
    match many.take(MOST_METAMETHODS).count() {
        MOST_METAMETHODS => "C stack overflow",
        _ => "stack overflow",
    }
}

/// As many metamethods may run in each other in lua5.4, about.
const MOST_METAMETHODS: usize = 180;

/// What is wrong where a value was to be called: there was no room, or it is none that can be.
fn cannot_call(context: &Context<'_, Moonlet>, pc: Pc, value: Tagged) -> String {
    let program = context.program();
    let is_function = matches!(value.tag(), FUNCTION | BUILTIN);
    if is_function || context.host.metamethod(value, Event::Call).tag() != NIL {
        return overflow(context).to_owned();
    }
    let kind = context.host.type_name(value);
    let name = match program.instr(pc) {
        Instr::Call { a, .. } | Instr::TailCall { a, .. } => described(program, pc, a + 1),
        Instr::ForCall(..) => " (for iterator 'for iterator')".to_owned(),
        instruction => match event_of(instruction) {
            Some(event) => format!(" (metamethod '{}')", event.name()),
            None => String::new(),
        },
    };
    format!("attempt to call a {kind} value{name}")
}

fn indexed(program: &Moonlet, pc: Pc, slot: Slot, kind: &str) -> String {
    let name = described(program, pc, slot);
    format!("attempt to index a {kind} value{name}")
}

/// What is wrong where two values cannot be compared.
pub(crate) fn compared(host: &Host, x: Tagged, y: Tagged) -> String {
    let (x, y) = (host.type_name(x), host.type_name(y));
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
    let kind = context.host.type_name(at);
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
        let event = operator.event();
        let converts = |value: Tagged| {
            value.tag() == STRING && context.host.metamethod(value, event).tag() != NIL
        };
        let converts = converts(x) || converts(y);
        if converts && let Some(text) = undefined(operator, x, y) {
            return match context.host.heap.string(text.as_bytes()) {
                Ok(text) => raise_value(context.host, Tagged::reference(text)),
                Err(error) => error.into(),
            };
        }
        if converts {
            let text = not_numbers(operator.event(), x, y);
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
    let kind = context.host.type_name(culprit);
    message(context, &format!("attempt to {what} a {kind} value{name}"))
}

/// What the program calls an operand, the first or the second. Constants are numbers and never wrong: of
/// an instruction that reads one slot, it is that.
fn operand_name(context: &Context<'_, Moonlet>, second: bool) -> String {
    let program = context.program();
    let pc = program.instruction(context.pc());
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

/// What is wrong with an operator of two values that both convert to numbers.
pub(super) fn undefined(operator: Arithmetic, x: Tagged, y: Tagged) -> Option<&'static str> {
    let number = crate::number::to_number;
    (number(x).is_some() && number(y).is_some()).then_some(match operator {
        Arithmetic::Mod => "attempt to perform 'n%0'",
        _ => "attempt to divide by zero",
    })
}

/// What the metamethods of strings say of operands that are no numbers.
pub(super) fn not_numbers(event: Event, x: Tagged, y: Tagged) -> String {
    let (name, x, y) = (event.name(), type_name(x), type_name(y));
    format!("attempt to {name} a '{x}' with a '{y}'")
}

/// Raises that two values cannot be concatenated.
pub(super) fn concatenation(context: &mut Context<'_, Moonlet>, x: Tagged, y: Tagged) -> Throw {
    let joins = matches!(x.tag(), INT | FLOAT | STRING);
    let kind = context.host.type_name(if joins { y } else { x });
    let program = context.program();
    let pc = program.instruction(context.pc());
    let name = match program.code.get(pc as usize) {
        Some(&Instr::Concat(_, b, _)) => {
            let left = context.stack.value(word(program.scratch(pc))).as_int();
            let slot = i64::from(b) + left - 2 + i64::from(joins);
            described(program, pc, slot as Slot)
        }
        _ => String::new(),
    };
    let text = format!("attempt to concatenate a {kind} value{name}");
    message(context, &text)
}

/// Raises that a loop's value is no number.
pub(super) fn loop_value(context: &mut Context<'_, Moonlet>, what: &str, value: Tagged) -> Throw {
    let what = match what {
        "initial" => "initial value",
        what => what,
    };
    let kind = context.host.type_name(value);
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
