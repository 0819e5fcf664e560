//! From Cranelift's module to a slot.
//!
//! For what lives as long as its interpreter; traces are copied without ([`CodeMemory::publish_all`]).
//! `cranelift-jit` frees whole modules only and rounds each to pages. So every publish makes a
//! module, hands it [`Staging`] as its memory, and throws it away: the module copies the code into a buffer and "finalises" it, and finalising is
//! what copies it into code memory in whatever way the mode at hand asks for. That is sound because
//! the code has no relocations and is position independent; the address the module believes in is
//! the buffer's and is never used.

use super::arena::Places;
use super::slot::CodeSlot;
use super::{CodeMemory, CodeMemoryError, Owner};
use cranelift_jit::{BranchProtection, JITBuilder, JITMemoryKind, JITMemoryProvider, JITModule};
use cranelift_module::{Module, ModuleError, ModuleResult, default_libcall_names};
use offramp_uop::lower::Code;
use smallvec::SmallVec;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Cranelift's `log2_min_function_alignment` of every target this crate lowers for.
const ALIGNMENT: u64 = 16;

/// What became of a module's code.
type Outcome = Arc<Mutex<Option<Result<Places, CodeMemoryError>>>>;

/// Memory of a throw-away module: buffers on the heap until it is finalised.
struct Staging {
    memory: Arc<CodeMemory>,
    owner: Owner,
    buffers: SmallVec<[Buffer; 2]>,
    outcome: Outcome,
}

struct Buffer {
    bytes: Vec<u8>,
    /// Where the aligned part starts.
    start: usize,
    len: usize,
}

impl JITMemoryProvider for Staging {
    fn allocate(&mut self, size: usize, align: u64, _: JITMemoryKind) -> io::Result<*mut u8> {
        let align = usize::try_from(align).map_err(io::Error::other)?;
        let mut bytes = vec![0; size + align];
        let start = bytes.as_ptr().align_offset(align);
        let aligned = bytes[start..].as_mut_ptr();
        self.buffers.push(Buffer {
            bytes,
            start,
            len: size,
        });
        Ok(aligned)
    }

    #[expect(unsafe_code, reason = "the trait's method is; this one does nothing")]
    unsafe fn free_memory(&mut self) {
        // The buffers go with the module, the slots belong to their handles.
    }

    fn finalize(&mut self, _: BranchProtection) -> ModuleResult<()> {
        let staged = self.buffers.iter();
        let staged = staged.map(|buffer| &buffer.bytes[buffer.start..buffer.start + buffer.len]);
        let codes: SmallVec<[&[u8]; 2]> = staged.collect();
        let installed = self.memory.arena().install(self.owner, &codes);
        let failed = installed.as_ref().err().cloned();
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(installed);
        match failed {
            None => Ok(()),
            Some(error) => Err(ModuleError::Allocation {
                err: io::Error::other(error),
            }),
        }
    }
}

impl CodeMemory {
    /// Gives code a place to run that lives as long as its interpreter: the way in, the cold exit.
    ///
    /// In toggle mode no other thread may be running code of this owner meanwhile.
    ///
    /// # Errors
    /// [`CodeMemoryError::Full`] at the cap, or what the system refused.
    pub fn publish(
        self: &Arc<Self>,
        owner: Owner,
        code: &Code,
    ) -> Result<CodeSlot, CodeMemoryError> {
        let memory = &self.ours();
        let places = through_module(memory, owner, &[code])?;
        Ok(CodeSlot::new(memory, places[0], code.bytes.len()))
    }
}

/// Publishes a batch through a module of its own.
fn through_module(
    memory: &Arc<CodeMemory>,
    owner: Owner,
    codes: &[&Code],
) -> Result<Places, CodeMemoryError> {
    let outcome = Outcome::default();
    let staging = Staging {
        memory: memory.clone(),
        owner,
        buffers: SmallVec::new(),
        outcome: outcome.clone(),
    };
    let finalised = finalise(memory, staging, codes);
    let outcome = outcome
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    match (outcome, finalised) {
        // The module's own error only repeats this one.
        (Some(outcome), _) => outcome,
        (None, Err(error)) => Err(error),
        (None, Ok(())) => unreachable!("finalising a module finalises its memory"),
    }
}

fn finalise(memory: &CodeMemory, staging: Staging, codes: &[&Code]) -> Result<(), CodeMemoryError> {
    let refused = |error: ModuleError| CodeMemoryError::Module(error.to_string());
    let mut builder = JITBuilder::with_isa(memory.host.isa().clone(), default_libcall_names());
    builder.memory_provider(Box::new(staging));
    let mut module = JITModule::new(builder);
    // Nothing calls the function through the module, so its signature does not matter.
    let signature = module.make_signature();
    for code in codes {
        let function = module
            .declare_anonymous_function(&signature)
            .map_err(refused)?;
        let defined = module.define_function_bytes(function, ALIGNMENT, &code.bytes, &[]);
        defined.map_err(refused)?;
    }
    module.finalize_definitions().map_err(refused)
}
