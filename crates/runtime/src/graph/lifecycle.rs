//! Invalidating, retiring, freeing, cooling.
//!
//! Invalidation is eager: when it returns, nothing leads to the executor any more and it leads
//! nowhere. All of it is linear in the edges and dependencies of the victims and runs no host code:
//! every record knows its place among what leads to its target. (Where thousands start at one
//! instruction, or depend on one key, taking one out costs the logarithm of their number.)
//! Memory goes later, at a safe point, when no activation is inside.

use super::abort::Abort;
use super::anchor::Rank;
use super::event::{Event, Invalidation};
use super::executor::{ExecutorState, Role};
use super::handle::{Dependency, ExecutorRef};
use super::store::Store;
use offramp_uop::ExitId;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;

/// Times that something depends on a key and goes by it before nothing does any more: a trace that
/// looks for itself is cheaper than one that is compiled again.
const UNSTEADY: u8 = 4;

/// Keys whose invalidations are remembered. Then all are forgotten.
const KEYS: usize = 1 << 14;

impl Store {
    /// Makes `executor` unreachable, and what it owns. Harmless on what is not live.
    pub(super) fn invalidate(&mut self, executor: ExecutorRef, why: Invalidation) {
        if self.executors.is_reserved(executor) {
            if let Some(pending) = &mut self.pending {
                pending.stale.get_or_insert(Abort::Stale);
            }
            return;
        }
        let Some(victim) = self.executors.get_mut(executor).filter(|it| it.is_live()) else {
            return;
        };
        victim.state = ExecutorState::Invalid;
        victim.code.invalidate();
        let incoming = std::mem::take(&mut victim.incoming);
        let trace = victim.trace.clone();
        let adapters: Vec<_> = victim
            .exits
            .iter()
            .filter_map(|exit| exit.adapter)
            .collect();
        let dependencies = std::mem::take(&mut victim.dependencies);
        let (role, birth, rank) = (victim.role, victim.birth, victim.rank());
        self.leave_tree(executor);
        for exit in incoming {
            self.unlink(exit);
        }
        for exit in 0..trace.exits.len() as u32 {
            self.unlink(executor.exit(ExitId(exit)));
        }
        if let Some(anchor) = self.anchors.existing(trace.pc) {
            let steps = anchor.starts.remove(rank, birth);
            self.steps.count(steps);
        }
        let header = trace.header.as_ref();
        if let Some(anchor) = header.and_then(|header| self.anchors.existing(header.pc)) {
            let steps = anchor.headers.remove(Rank::TakesOver, birth);
            self.steps.count(steps);
        }
        self.forget_dependencies(executor, &dependencies);
        if let Some(pending) = &mut self.pending
            && pending.exit.and_then(|exit| exit.owner()) == Some(executor)
        {
            pending.stale.get_or_insert(Abort::ParentGone);
        }
        for adapter in adapters {
            self.invalidate(adapter, Invalidation::Owner);
        }
        if let Role::Adapter(edge) = role
            && let Some(record) = self.record_mut(edge)
        {
            record.adapter = None;
        }
        self.note(Event::Invalidated { executor, why });
        self.retire(executor);
    }

    /// Queues an invalid executor for freeing once nothing runs in it.
    fn retire(&mut self, executor: ExecutorRef) {
        if let Some(found) = self.executors.get_mut(executor)
            && found.state == ExecutorState::Invalid
            && found.pins == 0
        {
            found.state = ExecutorState::Retired;
            self.retired.push(executor);
        }
    }

    /// Frees everything retired but `keep`, the owner of an exit that waits for an answer.
    ///
    /// A retired executor may be pinned again: control came back to it from the call during which
    /// it was invalidated, and calls once more before it has left.
    ///
    /// While an activation further out has noted nothing, code that nothing keeps may be running
    /// in it: a helper that said it would not come here did. Then nothing is freed.
    pub(super) fn drain(&mut self, keep: Option<ExecutorRef>) {
        let at_exit = usize::from(keep.is_some());
        if self.activations.anywhere() > at_exit {
            return;
        }
        for executor in std::mem::take(&mut self.retired) {
            self.steps.count(1);
            if Some(executor) == keep {
                self.retired.push(executor);
                continue;
            }
            if let Some(found) = self.executors.get_mut(executor)
                && found.pins > 0
            {
                // It is retired again when that call is over.
                found.state = ExecutorState::Invalid;
                continue;
            }
            if let Some(gone) = self.executors.release(executor) {
                self.stats.code_bytes -= gone.code_bytes;
                self.remember(executor, &gone);
                self.note(Event::Freed { executor });
            }
        }
    }

    pub(super) fn pin(&mut self, executor: ExecutorRef) {
        if let Some(found) = self.executors.get_mut(executor) {
            found.pins += 1;
        }
    }

    pub(super) fn unpin(&mut self, executor: ExecutorRef) {
        if let Some(found) = self.executors.get_mut(executor) {
            found.pins -= 1;
        }
        self.retire(executor);
    }

    /// Makes `executor`, or the recording it is going to be, go when `key` does.
    pub(super) fn depend(&mut self, executor: ExecutorRef, key: Dependency) {
        let reserved = self.executors.is_reserved(executor);
        let pending = self.pending.as_mut().filter(|_| reserved);
        let found = self.executors.get_mut(executor);
        let keys = match (found.filter(|it| it.is_live()), pending) {
            (Some(found), _) => &mut found.dependencies,
            (None, Some(pending)) => &mut pending.dependencies,
            _ => return,
        };
        if self.dependents.entry(key).or_default().insert(executor) {
            keys.push(key);
        }
    }

    /// Forgets what the pending `executor` depends on, apart from `keys`.
    pub(super) fn keep_dependencies(&mut self, executor: ExecutorRef, keys: &[Dependency]) {
        let Some(pending) = self.pending.as_mut().filter(|it| it.executor == executor) else {
            return;
        };
        if pending.dependencies.is_empty() {
            return;
        }
        let keys: FxHashSet<Dependency> = keys.iter().copied().collect();
        let known = std::mem::take(&mut pending.dependencies);
        let (kept, gone): (SmallVec<_>, SmallVec<[Dependency; 2]>) =
            known.into_iter().partition(|key| keys.contains(key));
        pending.dependencies = kept;
        self.forget_dependencies(executor, &gone);
    }

    pub(super) fn forget_dependencies(&mut self, executor: ExecutorRef, keys: &[Dependency]) {
        for key in keys {
            if let Some(dependents) = self.dependents.get_mut(key) {
                self.steps.count(1 + u64::from(dependents.len().ilog2()));
                dependents.remove(&executor);
                if dependents.is_empty() {
                    self.dependents.remove(key);
                }
            }
        }
    }

    /// Whether `key` was not invalidated so often that nothing should depend on it.
    pub(super) fn is_steady(&self, key: Dependency) -> bool {
        self.unsteady
            .get(&key)
            .is_none_or(|&times| times < UNSTEADY)
    }

    /// Invalidates what depends on `key`; costs what depends on it, not what exists.
    pub(super) fn invalidate_dependency(&mut self, key: Dependency) -> usize {
        let Some(victims) = self.dependents.remove(&key) else {
            return 0;
        };
        if self.unsteady.len() >= KEYS {
            self.unsteady.clear();
        }
        let times = self.unsteady.entry(key).or_default();
        *times = times.saturating_add(1);
        let count = victims.len();
        for victim in victims {
            self.steps.count(1);
            self.invalidate(victim, Invalidation::Dependency);
        }
        count
    }

    /// Undoes every link that leads to `executor`.
    pub(super) fn unlink_incoming(&mut self, executor: ExecutorRef) {
        let found = self.executors.get(executor);
        for exit in found.map(|it| it.incoming.clone()).unwrap_or_default() {
            self.unlink(exit);
        }
    }

    /// Exits of live executors that lead to something that is not live, or that their target
    /// does not know of; and the reverse. Empty in a consistent graph.
    #[cfg(any(test, feature = "test-hooks"))]
    pub(super) fn inconsistencies(&self) -> Vec<String> {
        let mut wrong = self.tree_inconsistencies();
        for executor in self.executors.handles(|executor| executor.trace.pc) {
            let found = self.executors.get(executor).expect("a handle just made");
            for (index, record) in found.exits.iter().enumerate() {
                let exit = executor.exit(ExitId(index as u32));
                let Some(link) = record.link() else {
                    continue;
                };
                if let Err(error) = self.check(exit, link.executor, link.entry) {
                    wrong.push(format!("{exit} → {}: {error}", link.executor));
                }
                let target = self.executors.get(link.executor);
                let onward = target.filter(|it| it.is_adapter()).map(|it| &it.exits[0]);
                if onward.is_some_and(|onward| onward.link().is_none()) {
                    wrong.push(format!("{exit} leads to an adapter that leads nowhere"));
                }
                let place = record.place as usize;
                if target.and_then(|target| target.incoming.get(place)) != Some(&exit) {
                    wrong.push(format!("{exit} is unknown to {}", link.executor));
                }
            }
            for &exit in &found.incoming {
                let link = self.record(exit).and_then(|record| record.link());
                if link.map(|link| link.executor) != Some(executor) {
                    wrong.push(format!("{executor} counts {exit} as incoming"));
                }
            }
        }
        wrong
    }
}
