//! Random changes of optimised traces: most are wrong, some change nothing.

use super::super::super::random::Random;
use crate::id::Value;
use crate::op::{Effect, Op};
use crate::trace::Trace;
use crate::types::Type;
use crate::uop::{Imm, Uop};

/// Makes a change; its kind. `None` if there is nothing to change.
pub(super) fn change(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    match random.below(8) {
        0 | 1 => other_operand(trace, random),
        2 => other_word(trace, random),
        3 => drop_word(trace, random),
        4 => drop_uop(trace, random),
        5 => other_constant(trace, random),
        6 => other_order(trace, random),
        _ => other_offset(trace, random),
    }
}

fn any(trace: &Trace, random: &mut Random, is_wanted: impl Fn(&Uop) -> bool) -> Option<Value> {
    let found = trace.iter().filter(|(_, uop)| is_wanted(uop));
    let found: Vec<Value> = found.map(|(at, _)| at).collect();
    (!found.is_empty()).then(|| random.pick(&found))
}

/// Another value of the same type.
fn instead_of(trace: &Trace, value: Value, at: Value, random: &mut Random) -> Option<Value> {
    let ty = trace.ty(value);
    let found = trace.iter().take(at.index());
    let found = found.filter(|(it, uop)| uop.ty == ty && !uop.sunk && *it != value);
    let found: Vec<Value> = found.map(|(at, _)| at).collect();
    (!found.is_empty()).then(|| random.pick(&found))
}

fn other_operand(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    // The evaluator computes with the base that a dynamic exit leaves with.
    let has_operands = |uop: &Uop| !uop.args.is_empty() && uop.op != Op::ExitDynamic;
    let at = any(trace, random, has_operands)?;
    let number = random.below(trace.uop(at).args.len());
    let other = instead_of(trace, trace.uop(at).args[number], at, random)?;
    let uop = &mut trace.uops[at.index()];
    uop.args[number] = other;
    Some(match uop.op.info().effect {
        _ if uop.sunk => "sunk operand",
        Effect::Guards => "guard operand",
        Effect::Stores => "store operand",
        Effect::Calls => "call operand",
        Effect::Pure => "pure operand",
        _ => "other operand",
    })
}

fn other_word(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    let at = any(trace, random, |uop| uop.exit.is_some())?;
    let exit = trace.uop(at).exit?.index();
    let words = trace.exits[exit].words.len();
    let number = (words > 0).then(|| random.below(words))?;
    let value = trace.exits[exit].words[number].1;
    trace.exits[exit].words[number].1 = instead_of(trace, value, at, random)?;
    Some("exit word")
}

/// Drops a whole value group: half of one does not verify.
fn drop_word(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    let at = any(trace, random, |uop| uop.exit.is_some())?;
    let interface = trace.interface.clone();
    let exit = trace.uop(at).exit?.index();
    let words = &mut trace.exits[exit].words;
    let number = (!words.is_empty()).then(|| random.below(words.len()))?;
    let group = interface.first_of_group(words[number].0);
    words.retain(|&(word, _)| interface.first_of_group(word) != group);
    Some("exit word dropped")
}

fn drop_uop(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    let at = any(trace, random, |uop| {
        let guards = matches!(uop.op, Op::Guard | Op::GuardNot | Op::CheckValid);
        guards || matches!(uop.op, Op::Store | Op::StoreElem | Op::StoreWord)
    })?;
    let nothing = Uop::new(Op::Const, &[]).with_ty(Type::I64);
    let nothing = nothing.with_imm(Imm::Const(0));
    let dropped = std::mem::replace(&mut trace.uops[at.index()], nothing);
    Some(match dropped.op {
        Op::Guard | Op::GuardNot => "guard dropped",
        Op::CheckValid => "check dropped",
        Op::StoreWord => "word store dropped",
        _ if dropped.sunk => "sunk store dropped",
        _ => "store dropped",
    })
}

fn other_constant(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    let is_int = |uop: &Uop| uop.op == Op::Const && uop.ty == Some(Type::I64);
    let at = any(trace, random, is_int)?;
    if let Imm::Const(bits) = &mut trace.uops[at.index()].imm {
        *bits = bits.wrapping_add(1);
    }
    Some("constant")
}

/// Swaps two neighbours that define nothing.
fn other_order(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    let at = random.below(trace.uops.len().saturating_sub(3)) + 1;
    let fixed = |uop: &Uop| {
        uop.ty.is_some() || uop.op.is_terminator() || matches!(uop.op, Op::Start | Op::Header)
    };
    let neighbours = &trace.uops[at..at + 2];
    if neighbours.iter().any(fixed) {
        return None;
    }
    trace.uops.swap(at, at + 1);
    Some("order")
}

fn other_offset(trace: &mut Trace, random: &mut Random) -> Option<&'static str> {
    let at = any(trace, random, |uop| uop.access().is_some())?;
    if let Imm::Access(access) = &mut trace.uops[at.index()].imm {
        access.offset += 8;
    }
    Some("offset")
}
