//! The recording: it runs ahead, as far as what is known takes it.
//!
//! It stops at a guard that does not follow, at what both sides have to do together (a call with
//! effects, a poll, a check of validity) and at the header and the end. So both sides make their terms
//! under nearly the same facts. What it looked like at the start of each instruction is kept: there
//! guards of the optimised trace leave to.

use super::error::Reason;
use super::lists::Place;
use super::node::{Node, Operands, Term};
use super::prover::Prover;
use super::side::{Moment, Recording};
use crate::id::{Pc, Value};
use crate::op::Op;
use crate::types::Type;
use crate::uop::Uop;
use crate::view::View;
use rustc_hash::FxHashSet;

impl Prover<'_> {
    /// The uop that the recording has to do next.
    pub(super) fn next(&self) -> &Uop {
        &self.recorded.uops[self.recording.at]
    }

    pub(super) fn recorded_args(&self, uop: &Uop) -> Result<Operands, Reason> {
        let args = uop.args.iter().map(|&arg| {
            let term = self.recording.values[arg.index()];
            let term = term.ok_or(Reason::Undefined { value: arg })?;
            Ok(self.world.terms.resolve(term))
        });
        args.collect()
    }

    /// The state the recording is in now.
    pub(super) fn moment(&self, pc: Pc, base: Option<i32>) -> Moment {
        let side = &self.recording.side;
        Moment {
            pc,
            base,
            time: side.words.now(),
            heap: side.heap.clone(),
            calls: side.calls,
        }
    }

    /// The base during the instruction that begins at `at`, if one of its exits tells.
    fn base_from(&self, at: usize) -> Option<i32> {
        let rest = self.recorded.uops[at + 1..].iter();
        let mut instruction = rest.take_while(|uop| uop.op != Op::At && !uop.op.is_terminator());
        let exit = instruction.find_map(|uop| uop.exit)?;
        Some(self.recorded.exit(exit).base)
    }

    /// Lets the recording do one uop more, met by the other side.
    pub(super) fn met(&mut self, result: Option<Term>) -> Result<(), Reason> {
        self.recording.values[self.recording.at] = result;
        self.recording.at += 1;
        self.advance()
    }

    /// Lets the recording run as far as it gets by itself.
    pub(super) fn advance(&mut self) -> Result<(), Reason> {
        while let Some(result) = self.run_one()? {
            self.recording.values[self.recording.at] = result;
            self.recording.at += 1;
        }
        Ok(())
    }

    /// What the next uop results in; `None` if the recording has to wait there.
    fn run_one(&mut self) -> Result<Option<Option<Term>>, Reason> {
        let trace = self.recorded;
        let at = self.recording.at;
        let uop = &trace.uops[at];
        let args = self.recorded_args(uop)?;
        let touched = self.world.place(uop, &args);
        self.recording.touched.extend(touched);
        let side = &mut self.recording.side;
        Ok(Some(match uop.verified() {
            View::Start {} => None,
            View::At { pc } => {
                let moment = self.moment(pc, self.base_from(at));
                self.recording.begun.push(moment);
                None
            }
            View::CheckValid { .. } if self.valid => None,
            View::Poll { .. } if self.unpolled => None,
            View::LoadWord { ty, word } => {
                let side = &mut self.recording.side;
                side.words.read(word, side.collections);
                let bits = self.world.word(&side.words, word, side.words.now());
                Some(self.world.terms.view(ty, bits))
            }
            View::StoreWord { word, .. } => {
                side.words.store(word, args[0], side.collections);
                None
            }
            View::HasRoom { word } => Some(self.world.terms.room(word)),
            View::Call { helper, .. } if self.world.makes(uop) => {
                let silent = self
                    .world
                    .helper(uop)
                    .is_some_and(|it| it.effects.writes.is_empty());
                let mut inside = args.iter();
                if !silent && inside.any(|&arg| !self.world.unseen_in(&side.heap, arg).is_empty()) {
                    return Err(Reason::Unsupported {
                        what: "a new object is handed to a call that makes another and writes",
                    });
                }
                self.counts.objects += 1;
                Some(self.world.make(helper, args, Value(at as u32)))
            }
            View::Call { .. } if self.world.is_repeatable(uop) => {
                let term = self.world.call(&side.heap, side.host, uop, &args);
                let fails = self.world.helper(uop).is_some_and(|helper| helper.fails);
                if fails && !self.recording.succeeded.contains(&term) {
                    return Ok(None);
                }
                uop.ty.map(|_| term)
            }
            View::Const { .. }
            | View::Pure { .. }
            | View::Select { .. }
            | View::RefOfBits { .. }
            | View::Load { .. }
            | View::LoadElem { .. }
            | View::Store { .. }
            | View::StoreElem { .. }
            | View::Param { .. } => self.world.perform(&mut side.heap, trace, uop, &args)?,
            View::Guard { .. }
            | View::GuardNot { .. }
            | View::GuardRef { .. }
            | View::GuardIndex { .. } => {
                let Some((condition, wanted)) = self.world.condition(uop.op, &args) else {
                    return Ok(None);
                };
                if self.world.terms.truth(condition) != Some(wanted) {
                    return Ok(None);
                }
                self.world.guarded(uop.op, &args)
            }
            View::Call { .. }
            | View::CheckValid { .. }
            | View::Poll { .. }
            | View::Header { .. }
            | View::Invariant { .. }
            | View::Loop { .. }
            | View::Exit { .. }
            | View::ExitDynamic { .. }
            | View::Deopt { .. }
            | View::ErrorExit { .. }
            | View::Unreachable {} => return Ok(None),
        }))
    }

    /// Where an iteration of the recording loads and stores, if all its guards hold: a way in may
    /// load there before it has shown what it needs. Nothing else is learned from that.
    pub(super) fn scout(&mut self) -> Result<FxHashSet<Place>, Reason> {
        let before = Recording {
            values: self.recording.values.clone(),
            side: self.recording.side.clone(),
            begun: Vec::new(),
            touched: FxHashSet::default(),
            succeeded: FxHashSet::default(),
            ..self.recording
        };
        let before = std::mem::replace(&mut self.recording, before);
        let (valid, objects) = (self.valid, self.counts.objects);
        let scouted = self.scout_iteration();
        let scouted = scouted.map(|()| std::mem::take(&mut self.recording.touched));
        self.recording = before;
        (self.valid, self.counts.objects) = (valid, objects);
        self.world.terms.forget();
        self.world.objects.leave_behind();
        scouted
    }

    fn scout_iteration(&mut self) -> Result<(), Reason> {
        let trace = self.recorded;
        loop {
            self.advance()?;
            let uop = &trace.uops[self.recording.at];
            let args = self.recorded_args(uop)?;
            let result = match uop.op {
                Op::Call => {
                    let helper = self.world.helper(uop);
                    let effects = helper.map(|helper| helper.effects.closed());
                    let epoch = self.world.epoch();
                    let side = &mut self.recording.side;
                    side.call(&mut self.world, effects.unwrap_or_default(), epoch);
                    let ty = uop.ty.unwrap_or(Type::I64);
                    Some(self.world.terms.intern(Node::Fresh(epoch), ty))
                }
                op => match self.world.condition(op, &args) {
                    Some((condition, wanted)) => {
                        self.world.terms.assume(condition, wanted);
                        self.world.guarded(op, &args)
                    }
                    None if op.is_terminator() => return Ok(()),
                    None => None,
                },
            };
            self.recording.values[self.recording.at] = result;
            self.recording.at += 1;
        }
    }
}
