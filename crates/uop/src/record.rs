//! Recording: the protocol that every recorder of a host's instructions follows, in one place.
//!
//! An interpreter that records says before each instruction that it [begins](Recorder::begin),
//! notes what the instruction reads, what it decides by and what it changes, and [ends](#ends) the
//! trace where the recording ends. What a trace needs besides, and what is easily forgotten, is
//! done here:
//!
//! - The instruction's place is marked, and the first instruction of a trace polls, since the
//!   trace may turn out to be a loop and every loop can be interrupted.
//! - All guards of an instruction leave through one exit per [kind](ExitKind), back to its start.
//!   They do nothing but leave, so they come before the instruction's first effect: *after*
//!   [`commit`](Instruction::commit) *there is no method that guards.*
//! - The instruction after a call that may have [re-entered](crate::Effects::reenters) the host's
//!   program first asks whether the trace is still valid.
//! - Frame words are counted from the base of the frame that runs, wherever frames that were pushed
//!   and popped have moved it. A frame is pushed only where a guard has shown that there is
//!   [room](Instruction::guard_room), and popped only when a guard of the same instruction has shown
//!   its [link](Instruction::guard_link).
//!
//! The recording is naive: every frame word is loaded and stored in memory, and exits have nothing
//! pending. The optimiser makes a good trace of it, and [`verify_recorded`](crate::verify::verify_recorded)
//! accepts it.
//!
//! # Example
//!
//! A host with three registers, `sum`, `i` and `limit`, has noticed that its loop at instruction 7
//! is hot: `7: sum += i`, `8: i += 1`, `9: if i < limit goto 7`. It records one round while it
//! interprets it.
//!
//! ```
//! use offramp_uop::record::{RecordError, Recorder};
//! use offramp_uop::{Interface, Op, Trace, Type, Word};
//!
//! const SUM: Word = Word(0);
//! const I: Word = Word(1);
//! const LIMIT: Word = Word(2);
//!
//! fn one_round(now: &[i64; 3]) -> Result<Trace, RecordError> {
//!     let mut recorder = Recorder::root("sum", 7, Interface::new().into());
//!
//!     let mut add = recorder.begin(7);
//!     let (sum, i) = (add.load_word(Type::I64, SUM), add.load_word(Type::I64, I));
//!     let sum = add.pure(Op::Add, &[sum, i]);
//!     add.commit().store_word(SUM, sum);
//!
//!     let mut increment = recorder.begin(8);
//!     let (i, one) = (increment.load_word(Type::I64, I), increment.int(1));
//!     let next = increment.pure(Op::Add, &[i, one]);
//!     increment.commit().store_word(I, next);
//!
//!     let mut branch = recorder.begin(9);
//!     let (i, limit) = (branch.load_word(Type::I64, I), branch.load_word(Type::I64, LIMIT));
//!     let less = branch.pure(Op::Lt, &[i, limit]);
//!     // The trace stays on the way that the program takes now.
//!     let jumps = now[1] + 1 < now[2];
//!     branch.guard(less, jumps);
//!     match jumps {
//!         true => recorder.finish_loop(),
//!         false => recorder.finish_exit(10),
//!     }
//! }
//!
//! let trace = one_round(&[0, 0, 100])?;
//! assert!(trace.header.is_some());
//! offramp_uop::verify::verify_recorded(&trace)?;
//!
//! let trace = one_round(&[4950, 99, 100])?;
//! assert_eq!(trace.exits.last().map(|exit| exit.target), Some(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An effect ends the first phase, so a guard after it does not compile:
//!
//! ```compile_fail,E0599
//! # use offramp_uop::record::Recorder;
//! # use offramp_uop::{Interface, Op, Type, Word};
//! # let mut recorder = Recorder::root("late", 0, Interface::new().into());
//! let mut instruction = recorder.begin(0);
//! let x = instruction.load_word(Type::I64, Word(0));
//! let mut effects = instruction.commit();
//! effects.store_word(Word(1), x);
//! let condition = effects.bool(true);
//! effects.guard(condition, true);
//! ```
//!
//! nor does an effect before the commit, or an instruction that goes on after the next has begun:
//!
//! ```compile_fail,E0599
//! # use offramp_uop::record::Recorder;
//! # use offramp_uop::{Interface, Word};
//! # let mut recorder = Recorder::root("early", 0, Interface::new().into());
//! let mut instruction = recorder.begin(0);
//! let zero = instruction.int(0);
//! instruction.store_word(Word(0), zero);
//! ```
//!
//! ```compile_fail,E0499
//! # use offramp_uop::record::Recorder;
//! # use offramp_uop::Interface;
//! # let mut recorder = Recorder::root("two", 0, Interface::new().into());
//! let mut first = recorder.begin(0);
//! let second = recorder.begin(1);
//! first.int(0);
//! ```
//!
//! # Ends
//!
//! | where the recording is | the trace ends with |
//! | --- | --- |
//! | at its own first instruction, in the frame it began in | [`finish_loop`](Recorder::finish_loop) |
//! | at an instruction that is known, with a trace of its own or not worth following | [`finish_exit`](Recorder::finish_exit) |
//! | after a return or call that goes to a place known at run time only | [`finish_dynamic`](Recorder::finish_dynamic) |
//! | in an instruction that cannot be recorded | [`finish_before`](Recorder::finish_before) |
//! | too far beyond a place where it might have ended | [`finish_at`](Recorder::finish_at) |
//!
//! # Not done here
//!
//! Nothing is executed, and no guard is chosen: which way the program takes, and what of that a
//! trace rests on, the host says. A guard that is forgotten is a wrong program. Where recordings
//! begin and end is policy; the runtime's graph (`offramp::ExecutorGraph`) has it.
//!
//! No loop asks at its edge whether it is still valid. What takes something for true that an
//! invalidation ends says so in its own instruction: [`check_valid`](Instruction::check_valid); or
//! the loop's end [asks](Recorder::has_reentered).

mod instruction;
#[cfg(test)]
mod tests;

pub use instruction::{Acting, Either, Instruction, Reading};

use crate::builder::Builder;
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ExitId, Value};
use crate::interface::Interface;
use crate::op::Op;
use crate::trace::Trace;
use std::sync::Arc;

/// Records a trace, instruction by instruction. See the [module](self).
#[derive(Debug)]
pub struct Recorder {
    builder: Builder,
    /// How far the base has moved since the trace's entry.
    base: i32,
    /// The highest base that a guard has shown to be within the stack's limit.
    room: i32,
    /// Where the frame lies whose link the current instruction has guarded.
    linked: Option<i32>,
    /// The current instruction, or where the first begins.
    start: Mark,
    /// Its exits by kind, made when they are asked for.
    exits: [Option<ExitId>; 3],
    instructions: usize,
    polls: bool,
    /// The last call may have run the host's program, and no instruction has begun since.
    reentered: bool,
    /// The current instruction has had an effect.
    has_acted: bool,
    /// The first rule that was broken, and how many uops there were before its instruction.
    broken: Option<(RecordError, usize)>,
}

/// A place between two instructions of a recording where its trace [may end](Recorder::finish_at).
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pc: Pc,
    base: i32,
    uops: usize,
    exits: usize,
    instructions: usize,
}

impl Mark {
    /// How many uops of the recording come before it.
    pub fn uops(&self) -> usize {
        self.uops
    }

    /// How many instructions of the recording come before it.
    pub fn instructions(&self) -> usize {
        self.instructions
    }

    /// How far the base had moved there since the trace's entry, in words.
    pub fn base(&self) -> i32 {
        self.base
    }
}

/// Why there is no trace of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A frame was entered that no guard has shown to lie within the stack's limit: there was room
    /// this time only.
    #[error("instruction {pc} enters a frame at {base}, and guards have shown room up to {proven}")]
    UnprovenRoom {
        /// The instruction.
        pc: Pc,
        /// The frame's base, counted from the trace's entry.
        base: i32,
        /// The highest base that is shown.
        proven: i32,
    },
    /// A frame was popped whose link no guard of the same instruction has shown: it returned to
    /// there this time only.
    #[error("instruction {pc} leaves its frame, and no guard of it has shown the frame's link")]
    UnprovenLink {
        /// The instruction.
        pc: Pc,
    },
    /// The base was moved so that value groups of the two frames do not lie alike.
    #[error("instruction {pc} moves the base by {words} words, which are no whole value groups")]
    TornGroups {
        /// The instruction.
        pc: Pc,
        /// How far.
        words: i32,
    },
    /// A loop does not end in the frame that it begins in.
    #[error("a loop ends in the frame it begins in, and the base is {base} words from there")]
    LoopInAnotherFrame {
        /// How far the base has moved since the loop's beginning.
        base: i32,
    },
    /// A loop whose recording was told [not to poll](Recorder::without_poll).
    #[error("a loop without a poll cannot be interrupted")]
    LoopWithoutPoll,
    /// A loop of no instruction.
    #[error("a loop holds an instruction")]
    EmptyLoop,
}

/// The link word of a frame that lies `window` words above its caller's and returns to `back`.
pub const fn link_word(window: u16, back: Pc) -> i64 {
    ((window as i64) << 32) | back as i64
}

impl Recorder {
    /// Records a root at `pc`.
    pub fn root(name: impl Into<String>, pc: Pc, interface: Arc<Interface>) -> Recorder {
        Recorder::after(Builder::new(name, pc, interface))
    }

    /// Records what comes after what `builder` holds, which is no instruction: a side trace's
    /// [inheritance](crate::inherit).
    ///
    /// # Panics
    /// If an instruction has begun there.
    pub fn after(builder: Builder) -> Recorder {
        let begun = builder.trace().uops.iter().any(|uop| uop.op == Op::At);
        assert!(!begun, "what a recording comes after is no instruction");
        let start = Mark {
            pc: builder.trace().pc,
            base: 0,
            uops: builder.trace().uops.len(),
            exits: builder.trace().exits.len(),
            instructions: 0,
        };
        Recorder {
            builder,
            base: 0,
            room: 0,
            linked: None,
            start,
            exits: [None; 3],
            instructions: 0,
            polls: true,
            reentered: false,
            has_acted: false,
            broken: None,
        }
    }

    /// The first instruction does not poll. For a trace that will not loop, whose links no cycle
    /// of traces without a poll is made of: a side trace that goes on at roots.
    pub fn without_poll(self) -> Recorder {
        Recorder {
            polls: false,
            ..self
        }
    }

    /// Makes room for so many uops, for a caller that knows that there are some.
    pub fn reserve(&mut self, uops: usize) {
        self.builder.reserve(uops);
    }

    /// The interface has grown: helpers and classes it had keep their numbers.
    pub fn set_interface(&mut self, interface: Arc<Interface>) {
        self.builder.set_interface(interface);
    }

    /// What is recorded so far. It has no end yet.
    pub fn trace(&self) -> &Trace {
        self.builder.trace()
    }

    /// How far the base has moved since the trace's entry, in words.
    pub fn base(&self) -> i32 {
        self.base
    }

    /// How many instructions have begun.
    pub fn instructions(&self) -> usize {
        self.instructions
    }

    /// Whether the last instruction may have run the host's program: the next asks whether the trace is
    /// still valid. No loop's edge does; a recorder that wants it asked there begins the loop's first
    /// instruction once more before it ends.
    pub fn has_reentered(&self) -> bool {
        self.reentered
    }

    /// Where the current instruction began; before the first, where that will.
    pub fn start(&self) -> Mark {
        self.start
    }

    /// Where control is now, which is before the instruction at `pc`.
    pub fn mark(&self, pc: Pc) -> Mark {
        Mark {
            pc,
            base: self.base,
            uops: self.trace().uops.len(),
            exits: self.trace().exits.len(),
            instructions: self.instructions,
        }
    }

    /// The first rule that was broken, which leaves the recording no end but one
    /// [before](Recorder::finish_before) that instruction.
    pub fn broken(&self) -> Option<RecordError> {
        self.broken.map(|(error, _)| error)
    }

    /// The instruction at `pc` begins.
    pub fn begin(&mut self, pc: Pc) -> Instruction<'_> {
        self.start = self.mark(pc);
        self.exits = [None; 3];
        self.has_acted = false;
        self.linked = None;
        self.builder.at(pc);
        if self.instructions == 0 && self.polls {
            let state = ExitState::new(ExitKind::Poll, pc, self.base);
            let exit = self.builder.exit(state);
            self.builder.poll(exit);
        }
        self.instructions += 1;
        if std::mem::take(&mut self.reentered) {
            self.reading().check_valid();
        }
        Instruction::of(self)
    }

    /// The current instruction in its first phase, for a recorder whose own types keep the phases
    /// apart and which cannot hold on to an [`Instruction`].
    ///
    /// # Panics
    /// If the instruction has had an effect.
    #[inline]
    #[track_caller]
    pub fn reading(&mut self) -> Instruction<'_, Reading> {
        assert!(!self.has_acted, "a guard precedes all effects");
        Instruction::of(self)
    }

    /// The current instruction in its second phase. For the same recorders.
    #[inline]
    pub fn acting(&mut self) -> Instruction<'_, Acting> {
        self.has_acted = true;
        Instruction::of(self)
    }

    /// The current instruction in the phase it is in: what both allow. For the same recorders.
    #[inline]
    pub fn either(&mut self) -> Instruction<'_, Either> {
        Instruction::of(self)
    }

    /// Ends with the loop back to the first instruction, where control is now.
    ///
    /// # Errors
    /// If a rule was [broken](Recorder::broken), the loop is empty, does not poll or ends in another
    /// frame than it began in.
    pub fn finish_loop(self) -> Result<Trace, RecordError> {
        let trace = self.unbroken()?;
        match trace {
            Recorder {
                instructions: 0, ..
            } => Err(RecordError::EmptyLoop),
            Recorder { polls: false, .. } => Err(RecordError::LoopWithoutPoll),
            Recorder { base: 0, .. } => Ok(trace.builder.finish_loop()),
            Recorder { base, .. } => Err(RecordError::LoopInAnotherFrame { base }),
        }
    }

    /// Ends with an exit to the instruction at `pc`, where control is now.
    ///
    /// # Errors
    /// If a rule was [broken](Recorder::broken).
    pub fn finish_exit(self, pc: Pc) -> Result<Trace, RecordError> {
        let mut this = self.unbroken()?;
        let exit = this.builder.side_exit(pc, this.base);
        this.builder.leave(exit);
        Ok(this.builder.finish())
    }

    /// Ends with a jump to the place that `target` holds, with the base `window` words below `from`
    /// (which is counted from the trace's entry). `from` says which frame is left: that of the
    /// [start](Recorder::start) for a return, that of the [callee](Recorder::base) with a window of
    /// 0 for a call.
    ///
    /// # Errors
    /// If a rule was [broken](Recorder::broken).
    pub fn finish_dynamic(
        self,
        target: Value,
        window: Value,
        from: i32,
    ) -> Result<Trace, RecordError> {
        let mut this = self.unbroken()?;
        let state = ExitState::new(ExitKind::Dynamic, this.start.pc, from);
        let exit = this.builder.exit(state);
        this.builder.leave_dynamic(target, window, exit);
        Ok(this.builder.finish())
    }

    /// Ends by going back to the interpreter at `pc`, where control is now, for good: no trace will
    /// be recorded from there.
    ///
    /// # Errors
    /// If a rule was [broken](Recorder::broken).
    pub fn finish_deopt(self, pc: Pc) -> Result<Trace, RecordError> {
        let mut this = self.unbroken()?;
        let state = ExitState::new(ExitKind::Deopt, pc, this.base);
        let exit = this.builder.exit(state);
        this.builder.deopt(exit);
        Ok(this.builder.finish())
    }

    /// Ends with the current instruction, which fails.
    ///
    /// # Errors
    /// If a rule was [broken](Recorder::broken).
    pub fn finish_error(self) -> Result<Trace, RecordError> {
        let mut this = self.unbroken()?;
        let exit = this.exit(ExitKind::Error);
        this.builder.error_exit(exit);
        Ok(this.builder.finish())
    }

    /// Ends with an exit to the current instruction, as if it had not begun.
    ///
    /// # Errors
    /// If an earlier instruction has [broken](Recorder::broken) a rule.
    pub fn finish_before(self) -> Result<Trace, RecordError> {
        let start = self.start;
        self.finish_at(start)
    }

    /// Ends at `mark`, as if nothing had been recorded since.
    ///
    /// # Errors
    /// If a rule was [broken](Recorder::broken) before the mark.
    ///
    /// # Panics
    /// If the mark is one of a longer recording.
    pub fn finish_at(mut self, mark: Mark) -> Result<Trace, RecordError> {
        let Mark {
            pc,
            base,
            uops,
            exits,
            ..
        } = mark;
        assert!(
            uops <= self.trace().uops.len() && exits <= self.trace().exits.len(),
            "a mark of another recording"
        );
        self.broken = self.broken.filter(|&(_, at)| at < uops);
        self.builder.truncate(uops, exits);
        self.base = base;
        self.finish_exit(pc)
    }

    fn unbroken(self) -> Result<Recorder, RecordError> {
        match self.broken {
            Some((error, _)) => Err(error),
            None => Ok(self),
        }
    }

    fn breaks(&mut self, error: RecordError) {
        let at = self.start.uops;
        self.broken.get_or_insert((error, at));
    }

    /// The current instruction's exit of `kind`.
    fn exit(&mut self, kind: ExitKind) -> ExitId {
        let index = match kind {
            ExitKind::Side => 0,
            ExitKind::Error => 1,
            ExitKind::Deopt => 2,
            ExitKind::Poll | ExitKind::Dynamic => {
                panic!("no guard leaves by a {} exit", kind.name())
            }
        };
        // A call that comes after the base has moved fails with the base where it is.
        let known = self.exits[index];
        if let Some(exit) = known.filter(|&exit| self.trace().exit(exit).base == self.base) {
            return exit;
        }
        let state = ExitState::new(kind, self.start.pc, self.base);
        let exit = self.builder.exit(state);
        self.exits[index] = Some(exit);
        exit
    }

    /// The base moves by `words`.
    fn moves(&mut self, words: i32) {
        let group = self.trace().interface.group.max(1) as i32;
        let pc = self.start.pc;
        if words % group != 0 {
            self.breaks(RecordError::TornGroups { pc, words });
        }
        self.base = self.base.saturating_add(words);
        let (base, proven) = (self.base, self.room);
        if words > 0 && base > proven {
            self.breaks(RecordError::UnprovenRoom { pc, base, proven });
        }
    }
}
