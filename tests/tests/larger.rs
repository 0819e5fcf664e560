//! The larger program: plain, recorded, optimised, with exits forced; always with the same result.
//!
//! A result is all there is: what the run answered or how it failed and where, the base, the frame
//! words up to the running frame's end, what was printed, and every object.

use offramp::inspect::Abort;
use offramp::{Config, Engine, Fault, Stack};
use offramp_tests::larger::host::{Host, show};
use offramp_tests::larger::programs::{Sample, samples};
use offramp_tests::larger::{Values, hand};
use offramp_tests::seeds::variable;
use offramp_uop::Op;

const WORDS: usize = 20_000;

/// A way to run a program.
#[derive(Clone, Copy, Debug)]
struct Way {
    threshold: Option<u16>,
    optimise: bool,
    /// Every so many guards are forced.
    forced: u32,
    /// Returns followed below a trace's first frame.
    returns: u32,
}

impl Way {
    fn config(self) -> Config {
        let mut config = Config::default();
        config.optimise = self.optimise;
        config.return_depth = self.returns;
        if let Some(threshold) = self.threshold {
            config.hot_loop = threshold;
            config.hot_function = threshold;
            config.hot_exit = threshold;
        }
        config
    }
}

fn plain() -> Config {
    let mut config = Config::default();
    config.enabled = false;
    config
}

/// Values of the stack as text; what lies above the running frame means nothing.
fn words(stack: &Stack<Values>) -> Vec<String> {
    let live = if stack.base() > 2 { 8 } else { 20 };
    let values = stack.values(live).enumerate().skip(1);
    let text = values.map(|(slot, value)| {
        let at = (slot * 2) as i64 - stack.base() as i64;
        format!("{at}:{}", show(value))
    });
    text.collect()
}

struct Ran {
    result: String,
    compiled: u64,
    aborts: Vec<(Abort, u64)>,
    /// Traces that end with a return to a place not known to them.
    returning: usize,
}

fn run(sample: &Sample, config: Config, forced: u32) -> Ran {
    let engine = match forced {
        0 => Engine::new(config),
        _ => Engine::watched(config),
    };
    let engine = engine.expect("an engine");
    let program = sample.program.clone();
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    interpreter.force_exits(forced);
    let (mut host, mut stack) = (Host::default(), Stack::new(WORDS));
    let answer = interpreter.run(&mut host, &mut stack, 0);
    let answer = match answer {
        Ok(value) => format!("answer {}", show(value)),
        Err(Fault::Failed { pc, error }) => format!("failed at {pc}: {error}"),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(interpreter.differences(), [], "{}", sample.name);
    let stats = interpreter.graph().stats();
    let executors = interpreter.graph().executors();
    let traces = executors
        .iter()
        .filter_map(|&executor| interpreter.graph().executor_info(executor));
    let ends = |info: &offramp::inspect::ExecutorInfo| {
        let mut uops = info.trace.uops.iter();
        uops.any(|uop| uop.op == Op::ExitDynamic)
    };
    let returning = traces.filter(ends).count();
    let broken = interpreter.graph().inconsistencies();
    assert!(broken.is_empty(), "{}: {broken:?}", sample.name);
    Ran {
        result: format!(
            "{answer}\nbase {}\n{}\n{:?}",
            stack.base(),
            host.show(),
            words(&stack)
        ),
        compiled: stats.compiled,
        aborts: stats.aborts.into_iter().collect(),
        returning,
    }
}

/// Runs every sample in a way and compares it with the plain run.
fn compare(way: Way, size: i64) {
    for sample in samples(size) {
        let wanted = run(&sample, plain(), 0).result;
        let ran = run(&sample, way.config(), way.forced);
        if ran.result != wanted {
            let (found, wanted) = (ran.result, wanted);
            panic!("{} {way:?}\nfound {found}\nwanted {wanted}", sample.name);
        }
        let bad = |abort: &Abort| {
            matches!(
                abort,
                Abort::Malformed | Abort::Disagrees | Abort::Unrecordable
            )
        };
        assert!(
            !ran.aborts.iter().any(|(abort, _)| bad(abort)),
            "{} {way:?}: {:?}",
            sample.name,
            ran.aborts
        );
        assert!(
            ran.compiled > 0,
            "{} {way:?}: {:?}",
            sample.name,
            ran.aborts
        );
    }
}

/// In each way with one of three thresholds.
fn compare_warm(optimise: bool, returns: u32) {
    for threshold in [Some(1), Some(2), None] {
        let forced = 0;
        let way = Way {
            threshold,
            optimise,
            forced,
            returns,
        };
        compare(way, 1000);
    }
}

#[test]
fn recorded_traces_agree_with_the_interpreter() {
    compare_warm(false, 4);
}

#[test]
fn optimised_traces_agree_with_the_interpreter() {
    compare_warm(true, 4);
}

#[test]
fn traces_that_end_with_returns_agree_with_the_interpreter() {
    for returns in [0, 1] {
        compare_warm(false, returns);
        compare_warm(true, returns);
    }
    let mut config = Config::default();
    config.hot_function = 5;
    config.return_depth = 0;
    let samples = samples(1000);
    let found = samples.iter().find(|sample| sample.name == "recursion");
    let ran = run(found.expect("the sample"), config, 0);
    assert!(ran.returning > 0, "{:?}", ran.aborts);
}

#[test]
fn no_instruction_looks_past_the_machine() {
    for sample in samples(300) {
        let mut config = Config::default();
        config.shadow = true;
        let wanted = run(&sample, plain(), 0).result;
        assert_eq!(run(&sample, config, 0).result, wanted, "{}", sample.name);
    }
}

/// Where instructions are counted they run on the recorder's machine, which must do what the plain
/// interpreter does, also beside traces.
#[test]
fn counted_instructions_do_what_the_interpreter_does() {
    for sample in samples(300) {
        let wanted = run(&sample, plain(), 0).result;
        for mut config in [plain(), Config::default()] {
            config.profile = true;
            assert_eq!(run(&sample, config, 0).result, wanted, "{}", sample.name);
        }
    }
}

/// What the recorder lets a trace have, optimiser, verifier and back end take: at every limit, however
/// small, recordings end before it, and none is refused for what it has too much of.
#[test]
fn o4_recordings_end_within_their_limits() {
    type Set = fn(&mut Config, usize);
    let settings: [(&str, Set, &[usize]); 4] = [
        (
            "uops",
            |config, n| config.trace_length = n,
            &[10, 20, 37, 50, 80, 200],
        ),
        (
            "exits",
            |config, n| config.trace_exits = n,
            &[4, 5, 6, 7, 8, 10, 13, 20, 40],
        ),
        (
            "calls",
            |config, n| config.inlining_depth = n as u32,
            &[0, 1, 2, 3, 30, u32::MAX as usize],
        ),
        (
            "returns",
            |config, n| config.return_depth = n as u32,
            &[0, 1, 2, 30, u32::MAX as usize],
        ),
    ];
    let all = samples(40);
    // An emulated machine is ten times slower.
    let every = match variable("OFFRAMP_EMULATED") {
        Some(1) => 4,
        _ => 1,
    };
    for (name, set, limits) in settings {
        let mut compiled = 0;
        for &limit in limits.iter().step_by(every) {
            // Machine code for the ends; the evaluator takes every trace.
            let machine_code = limit == limits[0] || limit == limits[limits.len() - 1];
            for sample in &all {
                let mut config = Way {
                    threshold: Some(2),
                    optimise: true,
                    forced: 0,
                    returns: 2,
                }
                .config();
                config.machine_code = machine_code;
                set(&mut config, limit);
                let ran = run(sample, config, 0);
                let wanted = run(sample, plain(), 0).result;
                assert_eq!(ran.result, wanted, "{} {name} {limit}", sample.name);
                let refused = |abort: &Abort| {
                    let bad = [
                        Abort::Malformed,
                        Abort::Disagrees,
                        Abort::Unrecordable,
                        Abort::Compile,
                        Abort::NoProgress,
                        Abort::ExitLimit,
                    ];
                    bad.contains(abort)
                };
                let refused = ran.aborts.iter().any(|(abort, _)| refused(abort));
                assert!(!refused, "{} {name} {limit}: {:?}", sample.name, ran.aborts);
                compiled += ran.compiled;
            }
        }
        assert!(compiled > 30, "{name}: {compiled}");
    }
}

#[test]
fn s2_every_exit_leaves_the_frame_the_interpreter_would() {
    // Compiling every trace of every way takes its time.
    let (periods, thresholds): (&[u32], &[u16]) = match cfg!(feature = "native") {
        true => (&[1, 3, 31], &[1, 10]),
        false => (&[1, 2, 3, 7, 31, 101], &[1, 2, 10]),
    };
    for &forced in periods {
        for optimise in [false, true] {
            for threshold in thresholds.iter().map(|&threshold| Some(threshold)) {
                let way = Way {
                    threshold,
                    optimise,
                    forced,
                    returns: forced % 3,
                };
                compare(way, 60);
            }
        }
    }
}

#[test]
fn s3_errors_have_the_instruction_and_frames_of_the_interpreter() {
    let samples = samples(300);
    let failing: Vec<&Sample> = samples
        .iter()
        .filter(|sample| sample.name.contains("fails") || sample.name.contains("too_much"))
        .collect();
    assert_eq!(failing.len(), 2);
    for sample in failing {
        let ran = run(sample, Config::default(), 0);
        assert!(ran.result.starts_with("failed at "), "{}", ran.result);
        assert_eq!(ran.result, run(sample, plain(), 0).result);
    }
}

#[test]
fn the_loop_written_by_hand_does_the_same() {
    let mut compared = 0;
    for sample in samples(300) {
        let mut host = Host::default();
        let Ok(answer) = hand::run(&sample.program, &mut host, WORDS) else {
            continue;
        };
        let direct = run(&sample, plain(), 0).result;
        let wanted = format!("answer {}\n", show(answer));
        assert!(direct.starts_with(&wanted), "{}: {direct}", sample.name);
        compared += 1;
    }
    assert!(compared >= 10, "{compared}");
}
