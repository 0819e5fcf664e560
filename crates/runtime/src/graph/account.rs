//! The account: what traces have cost so far, what they and the interpreter have done, and whether
//! another one is affordable.
//!
//! Compiling a trace costs as much as interpreting the same instructions hundreds of times, and a trace
//! that leaves again soon costs more than it saves. Thresholds see neither. So what was spent on
//! recording and compiling is held against what a run may lose: a burst
//! ([`Config::compile_burst`](super::Config::compile_burst)), a tenth of what was interpreted, and what
//! traces have saved, less the ways in and out of them. Only while that covers it, something is recorded
//! at the ordinary thresholds. A root that is refused is interpreted on, which costs nothing and pays
//! in a tenth of its time; so every root is affordable at some time. An exit that is refused goes on costing a
//! way out and in. Where that loses, its tree is put to [sleep](super::tree); where the tree saves more,
//! the exit waits until its ways out have cost several times its trace, and gets it all the same.
//!
//! Everything is counted where control passes the runtime anyway: arrivals that the interpreter has
//! counted down, entries, exits, recordings, compiles; and what traces execute in between, which compiled code
//! counts where traces end ([`Taken::work`](super::Taken::work)). There is no clock in it, so the same program has the same counts
//! on every machine.

mod state;

pub(super) use state::{Account, SAVED, WAY};

use super::anchor::Anchor;
use super::backoff::Backoff;
use super::handle::ExitRef;
use super::store::Store;
use offramp_uop::Pc;
use state::{ASKS_AGAIN, KEPT, LIKELY, TRIAL, UOP};

impl Store {
    /// Counts an arrival at `pc`; whether it is to be recorded from.
    pub(super) fn count_arrival(&mut self, pc: Pc, threshold: u16) -> bool {
        let round = self.anchors.get(pc).map_or(0, |anchor| anchor.round);
        self.account.interpreted(1, round);
        self.cache.arrived(1);
        let affords = self.affords_root(pc, threshold);
        if self.sleeps_on(pc, 1) > 0 {
            return false;
        }
        let anchor = self.anchors.get_mut(pc);
        anchor.arrived = anchor.arrived.saturating_add(1);
        let counter = anchor.counter.get_or_insert(Backoff::new(threshold));
        counter.tick() && affords
    }

    /// How many arrivals at `pc` the interpreter is to count by itself before it asks again; 0 if it is
    /// to record from there.
    pub(super) fn hand_out_arrivals(&mut self, pc: Pc, threshold: u16) -> u32 {
        let affords = self.affords_root(pc, threshold);
        let asleep = self.sleeps_on(pc, Backoff::MAX);
        let anchor = self.anchors.get_mut(pc);
        let counter = anchor.counter.get_or_insert(Backoff::new(threshold));
        let arrivals = match asleep {
            0 => counter.take(),
            arrivals => arrivals,
        };
        let arrivals = match affords || arrivals > 0 {
            true => arrivals,
            // What has come round more often is asked about less often.
            false => {
                let most = u64::from(threshold) * ASKS_AGAIN;
                u64::from(anchor.arrived).clamp(1, most) as u32
            }
        };
        anchor.arrived = anchor.arrived.saturating_add(arrivals.max(1));
        let round = anchor.round;
        self.account.interpreted(arrivals, round);
        self.cache.arrived(arrivals);
        arrivals
    }

    /// Whether a root at `pc` is affordable: with the inner loop that must have one first, if that is
    /// known to be so. Recording it again would come to the same end.
    fn affords_root(&self, pc: Pc, threshold: u16) -> bool {
        let asked = |anchor: &Anchor| Account::asked(anchor.likely);
        let anchor = self.anchors.get(pc);
        let inner = anchor.and_then(|anchor| anchor.waits_for);
        let inner = inner.and_then(|inner| self.anchors.get(inner));
        let inner = inner.filter(|inner| inner.starts.is_empty());
        let uops = anchor.map_or(LIKELY, asked) + inner.map_or(0, asked);
        self.account.affords(uops, threshold, &self.config)
    }

    /// Whether a side trace is affordable that is known to have so many uops, if any, for an exit that
    /// was taken so often.
    pub(super) fn affords_side(&self, known: u32, cold: u64) -> bool {
        let (uops, threshold) = (Account::asked(known), self.config.hot_exit);
        Account::is_overdue(uops, cold) || self.account.affords(uops, threshold, &self.config)
    }

    /// Whether a side trace is affordable, and what it costs to come there.
    pub(super) fn affords_growth(&self) -> bool {
        let trial = (TRIAL / UOP) as u32;
        self.affords_side(LIKELY + trial, 0)
    }

    /// Uops that are likely to be left of so many that were recorded.
    pub(super) fn likely(&self, recorded: usize) -> u32 {
        let (before, after) = (self.stats.uops_recorded, self.stats.uops_compiled);
        let likely = recorded as u64 * (after + KEPT) / (before + 100);
        u32::try_from(likely).unwrap_or(u32::MAX)
    }

    /// Whether a recording of so many uops for `exit`, or for a root, is to be compiled.
    pub(super) fn affords_recorded(&self, recorded: usize, exit: Option<ExitRef>) -> bool {
        let (uops, config) = (self.likely(recorded), &self.config);
        let record = exit.and_then(|exit| self.record(exit));
        let overdue = record.is_some_and(|record| Account::is_overdue(uops, record.cold));
        let threshold = match exit {
            Some(_) => config.hot_exit,
            None => config.hot_loop,
        };
        uops <= LIKELY || overdue || self.account.affords(uops, threshold, config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::anchor::Rank;
    use crate::graph::config::Config;
    use crate::graph::handle::Birth;

    /// An account that has earned this and spent nothing.
    fn earn(store: &mut Store, earned: u64) {
        store.account = Account::default();
        store.account.executed(earned.div_ceil(SAVED));
    }

    #[test]
    fn a_root_that_waits_for_an_inner_loop_asks_for_both() {
        let (outer, inner) = (5, 9);
        let threshold = Config::default().hot_loop;
        let price = Account::price(LIKELY as usize);
        let mut store = Store::new(Config {
            compile_burst: 0,
            ..Config::default()
        });
        earn(&mut store, price * 3 / 2);
        assert!(store.affords_root(outer, threshold));
        store.anchors.get_mut(outer).waits_for = Some(inner);
        store.anchors.get_mut(inner);
        assert!(!store.affords_root(outer, threshold));
        assert!(store.affords_root(inner, threshold));
        earn(&mut store, price * 2);
        assert!(store.affords_root(outer, threshold));
        earn(&mut store, price * 3 / 2);
        let root = store.executors.reserve(inner);
        let starts = &mut store.anchors.get_mut(inner).starts;
        starts.insert(Rank::Root, Birth(1), root);
        assert!(store.affords_root(outer, threshold));
    }
}
