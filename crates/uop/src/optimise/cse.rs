//! Common subexpressions: an equal pure uop, guard or repeatable call is the earlier one. A call that may
//! fail is repeatable, too: where the later one is, the earlier one did not.
//!
//! Equality is by op, operands and immediate. In a line everything earlier dominates, so a hit is
//! always usable; in the loop body a hit on a preamble value is how invariants leave the loop.

use super::output::Args;
use crate::id::{HelperId, Value, Word};
use crate::interface::{ClassSet, Effects};
use crate::op::Op;
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

    /// Whether there is room up to `word`, as far as it was asked.
    pub(super) fn room(&self, word: Word) -> Option<Value> {
        self.rooms.get(&word).copied()
    }

    pub(super) fn note_room(&mut self, word: Word, value: Value) {
        self.rooms.insert(word, value);
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
