//! What the shadow check finds, and what it keeps between instructions.
//!
//! The types of findings are there without the feature `shadow`, which only makes some.

use crate::place_name::PlaceName;
use offramp_uop::{Class, HelperId, Pc, Trace};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Whether the shadow check is there: [`Config::shadow`](crate::Config::shadow) needs it.
pub(crate) const COMPILED: bool = cfg!(feature = "shadow");

/// An instruction that did something else than its trace says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The trace's name.
    pub trace: String,
    /// The instruction.
    pub pc: Pc,
    /// What the program calls it.
    pub place: PlaceName,
    /// What differs.
    pub what: Differs,
}

/// What a trace and an instruction disagree about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Differs {
    /// A frame word, by its absolute index.
    Word {
        /// Which.
        index: i64,
        /// What the trace stores.
        traced: u64,
        /// What the instruction stored.
        real: u64,
    },
    /// A place in the heap.
    Heap {
        /// Which.
        address: u64,
        /// What the trace stores.
        traced: u64,
        /// What the instruction stored.
        real: u64,
    },
    /// A helper did something that it does not declare.
    Undeclared {
        /// Its name.
        helper: &'static str,
        /// What it did.
        lie: Lie,
    },
    /// Where the program goes on.
    Next {
        /// According to the trace.
        traced: Pc,
        /// According to the instruction.
        real: Pc,
    },
}

/// What a helper does that it does not declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lie {
    /// It changed a field or an element, or freed it.
    Writes {
        /// Which.
        address: u64,
        /// The class, which is not declared.
        class: Class,
    },
    /// A helper that only reads returned something else than before, although nothing changed that
    /// it declares to depend on.
    Depends {
        /// What it returned before, as bits.
        before: u64,
        /// What it returned now.
        now: u64,
    },
    /// A helper that makes objects returned one that was known.
    Known {
        /// Which.
        address: u64,
    },
}

/// What waits to be checked in one interpreter, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// Recorded roots by their places, each with the iterations that are to be checked.
    waiting: RefCell<FxHashMap<Pc, (Trace, u32)>>,
    found: RefCell<Vec<Difference>>,
    /// What helpers that depend on their arguments alone have returned.
    returned: RefCell<FxHashMap<(HelperId, Vec<u64>), u64>>,
}

impl Checks {
    /// The next `iterations` of the root that was recorded as `trace` are to be checked.
    pub(crate) fn wait(&self, trace: Trace, iterations: u32) {
        let pc = trace.pc;
        self.waiting.borrow_mut().insert(pc, (trace, iterations));
    }

    /// The trace of the root at `pc` and how many iterations of it are still to be checked, if any:
    /// it waits no longer.
    pub(crate) fn take(&self, pc: Pc) -> Option<(Trace, u32)> {
        self.waiting.borrow_mut().remove(&pc)
    }

    /// The reference constants of traces that wait, added to `all`.
    pub(crate) fn references(&self, all: &mut Vec<u64>) {
        let waiting = self.waiting.borrow();
        all.extend(waiting.values().flat_map(|(trace, _)| &trace.refs));
    }

    /// A finding.
    pub(crate) fn find(&self, difference: Difference) {
        self.found.borrow_mut().push(difference);
    }

    /// All findings.
    pub(crate) fn found(&self) -> Vec<Difference> {
        self.found.borrow().clone()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.found.borrow().len()
    }

    /// What a helper has returned to these arguments for the first time, if that differs.
    pub(crate) fn returned_before(
        &self,
        helper: HelperId,
        args: Vec<u64>,
        now: u64,
    ) -> Option<u64> {
        let mut returned = self.returned.borrow_mut();
        let first = *returned.entry((helper, args)).or_insert(now);
        (first != now).then_some(first)
    }
}
