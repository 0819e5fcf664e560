//! Entries in the middle: traces that end where paths join, and what they are linked to.

use super::{graph, graph_with};
use offramp::explicit::{ExecutorGraph, Leave};
use offramp::inspect::{ExecutorRef, ExecutorState, ExitStatus};
use offramp_tests::links::kit::{
    assert_consistent, at_and_poll, bump, end_of, install, int, interface, parent, side, step,
    step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::testing::random::Random;
use offramp_uop::{Builder, Holds, Type, Word};

/// A side trace of one instruction that stores a constant to `word` and ends at the join `target`.
fn arm(
    graph: &ExecutorGraph,
    from: ExecutorRef,
    target: u32,
    word: i32,
    value: i64,
) -> ExecutorRef {
    let recording = graph
        .begin_side(end_of(graph, from))
        .expect("the exit is cold");
    let pc = recording.pc();
    let mut b = graph.inherit(&recording, "arm").expect("the parent lives");
    at_and_poll(&mut b, pc);
    let value = b.int(value);
    b.store_word(Word(word), value);
    let out = b.side_exit(target, 0);
    b.leave(out);
    graph.ends_at_join(&recording);
    graph.finish(recording, b.finish()).expect("it fits")
}

/// The trace that starts where `arm` ends.
fn middle(graph: &ExecutorGraph, arm: ExecutorRef) -> ExecutorRef {
    let recording = graph
        .begin_side(end_of(graph, arm))
        .expect("the exit is cold");
    let mut b = graph
        .inherit(&recording, "middle")
        .expect("the parent lives");
    step(recording.pc(), 90)(&mut b);
    graph.finish(recording, b.finish()).expect("it fits")
}

fn link_of(graph: &ExecutorGraph, executor: ExecutorRef) -> Option<ExecutorRef> {
    match graph.exit_info(end_of(graph, executor))?.status {
        ExitStatus::Linked(link) => Some(link.executor),
        _ => None,
    }
}

#[test]
fn paths_join_where_recordings_come_from_two_instructions() {
    let (graph, _) = graph();
    assert!(!graph.pass(10, 12));
    assert!(!graph.pass(10, 12), "twice from one instruction is one way");
    assert!(graph.pass(11, 12));
    assert!(graph.pass(10, 12), "once a join, always a join");
    let (graph, _) = graph_with(|config| config.joins = 0);
    assert!(!graph.pass(10, 12) && !graph.pass(11, 12), "switched off");
}

#[test]
fn arms_that_know_different_payloads_share_what_follows() {
    let (graph, _) = graph_with(|config| config.optimise = true);
    let first = install(&graph, step_root(10, 12));
    let second = install(&graph, step_root(11, 12 + 1));
    let arms = [arm(&graph, first, 20, 2, 5), arm(&graph, second, 20, 2, 7)];
    let entry = middle(&graph, arms[0]);
    let info = graph.executor_info(entry).expect("live");
    let takes: Vec<_> = info.trace.entry.params().collect();
    let (count, payload) = ((Word(1), Type::I64), (Word(2), Type::I64));
    assert_eq!(takes, [count, payload], "the payload is handed over");
    // Each way in: the first is linked when the entry is made, the second when it is taken.
    assert_eq!(link_of(&graph, arms[0]), Some(entry));
    assert_eq!(link_of(&graph, arms[1]), None);
    for (root, wanted) in [(first, 5), (second, 7), (second, 7)] {
        let mut machine = Machine::new();
        let leave = graph.enter(root, 0, &mut machine);
        assert!(matches!(
            leave,
            Leave::Record { pc: 90, .. } | Leave::Resume { pc: 90, .. }
        ));
        assert_eq!(machine.memory.get(2), wanted as u64);
    }
    assert_eq!(link_of(&graph, arms[1]), Some(entry));
    let stats = graph.stats();
    assert_eq!((stats.middles, stats.middle_links), (1, 2));
    // A third arm finds the entry and is linked to it from the beginning.
    let third = install(&graph, step_root(14, 15));
    let third = arm(&graph, third, 20, 2, 9);
    assert_eq!(link_of(&graph, third), Some(entry));
    assert_consistent(&graph);
}

#[test]
fn an_arm_that_pends_other_words_meets_the_entry_all_the_same() {
    let (graph, _) = graph_with(|config| config.optimise = true);
    let first = install(&graph, step_root(10, 12));
    let second = install(&graph, step_root(11, 13));
    let entry = {
        let arm = arm(&graph, first, 20, 2, 5);
        middle(&graph, arm)
    };
    // It stores word 4, which the entry does not take, and loads word 2, which it does.
    let other = arm(&graph, second, 20, 4, 7);
    assert_eq!(link_of(&graph, other), Some(entry));
    let mut machine = Machine::new();
    machine.memory.set(2, 11);
    graph.enter(second, 0, &mut machine);
    assert_eq!((machine.memory.get(2), machine.memory.get(4)), (11, 7));
    assert_consistent(&graph);
}

/// A trace that takes nothing over can be met by every trace that stores everything; that is the last
/// resort and not the first.
#[test]
fn an_entry_that_takes_nothing_over_is_not_met_while_there_may_be_others() {
    let (graph, _) = graph_with(|config| config.optimise = true);
    let idle = |b: &mut Builder, pc: u32, target: u32| {
        at_and_poll(b, pc);
        let out = b.side_exit(target, 0);
        b.leave(out);
    };
    let root = |pc: u32, target: u32| {
        let mut b = Builder::new("idle", pc, interface());
        idle(&mut b, pc, target);
        install(&graph, b.finish())
    };
    let (first, second) = (root(10, 12), root(11, 13));
    let recording = graph.begin_side(end_of(&graph, first)).expect("cold");
    let mut b = graph.inherit(&recording, "arm").expect("live");
    idle(&mut b, 12, 20);
    graph.ends_at_join(&recording);
    let empty = graph.finish(recording, b.finish()).expect("it fits");
    let entry = middle(&graph, empty);
    let info = graph.executor_info(entry).expect("live");
    assert!(info.trace.entry.is_empty(), "nothing was pending");
    let other = arm(&graph, second, 20, 2, 5);
    let info = graph.executor_info(other).expect("live");
    let words = &info.trace.exits.last().expect("it ends").words;
    assert_eq!(words.len(), 1, "word 2 stays in a register");
    assert_eq!(link_of(&graph, other), None);
    assert_consistent(&graph);
}

#[test]
fn where_there_are_enough_entries_everything_is_stored() {
    let (graph, _) = graph_with(|config| {
        config.optimise = true;
        config.joins = 1;
    });
    let first = install(&graph, step_root(10, 12));
    let entry = {
        let arm = arm(&graph, first, 20, 2, 5);
        middle(&graph, arm)
    };
    // A double where the entry takes an integer travels as its bits; a word below the frame, which
    // this trace does not name, cannot be met.
    let second = install(&graph, parent(11, 13, 4, &[(3, int(1))]));
    let recording = graph.begin_side(end_of(&graph, second)).expect("cold");
    let mut b = graph.inherit(&recording, "arm").expect("live");
    at_and_poll(&mut b, 13);
    bump(&mut b, 1, 100);
    let out = b.side_exit(20, 0);
    b.leave(out);
    graph.ends_at_join(&recording);
    let other = graph.finish(recording, b.finish()).expect("it fits");
    match link_of(&graph, other) {
        // It has been met, with its words loaded.
        Some(met) => assert_eq!(met, entry),
        None => {
            let info = graph.executor_info(other).expect("live");
            assert!(info.trace.exits.last().expect("it ends").words.is_empty());
        }
    }
    assert_consistent(&graph);
}

/// As many entries at one place, each for other words, invalidated and freed in any order while the
/// arms run.
#[test]
fn many_entries_at_one_place_come_and_go_in_any_order() {
    for (seed, count) in [(1, 64), (2, 128), (3, 256)] {
        let mut random = Random::new(seed);
        let (graph, _) = graph_with(|config| config.joins = usize::MAX);
        let mut roots = Vec::new();
        let mut entries = Vec::new();
        for n in 0..count {
            // What is pending is another word each time, so no two entries are the same.
            let root = install(
                &graph,
                parent(1000 + n, 20, 0, &[(2 + n as i32 % 60, int(n.into()))]),
            );
            let from = end_of(&graph, root);
            let entry = side(&graph, from, |b: &mut Builder| step(20, 90)(b));
            let taken = graph
                .executor_info(entry)
                .expect("live")
                .trace
                .entry
                .clone();
            assert!(
                taken
                    .words
                    .iter()
                    .all(|it| matches!(it.holds, Holds::Constant(_)))
            );
            roots.push(root);
            entries.push(entry);
        }
        assert_consistent(&graph);
        while let Some(last) = entries.len().checked_sub(1) {
            let victim = entries.swap_remove(random.below(last + 1));
            graph.invalidate(victim);
            if random.chance(30) {
                graph.drain();
            }
            for _ in 0..2 {
                let root = roots[random.below(roots.len())];
                let mut machine = Machine::new();
                let leave = graph.enter(root, 0, &mut machine);
                let (Leave::Resume { pc, .. } | Leave::Record { pc, .. }) = leave else {
                    panic!("{leave:?}");
                };
                assert!(pc == 20 || pc == 90, "left to {pc}");
            }
            if random.chance(10) {
                assert_consistent(&graph);
            }
        }
        graph.drain();
        assert_consistent(&graph);
        let info = graph.executors();
        assert!(
            info.iter()
                .all(|&it| graph.state_of(it) == ExecutorState::Live)
        );
        assert_eq!(info.len(), count as usize, "the roots are left");
    }
}
