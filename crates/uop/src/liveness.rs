//! What a program will not read again: the host's declaration.
//!
//! A recorded trace stores every temporary to its frame word. Once the instruction that reads it is
//! done, a temporary is dead, but only the host knows that. [`Liveness`] is how it says so, to the
//! [optimiser](crate::optimise), which drops dead stores at exits, and to the [verifier](crate::verify) and the
//! [proof checker](crate::proof), which excuse what was dropped.

use crate::id::Pc;
use std::fmt;

/// Which frame words a program may read before it writes them. Words are counted from the base of
/// the frame in question; only first words of value groups are asked for.
pub trait Liveness: fmt::Debug {
    /// Whether the instruction at `pc`, or one that may follow it in the same frame, may read a word
    /// of the group at `word` before one has written it.
    fn is_live(&self, pc: Pc, word: u32) -> bool;

    /// Whether anybody may read a word of the group at `word` of a frame that the instruction at `pc`
    /// leaves by a return.
    fn outlives(&self, pc: Pc, word: u32) -> bool;

    /// The frame that called another, by the words below the other's base as far as they are known:
    /// `below(-1)` is the first.
    fn caller(&self, below: &dyn Fn(i32) -> Option<i64>) -> Option<Caller>;
}

/// A frame that waits for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The instruction it goes on at.
    pub pc: Pc,
    /// Words from its base to that of the frame it called.
    pub window: u32,
    /// Words directly below the called frame's base that link it to this one.
    pub links: u32,
}
