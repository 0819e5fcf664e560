//! A trace: a line of uops with guards, ending in a loop or an exit.
//!
//! ```text
//! start ── param* ── preamble … ── header ── param* invariant* ── loop body … ── loop
//!                                    ▲                                            │
//!                                    └────────────────────────────────────────────┘
//! start ── param* ── uops … ── exit | exit_dynamic | deopt | error_exit
//! ```
//! and `unreachable` behind the last uop. A value is the position of the uop that defines it, so
//! definition before use is position order, and a line has no joins but its header.

use crate::exit::{ExitState, Pc};
use crate::id::{ContractId, ExitId, Value, Word};
use crate::interface::Interface;
use crate::op::Op;
use crate::signature::{EntrySignature, EntryWord, Holds};
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use std::sync::Arc;

/// A trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// A name for people.
    pub name: String,
    /// The instruction it starts at.
    pub pc: Pc,
    /// What it takes over at its entry. `param` uops after `start` define the parameters, in
    /// order.
    pub entry: EntrySignature,
    /// What the host declared.
    pub interface: Arc<Interface>,
    /// Reference constants, as addresses. Roots for as long as the trace lives.
    pub refs: Vec<u64>,
    /// The uops.
    pub uops: Vec<Uop>,
    /// The exits.
    pub exits: Vec<ExitState>,
    /// The loop's entry, if the trace loops.
    pub header: Option<Header>,
}

/// The loop part of a trace as an entry of its own: its contract.
///
/// Whoever enters at the header supplies the words of [`Trace::header_signature`], and for each
/// invariant and fact either shows that it still holds or replays the *short preamble* that
/// established it (Ardö, Bolz and Fijałkowski, "Loop-aware optimizations in PyPy's tracing JIT",
/// 2012).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Position of the `header` uop. The `param` uops behind it define the parameters, the
    /// `invariant` uops the invariants.
    pub at: Value,
    /// The instruction the loop starts at.
    pub pc: Pc,
    /// Names the contract in exit states that have shown it.
    pub contract: ContractId,
    /// Words pending with a constant whenever control is at the header, ascending.
    pub constants: Vec<(Word, Const)>,
    /// Uops of the preamble that establish the invariants and facts, in order: pure uops, loads
    /// and guards over frame words the loop does not write. They use only each other.
    pub short: Vec<Value>,
    /// Whether a foreign entry is possible at all: not if something the loop rests on cannot be
    /// replayed (a value that only this trace's own entry was handed).
    pub open: bool,
}

impl Trace {
    /// The uop that defines `value`.
    ///
    /// # Panics
    /// If the value is not of this trace.
    pub fn uop(&self, value: Value) -> &Uop {
        &self.uops[value.index()]
    }

    /// The type of `value`, `None` if its uop has no result.
    ///
    /// # Panics
    /// If the value is not of this trace.
    pub fn ty(&self, value: Value) -> Option<Type> {
        self.uop(value).ty
    }

    /// The constant that `value` is, if it is one (a `ref` constant is not).
    ///
    /// # Panics
    /// If the value is not of this trace.
    pub fn constant(&self, value: Value) -> Option<Const> {
        match (self.uop(value).op, self.uop(value).ty, self.uop(value).imm) {
            (Op::Const, Some(ty), Imm::Const(bits)) if ty != Type::Ref => Some(Const { ty, bits }),
            _ => None,
        }
    }

    /// The exit called `exit`.
    ///
    /// # Panics
    /// If the exit is not of this trace.
    pub fn exit(&self, exit: ExitId) -> &ExitState {
        &self.exits[exit.index()]
    }

    /// Positions and uops, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Value, &Uop)> {
        self.uops
            .iter()
            .enumerate()
            .map(|(index, uop)| (Value(index as u32), uop))
    }

    /// The values the entry defines: `param` uops behind `start`.
    pub fn entry_params(&self) -> impl Iterator<Item = Value> + '_ {
        self.iter()
            .skip(1)
            .take_while(|(_, uop)| uop.op == Op::Param)
            .map(|(value, _)| value)
    }

    /// The parameters of the header: `param` uops behind it. Empty without a header.
    pub fn header_params(&self) -> impl Iterator<Item = Value> + '_ {
        self.behind_header(Op::Param)
    }

    /// The invariants of the header. Empty without a header.
    pub fn header_invariants(&self) -> impl Iterator<Item = Value> + '_ {
        self.behind_header(Op::Invariant)
    }

    fn behind_header(&self, op: Op) -> impl Iterator<Item = Value> + '_ {
        let first = self
            .header
            .as_ref()
            .map_or(self.uops.len(), |header| header.at.index() + 1);
        self.iter()
            .skip(first)
            .take_while(|(_, uop)| matches!(uop.op, Op::Param | Op::Invariant))
            .filter(move |(_, uop)| uop.op == op)
            .map(|(value, _)| value)
    }

    /// The signature of the header as an entry, if there is one and foreign entries are possible.
    ///
    /// It carries the contract only where there is something to show.
    pub fn header_signature(&self) -> Option<EntrySignature> {
        let header = self.header.as_ref().filter(|header| header.open)?;
        let params = self.header_params().map(|value| {
            let uop = self.uop(value);
            EntryWord {
                word: uop.word().expect("a param names its word"),
                holds: Holds::Param(uop.ty.expect("a param has a type")),
            }
        });
        let constants = header.constants.iter().map(|&(word, constant)| EntryWord {
            word,
            holds: Holds::Constant(constant),
        });
        let mut words: Vec<EntryWord> = params.chain(constants).collect();
        words.sort_by_key(|entry| entry.word);
        let extras: Vec<Type> = self
            .header_invariants()
            .filter_map(|value| self.ty(value))
            .collect();
        let shown = !header.short.is_empty() || !extras.is_empty();
        let contract = shown.then_some(header.contract);
        Some(EntrySignature {
            words,
            extras,
            contract,
        })
    }

    /// The lowest and highest frame word the trace names, relative to its entry's base, exits
    /// and signature included. `None` if it names none.
    pub fn reach(&self) -> Option<(Word, Word)> {
        let uops = self.uops.iter().filter_map(Uop::word);
        let exits = self
            .exits
            .iter()
            .flat_map(|exit| exit.words.iter().map(|&(word, _)| word));
        let entry = self.entry.words.iter().map(|entry| entry.word);
        let header = self
            .header
            .iter()
            .flat_map(|header| header.constants.iter().map(|&(word, _)| word));
        uops.chain(exits)
            .chain(entry)
            .chain(header)
            .fold(None, |reach, word| match reach {
                None => Some((word, word)),
                Some((low, high)) => Some((low.min(word), high.max(word))),
            })
    }
}
