//! The graph's data, and the small steps everything else is made of.
//!
//! [`ExecutorGraph`](super::ExecutorGraph) borrows this for one step at a time and never while
//! host code or a trace runs, so that a helper may run the program and come back here.

use super::account::Account;
use super::activation::Activations;
use super::anchor::Anchors;
use super::backend::Code;
use super::backoff::Backoff;
use super::cache::Cache;
use super::config::Config;
use super::counters::Stats;
use super::event::Event;
use super::executor::{Executor, ExecutorState, Role};
use super::exit_record::Record;
use super::handle::{Birth, Dependency, ExecutorRef, Slab};
use super::progress::Progress;
use super::report::{History, Sightings, Work};
use super::steps::Steps;
use super::ticket::Pending;
use super::tree::Ledger;
use offramp_uop::{ExitId, Trace};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// Published code, and how long making it took.
pub(super) struct Coded {
    pub(super) code: Arc<dyn Code>,
    pub(super) took: Duration,
}

pub(super) struct Store {
    pub(super) config: Config,
    pub(super) executors: Slab<Executor>,
    pub(super) anchors: Anchors,
    pub(super) dependents: FxHashMap<Dependency, BTreeSet<ExecutorRef>>,
    /// How often keys have been invalidated that something depended on.
    pub(super) unsteady: FxHashMap<Dependency, u8>,
    pub(super) cache: Cache,
    pub(super) steps: Steps,
    pub(super) retired: Vec<ExecutorRef>,
    pub(super) activations: Activations,
    pub(super) pending: Option<Pending>,
    pub(super) account: Account,
    pub(super) stats: Stats,
    pub(super) history: History,
    pub(super) sightings: Sightings,
    /// What has happened and was not told yet.
    pub(super) untold: VecDeque<Event>,
    /// Whether anybody observes.
    pub(super) observed: bool,
    pub(super) failing_compiles: u32,
    next_birth: u64,
    jitter: u64,
}

impl Store {
    pub(super) fn new(config: Config) -> Store {
        Store {
            jitter: config.seed | 1,
            config,
            executors: Slab::new(),
            anchors: Anchors::default(),
            dependents: FxHashMap::default(),
            unsteady: FxHashMap::default(),
            cache: Cache::default(),
            steps: Steps::default(),
            retired: Vec::new(),
            activations: Activations::default(),
            pending: None,
            account: Account::default(),
            stats: Stats::default(),
            history: History::default(),
            sightings: Sightings::default(),
            untold: VecDeque::new(),
            observed: false,
            failing_compiles: 0,
            next_birth: 0,
        }
    }

    /// Counts what happened and keeps it for [`ExecutorGraph::tell`](super::ExecutorGraph::tell):
    /// host code does not run in the middle of a change.
    // With the event known where it is called, counting it is one addition.
    #[inline(always)]
    pub(super) fn note(&mut self, event: Event) {
        self.stats.count(&event);
        if self.observed || LevelFilter::current() >= LevelFilter::TRACE {
            self.untold.push_back(event);
        }
    }

    /// The last birth so far.
    pub(super) fn youngest(&self) -> Birth {
        Birth(self.next_birth)
    }

    pub(super) fn birth(&mut self) -> Birth {
        self.next_birth += 1;
        Birth(self.next_birth)
    }

    /// A few bits that do not follow the program (xorshift; Marsaglia 2003).
    pub(super) fn jitter(&mut self) -> u16 {
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        (self.jitter >> 32) as u16
    }

    pub(super) fn exit_counter(&self) -> Backoff {
        Backoff::new(self.config.hot_exit)
    }

    /// A live executor, counted; to be put in the reserved slot `executor`.
    #[expect(clippy::too_many_arguments, reason = "an executor is made of these")]
    pub(super) fn new_executor(
        &mut self,
        executor: ExecutorRef,
        birth: Birth,
        role: Role,
        depth: u16,
        trace: Arc<Trace>,
        coded: Coded,
        progress: Progress,
    ) -> Executor {
        let Coded { code, took } = coded;
        let work = Work::of(&trace);
        let exits = trace.exits.iter().enumerate().map(|(exit, state)| Record {
            done: work.done_at(&trace, ExitId(exit as u32)),
            early: progress.is_early(exit),
            quiet: progress.is_quiet(exit),
            ..Record::new(Backoff::new(self.exit_threshold(state.target)))
        });
        let exits = exits.collect();
        let code_bytes = code.bytes();
        self.stats.code_bytes += code_bytes;
        let tree = match role {
            Role::Root => None,
            Role::Side(exit) => self.tree_of(Some(exit)),
            Role::Adapter(exit) => self.tree_of(Some(exit)),
        };
        if !matches!(role, Role::Adapter(_)) {
            self.cache.made(trace.uops.len(), code_bytes);
        }
        let membership = self.cache.join(executor, tree);
        self.stats.count_made(&trace, code.figures());
        self.account.compiled(trace.uops.len());
        Executor {
            birth,
            role,
            depth,
            header: trace.header_signature(),
            join_end: None,
            in_middle: false,
            progress,
            trace,
            code,
            code_bytes,
            compile_time: took,
            state: ExecutorState::Live,
            exits,
            incoming: Vec::new(),
            dependencies: SmallVec::new(),
            pins: 0,
            seen: true,
            idle: false,
            membership,
            ledger: Ledger::default(),
            useless: 0,
            useless_since: 0,
            entered: 0,
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("executors", &self.executors)
            .field("retired", &self.retired)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
