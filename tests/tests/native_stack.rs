//! Recursion of runs: R7, and what a run inside another may cost of the native stack.
//!
//! A helper runs the program, which calls the helper. Nothing limits the depth but the native stack,
//! so on every thread, whatever the size of its stack, the run that would not fit ends in an error,
//! and the interpreter is used again afterwards.

use offramp::{
    Act, Arrival, At, Config, Context, Done, Engine, Failure, Fault, Interpreter, Machine, Op, Pc,
    Program, Stack, Words,
};
use std::sync::Mutex;
use std::thread;

/// Counts to 200 in a loop, then calls a helper.
#[derive(Debug)]
struct Nesting(Act<Nesting, (), i64>);

/// What the helpers do, and what they have seen.
#[derive(Debug, Default)]
struct Host {
    /// Runs that have begun.
    runs: u64,
    /// The fault that ended the innermost one.
    innermost: Option<Fault>,
    /// Runs may begin; otherwise helpers return at once.
    nests: bool,
}

/// Runs the program it is called by.
const NEST: Act<Nesting, (), i64> = Act::new("nest", |context: &mut Context<'_, Nesting>, ()| {
    if !context.host.nests {
        return Ok(7);
    }
    context.host.runs += 1;
    match context.run(8, 0) {
        Ok(value) => Ok(value),
        Err(fault) => {
            context.host.innermost.get_or_insert(fault);
            Err(Failure("the run inside failed"))
        }
    }
});

/// Makes an interpreter and runs it.
const MAKE: Act<Nesting, (), i64> = Act::new("make", |context: &mut Context<'_, Nesting>, ()| {
    if !context.host.nests {
        return Ok(7);
    }
    context.host.runs += 1;
    let engine = Engine::new(config(true)).expect("an engine");
    let mut interpreter = engine.interpreter(Nesting(MAKE)).expect("an interpreter");
    match interpreter.run(context.host, &mut Stack::new(100), 0) {
        Ok(value) => Ok(value),
        Err(fault) => {
            context.host.innermost.get_or_insert(fault);
            Err(Failure("the interpreter inside failed"))
        }
    }
});

/// Makes an interpreter and goes through a loop of its own with it.
const DRIVE: Act<Nesting, (), i64> = Act::new("drive", |context: &mut Context<'_, Nesting>, ()| {
    if !context.host.nests {
        return Ok(7);
    }
    context.host.runs += 1;
    let engine = Engine::new(config(true)).expect("an engine");
    let mut interpreter = engine.interpreter(Nesting(DRIVE)).expect("an interpreter");
    let mut stack = Stack::new(100);
    // What calls the helper is recorded when it is hot.
    for _ in 0..20 {
        match interpreter.at(Arrival::Loop, 2, context.host, &mut stack) {
            Ok(At::Resume(_)) => {}
            Ok(At::Finished(value)) => return Ok(value),
            Err(fault) => {
                context.host.innermost.get_or_insert(fault);
                return Err(Failure("the loop inside failed"));
            }
        }
    }
    Err(Failure("nothing was recorded"))
});

impl Program for Nesting {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => {
                let zero = m.constant(0);
                m.commit().set(0, zero).next()
            }
            1 => {
                let n = m.add(m.int(0), m.constant(1));
                match m.is_less(n, m.constant(200)) {
                    true => m.commit().set(0, n).loop_to(1),
                    false => m.commit().set(0, n).next(),
                }
            }
            2 => m.commit().call_into(1, self.0, ()),
            3 => {
                let n = m.add(m.int(2), m.constant(1));
                match m.is_less(n, m.constant(20)) {
                    true => m.commit().set(2, n).loop_to(2),
                    false => m.commit().set(2, n).next(),
                }
            }
            _ => {
                let sum = m.add(m.int(0), m.int(1));
                m.commit().finish(sum)
            }
        }
    }
}

fn config(enabled: bool) -> Config {
    let mut config = Config::default();
    config.enabled = enabled;
    (config.hot_loop, config.hot_exit) = (5, 5);
    config
}

fn on_a_thread<R: Send>(kilobytes: usize, then: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(kilobytes << 10);
        let thread = thread.spawn_scoped(scope, then).expect("a thread");
        thread.join().expect("no panic")
    })
}

/// Nests until it fails, and then runs plainly. Returns how deep it got.
fn nests(helper: Act<Nesting, (), i64>, config: Config) -> u64 {
    let engine = Engine::new(config).expect("an engine");
    let mut interpreter = engine.interpreter(Nesting(helper)).expect("an interpreter");
    let mut stack = Stack::new(1_000_000);
    // What calls the helper becomes hot before anything nests.
    let mut run = |interpreter: &mut Interpreter<Nesting>, host: &mut Host| {
        stack.set_word(2, 0);
        interpreter.run(host, &mut stack, 0)
    };
    for _ in 0..3 {
        assert_eq!(run(&mut interpreter, &mut Host::default()), Ok(207));
    }
    let mut host = Host {
        nests: true,
        ..Host::default()
    };
    let failed = run(&mut interpreter, &mut host);
    assert!(matches!(failed, Err(Fault::Failed { .. })), "{failed:?}");
    let innermost = host.innermost.expect("a run that failed");
    assert!(
        matches!(innermost, Fault::NativeStack { pc: 0 | 2, left } if left < 128 << 10),
        "{innermost:?}"
    );
    stack = Stack::new(1000);
    let mut run = |host: &mut Host| interpreter.run(host, &mut stack, 0);
    assert_eq!(run(&mut Host::default()), Ok(207));
    host.runs
}

#[test]
fn r7_runs_inside_runs_end_by_the_native_stack_that_is_left() {
    for enabled in [false, true] {
        // The C library may give a thread a larger stack than it asks for, so depths are not compared.
        let depths =
            [256, 512, 2048].map(|size| on_a_thread(size, || nests(NEST, config(enabled))));
        assert!(depths.iter().all(|&depth| depth >= 3), "{depths:?}");
    }
}

#[test]
fn r7_interpreters_inside_interpreters_end_by_the_native_stack_that_is_left() {
    for enabled in [false, true] {
        let depths = [256, 2048].map(|size| on_a_thread(size, || nests(MAKE, config(enabled))));
        assert!(depths.iter().all(|&depth| depth >= 3), "{depths:?}");
    }
}

#[test]
fn r7_loops_of_hosts_inside_loops_of_hosts_end_by_the_native_stack_that_is_left() {
    let depths = [256, 2048].map(|size| on_a_thread(size, || nests(DRIVE, config(true))));
    assert!(depths.iter().all(|&depth| depth >= 3), "{depths:?}");
}

/// Counts to 20, and is asked what is live by a host that runs a program to find out.
struct Asks;

/// What the innermost run that [`Asks`] began has failed with.
static FAILED: Mutex<Option<Fault>> = Mutex::new(None);

impl Program for Asks {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    fn is_live(&self, _: Pc, _: u32) -> bool {
        let failed = || *FAILED.lock().expect("no panic");
        if failed().is_none() {
            let engine = Engine::new(config(true)).expect("an engine");
            let mut interpreter = engine.interpreter(Asks).expect("an interpreter");
            if let Err(fault) = interpreter.run(&mut (), &mut Stack::new(10), 0) {
                *FAILED.lock().expect("no panic") = Some(fault);
            }
        }
        true
    }

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        let next = m.add(m.int(0), m.constant(1));
        match m.is_less(next, m.constant(20)) {
            true => m.commit().set(0, next).loop_to(pc),
            false => m.commit().finish(next),
        }
    }
}

/// Compilations get stacks of their own, and the host's code is asked on those.
#[test]
fn r7_runs_that_the_optimiser_asks_for_end_too() {
    on_a_thread(256, || {
        assert!(Asks.is_live(0, 0));
        let failed = *FAILED.lock().expect("no panic");
        assert!(
            matches!(failed, Some(Fault::NativeStack { pc: 0, .. })),
            "{failed:?}"
        );
    });
}

#[test]
fn what_is_left_is_looked_at_whatever_the_host_asks_for() {
    for reserve in [0, usize::MAX] {
        let mut config = config(true);
        config.native_stack = reserve;
        let depth = on_a_thread(512, || nests_with(config));
        assert_eq!(depth == 1, reserve == usize::MAX, "{depth}");
    }
}

#[test]
fn the_same_traces_are_made_on_a_small_stack() {
    let counts = [200, 8192].map(|size| {
        on_a_thread(size, || {
            let engine = Engine::new(config(true)).expect("an engine");
            let mut interpreter = engine.interpreter(Nesting(NEST)).expect("an interpreter");
            let mut stack = Stack::new(1000);
            for _ in 0..3 {
                stack.set_word(2, 0);
                let answer = interpreter.run(&mut Host::default(), &mut stack, 0);
                assert_eq!(answer, Ok(207));
            }
            let stats = interpreter.graph().stats();
            (stats.roots, stats.sides, stats.uops_compiled)
        })
    });
    assert!(counts[0].0 > 0);
    assert_eq!(counts[0], counts[1]);
}

#[test]
fn a_larger_reserve_ends_earlier() {
    let mut larger = config(true);
    larger.native_stack = 1 << 20;
    let (usual, early) = on_a_thread(2048, || (nests_with(config(true)), nests_with(larger)));
    assert!(early < usual, "{early} {usual}");
}

fn nests_with(config: Config) -> u64 {
    let engine = Engine::new(config).expect("an engine");
    let mut interpreter = engine.interpreter(Nesting(NEST)).expect("an interpreter");
    let mut host = Host {
        nests: true,
        ..Host::default()
    };
    let failed = interpreter.run(&mut host, &mut Stack::new(1_000_000), 0);
    assert!(failed.is_err());
    host.runs
}
