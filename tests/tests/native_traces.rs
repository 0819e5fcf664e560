//! Random traces on compiled code: each run is the evaluator's, to the last pending word.
//!
//! `OFFRAMP_RANDOM_TRACES` sets how many traces (300) and places where arms meet (100), `OFFRAMP_RANDOM_SECONDS` runs for that long
//! instead, `OFFRAMP_SEED` starts at the seed a failure printed. Compiled code that crashes takes
//! the process along; the seed that was about to run is then in the file `native_traces.seed` below
//! the target directory's `tmp`.

use offramp_tests::seeds::Seeds;
use offramp_tests::traces::compiled::Harness;
use offramp_uop::evaluate::{Entry, run};
use offramp_uop::optimise::{Join, Options, optimise};
use offramp_uop::testing::generate::arms::{Arm, Junction, handed_from};
use offramp_uop::testing::generate::{Start, generate};
use offramp_uop::testing::random::{Random, mix};
use offramp_uop::{ExitState, Op, Trace, Value};
use std::path::Path;
use std::sync::Arc;

/// Writes down which seed is about to run.
fn note(seed: u64) {
    let note = Path::new(env!("CARGO_TARGET_TMPDIR")).join("native_traces.seed");
    std::fs::write(&note, format!("OFFRAMP_SEED={seed:#x}\n")).expect("written");
}

#[test]
fn random_traces_run_on_compiled_code_as_on_the_evaluator() {
    let seeds = Seeds::from_environment(0x7a_0000, "OFFRAMP_RANDOM_TRACES", 300);
    let first = seeds.first();
    let mut harness = Harness::new().expect("a supported machine");
    for seed in seeds {
        note(seed);
        let generated = generate(seed);
        let optimised = optimise(&generated.trace, &Options::default()).trace;
        for (kind, trace) in [("recorded", &generated.trace), ("optimised", &optimised)] {
            if let Err(error) = harness.check(trace, &generated.starts, seed) {
                panic!(
                    "OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_TRACES=1\nthe {kind} trace, {error}\n{trace}"
                );
            }
        }
    }
    println!("from seed {first:#x}: {:?}", harness.coverage);
    if harness.coverage.traces >= 200 {
        let coverage = harness.coverage;
        assert!(coverage.whole > coverage.traces && coverage.forced > 4 * coverage.traces);
        assert!(coverage.header > coverage.traces / 10 && coverage.words > 20 * coverage.traces);
        assert!(coverage.unmade.iter().all(|&unmade| unmade > 0));
    }
}

/// The same trace, whose loop names constants from before the header where there are such.
fn with_constants_from_before(trace: &Trace) -> Option<Trace> {
    let header = trace.header.as_ref()?.at;
    let same = |value: Value| {
        let uop = trace.uop(value);
        let before = (0..header.0).map(Value);
        let mut before = before.filter(|&it| trace.uop(it).op == Op::Const);
        before.find(|&it| trace.uop(it).ty == uop.ty && trace.uop(it).imm == uop.imm)
    };
    let mut changed = trace.clone();
    for uop in &mut changed.uops[header.index() + 1..] {
        for arg in &mut uop.args {
            if trace.uop(*arg).op == Op::Const {
                *arg = same(*arg).unwrap_or(*arg);
            }
        }
    }
    (changed != *trace).then_some(changed)
}

/// A loop is compiled as a function of its own; constants are what it sees of the way there.
#[test]
fn loops_see_constants_from_before_their_header() {
    let mut harness = Harness::new().expect("a supported machine");
    let mut changed = 0;
    for seed in 0..1000 {
        let generated = generate(seed);
        let Some(trace) = with_constants_from_before(&generated.trace) else {
            continue;
        };
        changed += 1;
        if let Err(error) = harness.check(&trace, &generated.starts, seed) {
            panic!("seed {seed}, {error}\n{trace}");
        }
    }
    assert!(changed > 20, "{changed}");
}

/// Arms of one place, at most.
const ARMS: usize = 4;

/// The exit that the trace ends with, if it does so wherever it came to its end.
fn end(trace: &Trace) -> Option<&ExitState> {
    let last = &trace.uops[trace.uops.len() - 2];
    Some(trace.exit(last.exit.filter(|_| last.op == Op::Exit)?))
}

/// Where `entry` begins when the recorded arm was run: from each start that brings it there with what
/// the entry knows.
fn starts_behind(arm: &Arm, entry: &Trace) -> Vec<Start> {
    let starts = arm.starts.iter().filter_map(|start| {
        let mut machine = start.machine.clone();
        let recorded = &arm.trace;
        let left = run(
            recorded,
            Entry::Start,
            &start.handed,
            start.base,
            &mut machine,
        );
        if recorded.uop(left.at).op != Op::Exit {
            return None;
        }
        let handed = handed_from(&entry.entry, left.base, &mut machine)?;
        Some(Start {
            handed,
            base: left.base,
            machine,
        })
    });
    starts.collect()
}

/// Arms that end where paths join, each optimised to meet the entries that those before it left, and
/// the entries.
#[test]
fn arms_and_entries_in_the_middle_run_on_compiled_code_as_on_the_evaluator() {
    let seeds = Seeds::from_environment(0xa4_0000, "OFFRAMP_RANDOM_TRACES", 100);
    let mut harness = Harness::new().expect("a supported machine");
    let (mut places, mut arms, mut met, mut entered) = (0, 0, 0, 0);
    for seed in seeds {
        note(seed);
        places += 1;
        let junction = Junction::new(seed);
        let mut random = Random::new(mix(seed, 11));
        let mut entries: Vec<Arc<Trace>> = Vec::new();
        let mut check = |what: &str, trace: &Trace, starts: &[Start]| {
            if let Err(error) = harness.check(trace, starts, seed) {
                panic!("OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_TRACES=1\n{what}, {error}\n{trace}");
            }
        };
        for number in 0..ARMS {
            let arm = junction.arm(format!("arm{number}"), &mut random);
            let join = Join {
                entries: &entries,
                in_memory: entries.len() > 2,
                polls: random.chance(50),
            };
            let options = Options {
                join: Some(join),
                ..Options::default()
            };
            let optimised = optimise(&arm.trace, &options).trace;
            check("an arm", &optimised, &arm.starts);
            arms += 1;
            let Some(end) = end(&optimised) else {
                continue;
            };
            let agrees = |entry: &&Arc<Trace>| end.agrees(&optimised, &entry.entry).is_ok();
            let known = entries.iter().find(agrees).cloned();
            met += u32::from(known.is_some());
            let entry = known.or_else(|| {
                let takes = end.general_signature(&optimised);
                let name = format!("middle{}", entries.len());
                let recorded = junction.onward(name, takes, &arm)?;
                let entry = Arc::new(optimise(&recorded, &Options::default()).trace);
                entries.push(entry.clone());
                Some(entry)
            });
            if let Some(entry) = entry {
                let starts = starts_behind(&arm, &entry);
                entered += starts.len();
                check("an entry", &entry, &starts);
            }
        }
    }
    println!("{places} places, {arms} arms, {met} meet an entry, {entered} runs of entries");
    if places >= 80 {
        assert!(met > places && entered > 4 * places as usize);
    }
}
