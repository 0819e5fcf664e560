//! [`Core`]: what all machines of one interpreter share, helpers' contexts included.
//!
//! It holds state and says what it is. What runs on it is above: the loop
//! ([`interpreter`](crate::interpreter)), the recorder, traces' memory. Nested runs share it, so all of it
//! is behind `&`, and no borrow of it is held while host code or a trace runs.

use crate::checks::Checks;
use crate::edges::Edges;
use crate::graph::{Dependency, ExecutorGraph, ExecutorInfo, ExecutorRef, Executors};
use crate::interrupt::Interrupt;
use crate::language::context::Shim;
use crate::language::program::Program;
use crate::language::stack::{Stack, unlink};
use crate::observer::Observing;
use crate::place_name::{Names, PlaceName};
use crate::registry::Registry;
use crate::roots::Roots;
use offramp_uop::{Interface, Pc, Trace};
use std::cell::{RefCell, RefMut};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Is shown every trace that was installed.
pub(crate) type Inspector = Box<dyn FnMut(&Trace, &ExecutorInfo, Executors<'_>) + Send>;

/// An interpreter, as nested runs share it.
pub(crate) struct Core<P: Program> {
    program: P,
    graph: ExecutorGraph,
    registry: RefCell<Registry<Shim<P>>>,
    /// Names the registry's entries.
    #[cfg(feature = "native")]
    entries: usize,
    edges: Edges,
    interrupt: Arc<Interrupt>,
    inspector: RefCell<Option<Inspector>>,
    observing: Observing,
    checks: Checks,
    /// Every so many guards that hold leave all the same; 0 is never.
    forced: AtomicU32,
    /// See [`Interpreter::instructions_interpreted`](crate::Interpreter::instructions_interpreted).
    executed: AtomicU64,
    /// Those of them that were recorded.
    recorded: AtomicU64,
    roots: Roots,
    /// Traces have what the stack has: values of this layout, of one thread or of any.
    values: PhantomData<Stack<P::Layout>>,
}

impl<P: Program> Names for Core<P> {
    fn name_of(&self, pc: Pc) -> PlaceName {
        self.program.name_of(pc)
    }

    fn return_of(&self, link: i64) -> Option<Pc> {
        Some(unlink(link)?.0)
    }
}

impl<P: Program> Core<P> {
    pub(crate) fn new(program: P, graph: ExecutorGraph, registry: Registry<Shim<P>>) -> Core<P> {
        Core {
            #[cfg(feature = "native")]
            entries: crate::native::Entries::identity(registry.entries()),
            program,
            graph,
            registry: RefCell::new(registry),
            edges: Edges::new(),
            interrupt: Arc::new(Interrupt::new()),
            inspector: RefCell::new(None),
            observing: Observing::default(),
            checks: Checks::default(),
            forced: AtomicU32::new(0),
            executed: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            roots: Roots::default(),
            values: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn program(&self) -> &P {
        &self.program
    }

    #[inline(always)]
    pub(crate) fn graph(&self) -> &ExecutorGraph {
        &self.graph
    }

    pub(crate) fn executors(&self) -> Executors<'_> {
        Executors::of(&self.graph, self)
    }

    /// How often edges are taken before the graph is asked.
    #[inline(always)]
    pub(crate) fn edges(&self) -> &Edges {
        &self.edges
    }

    #[inline(always)]
    pub(crate) fn interrupt(&self) -> &Arc<Interrupt> {
        &self.interrupt
    }

    pub(crate) fn inspector(&self) -> &RefCell<Option<Inspector>> {
        &self.inspector
    }

    /// Tells the observer what has happened.
    pub(crate) fn tell(&self) {
        self.observing.tell(self.executors());
    }

    pub(crate) fn observing(&self) -> &Observing {
        &self.observing
    }

    /// What the shadow check waits for and has found.
    pub(crate) fn checks(&self) -> &Checks {
        &self.checks
    }

    /// See [`Machine::depends_on`](crate::Machine::depends_on).
    pub(crate) fn depend(&self, executor: ExecutorRef, key: Dependency) {
        self.graph.depend(executor, key);
    }

    /// Whether traces may depend on `key`.
    pub(crate) fn is_steady(&self, key: Dependency) -> bool {
        self.graph.is_steady(key)
    }

    /// See [`Context::invalidate`](crate::Context::invalidate). Observers are told at the end of what
    /// the run does at its edge, as of everything that happens while traces run.
    pub(crate) fn invalidate_dependency(&self, key: Dependency) -> usize {
        self.graph.invalidate_dependency(key)
    }

    #[inline(always)]
    pub(crate) fn roots(&self) -> &Roots {
        &self.roots
    }

    /// See [`Context::roots`](crate::Context::roots).
    pub(crate) fn all_roots(&self) -> Vec<u64> {
        let mut all = self.graph.references();
        self.roots.add_to(&mut all);
        self.checks.references(&mut all);
        all
    }

    /// See [`ExecutorGraph::general`].
    pub(crate) fn general(&self, pc: Pc) -> bool {
        self.graph.general(pc)
    }

    /// The plain interpreter executes an instruction.
    pub(crate) fn count_executed(&self) {
        self.executed.fetch_add(1, Relaxed);
    }

    /// One that it executed was recorded.
    pub(crate) fn count_recorded(&self) {
        self.recorded.fetch_add(1, Relaxed);
    }

    /// How many it has executed, as far as they were counted.
    pub(crate) fn executed(&self) -> u64 {
        self.executed.load(Relaxed)
    }

    /// How many of them were recorded.
    pub(crate) fn recorded(&self) -> u64 {
        self.recorded.load(Relaxed)
    }

    pub(crate) fn registry(&self) -> RefMut<'_, Registry<Shim<P>>> {
        self.registry.borrow_mut()
    }

    pub(crate) fn interface(&self) -> Arc<Interface> {
        self.registry.borrow().interface().clone()
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt.is_raised()
    }

    /// Where compiled code polls.
    pub(crate) fn interrupt_word(&self) -> *const u64 {
        self.interrupt.word()
    }

    /// Whose direct helpers run on this core's memory.
    #[cfg(feature = "native")]
    pub(crate) fn entries(&self) -> usize {
        self.entries
    }

    /// How many guards hold before one is forced to leave.
    pub(crate) fn forced(&self) -> u32 {
        self.forced.load(Relaxed)
    }

    /// From now on every `period`-th guard that holds leaves; 0 ends that.
    #[cfg(any(test, feature = "test-hooks"))]
    pub(crate) fn force_exits(&self, period: u32) {
        self.forced.store(period, Relaxed);
    }
}
