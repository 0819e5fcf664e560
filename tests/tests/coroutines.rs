//! Coroutines of a tiny host: frames that are put aside and put back, by helpers while the program
//! runs and by hosts between runs; without traces, on the evaluator and as machine code.

use offramp::{
    Act, Config, Context, Done, Engine, Failure, Fault, Interpreter, InterruptHandle, LINK_WORDS,
    Machine, Op, Outcome, Pc, Program, Stack, StackError, Suspended, Words,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Words between frames.
const WINDOW: u16 = 8;

/// How often the program resumes.
const ROUNDS: i64 = 3000;

/// Where a coroutine begins, and where it goes on when it is resumed.
const BODY: Pc = 10;
const DEEPER: Pc = 14;
const RESUMED: Pc = 12;

/// Words of a frame.
const COUNT: u16 = 0;
const SUM: u16 = 1;
const VALUE: u16 = 2;

/// The program resumes as many coroutines as the host has in turn and adds up what they yield. Each
/// counts, in a frame that lies as deep as its number says.
struct Generators;

#[derive(Default)]
struct Host {
    coroutines: Vec<Suspended<Words>>,
    /// The one that runs, and where its lowest frame lies.
    running: usize,
    bottom: usize,
    switches: i64,
    does: Does,
    interrupt: Option<(i64, InterruptHandle)>,
}

/// What a helper does wrong in the middle of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Does {
    #[default]
    Nothing,
    /// Fails in the coroutine.
    Fails,
    /// Puts its own frame aside and returns.
    Stays,
    /// The same, where it cannot transfer.
    Suspends,
    /// Puts frames back and returns.
    PutsBack,
    /// Runs the program, which yields from inside that.
    Nests,
}

type Cx<'a> = Context<'a, Generators>;

impl Host {
    fn does(&mut self, what: Does) -> bool {
        self.switches > ROUNDS && self.does == what && std::mem::take(&mut self.does) == what
    }
}

fn switched(cx: &mut Cx<'_>) {
    cx.host.switches += 1;
    if let Some((at, handle)) = &cx.host.interrupt
        && *at == cx.host.switches
    {
        handle.raise();
    }
}

const RESUME: Act<Generators, (i64,), Outcome<()>> =
    Act::new("resume", |cx: &mut Cx<'_>, (count,)| {
        switched(cx);
        let which = count as usize % cx.host.coroutines.len();
        let frames = std::mem::take(&mut cx.host.coroutines[which]);
        cx.host.running = which;
        cx.host.bottom = cx.stack.base() + usize::from(WINDOW);
        if frames.is_empty() {
            assert!(cx.stack.push(WINDOW, 1));
            cx.stack.set_word(COUNT, 0);
            cx.stack.set_word(SUM, which as i64);
            return Ok(Outcome::Transfer(DEEPER));
        }
        if !cx.stack.put_back(WINDOW, 1, &frames) {
            return Err(Failure("no room"));
        }
        cx.host.coroutines[which] = frames;
        Ok(Outcome::Transfer(RESUMED))
    });

const YIELD: Act<Generators, (i64,), Outcome<()>> =
    Act::new("yield", |cx: &mut Cx<'_>, (value,)| {
        switched(cx);
        if cx.host.does(Does::Fails) {
            return Err(Failure("as it should"));
        }
        let mut frames = std::mem::take(&mut cx.host.coroutines[cx.host.running]);
        let back = cx.stack.suspend(cx.host.bottom, 2, &mut frames);
        cx.host.coroutines[cx.host.running] = frames;
        if cx.host.does(Does::Stays) {
            return Ok(Outcome::Value(()));
        }
        let Ok(Some(back)) = back else {
            return Err(Failure("outside"));
        };
        cx.stack.set_word(VALUE, value);
        Ok(Outcome::Transfer(back))
    });

/// Misbehaves.
const AMISS: Act<Generators, (), ()> = Act::new("amiss", |cx: &mut Cx<'_>, ()| {
    let mut frames = Suspended::default();
    let own = cx.stack.base();
    if cx.host.does(Does::Suspends) {
        let _ = cx.stack.suspend(own, 1, &mut frames);
    }
    if cx.host.does(Does::PutsBack) {
        assert!(cx.stack.push(WINDOW, 1));
        let pushed = cx.stack.base();
        assert_eq!(cx.stack.suspend(pushed, 1, &mut frames), Ok(Some(1)));
        assert!(cx.stack.put_back(WINDOW, 1, &frames));
    }
    if cx.host.does(Does::Nests) {
        return match cx.run(WINDOW, 11) {
            Err(Fault::Failed { error, .. }) => Err(error),
            _ => Ok(()),
        };
    }
    Ok(())
});

impl Program for Generators {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => {
                let count = m.int(COUNT);
                m.commit().switch(RESUME, (count,))
            }
            1 => {
                let sum = m.add(m.int(SUM), m.int(VALUE));
                m.commit().set(SUM, sum).next()
            }
            2 => {
                let (count, sum) = (m.add(m.int(COUNT), m.constant(1)), m.int(SUM));
                match m.is_less(count, m.constant(ROUNDS)) {
                    true => m.commit().set(COUNT, count).loop_to(0),
                    false => m.commit().finish(sum),
                }
            }
            BODY => {
                let next = m.add(m.int(COUNT), m.constant(1));
                m.commit().set(COUNT, next).next()
            }
            11 => {
                let value = m.int(COUNT);
                m.commit().switch(YIELD, (value,))
            }
            RESUMED => m.commit().call(AMISS, (), |called, ()| called.next()),
            13 => m.commit().loop_to(BODY),
            // As many frames as its number says.
            DEEPER => {
                let left = m.sub(m.int(SUM), m.constant(1));
                let zero = m.constant(0);
                if !m.has_room(2 * WINDOW) {
                    return m.commit().fail(Failure("no room"));
                }
                if m.is_less(left, zero) {
                    return m.commit().jump(BODY);
                }
                let commit = m.commit().set(WINDOW + COUNT, zero);
                commit.set(WINDOW + SUM, left).enter(WINDOW, 15, DEEPER)
            }
            _ => m.commit().fail(Failure("nowhere")),
        }
    }
}

/// Without traces, and with: compiled and on the evaluator, hot at once, a little later, by default.
fn ways() -> Vec<Config> {
    let mut ways = vec![Config::default()];
    for hot in [1, 2, 20] {
        for machine_code in [true, false] {
            let mut config = Config::default();
            (config.hot_loop, config.hot_function, config.hot_exit) = (hot, hot, hot);
            config.machine_code = machine_code;
            ways.push(config);
        }
    }
    let mut off = Config::default();
    off.enabled = false;
    ways.push(off);
    ways
}

fn interpreter(config: Config) -> Interpreter<Generators> {
    let engine = Engine::new(config).expect("an engine");
    engine.interpreter(Generators).expect("an interpreter")
}

fn host(coroutines: usize) -> Host {
    Host {
        coroutines: (0..coroutines).map(|_| Suspended::default()).collect(),
        ..Host::default()
    }
}

/// What so many coroutines in turn yield together.
fn expected(coroutines: i64) -> i64 {
    (0..ROUNDS).map(|round| round / coroutines + 1).sum()
}

#[test]
fn coroutines_go_on_where_they_were() {
    for config in ways() {
        for coroutines in [1, 2, 7] {
            for forced in [0, 3, 50] {
                let mut interpreter = interpreter(config.clone());
                interpreter.force_exits(forced);
                let (mut host, mut stack) = (host(coroutines as usize), Stack::new(400));
                let answer = interpreter.run(&mut host, &mut stack, 0);
                assert_eq!(answer, Ok(expected(coroutines)), "{config:?}");
                assert_eq!(host.switches, 2 * ROUNDS);
                assert_eq!(stack.base(), LINK_WORDS);
                assert_eq!(interpreter.graph().inconsistencies(), Vec::<String>::new());
            }
        }
    }
}

/// A trace that ends with a switch goes on by the one that begins where that leads.
#[test]
fn switches_do_without_the_interpreter() {
    for config in ways().into_iter().filter(|config| config.enabled) {
        let mut interpreter = interpreter(config);
        let answer = interpreter.run(&mut host(1), &mut Stack::new(400), 0);
        assert_eq!(answer, Ok(expected(1)));
        let stats = interpreter.graph().stats();
        assert!(stats.compiled >= 2, "{stats:?}");
        assert!(stats.entries < ROUNDS as u64 / 4, "{stats:?}");
    }
}

#[test]
fn a_loop_of_switches_is_interrupted_and_goes_on() {
    for config in ways() {
        let mut interpreter = interpreter(config.clone());
        let (mut host, mut stack) = (host(3), Stack::new(400));
        host.interrupt = Some((ROUNDS, interpreter.interrupt_handle()));
        let ran = interpreter.run(&mut host, &mut stack, 0);
        let Err(Fault::Interrupted { pc }) = ran else {
            panic!("{ran:?} {config:?}");
        };
        assert!(host.switches < ROUNDS + 10, "{}", host.switches);
        assert_eq!(interpreter.run(&mut host, &mut stack, pc), Ok(expected(3)));
    }
}

/// What fails in a coroutine fails in its frames, which lie above those of who resumed it.
#[test]
fn a_failure_finds_the_frames_of_both() {
    for config in ways() {
        let mut interpreter = interpreter(config);
        let (mut host, mut stack) = (host(4), Stack::new(400));
        host.does = Does::Fails;
        let fault = interpreter
            .run(&mut host, &mut stack, 0)
            .expect_err("fails");
        let error = Failure("as it should");
        assert_eq!(fault, Fault::Failed { pc: 11, error });
        let callers: Vec<Pc> = stack.callers().map(|(pc, _)| pc).collect();
        assert_eq!(callers.last(), Some(&1), "{callers:?}");
        assert!(callers[..callers.len() - 1].iter().all(|pc| *pc == 15));
    }
}

#[test]
fn what_a_helper_must_not_do_with_frames_is_a_panic() {
    let cases = [
        (Does::Stays, "pushed or popped a frame and did not transfer"),
        (Does::Suspends, "takes off the frame it was called from"),
        (
            Does::PutsBack,
            "pushed or popped a frame and did not transfer",
        ),
    ];
    for (does, says) in cases {
        for config in ways() {
            let mut interpreter = interpreter(config);
            let (mut host, mut stack) = (host(2), Stack::new(400));
            host.does = does;
            let ran = catch_unwind(AssertUnwindSafe(|| {
                interpreter.run(&mut host, &mut stack, 0)
            }));
            let panic = ran.expect_err("a panic");
            let said = panic.downcast_ref::<String>().map_or("", |said| said);
            assert!(said.contains(says), "{does:?}: {said}");
            // There is a way down, and both are of use after it.
            while stack.pop().is_some() {}
            assert_eq!(stack.base(), LINK_WORDS);
            let fresh = &mut self::host(2);
            let count = interpreter.run(fresh, &mut Stack::new(400), 0);
            assert_eq!(count, Ok(expected(2)));
        }
    }
}

/// A run inside another has a first frame that nobody but it may take off.
#[test]
fn a_yield_does_not_get_out_of_a_nested_run() {
    for config in ways() {
        let mut interpreter = interpreter(config);
        let (mut host, mut stack) = (host(2), Stack::new(400));
        host.does = Does::Nests;
        let fault = interpreter
            .run(&mut host, &mut stack, 0)
            .expect_err("fails");
        let error = Failure("outside");
        assert_eq!(fault, Fault::Failed { pc: RESUMED, error });
    }
}

#[test]
fn without_room_nothing_is_put_back() {
    for config in ways() {
        let mut interpreter = interpreter(config);
        let mut host = host(40);
        // Room for some of the coroutines.
        let fault = interpreter.run(&mut host, &mut Stack::new(150), 0);
        let error = Failure("no room");
        assert!(
            matches!(fault, Err(Fault::Failed { error: found, .. }) if found == error),
            "{fault:?}"
        );
    }
}

/// A host takes a run off its stack in the middle, and goes on with it later, on another.
#[test]
fn a_host_suspends_runs_and_goes_on_with_them_elsewhere() {
    for config in ways() {
        let mut interpreter = interpreter(config);
        let mut host = host(1);
        let mut stack = Stack::new(400);
        for at in [10, ROUNDS, ROUNDS + 501] {
            host.switches = 0;
            host.coroutines[0].clear();
            host.interrupt = Some((at, interpreter.interrupt_handle()));
            assert!(stack.push(WINDOW, 77));
            let bottom = stack.base();
            stack.set_word(COUNT, 0);
            stack.set_word(SUM, 0);
            let Err(Fault::Interrupted { pc }) = interpreter.run(&mut host, &mut stack, 0) else {
                panic!("not interrupted");
            };
            // In the program's frame or the coroutine's above it.
            let mut run = Suspended::default();
            assert_eq!(stack.suspend(bottom, 3, &mut run), Ok(Some(77)));
            assert_eq!(stack.base(), LINK_WORDS);
            let mut other = Stack::new(1000);
            assert!(other.push(3 * WINDOW, 5) && other.put_back(WINDOW, 99, &run));
            // The coroutine that runs, if one does, lies elsewhere, too.
            host.bottom += LINK_WORDS + usize::from(4 * WINDOW) - bottom;
            host.interrupt = None;
            let answer = interpreter.run(&mut host, &mut other, pc);
            assert_eq!(answer, Ok(expected(1)), "{at}");
            assert_eq!(other.pop(), Some(99));
        }
    }
}

#[test]
fn frames_are_put_back_as_often_as_one_likes() {
    let mut stack = Stack::<Words>::new(100);
    let mut frames = Suspended::default();
    assert!(!stack.put_back(WINDOW, 1, &frames), "there are none");
    assert!(stack.push(WINDOW, 1));
    let bottom = stack.base();
    stack.set_word(0, 5);
    assert!(stack.push(WINDOW, 2));
    stack.set_word(0, 6);
    assert_eq!(stack.suspend(bottom + 1, 1, &mut frames), Ok(None));
    assert_eq!(stack.suspend(LINK_WORDS, 1, &mut frames), Ok(None));
    assert!(frames.is_empty());
    assert_eq!(stack.suspend(bottom, 1, &mut frames), Ok(Some(1)));
    assert_eq!((stack.base(), frames.len()), (LINK_WORDS, 9));
    for times in 1..=3 {
        assert!(stack.put_back(WINDOW, 40, &frames));
        assert_eq!(stack.word(0), 6);
        let callers: Vec<Pc> = stack.callers().map(|(pc, _)| pc).collect();
        assert_eq!(callers.len(), 2 * times);
        assert_eq!(callers[..2], [2, 40]);
    }
    while stack.put_back(WINDOW, 40, &frames) {}
    assert!(stack.base() <= stack.limit());
    frames.clear();
    assert!(frames.is_empty() && frames.capacity() >= 9);
    assert!(matches!(
        frames.reserve(usize::MAX),
        Err(StackError::OutOfMemory { .. })
    ));
}

const _: fn() = || {
    fn moves<T: Send>() {}
    moves::<Suspended<Words>>();
};
