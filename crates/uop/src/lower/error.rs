//! Why a trace could not be lowered.

use crate::id::Value;

/// Why a trace could not be lowered. Nothing is lost but the trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LowerError {
    /// No backend for the target, or its settings do not fit.
    #[error("unsupported target: {0}")]
    Target(String),
    /// More values pending at once than travel between executors.
    #[error("trace {trace}: {count} values at an exit or entry, at most {limit} can travel")]
    TooManyValues {
        /// The trace's name.
        trace: String,
        /// How many there are.
        count: usize,
        /// How many can travel.
        limit: usize,
    },
    /// A call from a frame too far from the one the trace was entered with.
    #[error("trace {trace}: {at} calls from a frame {words} words away, too far to be named")]
    FrameTooFar {
        /// The trace's name.
        trace: String,
        /// The call.
        at: Value,
        /// How far it is.
        words: i32,
    },
    /// More arguments than a helper call can pass.
    #[error("trace {trace}: a call of {count} arguments, at most {limit} can be passed")]
    TooManyArguments {
        /// The trace's name.
        trace: String,
        /// How many there are.
        count: usize,
        /// How many can be passed.
        limit: usize,
    },
    /// Cranelift refused or panicked.
    #[error("trace {trace}: {message}")]
    Cranelift {
        /// The trace's name.
        trace: String,
        /// What it said.
        message: String,
    },
}
