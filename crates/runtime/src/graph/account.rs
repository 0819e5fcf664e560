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

use super::anchor::Anchor;
use super::backoff::Backoff;
use super::config::{Config, EAGER};
use super::handle::ExitRef;
use super::store::Store;
use offramp_uop::Pc;

/// Nanoseconds that a trace costs to record, optimise, compile and publish, apart from its uops. Measured
/// with 400 loops of 30 uops each and two programs of longer traces; like all prices here on one
/// machine, and in need of being right within a factor of two only.
const TRACE: u64 = 40_000;

/// And for the first of all: code and tables of the compiler are touched for the first time.
const FIRST: u64 = 1_000_000;

/// And for each uop.
const UOP: u64 = 5_000;

/// Uops of a trace that is still to be recorded, if nothing is known.
const LIKELY: u32 = 30;

/// What a tree may lose until one of its exits asks, when it wakes to grow.
const TRIAL: u64 = 100_000;

/// Of a hundred recorded uops so many are left by the optimiser, before it has shown how many.
const KEPT: u64 = 40;

/// A uop of a recording that comes to nothing.
const RECORDED: u64 = 100;

/// And of one that is too dear: twice as much, so that what is long is tried less often while little is
/// covered.
const REFUSED: u64 = 200;

/// An exit whose ways out have cost so many times its trace gets it, covered or not: its tree
/// would sleep if it lost, so it saves more than that. An account whose gains and ways nearly cancel out would
/// never cover it.
const OVERDUE: u64 = 8;

/// A recording that comes to nothing.
const ABANDONED: u64 = 30_000;

/// Tenths of nanoseconds that may be spent for an instruction of the interpreter's: a tenth of what it
/// takes.
const INTERPRETED: u64 = 4;

/// Instructions from one arrival to the next, where nothing was recorded yet that would tell, and at
/// most: a recording goes on after a function has returned, and the caller has arrivals of its own.
const ROUND: u32 = 12;
const LONGEST_ROUND: u32 = 64;

/// What an instruction saves that a trace executes: three quarters of what the interpreter takes for it,
/// as traces are four times as fast or more.
pub(super) const SAVED: u64 = 3;

/// What it costs to enter a trace and to leave it to the interpreter.
pub(super) const WAY: u64 = 350;

/// A root that is not affordable asks again after so many times its threshold at most.
const ASKS_AGAIN: u64 = 8;

/// What traces have cost and what was done, in nanoseconds by the prices above.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    spent: u64,
    earned: u64,
    lost: u64,
}

impl Account {
    /// What a trace of `uops` costs.
    pub(super) fn price(uops: usize) -> u64 {
        TRACE + UOP * uops as u64
    }

    /// Uops that a recording is asked for that is known to make so many, if anything is known: more than
    /// that, as something is spent between the question and its end.
    fn asked(known: u32) -> u32 {
        (known + known / 8).max(LIKELY)
    }

    /// Whether an exit that was taken so often has cost [`OVERDUE`] times what its trace does.
    fn is_overdue(uops: u32, cold: u64) -> bool {
        cold * WAY >= OVERDUE * Account::price(uops as usize)
    }

    /// A trace of `uops` was made runnable.
    pub(super) fn compiled(&mut self, uops: usize) {
        if self.spent == 0 {
            self.spent += FIRST;
        }
        self.spent += Account::price(uops);
    }

    /// A recording came to nothing that had so many uops.
    pub(super) fn abandoned(&mut self, uops: usize) {
        self.spent += ABANDONED + RECORDED * uops as u64;
    }

    /// What was recorded had so many uops and was too dear.
    pub(super) fn refused(&mut self, uops: usize) {
        self.spent += REFUSED * uops as u64;
    }

    /// The interpreter has counted so many arrivals, with so many instructions from one to the next if
    /// that is known.
    pub(super) fn interpreted(&mut self, arrivals: u32, round: u32) {
        let instructions = u64::from(arrivals) * u64::from(round.clamp(ROUND, LONGEST_ROUND));
        self.earned += INTERPRETED * instructions / 10;
    }

    /// Traces have executed so many instructions of the program.
    #[inline]
    pub(super) fn executed(&mut self, instructions: u64) {
        self.earned += SAVED * instructions;
    }

    /// Traces were left to the interpreter.
    #[inline]
    pub(super) fn left(&mut self) {
        self.lost += WAY;
    }

    /// Whether a trace of `uops` is covered.
    fn covers(&self, uops: u32, config: &Config) -> bool {
        let burst = u64::from(config.compile_burst) * 1000;
        let covered = burst.saturating_add(self.earned).saturating_sub(self.lost);
        config.compile_burst == u32::MAX || self.spent + Account::price(uops as usize) <= covered
    }

    /// Whether what has reached this threshold of the host's may become a trace of `uops`.
    fn affords(&self, uops: u32, threshold: u16, config: &Config) -> bool {
        threshold < EAGER || self.covers(uops, config)
    }
}

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

    fn config(compile_burst: u32) -> Config {
        Config {
            compile_burst,
            ..Config::default()
        }
    }

    #[test]
    fn what_the_burst_covers_is_affordable() {
        let mut account = Account::default();
        let config = config(2000);
        let mut traces = 0;
        while account.covers(LIKELY, &config) {
            account.compiled(LIKELY as usize);
            traces += 1;
        }
        let left = 2_000_000 - FIRST;
        assert_eq!(traces, left / Account::price(LIKELY as usize));
    }

    #[test]
    fn what_is_done_covers_what_is_spent_and_ways_out_do_not() {
        let mut account = Account::default();
        let config = config(0);
        assert!(!account.covers(LIKELY, &config));
        let instructions = Account::price(LIKELY as usize) * 10 / INTERPRETED;
        account.interpreted((instructions / u64::from(ROUND) + 1) as u32, 0);
        assert!(account.covers(LIKELY, &config));
        account.left();
        assert!(!account.covers(LIKELY, &config));
        account.executed(WAY.div_ceil(SAVED));
        assert!(account.covers(LIKELY, &config));
        account.abandoned(30);
        assert!(!account.covers(LIKELY, &config));
        account.executed((ABANDONED + 30 * RECORDED) / SAVED);
        assert!(account.covers(LIKELY, &config));
    }

    #[test]
    fn a_root_that_waits_for_an_inner_loop_asks_for_both() {
        use crate::graph::anchor::Rank;
        use crate::graph::executor::Birth;
        let (outer, inner) = (5, 9);
        let threshold = Config::default().hot_loop;
        let price = Account::price(LIKELY as usize);
        let mut store = Store::new(config(0));
        store.account.earned = price * 3 / 2;
        assert!(store.affords_root(outer, threshold));
        store.anchors.get_mut(outer).waits_for = Some(inner);
        store.anchors.get_mut(inner);
        assert!(!store.affords_root(outer, threshold));
        assert!(store.affords_root(inner, threshold));
        store.account.earned = price * 2;
        assert!(store.affords_root(outer, threshold));
        store.account.earned = price * 3 / 2;
        let root = store.executors.reserve(inner);
        let starts = &mut store.anchors.get_mut(inner).starts;
        starts.insert(Rank::Root, Birth(1), root);
        assert!(store.affords_root(outer, threshold));
    }

    #[test]
    fn tests_that_ask_for_every_trace_get_it_and_the_account_can_be_switched_off() {
        let mut account = Account::default();
        for _ in 0..1000 {
            account.compiled(4000);
        }
        assert!(account.affords(30, 1, &config(0)));
        assert!(account.affords(30, 9, &config(0)));
        assert!(!account.affords(30, 10, &config(8000)));
        assert!(account.affords(30, 10, &config(u32::MAX)));
    }
}
