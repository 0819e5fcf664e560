//! A tracing JIT for any interpreter written in Rust.
//!
//! Write the interpreter's instructions once, generic over a [`Machine`], and implement [`Program`]
//! with them. [`Interpreter::run`] executes the program, records what gets hot as traces, and
//! enters them.
//!
//! Reading order: [`Program`], [`Machine`] (what an instruction can say first), [`Commit`] (what it
//! can do then), [`Layout`] and [`object!`] (what the library knows of the host's memory),
//! [`Read`] and [`Act`] (helpers), [`Interpreter`]; below them the executor [`graph`].

#[macro_use]
mod vocabulary;
#[cfg(feature = "native")]
pub mod code_memory;
mod direct;
mod edges;
mod engine;
mod explain;
pub mod graph;
mod headroom;
mod heap;
mod helper;
mod holds;
mod interpreter;
mod interrupt;
mod kind;
mod layout;
mod machine;
mod memory;
#[cfg(feature = "native")]
pub mod native;
mod native_stack;
mod observer;
mod phases;
mod place_name;
mod program;
mod recorder;
mod roots;
mod shadow;
mod stack;
mod stack_mut;
mod tagged;

pub use engine::{Engine, EngineError};
pub use headroom::Headroom;
pub use helper::{Act, Context, Failure, Make, Read};
pub use holds::Holds;
pub use interpreter::{At, Fault, Interpreter};
pub use interrupt::InterruptHandle;
pub use kind::{Argument, Arguments, Kind, Returns, Stored};
pub use layout::{Array, Field, Layout, Object, Payloads, Reference, Words};
pub use machine::{Element, LayoutOf, Machine};
pub use offramp_uop::{Class, ClassSet, Effects, Pc, Type};
pub use phases::{Called, Caller, Commit, Done, Link, Op, Outcome, Popped, Shifted};
pub use place_name::{Names, PlaceName};
pub use program::Program;
pub use shadow::{Difference, Differs, Lie};
pub use stack::{LINK_WORDS, MAX_FRAME, Stack, StackError};
pub use stack_mut::StackMut;
pub use tagged::Tagged;

pub use graph::{
    Abort, Arrival, Backend, Backoff, Config, ConfigError, Dependency, EvaluatorBackend, Event,
    ExecutorGraph, ExecutorRef, ExecutorState, Executors, ExitRef, InstallError, Leave, Prove,
    Recording, Report, Stats,
};
