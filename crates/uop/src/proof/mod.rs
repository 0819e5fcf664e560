//! The proof checker: each optimised trace is shown to do what its recording does, for all states.
//!
//! The random checker (`testing`) runs both traces from some states and needs luck. A trace is
//! small and nearly straight, so both sides can be evaluated with *terms* for values instead: then one
//! run is all runs.
//!
//! # The claim
//!
//! Whenever the optimised trace leaves, calls, polls or loops, there is a point of the recording that the
//! same path has certainly reached (each guard of the recording up to there follows from those that
//! the optimised trace has passed), and what the optimised trace leaves behind (memory, pending words,
//! objects made on the way out) is the recording's state at that point. For guards and polls that point
//! is the start of an instruction, so a guard too many is harmless and one that was rightly removed is
//! not missed; for calls, error exits and ends it is the very uop. Effects happen in the same order with
//! the same operands. Two conditions more, as equal states say nothing of them: a guard behind the way
//! in tests what the recording stands at or follows already ([`Reason::Early`]), and a load or store goes
//! where the recording has been ([`Reason::Wild`]).
//!
//! A loop is proved by induction: its way in establishes the header's contract (what is pending, what the
//! short preamble shows); from *any* state that meets the contract one iteration does what a recorded
//! one does and meets the contract again. What a foreign entry is promised is the same contract.
//!
//! # What is trusted
//!
//! - the recording is what the program means, and has passed the [verifier](crate::verify);
//! - what the host declared: effects, disjoint classes, what new objects hold and that making one later
//!   or not at all is the same, [`Liveness`](crate::liveness::Liveness), collectors that change no word that will be read;
//! - the optimiser's rule table, which is shared as data: each rule's equation is proved by itself. The
//!   rules hold bit for bit, for NaNs too. Which of two NaNs a sum is, is open; so operands may be swapped;
//! - what `exit.agrees` compares when exits are linked, and code generation.
//!
//! Not trusted: the optimiser. Its hints (which uop of the recording an object was made for) choose
//! between proofs and cannot make a wrong one; facts, ranges, aliasing and the order of effects are
//! this module's own.
//!
//! # What cannot be proved here
//!
//! That a loop makes progress. A short way in may load before it has shown what the recording had shown
//! by then; only that the recording loads there, too, is checked. New optimisations must come with their argument here; until then a trace that uses one is
//! [`Unproved`], and the host chooses what happens to it.
//!
//! # Reading order
//!
//! `node`, `pool`, `facts`, `terms` (values); `words`, `lists`, `objects` and `world` (what states are made of);
//! `heap`, `escape`, `perform` (what uops do); `side` and `prover` (how far a proof has come); `recording`
//! (the side that runs ahead), `lockstep` (the side that is checked), `compare` (states), `loops`, `handover`
//! (other traces' headers).

mod compare;
mod error;
mod escape;
mod facts;
mod handover;
mod heap;
mod lists;
mod lockstep;
mod loops;
mod node;
mod objects;
mod perform;
mod pool;
mod prover;
mod recording;
mod side;
mod terms;
mod words;
mod world;

pub use error::{Edge, Reason, Unproved};
pub use prover::Proof;

use crate::id::Value;
use crate::optimise::{Optimised, Options};
use crate::trace::Trace;
use lockstep::Flow;
use prover::Prover;

/// Proves that `optimised`, which was made of `recorded` with these options, does what `recorded` does.
///
/// A trace that the optimiser returned as it was needs no proof.
///
/// # Errors
/// The first thing that could not be proved. That need not be wrong.
///
/// # Panics
/// If one of the traces does not pass the [verifier](crate::verify).
///
/// ```
/// use offramp_uop::optimise::{Options, optimise};
/// use offramp_uop::{Builder, Imm, Interface, Op, Type, Word, proof::prove};
/// let mut b = Builder::new("twice", 0, Interface::new().into());
/// b.at(0);
/// let x = b.load_word(Type::I64, Word(0));
/// let two = b.int(2);
/// let doubled = b.pure(Op::Mul, &[x, two]);
/// b.store_word(Word(0), doubled);
/// let out = b.side_exit(1, 0);
/// b.leave(out);
/// let recorded = b.finish();
/// let options = Options::default();
/// let mut optimised = optimise(&recorded, &options);
/// assert!(prove(&recorded, &optimised, &options).is_ok());
/// // The product is a shift by one; by another amount it would be wrong.
/// for uop in optimised.trace.uops.iter_mut().filter(|uop| uop.imm == Imm::Const(1)) {
///     uop.imm = Imm::Const(3);
/// }
/// assert!(prove(&recorded, &optimised, &options).is_err());
/// ```
pub fn prove(
    recorded: &Trace,
    optimised: &Optimised,
    options: &Options<'_>,
) -> Result<Proof, Unproved> {
    let uops = recorded.uops.len() + optimised.trace.uops.len();
    if *recorded == optimised.trace {
        return Ok(Proof {
            uops,
            ..Proof::default()
        });
    }
    let mut prover = Prover::new(recorded, optimised, options);
    prover.counts.uops = uops;
    let proved = prover.whole();
    prover.counts.terms = prover.world.terms.len();
    match proved {
        Ok(()) => Ok(prover.counts),
        Err(reason) => Err(Unproved {
            at: prover.now,
            stands: Some(Value(prover.recording.at as u32)),
            reason,
        }),
    }
}

impl Prover<'_> {
    /// The trace as a whole.
    fn whole(&mut self) -> Result<(), Reason> {
        let (recorded, optimised) = (self.recorded, self.optimised);
        if (recorded.pc, &recorded.entry) != (optimised.pc, &optimised.entry) {
            return Err(Reason::Elsewhere);
        }
        self.advance()?;
        match (&recorded.header, &optimised.header) {
            (Some(_), Some(_)) => self.looped(),
            (None, None) => {
                // Before its first instruction a side trace stores what it was handed.
                self.first = match self.recording.begun.first() {
                    Some(moment) => moment.clone(),
                    None => self.moment(recorded.pc, None),
                };
                match self.walk(0..optimised.uops.len())? {
                    Flow::Ended => Ok(()),
                    Flow::Next => Err(Reason::Unsupported {
                        what: "a line without an end",
                    }),
                }
            }
            _ => Err(Reason::Unsupported {
                what: "a loop that became a line, or a line a loop",
            }),
        }
    }
}
