//! The executor graph: executors, their exits, the links between them, and their life.
//!
//! ```text
//!            root_at, enter                      begin, finish, abandon
//!   host ───────────────────▶ ExecutorGraph ◀───────────────────────── recorder
//!     ▲                        │        ▲
//!     │ Leave         entrance │        │ Cold: an exit that is not linked
//!     │                        ▼        │
//!     └─────────────────────  back end: follows links by itself
//! ```
//! Invariants:
//! - A link exists only if it passed `check`: same instruction, exit state and entry
//!   signature agree, an early exit leads to a younger executor.
//! - Live executors know all records that point at them; nothing points at one that is not live.
//! - No edge owns what it leads to, so cycles keep nothing alive.
//! - The store is never borrowed while a trace or host code runs: helpers, observers and what says
//!   which words are live may come back here, and may panic.
//! - A panic of host code comes out of the method that was called, with the graph as before the call
//!   or as after it. A recording whose ticket the panic dropped counts as aborted.
//!
//! What it does not do: count what the interpreter does between entries, decide what to record,
//! run the interpreter.
//!
//! # Reading order
//!
//! `handle`, `exit_record`, `executor`, `anchor`, `ticket`: what there is. `store`: all of it. Over it, by
//! subject: `progress`, `link`, `cold_exit`; `recording`, `improve`, `job`, `install`; `join`, `site`;
//! `account`, `tree`, `cache`, `lifecycle`. Above these `executor_graph` (what a host calls), `finish` (from a
//! recorded trace to an executor), `answering` (a run), `report`. No file imports one that imports it: what
//! the store holds of a subject stands in a file below it (`account/state`, `tree/state`, `cache/state`).

mod abort;
mod account;
mod activation;
mod anchor;
mod answering;
mod backend;
mod backoff;
mod cache;
mod cold_exit;
mod config;
mod counters;
mod dump;
mod error;
mod event;
mod executor;
mod executor_graph;
mod exit_record;
mod finish;
mod handle;
#[cfg(any(test, feature = "test-hooks"))]
mod hooks;
mod improve;
mod install;
mod job;
mod join;
mod lifecycle;
mod link;
mod naming;
mod progress;
mod proving;
mod recording;
mod report;
mod return_point;
mod site;
mod steps;
mod store;
mod telling;
mod ticket;
mod trace_end;
mod tree;
mod view;

pub use abort::Abort;
pub use backend::{
    Backend, Code, CodeFigures, Compile, CompileError, Compiler, Entrance, EvaluatorBackend,
    Listing, Onward, Records, Rounds, Taken, Unpublished,
};
pub use backoff::Backoff;
pub use cold_exit::Leave;
pub use config::{Config, ConfigError, Prove, SettingInfo};
pub use counters::Stats;
pub use error::{InstallError, LinkError};
pub use event::{Event, Invalidation, Observer};
pub use executor::{ExecutorInfo, ExecutorState, Role};
pub use executor_graph::{Arrival, ExecutorGraph};
pub use exit_record::{ExitInfo, ExitStatus, Link, LinkKind};
pub use handle::{Birth, Dependency, ExecutorRef, ExitRef};
pub use job::{Compiled, Job};
pub use progress::Progress;
#[cfg(feature = "native")]
pub(crate) use report::done_at_exits;
pub use report::{AbandonedReport, ExitReport, Instructions, Report, Sighted, TreeReport};
pub(crate) use ticket::Ended;
pub use ticket::Recording;
pub use view::Executors;

#[cfg(any(test, feature = "test-hooks"))]
#[doc(hidden)]
pub use executor_graph::TransferHook;
