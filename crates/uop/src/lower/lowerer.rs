//! From a trace to the bytes of its functions: Cranelift's passes, and what is taken off their result.

use super::body;
use super::error::LowerError;
use super::exits::Plan;
use super::frame;
use super::request::{Code, LowerOptions, Lowered};
use super::section::Section;
use super::target::Target;
use crate::trace::Trace;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::print_errors::pretty_error;
use cranelift_codegen::{CompiledCode, Context};
use cranelift_frontend::FunctionBuilderContext;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

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
        let plan = Plan::of(trace, options)?;
        let entry = self.function(trace, target, options, &plan, Section::Entry)?;
        let looped = match &trace.header {
            Some(_) => Some(self.function(trace, target, options, &plan, Section::Loop)?),
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
        plan: &Plan,
        section: Section,
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

    /// Builds a function and compiles it; `build` returns the number of cold blocks at its end.
    pub(super) fn compile(
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
