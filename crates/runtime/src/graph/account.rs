//! The account: what traces have cost so far, what there was to save, and how patient that makes the
//! policy.
//!
//! Compiling a trace costs as much as interpreting the same instructions hundreds of times. Thresholds
//! alone do not see that: a program with a thousand loops of a few hundred rounds pays for a thousand
//! traces and uses none of them for long. So what was spent on recording and compiling is held against
//! a burst that is free ([`Config::compile_burst`](super::Config::compile_burst)) and what the program
//! has done since. As long as both cover it, thresholds are what they are; once they do not, every
//! threshold is multiplied by the *square* of how often they would have to. A place that
//! still reaches its threshold has run so much the longer, and is likely to run on (ski rental: buy when
//! the rent paid comes near the price). The square makes the sum that is spent a small multiple of what
//! is covered, also where many places come to the same count at once.
//!
//! Everything is counted where control passes the runtime anyway: arrivals that the interpreter has
//! counted down, entries, recordings, compiles. So the same program has the same counts on every
//! machine. What linked exits and loops do inside compiled code is not seen; the account underrates
//! long runs, which costs them a later start of their last traces and nothing more, as the factor has a
//! limit.
//!
//! Nothing is refused for good: a place that waits is asked again when its higher count is reached, and
//! then judged by the account as it stands by then. What hangs on executors, links and given-up exits is
//! not touched.

use super::backoff::Backoff;
use super::config::Config;
use super::store::Store;
use offramp_uop::Pc;

/// Nanoseconds that a trace costs to record, optimise, compile and publish, apart from its uops. Measured
/// with 400 and 4,000 loops of 30 uops each; like all prices here on one machine, and in need of
/// being right within a factor of two only.
const TRACE: u64 = 60_000;

/// And for each uop.
const UOP: u64 = 4_000;

/// A recording that comes to nothing.
const ABANDONED: u64 = 30_000;

/// What may be spent for one arrival that the interpreter has counted: an eighth of what it takes to the
/// next one, some eight instructions.
const ARRIVAL: u64 = 6;

/// What one pass through a trace saves for each uop, and what the way in and out takes of it.
const SAVED_BY_UOP: u64 = 1;
const WAY: u64 = 60;

/// No threshold grows by more than this. 256 times a hundred cold exits take about ten times as long as
/// a compile.
const MOST: u64 = 256;

/// A lower threshold is a test's wish to see everything compiled, and is left alone.
const EAGER: u16 = 10;

/// What traces have cost and what the program has done, in nanoseconds by the prices above.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    spent: u64,
    earned: u64,
}

impl Account {
    /// A trace of `uops` was made runnable.
    pub(super) fn compiled(&mut self, uops: usize) {
        self.spent += TRACE + UOP * uops as u64;
    }

    /// A recording came to nothing.
    pub(super) fn abandoned(&mut self) {
        self.spent += ABANDONED;
    }

    /// The interpreter has counted so many arrivals.
    pub(super) fn interpreted(&mut self, arrivals: u32) {
        self.earned += ARRIVAL * u64::from(arrivals);
    }

    /// A trace of `uops` was entered.
    #[inline]
    pub(super) fn entered(&mut self, uops: usize) {
        self.earned += (SAVED_BY_UOP * uops as u64).saturating_sub(WAY);
    }

    /// What thresholds are multiplied by, at least 1.
    pub(super) fn patience(&self, config: &Config) -> u32 {
        let burst = u64::from(config.compile_burst) * 1000;
        let covered = burst.saturating_add(self.earned).max(1);
        if self.spent <= covered || config.compile_burst == u32::MAX {
            return 1;
        }
        // In sixteenths, so that it grows evenly; 16 of them is where the limit is reached.
        let times = (u128::from(self.spent) * 16 / u128::from(covered)).min(256) as u64;
        (times * times / 256).clamp(1, MOST) as u32
    }

    /// By what this threshold of the host's is multiplied.
    fn factor(&self, threshold: u16, config: &Config) -> u32 {
        match threshold < EAGER {
            true => 1,
            false => self.patience(config),
        }
    }
}

impl Store {
    /// Counts an arrival at `pc`; whether it is to be recorded from.
    pub(super) fn count_arrival(&mut self, pc: Pc, threshold: u16) -> bool {
        let wanted = self.arrivals_wanted(threshold);
        self.account.interpreted(1);
        self.cache.arrived(1);
        let anchor = self.anchors.get_mut(pc);
        anchor.arrived = anchor.arrived.saturating_add(1);
        let counter = anchor.counter.get_or_insert(Backoff::new(threshold));
        counter.tick() && u64::from(anchor.arrived) >= wanted
    }

    /// How many arrivals at `pc` the interpreter is to count by itself before it asks again; 0 if it is
    /// to record from there.
    pub(super) fn hand_out_arrivals(&mut self, pc: Pc, threshold: u16) -> u32 {
        let wanted = self.arrivals_wanted(threshold);
        let anchor = self.anchors.get_mut(pc);
        let counter = anchor.counter.get_or_insert(Backoff::new(threshold));
        // With the one that asks.
        let arrived = u64::from(anchor.arrived) + 1;
        let arrivals = match counter.take() {
            0 => wanted.saturating_sub(arrived).min(Backoff::MAX.into()) as u32,
            arrivals => arrivals,
        };
        anchor.arrived = anchor.arrived.saturating_add(arrivals.max(1));
        self.account.interpreted(arrivals);
        self.cache.arrived(arrivals);
        arrivals
    }

    fn arrivals_wanted(&self, threshold: u16) -> u64 {
        let factor = self.account.factor(threshold, &self.config);
        u64::from(threshold) * u64::from(factor)
    }

    /// What the thresholds of exits are multiplied by.
    pub(super) fn exit_patience(&self) -> u32 {
        self.account.factor(self.config.hot_exit, &self.config)
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
    fn what_the_burst_covers_changes_nothing() {
        let mut account = Account::default();
        let config = config(1000);
        for _ in 0..10 {
            assert_eq!(account.patience(&config), 1);
            account.compiled(10);
        }
        assert_eq!(account.spent, 10 * (TRACE + 10 * UOP));
        assert_eq!(account.factor(50, &config), 1);
    }

    #[test]
    fn thresholds_grow_with_the_square_of_what_is_not_covered_up_to_a_limit() {
        let mut account = Account::default();
        let config = config(100);
        account.compiled((200_000 - TRACE as usize) / UOP as usize);
        assert_eq!(account.spent, 200_000);
        assert_eq!(account.factor(50, &config), 4);
        account.compiled((200_000 - TRACE as usize) / UOP as usize);
        assert_eq!(account.factor(50, &config), 16);
        for _ in 0..1000 {
            account.compiled(4000);
        }
        assert_eq!(account.factor(100, &config), 256);
    }

    #[test]
    fn what_the_program_does_covers_what_was_spent() {
        let mut account = Account::default();
        let config = config(0);
        account.compiled(10);
        account.abandoned();
        assert!(account.patience(&config) > 1);
        account.interpreted(1000);
        account.entered(WAY as usize);
        assert!(account.patience(&config) > 1);
        for _ in 0..1000 {
            account.entered(WAY as usize + 100);
        }
        assert_eq!(account.patience(&config), 1);
    }

    #[test]
    fn tests_that_ask_for_every_trace_get_it_and_the_account_can_be_switched_off() {
        let mut account = Account::default();
        for _ in 0..1000 {
            account.compiled(4000);
        }
        assert_eq!(account.factor(1, &config(0)), 1);
        assert_eq!(account.factor(9, &config(0)), 1);
        assert_eq!(account.factor(10, &config(0)), 256);
        assert_eq!(account.factor(10, &config(u32::MAX)), 1);
    }
}
