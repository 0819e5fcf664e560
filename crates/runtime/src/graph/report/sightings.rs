//! What guards saw when their exits were taken to the cold exit: kept while profiling.

use super::guards::{self, Test};
use crate::graph::handle::ExitRef;
use crate::place_name::Names;
use offramp_uop::evaluate::State;
use offramp_uop::{ExitId, Trace};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// What an exit's guard saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sighted {
    /// Which of [`ExitReport::tests`](crate::inspect::ExitReport::tests) did not hold.
    pub test: usize,
    /// What the frame words in it held: `w4 = 7, w6 = 3 to 900`. Empty if there are none.
    pub values: String,
    /// How often.
    pub times: u64,
}

/// Sightings of one test that are told apart. Where there are more, their range is kept.
const KEPT: usize = 4;

/// By exit.
#[derive(Debug, Default)]
pub(crate) struct Sightings(FxHashMap<ExitRef, Sighting>);

/// What was seen at one exit.
#[derive(Debug, Default)]
pub(crate) struct Sighting {
    pub(super) tests: Vec<Test>,
    /// Tests that did not hold, in order of appearance.
    pub(super) seen: Vec<Seen>,
    /// Times it could not be computed which did not.
    pub(super) others: u64,
}

/// What frame words held when one test did not hold.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) test: usize,
    pub(super) times: u64,
    /// Different contents and how often; `None` if they are more than are told apart.
    pub(super) different: Option<Vec<(Vec<u64>, u64)>>,
    /// The least and the most that each word held.
    pub(super) range: Vec<(u64, u64)>,
}

impl Sightings {
    /// What is known of `exit`, taken out to be [put back](Sightings::keep).
    pub(crate) fn take(&mut self, exit: ExitRef) -> Sighting {
        self.0.remove(&exit).unwrap_or_default()
    }

    pub(crate) fn keep(&mut self, exit: ExitRef, sighting: Sighting) {
        self.0.insert(exit, sighting);
    }

    pub(super) fn get(&self, exit: ExitRef) -> Option<&Sighting> {
        self.0.get(&exit)
    }

    /// The executor of `exit` is gone.
    pub(super) fn forget(&mut self, exit: ExitRef) {
        self.0.remove(&exit);
    }
}

impl Sighting {
    /// The exit of `trace` was taken, with the frame base at absolute word `base` now and everything
    /// in memory.
    pub(crate) fn look(&mut self, trace: &Trace, exit: ExitId, base: i64, state: &mut dyn State) {
        if self.tests.is_empty() {
            self.tests = guards::tests_of(trace, exit);
        }
        if self.tests.iter().any(Test::is_always) {
            return;
        }
        let Some((test, bits)) = guards::failed(&self.tests, base, state) else {
            self.others += 1;
            return;
        };
        let known = self.seen.iter_mut().find(|seen| seen.test == test);
        match known {
            Some(seen) => seen.add(&self.tests[test], bits),
            None => self.seen.push(Seen::new(test, bits)),
        }
    }
}

impl Sighting {
    /// What was seen, the most frequent first.
    pub(super) fn report(&self, names: &dyn Names) -> Vec<Sighted> {
        let mut all = Vec::new();
        for seen in &self.seen {
            let test = seen.test;
            let mut push = |range: &[(u64, u64)], times: u64| {
                let values = self.tests[test].values(range, names);
                all.push(Sighted {
                    test,
                    values,
                    times,
                });
            };
            match &seen.different {
                None => push(&seen.range, seen.times),
                Some(different) => different.iter().for_each(|(bits, times)| {
                    let range: Vec<(u64, u64)> = bits.iter().map(|&bits| (bits, bits)).collect();
                    push(&range, *times);
                }),
            }
        }
        // Stable: those of one count stay in the order they appeared in.
        all.sort_by_key(|seen| Reverse(seen.times));
        all
    }
}

impl Seen {
    fn new(test: usize, bits: Vec<u64>) -> Seen {
        Seen {
            test,
            times: 1,
            range: bits.iter().map(|&bits| (bits, bits)).collect(),
            different: Some(vec![(bits, 1)]),
        }
    }

    fn add(&mut self, test: &Test, bits: Vec<u64>) {
        self.times += 1;
        test.widen(&mut self.range, &bits);
        let Some(different) = &mut self.different else {
            return;
        };
        match different.iter().position(|(known, _)| *known == bits) {
            Some(known) => different[known].1 += 1,
            None if different.len() < KEPT => different.push((bits, 1)),
            None => self.different = None,
        }
    }
}
