//! Code memory: where compiled code lives.
//!
//! One [`CodeMemory`] is shared by all interpreters of an engine. [`CodeMemory::publish`] copies a
//! function's code into a [`CodeSlot`], which frees it on drop. Slots are granules of 64 bytes,
//! reused and joined; the memory mapped never exceeds a cap, and at the cap publishing is refused,
//! which loses nothing but the code that asked.
//!
//! No page is ever writable and executable by one address, and code is written once: links between
//! executors are data. There are two ways:
//!
//! | [`Mode`] | how | who may run what |
//! |---|---|---|
//! | `Dual` | two views of a memory file, one to write, one to execute | anyone, at any time |
//! | `Toggle` | pages lose the right to execute while they are written | an owner's code only on the thread that publishes for it |
//!
//! Which one works is found out at the start by doing it (see `probe.rs`).
//!
//! ```text
//!   traces: publish_all ──────────────┬──▶ arena: pools of chunks ─▶ mapping: pages
//!   cold exit, way in: a module ──────┘    free runs (runs.rs)      coherence: caches
//!                      (module.rs)
//! ```
//!
//! Unsafe code is in `mapping.rs`, `coherence.rs` and `fork.rs`; each opens with its argument.
//!
//! A forked child goes on with the code it has and publishes into memory of its own (`fork.rs`).
//!
//! Not here: who runs code and when it is safe to free it.

mod arena;
mod coherence;
mod config;
mod error;
mod fault;
mod fork;
mod mapping;
mod module;
mod probe;
mod runs;
mod slot;
#[cfg(test)]
mod tests;

pub use config::{CodeMemoryConfig, Mode, Owner, Usage};
pub use error::{CodeMemoryError, Step};
#[doc(hidden)]
pub use fault::Fault;
pub(crate) use module::CodeModule;
pub use slot::CodeSlot;

use arena::Arena;
use fault::Faults;
use offramp_uop::lower::{Checks, Code, Target};
use smallvec::SmallVec;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Memory for compiled code, shared by the interpreters of an engine.
pub struct CodeMemory {
    mode: Mode,
    /// The machine at hand, for Cranelift's modules.
    host: Target,
    arena: Mutex<Arena>,
    owners: AtomicU64,
    cap: usize,
    faults: Faults,
    /// The process whose memory this is: see [`fork`].
    generation: u32,
    /// What a forked child publishes into.
    child: OnceLock<Arc<CodeMemory>>,
}

impl fmt::Debug for CodeMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeMemory")
            .field("mode", &self.mode)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl CodeMemory {
    /// Memory for code, in the mode asked for or the first that works.
    ///
    /// # Errors
    /// [`CodeMemoryError`] if no such mode works here.
    pub fn new(config: &CodeMemoryConfig) -> Result<Arc<CodeMemory>, CodeMemoryError> {
        fork::notice()?;
        let mode = match config.mode {
            Some(mode) => {
                probe::probe(mode, &config.faults)?;
                mode
            }
            None => match probe::probe(Mode::Dual, &config.faults) {
                Ok(()) => Mode::Dual,
                Err(error) => {
                    tracing::info!(%error, "code memory toggles the protection of its pages");
                    probe::probe(Mode::Toggle, &config.faults)?;
                    Mode::Toggle
                }
            },
        };
        let builder = cranelift_native::builder()
            .map_err(|error| CodeMemoryError::Machine(error.to_owned()))?;
        let host = Target::from_builder(builder, Checks::default())
            .map_err(|error| CodeMemoryError::Machine(error.to_string()))?;
        let first = Owner::SHARED.0 + 1;
        let memory = CodeMemory::empty(mode, host, first, config.cap, config.faults.clone());
        Ok(Arc::new(memory))
    }

    fn empty(mode: Mode, host: Target, owners: u64, cap: usize, faults: Faults) -> CodeMemory {
        CodeMemory {
            mode,
            host,
            arena: Mutex::new(Arena::new(mode, cap, faults.clone())),
            owners: AtomicU64::new(owners),
            cap,
            faults,
            generation: fork::generation(),
            child: OnceLock::new(),
        }
    }

    /// Whether the memory is this process's and not its parent's.
    fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }

    /// This process's memory: in a forked child one of its own, with the same cap.
    fn ours(self: &Arc<Self>) -> Arc<CodeMemory> {
        if self.is_ours() {
            return self.clone();
        }
        let child = self.child.get_or_init(|| {
            let owners = self.owners.load(Ordering::Relaxed);
            let (host, faults) = (self.host.clone(), self.faults.clone());
            Arc::new(CodeMemory::empty(self.mode, host, owners, self.cap, faults))
        });
        child.ours()
    }

    /// The mode in use.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What is held now, without what a forked child has of its parent.
    pub fn usage(&self) -> Usage {
        match (self.is_ours(), self.child.get()) {
            (true, _) => self.arena().usage(),
            (false, Some(child)) => child.usage(),
            (false, None) => Usage::default(),
        }
    }

    /// A new owner of code, one per interpreter.
    pub fn owner(&self) -> Owner {
        Owner(self.owners.fetch_add(1, Ordering::Relaxed))
    }

    /// Gives code a place to run.
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
        let slots = self.publish_all(owner, &[code])?;
        let mut slots = slots.into_iter();
        Ok(slots.next().expect("every code gets its slot"))
    }

    /// As [`CodeMemory::publish`], several codes, all or none. In toggle mode this costs hardly more
    /// than one.
    ///
    /// # Errors
    /// As [`CodeMemory::publish`].
    pub fn publish_all(
        self: &Arc<Self>,
        owner: Owner,
        codes: &[&Code],
    ) -> Result<Vec<CodeSlot>, CodeMemoryError> {
        let memory = &self.ours();
        let bytes: SmallVec<[&[u8]; 2]> = codes.iter().map(|code| &code.bytes[..]).collect();
        let places = memory.arena().install(owner, &bytes)?;
        let slots = places.into_iter().zip(codes);
        let slot = |(place, code): (_, &&Code)| CodeSlot::new(memory, place, code.bytes.len());
        Ok(slots.map(slot).collect())
    }

    /// Must happen between publishing code on one thread and first running it on another.
    ///
    /// Nothing on x86-64; on aarch64 every core drops what it has fetched ahead.
    pub fn synchronise(&self) {
        coherence::synchronise();
    }

    /// As [`CodeMemoryConfig::inject`], on a memory in use.
    #[cfg(feature = "test-hooks")]
    #[doc(hidden)]
    pub fn inject(&self, fault: Fault, passing: u32) {
        self.faults.arm(fault, passing);
    }

    /// Whether an injected fault has not met its step yet.
    #[cfg(feature = "test-hooks")]
    #[doc(hidden)]
    pub fn fault_pending(&self) -> bool {
        self.faults.armed()
    }

    fn arena(&self) -> MutexGuard<'_, Arena> {
        // A panic inside leaves at worst a slot that is neither used nor free.
        self.arena.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
