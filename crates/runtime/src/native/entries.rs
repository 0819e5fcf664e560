//! [`Entries`]: how compiled code calls the helpers of one interpreter, by number.
//!
//! What the functions are is not known here: [`shim`](super::shim) makes them.

use offramp_uop::lower::HelperEntry;
use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How compiled code calls one helper.
pub(crate) struct Entry {
    called: HelperEntry,
    /// What the call's data points at, if that is no function: kept for as long as code may be entered.
    _kept: Option<Arc<dyn Any + Send + Sync>>,
}

/// The helpers of one interpreter, by number.
#[derive(Default)]
pub(crate) struct Entries(Mutex<Vec<Entry>>);

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

impl Entries {
    /// Names these entries: what a state says that it is the memory they expect.
    pub(crate) fn identity(entries: &Arc<Entries>) -> usize {
        Arc::as_ptr(entries).addr()
    }

    /// The entry of the next helper.
    pub(crate) fn push(&self, entry: Entry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(entry);
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<HelperEntry> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|entry| entry.called).collect()
    }
}

impl Entry {
    pub(super) fn of(called: HelperEntry) -> Entry {
        Entry {
            called,
            _kept: None,
        }
    }

    /// An entry whose data points at `kept`.
    pub(super) fn keeping(called: HelperEntry, kept: Arc<dyn Any + Send + Sync>) -> Entry {
        Entry {
            called,
            _kept: Some(kept),
        }
    }

    /// A helper that returns the word at `offset` in the state.
    pub(crate) fn word(offset: usize) -> Entry {
        Entry::of(HelperEntry::Word {
            offset: offset as u32,
        })
    }
}
