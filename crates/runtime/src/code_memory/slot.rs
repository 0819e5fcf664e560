//! A handle on published code.

use super::CodeMemory;
use super::arena::Place;
use std::sync::Arc;

/// Published code; dropping it frees its memory for other code.
///
/// Holding it is safe. Whoever jumps to [`CodeSlot::entry`] promises, beyond the code's own
/// contract, that
/// - the slot outlives the run, all frames of the code included;
/// - in toggle mode, the code runs on no thread while another publishes for the same owner;
/// - if another thread published it, [`CodeMemory::synchronise`] was called since.
#[derive(Debug)]
pub struct CodeSlot {
    memory: Arc<CodeMemory>,
    place: Place,
    address: usize,
    len: usize,
}

impl CodeSlot {
    pub(super) fn new(memory: &Arc<CodeMemory>, place: Place, len: usize) -> CodeSlot {
        CodeSlot {
            address: memory.arena().address(place),
            memory: memory.clone(),
            place,
            len,
        }
    }

    /// Where the code starts.
    pub fn entry(&self) -> *const u8 {
        std::ptr::with_exposed_provenance(self.address)
    }

    /// Bytes of code.
    #[expect(clippy::len_without_is_empty, reason = "code is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }
}

impl Drop for CodeSlot {
    fn drop(&mut self) {
        // A forked child leaves its parent's code alone.
        if self.memory.is_ours() {
            self.memory.arena().free(self.place);
        }
    }
}
