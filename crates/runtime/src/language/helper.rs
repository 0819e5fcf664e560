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

use crate::language::allowed::Allowed;
use crate::language::context::Context;
use crate::language::holds::Holds;
use crate::language::kind::{Arguments, Key, Kind};
use crate::language::layout::{Layout, Object, Reference};
use crate::language::phases::Outcome;
use crate::language::program::Program;
use offramp_uop::{ClassSet, Effects};
use std::fmt;

/// Why an instruction or a helper failed, as a sentence: the [error type](Program::Error) of hosts that
/// need no other.
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

pub(crate) type Function<P, A, R> = fn(&mut Context<'_, P>, A) -> Result<R, <P as Program>::Error>;

impl<P: Program, A: Arguments, R> Act<P, A, R> {
    /// Calls it. If it collects, its arguments are among the roots.
    #[inline(always)]
    pub(crate) fn perform(self, context: &mut Context<'_, P>, args: A) -> Result<R, P::Error> {
        let result = self.call(context, args, self.allowed);
        if result.is_ok() {
            context.stack.expect_back();
        }
        result
    }

    #[inline(always)]
    fn call(self, context: &mut Context<'_, P>, args: A, allowed: Allowed) -> Result<R, P::Error> {
        let core = context.core;
        context.stack.begin(self.name, allowed);
        let collects = self.effects.collects || self.effects.reenters;
        let hold = |held: &mut Vec<u64>| args.references::<P::Layout>(held, Key(()));
        let _held = (A::REFERS && collects).then(|| core.roots().hold(hold));
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
    /// [`reenters`](Effects::reenters), and what the [stack](Context::stack) needs says [`StackMut`](crate::StackMut).
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
    ) -> Result<Outcome<R>, P::Error> {
        let result = self.call(context, args, self.allowed.transferring());
        Self::settle(context, &result);
        result
    }

    /// The same, where what it collects around is held already.
    #[cfg(feature = "native")]
    #[inline(always)]
    pub(crate) fn perform_held(
        &self,
        context: &mut Context<'_, P>,
        args: A,
    ) -> Result<Outcome<R>, P::Error> {
        let allowed = self.allowed.transferring();
        context.stack.begin(self.name, allowed);
        let result = (self.function)(context, args);
        Self::settle(context, &result);
        result
    }

    /// The base is where the helper says.
    #[inline(always)]
    fn settle(context: &mut Context<'_, P>, result: &Result<Outcome<R>, P::Error>) {
        match result {
            Ok(Outcome::Transfer(_)) => context.stack.stay(),
            Ok(Outcome::Value(_)) => context.stack.expect_back(),
            Err(_) => context.stack.expect_own_frame(),
        }
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
