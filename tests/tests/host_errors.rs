//! Errors of the host's own type: they reach whoever started the run as they are, once, from instructions
//! and helpers, whether the interpreter or a trace calls.

use offramp::{Act, Config, Context, Done, Engine, Fault, Machine, Op, Pc, Program, Stack, Words};
use std::error::Error;
use std::rc::Rc;

/// Counts up to a limit, and then fails in one of several ways.
#[derive(Debug)]
struct Traps;

/// Neither `Copy` nor `Clone` nor `Send`, and with a source.
#[derive(Debug, thiserror::Error)]
enum Trap {
    #[error("the counter is at {0}")]
    Counter(i64, #[source] Cause),
    #[error("the instruction gives up")]
    GivesUp,
    #[error("a run inside this one has failed")]
    Nested(#[source] Box<Fault<Trap>>),
}

#[derive(Debug, thiserror::Error)]
#[error("a limit that {} know", Rc::strong_count(.0))]
struct Cause(Rc<()>);

#[derive(Debug, Default)]
struct Host {
    known: Rc<()>,
    limit: i64,
}

type Ctx<'a> = Context<'a, Traps>;

/// Fails from the limit on.
const CHECK: Act<Traps, (i64,), i64> = Act::new("check", |context: &mut Ctx<'_>, (n,)| {
    match n >= context.host.limit {
        true => Err(Trap::Counter(n, Cause(context.host.known.clone()))),
        false => Ok(n + 1),
    }
});

/// Runs the loop inside.
const NEST: Act<Traps, (), i64> = Act::new("nest", |context: &mut Ctx<'_>, ()| {
    context
        .run(8, 0)
        .map_err(|fault| Trap::Nested(Box::new(fault)))
});

/// Runs what finds no room.
const CROWDED: Act<Traps, (), i64> = Act::new("crowded", |context: &mut Ctx<'_>, ()| {
    context
        .run(4000, 0)
        .map_err(|fault| Trap::Nested(Box::new(fault)))
});

impl Program for Traps {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = Trap;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => {
                let zero = m.constant(0);
                m.commit().set(0, zero).next()
            }
            1 => {
                let n = m.int(0);
                m.commit().call_into(0, CHECK, (n,))
            }
            2 => m.commit().loop_to(1),
            10 => m.commit().fail(Trap::GivesUp),
            20 => m.commit().call_into(0, NEST, ()),
            30 => m.commit().call_into(0, CROWDED, ()),
            _ => {
                let answer = m.int(0);
                m.commit().finish(answer)
            }
        }
    }
}

fn ran(config: Config, host: &mut Host, start: Pc) -> (Fault<Trap>, usize) {
    let engine = Engine::new(config).unwrap();
    let mut interpreter = engine.interpreter(Traps).unwrap();
    let fault = interpreter
        .run(host, &mut Stack::new(1000), start)
        .unwrap_err();
    (fault, interpreter.graph().stats().executors)
}

#[test]
fn errors_of_helpers_reach_the_host_as_they_are() {
    for (config, traces) in [
        (Config::default().enabled(false), false),
        (Config::default().hot_loop(2), true),
    ] {
        let mut host = Host {
            limit: 500,
            ..Host::default()
        };
        let (fault, executors) = ran(config, &mut host, 0);
        assert_eq!(executors > 0, traces);
        assert_eq!(fault.pc(), 1);
        assert_eq!(
            fault.to_string(),
            "the counter is at 500 (at instruction 1)"
        );
        let Fault::Failed {
            error: Trap::Counter(500, cause),
            ..
        } = &fault
        else {
            panic!("{fault:?}");
        };
        // The host's and this one: no other error was made, and none is kept anywhere.
        assert_eq!(Rc::strong_count(&cause.0), 2);
        drop(fault);
        assert_eq!(Rc::strong_count(&host.known), 1);
    }
}

#[test]
fn a_fault_has_the_error_for_its_source() {
    let mut host = Host {
        limit: 5,
        ..Host::default()
    };
    let (fault, _) = ran(Config::default(), &mut host, 0);
    let trap = fault.source().unwrap();
    assert!(matches!(trap.downcast_ref(), Some(Trap::Counter(5, _))));
    assert_eq!(trap.source().unwrap().to_string(), "a limit that 2 know");

    let (fault, _) = ran(Config::default(), &mut host, 10);
    assert!(matches!(
        fault,
        Fault::Failed {
            pc: 10,
            error: Trap::GivesUp
        }
    ));
    assert!(fault.source().unwrap().source().is_none());
    assert!(Fault::<Trap>::Interrupted { pc: 3 }.source().is_none());
}

#[test]
fn errors_pass_through_runs_inside_runs() {
    for threshold in [2, 1000] {
        let mut host = Host {
            limit: 100,
            ..Host::default()
        };
        let (fault, _) = ran(Config::default().hot_loop(threshold), &mut host, 20);
        let Fault::Failed {
            pc: 20,
            error: Trap::Nested(inner),
        } = fault
        else {
            panic!("{fault:?}");
        };
        assert!(matches!(
            *inner,
            Fault::Failed {
                pc: 1,
                error: Trap::Counter(100, _)
            }
        ));
    }
}

#[test]
fn a_run_without_room_for_its_frame_says_so() {
    let (fault, _) = ran(Config::default(), &mut Host::default(), 30);
    let Fault::Failed {
        pc: 30,
        error: Trap::Nested(inner),
    } = fault
    else {
        panic!("{fault:?}");
    };
    assert!(
        matches!(*inner, Fault::StackOverflow { pc: 30 }),
        "{inner:?}"
    );
    assert_eq!(inner.describe(&Traps), "stack overflow (at instruction 30)");
}

/// What an error adds to a fault is its own size, and a host that fails by sentences has a fault it may copy.
#[test]
fn faults_are_small() {
    fn is_copy<T: Copy>() {}
    is_copy::<Fault>();
    assert!(size_of::<Fault>() <= 24);
    assert!(size_of::<Fault<Box<Trap>>>() <= 24);
}
