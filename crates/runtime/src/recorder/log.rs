//! The trace under construction: everything of the write-once layer's recorder that does not depend
//! on the program's type.
//!
//! Instructions, exits, frames and ends are [`offramp_uop::record`]'s. Here is what this layer adds:
//! values that are known now and constants that are shared, limits, what the trace depends on,
//! returns and calls to places that are known at run time only, and why a recording is given up.

use crate::graph::{Abort, Config, Dependency};
use crate::language::kind::Operand;
use crate::language::machine::Place;
use crate::language::stack::NO_CALLER;
use offramp_uop::record::{Acting, Either, Instruction, Mark, RecordError, Recorder, link_word};
use offramp_uop::types::Const;
use offramp_uop::{Access, Builder, HelperId, Interface, Mem, Op, Pc, Trace, Type, Value, Word};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
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

#[derive(Debug)]
pub(crate) struct Log {
    recorder: Recorder,
    /// Nothing is noted: values are known now and that is all.
    silent: bool,
    limits: Limits,
    /// What the trace depends on, each with the size of the trace before its instruction.
    dependencies: Vec<(Dependency, usize)>,
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
    /// The current instruction's helper has put other frames in place of the running ones.
    switched: bool,
    /// The current instruction cannot be recorded.
    pub(crate) broken: Option<Abort>,
    /// The first join that the recording came to.
    join: Option<Mark>,
}

/// Uops that most recordings fit in: growing by doubling from nothing took a tenth of recording.
const USUAL: usize = 256;

impl Log {
    pub(crate) fn new(builder: Builder, limits: Limits) -> Log {
        let mut recorder = Recorder::after(builder);
        recorder.reserve(USUAL.min(limits.uops));
        Log {
            recorder,
            silent: false,
            limits,
            dependencies: Vec::new(),
            pushed: false,
            constants: FxHashMap::default(),
            answers: Vec::new(),
            leaves_reach: false,
            dynamic_link: None,
            dynamic_entry: None,
            switched: false,
            broken: None,
            join: None,
        }
    }

    /// A log in which nothing is noted, for who executes only.
    pub(crate) fn silent(builder: Builder) -> Log {
        let limits = Limits { uops: 0, exits: 0 };
        Log {
            silent: true,
            ..Log::new(builder, limits)
        }
    }

    pub(crate) fn trace(&self) -> &Trace {
        self.recorder.trace()
    }

    /// How far the base has moved since the trace's entry.
    pub(crate) fn delta(&self) -> i32 {
        self.recorder.base()
    }

    /// How many instructions have begun.
    pub(crate) fn instructions(&self) -> usize {
        self.recorder.instructions()
    }

    /// The instruction at `pc` begins.
    pub(crate) fn begin(&mut self, pc: Pc) {
        if self.silent {
            return;
        }
        self.pushed = false;
        self.answers.clear();
        self.dynamic_link = None;
        self.dynamic_entry = None;
        self.switched = false;
        self.recorder.begin(pc);
    }

    /// The current instruction takes for true what `key` stands for, and says so again wherever it
    /// is executed: a trace that went on after a call which invalidated it leaves here.
    pub(crate) fn depend(&mut self, key: Dependency) {
        if self.silent {
            return;
        }
        self.dependencies.push((key, self.uops_before()));
        self.recorder.reading().check_valid();
    }

    /// What the trace depends on if it has only its first `uops` uops, or all.
    pub(crate) fn dependencies(&self, uops: usize) -> Vec<Dependency> {
        let within = self.dependencies.iter().filter(|&&(_, at)| at < uops);
        within.map(|&(key, _)| key).collect()
    }

    /// How many uops are left of the trace if it ends at the join.
    pub(crate) fn uops_before_join(&self) -> usize {
        self.join.map_or(usize::MAX, |join| join.uops())
    }

    /// How many uops are left if it ends before the current instruction.
    pub(crate) fn uops_before(&self) -> usize {
        self.recorder.start().uops()
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

    /// Whether the base moved as compiled code may move it, too.
    fn notice(&mut self) {
        if let Some(error) = self.recorder.broken() {
            self.broken.get_or_insert(reason(error));
        }
    }

    /// The current instruction moved the frame up under the same caller; its link is `link` now.
    pub(crate) fn shift_frame(&mut self, words: u16, link: i64) {
        if self.silent {
            return;
        }
        self.recorder.acting().shift_frame(words);
        self.notice();
        self.note_link(link);
    }

    /// The current instruction popped a frame that lay `window` words above its caller's.
    pub(crate) fn pop_frame(&mut self, window: i32) {
        if self.silent {
            return;
        }
        self.recorder.acting().pop_frame(window);
        self.notice();
    }

    /// The current instruction pushed a frame `window` words higher, which returns to `back`.
    pub(crate) fn push_frame(&mut self, window: u16, back: Pc) {
        if self.silent {
            return;
        }
        self.pushed = true;
        self.recorder.acting().enter_frame(window);
        self.notice();
        self.note_link(link_word(window, back));
    }

    /// The link words of a frame whose base is where the base is now.
    fn note_link(&mut self, link: i64) {
        let reserved = self.constant(Const::int(0));
        let link = self.constant(Const::int(link));
        self.effect(|now| {
            now.store_word(Word(-2), reserved);
            now.store_word(Word(-1), link);
        });
    }

    /// How many uops were recorded.
    pub(crate) fn uops(&self) -> usize {
        self.trace().uops.len()
    }

    /// Whether the trace has outgrown its limit of uops.
    pub(crate) fn is_full(&self) -> bool {
        self.uops() >= self.limits.uops
    }

    /// Whether the trace may have so many more exits than it has.
    pub(crate) fn has_exits_left(&self, more: usize) -> bool {
        self.trace().exits.len().saturating_add(more) <= self.limits.exits
    }

    /// Whether nothing is noted, or no more: where one instruction alone has gone far beyond the
    /// limits, it may loop.
    fn is_closed(&mut self) -> bool {
        if self.silent {
            return true;
        }
        let overflows = self.uops() > self.limits.uops.saturating_mul(2);
        if overflows {
            self.broken = Some(Abort::Length);
        }
        overflows
    }

    /// Notes what both phases allow.
    fn note(&mut self, value: impl FnOnce(&mut Instruction<'_, Either>) -> Value) -> Value {
        match self.is_closed() {
            true => Value(0),
            false => value(&mut self.recorder.either()),
        }
    }

    /// Notes a guard, and what it proves.
    fn guarding(&mut self, value: impl FnOnce(&mut Instruction<'_>) -> Value) -> Value {
        match self.is_closed() {
            true => Value(0),
            false => value(&mut self.recorder.reading()),
        }
    }

    /// Notes an effect.
    fn effect(&mut self, effect: impl FnOnce(&mut Instruction<'_, Acting>)) {
        if !self.is_closed() {
            effect(&mut self.recorder.acting());
        }
    }

    pub(crate) fn constant(&mut self, constant: Const) -> Value {
        if let Some(&known) = self.constants.get(&constant) {
            return known;
        }
        let value = self.note(|now| now.constant(constant));
        if self.silent {
            return value;
        }
        self.constants.insert(constant, value);
        value
    }

    pub(crate) fn reference(&mut self, address: u64) -> Value {
        if self.silent {
            return Value(0);
        }
        self.recorder.either().reference(address)
    }

    /// A pure operation of the table; constant operands make a constant.
    pub(crate) fn pure(&mut self, op: Op, args: &[Operand]) -> Operand {
        let offramp_uop::op::Produces::Is(ty) = op.info().produces else {
            unreachable!("the vocabulary's results have fixed types")
        };
        let bits: SmallVec<[u64; 3]> = args.iter().map(|arg| arg.bits).collect();
        let bits = op.eval_pure(&bits).expect("the vocabulary is pure");
        // The bits of a NaN that arithmetic made are unspecified, so it is no constant.
        let nan = ty == Type::F64 && f64::from_bits(bits).is_nan();
        let constant = !nan && args.iter().all(|arg| arg.constant && arg.ty != Type::Ref);
        if constant {
            return self.constant_operand(Const { ty, bits });
        }
        let args: SmallVec<[Value; 3]> = args.iter().map(|arg| arg.uop).collect();
        let uop = self.note(|now| now.pure(op, &args));
        Operand::computed(uop, ty, bits)
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
        let ty = then.ty;
        let uop = self.note(|now| now.select(ty, condition.uop, then.uop, other.uop));
        Operand::computed(uop, ty, chosen.bits)
    }

    /// A word of the running frame, which holds `bits` now.
    pub(crate) fn load_word(&mut self, ty: Type, word: Word, bits: u64) -> Operand {
        Operand::computed(self.note(|now| now.load_word(ty, word)), ty, bits)
    }

    /// What is at `place`, which is `bits` now.
    pub(crate) fn load(&mut self, place: Place, mem: Mem, bits: u64) -> Operand {
        let address = place.address.uop;
        let uop = self.note(|now| match place.index {
            None => now.load(mem, address, place.offset, place.class),
            Some(index) => now.load_elem(address, index.uop, access(place, mem)),
        });
        Operand::computed(uop, mem.ty(), bits)
    }

    /// The condition is what it is now from here on, or the trace leaves.
    pub(crate) fn guard(&mut self, condition: Operand) {
        if !condition.constant {
            self.guarding(|now| {
                now.guard(condition.uop, condition.bits & 1 == 1);
                condition.uop
            });
        }
    }

    /// The bits are a reference, as `condition`, which holds, proves from here on.
    pub(crate) fn guard_ref(&mut self, condition: Operand, bits: Operand) -> Operand {
        let uop = self.guarding(|now| now.guard_ref(condition.uop, bits.uop));
        Operand::computed(uop, Type::Ref, bits.bits)
    }

    /// The index is below the length from here on.
    pub(crate) fn guard_index(&mut self, index: Operand, length: Operand) -> Operand {
        let uop = self.guarding(|now| now.guard_index(index.uop, length.uop));
        Operand::computed(uop, Type::I64, index.bits)
    }

    /// Whether the base may be moved up by `words` is what it is now from here on.
    pub(crate) fn guard_room(&mut self, words: u16, has: bool) {
        self.guarding(|now| {
            now.guard_room(Word(words.into()), has);
            Value(0)
        });
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

    /// Stores to a word of the running frame.
    pub(crate) fn store_word(&mut self, word: Word, x: Operand) {
        self.effect(|now| now.store_word(word, x.uop));
    }

    /// Stores to `place`.
    pub(crate) fn store(&mut self, place: Place, mem: Mem, x: Operand) {
        let address = place.address.uop;
        self.effect(|now| match place.index {
            None => now.store(mem, address, x.uop, place.offset, place.class),
            Some(index) => now.store_elem(address, index.uop, x.uop, access(place, mem)),
        });
    }

    /// A call. Whatever it answers is not constant.
    pub(crate) fn call(&mut self, helper: HelperId, args: &[Operand], now: u64) -> Operand {
        let declared = &self.trace().interface.helpers[helper.index()];
        let (ty, acts) = (declared.result, !declared.effects.is_removable());
        let args: SmallVec<[Value; 3]> = args.iter().map(|arg| arg.uop).collect();
        self.answers.push((helper, now));
        let uop = match (self.is_closed(), acts) {
            (true, _) => Value(0),
            (false, true) => self.recorder.acting().call(helper, &args),
            (false, false) => self.recorder.either().read(helper, &args),
        };
        Operand::computed(uop, ty.unwrap_or(Type::I64), now)
    }

    /// The interface grew.
    pub(crate) fn set_interface(&mut self, interface: &Arc<Interface>) {
        self.recorder.set_interface(interface.clone());
    }

    /// Ends with the loop back to the first instruction, where control is now.
    pub(crate) fn finish_loop(self) -> Result<Trace, Abort> {
        self.recorder.finish_loop().map_err(reason)
    }

    /// Ends with an exit to `target`, where control is now.
    pub(crate) fn finish_exit(self, target: Pc) -> Result<Trace, Abort> {
        self.recorder.finish_exit(target).map_err(reason)
    }

    /// The link word of the running frame: promoted, or, where the trace would leave its reach,
    /// only the window is, so that one trace serves all callers.
    pub(crate) fn link(&mut self, link: i64) {
        if self.silent {
            return;
        }
        let link = self.load_word(Type::I64, Word(-1), link as u64);
        self.recorder.reading().link_is_shown();
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

    /// The instruction's helper has put other frames in place of the running ones.
    pub(crate) fn switch(&mut self) {
        self.switched = true;
    }

    /// Whether the current instruction ends with such a call.
    pub(crate) fn switched(&self) -> bool {
        self.switched
    }

    /// Whether the function entry that the current instruction goes on at is known at run time only.
    pub(crate) fn enters_any(&self) -> bool {
        self.dynamic_entry.is_some()
    }

    /// Ends with the call just recorded, wherever it leads.
    pub(crate) fn finish_call(mut self) -> Result<Trace, Abort> {
        let entry = self.dynamic_entry;
        let entry = entry.expect("a call whose function is not known");
        // The base has moved already, so that it moves no more; that tells it from a return.
        let window = self.constant(Const::int(0));
        let callee = self.delta();
        self.recorder
            .finish_dynamic(entry.uop, window, callee)
            .map_err(reason)
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
    pub(crate) fn finish_return(mut self) -> Result<Trace, Abort> {
        let target = self.return_place();
        let target = target.expect("a return whose place is not known");
        // The base has moved already, by a window that was promoted.
        let left = self.recorder.start().base();
        let window = self.constant(Const::int(i64::from(left - self.delta())));
        self.recorder
            .finish_dynamic(target.uop, window, left)
            .map_err(reason)
    }

    /// Ends with an exit to the current instruction, as if it had not begun.
    pub(crate) fn finish_before(self) -> Result<Trace, Abort> {
        self.recorder.finish_before().map_err(reason)
    }

    /// Paths join at `pc`, where control is now.
    pub(crate) fn come_to_join(&mut self, pc: Pc) {
        let mark = self.recorder.mark(pc);
        self.join.get_or_insert(mark);
    }

    /// How many instructions have begun since the recording came to a join.
    pub(crate) fn since_join(&self) -> Option<usize> {
        self.join
            .map(|join| self.instructions() - join.instructions())
    }

    /// Ends with an exit to the first join that the recording came to.
    ///
    /// # Panics
    /// If it came to none.
    pub(crate) fn finish_at_join(self) -> Result<Trace, Abort> {
        let join = self.join.expect("the recording came to a join");
        self.recorder.finish_at(join).map_err(reason)
    }
}

fn reason(error: RecordError) -> Abort {
    match error {
        RecordError::UnprovenRoom { .. } => Abort::UnprovenRoom,
        _ => Abort::Unrecordable,
    }
}

fn access(place: Place, mem: Mem) -> Access {
    Access {
        mem,
        offset: place.offset,
        scale: place.scale,
        class: place.class,
    }
}
