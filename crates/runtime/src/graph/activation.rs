//! Activations: runs of executors that nest.
//!
//! A helper called from a trace may run the host's program, which may enter other executors. Each
//! entry is an activation. Before such a call the running executor is noted in its activation,
//! which pins it: whatever the nested program invalidates, the code control will come back to
//! stays. At a cold exit the innermost activation is inside no executor.
//!
//! An activation that has noted nothing may be in any executor: compiled code follows links without
//! telling. Nothing is freed while there is one, except the innermost at its cold exit.

use super::handle::ExecutorRef;

/// The activations of an interpreter, outermost first.
#[derive(Debug, Default)]
pub(super) struct Activations {
    nested: Vec<Nested>,
    /// How many of them have noted nothing.
    anywhere: usize,
}

#[derive(Debug)]
struct Nested {
    /// The root that it was begun with.
    root: ExecutorRef,
    noted: Option<ExecutorRef>,
}

impl Activations {
    #[inline]
    pub(super) fn push(&mut self, root: ExecutorRef) {
        self.nested.push(Nested { root, noted: None });
        self.anywhere += 1;
    }

    /// Leaves the innermost activation; the executor it still noted (after a panic in a helper).
    #[inline]
    pub(super) fn pop(&mut self) -> Option<ExecutorRef> {
        let noted = self.nested.pop()?.noted;
        self.anywhere -= usize::from(noted.is_none());
        noted
    }

    /// The root that the innermost was begun with.
    #[inline]
    pub(super) fn root(&self) -> Option<ExecutorRef> {
        self.nested.last().map(|innermost| innermost.root)
    }

    pub(super) fn depth(&self) -> usize {
        self.nested.len()
    }

    /// How many activations may be in any executor.
    pub(super) fn anywhere(&self) -> usize {
        self.anywhere
    }

    /// Notes `executor` in the innermost activation; what was noted there.
    pub(super) fn note(&mut self, executor: Option<ExecutorRef>) -> Option<ExecutorRef> {
        let innermost = self.nested.last_mut()?;
        let before = std::mem::replace(&mut innermost.noted, executor);
        self.anywhere += usize::from(executor.is_none());
        self.anywhere -= usize::from(before.is_none());
        before
    }
}
