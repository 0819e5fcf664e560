//! The evaluator: the reference semantics of traces.
//!
//! It runs a trace uop by uop against a [`State`], which stands for the machine: frame words, heap,
//! helpers, interrupts. Compiled code must agree with it on every input; it favours being
//! obviously right over being fast.
//!
//! One entry runs until one exit is taken. What the exit leads to, a linked executor or the
//! interpreter, is the runtime's business.
//!
//! Here is what a trace meets: the machine's interface, entries, ways out. What each uop does is in
//! [`Stepper`].
//!
//! Not checked here: that the trace is well formed. Run the [verifier](crate::verify) first; on a
//! malformed trace the evaluator may panic.

mod step;

pub use crate::hardware::Hardware;
pub use step::{Stepper, run};

use crate::exit::Pc;
use crate::id::{ExitId, HelperId, Value};
use crate::trace::Trace;
use crate::types::Mem;

/// The machine a trace runs on.
///
/// Frame words are addressed absolutely: the index of the trace's base plus the word's number.
pub trait State {
    /// Reads a frame word.
    fn load_word(&mut self, index: i64) -> u64;
    /// Writes a frame word.
    fn store_word(&mut self, index: i64, bits: u64);
    /// Reads the heap; narrow kinds are widened as [`Mem::extend`] says.
    fn load(&mut self, address: u64, mem: Mem) -> u64;
    /// Writes the low bytes of `bits` to the heap.
    fn store(&mut self, address: u64, mem: Mem, bits: u64);
    /// Calls a helper.
    fn call(&mut self, call: Call<'_>) -> Outcome;
    /// Whether the frame base may be moved up to absolute word `index`.
    fn has_room(&mut self, _index: i64) -> bool {
        true
    }
    /// Whether an interrupt is pending.
    fn poll(&mut self) -> bool {
        false
    }
    /// Where compiled code finds the same machine, if it is one that compiled code can run on:
    /// heap addresses are then real ones. Making one is a [promise](Hardware::new).
    fn hardware(&mut self) -> Option<Hardware> {
        None
    }
    /// Whether the running executor is still valid.
    fn is_valid(&mut self) -> bool {
        true
    }
    /// An instruction of the host begins.
    fn at(&mut self, _pc: Pc) {}
    /// Control is at the header of `trace`, by entering, falling in or looping; `handed` is what
    /// an entry there hands over. Tests check the header's contract here.
    fn at_header(&mut self, _trace: &Trace, _handed: &[u64], _base: i64) {}
    /// Asked at every guard whose condition holds: `true` takes its exit all the same. Every exit
    /// of a guard leads back to the start of its instruction, so forcing one is always correct;
    /// tests use it to reach every exit state.
    fn force_exit(&mut self) -> bool {
        false
    }
}

/// A call of a helper.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The helper.
    pub helper: HelperId,
    /// Its arguments' bits.
    pub args: &'a [u64],
    /// The frame base at the call and the instruction it is made from. Absent for helpers that
    /// [need no exit](crate::Helper::needs_exit).
    pub from: Option<(i64, Pc)>,
    /// References the trace still needs after the call, besides those in frame words: roots for a
    /// collector. Empty for helpers that do not [collect](crate::Effects::collects).
    pub roots: &'a [u64],
}

/// What a helper answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The result's bits (0 without a result).
    Value(u64),
    /// It failed; the host holds the error.
    Error,
    /// The program goes on elsewhere: the helper pushed or popped a frame.
    Transfer {
        /// Where the program goes on.
        pc: Pc,
        /// The frame base there.
        base: i64,
    },
}

/// Where a trace is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// At `start`.
    Start,
    /// At the header.
    Header,
}

/// How a trace was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The exit taken.
    pub exit: ExitId,
    /// The uop that took it.
    pub at: Value,
    /// The instruction to go on at: the exit's target, or what was found at run time.
    pub pc: Pc,
    /// The frame base there, absolute.
    pub base: i64,
    /// Pending words, in the exit state's order: absolute index and bits.
    pub words: Vec<(i64, u64)>,
    /// The exit state's extras.
    pub extras: Vec<u64>,
    /// Whether a helper's transfer made it leave.
    pub transferred: bool,
    /// Whether a helper failed to make an object that the exit names: the run ends here, whatever the
    /// exit leads to. [Words](Left::words) of value groups that would name one are not listed;
    /// memory keeps what it holds there.
    pub unmade: bool,
}
