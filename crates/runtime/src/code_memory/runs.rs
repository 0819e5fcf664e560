//! Which granules are free, as runs: best fit, neighbours joined at once.
//!
//! Sizes are whole granules, so a freed slot fits the next code of its size exactly. What is free is
//! kept outside the code pages: looking for room touches none of them.

use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a granule: a cache line, so that two slots never share one.
pub(super) const GRANULE: usize = 64;

/// Free runs of the chunks of one pool.
#[derive(Debug, Default)]
pub(super) struct FreeRuns {
    /// Length of the run that starts at (chunk, granule).
    by_start: BTreeMap<(u32, u32), u32>,
    /// (length, chunk, start) of the same runs.
    by_length: BTreeSet<(u32, u32, u32)>,
}

impl FreeRuns {
    /// Takes `len` granules: (chunk, start).
    pub(super) fn take(&mut self, len: u32) -> Option<(u32, u32)> {
        let &(found, chunk, start) = self.by_length.range((len, 0, 0)..).next()?;
        self.remove(chunk, start, found);
        if found > len {
            self.insert(chunk, start + len, found - len);
        }
        Some((chunk, start))
    }

    /// Gives a run back. It must have been taken, or be a new chunk's.
    pub(super) fn give(&mut self, chunk: u32, start: u32, len: u32) {
        let (mut start, mut len) = (start, len);
        let before = self.by_start.range(..(chunk, start)).next_back();
        if let Some((&(at, first), &run)) = before
            && at == chunk
        {
            debug_assert!(first + run <= start, "a run was given back twice");
            if first + run == start {
                self.remove(chunk, first, run);
                (start, len) = (first, len + run);
            }
        }
        if let Some(&run) = self.by_start.get(&(chunk, start + len)) {
            self.remove(chunk, start + len, run);
            len += run;
        }
        self.insert(chunk, start, len);
    }

    /// Forgets a chunk's runs.
    pub(super) fn forget(&mut self, chunk: u32) {
        let runs = self.by_start.range((chunk, 0)..=(chunk, u32::MAX));
        let runs: Vec<_> = runs.map(|(&(_, start), &len)| (start, len)).collect();
        for (start, len) in runs {
            self.remove(chunk, start, len);
        }
    }

    fn insert(&mut self, chunk: u32, start: u32, len: u32) {
        self.by_start.insert((chunk, start), len);
        self.by_length.insert((len, chunk, start));
    }

    fn remove(&mut self, chunk: u32, start: u32, len: u32) {
        let known = self.by_start.remove(&(chunk, start)) == Some(len);
        let known = self.by_length.remove(&(len, chunk, start)) && known;
        debug_assert!(known, "both indices know every run");
    }

    #[cfg(test)]
    pub(super) fn runs(&self) -> Vec<(u32, u32, u32)> {
        let run = |(&(chunk, start), &len): (&(u32, u32), &u32)| (chunk, start, len);
        self.by_start.iter().map(run).collect()
    }
}
