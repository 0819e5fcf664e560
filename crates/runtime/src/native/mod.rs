//! The machine-code back end: executors as code that Cranelift made.
//!
//! ```text
//!   run ─▶ trampoline ─▶ executor ═▶ executor ═▶ … ─▶ cold-exit function ─▶ run
//!                          ═▶ tail jump through an exit record
//! ```
//! The [`graph`](crate::ExecutorGraph) decides what leads where; here a link is a store to the
//! exit's record, and following it costs nothing outside compiled code.
//!
//! [`NativeEngine`] is what interpreters share: target, code memory, the code of the two stubs.
//! [`NativeBackend`] belongs to one interpreter: its machine context, its trampoline and its one
//! cold-exit function, freed with it.
//!
//! An exit that leads to the cold exit comes back here only if the graph has no code to go on at:
//! one that gets linked then jumps on, with its values where they are.

mod pending;
mod records;
mod returns;
mod run;
mod shim;
mod watch;

use crate::code_memory::{CodeMemory, CodeMemoryConfig, CodeSlot as Slot, Owner};
use crate::graph::{Backend, Code, Compile, CompileError, Entrance, Listing, Records};
use crate::headroom::Headroom;
use offramp_uop::evaluate::State;
use offramp_uop::lower::{self, Checks, LowerError, LowerOptions, Lowerer, Target};
use pending::Departures;
use records::{NativeCode, Published};
pub(crate) use shim::{Entries, Entry};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::iter;
use std::sync::Arc;

/// What compiling takes, in bytes: for each trace, and more for each of its uops.
const COMPILING: usize = 1 << 20;
const PER_UOP: usize = 4 << 10;

/// What native interpreters share.
#[derive(Debug)]
pub struct NativeEngine {
    target: Target,
    memory: Arc<CodeMemory>,
    cold_exit: lower::Code,
    trampoline: lower::Code,
    forced_exits: bool,
    forced_period: u64,
    far_records: bool,
    watched: bool,
    listings: bool,
    #[cfg(any(test, feature = "test-hooks"))]
    misnames_records: bool,
}

/// Settings of a [`NativeEngine`].
#[derive(Clone, Debug, Default)]
pub struct NativeOptions {
    /// The memory for code.
    pub memory: CodeMemoryConfig,
    /// Checks that Cranelift makes on its own work.
    pub checks: Checks,
    /// Make guards and polls leave by countdown; for tests.
    pub forced_exits: bool,
    /// With these: every so many guards and polls one leaves; 0 leaves it to `set_countdown`.
    pub forced_period: u64,
    /// Name exit records by their whole addresses, as must be done where they lie further from the
    /// machine context than memory usually does; for tests.
    pub far_records: bool,
    /// Make code tell the [`State`] of its instructions, guards and polls, as the evaluator does;
    /// for tests.
    pub watched: bool,
    /// Keep code as text.
    pub listings: bool,
    /// Make code name each exit by the next one's record, which debug builds notice; for tests.
    #[cfg(any(test, feature = "test-hooks"))]
    #[doc(hidden)]
    pub misnames_records: bool,
}

impl NativeEngine {
    /// An engine for the machine at hand.
    ///
    /// # Errors
    /// [`CompileError`] if the machine is not supported or gives no memory for code.
    pub fn new(options: NativeOptions) -> Result<NativeEngine, CompileError> {
        let memory = CodeMemory::new(&options.memory)?;
        let builder = cranelift_native::builder()
            .map_err(|error| CompileError::Lower(LowerError::Target(error.to_owned())))?;
        let target = Target::from_builder(builder, options.checks)?;
        let mut lowerer = Lowerer::new();
        Ok(NativeEngine {
            cold_exit: lower::cold_exit(&mut lowerer, &target)?,
            trampoline: lower::trampoline(&mut lowerer, &target)?,
            target,
            memory,
            forced_exits: options.forced_exits,
            forced_period: options.forced_period,
            far_records: options.far_records,
            watched: options.watched,
            listings: options.listings,
            #[cfg(any(test, feature = "test-hooks"))]
            misnames_records: options.misnames_records,
        })
    }
}

#[cfg(any(test, feature = "test-hooks"))]
#[doc(hidden)]
impl NativeEngine {
    /// The memory its code is in.
    pub fn memory(&self) -> &CodeMemory {
        &self.memory
    }
}

/// Runs the traces of one interpreter as machine code.
#[derive(Debug)]
pub struct NativeBackend {
    engine: Arc<NativeEngine>,
    owner: Owner,
    lowerer: RefCell<Lowerer>,
    stubs: Stubs,
    context: Arc<run::Context>,
    /// The helpers that code calls directly; without, all are dispatched.
    entries: Option<Arc<Entries>>,
}

/// An interpreter's own code.
#[derive(Debug)]
struct Stubs {
    cold_exit: Slot,
    trampoline: Slot,
}

impl NativeBackend {
    /// A back end for one interpreter.
    ///
    /// # Errors
    /// [`CompileError::CodeMemory`] if its stubs cannot be published.
    pub fn new(engine: Arc<NativeEngine>) -> Result<NativeBackend, CompileError> {
        let owner = engine.memory.owner();
        let publish = |code| engine.memory.publish(owner, code);
        let stubs = Stubs {
            cold_exit: publish(&engine.cold_exit)?,
            trampoline: publish(&engine.trampoline)?,
        };
        let lowerer = RefCell::new(Lowerer::new());
        let cold_exit = stubs.cold_exit.entry();
        let context = run::Context::new(cold_exit, engine.forced_period, engine.far_records);
        Ok(NativeBackend {
            engine,
            owner,
            lowerer,
            stubs,
            context: Arc::new(context),
            entries: None,
        })
    }

    /// Calls these helpers directly.
    pub(crate) fn with_entries(self, entries: Arc<Entries>) -> NativeBackend {
        NativeBackend {
            entries: Some(entries),
            ..self
        }
    }

    fn lower(&self, compile: &Compile<'_>, code: &NativeCode) -> Result<Published, CompileError> {
        let entry = match compile.parent {
            Some((parent, exit)) => {
                NativeCode::from_code(parent).inherited(exit, &compile.trace.entry)
            }
            None => Vec::new(),
        };
        let helpers = self
            .entries
            .as_ref()
            .map_or(Vec::new(), |entries| entries.all());
        let layout = code.layout();
        #[cfg(any(test, feature = "test-hooks"))]
        let layout = match self.engine.misnames_records {
            true => lower::ExitLayout {
                records: layout.records + u64::from(layout.stride),
                ..layout
            },
            false => layout,
        };
        let options = LowerOptions {
            layout,
            entry: &entry,
            onward: compile.onward,
            helpers: &helpers,
            forced_exits: self.engine.forced_exits,
            watched: self.engine.watched,
            keep_clif: self.engine.listings,
        };
        let mut lowerer = self.lowerer.borrow_mut();
        let lowered = lowerer.lower(compile.trace, &self.engine.target, &options)?;
        let codes: SmallVec<[&lower::Code; 2]> =
            iter::once(&lowered.entry).chain(&lowered.looped).collect();
        let mut slots = self.engine.memory.publish_all(self.owner, &codes)?;
        let looped = lowered.looped.as_ref().and_then(|_| slots.pop());
        let start = slots.pop().expect("every code has got its slot");
        let listing = self.engine.listings.then(|| listing(&codes));
        Ok(Published {
            exit_bytes: codes.iter().map(|code| code.exit_bytes).sum(),
            listing: listing.map(Arc::new),
            start,
            looped,
            entry,
            header: lowered.header,
            departures: Departures::of(compile.trace, &lowered.exits),
            exits: lowered.exits,
        })
    }
}

#[cfg(any(test, feature = "test-hooks"))]
#[doc(hidden)]
impl NativeBackend {
    /// With [`NativeOptions::forced_exits`]: the `count`-th guard or poll from here on leaves.
    /// Answers what was left of the countdown before.
    pub fn set_countdown(&self, count: u64) -> u64 {
        self.context.set_countdown(count)
    }
}

fn listing(codes: &[&lower::Code]) -> Listing {
    Listing {
        clif: codes.iter().filter_map(|code| code.clif.clone()).collect(),
        asm: codes.iter().filter_map(|code| code.asm.clone()).collect(),
        bytes: codes.iter().map(|code| code.bytes.clone()).collect(),
    }
}

impl Backend for NativeBackend {
    fn compile(&self, compile: &Compile<'_>) -> Result<Arc<dyn Code>, CompileError> {
        let cold_exit = self.stubs.cold_exit.entry();
        let context = self.context.clone();
        let (trace, executor) = (compile.trace.clone(), compile.executor);
        let needed = PER_UOP * trace.uops.len();
        Headroom::hold_with(needed / 8, COMPILING + needed).ok_or(CompileError::Memory)?;
        let code = NativeCode::new(trace, executor, cold_exit, context, compile.profile);
        let published = self.lower(compile, &code)?;
        code.publish(published);
        Ok(code)
    }

    fn run(&self, records: &dyn Records, entrance: Entrance, state: &mut dyn State) {
        run::run(self, records, &entrance, state);
    }
}
