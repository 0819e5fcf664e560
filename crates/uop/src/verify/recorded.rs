//! What holds besides for a recorded trace.
//!
//! Between two `at` marks lies one instruction of the host: first it reads and guards, then it has
//! its effects. Every guard leads back to the instruction's start, which is only right while
//! nothing has happened yet (GH-149478 is CPython's bug of that kind).

use super::{Problem, Verifier};
use crate::exit::{ExitKind, Pc};
use crate::id::{ExitId, Value};
use crate::op::{Effect, Op};
use crate::text::Place;
use crate::uop::{Imm, Uop};
use rustc_hash::FxHashMap;

/// What is known of the instruction that is being looked at.
struct Instruction {
    /// How many began before it; what precedes the first is 0.
    number: usize,
    pc: Pc,
    /// The first effect so far.
    effect: Option<Op>,
    base: Option<i32>,
    exits: Vec<(ExitKind, ExitId)>,
}

impl Instruction {
    fn new(number: usize, pc: Pc) -> Instruction {
        Instruction {
            number,
            pc,
            effect: None,
            base: None,
            exits: Vec::new(),
        }
    }
}

impl Verifier<'_> {
    pub(super) fn recorded(&mut self) {
        let trace = self.trace;
        for (index, exit) in trace.exits.iter().enumerate() {
            let plain = exit.words.is_empty() && exit.extras.is_empty() && exit.contract.is_none();
            let place = Place::Exit(ExitId(index as u32));
            self.check(plain, place, || Problem::PendingRecorded);
        }
        let mut owners = FxHashMap::default();
        let mut now = Instruction::new(0, trace.pc);
        for (at, uop) in trace.iter() {
            match (uop.op, uop.imm) {
                (Op::At, Imm::Place(pc)) => now = Instruction::new(now.number + 1, pc),
                (Op::Header, _) => {
                    let pc = trace.header.as_ref().map_or(now.pc, |header| header.pc);
                    now = Instruction::new(now.number + 1, pc);
                }
                (op @ Op::RefOfBits, _) => {
                    self.report(Place::Uop(at), Problem::NeverRecorded { op });
                }
                _ => {}
            }
            self.phases(at, uop, &mut now);
            self.exit_of_instruction(at, uop, &mut now, &mut owners);
        }
    }

    /// Guards first, then effects.
    fn phases(&mut self, at: Value, uop: &Uop, now: &mut Instruction) {
        if let (true, Some(effect)) = (uop.op.is_guard(), now.effect) {
            self.report(Place::Uop(at), Problem::GuardAfterEffect { effect });
        }
        // Before the first instruction a side trace writes what its parent left pending.
        let op = uop.op;
        self.check(!uop.sunk, Place::Op(at), || Problem::NeverRecorded { op });
        if now.number > 0 && now.effect.is_none() && self.has_effect(uop) {
            now.effect = Some(uop.op);
        }
    }

    fn has_effect(&self, uop: &Uop) -> bool {
        match uop.op.info().effect {
            Effect::WritesWord | Effect::Stores => true,
            Effect::Calls => {
                let index = uop.helper().map(|helper| helper.index());
                let helper = index.and_then(|index| self.trace.interface.helpers.get(index));
                helper.is_none_or(|helper| !helper.effects.is_removable())
            }
            _ => false,
        }
    }

    /// One exit per kind, back to the instruction's start.
    fn exit_of_instruction(
        &mut self,
        at: Value,
        uop: &Uop,
        now: &mut Instruction,
        owners: &mut FxHashMap<ExitId, (usize, Pc)>,
    ) {
        let Some(exit) = uop.exit else { return };
        let Some(state) = self.trace.exits.get(exit.index()) else {
            return;
        };
        let place = Place::Through(at);
        let &mut (owner, pc) = owners.entry(exit).or_insert((now.number, now.pc));
        self.check(owner == now.number, place, || {
            Problem::ExitOfOtherInstruction { exit, pc }
        });
        // A terminator goes on behind the instruction, maybe in another frame.
        if uop.op.is_terminator() || owner != now.number {
            return;
        }
        let kind = state.kind;
        match now.exits.iter().find(|&&(known, _)| known == kind) {
            Some(&(_, first)) => {
                self.check(first == exit, place, || Problem::SecondExit { first, kind });
            }
            None => now.exits.push((kind, exit)),
        }
        let expected = *now.base.get_or_insert(state.base);
        self.check(state.base == expected, place, || Problem::Base { expected });
        let (expected, found) = (now.pc, state.target);
        self.check(found == expected, place, || Problem::ResumesElsewhere {
            expected,
            found,
        });
    }
}
