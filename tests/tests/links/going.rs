//! K4, K5: the target of a link goes while control is on its way there.

use super::{graph, graph_with};
use offramp::explicit::{ExecutorGraph, Leave};
use offramp::inspect::{ExecutorRef, ExecutorState, ExitRef, ExitStatus, LinkKind};
use offramp_tests::links::kit::{
    Pending, assert_consistent, at_and_poll, at_and_poll_with, below, bump, end_of, install, int,
    interface, parent, side, step, step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::Entry;
use offramp_uop::{Builder, ExitId, ExitKind, ExitState, Trace, Type, Word};

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
        at_and_poll(&mut b, 20);
        bump(&mut b, 1, 100);
        let out = b.side_exit(90, 0);
        b.leave(out);
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
            let words = [(Word(2), first), (Word(3), second), (Word(5), seven)];
            at_and_poll_with(&mut b, 20, &words);
            bump(&mut b, 1, 100);
            b.at(90);
            let out = b.exit(ExitState {
                words: words.to_vec(),
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
    at_and_poll(&mut b, pc);
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
