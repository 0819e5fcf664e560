//! What makes traces run: the interface of back ends, and the evaluator as one.
//!
//! A back end turns a trace into [`Code`] and runs code from an entry until an exit that is not
//! linked. Following links is the back end's own work and does not come back to the graph's
//! policy: machine code does it by a tail jump through the exit record. It may use the exit's
//! state and the target's signature only; looking at the frame instead would hide a wrong
//! signature.

use super::handle::ExecutorRef;
use super::trace_end::ends_with;
use offramp_uop::evaluate::{self, Call, Entry, Left, Outcome, State};
use offramp_uop::{EntrySignature, ExitId, HelperId, Holds, Mem, Pc, Trace};
use smallvec::SmallVec;
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A runnable trace, as its back end knows it. Dropping it frees the memory.
pub trait Code: Any + Debug + Send + Sync {
    /// How many bytes it counts against the code budget.
    fn bytes(&self) -> usize;

    /// What there is to say about its size; all zero where it is not machine code.
    fn figures(&self) -> CodeFigures {
        CodeFigures::default()
    }

    /// How often the exit was taken, linked or not; `None` where the graph counts.
    fn taken(&self, _exit: ExitId) -> Option<u64> {
        None
    }

    /// How often control came to the loop by itself; `None` unless every exit is counted, too.
    fn rounds(&self) -> Option<Rounds> {
        None
    }

    /// The code as text, if it was [kept](crate::Config::listings).
    fn listing(&self) -> Option<Arc<Listing>> {
        None
    }

    /// Whether what the exit hands over arrives where the entry takes it, given that state and
    /// signature agree.
    fn fits(&self, _exit: ExitId, _to: &dyn Code, _entry: Entry) -> bool {
        true
    }

    /// Makes the exit lead to the entry, without coming back to the graph.
    fn link(&self, _exit: ExitId, _to: &dyn Code, _entry: Entry) {}

    /// Makes the exit lead to the cold exit again.
    fn unlink(&self, _exit: ExitId) {}

    /// The executor became unreachable: a `check_valid` in it leaves from now on.
    fn invalidate(&self) {}

    /// Makes returns to `pc` lead to the start of this code, which takes everything from memory.
    fn link_return_point(&self, _pc: Pc) {}

    /// Makes returns to `pc`, which lead to this code, lead to the cold exit again.
    fn unlink_return_point(&self, _pc: Pc) {}
}

/// Sizes of an executor's machine code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeFigures {
    /// Bytes of instructions.
    pub code_bytes: usize,
    /// Those of them that leave: the exits' own blocks and the block they share. The exit at the
    /// end of a trace is part of its line and not counted.
    pub exit_bytes: usize,
    /// Bytes of exit records.
    pub record_bytes: usize,
}

/// How often control came to the header of a trace that loops; entries from elsewhere do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rounds {
    /// From the preamble.
    pub into_loop: u64,
    /// By the loop's edge.
    pub back: u64,
}

/// An executor's code as text, one part per function: the entry and, if there is one, the loop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// Cranelift IR.
    pub clif: Vec<String>,
    /// Machine code in assembly, as Cranelift writes it.
    pub asm: Vec<String>,
    /// Machine code.
    pub bytes: Vec<Vec<u8>>,
}

/// A trace to be made runnable, and what is known of its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Compile<'a> {
    /// The trace.
    pub trace: &'a Arc<Trace>,
    /// The executor it will be.
    pub executor: ExecutorRef,
    /// The exit it takes over from: a side trace's or adapter's parent.
    pub parent: Option<(&'a dyn Code, ExitId)>,
    /// The entry its last exit was made for, if it was made for one.
    pub onward: Option<&'a EntrySignature>,
    /// Count every exit ([`Code::taken`]) and round ([`Code::rounds`]).
    pub profile: bool,
}

/// Why a trace could not be made runnable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// Its code got no memory.
    #[cfg(feature = "native")]
    #[error("the code could not be published")]
    CodeMemory(#[from] crate::code_memory::CodeMemoryError),
    /// The trace cannot be made machine code.
    #[cfg(feature = "native")]
    #[error("the trace could not be lowered")]
    Lower(#[from] offramp_uop::lower::LowerError),
    /// There is not enough memory left to compile it.
    #[error("not enough memory is left to compile the trace")]
    Memory,
    /// A test asked for this failure.
    #[error("a test asked for this compile to fail")]
    Asked,
}

/// Where and with what an executor is entered.
#[derive(Clone, Debug)]
pub struct Entrance {
    /// The executor.
    pub executor: ExecutorRef,
    /// Its code.
    pub code: Arc<dyn Code>,
    /// Which of its entries.
    pub entry: Entry,
    /// The values it takes over: parameters of the entry's signature in order, then invariants.
    pub handed: SmallVec<[u64; 8]>,
    /// The frame base, as an absolute word.
    pub base: i64,
}

impl Entrance {
    /// Into a root, which takes nothing over.
    pub(super) fn of_root(executor: ExecutorRef, code: Arc<dyn Code>, base: i64) -> Entrance {
        Entrance {
            executor,
            code,
            entry: Entry::Start,
            handed: SmallVec::new(),
            base,
        }
    }
}

/// An exit was taken that no back end can follow by itself.
#[derive(Clone, Copy)]
pub struct Taken<'a> {
    /// The exit's owner.
    pub executor: ExecutorRef,
    /// Which of its exits.
    pub exit: ExitId,
    /// The instruction to go on at.
    pub pc: Pc,
    /// The frame base there, as an absolute word.
    pub base: i64,
    /// See [`Left::transferred`].
    pub transferred: bool,
    /// See [`Left::unmade`].
    pub unmade: bool,
    /// Instructions of the program that traces have executed since the last question, without those
    /// of the trace that this exit leaves; or fewer.
    pub work: u64,
    /// Decodes all that the exit left. Where it leads does not depend on it, so that is done by
    /// tests only.
    pub left: &'a dyn Fn() -> Left,
}

impl Debug for Taken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Taken").field(&(self.left)()).finish()
    }
}

/// Where an exit leads.
#[derive(Clone, Debug)]
pub enum Onward {
    /// To an entry that takes over what is pending.
    Jump {
        /// The executor.
        executor: ExecutorRef,
        /// Its code.
        code: Arc<dyn Code>,
        /// Which of its entries.
        entry: Entry,
    },
    /// To the start of an executor that takes everything from memory: what is pending is to be
    /// stored first.
    StoreAndJump {
        /// The executor.
        executor: ExecutorRef,
        /// Its code.
        code: Arc<dyn Code>,
    },
    /// To the host: what is pending is to be stored first.
    Leave,
}

/// What exit records say, and what running code tells the graph.
pub trait Records {
    /// Where an exit leads. A back end that follows links by itself asks only at those that lead to
    /// the cold exit.
    fn onward(&self, taken: &Taken<'_>) -> Onward;
    /// Whether `executor` is still valid.
    fn is_valid(&self, executor: ExecutorRef) -> bool;
    /// An exit of `executor` is about to be taken; compiled code tells only where a test
    /// watches it, the evaluator by [`onward`](Records::onward).
    fn leaving(&self, _executor: ExecutorRef, _exit: ExitId) {}
    /// Runs a test's hook for an exit of `executor` that is about to ask where it leads, unless
    /// [`leaving`](Records::leaving) has run it. [`onward`](Records::onward) does not run it again.
    fn asks(&self, _executor: ExecutorRef, _exit: ExitId) {}
    /// Whether something may run between an exit and what it leads to: a test's hook.
    fn has_hook(&self) -> bool {
        false
    }
    /// `executor` is about to call a helper that may run the host's program.
    fn before_call(&self, executor: ExecutorRef);
    /// The helper is back.
    fn after_call(&self);
}

/// The part of making traces runnable that any thread may do.
pub trait Compiler: Debug + Send + Sync {
    /// Compiles a trace. The result runs once its back end has [published](Backend::publish) it.
    ///
    /// # Errors
    /// If it cannot; nothing is left behind then.
    fn compile(&self, compile: &Compile<'_>) -> Result<Box<dyn Unpublished>, CompileError>;
}

/// A compiled trace that cannot run yet. What it is, is its back end's.
pub trait Unpublished: Any + Debug + Send {}

/// Makes traces runnable and runs them.
pub trait Backend: Debug + Send {
    /// What compiles for this back end. It may outlive the back end: what it compiled is then of no use.
    fn compiler(&self) -> Arc<dyn Compiler>;

    /// Makes runnable what the [compiler](Backend::compiler) of this back end has compiled. This is apart from
    /// compiling as memory for code may change its protection for it: no trace of the back end may be running
    /// on another thread then.
    ///
    /// # Errors
    /// If it cannot; nothing is left behind then.
    ///
    /// # Panics
    /// If another back end's compiler has made it.
    fn publish(&self, compiled: Box<dyn Unpublished>) -> Result<Arc<dyn Code>, CompileError>;

    /// Makes a trace runnable, here and now.
    ///
    /// # Errors
    /// If it cannot; nothing is left behind then.
    fn compile(&self, compile: &Compile<'_>) -> Result<Arc<dyn Code>, CompileError> {
        self.publish(self.compiler().compile(compile)?)
    }

    /// Runs from `entrance` until an exit that [leads to the host](Onward::Leave), with everything
    /// stored then that was pending.
    fn run(&self, records: &dyn Records, entrance: Entrance, state: &mut dyn State);
}

/// Runs traces by the evaluator: the reference for every other back end.
#[derive(Clone, Copy, Debug, Default)]
pub struct EvaluatorBackend;

#[derive(Debug)]
struct EvaluatorCode {
    trace: Arc<Trace>,
    header: Option<EntrySignature>,
    /// Ways from the preamble into the loop, and rounds; `None` unless profiling.
    counts: Option<[AtomicU64; 2]>,
}

impl EvaluatorCode {
    fn from_code(code: &dyn Code) -> &EvaluatorCode {
        let code = (code as &dyn Any).downcast_ref();
        code.expect("a back end runs its own code")
    }

    fn signature(&self, entry: Entry) -> &EntrySignature {
        match (entry, &self.header) {
            (Entry::Start, _) => &self.trace.entry,
            (Entry::Header, header) => header.as_ref().expect("a link leads to an entry"),
        }
    }

    /// A run from `entry` came to the header so often.
    fn count(&self, entry: Entry, arrivals: u64) {
        let Some([into_loop, back]) = self.counts.as_ref().filter(|_| arrivals > 0) else {
            return;
        };
        let from_start = u64::from(entry == Entry::Start);
        into_loop.fetch_add(from_start, Ordering::Relaxed);
        back.fetch_add(arrivals - 1, Ordering::Relaxed);
    }
}

impl Code for EvaluatorCode {
    fn bytes(&self) -> usize {
        self.trace.uops.len() * size_of::<offramp_uop::Uop>()
    }

    fn rounds(&self) -> Option<Rounds> {
        let [into_loop, back] = self.counts.as_ref()?;
        Some(Rounds {
            into_loop: into_loop.load(Ordering::Relaxed),
            back: back.load(Ordering::Relaxed),
        })
    }
}

impl Unpublished for EvaluatorCode {}

impl Compiler for EvaluatorBackend {
    fn compile(&self, compile: &Compile<'_>) -> Result<Box<dyn Unpublished>, CompileError> {
        let trace = compile.trace.clone();
        let header = trace.header_signature();
        let counts = compile.profile.then(Default::default);
        Ok(Box::new(EvaluatorCode {
            trace,
            header,
            counts,
        }))
    }
}

impl Backend for EvaluatorBackend {
    fn compiler(&self) -> Arc<dyn Compiler> {
        Arc::new(EvaluatorBackend)
    }

    fn publish(&self, compiled: Box<dyn Unpublished>) -> Result<Arc<dyn Code>, CompileError> {
        let compiled: Box<dyn Any> = compiled;
        let code: Box<EvaluatorCode> = compiled.downcast().expect("the evaluator's own compiler");
        Ok(Arc::new(*code))
    }

    fn run(&self, records: &dyn Records, mut entrance: Entrance, state: &mut dyn State) {
        loop {
            let executor = entrance.executor;
            let code = EvaluatorCode::from_code(&*entrance.code);
            let mut running = Running {
                records,
                executor,
                trace: &code.trace,
                state,
                arrivals: 0,
                begun: 0,
                work: 0,
            };
            let left = evaluate::run(
                &code.trace,
                entrance.entry,
                &entrance.handed,
                entrance.base,
                &mut running,
            );
            code.count(entrance.entry, running.arrivals);
            let work = match ends_with(&code.trace, left.exit) {
                true => running.work + running.begun,
                false => running.work,
            };
            let decoded = || left.clone();
            let taken = Taken {
                executor,
                exit: left.exit,
                pc: left.pc,
                base: left.base,
                transferred: left.transferred,
                unmade: left.unmade,
                work,
                left: &decoded,
            };
            match records.onward(&taken) {
                Onward::Jump {
                    executor,
                    code,
                    entry,
                } => {
                    let signature = EvaluatorCode::from_code(&*code).signature(entry);
                    let handed = hand_over(&left, signature);
                    entrance = Entrance {
                        executor,
                        code,
                        entry,
                        handed,
                        base: left.base,
                    };
                }
                Onward::StoreAndJump { executor, code } => {
                    store_pending(&left, state);
                    entrance = Entrance::of_root(executor, code, left.base);
                }
                Onward::Leave => {
                    store_pending(&left, state);
                    return;
                }
            }
        }
    }
}

/// Writes what is pending to the frame.
fn store_pending(left: &Left, state: &mut dyn State) {
    for &(index, bits) in &left.words {
        state.store_word(index, bits);
    }
}

/// The values `left` holds for an entry whose signature agrees with its exit's state: agreement
/// means the same words in the same order, of which constants are not handed over.
fn hand_over(left: &Left, signature: &EntrySignature) -> SmallVec<[u64; 8]> {
    debug_assert_eq!(left.words.len(), signature.words.len());
    let words = signature.words.iter().zip(&left.words);
    let params = words.filter_map(|(entry, &(_, bits))| match entry.holds {
        Holds::Param(_) => Some(bits),
        Holds::Constant(_) => None,
    });
    let extras = left.extras.iter().copied().take(signature.extras.len());
    params.chain(extras).collect()
}

/// The host's state as one executor sees it: validity is the executor's, and calls that may run
/// the host's program pin it.
struct Running<'a> {
    records: &'a dyn Records,
    executor: ExecutorRef,
    trace: &'a Trace,
    state: &'a mut dyn State,
    /// Times control was at the header.
    arrivals: u64,
    /// Instructions since the trace began or its loop's edge was taken.
    begun: u64,
    /// Those before.
    work: u64,
}

impl Running<'_> {
    fn reenters(&self, helper: HelperId) -> bool {
        let helpers = &self.trace.interface.helpers;
        helpers[helper.index()].effects.closed().reenters
    }
}

/// Takes the note back even if the helper panics.
struct Noted<'a>(&'a dyn Records);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.after_call();
    }
}

impl State for Running<'_> {
    fn load_word(&mut self, index: i64) -> u64 {
        self.state.load_word(index)
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.state.store_word(index, bits);
    }
    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        self.state.load(address, mem)
    }
    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        self.state.store(address, mem, bits);
    }
    fn call(&mut self, call: Call<'_>) -> Outcome {
        if !self.reenters(call.helper) {
            return self.state.call(call);
        }
        self.records.before_call(self.executor);
        let _noted = Noted(self.records);
        self.state.call(call)
    }
    fn has_room(&mut self, index: i64) -> bool {
        self.state.has_room(index)
    }
    fn poll(&mut self) -> bool {
        self.state.poll()
    }
    fn is_valid(&mut self) -> bool {
        self.records.is_valid(self.executor) && self.state.is_valid()
    }
    fn at(&mut self, pc: Pc) {
        self.begun += 1;
        self.state.at(pc);
    }
    fn at_header(&mut self, trace: &Trace, handed: &[u64], base: i64) {
        self.arrivals += 1;
        self.work += std::mem::take(&mut self.begun);
        self.state.at_header(trace, handed, base);
    }
    fn force_exit(&mut self) -> bool {
        self.state.force_exit()
    }
}
