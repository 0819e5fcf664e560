//! L1 to L8, K4, K5: executors invalidated and freed under all circumstances.

use offramp::graph::{
    Abort, Dependency, Event, ExecutorGraph, ExecutorRef, ExecutorState, ExitRef, ExitStatus,
    InstallError, Invalidation, Leave, LinkKind,
};
use offramp_tests::links::kit::{
    Pending, REENTER, assert_consistent, below, bump, end_of, graph, graph_with, install, int,
    interface, parent, side, step, step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::{Entry, Outcome};
use offramp_uop::{Builder, ExitId, ExitKind, ExitState, Trace, Type, Word};

/// A loop at `pc` that counts word 1 to `limit` in memory and leaves to 90.
fn memory_loop(pc: u32, limit: i64) -> Trace {
    let mut b = Builder::new("loop", pc, interface());
    b.at(pc);
    let interrupt = b.exit(ExitState::new(ExitKind::Poll, pc, 0));
    b.poll(interrupt);
    bump(&mut b, 1, 1);
    b.at(pc + 1);
    let more = below(&mut b, 1, limit);
    let out = b.side_exit(pc + 1, 0);
    b.guard(more, out);
    b.finish_loop()
}

fn states(graph: &ExecutorGraph, of: &[ExecutorRef]) -> Vec<ExecutorState> {
    of.iter()
        .map(|&executor| graph.state_of(executor))
        .collect()
}

#[test]
fn l1_an_executor_in_a_cycle_with_itself_is_freed() {
    let (graph, _) = graph();
    let root = install(&graph, step_root(10, 11));
    // 10 → 11 → 10: the side trace links back to its own root, and the root to it.
    let back = side(&graph, end_of(&graph, root), step(11, 10));
    assert_eq!(
        graph.executor_info(root).expect("live").incoming,
        [end_of(&graph, back)]
    );
    // Two instructions that lead to their own start: linked to itself when installed.
    let mut b = Builder::new("itself", 30, interface());
    b.at(30);
    bump(&mut b, 1, 1);
    b.at(31);
    let again = b.side_exit(30, 0);
    b.leave(again);
    let itself = install(&graph, b.finish());
    let own = end_of(&graph, itself);
    assert_eq!(graph.executor_info(itself).expect("live").incoming, [own]);
    graph.invalidate(itself);
    graph.invalidate(root);
    assert_consistent(&graph);
    graph.drain();
    let freed = ExecutorState::Freed;
    let expected = [freed, freed, ExecutorState::Live];
    assert_eq!(states(&graph, &[root, itself, back]), expected);
    graph.flush();
    graph.drain();
    assert_eq!((graph.executors().len(), graph.stats().code_bytes), (0, 0));
}

#[test]
fn l2_one_dependency_takes_many_and_each_once() {
    let (graph, events) = graph();
    let key = Dependency(7);
    let root = install(&graph, step_root(10, 11));
    let one = side(&graph, end_of(&graph, root), step(11, 12));
    let owner = install(&graph, parent(20, 10, 0, &[(2, int(1))]));
    let mut machine = Machine::new();
    graph.enter(owner, 0, &mut machine);
    let adapter = graph
        .executors()
        .into_iter()
        .find(|&it| {
            graph
                .executor_info(it)
                .is_some_and(|it| it.trace.name.ends_with("adapter"))
        })
        .expect("an adapter was made");
    for victim in [root, one, owner, root, adapter] {
        graph.depend(victim, key);
    }
    // The adapter goes with its owner, and is a victim of its own as well.
    assert_eq!(graph.invalidate_dependency(key), 4);
    assert_consistent(&graph);
    graph.drain();
    assert_eq!(graph.executors(), []);
    let events = events.lock().expect("no panic");
    let invalidated = |of| {
        let matches = |event: &&Event| matches!(event, Event::Invalidated { executor, .. } if *executor == of);
        events.iter().filter(matches).count()
    };
    assert_eq!([root, one, owner, adapter].map(invalidated), [1; 4]);
    assert_eq!(graph.invalidate_dependency(key), 0);
}

#[test]
fn l3_doing_it_twice_is_harmless() {
    let (graph, events) = graph();
    let root = install(&graph, step_root(10, 11));
    let back = side(&graph, end_of(&graph, root), step(11, 10));
    for _ in 0..3 {
        graph.invalidate(root);
        graph.unlink(end_of(&graph, back));
        assert_consistent(&graph);
    }
    for _ in 0..3 {
        graph.drain();
        graph.invalidate(root);
    }
    let freed = Event::Freed { executor: root };
    let count = events
        .lock()
        .expect("no panic")
        .iter()
        .filter(|&&it| it == freed)
        .count();
    assert_eq!(count, 1);
    // The slot is used again; the old handle does not reach the new executor.
    let next = install(&graph, step_root(10, 11));
    graph.invalidate(root);
    graph.depend(root, Dependency(1));
    assert_eq!(graph.state_of(next), ExecutorState::Live);
    assert_eq!(graph.state_of(root), ExecutorState::Freed);
    let mut machine = Machine::new();
    let leave = graph.enter(root, 0, &mut machine);
    assert_eq!(leave, Leave::StepFirst { pc: 10, base: 0 });
    assert_eq!(machine.begun, []);
}

#[test]
fn l4_a_failed_compile_leaves_nothing_and_restarts_the_backoff() {
    let (graph, events) = graph_with(|config| config.hot_exit = 2);
    graph.fail_next_compiles(1);
    let recording = graph.begin_root(10).expect("idle");
    let error = graph
        .finish(recording, step_root(10, 11))
        .expect_err("asked to fail");
    assert_eq!(error.abort(), Abort::Compile);
    assert_eq!((graph.executors().len(), graph.is_recording()), (0, false));
    let root = install(&graph, step_root(10, 11));
    let exit = end_of(&graph, root);
    for attempt in 1..=3 {
        graph.fail_next_compiles(1);
        let recording = graph.begin_side(exit).expect("cold");
        assert!(graph.finish(recording, step_root(11, 12)).is_err());
        let info = graph.exit_info(exit).expect("live");
        assert_eq!(info.failures, attempt);
        assert!(info.temperature.remaining() >= 4 * u16::from(attempt));
        assert_consistent(&graph);
    }
    let given_up = ExitStatus::GivenUp(Abort::Compile);
    assert_eq!(graph.exit_info(exit).expect("live").status, given_up);
    let reason = Abort::Compile;
    assert!(
        events
            .lock()
            .expect("no panic")
            .contains(&Event::GivenUp { exit, reason })
    );
    graph.reset_given_up();
    assert_eq!(
        graph.exit_info(exit).expect("live").status,
        ExitStatus::Cold
    );
    // A given-up exit is still linked as soon as something is there.
    graph.fail_next_compiles(0);
    let root_there = install(&graph, step_root(11, 12));
    graph.enter(root, 0, &mut Machine::new());
    let status = graph.exit_info(exit).expect("live").status;
    assert!(matches!(status, ExitStatus::Linked(link) if link.executor == root_there));
}

#[test]
fn l4_an_adapter_that_cannot_be_made_leaves_the_frame_whole() {
    let (graph, _) = graph();
    install(&graph, step_root(20, 90));
    let owner = install(&graph, parent(10, 20, 0, &[(2, int(5))]));
    graph.fail_next_compiles(1);
    let mut machine = Machine::new();
    let leave = graph.enter(owner, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 20, base: 0 });
    assert_eq!(machine.memory.get(2), 5);
    assert_eq!(graph.executors().len(), 2);
    graph.enter(owner, 0, &mut machine);
    assert_eq!(graph.executors().len(), 3);
}

#[test]
fn l6_a_parent_freed_while_its_exit_is_recorded_discards_the_result() {
    let (graph, events) = graph();
    let root = install(&graph, step_root(10, 11));
    let exit = end_of(&graph, root);
    let recording = graph.begin_side(exit).expect("cold");
    assert!(graph.is_wanted(&recording));
    graph.invalidate(root);
    graph.drain();
    assert_eq!(graph.state_of(root), ExecutorState::Freed);
    assert!(!graph.is_wanted(&recording));
    assert!(graph.parent_of(&recording).is_none());
    // Another executor takes the slot; its exit must not be touched.
    let usurper = install_after(&graph, recording, InstallError::ParentGone);
    assert_eq!(
        graph
            .exit_info(end_of(&graph, usurper))
            .expect("live")
            .status,
        ExitStatus::Cold
    );
    let aborted = Event::Aborted {
        pc: 11,
        exit: Some(exit),
        reason: Abort::ParentGone,
    };
    assert!(events.lock().expect("no panic").contains(&aborted));
    assert_eq!(graph.stats().aborts.get(&Abort::ParentGone), Some(&1));
}

fn install_after(
    graph: &ExecutorGraph,
    recording: offramp::Recording,
    expected: InstallError,
) -> ExecutorRef {
    let pc = recording.pc();
    let result = graph.finish(recording, step_root(pc, 12));
    assert_eq!(result, Err(expected));
    install(graph, step_root(10, 11))
}

#[test]
fn l6_a_dependency_invalidated_while_recording_discards_the_result() {
    let (graph, _) = graph();
    let recording = graph.begin_root(10).expect("idle");
    assert_eq!(
        graph.state_of(recording.executor()),
        ExecutorState::Building
    );
    graph.depend(recording.executor(), Dependency(3));
    assert_eq!(graph.invalidate_dependency(Dependency(3)), 1);
    let root = install_after(&graph, recording, InstallError::Stale);
    // Dependencies of a finished recording are its executor's.
    let recording = graph.begin_root(20).expect("idle");
    graph.depend(recording.executor(), Dependency(4));
    let dependent = graph.finish(recording, step_root(20, 21)).expect("it fits");
    assert_eq!(graph.invalidate_dependency(Dependency(4)), 1);
    assert_eq!(
        states(&graph, &[root, dependent]),
        [ExecutorState::Live, ExecutorState::Retired]
    );
}

/// A loop at 10 that calls the re-entering helper, checks that it is still valid, counts word 1.
fn calling_loop() -> Trace {
    let mut b = Builder::new("calls", 10, interface());
    b.at(10);
    let interrupt = b.exit(ExitState::new(ExitKind::Poll, 10, 0));
    b.poll(interrupt);
    let failed = b.exit(ExitState::new(ExitKind::Error, 10, 0));
    b.call(REENTER, &[], Some(failed));
    b.at(11);
    let gone = b.exit(ExitState::new(ExitKind::Deopt, 11, 0));
    b.check_valid(gone);
    bump(&mut b, 1, 1);
    b.at(12);
    let more = below(&mut b, 1, 5);
    let out = b.side_exit(12, 0);
    b.guard(more, out);
    b.finish_loop()
}

#[test]
fn l7_the_running_executor_invalidated_from_a_helper_leaves_at_its_next_check() {
    let (graph, _) = graph();
    let root = install(&graph, calling_loop());
    let mut calls = 0;
    let mut machine = Machine::calling(|_, _| {
        calls += 1;
        if calls == 3 {
            graph.invalidate(root);
            graph.drain();
            // Control is inside: unreachable, but there.
            assert_eq!(graph.state_of(root), ExecutorState::Invalid);
            assert_eq!(graph.executor_info(root).expect("it runs").pins, 1);
            assert_eq!(graph.root_at(10), None);
        }
        Outcome::Value(0)
    });
    let leave = graph.enter(root, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 11, base: 0 });
    assert_eq!(machine.memory.get(1), 2);
    drop(machine);
    assert_eq!(calls, 3);
    assert_eq!(graph.state_of(root), ExecutorState::Freed);
}

#[test]
fn l8_everything_freed_inside_nested_entries_and_the_outer_one_survives() {
    let (graph, _) = graph();
    let outer = install(&graph, calling_loop());
    let inner = install(&graph, memory_loop(20, 50));
    let innermost = install(&graph, step_root(30, 31));
    let mut machine = Machine::calling(|_, _| {
        let mut nested = Machine::new();
        let leave = graph.enter(inner, 0, &mut nested);
        if graph.state_of(inner) == ExecutorState::Live {
            assert!(matches!(leave, Leave::Record { pc: 21, .. }), "{leave:?}");
            assert_eq!(nested.memory.get(1), 50);
            assert_eq!(graph.activations(), 1);
            graph.flush();
            graph.drain();
            let freed = ExecutorState::Freed;
            let expected = [ExecutorState::Invalid, freed, freed];
            assert_eq!(states(&graph, &[outer, inner, innermost]), expected);
        }
        Outcome::Value(0)
    });
    let leave = graph.enter(outer, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 11, base: 0 });
    drop(machine);
    assert_eq!((graph.executors().len(), graph.activations()), (0, 0));
}

#[test]
fn l8_an_executor_entered_again_inside_itself_is_freed_when_the_outer_run_left() {
    let (graph, _) = graph();
    let root = install(&graph, calling_loop());
    let mut machine = Machine::calling(|_, _| {
        let mut nested = Machine::calling(|_, _| {
            if graph.state_of(root) == ExecutorState::Live {
                assert_eq!(graph.executor_info(root).expect("it runs").pins, 2);
                graph.invalidate(root);
            }
            Outcome::Value(0)
        });
        if graph.state_of(root) == ExecutorState::Live {
            graph.enter(root, 0, &mut nested);
            // The nested run left, this one is still inside.
            graph.drain();
            assert_eq!(graph.state_of(root), ExecutorState::Invalid);
        }
        Outcome::Value(0)
    });
    graph.enter(root, 0, &mut machine);
    drop(machine);
    assert_eq!(graph.state_of(root), ExecutorState::Freed);
}

#[test]
fn l8_a_panic_in_a_helper_ends_its_activation() {
    let (graph, _) = graph();
    let root = install(&graph, calling_loop());
    let mut machine = Machine::calling(|_, _| panic!("the host's own"));
    let run = std::panic::AssertUnwindSafe(|| graph.enter(root, 0, &mut machine));
    assert!(std::panic::catch_unwind(run).is_err());
    assert_eq!(graph.activations(), 0);
    assert_eq!(graph.executor_info(root).expect("live").pins, 0);
    graph.invalidate(root);
    graph.drain();
    assert_eq!(graph.state_of(root), ExecutorState::Freed);
}

#[test]
fn l9_a_newer_root_takes_the_olders_place() {
    let (graph, events) = graph();
    let old = install(&graph, step_root(10, 11));
    let towards = install(&graph, step_root(20, 10));
    assert_eq!(graph.executor_info(old).expect("live").incoming.len(), 1);
    let new = install(&graph, step_root(10, 12));
    assert_eq!(graph.root_at(10), Some(new));
    let why = Invalidation::Replaced;
    let replaced = Event::Invalidated { executor: old, why };
    assert!(events.lock().expect("no panic").contains(&replaced));
    graph.enter(towards, 0, &mut Machine::new());
    assert_eq!(graph.executor_info(new).expect("live").incoming.len(), 1);
    assert_consistent(&graph);
}

#[test]
fn l11_limits_are_checked_at_install() {
    let (graph, _) = graph_with(|config| {
        config.trace_exits = 2;
        config.executors = 3;
    });
    let recording = graph.begin_root(10).expect("idle");
    let mut b = Builder::new("many exits", 10, interface());
    b.at(10);
    for _ in 0..2 {
        let more = below(&mut b, 1, 5);
        let out = b.side_exit(10, 0);
        b.guard(more, out);
    }
    let out = b.side_exit(11, 0);
    b.leave(out);
    let expected = Err(InstallError::Exits { found: 3, limit: 2 });
    assert_eq!(graph.finish(recording, b.finish()), expected);
    for pc in 0..3 {
        install(&graph, step_root(20 + pc, 90));
    }
    let recording = graph.begin_root(10).expect("idle");
    let expected = Err(InstallError::Executors { limit: 3 });
    assert_eq!(graph.finish(recording, step_root(10, 11)), expected);
    assert_eq!(graph.executors().len(), 3);
}

#[test]
fn l12_switched_off_while_a_trace_runs() {
    let (graph, _) = graph();
    let root = install(&graph, calling_loop());
    let mut machine = Machine::calling(|_, _| {
        graph.set_enabled(false);
        assert!(graph.begin_root(50).is_none());
        Outcome::Value(0)
    });
    let leave = graph.enter(root, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 12, base: 0 });
    assert_eq!(graph.root_at(10), None);
    assert_eq!(
        graph.enter(root, 0, &mut machine),
        Leave::StepFirst { pc: 10, base: 0 }
    );
    graph.set_enabled(true);
    assert_eq!(graph.root_at(10), Some(root));
}

/// The ways a link's target goes.
#[derive(Clone, Copy, Debug)]
enum Going {
    Unlinked,
    Invalidated,
    Freed,
    OwnerToo,
}

/// Runs `root` while the target of `exit` goes just as control is on its way there, with values
/// in registers and words pending. Returns the first words of the frame.
fn run_while_going(
    graph: &ExecutorGraph,
    root: ExecutorRef,
    exit: ExitRef,
    going: Going,
) -> (Leave, [u64; 8]) {
    let mut done = false;
    graph.set_transfer_hook(Some(Box::new(move |graph, taken| {
        let info = graph.exit_info(exit);
        let Some(ExitStatus::Linked(link)) = info.map(|info| info.status) else {
            return;
        };
        // A dynamic exit leads to its return point, which is what is linked.
        if done || (taken != exit && exit.owner().is_some()) {
            return;
        }
        done = true;
        match going {
            Going::Unlinked => assert!(graph.unlink(exit)),
            Going::Invalidated => graph.invalidate(link.executor),
            Going::Freed => {
                graph.invalidate(link.executor);
                // Behind an adapter: the root as well.
                graph
                    .root_at(20)
                    .into_iter()
                    .for_each(|root| graph.invalidate(root));
                graph.drain();
                assert_eq!(graph.state_of(link.executor), ExecutorState::Freed);
            }
            Going::OwnerToo => {
                graph.flush();
                graph.drain();
            }
        }
        assert_eq!(graph.inconsistencies(), Vec::<String>::new());
    })));
    let mut machine = Machine::new();
    for word in 64..80 {
        machine.memory.set(word, 500 + word as u64);
    }
    let leave = graph.enter(root, 0, &mut machine);
    graph.set_transfer_hook(None);
    (
        leave,
        std::array::from_fn(|word| machine.memory.get(word as i64)),
    )
}

const PENDING: [(i32, Pending); 3] = [
    (2, Pending::Value(Type::I64)),
    (3, Pending::Value(Type::F64)),
    (
        5,
        Pending::Constant(offramp_uop::Const {
            ty: Type::I64,
            bits: 7,
        }),
    ),
];

#[test]
fn k4_the_target_of_every_kind_of_link_goes_with_words_pending() {
    for kind in [
        LinkKind::Exact,
        LinkKind::Adapter,
        LinkKind::Header,
        LinkKind::ReturnPoint,
    ] {
        for going in [
            Going::Unlinked,
            Going::Invalidated,
            Going::Freed,
            Going::OwnerToo,
        ] {
            let (graph, _) = graph_with(|config| config.hot_exit = 100);
            let (root, exit) = linked_couple(&graph, kind);
            let (leave, frame) = run_while_going(&graph, root, exit, going);
            // Word 1 counts the instructions: the root's 1, and 100 for the target's where the
            // exit linked again at once: to what was only unlinked, by an adapter made anew.
            let again = matches!(
                (kind, going),
                (_, Going::Unlinked) | (LinkKind::Adapter, Going::Invalidated)
            );
            let count = if again { 101 } else { 1 };
            let pc = if again { 90 } else { 20 };
            assert_eq!(leave, Leave::Resume { pc, base: 0 }, "{kind:?} {going:?}");
            let expected = [0, count, 566, 567, 0, 7, 0, 0];
            assert_eq!(frame, expected, "{kind:?} {going:?}");
            assert_consistent(&graph);
            graph.flush();
            graph.drain();
            assert_eq!(graph.executors(), []);
        }
    }
}

/// A root that leaves to 20 by a link of `kind`.
fn linked_couple(graph: &ExecutorGraph, kind: LinkKind) -> (ExecutorRef, ExitRef) {
    let hundred_root = || {
        let mut b = Builder::new("hundred", 20, interface());
        step(20, 90)(&mut b);
        b.finish()
    };
    match kind {
        LinkKind::Exact => {
            let root = install(graph, parent(10, 20, 0, &PENDING));
            let exit = end_of(graph, root);
            side(graph, exit, step(20, 90));
            (root, exit)
        }
        LinkKind::Header => {
            let mut b = Builder::new("header", 20, interface());
            let first = b.load_word(Type::I64, Word(2));
            let second = b.load_word(Type::F64, Word(3));
            let condition = below(&mut b, 5, 8);
            let gate = b.side_exit(20, 0);
            b.guard(condition, gate);
            b.header(20, &[first, second]);
            let first = b.param(Type::I64, Word(2));
            let second = b.param(Type::F64, Word(3));
            let seven = b.int(7);
            b.at(20);
            bump(&mut b, 1, 100);
            b.at(90);
            let out = b.exit(ExitState {
                words: vec![(Word(2), first), (Word(3), second), (Word(5), seven)],
                ..ExitState::new(ExitKind::Side, 90, 0)
            });
            let never = b.bool(false);
            b.guard(never, out);
            b.loop_back(&[first, second]);
            let header = b.header_mut().expect("a header");
            header.constants.push((
                Word(5),
                offramp_uop::Const {
                    ty: Type::I64,
                    bits: 7,
                },
            ));
            install(graph, b.finish());
            let root = install(graph, parent(10, 20, 0, &PENDING));
            (root, end_of(graph, root))
        }
        LinkKind::Adapter => {
            install(graph, hundred_root());
            let root = install(graph, parent(10, 20, 0, &PENDING));
            // The first run makes the adapter.
            graph.enter(root, 0, &mut Machine::new());
            (root, end_of(graph, root))
        }
        _ => {
            install(graph, hundred_root());
            let root = install(graph, returning(10, 20));
            graph.enter(root, 0, &mut Machine::new());
            (root, ExitRef::return_point(20))
        }
    }
}

/// A root that returns to `to` through its return point, with words pending.
fn returning(pc: u32, to: i64) -> Trace {
    let mut b = Builder::new("returns", pc, interface());
    b.at(pc);
    bump(&mut b, 1, 1);
    let words = PENDING.map(|(word, pending)| {
        let value = match pending {
            Pending::Value(ty) => b.load_word(ty, Word(64 + word)),
            Pending::Constant(constant) => b.constant(constant),
        };
        (Word(word), value)
    });
    let out = b.exit(ExitState {
        words: words.to_vec(),
        ..ExitState::new(ExitKind::Dynamic, pc, 0)
    });
    let (to, window) = (b.int(to), b.int(0));
    b.leave_dynamic(to, window, out);
    b.finish()
}

#[test]
fn k5_a_frame_is_returned_through_after_its_callers_executor_was_freed() {
    let (graph, _) = graph_with(|config| config.hot_exit = 2);
    let continuation = install(&graph, step_root(20, 90));
    let callee = install(&graph, returning(10, 20));
    let point = ExitRef::return_point(20);
    let mut machine = Machine::new();
    graph.enter(callee, 0, &mut machine);
    assert_eq!(machine.begun, [10, 20]);
    let info = graph.exit_info(point).expect("it was used");
    assert!(matches!(info.status, ExitStatus::Linked(link) if link.executor == continuation));
    graph.invalidate(continuation);
    graph.drain();
    // The frame still names instruction 20; the return point is the program's and answers.
    let mut machine = Machine::new();
    let leave = graph.enter(callee, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 20, base: 0 });
    // It warms, and asks for a recording of what follows the call.
    let leave = graph.enter(callee, 0, &mut machine);
    let asks = Leave::Record {
        exit: point,
        pc: 20,
        base: 0,
    };
    assert_eq!(leave, asks);
    let recording = graph.begin_side(point).expect("cold");
    assert!(graph.parent_of(&recording).is_none());
    let again = graph.finish(recording, step_root(20, 90)).expect("it fits");
    assert_eq!(graph.root_at(20), Some(again));
    let mut machine = Machine::new();
    graph.enter(callee, 0, &mut machine);
    assert_eq!(machine.begun, [10, 20]);
    assert_consistent(&graph);
}

#[test]
fn a_return_point_leads_to_roots_only() {
    let (graph, _) = graph();
    let owner = install(&graph, parent(10, 20, 0, &[(2, int(1))]));
    let taker = side(&graph, end_of(&graph, owner), step(20, 90));
    let point = ExitRef::return_point(20);
    for (target, entry) in [(taker, Entry::Start), (taker, Entry::Header)] {
        assert!(graph.link(point, target, entry).is_err());
    }
    let elsewhere = install(&graph, step_root(30, 31));
    assert!(graph.link(point, elsewhere, Entry::Start).is_err());
    let root = install(&graph, step_root(20, 90));
    let link = graph.link(point, root, Entry::Start).expect("a root there");
    assert_eq!(link.kind, LinkKind::ReturnPoint);
    assert!(graph.exit_info(owner.exit(ExitId(0))).is_some());
}

#[test]
fn sweeps_cool_what_nobody_reaches_and_spare_what_runs() {
    let (graph, _) = graph();
    let root = install(&graph, step_root(10, 11));
    let used = side(&graph, end_of(&graph, root), step(11, 12));
    let unused = install(&graph, step_root(30, 31));
    for _ in 0..6 {
        graph.sweep();
        graph.enter(root, 0, &mut Machine::new());
        assert_consistent(&graph);
    }
    let live = ExecutorState::Live;
    assert_eq!(
        states(&graph, &[root, used, unused]),
        [live, live, ExecutorState::Freed]
    );
}
