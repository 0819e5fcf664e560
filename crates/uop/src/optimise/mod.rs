//! The optimiser: recorded traces in, compiled traces out.
//!
//! A recorded trace is naive: every instruction loads its operands from frame words and stores its
//! results there. One forward walk over it does most of the work. Each uop passes a chain of
//! stations, one file each, and what comes out at the end is emitted:
//!
//! ```text
//!            ┌──────── operands replaced by what they are known to be ────────┐
//! recorded ─▶ words ─▶ fold ─▶ facts ─▶ cse ─▶ emitted ─▶ dce ─▶ layout ─▶ trace
//!    uop      heap     guards                    ▲
//!              └── exits list what is pending ───┘
//! ```
//!
//! - [`words`]: frame words become SSA values; stores stay *pending* and are listed in exit states,
//!   unless the program will not read them again ([`liveness`]).
//! - [`heap`]: loads of known locations are those values, by alias class.
//! - [`sink`]: objects that nobody has seen are not made; exits that need one make it.
//! - [`fold`]: a table of algebraic rules; constants. [`equations`]: what they claim, as data.
//! - [`facts`]: what guards have proven: constants, truths, [`ranges`].
//! - [`cse`]: an equal pure uop, guard or repeatable call is the earlier one.
//! - [`peel`]: the loop body is walked twice; what the second walk finds already done in the first
//!   leaves the loop.
//! - [`short`]: what the loop rests on; the trace enters its loop by that, and the first walk is
//!   not emitted.
//! - [`reenter`]: a trace that ends at another's header meets its contract; [`join`]: one that ends
//!   where paths join meets the entry of a trace that starts there, or leaves so that others can
//!   meet what will start there. Both hand over by [`meet`].
//! - [`dce`]: what nobody uses is dropped. [`layout`] numbers the rest and writes the contract.
//!
//! Soundness is argued trace by trace, by the [proof checker](crate::proof), and tested: the trace checker
//! compares recorded and optimised traces on random states, and [`Options::fuel`] lets it name the
//! rewrite at fault. A new optimisation comes with its argument in the proof checker.
//!
//! Not here: anything that depends on a machine, and anything that needs more than one trace but
//! the header it re-enters or the entry it meets.

mod cse;
mod dce;
pub mod equations;
mod facts;
mod fold;
mod forward;
mod guards;
mod heap;
mod join;
mod layout;
mod liveness;
mod meet;
mod peel;
mod ranges;
mod reenter;
mod short;
mod sink;
mod stability;
#[cfg(test)]
mod tests;
mod words;

use crate::id::Value;
use crate::op::Op;
use crate::sunk;
use crate::trace::{Header, Trace};
use std::fmt;
use std::sync::Arc;

pub use fold::rule_names;
pub(crate) use fold::{Algebra, Folded, Operand, equal};
pub use liveness::{Caller, Liveness};

/// What to do, and how far.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The passes that run.
    pub passes: Passes,
    /// Stop rewriting after this many rewrites; the rest of the trace is copied. For bisecting.
    pub fuel: Option<u64>,
    /// A trace whose header this one goes back to, if it ends in an exit to that header's
    /// instruction.
    pub reenter: Option<&'a Trace>,
    /// How to end, if the trace ends where paths join.
    pub join: Option<Join<'a>>,
    /// Which frame words the program may still read; all of them if this is not known.
    pub live: Option<&'a dyn Liveness>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            passes: Passes::ALL,
            fuel: None,
            reenter: None,
            join: None,
            live: None,
        }
    }
}

/// How a trace ends where paths join: at an instruction that several paths lead to, which traces of
/// their own start at.
#[derive(Clone, Copy, Debug)]
pub struct Join<'a> {
    /// Traces that start there. The first is entered whose signature can be met: what it does not
    /// take is stored, what it takes is loaded or guarded if need be.
    pub entries: &'a [Arc<Trace>],
    /// Where none can be met, whether to store everything. Otherwise what is pending stays so, for a
    /// trace that starts there later and takes it over with the exit's
    /// [general signature](crate::ExitState::general_signature).
    pub in_memory: bool,
    /// Whether the trace polls where its recording does. One that leads only to what is not there yet
    /// need not: it is on no cycle without a trace that does.
    pub polls: bool,
}

/// A pass of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Pass {
    /// Frame words to SSA values, stores pending.
    Words,
    /// Heap loads and stores by alias class.
    Heap,
    /// Objects that are not made before somebody may see them.
    Sink,
    /// Constants and algebra.
    Fold,
    /// What guards have proven.
    Facts,
    /// Common subexpressions: pure uops, guards, repeatable calls.
    Cse,
    /// One iteration before the loop, so that what does not change leaves the loop.
    Peel,
    /// The way into the loop by its short preamble, instead of a copied iteration.
    Short,
    /// Going back to another trace's header.
    Reenter,
    /// Ending where paths join.
    Join,
    /// Dead code.
    Dce,
}

impl Pass {
    /// Every pass.
    pub const ALL: [Pass; 11] = [
        Pass::Words,
        Pass::Heap,
        Pass::Sink,
        Pass::Fold,
        Pass::Facts,
        Pass::Cse,
        Pass::Peel,
        Pass::Short,
        Pass::Reenter,
        Pass::Join,
        Pass::Dce,
    ];

    /// Its name, as in filetests and dumps.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Words => "words",
            Pass::Heap => "heap",
            Pass::Sink => "sink",
            Pass::Fold => "fold",
            Pass::Facts => "facts",
            Pass::Cse => "cse",
            Pass::Peel => "peel",
            Pass::Short => "short",
            Pass::Reenter => "reenter",
            Pass::Join => "join",
            Pass::Dce => "dce",
        }
    }

    /// The pass called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Pass> {
        Pass::ALL.into_iter().find(|pass| pass.name() == name)
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of passes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Passes(u16);

impl Passes {
    /// Every pass.
    pub const ALL: Passes = Passes(u16::MAX);
    /// No pass: the trace is copied.
    pub const NONE: Passes = Passes(0);

    /// The set of the given passes.
    pub fn of(passes: &[Pass]) -> Passes {
        Passes(passes.iter().fold(0, |set, &pass| set | 1 << pass as u8))
    }

    /// This set without `pass`.
    pub fn without(self, pass: Pass) -> Passes {
        Passes(self.0 & !(1 << pass as u8))
    }

    /// Whether `pass` is in the set.
    pub fn contains(self, pass: Pass) -> bool {
        self.0 >> pass as u8 & 1 == 1
    }
}

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(Pass::ALL.iter().filter(|&&pass| self.contains(pass)))
            .finish()
    }
}

/// One thing the optimiser did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The pass.
    pub pass: Pass,
    /// The rule, unique in its pass.
    pub rule: &'static str,
    /// The uop of the recorded trace that was being looked at.
    pub at: Value,
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at {}", self.pass, self.rule, self.at)
    }
}

/// An optimised trace.
#[derive(Clone, Debug)]
pub struct Optimised {
    /// The trace.
    pub trace: Trace,
    /// What was done, in order.
    pub trail: Vec<Rewrite>,
    /// For each uop of the trace, the recorded uop that was being looked at when it was made. A
    /// hint for the [proof](crate::proof), which does not trust it; empty for a trace that is
    /// returned as it was.
    pub origins: Vec<Value>,
}

/// Optimises a recorded trace.
///
/// The result leaves through the same exits in the same states, with fewer uops on the way; a
/// loop may also decline on its way in, with nothing done, where the words are not what its
/// iterations want. A
/// trace that is not in recorded form (words pending at an exit, parameters at its header) has
/// been optimised before and is returned as it is, so optimising is idempotent (but for the name
/// of a header's contract that shows nothing).
///
/// # Panics
/// If the trace does not pass the [verifier](crate::verify).
///
/// ```
/// use offramp_uop::{Builder, Interface, Op, Type, Word, optimise::{Options, optimise}};
/// let mut b = Builder::new("twice", 0, Interface::new().into());
/// b.at(0);
/// let x = b.load_word(Type::I64, Word(0));
/// let two = b.int(2);
/// let doubled = b.pure(Op::Mul, &[x, two]);
/// b.store_word(Word(0), doubled);
/// let out = b.side_exit(1, 0);
/// b.leave(out);
/// let optimised = optimise(&b.finish(), &Options::default());
/// // The store is pending at the exit, the product a shift.
/// assert!(optimised.trace.uops.iter().all(|uop| uop.op != Op::StoreWord && uop.op != Op::Mul));
/// ```
pub fn optimise(trace: &Trace, options: &Options<'_>) -> Optimised {
    if !is_recorded_form(trace) {
        return Optimised {
            trace: trace.clone(),
            trail: Vec::new(),
            origins: Vec::new(),
        };
    }
    let optimised = walk(trace, *options);
    if sunk::cost(&optimised.trace) <= MOST_IN_EXITS {
        return optimised;
    }
    let passes = options.passes.without(Pass::Sink);
    walk(trace, Options { passes, ..*options })
}

/// Uops that the exits of a trace may do for sunk objects, all together. A trace with many exits in the
/// life of many objects makes them once where they are made, rather than once in each exit.
const MOST_IN_EXITS: usize = 1000;

fn walk(trace: &Trace, options: Options<'_>) -> Optimised {
    let mut forward = forward::Forward::new(trace, options);
    peel::walk(&mut forward);
    dce::sweep(&mut forward);
    layout::finish(forward)
}

/// Whether everything is in memory at every exit and at the header, and no iteration was peeled.
fn is_recorded_form(trace: &Trace) -> bool {
    let begun = |header: &Header| {
        let before = &trace.uops[..header.at.index()];
        before.iter().any(|uop| matches!(uop.op, Op::At | Op::Poll))
    };
    trace.header_params().next().is_none()
        && trace.header_invariants().next().is_none()
        && trace
            .exits
            .iter()
            .all(|exit| exit.words.is_empty() && exit.contract.is_none())
        && trace
            .header
            .iter()
            .all(|header| header.constants.is_empty() && header.short.is_empty() && !begun(header))
}
