//! The suites on compiled code, which tells its host of instructions, guards and polls as the
//! evaluator does; random programs on code that tells nothing, too.

#![allow(
    clippy::duplicate_mod,
    reason = "the same tests on another back end, which their parent module names"
)]

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
use offramp::explicit::ExecutorGraph;
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::inspect::Event;
use offramp_tests::links::kit::graph_on;
use offramp_tests::links::run::{Machinery, Plan};
use offramp_uop::lower::Checks;
use std::sync::{Arc, Mutex, OnceLock};

/// Graphs that come and go.
const MANY: usize = 300;
/// Whether values travel in places of their own.
const PLACES: bool = true;
/// Of the guards that are forced one at a time, how many are left out.
const EVERY: usize = 7;
/// Random programs, where the environment does not say.
const PROGRAMS: u64 = 150;

fn back_end() -> NativeBackend {
    static WATCHED: OnceLock<Arc<NativeEngine>> = OnceLock::new();
    let engine = WATCHED.get_or_init(|| engine(true));
    NativeBackend::new(engine.clone()).expect("published")
}

/// Code that tells nothing of itself.
fn silent() -> NativeBackend {
    static SILENT: OnceLock<Arc<NativeEngine>> = OnceLock::new();
    let engine = SILENT.get_or_init(|| engine(false));
    NativeBackend::new(engine.clone()).expect("published")
}

/// Back ends of an engine that no other test uses.
fn back_ends() -> impl Fn() -> NativeBackend {
    let engine = engine(true);
    move || NativeBackend::new(engine.clone()).expect("published")
}

fn engine(watched: bool) -> Arc<NativeEngine> {
    let engine = NativeEngine::new(NativeOptions {
        checks: Checks::ALL,
        watched,
        ..NativeOptions::default()
    });
    Arc::new(engine.expect("a supported machine"))
}

fn graph() -> (ExecutorGraph, Arc<Mutex<Vec<Event>>>) {
    graph_on(back_end(), |_| {})
}

fn graph_with(change: impl FnOnce(&mut Config)) -> (ExecutorGraph, Arc<Mutex<Vec<Event>>>) {
    graph_on(back_end(), change)
}

/// What random programs run on: two of three on code that tells of itself.
fn machinery(plan: &Plan) -> Machinery {
    if !plan.fuel.is_multiple_of(3) || plan.force_at.is_some() {
        return Machinery::compiled(back_end(), true);
    }
    Machinery::compiled(silent(), false)
}
