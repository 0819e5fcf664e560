//! Why code could not be given memory. Nothing is lost but the code that asked.

use super::config::Mode;
use std::fmt;
use std::io;

/// Why code could not be published, or code memory could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeMemoryError {
    /// The cap is reached.
    #[error("code memory is full: {asked} bytes asked for, {in_use} in use, {cap} allowed")]
    Full {
        /// Bytes asked for.
        asked: usize,
        /// Bytes in use by live slots.
        in_use: usize,
        /// The configured cap.
        cap: usize,
    },
    /// The operating system refused.
    #[error("{step} failed: {}", io::Error::from_raw_os_error(*.errno))]
    System {
        /// What was asked of it.
        step: Step,
        /// Its error number.
        errno: i32,
    },
    /// Code published in this mode does not run, or stale code runs in its place.
    #[error("code memory in {0} mode does not work on this machine")]
    Unusable(Mode),
    /// The machine is not supported.
    #[error("unsupported machine: {0}")]
    Machine(String),
    /// Cranelift's module refused the code.
    #[error("the code was refused: {0}")]
    Module(String),
}

/// A step asked of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Making the memory file behind a dual mapping.
    MemoryFile,
    /// Mapping pages.
    Map,
    /// Keeping pages from forked processes.
    KeepFromFork,
    /// Changing what a page may be used for.
    Protect,
    /// Asking the C library to tell of forks.
    NoticeForks,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::MemoryFile => "making a memory file for code",
            Step::Map => "mapping pages for code",
            Step::KeepFromFork => "keeping code from forked processes",
            Step::Protect => "changing the protection of code",
            Step::NoticeForks => "asking to be told of forks",
        })
    }
}
