//! Random traces, a model machine and the trace checker.
//!
//! The optimiser is right if no run of its trace can be told from a run of the trace it was given.
//! Three parts put that to the test:
//!
//! - [`generate`] makes traces as a recorder would: it executes while it records, so most guards
//!   hold and evaluation goes deep;
//! - [`model`] is the machine they run on: frame words, a typed [`heap`] and [`helpers`] whose
//!   effects are exactly as bad as they are declared, so each freedom taken that was not given
//!   shows;
//! - [`checker`] runs both traces from the same starts, with and without forced exits, and
//!   compares everything observable; [`contract`] checks what a header promises; [`blame`] names
//!   the guilty pass and rule, and [`shrink`] makes the failing trace small.
//!
//! Everything is a function of a seed ([`random`]); a failure prints it.

pub mod algebra;
pub mod blame;
pub mod checker;
pub mod contract;
pub mod generate;
pub mod heap;
pub mod helpers;
pub mod model;
pub mod random;
pub mod shrink;
#[cfg(test)]
mod tests;
