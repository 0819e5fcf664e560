//! What code memory is asked for, and what it tells of itself.

#[cfg(feature = "test-hooks")]
use super::fault::Fault;
use super::fault::Faults;
use std::fmt;

/// How code gets into pages that execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Through a second, writable view of the same pages.
    Dual,
    /// By taking the right to execute from the pages while they are written.
    Toggle,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Dual => "dual",
            Mode::Toggle => "toggle",
        })
    }
}

/// Settings of a [`CodeMemory`](super::CodeMemory).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CodeMemoryConfig {
    /// The mode to use; by default the first of dual and toggle that works.
    pub mode: Option<Mode>,
    /// Bytes that may be mapped for code; 64 MiB by default.
    pub cap: usize,
    pub(super) faults: Faults,
}

impl Default for CodeMemoryConfig {
    fn default() -> CodeMemoryConfig {
        CodeMemoryConfig {
            mode: None,
            cap: 64 << 20,
            faults: Faults::default(),
        }
    }
}

#[cfg(feature = "test-hooks")]
impl CodeMemoryConfig {
    /// Makes the step of this kind fail that comes after `passing` others of the kind, once.
    #[doc(hidden)]
    pub fn inject(&self, fault: Fault, passing: u32) {
        self.faults.arm(fault, passing);
    }
}

/// Whose code it is: an interpreter's. In toggle mode owners share no pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(pub(super) u64);

impl Owner {
    /// The one pool of dual mode.
    pub(super) const SHARED: Owner = Owner(0);
}

/// What code memory holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// In live slots, rounded up to granules.
    pub in_use: usize,
    /// Mapped; never more than the cap. Pages count once, however many views they have.
    pub reserved: usize,
    /// The most that was ever in use.
    pub high_water: usize,
    /// Live slots.
    pub slots: usize,
}
