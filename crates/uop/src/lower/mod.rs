//! Lowering: traces to machine code through Cranelift.
//!
//! A trace becomes one function, a looping trace two: the preamble, and the loop with the header
//! as its entry. All are `CallConv::Tail` functions under the [machine contract](machine); they
//! never return, they leave by tail jumps through exit records:
//!
//! ```text
//!   entry ─▶ prologue ─▶ uops … guard … ─▶ tail jump to the loop, or through the last exit
//!               ▲                 │ fails
//!               │                 ▼
//!            spill         shared exit block: every home, the record ─▶ [record].target
//! ```
//!
//! Each (frame word, register class) that is pending at any guard exit has one *home*, a parameter of
//! the shared exit block, so an exit costs its record's name and a jump whatever is pending; long
//! traces have a block for each [region](regions) of their exits. The exit's map ([`Lowered::exits`]) says which homes are meant. The last exit of a trace jumps on
//! its own, in the order its target takes.
//!
//! Cranelift runs at `opt_level=none`: its mid-end would sink pure values into every exit (see the
//! design notes). The optimiser has done the work.
//!
//! # Reading order
//!
//! `request` (what is asked and returned), `lowerer` (a function from IR to bytes), `exits` and `regions` (the
//! plan: where everything travels), `section` (the state of one function), `body` (uops), and by subject
//! `memory`, `arithmetic`, `calls`, `poll`, `leave`, `returns`; `stubs` has the functions that belong to no
//! trace.
//!
//! Not here: memory for code, addresses of records, linking. Those are the runtime's.

mod address;
mod arithmetic;
mod body;
mod calls;
mod convention;
mod division;
mod error;
mod exit_blocks;
mod exits;
mod frame;
mod leave;
mod lowerer;
pub mod machine;
mod memory;
mod poll;
mod regions;
mod request;
mod returns;
mod rounds;
mod section;
mod stubs;
mod target;
mod uses;
mod watch;

pub use error::LowerError;
pub use lowerer::Lowerer;
pub use machine::{ExitLayout, HelperEntry, Location, Locations, Vm};
pub use request::{Code, ExitMap, LowerOptions, Lowered};
pub use stubs::{cold_exit, trampoline};
pub use target::{Checks, Target};

#[cfg(test)]
mod tests;
