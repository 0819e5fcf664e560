//! What helpers may do to the stack: everything else is a panic that says so, in the interpreter as
//! in traces, and the interpreter is usable after it.

use offramp::{
    Act, Config, Context, Done, Effects, Engine, Failure, Interpreter, Machine, Op, Outcome, Pc,
    Program, Stack, Words,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rounds of the loop, and the round in which the helper misbehaves.
const ROUNDS: i64 = 1000;
const BAD: i64 = 700;
/// Words between the frames.
const WINDOW: u16 = 8;

/// How the helper misbehaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Nothing,
    Reads,
    Links,
    Writes,
    Floats,
    Clears,
    Pushes,
    PushesAndPanics,
    PushesAndFails,
    Pops,
    PopsAndComesBack,
    PopsAndFails,
    PopsAndPanics,
    /// Pops two frames, damages their links and pushes one in their place.
    PopsAndTransfers,
}

/// The program's loop runs two frames up; its helper is the one of this number.
struct Calls(u8);

type Cx<'a> = Context<'a, Calls>;

fn act(cx: &mut Cx<'_>, round: i64) -> Result<(), Failure> {
    if round != BAD {
        return Ok(());
    }
    match *cx.host {
        Does::Nothing => {}
        Does::Reads => assert!(cx.stack.word(0) >= 0),
        Does::Links => assert!(cx.stack.callers().count() > 0),
        Does::Writes => cx.stack.set_word(3, 7),
        Does::Floats => cx.stack.set_float(3, 7.0),
        Does::Clears => cx.stack.clear(20, 10),
        Does::Pushes => assert!(cx.stack.push(WINDOW, 77)),
        Does::PushesAndPanics => {
            cx.stack.push(WINDOW, 77);
            panic!("as it should")
        }
        Does::PushesAndFails => {
            cx.stack.push(WINDOW, 77);
            return Err(Failure("as it should"));
        }
        _ => pop_two(cx),
    }
    Ok(())
}

/// Takes the two frames off and writes to where their links were.
fn pop_two(cx: &mut Cx<'_>) {
    cx.stack.pop();
    cx.stack.pop();
    for word in 0..2 * WINDOW {
        cx.stack.set_word(word, 3 << 32 | 1);
    }
}

const fn plain(effects: Effects) -> Act<Calls, (i64,), ()> {
    Act::new("plain", |cx, (round,)| act(cx, round)).with_effects(effects)
}

const NOTHING: Effects = Effects::PURE;
const READS: Effects = Effects {
    reads_frames: true,
    ..NOTHING
};
const COLLECTS: Effects = Effects {
    collects: true,
    ..NOTHING
};
const WRITES: Effects = Effects {
    writes_frames: true,
    ..NOTHING
};

const MAY_TRANSFER: Act<Calls, (i64,), Outcome<i64>> = Act::new("may_transfer", |cx, (round,)| {
    if round == BAD {
        match *cx.host {
            Does::Pops => pop_two(cx),
            Does::PopsAndComesBack => {
                pop_two(cx);
                cx.stack.push(2 * WINDOW, 2);
            }
            Does::PopsAndFails => {
                pop_two(cx);
                return Err(Failure("failed"));
            }
            Does::PopsAndPanics => {
                pop_two(cx);
                panic!("as it should")
            }
            Does::PopsAndTransfers => {
                pop_two(cx);
                cx.stack.push(2 * WINDOW, 2);
                cx.stack.set_word(0, BAD);
                return Ok(Outcome::Transfer(4));
            }
            _ => act(cx, round)?,
        }
    }
    Ok(Outcome::Value(round))
});

impl Program for Calls {
    type Host = Does;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            // Two frames up.
            0 => match m.has_room(WINDOW) {
                true => m.commit().enter(WINDOW, 2, 1),
                false => m.commit().fail(Failure("no room")),
            },
            1 => match m.has_room(WINDOW) {
                true => {
                    let zero = m.constant(0);
                    m.commit().set(WINDOW, zero).enter(WINDOW, 5, 3)
                }
                false => m.commit().fail(Failure("no room")),
            },
            2 => {
                let answer = m.int(0);
                m.commit().finish(answer)
            }
            3 => {
                let round = m.int(0);
                match self.0 {
                    0 => m
                        .commit()
                        .call(const { plain(NOTHING) }, (round,), |c, ()| c.next()),
                    1 => m
                        .commit()
                        .call(const { plain(READS) }, (round,), |c, ()| c.next()),
                    2 => m
                        .commit()
                        .call(const { plain(COLLECTS) }, (round,), |c, ()| c.next()),
                    3 => m
                        .commit()
                        .call(const { plain(WRITES) }, (round,), |c, ()| c.next()),
                    4 => {
                        let worst = const { plain(Effects::WORST) };
                        m.commit().call(worst, (round,), |c, ()| c.next())
                    }
                    _ => m
                        .commit()
                        .call_outcome(MAY_TRANSFER, (round,), |c, _| c.next()),
                }
            }
            4 => {
                let next = m.add(m.int(0), m.constant(1));
                match m.is_less(next, m.constant(ROUNDS)) {
                    true => m.commit().set(0, next).loop_to(3),
                    false => m.commit().set(0, next).next(),
                }
            }
            // Both frames return what the inner one has counted to.
            _ => {
                let count = m.int(0);
                match m.caller() {
                    Some(caller) => m.commit().leave(caller, 0, count),
                    None => m.commit().finish(count),
                }
            }
        }
    }
}

fn interpreter(helper: u8, enabled: bool) -> Interpreter<Calls> {
    let mut config = Config::default();
    config.enabled = enabled;
    let engine = Engine::new(config).expect("an engine");
    engine.interpreter(Calls(helper)).expect("an interpreter")
}

/// What a run with a helper that does this says: its answer, or its panic's message.
fn run(helper: u8, does: Does, enabled: bool) -> Result<String, String> {
    let mut interpreter = interpreter(helper, enabled);
    let mut stack = Stack::new(200);
    let start = stack.base();
    let mut host = does;
    let ran = catch_unwind(AssertUnwindSafe(|| {
        format!("{:?}", interpreter.run(&mut host, &mut stack, 0))
    }));
    let traced = interpreter.graph().stats().compiled;
    assert_eq!(traced > 0, enabled, "{does:?}");
    // The links are true: there is a way down to the frame that nobody called.
    let bases: Vec<usize> = stack.callers().map(|(_, base)| base).collect();
    assert!(
        bases
            .iter()
            .all(|base| (base - start).is_multiple_of(usize::from(WINDOW))),
        "{bases:?}"
    );
    assert_eq!(
        bases.last().copied().unwrap_or(stack.base()),
        start,
        "{does:?}"
    );
    while stack.pop().is_some() {}
    assert_eq!(stack.base(), start);
    host = Does::Nothing;
    assert_eq!(
        interpreter.run(&mut host, &mut stack, 0),
        Ok(ROUNDS),
        "{does:?} and after"
    );
    ran.map_err(|panic| match panic.downcast_ref::<&str>() {
        Some(text) => (*text).to_owned(),
        None => *panic.downcast::<String>().expect("a message"),
    })
}

const LOOKS: &str = "`plain` looks at the stack, but does not declare `reads_frames`";
const CHANGES: &str = "`plain` changes the stack, but does not declare `writes_frames`";
const CLEARS: &str = "`plain` clears frame words, but does not declare `collects`";
const MOVED: &str = "pushed or popped a frame and did not transfer";
const OWN: &str = "popped the frame it was called from";

#[test]
fn what_a_helper_does_not_declare_is_a_panic() {
    use Does::*;
    let cases: &[(u8, Does, &str)] = &[
        (0, Reads, LOOKS),
        (0, Links, LOOKS),
        (0, Writes, CHANGES),
        (0, Floats, CHANGES),
        (0, Clears, CLEARS),
        (0, Pushes, CHANGES),
        (0, Pops, CHANGES),
        (1, Writes, CHANGES),
        (1, Clears, CLEARS),
        (1, Pops, CHANGES),
        (2, Writes, CHANGES),
        (2, Pushes, CHANGES),
        (3, Pushes, MOVED),
        (3, PushesAndPanics, "as it should"),
        (3, Pops, OWN),
        (4, Pushes, MOVED),
        (4, Pops, OWN),
        (5, Pushes, MOVED),
        (5, PushesAndPanics, "as it should"),
        (5, Pops, MOVED),
        (5, PopsAndComesBack, MOVED),
        (5, PopsAndFails, MOVED),
        (5, PopsAndPanics, "as it should"),
    ];
    for &(helper, does, says) in cases {
        for enabled in [false, true] {
            let said = run(helper, does, enabled).expect_err("a panic");
            assert!(
                said.contains(says),
                "{helper} {does:?} traced {enabled}: {said}"
            );
        }
    }
}

#[test]
fn what_a_helper_declares_it_may_do() {
    use Does::*;
    let cases: &[(u8, Does, &str)] = &[
        (1, Reads, "Ok(1000)"),
        (1, Links, "Ok(1000)"),
        (2, Reads, "Ok(1000)"),
        (2, Clears, "Ok(1000)"),
        (3, Reads, "Ok(1000)"),
        (3, Writes, "Ok(1000)"),
        (3, Clears, "Ok(1000)"),
        (4, Floats, "Ok(1000)"),
        (3, PushesAndFails, "as it should"),
        (5, PushesAndFails, "as it should"),
        (5, PopsAndTransfers, "Ok(1000)"),
    ];
    for &(helper, does, says) in cases {
        for enabled in [false, true] {
            let said = run(helper, does, enabled).expect("no panic");
            assert!(
                said.contains(says),
                "{helper} {does:?} traced {enabled}: {said}"
            );
        }
    }
}

/// Links and base are of a run that did not end, of another program: its frames are there to return
/// through.
#[test]
fn a_stack_of_another_run_is_only_a_stack() {
    for enabled in [false, true] {
        let mut stack = Stack::new(200);
        let mut host = Does::PushesAndFails;
        assert!(
            interpreter(3, enabled)
                .run(&mut host, &mut stack, 0)
                .is_err()
        );
        assert!(stack.push(WINDOW, 12345));
        let mut other = interpreter(0, enabled);
        host = Does::Nothing;
        assert!(other.run(&mut host, &mut stack, 0).is_ok());
        assert!(other.run(&mut host, &mut stack, 3).is_ok());
    }
}
