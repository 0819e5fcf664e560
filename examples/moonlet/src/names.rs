//! What messages call a value: the variable, field or constant it came from.
//!
//! As in the reference implementation, this is found from the instructions when an operation has
//! failed: either the slot belongs to a variable in scope, or the instruction that filled it tells.

use crate::bytecode::{Chunk, Const, Constant, Instr, OPEN, Prototype, Slot};
use crate::compile::target;
use offramp::Pc;
use std::ops::RangeInclusive;

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
        Instr::GetField(_, _, name) => Some(("field", string(chunk, name)?)),
        Instr::GetItem(..) => Some(("field", "integer index".into())),
        Instr::GetIndex(_, _, key) => {
            let key = match in_function(chunk, function, setter, key) {
                Some(("constant", text)) => text,
                _ => "?".into(),
            };
            Some(("field", key))
        }
        Instr::Method(a, _, name) if slot == a + 1 => Some(("method", string(chunk, name)?)),
        Instr::Method(_, from, _) if from < slot => in_function(chunk, function, setter, from),
        Instr::LoadConst(_, constant) => Some(("constant", string(chunk, constant)?)),
        _ => None,
    }
}

fn string(chunk: &Chunk, index: Const) -> Option<String> {
    match chunk.constants.get(usize::from(index))? {
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
        let mut instr = chunk.code[pc as usize];
        if written(instr).is_some_and(|slots| slots.contains(&slot)) {
            found = (pc >= conditional_before).then_some(pc);
        }
        if let Some(&mut to) = target(&mut instr)
            && (pc + 1..=last).contains(&to)
        {
            conditional_before = conditional_before.max(to);
        }
    }
    found
}

/// The slots that an instruction fills. A cell made of a variable leaves it the variable.
pub(crate) fn written(instr: Instr) -> Option<RangeInclusive<Slot>> {
    Some(match instr {
        Instr::LoadNil(a, count) => a..=a + (count - 1),
        Instr::Method(a, ..) => a + 1..=a + 2,
        Instr::Call { a, .. } => a..=Slot::MAX,
        Instr::Vararg { a, count: OPEN, .. } => a..=Slot::MAX,
        Instr::Vararg { count: 0, .. } => return None,
        Instr::Vararg { a, count, .. } => a..=a + (count - 1),
        Instr::ForCall(a, _) => a + 3..=Slot::MAX,
        Instr::ForPrep(a, _) => a..=a + 2,
        Instr::ForLoop(a, _) | Instr::ForNext(a, _) => a + 2..=a + 2,
        Instr::Move(a, _)
        | Instr::LoadBool(a, _)
        | Instr::LoadInt(a, _)
        | Instr::LoadConst(a, _)
        | Instr::GetCell(a, _)
        | Instr::GetUpvalue(a, _)
        | Instr::GetUpvalueCell(a, _)
        | Instr::Closure(a, _)
        | Instr::GetGlobal(a, _)
        | Instr::NewTable(a, ..)
        | Instr::GetField(a, ..)
        | Instr::GetIndex(a, ..)
        | Instr::GetItem(a, ..)
        | Instr::Add(a, ..)
        | Instr::Sub(a, ..)
        | Instr::Mul(a, ..)
        | Instr::Div(a, ..)
        | Instr::Mod(a, ..)
        | Instr::FloorDiv(a, ..)
        | Instr::Pow(a, ..)
        | Instr::BitAnd(a, ..)
        | Instr::BitOr(a, ..)
        | Instr::BitXor(a, ..)
        | Instr::ShiftLeft(a, ..)
        | Instr::ShiftRight(a, ..)
        | Instr::AddConst(a, ..)
        | Instr::ConstAdd(a, ..)
        | Instr::ConstMul(a, ..)
        | Instr::SubConst(a, ..)
        | Instr::MulConst(a, ..)
        | Instr::DivConst(a, ..)
        | Instr::ModConst(a, ..)
        | Instr::FloorDivConst(a, ..)
        | Instr::PowConst(a, ..)
        | Instr::Neg(a, _)
        | Instr::BitNot(a, _)
        | Instr::Not(a, _)
        | Instr::Len(a, _)
        | Instr::Concat(a, ..) => a..=a,
        _ => return None,
    })
}
