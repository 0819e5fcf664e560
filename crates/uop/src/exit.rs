//! Exit states: what a trace leaves behind when it leaves.
//!
//! A recorded trace keeps everything in frame words, so its exit states are empty. The optimiser
//! keeps stores *pending* and notes at every exit which words hold which values; that list is the
//! exit state. It is complete: whoever takes over (the interpreter after the cold exit wrote the
//! words, a side trace that gets them in registers) needs nothing else from this trace.
//!
//! The run-time record behind a side exit, with its target, temperature and counts, belongs to
//! the runtime; here is only what code generation and the link check need.

use crate::id::{ContractId, Value, Word};

pub use crate::exit_kind::ExitKind;
pub use crate::id::Pc;

/// Where a trace leaves to and what is pending there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitState {
    /// Why it leaves.
    pub kind: ExitKind,
    /// The instruction the interpreter would execute next. For [`ExitKind::Error`] the failing
    /// instruction; for [`ExitKind::Dynamic`] the leaving one.
    pub target: Pc,
    /// How far the frame base has moved since the trace's entry, in words.
    pub base: i32,
    /// Pending words, ascending, relative to the base *at the trace's entry*.
    pub words: Vec<(Word, Value)>,
    /// The invariants of the header this exit re-enters, in its order.
    pub extras: Vec<Value>,
    /// The header whose contract this exit has shown to hold.
    pub contract: Option<ContractId>,
}

impl ExitState {
    /// An exit with nothing pending.
    pub fn new(kind: ExitKind, target: Pc, base: i32) -> ExitState {
        ExitState {
            kind,
            target,
            base,
            words: Vec::new(),
            extras: Vec::new(),
            contract: None,
        }
    }

    /// The value pending in `word`, if there is one.
    pub fn word(&self, word: Word) -> Option<Value> {
        let found = self
            .words
            .binary_search_by_key(&word, |&(word, _)| word)
            .ok()?;
        Some(self.words[found].1)
    }
}
