//! K1, K2, K3, S6: what may be linked to what, tried one difference at a time.

use super::{PLACES, graph, graph_with};
use offramp::explicit::{ExecutorGraph, Leave, LinkError};
use offramp::inspect::{ExecutorRef, ExitRef, ExitStatus, LinkKind};
use offramp_tests::links::kit::{
    Pending, assert_consistent, at_and_poll, at_and_poll_with, bump, end_of, install, int,
    interface, parent, side, step, step_root,
};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::Entry;
use offramp_uop::{
    Builder, Const, ContractId, Disagreement, ExitId, ExitKind, ExitState, Op, Trace, Type, Word,
};

const I64: Pending = Pending::Value(Type::I64);
const F64: Pending = Pending::Value(Type::F64);
const REF: Pending = Pending::Value(Type::Ref);
const SEVEN: Const = Const {
    ty: Type::I64,
    bits: 7,
};

/// The exit all others are compared with: three words pending, base moved by two.
const WORDS: [(i32, Pending); 3] = [(2, I64), (4, F64), (5, Pending::Constant(SEVEN))];

/// A parent whose end has `words` pending, and a side trace that takes exactly those.
fn couple(
    graph: &ExecutorGraph,
    pc: u32,
    target: u32,
    base: i32,
    words: &[(i32, Pending)],
) -> (ExitRef, ExecutorRef) {
    let parent = install(graph, parent(pc, target, base, words));
    let exit = end_of(graph, parent);
    if let Some(ExitStatus::Linked(link)) = graph.exit_info(exit).map(|info| info.status) {
        return (exit, link.executor);
    }
    (exit, side(graph, exit, step(target, 90)))
}

#[track_caller]
fn refused(graph: &ExecutorGraph, exit: ExitRef, to: ExecutorRef, entry: Entry) -> LinkError {
    graph.unlink(exit);
    let error = graph.check_link(exit, to, entry).expect_err("refused");
    assert_eq!(graph.link(exit, to, entry), Err(error));
    assert_consistent(graph);
    error
}

fn disagreement(error: LinkError) -> Disagreement {
    match error {
        LinkError::Disagreement(disagreement) => disagreement,
        other => panic!("expected a disagreement, found: {other}"),
    }
}

#[track_caller]
fn link_kind(graph: &ExecutorGraph, exit: ExitRef) -> LinkKind {
    match graph.exit_info(exit).expect("it exists").status {
        ExitStatus::Linked(link) => link.kind,
        other => panic!("not linked: {other:?}"),
    }
}

#[test]
fn k1_what_agrees_links_also_to_another_exits_side_trace() {
    let (graph, _) = graph();
    let (_, own) = couple(&graph, 10, 20, 2, &WORDS);
    // Found when it was installed.
    let (other, found) = couple(&graph, 11, 20, 2, &WORDS);
    assert_eq!(found, own);
    assert_eq!(link_kind(&graph, other), LinkKind::Exact);
    // Words are seen from where the base is: the same memory under another base fits too.
    let shifted = WORDS.map(|(word, pending)| (word - 2, pending));
    let (_, found) = couple(&graph, 12, 20, 0, &shifted);
    assert_eq!(found, own);
    assert_consistent(&graph);
}

#[test]
fn k1_every_disagreement_by_one_word_type_base_or_constant_is_refused() {
    let (graph, _) = graph();
    let (_, target) = couple(&graph, 10, 20, 2, &WORDS);
    let mut pc = 30;
    let mut against = |base: i32, words: &[(i32, Pending)]| {
        pc += 1;
        let (exit, own) = couple(&graph, pc, 20, base, words);
        assert_ne!(own, target);
        disagreement(refused(&graph, exit, target, Entry::Start))
    };
    let seen = |word: i32| Word(word - 2);
    for (index, (word, _)) in WORDS.into_iter().enumerate() {
        let mut words = WORDS.to_vec();
        words.remove(index);
        let expected = Disagreement::NotPending { word: seen(word) };
        assert_eq!(against(2, &words), expected);
    }
    for (index, extra) in [(0, 1), (1, 3), (3, 6)] {
        let mut words = WORDS.to_vec();
        words.insert(index, (extra, I64));
        let expected = Disagreement::NotTaken { word: seen(extra) };
        assert_eq!(against(2, &words), expected);
    }
    for (index, changed) in [(0, F64), (0, REF), (1, I64), (1, REF)] {
        let mut words = WORDS;
        words[index].1 = changed;
        let word = seen(words[index].0);
        assert_eq!(against(2, &words), Disagreement::Type { word });
    }
    let float_seven = Pending::Constant(Const {
        ty: Type::F64,
        bits: 7,
    });
    for changed in [int(8), float_seven, I64, F64] {
        let mut words = WORDS;
        words[2].1 = changed;
        let found = against(2, &words);
        assert!(matches!(found, Disagreement::Constant { word, .. } if word == seen(5)));
    }
    for base in [0, 1, 3] {
        // Under another base every word is another word.
        let found = against(base, &WORDS);
        assert!(matches!(
            found,
            Disagreement::NotPending { .. } | Disagreement::NotTaken { .. }
        ));
    }
    assert!(matches!(against(2, &[]), Disagreement::NotPending { .. }));
}

#[test]
fn k1_a_constant_may_be_handed_over_where_any_value_is_taken() {
    let (graph, _) = graph();
    let (_, target) = couple(&graph, 10, 20, 0, &[(2, I64)]);
    let (exit, own) = couple(&graph, 11, 20, 0, &[(2, int(9))]);
    assert_ne!(own, target);
    graph.unlink(exit);
    match graph.link(exit, target, Entry::Start) {
        // In compiled code a constant does not travel, so it cannot arrive in a register.
        Err(LinkError::Placement { .. }) if PLACES => return,
        linked => assert!(linked.is_ok(), "{linked:?}"),
    }
    let mut machine = Machine::new();
    let root = exit.owner().expect("an exit of a trace");
    let leave = graph.enter(root, 0, &mut machine);
    assert!(matches!(leave, Leave::Record { pc: 90, .. }), "{leave:?}");
    assert_eq!(machine.memory.get(2), 9);
}

#[test]
fn k1_entry_and_exit_must_be_at_one_instruction() {
    let (graph, _) = graph();
    let (_, target) = couple(&graph, 10, 20, 2, &WORDS);
    let (exit, _) = couple(&graph, 11, 21, 2, &WORDS);
    assert_eq!(
        refused(&graph, exit, target, Entry::Start),
        LinkError::Place {
            wanted: 21,
            found: 20
        }
    );
}

#[test]
fn k1_kinds_that_never_link() {
    for kind in ExitKind::ALL
        .into_iter()
        .filter(|&kind| kind != ExitKind::Side)
    {
        let (graph, _) = graph();
        let root = install(&graph, step_root(20, 90));
        let mut b = Builder::new("never", 10, interface());
        b.at(10);
        let never = b.exit(ExitState::new(kind, 20, 0));
        match kind {
            ExitKind::Deopt => b.deopt(never),
            ExitKind::Error => b.error_exit(never),
            ExitKind::Dynamic => {
                let (to, window) = (b.int(20), b.int(0));
                b.leave_dynamic(to, window, never);
            }
            _ => {
                b.poll(never);
                let out = b.side_exit(30, 0);
                b.leave(out);
            }
        }
        let owner = install(&graph, b.finish());
        let error = refused(&graph, owner.exit(ExitId(0)), root, Entry::Start);
        assert_eq!(disagreement(error), Disagreement::NeverLinked { kind });
    }
}

/// A loop at 20: word 1 counts, as a parameter, to the limit, an invariant that the short
/// preamble loads from word 8.
fn contract_loop() -> Trace {
    let mut b = Builder::new("loop", 20, interface());
    let first = b.load_word(Type::I64, Word(1));
    let limit = b.load_word(Type::I64, Word(8));
    b.header(20, &[first]);
    let count = b.param(Type::I64, Word(1));
    let limit_inside = b.invariant(limit);
    at_and_poll_with(&mut b, 20, &[(Word(1), count)]);
    let more = b.pure(Op::Lt, &[count, limit_inside]);
    let out = b.exit(ExitState {
        words: vec![(Word(1), count)],
        ..ExitState::new(ExitKind::Side, 20, 0)
    });
    b.guard(more, out);
    let one = b.int(1);
    let next = b.pure(Op::Add, &[count, one]);
    b.loop_back(&[next]);
    b.header_mut().expect("a header").short.push(limit);
    b.finish()
}

/// A root at `pc` that ends at 20 with 3 pending in word 1 and the given contract and invariants.
fn towards_header(pc: u32, contract: Option<ContractId>, extras: &[Type]) -> Trace {
    let mut b = Builder::new("towards", pc, interface());
    at_and_poll(&mut b, pc);
    let three = b.int(3);
    let extras = extras
        .iter()
        .map(|&ty| match ty {
            Type::F64 => b.float(1.0),
            _ => b.load_word(Type::I64, Word(8)),
        })
        .collect();
    let out = b.exit(ExitState {
        words: vec![(Word(1), three)],
        contract,
        extras,
        ..ExitState::new(ExitKind::Side, 20, 0)
    });
    b.leave(out);
    b.finish()
}

#[test]
fn k1_a_header_is_entered_with_its_own_contract_only() {
    let (graph, _) = graph();
    let trace = contract_loop();
    let contract = trace.header.as_ref().map(|header| header.contract);
    let header = install(&graph, trace);
    let fits = install(&graph, towards_header(30, contract, &[Type::I64]));
    // It was linked when it was installed.
    assert_eq!(link_kind(&graph, end_of(&graph, fits)), LinkKind::Header);

    let foreign = Some(ContractId::fresh());
    let cases: [(Option<ContractId>, &[Type], Disagreement); 5] = [
        (None, &[], Disagreement::Contract),
        (foreign, &[Type::I64], Disagreement::Contract),
        (contract, &[], Disagreement::Extras),
        (contract, &[Type::F64], Disagreement::Extras),
        (contract, &[Type::I64, Type::I64], Disagreement::Extras),
    ];
    for (index, (contract, extras, expected)) in cases.into_iter().enumerate() {
        let trace = towards_header(40 + index as u32, contract, extras);
        let exit = end_of(&graph, install(&graph, trace));
        let error = refused(&graph, exit, header, Entry::Header);
        assert_eq!(disagreement(error), expected);
    }
}

#[test]
fn k1_invariants_without_a_contract_never_agree() {
    // A header with invariants asks for its contract even if nothing is to be replayed.
    let mut trace = contract_loop();
    trace.header.as_mut().expect("a header").short.clear();
    let mut signature = trace.header_signature().expect("it is open");
    assert!(signature.contract.is_some());
    signature.contract = None;
    let towards = towards_header(30, None, &[Type::I64]);
    let exit = towards.exits.last().expect("an exit");
    let agrees = exit.agrees(&towards, &signature);
    assert_eq!(agrees, Err(Disagreement::Contract));
}

#[test]
fn k1_a_closed_header_is_no_entry() {
    let (graph, _) = graph();
    let mut trace = contract_loop();
    let contract = trace.header.as_ref().map(|header| header.contract);
    trace.header.as_mut().expect("a header").open = false;
    let header = install(&graph, trace);
    let towards = install(&graph, towards_header(30, contract, &[Type::I64]));
    let error = refused(&graph, end_of(&graph, towards), header, Entry::Header);
    assert_eq!(error, LinkError::NoHeader { executor: header });
    assert!(graph.header_at(20).is_none());
}

#[test]
fn k2_without_its_contract_a_broken_invariant_sends_the_exit_by_the_root_entry() {
    let (graph, _) = graph();
    let header = install(&graph, contract_loop());
    // This trace changes the limit the loop has hoisted, and has shown nothing.
    let mut b = Builder::new("breaks", 30, interface());
    at_and_poll(&mut b, 30);
    let limit = b.int(6);
    b.store_word(Word(8), limit);
    let three = b.int(3);
    let out = b.exit(ExitState {
        words: vec![(Word(1), three)],
        ..ExitState::new(ExitKind::Side, 20, 0)
    });
    b.leave(out);
    let breaks = install(&graph, b.finish());
    let mut machine = Machine::new();
    machine.memory.set(8, 1000);
    let leave = graph.enter(breaks, 0, &mut machine);
    // The loop ran to the new limit, entered at its start through an adapter.
    assert!(matches!(leave, Leave::Record { pc: 20, .. }), "{leave:?}");
    assert_eq!(machine.memory.get(1), 6);
    assert_eq!(link_kind(&graph, end_of(&graph, breaks)), LinkKind::Adapter);
    let incoming = graph.executor_info(header).expect("live").incoming;
    assert_eq!(incoming.len(), 1);
    assert_consistent(&graph);
}

#[test]
fn k2_with_the_contract_shown_the_replayed_invariant_is_used() {
    let (graph, _) = graph();
    let trace = contract_loop();
    let contract = trace.header.as_ref().map(|header| header.contract);
    install(&graph, trace);
    let towards = install(&graph, towards_header(30, contract, &[Type::I64]));
    for limit in [5, 9] {
        let mut machine = Machine::new();
        machine.memory.set(8, limit);
        graph.enter(towards, 0, &mut machine);
        assert_eq!(machine.memory.get(1), limit);
    }
}

/// A loop at 20 whose header takes the constant 5 in word -20, of a frame below.
fn loop_over_frames_below() -> Trace {
    let mut b = Builder::new("deep", 20, interface());
    let below = b.load_word(Type::I64, Word(-20));
    let five = b.int(5);
    let same = b.pure(Op::Eq, &[below, five]);
    let out = b.side_exit(20, 0);
    b.guard(same, out);
    b.header(20, &[]);
    at_and_poll_with(&mut b, 20, &[(Word(-20), five)]);
    let out = b.exit(ExitState {
        words: vec![(Word(-20), five)],
        ..ExitState::new(ExitKind::Side, 20, 0)
    });
    let more = below_limit(&mut b);
    b.guard(more, out);
    bump(&mut b, 1, 1);
    b.loop_back(&[]);
    let header = b.header_mut().expect("a header");
    header.constants.push((
        Word(-20),
        Const {
            ty: Type::I64,
            bits: 5,
        },
    ));
    b.finish()
}

#[test]
fn adapters_lead_to_roots_not_to_side_traces_that_take_nothing() {
    let (graph, _) = graph();
    couple(&graph, 10, 20, 0, &[]);
    // A trace of its own would have in registers what the adapter stores and that one loads.
    let from = install(&graph, parent(11, 20, 0, &WORDS));
    let exit = end_of(&graph, from);
    let leave = graph.enter(from, 0, &mut Machine::new());
    assert!(matches!(leave, Leave::Record { pc: 20, .. }), "{leave:?}");
    let status = graph.exit_info(exit).expect("it exists").status;
    assert_eq!(status, ExitStatus::Cold);
    install(&graph, step_root(20, 90));
    graph.enter(from, 0, &mut Machine::new());
    assert_eq!(link_kind(&graph, exit), LinkKind::Adapter);
    assert_consistent(&graph);
}

fn below_limit(b: &mut Builder) -> offramp_uop::Value {
    let count = b.load_word(Type::I64, Word(1));
    let limit = b.int(10);
    b.pure(Op::Lt, &[count, limit])
}

#[test]
fn k2_a_header_over_frames_that_may_not_exist_is_entered_from_where_they_do_only() {
    let (graph, _) = graph_with(|config| config.optimise = true);
    install(&graph, loop_over_frames_below());
    // This trace names no word below its own frame: it must not look whether 5 is there.
    let plain = install(&graph, step_root(10, 20));
    let trace = graph.executor_info(plain).expect("live").trace;
    assert!(
        trace.reach().expect("it names words").0 >= Word(0),
        "{trace}"
    );
    // What it has pending goes through an adapter to the loop's start, which tests for itself.
    graph.enter(plain, 0, &mut Machine::new());
    assert_eq!(link_kind(&graph, end_of(&graph, plain)), LinkKind::Adapter);
    // This one has written there.
    let mut b = Builder::new("returned", 11, interface());
    at_and_poll(&mut b, 11);
    let five = b.int(5);
    b.store_word(Word(-20), five);
    let out = b.side_exit(20, 0);
    b.leave(out);
    let knows = install(&graph, b.finish());
    assert_eq!(link_kind(&graph, end_of(&graph, knows)), LinkKind::Header);
}

#[test]
fn k3_reentry_never_changes_a_type_tag() {
    // The header takes word 1 as a double. An exit that holds the integer 7 there must not be
    // linked to it, even though 7 has a double.
    let (graph, _) = graph();
    let mut b = Builder::new("float loop", 20, interface());
    let first = b.load_word(Type::F64, Word(1));
    b.header(20, &[first]);
    let value = b.param(Type::F64, Word(1));
    at_and_poll_with(&mut b, 20, &[(Word(1), value)]);
    let limit = b.float(100.0);
    let more = b.pure(Op::Flt, &[value, limit]);
    let out = b.exit(ExitState {
        words: vec![(Word(1), value)],
        ..ExitState::new(ExitKind::Side, 20, 0)
    });
    b.guard(more, out);
    let next = b.pure(Op::Fadd, &[value, value]);
    b.loop_back(&[next]);
    let header = install(&graph, b.finish());
    for (pc, pending) in [(30, I64), (31, int(7))] {
        let owner = install(&graph, parent(pc, 20, 0, &[(1, pending)]));
        let error = refused(&graph, end_of(&graph, owner), header, Entry::Header);
        assert!(matches!(
            disagreement(error),
            Disagreement::Type { word: Word(1) }
        ));
    }
    let owner = install(&graph, parent(40, 20, 0, &[(1, F64)]));
    assert_eq!(link_kind(&graph, end_of(&graph, owner)), LinkKind::Header);
}

#[test]
fn s6_any_mix_of_values_crosses_a_link_in_order() {
    let all_int: Vec<_> = (2..30).map(|word| (word, I64)).collect();
    let all_float: Vec<_> = (2..30).map(|word| (word, F64)).collect();
    let mixed: Vec<_> = (2..30)
        .map(|word| match word % 4 {
            0 => (word, I64),
            1 => (word, F64),
            2 => (word, int(i64::from(word) * 11)),
            _ => (word, REF),
        })
        .collect();
    for words in [Vec::new(), all_int, all_float, mixed] {
        let (graph, _) = graph();
        let (exit, _) = couple(&graph, 10, 20, 0, &words);
        let owner = exit.owner().expect("an exit of a trace");
        // By the link, and by the cold exit that makes it again.
        for unlinks in [false, true] {
            assert_eq!(unlinks && graph.unlink(exit), unlinks);
            let mut machine = Machine::new();
            for &(word, _) in &words {
                machine.memory.set(64 + i64::from(word), 1000 + word as u64);
            }
            graph.enter(owner, 0, &mut machine);
            for &(word, pending) in &words {
                let expected = match pending {
                    Pending::Value(_) => 1000 + word as u64,
                    Pending::Constant(constant) => constant.bits,
                };
                assert_eq!(machine.memory.get(i64::from(word)), expected, "word {word}");
            }
            assert_eq!(machine.memory.get(1), 101);
        }
    }
}

#[test]
fn s6_one_value_in_several_words() {
    let (graph, _) = graph();
    let mut b = Builder::new("several", 10, interface());
    b.at(10);
    let value = b.load_word(Type::I64, Word(64));
    let out = b.exit(ExitState {
        words: vec![(Word(2), value), (Word(3), value), (Word(7), value)],
        ..ExitState::new(ExitKind::Side, 20, 0)
    });
    b.leave(out);
    let owner = install(&graph, b.finish());
    side(&graph, end_of(&graph, owner), step(20, 90));
    let mut machine = Machine::new();
    machine.memory.set(64, 5);
    graph.enter(owner, 0, &mut machine);
    assert_eq!([2, 3, 7].map(|word| machine.memory.get(word)), [5, 5, 5]);
}
