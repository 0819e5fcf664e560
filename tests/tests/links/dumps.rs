//! R6: a dump and a report show every executor in any state, and nothing else.

use super::graph_with;
use offramp::PlaceName;
use offramp::explicit::ExecutorGraph;
use offramp::inspect::{ExecutorState, Role};
use offramp_tests::links::kit::{
    REENTER, assert_consistent, at_and_poll, below, bump, end_of, install, int, interface, parent,
    side, step, step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::Outcome;
use offramp_uop::{Builder, ExitKind, ExitState, Trace};

/// Calls the re-entering helper once and goes on to 11.
fn calling() -> Trace {
    let mut b = Builder::new("calls", 10, interface());
    at_and_poll(&mut b, 10);
    bump(&mut b, 1, 1);
    let failed = b.exit(ExitState::new(ExitKind::Error, 10, 0));
    b.call(REENTER, &[], Some(failed));
    b.at(11);
    let gone = b.exit(ExitState::new(ExitKind::Deopt, 11, 0));
    b.check_valid(gone);
    let end = b.side_exit(12, 0);
    b.leave(end);
    b.finish()
}

fn looping() -> Trace {
    let mut b = Builder::new("loops", 30, interface());
    at_and_poll(&mut b, 30);
    bump(&mut b, 1, 1);
    let more = below(&mut b, 1, 10);
    b.at(31);
    let out = b.side_exit(31, 0);
    b.guard(more, out);
    b.finish_loop()
}

/// Each executor has one heading in the dump, and nothing has one that is none: the cold exit and the
/// way in are code, too.
fn assert_shown(graph: &ExecutorGraph) {
    let dump = graph.dump().to_string();
    let headings: Vec<&str> = dump.lines().filter(|it| !it.starts_with("  ")).collect();
    let executors = graph.executors();
    if executors.is_empty() {
        return assert_eq!(headings, ["no executors"]);
    }
    assert_eq!(headings.len(), executors.len(), "{dump}");
    for executor in executors {
        let info = graph.executor_info(executor).expect("it is listed");
        let begins = format!("{executor} {} at {}", info.trace.name, executor.pc());
        let found = headings.iter().find(|line| line.starts_with(&begins));
        let line = found.unwrap_or_else(|| panic!("{begins} is not in\n{dump}"));
        let role = match info.role {
            Role::Root => ", root",
            Role::Side(_) => ", side of ",
            Role::Adapter(_) => ", adapter of ",
        };
        assert!(line.contains(role), "{line}");
        let live = info.state == ExecutorState::Live;
        assert_eq!(!live, line.contains(&format!("{:?}", info.state)), "{line}");
    }
    assert!(!dump.contains("cold exit") && !dump.contains("trampoline"));
    let report = graph.report(&|pc| PlaceName::of(pc));
    assert_eq!(report.stats.executors, graph.executors().len());
}

#[test]
fn r6_dumps_show_every_executor_in_every_state() {
    let (graph, _) = graph_with(|config| config.profile = true);
    assert_shown(&graph);
    let caller = install(&graph, calling());
    let root = install(&graph, step_root(20, 30));
    install(&graph, looping());
    let pending = install(&graph, parent(40, 20, 0, &[(2, int(5))]));
    for root in [root, pending] {
        graph.enter(root, 0, &mut Machine::new());
    }
    let end = end_of(&graph, graph.root_at(30).expect("installed"));
    side(&graph, end, step(31, 32));
    let infos = graph.executors();
    let infos = infos.iter().filter_map(|&it| graph.executor_info(it));
    let roles: Vec<Role> = infos.map(|info| info.role).collect();
    assert!(roles.iter().any(|role| matches!(role, Role::Side(_))));
    assert!(roles.iter().any(|role| matches!(role, Role::Adapter(_))));
    assert_shown(&graph);
    // While one is recorded, and while one runs that was invalidated.
    let recording = graph.begin_root(50).expect("idle");
    assert_shown(&graph);
    drop(recording);
    let mut machine = Machine::calling(|_, _| {
        assert_shown(&graph);
        graph.flush();
        assert_shown(&graph);
        assert_eq!(graph.state_of(caller), ExecutorState::Invalid);
        graph.drain();
        assert_eq!(graph.executors(), [caller]);
        assert_shown(&graph);
        Outcome::Value(0)
    });
    graph.enter(caller, 0, &mut machine);
    drop(machine);
    assert_eq!(graph.dump().to_string(), "no executors\n");
    assert_consistent(&graph);
}
