//! What every chunk fulfils: slots are in the frame, constants, functions and upvalues exist,
//! jumps stay in their function and go the way they say, open lists are taken where they are made.

use super::jump::target;
use crate::bytecode::{Capture, Chunk, Constant, Instr, OPEN, Prototype};
use crate::listing::constant_of;
use crate::names::written;

/// Complaints about a chunk.
pub(super) fn check(chunk: &Chunk) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut next = 0;
    for function in &chunk.prototypes {
        if function.entry != next || function.end <= function.entry {
            complaints.push(format!("function at {} does not follow", function.entry));
        }
        next = function.end;
        for pc in function.entry..function.end {
            let instr = chunk.code[pc as usize];
            for complaint in instruction(chunk, function, pc, instr) {
                complaints.push(format!("{pc} {instr}: {complaint}"));
            }
        }
        let last = chunk.code[function.end as usize - 1];
        if last != Instr::Return0 {
            complaints.push(format!("function at {} ends with {last}", function.entry));
        }
        captures(chunk, function, &mut complaints);
        for local in &function.locals {
            let inside = function.entry <= local.from && local.from <= local.to;
            if !inside || local.to > function.end || local.slot >= function.slots {
                complaints.push(format!("variable {} is elsewhere", local.name));
            }
        }
    }
    if next as usize != chunk.code.len() || chunk.lines.len() != chunk.code.len() {
        complaints.push("code or lines are too long".into());
    }
    complaints
}

/// What a function captures exists where it is made.
fn captures(chunk: &Chunk, maker: &Prototype, complaints: &mut Vec<String>) {
    for pc in maker.entry..maker.end {
        let Instr::Closure(_, index) = chunk.code[pc as usize] else {
            continue;
        };
        let made = &chunk.prototypes[usize::from(index)];
        for capture in &made.captures {
            let exists = match capture {
                Capture::Local(slot) => *slot < maker.slots,
                Capture::Upvalue(index) => usize::from(*index) < maker.captures.len(),
            };
            if !exists {
                complaints.push(format!("{pc}: captures what is not there"));
            }
        }
    }
}

fn instruction(chunk: &Chunk, function: &Prototype, pc: u32, instr: Instr) -> Vec<&'static str> {
    let mut complaints = Vec::new();
    let mut demand = |holds: bool, complaint| {
        if !holds {
            complaints.push(complaint);
        }
    };
    demand(
        highest(instr) < u32::from(function.slots),
        "slot outside the frame",
    );
    if let Some(slots) = written(instr) {
        demand(*slots.start() > 0, "the function itself is overwritten");
    }
    if let Some(index) = constant_of(instr) {
        let constant = chunk.constants.get(usize::from(index));
        let fits = match instr {
            Instr::LoadConst(..) | Instr::JumpEqConst(..) | Instr::JumpNotEqConst(..) => {
                constant.is_some()
            }
            Instr::GetGlobal(..)
            | Instr::SetGlobal(..)
            | Instr::GetField(..)
            | Instr::SetField(..)
            | Instr::Method(..) => matches!(constant, Some(Constant::Str(_))),
            _ => matches!(constant, Some(Constant::Int(_) | Constant::Float(_))),
        };
        demand(fits, "constant of another kind");
    }
    match instr {
        Instr::Closure(_, index) => {
            demand(
                usize::from(index) < chunk.prototypes.len(),
                "no such function",
            );
        }
        Instr::GetUpvalue(_, index)
        | Instr::GetUpvalueCell(_, index)
        | Instr::SetUpvalueCell(index, _) => {
            demand(
                usize::from(index) < function.captures.len(),
                "no such upvalue",
            );
        }
        Instr::Variadic => demand(pc == function.entry && function.variadic, "not the first"),
        _ => {}
    }
    let mut copy = instr;
    if let Some(&mut to) = target(&mut copy) {
        demand(
            (function.entry..function.end).contains(&to),
            "jumps out of the function",
        );
        let backwards = matches!(
            instr,
            Instr::Loop(_) | Instr::ForLoop(..) | Instr::ForNext(..)
        );
        demand(backwards == (to <= pc), "jumps the wrong way");
    }
    if let Some((a, top)) = made(instr) {
        demand(0 < top && top < a, "the length lies in the list");
        let taker = (pc + 1 < function.end).then(|| taken(chunk.code[pc as usize + 1]));
        demand(
            taker == Some(Some(top)),
            "an open list is not taken at once",
        );
    }
    if taken(instr).is_some() {
        let maker = pc
            .checked_sub(1)
            .and_then(|pc| made(chunk.code[pc as usize]));
        demand(maker.is_some(), "takes an open list that was not made");
    }
    complaints
}

/// Where an instruction leaves an open list and its end.
fn made(instr: Instr) -> Option<(u8, u8)> {
    match instr {
        Instr::Call {
            a,
            results: OPEN,
            top,
            ..
        }
        | Instr::Vararg {
            a,
            count: OPEN,
            top,
        } => Some((a, top)),
        // Followed by the return of what a builtin returned.
        Instr::TailCall { a, top, .. } => Some((a, top)),
        _ => None,
    }
}

/// Where an instruction reads an open list's end.
fn taken(instr: Instr) -> Option<u8> {
    match instr {
        Instr::Call {
            args: OPEN, top, ..
        }
        | Instr::TailCall {
            args: OPEN, top, ..
        }
        | Instr::SetList {
            count: OPEN, top, ..
        }
        | Instr::Return {
            count: OPEN, top, ..
        } => Some(top),
        _ => None,
    }
}

/// The highest slot that an instruction names.
fn highest(instr: Instr) -> u32 {
    let behind = |a: u8, count: u8| match count {
        OPEN => u32::from(a),
        count => (u32::from(a) + u32::from(count)).saturating_sub(1),
    };
    let highest = match instr {
        Instr::LoadNil(a, count) => return behind(a, count),
        Instr::Vararg { a, count, .. } | Instr::Return { a, count, .. } => return behind(a, count),
        Instr::SetList { a, count, .. } => return behind(a + 1, count),
        Instr::Concat(a, b, count) => return u32::from(a).max(behind(b, count)),
        Instr::Call {
            a, args, results, ..
        } => {
            return behind(a + 2, args)
                .max(behind(a, results))
                .max(u32::from(a) + 1);
        }
        Instr::TailCall { a, args, .. } => return behind(a + 2, args).max(u32::from(a) + 1),
        Instr::ForCall(a, count) => return behind(a + 4, count).max(u32::from(a) + 7),
        Instr::ForPrep(a, _) | Instr::ForLoop(a, _) => a + 2,
        Instr::ForNext(a, _) => a + 4,
        Instr::Method(a, b, _) => b.max(a + 2),
        Instr::GetIndex(a, b, c)
        | Instr::SetIndex(a, b, c)
        | Instr::Add(a, b, c)
        | Instr::Sub(a, b, c)
        | Instr::Mul(a, b, c)
        | Instr::Div(a, b, c)
        | Instr::Mod(a, b, c)
        | Instr::FloorDiv(a, b, c)
        | Instr::Pow(a, b, c)
        | Instr::BitAnd(a, b, c)
        | Instr::BitOr(a, b, c)
        | Instr::BitXor(a, b, c)
        | Instr::ShiftLeft(a, b, c)
        | Instr::ShiftRight(a, b, c) => a.max(b).max(c),
        Instr::Move(a, b)
        | Instr::GetCell(a, b)
        | Instr::SetCell(a, b)
        | Instr::GetField(a, b, _)
        | Instr::SetField(a, _, b)
        | Instr::GetItem(a, b, _)
        | Instr::SetItem(a, _, b)
        | Instr::AddConst(a, b, _)
        | Instr::ConstAdd(a, b, _)
        | Instr::ConstMul(a, b, _)
        | Instr::SubConst(a, b, _)
        | Instr::MulConst(a, b, _)
        | Instr::DivConst(a, b, _)
        | Instr::ModConst(a, b, _)
        | Instr::FloorDivConst(a, b, _)
        | Instr::PowConst(a, b, _)
        | Instr::Neg(a, b)
        | Instr::BitNot(a, b)
        | Instr::Not(a, b)
        | Instr::Len(a, b)
        | Instr::JumpEq(a, b, _)
        | Instr::JumpNotEq(a, b, _)
        | Instr::JumpLess(a, b, _)
        | Instr::JumpNotLess(a, b, _)
        | Instr::JumpLessEq(a, b, _)
        | Instr::JumpNotLessEq(a, b, _) => a.max(b),
        Instr::LoadBool(a, _)
        | Instr::LoadInt(a, _)
        | Instr::LoadConst(a, _)
        | Instr::NewCell(a)
        | Instr::GetUpvalue(a, _)
        | Instr::GetUpvalueCell(a, _)
        | Instr::SetUpvalueCell(_, a)
        | Instr::Closure(a, _)
        | Instr::GetGlobal(a, _)
        | Instr::SetGlobal(a, _)
        | Instr::NewTable(a, ..)
        | Instr::JumpIf(a, _)
        | Instr::JumpIfNot(a, _)
        | Instr::JumpEqConst(a, ..)
        | Instr::JumpNotEqConst(a, ..)
        | Instr::JumpLessConst(a, ..)
        | Instr::JumpNotLessConst(a, ..)
        | Instr::JumpLessEqConst(a, ..)
        | Instr::JumpNotLessEqConst(a, ..)
        | Instr::JumpGreaterConst(a, ..)
        | Instr::JumpNotGreaterConst(a, ..)
        | Instr::JumpGreaterEqConst(a, ..)
        | Instr::JumpNotGreaterEqConst(a, ..)
        | Instr::Return1(a) => a,
        Instr::Jump(_) | Instr::Loop(_) | Instr::Return0 => 0,
        Instr::Variadic => 1,
    };
    u32::from(highest)
}
