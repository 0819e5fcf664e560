//! What the optimiser is asked to do, and what it returns.

use super::pass::{Passes, Rewrite};
use crate::id::Value;
use crate::liveness::Liveness;
use crate::trace::Trace;
use std::sync::Arc;

/// What to do, and how far.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The passes that run.
    pub passes: Passes,
    /// Stop rewriting after this many rewrites; the rest of the trace is copied. For bisecting.
    pub fuel: Option<u64>,
    /// Traces whose headers this one may go back to, if it ends in an exit to their instruction. The
    /// first is re-entered whose contract can be met.
    pub reenter: &'a [&'a Trace],
    /// How to end, if the trace ends where paths join.
    pub join: Option<Join<'a>>,
    /// Which frame words the program may still read; all of them if this is not known.
    pub live: Option<&'a dyn Liveness>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            passes: Passes::ALL,
            fuel: None,
            reenter: &[],
            join: None,
            live: None,
        }
    }
}

/// How a trace ends where paths join: at an instruction that several paths lead to, which traces of
/// their own start at.
#[derive(Clone, Copy, Debug)]
pub struct Join<'a> {
    /// Traces that start there. The first is entered whose signature can be met: what it does not
    /// take is stored, what it takes is loaded or guarded if need be.
    pub entries: &'a [Arc<Trace>],
    /// Where none can be met, whether to store everything. Otherwise what is pending stays so, for a
    /// trace that starts there later and takes it over with the exit's
    /// [general signature](crate::ExitState::general_signature).
    pub in_memory: bool,
    /// Whether the trace polls where its recording does. One that leads only to what is not there yet
    /// need not: it is on no cycle without a trace that does.
    pub polls: bool,
}

/// What a trace was made to lead to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeadsTo {
    /// The header of this one of [`Options::reenter`].
    Header(usize),
    /// The start of this one of [`Join::entries`].
    Entry(usize),
}

/// An optimised trace.
#[derive(Clone, Debug)]
pub struct Optimised {
    /// The trace.
    pub trace: Trace,
    /// What was done, in order.
    pub trail: Vec<Rewrite>,
    /// For each uop of the trace, the recorded uop that was being looked at when it was made. A
    /// hint for the [proof](crate::proof), which does not trust it; empty for a trace that is
    /// returned as it was.
    pub origins: Vec<Value>,
    /// Where it was made to go on, if that is a place that the options named.
    pub leads_to: Option<LeadsTo>,
}
