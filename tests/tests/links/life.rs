//! L1 to L12: executors invalidated and freed under all circumstances.
//!
//! One file although it is long: the book and the mutants name these tests by its path.

use super::{MANY, back_ends, graph, graph_with};
use offramp::Dependency;
use offramp::explicit::{ExecutorGraph, InstallError, Leave};
use offramp::inspect::{Abort, Event, ExecutorRef, ExecutorState, ExitStatus, Invalidation};
use offramp_tests::counting::held;
use offramp_tests::links::kit::{
    REENTER, assert_consistent, at_and_poll, below, bump, end_of, graph_on, install, int,
    interface, parent, side, step, step_root,
};
use offramp_tests::links::machine::{Machine, ROOM};
use offramp_uop::evaluate::Outcome;
use offramp_uop::{Builder, ExitKind, ExitState, Imm, Op, Trace, Type, Uop, Word};

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
    at_and_poll(&mut b, 30);
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
    // The place is free for another.
    let next = install(&graph, step_root(10, 11));
    assert_eq!(graph.root_at(10), Some(next));
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
        assert!(info.temperature.remaining() >= 4 * u32::from(attempt));
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

/// What a failed compile had reserved is free again: of few executors all can still be had.
#[test]
fn l4_failed_compiles_take_no_executors() {
    let (graph, _) = graph_with(|config| config.executors = 4);
    for _ in 0..10 {
        graph.fail_next_compiles(1);
        let recording = graph.begin_root(10).expect("there is room");
        assert!(graph.finish(recording, step_root(10, 11)).is_err());
        drop(graph.begin_root(10).expect("there is room"));
    }
    for pc in [10, 20, 30, 40] {
        install(&graph, step_root(pc, 90));
    }
    assert_eq!(graph.executors().len(), 4);
    assert!(graph.begin_root(50).is_none());
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
fn an_exit_that_stays_cold_looks_only_at_what_is_new() {
    let (graph, _) = graph_with(|config| config.hot_exit = 1000);
    let owner = install(&graph, parent(10, 20, 0, &[(2, int(5))]));
    let exit = end_of(&graph, owner);
    let looked = || graph.exit_info(exit).expect("live").looked;
    let mut machine = Machine::new();
    let mut leave = |times: usize| {
        for _ in 0..times {
            let leave = graph.enter(owner, 0, &mut machine);
            assert_eq!(leave, Leave::Resume { pc: 20, base: 0 });
        }
    };
    leave(5);
    assert_eq!(looked(), 0, "nothing was installed there");
    // What starts at the target takes another constant over each time.
    for other in 0..64 {
        let from = install(
            &graph,
            parent(100 + other, 20, 0, &[(2, int(50 + i64::from(other)))]),
        );
        side(&graph, end_of(&graph, from), step(20, 90));
        leave(5);
        assert_eq!(looked(), u64::from(other) + 1);
    }
    leave(200);
    assert_eq!(looked(), 64);
    // It is linked as soon as something fits, and looks again when that is gone.
    let root = install(&graph, step_root(20, 90));
    graph.enter(owner, 0, &mut machine);
    let status = || graph.exit_info(exit).expect("live").status;
    assert!(matches!(status(), ExitStatus::Linked(_)));
    graph.invalidate(root);
    assert_eq!(status(), ExitStatus::Cold);
    let before = looked();
    graph.enter(owner, 0, &mut machine);
    graph.enter(owner, 0, &mut machine);
    assert_eq!(looked(), before + 1);
    assert_consistent(&graph);
}

/// What each leaves: traces that lead to one another, one that is invalid and not freed, a recording
/// that is under way, and exits that wait.
#[test]
fn l5_ten_thousand_graphs_come_and_go() {
    let back_end = back_ends();
    let round = || {
        let (graph, _) = graph_on(back_end(), |_| {});
        let root = install(&graph, step_root(10, 11));
        side(&graph, end_of(&graph, root), step(11, 10));
        assert_eq!(graph.executor_info(root).expect("live").incoming.len(), 1);
        let apart = install(&graph, step_root(20, 21));
        graph.enter(apart, 0, &mut Machine::new());
        let invalid = install(&graph, step_root(30, 31));
        graph.invalidate(invalid);
        assert!(graph.begin_side(end_of(&graph, apart)).is_some());
    };
    // The first time fills what the thread and the back end keep.
    round();
    let before = held();
    for _ in 1..MANY {
        round();
    }
    assert_eq!(held(), before);
}

#[test]
fn l10_references_are_rooted_until_their_trace_is_freed() {
    let (graph, _) = graph();
    let mut b = Builder::new("refers", 10, interface());
    b.at(10);
    for address in [0x40, 0x50, 0x40] {
        let reference = b.reference(address);
        b.store_word(Word(1), reference);
    }
    let out = b.side_exit(11, 0);
    b.leave(out);
    let root = install(&graph, b.finish());
    assert_eq!(graph.references(), [0x40, 0x50]);
    graph.invalidate(root);
    assert_eq!(graph.references(), [0x40, 0x50]);
    graph.drain();
    assert_eq!(graph.references(), []);
    // A trace that is refused roots nothing.
    graph.fail_next_compiles(1);
    let recording = graph.begin_root(10).expect("idle");
    let mut b = Builder::new("refused", 10, interface());
    b.at(10);
    let reference = b.reference(0x60);
    b.store_word(Word(1), reference);
    let out = b.side_exit(11, 0);
    b.leave(out);
    assert!(graph.finish(recording, b.finish()).is_err());
    assert_eq!(graph.references(), []);
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
        at: None,
        pc: 11,
        exit: Some(exit),
        reason: Abort::ParentGone,
    };
    assert!(events.lock().expect("no panic").contains(&aborted));
    assert_eq!(graph.stats().aborts.get(&Abort::ParentGone), Some(&1));
}

fn install_after(
    graph: &ExecutorGraph,
    recording: offramp::explicit::Recording,
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
fn traces_ask_the_hosts_state_for_room() {
    let (graph, _) = graph();
    let mut b = Builder::new("pushes", 10, interface());
    b.at(10);
    let out = b.side_exit(10, 0);
    let room = Uop::new(Op::HasRoom, &[]).with_ty(Type::Bool);
    let room = b.push(room.with_imm(Imm::Word(Word(ROOM as i32))));
    b.guard(room, out);
    bump(&mut b, 1, 1);
    let out = b.side_exit(11, 0);
    b.leave(out);
    let root = install(&graph, b.finish());
    let mut machine = Machine::new();
    graph.enter(root, 0, &mut machine);
    assert_eq!(machine.memory.get(1), 0);
    graph.enter(root, -1, &mut machine);
    assert_eq!(machine.memory.get(0), 1);
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
fn l7_an_invalidated_executor_that_calls_again_before_it_left_stays() {
    let (graph, _) = graph();
    let mut b = Builder::new("calls twice", 10, interface());
    for pc in [10, 11] {
        b.at(pc);
        let failed = b.exit(ExitState::new(ExitKind::Error, pc, 0));
        b.call(REENTER, &[], Some(failed));
    }
    b.at(12);
    let gone = b.exit(ExitState::new(ExitKind::Deopt, 12, 0));
    b.check_valid(gone);
    bump(&mut b, 1, 1);
    let out = b.side_exit(13, 0);
    b.leave(out);
    let root = install(&graph, b.finish());
    let mut machine = Machine::calling(|_, _| {
        graph.invalidate(root);
        graph.drain();
        assert_ne!(graph.state_of(root), ExecutorState::Freed);
        Outcome::Value(0)
    });
    let leave = graph.enter(root, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 12, base: 0 });
    drop(machine);
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

/// However often the cache is swept meanwhile: what waits for a call is in use.
#[test]
fn l8_a_sweep_spares_what_waits_for_a_call() {
    let (graph, _) = graph();
    let root = install(&graph, calling_loop());
    let idle = install(&graph, step_root(50, 51));
    let mut calls = 0;
    let mut machine = Machine::calling(|_, _| {
        calls += 1;
        for _ in 0..5 {
            graph.sweep();
        }
        assert_eq!(graph.state_of(root), ExecutorState::Live);
        Outcome::Value(0)
    });
    let leave = graph.enter(root, 0, &mut machine);
    // It ran to its end, and was not left at a check.
    assert!(matches!(leave, Leave::Record { pc: 12, .. }), "{leave:?}");
    assert_eq!(machine.memory.get(1), 5);
    drop(machine);
    assert_eq!(calls, 5);
    assert_eq!(graph.state_of(root), ExecutorState::Live);
    assert_eq!(graph.state_of(idle), ExecutorState::Freed);
    assert_consistent(&graph);
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
    // Asked before it is recorded, and again once it is known how large it is.
    assert!(graph.begin_root(10).is_none());
    assert_eq!((graph.executors().len(), graph.stats().refused), (3, 1));
    let (graph, _) = graph_with(|config| config.code_bytes = 150);
    let recording = graph.begin_root(10).expect("nothing is known yet");
    let refused = graph.finish(recording, step_root(10, 11));
    assert!(matches!(
        refused,
        Err(InstallError::CodeBytes { limit: 150, .. })
    ));
    assert_eq!((graph.executors().len(), graph.stats().code_bytes), (0, 0));
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
