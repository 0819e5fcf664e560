//! Events: what the graph tells an observer.
//!
//! Log lines and test assertions are both made from these. Events are noted during a change and told
//! when the graph is consistent again, with nothing of it borrowed and no trace in the middle of
//! anything: an observer may call back into the graph, and may panic.

use super::abort::Abort;
use super::exit_record::LinkKind;
use super::handle::{ExecutorRef, ExitRef};
use offramp_uop::Pc;

/// Something that happened in an executor graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A recording began at `pc`, for `exit` if one asked.
    Recording {
        /// Where it starts.
        pc: Pc,
        /// What asked for it.
        exit: Option<ExitRef>,
    },
    /// A recording ended without an executor.
    Aborted {
        /// Where it had started.
        pc: Pc,
        /// What had asked for it.
        exit: Option<ExitRef>,
        /// The last instruction that was recorded, if the recorder has
        /// [said](crate::explicit::ExecutorGraph::abandon_at).
        at: Option<Pc>,
        /// Why.
        reason: Abort,
    },
    /// A trace became an executor; an adapter if `adapter`.
    Compiled {
        /// The executor.
        executor: ExecutorRef,
        /// Uops of the final trace.
        uops: usize,
        /// Whether it is an adapter.
        adapter: bool,
    },
    /// An exit was linked.
    Linked {
        /// The exit.
        exit: ExitRef,
        /// Where it leads now.
        executor: ExecutorRef,
        /// How.
        kind: LinkKind,
    },
    /// An exit was put back to cold.
    Unlinked {
        /// The exit.
        exit: ExitRef,
        /// Where it had led.
        executor: ExecutorRef,
    },
    /// An exit will not ask for a recording for long.
    GivenUp {
        /// The exit.
        exit: ExitRef,
        /// Why the last attempt failed.
        reason: Abort,
    },
    /// An executor became unreachable.
    Invalidated {
        /// The executor.
        executor: ExecutorRef,
        /// Why.
        why: Invalidation,
    },
    /// An instruction became general: many different things pass it, so that traces take its
    /// [general way](crate::Machine::general) from now on.
    General {
        /// Which.
        pc: Pc,
    },
    /// An executor's memory was freed.
    Freed {
        /// The executor.
        executor: ExecutorRef,
    },
    /// The interpreter entered a root.
    Entered {
        /// The root.
        executor: ExecutorRef,
    },
    /// An exit that is not linked was taken.
    ColdExit {
        /// The exit.
        exit: ExitRef,
    },
}

/// Why an executor became unreachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Invalidation {
    /// The host asked for it.
    Asked,
    /// Something it depends on changed.
    Dependency,
    /// Two sweeps passed without it running.
    Cooled,
    /// There was no room for another, and its tree had run longest ago.
    Evicted,
    /// An instruction that it tests what it meets at became [general](Event::General).
    General,
    /// A root whose first guards keep failing.
    Useless,
    /// The executor that owns it went.
    Owner,
    /// A newer root took its place.
    Replaced,
}

impl Invalidation {
    /// Its name in descriptions and reports.
    pub fn name(self) -> &'static str {
        match self {
            Invalidation::Asked => "asked",
            Invalidation::Dependency => "dependency",
            Invalidation::Cooled => "cooled",
            Invalidation::Evicted => "evicted",
            Invalidation::General => "general",
            Invalidation::Useless => "useless",
            Invalidation::Owner => "owner",
            Invalidation::Replaced => "replaced",
        }
    }
}

/// Receives [`Event`]s.
pub type Observer = Box<dyn FnMut(&Event) + Send>;
