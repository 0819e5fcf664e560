//! What the stays in a tree came to, and how long it sleeps.

use crate::graph::account::{SAVED, WAY};

/// What the stays that began with a root came to.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graph) struct Ledger {
    /// In this window.
    pub(super) stays: u32,
    pub(super) work: u64,
    /// Executors in the tree when the window began.
    pub(super) size: usize,
    /// Windows in a row in which it lost.
    pub(super) lost: u8,
    /// Whether it was refused a side trace since it slept last.
    pub(super) refused: bool,
    /// How often it has slept since it was found not to lose.
    pub(super) naps: u8,
    /// In all windows: for reports.
    pub(super) stays_before: u64,
    pub(super) work_before: u64,
}

impl Ledger {
    /// What it has saved so far, by the account's prices; less than 0 if the ways in and out cost more.
    pub(in crate::graph) fn earned(&self) -> i64 {
        let saved = SAVED * (self.work_before + self.work);
        let ways = WAY * (self.stays_before + u64::from(self.stays));
        saved as i64 - ways as i64
    }
}

/// How long a root sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graph) struct Nap {
    /// Arrivals until it is tried again, as far as they were not handed out.
    pub(super) left: u32,
    /// How many they were.
    pub(super) of: u32,
}
