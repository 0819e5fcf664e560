//! Helpers that make objects and panic, wherever a trace calls them: in the line, where an object escapes,
//! or in an exit. No frame word then names an object that was not made, and none is half a value.
#![allow(unsafe_code, reason = "promises what objects hold")]

use crate::kit::{Burnt, Fuse, Site, configs, silence};
use offramp::{
    Act, Config, Context, Done, Effects, Engine, Failure, Interpreter, Machine, Make, Op, Pc,
    Program, Reference, Stack,
};
use offramp_tests::pairs::{Heap, INT, NOTHING, Pair, Tagged, Values};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[derive(Default)]
struct Host {
    heap: Heap,
    fuse: Arc<Fuse>,
}

const NEW_PAIR: Make<Pairs, (), Pair> = {
    let make = Make::new("new_pair", |host: &Host, ()| {
        host.fuse.call(Site::Make);
        host.heap.pair(0)
    });
    let holds = &[
        Pair::FIRST.holds_value(NOTHING),
        Pair::SECOND.holds_value(NOTHING),
    ];
    // SAFETY: `Heap::pair` makes them so.
    unsafe { make.holding(holds) }
};

/// Looks at a pair, as all helpers with effects may.
const LOOK: Act<Pairs, (Reference<Pair>,), i64> =
    Act::new("look", |cx: &mut Context<'_, Pairs>, (pair,)| {
        cx.host.heap.check(Tagged::reference(pair));
        Ok(1)
    })
    .with_effects(Effects {
        writes: offramp::ClassSet::ALL,
        ..Effects::PURE
    });

/// Words: the counter in 0, the limit in 2, the sum in 4, pairs in 6 and 12, one that is kept in 10, one
/// of the host's in 14; how often a pair escapes in 8.
struct Pairs;

const WINDOW: u16 = 24;

impl Program for Pairs {
    type Host = Host;
    type Layout = Values;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => m.commit().make(NEW_PAIR, (), |commit, pair| {
                let value = commit.ref_value(pair);
                commit.set_value(6, value).next()
            }),
            1 => {
                let pair = m.expect::<Pair>(m.value(6)).expect("it was made");
                let (first, count) = (m.load(pair, Pair::FIRST), m.payload(m.value(0)));
                let sum = m.int_value(INT, m.add(m.payload(first), count));
                m.commit().store(pair, Pair::FIRST, sum).next()
            }
            2 => {
                if !m.has_room(2 * WINDOW) {
                    return m.commit().fail(Failure("stack overflow"));
                }
                m.commit().enter(WINDOW, 3, 20)
            }
            // What the callee has made holds the other.
            3 => {
                let outer = m.value(WINDOW);
                let pair = m.expect::<Pair>(outer).expect("it was made");
                let inner = m.value(6);
                let commit = m.commit().store(pair, Pair::SECOND, inner);
                commit.set_value(12, outer).next()
            }
            4 => {
                let outer = m.expect::<Pair>(m.value(12)).expect("it was made");
                let inner = m.load(outer, Pair::SECOND);
                let inner = m.expect::<Pair>(inner).expect("it was stored");
                let first = m.payload(m.load(inner, Pair::FIRST));
                let sum = m.int_value(INT, m.add(m.payload(m.value(4)), first));
                m.commit().set_value(4, sum).next()
            }
            // Kept in a word, stored in another object, handed to a helper.
            5 => {
                let left = m.rem(m.payload(m.value(0)), m.payload(m.value(8)));
                if m.is_equal(left, m.constant(0)) {
                    let pair = m.value(6);
                    return m.commit().set_value(10, pair).next();
                }
                m.commit().next()
            }
            6 => {
                let left = m.rem(m.payload(m.value(0)), m.payload(m.value(8)));
                if m.is_equal(left, m.constant(1)) {
                    let root = m.expect::<Pair>(m.value(14)).expect("the host's");
                    let pair = m.value(12);
                    return m.commit().store(root, Pair::FIRST, pair).next();
                }
                m.commit().next()
            }
            7 => {
                let left = m.rem(m.payload(m.value(0)), m.payload(m.value(8)));
                if m.is_equal(left, m.constant(2)) {
                    let pair = m.expect::<Pair>(m.value(12)).expect("it was made");
                    return m.commit().call(LOOK, (pair,), |called, _| called.next());
                }
                m.commit().next()
            }
            8 => {
                let next = m.add(m.payload(m.value(0)), m.constant(1));
                let goes_on = m.is_less(next, m.payload(m.value(2)));
                let next = m.int_value(INT, next);
                let commit = m.commit().set_value(0, next);
                if goes_on {
                    commit.loop_to(0)
                } else {
                    commit.next()
                }
            }
            20 => m.commit().make(NEW_PAIR, (), |commit, pair| {
                let value = commit.ref_value(pair);
                commit.set_value(0, value).next()
            }),
            21 => {
                let (pair, caller) = (m.value(0), m.caller().expect("it was called"));
                m.commit().leave_value(caller, WINDOW, pair)
            }
            _ => {
                let answer = m.payload(m.value(4));
                m.commit().finish(answer)
            }
        }
    }
}

const ROUNDS: i64 = 120;
/// Words of a frame that hold values.
const FRAME: u16 = 16;

fn run(interpreter: &mut Interpreter<Pairs>, fuse: &Arc<Fuse>, every: i64) -> Result<i64, Burnt> {
    let mut host = Host {
        fuse: fuse.clone(),
        ..Host::default()
    };
    let root = host.heap.pair(0);
    let mut stack = Stack::new(1000);
    for (word, value) in [(0, 0), (2, ROUNDS), (4, 0), (8, every)] {
        stack.set_value(word, Tagged::int(INT, value));
    }
    stack.set_value(14, Tagged::reference(root));
    let ran = catch_unwind(AssertUnwindSafe(|| {
        interpreter.run(&mut host, &mut stack, 0)
    }));
    // All frames are whole.
    loop {
        let callee = stack.caller().is_some();
        for word in (0..if callee { 2 } else { FRAME }).step_by(2) {
            host.heap.check(stack.value(word));
        }
        if stack.pop().is_none() {
            break;
        }
    }
    host.heap.check_all();
    match ran {
        Ok(answer) => Ok(answer.expect("it does not fail")),
        Err(panic) => match panic.downcast::<Burnt>() {
            Ok(burnt) => Err(*burnt),
            Err(other) => std::panic::resume_unwind(other),
        },
    }
}

fn interpreter(config: &Config) -> Interpreter<Pairs> {
    silence();
    let engine = Engine::new(config.clone()).expect("an engine");
    engine.interpreter(Pairs).expect("an interpreter")
}

#[test]
fn a_helper_that_makes_objects_panics() {
    for every in [3, 7, 50] {
        let (_, off) = &configs()[0];
        let right = run(&mut interpreter(off), &Arc::default(), every).expect("no fuse");
        for (name, config) in configs() {
            let mut burnt = 0;
            let sweep = std::iter::successors(Some(1), |n| Some(n + 1 + n / 5));
            for n in sweep {
                let what = (name, every, n, config.hot_loop);
                let fuse = Arc::new(Fuse::default());
                let mut interpreter = interpreter(&config);
                let mut answers = Vec::new();
                // The second time with the traces of the first.
                for _ in 0..2 {
                    fuse.arm(Some((Site::Make, n)));
                    answers.push(run(&mut interpreter, &fuse, every));
                    let graph = interpreter.graph();
                    assert_eq!(graph.inconsistencies(), Vec::<String>::new(), "{what:?}");
                    assert!(!graph.is_recording(), "{what:?}");
                    assert_eq!(graph.activations(), 0, "{what:?}");
                }
                fuse.arm(None);
                let again = run(&mut interpreter, &fuse, every);
                assert_eq!(again, Ok(right), "{what:?}");
                interpreter.graph().flush();
                interpreter.graph().drain();
                assert_eq!(interpreter.graph().executors(), [], "{what:?}");
                assert_eq!(interpreter.graph().stats().code_bytes, 0, "{what:?}");
                for answer in &answers {
                    assert!(
                        [Ok(right), Err(Burnt(Site::Make, n))].contains(answer),
                        "{what:?}"
                    );
                }
                burnt += answers.iter().filter(|answer| answer.is_err()).count();
                if answers.iter().all(Result::is_ok) {
                    break;
                }
            }
            assert!(burnt > 10, "{name}, every {every}: {burnt} burnt");
        }
    }
}
