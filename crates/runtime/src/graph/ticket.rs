//! Recordings: one at a time, each finalised on every way out.
//!
//! A recording is a ticket. Finishing or abandoning consumes it; dropping it (an error returned
//! early, a panic) is noticed at the next step and counts as an abort. Until then the executor
//! it will become exists as a reserved handle, so that dependencies found while recording have
//! something to hang on, and invalidating one of them makes the recording stale.

use super::abort::Abort;
use super::handle::{Dependency, ExecutorRef, ExitRef};
use offramp_uop::Pc;
use smallvec::SmallVec;
use std::sync::{Arc, Weak};

/// A recording in progress. At most one per graph.
#[derive(Debug)]
#[must_use = "finish or abandon it"]
pub struct Recording {
    executor: ExecutorRef,
    exit: Option<ExitRef>,
    // Dropping the last strong reference tells the graph.
    _alive: Arc<()>,
}

impl Recording {
    /// A recording that will be `executor`, and the graph's side of it.
    pub(super) fn begin(executor: ExecutorRef, exit: Option<ExitRef>) -> (Recording, Pending) {
        let alive = Arc::new(());
        let pending = Pending {
            executor,
            exit,
            dependencies: SmallVec::new(),
            stale: None,
            ends_at_join: false,
            ended: None,
            alive: Arc::downgrade(&alive),
        };
        let recording = Recording {
            executor,
            exit,
            _alive: alive,
        };
        (recording, pending)
    }

    /// The executor it is going to be: what dependencies are registered for.
    pub fn executor(&self) -> ExecutorRef {
        self.executor
    }

    /// The instruction it starts at.
    pub fn pc(&self) -> Pc {
        self.executor.pc
    }

    /// The exit or return point that asked for it.
    pub fn exit(&self) -> Option<ExitRef> {
        self.exit
    }
}

/// The graph's side of a recording.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) executor: ExecutorRef,
    pub(super) exit: Option<ExitRef>,
    pub(super) dependencies: SmallVec<[Dependency; 2]>,
    /// Why its result must not be used.
    pub(super) stale: Option<Abort>,
    /// Whether it ends where paths join.
    pub(super) ends_at_join: bool,
    /// How far it has come, if it is known to have ended.
    pub(super) ended: Option<Ended>,
    alive: Weak<()>,
}

/// How far a recording has come that is abandoned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// The last instruction that was recorded.
    pub(crate) at: Pc,
    /// How many uops there were.
    pub(crate) uops: usize,
    /// The loop whose edge it has come to, if that is [why](Abort::InnerLoop).
    pub(crate) inner: Option<Pc>,
}

impl Ended {
    /// After so many uops, at no loop's edge.
    pub(crate) fn at(at: Pc, uops: usize) -> Ended {
        Ended {
            at,
            uops,
            inner: None,
        }
    }
}

impl Pending {
    /// The exit that asked, if it is that of an executor.
    pub(super) fn side(&self) -> Option<ExitRef> {
        self.exit.filter(|exit| exit.owner().is_some())
    }

    /// Whether the ticket was dropped.
    pub(super) fn is_dropped(&self) -> bool {
        self.alive.strong_count() == 0
    }
}
