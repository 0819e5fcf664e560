//! R1, R3: the code cache. What makes room and for what, what cools, and what invalidation costs.

use super::{PLACES, back_end, graph_with};
use offramp::explicit::{
    Backend, Code, Compile, CompileError, Compiler, Entrance, ExecutorGraph, InstallError, Leave,
    Records, Unpublished,
};
use offramp::inspect::{ExecutorRef, ExecutorState, Invalidation};
use offramp::{Arrival, Config, Dependency};
use offramp_tests::links::kit::{
    assert_consistent, at_and_poll, bump, end_of, graph_on, install, side, step, step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::State;
use offramp_uop::{Builder, ExitKind, ExitState, Pc, Trace};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const LIVE: ExecutorState = ExecutorState::Live;

/// An interpreter whose program is loops of 200 iterations, each at its own instruction.
struct Host {
    graph: ExecutorGraph,
    /// Iterations until it asks the graph again.
    waits: BTreeMap<Pc, u32>,
}

impl Host {
    fn new(executors: usize) -> Host {
        let (graph, _) = graph_with(|config| {
            config.hot_loop = 50;
            config.hot_exit = u16::MAX;
            config.executors = executors;
            // Which of many traces stay is tested by making them.
            config.compile_burst = u32::MAX;
        });
        let waits = BTreeMap::new();
        Host { graph, waits }
    }

    /// Runs the loop at `pc`; whether in its trace to the end.
    fn visit(&mut self, pc: Pc) -> bool {
        for iteration in 0..200 {
            if let Some(root) = self.graph.root_at(pc) {
                self.graph.enter(root, 0, &mut Machine::new());
                return iteration == 0;
            }
            let wait = self.waits.entry(pc).or_default();
            *wait = wait.saturating_sub(1);
            if *wait > 0 {
                continue;
            }
            match self.graph.wait(pc, Arrival::Loop) {
                0 => {
                    if let Some(recording) = self.graph.begin_root(pc) {
                        let trace = step_root(pc, 1 << 20);
                        self.graph.finish(recording, trace).expect("it fits");
                    }
                }
                left => *wait = left,
            }
        }
        false
    }

    /// Runs all of `loops` so often; how many ran in traces the last time.
    fn rounds(&mut self, loops: impl Iterator<Item = Pc> + Clone, times: usize) -> usize {
        let mut hits = 0;
        for _ in 0..times {
            hits = loops.clone().filter(|&pc| self.visit(pc)).count();
        }
        assert_consistent(&self.graph);
        hits
    }

    fn compiled(&self) -> u64 {
        self.graph.stats().compiled
    }
}

/// Loops for a cache of 160 executors, of which recordings may have 150; fewer where each costs a
/// compile.
const SLOTS: usize = 160;
const USABLE: usize = 150;

#[test]
fn a_working_set_that_fits_is_compiled_once() {
    let mut host = Host::new(SLOTS);
    assert_eq!(host.rounds(0..150, 100), USABLE);
    let stats = host.graph.stats();
    assert_eq!((stats.compiled, stats.refused), (150, 0));
    assert_eq!(stats.invalidations.values().sum::<u64>(), 0);
}

#[test]
fn of_a_cyclic_working_set_that_does_not_fit_the_cache_keeps_what_it_holds() {
    for loops in [151, 200, 300, 600] {
        let mut host = Host::new(SLOTS);
        host.rounds(0..loops, 2);
        let (compiled, refused) = (host.compiled(), host.graph.stats().refused);
        // Once for each at most, and what was evicted too early while nothing was known yet.
        assert!(compiled <= u64::from(loops) * 11 / 10 + 10, "{compiled}");
        let hits = host.rounds(0..loops, 60);
        assert!(hits >= USABLE * 9 / 10, "{hits} of {loops}");
        let later = host.compiled() - compiled;
        assert!(later <= 15, "{loops} loops: {later} compiled again");
        // What is interpreted asks now and then: each at most in every fourth round.
        let refused = host.graph.stats().refused - refused;
        assert!(refused <= u64::from(loops) * 16, "{refused}");
    }
}

/// The same, where each loop comes twice in a round, so that it returns sooner than the round ends.
#[test]
fn loops_that_come_twice_in_a_round_do_not_evict_one_another_in_turn() {
    for apart in [3, 40, 120] {
        let mut host = Host::new(SLOTS);
        let order = (0..300).flat_map(move |pc| [pc, (pc + 300 - apart) % 300]);
        host.rounds(order.clone(), 10);
        let compiled = host.compiled();
        host.rounds(order.clone(), 100);
        let later = host.compiled() - compiled;
        assert!(later <= 300, "{apart} apart: {later} compiled again");
    }
}

#[test]
fn a_new_phase_takes_the_room_of_the_one_that_is_over() {
    let mut host = Host::new(SLOTS);
    for turn in 0..6 {
        let phase = [0..100, 1000..1100][turn % 2].clone();
        let before = host.compiled();
        let hits = host.rounds(phase, 40);
        assert_eq!(hits, 100, "in turn {turn}");
        let compiled = host.compiled() - before;
        assert!(compiled <= 110, "{compiled} in turn {turn}");
    }
}

/// A working set that moves on, and comes round again after a time: what is here now is compiled, however
/// long that goes on.
#[test]
fn a_working_set_that_moves_is_compiled_where_it_is() {
    let mut host = Host::new(SLOTS);
    let phases = if PLACES { 100 } else { 600 };
    let mut hits = 0;
    for phase in 0..phases {
        let from = phase * 20 % 1000;
        hits += host.rounds(from..from + 100, 30);
    }
    // Of a fifth that is new each time, some may still wait for room.
    assert!(hits as u32 >= phases * 95, "{hits} of {}", phases * 100);
    let compiled = host.compiled();
    assert!(compiled <= u64::from(phases) * 24 + 200, "{compiled}");
}

/// New loops all the time, and some that come again and again.
#[test]
fn what_is_used_all_the_time_stays_while_new_code_streams_through() {
    let mut host = Host::new(SLOTS);
    let mut missed = 0;
    for new in 0..3000 {
        host.visit(10_000 + new);
        for hot in 0..20 {
            missed += u32::from(!host.visit(hot));
        }
    }
    assert!(missed <= 40, "{missed}");
    assert_eq!(host.graph.executors().len(), USABLE);
    assert_consistent(&host.graph);
}

/// A dead cache gives way to the only loop that still runs.
#[test]
fn a_single_loop_that_runs_gets_room_from_those_that_do_not() {
    let mut host = Host::new(SLOTS);
    host.rounds(0..600, 5);
    let out = (0..600).find(|&pc| host.graph.root_at(pc).is_none());
    let out = out.expect("not all of them fit");
    let visits = (0..1000).find(|_| host.visit(out));
    assert!(visits.is_some_and(|visits| visits < 100), "{visits:?}");
}

/// A graph of 15 usable slots, full: the first two executors are `tree`.
fn full(tree: &ExecutorGraph) -> Vec<ExecutorRef> {
    let roots: Vec<ExecutorRef> = (0..13)
        .map(|n| install(tree, step_root(100 + n, 1 << 20)))
        .collect();
    assert_eq!(tree.executors().len(), 15);
    roots
}

fn run(graph: &ExecutorGraph, root: ExecutorRef, times: usize) {
    for _ in 0..times {
        graph.enter(root, 0, &mut Machine::new());
    }
}

fn with_slots(config: &mut Config) {
    (config.executors, config.hot_exit) = (16, u16::MAX);
}

#[test]
fn trees_go_whole_and_the_one_that_ran_longest_ago_first() {
    let (graph, _) = graph_with(with_slots);
    let root = install(&graph, step_root(10, 11));
    let hanging = side(&graph, end_of(&graph, root), step(11, 12));
    let others = full(&graph);
    run(&graph, root, 1);
    for &other in &others {
        run(&graph, other, 10);
    }
    let new = install(&graph, step_root(50, 51));
    assert_eq!(
        [root, hanging].map(|it| graph.state_of(it)),
        [ExecutorState::Freed; 2]
    );
    assert!(others.iter().all(|&it| graph.state_of(it) == LIVE));
    let stats = graph.stats();
    assert_eq!(stats.invalidations.get(&Invalidation::Evicted), Some(&2));
    assert_eq!(stats.trees_evicted, 1);
    assert_eq!(graph.state_of(new), LIVE);
    assert_consistent(&graph);
}

#[test]
fn a_tree_does_not_make_room_for_its_own_side_traces() {
    let (graph, _) = graph_with(with_slots);
    let root = install(&graph, step_root(10, 11));
    let hanging = side(&graph, end_of(&graph, root), step(11, 12));
    let others = full(&graph);
    for &other in &others {
        run(&graph, other, 10);
    }
    let next = side(&graph, end_of(&graph, hanging), step(12, 13));
    for kept in [root, hanging, next] {
        assert_eq!(graph.state_of(kept), LIVE);
    }
    assert_eq!(graph.state_of(others[0]), ExecutorState::Freed);
    assert_consistent(&graph);
}

/// 10 leads to 20 and that to 30 without the graph's knowledge; 20 looks as if it never ran.
#[test]
fn what_only_links_lead_to_is_not_taken_for_idle() {
    let (graph, _) = graph_with(with_slots);
    let last = install(&graph, step_root(30, 1 << 20));
    let middle = install(&graph, step_root(20, 30));
    let mut others: Vec<ExecutorRef> = (0..12)
        .map(|n| install(&graph, step_root(100 + n, 1 << 20)))
        .collect();
    let first = install(&graph, step_root(10, 20));
    for n in 0..200 {
        run(&graph, first, 40);
        let Some(recording) = graph.begin_root(1000 + n) else {
            continue;
        };
        let trace = step_root(1000 + n, 1 << 20);
        others.push(graph.finish(recording, trace).expect("it fits"));
    }
    let gone = |it: &&ExecutorRef| graph.state_of(**it) != LIVE;
    assert!(others.iter().filter(gone).count() > 100);
    for kept in [first, middle, last] {
        assert_eq!(graph.state_of(kept), LIVE, "{kept:?}");
    }
    assert_consistent(&graph);
}

/// What runs in an activation further out keeps its place, and its memory.
#[test]
fn what_waits_for_a_call_is_not_evicted() {
    use offramp_tests::links::kit::{REENTER, interface};
    let (graph, _) = graph_with(with_slots);
    let mut b = Builder::new("calls", 10, interface());
    at_and_poll(&mut b, 10);
    let failed = b.exit(ExitState::new(ExitKind::Error, 10, 0));
    b.call(REENTER, &[], Some(failed));
    b.at(11);
    bump(&mut b, 1, 1);
    let out = b.side_exit(12, 0);
    b.leave(out);
    let caller = install(&graph, b.finish());
    install(&graph, step_root(20, 1 << 20));
    let others = full(&graph);
    let graph = &graph;
    let mut machine = Machine::calling(|_, _| {
        for n in 0..100 {
            for &other in others.iter().filter(|&&it| graph.state_of(it) == LIVE) {
                run(graph, other, 10);
            }
            if let Some(recording) = graph.begin_root(1000 + n) {
                let trace = step_root(1000 + n, 1 << 20);
                graph.finish(recording, trace).expect("it fits");
            }
        }
        assert_eq!(graph.state_of(caller), LIVE);
        offramp_uop::evaluate::Outcome::Value(0)
    });
    let leave = graph.enter(caller, 0, &mut machine);
    assert!(matches!(
        leave,
        Leave::Record { pc: 12, .. } | Leave::Resume { pc: 12, .. }
    ));
    assert!(graph.stats().trees_evicted > 0);
    assert_consistent(graph);
}

/// Counts compiles.
#[derive(Debug)]
struct Counting<B>(B, Arc<AtomicU64>);

/// Its compiler.
#[derive(Debug)]
struct CountingCompiler(Arc<dyn Compiler>, Arc<AtomicU64>);

impl Compiler for CountingCompiler {
    fn compile(&self, compile: &Compile<'_>) -> Result<Box<dyn Unpublished>, CompileError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.compile(compile)
    }
}

impl<B: Backend> Backend for Counting<B> {
    fn compiler(&self) -> Arc<dyn Compiler> {
        Arc::new(CountingCompiler(self.0.compiler(), self.1.clone()))
    }

    fn publish(&self, compiled: Box<dyn Unpublished>) -> Result<Arc<dyn Code>, CompileError> {
        self.0.publish(compiled)
    }

    fn run(&self, records: &dyn Records, entrance: Entrance, state: &mut dyn State) {
        self.0.run(records, entrance, state);
    }
}

/// A root of so many instructions.
fn long_root(pc: Pc, instructions: u32) -> Trace {
    let mut b = Builder::new("long", pc, offramp_tests::links::kit::interface());
    at_and_poll(&mut b, pc);
    for n in 1..=instructions {
        bump(&mut b, 1, 1);
        b.at(pc + n);
    }
    let out = b.side_exit(pc + instructions, 0);
    b.leave(out);
    b.finish()
}

#[test]
fn room_is_asked_for_before_recording_and_before_compiling() {
    let compiles = Arc::new(AtomicU64::new(0));
    let counted = || compiles.load(Ordering::Relaxed);
    let bytes = |slots: usize| {
        let (graph, _) = graph_on(back_end(), |_| {});
        let root = install(&graph, step_root(10, 1 << 20));
        assert_eq!(graph.state_of(root), LIVE);
        graph.stats().code_bytes * slots * 16 / 15 + 16
    };
    let back_end = Counting(back_end(), compiles.clone());
    let budget = bytes(10);
    let (graph, _) = graph_on(back_end, |config| {
        (config.code_bytes, config.hot_exit) = (budget, u16::MAX);
    });
    let recording = graph.begin_root(500).expect("there is room");
    for n in 0..8 {
        // While one records there is no other.
        assert!(graph.begin_root(10 + n).is_none());
    }
    graph.abandon(recording, offramp::inspect::Abort::Finished);
    for n in 0..10 {
        let root = install(&graph, step_root(10 + n, 1 << 20));
        run(&graph, root, 1);
    }
    // Full, and nothing is idle for long: nothing is recorded.
    let before = graph.stats();
    assert!(graph.begin_root(700).is_none());
    let after = graph.stats();
    assert_eq!(after.recordings, before.recordings);
    assert_eq!(after.refused, before.refused + 1);
    // One goes, and a trace comes that needs more than all of them: it is not compiled.
    graph.invalidate(graph.root_at(10).expect("installed"));
    graph.drain();
    let recording = graph
        .begin_root(800)
        .expect("there is room for a small one");
    let made = counted();
    let refused = graph.finish(recording, long_root(800, 300));
    assert!(
        matches!(refused, Err(InstallError::CodeBytes { .. })),
        "{refused:?}"
    );
    assert_eq!(counted(), made);
    assert!(graph.stats().code_bytes <= budget);
    assert_consistent(&graph);
}

#[test]
fn what_was_taken_away_is_hot_when_it_returns() {
    let (graph, _) = graph_with(|config| (config.hot_loop, config.hot_exit) = (50, 100));
    let arrivals = |pc| {
        let left = graph.wait(pc, Arrival::Loop);
        assert_eq!(graph.wait(pc, Arrival::Loop), 0);
        left
    };
    assert_eq!([10, 20].map(arrivals), [49; 2]);
    let roots = [10, 20].map(|pc| install(&graph, step_root(pc, pc + 1)));
    let hanging = side(&graph, end_of(&graph, roots[0]), step(11, 12));
    for _ in 0..3 {
        graph.sweep();
        run(&graph, roots[0], 1);
    }
    // The side trace was taken by its link again each time and stays; without that it cools.
    assert_eq!(graph.state_of(hanging), LIVE);
    assert_eq!(graph.state_of(roots[1]), ExecutorState::Freed);
    assert_eq!(arrivals(20), 7);
    for _ in 0..3 {
        graph.sweep();
    }
    graph.drain();
    assert_eq!(graph.executors(), []);
    assert_eq!(arrivals(10), 7);
    let again = install(&graph, step_root(10, 11));
    let exit = graph.exit_info(end_of(&graph, again)).expect("an exit");
    assert_eq!(exit.temperature.remaining(), 7);
    let exit = install(&graph, step_root(20, 21));
    let exit = graph.exit_info(end_of(&graph, exit)).expect("an exit");
    assert_eq!(exit.temperature.remaining(), 99);
}

#[test]
fn r1_a_burst_cools_nothing_and_a_quiet_program_frees_what_is_dead() {
    let (graph, _) = graph_with(|config| (config.sweep_every, config.hot_exit) = (1, u16::MAX));
    let many = if PLACES { 300 } else { 3000 };
    let first = install(&graph, step_root(10, 1 << 20));
    for n in 0..many {
        install(&graph, step_root(100 + n, 1 << 20));
    }
    assert_eq!(graph.stats().invalidations.values().sum::<u64>(), 0);
    run(&graph, first, 400_000);
    graph.drain();
    assert_eq!((graph.executors().len(), graph.state_of(first)), (1, LIVE));
    assert_consistent(&graph);
}

/// The steps that `change` takes in a graph that `make` has filled with so many.
fn steps(
    count: u32,
    make: impl Fn(&ExecutorGraph, u32),
    change: impl Fn(&ExecutorGraph),
) -> (u64, usize) {
    let (graph, _) = graph_with(|config| {
        (config.hot_exit, config.executors) = (u16::MAX, 100_000);
    });
    make(&graph, count);
    let (before, there) = (graph.steps(), graph.executors().len());
    change(&graph);
    graph.drain();
    let steps = graph.steps() - before;
    assert_consistent(&graph);
    (steps, there - graph.executors().len())
}

/// R3: what goes costs what it touches. Each way in is tried at two sizes: the steps grow with the
/// size, times the logarithm at most.
#[test]
fn r3_invalidation_is_linear_in_what_it_touches() {
    let roots = |graph: &ExecutorGraph, count| {
        for n in 0..count {
            install(graph, step_root(100 + n, 10));
        }
    };
    // So many links to one executor.
    let links = |graph: &ExecutorGraph, count| {
        install(graph, step_root(10, 1 << 20));
        roots(graph, count);
        let target = graph.root_at(10).and_then(|it| graph.executor_info(it));
        assert_eq!(target.expect("installed").incoming.len(), count as usize);
    };
    // So many that start at one instruction, as the ways there are different.
    let starts = |graph: &ExecutorGraph, count| {
        roots(graph, count);
        let ways: Vec<_> = graph.executors();
        for way in ways {
            side(graph, end_of(graph, way), step(10, 11));
        }
    };
    // So many that depend on one key, and on one of their own.
    let dependents = |graph: &ExecutorGraph, count| {
        roots(graph, count);
        for (n, executor) in graph.executors().into_iter().enumerate() {
            graph.depend(executor, Dependency(7));
            graph.depend(executor, Dependency(1000 + n as u64));
            graph.depend(executor, Dependency(7));
        }
    };
    type Make<'a> = &'a dyn Fn(&ExecutorGraph, u32);
    type Change<'a> = &'a dyn Fn(&ExecutorGraph);
    let target = |graph: &ExecutorGraph| graph.invalidate(graph.root_at(10).expect("a root"));
    let backwards = |graph: &ExecutorGraph| {
        for executor in graph.executors().into_iter().rev() {
            graph.invalidate(executor);
        }
    };
    let key = |graph: &ExecutorGraph| {
        graph.invalidate_dependency(Dependency(7));
        assert_eq!(graph.invalidate_dependency(Dependency(1000)), 0);
    };
    let ways: [(&str, Make<'_>, Change<'_>); 8] = [
        ("the target of all", &links, &target),
        ("those that lead to one", &links, &backwards),
        ("all, first the target", &links, &ExecutorGraph::flush),
        ("those that start at one instruction", &starts, &backwards),
        ("all that start there", &starts, &ExecutorGraph::flush),
        ("those that depend on a key", &dependents, &key),
        ("each dependent", &dependents, &backwards),
        ("a flush of dependents", &dependents, &ExecutorGraph::flush),
    ];
    let (small, large) = if PLACES { (100, 1000) } else { (1000, 10_000) };
    for (name, make, change) in ways {
        let [(few, gone), (many, gone_of_many)] =
            [small, large].map(|count| steps(count, make, change));
        println!("{name}: {few} steps for {gone} of {small}, {many} for {gone_of_many} of {large}");
        assert!(
            few >= u64::from(small),
            "{name}: {few} steps are too few to be true"
        );
        assert!(many <= few * 15, "{name}: {few} steps, then {many}");
        assert!(many <= 40 * u64::from(large), "{name}: {many} steps");
    }
}

/// Invalidating one of many dependents, or one of many links' owners, costs no more than alone.
#[test]
fn r3_what_depends_on_nothing_costs_nothing() {
    let (graph, _) = graph_with(|config| config.hot_exit = u16::MAX);
    let count = if PLACES { 300 } else { 3000 };
    install(&graph, step_root(10, 1 << 20));
    for n in 0..count {
        let root = install(&graph, step_root(100 + n, 10));
        graph.depend(root, Dependency(u64::from(n % 2)));
    }
    let before = graph.steps();
    assert_eq!(graph.invalidate_dependency(Dependency(5)), 0);
    assert_eq!(graph.steps(), before);
    graph.invalidate(graph.root_at(100 + count / 2).expect("installed"));
    graph.drain();
    let steps = graph.steps() - before;
    assert!(steps <= 40, "{steps} steps for one of {count}");
    assert_eq!(graph.executors().len(), count as usize);
    let half = graph.invalidate_dependency(Dependency(u64::from(count / 2 % 2)));
    assert_eq!(half, count as usize / 2 - 1);
    assert_consistent(&graph);
}
