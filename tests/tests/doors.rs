//! What safe code can do with an executor graph on machine code, however wrong, ends in a panic or
//! an answer and nothing worse.

use offramp::Config;
use offramp::explicit::InstallError;
use offramp::explicit::{ExecutorGraph, Leave};
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::inspect::{ExecutorRef, ExecutorState};
use offramp_tests::words::Words;
use offramp_uop::{
    Builder, Effects, ExitKind, ExitState, Helper, HelperId, Interface, Op, Pc, Trace, Type, Word,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// A machine with room above its bases.
fn words() -> Words {
    Words {
        above: 10,
        ..Words::new(vec![3; 100])
    }
}

/// One whose helper does with the graph what a test says.
fn calling(graph: &Rc<ExecutorGraph>, mut calls: impl FnMut(&ExecutorGraph) + 'static) -> Words {
    let graph = graph.clone();
    Words {
        calls: Box::new(move || calls(&graph)),
        ..words()
    }
}

fn graph() -> Rc<ExecutorGraph> {
    let engine = NativeEngine::new(NativeOptions::default()).expect("this machine is supported");
    let backend = NativeBackend::new(Arc::new(engine)).expect("memory for code");
    Rc::new(ExecutorGraph::new(Config::default(), backend))
}

/// Doubles word 0 into word 1, and calls twice in between, if it calls; `effects` are what its
/// helper declares.
fn trace(pc: Pc, effects: Option<Effects>) -> Trace {
    let mut interface = Interface::new();
    interface.helpers.push(Helper {
        name: "h".into(),
        params: Default::default(),
        result: Some(Type::I64),
        effects: effects.unwrap_or(Effects::PURE),
        fails: false,
        makes: None,
    });
    let mut b = Builder::new("t", pc, interface.into());
    b.at(pc);
    let interrupted = b.exit(ExitState::new(ExitKind::Poll, pc, 0));
    b.poll(interrupted);
    let x = b.load_word(Type::I64, Word(0));
    let mut sum = b.pure(Op::Add, &[x, x]);
    if let Some(effects) = effects {
        let exit = effects.closed().reenters;
        let exit = exit.then(|| b.exit(ExitState::new(ExitKind::Error, pc, 0)));
        for _ in 0..2 {
            let answer = b.call(HelperId(0), &[], exit);
            sum = b.pure(Op::Add, &[sum, answer]);
        }
    }
    b.store_word(Word(1), sum);
    let out = b.side_exit(pc + 1, 0);
    b.leave(out);
    b.finish()
}

/// Not removable, so that it is called, and everything else a lie.
const LYING: Effects = Effects {
    writes: offramp_uop::ClassSet::ALL,
    ..Effects::PURE
};

fn install(graph: &ExecutorGraph, trace: Trace) -> ExecutorRef {
    let recording = graph.begin_root(trace.pc).expect("nothing is recorded");
    graph.finish(recording, trace).expect("it fits")
}

fn message(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("a panic");
    match panic.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => (*panic.downcast_ref::<&str>().expect("a text")).to_owned(),
    }
}

#[test]
fn a_base_that_is_not_on_the_stack() {
    let graph = graph();
    let root = install(&graph, trace(4, None));
    let mut state = words();
    for base in [-1, 91, 1 << 40, i64::MIN, i64::MAX] {
        let told = message(|| {
            graph.enter(root, base, &mut state);
        });
        assert_eq!(
            told,
            format!("base {base} is not on the stack, whose bases are 0..=90")
        );
        assert_eq!(graph.activations(), 0);
    }
    let leave = graph.enter(root, 90, &mut state);
    assert_eq!(leave, Leave::Resume { pc: 5, base: 90 });
    assert_eq!(state.words[91], 6);
}

#[test]
fn a_state_that_is_no_machine() {
    let graph = graph();
    let root = install(&graph, trace(4, None));
    let mut state = words();
    state.is_hard = false;
    let told = message(|| {
        graph.enter(root, 0, &mut state);
    });
    assert!(told.starts_with("compiled code runs on states"), "{told}");
}

/// Throws the running code away and lets others take its place.
fn drains(graph: &ExecutorGraph) {
    graph.flush();
    graph.drain();
    for pc in 100..160 {
        install(graph, trace(pc, None));
    }
}

#[test]
fn a_helper_that_frees_the_code_it_is_called_from() {
    for effects in [LYING, Effects::WORST] {
        let graph = graph();
        let root = install(&graph, trace(4, Some(effects)));
        let mut state = calling(&graph, move |graph| {
            drains(graph);
            assert_ne!(graph.state_of(root), ExecutorState::Freed);
        });
        let leave = graph.enter(root, 0, &mut state);
        assert_eq!(leave, Leave::Resume { pc: 5, base: 0 });
        assert_eq!(state.words[1], 6 + 14);
        assert_eq!(graph.state_of(root), ExecutorState::Freed);
        assert_eq!(graph.inconsistencies(), Vec::<String>::new());
    }
}

/// The same from a run further in, whose exits and end free what they may.
#[test]
fn a_helper_that_enters_others_and_did_not_say_so() {
    let graph = graph();
    let root = install(&graph, trace(4, Some(LYING)));
    let mut state = calling(&graph, |graph| {
        let inner = install(graph, trace(8, None));
        graph.flush();
        let again = install(graph, trace(8, None));
        assert_eq!(graph.state_of(inner), ExecutorState::Retired);
        let leave = graph.enter(again, 10, &mut words());
        assert_eq!(leave, Leave::Resume { pc: 9, base: 10 });
        drains(graph);
    });
    let leave = graph.enter(root, 0, &mut state);
    assert_eq!(leave, Leave::Resume { pc: 5, base: 0 });
    assert_eq!(state.words[1], 6 + 14);
    assert_eq!(graph.state_of(root), ExecutorState::Freed);
}

#[test]
fn handles_of_another_graph() {
    let (one, other) = (graph(), graph());
    let (mine, foreign) = (
        install(&one, trace(4, None)),
        install(&other, trace(4, None)),
    );
    let mut state = words();
    let leave = one.enter(foreign, 0, &mut state);
    assert_eq!(leave, Leave::StepFirst { pc: 4, base: 0 });
    one.invalidate(foreign);
    assert_eq!(one.state_of(mine), ExecutorState::Live);
    assert_eq!(one.state_of(foreign), ExecutorState::Freed);
    assert!(one.executor_info(foreign).is_none());
    let exit = foreign.exit(offramp_uop::ExitId(1));
    assert!(one.begin_side(exit).is_none());
    assert!(
        one.link(exit, mine, offramp_uop::evaluate::Entry::Start)
            .is_err()
    );
    assert!(!one.unlink(exit));
    let theirs = other.begin_root(8).expect("nothing is recorded");
    let ours = one.begin_root(8).expect("nothing is recorded");
    let refused = one.finish(theirs, trace(8, None));
    assert_eq!(refused, Err(InstallError::Ended));
    assert!(one.finish(ours, trace(8, None)).is_ok());
}

/// Debug builds compare the record that compiled code names with the exit it leaves by.
#[test]
fn code_that_names_the_record_of_another_exit() {
    if !cfg!(debug_assertions) {
        return;
    }
    for far_records in [false, true] {
        let options = NativeOptions {
            misnames_records: true,
            far_records,
            ..NativeOptions::default()
        };
        let engine = NativeEngine::new(options).expect("this machine is supported");
        let backend = NativeBackend::new(Arc::new(engine)).expect("memory for code");
        let graph = Rc::new(ExecutorGraph::new(Config::default(), backend));
        let root = install(&graph, trace(4, None));
        // The last exit, and that of a guard.
        for interrupt in [0, 1] {
            let mut state = words();
            state.interrupt = interrupt;
            let told = message(|| {
                graph.enter(root, 0, &mut state);
            });
            let named = told.contains("names another record than that of the exit it leaves by");
            assert!(named, "{told}");
            assert_eq!(graph.activations(), 0);
        }
    }
}
