//! A tracing JIT for any interpreter written in Rust.

pub mod graph;

pub use graph::{
    Abort, Arrival, Backend, Backoff, Config, ConfigError, Dependency, EvaluatorBackend, Event,
    ExecutorGraph, ExecutorRef, ExecutorState, ExitRef, InstallError, Leave, Recording, Stats,
};
