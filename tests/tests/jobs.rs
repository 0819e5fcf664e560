//! Traces that are compiled on another thread than the one that runs them.
//!
//! Meanwhile the interpreter runs on, so everything that was true when the job was made is looked at again
//! where it is installed: the exit that asked (L6), what the trace depends on, what room there is (L11).

use offramp::explicit::Job;
use offramp::explicit::{EvaluatorBackend, ExecutorGraph, InstallError, Leave};
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::inspect::{Abort, ExecutorRef, ExitRef};
use offramp::inspect::{ExitInfo, ExitStatus};
use offramp::{Config, Dependency};
use offramp_tests::words::Words;
use offramp_uop::{Builder, ExitId, ExitKind, ExitState, Interface, Op, Pc, Trace, Type, Word};
use std::sync::Arc;
use std::thread;

/// Where the loop begins, where it leaves, and what follows.
const LOOP: Pc = 4;
const DONE: Pc = 5;
const NEXT: Pc = 6;

fn compiled(config: Config) -> ExecutorGraph {
    let engine = NativeEngine::new(NativeOptions::default()).expect("this machine has an engine");
    let back_end = NativeBackend::new(Arc::new(engine)).expect("memory for its stubs");
    ExecutorGraph::new(config, back_end)
}

/// What each test is run on.
fn graphs(config: &Config) -> [ExecutorGraph; 2] {
    let evaluated = ExecutorGraph::new(config.clone(), EvaluatorBackend);
    [evaluated, compiled(config.clone())]
}

/// Counts word 0 down to zero, and word 1 up as often.
fn countdown() -> Trace {
    let mut b = Builder::new("countdown", LOOP, Interface::new().into());
    b.at(LOOP);
    let interrupted = b.exit(ExitState::new(ExitKind::Poll, LOOP, 0));
    b.poll(interrupted);
    let (left, rounds) = (
        b.load_word(Type::I64, Word(0)),
        b.load_word(Type::I64, Word(1)),
    );
    let (zero, one) = (b.int(0), b.int(1));
    let left = b.pure(Op::Sub, &[left, one]);
    b.store_word(Word(0), left);
    let rounds = b.pure(Op::Add, &[rounds, one]);
    b.store_word(Word(1), rounds);
    b.at(DONE);
    let done = b.side_exit(DONE, 0);
    let more = b.pure(Op::Ne, &[left, zero]);
    b.guard(more, done);
    b.finish_loop()
}

/// What follows the loop: word 2 becomes 77.
fn after(mut b: Builder) -> Trace {
    b.at(DONE);
    let seven = b.int(77);
    b.store_word(Word(2), seven);
    let out = b.side_exit(NEXT, 0);
    b.leave(out);
    b.finish()
}

/// A root for the loop, and its exit to what follows.
fn root(graph: &ExecutorGraph) -> (ExecutorRef, ExitRef) {
    let recording = graph.begin_root(LOOP).expect("nothing else is recording");
    let root = graph.finish(recording, countdown()).expect("it is right");
    let info = graph.executor_info(root).expect("it exists");
    // The one that the loop leaves by: peeling has copied the guard.
    let exits = info.trace.exits.iter().enumerate();
    let mut done = exits.filter(|(_, exit)| exit.target == DONE);
    let (last, _) = done.next_back().expect("it ends");
    (root, root.exit(ExitId(last as u32)))
}

/// Runs the root on a countdown from `rounds`; the words after it, and where it left to.
fn run(graph: &ExecutorGraph, root: ExecutorRef, rounds: u64) -> ([u64; 3], Pc) {
    let mut state = Words::new(vec![0; 16]);
    state.words[0] = rounds;
    let leave = graph.enter(root, 0, &mut state);
    let (Leave::Resume { pc, .. } | Leave::StepFirst { pc, .. } | Leave::Record { pc, .. }) = leave
    else {
        panic!("{leave:?}");
    };
    ([state.words[0], state.words[1], state.words[2]], pc)
}

/// A job for the trace that follows `exit`, with something it depends on.
fn side_job(graph: &ExecutorGraph, exit: ExitRef, key: Dependency) -> Job {
    let recording = graph.begin_side(exit).expect("nothing else is recording");
    graph.depend(recording.executor(), key);
    let b = graph
        .inherit(&recording, "after")
        .expect("the parent is there");
    graph.job(recording, after(b), None).expect("it is right")
}

fn info(graph: &ExecutorGraph, exit: ExitRef) -> ExitInfo {
    graph.exit_info(exit).expect("its executor exists")
}

fn aborts(graph: &ExecutorGraph, reason: Abort) -> u64 {
    graph.stats().aborts.get(&reason).copied().unwrap_or(0)
}

#[test]
fn another_thread_compiles_while_the_program_runs() {
    for graph in graphs(&Config::default()) {
        let (root, exit) = root(&graph);
        let job = side_job(&graph, exit, Dependency(1));
        let compiles = thread::spawn(|| job.compile());
        // Meanwhile the loop runs, and leaves where the trace is not yet.
        for _ in 0..100 {
            assert_eq!(run(&graph, root, 200), ([0, 200, 0], DONE));
        }
        let compiled = compiles.join().expect("it does not panic");
        assert_eq!(info(&graph, exit).status, ExitStatus::Recording);
        let side = graph.install(compiled).expect("nothing has changed");
        assert_eq!(run(&graph, root, 200), ([0, 200, 77], NEXT));
        assert_eq!(graph.executors().len(), 2);
        // It depends on what its recording did.
        assert_eq!(graph.invalidate_dependency(Dependency(1)), 1);
        assert_eq!(run(&graph, root, 200), ([0, 200, 0], DONE));
        assert_ne!(side, root);
    }
}

#[test]
fn l6_a_parent_that_goes_while_another_thread_compiles() {
    for graph in graphs(&Config::default()) {
        let (root, exit) = root(&graph);
        let job = side_job(&graph, exit, Dependency(1));
        let compiles = thread::spawn(|| job.compile());
        graph.invalidate(root);
        graph.drain();
        let compiled = compiles.join().expect("it does not panic");
        assert_eq!(graph.install(compiled), Err(InstallError::ParentGone));
        assert_eq!(aborts(&graph, Abort::ParentGone), 1);
        assert_eq!(graph.exit_info(exit), None);
        assert!(graph.executors().is_empty());
        assert!(!graph.is_recording());
    }
}

#[test]
fn a_dependency_that_goes_while_another_thread_compiles() {
    for graph in graphs(&Config::default()) {
        let (root, exit) = root(&graph);
        let job = side_job(&graph, exit, Dependency(1));
        let compiles = thread::spawn(|| job.compile());
        graph.invalidate_dependency(Dependency(1));
        let compiled = compiles.join().expect("it does not panic");
        assert_eq!(graph.install(compiled), Err(InstallError::Stale));
        assert_eq!(info(&graph, exit).status, ExitStatus::Cold);
        assert_eq!(run(&graph, root, 3), ([0, 3, 0], DONE));
    }
}

#[test]
fn l11_room_is_looked_for_again_where_a_job_is_installed() {
    // A first trace is estimated to need 128 bytes, and needs more.
    let mut config = Config::default();
    config.code_bytes = 150;
    for graph in graphs(&config) {
        let recording = graph.begin_root(LOOP).expect("there is room for 128 bytes");
        let job = graph
            .job(recording, countdown(), None)
            .expect("there still is");
        let installed = graph.install(job.compile());
        assert!(
            matches!(installed, Err(InstallError::CodeBytes { limit: 150, .. })),
            "{installed:?}"
        );
        assert_eq!(aborts(&graph, Abort::Capacity), 1);
        assert!(graph.executors().is_empty());
        assert!(!graph.is_recording());
    }
}

#[test]
fn a_job_that_is_dropped_counts_as_a_dropped_recording() {
    for graph in graphs(&Config::default()) {
        let (_, exit) = root(&graph);
        drop(side_job(&graph, exit, Dependency(1)));
        assert!(!graph.is_recording());
        drop(side_job(&graph, exit, Dependency(1)).compile());
        assert!(!graph.is_recording());
        assert_eq!(aborts(&graph, Abort::Dropped), 2);
        assert_eq!(info(&graph, exit).status, ExitStatus::Cold);
    }
}

#[test]
fn a_job_is_installed_in_its_own_graph_only() {
    let [one, other] = [compiled(Config::default()), compiled(Config::default())];
    let (_, exit) = root(&one);
    let (root, _) = root(&other);
    let job = side_job(&one, exit, Dependency(1));
    assert_eq!(other.install(job.compile()), Err(InstallError::Ended));
    assert_eq!(run(&other, root, 5), ([0, 5, 0], DONE));
    assert!(!one.is_recording());
}

/// Two threads compile for one interpreter: while one has the memory for it, the other has its own.
#[test]
fn compiling_does_not_wait_for_another_thread() {
    let graph = compiled(Config::default());
    let (root, exit) = root(&graph);
    for _ in 0..20 {
        let job = side_job(&graph, exit, Dependency(1));
        let compiles = thread::spawn(|| job.compile());
        let compiled = compiles.join().expect("it does not panic");
        let side = graph.install(compiled).expect("nothing has changed");
        assert_eq!(run(&graph, root, 7), ([0, 7, 77], NEXT));
        graph.invalidate(side);
        graph.drain();
    }
    assert_eq!(graph.executors().len(), 1);
}

#[test]
fn jobs_go_to_other_threads() {
    fn is_send<T: Send>() {}
    is_send::<Job>();
    is_send::<offramp::explicit::Compiled>();
}
