//! Which seeds the random suites run, as the environment says.

use std::time::{Duration, Instant};

/// A number from the environment, decimal or with `0x`.
///
/// # Panics
/// If it is no number.
pub fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    let parsed = match value.trim().strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => value.trim().parse(),
    };
    Some(parsed.unwrap_or_else(|error| panic!("{name}={value}: {error}")))
}

/// Seeds in a row: so many, or for so long.
#[derive(Debug)]
pub struct Seeds {
    first: u64,
    done: u64,
    count: u64,
    until: Option<Instant>,
}

impl Seeds {
    /// From `first`, `count` of them, unless the environment says otherwise: `OFFRAMP_SEED`, the
    /// variable `counted`, or `OFFRAMP_RANDOM_SECONDS`.
    pub fn from_environment(first: u64, counted: &str, count: u64) -> Seeds {
        let seconds = variable("OFFRAMP_RANDOM_SECONDS").map(Duration::from_secs);
        Seeds {
            first: variable("OFFRAMP_SEED").unwrap_or(first),
            done: 0,
            count: variable(counted).unwrap_or(count),
            until: seconds.map(|seconds| Instant::now() + seconds),
        }
    }

    /// The first seed.
    pub fn first(&self) -> u64 {
        self.first
    }
}

impl Iterator for Seeds {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let goes_on = match self.until {
            Some(until) => Instant::now() < until,
            None => self.done < self.count,
        };
        let seed = self.first.wrapping_add(self.done);
        self.done += 1;
        goes_on.then_some(seed)
    }
}
