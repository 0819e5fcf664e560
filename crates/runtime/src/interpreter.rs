//! [`Interpreter`]: runs a program, and decides when to record and when to enter a trace.
//!
//! ```text
//! run ── Direct, instruction by instruction ── loop edge or entry ── cold counter? ──▶ hot
//!  ▲                                                                                  │
//!  └──── frame and place ◀── record (Recorder) ◀── asks for a side trace ◀── enter a root
//! ```
//! The generic part is thin: the loop, the recording loop and what they call inline. Counters lie
//! beside the graph so that an edge that is not hot costs a load, a compare and a store; an
//! interrupt is raised by moving what they are compared with. What hot edges do is in [`hot`].

mod hot;

pub(crate) use hot::Hot;

use crate::direct::Direct;
use crate::edges::{Counters, Edges};
use crate::engine::EngineError;
use crate::explain::Explain;
use crate::graph::{
    Arrival, Dependency, Event, ExecutorGraph, ExecutorInfo, ExecutorRef, Executors, Report,
};
use crate::interrupt::{Interrupt, InterruptHandle};
use crate::language::fault::Fault;
use crate::language::helper::Failure;
use crate::language::kind::{Key, Pair, Returns};
use crate::language::phases::{Flow, Op};
use crate::language::program::Program;
use crate::language::stack::{Stack, unlink};
use crate::native_stack;
use crate::observer::Observing;
use crate::place_name::{Names, PlaceName};
use crate::recorder::{Limits, Log, Recorder, Registry, Witness};
use crate::roots::Roots;
use crate::shadow::Difference;
use offramp_uop::{Builder, HelperId, Interface, Pc, Trace};
use rustc_hash::FxHashMap;
use std::cell::{RefCell, RefMut};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// Runs one program, tracing what gets hot.
///
/// It runs on one thread at a time. It may move to another if its [`Stack`] may, which says more.
pub struct Interpreter<P: Program> {
    core: Core<P>,
    /// Why it makes no traces.
    refusal: Option<EngineError>,
}

/// Where a host with a loop of its own goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At<A> {
    /// At this instruction, in the frame where the stack's base is.
    Resume(Pc),
    /// The program has ended.
    Finished(A),
}

impl<P: Program> Interpreter<P> {
    pub(crate) fn new(
        program: P,
        graph: ExecutorGraph,
        registry: Registry<P>,
        refusal: Option<EngineError>,
    ) -> Interpreter<P> {
        let core = Core {
            #[cfg(feature = "native")]
            entries: crate::native::Entries::identity(registry.entries()),
            program,
            graph,
            registry: RefCell::new(registry),
            edges: Edges::new(),
            interrupt: Arc::new(Interrupt::new()),
            inspector: RefCell::new(None),
            observing: Observing::default(),
            forced: AtomicU32::new(0),
            executed: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            shadows: RefCell::default(),
            differences: RefCell::default(),
            answered: RefCell::default(),
            roots: Roots::default(),
            values: PhantomData,
        };
        Interpreter { core, refusal }
    }

    /// Runs from `pc` in the stack's running frame until the program finishes.
    ///
    /// # Errors
    /// When an instruction fails or an interrupt is raised. The stack's base is then at the
    /// instruction's frame. Inside another run, also of another interpreter, when too little of
    /// the native stack is left.
    pub fn run(
        &mut self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        pc: Pc,
    ) -> Result<P::Answer, Fault> {
        let answer = self.core.run(host, stack, pc)?;
        Ok(P::Answer::of_answer(answer, Key(())))
    }

    /// For hosts with a loop of their own: to be called at loop edges and function entries, with
    /// the stack as the instruction at `pc` will find it.
    ///
    /// # Errors
    /// As [`run`](Interpreter::run).
    #[inline(always)]
    pub fn at(
        &mut self,
        arrival: Arrival,
        pc: Pc,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
    ) -> Result<At<P::Answer>, Fault> {
        let core = &self.core;
        if Core::<P>::is_cool(&core.edges.near(), core.interrupt.patience(), pc) {
            return Ok(At::Resume(pc));
        }
        let _running = self.core.begin(pc)?;
        match self.core.hot(host, stack, arrival, pc) {
            Hot::Resume(pc) => Ok(At::Resume(pc)),
            Hot::Finished(answer) => Ok(At::Finished(P::Answer::of_answer(answer, Key(())))),
            Hot::Fault(fault) => Err(fault),
        }
    }

    /// Executes the instruction at `pc` and no other, and never a trace: for hosts that try one
    /// again that failed.
    ///
    /// # Errors
    /// As [`run`](Interpreter::run).
    pub fn step(
        &mut self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        pc: Pc,
    ) -> Result<At<P::Answer>, Fault> {
        let _running = self.core.begin(pc)?;
        Ok(match self.core.interpret::<true>(host, stack, pc, 1)? {
            At::Resume(pc) => At::Resume(pc),
            At::Finished(answer) => At::Finished(P::Answer::of_answer(answer, Key(()))),
        })
    }

    /// What [`Context::roots`](crate::Context::roots) says, between runs.
    pub fn roots(&self) -> Vec<u64> {
        self.core.all_roots()
    }

    /// What the instruction at `pc` would do now, as uops, without doing it.
    pub fn explain(&mut self, host: &mut P::Host, stack: &mut Stack<P::Layout>, pc: Pc) -> String {
        let limits = Limits::of(&self.core.graph.config());
        let builder = Builder::new("instruction", pc, self.core.interface());
        let _held = self.core.roots.hold_recording(&[]);
        let mut explain = Explain::new(Recorder {
            run: Direct::new(&self.core, host, stack, pc),
            log: RefCell::new(Log::new(builder, limits)),
            executor: None,
            contrary: false,
            witness: None,
        });
        explain.begin(pc);
        let flow = self.core.program.step(Op::new(&mut explain), pc).flow;
        explain.finish(flow)
    }

    /// Why it makes no traces, if the machine refuses and its engine was made [with a
    /// fallback](crate::Engine::with_fallback).
    pub fn refusal(&self) -> Option<&EngineError> {
        self.refusal.as_ref()
    }

    /// The program.
    pub fn program(&self) -> &P {
        &self.core.program
    }

    /// Its executors: to look at, to invalidate, to observe.
    pub fn graph(&self) -> Executors<'_> {
        self.core.executors()
    }

    /// Tells `observer` of every event from now on, with the executors and the program's names at
    /// hand. It takes the place of the one [`Executors::observe`] has set, and that of this.
    ///
    /// Events are told in order, when the run has come to the end of what it does at a loop edge or
    /// function entry: enter traces, record, compile. What the host does between two such edges, or
    /// between two runs, is told then. The observer may call the executors; what happens by that is
    /// told when it has returned. A panic of it comes out of the run, as
    /// [`ExecutorGraph::observe`] says.
    ///
    /// ```
    /// # use offramp::{Config, Done, Engine, Event, Machine, Op, Pc, PlaceName, Program, Stack, Words};
    /// # struct Count;
    /// # impl Program for Count {
    /// #   type Host = ();
    /// #   type Layout = Words;
    /// #   type Answer = i64;
    /// #   fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
    /// #       let next = m.add(m.int(0), m.constant(1));
    /// #       if m.is_less(next, m.constant(1000)) {
    /// #           return m.commit().set(0, next).loop_to(0);
    /// #       }
    /// #       m.commit().finish(next)
    /// #   }
    /// #   fn name_of(&self, pc: Pc) -> PlaceName {
    /// #       PlaceName::of(pc).with_source("count.x").with_line(1)
    /// #   }
    /// # }
    /// use std::sync::{Arc, Mutex};
    /// let mut interpreter = Engine::new(Config::default())?.interpreter(Count)?;
    /// let log = Arc::new(Mutex::new(Vec::new()));
    /// let lines = log.clone();
    /// interpreter.observe(move |event, executors| {
    ///     if !matches!(event, Event::Entered { .. } | Event::ColdExit { .. }) {
    ///         lines.lock().unwrap().push(executors.describe(event));
    ///     }
    /// });
    /// assert_eq!(interpreter.run(&mut (), &mut Stack::new(100), 0)?, 1000);
    /// assert_eq!(log.lock().unwrap()[0], "recording from count.x:1, instruction 0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn observe(&mut self, observer: impl FnMut(&Event, Executors<'_>) + Send + 'static) {
        self.core
            .observing
            .set(&self.core.graph, Box::new(observer));
    }

    /// Shows every trace to `inspector` when it has been installed: as it was recorded, and as it
    /// was optimised.
    pub fn inspect(&mut self, mut inspector: impl FnMut(&Trace, &Trace) + Send + 'static) {
        self.inspect_executors(move |recorded, installed| inspector(recorded, &installed.trace));
    }

    /// Shows every executor that was made from a recording to `inspector` when it has been
    /// installed, with the trace as it was recorded. Adapters are not shown.
    pub fn inspect_executors(
        &mut self,
        mut inspector: impl FnMut(&Trace, &ExecutorInfo) + Send + 'static,
    ) {
        self.inspect_graph(move |recorded, installed, _| inspector(recorded, installed));
    }

    /// As [`inspect_executors`](Interpreter::inspect_executors), with all executors at hand: for
    /// [showing](Executors::annotated) traces with the program's names.
    pub fn inspect_graph(
        &mut self,
        inspector: impl FnMut(&Trace, &ExecutorInfo, Executors<'_>) + Send + 'static,
    ) {
        let before = self.core.inspector.replace(Some(Box::new(inspector)));
        // The host's, and nothing is borrowed here.
        drop(before);
    }

    /// How compiled code calls the helpers that were registered so far.
    #[cfg(all(feature = "native", any(test, feature = "test-hooks")))]
    #[doc(hidden)]
    pub fn helper_entries(&self) -> Vec<offramp_uop::lower::HelperEntry> {
        self.core.registry().entries().all()
    }

    /// What [`Config::shadow`](crate::Config::shadow) has found: instructions that did something else than their traces
    /// say, because they looked at what is not the machine's.
    pub fn differences(&self) -> Vec<Difference> {
        self.core.differences.borrow().clone()
    }

    /// From now on every `period`-th guard that holds leaves through its exit all the same; 0 ends
    /// that. Every exit of a guard leads back to its instruction's start, so results stay.
    #[cfg(any(test, feature = "test-hooks"))]
    #[doc(hidden)]
    pub fn force_exits(&mut self, period: u32) {
        self.core.forced.store(period, Relaxed);
    }

    /// How many instructions the plain interpreter has executed, while recording too, with
    /// [`Config::profile`](crate::Config::profile). What else a program executed ran in traces.
    pub fn instructions_interpreted(&self) -> u64 {
        self.core.executed.load(Relaxed)
    }

    /// Why the program runs as it does: where its instructions were executed, which exits were taken
    /// and why they are not linked, which recordings were abandoned, how large the trees of traces
    /// are. With [`Config::profile`](crate::Config::profile) on from the start it counts what is
    /// `None` in it otherwise. Asking costs time; not asking costs none.
    ///
    /// [`Report`] has an example, the book's chapter on reports explains what to do about what it
    /// says.
    pub fn report(&self) -> Report {
        let mut report = self.core.graph.report(&self.core);
        let recorded = self.core.recorded.load(Relaxed);
        report.instructions.recording = Some(recorded);
        report.instructions.interpreted = self
            .core
            .graph
            .profiles()
            .then(|| self.instructions_interpreted() - recorded);
        report
    }

    /// Interrupts its runs, from any thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle::of(&self.core.interrupt)
    }
}

impl<P: Program> fmt::Debug for Interpreter<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interpreter").finish_non_exhaustive()
    }
}

/// An interpreter, as nested runs share it.
pub(crate) struct Core<P: Program> {
    program: P,
    graph: ExecutorGraph,
    registry: RefCell<Registry<P>>,
    /// Names the registry's entries.
    #[cfg(feature = "native")]
    entries: usize,
    edges: Edges,
    interrupt: Arc<Interrupt>,
    inspector: RefCell<Option<Inspector>>,
    observing: Observing,
    /// Recorded roots that wait to be checked, and what was found.
    shadows: RefCell<FxHashMap<Pc, (Trace, u32)>>,
    differences: RefCell<Vec<Difference>>,
    /// What helpers that depend on their arguments alone have returned, with
    /// [`Config::shadow`](crate::Config::shadow).
    answered: RefCell<FxHashMap<(HelperId, Vec<u64>), u64>>,
    /// Every so many guards that hold leave all the same; 0 is never.
    forced: AtomicU32,
    /// See [`Interpreter::instructions_interpreted`].
    executed: AtomicU64,
    /// Those of them that were recorded.
    recorded: AtomicU64,
    roots: Roots,
    /// Traces have what the stack has: values of this layout, of one thread or of any.
    values: PhantomData<Stack<P::Layout>>,
}

type Inspector = Box<dyn FnMut(&Trace, &ExecutorInfo, Executors<'_>) + Send>;

impl<P: Program> Names for Core<P> {
    fn name_of(&self, pc: Pc) -> PlaceName {
        self.program.name_of(pc)
    }

    fn return_of(&self, link: i64) -> Option<Pc> {
        Some(unlink(link)?.0)
    }
}

impl<P: Program> Core<P> {
    pub(crate) fn program(&self) -> &P {
        &self.program
    }

    fn executors(&self) -> Executors<'_> {
        Executors::of(&self.graph, self)
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

    pub(crate) fn roots(&self) -> &Roots {
        &self.roots
    }

    /// See [`Context::roots`](crate::Context::roots).
    pub(crate) fn all_roots(&self) -> Vec<u64> {
        let mut all = self.graph.references();
        self.roots.add_to(&mut all);
        // Traces that wait to be checked.
        let shadows = self.shadows.borrow();
        all.extend(shadows.values().flat_map(|(trace, _)| &trace.refs));
        all
    }

    /// See [`ExecutorGraph::general`].
    pub(crate) fn general(&self, pc: Pc) -> bool {
        self.graph.general(pc)
    }

    /// An instruction is executed that is not recorded.
    pub(crate) fn count_executed(&self) {
        self.executed.fetch_add(1, Relaxed);
    }

    /// Something that [`Config::shadow`](crate::Config::shadow) looks for.
    pub(crate) fn found(&self, difference: Difference) {
        self.differences.borrow_mut().push(difference);
    }

    /// What a helper has returned to these arguments for the first time, if it has before.
    pub(crate) fn answered_before(
        &self,
        helper: HelperId,
        args: Vec<u64>,
        now: u64,
    ) -> Option<u64> {
        let mut answered = self.answered.borrow_mut();
        let first = *answered.entry((helper, args)).or_insert(now);
        (first != now).then_some(first)
    }

    fn witness(&self) -> Option<RefCell<Witness>> {
        let shadow = self.graph.config().shadow;
        shadow.then(RefCell::default)
    }

    pub(crate) fn registry(&self) -> RefMut<'_, Registry<P>> {
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

    /// A run inside a helper.
    pub(crate) fn nested(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        pc: Pc,
    ) -> Result<P::Answer, Fault> {
        let answer = self.run(host, stack, pc)?;
        Ok(P::Answer::of_answer(answer, Key(())))
    }

    /// Counts an edge to `pc`; whether there is nothing more to do about it.
    #[inline(always)]
    fn is_cool(counters: &Counters, patience: &AtomicU32, pc: Pc) -> bool {
        let Some(counter) = counters.get(pc as usize) else {
            return false;
        };
        let left = counter.load(Relaxed);
        counter.store(left.wrapping_sub(1), Relaxed);
        left > patience.load(Relaxed)
    }

    /// A run begins at `pc`, if that leaves enough of the native stack.
    fn begin(&self, pc: Pc) -> Result<native_stack::Running, Fault> {
        let reserve = self.graph.config().native_stack;
        native_stack::Running::begin(reserve).map_err(|left| Fault::NativeStack { pc, left })
    }

    fn run(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        mut start: Pc,
    ) -> Result<Pair<u64>, Fault> {
        let _running = self.begin(start)?;
        let ran = loop {
            let ended = match self.graph.profiles() {
                false => self.interpret::<false>(host, stack, start, u64::MAX),
                true => self.interpret::<true>(host, stack, start, u64::MAX),
            };
            match ended {
                Ok(At::Resume(pc)) => start = pc,
                Ok(At::Finished(answer)) => break Ok(answer),
                Err(fault) => break Err(fault),
            }
        };
        self.observing.tell(self.executors());
        ran
    }

    /// A function for each `COUNT`, so that counting costs nothing where it is off. With it, at most
    /// `left` instructions are executed.
    #[inline(never)]
    fn interpret<const COUNT: bool>(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        start: Pc,
        mut left: u64,
    ) -> Result<At<Pair<u64>>, Fault> {
        let mut counters = self.edges.counters();
        let patience = self.interrupt.patience();
        let mut machine = Direct::new(self, host, stack, start);
        machine.next = start;
        loop {
            let pc = machine.next;
            if COUNT {
                if left == 0 {
                    return Ok(At::Resume(pc));
                }
                left -= 1;
                self.executed.fetch_add(1, Relaxed);
            }
            machine.begin(pc);
            let arrival = match self.program.step(Op::new(&mut machine), pc).flow {
                // The machine knows where, which spares telling these from each other.
                Flow::Next | Flow::Jump(_) | Flow::Return(_) | Flow::Transfer(_) => continue,
                Flow::Loop(_) => Arrival::Loop,
                Flow::Enter(_) => Arrival::Function,
                Flow::Finish => return Ok(At::Finished(machine.answer)),
                Flow::Fail => return Err(failed(machine.pc(), machine.failure)),
            };
            let target = machine.next;
            if COUNT && left == 0 {
                return Ok(At::Resume(target));
            }
            if Self::is_cool(&counters, patience, target) {
                continue;
            }
            let host = &mut *machine.host;
            let hot = |stack: &mut Stack<P::Layout>| self.hot(host, stack, arrival, target);
            match machine.frame.with_stack(hot) {
                Hot::Resume(target) => machine.next = target,
                Hot::Finished(answer) => return Ok(At::Finished(answer)),
                Hot::Fault(fault) => return Err(fault),
            }
            self.edges.refresh(&mut counters);
        }
    }
}

#[cold]
fn failed(pc: Pc, failure: Option<Failure>) -> Fault {
    let failure = failure.unwrap_or(Failure("the instruction failed"));
    Fault::Failed { pc, failure }
}
