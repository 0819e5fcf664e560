//! Moonlet: a small Lua 5.4 whose instructions are written once, over Offramp's `Machine`.

pub mod bytecode;
pub mod heap;
pub mod number;
pub mod value;
