//! [`Explain`]: the machine that says what an instruction would do, and does nothing.
//!
//! It decides as the instruction would decide now: the first phase reads the real stack and heap
//! and asks the real `Read` helpers. Effects are noted and not performed; a helper that has
//! effects is not called, and what it would answer is unknown. As a third instance it also keeps
//! [`Machine`] honest: what could only be recorded while executing could not be said here.

use crate::graph::Dependency;
use crate::language::helper::{Act, Failure, Make, Read};
use crate::language::kind::{Arguments, Key, Kind, Operand, Operands, Pair, Returns};
use crate::language::layout::{Layout, Object, Reference};
use crate::language::machine::{Machine, Place};
use crate::language::phases::{Caller, Flow, Outcome};
use crate::language::program::Program;
use crate::language::stack::NO_CALLER;
use crate::language::tagged::Tagged;
use crate::recorder::{Recorder, Traced, TracedValue};
use offramp_uop::{Mem, Op, Pc, Trace};
use std::fmt;

/// The machine that says what an instruction would do.
pub(crate) struct Explain<'a, P: Program> {
    recorder: Recorder<'a, P>,
}

impl<'a, P: Program> Explain<'a, P> {
    pub(crate) fn new(recorder: Recorder<'a, P>) -> Explain<'a, P> {
        Explain { recorder }
    }

    pub(crate) fn begin(&mut self, pc: Pc) {
        self.recorder.log.get_mut().begin(pc);
    }

    /// What was noted, as text: a line per uop, and where the program would go on.
    pub(crate) fn finish(self, flow: Flow) -> String {
        let log = self.recorder.log.into_inner();
        let mut text = String::new();
        for Dependency(key) in log.dependencies(usize::MAX) {
            text.push_str(&format!("depends on {key}\n"));
        }
        text.push_str(&body(log.trace()));
        text.push_str(&match flow {
            Flow::Next => "next\n".to_string(),
            Flow::Jump(pc) => format!("jump to {pc}\n"),
            Flow::Loop(pc) => format!("loop to {pc}\n"),
            Flow::Enter(pc) => format!("enter {pc}\n"),
            Flow::Return(pc) => format!("return to {pc}\n"),
            Flow::Transfer(_) => "wherever the helper says\n".to_string(),
            Flow::Finish => "finish\n".to_string(),
            Flow::Fail => "fail\n".to_string(),
        });
        text
    }
}

/// The uops of one instruction, without what belongs to a trace.
fn body(trace: &Trace) -> String {
    let count = |op| trace.uops.iter().filter(|uop| uop.op == op).count();
    debug_assert_eq!(count(Op::At), 1, "one instruction");
    trace
        .to_string()
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("at "))
        .skip(1)
        .take_while(|line| line.trim_start() != "exits:")
        .map(|line| line.trim_start())
        .filter(|line| !line.starts_with("poll "))
        .map(|line| match line.split_once(" else ") {
            Some((guard, _)) => format!("{guard}\n"),
            None => format!("{line}\n"),
        })
        .collect()
}

impl<P: Program> fmt::Debug for Explain<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explain").finish_non_exhaustive()
    }
}

macro_rules! delegate {
    ($($(#[$doc:meta])* $name:ident $Op:ident($($a:ident: $t:ident),*) -> $r:ident = $e:expr;)*) => {
        $(
            fn $name(&self, $($a: Self::$t),*) -> Self::$r {
                self.recorder.$name($($a),*)
            }
        )*
    };
}

impl<'a, P: Program> Machine for Explain<'a, P> {
    type Program = P;
    type Int = Traced<i64>;
    type Float = Traced<f64>;
    type Bool = Traced<bool>;
    type Value<L: Layout> = TracedValue;
    type Ref<T: Object> = Traced<Reference<T>>;

    fn int(&self, word: u16) -> Traced<i64> {
        self.recorder.int(word)
    }
    fn float(&self, word: u16) -> Traced<f64> {
        self.recorder.float(word)
    }
    fn value(&self, word: u16) -> TracedValue {
        self.recorder.value(word)
    }
    fn constant(&self, value: i64) -> Traced<i64> {
        self.recorder.constant(value)
    }
    fn float_constant(&self, value: f64) -> Traced<f64> {
        self.recorder.float_constant(value)
    }
    fn truth(&self, value: bool) -> Traced<bool> {
        self.recorder.truth(value)
    }

    vocabulary!(delegate);

    fn select(
        &self,
        condition: Traced<bool>,
        then: Traced<i64>,
        otherwise: Traced<i64>,
    ) -> Traced<i64> {
        self.recorder.select(condition, then, otherwise)
    }
    fn select_float(
        &self,
        condition: Traced<bool>,
        then: Traced<f64>,
        otherwise: Traced<f64>,
    ) -> Traced<f64> {
        self.recorder.select_float(condition, then, otherwise)
    }
    fn same<T: Object>(&self, a: Self::Ref<T>, b: Self::Ref<T>) -> Traced<bool> {
        self.recorder.same(a, b)
    }
    fn tag(&self, value: TracedValue) -> Traced<i64> {
        self.recorder.tag(value)
    }
    fn payload(&self, value: TracedValue) -> Traced<i64> {
        self.recorder.payload(value)
    }
    fn float_payload(&self, value: TracedValue) -> Traced<f64> {
        self.recorder.float_payload(value)
    }
    fn int_value(&self, tag: i64, payload: Traced<i64>) -> TracedValue {
        self.recorder.int_value(tag, payload)
    }
    fn float_value(&self, tag: i64, payload: Traced<f64>) -> TracedValue {
        self.recorder.float_value(tag, payload)
    }
    fn value_constant(&self, value: Tagged<P::Layout>) -> TracedValue {
        self.recorder.value_constant(value)
    }
    fn ref_value<T: Object>(&self, object: Self::Ref<T>) -> TracedValue {
        self.recorder.ref_value(object)
    }
    fn test(&self, condition: Traced<bool>) -> bool {
        self.recorder.test(condition)
    }
    fn promote(&self, value: Traced<i64>) -> i64 {
        self.recorder.promote(value)
    }
    fn promote_ref<T: Object>(&self, object: Self::Ref<T>) -> Reference<T> {
        self.recorder.promote_ref(object)
    }
    fn depends_on(&self, key: Dependency) {
        self.recorder.depends_on(key);
    }
    fn assume(&self, key: Dependency, value: Traced<i64>) -> i64 {
        self.recorder.assume(key, value)
    }
    fn assume_ref<T: Object>(&self, key: Dependency, object: Self::Ref<T>) -> Reference<T> {
        self.recorder.assume_ref(key, object)
    }
    fn read_assuming<A: Arguments, R: Kind>(
        &self,
        dependency: Dependency,
        helper: Read<P, A, R>,
        args: A::Of<Self>,
    ) -> R::Of<Self> {
        let key = Key(());
        let operands = A::lower(self, args, key);
        let now = A::now(self, args, key);
        let answer = self.recorder.ask_once(dependency, helper, operands, now);
        R::raise(self, answer, key)
    }
    fn ref_constant<T: Object>(&self, object: Reference<T>) -> Self::Ref<T> {
        self.recorder.ref_constant(object)
    }
    fn expect<T: Object>(&self, value: TracedValue) -> Option<Self::Ref<T>> {
        self.recorder.expect(value)
    }
    fn check_index(&self, index: Traced<i64>, length: Traced<i64>) -> Option<Traced<i64>> {
        self.recorder.check_index(index, length)
    }
    fn caller(&self) -> Option<Caller<Self>> {
        let caller = self.recorder.caller()?;
        Some(Caller::new((caller.pc, caller.window)))
    }
    fn place(&self, caller: &Caller<Self>) -> Traced<i64> {
        self.recorder.place_of(caller.pc)
    }
    fn has_room(&self, words: u16) -> bool {
        self.recorder.has_room(words)
    }
    fn general(&self) -> bool {
        false
    }
    fn read<A: Arguments, R: Kind>(&self, helper: Read<P, A, R>, args: A::Of<Self>) -> R::Of<Self> {
        let key = Key(());
        let operands = A::lower(self, args, key);
        let now = A::now(self, args, key);
        R::raise(self, self.recorder.ask(helper, operands, now), key)
    }

    fn lower_int(&self, x: Traced<i64>, key: Key) -> Operand {
        self.recorder.lower_int(x, key)
    }
    fn raise_int(&self, x: Operand, key: Key) -> Traced<i64> {
        self.recorder.raise_int(x, key)
    }
    fn lower_float(&self, x: Traced<f64>, key: Key) -> Operand {
        self.recorder.lower_float(x, key)
    }
    fn raise_float(&self, x: Operand, key: Key) -> Traced<f64> {
        self.recorder.raise_float(x, key)
    }
    fn lower_bool(&self, x: Traced<bool>, key: Key) -> Operand {
        self.recorder.lower_bool(x, key)
    }
    fn raise_bool(&self, x: Operand, key: Key) -> Traced<bool> {
        self.recorder.raise_bool(x, key)
    }
    fn lower_ref<T: Object>(&self, x: Self::Ref<T>, key: Key) -> Operand {
        self.recorder.lower_ref(x, key)
    }
    fn raise_ref<T: Object>(&self, x: Operand, key: Key) -> Self::Ref<T> {
        self.recorder.raise_ref(x, key)
    }
    fn lower_value<L: Layout>(&self, x: TracedValue, key: Key) -> Pair<Operand> {
        self.recorder.lower_value::<L>(x, key)
    }
    fn lower_words<L: Layout>(&self, x: TracedValue, key: Key) -> [Operand; 2] {
        self.recorder.lower_words::<L>(x, key)
    }
    fn raise_value<L: Layout>(&self, x: Pair<Operand>, key: Key) -> TracedValue {
        self.recorder.raise_value::<L>(x, key)
    }
    fn load_place(&self, place: Place, mem: Mem, key: Key) -> Operand {
        self.recorder.load_place(place, mem, key)
    }
    fn load_value<L: Layout>(&self, place: Place, key: Key) -> TracedValue {
        self.recorder.load_value::<L>(place, key)
    }

    // Effects: noted, not performed.

    fn store_place(&mut self, place: Place, mem: Mem, x: Operand, _: Key) {
        self.recorder.note_store_place(place, mem, x);
    }
    fn store_word(&mut self, word: u16, x: Operand, _: Key) {
        self.recorder.note_store(word, false, x);
    }
    fn store_second_word(&mut self, word: u16, x: Operand, _: Key) {
        self.recorder.note_store(word, true, x);
    }
    fn act<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, R>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<R::Of<Self>, Failure> {
        let operands: Operands = A::lower(self, args, key);
        let id = self.recorder.run.core.registry().act(helper);
        let answer = self.recorder.note_call(id, &operands, unknown(), R::TAGGED);
        Ok(R::raise_answer(self, answer, key))
    }
    fn act_outcome<A: Arguments, R: Returns>(
        &mut self,
        helper: Act<P, A, Outcome<R>>,
        args: A::Of<Self>,
        key: Key,
    ) -> Result<Outcome<R::Of<Self>>, Failure> {
        let operands: Operands = A::lower(self, args, key);
        let id = self.recorder.run.core.registry().act_outcome(helper);
        let answer = self.recorder.note_call(id, &operands, unknown(), R::TAGGED);
        Ok(Outcome::Value(R::raise_answer(self, answer, key)))
    }
    fn make<A: Arguments, T: Object>(
        &mut self,
        helper: Make<P, A, T>,
        args: A::Of<Self>,
        key: Key,
    ) -> Self::Ref<T> {
        let operands: Operands = A::lower(self, args, key);
        let id = self.recorder.run.core.registry().make(helper);
        let answer = self.recorder.note_call(id, &operands, unknown(), false);
        Traced::new(answer.payload)
    }
    fn enter_frame(&mut self, window: u16, back: Pc, _: Key) {
        self.recorder.log.get_mut().push_frame(window, back);
    }
    fn entry_of(&mut self, target: Traced<i64>, key: Key) -> Pc {
        self.recorder.entry_of(target, key)
    }
    fn leave_frame(&mut self, caller: &Caller<Self>, _: Key) {
        self.recorder.log.get_mut().pop_frame(caller.window as i32);
    }
    fn shift_frame(&mut self, words: u16, _: Key) {
        let link = match self.recorder.run.frame.link() {
            NO_CALLER => NO_CALLER,
            link => link + (i64::from(words) << 32),
        };
        self.recorder.log.get_mut().shift_frame(words, link);
    }
    fn answer(&mut self, _: Pair<Operand>, _: Key) {}
    fn fail(&mut self, _: Failure, _: Key) {}
}

fn unknown() -> Pair<Operand> {
    Pair {
        payload: Operand::now(0),
        tag: Operand::now(0),
    }
}
