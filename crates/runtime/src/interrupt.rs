//! Interrupts: raised from any thread, noticed at the next loop edge or function entry.
//!
//! The interpreter's edges notice one because what their counters are compared with moves, so they
//! pay nothing for it; compiled code polls a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Interrupts the runs of one interpreter, from any thread.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Arc<Interrupt>);

impl InterruptHandle {
    pub(crate) fn of(interrupt: &Arc<Interrupt>) -> InterruptHandle {
        InterruptHandle(interrupt.clone())
    }

    /// Ends the run under way, or the next one, at its next loop edge or function entry, or from another
    /// thread within 64 rounds of a compiled loop without calls, with
    /// [`Fault::Interrupted`](crate::Fault::Interrupted). One run is ended per raise.
    pub fn raise(&self) {
        self.0.raise();
    }
}

/// A pending interrupt, as the interpreter's edges and compiled code look at it.
#[derive(Debug)]
pub(crate) struct Interrupt {
    /// What counters are compared with: they are cool above.
    patience: AtomicU32,
    /// Non-zero while raised: what compiled code polls.
    word: AtomicU64,
}

const CALM: u32 = 1;
const RAISED: u32 = u32::MAX;

impl Interrupt {
    pub(crate) fn new() -> Interrupt {
        Interrupt {
            patience: AtomicU32::new(CALM),
            word: AtomicU64::new(0),
        }
    }

    fn raise(&self) {
        self.word.store(1, Relaxed);
        self.patience.store(RAISED, Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.patience.store(CALM, Relaxed);
        self.word.store(0, Relaxed);
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.patience.load(Relaxed) == RAISED
    }

    /// What counters are compared with.
    #[inline(always)]
    pub(crate) fn patience(&self) -> &AtomicU32 {
        &self.patience
    }

    /// The word compiled code polls.
    pub(crate) fn word(&self) -> *const u64 {
        self.word.as_ptr()
    }
}
