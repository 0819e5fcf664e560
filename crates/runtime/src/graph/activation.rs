//! Activations: runs of executors that nest.
//!
//! A helper called from a trace may run the host's program, which may enter other executors. Each
//! entry is an activation. Before such a call the running executor is noted in its activation,
//! which pins it: whatever the nested program invalidates, the code control will come back to
//! stays. At a cold exit the innermost activation is inside no executor.

use super::handle::ExecutorRef;

/// The activations of an interpreter, outermost first.
#[derive(Debug, Default)]
pub(super) struct Activations(Vec<Option<ExecutorRef>>);

impl Activations {
    pub(super) fn push(&mut self) {
        self.0.push(None);
    }

    /// Leaves the innermost activation; the executor it still noted (after a panic in a helper).
    pub(super) fn pop(&mut self) -> Option<ExecutorRef> {
        self.0.pop().flatten()
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    /// Notes `executor` in the innermost activation; what was noted there.
    pub(super) fn note(&mut self, executor: Option<ExecutorRef>) -> Option<ExecutorRef> {
        match self.0.last_mut() {
            Some(innermost) => std::mem::replace(innermost, executor),
            None => None,
        }
    }
}
