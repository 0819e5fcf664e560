//! Who uses a value and for what, as far as lowering wants to know.

use crate::id::Value;
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Type;
use rustc_hash::{FxHashMap, FxHashSet};

/// Per value of a trace: how often and until where it is used, by uops and by what exits mean.
#[derive(Debug)]
pub(super) struct Uses {
    count: Vec<u32>,
    last: Vec<u32>,
    /// Per call that collects: the references defined before it and used after it, ascending.
    across: FxHashMap<Value, Vec<Value>>,
}

impl Uses {
    pub(super) fn of(trace: &Trace) -> Uses {
        let none = vec![0; trace.uops.len()];
        let mut uses = Uses {
            count: none.clone(),
            last: none,
            across: FxHashMap::default(),
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
        uses.across = uses.references_across_calls(trace);
        uses
    }

    fn references_across_calls(&self, trace: &Trace) -> FxHashMap<Value, Vec<Value>> {
        let mut across = FxHashMap::default();
        let mut live: Vec<Value> = Vec::new();
        for (at, uop) in trace.iter() {
            let helper = uop.helper().filter(|_| uop.op == Op::Call);
            let helper = helper.map(|helper| &trace.interface.helpers[helper.index()]);
            if helper.is_some_and(|helper| helper.effects.closed().collects) {
                live.retain(|&value| !self.dies(value, at));
                across.insert(at, live.clone());
            }
            if uop.ty == Some(Type::Ref) && !uop.sunk {
                live.push(at);
            }
        }
        across
    }

    /// The references defined before the call `at`, which collects, and used after it: its roots.
    pub(super) fn references_across(&self, at: Value) -> &[Value] {
        self.across.get(&at).map_or(&[], |live| live)
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
