//! The counter behind every "often enough": 13 bits of countdown and 3 bits of backoff.
//!
//! The form is CPython's (`pycore_backoff.h`): one 16-bit word, so that anchors and exit records
//! stay small. A restart doubles the distance to the next trigger and adds a few bits of jitter:
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
pub struct Backoff(u16);

const EXPONENT_BITS: u32 = 3;
const EXPONENT_MAX: u16 = (1 << EXPONENT_BITS) - 1;

impl Backoff {
    /// The largest distance to the next trigger, in ticks after the current one.
    pub const MAX: u16 = (1 << 13) - 1;

    /// A counter that triggers at the `threshold`-th tick; 0 and 1 trigger at the first.
    pub fn new(threshold: u16) -> Backoff {
        Backoff::of(threshold.saturating_sub(1), 0)
    }

    /// The longest backoff there is.
    pub fn longest() -> Backoff {
        Backoff::of(Backoff::MAX, EXPONENT_MAX)
    }

    fn of(value: u16, exponent: u16) -> Backoff {
        Backoff(value.min(Backoff::MAX) << EXPONENT_BITS | exponent.min(EXPONENT_MAX))
    }

    /// Ticks that do not trigger before the one that does.
    pub fn remaining(self) -> u16 {
        self.0 >> EXPONENT_BITS
    }

    /// How often it was restarted, up to 7.
    pub fn exponent(self) -> u16 {
        self.0 & EXPONENT_MAX
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
    pub fn take(&mut self) -> u16 {
        let remaining = self.remaining();
        self.0 &= EXPONENT_MAX;
        remaining
    }

    /// Starts again after a failure: `threshold` doubled `steps` more times than before, and
    /// `jitter` (its low three bits) on top.
    pub fn restart(&mut self, threshold: u16, steps: u8, jitter: u16) {
        let exponent = (self.exponent() + u16::from(steps)).min(EXPONENT_MAX);
        let distance = u32::from(threshold.max(1)) << exponent;
        let value = distance + u32::from(jitter & 7);
        *self = Backoff::of(value.min(u32::from(Backoff::MAX)) as u16, exponent);
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
            [200, 400, 800, 1600, 3200, 6400, 8191, 8191, 8191]
        );
    }

    #[test]
    fn jitter_moves_the_next_trigger_by_less_than_eight() {
        for jitter in 0..32 {
            let mut counter = Backoff::new(4);
            counter.restart(4, 1, jitter);
            assert_eq!(counter.remaining(), 8 + (jitter & 7));
        }
    }

    #[test]
    fn a_triggered_counter_stays_triggered() {
        let mut counter = Backoff::new(1);
        assert!(counter.tick() && counter.tick());
    }
}
