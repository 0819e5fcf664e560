//! What the fuzz targets do with bytes, as plain functions.
//!
//! `tests/fuzz` hands them to libFuzzer; `--test fuzzing` runs each on a few hundred inputs made from seeds.
//! A function panics where it finds a fault. The generators of the random suites draw their choices
//! from the bytes ([`Random::reading`]), so a fuzzer that changes a byte changes one choice, and every input
//! means something.

use crate::links::program::Program;
use crate::links::run::{Machinery, Plan, run};
use crate::traces::compiled::Harness;
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp_uop::lower::Checks;
use offramp_uop::optimise::{Options, Pass, Passes, optimise};
use offramp_uop::testing::blame::{Step, examine};
use offramp_uop::testing::generate::generate_from;
use offramp_uop::testing::random::Random;
use offramp_uop::text::{parse_file, print_file};
use offramp_uop::verify::{verify, verify_recorded};
use offramp_uop::{ExitId, Imm, Trace, Value, Word};
use std::sync::{Arc, OnceLock};

/// Text: the parser takes anything, prints what it took as it would take it again, and the verifier and
/// the optimiser stand what it took.
///
/// # Panics
/// If not.
pub fn text(bytes: &[u8]) {
    let source = String::from_utf8_lossy(bytes);
    let Ok((interface, traces)) = parse_file(&source) else {
        return;
    };
    let printed = print_file(&interface, &traces);
    let (again_interface, again) = parse_file(&printed)
        .unwrap_or_else(|error| panic!("{error}\n{printed}\nwas printed of\n{source}"));
    assert_eq!(print_file(&again_interface, &again), printed);
    for trace in &traces {
        optimises(trace);
    }
}

/// Traces: made as a recorder would, optimised, and run both ways on evaluator and machine. Then
/// the recording is changed at random: what the verifier lets pass the optimiser and the compiler
/// must stand.
///
/// # Panics
/// If something differs or fails.
pub fn traces(bytes: &[u8], harness: &mut Harness) {
    let mut random = Random::reading(bytes);
    let edits = random.below(4);
    let passes = match random.below(4) {
        0 => Passes::ALL.without(random.pick(&Pass::ALL)),
        _ => Passes::ALL,
    };
    let generated = generate_from(0, random.clone());
    let optimiser = |trace: &Trace, fuel: Option<u64>| {
        let options = Options {
            passes,
            fuel,
            ..Options::default()
        };
        let optimised = optimise(trace, &options);
        let step = |rewrite: &offramp_uop::optimise::Rewrite| Step {
            pass: rewrite.pass.name().to_owned(),
            rule: rewrite.rule.to_owned(),
            at: rewrite.at,
        };
        let steps = optimised.trail.iter().map(step).collect();
        (optimised.trace, steps)
    };
    if let Err(report) = examine(&generated, &optimiser) {
        panic!("{report}");
    }
    let (optimised, _) = optimiser(&generated.trace, None);
    for (kind, trace) in [("recorded", &generated.trace), ("optimised", &optimised)] {
        if let Err(error) = harness.check(trace, &generated.starts, 0) {
            panic!("the {kind} trace, {error}\n{trace}");
        }
    }
    for trace in [generated.trace, optimised] {
        let mut changed = trace;
        for _ in 0..edits {
            change(&mut changed, &mut random);
        }
        optimises(&changed);
        if verify(&changed).is_ok()
            && let Err(error) = harness.compile(&changed)
        {
            panic!("{error}\n{changed}");
        }
    }
}

/// What the verifier accepts the optimiser stands, and makes something of that the verifier accepts.
fn optimises(trace: &Trace) {
    if verify_recorded(trace).is_err() {
        return;
    }
    let optimised = optimise(trace, &Options::default()).trace;
    if let Err(errors) = verify(&optimised) {
        panic!("{errors}\nis what became of\n{trace}");
    }
}

/// Changes one thing in a trace, right or wrong.
fn change(trace: &mut Trace, random: &mut Random) {
    let at = random.below(trace.uops.len());
    let before = Value(random.below(at.max(1)) as u32);
    match random.below(8) {
        0 => drop(trace.uops.remove(at)),
        1 => trace.uops.swap(at, (at + 1).min(random.below(1000))),
        2 | 3 => {
            let operand = random.below(3);
            if let Some(operand) = trace.uops[at].args.get_mut(operand) {
                *operand = before;
            }
        }
        4 => {
            let exit = ExitId(random.below(trace.exits.len()) as u32);
            if let Some(old) = &mut trace.uops[at].exit {
                *old = exit;
            }
        }
        5 => match &mut trace.uops[at].imm {
            Imm::Const(bits) => *bits = random.int() as u64,
            Imm::Word(word) => *word = Word(random.below(12) as i32 - 4),
            _ => {}
        },
        6 => {
            let exit = random.below(trace.exits.len());
            if let Some(exit) = trace.exits.get_mut(exit) {
                exit.words.pop();
                exit.base += random.below(3) as i32 - 1;
            }
        }
        _ => {
            let copy = trace.uops[at].clone();
            trace.uops[at] = trace.uops[before.index()].clone();
            trace.uops[before.index()] = copy;
        }
    }
}

/// The graph: a program for a small machine, and while it runs exits are linked, unlinked,
/// invalidated and freed, all as the bytes say.
///
/// # Panics
/// If the run differs from the plain interpreter's, or the graph's books are not in order.
pub fn graph(bytes: &[u8]) {
    static WATCHED: OnceLock<Arc<NativeEngine>> = OnceLock::new();
    let mut random = Random::reading(bytes);
    let machinery = match random.chance(50) {
        true => Machinery::evaluator(),
        false => {
            let engine = WATCHED.get_or_init(|| {
                let options = NativeOptions {
                    checks: Checks::ALL,
                    watched: true,
                    ..NativeOptions::default()
                };
                Arc::new(NativeEngine::new(options).expect("a supported machine"))
            });
            let back_end = NativeBackend::new(engine.clone()).expect("published");
            Machinery::compiled(back_end, true)
        }
    };
    let plan = Plan::random(&mut random);
    let program = Program::random(&mut random);
    run(&program, &plan, machinery, &mut random);
}
