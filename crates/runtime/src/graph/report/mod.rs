//! [`Report`]: why a program runs as it does, for those who want it to run faster.
//!
//! Everything comes from what the graph knows anyway, read when somebody asks; only what
//! [`Config::profile`](crate::Config::profile) counts has to be asked for before the run. Nothing here
//! is written on the way of a linked exit or by code that is compiled without profiling.
//!
//! Reports do not depend on times or addresses, so two runs of a program that does the same give
//! the same report, but for a few bytes of code: what names an exit record depends on where that
//! lies.

mod collect;
mod guards;
mod history;
mod json;
mod left_by;
mod sightings;
mod text;
mod work;

pub(super) use history::History;
pub(super) use left_by::LeftBy;
pub use sightings::Sighted;
pub(super) use sightings::Sightings;
pub(super) use work::Work;
#[cfg(feature = "native")]
pub(crate) use work::done_at_exits;

use super::abort::Abort;
use super::counters::Stats;
use super::executor::Executor;
use super::executor_graph::ExecutorGraph;
use super::exit_record::ExitStatus;
use super::handle::{ExecutorRef, ExitRef};
use super::store::Store;
use crate::place_name::{Names, PlaceName};
use offramp_uop::evaluate::State;
use offramp_uop::{ExitId, ExitKind};

/// Why a program runs as it does: where its instructions were executed, which exits were taken and
/// why they are not linked, what could not be recorded, and what became of the rest.
///
/// Made by [`Interpreter::report`](crate::Interpreter::report), at any time. Its `Display` and
/// [`text`](Report::text) are for people, [`json`](Report::json) for programs.
///
/// What is `None` was not counted: it takes [`Config::profile`](crate::Config::profile), which
/// must be on from the start.
///
/// ```
/// # use offramp::{Config, Done, Engine, Machine, Op, Pc, PlaceName, Program, Stack, Words};
/// # struct Count;
/// # impl Program for Count {
/// #   type Host = ();
/// #   type Layout = Words;
/// #   type Answer = i64;
/// #   type Error = offramp::Failure;
/// #   fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
/// #       let next = m.add(m.int(0), m.constant(1));
/// #       if m.is_less(next, m.constant(10_000)) {
/// #           return m.commit().set(0, next).loop_to(0);
/// #       }
/// #       m.commit().finish(next)
/// #   }
/// #   fn name_of(&self, pc: Pc) -> PlaceName {
/// #       PlaceName::of(pc).with_source("count.x").with_line(1)
/// #   }
/// # }
/// let mut config = Config::default();
/// config.profile = true;
/// let mut interpreter = Engine::new(config)?.interpreter(Count)?;
/// assert_eq!(interpreter.run(&mut (), &mut Stack::new(100), 0)?, 10_000);
///
/// let report = interpreter.report();
/// assert_eq!(report.instructions.all(), Some(10_000));
/// assert!(report.instructions.in_traces > Some(9_900));
/// let exit = &report.exits[0];
/// assert_eq!(exit.place.to_string(), "count.x:1, instruction 0");
/// assert_eq!((exit.cold, exit.tests[0].as_str()), (1, "(w0 + 1) < 10000"));
/// assert_eq!(exit.seen[0].values, "w0 = 9999");
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Where the program's instructions were executed.
    pub instructions: Instructions,
    /// Every exit and return point that was taken, the most frequent first: by
    /// [`taken`](ExitReport::taken) if that was counted, then by [`cold`](ExitReport::cold).
    pub exits: Vec<ExitReport>,
    /// Recordings that were abandoned, alike ones together, the most frequent first.
    pub abandoned: Vec<AbandonedReport>,
    /// Roots with the side traces that hang on them, the largest first.
    pub trees: Vec<TreeReport>,
    /// Instructions that many different things pass, so that traces take their
    /// [general ways](crate::Machine::general).
    pub general: Vec<PlaceName>,
    /// Executors that were freed.
    pub freed: u64,
    /// How often their exits were taken while not linked; no exit in [`exits`](Report::exits) is
    /// one of theirs.
    pub freed_cold: u64,
    /// The graph's statistics.
    pub stats: Stats,
}

/// Where the program's instructions were executed. All are counts, none is an estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instructions {
    /// By the plain interpreter, while nothing was recorded. `None` for a graph without one, too.
    pub interpreted: Option<u64>,
    /// By the interpreter, while recording. `None` for a graph without an interpreter.
    pub recording: Option<u64>,
    /// In traces, those of freed executors included. Counted where exits and loop edges are.
    pub in_traces: Option<u64>,
    /// Instructions of recordings that became executors.
    pub compiled: u64,
}

impl Instructions {
    /// All that were executed, if all were counted.
    pub fn all(&self) -> Option<u64> {
        Some(self.interpreted? + self.recording? + self.in_traces?)
    }
}

/// An exit or return point that was taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExitReport {
    /// Its handle.
    pub exit: ExitRef,
    /// Why it leaves; a return point is [`Dynamic`](ExitKind::Dynamic).
    pub kind: ExitKind,
    /// The instruction it leads to; for a guard's exit the one whose guard it is.
    pub place: PlaceName,
    /// Times it was taken, linked or not.
    pub taken: Option<u64>,
    /// Times it was taken while it was not linked.
    pub cold: u64,
    /// What holds as long as it is not taken: its guards in their order, over frame words (`w4`)
    /// seen from the running frame.
    pub tests: Vec<String>,
    /// What was seen when it was taken to the interpreter, the most frequent first; kept while
    /// profiling. Of one test up to four different sightings, or one for all.
    pub seen: Vec<Sighted>,
    /// Times that it could not be computed from frame words which test did not hold.
    pub seen_else: u64,
    /// Where it leads now.
    pub status: ExitStatus,
    /// The same as a sentence.
    pub status_text: String,
    /// Why it is not linked. `None` if it is.
    pub why_not_linked: Option<String>,
}

/// Abandoned recordings of one place and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AbandonedReport {
    /// Where they began.
    pub place: PlaceName,
    /// The last instruction that was recorded; `None` if the trace was complete and refused.
    pub at: Option<PlaceName>,
    /// Whether they were for an exit or return point.
    pub side: bool,
    /// Why.
    pub reason: Abort,
    /// How many.
    pub times: u64,
}

/// A root and the side traces that hang on it, and on them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeReport {
    /// The root; a side trace if what it hung on is gone.
    pub root: ExecutorRef,
    /// Where it starts.
    pub place: PlaceName,
    /// Whether it is a root.
    pub is_root: bool,
    /// Traces that were recorded, the root included.
    pub traces: usize,
    /// Adapters.
    pub adapters: usize,
    /// Uops of all of them.
    pub uops: usize,
    /// Bytes of machine code of all of them; 0 without.
    pub code_bytes: usize,
    /// Times the interpreter entered the tree.
    pub entered: u64,
    /// Microseconds that its traces cost to record and compile, by the prices of the
    /// [account](crate::Config::compile_burst).
    pub cost_us: u64,
    /// Microseconds that it has saved at least by the same prices, in the stays that began with its root,
    /// less the ways in and out. Traces that are left in the middle for others count nothing.
    pub earned_us: i64,
    /// Whether it sleeps: it has cost more than it has saved and is not entered for now.
    pub asleep: bool,
    /// Times a trace of the tree was run, no matter how it was entered.
    pub runs: Option<u64>,
    /// Instructions that were executed in it.
    pub instructions: Option<u64>,
}

impl ExecutorGraph {
    /// Why the program runs as it does, as far as the graph knows: not what the interpreter
    /// executed.
    ///
    /// ```
    /// use offramp::inspect::Abort;
    /// use offramp::{Config, PlaceName};
    /// use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
    /// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
    /// let recording = graph.begin_root(4).expect("nothing else is recording");
    /// graph.abandon_at(recording, Abort::Length, 9);
    /// let report = graph.report(&|pc| PlaceName::of(pc).with_function("f"));
    /// assert_eq!(report.abandoned[0].reason, Abort::Length);
    /// assert_eq!(report.abandoned[0].place.to_string(), "f, instruction 4");
    /// ```
    pub fn report(&self, names: &dyn Names) -> Report {
        let store = self.store.borrow();
        let profile = store.config.profile;
        let stats = Stats {
            executors: store.executors.iter().count(),
            ..store.stats.clone()
        };
        let gone = store.history.gone;
        let here = store.executors.iter().map(work::done).sum::<u64>();
        Report {
            instructions: Instructions {
                interpreted: None,
                recording: None,
                in_traces: profile.then_some(gone.instructions + here),
                compiled: stats.instructions_recorded,
            },
            exits: store.exits_of_report(names),
            abandoned: store.abandoned_of_report(names),
            trees: store.trees_of_report(names),
            general: store
                .general_sites()
                .into_iter()
                .map(|pc| names.name_of(pc))
                .collect(),
            freed: gone.executors,
            freed_cold: gone.cold,
            stats,
        }
    }
}

impl ExecutorGraph {
    /// Keeps what the guards of the exit saw that has led to the host. Everything is in memory, and the
    /// host's `state` is asked with nothing borrowed.
    pub(super) fn look(&self, left_by: LeftBy, state: &mut dyn State) {
        let LeftBy {
            executor,
            exit: id,
            base,
        } = left_by;
        let mut store = self.store.borrow_mut();
        let owner = store.executors.get(executor);
        let Some(trace) = owner.map(|owner| owner.trace.clone()) else {
            return;
        };
        if trace.exit(id).kind != ExitKind::Side {
            return;
        }
        let exit = executor.exit(id);
        let mut sighting = store.sightings.take(exit);
        drop(store);
        sighting.look(&trace, id, base, state);
        self.store.borrow_mut().sightings.keep(exit, sighting);
    }
}

impl Store {
    /// `executor` was freed, and `gone` is what it was.
    pub(super) fn remember(&mut self, executor: ExecutorRef, gone: &Executor) {
        self.history.free(gone, self.config.profile);
        for exit in 0..gone.exits.len() as u32 {
            self.sightings.forget(executor.exit(ExitId(exit)));
        }
    }
}

fn plural(count: u64) -> &'static str {
    match count {
        1 => "",
        _ => "s",
    }
}
