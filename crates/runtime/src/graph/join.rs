//! Joins: where recordings come to one place by two ways, and the entries in the middle there.
//!
//! Two arms of a condition lead to the same instruction, and so do two returns of one function. Traces
//! are paths, so without care each arm's trace copies everything that follows, and code grows with
//! the paths of a program, not with its size. So a side trace ends at a join, and what follows is a
//! trace of its own, the *entry in the middle*, that every arm's trace is linked to.
//!
//! A place is a join once recordings, of roots too, have come there from two different instructions.
//! That needs no knowledge of the program and finds the merge points of its graph as far as it is
//! hot. Counting how many recordings pass would not do: after the second every instruction of the
//! common rest would count. Edges of loops do not make joins, as headers are entered by other means,
//! nor do calls; returns do.
//!
//! What an entry takes over is general ([`ExitState::general_signature`](offramp_uop::ExitState)),
//! so that others can meet it ([`offramp_uop::optimise::Join`]). There are a few per place, for
//! different types of what is pending; a trace that meets none stores everything and goes by an
//! entry that takes nothing over. Without a host's liveness every temporary is in the signature, and entries
//! hardly ever meet.
//!
//! Links, progress and life are those of any side trace: an exit at a join is never early, as an
//! instruction has committed.

use super::executor::JoinEnd;
use super::executor_graph::ExecutorGraph;
use super::handle::{ExecutorRef, ExitRef, Origin};
use super::store::Store;
use super::ticket::Recording;
use super::trace_end::last_exit;
use offramp_uop::optimise::Join;
use offramp_uop::{Builder, EntrySignature, Pc, Trace, take_over};
use std::sync::Arc;

/// The entries in the middle at a place.
pub(super) struct Middles {
    /// Those that take something over, oldest first.
    entries: Vec<Arc<Trace>>,
    /// Whose these are.
    executors: Vec<ExecutorRef>,
    /// There are as many as there may be.
    full: bool,
    /// Whether a trace that ends here polls.
    polls: bool,
}

impl Middles {
    /// How the optimiser is to end a trace here.
    pub(super) fn join(&self) -> Join<'_> {
        Join {
            entries: &self.entries,
            in_memory: self.full,
            polls: self.polls,
        }
    }

    /// The end of `trace`, which was made to end so and meets this one of the entries.
    pub(super) fn end_of(&self, trace: &Trace, met: Option<usize>) -> Option<JoinEnd> {
        let exit = last_exit(trace)?;
        let takes = match met {
            Some(met) => self.entries[met].entry.clone(),
            None => trace.exit(exit).general_signature(trace),
        };
        let met = met.map(|met| self.executors[met]);
        Some(JoinEnd { exit, takes, met })
    }
}

impl Store {
    /// Notes that a recording came from `from` to `to`; whether paths join there.
    pub(super) fn pass(&mut self, from: Pc, to: Pc) -> bool {
        if self.config.joins == 0 {
            return false;
        }
        self.anchors.get_mut(to).passed.come_from(from)
    }

    /// The entries in the middle at `pc`, oldest first, for a trace that ends there and was recorded
    /// for `side`, if for an exit.
    pub(super) fn middles_at(&self, pc: Pc, side: Option<ExitRef>) -> Middles {
        let starts = self.anchors.get(pc).map(|anchor| anchor.starts.iter());
        let starts = starts.into_iter().flatten();
        let middles = starts.filter_map(|start| {
            let middle = self.live(start).ok().filter(|it| it.in_middle)?;
            Some((start, middle.trace.clone()))
        });
        let (takers, others): (Vec<_>, Vec<_>) =
            middles.partition(|(_, middle)| !middle.entry.is_empty());
        // What comes to start here later is younger, as a link without a poll asks for; but a return
        // point asks for a poll.
        let polls = side.is_none() || !takers.is_empty() || !others.is_empty();
        // One that takes nothing over could be met by every trace, at the price of storing everything.
        let (executors, entries): (Vec<_>, Vec<_>) = takers.into_iter().unzip();
        let full = entries.len() >= self.config.joins;
        Middles {
            entries,
            executors,
            full,
            polls,
        }
    }

    /// Whether a recording that comes to `pc` ends with an exit there: a root of the interpreter's
    /// takes over. An entry in the middle that takes nothing over is none.
    pub(super) fn ends_recordings_at(&self, pc: Pc) -> bool {
        let root = self.any_root_at(pc);
        let root = root.and_then(|root| self.executors.get(root));
        root.is_some_and(|root| !root.in_middle)
    }

    /// What a trace takes over from `exit`, if that is the end of a trace at a join.
    pub(super) fn handed_over(&self, exit: ExitRef) -> Option<EntrySignature> {
        let Origin::Exit(owner, id) = exit.0 else {
            return None;
        };
        let end = self.executors.get(owner)?.join_end.as_ref()?;
        (end.exit == id).then(|| end.takes.clone())
    }
}

impl ExecutorGraph {
    /// A trace's beginning that takes over what `recording` inherits; `None` where
    /// [`parent_of`](ExecutorGraph::parent_of) is.
    ///
    /// At the end of a trace that ends where paths join, that is less than its parent knows: what
    /// others that end there can hand over, too.
    pub fn inherit(&self, recording: &Recording, name: impl Into<String>) -> Option<Builder> {
        let exit = recording.exit()?;
        let (parent, id) = self.parent_of(recording)?;
        let state = parent.exit(id);
        let entry = self.store.borrow().handed_over(exit);
        let entry = entry.unwrap_or_else(|| state.signature(&parent));
        Some(take_over(name, state.target, &parent.interface, entry))
    }

    /// Notes that a recording went from the instruction `from` to `to`, neither by a loop's edge nor
    /// by a call; whether paths join there, so that a side trace had better end there
    /// ([`ends_at_join`](ExecutorGraph::ends_at_join)).
    pub fn pass(&self, from: Pc, to: Pc) -> bool {
        self.store.borrow_mut().pass(from, to)
    }

    /// Says that the trace of `recording` ends where paths join: with an exit to an instruction that
    /// [`pass`](ExecutorGraph::pass) has said so of.
    pub fn ends_at_join(&self, recording: &Recording) {
        let mut store = self.store.borrow_mut();
        let pending = store.pending.as_mut();
        if let Some(pending) = pending.filter(|it| it.executor == recording.executor()) {
            pending.ends_at_join = true;
        }
    }

    /// Whether a recording that comes to `pc` is to end there, as the interpreter has a root there.
    pub(crate) fn ends_recordings_at(&self, pc: Pc) -> bool {
        let store = self.store.borrow();
        store.config.enabled && store.ends_recordings_at(pc)
    }
}
