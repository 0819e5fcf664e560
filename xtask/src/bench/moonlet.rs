//! `cargo xtask bench moonlet`: the programs of `examples/moonlet/programs` under Moonlet with and
//! without the JIT, lua5.4, luajit and, where there is a C form, gcc -O2.
//!
//! A round runs every program once under everything, so that drift of the machine hits all alike;
//! who begins changes with the round. Figures are CPU seconds of whole processes, user and system.
//! Ratios are medians of the rounds' ratios. Outputs are compared with the stored ones; a program
//! that fails, differs or takes too long is named, has no figures, and the command fails.

use crate::command;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds after which a run is given up.
const LIMIT: &str = "120";

/// Prints user and system seconds as the last line of standard error.
const TIMED: &str = r#"exec 3>&2; TIMEFORMAT='%3U %3S'; time "$@" 2>&3"#;

/// What to run and how often.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The programs' quick sizes: a few seconds a round in place of two minutes.
    #[arg(long)]
    quick: bool,
    /// Only programs whose names contain this, or one of these between `|`.
    #[arg(long, value_name = "NAMES")]
    only: Option<String>,
    /// Rounds.
    #[arg(long, default_value_t = 3, value_name = "N")]
    runs: usize,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// What runs programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Runner {
    Jit,
    Plain,
    Lua,
    Luajit,
    Gcc,
}

const RUNNERS: [Runner; 5] = [
    Runner::Jit,
    Runner::Plain,
    Runner::Lua,
    Runner::Luajit,
    Runner::Gcc,
];

impl Runner {
    fn title(self) -> &'static str {
        match self {
            Runner::Jit => "Moonlet",
            Runner::Plain => "Moonlet, JIT off",
            Runner::Lua => "lua5.4",
            Runner::Luajit => "luajit",
            Runner::Gcc => "gcc -O2",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Runner::Jit => "moonlet",
            Runner::Plain => "moonlet_off",
            Runner::Lua => "lua54",
            Runner::Luajit => "luajit",
            Runner::Gcc => "gcc",
        }
    }
}

/// A program ready to be run.
struct Program {
    name: String,
    lua: PathBuf,
    c: Option<PathBuf>,
    size: String,
    output: String,
}

/// What was measured of a program.
#[derive(Default)]
struct Measured {
    seconds: BTreeMap<Runner, Vec<f64>>,
    failures: BTreeMap<Runner, String>,
}

impl Measured {
    fn median(&self, runner: Runner) -> Option<f64> {
        median(self.seconds.get(&runner)?.clone())
    }

    /// The median of the rounds' ratios.
    fn ratio(&self, runner: Runner, to: Runner) -> Option<f64> {
        let (runs, others) = (self.seconds.get(&runner)?, self.seconds.get(&to)?);
        let ratios = runs.iter().zip(others);
        // A process that takes less than a tick has taken a millisecond.
        median(
            ratios
                .map(|(run, other)| run.max(1e-3) / other.max(1e-3))
                .collect(),
        )
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        length if length % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// Runs everything and prints the table.
pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let moonlet = build()?;
    let scratch = command::root().join("target/bench-moonlet");
    std::fs::create_dir_all(&scratch)?;
    let programs = programs(arguments, &scratch)?;
    let installed: Vec<Runner> = RUNNERS
        .into_iter()
        .filter(|runner| match runner {
            Runner::Lua | Runner::Luajit => is_installed(runner.title()),
            Runner::Gcc => is_installed("gcc"),
            _ => true,
        })
        .collect();
    let mut measured: Vec<Measured> = programs.iter().map(|_| Measured::default()).collect();
    for round in 0..arguments.runs {
        for (program, measured) in programs.iter().zip(&mut measured) {
            for turn in 0..installed.len() {
                let runner = installed[(turn + round) % installed.len()];
                if measured.failures.contains_key(&runner) {
                    continue;
                }
                let Some(mut command) = invocation(runner, program, &moonlet) else {
                    continue;
                };
                match time(&mut command, &program.output) {
                    Ok(seconds) => measured.seconds.entry(runner).or_default().push(seconds),
                    Err(error) => {
                        measured.seconds.remove(&runner);
                        measured.failures.insert(runner, format!("{error:#}"));
                    }
                }
            }
        }
        eprintln!("round {} of {}", round + 1, arguments.runs);
    }
    let all: Vec<(&str, &Measured)> = programs
        .iter()
        .map(|program| program.name.as_str())
        .zip(&measured)
        .collect();
    match arguments.json {
        true => println!("{}", json(&all)),
        false => print!("{}", table(&all)),
    }
    let failed = measured
        .iter()
        .filter(|measured| !measured.failures.is_empty());
    match failed.count() {
        0 => Ok(()),
        count => bail!("{count} programs failed somewhere"),
    }
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("-v").output().is_ok()
}

/// Builds Moonlet as it is released; its path.
pub(super) fn build() -> Result<PathBuf> {
    let mut build = command::cargo();
    build.args([
        "build",
        "--release",
        "--quiet",
        "-p",
        "offramp-moonlet",
        "--bin",
        "moonlet",
    ]);
    command::output(&mut build)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| command::root().join("target"));
    Ok(target.join("release/moonlet"))
}

/// The programs of a folder, by name.
pub(super) fn lua_files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "lua") {
            let name = path.file_stem().unwrap_or_default();
            files.push((name.to_string_lossy().into_owned(), path));
        }
    }
    files.sort();
    Ok(files)
}

/// The programs that were asked for, at the size that was asked for, their C forms built.
fn programs(arguments: &Arguments, scratch: &Path) -> Result<Vec<Program>> {
    let folder = command::root().join("examples/moonlet/programs");
    let mut programs = Vec::new();
    for (name, path) in lua_files(&folder)? {
        let wanted = arguments.only.as_deref().unwrap_or_default();
        if !wanted.split('|').any(|part| name.contains(part)) {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let (full, quick) = sizes(&text).with_context(|| format!("{name} does not give sizes"))?;
        let (size, suffix) = match arguments.quick {
            true => (quick, "quick.out"),
            false => (full, "out"),
        };
        let lua = scratch.join(format!("{name}.lua"));
        std::fs::write(
            &lua,
            text.replace(
                &format!(" = {full} -- quick: "),
                &format!(" = {size} -- quick: "),
            ),
        )?;
        let source = folder.join("c").join(format!("{name}.c"));
        let c = scratch.join(&name);
        if source.exists() && is_installed("gcc") {
            let mut build = Command::new("gcc");
            build.args(["-O2", "-o"]).arg(&c).arg(&source).arg("-lm");
            command::output(&mut build)?;
        }
        let output = folder.join(format!("{name}.{suffix}"));
        programs.push(Program {
            c: source.exists().then_some(c),
            output: std::fs::read_to_string(&output)
                .with_context(|| output.display().to_string())?,
            size: size.to_owned(),
            name,
            lua,
        });
    }
    if programs.is_empty() {
        bail!("no program is called so");
    }
    Ok(programs)
}

/// Full and quick size: `local N = 36 -- quick: 29`.
fn sizes(text: &str) -> Option<(&str, &str)> {
    let line = text.lines().find(|line| line.contains(" -- quick: "))?;
    let (declaration, quick) = line.split_once(" -- quick: ")?;
    Some((declaration.split_once(" = ")?.1, quick.trim()))
}

fn invocation(runner: Runner, program: &Program, moonlet: &Path) -> Option<Command> {
    let mut command = Command::new("bash");
    command.args(["-c", TIMED, "bash", "timeout", "--kill-after=5", LIMIT]);
    match runner {
        Runner::Jit => command.arg(moonlet).arg(&program.lua),
        Runner::Plain => command.arg(moonlet).arg("--jit=off").arg(&program.lua),
        Runner::Lua => command.arg("lua5.4").arg(&program.lua),
        Runner::Luajit => command.arg("luajit").arg(&program.lua),
        Runner::Gcc => command.arg(program.c.as_ref()?).arg(&program.size),
    };
    Some(command)
}

/// CPU seconds of a run that prints what it should.
fn time(command: &mut Command, expected: &str) -> Result<f64> {
    let output = command.output().context("bash is not installed")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => {}
        Some(124) => bail!("takes more than {LIMIT} s"),
        _ => bail!(
            "{}: {}",
            output.status,
            complaint.lines().next().unwrap_or_default()
        ),
    }
    if output.stdout != expected.as_bytes() {
        bail!("prints something else");
    }
    let times = complaint.lines().last().context("bash says no times")?;
    let times = times.split(' ').map(|time| time.parse::<f64>());
    Ok(times.sum::<Result<f64, _>>()?)
}

/// What is set against what.
const RATIOS: [(Runner, Runner); 5] = [
    (Runner::Jit, Runner::Lua),
    (Runner::Plain, Runner::Lua),
    (Runner::Luajit, Runner::Lua),
    (Runner::Gcc, Runner::Lua),
    (Runner::Jit, Runner::Plain),
];

fn ratio_title((runner, to): (Runner, Runner)) -> String {
    format!("{} / {}", runner.title(), to.title())
}

/// The geometric mean of the programs that have this ratio.
fn mean(all: &[(&str, &Measured)], (runner, to): (Runner, Runner)) -> Option<f64> {
    let ratios = all
        .iter()
        .filter_map(|(_, measured)| measured.ratio(runner, to));
    let logarithms: Vec<f64> = ratios.map(f64::ln).collect();
    let count = logarithms.len();
    (count > 0).then(|| (logarithms.into_iter().sum::<f64>() / count as f64).exp())
}

/// Markdown: seconds, then ratios.
fn table(all: &[(&str, &Measured)]) -> String {
    let cell = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    let mut text = String::from("| program |");
    for runner in RUNNERS {
        let _ = write!(text, " {} |", runner.title());
    }
    for ratio in RATIOS {
        let _ = write!(text, " {} |", ratio_title(ratio));
    }
    let columns = RUNNERS.len() + RATIOS.len();
    let _ = writeln!(text, "\n| --- |{}", " ---: |".repeat(columns));
    for (name, measured) in all {
        let _ = write!(text, "| {name} |");
        for runner in RUNNERS {
            let _ = write!(text, " {} |", cell(measured.median(runner)));
        }
        for (runner, to) in RATIOS {
            let _ = write!(text, " {} |", cell(measured.ratio(runner, to)));
        }
        text.push('\n');
    }
    let _ = write!(text, "| geometric mean |{}", " |".repeat(RUNNERS.len()));
    for ratio in RATIOS {
        let _ = write!(text, " {} |", cell(mean(all, ratio)));
    }
    text.push('\n');
    for (name, measured) in all {
        for (runner, failure) in &measured.failures {
            let _ = writeln!(text, "\n{name}, {}: {failure}", runner.title());
        }
    }
    text
}

fn json(all: &[(&str, &Measured)]) -> Value {
    type Object = Map<String, Value>;
    let number = |value: Option<f64>| json!(value.map(|value| (value * 1e4).round() / 1e4));
    let ratio_key = |(runner, to): (Runner, Runner)| format!("{}/{}", runner.key(), to.key());
    let programs = all.iter().map(|(name, measured)| {
        let seconds = RUNNERS.map(|it| (it.key().to_owned(), number(measured.median(it))));
        let ratios = RATIOS.map(|it| (ratio_key(it), number(measured.ratio(it.0, it.1))));
        let failures = measured.failures.iter();
        let failures = failures.map(|(runner, failure)| (runner.key().to_owned(), json!(failure)));
        let what = json!({
            "seconds": Object::from_iter(seconds),
            "ratios": Object::from_iter(ratios),
            "failures": Object::from_iter(failures),
        });
        ((*name).to_owned(), what)
    });
    let means = RATIOS.map(|ratio| (ratio_key(ratio), number(mean(all, ratio))));
    json!({
        "programs": Object::from_iter(programs),
        "geometric_means": Object::from_iter(means),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ratios() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        let measured = Measured {
            seconds: BTreeMap::from([
                (Runner::Jit, vec![1.0, 2.0, 9.0]),
                (Runner::Lua, vec![2.0, 4.0, 3.0]),
            ]),
            ..Measured::default()
        };
        assert_eq!(measured.ratio(Runner::Jit, Runner::Lua), Some(0.5));
        assert_eq!(measured.ratio(Runner::Gcc, Runner::Lua), None);
        let all = [("a", &measured), ("b", &measured)];
        assert!(table(&all).contains("| a | 2.00 | - | 3.00 | - | - | 0.50 |"));
        let mean = mean(&all, (Runner::Jit, Runner::Lua)).expect("both have it");
        assert!((mean - 0.5).abs() < 1e-12);
    }

    #[test]
    fn programs_say_their_sizes() {
        assert_eq!(
            sizes("-- x\nlocal N = 36 -- quick: 29\n"),
            Some(("36", "29"))
        );
        assert_eq!(sizes("local N = 36\n"), None);
    }
}
