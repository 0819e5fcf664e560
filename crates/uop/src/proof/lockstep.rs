//! The optimised trace, uop by uop, in step with the recording.
//!
//! At each guard its exit is compared, what it proves is learned, and the recording runs on. What has
//! effects both do together.

use super::compare::Dead;
use super::error::Reason;
use super::lists::Heap;
use super::node::{Operands, Term};
use super::prover::Prover;
use super::side::Moment;
use crate::exit::ExitState;
use crate::id::{Pc, Value, Word};
use crate::op::Op;
use crate::sunk;
use crate::types::{Const, Type};
use crate::uop::Uop;
use crate::view::View;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// Whether the trace goes on.
pub(super) enum Flow {
    Next,
    /// The uop ends the trace, or what follows is never reached.
    Ended,
}

/// What an exit leaves behind: the heap, and the words that are pending.
struct Leaving {
    heap: Heap,
    pending: Vec<(Word, Term)>,
}

impl Prover<'_> {
    /// Walks the uops in `range`.
    pub(super) fn walk(&mut self, range: Range<usize>) -> Result<Flow, Reason> {
        let trace = self.optimised;
        for position in range {
            let at = Value(position as u32);
            let uop = &trace.uops[position];
            if uop.sunk {
                continue;
            }
            self.now = Some(at);
            let args = self.args(uop)?;
            if let Flow::Ended = self.step(at, uop, &args)? {
                return Ok(Flow::Ended);
            }
        }
        Ok(Flow::Next)
    }

    pub(super) fn args(&self, uop: &Uop) -> Result<Operands, Reason> {
        let args = uop.args.iter().map(|&arg| {
            let term = self.values[arg.index()].ok_or(Reason::Undefined { value: arg })?;
            Ok(self.world.terms.resolve(term))
        });
        args.collect()
    }

    fn step(&mut self, at: Value, uop: &Uop, args: &[Term]) -> Result<Flow, Reason> {
        let trace = self.optimised;
        let result = match uop.verified() {
            View::Start {} | View::Unreachable {} => None,
            View::Invariant { .. } => Some(args[0]),
            View::At { pc } => {
                self.begin(pc)?;
                None
            }
            View::Guard { .. }
            | View::GuardNot { .. }
            | View::GuardRef { .. }
            | View::GuardIndex { .. } => {
                self.leave_at_boundary(at, uop)?;
                return self.guard(at, uop, args);
            }
            View::CheckValid { .. } => {
                self.leave_at_boundary(at, uop)?;
                self.valid = true;
                self.advance()?;
                None
            }
            View::Poll { .. } => {
                self.leave_at_boundary(at, uop)?;
                if self.next().op == Op::Poll && self.is_in_step() {
                    self.met(None)?;
                }
                None
            }
            View::LoadWord { ty, word } => {
                let words = &self.side.words;
                let bits = self.world.word(words, word, words.now());
                Some(self.world.terms.view(ty, bits))
            }
            View::StoreWord { word, .. } => {
                let side = &mut self.side;
                side.words.store(word, args[0], side.collections);
                self.note_word(word);
                None
            }
            View::HasRoom { word } => Some(self.world.terms.room(word)),
            View::Call { .. } if self.world.makes(uop) => {
                let object = self.object_of(at, uop, args)?;
                self.world.objects.make(object);
                Some(self.world.objects.get(object).term)
            }
            View::Call { .. } if self.world.is_repeatable(uop) => self.repeatable(at, uop, args)?,
            View::Call { .. } => return self.call(at, uop, args).map(|()| Flow::Next),
            View::Exit { .. }
            | View::Deopt { .. }
            | View::ErrorExit { .. }
            | View::ExitDynamic { .. } => {
                return self.end(at, uop, args).map(|()| Flow::Ended);
            }
            View::Const { .. }
            | View::Pure { .. }
            | View::Select { .. }
            | View::RefOfBits { .. }
            | View::Load { .. }
            | View::LoadElem { .. }
            | View::Store { .. }
            | View::StoreElem { .. }
            | View::Param { .. } => {
                self.touches(uop, args)?;
                self.world.perform(&mut self.side.heap, trace, uop, args)?
            }
            // The proof of a loop walks up to these, and compares the states there itself.
            View::Header { .. } | View::Loop { .. } => {
                return Err(Reason::Unsupported {
                    what: uop.op.name(),
                });
            }
        };
        self.values[at.index()] = result;
        Ok(Flow::Next)
    }

    /// An instruction begins: the recording must have begun it.
    fn begin(&mut self, pc: Pc) -> Result<(), Reason> {
        match self.recording.begun.get(self.begun) {
            Some(moment) if moment.pc == pc => {
                let time = moment.time;
                self.begun += 1;
                self.compare_with(time);
                Ok(())
            }
            Some(_) => Err(Reason::Elsewhere),
            None => Err(self.not_reached()),
        }
    }

    /// Whether both sides are in the same instruction.
    fn is_in_step(&self) -> bool {
        self.recording.begun.len() == self.begun
    }

    /// Whether the uop belongs to a way in on which nothing has been done.
    fn is_way_in(&self, at: Value) -> bool {
        let header = self.optimised.header.as_ref();
        self.begun == 0 && header.is_some_and(|header| at < header.at)
    }

    /// What keeps the recording from going on.
    pub(super) fn not_reached(&self) -> Reason {
        let uop = self.next();
        let args = match self.recorded_args(uop) {
            Ok(args) => args,
            Err(reason) => return reason,
        };
        let args: Vec<String> = args
            .iter()
            .map(|&it| self.world.terms.show(it, 4))
            .collect();
        Reason::NotReached {
            wanted: format!("{} {}", uop.op.name(), args.join(", ")),
        }
    }

    fn guard(&mut self, at: Value, uop: &Uop, args: &[Term]) -> Result<Flow, Reason> {
        let Some((condition, wanted)) = self.world.condition(uop.op, args) else {
            return Err(Reason::Unsupported {
                what: uop.op.name(),
            });
        };
        let truth = self.world.terms.truth(condition);
        if truth != Some(wanted) && !self.is_way_in(at) && !self.is_meant(condition, wanted)? {
            let found = self.world.terms.show(condition, 4);
            return Err(Reason::Early { found });
        }
        if truth == Some(!wanted) {
            self.counts.refuted = true;
            return Ok(Flow::Ended);
        }
        self.counts.guards += 1;
        self.world.terms.assume(condition, wanted);
        if self.world.terms.is_contradiction() {
            self.counts.refuted = true;
            return Ok(Flow::Ended);
        }
        self.values[at.index()] = self.world.guarded(uop.op, args);
        self.advance()?;
        Ok(Flow::Next)
    }

    /// Whether a guard tests what the recording stands at, or the recording is at its end: there it
    /// decides where the program goes on, with everything done.
    fn is_meant(&mut self, condition: Term, wanted: bool) -> Result<bool, Reason> {
        let uop = self.next();
        if matches!(uop.op, Op::Exit) {
            return Ok(true);
        }
        let args = self.recorded_args(uop)?;
        let op = uop.op;
        let Some((other, other_wanted)) = self.world.condition(op, &args) else {
            return Ok(false);
        };
        let mut plain = |condition: Term, wanted: bool| match wanted {
            true => condition,
            false => self.world.terms.pure(Op::BoolNot, Type::Bool, &[condition]),
        };
        let (one, other) = (plain(condition, wanted), plain(other, other_wanted));
        Ok(self.world.terms.same(one, other) && self.is_in_step())
    }

    /// That the uop loads or stores where the recording has been.
    fn touches(&self, uop: &Uop, args: &[Term]) -> Result<(), Reason> {
        let Some(place) = self.world.place(uop, args) else {
            return Ok(());
        };
        let mut touched = self.recording.touched.iter();
        // At its end the trace may show what another's header rests on.
        let hands_over = self.next().op == Op::Exit && self.target.is_some();
        if hands_over
            || self.recording.touched.contains(&place)
            || touched.any(|&it| self.world.resolved(it) == place)
        {
            return Ok(());
        }
        let found = self.world.terms.show(place.address, 4);
        Err(Reason::Wild { found })
    }

    /// The object of the recording that a call makes.
    fn object_of(&mut self, at: Value, uop: &Uop, args: &[Term]) -> Result<u32, Reason> {
        let none = Reason::NoObject { uop: at };
        let origin = self.origins.get(at.index());
        let Some(object) = origin.and_then(|&it| self.world.objects.made_by(it)) else {
            return Err(none);
        };
        let made = self.world.objects.get(object);
        if Some(made.helper) != uop.helper() {
            return Err(none);
        }
        let (wanted, in_line, made_at) = (made.args.clone(), made.in_line, made.made_at);
        self.same_operands(args, &wanted)?;
        match in_line {
            true => Err(Reason::MadeTwice {
                uop: at,
                object: made_at,
            }),
            false => Ok(object),
        }
    }

    pub(super) fn same_operands(&mut self, found: &[Term], wanted: &[Term]) -> Result<(), Reason> {
        if found.len() != wanted.len() {
            return Err(Reason::Elsewhere);
        }
        for (index, (&found, &wanted)) in found.iter().zip(wanted).enumerate() {
            let (found, wanted) = match self.world.terms.same(found, wanted) {
                true => continue,
                false => (found, wanted),
            };
            return Err(Reason::Operand {
                index,
                found: self.world.terms.show(found, 4),
                wanted: self.world.terms.show(wanted, 4),
            });
        }
        Ok(())
    }

    /// What the uop at `at` leaves behind by `exit`.
    fn leaving(&mut self, at: Value, exit: &ExitState) -> Result<Leaving, Reason> {
        let trace = self.optimised;
        let mut heap = self.side.heap.clone();
        let mut done: FxHashMap<Value, Term> = FxHashMap::default();
        let mut made: Vec<u32> = Vec::new();
        let value = |this: &Self, done: &FxHashMap<Value, Term>, value: Value| {
            let term = done.get(&value).copied().or(this.values[value.index()]);
            let term = term.ok_or(Reason::Undefined { value })?;
            Ok(this.world.terms.resolve(term))
        };
        for sunk in sunk::done_at(trace, exit, at) {
            let uop = trace.uop(sunk);
            let args = uop.args.iter().map(|&arg| value(self, &done, arg));
            let args: Operands = args.collect::<Result<_, Reason>>()?;
            let result = match self.world.makes(uop) {
                true => {
                    let object = self.object_of(sunk, uop, &args)?;
                    if made.contains(&object) {
                        return Err(Reason::MadeTwice {
                            uop: sunk,
                            object: self.world.objects.get(object).made_at,
                        });
                    }
                    made.push(object);
                    Some(self.world.objects.get(object).term)
                }
                false => self.world.perform(&mut heap, trace, uop, &args)?,
            };
            done.extend(result.map(|result| (sunk, result)));
        }
        let words = exit.words.iter();
        let pending = words.map(|&(word, of)| Ok((word, value(self, &done, of)?)));
        let pending = pending.collect::<Result<_, Reason>>()?;
        Ok(Leaving { heap, pending })
    }

    fn exit_of(&self, uop: &Uop) -> Result<&ExitState, Reason> {
        let exit = uop.exit.ok_or(Reason::Elsewhere)?;
        Ok(self.optimised.exit(exit))
    }

    /// That a uop leaves in the state at the start of its instruction or of the next, or at the end of
    /// the recording.
    fn leave_at_boundary(&mut self, at: Value, uop: &Uop) -> Result<(), Reason> {
        let exit = self.exit_of(uop)?.clone();
        let leaving = self.leaving(at, &exit)?;
        self.counts.exits += 1;
        let mut moments: Vec<Moment> = Vec::new();
        let begun = match self.begun.checked_sub(1) {
            None => Some(&self.first),
            Some(last) => self.recording.begun.get(last),
        };
        moments.extend(begun.cloned());
        moments.extend(self.recording.begun.get(self.begun).cloned());
        let next = self.next();
        if next.op == Op::Exit
            && let Some(end) = next.exit
        {
            let end = self.recorded.exit(end);
            moments.push(self.moment(end.target, Some(end.base)));
        }
        let mut wrong = Reason::Elsewhere;
        for moment in moments {
            let base = moment.base.unwrap_or(exit.base);
            if (moment.pc, base) != (exit.target, exit.base) {
                continue;
            }
            let dead = self.dead_at(exit.target, exit.base, moment.time);
            match self.agree(&leaving.heap, &leaving.pending, &moment, &dead) {
                Ok(()) => return Ok(()),
                Err(reason) if wrong == Reason::Elsewhere => wrong = reason,
                Err(_) => {}
            }
        }
        Err(wrong)
    }

    /// That a call, if it fails, leaves as the recording's does.
    fn leave_by_error(&mut self, at: Value, uop: &Uop) -> Result<(), Reason> {
        let met = self.next();
        let exits = match (uop.exit, met.exit) {
            (None, None) => return Ok(()),
            (Some(exit), Some(other)) => (
                self.optimised.exit(exit).clone(),
                self.recorded.exit(other).clone(),
            ),
            _ => return Err(Reason::Elsewhere),
        };
        let (exit, other) = exits;
        if (exit.kind, exit.target, exit.base) != (other.kind, other.target, other.base) {
            return Err(Reason::Elsewhere);
        }
        if !self.world.helper(uop).is_some_and(|helper| helper.fails) {
            return Ok(());
        }
        self.counts.exits += 1;
        let leaving = self.leaving(at, &exit)?;
        let moment = self.moment(exit.target, Some(exit.base));
        let dead = self.dead_at(exit.target, exit.base, moment.time);
        self.agree(&leaving.heap, &leaving.pending, &moment, &dead)
    }

    /// A call that is the same as an earlier one, or one that cannot fail, is a term; else the
    /// recording must stand at it.
    fn repeatable(&mut self, at: Value, uop: &Uop, args: &[Term]) -> Result<Option<Term>, Reason> {
        let side = &mut self.side;
        let term = self.world.call(&side.heap, side.host, uop, args);
        let result = uop.ty.map(|_| self.world.terms.resolve(term));
        let fails = self.world.helper(uop).is_some_and(|helper| helper.fails);
        if !fails || self.recording.succeeded.contains(&term) {
            return Ok(result);
        }
        let met = self.next();
        if met.op != Op::Call || met.imm != uop.imm || !self.is_in_step() {
            return Err(self.not_reached());
        }
        let wanted = self.recorded_args(met)?;
        self.same_operands(args, &wanted)?;
        let side = &mut self.recording.side;
        let other = self.world.call(&side.heap, side.host, uop, &wanted);
        if !self.world.terms.same(term, other) {
            return Err(self.not_reached());
        }
        self.leave_by_error(at, uop)?;
        self.recording.succeeded.extend([term, other]);
        self.met(result)?;
        Ok(result)
    }

    /// A call with effects: both sides make it together.
    fn call(&mut self, at: Value, uop: &Uop, args: &[Term]) -> Result<(), Reason> {
        let met = self.next();
        if met.op != Op::Call || met.imm != uop.imm || !self.is_in_step() {
            return Err(self.not_reached());
        }
        let wanted = self.recorded_args(met)?;
        self.same_operands(args, &wanted)?;
        self.leave_by_error(at, uop)?;
        let Some(helper) = self.world.helper(uop) else {
            return Err(Reason::Unsupported {
                what: uop.op.name(),
            });
        };
        let effects = helper.effects.closed();
        let sees = effects.reads_frames || effects.writes_frames || effects.transfers;
        let moment = self.moment(self.recorded.pc, None);
        if sees || effects.collects {
            let heap = self.side.heap.clone();
            self.agree(&heap, &[], &moment, &Dead::default())?;
        }
        for (side, args) in [(&mut self.side, args), (&mut self.recording.side, &wanted)] {
            for &arg in args {
                self.world.see_all(&mut side.heap, arg);
            }
            if sees && self.world.objects.count() > 0 {
                for (_, term) in side.words.all() {
                    self.world.see_all(&mut side.heap, term);
                }
            }
        }
        let mut heaps = (self.side.heap.clone(), self.recording.side.heap.clone());
        self.world.see_alike(&mut heaps.0, &mut heaps.1);
        let touches = |class| effects.reads.contains(class) || effects.writes.contains(class);
        for class in self.world.classes().filter(|&class| touches(class)) {
            self.same_list(&heaps.0, &heaps.1, super::lists::Region::General, class)?;
        }
        (self.side.heap, self.recording.side.heap) = heaps;
        let epoch = self.world.epoch();
        let fresh = super::node::Node::Fresh(epoch);
        let result = uop.ty.map(|ty| self.world.terms.intern(fresh, ty));
        self.compare_with(moment.time);
        for side in [&mut self.side, &mut self.recording.side] {
            side.call(&mut self.world, effects, epoch);
        }
        if effects.writes_frames {
            self.differing.clear();
        }
        self.valid &= !effects.writes_host;
        self.values[at.index()] = result;
        self.met(result)
    }

    /// The end of the trace: the recording ends there, too.
    fn end(&mut self, at: Value, uop: &Uop, args: &[Term]) -> Result<(), Reason> {
        let met = self.next();
        if met.op != uop.op || !self.is_in_step() {
            return Err(self.not_reached());
        }
        let wanted = self.recorded_args(met)?;
        let other = met.exit.map(|exit| self.recorded.exit(exit));
        let exit = self.exit_of(uop)?.clone();
        let place = |exit: &ExitState| (exit.kind, exit.target, exit.base);
        if other.map(place) != Some(place(&exit)) {
            return Err(Reason::Elsewhere);
        }
        self.same_operands(args, &wanted)?;
        let leaving = self.leaving(at, &exit)?;
        self.counts.exits += 1;
        let moment = self.moment(exit.target, Some(exit.base));
        let dead = match uop.op {
            // A call stays in its frame with all that is in it.
            Op::ExitDynamic => {
                let enters = self.world.terms.constant(Const::int(0));
                match self.world.terms.same(args[1], enters) {
                    true => Dead::default(),
                    false => self.dead_after(exit.target, exit.base),
                }
            }
            _ => self.dead_at(exit.target, exit.base, moment.time),
        };
        self.agree(&leaving.heap, &leaving.pending, &moment, &dead)?;
        match exit.contract {
            Some(contract) => self.show_contract(&exit, contract),
            None => Ok(()),
        }
    }
}
