//! The machine that code is made for, and what lowering must know of it.
//!
//! Whatever depends on the platform is asked here: the settings of Cranelift, the convention of the
//! host's functions, and whether the code is x86-64's, where two forms of code differ in length. No other
//! file looks at the triple.

use super::error::LowerError;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{AbiParam, Signature};
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa, TargetFrontendConfig};
use cranelift_codegen::settings::{self, Configurable};
use std::fmt;
use target_lexicon::{Architecture, Triple};

/// A target machine and the settings code is made with. Shared between threads.
#[derive(Clone)]
pub struct Target {
    isa: OwnedTargetIsa,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.isa.triple())
    }
}

/// Checks that Cranelift makes on its own work. Both cost about as much as compiling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// Verify the Cranelift IR.
    pub verifier: bool,
    /// Check register allocation.
    pub registers: bool,
}

impl Checks {
    /// Every check: for tests.
    pub const ALL: Checks = Checks {
        verifier: true,
        registers: true,
    };
}

impl Target {
    /// The target for `triple`, with its baseline features; on x86-64 those of x86-64-v2.
    ///
    /// # Errors
    /// [`LowerError::Target`] if Cranelift has no backend for it.
    pub fn new(triple: Triple, checks: Checks) -> Result<Target, LowerError> {
        let x86 = is_x86(&triple);
        let failed = |error: &dyn fmt::Display| LowerError::Target(error.to_string());
        let mut builder = isa::lookup(triple).map_err(|error| failed(&error))?;
        if x86 {
            // Rounding would be a library call without, and code has no relocations.
            for feature in [
                "has_sse3",
                "has_ssse3",
                "has_sse41",
                "has_sse42",
                "has_popcnt",
            ] {
                builder.enable(feature).map_err(|error| failed(&error))?;
            }
        }
        Target::from_builder(builder, checks)
    }

    /// The target of a Cranelift builder, which may have features of the machine at hand enabled.
    ///
    /// # Errors
    /// [`LowerError::Target`] if the settings do not fit the target.
    pub fn from_builder(builder: isa::Builder, checks: Checks) -> Result<Target, LowerError> {
        let x86 = is_x86(builder.triple());
        let on = |yes: bool| if yes { "true" } else { "false" };
        let mut flags = settings::builder();
        // A tail call on x86-64 needs frame pointers; elsewhere, without them, a trace that
        // does not spill has no prologue.
        for (name, value) in [
            ("opt_level", "none"),
            ("regalloc_algorithm", "backtracking"),
            ("enable_verifier", on(checks.verifier)),
            ("regalloc_checker", on(checks.registers)),
            ("preserve_frame_pointers", on(x86)),
            ("enable_pinned_reg", "true"),
            ("unwind_info", "false"),
            ("enable_probestack", "false"),
            ("is_pic", "false"),
            ("use_colocated_libcalls", "false"),
            ("log2_min_function_alignment", "4"),
            ("machine_code_cfg_info", "true"),
        ] {
            flags
                .set(name, value)
                .map_err(|error| LowerError::Target(error.to_string()))?;
        }
        let isa = builder
            .finish(settings::Flags::new(flags))
            .map_err(|error| LowerError::Target(error.to_string()))?;
        Ok(Target { isa })
    }

    /// The target's triple.
    pub fn triple(&self) -> &Triple {
        self.isa.triple()
    }

    /// Cranelift's own description, for publishing code.
    pub fn isa(&self) -> &OwnedTargetIsa {
        &self.isa
    }

    /// What building Cranelift IR must know of the target.
    pub(super) fn frontend_config(&self) -> TargetFrontendConfig {
        self.isa.frontend_config()
    }

    /// The signature of a function of the host: `extern "C"`, words in, words out.
    pub(super) fn host_signature(&self, params: usize, returns: usize) -> Signature {
        let mut signature = Signature::new(CallConv::triple_default(self.triple()));
        signature.params = vec![AbiParam::new(I64); params];
        signature.returns = vec![AbiParam::new(I64); returns];
        signature
    }

    /// Whether code is x86-64's. It names 32 bits of an address as shortly as a small number, has a frame
    /// pointer wherever it may end in a tail call, and shifts a register in place only.
    pub(super) fn is_x86(&self) -> bool {
        is_x86(self.triple())
    }
}

fn is_x86(triple: &Triple) -> bool {
    triple.architecture == Architecture::X86_64
}
