//! The code cache: who runs, who cools, and who makes room when there is none.
//!
//! The cache's clock is what ran: entries, cold exits, and the arrivals that the interpreter counted.
//! Executors form *trees*, a root and the side traces recorded for its exits, and go together: what
//! hangs on a root is of little use without it.
//!
//! Two things take executors away for lack of use. The sweep goes round seldom and frees what two
//! rounds did not see, pressure or not. Pressure, a budget that would be exceeded, evicts the trees
//! that ran longest ago, before a trace is recorded and again before it is compiled.
//!
//! **An eviction must be earned.** Least recently used goes first, so of a cyclic working set that is
//! larger than the cache every trace would go just before it is needed, and everything would be
//! compiled in every round. So a tree makes room only if it did not run since the newcomer has been
//! asking for it, and for a span of the clock besides. A newcomer that was evicted before starts to
//! ask when it returns; what came round as often in the meantime stays, and the newcomer is
//! interpreted. Where the working set fits, nothing changes; where it does not, the cache keeps what
//! it holds of it.
//!
//! **Regrets** lengthen the span. What was evicted and is asked for again soon, measured by the span, was evicted too early;
//! a number of these double the span and the distance between sweeps, and a sweep without any halves
//! them.
//!
//! Compiled code that follows links tells nothing. A tree that others lead to may run unseen, so it is
//! *probed* before it makes room: those links are undone, and the first exit that takes one again
//! tells. The sweep does the same.
//!
//! It is the same for the same program and configuration: there is no time in it. Here are the clock, the
//! trees and the sweep; [`pressure`] asks for room and makes it.

mod pressure;
mod state;

pub(super) use state::{Cache, Evicted, Membership};

use super::event::Invalidation;
use super::executor::Role;
use super::handle::{ExecutorRef, ExitRef};
use super::store::Store;
use offramp_uop::Pc;
use state::TreeId;

/// Entries and cold exits that a unit of [`Config::sweep_every`](super::Config::sweep_every) stands
/// for: a sweep costs each executor that only links lead to a cold exit.
const PASSES: u64 = 64;

/// How often each executor could have been passed between two sweeps, at least.
const PASSES_EACH: u64 = 16;

/// Ticks of the clock, per executor, for which a tree has not run that makes room. An executor that is
/// entered and left once makes two.
const SPAN_EACH: u64 = 4;

/// A sweep takes away an eighth of the executors at most, but so many if there are: whether that was
/// a mistake shows before the next.
const COOLED: usize = 64;

/// Regrets that make the cache more patient.
const REGRETS: u32 = 8;

/// How often spans are doubled at most.
const PATIENCE: u32 = 10;

/// Arrivals, or exits, after which something is recorded again that had gone for lack of room or use.
const RETURNING: u16 = 8;

impl Store {
    /// Notes that `executor` ran or is about to.
    pub(super) fn see(&mut self, executor: ExecutorRef) {
        if let Some(found) = self.executors.get_mut(executor).filter(|it| it.is_live()) {
            found.see();
            self.cache.saw(found.membership.tree);
        }
    }

    /// The tree that what is recorded for `exit` belongs to, if not to one of its own.
    pub(super) fn tree_of(&self, exit: Option<ExitRef>) -> Option<TreeId> {
        let owner = self.executors.get(exit?.owner()?)?;
        owner.is_live().then_some(owner.membership.tree)
    }

    /// Takes `executor` out of its tree.
    pub(super) fn leave_tree(&mut self, executor: ExecutorRef) {
        let Some(found) = self.executors.get(executor) else {
            return;
        };
        let from = found.membership;
        if let Some(moved) = self.cache.part(from)
            && let Some(moved) = self.executors.get_mut(moved)
        {
            moved.membership = from;
        }
    }

    /// Sweeps if enough has run since the last time.
    #[inline]
    pub(super) fn sweep_if_due(&mut self) {
        let least = self.config.sweep_every.saturating_mul(PASSES);
        if self.cache.passes >= least && least > 0 {
            self.sweep_if_worth_it(least);
        }
    }

    #[cold]
    fn sweep_if_worth_it(&mut self, least: u64) {
        let each = self.executors.len() as u64 * PASSES_EACH;
        if self.cache.passes >= least.max(each) << self.cache.patience {
            self.sweep();
        }
    }

    /// A sweep unlinks what was not seen since the last; a taken exit relinks through the cold exit,
    /// and what was not seen until the next sweep goes.
    pub(super) fn sweep(&mut self) {
        self.cache.passes = 0;
        if self.cache.calm {
            self.cache.patience = self.cache.patience.saturating_sub(1);
            self.cache.regrets = 0;
        }
        self.cache.calm = true;
        let mut most = (self.executors.len() / 8).max(COOLED);
        // A snapshot: one invalidation may drop others.
        for executor in self.executors.handles(|executor| executor.trace.pc) {
            let Some(found) = self.executors.get_mut(executor) else {
                continue;
            };
            // Adapters go with the edge they belong to.
            if !found.is_live() || found.is_adapter() {
                continue;
            }
            if found.pins > 0 || found.seen {
                found.seen = false;
                found.idle = false;
            } else if !found.idle {
                found.idle = true;
                self.unlink_incoming(executor);
            } else if most > 0 {
                most -= 1;
                self.take_away(executor, Invalidation::Cooled);
            }
        }
    }

    /// Invalidates `executor` for lack of use or room, and remembers that it was hot.
    fn take_away(&mut self, executor: ExecutorRef, why: Invalidation) {
        let Some(found) = self.executors.get(executor).filter(|it| it.is_live()) else {
            return;
        };
        let (pc, role) = (found.trace.pc, found.role);
        self.invalidate(executor, why);
        if let Role::Adapter(_) = role {
            return;
        }
        let (hot_loop, hot_exit) = (self.config.hot_loop, self.config.hot_exit);
        let until = self.cache.now.saturating_add(self.soon(why));
        let anchor = self.anchors.get_mut(pc);
        anchor.evicted = Some(Evicted {
            until,
            patience: self.cache.patience,
            missed: false,
            side: role != Role::Root,
        });
        match role {
            Role::Root => {
                if let Some(counter) = &mut anchor.counter {
                    counter.wait(RETURNING.min(hot_loop).into());
                }
            }
            Role::Side(exit) => {
                if let Some(record) = self.record_mut(exit) {
                    record.temperature.wait(RETURNING.min(hot_exit).into());
                }
            }
            Role::Adapter(_) => {}
        }
    }

    /// Exits before an exit to `pc` of a trace that is made now asks for a recording.
    pub(super) fn exit_threshold(&self, pc: Pc) -> u16 {
        let most = self.config.hot_exit;
        let evicted = self.anchors.get(pc).and_then(|anchor| anchor.evicted);
        match evicted {
            Some(evicted) if evicted.is_side() => most.min(RETURNING),
            _ => most,
        }
    }

    /// Something at `pc` is asked for. If it was taken away not long ago, that was too early.
    fn regret(&mut self, pc: Pc) {
        let now = self.cache.now;
        let Some(evicted) = &mut self.anchors.get_mut(pc).evicted else {
            return;
        };
        if std::mem::replace(&mut evicted.missed, true) || now > evicted.until {
            return;
        }
        let same = evicted.patience == self.cache.patience;
        self.stats.regrets += 1;
        self.cache.calm = false;
        self.cache.regrets += u32::from(same);
        if self.cache.regrets >= REGRETS {
            self.cache.regrets = 0;
            self.cache.patience = (self.cache.patience + 1).min(PATIENCE);
        }
    }

    /// How soon something returns that is a regret: within a few times as long as it had not run. More
    /// patience would not have kept what returns later.
    fn soon(&self, why: Invalidation) -> u64 {
        let idle = match why {
            Invalidation::Cooled => {
                let least = self.config.sweep_every.saturating_mul(PASSES);
                let each = self.executors.len() as u64 * PASSES_EACH;
                least.max(each) << self.cache.patience
            }
            _ => self.span(),
        };
        idle.saturating_mul(8)
    }

    fn span(&self) -> u64 {
        (self.executors.len() as u64 * SPAN_EACH) << self.cache.patience
    }

    /// What is wrong with the trees.
    #[cfg(any(test, feature = "test-hooks"))]
    pub(super) fn tree_inconsistencies(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut members = 0;
        for (index, tree) in self.cache.trees.iter().enumerate() {
            for (at, &member) in tree.members.iter().enumerate() {
                members += 1;
                let found = self.executors.get(member).filter(|it| it.is_live());
                let place =
                    found.map(|it| (it.membership.tree.0 as usize, it.membership.at as usize));
                if place != Some((index, at)) {
                    wrong.push(format!("{member} is not at place {at} of tree {index}"));
                }
            }
            let queued = |entry: &&std::cmp::Reverse<(u64, u64, u32)>| {
                (entry.0.1, entry.0.2) == (tree.number, index as u32)
            };
            let queued = self.cache.queue.iter().filter(queued).count();
            if !tree.members.is_empty() && queued != 1 {
                wrong.push(format!("tree {index} is queued {queued} times"));
            }
        }
        let live = self.executors.iter().filter(|it| it.is_live()).count();
        if live != members {
            wrong.push(format!("{live} live executors, {members} in trees"));
        }
        wrong
    }
}
