//! Executors: runnable traces with their exit records.
//!
//! ```text
//! building ──▶ live ──▶ invalid ──▶ retired ──▶ freed
//!    │                (running in   (waits for
//!    ▼                an activation) a safe point)
//!  freed
//! ```
//! A live executor knows every exit that points at it, so making it unreachable is one bounded
//! step and no entry needs a validity test. An edge has one owner: the record it starts from.

use super::anchor::Rank;
use super::backend::{Code, CodeFigures, Listing};
use super::cache::Membership;
use super::exit_record::Record;
use super::handle::{Birth, Dependency, ExecutorRef, ExitRef};
use super::progress::Progress;
use super::tree::Ledger;
use offramp_uop::evaluate::Entry;
use offramp_uop::{EntrySignature, ExitId, Pc, Trace};
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Duration;

/// The states of an executor's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExecutorState {
    /// Reserved by a recording.
    Building,
    /// Can be reached.
    Live,
    /// Unreachable, but still running in some activation.
    Invalid,
    /// Unreachable and left; freed at the next safe point.
    Retired,
    /// Gone. Old handles answer this for ever.
    Freed,
}

/// What an executor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Begun by the interpreter (or a return point); entered with everything in memory.
    Root,
    /// Recorded for this exit.
    Side(ExitRef),
    /// Stores what is pending at this exit and goes on to a root.
    Adapter(ExitRef),
}

/// The end of a trace at a join.
#[derive(Clone, Debug)]
pub(super) struct JoinEnd {
    pub(super) exit: ExitId,
    /// What a trace takes over from it: what its state says, or less of it known.
    pub(super) takes: EntrySignature,
    /// The entry in the middle that it meets.
    pub(super) met: Option<ExecutorRef>,
}

/// An executor that exists.
#[derive(Debug)]
pub(super) struct Executor {
    pub(super) birth: Birth,
    pub(super) role: Role,
    pub(super) depth: u16,
    pub(super) trace: Arc<Trace>,
    pub(super) header: Option<EntrySignature>,
    /// Where and how it ends, if that is where paths join.
    pub(super) join_end: Option<JoinEnd>,
    /// Whether it was recorded for the end of a trace at a join: an entry in the middle.
    pub(super) in_middle: bool,
    pub(super) progress: Progress,
    pub(super) code: Arc<dyn Code>,
    pub(super) code_bytes: usize,
    pub(super) compile_time: Duration,
    pub(super) state: ExecutorState,
    pub(super) exits: Vec<Record>,
    /// Records that point here.
    pub(super) incoming: Vec<ExitRef>,
    pub(super) dependencies: SmallVec<[Dependency; 2]>,
    /// Activations that noted it before a call.
    pub(super) pins: u32,
    /// Entered or linked through the runtime since the last sweep.
    pub(super) seen: bool,
    /// Unlinked by the last sweep and not seen since.
    pub(super) idle: bool,
    /// Its tree, while it is live.
    pub(super) membership: Membership,
    /// Early cold exits of a root that will not grow a trace, and how often it had been entered
    /// before the first of them.
    pub(super) useless: u32,
    pub(super) useless_since: u64,
    /// What the stays that began with it came to, if it is a root.
    pub(super) ledger: Ledger,
    /// Times it was entered from the interpreter.
    pub(super) entered: u64,
}

impl Executor {
    pub(super) fn is_live(&self) -> bool {
        self.state == ExecutorState::Live
    }

    /// Notes that it ran or is about to.
    pub(super) fn see(&mut self) {
        self.seen = true;
        self.idle = false;
    }

    /// Its rank among what starts where it does.
    pub(super) fn rank(&self) -> Rank {
        match (self.role, self.trace.entry.is_empty()) {
            (Role::Root, _) => Rank::Root,
            (_, true) => Rank::TakesNothing,
            (_, false) => Rank::TakesOver,
        }
    }

    pub(super) fn is_adapter(&self) -> bool {
        matches!(self.role, Role::Adapter(_))
    }

    /// The signature of an entry, `None` if there is no such entry.
    pub(super) fn signature(&self, entry: Entry) -> Option<&EntrySignature> {
        match entry {
            Entry::Start => Some(&self.trace.entry),
            Entry::Header => self.header.as_ref(),
        }
    }

    /// The instruction an entry is at.
    pub(super) fn entry_pc(&self, entry: Entry) -> Option<Pc> {
        match entry {
            Entry::Start => Some(self.trace.pc),
            Entry::Header => self.trace.header.as_ref().map(|header| header.pc),
        }
    }

    pub(super) fn record(&self, exit: ExitId) -> Option<&Record> {
        self.exits.get(exit.index())
    }
}

/// What [`ExecutorGraph::executor_info`](crate::explicit::ExecutorGraph::executor_info) tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExecutorInfo {
    /// Its handle.
    pub executor: ExecutorRef,
    /// When it was made.
    pub birth: Birth,
    /// What it is for.
    pub role: Role,
    /// Where in its life it is.
    pub state: ExecutorState,
    /// The trace it runs.
    pub trace: Arc<Trace>,
    /// Side traces between it and its root.
    pub depth: u16,
    /// Records that point at it.
    pub incoming: Vec<ExitRef>,
    /// Activations that keep it from being freed.
    pub pins: u32,
    /// Times it was entered from the interpreter.
    pub entered: u64,
    /// Sizes of its machine code.
    pub code: CodeFigures,
    /// Its code as text, if [`Config::listings`](crate::Config::listings) is on.
    pub listing: Option<Arc<Listing>>,
    /// How long it took to make it runnable: to lower, compile and publish it, not to optimise it.
    pub compile_time: Duration,
}
