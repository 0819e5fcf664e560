//! Traces as machine code, entered through the graph.

use offramp::native::{NativeBackend, NativeEngine, NativeOptions};
use offramp::{Config, Engine, ExecutorGraph, Leave, Stack};
use offramp_tests::calls::{Instr, looped};
use offramp_tests::words::Words;
use offramp_uop::lower::Checks;
use offramp_uop::optimise::{Options, optimise};
use offramp_uop::{Builder, ExitKind, ExitState, Interface, Op, Trace, Type, Value, Word};
use std::sync::Arc;

const INT: i64 = 1;

fn load_int(b: &mut Builder, word: i32, exit: offramp_uop::ExitId) -> Value {
    let tag = b.load_word(Type::I64, Word(word));
    let wanted = b.int(INT);
    let is_int = b.pure(Op::Eq, &[tag, wanted]);
    b.guard(is_int, exit);
    b.load_word(Type::I64, Word(word + 1))
}

fn store_int(b: &mut Builder, word: i32, value: Value) {
    let tag = b.int(INT);
    b.store_word(Word(word), tag);
    b.store_word(Word(word + 1), value);
}

fn add_checked(b: &mut Builder, one: Value, other: Value, exit: offramp_uop::ExitId) -> Value {
    let sum = b.pure(Op::Add, &[one, other]);
    let overflows = b.pure(Op::AddOverflows, &[one, other]);
    b.guard_not(overflows, exit);
    sum
}

fn sum_loop() -> Trace {
    let interface = Interface {
        group: 2,
        ..Interface::new()
    };
    let mut b = Builder::new("sum", 4, Arc::new(interface));
    b.at(4);
    let x4 = b.side_exit(4, 0);
    let interrupted = b.exit(ExitState::new(ExitKind::Poll, 4, 0));
    b.poll(interrupted);
    let (s, i) = (load_int(&mut b, 0, x4), load_int(&mut b, 2, x4));
    let sum = add_checked(&mut b, s, i, x4);
    store_int(&mut b, 0, sum);
    b.at(5);
    let x5 = b.side_exit(5, 0);
    let i = load_int(&mut b, 2, x5);
    let one = b.int(1);
    let next = add_checked(&mut b, i, one, x5);
    store_int(&mut b, 2, next);
    b.at(6);
    let x6 = b.side_exit(6, 0);
    let (i, n) = (load_int(&mut b, 2, x6), load_int(&mut b, 4, x6));
    let less = b.pure(Op::Lt, &[i, n]);
    b.guard(less, x6);
    b.finish_loop()
}

#[test]
fn a_sum_loop_runs_as_machine_code() {
    let options = NativeOptions {
        checks: Checks::ALL,
        ..NativeOptions::default()
    };
    let engine = Arc::new(NativeEngine::new(options).expect("supported"));
    let backend = NativeBackend::new(engine).expect("published");
    let graph = ExecutorGraph::new(Config::default(), backend);
    let trace = optimise(&sum_loop(), &Options::default()).trace;
    let recording = graph.begin_root(4).expect("free");
    let root = graph.finish(recording, trace).expect("installed");
    let mut state = Words::new(vec![1, 0, 1, 1, 1, 1_000_000]);
    let leave = graph.enter(root, 0, &mut state);
    assert_eq!(leave, Leave::Resume { pc: 6, base: 0 });
    assert_eq!(
        state.words,
        [1, 499_999_500_000, 1, 1_000_000, 1, 1_000_000]
    );
}

#[test]
fn forced_exits_come_again_and_again() {
    let entries = |forced_period, far_records| {
        let options = NativeOptions {
            forced_exits: true,
            forced_period,
            far_records,
            ..NativeOptions::default()
        };
        let native = Arc::new(NativeEngine::new(options).expect("supported"));
        let engine = Engine::on(Config::default(), native);
        let program = looped(1000, &[Instr::Add(0, 0, 4)]);
        let mut interpreter = engine.interpreter(program).expect("an interpreter");
        let answer = interpreter.run(&mut 0, &mut Stack::new(100), 0);
        assert_eq!(answer, Ok(499_500));
        interpreter.graph().stats().entries
    };
    for far in [false, true] {
        assert!(entries(7, far) > entries(0, far) + 10);
    }
}
