//! The machine-code back end: executors as code that Cranelift made.
//!
//! ```text
//!   run ─▶ trampoline ─▶ executor ═▶ executor ═▶ … ─▶ cold-exit function ─▶ run
//!                          ═▶ tail jump through an exit record
//! ```
//! The [`graph`](crate::explicit::ExecutorGraph) decides what leads where; here a link is a store to the
//! exit's record, and following it costs nothing outside compiled code.
//!
//! [`NativeEngine`] is what interpreters share: target, code memory, the code of the two stubs.
//! [`NativeBackend`] belongs to one interpreter: its machine context, its trampoline and its one
//! cold-exit function, freed with it. [Its compiler](compiler) lowers traces for it, on any thread.
//!
//! An exit that leads to the cold exit comes back here only if the graph has no code to go on at:
//! one that gets linked then jumps on, with its values where they are.

mod back_end;
mod compiler;
mod engine;
mod entries;
mod pending;
mod records;
mod returns;
mod run;
pub(crate) mod shim;
mod watch;

pub use back_end::NativeBackend;
pub use engine::{NativeEngine, NativeOptions};
pub(crate) use entries::{Entries, Entry};
