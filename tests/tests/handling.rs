//! Faults of nested runs that the helper handles: frames taken off down to one that catches, instructions
//! tried once more, and what a handler cannot do.

use offramp::{
    Act, At, Config, Context, Done, Engine, Failure, Fault, Machine, Op, Pc, Program, Stack, Words,
};

/// Runs functions that call each other and fail, inside a helper.
#[derive(Debug)]
struct Catching;

/// What the helpers do.
#[derive(Debug, Default)]
struct Host {
    /// How often an instruction that fails is still to fail.
    fails: u64,
    /// Faults that were handled.
    handled: u64,
    /// Whether the handler tries the instruction again in place of taking frames off.
    steps: bool,
}

const OUT: Failure = Failure("out of luck");

/// Fails as often as the host says.
const LUCK: Act<Catching, (), i64> = Act::new("luck", |context: &mut Context<'_, Catching>, ()| {
    if context.host.fails > 0 {
        context.host.fails -= 1;
        return Err(OUT);
    }
    Ok(5)
});

/// Where a frame goes on that catches.
const CAUGHT: Pc = 21;

/// Runs the function at 10 and handles what it fails with.
const NEST: Act<Catching, (), i64> = Act::new("nest", |context: &mut Context<'_, Catching>, ()| {
    let below = context.stack.base();
    let ran = context.run_handling(8, 10, |context, fault| {
        context.host.handled += 1;
        assert_eq!(context.pc(), 30, "the instruction that failed");
        if context.host.steps {
            return context.step(fault.pc());
        }
        loop {
            match context.stack.pop() {
                Some(CAUGHT) => return Ok(At::Resume(CAUGHT)),
                Some(_) => {}
                None => {
                    // The frames below the nested run are out of reach.
                    assert!(context.stack.base() > 8);
                    return Err(fault);
                }
            }
        }
    });
    assert_eq!(context.stack.base(), below);
    ran.map_err(|_| OUT)
});

/// Misuses [`Context::step`].
const STEP: Act<Catching, (), i64> =
    Act::new("steps", |context: &mut Context<'_, Catching>, ()| {
        context.step(30).map(|_| 0).map_err(|_| OUT)
    });

impl Program for Catching {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            // A loop of 40 rounds that adds up what the helper returns.
            0 => {
                let zero = m.constant(0);
                m.commit().set(0, zero).set(1, zero).next()
            }
            1 => m.commit().call_into(2, NEST, ()),
            2 => {
                let sum = m.add(m.int(1), m.int(2));
                let n = m.add(m.int(0), m.constant(1));
                match m.is_less(n, m.constant(40)) {
                    true => m.commit().set(0, n).set(1, sum).loop_to(1),
                    false => m.commit().set(0, n).set(1, sum).next(),
                }
            }
            3 => {
                let sum = m.int(1);
                m.commit().finish(sum)
            }
            // The nested run: calls a function that catches, which calls one that fails.
            10 => m.commit().enter(8, 11, 20),
            11 => {
                let sum = m.add(m.int(8), m.constant(100));
                m.commit().finish(sum)
            }
            20 => m.commit().enter(8, CAUGHT, 30),
            // Goes on here with the result or without.
            CAUGHT => {
                let Some(caller) = m.caller() else {
                    return m.commit().fail(OUT);
                };
                let seven = m.constant(7);
                let window = caller.window() as u16;
                m.commit().pop(caller).set(window, seven).return_to()
            }
            30 => m.commit().call_into(0, LUCK, ()),
            31 => {
                let Some(caller) = m.caller() else {
                    return m.commit().fail(OUT);
                };
                m.commit().pop(caller).return_to()
            }
            _ => m.commit().call_into(0, STEP, ()),
        }
    }
}

/// What the program returns and the host after it.
fn ran(threshold: u16, host: Host, start: Pc) -> (Result<i64, Fault>, Host) {
    let mut config = Config::default();
    config.hot_loop = threshold;
    config.hot_function = threshold;
    config.hot_exit = threshold;
    let engine = Engine::new(config).expect("an engine");
    let mut interpreter = engine.interpreter(Catching).expect("an interpreter");
    let mut host = host;
    let ran = interpreter.run(&mut host, &mut Stack::new(1000), start);
    (ran, host)
}

#[test]
fn a_frame_of_the_nested_run_catches() {
    for threshold in [1, 2, 20] {
        for fails in [0, 1, 17, 40] {
            let host = Host {
                fails,
                ..Host::default()
            };
            let (sum, host) = ran(threshold, host, 0);
            assert_eq!(sum, Ok(40 * 107), "threshold {threshold}, {fails} faults");
            assert_eq!(host.handled, fails);
        }
    }
}

#[test]
fn an_instruction_is_tried_once_more() {
    for threshold in [1, 2, 20] {
        let host = Host {
            fails: 1,
            steps: true,
            ..Host::default()
        };
        let (sum, host) = ran(threshold, host, 0);
        assert_eq!(sum, Ok(40 * 107));
        assert_eq!(host.handled, 1);
        // Twice in a row: the handler hands the second fault on.
        let host = Host {
            fails: 2,
            steps: true,
            ..Host::default()
        };
        let (failed, _) = ran(threshold, host, 0);
        assert!(matches!(failed, Err(Fault::Failed { pc: 1, error: OUT })));
    }
}

#[test]
#[should_panic(expected = "executes an instruction")]
fn helpers_cannot_step() {
    let _ = ran(2, Host::default(), 40);
}
