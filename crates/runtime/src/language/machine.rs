//! [`Machine`]: the words in which an instruction says what it does.
//!
//! An instruction is written once, generic over a machine. [`Direct`](crate::direct::Direct)
//! executes it, [`Recorder`](crate::recorder::Recorder) executes and records it, or does one of the two.
//! Its values are opaque: only [`test`](Machine::test), [`promote`](Machine::promote) and what is
//! built on them turn a traced value into a Rust value, and each is a guard. Everything here
//! belongs to an instruction's first phase (`&self`); effects come after
//! [`commit`](crate::Op::commit).
//!
//! # What belongs to one instruction cannot outlive it
//! An element was checked against an array that the next instruction may free; a caller stands for
//! a guard of this instruction; a traced value is a uop of this recording. One machine runs all
//! instructions, so its type does not tell one instruction's values from another's: no value may
//! get from one call of [`step`](Program::step) to the next. All of them, [`Element`], [`Caller`],
//! [`Link`], [`Done`](crate::Done) and the associated types here, have the machine `M` in their
//! types, and `step` knows of `M` only that it is a [`Machine`]:
//! - What remains after `step` (the program, the host, statics, thread locals, the payload of a
//!   panic, what another thread was handed) has a type that is written outside of `step`, where
//!   `M` is not, or a type that must be `'static`. `M` borrows the run, so no machine is `'static`;
//!   nor does the compiler take the bound from an implementation of `step`, which may not ask for
//!   more than the trait does. A type erased as `dyn Trait + 'm` is not `'static` either.
//! - Helpers get and return the host's values; they are function pointers, so they capture nothing.
//! - `Op` has no public constructor and the machines no public name, so `step` cannot be called
//!   with a machine that the caller knows, or with one that it chose.
//! - None of the values is `Send`, and what they print tells nothing that was not guarded.
//!
//! `tests/face/fail` has a program for each way out.

use crate::graph::Dependency;
use crate::language::field::{Array, Field};
use crate::language::helper::{Act, Make, Read};
use crate::language::kind::{Arguments, Key, Kind, Operand, Pair, Returns, Stored};
use crate::language::layout::{Layout, Object, Reference};
use crate::language::phases::{Caller, Link, Outcome};
use crate::language::program::Program;
use crate::language::tagged::Tagged;
use offramp_uop::{Class, Mem, Pc};
use std::fmt;
use std::marker::PhantomData;

/// A place in the heap, as a machine sees it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub(crate) address: Operand,
    pub(crate) index: Option<Operand>,
    pub(crate) scale: u8,
    pub(crate) offset: i32,
    pub(crate) class: Class,
}

impl Place {
    #[inline(always)]
    pub(crate) fn behind(self, bytes: i32) -> Place {
        Place {
            offset: self.offset + bytes,
            ..self
        }
    }

    /// The address now.
    #[inline(always)]
    pub(crate) fn now(self) -> u64 {
        let index = self.index.map_or(0, |index| index.bits << self.scale);
        self.address
            .bits
            .wrapping_add(index)
            .wrapping_add(i64::from(self.offset) as u64)
    }
}

/// An element of an array, checked against the array's length in this instruction.
///
/// It is of one instruction, as [everything on a machine](Machine#what-belongs-to-one-instruction)
/// is: another could find the array freed.
pub struct Element<M, S> {
    pub(crate) place: Place,
    types: PhantomData<(*mut M, S)>,
}

impl<M, S> Clone for Element<M, S> {
    fn clone(&self) -> Element<M, S> {
        *self
    }
}

impl<M, S> Copy for Element<M, S> {}

// Where it lies is nothing that the trace knows, so it is not shown.
impl<M, S> fmt::Debug for Element<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Element").finish_non_exhaustive()
    }
}

macro_rules! pure_methods {
    ($($(#[$doc:meta])* $name:ident $Op:ident($($a:ident: $t:ident),*) -> $r:ident = $e:expr;)*) => {
        $(
            $(#[$doc])*
            fn $name(&self, $($a: Self::$t),*) -> Self::$r;
        )*
    };
}

macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident = $op:ident unless $overflows:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            fn $name(&self, a: Self::Int, b: Self::Int) -> Option<Self::Int> {
                let result = self.$op(a, b);
                if self.test(self.$overflows(a, b)) {
                    return None;
                }
                Some(result)
            }
        )*
    };
}

macro_rules! divided {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            fn $name(&self, a: Self::Int, b: Self::Int) -> Option<Self::Int> {
                if self.is_equal(b, self.constant(0)) {
                    return None;
                }
                Some(self.$op(a, b))
            }
        )*
    };
}

macro_rules! tested {
    ($($(#[$doc:meta])* $name:ident = $op:ident($($a:ident: $t:ident),*);)*) => {
        $(
            $(#[$doc])*
            #[inline(always)]
            fn $name(&self, $($a: Self::$t),*) -> bool {
                self.test(self.$op($($a),*))
            }
        )*
    };
}

/// The layout of the program that runs on a machine.
pub type LayoutOf<M> = <<M as Machine>::Program as Program>::Layout;

/// The error type of a machine's program.
pub type ErrorOf<M> = <<M as Machine>::Program as Program>::Error;

/// The answer of a machine's program, as a machine has it while it runs.
pub type AnswerOf<M> = <<<M as Machine>::Program as Program>::Answer as Returns>::Of<M>;

/// What a machine has of a field or an element that stores an `S`.
pub type LoadedOf<M, S> = <<S as Stored>::Loads as Returns>::Of<M>;

/// What an instruction can say in its first phase: read, compute, guard.
///
/// Implemented by the library alone.
///
/// # What belongs to one instruction
/// Whatever a machine hands out has the machine in its type, and an instruction cannot keep it for
/// another: there is no place with a type for it. What is to last goes to frame words, to the heap
/// or, by a helper, to the host.
pub trait Machine: Sized {
    /// The program the instruction is of.
    type Program: Program;
    /// A traced 64-bit integer.
    type Int: Copy;
    /// A traced double.
    type Float: Copy;
    /// A traced truth value. Not a `bool`: branching on it takes a [`test`](Machine::test).
    type Bool: Copy;
    /// A traced tagged value.
    type Value<L: Layout>: Copy;
    /// A traced reference to an object known to be a `T`.
    type Ref<T: Object>: Copy;

    /// The integer in a frame word.
    fn int(&self, word: u16) -> Self::Int;
    /// The double in a frame word.
    fn float(&self, word: u16) -> Self::Float;
    /// The tagged value in a frame word (the tag) and the next (the payload).
    fn value(&self, word: u16) -> Self::Value<LayoutOf<Self>>;

    /// An integer constant.
    fn constant(&self, value: i64) -> Self::Int;
    /// A double constant.
    fn float_constant(&self, value: f64) -> Self::Float;
    /// A truth constant.
    fn truth(&self, value: bool) -> Self::Bool;

    vocabulary!(pure_methods);

    /// `then` if the condition is true, else `otherwise`; no guard.
    fn select(&self, condition: Self::Bool, then: Self::Int, otherwise: Self::Int) -> Self::Int;
    /// `then` if the condition is true, else `otherwise`; no guard.
    fn select_float(
        &self,
        condition: Self::Bool,
        then: Self::Float,
        otherwise: Self::Float,
    ) -> Self::Float;
    /// Whether two references are the same.
    fn same<T: Object>(&self, a: Self::Ref<T>, b: Self::Ref<T>) -> Self::Bool;

    /// The tag of a value.
    fn tag(&self, value: Self::Value<LayoutOf<Self>>) -> Self::Int;
    /// The payload of a value as an integer.
    fn payload(&self, value: Self::Value<LayoutOf<Self>>) -> Self::Int;
    /// The payload of a value as a double.
    fn float_payload(&self, value: Self::Value<LayoutOf<Self>>) -> Self::Float;
    /// A value of an integer payload.
    ///
    /// # Panics
    /// If the payload of this tag is a reference.
    fn int_value(&self, tag: i64, payload: Self::Int) -> Self::Value<LayoutOf<Self>>;
    /// A value of a double payload.
    ///
    /// # Panics
    /// If the payload of this tag is a reference.
    fn float_value(&self, tag: i64, payload: Self::Float) -> Self::Value<LayoutOf<Self>>;
    /// A value that is a constant to the trace, which roots the object if it refers to one.
    ///
    /// What an instruction takes from its program's constants. The tag may differ from instruction
    /// to instruction; where it is known, [`int_value`](Machine::int_value) and the like do the same.
    fn value_constant(&self, value: Tagged<LayoutOf<Self>>) -> Self::Value<LayoutOf<Self>>;
    /// A value that refers to an object.
    fn ref_value<T: Object>(&self, object: Self::Ref<T>) -> Self::Value<T::Layout>;

    /// Guard: the truth now; a trace leaves when it is another.
    fn test(&self, condition: Self::Bool) -> bool;
    /// Guard: the integer now, a constant to the trace from here on.
    fn promote(&self, value: Self::Int) -> i64;
    /// Guard: the object now, a constant to the trace from here on.
    fn promote_ref<T: Object>(&self, object: Self::Ref<T>) -> Reference<T>;
    /// A trace of this instruction depends on `key`: it goes when the host
    /// [invalidates](crate::Context::invalidate) that, and a trace that is running by then leaves
    /// where it comes to this instruction again.
    ///
    /// So the instruction may treat as constant what the host promises to change only together with
    /// such a call: what a [`Read`] helper has answered
    /// ([`read_assuming`](Machine::read_assuming)), what a field held ([`assume`](Machine::assume)),
    /// that there is no handler for something. The plain interpreter
    /// does nothing here. A key that was invalidated several times while traces depended on it is no
    /// longer depended on: `assume` guards then, `read_assuming` reads, and an instruction that says
    /// `depends_on` is left to the interpreter. Nothing else is guarded, so a host that forgets to invalidate gets old values of
    /// the right types and nothing worse.
    ///
    /// ```
    /// use offramp::{Act, Config, Context, Dependency, Done, Engine, Failure, Machine, Op, Pc, Program};
    /// use offramp::{Read, Stack, Words};
    ///
    /// /// Adds up the host's rate a thousand times; the rate changes once on the way.
    /// struct Rates;
    ///
    /// const RATE: Dependency = Dependency(1);
    /// const RATE_NOW: Read<Rates, (), i64> = Read::new("rate", |rate, ()| *rate);
    /// const DOUBLE: Act<Rates, (), ()> = Act::new("double", |cx: &mut Context<'_, Rates>, ()| {
    ///     *cx.host *= 2;
    ///     cx.invalidate(RATE);
    ///     Ok(())
    /// });
    ///
    /// impl Program for Rates {
    ///     type Host = i64;
    ///     type Layout = Words;
    ///     type Answer = i64;
    ///     type Error = Failure;
    ///
    ///     fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
    ///         let [count, sum] = [m.int(0), m.int(1)];
    ///         match pc {
    ///             0 => {
    ///                 // Known to the trace, which does not call the helper.
    ///                 let rate = m.read_assuming(RATE, RATE_NOW, ());
    ///                 let sum = m.add(sum, rate);
    ///                 m.commit().set(1, sum).next()
    ///             }
    ///             1 if m.is_equal(count, m.constant(500)) => {
    ///                 m.commit().call(DOUBLE, (), |called, ()| called.next())
    ///             }
    ///             1 => m.commit().next(),
    ///             _ => {
    ///                 let next = m.add(count, m.constant(1));
    ///                 if m.is_less(next, m.constant(1000)) {
    ///                     return m.commit().set(0, next).loop_to(0);
    ///                 }
    ///                 m.commit().finish(sum)
    ///             }
    ///         }
    ///     }
    /// }
    ///
    /// let mut interpreter = Engine::new(Config::default())?.interpreter(Rates)?;
    /// let sum = interpreter.run(&mut 3, &mut Stack::new(100), 0)?;
    /// assert_eq!(sum, 501 * 3 + 499 * 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn depends_on(&self, key: Dependency);
    /// The integer now, a constant to the trace as long as `key` is not invalidated: a
    /// [`promote`](Machine::promote) whose guard is a [dependency](Machine::depends_on).
    fn assume(&self, key: Dependency, value: Self::Int) -> i64;
    /// The object now, a constant to the trace as long as `key` is not invalidated: a
    /// [`promote_ref`](Machine::promote_ref) whose guard is a [dependency](Machine::depends_on).
    fn assume_ref<T: Object>(&self, key: Dependency, object: Self::Ref<T>) -> Reference<T>;
    /// What a helper that has no effects answers now, a constant to the trace as long as `key` is not
    /// [invalidated](Machine::depends_on): the trace does not call it. With an argument that is not
    /// constant to the trace, a [`read`](Machine::read).
    fn read_assuming<A: Arguments, R: Kind>(
        &self,
        key: Dependency,
        helper: Read<Self::Program, A, R>,
        args: A::Of<Self>,
    ) -> R::Of<Self>;
    /// A reference that is a constant to the trace, which roots it.
    fn ref_constant<T: Object>(&self, object: Reference<T>) -> Self::Ref<T>;
    /// Guard: the object the value refers to, if its tag is `T`'s.
    fn expect<T: Object>(&self, value: Self::Value<T::Layout>) -> Option<Self::Ref<T>>;
    /// Guard: the index, if it is below `length` and not negative.
    fn check_index(&self, index: Self::Int, length: Self::Int) -> Option<Self::Int>;

    /// Guard: where the running frame returns to, if it was called.
    fn caller(&self) -> Option<Caller<Self>>;
    /// Guard: how the running frame is linked to its caller, if it was called. What
    /// [`shift`](crate::Commit::shift) takes.
    #[inline(always)]
    fn link(&self) -> Link<Self> {
        let _ = self.caller();
        Link::known()
    }
    /// The instruction that the caller goes on with. Mostly a constant to the trace; where a trace
    /// would follow returns too far, it serves all callers, and this is known at run time only.
    fn place(&self, caller: &Caller<Self>) -> Self::Int;
    /// Guard: whether the base can be moved up by `words`.
    ///
    /// To be asked before [`enter`](crate::Commit::enter) and [`shift`](crate::Commit::shift), for
    /// the words of all of them in the instruction together: otherwise the plain interpreter
    /// panics where there is no room, and the instruction is never part of a trace.
    fn has_room(&self, words: u16) -> bool;

    /// Whether to do without guards on what the instruction meets, as many different things pass it.
    ///
    /// An instruction that promotes a shape, a metatable or the like makes a trace for each that it
    /// meets, tested one after another. Where that gets out of hand
    /// ([`Config::general_after`](crate::Config)), this is true while traces are recorded, and
    /// the instruction had better use a helper or a look-up whose result it does not promote. The plain
    /// interpreter always gets `false`.
    ///
    /// This is not a traced value and no guard: it says what is worth while, nothing about the program.
    /// So both ways must have the same effects and the same outcome for everything the instruction
    /// may meet; tests run both with [`Config::general_after`](crate::Config) of 0 and the
    /// [shadow check](crate::Config::shadow).
    ///
    /// ```
    /// # use offramp::{Machine, Program};
    /// /// An integer that the trace knows, unless many pass here.
    /// fn known<M: Machine>(m: &M, shape: M::Int) -> M::Int {
    ///     match m.general() {
    ///         true => shape,
    ///         false => m.constant(m.promote(shape)),
    ///     }
    /// }
    /// ```
    fn general(&self) -> bool;

    /// Asks a helper that has no effects.
    fn read<A: Arguments, R: Kind>(
        &self,
        helper: Read<Self::Program, A, R>,
        args: A::Of<Self>,
    ) -> R::Of<Self>;

    /// The field of an object.
    #[inline(always)]
    fn load<T: Object, S: Stored>(
        &self,
        object: Self::Ref<T>,
        field: Field<T, S>,
    ) -> LoadedOf<Self, S> {
        S::load(self, self.field_place(object, field, Key(())), Key(()))
    }

    /// Guard: the element at `index`, if it is below the array's length and not negative.
    #[inline(always)]
    fn element<T: Object, S: Stored>(
        &self,
        object: Self::Ref<T>,
        array: Array<T, S>,
        index: Self::Int,
    ) -> Option<Element<Self, S>> {
        let key = Key(());
        let field = |offset| Place {
            address: self.lower_ref(object, key),
            index: None,
            scale: 0,
            offset,
            class: array.header_class,
        };
        let length = self.load_place(field(array.length), Mem::U32, key);
        let index = self.check_index(index, self.raise_int(length, key))?;
        let place = Place {
            address: self.load_place(field(array.data), Mem::Ptr, key),
            index: Some(self.lower_int(index, key)),
            scale: S::SCALE,
            offset: 0,
            class: array.class,
        };
        Some(Element {
            place,
            types: PhantomData,
        })
    }

    /// The length of an array.
    #[inline(always)]
    fn length<T: Object, S: Stored>(&self, object: Self::Ref<T>, array: Array<T, S>) -> Self::Int {
        let key = Key(());
        let place = Place {
            address: self.lower_ref(object, key),
            index: None,
            scale: 0,
            offset: array.length,
            class: array.header_class,
        };
        self.raise_int(self.load_place(place, Mem::U32, key), key)
    }

    /// What the element holds.
    #[inline(always)]
    fn get<S: Stored>(&self, element: Element<Self, S>) -> LoadedOf<Self, S> {
        S::load(self, element.place, Key(()))
    }

    checked! {
        /// Guard: the sum, if it does not overflow.
        add_checked = add unless add_overflows;
        /// Guard: the difference, if it does not overflow.
        sub_checked = sub unless sub_overflows;
        /// Guard: the product, if it does not overflow.
        mul_checked = mul unless mul_overflows;
    }
    divided! {
        /// Guard: the quotient, unless the divisor is 0. `i64::MIN / -1` wraps.
        div_checked = div;
        /// Guard: the remainder, unless the divisor is 0.
        rem_checked = rem;
        /// Guard: the quotient rounded down, unless the divisor is 0.
        floor_div_checked = floor_div;
        /// Guard: the remainder with the divisor's sign, unless the divisor is 0.
        floor_rem_checked = floor_rem;
    }
    /// Guard: the double as an integer, if nothing but the sign of zero is lost.
    #[inline(always)]
    fn to_int_checked(&self, a: Self::Float) -> Option<Self::Int> {
        if !self.test(self.fits_int(a)) {
            return None;
        }
        Some(self.to_int(a))
    }

    tested! {
        /// Guard: integer equality.
        is_equal = equal(a: Int, b: Int);
        /// Guard: integer inequality.
        is_not_equal = not_equal(a: Int, b: Int);
        /// Guard: signed less.
        is_less = less(a: Int, b: Int);
        /// Guard: signed less or equal.
        is_less_equal = less_equal(a: Int, b: Int);
        /// Guard: unsigned less.
        is_unsigned_less = unsigned_less(a: Int, b: Int);
        /// Guard: IEEE equality.
        is_float_equal = float_equal(a: Float, b: Float);
        /// Guard: IEEE less.
        is_float_less = float_less(a: Float, b: Float);
        /// Guard: IEEE less or equal.
        is_float_less_equal = float_less_equal(a: Float, b: Float);
    }

    // What follows is the library's: nobody else can make a `Key`.

    #[doc(hidden)]
    #[inline(always)]
    fn field_place<T: Object, S: Stored>(
        &self,
        object: Self::Ref<T>,
        field: Field<T, S>,
        key: Key,
    ) -> Place {
        Place {
            address: self.lower_ref(object, key),
            index: None,
            scale: 0,
            offset: field.offset,
            class: field.class,
        }
    }
    #[doc(hidden)]
    fn lower_int(&self, x: Self::Int, key: Key) -> Operand;
    #[doc(hidden)]
    fn raise_int(&self, x: Operand, key: Key) -> Self::Int;
    #[doc(hidden)]
    fn lower_float(&self, x: Self::Float, key: Key) -> Operand;
    #[doc(hidden)]
    fn raise_float(&self, x: Operand, key: Key) -> Self::Float;
    #[doc(hidden)]
    fn lower_bool(&self, x: Self::Bool, key: Key) -> Operand;
    #[doc(hidden)]
    fn raise_bool(&self, x: Operand, key: Key) -> Self::Bool;
    #[doc(hidden)]
    fn lower_ref<T: Object>(&self, x: Self::Ref<T>, key: Key) -> Operand;
    #[doc(hidden)]
    fn raise_ref<T: Object>(&self, x: Operand, key: Key) -> Self::Ref<T>;
    #[doc(hidden)]
    fn lower_value<L: Layout>(&self, x: Self::Value<L>, key: Key) -> Pair<Operand>;
    /// The tag and the payload, both as integers.
    #[doc(hidden)]
    fn lower_words<L: Layout>(&self, x: Self::Value<L>, key: Key) -> [Operand; 2];
    #[doc(hidden)]
    fn raise_value<L: Layout>(&self, x: Pair<Operand>, key: Key) -> Self::Value<L>;
    #[doc(hidden)]
    fn load_place(&self, place: Place, mem: Mem, key: Key) -> Operand;
    #[doc(hidden)]
    fn load_value<L: Layout>(&self, place: Place, key: Key) -> Self::Value<L>;
    #[doc(hidden)]
    fn store_place(&mut self, place: Place, mem: Mem, x: Operand, key: Key);
    #[doc(hidden)]
    fn store_word(&mut self, word: u16, x: Operand, key: Key);
    #[doc(hidden)]
    fn store_second_word(&mut self, word: u16, x: Operand, key: Key);
    #[doc(hidden)]
    fn act<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<Self::Program, A, R>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<R::Of<Self>, ErrorOf<Self>>;
    #[doc(hidden)]
    fn act_outcome<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<Self::Program, A, Outcome<R>>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<Outcome<R::Of<Self>>, ErrorOf<Self>>;
    #[doc(hidden)]
    fn make<A: Arguments, T: Object>(
        &mut self,
        helper: Make<Self::Program, A, T>,
        args: A::Of<Self>,
        key: Key,
    ) -> Self::Ref<T>;
    #[doc(hidden)]
    fn enter_frame(&mut self, window: u16, back: Pc, key: Key);
    /// The function entry that the instruction goes on at.
    #[doc(hidden)]
    fn entry_of(&mut self, target: Self::Int, key: Key) -> Pc;
    #[doc(hidden)]
    fn leave_frame(&mut self, caller: &Caller<Self>, key: Key);
    #[doc(hidden)]
    fn shift_frame(&mut self, words: u16, key: Key);
    #[doc(hidden)]
    fn answer(&mut self, answer: Pair<Operand>, key: Key);
    /// The helper that was called has put other frames in place of the running ones, as it should.
    #[doc(hidden)]
    #[inline(always)]
    fn switches(&mut self, _key: Key) {}
    #[doc(hidden)]
    fn fail(&mut self, error: ErrorOf<Self>, key: Key);
    /// The instruction ends, and the program goes on at `target`.
    #[doc(hidden)]
    #[inline(always)]
    fn go_to(&mut self, _target: Pc, _key: Key) {}
}
