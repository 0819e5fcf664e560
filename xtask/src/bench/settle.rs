//! `cargo xtask bench settle`: whether programs that once ran away keep the promise.
//!
//! The promise: a run with traces takes at most 1.1 × the CPU time of the same run without them, plus
//! 3 ms, and at most 1.25 × its peak memory, plus 16 MB. A round runs every program of
//! `examples/moonlet/programs/settle` without and with traces, in turns, so that a busy machine is busy
//! for both. A program breaks the promise when it did so in three of five rounds: one slow run on
//! a shared machine proves nothing. The table shows the least of the rounds; what fails comes first.
//!
//! With `--instructions` callgrind counts one run of each in place of five that are timed: the same in every
//! run, whatever else the machine does. What compiles traces waits for memory more than what interprets,
//! so 3 ms are fewer instructions there; the table says how many are allowed.
//!
//! Counts come from a run of their own with `--stats=json`, which is not timed; they are the same in
//! every run. `uops_compiled` of the measured programs stands below: a policy that keeps the promise
//! by compiling less shows there.

use super::moonlet;
use super::process::{self, Measure, Usage};
use crate::command;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run with traces may take of one without, and in addition.
const TIMES: f64 = 1.1;
const MILLISECONDS: f64 = 3.0;
/// Millions of instructions in these milliseconds: 5 a nanosecond, of a run that compiles most of the
/// time.
const INSTRUCTIONS: f64 = 15.0;
const PEAKS: f64 = 1.25;
const MEGABYTES: f64 = 16.0;

/// What a run with traces may cost besides.
fn allowance(measure: Measure) -> f64 {
    match measure {
        Measure::Time => MILLISECONDS,
        Measure::Instructions => INSTRUCTIONS,
    }
}

/// Programs whose names start so run for a few milliseconds; their geometric mean has a limit.
const SHORT: &str = "short_";
const SHORT_MEAN: f64 = 0.6;

/// What to run and how often.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only programs whose names contain this, or one of these between `|`.
    #[arg(long, value_name = "NAMES")]
    only: Option<String>,
    /// Rounds; a failure counts when it repeats in three fifths of them.
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Longer runs: so many times the rounds that a program makes by itself.
    #[arg(long, default_value_t = 1, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    longer: u32,
    /// This Moonlet, instead of one built from this tree.
    #[arg(long, value_name = "PATH")]
    moonlet: Option<PathBuf>,
    /// Count instructions under callgrind, once, instead of measuring time and memory.
    #[arg(long)]
    instructions: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// A program ready to be run.
struct Program {
    name: String,
    kind: String,
    path: PathBuf,
    rounds: u64,
    /// What it prints, where that is known.
    output: Option<Vec<u8>>,
}

/// One round: without traces, with them.
#[derive(Clone, Copy, Debug)]
struct Round {
    measure: Measure,
    off: Usage,
    on: Usage,
}

impl Round {
    /// What a run with traces may cost at the most.
    fn allowed(measure: Measure, off: f64) -> f64 {
        TIMES * off + allowance(measure)
    }

    fn is_slow(&self) -> bool {
        self.on.cost > Round::allowed(self.measure, self.off.cost)
    }

    fn is_large(&self) -> bool {
        self.on.megabytes > PEAKS * self.off.megabytes + MEGABYTES
    }
}

/// What the library counted in a run.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    recordings: u64,
    traces: u64,
    uops: u64,
    bytes: u64,
    cold_exits: u64,
}

/// What was measured of a program.
#[derive(Default)]
struct Measured {
    rounds: Vec<Round>,
    lua: Vec<f64>,
    counts: Counts,
    failure: Option<String>,
    measure: Measure,
}

impl Measured {
    /// In how many rounds the promise was broken, by time and by memory.
    fn broken(&self) -> (usize, usize) {
        let count = |is: fn(&Round) -> bool| self.rounds.iter().filter(|round| is(round)).count();
        (count(Round::is_slow), count(Round::is_large))
    }

    fn keeps(&self) -> bool {
        let (slow, large) = self.broken();
        let repeats = |count: usize| 5 * count >= 3 * self.rounds.len() && count > 0;
        !repeats(slow) && !repeats(large)
    }

    /// The least of the rounds.
    fn least(&self, value: impl Fn(&Round) -> f64) -> f64 {
        self.rounds.iter().map(value).fold(f64::INFINITY, f64::min)
    }

    fn off(&self) -> f64 {
        self.least(|round| round.off.cost)
    }

    fn on(&self) -> f64 {
        self.least(|round| round.on.cost)
    }

    fn lua(&self) -> Option<f64> {
        self.lua.iter().copied().reduce(f64::min)
    }

    /// How much of what is allowed the time is.
    fn used(&self) -> f64 {
        self.on() / Round::allowed(self.measure, self.off())
    }

    fn verdict(&self) -> String {
        if let Some(failure) = &self.failure {
            return failure.clone();
        }
        let (slow, large) = self.broken();
        let all = self.rounds.len();
        match self.keeps() {
            true => "kept".to_owned(),
            false if slow >= large => format!("slow in {slow} of {all}"),
            false => format!("large in {large} of {all}"),
        }
    }
}

/// Runs everything and prints the table.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let moonlet = match &arguments.moonlet {
        Some(path) => std::fs::canonicalize(path).context(path.display().to_string())?,
        None => moonlet::build()?,
    };
    let programs = programs(arguments)?;
    let has_lua = Command::new("lua5.4").arg("-v").output().is_ok();
    let (measure, rounds) = match arguments.instructions {
        true => (Measure::Instructions, 1),
        false => (Measure::Time, arguments.runs),
    };
    let none = || Measured {
        measure,
        ..Measured::default()
    };
    let mut measured: Vec<Measured> = programs.iter().map(|_| none()).collect();
    for (program, measured) in programs.iter().zip(&mut measured) {
        match counts(program, &moonlet) {
            Ok(counts) => measured.counts = counts,
            Err(error) => measured.failure = Some(format!("{error:#}")),
        }
    }
    for round in 0..rounds {
        for (program, measured) in programs.iter().zip(&mut measured) {
            if measured.failure.is_some() {
                continue;
            }
            let on_first = round % 2 == 1;
            match both(program, &moonlet, measure, on_first) {
                Ok(round) => measured.rounds.push(round),
                Err(error) => measured.failure = Some(format!("{error:#}")),
            }
            if has_lua {
                match measure.of(program.invocation(Path::new("lua5.4"), &[])) {
                    Ok((usage, _)) => measured.lua.push(usage.cost),
                    Err(error) => measured.failure = Some(format!("lua5.4: {error:#}")),
                }
            }
        }
        eprintln!("round {} of {}", round + 1, rounds);
    }
    let floors = match arguments.only {
        Some(_) => Vec::new(),
        None => floors(&moonlet)?,
    };
    let mut all: Vec<(&Program, &Measured)> = programs.iter().zip(&measured).collect();
    all.sort_by(|(_, one), (_, other)| {
        let rank = |it: &Measured| (it.failure.is_some(), !it.keeps());
        let by_rank = rank(other).cmp(&rank(one));
        by_rank.then(other.used().total_cmp(&one.used()))
    });
    match arguments.json {
        true => println!("{}", json(&all, &floors, measure)),
        false => print!("{}", table(&all, &floors, measure)),
    }
    let broken = measured
        .iter()
        .filter(|it| it.failure.is_some() || !it.keeps());
    match broken.count() {
        0 => Ok(()),
        count => bail!("{count} of {} programs break the promise", programs.len()),
    }
}

/// The programs that were asked for.
fn programs(arguments: &Arguments) -> Result<Vec<Program>> {
    let folder = command::root().join("examples/moonlet/programs/settle");
    let wanted = arguments.only.as_deref().unwrap_or_default();
    let mut programs = Vec::new();
    for (name, path) in moonlet::lua_files(&folder)? {
        if !wanted.split('|').any(|part| name.contains(part)) {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let (kind, rounds) = header(&text).with_context(|| {
            format!("{name} does not begin with its kind and say its rounds: {HEADER}")
        })?;
        let output = match arguments.longer {
            1 => Some(std::fs::read(path.with_extension("out")).context(name.clone())?),
            _ => None,
        };
        programs.push(Program {
            kind: kind.to_owned(),
            rounds: rounds * u64::from(arguments.longer),
            name,
            path,
            output,
        });
    }
    if programs.is_empty() {
        bail!("no program is called so");
    }
    Ok(programs)
}

/// How programs say what they are.
const HEADER: &str = "`-- KIND: what could run away`, `local ROUNDS = tonumber((...)) or 20`";

/// Kind and rounds of a program.
fn header(text: &str) -> Option<(&str, u64)> {
    let (kind, _) = text.lines().next()?.strip_prefix("-- ")?.split_once(": ")?;
    let mut lines = text.lines();
    let rounds = lines.find_map(|line| line.strip_prefix("local ROUNDS = tonumber((...)) or "))?;
    Some((kind, rounds.parse().ok()?))
}

impl Program {
    fn invocation(&self, runner: &Path, options: &[&str]) -> Command {
        let mut command = Command::new(runner);
        // Messages of errors name the file, which is therefore the same everywhere.
        command.current_dir(self.path.parent().expect("it lies in a folder"));
        command
            .args(options)
            .arg(self.path.file_name().expect("it has a name"));
        command.arg(self.rounds.to_string());
        command
    }

    fn check(&self, output: &[u8], expected: Option<&[u8]>) -> Result<()> {
        match expected.or(self.output.as_deref()) {
            Some(expected) if expected != output => bail!("prints something else"),
            _ => Ok(()),
        }
    }
}

/// A run without and one with traces, which print the same.
fn both(program: &Program, moonlet: &Path, measure: Measure, on_first: bool) -> Result<Round> {
    let [off, on] = [&["--jit=off"][..], &[]].map(|options| program.invocation(moonlet, options));
    let ((off, expected), (on, output)) = match on_first {
        false => {
            let off = measure.of(off)?;
            (off, measure.of(on)?)
        }
        true => {
            let on = measure.of(on)?;
            (measure.of(off)?, on)
        }
    };
    program.check(&expected, None)?;
    program.check(&output, Some(&expected))?;
    Ok(Round { measure, off, on })
}

/// What the library counts in a run.
fn counts(program: &Program, moonlet: &Path) -> Result<Counts> {
    let mut command = program.invocation(moonlet, &["--stats=json"]);
    let (_, stats) = process::output(&mut command)?;
    let count = |key| number(&stats, key);
    Ok(Counts {
        recordings: count("recordings_started")?,
        traces: count("roots")? + count("sides")?,
        uops: count("uops_compiled")?,
        bytes: count("code_bytes")?,
        cold_exits: count("exits_taken_cold")?,
    })
}

/// A number in JSON, by its key.
fn number(json: &str, key: &str) -> Result<u64> {
    let object: Value = serde_json::from_str(json)?;
    let number = object.get(key).and_then(Value::as_u64);
    number.with_context(|| format!("no number `{key}`"))
}

/// Uops compiled for the measured programs, at full size.
fn floors(moonlet: &Path) -> Result<Vec<(String, u64)>> {
    let mut floors = Vec::new();
    for (name, path) in moonlet::lua_files(&command::root().join("examples/moonlet/programs"))? {
        let mut command = Command::new(moonlet);
        let (_, stats) =
            process::output(command.arg("--stats=json").arg(path)).context(name.clone())?;
        floors.push((name, number(&stats, "uops_compiled")?));
    }
    Ok(floors)
}

/// The geometric mean of the short programs' ratios.
fn short_mean(all: &[(&Program, &Measured)]) -> Option<f64> {
    let short = all.iter().filter(|(program, measured)| {
        program.name.starts_with(SHORT) && !measured.rounds.is_empty()
    });
    let logarithms: Vec<f64> = short
        .map(|(_, measured)| (measured.on() / measured.off()).ln())
        .collect();
    let count = logarithms.len();
    (count > 0).then(|| (logarithms.into_iter().sum::<f64>() / count as f64).exp())
}

/// Markdown: times in milliseconds or instructions in millions, memory in megabytes, counts.
fn table(all: &[(&Program, &Measured)], floors: &[(String, u64)], measure: Measure) -> String {
    let mut text = String::from(
        "| program | kind | lua5.4 | off | on | on / off | of allowed | peak off | peak on | traces | uops | KB | cold exits | promise |\n",
    );
    let _ = writeln!(text, "| --- | --- |{} --- |", " ---: |".repeat(11));
    for (program, measured) in all {
        let counts = measured.counts;
        let lua = (measured.lua()).map_or("-".to_owned(), |lua| format!("{lua:.1}"));
        let (off, on) = (measured.off(), measured.on());
        let _ = writeln!(
            text,
            "| {} | {} | {lua} | {off:.1} | {on:.1} | {:.2} | {:.2} | {:.1} | {:.1} | {} | {} | {} | {} | {} |",
            program.name,
            program.kind,
            on / off,
            measured.used(),
            measured.least(|round| round.off.megabytes),
            measured.least(|round| round.on.megabytes),
            counts.traces,
            counts.uops,
            counts.bytes / 1000,
            counts.cold_exits,
            measured.verdict(),
        );
    }
    let kept = all.iter().filter(|(_, it)| it.failure.is_none());
    let kept = kept.filter(|(_, it)| it.keeps()).count();
    let _ = writeln!(
        text,
        "\n{kept} of {} programs keep the promise: at most {TIMES} × off + {} {}, and {PEAKS} × its peak memory + {MEGABYTES} MB.",
        all.len(),
        allowance(measure),
        measure.unit(),
    );
    if let Some(mean) = short_mean(all) {
        let _ = writeln!(
            text,
            "Short programs: on / off {mean:.2} by geometric mean; {SHORT_MEAN} at most is wanted."
        );
    }
    if !floors.is_empty() {
        let sum: u64 = floors.iter().map(|(_, uops)| uops).sum();
        let each: Vec<String> = (floors.iter())
            .map(|(name, uops)| format!("{name} {uops}"))
            .collect();
        let _ = writeln!(
            text,
            "Uops compiled for the measured programs: {sum}; {}.",
            each.join(", ")
        );
    }
    text
}

fn json(all: &[(&Program, &Measured)], floors: &[(String, u64)], measure: Measure) -> Value {
    let programs = all.iter().map(|(program, measured)| {
        let counts = measured.counts;
        let (slow, large) = measured.broken();
        let failure = measured.failure.as_ref();
        let what = json!({
            "kind": program.kind,
            "cost": {
                "lua54": measured.lua().map(rounded),
                "off": rounded(measured.off()),
                "on": rounded(measured.on()),
            },
            "peak_mb": {
                "off": rounded(measured.least(|round| round.off.megabytes)),
                "on": rounded(measured.least(|round| round.on.megabytes)),
            },
            "recordings": counts.recordings,
            "traces": counts.traces,
            "uops_compiled": counts.uops,
            "code_bytes": counts.bytes,
            "cold_exits": counts.cold_exits,
            "slow_rounds": slow,
            "large_rounds": large,
            "kept": measured.keeps() && failure.is_none(),
            "failure": failure,
        });
        (program.name.clone(), what)
    });
    let floors = floors
        .iter()
        .map(|(name, uops)| (name.clone(), json!(uops)));
    json!({
        "unit": measure.unit(),
        "programs": programs.collect::<Map<_, _>>(),
        "short_mean": short_mean(all).map(rounded),
        "measured_uops_compiled": floors.collect::<Map<_, _>>(),
    })
}

/// To thousandths. What is not finite is `null` in JSON.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(off: (f64, f64), on: (f64, f64)) -> Round {
        let [off, on] = [off, on].map(|(cost, megabytes)| Usage { cost, megabytes });
        let measure = Measure::Time;
        Round { measure, off, on }
    }

    #[test]
    fn a_failure_counts_when_it_repeats() {
        let kept = round((10.0, 8.0), (13.9, 25.9));
        let slow = round((10.0, 8.0), (14.1, 8.0));
        let large = round((10.0, 8.0), (5.0, 26.1));
        assert!(!kept.is_slow() && !kept.is_large());
        let counted = Round {
            measure: Measure::Instructions,
            ..round((10.0, 0.0), (25.0, 0.0))
        };
        assert!(!counted.is_slow());
        let measured = |rounds: [Round; 5]| Measured {
            rounds: rounds.to_vec(),
            ..Measured::default()
        };
        assert!(measured([kept, slow, slow, kept, kept]).keeps());
        let thrice = measured([slow, slow, kept, slow, kept]);
        assert!(!thrice.keeps());
        assert_eq!(thrice.verdict(), "slow in 3 of 5");
        let thrice = measured([kept, large, large, large, slow]);
        assert_eq!(thrice.verdict(), "large in 3 of 5");
        // A slow round and a large one are not one failure that repeats.
        assert!(measured([slow, slow, large, large, kept]).keeps());
    }

    #[test]
    fn programs_say_their_kinds_and_rounds() {
        let text = "-- puzzle solver: it may.\n\nlocal ROUNDS = tonumber((...)) or 20\n";
        assert_eq!(header(text), Some(("puzzle solver", 20)));
        assert_eq!(header("local ROUNDS = tonumber((...)) or 20\n"), None);
        assert_eq!(header("-- puzzle solver: it may.\n"), None);
    }

    #[test]
    fn every_program_says_them_and_is_of_one_of_many_kinds() {
        let arguments = Arguments {
            only: None,
            runs: 5,
            longer: 1,
            moonlet: None,
            instructions: false,
            json: false,
        };
        let programs = programs(&arguments).expect("all can be read");
        let kinds: std::collections::BTreeSet<_> =
            programs.iter().map(|it| it.kind.as_str()).collect();
        assert!(programs.len() >= 40, "{} programs", programs.len());
        assert!(kinds.len() >= 12, "{kinds:?}");
        let short = programs.iter().filter(|it| it.name.starts_with(SHORT));
        assert!(short.count() >= 12);
    }

    #[test]
    fn counts_are_read_by_key() {
        let json = "{\"roots\": 3, \"code_bytes\": 1200, \"x\": null}";
        assert_eq!(number(json, "code_bytes").ok(), Some(1200));
        assert!(number(json, "sides").is_err());
    }
}
