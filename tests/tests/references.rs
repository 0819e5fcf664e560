//! References come from objects alone: what safe code does to have an integer followed as one is
//! a panic that says so, traced or not, and the interpreter is usable after it.

#![expect(
    unsafe_code,
    reason = "the two promises an embedder makes: layout and objects"
)]

use offramp::{
    Class, Config, Done, Engine, Field, Interpreter, Layout, Machine, Op, Payloads, Pc, Program,
    Read, Reference, Stack,
};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

const INT: i64 = 0;
const PAIR: i64 = 1;

enum Values {}

// SAFETY: tag 1 is that of pairs.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[PAIR]);
    const CLASSES: &'static [&'static str] = &["pairs"];
}

type Tagged = offramp::Tagged<Values>;

struct Pair {
    first: Cell<Tagged>,
}

offramp::object! {
    // SAFETY: pairs are never freed, and instructions alone change them.
    unsafe impl Object<Values> for Pair = 1 {
        field FIRST: Cell<Tagged> = first in Class(0);
    }
}

/// What the program does in one round of its loop, or what it says of its frame.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    IntValue,
    FloatValue,
    ReadsOdd,
    WritesOdd,
    EntersOdd,
    /// Calls with the link where the pair is.
    Calls,
    /// Says that the word is dead although it is read.
    Forgets(u32),
}

const ROUNDS: i64 = 1000;
const BAD: i64 = 700;

/// Counts at word 0; at word 6 is the pair, and in all rounds but the last an integer.
struct Counts(Does);

const KEPT: Read<Counts, (), Reference<Pair>> =
    Read::new("kept", |pair: &Reference<Pair>, ()| *pair);

const FIRST: Field<Pair, Cell<Tagged>> = Pair::FIRST;

impl Program for Counts {
    type Host = Reference<Pair>;
    type Layout = Values;
    type Answer = i64;
    type Error = offramp::Failure;

    fn is_live(&self, _: Pc, word: u32) -> bool {
        self.0 != Does::Forgets(word)
    }

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => {
                let pair = m.read(KEPT, ());
                let value = m.ref_value(pair);
                m.commit().set_value(6, value).next()
            }
            1 => {
                let round = m.payload(m.value(0));
                if m.is_less(round, m.constant(ROUNDS)) {
                    return m.commit().jump(3);
                }
                m.commit().next()
            }
            2 => match m.expect::<Pair>(m.value(6)) {
                Some(pair) => {
                    let first = m.payload(m.load(pair, FIRST));
                    m.commit().finish(first)
                }
                None => {
                    let none = m.constant(-1);
                    m.commit().finish(none)
                }
            },
            3 => {
                let round = m.payload(m.value(0));
                let is_bad = m.is_equal(round, m.constant(BAD));
                let value = m.int_value(INT, m.constant(64));
                if self.0 == Does::Calls {
                    return match m.has_room(8) {
                        true => m.commit().enter(8, 6, 5),
                        false => m.commit().next(),
                    };
                }
                if !is_bad {
                    return m.commit().set_value(6, value).next();
                }
                let tag = m.promote(m.sub(round, m.constant(BAD - PAIR)));
                match self.0 {
                    Does::IntValue => {
                        let value = m.int_value(tag, m.constant(64));
                        m.commit().set_value(6, value).next()
                    }
                    Does::FloatValue => {
                        let value = m.float_value(tag, m.float_constant(1e-300));
                        m.commit().set_value(6, value).next()
                    }
                    Does::ReadsOdd => {
                        let value = m.value(5);
                        m.commit().set_value(6, value).next()
                    }
                    Does::WritesOdd => m.commit().set_value(5, value).next(),
                    Does::EntersOdd => match m.has_room(31) {
                        true => m.commit().enter(31, 4, 4),
                        false => m.commit().next(),
                    },
                    _ => m.commit().set_value(6, value).next(),
                }
            }
            5 => match m.caller() {
                Some(caller) => m.commit().pop(caller).return_to(),
                None => m.commit().fail(offramp::Failure("nobody called")),
            },
            6 => {
                if m.expect::<Pair>(m.value(6)).is_none() {
                    return m.commit().jump(4);
                }
                let found = m.constant(-2);
                m.commit().finish(found)
            }
            _ => {
                let next = m.add(m.payload(m.value(0)), m.constant(1));
                let next = m.int_value(INT, next);
                m.commit().set_value(0, next).loop_to(0)
            }
        }
    }
}

fn pair() -> Reference<Pair> {
    let first = Cell::new(Tagged::int(INT, 77));
    Reference::to(Box::leak(Box::new(Pair { first })))
}

fn interpreter(does: Does, enabled: bool) -> Interpreter<Counts> {
    let mut config = Config::default();
    config.enabled = enabled;
    let engine = Engine::new(config).expect("an engine");
    engine.interpreter(Counts(does)).expect("an interpreter")
}

fn message<R>(run: impl FnOnce() -> R) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(run)) else {
        panic!("no panic")
    };
    match panic.downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => *panic.downcast::<String>().expect("a message"),
    }
}

const FORGED: &str = "the payload of this tag is a reference";
const ODD: &str = "lie at even words";

#[test]
fn instructions_forge_no_references() {
    let cases = [
        (Does::IntValue, FORGED),
        (Does::FloatValue, FORGED),
        (Does::ReadsOdd, ODD),
        (Does::WritesOdd, ODD),
        (Does::EntersOdd, ODD),
    ];
    for (does, says) in cases {
        for enabled in [false, true] {
            let mut interpreter = interpreter(does, enabled);
            let (mut host, mut stack) = (pair(), Stack::new(1000));
            let said = message(|| interpreter.run(&mut host, &mut stack, 0));
            assert!(said.contains(says), "{does:?}: {said}");
            assert_eq!(interpreter.graph().stats().compiled > 0, enabled);
            // On from the round after.
            stack.set_value(0, Tagged::int(INT, BAD + 1));
            assert_eq!(
                interpreter.run(&mut host, &mut stack, 0),
                Ok(77),
                "{does:?}"
            );
        }
    }
}

#[test]
fn a_program_that_is_wrong_about_half_a_value_has_whole_values() {
    for enabled in [false, true] {
        for (dead, right) in [(7, Some(77)), (0, None), (6, None)] {
            let mut interpreter = interpreter(Does::Forgets(dead), enabled);
            let (mut host, mut stack) = (pair(), Stack::new(1000));
            if dead == 0 && enabled {
                // It forgets that it counts, so it need not end.
                continue;
            }
            let answer = interpreter.run(&mut host, &mut stack, 0);
            assert!(
                answer == Ok(77) || right.is_none() && answer == Ok(-1),
                "{answer:?}"
            );
        }
    }
}

#[test]
fn hosts_forge_no_references() {
    let mut stack = Stack::<Values>::new(100);
    let forged = [
        message(|| Tagged::int(PAIR, 64).as_reference::<Pair>()),
        message(|| Tagged::float(PAIR, 64.0).as_reference::<Pair>()),
    ];
    assert!(
        forged.iter().all(|said| said.contains(FORGED)),
        "{forged:?}"
    );
    let odd = [
        message(|| stack.set_value(3, Tagged::int(INT, 0))),
        message(|| stack.value(5).as_reference::<Pair>()),
        message(|| stack.clear(1, 2)),
        message(|| stack.clear(2, 3)),
        message(|| stack.push(7, 0)),
    ];
    assert!(odd.iter().all(|said| said.contains(ODD)), "{odd:?}");
    assert!(message(|| Payloads::INTEGERS.references(&[0])).contains("tag 0"));
    assert!(message(|| Payloads::INTEGERS.floats(&[64])).contains("from 0 to 63"));
    let kept = Tagged::reference(pair());
    assert!(message(|| FIRST.holds_value(kept)).contains("refers to no object"));
    // What was never written refers to nothing, and links are integers, also where a reference was.
    stack.set_value(6, Tagged::reference(pair()));
    assert!(stack.push(8, 1) && stack.pop().is_some());
    assert!((0..10).all(|at| stack.value(2 * at).as_reference::<Pair>().is_none()));
}

/// A call leaves no reference at the slot whose payload its link has taken: not to the interpreter, and
/// not to a trace that the call and the return are in.
#[test]
fn a_link_is_never_read_as_a_reference() {
    for enabled in [false, true] {
        let mut interpreter = interpreter(Does::Calls, enabled);
        let (mut host, mut stack) = (pair(), Stack::new(1000));
        // The last round does not call: the pair is where it was put.
        assert_eq!(interpreter.run(&mut host, &mut stack, 0), Ok(77));
        assert_eq!(interpreter.graph().stats().compiled > 0, enabled);
    }
}
