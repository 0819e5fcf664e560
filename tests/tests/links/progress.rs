//! P1 to P10: cycles of executors get on, can be interrupted, and recordings end.

use super::{back_end, graph, graph_with};
use offramp::explicit::{ExecutorGraph, InstallError, Leave, LinkError};
use offramp::inspect::{Abort, ExecutorRef, ExitRef, ExitStatus};
use offramp::{Arrival, Config};
use offramp_tests::links::kit::{
    Pending, assert_consistent, at_and_poll, bump, end_of, install, int, interface, side, step,
    step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::Entry;
use offramp_uop::{Builder, ExitId, ExitKind, ExitState, Op, Trace, Type, Word};

/// One instruction at `pc`: if word 0 is `kind`, adds 1 to word 1 and goes on at `target`.
/// Exit 0 is the guard's, early. It polls first, so that nothing but progress is in a link's way.
fn one_kind(b: &mut Builder, pc: u32, kind: i64, target: u32) {
    b.at(pc);
    let other = b.side_exit(pc, 0);
    let interrupt = b.exit(ExitState::new(ExitKind::Poll, pc, 0));
    b.poll(interrupt);
    let found = b.load_word(Type::I64, Word(0));
    let wanted = b.int(kind);
    let same = b.pure(Op::Eq, &[found, wanted]);
    b.guard(same, other);
    bump(b, 1, 1);
    let out = b.side_exit(target, 0);
    b.leave(out);
}

fn kind_root(pc: u32, kind: i64, target: u32) -> Trace {
    let mut b = Builder::new(format!("kind {kind}"), pc, interface());
    one_kind(&mut b, pc, kind, target);
    b.finish()
}

fn early(executor: ExecutorRef) -> ExitRef {
    executor.exit(ExitId(0))
}

#[test]
fn p2_an_early_exit_is_not_linked_to_its_own_owner() {
    let (graph, _) = graph_with(|config| config.hot_exit = 3);
    let root = install(&graph, kind_root(10, 5, 11));
    let error = graph.link(early(root), root, Entry::Start);
    assert_eq!(error, Err(LinkError::Progress { executor: root }));
    // Until it is hot, the interpreter executes the instruction each time.
    let mut machine = Machine::new();
    for _ in 0..2 {
        let leave = graph.enter(root, 0, &mut machine);
        assert_eq!(leave, Leave::StepFirst { pc: 10, base: 0 });
    }
    let exit = early(root);
    let leave = graph.enter(root, 0, &mut machine);
    let asks = Leave::Record {
        exit,
        pc: 10,
        base: 0,
    };
    assert_eq!(leave, asks);
    // Its side trace records the instruction again with the other kind.
    let zero = side(&graph, exit, |b| one_kind(b, 10, 0, 11));
    assert_eq!(graph.root_at(10), Some(root));
    let leave = graph.enter(root, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 11, base: 0 });
    assert_eq!(machine.memory.get(1), 1);
    assert!(graph.link(early(zero), root, Entry::Start).is_err());
    assert!(graph.link(early(zero), zero, Entry::Start).is_err());
    assert_consistent(&graph);
}

/// Executors at one instruction, each behind the early exit of the one before.
fn chain(graph: &ExecutorGraph, length: i64) -> Vec<ExecutorRef> {
    let mut chain = vec![install(graph, kind_root(10, 1, 11))];
    for kind in 2..=length {
        let exit = early(chain[chain.len() - 1]);
        chain.push(side(graph, exit, |b| one_kind(b, 10, kind, 11)));
    }
    chain
}

#[test]
fn p3_early_exits_lead_to_younger_executors_only_in_cycles_of_two_and_three() {
    for length in [2, 3] {
        let (graph, _) = graph_with(|config| config.hot_exit = 100);
        let chain = chain(&graph, length);
        for (age, &from) in chain.iter().enumerate() {
            graph.unlink(early(from));
            for (other, &to) in chain.iter().enumerate() {
                let result = graph.check_link(early(from), to, Entry::Start);
                assert_eq!(result.is_ok(), other > age, "{from} to {to}: {result:?}");
            }
        }
        // All of them unlinked, a kind none of them knows: each cold exit finds the next, and the
        // last one leaves instead of closing the cycle.
        let mut machine = Machine::new();
        let leave = graph.enter(chain[0], 0, &mut machine);
        assert_eq!(leave, Leave::StepFirst { pc: 10, base: 0 });
        assert_eq!(machine.begun.len(), chain.len());
        assert_consistent(&graph);
    }
}

#[test]
fn p3_an_adapter_does_not_launder_an_early_exit() {
    // The early exit has a word pending, so it goes to a root through an adapter. The adapter is
    // young, but the root behind it is the exit's own owner.
    let (graph, _) = graph_with(|config| config.hot_exit = 100);
    let mut b = Builder::new("early with a word", 10, interface());
    let seven = b.int(7);
    at_and_poll(&mut b, 10);
    let found = b.load_word(Type::I64, Word(0));
    let wanted = b.int(5);
    let same = b.pure(Op::Eq, &[found, wanted]);
    let other = b.exit(ExitState {
        words: vec![(Word(2), seven)],
        ..ExitState::new(ExitKind::Side, 10, 0)
    });
    b.guard(same, other);
    bump(&mut b, 1, 1);
    let out = b.side_exit(11, 0);
    b.leave(out);
    let root = install(&graph, b.finish());
    let mut machine = Machine::new();
    for _ in 0..3 {
        let leave = graph.enter(root, 0, &mut machine);
        assert_eq!(leave, Leave::StepFirst { pc: 10, base: 0 });
    }
    assert_eq!(machine.memory.get(2), 7);
    assert_eq!(graph.executors(), [root]);
}

#[test]
fn p4_many_kinds_at_one_site_settle() {
    let (graph, _) = graph_with(|config| config.chain_depth = 4);
    let mut root = None;
    let mut machine = Machine::new();
    for round in 0..400_u64 {
        let kind = round % 9;
        machine.memory.set(0, kind);
        machine.begun.clear();
        let before = machine.memory.get(1);
        let executor = *root.get_or_insert_with(|| install(&graph, kind_root(10, kind as i64, 11)));
        match graph.enter(executor, 0, &mut machine) {
            Leave::Record { exit, pc: 10, .. } => {
                side(&graph, exit, |b| one_kind(b, 10, kind as i64, 11));
            }
            Leave::StepFirst { pc: 10, .. } => assert_eq!(machine.memory.get(1), before),
            Leave::Resume { pc: 11, .. } | Leave::Record { pc: 11, .. } => {
                assert_eq!(machine.memory.get(1), before + 1);
            }
            other => panic!("{other:?}"),
        }
        assert!(machine.begun.len() <= 6, "{:?}", machine.begun);
    }
    assert!(graph.executors().len() <= 5, "{}", graph.dump());
    assert_consistent(&graph);
}

#[test]
fn p1_two_executors_linked_to_each_other_are_interruptible() {
    let (graph, _) = graph();
    let mut b = Builder::new("there", 10, interface());
    at_and_poll(&mut b, 10);
    bump(&mut b, 1, 100);
    let out = b.side_exit(11, 0);
    b.leave(out);
    let there = install(&graph, b.finish());
    // This one does not poll, and leads to an older one that does before anything else.
    side(&graph, end_of(&graph, there), step(11, 10));
    let mut machine = Machine::new();
    machine.fuel = 40;
    let leave = graph.enter(there, 0, &mut machine);
    assert_eq!(leave, Leave::Interrupt { pc: 10, base: 0 });
    // The instruction that was interrupted has begun, no more.
    let begun = machine.begun.len() as u64;
    assert_eq!(machine.memory.get(1), 100 * (begun - 1));
}

#[test]
fn p1_a_cycle_without_a_poll_is_not_closed() {
    let (graph, _) = graph_with(|config| config.hot_exit = 100);
    let quiet = |pc, target| {
        let mut b = Builder::new("quiet", pc, interface());
        step(pc, target)(&mut b);
        b.finish()
    };
    let there = install(&graph, quiet(10, 11));
    let back = install(&graph, quiet(11, 10));
    let error = LinkError::Uninterruptible { executor: there };
    assert_eq!(
        graph.link(end_of(&graph, back), there, Entry::Start),
        Err(error)
    );
    let mut machine = Machine::new();
    let leave = graph.enter(there, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 10, base: 0 });
    assert_eq!(machine.begun, [10, 11]);
    // Nor through an adapter, nor through a return point.
    let pending = [(2, int(1))];
    let owner = install(&graph, quiet_parent(12, 10, &pending));
    graph.enter(owner, 0, &mut Machine::new());
    let info = graph.exit_info(end_of(&graph, owner)).expect("live");
    assert_eq!((info.status, info.quiet), (ExitStatus::Cold, true));
    let point = ExitRef::return_point(10);
    assert_eq!(graph.link(point, there, Entry::Start), Err(error));
}

/// A root at `pc` that does not poll and leaves to `target` with something pending.
fn quiet_parent(pc: u32, target: u32, words: &[(i32, Pending)]) -> Trace {
    let mut b = Builder::new("quiet parent", pc, interface());
    b.at(pc);
    let words = words.iter().map(|&(word, pending)| match pending {
        Pending::Constant(constant) => (Word(word), b.constant(constant)),
        Pending::Value(ty) => (Word(word), b.load_word(ty, Word(word))),
    });
    let words = words.collect();
    let out = b.exit(ExitState {
        words,
        ..ExitState::new(ExitKind::Side, target, 0)
    });
    b.leave(out);
    b.finish()
}

#[test]
fn p1_a_loop_that_does_not_poll_is_refused() {
    let (graph, _) = graph();
    let recording = graph.begin_root(10).expect("idle");
    let mut b = Builder::new("spins", 10, interface());
    b.at(10);
    bump(&mut b, 1, 1);
    let result = graph.finish(recording, b.finish_loop());
    assert_eq!(result, Err(InstallError::NoPoll));
}

#[test]
fn p5_an_interrupt_that_nobody_clears_ends_every_entry_at_once() {
    let (graph, _) = graph();
    let (one, other) = (step_root(10, 20), step_root(20, 10));
    let (one, other) = (install(&graph, one), install(&graph, other));
    for (from, to) in [(one, other), (other, one)] {
        let exit = end_of(&graph, from);
        graph.unlink(exit);
        graph.link(exit, to, Entry::Start).expect("it fits");
    }
    let mut machine = Machine::new();
    machine.interrupt = true;
    for _ in 0..5 {
        machine.begun.clear();
        let leave = graph.enter(one, 0, &mut machine);
        assert_eq!(leave, Leave::Interrupt { pc: 10, base: 0 });
        assert_eq!(machine.begun, [10]);
    }
    assert_eq!(machine.memory.get(1), 0);
    assert!(!graph.is_recording());
}

#[test]
fn p6_an_attempt_that_an_interrupt_ended_counts_and_is_not_repeated_at_once() {
    let (graph, _) = graph();
    let root = install(&graph, step_root(10, 20));
    let mut machine = Machine::new();
    let leave = graph.enter(root, 0, &mut machine);
    let Leave::Record { exit, .. } = leave else {
        panic!("{leave:?}")
    };
    let recording = graph.begin_side(exit).expect("the exit is cold");
    graph.abandon(recording, Abort::Interrupt);
    assert_eq!(graph.stats().aborts.get(&Abort::Interrupt), Some(&1));
    assert_eq!(graph.exit_info(exit).expect("it exists").failures, 1);
    let leave = graph.enter(root, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 20, base: 0 });
}

#[test]
fn p7_every_way_out_of_recording_finalises_it() {
    let (graph, _) = graph();
    let root = install(&graph, step_root(10, 11));
    let exit = end_of(&graph, root);
    let status = || graph.exit_info(exit).expect("live").status;
    // Abandoned.
    let recording = graph.begin_side(exit).expect("cold");
    assert_eq!(
        (graph.is_recording(), status()),
        (true, ExitStatus::Recording)
    );
    assert!(graph.begin_root(30).is_none(), "one at a time");
    graph.abandon(recording, Abort::Error);
    assert_eq!((graph.is_recording(), status()), (false, ExitStatus::Cold));
    // Dropped: by an error returned early, by a panic.
    drop(graph.begin_side(exit).expect("cold"));
    assert_eq!((graph.is_recording(), status()), (false, ExitStatus::Cold));
    let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _recording = graph.begin_root(30);
        panic!("the host's own");
    }));
    assert!(panics.is_err() && !graph.is_recording());
    // Refused.
    let recording = graph.begin_side(exit).expect("cold");
    let error = graph
        .finish(recording, step_root(12, 13))
        .expect_err("wrong place");
    let expected = InstallError::Place {
        wanted: 11,
        found: 12,
    };
    assert_eq!(error, expected);
    assert!(!graph.is_recording());
    assert_eq!(status(), ExitStatus::GivenUp(Abort::Disagrees));
    // Finished.
    graph.reset_given_up();
    side(&graph, exit, step(11, 12));
    assert!(!graph.is_recording());
    let aborts = graph.stats().aborts;
    let counts = [Abort::Error, Abort::Dropped, Abort::Disagrees].map(|reason| aborts[&reason]);
    assert_eq!(counts, [1, 2, 1]);
}

#[test]
fn p10_a_trace_of_only_early_exits_is_refused() {
    let (graph, _) = graph();
    let recording = graph.begin_root(10).expect("idle");
    let mut b = Builder::new("nothing", 10, interface());
    b.at(10);
    let out = b.side_exit(10, 0);
    b.leave(out);
    let result = graph.finish(recording, b.finish());
    assert_eq!(result, Err(InstallError::NoProgress));
    assert_eq!(graph.stats().aborts[&Abort::NoProgress], 1);
}

#[test]
fn s1_a_recording_with_a_guard_behind_an_effect_is_refused() {
    let (graph, _) = graph_with(|config| config.optimise = true);
    let recording = graph.begin_root(10).expect("idle");
    let mut b = Builder::new("late guard", 10, interface());
    b.at(10);
    bump(&mut b, 1, 1);
    let condition = b.bool(true);
    let out = b.side_exit(10, 0);
    b.guard(condition, out);
    let out = b.side_exit(11, 0);
    b.leave(out);
    let error = graph.finish(recording, b.finish()).expect_err("malformed");
    let InstallError::Malformed(errors) = error else {
        panic!("{error}")
    };
    assert!(errors.to_string().contains("guard"), "{errors}");
    assert_eq!(graph.stats().aborts[&Abort::Malformed], 1);
}

#[test]
fn a_side_trace_must_take_over_what_its_exit_leaves() {
    let (graph, _) = graph();
    let root = install(&graph, step_root(10, 11));
    let recording = graph.begin_side(end_of(&graph, root)).expect("cold");
    let mut entry = offramp_uop::EntrySignature::empty();
    entry.words.push(offramp_uop::EntryWord {
        word: Word(3),
        holds: offramp_uop::Holds::Param(Type::I64),
    });
    let mut b = Builder::with_entry("greedy", 11, interface(), entry.clone());
    step(11, 12)(&mut b);
    let error = graph
        .finish(recording, b.finish())
        .expect_err("nothing is pending");
    assert!(matches!(
        error,
        InstallError::Link(LinkError::Disagreement(_))
    ));
    let recording = graph.begin_root(11).expect("idle");
    let mut b = Builder::with_entry("greedy", 11, interface(), entry);
    step(11, 12)(&mut b);
    assert_eq!(
        graph.finish(recording, b.finish()),
        Err(InstallError::NotARoot)
    );
}

/// A root for word 0 being 5 whose first guard will not grow a trace.
fn given_up() -> (ExecutorGraph, ExecutorRef) {
    let (graph, _) = graph_with(|config| {
        config.useless_root = 10;
        config.failures = 1;
    });
    let root = install(&graph, kind_root(10, 5, 11));
    let leave = graph.enter(root, 0, &mut Machine::new());
    assert!(matches!(leave, Leave::Record { .. }));
    let recording = graph.begin_side(early(root)).expect("cold");
    graph.abandon(recording, Abort::Unrecordable);
    (graph, root)
}

#[test]
fn a_first_guard_that_always_fails_makes_room_for_another_root() {
    let (graph, _) = given_up();
    let mut machine = Machine::new();
    let mut entries = 0;
    while let Some(root) = graph.root_at(10) {
        graph.enter(root, 0, &mut machine);
        entries += 1;
        assert!(entries <= 10);
    }
    assert_eq!(entries, 10);
}

#[test]
fn a_root_that_fails_every_other_time_stays() {
    let (graph, root) = given_up();
    let mut machine = Machine::new();
    for entry in 0..100 {
        machine.memory.set(0, 5 * (entry % 2));
        graph.enter(root, 0, &mut machine);
        assert_eq!(graph.root_at(10), Some(root), "entry {entry}");
    }
}

#[test]
fn places_get_hot_at_their_thresholds_and_are_put_off_after_failures() {
    let mut config = Config::default();
    config.hot_loop = 3;
    config.hot_function = 5;
    let graph = ExecutorGraph::new(config, back_end());
    let arrivals = |pc, arrival| {
        let hot = |_: &u32| graph.arrive(pc, arrival);
        (1..10_000_u32).find(hot).expect("it gets hot")
    };
    assert_eq!(arrivals(1, Arrival::Loop), 3);
    assert_eq!(arrivals(2, Arrival::Function), 5);
    let put_off = |reason| {
        let recording = graph.begin_root(1).expect("idle");
        graph.abandon(recording, reason);
        arrivals(1, Arrival::Loop)
    };
    // An inner loop that should get hot first is no fault of this place: no doubling.
    assert!((4..=11).contains(&put_off(Abort::InnerLoop)));
    assert!((7..=14).contains(&put_off(Abort::Length)));
    assert!((8192..8200).contains(&put_off(Abort::Length)));
}
