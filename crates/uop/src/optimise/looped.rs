//! A loop that was walked: its preamble, its header, what its body writes.

use super::output::Output;
use crate::id::{Value, Word};
use crate::interface::{ClassSet, Interface};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Const;
use crate::uop::{Imm, Uop};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The loop, once its header stands. Its body is the line that is being emitted.
pub(super) struct Looped {
    /// Pool values below this are preamble values.
    pub(super) boundary: u32,
    /// The preamble's line.
    pub(super) preamble: Vec<Value>,
    /// The header's parameters with their first values (canonical).
    pub(super) params: Vec<(Value, Value)>,
    /// Words pending with a constant at the header.
    pub(super) constants: Vec<(Word, Const)>,
    pub(super) writes: LoopWrites,
}

/// What a loop body may write.
#[derive(Clone, Default)]
pub(super) struct LoopWrites {
    pub(super) words: BTreeSet<Word>,
    pub(super) classes: ClassSet,
    /// A helper writes frames: any word.
    pub(super) frames: bool,
    /// A helper writes the host's own state.
    pub(super) host: bool,
    /// Words that hold the same value in memory whenever control is at the header, although the
    /// source may write them, with that value.
    pub(super) kept: BTreeMap<Word, Value>,
}

impl LoopWrites {
    /// What the recorded uops in `body` write.
    pub(super) fn of(trace: &Trace, body: Range<usize>) -> LoopWrites {
        let mut writes = LoopWrites::default();
        for uop in &trace.uops[body.clone()] {
            match (uop.op, uop.imm) {
                (Op::StoreWord, Imm::Word(word)) => {
                    writes.words.insert(word);
                }
                (Op::Call, Imm::Helper(helper)) => {
                    let effects = trace.interface.helpers[helper.index()].effects.closed();
                    writes.frames |= effects.writes_frames;
                    writes.host |= effects.writes_host;
                }
                _ => {}
            }
        }
        writes.classes = classes_written(&trace.interface, &trace.uops[body]);
        writes
    }

    /// Whether memory may hold different values in `word` at different arrivals at the header.
    pub(super) fn word(&self, word: Word) -> bool {
        self.frames || self.words.contains(&word)
    }

    /// The value that `word` holds in memory at every arrival, if it is known to.
    pub(super) fn kept_in(&self, word: Word) -> Option<Value> {
        self.kept.get(&word).copied()
    }
}

/// The heap classes that emitted uops write.
pub(super) fn classes_written_by(out: &Output, interface: &Interface, line: &[Value]) -> ClassSet {
    classes_written(interface, line.iter().map(|&value| out.uop(value)))
}

/// The heap classes that uops write. Stores to sunk objects do not count: no other access can alias them.
fn classes_written<'u>(interface: &Interface, uops: impl IntoIterator<Item = &'u Uop>) -> ClassSet {
    let written = |uop: &Uop| match (uop.op, uop.imm) {
        (Op::Store | Op::StoreElem, Imm::Access(access)) => ClassSet::of(&[access.class]),
        (Op::Call, Imm::Helper(helper)) => {
            let helper = &interface.helpers[helper.index()];
            helper.effects.closed().writes
        }
        _ => ClassSet::NONE,
    };
    let uops = uops.into_iter().filter(|uop| !uop.sunk);
    uops.map(written).fold(ClassSet::NONE, ClassSet::union)
}
