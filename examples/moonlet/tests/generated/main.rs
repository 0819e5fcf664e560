//! Generated programs: lua5.4, Moonlet without the JIT and Moonlet with it must agree, messages of
//! errors included.
//!
//! [`grammar`] makes a program from a seed. Without lua5.4 the plain interpreter is the judge.
//! `OFFRAMP_RANDOM_LUA` sets how many programs are tried (100), `OFFRAMP_RANDOM_SECONDS` runs for
//! that long instead, `OFFRAMP_SEED` is the first program's seed. A failure prints its seed and a
//! program shrunk by taking statements out. If a run crashes the process, the seed is in
//! `generated.seed` in the target directory's `tmp`.

mod fuzzed;
mod grammar;
#[path = "../kit/mod.rs"]
mod kit;
mod program;
mod random;

use kit::{Mode, Seen, difference, variable};
use program::{Statement, shrink, text};
use random::Random;
use std::path::Path;
use std::time::{Duration, Instant};

/// Seed of the first program unless another is asked for.
const SEED: u64 = 0x10ca_1f00_d5ee_d000;
/// Programs tried unless another number is asked for.
const PROGRAMS: u64 = 100;
/// Programs tried to make a failing one smaller.
const ATTEMPTS: usize = 3000;
/// The program's name in messages.
const NAME: &str = "generated.lua";
/// So many programs tell how many make no trace, in whatever mode: at most one of so many.
const ENOUGH: u64 = 100;
const IDLE: u64 = 3;
/// What is compared with the judge.
const MODES: [Mode; 4] = [Mode::Off, Mode::Hot(1), Mode::Hot(2), Mode::Default];
/// Every so many guards one is made to leave: for a program one of these.
const PERIODS: [u64; 4] = [1, 2, 3, 7];
/// Programs that showed a fault of the generator: an address in a table, and more protected calls that
/// wait for one another than lua5.4 allows.
const KEPT: [u64; 2] = [0x51de_0159, 0x51de_017d];
/// Every so many programs one is run with a collection at every allocation and with forced exits,
/// too.
const STRESSED: u64 = 5;

/// What the program should do: what lua5.4 does, or else the plain interpreter.
fn judge(source: &str, has_lua: bool) -> Result<Seen, String> {
    match has_lua {
        true => kit::lua(source.as_bytes(), NAME),
        false => kit::moonlet(source.as_bytes(), NAME, Mode::Off).map(|ran| ran.seen),
    }
}

/// How the program's run in this mode differs from what it should do.
fn wrong(source: &str, judged: &Seen, mode: Mode) -> Option<String> {
    match kit::moonlet(source.as_bytes(), NAME, mode) {
        Ok(ran) => difference(judged, &ran.seen),
        Err(error) => Some(error),
    }
}

/// Tries the program of one seed; how many traces it made in all modes together, or what is wrong,
/// for people.
fn check(seed: u64, has_lua: bool) -> Result<u64, String> {
    let statements = grammar::program(&mut Random::new(seed));
    let source = text(grammar::PRELUDE, &statements);
    let judged = judge(&source, has_lua).map_err(|error| format!("{error}\n{source}"))?;
    let forced = Mode::Forced(PERIODS[seed as usize % PERIODS.len()]);
    let stress = [Mode::StressOff, Mode::StressHot, forced].into_iter();
    let modes = MODES
        .into_iter()
        .chain(stress.filter(|_| seed.is_multiple_of(STRESSED)));
    let mut traces = 0;
    for mode in modes {
        match kit::moonlet(source.as_bytes(), NAME, mode) {
            Ok(ran) if ran.seen == judged => traces += ran.traces,
            _ => return Err(shrunk(statements, mode, has_lua)),
        }
    }
    Ok(traces)
}

/// What is wrong with a program in this mode, and a smaller program with which it is.
fn shrunk(statements: Vec<Statement>, mode: Mode, has_lua: bool) -> String {
    let fails = |statements: &[Statement]| {
        let source = text(grammar::PRELUDE, statements);
        judge(&source, has_lua).is_ok_and(|judged| wrong(&source, &judged, mode).is_some())
    };
    let source = text(grammar::PRELUDE, &shrink(statements, ATTEMPTS, fails));
    let difference = judge(&source, has_lua).map(|judged| wrong(&source, &judged, mode));
    let mode = mode.name();
    format!("mode {mode}: {difference:?}\n{source}")
}

#[test]
fn modes_agree_on_generated_programs() {
    let has_lua = kit::has_lua();
    let first = variable("OFFRAMP_SEED").unwrap_or(SEED);
    let until = variable("OFFRAMP_RANDOM_SECONDS")
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let programs = variable("OFFRAMP_RANDOM_LUA").unwrap_or(PROGRAMS);
    println!("OFFRAMP_SEED={first:#x}");
    let noted = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated.seed");
    let mut failures = Vec::new();
    let (mut tried, mut idle) = (0, 0);
    for number in 0.. {
        let enough = match until {
            Some(until) => Instant::now() >= until,
            None => number >= programs,
        };
        if enough || failures.len() >= 3 {
            break;
        }
        let seed = first.wrapping_add(number);
        let note = std::fs::write(&noted, format!("{seed:#x}\n"));
        note.expect("the target directory can be written");
        tried += 1;
        match check(seed, has_lua) {
            Ok(traces) => idle += u64::from(traces == 0),
            Err(report) => failures.push(format!(
                "OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_LUA=1\n{report}"
            )),
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
    println!("{tried} programs, {idle} of them without a trace");
    // Those show nothing about traces, so most must not be of them.
    let few = tried < ENOUGH || idle * IDLE <= tried;
    assert!(
        few || !Mode::Default.records(),
        "{idle} of {tried} programs made no trace"
    );
}

#[test]
fn modes_agree_on_kept_programs() {
    let has_lua = kit::has_lua();
    for seed in KEPT {
        if let Err(report) = check(seed, has_lua) {
            panic!("OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_LUA=1\n{report}");
        }
    }
}

/// The body of the fuzz target, on bytes made from seeds.
#[test]
fn fuzzed_programs_do_the_same_with_traces() {
    let (mut random, mut ran) = (Random::new(0xf022), [0; 4]);
    for _ in 0..variable("OFFRAMP_RANDOM_FUZZED").unwrap_or(40) {
        let length = random.below(600);
        let bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        let kind = bytes.first().map_or(0, |kind| kind % 4);
        ran[usize::from(kind)] += u32::from(fuzzed::run(&bytes));
    }
    println!("{ran:?} programs by kind");
    assert!(ran[0] > 0 && ran[1] > 0);
}

#[test]
fn nothing_shown_is_an_address() {
    let statements = [
        "show(print, {}, {print, {}, 0/0, 1.5, a = show, b = {}, c = \"c\"})",
        "show(tostring(plain(print)), tostring(plain({})), tostring(plain(7)))",
    ];
    let statements = statements.map(|line| Statement::Line(line.to_owned()));
    let source = text(grammar::PRELUDE, &statements);
    let shown = "function {nil nil nil nil nil nil} \
        {function table NaN 1.5 nil nil a=function b=table c=c}\nfunction table 7\n";
    for has_lua in [kit::has_lua(), false] {
        let seen = judge(&source, has_lua).expect("it ends");
        assert_eq!(String::from_utf8_lossy(&seen.printed), shown);
        assert_eq!(seen.error, None);
    }
}

#[test]
fn protected_calls_within_one_another_are_counted() {
    for seed in SEED..SEED + 200 {
        let program = text("", &grammar::program(&mut Random::new(seed)));
        // A section's own call waits for no other.
        for line in program.lines().filter(|line| line.contains("pcall")) {
            let section = line.starts_with("show(");
            assert!(
                section || line.contains("if nested < "),
                "{seed:#x}: {line}"
            );
        }
    }
}

#[test]
fn programs_of_a_seed_are_the_same() {
    let program = |seed| text("", &grammar::program(&mut Random::new(seed)));
    assert_eq!(program(SEED), program(SEED));
    assert_ne!(program(SEED), program(SEED + 1));
}
