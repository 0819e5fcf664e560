//! The layer below the write-once language: executors, exits and links for a host with an interpreter and
//! a recorder of its own.
//!
//! Such a host records by [`offramp_uop::record`], gives its traces to an [`ExecutorGraph`], enters
//! them there, and does what each [`Leave`] says. A [`Backend`] makes traces run: [`NativeBackend`] as
//! machine code in [`CodeMemory`], [`EvaluatorBackend`] by the reference semantics. What the executors
//! are and do is [`inspect`](crate::inspect)'s; thresholds are [`Config`](crate::Config)'s.
//!
//! The write-once layer uses this and nothing else.

#[doc(hidden)]
#[cfg(feature = "native")]
pub use crate::code_memory::Fault as CodeFault;
#[cfg(feature = "native")]
pub use crate::code_memory::{
    CodeMemory, CodeMemoryConfig, CodeMemoryError, CodeSlot, Mode, Owner, Step, Usage,
};
#[cfg(any(test, feature = "test-hooks"))]
#[doc(hidden)]
pub use crate::graph::TransferHook;
pub use crate::graph::{
    Arrival, Backend, Code, Compile, CompileError, Compiled, Compiler, Dependency, Entrance,
    EvaluatorBackend, ExecutorGraph, ExecutorRef, ExitRef, InstallError, Job, Leave, LinkError,
    Onward, Recording, Records, Rounds, Taken, Unpublished,
};
#[cfg(feature = "native")]
pub use crate::native::{NativeBackend, NativeEngine, NativeOptions};
