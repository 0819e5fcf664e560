//! Who uses a value and for what, as far as lowering wants to know.

use crate::id::Value;
use crate::op::Op;
use crate::trace::Trace;
use rustc_hash::FxHashSet;

/// Per value of a trace: how often and until where it is used, by uops and by what exits mean.
#[derive(Debug)]
pub(super) struct Uses {
    count: Vec<u32>,
    last: Vec<u32>,
}

impl Uses {
    pub(super) fn of(trace: &Trace) -> Uses {
        let none = vec![0; trace.uops.len()];
        let mut uses = Uses {
            count: none.clone(),
            last: none,
        };
        for (at, uop) in trace.iter() {
            uop.args.iter().for_each(|&value| uses.note(value, at));
            if let Some(exit) = uop.exit.map(|exit| trace.exit(exit)) {
                let words = exit.words.iter().map(|&(_, value)| value);
                let meant = words.chain(exit.extras.iter().copied());
                meant.for_each(|value| uses.note(value, at));
            }
        }
        // The next round uses them again.
        for value in trace.header_invariants() {
            uses.last[value.index()] = trace.uops.len() as u32;
        }
        uses
    }

    fn note(&mut self, value: Value, at: Value) {
        self.count[value.index()] += 1;
        self.last[value.index()] = at.0;
    }

    /// Whether nothing or one thing uses it.
    pub(super) fn at_most_once(&self, value: Value) -> bool {
        self.count[value.index()] <= 1
    }

    /// Whether nothing behind the uop at `at` uses it.
    pub(super) fn dies(&self, value: Value, at: Value) -> bool {
        self.last[value.index()] <= at.0
    }
}

/// The operand pairs whose overflow is asked for: their result and overflow come from one
/// instruction.
pub(super) fn overflows(trace: &Trace) -> FxHashSet<(Op, Value, Value)> {
    let asked = trace.uops.iter().filter_map(|uop| {
        let result = match uop.op {
            Op::AddOverflows => Op::Add,
            Op::SubOverflows => Op::Sub,
            Op::MulOverflows => Op::Mul,
            _ => return None,
        };
        Some((result, uop.args[0], uop.args[1]))
    });
    asked.collect()
}
