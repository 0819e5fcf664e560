//! Frames are entered where there is room for them: instructions that forget to ask, or ask for too
//! little, behave the same in traces and in the plain interpreter, and leave nothing broken.

use offramp::inspect::Abort;
use offramp::{Config, Done, Engine, Fault, Interpreter, Machine, Op, Pc, Program, Stack, Words};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a program of two instructions does between its entry and its next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// Nothing.
    Never,
    /// For so many words, in the instruction that enters.
    For(u16),
    /// For so many words, in the instruction before.
    Before(u16),
    /// For so many words, after which the frame is shifted.
    ThenShifts(u16),
    /// Nothing, and shifts.
    ShiftsOnly,
}

const WINDOW: u16 = 8;

/// Counts calls in word 0 of each frame. At `last` calls it ends; where it asks in vain it ends,
/// too, by failing.
#[derive(Clone, Copy, Debug)]
struct Calls {
    asks: Asks,
    last: i64,
}

impl Program for Calls {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        const FULL: offramp::Failure = offramp::Failure("full");
        match pc {
            0 => {
                let before = match self.asks {
                    Asks::Before(words) => m.has_room(words),
                    _ => true,
                };
                if !before {
                    return m.commit().fail(FULL);
                }
                let n = m.add(m.int(0), m.constant(1));
                if m.is_less(n, m.constant(self.last)) {
                    return m.commit().set(1, n).next();
                }
                m.commit().set(1, n).jump(2)
            }
            1 => {
                let n = m.int(1);
                let has_room = match self.asks {
                    Asks::For(words) | Asks::ThenShifts(words) => m.has_room(words),
                    _ => true,
                };
                if !has_room {
                    return m.commit().fail(FULL);
                }
                match self.asks {
                    Asks::ThenShifts(_) | Asks::ShiftsOnly => {
                        let link = m.link();
                        let shifted = m.commit().shift(link, 4);
                        shifted.set(WINDOW, n).enter(WINDOW, 3, 0)
                    }
                    _ => m.commit().set(WINDOW, n).enter(WINDOW, 3, 0),
                }
            }
            2 => {
                let n = m.int(1);
                match m.caller() {
                    Some(caller) => m.commit().leave(caller, 1, n),
                    None => m.commit().finish(n),
                }
            }
            _ => m.commit().jump(2),
        }
    }
}

fn interpreter(program: Calls, jit: bool, machine_code: bool) -> Interpreter<Calls> {
    let mut config = Config::default();
    (config.hot_loop, config.hot_function, config.hot_exit) = (2, 2, 2);
    config.enabled = jit;
    config.machine_code = machine_code;
    let engine = Engine::new(config).expect("this machine is supported");
    engine.interpreter(program).expect("no classes")
}

/// How a run ends, as text, and how deep the stack was.
fn run(interpreter: &mut Interpreter<Calls>, words: usize) -> String {
    let mut stack = Stack::new(words);
    let ran = catch_unwind(AssertUnwindSafe(|| interpreter.run(&mut (), &mut stack, 0)));
    match ran {
        Ok(Ok(answer)) => format!("{answer}"),
        Ok(Err(Fault::Failed { pc, error })) => {
            format!("{error} at {pc}, base {}", stack.base())
        }
        Ok(Err(fault)) => format!("{fault}"),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            format!("{}, base {}", text.expect("a message"), stack.base())
        }
    }
}

fn modes() -> [(bool, bool); 3] {
    [(false, false), (true, false), (true, true)]
}

/// What `program` does on stacks of these sizes, run after run in one interpreter, must not depend
/// on the mode. Whether compiled code ever entered a frame is answered for the last mode.
fn compare(program: Calls, sizes: &[usize]) -> (Vec<String>, u64) {
    let mut found: Option<Vec<String>> = None;
    let mut inlined = 0;
    for (jit, machine_code) in modes() {
        let mut interpreter = interpreter(program, jit, machine_code);
        let ran: Vec<_> = sizes
            .iter()
            .map(|&size| run(&mut interpreter, size))
            .collect();
        let wanted = found.get_or_insert_with(|| ran.clone());
        assert_eq!(
            *wanted, ran,
            "{program:?}, jit {jit}, machine code {machine_code}"
        );
        let graph = interpreter.graph();
        let infos = graph.executors().into_iter();
        let infos = infos.filter_map(|executor| graph.executor_info(executor));
        let entering = infos.filter(|info| info.trace.exits.iter().any(|exit| exit.base > 0));
        inlined = entering.count() as u64;
        let aborts = &graph.stats().aborts;
        println!("{program:?}: {aborts:?}");
        assert!(graph.inconsistencies().is_empty());
    }
    (found.expect("a mode"), inlined)
}

const SIZES: [usize; 7] = [100_000, 60, 100_000, 8, 1000, 0, 100_000];

fn calls(asks: Asks) -> Calls {
    Calls { asks, last: 60 }
}

#[test]
fn who_asks_for_enough_is_compiled() {
    for asks in [
        Asks::For(WINDOW),
        Asks::For(WINDOW + 40),
        Asks::Before(WINDOW),
    ] {
        let (ran, inlined) = compare(calls(asks), &SIZES);
        assert_eq!(ran[0], "60");
        assert!(ran[1].starts_with("full at"), "{ran:?}");
        assert!(inlined > 0, "{asks:?}: no trace enters a frame");
    }
}

#[test]
fn who_never_asks_panics_alike() {
    let (ran, inlined) = compare(calls(Asks::Never), &SIZES);
    assert_eq!(ran[0], "60");
    assert!(
        ran[1].starts_with("a frame was entered without room for it"),
        "{ran:?}"
    );
    assert_eq!(inlined, 0, "a trace entered a frame");
}

#[test]
fn who_asks_for_too_little_panics_alike() {
    for asks in [
        Asks::For(WINDOW - 1),
        Asks::Before(0),
        Asks::Before(WINDOW - 1),
    ] {
        let (ran, inlined) = compare(calls(asks), &SIZES);
        assert_eq!(ran[0], "60");
        assert_eq!(inlined, 0, "{asks:?}: a trace entered a frame");
    }
}

#[test]
fn who_asks_before_the_base_moves_panics_alike() {
    let (_, inlined) = compare(calls(Asks::ThenShifts(WINDOW)), &SIZES);
    assert_eq!(inlined, 0, "a trace entered a frame");
    let (ran, inlined) = compare(calls(Asks::ThenShifts(WINDOW + 4)), &SIZES);
    assert!(ran[1].starts_with("full at"), "{ran:?}");
    assert!(inlined > 0, "no trace enters a frame");
    let (_, inlined) = compare(calls(Asks::ShiftsOnly), &SIZES);
    assert_eq!(inlined, 0, "a trace moved the base up");
}

/// Endless recursion, as the first thing an interpreter ever runs.
#[test]
fn endless_recursion_panics_at_the_same_depth() {
    let program = Calls {
        asks: Asks::Never,
        last: i64::MAX,
    };
    let (ran, _) = compare(program, &[1_000_000, 100]);
    assert!(ran[0].ends_with("base 1000002"), "{ran:?}");
    let asks = Asks::For(WINDOW);
    let (ran, _) = compare(Calls { asks, ..program }, &[1_000_000, 100]);
    assert_eq!(ran[0], "full at 1, base 1000002");
}

#[test]
fn why_it_is_not_compiled_is_told() {
    let mut interpreter = interpreter(calls(Asks::Never), true, true);
    for _ in 0..100 {
        assert_eq!(run(&mut interpreter, 10_000), "60");
    }
    let stats = interpreter.graph().stats();
    let told = stats.aborts.get(&Abort::UnprovenRoom).copied();
    assert!(
        told.is_some_and(|times| (1..20).contains(&times)),
        "{stats:?}"
    );
}
