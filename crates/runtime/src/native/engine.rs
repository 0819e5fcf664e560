//! What the machine-code back ends of all interpreters share.

use crate::code_memory::{CodeMemory, CodeMemoryConfig};
use crate::graph::CompileError;
use offramp_uop::lower::{self, Checks, LowerError, Lowerer, Target};
use std::sync::Arc;

/// What native interpreters share.
#[derive(Debug)]
pub struct NativeEngine {
    pub(super) target: Target,
    pub(super) memory: Arc<CodeMemory>,
    pub(super) cold_exit: lower::Code,
    pub(super) trampoline: lower::Code,
    pub(super) forced_exits: bool,
    pub(super) forced_period: u64,
    pub(super) far_records: bool,
    pub(super) watched: bool,
    pub(super) listings: bool,
    #[cfg(any(test, feature = "test-hooks"))]
    pub(super) misnames_records: bool,
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
    /// Make code tell the [`State`](offramp_uop::evaluate::State) of its instructions, guards and polls, as the evaluator does;
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
