//! Code that lives as long as its owner: one of Cranelift's modules over code memory.
//!
//! An interpreter's way in and its cold exit are defined once, have names, and are freed together: that is what
//! a module of `cranelift-jit` is for. Its memory provider gives it buffers on the heap to write to, as no page
//! is ever writable and executable by one address; finalising the module copies them into slots, all or none, and
//! drops them. So the address by which the module knows a function is a name for it, and [`CodeModule::entry`]
//! finds the slot.
//!
//! Copying is sound because code has no relocations and does not depend on where it is.
//!
//! Not here: traces ([`CodeMemory::publish_all`]), which come and go one by one, while a module frees
//! everything or nothing.

use super::slot::CodeSlot;
use super::{CodeMemory, CodeMemoryError, Owner};
use cranelift_jit::{BranchProtection, JITBuilder, JITMemoryKind, JITMemoryProvider, JITModule};
use cranelift_module::{
    FuncOrDataId, Linkage, Module, ModuleError, ModuleResult, default_libcall_names,
};
use offramp_uop::lower::Code;
use smallvec::SmallVec;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Cranelift's `log2_min_function_alignment` of every target this crate lowers for.
const ALIGNMENT: u64 = 16;

/// Functions by name that are freed together, when it is dropped.
pub(crate) struct CodeModule {
    /// Locked to look a name up; a module may move to another thread, but is not shared.
    module: Box<Mutex<JITModule>>,
    slots: Slots,
}

/// Where a finalised module's code is, by the addresses that the module knows.
type Slots = Arc<OnceLock<SmallVec<[(usize, CodeSlot); 2]>>>;

impl CodeMemory {
    /// Defines these functions, all or none.
    ///
    /// In toggle mode no other thread may be running code of this owner meanwhile.
    ///
    /// # Errors
    /// [`CodeMemoryError::Full`] at the cap, or what the system refused.
    pub(crate) fn module(
        self: &Arc<Self>,
        owner: Owner,
        functions: &[(&str, &Code)],
    ) -> Result<CodeModule, CodeMemoryError> {
        let slots = Slots::default();
        let memory = Provider {
            memory: self.ours(),
            owner,
            buffers: SmallVec::new(),
            slots: slots.clone(),
        };
        let mut builder = JITBuilder::with_isa(self.host.isa().clone(), default_libcall_names());
        builder.memory_provider(Box::new(memory));
        let mut module = JITModule::new(builder);
        // Nothing calls these functions through the module, so their signature does not matter.
        let signature = module.make_signature();
        for (name, code) in functions {
            let function = module.declare_function(name, Linkage::Export, &signature)?;
            module.define_function_bytes(function, ALIGNMENT, &code.bytes, &[])?;
        }
        module.finalize_definitions()?;
        let module = Box::new(Mutex::new(module));
        Ok(CodeModule { module, slots })
    }
}

impl CodeModule {
    /// Where the function of this name starts. What [`CodeSlot`] says of running code holds of it.
    pub(crate) fn entry(&self, name: &str) -> Option<*const u8> {
        let module = self.module.lock().unwrap_or_else(PoisonError::into_inner);
        let FuncOrDataId::Func(function) = module.get_name(name)? else {
            return None;
        };
        let known = module.get_finalized_function(function).addr();
        let mut slots = self.slots.get()?.iter();
        let (_, slot) = slots.find(|(address, _)| *address == known)?;
        Some(slot.entry())
    }
}

impl fmt::Debug for CodeModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CodeModule").field(&self.slots).finish()
    }
}

/// The memory of a module.
struct Provider {
    memory: Arc<CodeMemory>,
    owner: Owner,
    buffers: SmallVec<[Buffer; 2]>,
    slots: Slots,
}

/// What the module has written of one function.
struct Buffer {
    bytes: Vec<u8>,
    /// Where the aligned part starts.
    start: usize,
    len: usize,
}

impl Buffer {
    fn code(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

impl JITMemoryProvider for Provider {
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
        // The slots go with the module and its provider.
    }

    fn finalize(&mut self, _: BranchProtection) -> ModuleResult<()> {
        let buffers = std::mem::take(&mut self.buffers);
        let codes: SmallVec<[&[u8]; 2]> = buffers.iter().map(Buffer::code).collect();
        let places = self.memory.arena().install(self.owner, &codes);
        let places = places.map_err(|error| ModuleError::Allocation {
            err: io::Error::other(error),
        })?;
        let slots = buffers.iter().zip(places).map(|(buffer, place)| {
            let slot = CodeSlot::new(&self.memory, place, buffer.len);
            (buffer.code().as_ptr().addr(), slot)
        });
        let placed = self.slots.set(slots.collect());
        placed.expect("a module is finalised once");
        Ok(())
    }
}

impl From<ModuleError> for CodeMemoryError {
    /// What the module's memory failed with, or else what the module says.
    fn from(error: ModuleError) -> CodeMemoryError {
        let refused = |error: &dyn fmt::Display| CodeMemoryError::Module(error.to_string());
        match error {
            ModuleError::Allocation { err } => {
                err.downcast().unwrap_or_else(|other| refused(&other))
            }
            error => refused(&error),
        }
    }
}
