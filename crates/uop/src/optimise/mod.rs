//! The optimiser: recorded traces in, compiled traces out.
//!
//! A recorded trace is naive: every instruction loads its operands from frame words and stores its
//! results there. One forward [`walk`](mod@walk) over it does most of the work: it takes each uop through the stations
//! that it concerns, and what comes out at the end is [emitted](output).
//!
//! ```text
//!            ┌──────── operands replaced by what they are known to be ────────┐
//! recorded ─▶ words ─▶ fold ─▶ facts ─▶ cse ─▶ emitted ─▶ dce ─▶ layout ─▶ trace
//!    uop      heap     guards                    ▲
//!              └── exits list what is pending ───┘
//! ```
//!
//! Stations, each of which owns what it knows:
//! - [`words`]: frame words become SSA values; stores stay *pending* and are listed in exit states,
//!   unless the program will not read them again ([`dead`]).
//! - [`heap`]: loads of known locations are those values, by alias class.
//! - [`sink`]: objects that escape nowhere are not made; exits that need one make it.
//! - [`fold`](mod@fold): constants; the table of algebraic [`rules`], matched and applied.
//! - [`facts`]: what guards have proven: constants, truths, [`ranges`].
//! - [`cse`]: an equal pure uop, guard or repeatable call is the earlier one.
//!
//! How a trace ends:
//! - [`peel`]: a loop's body is walked twice; what the second walk finds already done in the first
//!   leaves the loop. [`looped`]: the loop that comes of it; [`stability`]: what is the same in each iteration.
//! - [`short`]: what the loop rests on; the trace enters its loop by that, and the first walk is
//!   not emitted.
//! - [`ending`]: an exit. [`reenter`]: to another trace's header, whose contract it meets; [`join`]: to where
//!   paths join, to meet the entry of a trace that starts there, or so that others can meet what will
//!   start there. Both pass what is taken by [`meet`].
//!
//! Over what was emitted:
//! - [`dce`]: what has no use is dropped. [`layout`] numbers the rest and writes the contract.
//!
//! Imports go one way: this file, ends of traces, the walk, stations, facts, output. What each station
//! may assume is in the book (`docs/src/design/optimiser-invariants.md`).
//!
//! Soundness is argued trace by trace, by the [proof checker](crate::proof), and tested: the trace checker
//! compares recorded and optimised traces on random states, and [`Options::fuel`] lets it name the
//! rewrite at fault. A new optimisation comes with its argument in the proof checker.
//!
//! Not here: anything that depends on a machine, and anything that needs more than one trace but
//! the header it re-enters or the entry it meets.

mod cse;
mod dce;
mod dead;
mod ending;
mod exits;
mod facts;
mod fold;
mod heap;
mod join;
mod layout;
mod looped;
mod meet;
mod options;
mod output;
mod pass;
mod peel;
pub mod range_laws;
mod ranges;
mod reenter;
pub mod rules;
mod short;
mod sink;
mod stability;
pub mod term;
#[cfg(test)]
mod tests;
mod walk;
mod words;

use crate::op::Op;
use crate::sunk;
use crate::trace::{Header, Trace};

pub use crate::liveness::{Caller, Liveness};
pub use fold::rule_names;
pub(crate) use fold::{Algebra, fold};
pub use options::{Join, LeadsTo, Optimised, Options};
pub use pass::{Pass, Passes, Rewrite};

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
            leads_to: None,
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
    let mut walk = walk::Walk::new(trace, options);
    let mut leads_to = None;
    let mut looped = match &trace.header {
        Some(header) => Some(peel::walk(&mut walk, header)),
        None => {
            let end = trace.uops.len() - 2;
            walk.walk(0..end);
            leads_to = ending::walk(&mut walk, end);
            None
        }
    };
    dce::sweep(&mut walk.out, &trace.interface, looped.as_mut());
    layout::finish(walk, looped, leads_to)
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
