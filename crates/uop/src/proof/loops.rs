//! Loops, by induction.
//!
//! *Entry*: on its way in the optimised trace does what the recording does up to its header, or up to the
//! end of its first iteration. *Step*: everything learned so far is forgotten, the recording stands at
//! its header in any state in which the header's constants lie in their words; the short preamble is
//! evaluated over that state, its values are the invariants, its guards are facts. From there the body
//! walks in step. *At both edges*: the states agree, with the parameters' values pending, and the short
//! preamble evaluated over the recording's state gives the values that it gave before, and each of its
//! guards follows.
//!
//! A closed header has no short preamble. There everything of the first iteration is a candidate; what
//! does not hold at an edge is dropped and the body walked again, until the rest holds (Flanagan and
//! Leino, "Houdini, an annotation assistant for ESC/Java", 2001).

use super::compare::Dead;
use super::error::{Edge, Reason};
use super::handover::Mode;
use super::lockstep::Flow;
use super::node::{Node, Term};
use super::prover::Prover;
use super::side::Side;
use crate::id::{Value, Word};
use crate::op::{Effect, Op};
use crate::trace::Header;
use crate::types::Type;
use crate::uop::Uop;
use std::collections::{BTreeMap, BTreeSet};

/// Walks of one body, at most.
const ROUNDS: usize = 200;

/// A loop as both traces have it.
struct Loop<'a> {
    header: &'a Header,
    /// The recording's header.
    recorded: usize,
    params: Vec<Value>,
    invariants: Vec<Value>,
    /// The trace's values where its own entry arrives.
    first: Vec<Option<Term>>,
    /// No call of the recorded iteration may invalidate the trace.
    stays_valid: bool,
}

impl Prover<'_> {
    pub(super) fn looped(&mut self) -> Result<(), Reason> {
        let trace = self.optimised;
        let (Some(header), Some(recorded)) = (&trace.header, &self.recorded.header) else {
            return Err(Reason::Unsupported { what: "no loop" });
        };
        if header.pc != recorded.pc {
            return Err(Reason::Elsewhere);
        }
        let (at, recorded) = (header.at.index(), recorded.at.index());
        let begins = trace.uops[..at].iter().any(|uop| uop.op == Op::At);
        self.first = self.moment(header.pc, Some(0));
        if begins && self.recording.at == recorded {
            self.met(None)?;
        }
        let loads = |uop: &Uop| uop.op.info().effect == Effect::Loads;
        if !begins && trace.uops[..at].iter().any(loads) {
            self.recording.touched = self.scout()?;
        }
        if let Flow::Ended = self.walk(0..at)? {
            return Ok(());
        }
        self.now = Some(header.at);
        let arrived = match begins {
            true => Op::Loop,
            false => Op::Header,
        };
        if self.next().op != arrived {
            return Err(self.not_reached());
        }
        let interface = &self.recorded.interface;
        let mut body = self.recorded.uops[recorded..].iter();
        let invalidates = |uop: &Uop| {
            let helper = uop
                .helper()
                .map(|helper| &interface.helpers[helper.index()]);
            helper.is_some_and(|helper| helper.effects.closed().writes_host)
        };
        let looped = Loop {
            header,
            recorded,
            params: trace.header_params().collect(),
            invariants: trace.header_invariants().collect(),
            first: self.values.clone(),
            stays_valid: self.valid && !body.any(invalidates),
        };
        let handed = self.args(trace.uop(header.at))?;
        let dead = self.arrive(&looped, &handed)?;
        let candidates: Vec<Value> = match header.open {
            true => header.short.clone(),
            false => {
                let before = trace.iter().take(at).skip(1);
                before
                    .filter(|(_, uop)| !uop.sunk)
                    .map(|(it, _)| it)
                    .collect()
            }
        };
        let replayed = self.replay(trace, &candidates, 0, Mode::Show(&dead));
        let mut broken = replayed.broken;
        for (step, term) in replayed.values {
            let before = looped.first[step.index()];
            if !before.is_some_and(|before| self.world.terms.same(before, term)) {
                let term = self.world.terms.show(term, 4);
                broken.insert(step, format!("it is {term} now"));
            }
        }
        let mut kept = candidates;
        self.keep(&looped, &mut kept, broken, Edge::Entry)?;
        for round in 1..=ROUNDS {
            self.counts.rounds = round;
            let broken = self.iteration(&looped, &kept)?;
            if broken.is_empty() {
                return Ok(());
            }
            self.keep(&looped, &mut kept, broken, Edge::Back)?;
        }
        Err(Reason::Unsupported {
            what: "a closed header whose contract was not found",
        })
    }

    /// Drops what is broken from the contract of a closed header; an open one has promised it.
    fn keep(
        &self,
        looped: &Loop<'_>,
        kept: &mut Vec<Value>,
        broken: BTreeMap<Value, String>,
        edge: Edge,
    ) -> Result<(), Reason> {
        match broken.first_key_value() {
            Some((&step, why)) if looped.header.open => Err(Reason::Contract {
                step,
                edge,
                why: why.clone(),
            }),
            _ => {
                kept.retain(|step| !broken.contains_key(step));
                Ok(())
            }
        }
    }

    /// That what is at the header is what the recording has there, with these values handed over.
    /// What is dead there.
    fn arrive(&mut self, looped: &Loop<'_>, handed: &[Term]) -> Result<Dead, Reason> {
        let mut pending: Vec<(Word, Term)> = Vec::new();
        for (&param, &term) in looped.params.iter().zip(handed) {
            let (word, _) = self.word_of(self.optimised.uop(param))?;
            pending.push((word, term));
        }
        for &(word, constant) in &looped.header.constants {
            pending.push((word, self.world.terms.constant(constant)));
        }
        pending.sort_unstable();
        let moment = self.moment(looped.header.pc, Some(0));
        self.compare_with(moment.time);
        let dead = self.dead_at(looped.header.pc, 0, moment.time);
        let heap = self.side.heap.clone();
        self.agree(&heap, &pending, &moment, &dead)?;
        match looped.stays_valid && !self.valid {
            true => Err(Reason::Unsupported {
                what: "a loop that may be invalid",
            }),
            false => Ok(dead),
        }
    }

    /// One iteration from anywhere: what of the contract does not hold after it.
    fn iteration(
        &mut self,
        looped: &Loop<'_>,
        contract: &[Value],
    ) -> Result<BTreeMap<Value, String>, Reason> {
        let trace = self.optimised;
        let header = looped.header;
        self.forget(looped);
        let given = self.replay(trace, contract, 0, Mode::Assume);
        if !given.broken.is_empty() {
            return Ok(given.broken);
        }
        self.unknown_memory(looped, contract);
        for &param in &looped.params {
            let (word, ty) = self.word_of(trace.uop(param))?;
            let words = &self.recording.side.words;
            let bits = self.world.word(words, word, words.now());
            self.values[param.index()] = Some(self.world.terms.view(ty, bits));
        }
        for &invariant in &looped.invariants {
            let from = trace.uop(invariant).args[0];
            let value = given.values.get(&from).copied();
            let Some(value) = value.or(self.values[from.index()]) else {
                return Err(Reason::Invariant { value: invariant });
            };
            self.values[invariant.index()] = Some(value);
        }
        self.first = self.moment(header.pc, Some(0));
        self.recording.at = looped.recorded + 1;
        self.advance()?;
        let body = header.at.index() + 1 + looped.params.len() + looped.invariants.len();
        let end = trace.uops.len() - 2;
        if let Flow::Ended = self.walk(body..end)? {
            return Ok(BTreeMap::new());
        }
        let back = &trace.uops[end];
        self.now = Some(Value(end as u32));
        if (self.next().op, back.op) != (Op::Loop, Op::Loop) {
            return Err(self.not_reached());
        }
        let handed = self.args(back)?;
        let dead = self.arrive(looped, &handed)?;
        let now = self.replay(trace, contract, 0, Mode::Show(&dead));
        let mut broken = now.broken;
        for (step, term) in now.values {
            let before = given.values[&step];
            if !self.world.terms.same(before, term) {
                let (term, before) = (
                    self.world.terms.show(term, 4),
                    self.world.terms.show(before, 4),
                );
                broken.insert(step, format!("it is {term} now, not {before}"));
            }
        }
        Ok(broken)
    }

    /// Both sides stand at the header, in a state of which nothing is known but the constants.
    fn forget(&mut self, looped: &Loop<'_>) {
        let epoch = self.world.epoch();
        self.world.terms.forget();
        self.world.objects.leave_behind();
        self.world.start = (epoch, epoch);
        let objects = self.world.objects.count();
        self.recording.side = Side::new(epoch, objects);
        self.side = Side::new(epoch, objects);
        self.recording.begun.clear();
        self.recording.touched.clear();
        self.recording.succeeded.clear();
        self.begun = 0;
        self.differing.clear();
        self.compared = 0;
        self.valid = looped.stays_valid;
        let before = self.optimised.iter().take(looped.header.at.index());
        let constants = before.map(|(at, uop)| match uop.op {
            Op::Const => looped.first[at.index()],
            _ => None,
        });
        let mut values: Vec<Option<Term>> = constants.collect();
        values.resize(self.optimised.uops.len(), None);
        self.values = values;
        for &(word, constant) in &looped.header.constants {
            let value = self.world.terms.constant(constant);
            self.recording.side.words.store(word, value, 0);
        }
    }

    /// What the optimised trace has in memory: of pending and dead words, anything.
    fn unknown_memory(&mut self, looped: &Loop<'_>, contract: &[Value]) {
        let trace = self.optimised;
        let words = |uop: &Value| trace.uop(*uop).word();
        let mut pending: BTreeSet<Word> = looped.params.iter().filter_map(words).collect();
        pending.extend(looped.header.constants.iter().map(|&(word, _)| word));
        let shown: BTreeSet<Word> = contract.iter().filter_map(words).collect();
        let now = self.recording.side.words.now();
        let dead = self.dead_at(looped.header.pc, 0, now);
        let all = self.recorded.uops.iter().chain(&trace.uops);
        let mut named: BTreeSet<Word> = all.filter_map(Uop::word).collect();
        named.retain(|word| {
            !pending.contains(word) && !shown.contains(word) && self.is_dead(&dead, *word)
        });
        let epoch = self.side.words.epoch;
        for &word in &named {
            let lost = self.world.terms.intern(Node::Lost(epoch, word), Type::I64);
            self.recording.side.words.store(word, lost, 0);
        }
        for &word in pending.union(&named) {
            let garbage = self
                .world
                .terms
                .intern(Node::Garbage(epoch, word), Type::I64);
            self.side.words.store(word, garbage, 0);
        }
        self.compared = self.recording.side.words.now();
        self.differing = pending.union(&named).copied().collect();
    }
}
