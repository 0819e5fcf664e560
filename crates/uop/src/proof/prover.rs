//! Both sides of a proof, and how far it has come.

use super::error::Reason;
use super::node::Term;
use super::side::{Moment, Recording, Side};
use super::words::Time;
use super::world::World;
use crate::id::{Value, Word};
use crate::liveness::Liveness;
use crate::optimise::{LeadsTo, Optimised, Options};
use crate::trace::Trace;
use crate::types::Type;
use crate::uop::Uop;
use std::collections::BTreeSet;

/// What a proof went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// Uops of both traces.
    pub uops: usize,
    /// Terms that were made.
    pub terms: usize,
    /// Exits that were compared.
    pub exits: usize,
    /// Guards of the optimised trace that were passed.
    pub guards: usize,
    /// Objects that the recording makes.
    pub objects: usize,
    /// Walks through the loop's body: 1, but for a closed header, whose contract is found by trying.
    pub rounds: usize,
    /// The trace ends at the header of another and has shown its contract.
    pub reenters: bool,
    /// A guard is known to fail: what follows is never reached, and nothing was shown of it.
    pub refuted: bool,
}

/// Both sides of a proof.
pub(super) struct Prover<'a> {
    pub(super) world: World<'a>,
    pub(super) recorded: &'a Trace,
    pub(super) optimised: &'a Trace,
    /// The optimiser's hints.
    pub(super) origins: &'a [Value],
    pub(super) live: Option<&'a dyn Liveness>,
    /// The trace that is gone back to.
    pub(super) target: Option<&'a Trace>,
    /// Polls are left out: the trace leads to no cycle.
    pub(super) unpolled: bool,
    pub(super) recording: Recording,
    /// The optimised trace's side.
    pub(super) values: Vec<Option<Term>>,
    pub(super) side: Side,
    /// Instructions that the optimised trace has begun.
    pub(super) begun: usize,
    /// Where guards before the first instruction leave to.
    pub(super) first: Moment,
    /// Words that may differ in memory between the optimised trace now and the recording at the time
    /// `compared`.
    pub(super) differing: BTreeSet<Word>,
    pub(super) compared: Time,
    /// Neither side has invalidated the trace since it was found valid.
    pub(super) valid: bool,
    /// The uop of the optimised trace that is looked at.
    pub(super) now: Option<Value>,
    pub(super) counts: Proof,
}

impl<'a> Prover<'a> {
    pub(super) fn new(
        recorded: &'a Trace,
        optimised: &'a Optimised,
        options: &Options<'a>,
    ) -> Prover<'a> {
        let trace = &optimised.trace;
        let target = match optimised.leads_to {
            Some(LeadsTo::Header(header)) => options.reenter.get(header).copied(),
            Some(LeadsTo::Entry(_)) | None => None,
        };
        let recording = Recording {
            at: 0,
            values: vec![None; recorded.uops.len()],
            side: Side::default(),
            begun: Vec::new(),
            touched: Default::default(),
            succeeded: Default::default(),
        };
        let mut prover = Prover {
            world: World::new(&recorded.interface),
            recorded,
            optimised: trace,
            origins: &optimised.origins,
            live: options.live,
            target,
            unpolled: options.join.is_some_and(|join| !join.polls),
            recording,
            values: vec![None; trace.uops.len()],
            side: Side::default(),
            begun: 0,
            first: Moment {
                pc: recorded.pc,
                base: None,
                time: 0,
                heap: Default::default(),
                calls: 0,
            },
            differing: BTreeSet::new(),
            compared: 0,
            valid: true,
            now: None,
            counts: Proof::default(),
        };
        prover.first = prover.moment(recorded.pc, None);
        prover
    }

    /// The word that a uop names and the type it is read with.
    pub(super) fn word_of(&self, uop: &Uop) -> Result<(Word, Type), Reason> {
        uop.word().zip(uop.ty).ok_or(Reason::Unsupported {
            what: "a word without a name",
        })
    }
}
