//! Frames that one instruction moves, pops and returns from, in every way that the types allow: the
//! plain interpreter and traces agree on where the base is.

use offramp::{Config, Done, Engine, Failure, Machine, Op, Pc, Program, Stack, Words};

const WINDOW: u16 = 8;
const SHIFT: u16 = 5;

/// A loop, in a frame that moves once before it, calls a function that moves its frame as often as its
/// argument says, calls itself in between, and gives back three numbers.
struct Frames;

const LIMIT: u16 = 1;
const SUM: u16 = 2;

impl Program for Frames {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            // Nobody called this frame.
            0 => {
                let (link, limit, zero) = (m.link(), m.int(LIMIT), m.constant(0));
                if !m.has_room(SHIFT) {
                    return m.commit().fail(Failure("no room"));
                }
                m.commit()
                    .shift(link, SHIFT)
                    .set(LIMIT, limit)
                    .set(0, zero)
                    .set(SUM, zero)
                    .jump(1)
            }
            1 => {
                let argument = m.rem_checked(m.int(0), m.constant(5));
                let (Some(argument), true) = (argument, m.has_room(4 * WINDOW)) else {
                    return m.commit().fail(Failure("no room"));
                };
                m.commit().set(WINDOW, argument).enter(WINDOW, 2, 4)
            }
            2 => {
                let given = m.add(m.int(WINDOW), m.mul(m.int(WINDOW + 1), m.constant(1000)));
                let given = m.add(given, m.mul(m.int(WINDOW + 2), m.constant(1_000_000)));
                let sum = m.add(m.int(SUM), given);
                m.commit().set(SUM, sum).next()
            }
            3 => {
                let next = m.add(m.int(0), m.constant(1));
                match m.is_less(next, m.int(LIMIT)) {
                    true => m.commit().set(0, next).loop_to(1),
                    false => {
                        let sum = m.int(SUM);
                        m.commit().set(0, next).finish(sum)
                    }
                }
            }
            // The function.
            4 => {
                let left = m.int(0);
                if m.is_equal(left, m.constant(0)) {
                    return m.commit().jump(6);
                }
                // The caller is asked for besides; it is not used.
                let (_, link) = (m.caller(), m.link());
                let less = m.sub(left, m.constant(1));
                if !m.has_room(4 * WINDOW) {
                    return m.commit().fail(Failure("no room"));
                }
                let shifted = m.commit().shift(link, SHIFT);
                let depth = shifted.constant(7);
                shifted.set(0, less).set(1, depth).jump(5)
            }
            // Calls itself once for odd numbers.
            5 => {
                let left = m.int(0);
                if m.is_equal(m.and(left, m.constant(1)), m.constant(0)) {
                    return m.commit().jump(4);
                }
                if !m.has_room(4 * WINDOW) {
                    return m.commit().fail(Failure("no room"));
                }
                m.commit().set(WINDOW, left).enter(WINDOW, 4, 6)
            }
            // Returns, having asked three times where to.
            _ => {
                let (first, _, second) = (m.caller(), m.link(), m.caller());
                let (Some(first), Some(second)) = (first, second) else {
                    return m.commit().fail(Failure("nobody called"));
                };
                let place = m.place(&first);
                let window = m.constant(i64::from(second.window()));
                let popped = m.commit().pop(second);
                let one = popped.constant(1);
                popped
                    .set(WINDOW, window)
                    .set(WINDOW + 1, place)
                    .set(WINDOW + 2, one)
                    .return_to()
            }
        }
    }
}

/// The window of the frame that returns to 2, by the argument.
fn expected(limit: i64) -> i64 {
    let of = |argument: i64| i64::from(WINDOW) + argument * i64::from(SHIFT) + 2000 + 1_000_000;
    (0..limit).map(|n| of(n % 5)).sum()
}

#[test]
fn the_base_is_where_the_interpreter_has_it() {
    for (enabled, machine_code) in [(false, false), (true, false), (true, true)] {
        for return_depth in [0, 1, 4] {
            let mut config = Config::default();
            (config.enabled, config.machine_code) = (enabled, machine_code);
            config.return_depth = return_depth;
            let engine = Engine::new(config).expect("an engine");
            let mut interpreter = engine.interpreter(Frames).expect("an interpreter");
            for limit in [1000, 7, 300] {
                let mut stack = Stack::new(1000);
                let bottom = stack.base();
                stack.set_word(LIMIT, limit);
                let answer = interpreter.run(&mut (), &mut stack, 0);
                assert_eq!(answer, Ok(expected(limit)));
                assert_eq!(stack.base(), bottom + usize::from(SHIFT));
                assert_eq!(stack.word(0), limit);
            }
            let stats = interpreter.graph().stats();
            assert_eq!(stats.compiled > 0, enabled, "{stats:?}");
        }
    }
}

/// A stack without room for the moves: every mode says so, and the interpreter is as good as before.
#[test]
fn a_frame_that_does_not_fit_fails_in_every_mode() {
    for (enabled, machine_code) in [(false, false), (true, false), (true, true)] {
        let mut config = Config::default();
        (config.enabled, config.machine_code) = (enabled, machine_code);
        let engine = Engine::new(config).expect("an engine");
        let mut interpreter = engine.interpreter(Frames).expect("an interpreter");
        for words in [1000, 40, 1000, 45, 50, 55, 1000] {
            let mut stack = Stack::new(words);
            stack.set_word(LIMIT, 500);
            let answer = interpreter.run(&mut (), &mut stack, 0);
            match words {
                1000 => assert_eq!(answer, Ok(expected(500))),
                _ => assert!(answer.is_err(), "{words} words: {answer:?}"),
            }
        }
    }
}
