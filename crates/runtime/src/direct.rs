//! [`Direct`]: the machine that executes, and so the plain interpreter.
//!
//! Everything is inlined into the interpreter's loop; the base of the frame and the program
//! counter live in registers there. A method that is slow is `#[cold]`, and none of them takes
//! the machine by reference without being inlined, or its fields would live in memory.
//!
//! The heap is read by address as [`heap`] argues.
#![allow(
    unsafe_code,
    reason = "loads and stores of typed fields; the argument is in heap.rs"
)]

use crate::core::Core;
use crate::graph::Dependency;
use crate::language::context::Context;
use crate::language::heap;
use crate::language::helper::{Act, Make, Read};
use crate::language::kind::{Arguments, Key, Kind, Operand, Pair, Returns};
use crate::language::layout::{Layout, Object, Reference};
use crate::language::machine::{Machine, Place};
use crate::language::phases::{Caller, Outcome};
use crate::language::program::Program;
use crate::language::stack::{Frame, Stack, check_value_word};
use crate::language::tagged::Tagged;
use offramp_uop::{Mem, Pc};
use std::fmt;
use std::hint::{black_box, cold_path};

/// The machine that executes.
pub(crate) struct Direct<'a, P: Program> {
    pub(crate) core: &'a Core<P>,
    pub(crate) host: &'a mut P::Host,
    pub(crate) frame: Frame<'a, P::Layout>,
    /// Where the program goes on: behind the instruction that runs, until that says otherwise.
    pub(crate) next: Pc,
    pub(crate) answer: Pair<u64>,
    pub(crate) error: Option<P::Error>,
}

impl<'a, P: Program> Direct<'a, P> {
    pub(crate) fn new(
        core: &'a Core<P>,
        host: &'a mut P::Host,
        stack: &'a mut Stack<P::Layout>,
        pc: Pc,
    ) -> Direct<'a, P> {
        Direct {
            core,
            host,
            frame: Frame::of(stack),
            next: pc.wrapping_add(1),
            answer: Pair { payload: 0, tag: 0 },
            error: None,
        }
    }

    /// The instruction at `pc` is the one that runs.
    #[inline(always)]
    pub(crate) fn begin(&mut self, pc: Pc) {
        self.next = pc.wrapping_add(1);
    }

    /// The instruction that runs, until it says where to go on.
    ///
    /// Where it is wanted a helper is called or something fails. The compiler must not see that the
    /// loop knew it before: then it would keep both in registers in every instruction.
    #[inline(always)]
    pub(crate) fn pc(&self) -> Pc {
        black_box(self.next).wrapping_sub(1)
    }

    #[inline(always)]
    pub(crate) fn perform<A: Arguments, R>(
        &mut self,
        helper: Act<P, A, R>,
        args: A,
    ) -> Result<R, P::Error> {
        cold_path();
        let (core, pc, host) = (self.core, self.pc(), &mut *self.host);
        self.frame.with_stack(|stack| {
            let mut context = Context::new(core, host, stack, pc);
            helper.perform(&mut context, args)
        })
    }

    #[inline(always)]
    pub(crate) fn perform_outcome<A: Arguments, R>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
        args: A,
    ) -> Result<Outcome<R>, P::Error> {
        cold_path();
        let (core, pc, host) = (self.core, self.pc(), &mut *self.host);
        self.frame.with_stack(|stack| {
            let mut context = Context::new(core, host, stack, pc);
            helper.perform_outcome(&mut context, args)
        })
    }
}

impl<P: Program> fmt::Debug for Direct<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct")
            .field("pc", &self.pc())
            .field("base", &self.frame.index())
            .finish_non_exhaustive()
    }
}

macro_rules! compute {
    ($($(#[$doc:meta])* $name:ident $Op:ident($($a:ident: $t:ident),*) -> $r:ident = $e:expr;)*) => {
        $(
            #[inline(always)]
            fn $name(&self, $($a: Self::$t),*) -> Self::$r {
                $e
            }
        )*
    };
}

impl<P: Program> Machine for Direct<'_, P> {
    type Program = P;
    type Int = i64;
    type Float = f64;
    type Bool = bool;
    type Value<L: Layout> = Tagged<L>;
    type Ref<T: Object> = Reference<T>;

    #[inline(always)]
    fn int(&self, word: u16) -> i64 {
        self.frame.load(word) as i64
    }
    #[inline(always)]
    fn float(&self, word: u16) -> f64 {
        f64::from_bits(self.frame.load(word))
    }
    #[inline(always)]
    fn value(&self, word: u16) -> Tagged<P::Layout> {
        check_value_word::<P::Layout>(word);
        Tagged::of_pair([self.frame.load(word), self.frame.load_second(word)])
    }
    #[inline(always)]
    fn constant(&self, value: i64) -> i64 {
        value
    }
    #[inline(always)]
    fn float_constant(&self, value: f64) -> f64 {
        value
    }
    #[inline(always)]
    fn truth(&self, value: bool) -> bool {
        value
    }

    vocabulary!(compute);

    #[inline(always)]
    fn select(&self, condition: bool, then: i64, otherwise: i64) -> i64 {
        if condition { then } else { otherwise }
    }
    #[inline(always)]
    fn select_float(&self, condition: bool, then: f64, otherwise: f64) -> f64 {
        if condition { then } else { otherwise }
    }
    #[inline(always)]
    fn same<T: Object>(&self, a: Reference<T>, b: Reference<T>) -> bool {
        a == b
    }
    #[inline(always)]
    fn tag(&self, value: Tagged<P::Layout>) -> i64 {
        value.tag()
    }
    #[inline(always)]
    fn payload(&self, value: Tagged<P::Layout>) -> i64 {
        value.as_int()
    }
    #[inline(always)]
    fn float_payload(&self, value: Tagged<P::Layout>) -> f64 {
        value.as_float()
    }
    #[inline(always)]
    fn int_value(&self, tag: i64, payload: i64) -> Tagged<P::Layout> {
        Tagged::int(tag, payload)
    }
    #[inline(always)]
    fn float_value(&self, tag: i64, payload: f64) -> Tagged<P::Layout> {
        Tagged::float(tag, payload)
    }
    #[inline(always)]
    fn value_constant(&self, value: Tagged<P::Layout>) -> Tagged<P::Layout> {
        value
    }
    #[inline(always)]
    fn ref_value<T: Object>(&self, object: Reference<T>) -> Tagged<T::Layout> {
        Tagged::reference(object)
    }
    #[inline(always)]
    fn test(&self, condition: bool) -> bool {
        condition
    }
    #[inline(always)]
    fn promote(&self, value: i64) -> i64 {
        value
    }
    #[inline(always)]
    fn promote_ref<T: Object>(&self, object: Reference<T>) -> Reference<T> {
        object
    }
    #[inline(always)]
    fn depends_on(&self, _: Dependency) {}
    #[inline(always)]
    fn assume(&self, _: Dependency, value: i64) -> i64 {
        value
    }
    #[inline(always)]
    fn assume_ref<T: Object>(&self, _: Dependency, object: Reference<T>) -> Reference<T> {
        object
    }
    #[inline(always)]
    fn read_assuming<A: Arguments, R: Kind>(
        &self,
        _: Dependency,
        helper: Read<P, A, R>,
        args: A::Of<Self>,
    ) -> R::Of<Self> {
        self.read(helper, args)
    }
    #[inline(always)]
    fn ref_constant<T: Object>(&self, object: Reference<T>) -> Reference<T> {
        object
    }
    #[inline(always)]
    fn expect<T: Object>(&self, value: Tagged<T::Layout>) -> Option<Reference<T>> {
        value.as_reference()
    }
    #[inline(always)]
    fn check_index(&self, index: i64, length: i64) -> Option<i64> {
        if (index as u64) < length as u64 {
            Some(index)
        } else {
            None
        }
    }
    #[inline(always)]
    fn caller(&self) -> Option<Caller<Self>> {
        self.frame.caller().map(Caller::new)
    }
    #[inline(always)]
    fn place(&self, caller: &Caller<Self>) -> i64 {
        i64::from(caller.pc)
    }
    #[inline(always)]
    fn has_room(&self, words: u16) -> bool {
        self.frame.has_room(words)
    }
    #[inline(always)]
    fn general(&self) -> bool {
        false
    }
    #[inline(always)]
    fn read<A: Arguments, R: Kind>(&self, helper: Read<P, A, R>, args: A::Of<Self>) -> R::Of<Self> {
        let answer = (helper.function)(&*self.host, A::now(self, args, Key(())));
        R::raise(self, Operand::now(answer.bits(Key(()))), Key(()))
    }

    // Overridden because the compiler does not join the two halves of the general form.
    #[inline(always)]
    fn add_checked(&self, a: i64, b: i64) -> Option<i64> {
        a.checked_add(b)
    }
    #[inline(always)]
    fn sub_checked(&self, a: i64, b: i64) -> Option<i64> {
        a.checked_sub(b)
    }
    #[inline(always)]
    fn mul_checked(&self, a: i64, b: i64) -> Option<i64> {
        a.checked_mul(b)
    }

    #[inline(always)]
    fn lower_int(&self, x: i64, _: Key) -> Operand {
        Operand::now(x as u64)
    }
    #[inline(always)]
    fn raise_int(&self, x: Operand, _: Key) -> i64 {
        x.bits as i64
    }
    #[inline(always)]
    fn lower_float(&self, x: f64, _: Key) -> Operand {
        Operand::now(x.to_bits())
    }
    #[inline(always)]
    fn raise_float(&self, x: Operand, _: Key) -> f64 {
        f64::from_bits(x.bits)
    }
    #[inline(always)]
    fn lower_bool(&self, x: bool, _: Key) -> Operand {
        Operand::now(u64::from(x))
    }
    #[inline(always)]
    fn raise_bool(&self, x: Operand, _: Key) -> bool {
        x.bits & 1 == 1
    }
    #[inline(always)]
    fn lower_ref<T: Object>(&self, x: Reference<T>, _: Key) -> Operand {
        Operand::now(x.address())
    }
    #[inline(always)]
    fn raise_ref<T: Object>(&self, x: Operand, _: Key) -> Reference<T> {
        Reference::from_address(x.bits)
    }
    #[inline(always)]
    fn lower_value<L: Layout>(&self, x: Tagged<L>, _: Key) -> Pair<Operand> {
        let [tag, payload] = x.pair();
        Pair {
            payload: Operand::now(payload),
            tag: Operand::now(tag),
        }
    }
    #[inline(always)]
    fn lower_words<L: Layout>(&self, x: Tagged<L>, _: Key) -> [Operand; 2] {
        x.pair().map(Operand::now)
    }
    #[inline(always)]
    fn raise_value<L: Layout>(&self, x: Pair<Operand>, _: Key) -> Tagged<L> {
        Tagged::of_pair([x.tag.bits, x.payload.bits])
    }
    #[inline(always)]
    fn load_place(&self, place: Place, mem: Mem, _: Key) -> Operand {
        // SAFETY: places are made of a reference and a declared field, or of a checked element.
        Operand::now(unsafe { heap::read(place.now(), mem) })
    }
    #[inline(always)]
    fn load_value<L: Layout>(&self, place: Place, key: Key) -> Tagged<L> {
        let tag = self.load_place(place, Mem::I64, key).bits;
        let payload = self.load_place(place.behind(8), Mem::I64, key).bits;
        Tagged::of_pair([tag, payload])
    }
    #[inline(always)]
    fn store_place(&mut self, place: Place, mem: Mem, x: Operand, _: Key) {
        // SAFETY: as for `load_place`; `store` and `put` take mutable fields and elements only,
        // with values of their type.
        unsafe { heap::write(place.now(), mem, x.bits) }
    }
    #[inline(always)]
    fn store_word(&mut self, word: u16, x: Operand, _: Key) {
        self.frame.store(word, x.bits);
    }
    #[inline(always)]
    fn store_second_word(&mut self, word: u16, x: Operand, _: Key) {
        self.frame.store_second(word, x.bits);
    }
    #[inline(always)]
    fn act<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, R>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<R::Of<Self>, P::Error> {
        let args = A::now(self, args, key);
        let answer = self.perform(helper, args)?.answer(key);
        Ok(self.raise_now::<R>(answer, key))
    }
    #[inline(always)]
    fn act_outcome<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<Outcome<R::Of<Self>>, P::Error> {
        let args = A::now(self, args, key);
        Ok(match self.perform_outcome(helper, args)? {
            Outcome::Value(answer) => Outcome::Value(self.raise_now::<R>(answer.answer(key), key)),
            Outcome::Transfer(pc) => Outcome::Transfer(pc),
        })
    }
    #[inline(always)]
    fn make<A: Arguments, T: Object>(
        &mut self,
        helper: Make<P, A, T>,
        args: A::Of<Self>,
        key: Key,
    ) -> Reference<T> {
        (helper.function)(&*self.host, A::now(self, args, key))
    }
    #[inline(always)]
    fn enter_frame(&mut self, window: u16, back: Pc, _: Key) {
        self.frame.enter(window, back);
    }
    #[inline(always)]
    fn entry_of(&mut self, target: i64, _: Key) -> Pc {
        target as Pc
    }
    #[inline(always)]
    fn leave_frame(&mut self, caller: &Caller<Self>, _: Key) {
        self.frame.leave(caller.window);
    }
    #[inline(always)]
    fn shift_frame(&mut self, words: u16, _: Key) {
        self.frame.shift(words);
    }
    #[inline(always)]
    fn answer(&mut self, answer: Pair<Operand>, _: Key) {
        self.answer = Pair {
            payload: answer.payload.bits,
            tag: answer.tag.bits,
        };
    }
    #[inline(always)]
    fn fail(&mut self, error: P::Error, _: Key) {
        self.error = Some(error);
    }
    #[inline(always)]
    fn go_to(&mut self, target: Pc, _: Key) {
        self.next = target;
    }
}

impl<P: Program> Direct<'_, P> {
    #[inline(always)]
    fn raise_now<R: Returns>(&self, answer: Pair<u64>, key: Key) -> R::Of<Self>
    where
        Self: Machine,
    {
        let operands = Pair {
            payload: Operand::now(answer.payload),
            tag: Operand::now(answer.tag),
        };
        R::raise_answer(self, operands, key)
    }
}
