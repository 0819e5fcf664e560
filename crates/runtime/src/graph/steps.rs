//! How many steps invalidation has taken, for tests of what it is linear in.

/// Counts the steps of invalidation, so that tests can tell what it is linear in. Without tests it
/// counts nothing.
#[derive(Debug, Default)]
pub(super) struct Steps(#[cfg(any(test, feature = "test-hooks"))] u64);

impl Steps {
    #[inline(always)]
    pub(super) fn count(&mut self, _steps: u64) {
        #[cfg(any(test, feature = "test-hooks"))]
        {
            self.0 += _steps;
        }
    }

    #[cfg(any(test, feature = "test-hooks"))]
    pub(super) fn so_far(&self) -> u64 {
        self.0
    }
}
