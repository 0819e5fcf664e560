//! Common subexpressions: an equal pure uop, guard or repeatable call is the earlier one. A call that may
//! fail is repeatable, too: where the later one is, the earlier one did not.
//!
//! Equality is by op, operands and immediate. In a line everything earlier dominates, so a hit is
//! always usable; in the loop body a hit on a preamble value is how invariants leave the loop.

use super::Pass;
use super::forward::{Args, Forward};
use crate::id::{HelperId, Value, Word};
use crate::interface::{ClassSet, Effects};
use crate::op::Op;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use rustc_hash::FxHashMap;

/// Uops computed so far, by what they compute.
#[derive(Clone, Default)]
pub(super) struct Known {
    uops: FxHashMap<(Op, Operands), Value>,
    calls: FxHashMap<(HelperId, Args), (Effects, Value)>,
    /// Room asked for up to a word. The base at the trace's entry and the stack's limit do not
    /// change, so an answer holds for the whole trace.
    rooms: FxHashMap<Word, Value>,
}

/// The operands of a pure uop or a guard, of which there are at most three.
type Operands = [Option<Value>; 3];

fn operands(args: &[Value]) -> Operands {
    std::array::from_fn(|n| args.get(n).copied())
}

impl Known {
    pub(super) fn uop(&self, op: Op, args: &[Value]) -> Option<Value> {
        self.uops.get(&(op, operands(args))).copied()
    }

    pub(super) fn note_uop(&mut self, op: Op, args: &[Value], value: Value) {
        self.uops.insert((op, operands(args)), value);
    }

    pub(super) fn call(&self, helper: HelperId, args: &Args) -> Option<Value> {
        self.calls
            .get(&(helper, args.clone()))
            .map(|&(_, value)| value)
    }

    pub(super) fn note_call(
        &mut self,
        helper: HelperId,
        args: Args,
        effects: Effects,
        value: Value,
    ) {
        self.calls.insert((helper, args), (effects, value));
    }

    /// Forgets the calls that read a class in `written`, or the host if that is written.
    pub(super) fn kill_calls(&mut self, written: ClassSet, host: bool) {
        self.calls.retain(|_, (effects, _)| {
            !(effects.reads.intersects(written) || host && effects.reads_host)
        });
    }
}

impl Forward<'_> {
    /// A pure uop: folded, decided by facts, found among the earlier ones, or emitted.
    pub(super) fn pure(&mut self, op: Op, ty: Type, mut args: Args) -> Value {
        if op.is_commutative() && self.belongs_second(args[0], args[1]) {
            args.swap(0, 1);
        }
        if let Some(value) = self.fold(op, ty, &args) {
            return self.resolve(value);
        }
        if let Some(value) = self.decide(op, &args) {
            return value;
        }
        if let Some(value) = self.known.uop(op, &args)
            && self.ty(value) == ty
            && self.allow(Pass::Cse, "pure")
        {
            return self.resolve(value);
        }
        if let Some(value) = self.pure_of_sunk(op, ty, &args) {
            return value;
        }
        let value = self.emit(Uop::new(op, &args).with_ty(ty));
        self.known.note_uop(op, &args, value);
        value
    }

    /// Whether there is room up to `word`: proven by an earlier guard for that much or more,
    /// asked before, or asked now.
    pub(super) fn has_room(&mut self, word: Word) -> Value {
        if self.facts.has_room(word) && self.allow(Pass::Facts, "proven_room") {
            return self.constant(Const::bool(true));
        }
        if let Some(&value) = self.known.rooms.get(&word)
            && self.allow(Pass::Cse, "has_room")
        {
            return self.resolve(value);
        }
        let uop = Uop::new(Op::HasRoom, &[]).with_ty(Type::Bool);
        let value = self.emit(uop.with_imm(Imm::Word(word)));
        self.known.rooms.insert(word, value);
        value
    }

    /// The canonical order of a commutative op's operands: constants last, older values first.
    fn belongs_second(&self, first: Value, second: Value) -> bool {
        let rank = |value: Value| (self.as_constant(value).is_some(), value);
        rank(first) > rank(second)
    }
}
