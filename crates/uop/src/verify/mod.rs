//! The verifier: what holds for every trace, and what holds besides for recorded ones.
//!
//! [`verify`] is run by tests behind every pass and by the runtime on every trace in debug builds;
//! [`verify_recorded`] on what a recorder made. Both report every error they find, printed as
//! remarks in the trace's text form.
//!
//! What every trace keeps to:
//!
//! * **Shape.** `start param* … [header param* invariant* …] terminator unreachable`; the params
//!   are those of the signatures; what `header` and `loop` hand over fits the header's params.
//! * **Values** are defined before they are used and have the types the op table asks for.
//! * **The loop is a function of its own**: it sees a value from before the header only through an
//!   `invariant`. Constants are the exception; they are the same wherever they are made, so the
//!   loop shares the preamble's, in uops and in exit states.
//! * **Exit states** list words in ascending order with values that exist wherever the exit is
//!   taken. They are complete: a word that an entry took over pending is listed until it was
//!   stored, or the header takes it. A helper that may look at frames finds nothing pending.
//! * **The stack** has room for every base a trace enters and every word it touches: a guard of
//!   `has_room` for it comes before, on the trace itself.
//! * **What is [sunk](crate::sunk)** is named by sunk uops and exit words alone.
//! * **An open header's contract** can be shown by others: the short preamble uses only itself and
//!   constants, reads only words that are in memory at the header, and makes every invariant.
//!   That the loop keeps what the short preamble shows is the trace checker's to test: a word may
//!   be written and hold the same value again.
//!
//! A value group that is only partly pending at an exit is legal: its other words are in memory.
//!
//! Not checked: whether the trace does what the recorded one did. That is the trace checker's.

mod error;
mod exits;
mod header;
mod pending;
mod recorded;
mod room;
mod shape;
mod sunk;
#[cfg(test)]
mod tests;
mod uops;

pub use error::{Problem, VerifyError, VerifyErrors};

use crate::id::{Value, Word};
use crate::liveness::Liveness;
use crate::op::Op;
use crate::text::Place;
use crate::trace::Trace;
use crate::types::Type;

/// Checks that `trace` is well formed.
///
/// # Errors
/// Every error found.
pub fn verify(trace: &Trace) -> Result<(), VerifyErrors> {
    verify_knowing(trace, None)
}

/// As [`verify`], for a trace that was optimised with this knowledge: dead words may be lost. Words of
/// frames below the running one are taken for dead where they are lost, as nothing here knows where
/// those frames are.
///
/// # Errors
/// Every error found.
pub fn verify_knowing(trace: &Trace, live: Option<&dyn Liveness>) -> Result<(), VerifyErrors> {
    Verifier::of(trace, live).finish()
}

/// Checks that `trace` is well formed and such as a recorder makes: everything in memory form, and
/// no guard behind an effect of its instruction.
///
/// # Errors
/// Every error found.
pub fn verify_recorded(trace: &Trace) -> Result<(), VerifyErrors> {
    let mut verifier = Verifier::of(trace, None);
    verifier.recorded();
    verifier.finish()
}

struct Verifier<'a> {
    trace: &'a Trace,
    live: Option<&'a dyn Liveness>,
    /// Position of the first `header` uop.
    header: Option<usize>,
    errors: Vec<VerifyError>,
}

impl<'a> Verifier<'a> {
    fn of(trace: &'a Trace, live: Option<&'a dyn Liveness>) -> Verifier<'a> {
        let header = trace.uops.iter().position(|uop| uop.op == Op::Header);
        let mut verifier = Verifier {
            trace,
            live,
            header,
            errors: Vec::new(),
        };
        verifier.shape();
        verifier.uops();
        verifier.exits();
        verifier.pending();
        verifier.room();
        verifier.header();
        verifier.sunk();
        verifier
    }

    fn finish(self) -> Result<(), VerifyErrors> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(VerifyErrors::new(self.trace, self.errors))
        }
    }

    fn report(&mut self, place: Place, problem: Problem) {
        self.errors.push(VerifyError { place, problem });
    }

    /// Reports `problem` unless `holds`.
    fn check(&mut self, holds: bool, place: Place, problem: impl FnOnce() -> Problem) {
        if !holds {
            self.report(place, problem());
        }
    }

    /// The type of `value`, if it exists where the uop at `user` uses it.
    fn visible(&self, value: Value, user: usize) -> Result<Type, Problem> {
        let Some(uop) = self.trace.uops.get(value.index()) else {
            return Err(Problem::NoSuchValue { value });
        };
        if value.index() >= user {
            return Err(Problem::UsedBeforeDefined { value });
        }
        let before_header = |position| self.header.is_some_and(|header| position < header);
        if before_header(value.index())
            && self.header.is_some_and(|header| user > header)
            && uop.op != Op::Const
            && self.trace.uops.get(user).map(|user| user.op) != Some(Op::Invariant)
        {
            return Err(Problem::BeforeHeader { value });
        }
        uop.ty.ok_or(Problem::NoResult { value })
    }

    /// Checks that words ascend.
    fn ascending(&mut self, words: impl Iterator<Item = (Word, Place)>) {
        let mut previous = None;
        for (word, place) in words {
            if let Some(previous) = previous.filter(|&previous| previous >= word) {
                self.report(place, Problem::WordOrder { word, previous });
            }
            previous = Some(word);
        }
    }

    /// Checks that a frame word can hold `ty`.
    fn fits_word(&mut self, ty: Type, place: Place) {
        self.check(ty.fits_word(), place, || Problem::NotAWordType { ty });
    }
}
