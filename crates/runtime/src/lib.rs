//! A tracing JIT for any interpreter written in Rust.
//!
//! Write the interpreter's instructions once, generic over a [`Machine`], and implement [`Program`]
//! with them. [`Interpreter::run`] executes the program, records what gets hot as traces, and
//! enters them.
//!
//! Reading order: [`Program`], [`Machine`] (what an instruction can say first), [`Commit`] (what it
//! can do then), [`Layout`] and [`object!`] (what the library knows of the host's memory),
//! [`Read`] and [`Act`] (helpers), [`Interpreter`]. [`inspect`] shows what traces do, and
//! [`explicit`] is the layer below, for hosts with a recorder of their own.

#[cfg(all(
    feature = "native",
    not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))
))]
compile_error!(
    "the feature `native` of `offramp` is for Linux on x86-64 and aarch64: elsewhere turn default \
     features off, and traces run on the evaluator"
);

#[macro_use]
mod language;
mod checks;
#[cfg(feature = "native")]
mod code_memory;
mod core;
mod direct;
mod edges;
mod engine;
mod engine_error;
pub mod explicit;
mod graph;
mod headroom;
pub mod inspect;
mod interpreter;
mod interrupt;
mod memory;
#[cfg(feature = "native")]
mod native;
mod native_stack;
mod observer;
mod place_name;
mod recorder;
mod registry;
mod roots;
mod shadow;

pub use engine::Engine;
pub use engine_error::EngineError;
pub use graph::{Arrival, Backoff, Config, ConfigError, Dependency, Prove};
pub use headroom::Headroom;
pub use interpreter::Interpreter;
pub use interrupt::InterruptHandle;
pub use language::context::Context;
pub use language::fault::{At, Fault};
pub use language::field::{Array, Field};
pub use language::helper::{Act, Failure, Make, Read};
pub use language::holds::Holds;
pub use language::kind::{Argument, Arguments, Kind, Returns, Stored};
pub use language::layout::{Layout, Object, Payloads, Reference, Words};
pub use language::machine::{AnswerOf, Element, ErrorOf, LayoutOf, LoadedOf, Machine};
pub use language::phases::{Called, Caller, Commit, Done, Link, Op, Outcome, Popped, Shifted};
pub use language::program::Program;
pub use language::stack::{LINK_WORDS, MAX_FRAME, Stack, StackError};
pub use language::stack_mut::StackMut;
pub use language::suspended::Suspended;
pub use language::tagged::Tagged;
pub use offramp_uop::{Class, ClassSet, Effects, Pc, Type};
pub use place_name::PlaceName;

/// The example of the package's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
