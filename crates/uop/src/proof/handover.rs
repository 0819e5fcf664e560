//! What a header promises, evaluated over a state: the short preamble of this trace's header, or of the
//! one that it ends at.

use super::compare::Dead;
use super::error::{Edge, Reason};
use super::node::{Operands, Term};
use super::prover::Prover;
use crate::exit::ExitState;
use crate::id::{ContractId, Value, Word};
use crate::trace::Trace;
use crate::view::View;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What a short preamble makes of a state.
#[derive(Default)]
pub(super) struct Replayed {
    pub(super) values: FxHashMap<Value, Term>,
    /// What does not hold, and why.
    pub(super) broken: BTreeMap<Value, String>,
}

/// Whether a replay is what the proof rests on or what it has to show.
#[derive(Clone, Copy)]
pub(super) enum Mode<'d> {
    Assume,
    /// With the words that are dead at the header. Of these the contract speaks as they lie in memory:
    /// the program does not read them, so they may as well be its values.
    Show(&'d Dead),
}

impl Prover<'_> {
    /// Evaluates uops of a preamble of `trace` over the recording's state, with the words of a frame
    /// at `base`.
    pub(super) fn replay(
        &mut self,
        trace: &Trace,
        list: &[Value],
        base: i32,
        mode: Mode<'_>,
    ) -> Replayed {
        let mut replayed = Replayed::default();
        for &step in list {
            match self.replay_one(trace, step, base, mode, &replayed.values) {
                Ok(Some(term)) => {
                    replayed.values.insert(step, term);
                }
                Ok(None) => {}
                Err(why) => {
                    replayed.broken.insert(step, why);
                }
            }
        }
        replayed
    }

    fn replay_one(
        &mut self,
        trace: &Trace,
        step: Value,
        base: i32,
        mode: Mode<'_>,
        known: &FxHashMap<Value, Term>,
    ) -> Result<Option<Term>, String> {
        let uop = trace.uop(step);
        let mut args = Operands::new();
        for &arg in &uop.args {
            let term = match (known.get(&arg), trace.constant(arg)) {
                (Some(&term), _) => term,
                (None, Some(constant)) => self.world.constant(trace, constant),
                (None, None) => return Err(format!("{arg} is not known")),
            };
            args.push(self.world.terms.resolve(term));
        }
        let here = |word: Word| Word(word.0 + base);
        Ok(match uop.verified() {
            View::LoadWord { ty, word } => {
                let word = here(word);
                let mut words = &self.recording.side.words;
                if let Mode::Show(dead) = mode
                    && self.differing.contains(&word)
                {
                    self.note_word(word);
                    words = &self.recording.side.words;
                    if self.differing.contains(&word) {
                        if !self.is_dead(dead, word) {
                            return Err(format!("{word} is not in memory"));
                        }
                        words = &self.side.words;
                    }
                }
                let bits = self.world.word(words, word, words.now());
                Some(self.world.terms.view(ty, bits))
            }
            View::HasRoom { word } => Some(self.world.terms.room(here(word))),
            View::Call { .. } if self.world.is_repeatable(uop) => {
                let side = &mut self.recording.side;
                let term = self.world.call(&side.heap, side.host, uop, &args);
                if self.world.helper(uop).is_some_and(|helper| helper.fails) {
                    let succeeded = &mut self.recording.succeeded;
                    match mode {
                        Mode::Assume => succeeded.extend([term]),
                        Mode::Show(_) if succeeded.contains(&term) => {}
                        Mode::Show(_) => return Err("it may fail".to_owned()),
                    }
                }
                uop.ty.map(|_| term)
            }
            View::Const { .. }
            | View::Pure { .. }
            | View::Select { .. }
            | View::RefOfBits { .. }
            | View::Load { .. }
            | View::LoadElem { .. }
            | View::Param { .. } => {
                if let Mode::Assume = mode {
                    let place = self.world.place(uop, &args);
                    self.recording.touched.extend(place);
                }
                let mut heap = self.recording.side.heap.clone();
                let result = self.world.perform(&mut heap, trace, uop, &args);
                self.recording.side.heap = heap;
                result.map_err(|reason| reason.to_string())?
            }
            View::Guard { .. }
            | View::GuardNot { .. }
            | View::GuardRef { .. }
            | View::GuardIndex { .. }
            | View::CheckValid { .. }
            | View::Poll { .. } => {
                let Some((condition, wanted)) = self.world.condition(uop.op, &args) else {
                    return Err("it cannot be shown again".to_owned());
                };
                if let Mode::Assume = mode {
                    self.world.terms.assume(condition, wanted);
                } else if self.world.terms.truth(condition) != Some(wanted) {
                    return Err(self.world.terms.show(condition, 4));
                }
                self.world.guarded(uop.op, &args)
            }
            View::StoreWord { .. }
            | View::Store { .. }
            | View::StoreElem { .. }
            | View::Call { .. }
            | View::At { .. }
            | View::Start {}
            | View::Header { .. }
            | View::Invariant { .. }
            | View::Loop { .. }
            | View::Exit { .. }
            | View::ExitDynamic { .. }
            | View::Deopt { .. }
            | View::ErrorExit { .. }
            | View::Unreachable {} => return Err("it cannot be done again".to_owned()),
        })
    }

    /// That an exit has shown the contract of another trace's header, and hands over its invariants.
    pub(super) fn show_contract(
        &mut self,
        exit: &ExitState,
        contract: ContractId,
    ) -> Result<(), Reason> {
        let Some(target) = self.target else {
            return Err(Reason::Elsewhere);
        };
        let header = target
            .header
            .as_ref()
            .filter(|header| header.contract == contract);
        let (Some(header), Some(signature)) = (header, target.header_signature()) else {
            return Err(Reason::Elsewhere);
        };
        if exit.agrees(self.optimised, &signature).is_err() {
            return Err(Reason::Elsewhere);
        }
        self.counts.reenters = true;
        let now = self.recording.side.words.now();
        self.compare_with(now);
        let dead = self.dead_at(exit.target, exit.base, now);
        let replayed = self.replay(target, &header.short, exit.base, Mode::Show(&dead));
        if let Some((&step, why)) = replayed.broken.first_key_value() {
            return Err(Reason::Contract {
                step,
                edge: Edge::Foreign,
                why: why.clone(),
            });
        }
        for (invariant, &extra) in target.header_invariants().zip(&exit.extras) {
            let from = target.uop(invariant).args[0];
            let wanted = match (replayed.values.get(&from), target.constant(from)) {
                (Some(&wanted), _) => wanted,
                (None, Some(constant)) => self.world.constant(target, constant),
                (None, None) => return Err(Reason::Invariant { value: invariant }),
            };
            let found = self.values[extra.index()].ok_or(Reason::Undefined { value: extra })?;
            if !self.world.terms.same(found, wanted) {
                return Err(Reason::Extra {
                    found: self.world.terms.show(found, 4),
                    wanted: self.world.terms.show(wanted, 4),
                });
            }
        }
        Ok(())
    }
}
