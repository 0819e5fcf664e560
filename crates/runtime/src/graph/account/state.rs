//! What traces have cost and saved so far.

use crate::graph::config::{Config, EAGER};

/// Nanoseconds that a trace costs to record, optimise, compile and publish, apart from its uops. Measured
/// with 400 loops of 30 uops each and two programs of longer traces; like all prices here on one
/// machine, and in need of being right within a factor of two only.
const TRACE: u64 = 40_000;

/// And for the first of all: code and tables of the compiler are touched for the first time.
pub(super) const FIRST: u64 = 1_000_000;

/// And for each uop.
pub(super) const UOP: u64 = 5_000;

/// Uops of a trace that is still to be recorded, if nothing is known.
pub(super) const LIKELY: u32 = 30;

/// What a tree may lose until one of its exits asks, when it wakes to grow.
pub(super) const TRIAL: u64 = 100_000;

/// Of a hundred recorded uops so many are left by the optimiser, before it has shown how many.
pub(super) const KEPT: u64 = 40;

/// A uop of a recording that comes to nothing.
pub(super) const RECORDED: u64 = 100;

/// And of one that is too dear: twice as much, so that what is long is tried less often while little is
/// covered.
const REFUSED: u64 = 200;

/// An exit whose ways out have cost so many times its trace gets it, covered or not: its tree
/// would sleep if it lost, so it saves more than that. An account whose gains and ways nearly cancel out would
/// never cover it.
const OVERDUE: u64 = 8;

/// A recording that comes to nothing.
pub(super) const ABANDONED: u64 = 30_000;

/// Tenths of nanoseconds that may be spent for an instruction of the interpreter's: a tenth of what it
/// takes.
pub(super) const INTERPRETED: u64 = 4;

/// Instructions from one arrival to the next, where nothing was recorded yet that would tell, and at
/// most: a recording goes on after a function has returned, and the caller has arrivals of its own.
pub(super) const ROUND: u32 = 12;
const LONGEST_ROUND: u32 = 64;

/// What an instruction saves that a trace executes: three quarters of what the interpreter takes for it,
/// as traces are four times as fast or more.
pub(in crate::graph) const SAVED: u64 = 3;

/// What it costs to enter a trace and to leave it to the interpreter.
pub(in crate::graph) const WAY: u64 = 350;

/// A root that is not affordable asks again after so many times its threshold at most.
pub(super) const ASKS_AGAIN: u64 = 8;

/// What traces have cost and what was done, in nanoseconds by the prices above.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::graph) struct Account {
    spent: u64,
    earned: u64,
    lost: u64,
}

impl Account {
    /// What a trace of `uops` costs.
    pub(in crate::graph) fn price(uops: usize) -> u64 {
        TRACE + UOP * uops as u64
    }

    /// Uops that a recording is asked for that is known to make so many, if anything is known: more than
    /// that, as something is spent between the question and its end.
    pub(super) fn asked(known: u32) -> u32 {
        (known + known / 8).max(LIKELY)
    }

    /// Whether an exit that was taken so often has cost [`OVERDUE`] times what its trace does.
    pub(super) fn is_overdue(uops: u32, cold: u64) -> bool {
        cold * WAY >= OVERDUE * Account::price(uops as usize)
    }

    /// A trace of `uops` was made runnable.
    pub(in crate::graph) fn compiled(&mut self, uops: usize) {
        if self.spent == 0 {
            self.spent += FIRST;
        }
        self.spent += Account::price(uops);
    }

    /// A recording came to nothing that had so many uops.
    pub(in crate::graph) fn abandoned(&mut self, uops: usize) {
        self.spent += ABANDONED + RECORDED * uops as u64;
    }

    /// What was recorded had so many uops and was too dear.
    pub(in crate::graph) fn refused(&mut self, uops: usize) {
        self.spent += REFUSED * uops as u64;
    }

    /// The interpreter has counted so many arrivals, with so many instructions from one to the next if
    /// that is known.
    pub(in crate::graph) fn interpreted(&mut self, arrivals: u32, round: u32) {
        let instructions = u64::from(arrivals) * u64::from(round.clamp(ROUND, LONGEST_ROUND));
        self.earned += INTERPRETED * instructions / 10;
    }

    /// Traces have executed so many instructions of the program.
    #[inline]
    pub(in crate::graph) fn executed(&mut self, instructions: u64) {
        self.earned += SAVED * instructions;
    }

    /// Traces were left to the interpreter.
    #[inline]
    pub(in crate::graph) fn left(&mut self) {
        self.lost += WAY;
    }

    /// Whether a trace of `uops` is covered.
    pub(super) fn covers(&self, uops: u32, config: &Config) -> bool {
        let burst = u64::from(config.compile_burst) * 1000;
        let covered = burst.saturating_add(self.earned).saturating_sub(self.lost);
        config.compile_burst == u32::MAX || self.spent + Account::price(uops as usize) <= covered
    }

    /// Whether what has reached this threshold of the host's may become a trace of `uops`.
    pub(super) fn affords(&self, uops: u32, threshold: u16, config: &Config) -> bool {
        threshold < EAGER || self.covers(uops, config)
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
