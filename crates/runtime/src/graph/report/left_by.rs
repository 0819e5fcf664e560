//! The exit by which traces were left to the host.

use crate::graph::backend::Taken;
use crate::graph::handle::ExecutorRef;
use offramp_uop::ExitId;

/// The exit by which traces were left to the host, and the frame base there as an absolute word.
#[derive(Clone, Copy, Debug)]
pub(in crate::graph) struct LeftBy {
    pub(super) executor: ExecutorRef,
    pub(super) exit: ExitId,
    pub(super) base: i64,
}

impl LeftBy {
    /// Nothing if the frame is not the one that the exit's guards are about.
    pub(in crate::graph) fn of(taken: &Taken<'_>) -> Option<LeftBy> {
        let left_by = LeftBy {
            executor: taken.executor,
            exit: taken.exit,
            base: taken.base,
        };
        (!taken.transferred && !taken.unmade).then_some(left_by)
    }
}
