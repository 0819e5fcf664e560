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

use hot::{Hot, failed};

use crate::checks::Difference;
use crate::core::Core;
use crate::direct::Direct;
use crate::edges::Counters;
use crate::engine_error::EngineError;
use crate::graph::{Arrival, Event, ExecutorGraph, ExecutorInfo, Executors, Report};
use crate::interrupt::InterruptHandle;
use crate::language::context::Shim;
use crate::language::fault::{At, Fault};
use crate::language::kind::{Key, Pair, Returns};
use crate::language::phases::{Flow, Op};
use crate::language::program::Program;
use crate::language::stack::Stack;
use crate::native_stack;
use crate::recorder::{Purpose, Recorder, explained};
use crate::registry::Registry;
use offramp_uop::{Builder, Pc, Trace};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Runs one program, tracing what gets hot.
///
/// It runs on one thread at a time. It may move to another if its [`Stack`] may, which says more.
pub struct Interpreter<P: Program> {
    core: Core<P>,
    /// Why it makes no traces.
    refusal: Option<EngineError>,
}

impl<P: Program> Interpreter<P> {
    pub(crate) fn new(
        program: P,
        graph: ExecutorGraph,
        registry: Registry<Shim<P>>,
        refusal: Option<EngineError>,
    ) -> Interpreter<P> {
        let core = Core::new(program, graph, registry);
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
    ) -> Result<P::Answer, Fault<P::Error>> {
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
    ) -> Result<At<P::Answer>, Fault<P::Error>> {
        let core = &self.core;
        if Core::<P>::is_cool(&core.edges().near(), core.interrupt().patience(), pc) {
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
    ) -> Result<At<P::Answer>, Fault<P::Error>> {
        self.core.nested_step(host, stack, pc)
    }

    /// What [`Context::roots`](crate::Context::roots) says, between runs.
    pub fn roots(&self) -> Vec<u64> {
        self.core.all_roots()
    }

    /// What the instruction at `pc` would do now, as uops, without doing it.
    pub fn explain(&mut self, host: &mut P::Host, stack: &mut Stack<P::Layout>, pc: Pc) -> String {
        let core = &self.core;
        let builder = Builder::new("instruction", pc, core.interface());
        let _held = core.roots().hold_recording(&[]);
        let mut recorder = Recorder::new(core, host, stack, builder, Purpose::Explain);
        let flow = recorder.step(pc);
        explained(recorder.log.get_mut(), flow)
    }

    /// Why it makes no traces, if the machine refuses and its engine was made [with a
    /// fallback](crate::Engine::with_fallback).
    pub fn refusal(&self) -> Option<&EngineError> {
        self.refusal.as_ref()
    }

    /// The program.
    pub fn program(&self) -> &P {
        self.core.program()
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
    /// # use offramp::{Config, Done, Engine, Machine, Op, Pc, PlaceName, Program, Stack, Words};
    /// # use offramp::inspect::Event;
    /// # struct Count;
    /// # impl Program for Count {
    /// #   type Host = ();
    /// #   type Layout = Words;
    /// #   type Answer = i64;
    /// #   type Error = offramp::Failure;
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
        let observing = self.core.observing();
        observing.set(self.core.graph(), Box::new(observer));
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
        let before = self.core.inspector().replace(Some(Box::new(inspector)));
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
        self.core.checks().found()
    }

    /// From now on every `period`-th guard that holds leaves through its exit all the same; 0 ends
    /// that. Every exit of a guard leads back to its instruction's start, so results stay.
    #[cfg(any(test, feature = "test-hooks"))]
    #[doc(hidden)]
    pub fn force_exits(&mut self, period: u32) {
        self.core.force_exits(period);
    }

    /// How many instructions the plain interpreter has executed, while recording too, with
    /// [`Config::profile`](crate::Config::profile). What else a program executed ran in traces.
    pub fn instructions_interpreted(&self) -> u64 {
        self.core.executed()
    }

    /// Why the program runs as it does: where its instructions were executed, which exits were taken
    /// and why they are not linked, which recordings were abandoned, how large the trees of traces
    /// are. With [`Config::profile`](crate::Config::profile) on from the start it counts what is
    /// `None` in it otherwise. Asking costs time; not asking costs none.
    ///
    /// [`Report`] has an example, the book's chapter on reports explains what to do about what it
    /// says.
    pub fn report(&self) -> Report {
        let mut report = self.core.graph().report(&self.core);
        let recorded = self.core.recorded();
        report.instructions.recording = Some(recorded);
        report.instructions.interpreted = self
            .core
            .graph()
            .profiles()
            .then(|| self.instructions_interpreted() - recorded);
        report
    }

    /// Interrupts its runs, from any thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle::of(self.core.interrupt())
    }
}

impl<P: Program> fmt::Debug for Interpreter<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interpreter").finish_non_exhaustive()
    }
}

impl<P: Program> Core<P> {
    /// A run inside a helper.
    pub(crate) fn nested(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        pc: Pc,
    ) -> Result<P::Answer, Fault<P::Error>> {
        let answer = self.run(host, stack, pc)?;
        Ok(P::Answer::of_answer(answer, Key(())))
    }

    /// One instruction inside a helper, never a trace.
    pub(crate) fn nested_step(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        pc: Pc,
    ) -> Result<At<P::Answer>, Fault<P::Error>> {
        let _running = self.begin(pc)?;
        Ok(match self.interpret_counting(host, stack, pc, 1)? {
            At::Resume(pc) => At::Resume(pc),
            At::Finished(answer) => At::Finished(P::Answer::of_answer(answer, Key(()))),
        })
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
    fn begin(&self, pc: Pc) -> Result<native_stack::Running, Fault<P::Error>> {
        let reserve = self.graph().config().native_stack;
        native_stack::Running::begin(reserve).map_err(|left| Fault::NativeStack { pc, left })
    }

    fn run(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        mut start: Pc,
    ) -> Result<Pair<u64>, Fault<P::Error>> {
        let _running = self.begin(start)?;
        let ran = loop {
            let ended = match self.graph().profiles() {
                false => self.interpret(host, stack, start),
                true => self.interpret_counting(host, stack, start, u64::MAX),
            };
            match ended {
                Ok(At::Resume(pc)) => start = pc,
                Ok(At::Finished(answer)) => break Ok(answer),
                Err(fault) => break Err(fault),
            }
        };
        self.tell();
        ran
    }

    /// The loop that all speed of the plain interpreter hangs on.
    #[inline(never)]
    fn interpret(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        start: Pc,
    ) -> Result<At<Pair<u64>>, Fault<P::Error>> {
        let mut counters = self.edges().counters();
        let patience = self.interrupt().patience();
        let mut machine = Direct::new(self, host, stack, start);
        machine.next = start;
        loop {
            let pc = machine.next;
            machine.begin(pc);
            let arrival = match self.program().step(Op::new(&mut machine), pc).flow {
                // The machine knows where, which spares telling these from each other.
                Flow::Next | Flow::Jump(_) | Flow::Return(_) | Flow::Transfer(_) => continue,
                Flow::Loop(_) => Arrival::Loop,
                Flow::Enter(_) => Arrival::Function,
                Flow::Finish => return Ok(At::Finished(machine.answer)),
                Flow::Fail => return Err(failed(machine.pc(), machine.error)),
            };
            let target = machine.next;
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
            self.edges().refresh(&mut counters);
        }
    }

    /// The same, and counts: at most `left` instructions. On the recorder's machine, so that there is no
    /// second instance of the loop; it takes several times as long.
    #[cold]
    #[inline(never)]
    fn interpret_counting(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        start: Pc,
        mut left: u64,
    ) -> Result<At<Pair<u64>>, Fault<P::Error>> {
        let mut counters = self.edges().counters();
        let builder = Builder::new("instructions", start, self.interface());
        let mut machine = Recorder::new(self, host, stack, builder, Purpose::Execute);
        let mut pc = start;
        while left > 0 {
            left -= 1;
            self.count_executed();
            let flow = machine.step(pc);
            let direct = &mut machine.run;
            let arrival = match flow {
                Flow::Next | Flow::Jump(_) | Flow::Return(_) | Flow::Transfer(_) => None,
                Flow::Loop(_) => Some(Arrival::Loop),
                Flow::Enter(_) => Some(Arrival::Function),
                Flow::Finish => return Ok(At::Finished(direct.answer)),
                Flow::Fail => return Err(failed(pc, direct.error.take())),
            };
            pc = flow.next(pc);
            let Some(arrival) = arrival.filter(|_| left > 0) else {
                continue;
            };
            if Self::is_cool(&counters, self.interrupt().patience(), pc) {
                continue;
            }
            let host = &mut *direct.host;
            let hot = |stack: &mut Stack<P::Layout>| self.hot(host, stack, arrival, pc);
            match direct.frame.with_stack(hot) {
                Hot::Resume(target) => pc = target,
                Hot::Finished(answer) => return Ok(At::Finished(answer)),
                Hot::Fault(fault) => return Err(fault),
            }
            self.edges().refresh(&mut counters);
        }
        Ok(At::Resume(pc))
    }
}
