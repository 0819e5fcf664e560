//! The graph as its host has it.
//!
//! Each method has the [store](super::store) for one step, and none while host code or a trace runs.

use super::abort::Abort;
use super::backend::Backend;
use super::backoff::Backoff;
use super::cold_exit::Leave;
use super::config::Config;
use super::counters::Stats;
use super::error::LinkError;
use super::event::{Event, Invalidation};
use super::executor::{ExecutorInfo, ExecutorState};
use super::exit_record::{ExitInfo, Link, LinkKind};
use super::handle::{Dependency, ExecutorRef, ExitRef, Origin};
use super::report::LeftBy;
use super::store::Store;
use super::telling::Telling;
use super::ticket::Recording;
use offramp_uop::evaluate::Entry;
use offramp_uop::{ExitId, Pc, Trace};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// What makes a place hot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// A loop edge was taken to it.
    Loop,
    /// A function was entered at it.
    Function,
}

/// All executors of one interpreter and the links between them.
///
/// Methods take `&self`: a helper called from a trace may run the program, which comes back here
/// while [`enter`](ExecutorGraph::enter) is under way.
///
/// ```
/// use offramp::Config;
/// use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
/// use offramp_uop::{Builder, Interface, Op, Type, Word};
///
/// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
/// let recording = graph.begin_root(4).expect("nothing else is recording");
/// let mut b = Builder::new("double", 4, Interface::new().into());
/// b.at(4);
/// let x = b.load_word(Type::I64, Word(0));
/// let sum = b.pure(Op::Add, &[x, x]);
/// b.store_word(Word(0), sum);
/// let out = b.side_exit(5, 0);
/// b.leave(out);
/// let executor = graph.finish(recording, b.finish())?;
/// assert_eq!(graph.root_at(4), Some(executor));
/// # Ok::<(), offramp::explicit::InstallError>(())
/// ```
pub struct ExecutorGraph {
    pub(super) store: RefCell<Store>,
    pub(super) observer: Telling,
    pub(super) backend: Box<dyn Backend>,
    /// How the innermost entry was left, from its last exit until the host has it.
    pub(super) leave: Cell<Option<Leave>>,
    /// The exit it was left by, while profiling.
    pub(super) left_by: Cell<Option<LeftBy>>,
    #[cfg(any(test, feature = "test-hooks"))]
    pub(super) transfer_hook: RefCell<Option<TransferHook>>,
    /// The exit that compiled code told of last, so that the hook runs once for it.
    #[cfg(any(test, feature = "test-hooks"))]
    pub(super) told_leaving: std::cell::Cell<Option<ExitRef>>,
}

/// Runs between an exit and what it leads to, with values in registers.
#[cfg(any(test, feature = "test-hooks"))]
#[doc(hidden)]
pub type TransferHook = Box<dyn FnMut(&ExecutorGraph, ExitRef) + Send>;

impl ExecutorGraph {
    /// An empty graph.
    pub fn new(config: Config, backend: impl Backend + 'static) -> ExecutorGraph {
        ExecutorGraph {
            store: RefCell::new(Store::new(config)),
            observer: Telling::default(),
            backend: Box::new(backend),
            leave: Cell::new(None),
            left_by: Cell::new(None),
            #[cfg(any(test, feature = "test-hooks"))]
            transfer_hook: RefCell::new(None),
            #[cfg(any(test, feature = "test-hooks"))]
            told_leaving: std::cell::Cell::new(None),
        }
    }

    /// Sends every [`Event`] from now on to `observer`, instead of to the one before.
    ///
    /// Events are told in order, when what happened is complete: at the end of the method that was
    /// called, and what happens while traces run when they have left to the host or a helper has
    /// the graph do something. An observer may call back into the graph; the events of that are told
    /// when it has returned. A panic of it comes out of the method that was called, which has done
    /// its work, but returns nothing: a recording that was to begin has not begun. What was not told
    /// yet is told at the next occasion.
    ///
    /// ```
    /// # use offramp::Config;
    /// # use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
    /// # use offramp::inspect::Event;
    /// # use std::sync::{Arc, Mutex};
    /// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let events = seen.clone();
    /// graph.observe(move |event| events.lock().unwrap().push(*event));
    /// drop(graph.begin_root(4));
    /// assert_eq!(*seen.lock().unwrap(), [Event::Recording { pc: 4, exit: None }]);
    /// ```
    pub fn observe(&self, observer: impl FnMut(&Event) + Send + 'static) {
        self.store.borrow_mut().observed = true;
        self.observer.set(Box::new(observer));
    }

    /// Tells what has happened. To be called when the graph is consistent and nothing of it borrowed,
    /// and where a panic of the observer finds every value in its place.
    pub(crate) fn tell(&self) {
        if self.store.borrow().untold.is_empty() {
            return;
        }
        self.observer
            .tell(|| self.store.borrow_mut().untold.pop_front());
    }

    /// Changes the store, then tells what that brought.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Store) -> R) -> R {
        let changed = change(&mut self.store.borrow_mut());
        self.tell();
        changed
    }

    /// The policy in force.
    pub fn config(&self) -> Config {
        self.store.borrow().config.clone()
    }

    /// Whether what happens is counted in full.
    pub(crate) fn profiles(&self) -> bool {
        self.store.borrow().config.profile
    }

    /// Switches recording, entering and linking on or off. Executors stay; a trace that is
    /// running leaves at its next exit that is not linked.
    pub fn set_enabled(&self, enabled: bool) {
        let mut store = self.store.borrow_mut();
        store.config.enabled = enabled;
        if let (false, Some(pending)) = (enabled, &mut store.pending) {
            pending.stale.get_or_insert(Abort::Switched);
        }
    }

    /// Counts an arrival at `pc`; whether that made it hot. It stays hot until a recording that
    /// starts there ends.
    pub fn arrive(&self, pc: Pc, arrival: Arrival) -> bool {
        let mut store = self.store.borrow_mut();
        let threshold = match arrival {
            Arrival::Loop => store.config.hot_loop,
            Arrival::Function => store.config.hot_function,
        };
        let enabled = store.config.enabled;
        store.count_arrival(pc, threshold) && enabled
    }

    /// Hands the countdown at `pc` to the caller: 0 says that the place is hot now, n that it is
    /// to ask again at the n-th arrival after this one, having counted those by itself.
    pub fn wait(&self, pc: Pc, arrival: Arrival) -> u32 {
        let mut store = self.store.borrow_mut();
        if !store.config.enabled {
            return Backoff::MAX;
        }
        let threshold = match arrival {
            Arrival::Loop => store.config.hot_loop,
            Arrival::Function => store.config.hot_function,
        };
        store.hand_out_arrivals(pc, threshold)
    }

    /// The executor the interpreter may enter at `pc`: one that takes everything from memory. None while
    /// its tree sleeps; [`wait`](ExecutorGraph::wait) and [`arrive`](ExecutorGraph::arrive) count until it
    /// wakes.
    pub fn root_at(&self, pc: Pc) -> Option<ExecutorRef> {
        let store = self.store.borrow();
        store.root_at(pc).filter(|_| store.config.enabled)
    }

    /// A live looping trace whose header is at `pc` and can be entered by others: what a
    /// recording that ends there is optimised against.
    pub fn header_at(&self, pc: Pc) -> Option<Arc<Trace>> {
        let store = self.store.borrow();
        let header = store.anchors.get(pc)?.headers.first()?;
        Some(store.executors.get(header)?.trace.clone())
    }

    /// Begins recording a root at `pc`. `None` while another recording is under way, if the graph
    /// is switched off, and if there is [no room](Config::code_bytes); the place is hot again later then.
    pub fn begin_root(&self, pc: Pc) -> Option<Recording> {
        self.change(|store| store.begin(pc, None))
    }

    /// Begins recording what follows `exit`, usually because [`Leave::Record`] asked.
    ///
    /// `None` while another recording is under way, if the exit is gone or leads somewhere by now, and
    /// if there is [no room](Config::code_bytes).
    pub fn begin_side(&self, exit: ExitRef) -> Option<Recording> {
        self.change(|store| {
            let pc = match exit.0 {
                Origin::Exit(owner, id) => {
                    let trace = &store.live(owner).ok()?.trace;
                    trace.exits.get(id.index())?.target
                }
                Origin::ReturnPoint(pc) => pc,
            };
            store.begin(pc, Some(exit))
        })
    }

    /// The trace and exit whose pending words a side recording inherits
    /// ([`offramp_uop::inherit`]). `None` for roots, return points, and when the parent is gone.
    pub fn parent_of(&self, recording: &Recording) -> Option<(Arc<Trace>, ExitId)> {
        let Origin::Exit(owner, exit) = recording.exit()?.0 else {
            return None;
        };
        let store = self.store.borrow();
        Some((store.executors.get(owner)?.trace.clone(), exit))
    }

    /// Recordings of roots from `pc` that failed in a row.
    pub(crate) fn failures_at(&self, pc: Pc) -> u8 {
        let store = self.store.borrow();
        store.anchors.get(pc).map_or(0, |anchor| anchor.failures)
    }

    /// Whether a recording is under way.
    pub fn is_recording(&self) -> bool {
        self.change(|store| {
            store.settle();
            store.pending.is_some()
        })
    }

    /// Whether the result of this recording can still be used: false once its parent or something
    /// it depends on was invalidated.
    pub fn is_wanted(&self, recording: &Recording) -> bool {
        let store = self.store.borrow();
        let pending = store.pending.as_ref();
        pending.is_some_and(|it| it.executor == recording.executor() && it.stale.is_none())
    }

    /// Makes `executor` unreachable, at once. A trace that runs in it leaves at its next
    /// `check_valid` or exit.
    pub fn invalidate(&self, executor: ExecutorRef) {
        self.change(|store| store.invalidate(executor, Invalidation::Asked));
    }

    /// Invalidates every executor and the recording under way.
    pub fn flush(&self) {
        self.change(|store| {
            for executor in store.executors.handles(|executor| executor.trace.pc) {
                store.invalidate(executor, Invalidation::Asked);
            }
            if let Some(pending) = &mut store.pending {
                pending.stale.get_or_insert(Abort::Stale);
            }
        });
    }

    /// Makes `executor` go when `key` does. A recording's [handle](Recording::executor) will do.
    pub fn depend(&self, executor: ExecutorRef, key: Dependency) {
        self.store.borrow_mut().depend(executor, key);
    }

    /// Lets `recording` depend on none but these of the keys that were registered for it: it turned out
    /// shorter than it was recorded.
    pub(crate) fn keep_dependencies(&self, recording: &Recording, keys: &[Dependency]) {
        self.store
            .borrow_mut()
            .keep_dependencies(recording.executor(), keys);
    }

    /// Whether traces may depend on `key`: it was not invalidated again and again while some did.
    pub fn is_steady(&self, key: Dependency) -> bool {
        self.store.borrow().is_steady(key)
    }

    /// Invalidates what depends on `key`; how many that were.
    pub fn invalidate_dependency(&self, key: Dependency) -> usize {
        self.change(|store| store.invalidate_dependency(key))
    }

    /// Lets executors cool that have not run since the last sweep; see [`Config::sweep_every`].
    pub fn sweep(&self) {
        self.change(Store::sweep);
    }

    /// Frees what is unreachable and runs in no activation. Also done at every cold exit.
    ///
    /// Nothing is freed yet while a helper that does not declare that it
    /// [re-enters](offramp_uop::Effects::reenters) is being called from a trace: from which one is
    /// not known.
    pub fn drain(&self) {
        self.change(|store| {
            store.settle();
            store.drain(None);
        });
    }

    /// Lets every exit, return point and anchor that was given up try again.
    pub fn reset_given_up(&self) {
        self.store.borrow_mut().reset_given_up();
    }

    /// Links a cold `exit` to an entry of `executor`, if they fit.
    ///
    /// # Errors
    /// Why they do not; nothing changes then.
    pub fn link(
        &self,
        exit: ExitRef,
        executor: ExecutorRef,
        entry: Entry,
    ) -> Result<Link, LinkError> {
        self.change(|store| store.link(exit, executor, entry))
    }

    /// Whether `exit` could be linked to `entry` of `executor`, apart from being cold.
    ///
    /// # Errors
    /// Why it could not.
    pub fn check_link(
        &self,
        exit: ExitRef,
        executor: ExecutorRef,
        entry: Entry,
    ) -> Result<LinkKind, LinkError> {
        self.store.borrow().check(exit, executor, entry)
    }

    /// Puts a linked `exit` back to cold; whether it was linked.
    pub fn unlink(&self, exit: ExitRef) -> bool {
        self.change(|store| store.unlink(exit))
    }

    /// What is known about an exit or return point; `None` if it is gone or was never taken.
    pub fn exit_info(&self, exit: ExitRef) -> Option<ExitInfo> {
        let store = self.store.borrow();
        let mut info = store.record(exit)?.info();
        if let Origin::Exit(owner, id) = exit.0 {
            let owner = store.executors.get(owner);
            info.taken = owner.and_then(|it| it.code.taken(id)).unwrap_or(info.taken);
        }
        Some(info)
    }

    /// What is known about an executor; `None` once it is freed.
    pub fn executor_info(&self, executor: ExecutorRef) -> Option<ExecutorInfo> {
        let store = self.store.borrow();
        let found = store.executors.get(executor)?;
        Some(ExecutorInfo {
            executor,
            birth: found.birth,
            role: found.role,
            state: found.state,
            trace: found.trace.clone(),
            depth: found.depth,
            incoming: found.incoming.clone(),
            pins: found.pins,
            entered: found.entered,
            code: found.code.figures(),
            listing: found.code.listing(),
            compile_time: found.compile_time,
        })
    }

    /// Where in its life an executor is.
    pub fn state_of(&self, executor: ExecutorRef) -> ExecutorState {
        self.store.borrow().state_of(executor)
    }

    /// Every executor that exists.
    pub fn executors(&self) -> Vec<ExecutorRef> {
        let store = self.store.borrow();
        store.executors.handles(|executor| executor.trace.pc)
    }

    /// How many entries are under way, one inside the other.
    pub fn activations(&self) -> usize {
        self.store.borrow().activations.depth()
    }

    /// Reference constants of every trace that exists, retired ones included: roots for the
    /// host's collector.
    pub fn references(&self) -> Vec<u64> {
        let store = self.store.borrow();
        let traces = store.executors.iter().map(|executor| &executor.trace);
        traces
            .flat_map(|trace| trace.refs.iter().copied())
            .collect()
    }

    /// What happened so far and what exists now.
    pub fn stats(&self) -> Stats {
        let store = self.store.borrow();
        Stats {
            executors: store.executors.iter().count(),
            ..store.stats.clone()
        }
    }
}

impl std::fmt::Debug for ExecutorGraph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecutorGraph")
            .field("store", &self.store)
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}
