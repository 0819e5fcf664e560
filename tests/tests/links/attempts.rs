//! R4, R5: what cannot be served is tried now and then, not all the time, and not at the same
//! iteration each time.

use super::{graph, graph_with};
use offramp::Arrival;
use offramp::explicit::{ExecutorGraph, Leave};
use offramp::inspect::Abort;
use offramp_tests::links::kit::{
    assert_consistent, at_and_poll, bump, end_of, install, interface, side, step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::{Builder, Op, Pc, Trace, Type, Word};

/// The instruction at 10 for word 0 being `kind`; its first exit is taken for any other.
fn kind(b: &mut Builder, kind: i64) {
    let found = b.load_word(Type::I64, Word(0));
    let wanted = b.int(kind);
    let same = b.pure(Op::Eq, &[found, wanted]);
    let other = b.side_exit(10, 0);
    b.guard(same, other);
    bump(b, 1, 1);
    let out = b.side_exit(11, 0);
    b.leave(out);
}

fn kind_root() -> Trace {
    let mut b = Builder::new("kind", 10, interface());
    at_and_poll(&mut b, 10);
    kind(&mut b, -1);
    b.finish()
}

/// Enters the root at 10 with ever new kinds; what asks is recorded by `record`.
fn visit(
    graph: &ExecutorGraph,
    kinds: std::ops::Range<u64>,
    record: impl Fn(offramp::inspect::ExitRef, i64),
) {
    let mut machine = Machine::new();
    for kind in kinds {
        machine.memory.set(0, kind);
        machine.begun.clear();
        let root = graph.root_at(10).expect("installed");
        if let Leave::Record { exit, pc: 10, .. } = graph.enter(root, 0, &mut machine) {
            record(exit, kind as i64);
        }
    }
    assert_consistent(graph);
}

/// Every visit has a kind that was never seen: a chain is grown once, and then left alone.
#[test]
fn r4_a_site_of_ever_new_kinds_settles() {
    let (graph, _) = graph_with(|config| config.hot_exit = 4);
    install(&graph, kind_root());
    let record = |exit, wanted| {
        side(&graph, exit, |b| {
            b.at(10);
            kind(b, wanted);
        });
    };
    let depth = usize::from(graph.config().chain_depth);
    visit(&graph, 0..5_000, record);
    let (executors, stats) = (graph.executors().len(), graph.stats());
    assert!(executors <= depth + 1, "{executors}");
    visit(&graph, 5_000..50_000, record);
    assert_eq!(graph.executors().len(), executors);
    assert_eq!(graph.stats().compiled, stats.compiled);
}

/// What is recorded there never comes to anything: attempts grow with the logarithm of the visits.
#[test]
fn r4_a_site_whose_recordings_always_fail_settles() {
    let (graph, _) = graph_with(|config| (config.hot_exit, config.useless_root) = (4, u32::MAX));
    install(&graph, kind_root());
    let record = |exit, _| {
        let recording = graph.begin_side(exit).expect("it asked");
        graph.abandon(recording, Abort::Unrecordable);
    };
    visit(&graph, 0..1_000, record);
    let early = graph.stats().recordings;
    assert!((3..=6).contains(&early), "{early}");
    visit(&graph, 1_000..150_000, record);
    let later = graph.stats().recordings - early;
    assert!((3..=6).contains(&later), "{later}");
}

/// Iterations, counted over all rounds of a loop, at which its recording is tried: `arrivals` after one
/// another, each abandoned.
fn attempts(count: usize) -> Vec<u64> {
    let (graph, _) = graph_with(|config| config.hot_loop = 64);
    let mut at = 0;
    let mut attempts = Vec::new();
    while attempts.len() < count {
        match graph.wait(10, Arrival::Loop) {
            0 => {
                let recording = graph.begin_root(10).expect("nothing is recorded");
                graph.abandon(recording, Abort::Unrecordable);
                attempts.push(at);
            }
            left => at += u64::from(left),
        }
    }
    attempts
}

/// The same at an exit.
fn attempts_at_exit(count: usize) -> Vec<u64> {
    let (graph, _) = graph_with(|config| config.hot_exit = 64);
    let exit = end_of(&graph, install(&graph, step_root(10, 11)));
    let mut at = 0;
    (0..count)
        .map(|_| {
            let info = graph.exit_info(exit).expect("live");
            at += u64::from(info.temperature.remaining()) + 1;
            let recording = graph.begin_side(exit).expect("cold");
            graph.abandon(recording, Abort::Unrecordable);
            at
        })
        .collect()
}

/// Of a loop whose number of iterations is a power of two, one iteration cannot be recorded, and it is
/// the one that every distance so far led to. Later attempts fall on others.
#[test]
fn r5_attempts_do_not_fall_on_the_same_iteration_of_a_power_of_two() {
    for attempts in [attempts(14), attempts_at_exit(14)] {
        for bits in 1..=10 {
            let trips = 1 << bits;
            let iterations: Vec<u64> = attempts.iter().map(|at| at % trips).collect();
            // From any attempt on, one of the next eight is at another iteration.
            for following in iterations.windows(8) {
                let same = following.iter().all(|at| *at == following[0]);
                assert!(!same, "of {trips} iterations {iterations:?}");
            }
        }
    }
}

/// Places that fail together do not go on being tried together.
#[test]
fn r5_places_that_fail_together_are_tried_again_apart() {
    let (graph, _) = graph();
    let remaining: std::collections::BTreeSet<u32> = (0..32)
        .map(|n: Pc| {
            let exit = end_of(&graph, install(&graph, step_root(100 + 2 * n, 101 + 2 * n)));
            let recording = graph.begin_side(exit).expect("cold");
            graph.abandon(recording, Abort::Unrecordable);
            graph.exit_info(exit).expect("live").temperature.remaining()
        })
        .collect();
    assert!(remaining.len() >= 4, "{remaining:?}");
    let spread = remaining.last().zip(remaining.first());
    assert!(
        spread.is_some_and(|(last, first)| last - first < 8),
        "{remaining:?}"
    );
}
