//! Moonlet: a small Lua 5.4 whose instructions are written once, over Offramp's `Machine`.

pub mod bytecode;
pub mod compile;
mod event;
mod grown;
pub mod heap;
pub mod host;
pub mod library;
pub mod listing;
mod liveness;
pub mod names;
pub mod number;
pub mod output;
mod stream;
pub mod syntax;
pub mod value;
pub mod vm;
