//! The counter behind every "often enough": 27 bits of countdown and 5 bits of backoff.
//!
//! The form is CPython's (`pycore_backoff.h`), whose word has 16 bits: its backoff ends at 8191, so
//! what never succeeds is tried at a fixed rate. Here the distance goes on doubling, and what is
//! reached n times is tried about log2(n) times. A restart doubles the distance to the next trigger and adds a few bits of jitter:
//! trip counts that are powers of two would otherwise meet the counter at the same iteration
//! every time.

/// A countdown with exponential backoff.
///
/// ```
/// use offramp::Backoff;
/// let mut counter = Backoff::new(2);
/// assert!(!counter.tick());
/// assert!(counter.tick());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Backoff(u32);

const EXPONENT_BITS: u32 = 5;
/// So that the largest distance without a threshold is in range.
const EXPONENT_MAX: u32 = 26;
/// The first distance of what is given up is two to this power.
const GIVEN_UP: u32 = 13;

impl Backoff {
    /// The largest distance to the next trigger, in ticks after the current one.
    pub const MAX: u32 = (1 << 27) - 1;

    /// A counter that triggers at the `threshold`-th tick; 0 and 1 trigger at the first.
    pub fn new(threshold: u16) -> Backoff {
        Backoff::of(u32::from(threshold.saturating_sub(1)), 0)
    }

    fn of(value: u32, exponent: u32) -> Backoff {
        Backoff(value.min(Backoff::MAX) << EXPONENT_BITS | exponent.min(EXPONENT_MAX))
    }

    /// Ticks that do not trigger before the one that does.
    pub fn remaining(self) -> u32 {
        self.0 >> EXPONENT_BITS
    }

    /// How often it was restarted, up to 26.
    pub fn exponent(self) -> u32 {
        self.0 & ((1 << EXPONENT_BITS) - 1)
    }

    /// Counts once; whether that triggered. A triggered counter stays triggered until restarted.
    #[must_use]
    pub fn tick(&mut self) -> bool {
        if self.remaining() == 0 {
            return true;
        }
        self.0 -= 1 << EXPONENT_BITS;
        false
    }

    /// Counts all remaining ticks at once, for a caller that counts them elsewhere.
    pub fn take(&mut self) -> u32 {
        let remaining = self.remaining();
        self.0 = self.exponent();
        remaining
    }

    /// Triggers at the `ticks`-th tick from now on, however often it was restarted.
    pub(super) fn wait(&mut self, ticks: u32) {
        *self = Backoff::of(ticks.saturating_sub(1), self.exponent());
    }

    /// Starts again after a failure: `threshold` doubled `steps` more times than before, and
    /// `jitter` (its low three bits) on top.
    pub fn restart(&mut self, threshold: u16, steps: u8, jitter: u16) {
        let exponent = (self.exponent() + u32::from(steps)).min(EXPONENT_MAX);
        let distance = u64::from(threshold.max(1)) << exponent;
        let value = distance + u64::from(jitter & 7);
        *self = Backoff::of(value.min(Backoff::MAX.into()) as u32, exponent);
    }

    /// Triggers `ticks` later than now.
    pub(super) fn put_off(&mut self, ticks: u64) {
        *self = Backoff::of(ticks.min(Backoff::MAX.into()) as u32, self.exponent());
    }

    /// Starts again after a failure that is not likely to be the last: at a distance of thousands,
    /// and of twice as many each further time, and `jitter` (its low three bits) on top.
    pub fn give_up(&mut self, jitter: u16) {
        let exponent = (self.exponent() + 1).clamp(GIVEN_UP, EXPONENT_MAX);
        let distance = (1 << exponent) - 1;
        *self = Backoff::of(distance + u32::from(jitter & 7), exponent);
    }
}

impl std::fmt::Debug for Backoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}^{}", self.remaining(), self.exponent())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks_to_trigger(counter: &mut Backoff) -> u32 {
        (1..).find(|_| counter.tick()).expect("it triggers")
    }

    #[test]
    fn a_threshold_is_the_number_of_ticks() {
        for threshold in [1, 2, 3, 100, 8000] {
            assert_eq!(
                ticks_to_trigger(&mut Backoff::new(threshold)),
                u32::from(threshold)
            );
        }
        assert_eq!(ticks_to_trigger(&mut Backoff::new(0)), 1);
    }

    #[test]
    fn restarts_double_and_saturate() {
        let mut counter = Backoff::new(100);
        let distances: Vec<u32> = (0..9)
            .map(|_| {
                counter.restart(100, 1, 0);
                ticks_to_trigger(&mut counter) - 1
            })
            .collect();
        assert_eq!(
            distances,
            [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200]
        );
        for _ in 0..40 {
            counter.restart(100, 1, 7);
        }
        assert_eq!(counter.remaining(), Backoff::MAX);
    }

    #[test]
    fn what_is_given_up_is_tried_a_logarithmic_number_of_times() {
        let mut counter = Backoff::new(100);
        let distances: Vec<u32> = (0..16)
            .map(|_| {
                counter.give_up(0);
                counter.remaining() + 1
            })
            .collect();
        let doubled: Vec<u32> = (13..=26).chain([26, 26]).map(|power| 1 << power).collect();
        assert_eq!(distances, doubled);
    }

    #[test]
    fn jitter_moves_the_next_trigger_by_less_than_eight() {
        for jitter in 0..32 {
            let mut counter = Backoff::new(4);
            counter.restart(4, 1, jitter);
            assert_eq!(counter.remaining(), 8 + u32::from(jitter & 7));
        }
    }

    #[test]
    fn a_triggered_counter_stays_triggered() {
        let mut counter = Backoff::new(1);
        assert!(counter.tick() && counter.tick());
    }
}
