//! Helpers: functions of the host that instructions call.
//!
//! A [`Read`] gets the host's state by shared reference and may be asked in an instruction's first
//! phase. A [`Make`] makes an object and does nothing else, so traces do without the object while
//! nobody looks at it. An [`Act`] does whatever it likes, after the commit, and may fail.
//!
//! Helpers are constants of the program. Their names are for those who read traces: what tells one
//! helper from another is its function, its types and what it declares.
//!
//! # What happens if a helper does more than it declares
//! Traces are optimised by what helpers declare, so nothing an author can get wrong in safe code may
//! end in undefined behaviour. Each claim is one of three:
//! - *checked in every run*: [`Context`] refuses, by a panic that names helper and effect, what the helper
//!   did not declare (running the program, asking for roots, frame words);
//! - *harmless*: what a [`Read`] depends on. A wrong claim gives an old result of the right type, and the
//!   references among those are roots for as long as traces hold them;
//! - *unsafe to make*: which classes an [`Act`] leaves alone
//!   ([`Act::with_effects_unchecked`]) and what new objects hold ([`Make::holding`]).
//!
//! That fields change and objects are freed in acts alone is promised by the type of the object
//! ([`Object`]), whose module can see to it. `docs/src/design/effects.md` gives the reasons.
#![allow(
    unsafe_code,
    reason = "declares the two unsafe constructors; nothing here calls them"
)]

use crate::graph::Dependency;
use crate::interpreter::Core;
use crate::language::fault::Fault;
use crate::language::holds::Holds;
use crate::language::kind::{Arguments, Kind, Returns};
use crate::language::layout::{Layout, Object, Reference};
use crate::language::phases::Outcome;
use crate::language::program::Program;
use crate::language::stack::Stack;
use crate::language::stack_mut::StackMut;
use offramp_uop::{ClassSet, Effects, Pc};
use std::fmt;

/// Why an instruction or a helper failed. What else there is to say, the host keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub &'static str);

/// A helper that only reads.
///
/// It has no failure to answer, but it may panic: nothing of the instruction has happened then, whoever
/// called it. A trace calls it once for calls with the same arguments between which nothing is written
/// that it [reads](Read::reading), and calls it also where nobody wants the answer; it never calls it
/// where the program would not.
pub struct Read<P: Program, A, R> {
    pub(crate) name: &'static str,
    pub(crate) reads: ClassSet,
    pub(crate) reads_host: bool,
    pub(crate) pure: bool,
    pub(crate) function: fn(&P::Host, A) -> R,
}

impl<P: Program, A: Arguments, R: Kind> Read<P, A, R> {
    /// A helper whose answer depends on anything in the host and in the heap.
    pub const fn new(name: &'static str, function: fn(&P::Host, A) -> R) -> Read<P, A, R> {
        Read {
            name,
            reads: ClassSet::ALL,
            reads_host: true,
            pure: false,
            function,
        }
    }

    /// Its answer depends on its arguments and on fields and arrays of these classes alone, not on the
    /// host. If it depends on more, a trace may go on with an old answer.
    pub const fn reading(self, reads: ClassSet) -> Read<P, A, R> {
        Read {
            reads,
            reads_host: false,
            ..self
        }
    }

    /// Its answer depends on its arguments alone, for ever: with constant arguments it is a
    /// constant.
    pub const fn pure(self) -> Read<P, A, R> {
        Read {
            pure: true,
            reads: ClassSet::NONE,
            reads_host: false,
            ..self
        }
    }
}

/// A helper that makes an object.
///
/// A trace need not call it before somebody may see the object: it may call it later, in an exit, or not
/// at all. So it neither collects nor fails, and what it answers is new and known to nobody. What it
/// [`Holds`] spares a trace loads and guards; the list need not be complete. Instructions that
/// make objects ask first whether it is time to collect. [`holding`](Make::holding)
/// shows one.
/// One that answers an object others know makes wrong results and nothing worse: an instruction may
/// then see stores to it late.
/// A panic in it comes out of the run where a trace calls it, and not at all where it does not. No frame
/// word then names an object that was not made: a value that would name one keeps what memory holds, a
/// whole value that may be older than the plain interpreter's. The base may be that of a later frame than
/// the one of the instruction that makes the object. `docs/src/embedding.md` says what holds after panics.
///
/// # Panics
/// A recording panics where an object does not hold what is said.
pub struct Make<P: Program, A, T: Object> {
    pub(crate) name: &'static str,
    pub(crate) holds: &'static [Holds<T>],
    pub(crate) writes: ClassSet,
    pub(crate) function: fn(&P::Host, A) -> Reference<T>,
}

impl<P: Program, A: Arguments, T: Object> Make<P, A, T> {
    /// A helper that makes objects of which nothing is known.
    pub const fn new(
        name: &'static str,
        function: fn(&P::Host, A) -> Reference<T>,
    ) -> Make<P, A, T> {
        Make {
            name,
            holds: &[],
            writes: ClassSet::NONE,
            function,
        }
    }

    /// A call changes fields and elements of these classes in other objects, too, such as a flag that it is
    /// time to collect.
    ///
    /// They are changed where the helper is called, which may be later than where the program says, in an exit,
    /// or not at all.
    pub const fn writing(self, writes: ClassSet) -> Make<P, A, T> {
        Make { writes, ..self }
    }

    /// What the objects hold at first.
    ///
    /// Traces believe it without a look, lengths of arrays included.
    ///
    /// ```
    /// # #![allow(unsafe_code)]
    /// use offramp::{Class, Layout, Make, Payloads, Program, Reference};
    /// use std::cell::Cell;
    ///
    /// pub enum Values {}
    ///
    /// // SAFETY: tag 5 is that of one object type.
    /// unsafe impl Layout for Values {
    ///     const GROUP: u32 = 2;
    ///     const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[5]);
    /// }
    ///
    /// type Value = offramp::Tagged<Values>;
    ///
    /// pub struct Pair { first: Cell<Value>, second: Cell<Value> }
    ///
    /// offramp::object! {
    ///     // SAFETY: pairs are never freed, and only instructions change them.
    ///     unsafe impl Object<Values> for Pair = 5 {
    ///         field FIRST: Cell<Value> = first in Class(0);
    ///         field SECOND: Cell<Value> = second in Class(0);
    ///     }
    /// }
    ///
    /// const NIL: Value = Value::int(0, 0);
    ///
    /// fn new_pair<P: Program>() -> Make<P, (), Pair> {
    ///     let make = Make::new("new_pair", |_, ()| {
    ///         let pair = Pair { first: Cell::new(NIL), second: Cell::new(NIL) };
    ///         Reference::to(Box::leak(Box::new(pair)))
    ///     });
    ///     let holds = const { &[Pair::FIRST.holds_value(NIL), Pair::SECOND.holds_value(NIL)] };
    ///     // SAFETY: both are nil, as the function above makes every pair.
    ///     unsafe { make.holding(holds) }
    /// }
    /// ```
    ///
    /// # Safety
    /// Every object that the function returns holds this.
    pub const unsafe fn holding(self, holds: &'static [Holds<T>]) -> Make<P, A, T> {
        Make { holds, ..self }
    }
}

impl<P: Program, A, T: Object> Clone for Make<P, A, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Program, A, T: Object> Copy for Make<P, A, T> {}

impl<P: Program, A, T: Object> fmt::Debug for Make<P, A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A helper with effects, which may fail.
///
/// An act always counts as changing the host, [`Effects::HOST`]: it gets `&mut Host`, so no call of it is
/// left out, made twice or taken for an earlier one, and a [`Read`] that depends on the host is called again
/// after it.
pub struct Act<P: Program, A, R> {
    pub(crate) name: &'static str,
    pub(crate) effects: Effects,
    pub(crate) allowed: Allowed,
    pub(crate) function: Function<P, A, R>,
}

pub(crate) type Function<P, A, R> = fn(&mut Context<'_, P>, A) -> Result<R, Failure>;

impl<P: Program, A: Arguments, R> Act<P, A, R> {
    /// Calls it. If it collects, its arguments are among the roots.
    #[inline(always)]
    pub(crate) fn perform(self, context: &mut Context<'_, P>, args: A) -> Result<R, Failure> {
        let result = self.call(context, args, self.allowed);
        if result.is_ok() {
            context.stack.expect_back();
        }
        result
    }

    #[inline(always)]
    fn call(self, context: &mut Context<'_, P>, args: A, allowed: Allowed) -> Result<R, Failure> {
        let core = context.core;
        context.stack.begin(self.name, allowed);
        let collects = self.effects.collects || self.effects.reenters;
        let _held =
            (A::REFERS && collects).then(|| core.roots().hold_arguments::<P::Layout, A>(args));
        (self.function)(context, args)
    }

    /// A helper that may do anything: run the program, collect, write frames.
    pub const fn new(name: &'static str, function: Function<P, A, R>) -> Act<P, A, R> {
        Act {
            name,
            effects: Effects::WORST,
            allowed: Allowed::by(Effects::WORST),
            function,
        }
    }

    /// It does no more than this: all of it is checked.
    ///
    /// What cannot be checked is which fields a helper changes. So `effects` must include the
    /// [writes](Effects::writes) of all classes, unless the program's layout has no
    /// [classes](crate::Layout::CLASSES): then no trace keeps the content of a field across a call, whatever is
    /// declared here. [`with_effects_unchecked`](Act::with_effects_unchecked) takes any effects.
    ///
    /// A helper that goes beyond what it declared panics where it does:
    /// [`Context::roots`] needs [`collects`](Effects::collects), [`Context::run`] needs
    /// [`reenters`](Effects::reenters), and what the [stack](Context::stack) needs says [`StackMut`].
    ///
    /// # Panics
    /// If the effects leave out classes that the layout has. In a constant that is an error of the compiler.
    pub const fn with_effects(self, effects: Effects) -> Act<P, A, R> {
        assert!(
            effects.reenters || effects.writes.covers(P::Layout::CLASSES.len()),
            "which classes a helper leaves alone cannot be checked: with_effects_unchecked promises it"
        );
        let effects = Effects {
            writes: ClassSet::ALL,
            ..effects
        };
        self.declaring(effects)
    }

    /// It does no more than this.
    ///
    /// # Safety
    /// No call changes, by itself or by anything it calls, a declared field or an element of an object
    /// that existed before the call, the length or the place of such an object's array included, unless its
    /// class is among the [writes](Effects::writes) of `effects` or these include
    /// [`reenters`](Effects::reenters). A trace relies on what it has seen there and
    /// does not look again.
    ///
    /// All other effects are checked, as [`with_effects`](Act::with_effects) says.
    pub const unsafe fn with_effects_unchecked(self, effects: Effects) -> Act<P, A, R> {
        self.declaring(effects)
    }

    const fn declaring(self, effects: Effects) -> Act<P, A, R> {
        Act {
            effects,
            allowed: Allowed::by(effects),
            ..self
        }
    }
}

impl<P: Program, A: Arguments, R> Act<P, A, Outcome<R>> {
    /// As [`perform`](Act::perform), for helpers that may transfer.
    #[inline(always)]
    pub(crate) fn perform_outcome(
        self,
        context: &mut Context<'_, P>,
        args: A,
    ) -> Result<Outcome<R>, Failure> {
        let result = self.call(context, args, self.allowed.transferring());
        match result {
            Ok(Outcome::Transfer(_)) => context.stack.stay(),
            Ok(Outcome::Value(_)) => context.stack.expect_back(),
            Err(_) => context.stack.expect_own_frame(),
        }
        result
    }
}

macro_rules! plain_data {
    ($Helper:ident) => {
        impl<P: Program, A, R> Clone for $Helper<P, A, R> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<P: Program, A, R> Copy for $Helper<P, A, R> {}

        impl<P: Program, A, R> fmt::Debug for $Helper<P, A, R> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name)
            }
        }
    };
}

plain_data!(Read);
plain_data!(Act);

/// What a helper may do with its [`Context`], by its declaration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed(u8);

impl Allowed {
    pub(crate) const COLLECTING: Allowed = Allowed(1);
    pub(crate) const RUNNING: Allowed = Allowed(1 << 1);
    /// Looking at frame words and links.
    pub(crate) const LOOKING: Allowed = Allowed(1 << 2);
    /// Clearing frame words.
    pub(crate) const CLEARING: Allowed = Allowed(1 << 3);
    /// Writing frame words, pushing frames.
    pub(crate) const WRITING: Allowed = Allowed(1 << 4);
    /// Popping the frame of the call.
    pub(crate) const POPPING: Allowed = Allowed(1 << 5);

    const fn by(effects: Effects) -> Allowed {
        let runs = effects.reenters;
        let collects = effects.collects || runs;
        let writes = effects.writes_frames;
        let clears = collects || writes;
        let looks = clears || effects.reads_frames;
        Allowed(
            collects as u8
                | (runs as u8) << 1
                | (looks as u8) << 2
                | (clears as u8) << 3
                | (writes as u8) << 4,
        )
    }

    /// Of a helper that may transfer: it leaves its trace, which has stored everything.
    #[inline(always)]
    const fn transferring(self) -> Allowed {
        let frames = Allowed::LOOKING.0 | Allowed::CLEARING.0 | Allowed::WRITING.0;
        Allowed(self.0 | frames | Allowed::POPPING.0)
    }

    #[inline(always)]
    pub(crate) const fn includes(self, what: Allowed) -> bool {
        self.0 & what.0 == what.0
    }
}

/// What an [`Act`] works on.
pub struct Context<'a, P: Program> {
    /// The host's state.
    pub host: &'a mut P::Host,
    /// The stack, its base at the running frame.
    pub stack: StackMut<'a, P::Layout>,
    pub(crate) core: &'a Core<P>,
    pub(crate) pc: Pc,
}

impl<'a, P: Program> Context<'a, P> {
    /// What a helper works on that is called from `pc`: [`Act::perform`] says which.
    #[inline(always)]
    pub(crate) fn new(
        core: &'a Core<P>,
        host: &'a mut P::Host,
        stack: &'a mut Stack<P::Layout>,
        pc: Pc,
    ) -> Context<'a, P> {
        Context {
            host,
            stack: StackMut::new(stack),
            core,
            pc,
        }
    }

    /// The instruction that calls.
    pub fn pc(&self) -> Pc {
        self.pc
    }

    /// The program.
    pub fn program(&self) -> &P {
        self.core.program()
    }

    /// Invalidates the traces that [depend on](crate::Machine::depends_on) `key`, at once, and the
    /// recording under way if it does; how many that were. Costs what depends on it.
    ///
    /// No trace is entered any more that depends on it. One that runs, here or further out, leaves at
    /// the next instruction that says so. To be called after the change, or before: no instruction
    /// runs in between.
    ///
    /// Every helper may, whatever it declares.
    pub fn invalidate(&mut self, key: Dependency) -> usize {
        self.core.invalidate_dependency(key)
    }

    /// The addresses of objects that are in use besides those in frame words and in the host's
    /// own places: roots for the host's collector. An address may occur more than once.
    ///
    /// A helper that declares [`collects`](Effects::collects) (or the default, which implies it)
    /// may free every object that is reached neither from here nor from frame words. It finds
    /// - in frame words, up to the end of the running frame and in all frames below it, what the
    ///   plain interpreter would have there: traces have stored everything, the frame links and
    ///   the base included, whatever they were inlining;
    /// - here the arguments of this call and of every helper that waits for a nested
    ///   [`run`](Context::run) to end; what traces need after their calls, all of those that wait
    ///   included; the reference constants of all traces, and of the recording under way.
    ///
    /// What an instruction holds across its own call besides the arguments is the program's to
    /// keep in a frame word. Objects do not move. Words above the end of the running frame hold
    /// whatever was left there, also what has been freed since; the collector may overwrite them,
    /// all other words only if the helper declares
    /// [`writes_frames`](Effects::writes_frames).
    ///
    /// Between runs, the constants of traces are all there is:
    /// [`Executors::references`](crate::Executors::references).
    ///
    /// # Panics
    /// If the helper does not declare that it collects.
    pub fn roots(&self) -> Vec<u64> {
        self.stack
            .require(Allowed::COLLECTING, "asks for roots", "collects");
        self.core.all_roots()
    }

    /// Runs the program from `pc` in a frame `window` words above the running one until it
    /// finishes or fails, and comes back to the running frame.
    ///
    /// A panic in the nested run comes out of this; a helper that catches it goes on in its own frame.
    ///
    /// # Errors
    /// What the nested run failed with, that there is no room for its frame, or that too little of the
    /// native stack is left ([`Fault::NativeStack`]).
    ///
    /// # Panics
    /// If the helper does not declare [`reenters`](Effects::reenters).
    pub fn run(&mut self, window: u16, pc: Pc) -> Result<P::Answer, Fault>
    where
        P::Answer: Returns,
    {
        self.stack
            .require(Allowed::RUNNING, "runs the program", "reenters");
        let stack = self.stack.lend();
        let base = stack.base();
        if !stack.push_unlinked(window) {
            return Err(Fault::no_room(self.pc));
        }
        let back = Back { stack, base };
        self.core.nested(self.host, back.stack, pc)
    }
}

/// Puts the base back when a nested run is over, also by a panic: the helper may catch that.
struct Back<'a, L: Layout> {
    stack: &'a mut Stack<L>,
    base: usize,
}

impl<L: Layout> Drop for Back<'_, L> {
    fn drop(&mut self) {
        self.stack.set_base(self.base);
    }
}

impl<P: Program> fmt::Debug for Context<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("pc", &self.pc)
            .finish_non_exhaustive()
    }
}
