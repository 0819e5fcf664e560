//! Faults on demand, so that tests reach every refusal. Outside tests nothing can be injected and
//! the checks fold away.

#[cfg(feature = "test-hooks")]
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A step that a test can make fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Finding a slot: as if the cap were reached.
    Allocation,
    /// Mapping a chunk.
    Mapping,
    /// Changing the protection of pages. Only toggle mode does.
    Protection,
    /// Running what was published into a reused slot: as if stale code ran.
    Reuse,
}

/// Which step is to fail, shared by everything made from one configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// The fault's number plus one in the high half, steps to let pass in the low; 0 for none.
    #[cfg(feature = "test-hooks")]
    armed: Arc<AtomicU64>,
}

impl Faults {
    /// Makes the step of this kind fail that comes after `passing` others of the kind.
    #[cfg(feature = "test-hooks")]
    pub(super) fn arm(&self, fault: Fault, passing: u32) {
        let armed = ((fault as u64 + 1) << 32) | u64::from(passing);
        self.armed.store(armed, Ordering::Relaxed);
    }

    /// Whether a fault is still waiting for its step.
    #[cfg(feature = "test-hooks")]
    pub(super) fn armed(&self) -> bool {
        self.armed.load(Ordering::Relaxed) != 0
    }

    /// Whether the step at hand must fail.
    pub(super) fn trips(&self, fault: Fault) -> bool {
        #[cfg(feature = "test-hooks")]
        {
            let armed = self.armed.load(Ordering::Relaxed);
            if armed >> 32 != fault as u64 + 1 {
                return false;
            }
            let trips = armed & u64::from(u32::MAX) == 0;
            let left = if trips { 0 } else { armed - 1 };
            self.armed.store(left, Ordering::Relaxed);
            trips
        }
        #[cfg(not(feature = "test-hooks"))]
        {
            let _ = fault;
            false
        }
    }
}
