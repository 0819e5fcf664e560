//! [`Executors`]: an interpreter's graph, as its host looks at it and manages it.
//!
//! What an interpreter's traces may do to memory rests on who made them: its own recorder, with a
//! guard for everything it looked at. So its graph takes traces from nowhere else and is entered
//! by nobody else, and of an [`ExecutorGraph`] a host gets everything but that.

use super::naming::annotated;
use super::{
    Config, Dependency, Event, ExecutorGraph, ExecutorInfo, ExecutorRef, ExecutorState, ExitInfo,
    ExitRef, Stats,
};
use crate::place_name::{Names, PlaceName};
use offramp_uop::optimise::{Options, optimise};
use offramp_uop::{Pc, Trace};
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// The executors of one interpreter: to look at, to observe, to invalidate.
///
/// Made by [`Interpreter::graph`](crate::Interpreter::graph). A host with a recorder of its own
/// has an [`ExecutorGraph`] of its own.
///
/// What it shows calls places by the names that the program has for them
/// ([`Program::name_of`](crate::Program::name_of)).
#[derive(Clone, Copy)]
pub struct Executors<'a>(&'a ExecutorGraph, &'a dyn Names);

impl fmt::Debug for Executors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Executors").field(self.0).finish()
    }
}

impl<'a> Executors<'a> {
    pub(crate) fn of(graph: &'a ExecutorGraph, names: &'a dyn Names) -> Executors<'a> {
        Executors(graph, names)
    }

    /// What the program calls the instruction at `pc`.
    pub fn name_of(self, pc: Pc) -> PlaceName {
        self.1.name_of(pc)
    }

    /// As [`ExecutorGraph::describe`], with the program's names.
    pub fn describe(self, event: &Event) -> String {
        self.0.describe(event, self.1)
    }

    /// The text form of `trace` with the program's name of each instruction behind its `at`, as a
    /// comment: it still parses.
    pub fn annotated(self, trace: &Trace) -> String {
        annotated(trace, self.1)
    }

    /// How often each pass and rule rewrites a recorded trace that is optimised by itself: without what
    /// the graph knows of headers, joins and dead slots.
    pub fn rewrites(self, recorded: &Trace) -> BTreeMap<(&'static str, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for rewrite in optimise(recorded, &Options::default()).trail {
            *counts
                .entry((rewrite.pass.name(), rewrite.rule))
                .or_default() += 1;
        }
        counts
    }

    /// As [`ExecutorGraph::observe`].
    pub fn observe(self, observer: impl FnMut(&Event) + Send + 'static) {
        self.0.observe(observer);
    }

    /// As [`ExecutorGraph::config`].
    pub fn config(self) -> Config {
        self.0.config()
    }

    /// As [`ExecutorGraph::set_enabled`].
    pub fn set_enabled(self, enabled: bool) {
        self.0.set_enabled(enabled);
    }

    /// As [`ExecutorGraph::root_at`].
    pub fn root_at(self, pc: Pc) -> Option<ExecutorRef> {
        self.0.root_at(pc)
    }

    /// As [`ExecutorGraph::invalidate`].
    pub fn invalidate(self, executor: ExecutorRef) {
        self.0.invalidate(executor);
    }

    /// As [`ExecutorGraph::flush`].
    pub fn flush(self) {
        self.0.flush();
    }

    /// As [`ExecutorGraph::depend`].
    pub fn depend(self, executor: ExecutorRef, key: Dependency) {
        self.0.depend(executor, key);
    }

    /// As [`ExecutorGraph::invalidate_dependency`].
    pub fn invalidate_dependency(self, key: Dependency) -> usize {
        self.0.invalidate_dependency(key)
    }

    /// As [`ExecutorGraph::is_steady`].
    pub fn is_steady(self, key: Dependency) -> bool {
        self.0.is_steady(key)
    }

    /// As [`ExecutorGraph::sweep`].
    pub fn sweep(self) {
        self.0.sweep();
    }

    /// As [`ExecutorGraph::drain`].
    pub fn drain(self) {
        self.0.drain();
    }

    /// As [`ExecutorGraph::reset_given_up`].
    pub fn reset_given_up(self) {
        self.0.reset_given_up();
    }

    /// As [`ExecutorGraph::unlink`].
    pub fn unlink(self, exit: ExitRef) -> bool {
        self.0.unlink(exit)
    }

    /// As [`ExecutorGraph::exit_info`].
    pub fn exit_info(self, exit: ExitRef) -> Option<ExitInfo> {
        self.0.exit_info(exit)
    }

    /// As [`ExecutorGraph::executor_info`].
    pub fn executor_info(self, executor: ExecutorRef) -> Option<ExecutorInfo> {
        self.0.executor_info(executor)
    }

    /// As [`ExecutorGraph::state_of`].
    pub fn state_of(self, executor: ExecutorRef) -> ExecutorState {
        self.0.state_of(executor)
    }

    /// As [`ExecutorGraph::executors`].
    pub fn executors(self) -> Vec<ExecutorRef> {
        self.0.executors()
    }

    /// As [`ExecutorGraph::activations`].
    pub fn activations(self) -> usize {
        self.0.activations()
    }

    /// As [`ExecutorGraph::is_recording`].
    pub fn is_recording(self) -> bool {
        self.0.is_recording()
    }

    /// As [`ExecutorGraph::references`].
    pub fn references(self) -> Vec<u64> {
        self.0.references()
    }

    /// As [`ExecutorGraph::stats`].
    pub fn stats(self) -> Stats {
        self.0.stats()
    }

    /// As [`ExecutorGraph::dump_naming`], with the program's names.
    pub fn dump(self) -> impl Display + 'a {
        self.0.dump_naming(self.1)
    }
}

#[cfg(any(test, feature = "test-hooks"))]
#[doc(hidden)]
impl Executors<'_> {
    /// As [`ExecutorGraph::fail_next_compiles`].
    pub fn fail_next_compiles(self, count: u32) {
        self.0.fail_next_compiles(count);
    }

    /// As [`ExecutorGraph::steps`].
    pub fn steps(self) -> u64 {
        self.0.steps()
    }

    /// As [`ExecutorGraph::inconsistencies`].
    pub fn inconsistencies(self) -> Vec<String> {
        self.0.inconsistencies()
    }
}
