//! The trace under construction: everything of a recorder that does not depend on the program's
//! type.
//!
//! The log is naive. Every frame word is loaded and stored in memory, exits have nothing pending,
//! and every guard of an instruction leaves through one exit to the instruction's start. The
//! optimiser makes a trace of it.

use crate::graph::{Abort, Config, Dependency};
use crate::kind::Operand;
use crate::stack::NO_CALLER;
use offramp_uop::types::Const;
use offramp_uop::{
    Builder, ExitId, ExitKind, ExitState, HelperId, Imm, Interface, Op, Pc, Trace, Type, Uop,
    Value, Word,
};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Limits of a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) uops: usize,
    pub(crate) exits: usize,
}

impl Limits {
    pub(crate) fn of(config: &Config) -> Limits {
        Limits {
            uops: config.trace_length,
            exits: config.trace_exits,
        }
    }
}

/// Which exit of the current instruction.
#[derive(Clone, Copy, Debug)]
enum Way {
    Side,
    Error,
    Deopt,
}

#[derive(Debug)]
pub(crate) struct Log {
    builder: Builder,
    limits: Limits,
    /// How far the base has moved since the trace's entry.
    pub(crate) delta: i32,
    /// The highest base that a guard of this trace has shown to be within the stack's limit, as a
    /// movement since the entry. What the entry needs was shown by whoever enters.
    room: i32,
    /// Where the frame lies whose link word the current instruction has guarded.
    linked: Option<i32>,
    /// The current instruction: its place, the base's movement, and the trace's size before it.
    pc: Pc,
    start_delta: i32,
    start_uops: usize,
    start_exits: usize,
    exits: [Option<ExitId>; 3],
    instructions: usize,
    /// The last instruction called something that may have run arbitrary code.
    unchecked: bool,
    /// What the trace depends on, each with the size of the trace before its instruction.
    dependencies: Vec<(Dependency, usize)>,
    has_effects: bool,
    pushed: bool,
    constants: FxHashMap<Const, Value>,
    /// What the calls of the current instruction answered.
    answers: Vec<(HelperId, u64)>,
    /// A return that would leave the reach of the recording: its place is not promoted, and the
    /// trace ends with it.
    pub(crate) leaves_reach: bool,
    dynamic_link: Option<Operand>,
    /// The function entry that the current instruction goes on at, if it is known at run time only.
    dynamic_entry: Option<Operand>,
    /// The current instruction cannot be recorded.
    pub(crate) broken: Option<Abort>,
    /// The first join that the recording came to.
    join: Option<Cut>,
}

/// A place between two instructions where the trace may be cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    pc: Pc,
    delta: i32,
    uops: usize,
    exits: usize,
    instructions: usize,
}

/// Uops that most recordings fit in: growing by doubling from nothing took a tenth of recording.
const USUAL: usize = 256;

impl Log {
    pub(crate) fn new(mut builder: Builder, limits: Limits) -> Log {
        builder.reserve(USUAL.min(limits.uops));
        Log {
            limits,
            delta: 0,
            room: 0,
            linked: None,
            pc: builder.trace().pc,
            start_delta: 0,
            start_uops: 0,
            start_exits: 0,
            exits: [None; 3],
            instructions: 0,
            unchecked: false,
            dependencies: Vec::new(),
            has_effects: false,
            pushed: false,
            constants: FxHashMap::default(),
            answers: Vec::new(),
            leaves_reach: false,
            dynamic_link: None,
            dynamic_entry: None,
            broken: None,
            join: None,
            builder,
        }
    }

    pub(crate) fn trace(&self) -> &Trace {
        self.builder.trace()
    }

    /// How many instructions have begun.
    pub(crate) fn instructions(&self) -> usize {
        self.instructions
    }

    /// The instruction at `pc` begins.
    pub(crate) fn begin(&mut self, pc: Pc) {
        self.pc = pc;
        self.start_delta = self.delta;
        self.start_uops = self.trace().uops.len();
        self.start_exits = self.trace().exits.len();
        self.exits = [None; 3];
        self.has_effects = false;
        self.pushed = false;
        self.answers.clear();
        self.dynamic_link = None;
        self.dynamic_entry = None;
        self.linked = None;
        self.builder.at(pc);
        // A side trace may turn out to loop, too.
        if self.instructions == 0 {
            let state = ExitState::new(ExitKind::Poll, pc, self.delta);
            let exit = self.builder.exit(state);
            self.builder.poll(exit);
        }
        self.instructions += 1;
        if std::mem::take(&mut self.unchecked) {
            let exit = self.exit(Way::Deopt);
            self.builder.check_valid(exit);
        }
    }

    /// The current instruction takes for true what `key` stands for, and says so again wherever it
    /// is executed: a trace that went on after a call which invalidated it leaves here.
    pub(crate) fn depend(&mut self, key: Dependency) {
        self.dependencies.push((key, self.start_uops));
        let exit = self.exit(Way::Deopt);
        self.push(Uop::new(Op::CheckValid, &[]).with_exit(exit));
    }

    /// What the trace depends on if it has only its first `uops` uops, or all.
    pub(crate) fn dependencies(&self, uops: usize) -> Vec<Dependency> {
        let within = self.dependencies.iter().filter(|&&(_, at)| at < uops);
        within.map(|&(key, _)| key).collect()
    }

    /// How many uops are left of the trace if it ends at the join.
    pub(crate) fn uops_before_join(&self) -> usize {
        self.join.map_or(usize::MAX, |join| join.uops)
    }

    /// How many uops are left if it ends before the current instruction.
    pub(crate) fn uops_before(&self) -> usize {
        self.start_uops
    }

    /// What `helper` answered to the current instruction, if that called it.
    pub(crate) fn answered(&self, helper: HelperId) -> Option<u64> {
        let mut answers = self.answers.iter().rev();
        let found = answers.find(|&&(called, _)| called == helper);
        found.map(|&(_, bits)| bits)
    }

    /// Whether the current instruction pushed a frame.
    pub(crate) fn pushed(&self) -> bool {
        self.pushed
    }

    /// A guard has shown that there is room for the word `top`.
    pub(crate) fn note_room(&mut self, top: Word) {
        self.room = self.room.max(top.0);
    }

    /// The base moves up. Where no guard of this trace has shown that there is room for it, there
    /// was room this time only: compiled code must not go there.
    fn move_up(&mut self, words: u16) {
        self.delta += i32::from(words);
        if self.delta > self.room {
            self.broken.get_or_insert(Abort::UnprovenRoom);
        }
    }

    /// The current instruction moved the frame up under the same caller; its link is `link` now.
    pub(crate) fn shift_frame(&mut self, words: u16, link: i64) {
        self.move_up(words);
        self.linked = self.linked.map(|linked| linked + i32::from(words));
        self.note_link(link);
    }

    /// The current instruction popped a frame that lay `window` words above its caller's.
    pub(crate) fn pop_frame(&mut self, window: i32) {
        if self.linked != Some(self.delta) {
            self.broken.get_or_insert(Abort::Unrecordable);
        }
        self.delta -= window;
        self.linked = None;
    }

    /// The current instruction pushed a frame `window` words higher, which returns to `back`.
    pub(crate) fn push_frame(&mut self, window: u16, back: Pc) {
        self.pushed = true;
        self.move_up(window);
        self.linked = None;
        self.note_link(i64::from(window) << 32 | i64::from(back));
    }

    /// How many uops were recorded.
    pub(crate) fn uops(&self) -> usize {
        self.trace().uops.len()
    }

    /// Whether the trace has outgrown its limit of uops.
    pub(crate) fn is_full(&self) -> bool {
        self.trace().uops.len() >= self.limits.uops
    }

    /// Whether the trace may have so many more exits than it has.
    pub(crate) fn has_exits_left(&self, more: usize) -> bool {
        self.trace().exits.len().saturating_add(more) <= self.limits.exits
    }

    /// Appends, unless one instruction alone goes far beyond the limits: it may loop.
    fn push(&mut self, uop: Uop) -> Value {
        if self.trace().uops.len() > self.limits.uops.saturating_mul(2) {
            self.broken = Some(Abort::Length);
            return Value(0);
        }
        self.builder.push(uop)
    }

    fn exit(&mut self, way: Way) -> ExitId {
        // A helper that only reads is called before the base moves, one that acts maybe after.
        let known = self.exits[way as usize];
        if let Some(exit) = known.filter(|&exit| self.trace().exit(exit).base == self.delta) {
            return exit;
        }
        let kind = match way {
            Way::Side => ExitKind::Side,
            Way::Error => ExitKind::Error,
            Way::Deopt => ExitKind::Deopt,
        };
        // A call after effects that moved the base fails with the base where it is.
        let state = ExitState::new(kind, self.pc, self.delta);
        let exit = self.builder.exit(state);
        self.exits[way as usize] = Some(exit);
        exit
    }

    pub(crate) fn constant(&mut self, constant: Const) -> Value {
        if let Some(&known) = self.constants.get(&constant) {
            return known;
        }
        let value = self.push(
            Uop::new(Op::Const, &[])
                .with_ty(constant.ty)
                .with_imm(Imm::Const(constant.bits)),
        );
        self.constants.insert(constant, value);
        value
    }

    pub(crate) fn reference(&mut self, address: u64) -> Value {
        self.builder.reference(address)
    }

    /// A pure operation of the table; constant operands make a constant.
    pub(crate) fn pure(&mut self, op: Op, args: &[Operand]) -> Operand {
        let offramp_uop::op::Produces::Is(ty) = op.info().produces else {
            unreachable!("the vocabulary's results have fixed types")
        };
        let bits: smallvec::SmallVec<[u64; 3]> = args.iter().map(|arg| arg.bits).collect();
        let bits = op.eval_pure(&bits).expect("the vocabulary is pure");
        // The bits of a NaN that arithmetic made are unspecified, so it is no constant.
        let nan = ty == Type::F64 && f64::from_bits(bits).is_nan();
        let constant = !nan && args.iter().all(|arg| arg.constant && arg.ty != Type::Ref);
        if constant {
            return self.constant_operand(Const { ty, bits });
        }
        let args: smallvec::SmallVec<[Value; 3]> = args.iter().map(|arg| arg.uop).collect();
        let uop = self.push(Uop::new(op, &args).with_ty(ty));
        Operand {
            bits,
            uop,
            ty,
            constant: false,
        }
    }

    pub(crate) fn constant_operand(&mut self, constant: Const) -> Operand {
        Operand {
            bits: constant.bits,
            uop: self.constant(constant),
            ty: constant.ty,
            constant: true,
        }
    }

    pub(crate) fn select(&mut self, condition: Operand, then: Operand, other: Operand) -> Operand {
        let chosen = if condition.bits & 1 == 1 { then } else { other };
        if condition.constant {
            return chosen;
        }
        let uop = Uop::new(Op::Select, &[condition.uop, then.uop, other.uop]).with_ty(then.ty);
        Operand {
            bits: chosen.bits,
            uop: self.push(uop),
            ty: then.ty,
            constant: false,
        }
    }

    /// Appends a uop that computes `bits` now.
    pub(crate) fn compute(&mut self, uop: Uop, bits: u64) -> Operand {
        let ty = uop.ty.expect("a uop with a result");
        Operand {
            bits,
            uop: self.push(uop),
            ty,
            constant: false,
        }
    }

    /// The condition is what it is now from here on, or the trace leaves.
    pub(crate) fn guard(&mut self, condition: Operand) {
        if condition.constant {
            return;
        }
        let op = if condition.bits & 1 == 1 {
            Op::Guard
        } else {
            Op::GuardNot
        };
        let exit = self.guard_exit();
        self.push(Uop::new(op, &[condition.uop]).with_exit(exit));
    }

    /// The exit of this instruction's guards.
    pub(crate) fn guard_exit(&mut self) -> ExitId {
        debug_assert!(!self.has_effects, "a guard precedes all effects");
        self.exit(Way::Side)
    }

    /// The value is what it is now from here on, or the trace leaves.
    pub(crate) fn promote(&mut self, value: Operand) {
        if value.constant {
            return;
        }
        let now = self.constant_operand(Const::int(value.bits as i64));
        let same = self.pure(Op::Eq, &[value, now]);
        self.guard(same);
    }

    /// An effect.
    pub(crate) fn effect(&mut self, uop: Uop) {
        self.has_effects = true;
        self.push(uop);
    }

    /// The link words of a frame whose base is where the base is now.
    pub(crate) fn note_link(&mut self, link: i64) {
        let (reserved, link) = (
            self.constant(Const::int(0)),
            self.constant(Const::int(link)),
        );
        for (word, value) in [(-2, reserved), (-1, link)] {
            let place = Imm::Word(Word(self.delta + word));
            self.effect(Uop::new(Op::StoreWord, &[value]).with_imm(place));
        }
    }

    pub(crate) fn word(&self, word: u16) -> Word {
        Word(self.delta + i32::from(word))
    }

    /// A call. Whatever it answers is not constant.
    pub(crate) fn call(&mut self, helper: HelperId, args: &[Operand], now: u64) -> Operand {
        let declared = self.trace().interface.helpers[helper.index()].clone();
        let args: smallvec::SmallVec<[Value; 3]> = args.iter().map(|arg| arg.uop).collect();
        let mut uop = Uop::new(Op::Call, &args).with_imm(Imm::Helper(helper));
        uop.ty = declared.result;
        if declared.needs_exit() {
            uop = uop.with_exit(self.exit(Way::Error));
        }
        self.answers.push((helper, now));
        if declared.effects.reenters {
            self.unchecked = true;
        }
        Operand {
            bits: now,
            uop: self.push(uop),
            ty: declared.result.unwrap_or(Type::I64),
            constant: false,
        }
    }

    /// The interface grew.
    pub(crate) fn set_interface(&mut self, interface: &Arc<Interface>) {
        self.builder.set_interface(interface.clone());
    }

    /// Ends with the loop back to the first instruction, where control is now.
    pub(crate) fn finish_loop(self) -> Trace {
        self.builder.finish_loop()
    }

    /// Ends with an exit to `target`, where control is now.
    pub(crate) fn finish_exit(mut self, target: Pc) -> Trace {
        let exit = self.builder.side_exit(target, self.delta);
        self.builder.leave(exit);
        self.builder.finish()
    }

    /// The link word of the running frame: promoted, or, where the trace would leave its reach,
    /// only the window is, so that one trace serves all callers.
    pub(crate) fn link(&mut self, link: Operand) {
        self.linked = Some(self.delta);
        let is_called = link.bits as i64 != NO_CALLER;
        if !self.leaves_reach || !is_called {
            self.promote(link);
            return;
        }
        let bits = self.constant_operand(Const::int(32));
        let window = self.pure(Op::Sar, &[link, bits]);
        self.promote(window);
        self.dynamic_link = Some(link);
    }

    /// The current instruction goes on at the function entry `entry`.
    pub(crate) fn enter_at(&mut self, entry: Operand) {
        self.dynamic_entry = Some(entry).filter(|entry| !entry.constant);
    }

    /// Whether the function entry that the current instruction goes on at is known at run time only.
    pub(crate) fn enters_any(&self) -> bool {
        self.dynamic_entry.is_some()
    }

    /// Ends with the call just recorded, wherever it leads.
    pub(crate) fn finish_call(mut self) -> Trace {
        let entry = self.dynamic_entry;
        let entry = entry.expect("a call whose function is not known");
        // The base has moved already, so that it moves no more; that tells it from a return.
        let window = self.constant(Const::int(0));
        let state = ExitState::new(ExitKind::Dynamic, self.pc, self.delta);
        let exit = self.builder.exit(state);
        self.builder.leave_dynamic(entry.uop, window, exit);
        self.builder.finish()
    }

    /// Whether the place that the current instruction returns to is known at run time only.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.dynamic_link.is_some()
    }

    /// The place that the current instruction returns to, if it is known at run time only.
    pub(crate) fn return_place(&mut self) -> Option<Operand> {
        let link = self.dynamic_link?;
        let mask = self.constant_operand(Const::int(0xffff_ffff));
        Some(self.pure(Op::And, &[link, mask]))
    }

    /// Ends with the return just recorded, wherever it leads.
    pub(crate) fn finish_return(mut self) -> Trace {
        let target = self.return_place();
        let target = target.expect("a return whose place is not known");
        // The base has moved already, by a window that was promoted. The state says which frame was
        // left.
        let window = self.constant(Const::int(i64::from(self.start_delta - self.delta)));
        let state = ExitState::new(ExitKind::Dynamic, self.pc, self.start_delta);
        let exit = self.builder.exit(state);
        self.builder.leave_dynamic(target.uop, window, exit);
        self.builder.finish()
    }

    /// Ends with an exit to the current instruction, as if it had not begun.
    pub(crate) fn finish_before(self) -> Trace {
        let before = Cut {
            pc: self.pc,
            delta: self.start_delta,
            uops: self.start_uops,
            exits: self.start_exits,
            instructions: self.instructions,
        };
        self.finish_at(before)
    }

    /// Paths join at `pc`, where control is now.
    pub(crate) fn come_to_join(&mut self, pc: Pc) {
        let cut = Cut {
            pc,
            delta: self.delta,
            uops: self.trace().uops.len(),
            exits: self.trace().exits.len(),
            instructions: self.instructions,
        };
        self.join.get_or_insert(cut);
    }

    /// How many instructions have begun since the recording came to a join.
    pub(crate) fn since_join(&self) -> Option<usize> {
        self.join.map(|join| self.instructions - join.instructions)
    }

    /// Ends with an exit to the first join that the recording came to.
    ///
    /// # Panics
    /// If it came to none.
    pub(crate) fn finish_at_join(self) -> Trace {
        let join = self.join.expect("the recording came to a join");
        self.finish_at(join)
    }

    fn finish_at(self, cut: Cut) -> Trace {
        let mut trace = self.builder.finish();
        trace.uops.truncate(cut.uops);
        trace.exits.truncate(cut.exits);
        let exit = ExitId(trace.exits.len() as u32);
        let state = ExitState::new(ExitKind::Side, cut.pc, cut.delta);
        trace.exits.push(state);
        trace.uops.push(Uop::new(Op::Exit, &[]).with_exit(exit));
        trace.uops.push(Uop::new(Op::Unreachable, &[]));
        trace
    }
}
