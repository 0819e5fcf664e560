//! Why something is refused: a link, and a trace that was to become an executor.

use super::abort::Abort;
use super::backend::CompileError;
use super::handle::{ExecutorRef, ExitRef};
use offramp_uop::proof::Unproved;
use offramp_uop::verify::VerifyErrors;
use offramp_uop::{Disagreement, Pc};

/// Why an exit may not be linked to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The exit's owner is not live, or has no such exit.
    #[error("{exit} is not an exit of a live executor")]
    NoExit {
        /// The exit.
        exit: ExitRef,
    },
    /// The target is not live.
    #[error("{executor} is not live")]
    NotLive {
        /// The target.
        executor: ExecutorRef,
    },
    /// The target has no header that can be entered.
    #[error("{executor} has no header open to others")]
    NoHeader {
        /// The target.
        executor: ExecutorRef,
    },
    /// The exit leads to another instruction than the entry's.
    #[error("the exit leads to instruction {wanted}, the entry is at {found}")]
    Place {
        /// Where the exit leads.
        wanted: Pc,
        /// Where the entry is.
        found: Pc,
    },
    /// State and signature disagree.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// The values agree but travel in other registers than the entry takes them from.
    #[error("{executor} takes its values from other registers")]
    Placement {
        /// The target.
        executor: ExecutorRef,
    },
    /// An early exit may lead to younger executors only.
    #[error("the exit is early and {executor} is not younger than its owner")]
    Progress {
        /// The target.
        executor: ExecutorRef,
    },
    /// An exit reached without a poll may lead to younger executors and to entries that poll first.
    #[error("the exit is reached without a poll and {executor} is not younger and does not poll")]
    Uninterruptible {
        /// The target.
        executor: ExecutorRef,
    },
    /// An adapter serves the exit it was made for and no other.
    #[error("{executor} is the adapter of another exit")]
    ForeignAdapter {
        /// The adapter.
        executor: ExecutorRef,
    },
    /// An adapter is linked to its root first.
    #[error("the adapter {executor} leads to no root yet")]
    IdleAdapter {
        /// The adapter.
        executor: ExecutorRef,
    },
    /// What returns through a return point has stored everything.
    #[error("a return point leads to the start of roots only")]
    NotARoot,
    /// The exit leads to an executor already, or a recording works for it.
    #[error("{exit} is not cold")]
    NotCold {
        /// The exit.
        exit: ExitRef,
    },
}

/// Why a trace did not become an executor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The recording is not the pending one; it was ended before.
    #[error("the recording had ended before")]
    Ended,
    /// The executor whose exit was recorded was invalidated meanwhile.
    #[error("the parent was invalidated meanwhile")]
    ParentGone,
    /// Something the trace depends on was invalidated meanwhile.
    #[error("a dependency was invalidated meanwhile")]
    Stale,
    /// The trace starts elsewhere than the recording.
    #[error("the trace starts at instruction {found}, the recording at {wanted}")]
    Place {
        /// Where the recording began.
        wanted: Pc,
        /// Where the trace starts.
        found: Pc,
    },
    /// The verifier refused the trace, as it came or as it was optimised.
    #[error("the trace is malformed")]
    Malformed(#[from] Box<VerifyErrors>),
    /// The trace can leave only before it has done anything.
    #[error("the trace ends before an instruction has committed")]
    NoProgress,
    /// The loop does not poll.
    #[error("the loop cannot be interrupted: it does not poll")]
    NoPoll,
    /// More exits than a trace may have.
    #[error("{found} exits, at most {limit} are allowed")]
    Exits {
        /// How many it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
    /// There are as many executors as there may be.
    #[error("{limit} executors exist, no more are allowed")]
    Executors {
        /// How many there may be.
        limit: usize,
    },
    /// The code budget is used up.
    #[error("{bytes} bytes of code would exceed the budget of {limit}")]
    CodeBytes {
        /// What the trace needs.
        bytes: usize,
        /// The budget.
        limit: usize,
    },
    /// Compiling it costs more than the [account](super::Config::compile_burst) covers.
    #[error("a trace of some {uops} uops is too dear for what the program has done so far")]
    Cost {
        /// Uops that are likely to be left of it.
        uops: u32,
    },
    /// A root that takes something over from nobody.
    #[error("a root's entry signature must be empty")]
    NotARoot,
    /// The trace does not fit the exit that asked for it.
    #[error("the trace does not fit its exit")]
    Link(#[from] LinkError),
    /// It could not be proved to do what its recording does, not even without optimisations.
    #[error("the trace could not be proved")]
    Unproved(#[from] Box<Unproved>),
    /// The back end could not make it runnable.
    #[error("the trace could not be compiled")]
    Compile(#[from] CompileError),
}

impl InstallError {
    /// The reason it is counted under.
    pub fn abort(&self) -> Abort {
        match self {
            InstallError::Ended => Abort::Dropped,
            InstallError::ParentGone => Abort::ParentGone,
            InstallError::Stale => Abort::Stale,
            InstallError::Malformed(_) => Abort::Malformed,
            InstallError::NoProgress => Abort::NoProgress,
            InstallError::Unproved(_) => Abort::Unproved,
            InstallError::NoPoll => Abort::Malformed,
            InstallError::Exits { .. } => Abort::ExitLimit,
            InstallError::Executors { .. } | InstallError::CodeBytes { .. } => Abort::Capacity,
            InstallError::Cost { .. } => Abort::Cost,
            InstallError::Place { .. } | InstallError::NotARoot | InstallError::Link(_) => {
                Abort::Disagrees
            }
            InstallError::Compile(CompileError::Memory) => Abort::Memory,
            InstallError::Compile(_) => Abort::Compile,
        }
    }
}
