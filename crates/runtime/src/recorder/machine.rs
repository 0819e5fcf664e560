//! The machine's vocabulary, recorded: each method executes, and appends the uop that does the same.
//!
//! What several of them share, loads and calls of helpers above all, is in [`recorder`](super).

use super::{KEY, Purpose, Recorder, Traced, TracedValue, UNKNOWN, bits, now_of};
use crate::graph::{Abort, Dependency};
use crate::language::context::Shim;
use crate::language::heap;
use crate::language::helper::{Act, Make, Read};
use crate::language::holds::Holds;
use crate::language::kind::{Arguments, Key, Kind, Operand, Operands, Pair, Returns};
use crate::language::layout::{Layout, Object, Reference};
use crate::language::machine::{Machine, Place};
use crate::language::phases::{Caller, Outcome};
use crate::language::program::Program;
use crate::language::stack::{NO_CALLER, check_value_word};
use crate::language::tagged::Tagged;
use crate::registry::Registry;
use offramp_uop::types::Const;
use offramp_uop::{Mem, Op, Pc, Type};

macro_rules! record {
    ($($(#[$doc:meta])* $name:ident $Op:ident($($a:ident: $t:ident),*) -> $r:ident = $e:expr;)*) => {
        $(
            fn $name(&self, $($a: Self::$t),*) -> Self::$r {
                if !self.purpose.notes() {
                    $(let $a = $a.now();)*
                    return Traced::known($e);
                }
                Traced::new(self.log.borrow_mut().pure(Op::$Op, &[$($a.operand()),*]))
            }
        )*
    };
}

impl<'a, P: Program> Machine for Recorder<'a, P> {
    type Program = P;
    type Int = Traced<i64>;
    type Float = Traced<f64>;
    type Bool = Traced<bool>;
    type Value<L: Layout> = TracedValue;
    type Ref<T: Object> = Traced<Reference<T>>;

    fn int(&self, word: u16) -> Traced<i64> {
        Traced::new(self.load_word(word, false, Type::I64))
    }
    fn float(&self, word: u16) -> Traced<f64> {
        Traced::new(self.load_word(word, false, Type::F64))
    }
    fn value(&self, word: u16) -> TracedValue {
        check_value_word::<P::Layout>(word);
        let tag = self.load_word(word, false, Type::I64);
        let payload = self.load_word(word, true, Self::payload_type::<P::Layout>(tag));
        TracedValue { tag, payload }
    }
    fn constant(&self, value: i64) -> Traced<i64> {
        if !self.purpose.notes() {
            return Traced::known(value);
        }
        Traced::new(self.log.borrow_mut().constant_operand(Const::int(value)))
    }
    fn float_constant(&self, value: f64) -> Traced<f64> {
        if !self.purpose.notes() {
            return Traced::known(value);
        }
        Traced::new(self.log.borrow_mut().constant_operand(Const::float(value)))
    }
    fn truth(&self, value: bool) -> Traced<bool> {
        if !self.purpose.notes() {
            return Traced::known(value);
        }
        Traced::new(self.log.borrow_mut().constant_operand(Const::bool(value)))
    }

    vocabulary!(record);

    fn select(
        &self,
        condition: Traced<bool>,
        then: Traced<i64>,
        otherwise: Traced<i64>,
    ) -> Traced<i64> {
        let (condition, then, other) = (condition.operand, then.operand, otherwise.operand);
        Traced::new(self.log.borrow_mut().select(condition, then, other))
    }
    fn select_float(
        &self,
        condition: Traced<bool>,
        then: Traced<f64>,
        otherwise: Traced<f64>,
    ) -> Traced<f64> {
        let (condition, then, other) = (condition.operand, then.operand, otherwise.operand);
        Traced::new(self.log.borrow_mut().select(condition, then, other))
    }
    fn same<T: Object>(&self, a: Traced<Reference<T>>, b: Traced<Reference<T>>) -> Traced<bool> {
        if !self.purpose.notes() {
            return Traced::known(a.operand.bits == b.operand.bits);
        }
        Traced::new(
            self.log
                .borrow_mut()
                .pure(Op::RefEq, &[a.operand, b.operand]),
        )
    }

    fn tag(&self, value: TracedValue) -> Traced<i64> {
        Traced::new(value.tag)
    }
    fn payload(&self, value: TracedValue) -> Traced<i64> {
        Traced::new(self.as_type(value.payload, Type::I64))
    }
    fn float_payload(&self, value: TracedValue) -> Traced<f64> {
        Traced::new(self.as_type(value.payload, Type::F64))
    }
    fn int_value(&self, tag: i64, payload: Traced<i64>) -> TracedValue {
        Tagged::<P::Layout>::int(tag, 0);
        TracedValue {
            tag: self.constant(tag).operand,
            payload: payload.operand,
        }
    }
    fn float_value(&self, tag: i64, payload: Traced<f64>) -> TracedValue {
        Tagged::<P::Layout>::float(tag, 0.0);
        TracedValue {
            tag: self.constant(tag).operand,
            payload: payload.operand,
        }
    }
    fn value_constant(&self, value: Tagged<P::Layout>) -> TracedValue {
        let payload = match P::Layout::PAYLOADS.of(value.tag()) {
            Type::Ref => self.reference_constant(value.as_int() as u64),
            Type::F64 => self.float_constant(value.as_float()).operand,
            _ => self.constant(value.as_int()).operand,
        };
        let tag = self.constant(value.tag()).operand;
        TracedValue { tag, payload }
    }
    fn ref_value<T: Object>(&self, object: Traced<Reference<T>>) -> TracedValue {
        TracedValue {
            tag: self.constant(T::TAG).operand,
            payload: object.operand,
        }
    }

    fn test(&self, condition: Traced<bool>) -> bool {
        if self.purpose.notes() {
            self.log.borrow_mut().guard(condition.operand);
        }
        condition.operand.bits & 1 == 1
    }
    fn promote(&self, value: Traced<i64>) -> i64 {
        if self.purpose.notes() {
            self.log.borrow_mut().promote(value.operand);
        }
        value.operand.bits as i64
    }
    fn promote_ref<T: Object>(&self, object: Traced<Reference<T>>) -> Reference<T> {
        let now = Reference::from_address(object.operand.bits);
        if !object.operand.constant {
            let same = self.same(object, self.ref_constant(now));
            self.test(same);
        }
        now
    }
    fn depends_on(&self, key: Dependency) {
        if !self.purpose.notes() {
            return;
        }
        let mut log = self.log.borrow_mut();
        if !self.run.core.is_steady(key) {
            log.broken.get_or_insert(Abort::Unsteady);
        }
        log.depend(key);
        if let Some(executor) = self.executor {
            self.run.core.depend(executor, key);
        }
    }
    fn assume(&self, key: Dependency, value: Traced<i64>) -> i64 {
        if value.operand.constant || !self.purpose.notes() {
            return value.operand.bits as i64;
        }
        if !self.run.core.is_steady(key) {
            return self.promote(value);
        }
        self.depends_on(key);
        value.operand.bits as i64
    }
    fn assume_ref<T: Object>(&self, key: Dependency, object: Traced<Reference<T>>) -> Reference<T> {
        if self.purpose.notes() {
            if object.operand.constant || !self.run.core.is_steady(key) {
                return self.promote_ref(object);
            }
            self.depends_on(key);
        }
        Reference::from_address(object.operand.bits)
    }
    fn read_assuming<A: Arguments, R: Kind>(
        &self,
        key: Dependency,
        helper: Read<P, A, R>,
        args: A::Of<Self>,
    ) -> R::Of<Self> {
        let operands = A::lower(self, args, KEY);
        let now = A::now(self, args, KEY);
        R::raise(self, self.ask_once(key, helper, operands, now), KEY)
    }
    fn ref_constant<T: Object>(&self, object: Reference<T>) -> Traced<Reference<T>> {
        Traced::new(self.reference_constant(object.address()))
    }
    fn expect<T: Object>(&self, value: TracedValue) -> Option<Traced<Reference<T>>> {
        let wanted = self.constant(T::TAG);
        let is = self.equal(Traced::new(value.tag), wanted);
        if is.operand.bits & 1 == 0 {
            self.test(is);
            return None;
        }
        if value.payload.ty == Type::Ref && is.operand.constant {
            return Some(Traced::new(value.payload));
        }
        let bits = self.as_type(value.payload, Type::I64);
        let proven = self.log.borrow_mut().guard_ref(is.operand, bits);
        Some(Traced::new(proven))
    }
    fn check_index(&self, index: Traced<i64>, length: Traced<i64>) -> Option<Traced<i64>> {
        let (i, n) = (index.operand, length.operand);
        if i.bits >= n.bits {
            let inside = self.unsigned_less(index, length);
            self.test(inside);
            return None;
        }
        if i.constant && n.constant {
            return Some(index);
        }
        Some(Traced::new(self.log.borrow_mut().guard_index(i, n)))
    }
    fn caller(&self) -> Option<Caller<Self>> {
        self.log.borrow_mut().link(self.run.frame.link());
        self.run.frame.caller().map(Caller::new)
    }
    fn place(&self, caller: &Caller<Self>) -> Traced<i64> {
        self.place_of(caller.pc)
    }
    fn has_room(&self, words: u16) -> bool {
        let has = self.run.has_room(words);
        self.log.borrow_mut().guard_room(words, has);
        has
    }
    fn general(&self) -> bool {
        match self.purpose {
            Purpose::Record => self.run.core.general(self.run.pc()),
            Purpose::RecordContrary => !self.run.core.general(self.run.pc()),
            Purpose::Execute | Purpose::Explain => false,
        }
    }
    fn read<A: Arguments, R: Kind>(&self, helper: Read<P, A, R>, args: A::Of<Self>) -> R::Of<Self> {
        let operands = A::lower(self, args, KEY);
        let now = A::now(self, args, KEY);
        R::raise(self, self.ask(helper, operands, now), KEY)
    }

    fn lower_int(&self, x: Traced<i64>, _: Key) -> Operand {
        x.operand
    }
    fn raise_int(&self, x: Operand, _: Key) -> Traced<i64> {
        Traced::new(x)
    }
    fn lower_float(&self, x: Traced<f64>, _: Key) -> Operand {
        x.operand
    }
    fn raise_float(&self, x: Operand, _: Key) -> Traced<f64> {
        Traced::new(x)
    }
    fn lower_bool(&self, x: Traced<bool>, _: Key) -> Operand {
        x.operand
    }
    fn raise_bool(&self, x: Operand, _: Key) -> Traced<bool> {
        Traced::new(x)
    }
    fn lower_ref<T: Object>(&self, x: Traced<Reference<T>>, _: Key) -> Operand {
        x.operand
    }
    fn raise_ref<T: Object>(&self, x: Operand, _: Key) -> Traced<Reference<T>> {
        Traced::new(x)
    }
    fn lower_value<L: Layout>(&self, x: TracedValue, _: Key) -> Pair<Operand> {
        Pair {
            payload: x.payload,
            tag: x.tag,
        }
    }
    fn lower_words<L: Layout>(&self, x: TracedValue, _: Key) -> [Operand; 2] {
        [x.tag, self.as_type(x.payload, Type::I64)]
    }
    fn raise_value<L: Layout>(&self, x: Pair<Operand>, _: Key) -> TracedValue {
        TracedValue {
            tag: x.tag,
            payload: x.payload,
        }
    }
    fn load_place(&self, place: Place, mem: Mem, key: Key) -> Operand {
        let bits = self.run.load_place(place, mem, key).bits;
        if let Some(witness) = self.witness() {
            witness.borrow_mut().loaded(place, mem, bits);
        }
        self.log.borrow_mut().load(place, mem, bits)
    }
    fn load_value<L: Layout>(&self, place: Place, key: Key) -> TracedValue {
        let tag = self.load_place(place, Mem::I64, key);
        let mem = match Self::payload_type::<L>(tag) {
            Type::F64 => Mem::F64,
            _ => Mem::I64,
        };
        let payload = self.load_place(place.behind(8), mem, key);
        TracedValue { tag, payload }
    }
    fn store_place(&mut self, place: Place, mem: Mem, x: Operand, key: Key) {
        self.log.get_mut().store(place, mem, x);
        if let Some(witness) = self.witness() {
            witness.borrow_mut().stores(place, mem);
        }
        if self.purpose.performs() {
            self.run.store_place(place, mem, x, key);
        }
    }
    fn store_word(&mut self, word: u16, x: Operand, key: Key) {
        self.note_store(word, false, x);
        if self.purpose.performs() {
            self.run.store_word(word, x, key);
        }
    }
    fn store_second_word(&mut self, word: u16, x: Operand, key: Key) {
        self.note_store(word, true, x);
        if self.purpose.performs() {
            self.run.store_second_word(word, x, key);
        }
    }
    fn act<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, R>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<R::Of<Self>, P::Error> {
        let operands: Operands = A::lower(self, args, key);
        let returned = match self.purpose.performs() {
            true => {
                let now = A::of_bits(&bits(&operands), key);
                self.before_call();
                now_of(self.run.perform(helper, now)?.answer(key))
            }
            false => UNKNOWN,
        };
        let register = |registry: &mut Registry<Shim<P>>| registry.act(helper);
        let returned = self.acted(helper.name, register, &operands, returned, R::TAGGED);
        Ok(R::raise_answer(self, returned, key))
    }
    fn act_outcome<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<Outcome<R::Of<Self>>, P::Error> {
        let operands: Operands = A::lower(self, args, key);
        let returned = match self.purpose.performs() {
            true => {
                let now = A::of_bits(&bits(&operands), key);
                self.before_call();
                match self.run.perform_outcome(helper, now)? {
                    Outcome::Value(answer) => now_of(answer.answer(key)),
                    Outcome::Transfer(pc) => {
                        self.transferred(helper, &operands);
                        return Ok(Outcome::Transfer(pc));
                    }
                }
            }
            false => UNKNOWN,
        };
        let register = |registry: &mut Registry<Shim<P>>| registry.act_outcome(helper);
        let returned = self.acted(helper.name, register, &operands, returned, R::TAGGED);
        Ok(Outcome::Value(R::raise_answer(self, returned, key)))
    }
    fn make<A: Arguments, T: Object>(
        &mut self,
        helper: Make<P, A, T>,
        args: A::Of<Self>,
        key: Key,
    ) -> Traced<Reference<T>> {
        let operands: Operands = A::lower(self, args, key);
        let object = self.purpose.performs().then(|| {
            let now = A::of_bits(&bits(&operands), key);
            self.before_call();
            let object = (helper.function)(&*self.run.host, now);
            if self.purpose.notes() {
                let contents = helper.holds.iter().flat_map(Holds::contents);
                let broken = heap::broken_promise(object, contents, &bits(&operands));
                assert!(
                    broken.is_none(),
                    "an object that {} made does not hold what is said: {broken:?}",
                    helper.name
                );
            }
            object.address()
        });
        let address = object.unwrap_or(0);
        let returned = Pair {
            payload: Operand::now(address),
            tag: Operand::now(0),
        };
        if !self.purpose.notes() {
            return Traced::new(returned.payload);
        }
        let id = self.run.core.registry().make(helper);
        self.after_call(id, helper.name, |witness, effects| {
            witness.after_make(effects, address)
        });
        let returned = self.note_call(id, &operands, returned, false);
        Traced::new(returned.payload)
    }
    fn enter_frame(&mut self, window: u16, back: Pc, key: Key) {
        self.log.get_mut().push_frame(window, back);
        if self.purpose.performs() {
            self.run.enter_frame(window, back, key);
        }
    }
    fn entry_of(&mut self, target: Traced<i64>, _: Key) -> Pc {
        self.log.get_mut().enter_at(target.operand);
        target.operand.bits as Pc
    }
    fn leave_frame(&mut self, caller: &Caller<Self>, _: Key) {
        if self.purpose.performs() {
            self.run.frame.leave(caller.window);
        }
        self.log.get_mut().pop_frame(caller.window as i32);
    }
    fn shift_frame(&mut self, words: u16, _: Key) {
        let link = match self.run.frame.link() {
            NO_CALLER => NO_CALLER,
            link => link + (i64::from(words) << 32),
        };
        if self.purpose.performs() {
            self.run.frame.shift(words);
        }
        self.log.get_mut().shift_frame(words, link);
    }
    fn answer(&mut self, answer: Pair<Operand>, key: Key) {
        self.run.answer(answer, key);
    }
    fn switches(&mut self, _: Key) {
        self.log.get_mut().switch();
    }
    fn fail(&mut self, error: P::Error, key: Key) {
        self.run.fail(error, key);
    }
}
