//! The suites on the evaluator.

#[path = "attempts.rs"]
mod attempts;
#[path = "cache.rs"]
mod cache;
#[path = "dumps.rs"]
mod dumps;
#[path = "going.rs"]
mod going;
#[path = "hints.rs"]
mod hints;
#[path = "joins.rs"]
mod joins;
#[path = "life.rs"]
mod life;
#[path = "progress.rs"]
mod progress;
#[path = "random.rs"]
mod random;
#[path = "signatures.rs"]
mod signatures;
#[path = "state.rs"]
mod state;

use offramp::Config;
use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
use offramp::inspect::Event;
use offramp_tests::links::kit::graph_on;
use offramp_tests::links::run::{Machinery, Plan};
use std::sync::{Arc, Mutex};

/// Graphs that come and go.
const MANY: usize = 10_000;
/// Whether values travel in places of their own.
const PLACES: bool = false;
/// Of the guards that are forced one at a time, how many are left out.
const EVERY: usize = 1;
/// Random programs, where the environment does not say.
const PROGRAMS: u64 = 500;

fn back_end() -> EvaluatorBackend {
    EvaluatorBackend
}

/// Back ends that share nothing with other tests'.
fn back_ends() -> impl Fn() -> EvaluatorBackend {
    back_end
}

/// The same: it tells of everything anyway.
fn silent() -> EvaluatorBackend {
    back_end()
}

fn graph() -> (ExecutorGraph, Arc<Mutex<Vec<Event>>>) {
    graph_on(back_end(), |_| {})
}

fn graph_with(change: impl FnOnce(&mut Config)) -> (ExecutorGraph, Arc<Mutex<Vec<Event>>>) {
    graph_on(back_end(), change)
}

/// What random programs run on.
fn machinery(_: &Plan) -> Machinery {
    Machinery::evaluator()
}
