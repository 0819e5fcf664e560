//! The two phases of an instruction, as types.
//!
//! [`Op`] hands out `&M` only, and everything a [`Machine`] lets one do with `&self` may be undone
//! by starting the instruction again. [`Op::commit`] consumes it; [`Commit`] has effects and pure
//! operations but no guard. [`Done`] comes out of a commit alone. So a guard after an effect does
//! not compile, and every guard may resume at its instruction's start.
//!
//! After a call of a helper, which may have done anything, an instruction can only store what
//! was answered and say where to go on: [`Called`].
//!
//! # An instruction leaves or shifts its frame once
//! A trace pops and moves frames by constants that guards of the same instruction have checked, and
//! nothing checks them again where it runs. So what moves the base takes the proof of that guard,
//! a [`Caller`] or a [`Link`], and ends the phase: a frame that was [popped](Commit::pop) can
//! only be returned from ([`Popped`]), one that was [shifted](Commit::shift) is neither popped nor
//! shifted again by this instruction ([`Shifted`]). Both proofs may be had more than once, as the
//! first phase changes nothing, but only one is of use. Frames that are entered need no proof of a
//! link, as they get a new one; of room see the recorder.

use crate::language::field::Field;
use crate::language::helper::{Act, Make};
use crate::language::kind::{Arguments, Key, Returns, Stored};
use crate::language::layout::{Layout, Object, Reference, check_words};
use crate::language::machine::{AnswerOf, Element, ErrorOf, LayoutOf, LoadedOf, Machine};
use crate::language::program::Program;
use crate::language::stack::check_value_word;
use crate::language::tagged::Tagged;
use offramp_uop::Pc;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

const KEY: Key = Key(());

/// Where a frame returns to: read in the first phase by [`Machine::caller`].
///
/// It is of one instruction, as [everything on a machine](Machine#what-belongs-to-one-instruction)
/// is.
pub struct Caller<M> {
    pub(crate) pc: Pc,
    pub(crate) window: u32,
    pub(crate) machine: PhantomData<*mut M>,
}

impl<M> Caller<M> {
    #[inline(always)]
    pub(crate) fn new((pc, window): (Pc, u32)) -> Caller<M> {
        Caller {
            pc,
            window,
            machine: PhantomData,
        }
    }

    /// How many words the frame lies above its caller's. Constant to a trace, like the place.
    #[inline(always)]
    pub fn window(&self) -> u32 {
        self.window
    }
}

/// That a trace knows the running frame's link: read in the first phase by [`Machine::link`].
pub struct Link<M> {
    machine: PhantomData<*mut M>,
}

impl<M> Link<M> {
    #[inline(always)]
    pub(crate) fn known() -> Link<M> {
        Link {
            machine: PhantomData,
        }
    }
}

impl<M> fmt::Debug for Link<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

// The place is not always a constant to the trace, so it is not shown.
impl<M> fmt::Debug for Caller<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// What a helper that may push or pop frames answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<R> {
    /// A result; the instruction goes on.
    Value(R),
    /// It changed the stack's frame, and the program goes on at this instruction.
    Transfer(Pc),
}

/// The first phase of an instruction: read, compute, guard.
#[derive(Debug)]
pub struct Op<'m, M>(&'m mut M);

impl<'m, M> Op<'m, M> {
    #[inline(always)]
    pub(crate) fn new(machine: &'m mut M) -> Op<'m, M> {
        Op(machine)
    }
}

impl<M> Deref for Op<'_, M> {
    type Target = M;

    #[inline(always)]
    fn deref(&self) -> &M {
        self.0
    }
}

impl<'m, M: Machine> Op<'m, M> {
    /// Ends the first phase: no guard after this.
    #[inline(always)]
    pub fn commit(self) -> Commit<'m, M> {
        Commit(self.0)
    }
}

/// How an instruction ended. Made by ending a [`Commit`] or [`Called`], and of that instruction:
/// no other can return it.
#[must_use = "an instruction answers how it ended"]
pub struct Done<M> {
    pub(crate) flow: Flow,
    machine: PhantomData<*mut M>,
}

impl<M: Machine> Done<M> {
    /// Every way to go on elsewhere passes here, so that the machine knows of it.
    #[inline(always)]
    fn of(machine: &mut M, flow: Flow) -> Done<M> {
        match flow {
            Flow::Jump(target) | Flow::Loop(target) | Flow::Enter(target) => {
                machine.go_to(target, KEY);
            }
            Flow::Return(target) | Flow::Transfer(target) => machine.go_to(target, KEY),
            Flow::Next | Flow::Finish | Flow::Fail => {}
        }
        Done {
            flow,
            machine: PhantomData,
        }
    }
}

impl<M> fmt::Debug for Done<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").finish_non_exhaustive()
    }
}

/// Where the program goes on.
///
/// With more than eight of them the compiler does not follow each instruction's own way on to the next
/// fetch any more, but tells them apart behind all instructions: the plain interpreter then takes a
/// quarter to a third more instructions. What the recorder alone has to know, the machine is told
/// ([`Machine::switches`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Jump(Pc),
    Loop(Pc),
    Enter(Pc),
    Return(Pc),
    Transfer(Pc),
    Finish,
    Fail,
}

impl Flow {
    /// Where the program is after the instruction at `pc`: still there if that ended the run.
    pub(crate) fn next(self, pc: Pc) -> Pc {
        match self {
            Flow::Next => pc + 1,
            Flow::Jump(next) | Flow::Loop(next) | Flow::Enter(next) => next,
            Flow::Return(next) | Flow::Transfer(next) => next,
            Flow::Finish | Flow::Fail => pc,
        }
    }
}

/// The second phase of an instruction: effects.
#[derive(Debug)]
pub struct Commit<'m, M>(&'m mut M);

/// The end of an instruction that called a helper.
#[derive(Debug)]
pub struct Called<'m, M>(&'m mut M);

/// The end of an instruction that moved its frame: words are counted from where it is now.
#[derive(Debug)]
pub struct Shifted<'m, M>(&'m mut M);

/// The end of an instruction that popped its frame: words are the caller's.
#[derive(Debug)]
pub struct Popped<'m, M>(&'m mut M, Pc);

macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident $Op:ident($($a:ident: $t:ident),*) -> $r:ident = $e:expr;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            pub fn $name(&self, $($a: M::$t),*) -> M::$r {
                self.0.$name($($a),*)
            }
        )*
    };
}

/// What every end of an instruction can do: pure operations, frame words.
macro_rules! stores {
    ($Phase:ident) => {
        impl<M: Machine> $Phase<'_, M> {
            vocabulary!(forward);

            /// An integer constant.
            #[inline(always)]
            pub fn constant(&self, value: i64) -> M::Int {
                self.0.constant(value)
            }

            /// A double constant.
            #[inline(always)]
            pub fn float_constant(&self, value: f64) -> M::Float {
                self.0.float_constant(value)
            }

            /// `then` if the condition is true, else `otherwise`.
            #[inline(always)]
            pub fn select(&self, condition: M::Bool, then: M::Int, otherwise: M::Int) -> M::Int {
                self.0.select(condition, then, otherwise)
            }

            /// A value of an integer payload.
            #[inline(always)]
            pub fn int_value(&self, tag: i64, payload: M::Int) -> M::Value<LayoutOf<M>> {
                self.0.int_value(tag, payload)
            }

            /// A value of a double payload.
            #[inline(always)]
            pub fn float_value(&self, tag: i64, payload: M::Float) -> M::Value<LayoutOf<M>> {
                self.0.float_value(tag, payload)
            }

            /// A value that refers to an object.
            #[inline(always)]
            pub fn ref_value<T: Object>(&self, object: M::Ref<T>) -> M::Value<T::Layout> {
                self.0.ref_value(object)
            }

            /// Stores an integer to a frame word. Does not compile for layouts with references, whose
            /// words belong to values.
            #[inline(always)]
            pub fn set(self, word: u16, value: M::Int) -> Self {
                const { check_words::<LayoutOf<M>>() };
                self.0.store_word(word, self.0.lower_int(value, KEY), KEY);
                self
            }

            /// Stores a double to a frame word. Does not compile for layouts with references.
            #[inline(always)]
            pub fn set_float(self, word: u16, value: M::Float) -> Self {
                const { check_words::<LayoutOf<M>>() };
                self.0.store_word(word, self.0.lower_float(value, KEY), KEY);
                self
            }

            /// Stores a tagged value to a frame word and the next.
            #[inline(always)]
            pub fn set_value(self, word: u16, value: M::Value<LayoutOf<M>>) -> Self {
                check_value_word::<LayoutOf<M>>(word);
                let value = self.0.lower_value::<LayoutOf<M>>(value, KEY);
                self.0.store_word(word, value.tag, KEY);
                self.0.store_second_word(word, value.payload, KEY);
                self
            }
        }
    };
}

/// Where an instruction that has not left its frame can go on.
macro_rules! goes_on {
    ($Phase:ident) => {
        impl<M: Machine> $Phase<'_, M> {
            /// Goes on behind this instruction.
            #[inline(always)]
            pub fn next(self) -> Done<M> {
                Done::of(self.0, Flow::Next)
            }

            /// Goes on at `target`. However often it jumps backwards, this is not a loop: see
            /// [`loop_to`](Commit::loop_to).
            #[inline(always)]
            pub fn jump(self, target: Pc) -> Done<M> {
                Done::of(self.0, Flow::Jump(target))
            }

            /// Fails: the host's error handling begins at this instruction.
            #[cold]
            #[inline(always)]
            pub fn fail(self, error: ErrorOf<M>) -> Done<M> {
                self.0.fail(error, KEY);
                Done::of(self.0, Flow::Fail)
            }
        }
    };
}

/// How an instruction that knows its frame calls a function.
macro_rules! enters {
    ($Phase:ident) => {
        impl<M: Machine> $Phase<'_, M> {
            /// Pushes a frame `window` words higher, which returns to `back`, and goes on at `target`.
            ///
            /// # Panics
            /// If there is [no room](Machine::has_room) for it, or the window is below
            /// [`LINK_WORDS`](crate::LINK_WORDS).
            #[inline(always)]
            pub fn enter(self, window: u16, back: Pc, target: Pc) -> Done<M> {
                self.0.enter_frame(window, back, KEY);
                Done::of(self.0, Flow::Enter(target))
            }

            /// As [`enter`](Commit::enter), of a function entry that a trace need not know: it ends there
            /// and goes on by the trace that begins at the entry. For calls that many functions
            /// [pass](Machine::general). Of `target` the lowest 32 bits count.
            ///
            /// # Panics
            /// As [`enter`](Commit::enter).
            #[inline(always)]
            pub fn enter_any(self, window: u16, back: Pc, target: M::Int) -> Done<M> {
                self.0.enter_frame(window, back, KEY);
                let target = self.0.entry_of(target, KEY);
                Done::of(self.0, Flow::Enter(target))
            }

            /// Goes on at the function entry `target` in the same frame, for the same caller: a tail call.
            #[inline(always)]
            pub fn tail(self, target: Pc) -> Done<M> {
                Done::of(self.0, Flow::Enter(target))
            }

            /// As [`tail`](Commit::tail), of a function entry that a trace
            /// [need not know](Commit::enter_any).
            #[inline(always)]
            pub fn tail_any(self, target: M::Int) -> Done<M> {
                let target = self.0.entry_of(target, KEY);
                Done::of(self.0, Flow::Enter(target))
            }
        }
    };
}

stores!(Commit);
stores!(Called);
stores!(Shifted);
stores!(Popped);
goes_on!(Commit);
goes_on!(Called);
goes_on!(Shifted);
enters!(Commit);
enters!(Shifted);

impl<'m, M: Machine> Commit<'m, M> {
    /// Stores to a mutable field.
    #[inline(always)]
    pub fn store<T: Object, S: Stored + Copy>(
        self,
        object: M::Ref<T>,
        field: Field<T, Cell<S>>,
        value: LoadedOf<M, S>,
    ) -> Self {
        let place = self.0.field_place(object, field, KEY);
        S::store(self.0, place, value, KEY);
        self
    }

    /// Stores to a mutable element.
    #[inline(always)]
    pub fn put<S: Stored + Copy>(
        self,
        element: Element<M, Cell<S>>,
        value: LoadedOf<M, S>,
    ) -> Self {
        S::store(self.0, element.place, value, KEY);
        self
    }

    /// Makes an object; `then` goes on with it.
    #[inline(always)]
    pub fn make<A: Arguments, T: Object>(
        self,
        helper: Make<M::Program, A, T>,
        args: A::Of<M>,
        then: impl FnOnce(Commit<'m, M>, M::Ref<T>) -> Done<M>,
    ) -> Done<M> {
        let object = self.0.make(helper, args, KEY);
        then(self, object)
    }

    /// Calls a helper; its failure ends the instruction, its answer goes to `then`.
    #[inline(always)]
    pub fn call<A: Arguments, R: Returns>(
        self,
        helper: Act<M::Program, A, R>,
        args: A::Of<M>,
        then: impl FnOnce(Called<'m, M>, R::Of<M>) -> Done<M>,
    ) -> Done<M> {
        match self.0.act(helper, args, KEY) {
            Ok(answer) => then(Called(self.0), answer),
            Err(error) => Called(self.0).fail(error),
        }
    }

    /// Calls a helper and goes on behind this instruction with its answer in `word`.
    #[inline(always)]
    pub fn call_into<A: Arguments, R: Sets<LayoutOf<M>>>(
        self,
        word: u16,
        helper: Act<M::Program, A, R>,
        args: A::Of<M>,
    ) -> Done<M> {
        self.call(helper, args, |called, answer| {
            R::set(called, word, answer).next()
        })
    }

    /// Calls a helper that may push or pop a frame, which ends the instruction.
    #[inline(always)]
    pub fn call_outcome<A: Arguments, R: Returns>(
        self,
        helper: Act<M::Program, A, Outcome<R>>,
        args: A::Of<M>,
        then: impl FnOnce(Called<'m, M>, R::Of<M>) -> Done<M>,
    ) -> Done<M> {
        match self.0.act_outcome(helper, args, KEY) {
            Ok(Outcome::Value(answer)) => then(Called(self.0), answer),
            Ok(Outcome::Transfer(pc)) => Done::of(self.0, Flow::Transfer(pc)),
            Err(error) => Called(self.0).fail(error),
        }
    }

    /// Calls a helper that [puts](crate::StackMut::suspend) frames aside and others in their place,
    /// as the resumption of a coroutine does, and goes on where that
    /// [says](Outcome::Transfer); behind this instruction if it did nothing of the kind.
    ///
    /// As [`call_outcome`](Commit::call_outcome), where a transfer is an exception that ends a
    /// recording without a trace. Here it is what is expected: the trace ends with the call, and goes on
    /// at run time by whichever trace begins where the helper has led, without the interpreter.
    #[inline(always)]
    pub fn switch<A: Arguments>(
        self,
        helper: Act<M::Program, A, Outcome<()>>,
        args: A::Of<M>,
    ) -> Done<M> {
        match self.0.act_outcome(helper, args, KEY) {
            Ok(Outcome::Value(_)) => Called(self.0).next(),
            Ok(Outcome::Transfer(pc)) => {
                self.0.switches(KEY);
                Done::of(self.0, Flow::Transfer(pc))
            }
            Err(error) => Called(self.0).fail(error),
        }
    }

    /// Moves the frame `words` words up under the same caller: the words below are reached again
    /// when the frame returned. For variable arguments.
    ///
    /// # Panics
    /// As [`enter`](Commit::enter).
    #[inline(always)]
    pub fn shift(self, _: Link<M>, words: u16) -> Shifted<'m, M> {
        self.0.shift_frame(words, KEY);
        Shifted(self.0)
    }

    /// Pops the frame: from here on words are the caller's. Several results are stored then;
    /// [`return_to`](Popped::return_to) ends it.
    #[inline(always)]
    pub fn pop(self, caller: Caller<M>) -> Popped<'m, M> {
        self.0.leave_frame(&caller, KEY);
        Popped(self.0, caller.pc)
    }

    /// Pops the frame, stores an integer to the caller's `word`, and returns.
    #[inline(always)]
    pub fn leave(self, caller: Caller<M>, word: u16, value: M::Int) -> Done<M> {
        self.pop(caller).set(word, value).return_to()
    }

    /// Pops the frame, stores a double to the caller's `word`, and returns.
    #[inline(always)]
    pub fn leave_float(self, caller: Caller<M>, word: u16, value: M::Float) -> Done<M> {
        self.pop(caller).set_float(word, value).return_to()
    }

    /// Pops the frame, stores a value to the caller's `word` and the next, and returns.
    #[inline(always)]
    pub fn leave_value(
        self,
        caller: Caller<M>,
        word: u16,
        value: M::Value<LayoutOf<M>>,
    ) -> Done<M> {
        self.pop(caller).set_value(word, value).return_to()
    }

    /// Goes on at the head of a loop: the edge whose heat makes traces.
    #[inline(always)]
    pub fn loop_to(self, target: Pc) -> Done<M> {
        Done::of(self.0, Flow::Loop(target))
    }

    /// Ends the program with its answer.
    #[inline(always)]
    pub fn finish(self, answer: AnswerOf<M>) -> Done<M> {
        let answer = <M::Program as Program>::Answer::lower_answer(&*self.0, answer, KEY);
        self.0.answer(answer, KEY);
        Done::of(self.0, Flow::Finish)
    }
}

impl<M: Machine> Popped<'_, M> {
    /// Goes on where the popped frame returns to.
    #[inline(always)]
    pub fn return_to(self) -> Done<M> {
        Done::of(self.0, Flow::Return(self.1))
    }
}

/// Answers that [`Commit::call_into`] can store to frame words.
pub trait Sets<L: Layout>: Returns {
    #[doc(hidden)]
    fn set<'m, M>(called: Called<'m, M>, word: u16, answer: Self::Of<M>) -> Called<'m, M>
    where
        M: Machine,
        M::Program: Program<Layout = L>;
}

impl<L: Layout> Sets<L> for i64 {
    #[inline(always)]
    fn set<'m, M>(called: Called<'m, M>, word: u16, answer: M::Int) -> Called<'m, M>
    where
        M: Machine,
        M::Program: Program<Layout = L>,
    {
        called.set(word, answer)
    }
}

impl<L: Layout> Sets<L> for f64 {
    #[inline(always)]
    fn set<'m, M>(called: Called<'m, M>, word: u16, answer: M::Float) -> Called<'m, M>
    where
        M: Machine,
        M::Program: Program<Layout = L>,
    {
        called.set_float(word, answer)
    }
}

impl<L: Layout> Sets<L> for Tagged<L> {
    #[inline(always)]
    fn set<'m, M>(called: Called<'m, M>, word: u16, answer: M::Value<L>) -> Called<'m, M>
    where
        M: Machine,
        M::Program: Program<Layout = L>,
    {
        called.set_value(word, answer)
    }
}

impl<L: Layout, T: Object<Layout = L>> Sets<L> for Reference<T> {
    #[inline(always)]
    fn set<'m, M>(called: Called<'m, M>, word: u16, answer: M::Ref<T>) -> Called<'m, M>
    where
        M: Machine,
        M::Program: Program<Layout = L>,
    {
        let value = called.ref_value(answer);
        called.set_value(word, value)
    }
}
