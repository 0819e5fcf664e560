//! [`Program`]: what an embedder writes.

use crate::kind::Returns;
use crate::layout::Layout;
use crate::machine::Machine;
use crate::phases::{Done, Op};
use offramp_uop::Pc;

/// A program of the host's language, each instruction written once.
///
/// `step` may look at the program, which never changes, and at the machine; whatever else it
/// looked at would be baked into traces unseen.
pub trait Program: Sized + 'static {
    /// The host's state: heap, globals, output. Instructions reach it through helpers only.
    type Host: 'static;
    /// How its values look: [`Words`](crate::Words) if they are plain integers and doubles.
    type Layout: Layout;
    /// What it answers: `i64`, `f64`, `()`, [`Tagged`](crate::Tagged) …
    type Answer: Returns;

    /// Executes the instruction at `pc`.
    ///
    /// Mark it `#[inline(always)]`: the interpreter's loop is generic over it, and much of its
    /// speed lies in having one function.
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done;
}
