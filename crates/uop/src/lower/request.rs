//! What is asked of lowering, and what it returns.

use super::machine::{ExitLayout, HelperEntry, Location};
use crate::signature::EntrySignature;

/// How a trace is lowered besides its target.
#[derive(Clone, Copy, Debug)]
pub struct LowerOptions<'a> {
    /// Where the trace's exit records will lie. The record behind the last exit's is the way from
    /// the preamble to the loop.
    pub layout: ExitLayout,
    /// Where the entry's parameters arrive, in order; those of the exit that asked for the trace.
    pub entry: &'a [Location],
    /// The entry that the last exit was made for, if it was made for one: it then hands over in
    /// that entry's order.
    pub onward: Option<&'a EntrySignature>,
    /// How each helper is called, by number; those it does not list are dispatched.
    pub helpers: &'a [HelperEntry],
    /// Make every guard and poll count down [`Vm::countdown`](super::Vm::countdown) and leave at zero: a run has an end
    /// then even where its loop has no guard. For tests.
    pub forced_exits: bool,
    /// Tell [`Vm::on_watch`](super::Vm::on_watch) of every instruction, guard, poll and exit. For tests.
    pub watched: bool,
    /// Keep the Cranelift IR and the machine code as text.
    pub keep_clif: bool,
}

/// Machine code of one function.
#[derive(Clone, Debug)]
pub struct Code {
    /// The bytes, position independent and without relocations.
    pub bytes: Vec<u8>,
    /// The Cranelift IR, if asked for.
    pub clif: Option<String>,
    /// The machine code as Cranelift writes it, if asked for.
    pub asm: Option<String>,
    /// Bytes of the blocks that leave: exits and the shared exit block.
    pub exit_bytes: usize,
}

/// A lowered trace.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The function at `start`.
    pub entry: Code,
    /// The loop's function, if the trace loops.
    pub looped: Option<Code>,
    /// Where the header takes its parameters, then its invariants.
    pub header: Vec<Location>,
    /// Per exit: where what it hands over travels.
    pub exits: Vec<ExitMap>,
}

/// Where what an exit hands over travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitMap {
    /// Per pending word of the exit's state: its location, `None` for a constant, which does not
    /// travel, and at dynamic exits, which store what is pending.
    pub words: Vec<Option<Location>>,
    /// The locations of the extras; empty where they do not travel.
    pub extras: Vec<Location>,
}
