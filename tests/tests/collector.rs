//! A collector in a helper: what traces hold is not freed, on the evaluator and as machine code.
//!
//! The host collects at every allocation and poisons what it did not reach. It marks from frame
//! words and from `Context::roots`, and clears the stack above the running frame. A program that
//! meets a poisoned object fails.
#![expect(
    unsafe_code,
    reason = "the two promises an embedder makes: layout and objects"
)]

use offramp::{
    Act, Arguments, Class, Config, Context, Done, Effects, Engine, Failure, Layout, Machine,
    Object, Op, Payloads, Pc, Program, Reference, Stack,
};
use std::cell::Cell;
use std::rc::Rc;

const INT: i64 = 0;
const NODE: i64 = Node::TAG;
const POISON: i64 = 9;

struct Node {
    next: Cell<Tagged>,
    marked: Cell<bool>,
    dead: Cell<bool>,
}

const NEXT: Class = Class(0);

offramp::object! {
    // SAFETY: nodes are dropped with the host only, when no run is under way; what is collected
    // is poisoned but stays. Only nodes have this tag. Acts alone change a node from outside.
    unsafe impl Object<Values> for Node = 1 {
        field NEXT: Cell<Tagged> = next in NEXT;
    }
}

type Tagged = offramp::Tagged<Values>;

enum Values {}

// SAFETY: only nodes have reference payloads, and words of values are written as whole values.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const CLASSES: &'static [&'static str] = &["next"];
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[NODE]);
}

#[derive(Default)]
struct Host {
    nodes: Vec<Rc<Node>>,
    collections: u64,
    freed: u64,
}

impl Host {
    fn mark(&self, value: Tagged) {
        let mut value = value;
        while let Some(node) = value.as_reference::<Node>() {
            assert!(!node.dead.get(), "a root was collected before");
            if node.marked.replace(true) {
                return;
            }
            value = node.next.get();
        }
    }

    fn sweep(&mut self) {
        self.collections += 1;
        for node in &self.nodes {
            if !node.marked.replace(false) && !node.dead.replace(true) {
                node.next.set(Tagged::int(POISON, 0));
                self.freed += 1;
            }
        }
        // The sanitizer reports who looks at what was freed.
        if cfg!(sanitize_address) {
            self.nodes.retain(|node| !node.dead.get());
        }
    }
}

fn collect(cx: &mut Context<'_, Lists>) {
    for pair in cx.stack.words(FRAME).chunks(2) {
        if pair[0] as i64 == NODE {
            let node = cx.host.nodes.iter().find(|node| address(node) == pair[1]);
            cx.host
                .mark(Tagged::reference(refer(node.expect("a node"))));
        }
    }
    for root in cx.roots() {
        let node = cx.host.nodes.iter().find(|node| address(node) == root);
        cx.host
            .mark(Tagged::reference(refer(node.expect("a node"))));
    }
    let above = cx.stack.limit() - cx.stack.base();
    cx.stack.clear(FRAME, above);
    cx.host.sweep();
}

fn refer(node: &Node) -> Reference<Node> {
    // SAFETY: the host keeps its nodes until a collection does not reach them.
    unsafe { Reference::to_live(node) }
}

fn address(node: &Node) -> u64 {
    std::ptr::from_ref(node).addr() as u64
}

const fn collects<A: Arguments, R>(act: Act<Lists, A, R>) -> Act<Lists, A, R> {
    let effects = Effects {
        collects: true,
        ..Effects::PURE
    };
    // SAFETY: what is collected is changed, but nothing refers to that any more; nothing else is changed
    // by either helper.
    unsafe { act.with_effects_unchecked(effects) }
}

/// A new node, in front of another.
const NEW: Act<Lists, (Tagged,), Reference<Node>> = collects(Act::new("new", new));

fn new(cx: &mut Context<'_, Lists>, (next,): (Tagged,)) -> Result<Reference<Node>, Failure> {
    collect(cx);
    let node = Rc::new(Node {
        next: Cell::new(next),
        marked: Cell::new(false),
        dead: Cell::new(false),
    });
    let reference = refer(&node);
    cx.host.nodes.push(node);
    Ok(reference)
}

/// Collects, then counts the nodes of a list.
const COUNT: Act<Lists, (Tagged,), i64> = collects(Act::new("count", count));

fn count(cx: &mut Context<'_, Lists>, (list,): (Tagged,)) -> Result<i64, Failure> {
    collect(cx);
    length(list)
}

fn length(list: Tagged) -> Result<i64, Failure> {
    let (mut list, mut count) = (list, 0);
    while let Some(node) = list.as_reference::<Node>() {
        count += 1;
        list = node.next.get();
    }
    match list.tag() {
        INT => Ok(count),
        _ => Err(Failure("poison")),
    }
}

/// Runs the program at an instruction, in which it collects, then counts the nodes of a list.
const AROUND: Act<Lists, (Reference<Node>, i64), i64> = Act::new("around", around);

fn around(
    cx: &mut Context<'_, Lists>,
    (list, target): (Reference<Node>, i64),
) -> Result<i64, Failure> {
    let nested = cx.run(FRAME, target as Pc);
    let nested = nested.map_err(|_| Failure("the nested run failed"))?;
    Ok(nested + length(Tagged::reference(list))?)
}

/// Operands are words of values; a callee's frame begins at its caller's end.
#[derive(Clone, Copy)]
enum Instr {
    Int(u16, i64),
    Copy(u16, u16),
    Add(u16, u16, u16),
    /// A new node in front of the second.
    New(u16, u16),
    Next(u16, u16),
    /// Cuts the list behind its first node and counts what was behind: an argument that lies
    /// nowhere else.
    CountRest(u16, u16),
    /// The same, around a nested run.
    Around(u16, u16, Pc),
    /// Makes the node a constant of the trace.
    Promote(u16, u16),
    Call(Pc),
    Return(u16),
    LoopIfLess(u16, u16, Pc),
    Halt(u16),
}

const FRAME: u16 = 24;
const ARG: u16 = FRAME + 2;

struct Lists(Vec<Instr>);

impl Program for Lists {
    type Host = Host;
    type Layout = Values;
    type Answer = i64;
    type Error = Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        let poison = Failure("poison");
        match self.0[pc as usize] {
            Instr::Int(a, value) => {
                let value = m.int_value(INT, m.constant(value));
                m.commit().set_value(a, value).next()
            }
            Instr::Copy(a, b) => {
                let value = m.value(b);
                m.commit().set_value(a, value).next()
            }
            Instr::Add(a, b, c) => {
                let sum = m.add(m.payload(m.value(b)), m.payload(m.value(c)));
                let sum = m.int_value(INT, sum);
                m.commit().set_value(a, sum).next()
            }
            Instr::New(a, b) => {
                let next = m.value(b);
                m.commit().call_into(a, NEW, (next,))
            }
            Instr::Next(a, b) => {
                let Some(node) = m.expect::<Node>(m.value(b)) else {
                    return m.commit().fail(poison);
                };
                let next = m.load(node, Node::NEXT);
                m.commit().set_value(a, next).next()
            }
            Instr::CountRest(a, b) => {
                let Some(node) = m.expect::<Node>(m.value(b)) else {
                    return m.commit().fail(poison);
                };
                let rest = m.load(node, Node::NEXT);
                let nil = m.int_value(INT, m.constant(0));
                let cut = m.commit().store(node, Node::NEXT, nil);
                cut.call(COUNT, (rest,), |called, count| {
                    let count = called.int_value(INT, count);
                    called.set_value(a, count).next()
                })
            }
            Instr::Around(a, b, target) => {
                let Some(node) = m.expect::<Node>(m.value(b)) else {
                    return m.commit().fail(poison);
                };
                let Some(rest) = m.expect::<Node>(m.load(node, Node::NEXT)) else {
                    return m.commit().fail(poison);
                };
                let nil = m.int_value(INT, m.constant(0));
                let target = m.constant(target.into());
                let cut = m.commit().store(node, Node::NEXT, nil);
                cut.call(AROUND, (rest, target), |called, count| {
                    let count = called.int_value(INT, count);
                    called.set_value(a, count).next()
                })
            }
            Instr::Promote(a, b) => {
                let Some(node) = m.expect::<Node>(m.value(b)) else {
                    return m.commit().fail(poison);
                };
                let constant = m.promote_ref(node);
                let value = m.ref_value(m.ref_constant(constant));
                m.commit().set_value(a, value).next()
            }
            Instr::Call(target) => {
                if !m.has_room(2 * FRAME) {
                    return m.commit().fail(Failure("stack overflow"));
                }
                m.commit().enter(ARG, pc + 1, target)
            }
            Instr::Return(a) => {
                let value = m.value(a);
                let Some(caller) = m.caller() else {
                    return m.commit().fail(Failure("nobody called"));
                };
                m.commit().leave_value(caller, ARG, value)
            }
            Instr::LoopIfLess(a, b, target) => {
                match m.is_less(m.payload(m.value(a)), m.payload(m.value(b))) {
                    true => m.commit().loop_to(target),
                    false => m.commit().next(),
                }
            }
            Instr::Halt(a) => {
                let answer = m.payload(m.value(a));
                m.commit().finish(answer)
            }
        }
    }
}

const TIMES: i64 = 200;

/// Slot n of the frame. 0: the sum; 1: counter; 2: its limit; 3: one; 4: nil; 5, 6: lists; 7: a
/// count; 8: the node that is promoted.
const fn at(slot: u16) -> u16 {
    2 * slot
}

/// Lists of two live across calls, an inlined function, and nested runs if it `nests`; one node is
/// a constant of the traces and then dropped.
fn program(nests: bool) -> Lists {
    use Instr::*;
    let mut code = vec![
        // Fails: where a cleared link leads.
        Next(at(0), at(4)),
        Int(at(0), 0),
        Int(at(1), 0),
        Int(at(2), TIMES),
        Int(at(3), 1),
        Int(at(4), 0),
        New(at(8), at(4)),
    ];
    let top = code.len() as Pc;
    let (nested, function) = (top + 20, top + 24);
    code.extend([
        New(at(5), at(4)),
        New(at(5), at(5)),
        New(at(5), at(5)),
        Copy(at(6), at(5)),
        Copy(at(5), at(4)),
        Promote(at(9), at(8)),
        CountRest(at(7), at(6)),
        Add(at(0), at(0), at(7)),
        New(ARG, at(9)),
        Call(function),
        New(at(6), ARG),
        New(at(6), at(6)),
        match nests {
            true => Around(at(7), at(6), nested),
            false => CountRest(at(7), at(6)),
        },
        Add(at(0), at(0), at(7)),
        Add(at(1), at(1), at(3)),
        LoopIfLess(at(1), at(2), top),
        Copy(at(8), at(4)),
        Copy(at(9), at(4)),
        New(at(6), at(4)),
        Halt(at(0)),
    ]);
    assert_eq!(code.len() as Pc, nested);
    code.extend([
        Int(at(0), 0),
        New(at(1), at(0)),
        New(at(1), at(1)),
        Halt(at(0)),
    ]);
    assert_eq!(code.len() as Pc, function);
    // (list) → a new node before it; a local that is read after allocating.
    code.extend([
        Copy(at(2), at(0)),
        New(at(1), at(0)),
        Next(at(1), at(1)),
        Next(at(1), at(1)),
        New(at(3), at(2)),
        Return(at(3)),
    ]);
    Lists(code)
}

fn run(nests: bool, config: Config, forced: u32) -> (i64, u64) {
    let engine = Engine::new(config).expect("an engine");
    let mut interpreter = engine.interpreter(program(nests)).expect("an interpreter");
    interpreter.force_exits(forced);
    let (mut host, mut stack) = (Host::default(), Stack::new(400));
    let answer = interpreter
        .run(&mut host, &mut stack, 1)
        .expect("no poison");
    assert!(host.collections > 1000 && host.freed > 1000);
    // The promoted node is no longer in any frame word, but still in the traces that compare with
    // it.
    let held = interpreter.graph().references();
    for node in &host.nodes {
        assert!(!held.contains(&address(node)) || !node.dead.get());
    }
    (answer, interpreter.graph().stats().compiled)
}

#[test]
fn l10_what_traces_hold_is_not_collected() {
    let mut plain = Config::default();
    plain.enabled = false;
    for nests in [false, true] {
        let (wanted, _) = run(nests, plain.clone(), 0);
        compare(nests, wanted);
    }
}

fn compare(nests: bool, wanted: i64) {
    for machine_code in [false, true] {
        for threshold in [1, 2, 10] {
            for optimise in [false, true] {
                for forced in [0, 3] {
                    let mut config = Config::default();
                    config.machine_code = machine_code;
                    config.optimise = optimise;
                    (config.hot_loop, config.hot_function) = (threshold, threshold);
                    config.hot_exit = threshold;
                    let (answer, compiled) = run(nests, config, forced);
                    assert_eq!(answer, wanted);
                    assert!(compiled > 0);
                }
            }
        }
    }
}
