//! From a trace to code that is not published yet, on any thread.
//!
//! The code of a trace holds the addresses of its exit records, so the records come first. They, and the
//! machine context whose addresses the code holds, are only pointed at here: nothing that a running trace of
//! the interpreter writes is read. Publishing is the back end's ([`NativeBackend`](super::NativeBackend)),
//! which is not shared: in toggle mode the pages of an interpreter are not executable meanwhile.

use super::engine::NativeEngine;
use super::entries::Entries;
use super::pending::Departures;
use super::records::{NativeCode, Published};
use super::run::Context;
use crate::code_memory::{CodeModule, Owner};
use crate::graph::{Code, Compile, CompileError, Compiler, Listing, Unpublished};
use crate::headroom::Headroom;
use offramp_uop::lower::{self, Location, LowerOptions, Lowered, Lowerer};
use smallvec::SmallVec;
use std::any::Any;
use std::iter;
use std::sync::{Arc, Mutex};

/// What compiling takes, in bytes: for each trace, and more for each of its uops.
const COMPILING: usize = 1 << 20;
const PER_UOP: usize = 4 << 10;

/// Compiles the traces of one interpreter.
#[derive(Debug)]
pub(super) struct NativeCompiler {
    pub(super) engine: Arc<NativeEngine>,
    owner: Owner,
    pub(super) context: Arc<Context>,
    pub(super) stubs: Stubs,
    /// The helpers that code calls directly; without, all are dispatched.
    pub(super) entries: Option<Arc<Entries>>,
    /// Memory that one compilation at a time uses again; none before the first.
    lowerer: Mutex<Option<Box<Lowerer>>>,
}

/// An interpreter's own code.
#[derive(Debug)]
pub(super) struct Stubs {
    /// Where its cold-exit function starts.
    cold_exit: usize,
    /// Where the way into traces starts.
    trampoline: usize,
    /// Holds both.
    _module: CodeModule,
}

impl Stubs {
    fn new(engine: &NativeEngine, owner: Owner) -> Result<Stubs, CompileError> {
        let functions = [
            ("cold_exit", &engine.cold_exit),
            ("trampoline", &engine.trampoline),
        ];
        let module = engine.memory.module(owner, &functions)?;
        let entry = |name| {
            module
                .entry(name)
                .expect("it was defined")
                .expose_provenance()
        };
        Ok(Stubs {
            cold_exit: entry("cold_exit"),
            trampoline: entry("trampoline"),
            _module: module,
        })
    }

    /// The function that a fresh exit goes to.
    fn cold_exit(&self) -> *const u8 {
        std::ptr::with_exposed_provenance(self.cold_exit)
    }

    /// The function that enters traces; it is there for as long as these stubs are.
    pub(super) fn trampoline(&self) -> *const u8 {
        std::ptr::with_exposed_provenance(self.trampoline)
    }
}

/// Code that its back end has to publish.
#[derive(Debug)]
struct Made {
    code: Arc<NativeCode>,
    /// Where what the entry takes arrives.
    entry: Vec<Location>,
    lowered: Lowered,
}

impl Unpublished for Made {}

impl NativeCompiler {
    /// A compiler, with the stubs of the interpreter published.
    ///
    /// # Errors
    /// [`CompileError::CodeMemory`].
    pub(super) fn new(engine: Arc<NativeEngine>) -> Result<NativeCompiler, CompileError> {
        let owner = engine.memory.owner();
        let stubs = Stubs::new(&engine, owner)?;
        let cold_exit = stubs.cold_exit();
        let context = Context::new(cold_exit, engine.forced_period, engine.far_records);
        Ok(NativeCompiler {
            engine,
            owner,
            context: Arc::new(context),
            stubs,
            entries: None,
            lowerer: Mutex::default(),
        })
    }

    fn lower(
        &self,
        compile: &Compile<'_>,
        code: &NativeCode,
        entry: &[Location],
    ) -> Result<Lowered, CompileError> {
        let entries = self.entries.as_ref();
        let helpers = entries.map_or(Vec::new(), |entries| entries.all());
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
            entry,
            onward: compile.onward,
            helpers: &helpers,
            forced_exits: self.engine.forced_exits,
            watched: self.engine.watched,
            keep_clif: self.engine.listings,
        };
        let target = &self.engine.target;
        // Another thread compiles for this interpreter: it need not be waited for.
        let lowered = match self.lowerer.try_lock() {
            Ok(mut lowerer) => {
                let lowerer = lowerer.get_or_insert_default();
                lowerer.lower(compile.trace, target, &options)
            }
            Err(_) => Lowerer::new().lower(compile.trace, target, &options),
        };
        Ok(lowered?)
    }

    /// As [`Backend::publish`](crate::explicit::Backend::publish).
    pub(super) fn publish(
        &self,
        compiled: Box<dyn Unpublished>,
    ) -> Result<Arc<dyn Code>, CompileError> {
        let compiled: Box<dyn Any> = compiled;
        let made: Box<Made> = compiled.downcast().expect("a native compiler made it");
        let Made {
            code,
            entry,
            lowered,
        } = *made;
        assert!(
            code.is_of(&self.context),
            "this interpreter's compiler made it"
        );
        let codes: SmallVec<[&lower::Code; 2]> =
            iter::once(&lowered.entry).chain(&lowered.looped).collect();
        let mut slots = self.engine.memory.publish_all(self.owner, &codes)?;
        let looped = lowered.looped.as_ref().and_then(|_| slots.pop());
        let start = slots.pop().expect("every code has got its slot");
        let listing = self.engine.listings.then(|| listing(&codes));
        code.publish(Published {
            exit_bytes: codes.iter().map(|code| code.exit_bytes).sum(),
            listing: listing.map(Arc::new),
            start,
            looped,
            entry,
            header: lowered.header,
            departures: Departures::of(code.trace(), &lowered.exits),
            exits: lowered.exits,
        });
        Ok(code)
    }
}

impl Compiler for NativeCompiler {
    fn compile(&self, compile: &Compile<'_>) -> Result<Box<dyn Unpublished>, CompileError> {
        let (trace, executor) = (compile.trace.clone(), compile.executor);
        let needed = PER_UOP * trace.uops.len();
        Headroom::hold_with(needed / 8, COMPILING + needed).ok_or(CompileError::Memory)?;
        let entry = match compile.parent {
            Some((parent, exit)) => NativeCode::from_code(parent).inherited(exit, &trace.entry),
            None => Vec::new(),
        };
        let (cold_exit, context) = (self.stubs.cold_exit(), self.context.clone());
        let code = NativeCode::new(trace, executor, cold_exit, context, compile.profile);
        let lowered = self.lower(compile, &code, &entry)?;
        Ok(Box::new(Made {
            code,
            entry,
            lowered,
        }))
    }
}

fn listing(codes: &[&lower::Code]) -> Listing {
    Listing {
        clif: codes.iter().filter_map(|code| code.clif.clone()).collect(),
        asm: codes.iter().filter_map(|code| code.asm.clone()).collect(),
        bytes: codes.iter().map(|code| code.bytes.clone()).collect(),
    }
}
