//! Which seeds a random suite runs.

use crate::optimise::{Optimised, Options};
use crate::proof::prove;
use crate::testing::random::Random;
use crate::trace::Trace;
use std::time::{Duration, Instant};

/// The first seed, where the environment names none.
const SEED: u64 = 0x0ff2_a4b5_1c3d_7e96;
/// Traces of a suite, where the environment names no number.
const TRACES: u64 = 3000;

/// Whether the environment asks for other traces than the usual ones.
fn is_unusual() -> bool {
    [
        "OFFRAMP_SEED",
        "OFFRAMP_RANDOM_SECONDS",
        "OFFRAMP_RANDOM_TRACES",
    ]
    .iter()
    .any(|name| std::env::var_os(name).is_some())
}

/// That an optimised trace is proved. Of fresh seeds one may not be, which is printed: not everything
/// that is right has an argument yet.
pub(super) fn must_be_proved(
    seed: u64,
    recorded: &Trace,
    optimised: &Optimised,
    options: &Options<'_>,
) {
    if let Err(unproved) = prove(recorded, optimised, options) {
        let trace = &optimised.trace;
        let wrong = format!("seed {seed:#x}: {unproved}\n{recorded}\n{trace}");
        assert!(is_unusual(), "{wrong}");
        println!("{wrong}");
    }
}

/// The seeds of one suite.
pub(super) struct Seeds {
    next: Option<u64>,
    fresh: Random,
    left: u64,
    until: Option<Instant>,
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    Some(parsed.unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

impl Seeds {
    /// As many as asked for, or for as long.
    pub(super) fn from_environment() -> Seeds {
        let seconds = variable("OFFRAMP_RANDOM_SECONDS");
        // Fresh seeds every time only where somebody asked for a long run.
        let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let default = seconds.map_or(SEED, |_| since_epoch.as_nanos() as u64);
        let seed = variable("OFFRAMP_SEED").unwrap_or(default);
        println!("OFFRAMP_SEED={seed:#x}");
        Seeds {
            next: Some(seed),
            fresh: Random::new(seed),
            left: variable("OFFRAMP_RANDOM_TRACES").unwrap_or(TRACES),
            until: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
        }
    }

    /// The same seeds whatever the environment says, for what is asserted about all of them.
    pub(super) fn fixed() -> Seeds {
        Seeds {
            next: Some(SEED),
            fresh: Random::new(SEED),
            left: TRACES,
            until: None,
        }
    }

    /// As [`fixed`](Seeds::fixed), and four times as many more: for what few traces show.
    pub(super) fn fixed_and_more() -> Seeds {
        Seeds {
            left: 5 * TRACES,
            ..Seeds::fixed()
        }
    }
}

impl Iterator for Seeds {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let goes_on = match self.until {
            Some(until) => Instant::now() < until,
            None => self.left > 0,
        };
        self.left = self.left.saturating_sub(1);
        // The first seed is the one given, so that it alone can be run again.
        goes_on.then(|| self.next.take().unwrap_or_else(|| self.fresh.next()))
    }
}
