//! What an instruction notes, by phases.

use super::{RecordError, Recorder, link_word};
use crate::builder::Builder;
use crate::exit::{ExitKind, Pc};
use crate::id::{ExitId, HelperId, Value, Word};
use crate::interface::Class;
use crate::op::Op;
use crate::types::{Const, Mem, Type};
use crate::uop::Access;
use std::fmt;
use std::marker::PhantomData;

/// The first phase: read, compute, guard.
#[derive(Debug)]
pub enum Reading {}

/// The second phase: effects.
#[derive(Debug)]
pub enum Acting {}

/// One phase or the other, which the recorder's own types know.
#[derive(Debug)]
pub enum Either {}

/// An instruction of a [`Recorder`], in one of its phases.
///
/// Frame words are counted from the base of the frame that runs.
pub struct Instruction<'r, Phase = Reading> {
    recorder: &'r mut Recorder,
    phase: PhantomData<Phase>,
}

impl<Phase> fmt::Debug for Instruction<'_, Phase> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruction")
            .field("pc", &self.recorder.start.pc)
            .finish_non_exhaustive()
    }
}

/// What both phases allow.
impl<'r, Phase> Instruction<'r, Phase> {
    #[inline]
    pub(super) fn of(recorder: &'r mut Recorder) -> Instruction<'r, Phase> {
        Instruction {
            recorder,
            phase: PhantomData,
        }
    }

    #[inline]
    fn builder(&mut self) -> &mut Builder {
        &mut self.recorder.builder
    }

    fn word(&self, word: Word) -> Word {
        Word(self.recorder.base.saturating_add(word.0))
    }

    /// What is recorded so far.
    pub fn recorder(&self) -> &Recorder {
        self.recorder
    }

    /// A constant.
    ///
    /// # Panics
    /// If it is a `ref` or `ptr`: see [`reference`](Instruction::reference).
    pub fn constant(&mut self, constant: Const) -> Value {
        self.builder().constant(constant)
    }

    /// An `i64` constant.
    pub fn int(&mut self, value: i64) -> Value {
        self.builder().int(value)
    }

    /// An `f64` constant.
    pub fn float(&mut self, value: f64) -> Value {
        self.builder().float(value)
    }

    /// A `bool` constant.
    pub fn bool(&mut self, value: bool) -> Value {
        self.builder().bool(value)
    }

    /// A reference constant, rooted by the trace.
    pub fn reference(&mut self, address: u64) -> Value {
        self.builder().reference(address)
    }

    /// A pure operation.
    ///
    /// # Panics
    /// If the op table does not fix the type of its result.
    pub fn pure(&mut self, op: Op, args: &[Value]) -> Value {
        self.builder().pure(op, args)
    }

    /// `then` if `condition`, else `otherwise`; all of type `ty`.
    pub fn select(&mut self, ty: Type, condition: Value, then: Value, otherwise: Value) -> Value {
        self.builder().select(ty, condition, then, otherwise)
    }

    /// Reads a frame word as `i64` or `f64`.
    pub fn load_word(&mut self, ty: Type, word: Word) -> Value {
        let word = self.word(word);
        self.builder().load_word(ty, word)
    }

    /// Whether the base may be moved up to `word`. What is asked in order to push a frame is
    /// [guarded](Instruction::guard_room).
    pub fn has_room(&mut self, word: Word) -> Value {
        let word = self.word(word);
        self.builder().has_room(word)
    }

    /// Loads from `address + offset`.
    pub fn load(&mut self, mem: Mem, address: Value, offset: i32, class: Class) -> Value {
        self.builder().load(mem, address, offset, class)
    }

    /// Loads from `address + (index << access.scale) + access.offset`.
    pub fn load_elem(&mut self, address: Value, index: Value, access: Access) -> Value {
        self.builder().load_elem(address, index, access)
    }

    /// Calls a helper that [has no effect](crate::Effects::is_removable).
    ///
    /// # Panics
    /// If it has one, or the interface has no such helper.
    pub fn read(&mut self, helper: HelperId, args: &[Value]) -> Value {
        let helpers = &self.recorder.trace().interface.helpers;
        let helper_has = helpers[helper.index()].effects;
        assert!(
            helper_has.is_removable(),
            "{} has effects",
            helpers[helper.index()].name
        );
        self.invoke(helper, args)
    }

    fn invoke(&mut self, helper: HelperId, args: &[Value]) -> Value {
        let helpers = &self.recorder.trace().interface.helpers;
        let (needs_exit, reenters) = {
            let helper = &helpers[helper.index()];
            (helper.needs_exit(), helper.effects.reenters)
        };
        let exit = needs_exit.then(|| self.recorder.exit(ExitKind::Error));
        self.recorder.reentered |= reenters;
        self.builder().call(helper, args, exit)
    }
}

/// The first phase.
impl<'r> Instruction<'r, Reading> {
    /// Ends the first phase.
    #[inline]
    pub fn commit(self) -> Instruction<'r, Acting> {
        self.recorder.acting()
    }

    /// From here on the trace is on the way where `condition` is `seen`, or leaves.
    pub fn guard(&mut self, condition: Value, seen: bool) {
        self.guard_through(ExitKind::Side, condition, seen);
    }

    /// The same through the exit of another kind: [`ExitKind::Deopt`] where no trace is to be
    /// recorded from.
    ///
    /// # Panics
    /// If no guard leaves by that kind.
    pub fn guard_through(&mut self, kind: ExitKind, condition: Value, seen: bool) {
        let exit = self.exit(kind);
        match seen {
            true => self.builder().guard(condition, exit),
            false => self.builder().guard_not(condition, exit),
        }
    }

    /// Leaves unless `condition`, which proves that `bits` are a reference: the result.
    pub fn guard_ref(&mut self, condition: Value, bits: Value) -> Value {
        let exit = self.exit(ExitKind::Side);
        self.builder().guard_ref(condition, bits, exit)
    }

    /// Leaves unless `index` is below `length`, unsigned: the result is the proven index.
    pub fn guard_index(&mut self, index: Value, length: Value) -> Value {
        let exit = self.exit(ExitKind::Side);
        self.builder().guard_index(index, length, exit)
    }

    /// Guards whether the base may be moved up to `word`, which it may if `seen`: what
    /// [`push_frame`](Instruction::push_frame) must have been shown by this instruction or an
    /// earlier one.
    pub fn guard_room(&mut self, word: Word, seen: bool) {
        let has = self.has_room(word);
        self.guard(has, seen);
        if seen {
            let room = self.word(word).0;
            self.recorder.room = self.recorder.room.max(room);
        }
    }

    /// Guards that the running frame's link word is `seen`: what
    /// [`pop_frame`](Instruction::pop_frame) must have been shown by this instruction.
    pub fn guard_link(&mut self, seen: i64) {
        let (link, wanted) = (self.load_word(Type::I64, Word(-1)), self.int(seen));
        let same = self.pure(Op::Eq, &[link, wanted]);
        self.guard(same, true);
        self.link_is_shown();
    }

    /// This instruction has guarded what it needs of the running frame's link by other means: the
    /// whole word, or how far the caller's frame lies below.
    pub fn link_is_shown(&mut self) {
        self.recorder.linked = Some(self.recorder.base);
    }

    /// Leaves if the trace has been invalidated: what an instruction says that takes for true what
    /// an invalidation ends.
    pub fn check_valid(&mut self) {
        let exit = self.exit(ExitKind::Deopt);
        self.builder().check_valid(exit);
    }

    /// The exit that this instruction's guards of `kind` share.
    ///
    /// # Panics
    /// If no guard leaves by that kind.
    pub fn exit(&mut self, kind: ExitKind) -> ExitId {
        self.recorder.exit(kind)
    }
}

/// The second phase.
impl Instruction<'_, Acting> {
    /// Writes a frame word.
    pub fn store_word(&mut self, word: Word, value: Value) {
        let word = self.word(word);
        self.builder().store_word(word, value);
    }

    /// Stores `value` to `address + offset`.
    pub fn store(&mut self, mem: Mem, address: Value, value: Value, offset: i32, class: Class) {
        self.builder().store(mem, address, value, offset, class);
    }

    /// Stores to `address + (index << access.scale) + access.offset`.
    pub fn store_elem(&mut self, address: Value, index: Value, value: Value, access: Access) {
        self.builder().store_elem(address, index, value, access);
    }

    /// Calls a helper. What it may have changed, the instruction reads again; where it fails, the
    /// instruction has failed, with what it stored before.
    ///
    /// # Panics
    /// If the interface has no such helper.
    pub fn call(&mut self, helper: HelperId, args: &[Value]) -> Value {
        self.invoke(helper, args)
    }

    /// Enters a frame `window` words above the running one's, which returns to `back`: stores its
    /// link words, the reserved one and the [link](link_word), and moves the base up. Frame words
    /// are counted from there now.
    pub fn push_frame(&mut self, window: u16, back: Pc) {
        self.enter_frame(window);
        let (reserved, link) = (self.int(0), self.int(link_word(window, back)));
        self.store_word(Word(-2), reserved);
        self.store_word(Word(-1), link);
    }

    /// Moves the base up to a frame whose link words the recorder stores itself.
    pub fn enter_frame(&mut self, window: u16) {
        self.recorder.moves(i32::from(window));
        self.recorder.linked = None;
    }

    /// The running frame moves up by `words` under the same caller. The recorder stores its new
    /// link words.
    pub fn shift_frame(&mut self, words: u16) {
        let words = i32::from(words);
        self.recorder.moves(words);
        self.recorder.linked = self.recorder.linked.map(|linked| linked + words);
    }

    /// Leaves the frame for its caller's, `window` words below. Frame words are counted from there
    /// now.
    pub fn pop_frame(&mut self, window: i32) {
        let pc = self.recorder.start.pc;
        if self.recorder.linked != Some(self.recorder.base) {
            self.recorder.breaks(RecordError::UnprovenLink { pc });
        }
        self.recorder.moves(-window);
        self.recorder.linked = None;
    }
}
