//! Machines that refuse executable memory: an engine with a fallback runs programs without traces and
//! says why, one without is refused.

use offramp::explicit::{CodeFault as Fault, Mode};
use offramp::explicit::{NativeEngine, NativeOptions};
use offramp::{Config, Done, Engine, EngineError, Machine, Op, Pc, Program, Stack, Words};
use std::error::Error;
use std::sync::Arc;

#[derive(Debug)]
struct Count;

impl Program for Count {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        if pc > 0 {
            let n = m.int(0);
            return m.commit().finish(n);
        }
        let n = m.add(m.int(0), m.constant(1));
        match m.is_less(n, m.constant(1000)) {
            true => m.commit().set(0, n).loop_to(0),
            false => m.commit().set(0, n).next(),
        }
    }
}

/// What a run returns, and how many traces it made.
fn run(engine: &Engine) -> (i64, u64, Option<EngineError>) {
    let mut interpreter = engine.interpreter(Count).expect("an interpreter");
    let counted = interpreter.run(&mut (), &mut Stack::new(100), 0);
    let roots = interpreter.graph().stats().roots;
    (
        counted.expect("it ends"),
        roots,
        interpreter.refusal().cloned(),
    )
}

/// Settings of a machine that refuses the mapping after so many others.
fn refusing_after(mappings: u32) -> NativeOptions {
    let mut options = NativeOptions::default();
    options.memory.mode = Some(Mode::Toggle);
    options.memory.inject(Fault::Mapping, mappings);
    options
}

#[test]
fn an_engine_with_a_fallback_interprets_and_says_why() {
    let engine = Engine::with_fallback_from(Config::default(), refusing_after(0));
    let refusal = engine.refusal().expect("the machine refused").clone();
    assert!(
        matches!(refusal, EngineError::MachineCode(_)),
        "{refusal:?}"
    );
    let cause = refusal.source().and_then(Error::source);
    let cause = cause.expect("what the system said").to_string();
    assert!(
        cause.starts_with("mapping pages for code failed"),
        "{cause}"
    );
    assert_eq!(run(&engine), (1000, 0, Some(refusal)));
}

#[test]
fn what_is_refused_to_one_interpreter_is_said_by_it() {
    // Probing maps once for each of its four rounds; what the interpreter asks for comes next.
    let engine = Engine::with_fallback_from(Config::default(), refusing_after(4));
    assert_eq!(engine.refusal(), None);
    let (counted, roots, refusal) = run(&engine);
    assert_eq!((counted, roots), (1000, 0));
    assert!(
        matches!(refusal, Some(EngineError::MachineCode(_))),
        "{refusal:?}"
    );
    // The system has something to give again.
    assert!(matches!(run(&engine), (1000, 1, None)));
}

#[test]
fn without_a_fallback_it_is_an_error() {
    assert!(NativeEngine::new(refusing_after(0)).is_err());
    let native = NativeEngine::new(refusing_after(4)).expect("an engine");
    let engine = Engine::on(Config::default(), Arc::new(native));
    let refused = engine.interpreter(Count).err();
    assert!(
        matches!(refused, Some(EngineError::MachineCode(_))),
        "{refused:?}"
    );
    let engine = Engine::with_fallback(Config::default());
    assert_eq!(engine.refusal(), None);
    assert!(matches!(run(&engine), (1000, 1, None)));
}
