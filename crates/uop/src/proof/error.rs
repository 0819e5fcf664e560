//! What could not be proved, and where.

use crate::id::{Value, Word};
use crate::interface::Class;
use std::fmt;
use thiserror::Error;

/// A trace that could not be proved to do what its recording does.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Unproved {
    /// The uop of the optimised trace that was being looked at.
    pub at: Option<Value>,
    /// The uop that the recording had got to: it had to be met, or did not follow.
    pub stands: Option<Value>,
    /// What is not as it is in the recording.
    pub reason: Reason,
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "{at}: ")?;
        }
        write!(f, "{}", self.reason)?;
        match self.stands {
            Some(stands) => write!(f, " (the recording stands at {stands})"),
            None => Ok(()),
        }
    }
}

/// What is not as it is in the recording. Values are shown as terms, for people.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Reason {
    /// The optimised trace goes on where the recording might have left, or does what the recording
    /// does not do there.
    #[error("the recording need not get there: {wanted}")]
    NotReached {
        /// What the recording would have to do first.
        wanted: String,
    },
    /// A guard tests what the recording does not test there, and may leave too often.
    #[error("the guard of {found} may leave where the recording goes on")]
    Early {
        /// The condition.
        found: String,
    },
    /// A load or store goes where the recording has not been.
    #[error("the recording has not been at {found}")]
    Wild {
        /// The address.
        found: String,
    },
    /// A word holds something else.
    #[error("{word} is {found}, not {wanted}")]
    Word {
        /// The word, from the base of the trace's entry.
        word: Word,
        /// What the optimised trace leaves there.
        found: String,
        /// What the recording leaves there.
        wanted: String,
    },
    /// A store was left out although a collector may have overwritten the word since.
    #[error("{word} may have been cleared by a collector")]
    Cleared {
        /// The word, from the base of the trace's entry.
        word: Word,
    },
    /// A heap location holds something else.
    #[error("the heap (class {}) ends with {found}, not {wanted}", class.0)]
    Heap {
        /// The alias class.
        class: Class,
        /// The last store of the optimised trace that differs.
        found: String,
        /// The recording's.
        wanted: String,
    },
    /// An object holds something else.
    #[error("the object of {object} (class {}) ends with {found}, not {wanted}", class.0)]
    Content {
        /// The uop of the recording that makes it.
        object: Value,
        /// The alias class.
        class: Class,
        /// The last store of the optimised trace that differs.
        found: String,
        /// The recording's.
        wanted: String,
    },
    /// An object is made that the recording does not make there.
    #[error("{uop} makes an object that the recording does not make")]
    NoObject {
        /// The call of the optimised trace.
        uop: Value,
    },
    /// An object is made a second time on one path.
    #[error("{uop} makes the object of {object} a second time")]
    MadeTwice {
        /// The call of the optimised trace.
        uop: Value,
        /// The uop of the recording that makes it.
        object: Value,
    },
    /// A call that the recording makes was left out, or one is made that it does not make.
    #[error("{found} calls with effects instead of {wanted}")]
    Calls {
        /// Calls of the optimised trace.
        found: u32,
        /// Calls of the recording.
        wanted: u32,
    },
    /// An operand of a call, or of the end of the trace, is another.
    #[error("operand {index} is {found}, not {wanted}")]
    Operand {
        /// Which operand.
        index: usize,
        /// The optimised trace's.
        found: String,
        /// The recording's.
        wanted: String,
    },
    /// A uop leaves to another place than the recording would.
    #[error("leaves to another place, by another kind of exit or at another base")]
    Elsewhere,
    /// What a header promises does not hold.
    #[error("{step} of the short preamble does not hold at the {edge}: {why}")]
    Contract {
        /// The uop of the short preamble.
        step: Value,
        /// Where control comes from.
        edge: Edge,
        /// What is wrong.
        why: String,
    },
    /// A value of the loop is not the same in all iterations, or cannot be shown to be.
    #[error("the invariant {value} is not known to be one")]
    Invariant {
        /// The invariant's uop.
        value: Value,
    },
    /// The invariants handed to another trace's header are others.
    #[error("hands over {found} as an invariant, not {wanted}")]
    Extra {
        /// What is handed over.
        found: String,
        /// What the header's short preamble makes of the state.
        wanted: String,
    },
    /// An operand is not defined on this path.
    #[error("{value} is not defined on this path")]
    Undefined {
        /// The operand.
        value: Value,
    },
    /// This checker has no argument for what the trace does.
    #[error("no argument for this: {what}")]
    Unsupported {
        /// What the trace does.
        what: &'static str,
    },
}

/// A way to a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// From the trace's own entry.
    Entry,
    /// From the end of an iteration.
    Back,
    /// From the end of another trace.
    Foreign,
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Edge::Entry => "entry",
            Edge::Back => "back edge",
            Edge::Foreign => "end of another trace",
        })
    }
}
