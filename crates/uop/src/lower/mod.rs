//! Lowering: traces to machine code through Cranelift.
//!
//! A trace becomes one function, a looping trace two: the preamble, and the loop with the header
//! as its entry. All are `CallConv::Tail` functions under the [machine contract](machine); they
//! never return, they leave by tail jumps through exit records:
//!
//! ```text
//!   entry ─▶ prologue ─▶ uops … guard … ─▶ tail jump to the loop, or through the last exit
//!               ▲                 │ fails
//!               │                 ▼
//!            spill         shared exit block: every home, the record ─▶ [record].target
//! ```
//!
//! Each (frame word, register class) that is pending at any guard exit has one *home*, a parameter of
//! the shared exit block, so an exit costs its record's name and a jump whatever is pending; long
//! traces have a block for each [region](regions) of their exits. The exit's map ([`Lowered::exits`]) says which homes are meant. The last exit of a trace jumps on
//! its own, in the order its target takes.
//!
//! Cranelift runs at `opt_level=none`: its mid-end would sink pure values into every exit (see the
//! design notes). The optimiser has done the work.
//!
//! Not here: memory for code, addresses of records, linking. Those are the runtime's.

mod address;
mod arithmetic;
mod body;
mod calls;
mod division;
mod exits;
mod frame;
mod leave;
pub mod machine;
mod poll;
mod regions;
mod returns;
mod stubs;
mod target;
mod uses;
mod watch;

pub use machine::{ExitLayout, HelperEntry, Location, Locations, Vm};
pub use stubs::{cold_exit, trampoline};
pub use target::{Checks, Target};

use crate::id::{ExitId, Value};
use crate::signature::EntrySignature;
use crate::trace::Trace;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, Signature};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::print_errors::pretty_error;
use cranelift_codegen::{CompiledCode, Context, ir};
use cranelift_frontend::FunctionBuilderContext;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How a trace is lowered besides its target.
#[derive(Clone, Copy, Debug)]
pub struct LowerOptions<'a> {
    /// Where the trace's exit records will lie. The record behind the last exit's is the way from
    /// the preamble to the loop.
    pub layout: ExitLayout,
    /// Where the entry's parameters arrive, in order; those of the exit that asked for the trace.
    pub entry: &'a [Location],
    /// The entry that the last exit was made for, if it was made for one: it then hands over in
    /// that entry's order.
    pub onward: Option<&'a EntrySignature>,
    /// How each helper is called, by number; those it does not list are dispatched.
    pub helpers: &'a [HelperEntry],
    /// Make every guard and poll count down [`Vm::countdown`] and leave at zero: a run has an end
    /// then even where its loop has no guard. For tests.
    pub forced_exits: bool,
    /// Tell [`Vm::on_watch`] of every instruction, guard, poll and exit. For tests.
    pub watched: bool,
    /// Keep the Cranelift IR and the machine code as text.
    pub keep_clif: bool,
}

/// Machine code of one function.
#[derive(Clone, Debug)]
pub struct Code {
    /// The bytes, position independent and without relocations.
    pub bytes: Vec<u8>,
    /// The Cranelift IR, if asked for.
    pub clif: Option<String>,
    /// The machine code as Cranelift writes it, if asked for.
    pub asm: Option<String>,
    /// Bytes of the blocks that leave: exits and the shared exit block.
    pub exit_bytes: usize,
}

/// A lowered trace.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The function at `start`.
    pub entry: Code,
    /// The loop's function, if the trace loops.
    pub looped: Option<Code>,
    /// Where the header takes its parameters, then its invariants.
    pub header: Vec<Location>,
    /// Per exit: where what it hands over travels.
    pub exits: Vec<ExitMap>,
}

/// Where what an exit hands over travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitMap {
    /// Per pending word of the exit's state: its location, `None` for a constant, which does not
    /// travel, and at dynamic exits, which store what is pending.
    pub words: Vec<Option<Location>>,
    /// The locations of the extras; empty where they do not travel.
    pub extras: Vec<Location>,
}

/// Why a trace could not be lowered. Nothing is lost but the trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LowerError {
    /// No backend for the target, or its settings do not fit.
    #[error("unsupported target: {0}")]
    Target(String),
    /// More values pending at once than travel between executors.
    #[error("trace {trace}: {count} values at an exit or entry, at most {limit} can travel")]
    TooManyValues {
        /// The trace's name.
        trace: String,
        /// How many there are.
        count: usize,
        /// How many can travel.
        limit: usize,
    },
    /// A call from a frame too far from the one the trace was entered with.
    #[error("trace {trace}: {at} calls from a frame {words} words away, too far to be named")]
    FrameTooFar {
        /// The trace's name.
        trace: String,
        /// The call.
        at: Value,
        /// How far it is.
        words: i32,
    },
    /// More arguments than a helper call can pass.
    #[error("trace {trace}: a call of {count} arguments, at most {limit} can be passed")]
    TooManyArguments {
        /// The trace's name.
        trace: String,
        /// How many there are.
        count: usize,
        /// How many can be passed.
        limit: usize,
    },
    /// Cranelift refused or panicked.
    #[error("trace {trace}: {message}")]
    Cranelift {
        /// The trace's name.
        trace: String,
        /// What it said.
        message: String,
    },
}

/// Reusable memory for lowering. One per compiling thread.
pub struct Lowerer {
    context: Context,
    builder: FunctionBuilderContext,
    in_cranelift: Duration,
}

impl Default for Lowerer {
    fn default() -> Lowerer {
        Lowerer {
            context: Context::new(),
            builder: FunctionBuilderContext::new(),
            in_cranelift: Duration::ZERO,
        }
    }
}

impl fmt::Debug for Lowerer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lowerer")
    }
}

impl Lowerer {
    /// Fresh memory.
    pub fn new() -> Lowerer {
        Lowerer::default()
    }

    /// The time spent so far in Cranelift's own passes, from finished IR to bytes.
    pub fn in_cranelift(&self) -> Duration {
        self.in_cranelift
    }

    /// Lowers a verified trace.
    ///
    /// # Errors
    /// [`LowerError`]; a panic inside Cranelift (register allocation gives up by one) is caught.
    ///
    /// # Panics
    /// If the trace is malformed.
    pub fn lower(
        &mut self,
        trace: &Trace,
        target: &Target,
        options: &LowerOptions<'_>,
    ) -> Result<Lowered, LowerError> {
        let plan = exits::Plan::of(trace, options)?;
        let entry = self.function(trace, target, options, &plan, body::Section::Entry)?;
        let looped = match &trace.header {
            Some(_) => Some(self.function(trace, target, options, &plan, body::Section::Loop)?),
            None => None,
        };
        Ok(Lowered {
            entry,
            looped,
            header: plan.header,
            exits: plan.exits,
        })
    }

    fn function(
        &mut self,
        trace: &Trace,
        target: &Target,
        options: &LowerOptions<'_>,
        plan: &exits::Plan,
        section: body::Section,
    ) -> Result<Code, LowerError> {
        self.compile(
            &trace.name,
            target,
            options.keep_clif,
            |function, builder| {
                body::build(trace, target, options, plan, section, function, builder)
            },
        )
    }

    /// Builds a function and compiles it; `build` answers the number of cold blocks at its end.
    fn compile(
        &mut self,
        name: &str,
        target: &Target,
        keep_clif: bool,
        build: impl FnOnce(&mut Function, &mut FunctionBuilderContext) -> Result<usize, LowerError>,
    ) -> Result<Code, LowerError> {
        self.context.clear();
        let failed = |message: String| LowerError::Cranelift {
            trace: name.to_owned(),
            message,
        };
        // Nothing is observed after a panic but that it happened: both memories are replaced.
        let compiled = catch_unwind(AssertUnwindSafe(|| {
            let cold = build(&mut self.context.func, &mut self.builder)?;
            self.context.set_disasm(keep_clif);
            let clif = keep_clif.then(|| self.context.func.display().to_string());
            let began = Instant::now();
            let code = self
                .context
                .compile(&**target.isa(), &mut ControlPlane::default())
                .map_err(|error| failed(pretty_error(error.func, error.inner)))?;
            self.in_cranelift += began.elapsed();
            if !code.buffer.relocs().is_empty() {
                return Err(failed("the code has relocations".to_owned()));
            }
            let mut bytes = code.code_buffer().to_vec();
            let mut exit_bytes = cold_bytes(code, cold);
            let mut asm = code.vcode.clone();
            if let Some(shorter) = frame::drop_unused(target, code, &mut bytes) {
                // Cold blocks are the last.
                exit_bytes = exit_bytes.saturating_sub(shorter);
                asm = asm.map(|asm| frame::without(&asm));
            }
            Ok(Code {
                bytes,
                clif,
                asm,
                exit_bytes,
            })
        }));
        compiled.unwrap_or_else(|panic| {
            *self = Lowerer::new();
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Err(failed(message.unwrap_or_else(|| "panicked".to_owned())))
        })
    }
}

/// Bytes of the last `cold` blocks; they end with a tail jump, constants may follow.
fn cold_bytes(code: &CompiledCode, cold: usize) -> usize {
    let mut starts = code.bb_starts.clone();
    starts.sort_unstable();
    let end = code.buffer.call_sites().map(|site| site.ret_addr).max();
    match (starts.len().checked_sub(cold), end) {
        (Some(first), Some(end)) if cold > 0 => end.saturating_sub(starts[first]) as usize,
        _ => 0,
    }
}

/// The signature of every executor entry with this many integers and floats.
fn signature(ints: usize, floats: usize) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    for _ in 0..ints {
        signature.params.push(ir::AbiParam::new(ir::types::I64));
    }
    for _ in 0..floats {
        signature.params.push(ir::AbiParam::new(ir::types::F64));
    }
    signature.returns.push(ir::AbiParam::new(ir::types::I64));
    signature
}

/// How many integer and float arguments a list of locations takes.
fn arity(locations: &[Location]) -> (usize, usize) {
    let count = |float: bool| {
        let index = |location: &Location| match (location, float) {
            (Location::Int(n), false) | (Location::Float(n), true) => Some(usize::from(*n) + 1),
            _ => None,
        };
        locations.iter().filter_map(index).max().unwrap_or(0)
    };
    (count(false), count(true))
}

/// The record of an exit, as an offset from the trace's first.
fn record_offset(layout: &ExitLayout, exit: ExitId) -> i64 {
    i64::from(exit.0) * i64::from(layout.stride)
}

#[cfg(test)]
mod tests;
