//! Small traces and graphs made of them.

use offramp::Config;
use offramp::explicit::{Backend, ExecutorGraph};
use offramp::inspect::{Event, ExecutorRef, ExitRef};
use offramp_uop::{
    Builder, Const, Effects, ExitId, ExitKind, ExitState, Helper, Interface, Op, Pc, Trace, Type,
    Value, Word, inherit,
};
use std::sync::{Arc, Mutex};

/// What is pending in a word of a made-up exit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pending {
    /// A value of this type, loaded from word `64 + word`.
    Value(Type),
    /// A constant.
    Constant(Const),
}

/// An integer constant.
pub fn int(value: i64) -> Pending {
    Pending::Constant(Const::int(value))
}

/// A helper that may run the program.
pub const REENTER: offramp_uop::HelperId = offramp_uop::HelperId(0);

/// The interface of the kit's traces.
pub fn interface() -> Arc<Interface> {
    let reenter = Helper {
        name: "reenter".into(),
        params: Default::default(),
        result: None,
        effects: Effects {
            writes_frames: false,
            ..Effects::WORST
        },
        fails: false,
        makes: None,
    };
    Arc::new(Interface {
        helpers: vec![reenter],
        ..Interface::new()
    })
}

/// A graph with thresholds of 1 but for what is changed, and its events.
pub fn graph_on(
    back_end: impl Backend + 'static,
    change: impl FnOnce(&mut Config),
) -> (ExecutorGraph, Arc<Mutex<Vec<Event>>>) {
    let mut config = Config::default();
    config.hot_loop = 1;
    config.hot_function = 1;
    config.hot_exit = 1;
    config.optimise = false;
    change(&mut config);
    let graph = ExecutorGraph::new(config, back_end);
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = events.clone();
    graph.observe(move |event| sink.lock().expect("no panic").push(*event));
    (graph, events)
}

/// Word `word` plus `delta`.
pub fn bump(b: &mut Builder, word: i32, delta: i64) {
    let old = b.load_word(Type::I64, Word(word));
    let delta = b.int(delta);
    let new = b.pure(Op::Add, &[old, delta]);
    b.store_word(Word(word), new);
}

/// Whether word `word` is below `limit`.
pub fn below(b: &mut Builder, word: i32, limit: i64) -> Value {
    let value = b.load_word(Type::I64, Word(word));
    let limit = b.int(limit);
    b.pure(Op::Lt, &[value, limit])
}

/// The instruction at `pc` begins, and polls.
pub fn at_and_poll(b: &mut Builder, pc: Pc) {
    at_and_poll_with(b, pc, &[]);
}

/// The instruction at `pc` begins, and polls with `words` pending.
pub fn at_and_poll_with(b: &mut Builder, pc: Pc, words: &[(Word, Value)]) {
    b.at(pc);
    let interrupt = b.exit(ExitState {
        words: words.to_vec(),
        ..ExitState::new(ExitKind::Poll, pc, 0)
    });
    b.poll(interrupt);
}

/// A root at `pc` of one instruction: adds 1 to word 1 and leaves to `target`.
pub fn step_root(pc: Pc, target: Pc) -> Trace {
    let mut b = Builder::new(format!("root {pc}"), pc, interface());
    at_and_poll(&mut b, pc);
    bump(&mut b, 1, 1);
    let out = b.side_exit(target, 0);
    b.leave(out);
    b.finish()
}

/// A root at `pc` that leaves to `target` with `words` pending and the base moved.
///
/// Its last exit is the one with something pending.
pub fn parent(pc: Pc, target: Pc, base: i32, words: &[(i32, Pending)]) -> Trace {
    let mut b = Builder::new(format!("parent {pc}"), pc, interface());
    at_and_poll(&mut b, pc);
    if base > 0 {
        let pass = b.side_exit(pc, 0);
        let room = b.has_room(Word(base));
        b.guard(room, pass);
    }
    bump(&mut b, 1, 1);
    let mut state = ExitState::new(ExitKind::Side, target, base);
    state.words = words
        .iter()
        .map(|&(word, pending)| {
            let value = match pending {
                Pending::Constant(constant) => b.constant(constant),
                Pending::Value(Type::Ref) => {
                    let bits = b.load_word(Type::I64, Word(64 + word));
                    let pass = b.side_exit(pc, 0);
                    let yes = b.bool(true);
                    b.guard_ref(yes, bits, pass)
                }
                Pending::Value(ty) => b.load_word(ty, Word(64 + word)),
            };
            (Word(word), value)
        })
        .collect();
    let out = b.exit(state);
    b.leave(out);
    b.finish()
}

/// Installs a root.
pub fn install(graph: &ExecutorGraph, trace: Trace) -> ExecutorRef {
    let recording = graph.begin_root(trace.pc).expect("nothing is recorded");
    graph.finish(recording, trace).expect("it fits")
}

/// Installs a side trace behind `exit`: what `body` builds on what the exit leaves pending.
pub fn side(graph: &ExecutorGraph, exit: ExitRef, body: impl FnOnce(&mut Builder)) -> ExecutorRef {
    let recording = graph.begin_side(exit).expect("the exit is cold");
    let (parent, id) = graph.parent_of(&recording).expect("the parent lives");
    let mut b = inherit("side", parent.exit(id), &parent);
    body(&mut b);
    graph.finish(recording, b.finish()).expect("it fits")
}

/// One instruction at `pc` that adds 100 to word 1 and leaves to `target`.
pub fn step(pc: Pc, target: Pc) -> impl FnOnce(&mut Builder) {
    move |b| {
        b.at(pc);
        bump(b, 1, 100);
        let out = b.side_exit(target, 0);
        b.leave(out);
    }
}

/// The last exit of `executor`'s trace: the one it ends in.
pub fn end_of(graph: &ExecutorGraph, executor: ExecutorRef) -> ExitRef {
    let info = graph.executor_info(executor).expect("it exists");
    executor.exit(ExitId(info.trace.exits.len() as u32 - 1))
}

/// Asserts that the graph's books are in order.
pub fn assert_consistent(graph: &ExecutorGraph) {
    assert_eq!(graph.inconsistencies(), Vec::<String>::new());
}
