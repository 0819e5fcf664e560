//! S4, S5, S7, K8, R8: what an exit leaves, and what is counted of it.

use super::{graph, graph_with, silent};
use offramp::explicit::{ExecutorGraph, Leave};
use offramp::inspect::{ExecutorRef, ExitStatus};
use offramp_tests::links::kit::{
    Pending, REENTER, assert_consistent, at_and_poll, below, bump, end_of, graph_on, install,
    interface, parent, side, step, step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::Outcome;
use offramp_uop::{Builder, ExitId, ExitKind, ExitState, Op, Trace, Type, Word};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A root at 10 that leaves to 20 by a guard, with `words` pending and the base moved by `base`.
fn guarded(base: i32, words: &[(i32, Pending)]) -> Trace {
    let mut b = Builder::new("guarded", 10, interface());
    at_and_poll(&mut b, 10);
    if base > 0 {
        let full = b.side_exit(10, 0);
        let room = b.has_room(Word(base));
        b.guard(room, full);
    }
    bump(&mut b, 1, 1);
    b.at(11);
    let mut state = ExitState::new(ExitKind::Side, 20, base);
    for &(word, pending) in words {
        let value = match pending {
            Pending::Value(ty) => b.load_word(ty, Word(64 + word)),
            Pending::Constant(constant) => b.constant(constant),
        };
        state.words.push((Word(word), value));
    }
    let out = b.exit(state);
    let never = below(&mut b, 1, i64::MIN);
    b.guard(never, out);
    let end = b.side_exit(30, 0);
    b.leave(end);
    b.finish()
}

/// More integers and doubles than travel in registers.
fn many() -> Vec<(i32, Pending)> {
    let ty = |word| match word % 2 {
        0 => Type::I64,
        _ => Type::F64,
    };
    (2..40)
        .map(|word| (word, Pending::Value(ty(word))))
        .collect()
}

/// Enters `root` where word `64 + n` is `1000 + n`.
fn enter<'a>(graph: &ExecutorGraph, root: ExecutorRef, mut machine: Machine<'a>) -> Machine<'a> {
    for word in 0..60 {
        machine.memory.set(64 + word, 1000 + word as u64);
    }
    graph.enter(root, 0, &mut machine);
    machine
}

fn assert_pending(machine: &Machine<'_>, words: &[(i32, Pending)]) {
    for &(word, pending) in words {
        let wanted = match pending {
            Pending::Value(_) => 1000 + word as u64,
            Pending::Constant(constant) => constant.bits,
        };
        assert_eq!(machine.memory.get(word.into()), wanted, "word {word}");
    }
}

/// The caller's words, the link and the callee's words are pending; all are there afterwards, seen
/// from the frame that runs then.
#[test]
fn s4_an_exit_inside_an_inlined_call_rebuilds_every_frame() {
    let words: Vec<_> = [2, 3, 8, 9, 10, 11, 12, 13]
        .map(|word| (word, Pending::Value(Type::I64)))
        .into();
    for hot in [1, 100] {
        let (graph, _) = graph_with(|config| config.hot_exit = hot);
        let root = install(&graph, guarded(10, &words));
        let mut machine = Machine::new();
        for word in 0..60 {
            machine.memory.set(64 + word, 1000 + word as u64);
        }
        let leave = graph.enter(root, 0, &mut machine);
        let place = match leave {
            Leave::Resume { pc, base } | Leave::Record { pc, base, .. } => (pc, base),
            other => panic!("{other:?}"),
        };
        assert_eq!(place, (20, 10));
        assert_pending(&machine, &words);
    }
}

/// An instruction's effect is done once, whether a guard of the next one holds or not, and the trace is
/// left at the next one: also where the effect has invalidated it.
#[test]
fn s5_what_was_done_before_an_exit_stays_done_and_is_not_done_again() {
    for optimise in [false, true] {
        let (graph, _) = graph_with(|config| config.optimise = optimise);
        let mut b = Builder::new("effect", 10, interface());
        at_and_poll(&mut b, 10);
        let before = b.side_exit(10, 0);
        let clear = below(&mut b, 2, 1);
        b.guard(clear, before);
        let failed = b.exit(ExitState::new(ExitKind::Error, 10, 0));
        b.call(REENTER, &[], Some(failed));
        b.at(11);
        let gone = b.exit(ExitState::new(ExitKind::Deopt, 11, 0));
        b.check_valid(gone);
        let out = b.side_exit(11, 0);
        let more = below(&mut b, 1, 3);
        b.guard(more, out);
        bump(&mut b, 1, 1);
        let end = b.side_exit(30, 0);
        b.leave(end);
        let root = install(&graph, b.finish());
        let done = AtomicU64::new(0);
        let mut machine = Machine::calling(|_, _| {
            if done.fetch_add(1, Ordering::Relaxed) == 4 {
                graph.invalidate(root);
            }
            Outcome::Value(0)
        });
        let rounds = [(30, 1), (30, 2), (30, 3), (11, 3), (11, 3)];
        for (round, (next, count)) in (1..).zip(rounds) {
            let leave = graph.enter(root, 0, &mut machine);
            let (Leave::Resume { pc, base } | Leave::Record { pc, base, .. }) = leave else {
                panic!("{leave:?}");
            };
            assert_eq!((pc, base), (next, 0), "in round {round}");
            assert_eq!(done.load(Ordering::Relaxed), round);
            assert_eq!(machine.memory.get(1), count);
        }
    }
}

/// Values that nothing but an exit needs: a sum, a product of a double, a truth as an integer.
#[test]
fn s7_values_that_only_exits_need_are_right() {
    let (graph, _) = graph();
    let mut b = Builder::new("only exits", 10, interface());
    at_and_poll(&mut b, 10);
    bump(&mut b, 1, 1);
    b.at(11);
    let (x, y) = (
        b.load_word(Type::I64, Word(64)),
        b.load_word(Type::F64, Word(65)),
    );
    let sum = b.pure(Op::Add, &[x, x]);
    let product = b.pure(Op::Fmul, &[y, y]);
    let less = b.pure(Op::Lt, &[x, sum]);
    let truth = b.pure(Op::BoolToI64, &[less]);
    let out = b.exit(ExitState {
        words: vec![(Word(2), sum), (Word(3), product), (Word(4), truth)],
        ..ExitState::new(ExitKind::Side, 11, 0)
    });
    let never = below(&mut b, 1, 0);
    b.guard(never, out);
    let end = b.side_exit(30, 0);
    b.leave(end);
    let root = install(&graph, b.finish());
    let mut machine = Machine::new();
    machine.memory.set(64, 21);
    machine.memory.set(65, 1.5_f64.to_bits());
    graph.enter(root, 0, &mut machine);
    let words = [2, 3, 4].map(|word| machine.memory.get(word));
    assert_eq!(words, [42, 2.25_f64.to_bits(), 1]);
}

/// Between an exit and what answers it, another activation fills registers and spill slots with
/// values of its own.
#[test]
fn k8_a_nested_activation_does_not_clobber_what_is_on_its_way() {
    let words = many();
    for linked in [false, true] {
        for trace in [guarded(0, &words), parent(10, 20, 0, &words)] {
            let (graph, _) = graph_with(|config| config.hot_exit = 100);
            let root = install(&graph, trace.clone());
            let taken = match trace.name.as_str() {
                "guarded" => trace.exits.iter().position(|exit| exit.words.len() > 1),
                _ => Some(trace.exits.len() - 1),
            };
            let taken = root.exit(ExitId(taken.expect("it has one") as u32));
            if linked {
                side(&graph, taken, step(20, 90));
            }
            let other = install(&graph, parent(50, 60, 0, &words));
            let nested = Arc::new(AtomicU64::new(0));
            let count = nested.clone();
            graph.set_transfer_hook(Some(Box::new(move |graph, exit| {
                if exit == taken {
                    let mut machine = Machine::new();
                    graph.enter(other, 0, &mut machine);
                    assert_eq!(machine.memory.get(2), 0);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })));
            let machine = enter(&graph, root, Machine::new());
            graph.set_transfer_hook(None);
            assert!(nested.load(Ordering::Relaxed) > 0);
            assert_pending(&machine, &words);
            assert_eq!(machine.memory.get(1), if linked { 101 } else { 1 });
        }
    }
}

/// The same where nothing but the cold exit itself runs the hook: its own saved registers are what the
/// nested activation overwrites.
#[test]
fn k8_a_hook_inside_the_cold_exit_does_not_clobber_what_it_saved() {
    let words = many();
    for target in [false, true] {
        let (graph, _) = graph_on(silent(), |config| config.hot_exit = 100);
        let root = install(&graph, guarded(0, &words));
        if target {
            install(&graph, step_root(20, 90));
        }
        let other = install(&graph, parent(50, 60, 0, &words));
        let nested = Arc::new(AtomicU64::new(0));
        let count = nested.clone();
        graph.set_transfer_hook(Some(Box::new(move |graph, exit| {
            if exit.owner() == Some(root) {
                let mut machine = Machine::new();
                graph.enter(other, 0, &mut machine);
                count.fetch_add(1, Ordering::Relaxed);
            }
        })));
        // With a target, the first time makes an adapter, which takes all of them over.
        for round in 1..=3 {
            let machine = enter(&graph, root, Machine::new());
            assert_pending(&machine, &words);
            assert_eq!(machine.memory.get(1), if target { 2 } else { 1 });
            assert!(target || nested.load(Ordering::Relaxed) == round);
        }
        graph.set_transfer_hook(None);
        assert!(nested.load(Ordering::Relaxed) > 0);
        assert_consistent(&graph);
    }
}

/// Instructions are numbers of 32 bits everywhere on the way: in exits, records, entries, adapters and
/// return points. There are no prefixes, so none can be missed.
#[test]
fn p8_exits_lead_to_instructions_of_any_number() {
    let edges = [8, 12, 16, 20, 31].map(|bits| (1 << bits) - 2);
    for pc in edges.into_iter().chain([(1 << 16) + 40, u32::MAX - 3]) {
        let (graph, _) = graph();
        let root = install(&graph, step_root(pc, pc + 1));
        let leave = graph.enter(root, 0, &mut Machine::new());
        let exit = end_of(&graph, root);
        let asks = Leave::Record {
            exit,
            pc: pc + 1,
            base: 0,
        };
        assert_eq!(leave, asks);
        let next = side(&graph, exit, |b| {
            b.at(pc + 1);
            bump(b, 1, 100);
            let pending = b.int(7);
            let out = b.exit(ExitState {
                words: vec![(Word(2), pending)],
                ..ExitState::new(ExitKind::Side, pc + 2, 0)
            });
            b.leave(out);
        });
        let (start, linked) = (graph.root_at(pc), graph.root_at(pc + 1));
        assert_eq!((start, linked), (Some(root), Some(next)));
        // The last one is a root behind an adapter.
        install(&graph, step_root(pc + 2, pc + 3));
        let mut machine = Machine::new();
        let leave = graph.enter(root, 0, &mut machine);
        let there = [Leave::Record {
            exit: end_of(&graph, graph.root_at(pc + 2).expect("installed")),
            pc: pc + 3,
            base: 0,
        }];
        assert!(there.contains(&leave), "{leave:?}");
        assert_eq!(machine.begun, [pc, pc + 1, pc + 2]);
        assert_eq!([1, 2].map(|word| machine.memory.get(word)), [102, 7]);
        assert_consistent(&graph);
    }
}

#[test]
fn r8_exits_are_counted_in_their_records() {
    for profile in [false, true] {
        let (graph, _) = graph_with(|config| {
            config.hot_exit = 100;
            config.profile = profile;
        });
        let root = install(&graph, guarded(0, &[]));
        let taken = root.exit(ExitId(1));
        for round in 1..=5 {
            graph.enter(root, 0, &mut Machine::new());
            let info = graph.exit_info(taken).expect("it exists");
            let counted = if profile { round } else { 0 };
            assert_eq!((info.cold, info.taken), (round, counted));
        }
        let target = install(&graph, step_root(20, 90));
        for round in 1..=5 {
            graph.enter(root, 0, &mut Machine::new());
            let info = graph.exit_info(taken).expect("it exists");
            assert!(matches!(info.status, ExitStatus::Linked(_)));
            // The cold exit that found the target was one more.
            assert_eq!(info.cold, 6);
            if profile {
                assert_eq!(info.taken, 5 + round);
            }
        }
        let end = graph.exit_info(end_of(&graph, target)).expect("it exists");
        assert_eq!(end.cold, 5);
    }
}
