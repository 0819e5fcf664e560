//! What messages call a value: the variable, field or constant it came from.
//!
//! As in the reference implementation, this is found from the instructions when an operation has
//! failed: either the slot belongs to a variable in scope, or the instruction that filled it tells.

use crate::bytecode::operand::Operand;
use crate::bytecode::{Chunk, Const, Constant, Instr, Prototype, Slot};
use offramp::Pc;

/// What kind of thing a value came from and what it is called there, if that is known of a slot
/// before an instruction runs: `("field", "x")`, or `local`, `global`, `upvalue`, `method`,
/// `constant`, `for iterator`.
///
/// # Panics
/// If there is no such instruction.
pub fn describe(chunk: &Chunk, pc: Pc, slot: Slot) -> Option<(&'static str, String)> {
    if let Instr::ForCall(..) = chunk.code[pc as usize] {
        return Some(("for iterator", "for iterator".into()));
    }
    let function = chunk.function_at(pc);
    in_function(chunk, function, pc, slot)
}

fn in_function(
    chunk: &Chunk,
    function: &Prototype,
    pc: Pc,
    slot: Slot,
) -> Option<(&'static str, String)> {
    if let Some(name) = local_name(function, pc, slot) {
        // A function that knows itself would have captured its variable otherwise.
        let kind = if slot == 0 { "upvalue" } else { "local" };
        return Some((kind, name.into()));
    }
    let setter = setter(chunk, function, pc, slot)?;
    match chunk.code[setter as usize] {
        Instr::Move(_, from) | Instr::GetCell(_, from) if from < slot => {
            in_function(chunk, function, setter, from)
        }
        Instr::GetUpvalue(_, index) | Instr::GetUpvalueCell(_, index) => {
            let name = function.capture_names.get(usize::from(index))?;
            Some(("upvalue", name.to_string()))
        }
        Instr::GetGlobal(_, name) => Some(("global", string(chunk, name)?)),
        Instr::GetField(_, table, name) => {
            let kind = field_kind(chunk, function, setter, table);
            Some((kind, string(chunk, name)?))
        }
        Instr::GetItem(..) => Some(("field", "integer index".into())),
        Instr::GetIndex(_, table, key) => {
            let kind = field_kind(chunk, function, setter, table);
            let key = match in_function(chunk, function, setter, key) {
                Some(("constant", text)) => text,
                _ => "?".into(),
            };
            Some((kind, key))
        }
        Instr::Method(a, _, name) if slot == a + 1 => Some(("method", string(chunk, name)?)),
        Instr::Method(_, from, _) if from < slot => in_function(chunk, function, setter, from),
        Instr::LoadConst(_, constant) => Some(("constant", string(chunk, constant)?)),
        _ => None,
    }
}

/// Whether a field of what a slot holds is called a global: it is, of a variable `_ENV`.
fn field_kind(chunk: &Chunk, function: &Prototype, pc: Pc, table: Slot) -> &'static str {
    match in_function(chunk, function, pc, table) {
        Some(("local" | "upvalue", name)) if name == "_ENV" => "global",
        _ => "field",
    }
}

fn string(chunk: &Chunk, index: Const) -> Option<String> {
    match chunk.constants.get(index as usize)? {
        Constant::Str(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// The variable in scope that lies in a slot.
fn local_name(function: &Prototype, pc: Pc, slot: Slot) -> Option<&str> {
    let mut locals = function.locals.iter().rev();
    let found = locals.find(|local| local.slot == slot && (local.from..local.to).contains(&pc));
    found.map(|local| &*local.name)
}

/// The instruction that filled a slot before another runs, unless jumps leave that open.
fn setter(chunk: &Chunk, function: &Prototype, last: Pc, slot: Slot) -> Option<Pc> {
    let mut found = None;
    let mut conditional_before = function.entry;
    for pc in function.entry..last {
        let instr = chunk.code[pc as usize];
        if fills(instr, slot) {
            found = (pc >= conditional_before).then_some(pc);
        }
        for operand in instr.operands() {
            if let Operand::Target(target) = operand
                && (pc + 1..=last).contains(&target.to)
            {
                conditional_before = conditional_before.max(target.to);
            }
        }
    }
    found
}

/// Whether an instruction fills a slot. A cell made of a variable leaves it the variable.
fn fills(instr: Instr, slot: Slot) -> bool {
    instr.operands().any(|operand| match operand {
        Operand::Writes(list) => list.contains(slot),
        Operand::Results(list) => u16::from(slot) >= list.first,
        _ => false,
    })
}
