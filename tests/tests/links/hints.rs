//! O1, O3: what was seen while recording is a hint. Where a later run differs, the trace does what the
//! instructions do: it loads again, or leaves.

use super::graph_with;
use offramp::explicit::Leave;
use offramp_tests::links::kit::{at_and_poll, install};
use offramp_tests::links::machine::Machine;
use offramp_uop::evaluate::Outcome;
use offramp_uop::{
    Builder, Class, Effects, ExitId, ExitKind, ExitState, Helper, HelperId, Interface, Mem, Op,
    Type, Value, Word,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Two words of real memory, which the evaluator's machine has at the same address.
#[derive(Default)]
struct Object([AtomicU64; 2]);

impl Object {
    fn address(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    fn set(&self, machine: &mut Machine<'_>, field: usize, bits: u64) {
        self.0[field].store(bits, Ordering::Relaxed);
        machine
            .memory
            .store(self.address() + 8 * field as u64, bits);
    }
}

const FIELD: Class = Class(0);
const OTHER: Class = Class(1);

/// One helper, with these effects.
fn interface(effects: Effects) -> Arc<Interface> {
    let helper = Helper {
        name: "helper".into(),
        params: Default::default(),
        result: None,
        effects,
        fails: true,
        makes: None,
    };
    Arc::new(Interface {
        classes: ["field", "other"].map(Into::into).into(),
        helpers: vec![helper],
        ..Interface::new()
    })
}

/// The object in `word`, which is taken for a reference.
fn object(b: &mut Builder, word: i32, out: ExitId) -> Value {
    let bits = b.load_word(Type::I64, Word(word));
    let yes = b.bool(true);
    b.guard_ref(yes, bits, out)
}

/// Loads the field of the object in word 65 twice, into words 2 and 3; between the two the object in
/// word 66 gets a field of the same class or of another. Whether the two are one object is not known.
#[test]
fn o3_a_store_to_what_may_be_the_same_object_is_seen() {
    for (class, offset) in [(FIELD, 0), (FIELD, 8), (OTHER, 8)] {
        let (graph, _) = graph_with(|config| config.optimise = true);
        let mut b = Builder::new("aliases", 10, interface(Effects::PURE));
        at_and_poll(&mut b, 10);
        let out = b.side_exit(10, 0);
        let (one, other) = (object(&mut b, 65, out), object(&mut b, 66, out));
        let before = b.load(Mem::I64, one, 0, FIELD);
        let five = b.int(5);
        b.store(Mem::I64, other, five, offset, class);
        let after = b.load(Mem::I64, one, 0, FIELD);
        b.store_word(Word(2), before);
        b.store_word(Word(3), after);
        let out = b.side_exit(11, 0);
        b.leave(out);
        let root = install(&graph, b.finish());
        for same in [false, true, false] {
            let (one, other) = (Object::default(), Object::default());
            let mut machine = Machine::new();
            for object in [&one, &other] {
                object.set(&mut machine, 0, 7);
                object.set(&mut machine, 1, 8);
            }
            let second = if same { &one } else { &other };
            machine.memory.set(65, one.address());
            machine.memory.set(66, second.address());
            graph.enter(root, 0, &mut machine);
            let expected = if same && offset == 0 { 5 } else { 7 };
            let found = [2, 3].map(|word| machine.memory.get(word));
            assert_eq!(found, [7, expected], "{class:?} {offset} {same}");
        }
    }
}

/// A call between two loads writes what they load: the field, or the frame word.
#[test]
fn o3_what_a_call_writes_is_loaded_again() {
    let writes_field = Effects {
        writes: offramp_uop::ClassSet::of(&[FIELD]),
        ..Effects::PURE
    };
    for effects in [writes_field, Effects::WORST] {
        let (graph, _) = graph_with(|config| config.optimise = true);
        let mut b = Builder::new("calls", 10, interface(effects));
        at_and_poll(&mut b, 10);
        let failed = b.exit(ExitState::new(ExitKind::Error, 10, 0));
        let out = b.side_exit(10, 0);
        let one = object(&mut b, 65, out);
        let field = b.load(Mem::I64, one, 0, FIELD);
        let word = b.load_word(Type::I64, Word(4));
        b.store_word(Word(2), field);
        b.store_word(Word(3), word);
        b.call(HelperId(0), &[], Some(failed));
        b.at(11);
        if effects.reenters {
            let gone = b.exit(ExitState::new(ExitKind::Deopt, 11, 0));
            b.check_valid(gone);
        }
        let out = b.side_exit(11, 0);
        let again = object(&mut b, 65, out);
        let field = b.load(Mem::I64, again, 0, FIELD);
        let word = b.load_word(Type::I64, Word(4));
        b.store_word(Word(5), field);
        b.store_word(Word(6), word);
        let end = b.side_exit(12, 0);
        b.leave(end);
        let root = install(&graph, b.finish());
        let one = Object::default();
        let address = one.address();
        let real = &one.0[0];
        let mut machine = Machine::calling(move |memory, _| {
            real.store(9, Ordering::Relaxed);
            memory.store(address, 9);
            if effects.writes_frames {
                memory.set(4, 13);
            }
            Outcome::Value(0)
        });
        one.set(&mut machine, 0, 7);
        machine.memory.set(65, address);
        machine.memory.set(4, 12);
        graph.enter(root, 0, &mut machine);
        let found = [2, 3, 5, 6].map(|word| machine.memory.get(word));
        let word = if effects.writes_frames { 13 } else { 12 };
        assert_eq!(found, [7, 12, 9, word], "{effects:?}");
    }
}

/// A call invalidates the trace it is made from: what the trace assumed is not used any more.
#[test]
fn o3_a_call_that_invalidates_ends_the_trace_at_its_next_check() {
    let (graph, _) = graph_with(|config| config.optimise = true);
    let effects = Effects {
        writes_frames: false,
        ..Effects::WORST
    };
    let mut b = Builder::new("assumes", 10, interface(effects));
    at_and_poll(&mut b, 10);
    let failed = b.exit(ExitState::new(ExitKind::Error, 10, 0));
    b.call(HelperId(0), &[], Some(failed));
    b.at(11);
    let gone = b.exit(ExitState::new(ExitKind::Deopt, 11, 0));
    b.check_valid(gone);
    // The assumed value, a constant of the trace.
    let assumed = b.int(5);
    b.store_word(Word(2), assumed);
    let end = b.side_exit(12, 0);
    b.leave(end);
    let root = install(&graph, b.finish());
    let key = offramp::Dependency(1);
    graph.depend(root, key);
    let mut rounds = 0;
    let mut machine = Machine::calling(|_, _| {
        rounds += 1;
        if rounds == 2 {
            assert_eq!(graph.invalidate_dependency(key), 1);
        }
        Outcome::Value(0)
    });
    graph.enter(root, 0, &mut machine);
    assert_eq!(machine.memory.get(2), 5);
    machine.memory.set(2, 0);
    let leave = graph.enter(root, 0, &mut machine);
    assert_eq!(leave, Leave::Resume { pc: 11, base: 0 });
    assert_eq!(machine.memory.get(2), 0);
}

/// The two operands were 1 and 2 while this was recorded. Whatever they are, the trace compares them
/// and adds them as the instruction does, or leaves where it begins.
#[test]
fn o1_operands_that_differ_from_those_recorded_are_guarded() {
    let (graph, _) = graph_with(|config| (config.optimise, config.hot_exit) = (true, 1000));
    let mut b = Builder::new("seen", 10, interface(Effects::PURE));
    at_and_poll(&mut b, 10);
    b.at(11);
    let out = b.side_exit(11, 0);
    let (x, y) = (
        b.load_word(Type::I64, Word(65)),
        b.load_word(Type::I64, Word(66)),
    );
    let less = b.pure(Op::Lt, &[x, y]);
    b.guard(less, out);
    let overflows = b.pure(Op::AddOverflows, &[x, y]);
    b.guard_not(overflows, out);
    let one = b.int(1);
    let known = b.pure(Op::Eq, &[x, one]);
    b.guard(known, out);
    // From here on the first operand is the constant that was seen.
    let sum = b.pure(Op::Add, &[one, y]);
    b.store_word(Word(2), sum);
    let end = b.side_exit(12, 0);
    b.leave(end);
    let root = install(&graph, b.finish());
    let edges = [0, 1, 2, 3, -1, i64::MAX, i64::MIN, i64::MAX - 1];
    for x in edges {
        for y in edges {
            let mut machine = Machine::new();
            machine.memory.set(65, x as u64);
            machine.memory.set(66, y as u64);
            let leave = graph.enter(root, 0, &mut machine);
            let holds = x < y && x == 1 && x.checked_add(y).is_some();
            let pc = if holds { 12 } else { 11 };
            assert_eq!(leave, Leave::Resume { pc, base: 0 }, "{x} {y}");
            let sum = if holds { x + y } else { 0 };
            assert_eq!(machine.memory.get(2), sum as u64, "{x} {y}");
        }
    }
}
