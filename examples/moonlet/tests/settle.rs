//! Programs that once ran away or could: what traces cost them, and that it comes to an end.
//!
//! `programs/settle/*.lua` say in their first line what could run away, and make so many rounds of one
//! thing. Policy is deterministic, so what is asserted are counts and never times; `cargo xtask bench
//! settle` measures the times. `settle.txt` beside this file has a line for each program:
//!
//! - what a run with default thresholds records, compiles, leaves cold and interprets may be exceeded by
//!   three tenths. What is interpreted is among them so that nothing is won by giving up;
//! - `settled N`: when the program makes N times its rounds, and then as many again, nothing is recorded in
//!   the second half. A policy that needs twice as long passes, too;
//! - `settled -`: it does not settle within [`LONGEST`] times its rounds, which is a debt or, for those in
//!   [`ENDLESS`], its nature. What the second half of a long run compiles has a limit. It may be more than
//!   the first half did: what is interpreted pays for traces, so they come the later the more there
//!   are.
//!
//! `OFFRAMP_BLESS=1 cargo test -p offramp-moonlet --test settle` writes the lines again, `cargo xtask
//! bless` too. Each program also runs with low thresholds and few rounds, and prints what it prints
//! without traces. With `OFFRAMP_EMULATED=1` a few programs run; counts do not depend on the machine.

#[allow(
    dead_code,
    reason = "the kit is shared by suites that each need a part of it"
)]
mod kit;

use kit::{Mode, Ran, Seen, difference};
use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// How many times its rounds a program may need until it has settled, a power of two.
const LONGEST: u64 = 128;
/// Half of a long run of a program that does not settle, in times of its rounds.
const LONG: u64 = 8;

/// Programs that meet new types in every round, so that there is always more to compile, and what
/// they make.
const ENDLESS: [(&str, &str); 2] = [
    (
        "new_classes",
        "classes with methods and fields of new names",
    ),
    (
        "new_closures",
        "functions that call other functions than those before",
    ),
];
/// Of the others at most so many do not settle within reach. It is to fall, and blessing does not raise
/// it.
const UNSETTLED: usize = 24;

/// Thresholds and general ways that every program must stand, with few rounds.
const MODES: [Mode; 3] = [Mode::Hot(1), Mode::Hot(2), Mode::General(1)];

/// A program.
#[derive(Clone)]
struct Program {
    name: String,
    path: PathBuf,
    source: Arc<Vec<u8>>,
    rounds: u64,
}

/// What the library did in a run, or in a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    recordings: u64,
    traces: u64,
    uops: u64,
    cold_exits: u64,
    interpreted: u64,
}

/// Names of [`Counts`], and what each may be exceeded by besides three tenths.
const COLUMNS: [(&str, u64); 5] = [
    ("recordings", 4),
    ("traces", 4),
    ("uops", 200),
    ("cold exits", 400),
    ("interpreted", 20_000),
];

impl Counts {
    fn of(ran: &Ran) -> Counts {
        Counts {
            recordings: ran.stats.recordings,
            traces: ran.traces,
            uops: ran.stats.uops_compiled,
            cold_exits: ran.stats.cold_exits,
            interpreted: ran.interpreted,
        }
    }

    fn all(&self) -> [u64; 5] {
        [
            self.recordings,
            self.traces,
            self.uops,
            self.cold_exits,
            self.interpreted,
        ]
    }

    fn from(all: [u64; 5]) -> Counts {
        let [recordings, traces, uops, cold_exits, interpreted] = all;
        Counts {
            recordings,
            traces,
            uops,
            cold_exits,
            interpreted,
        }
    }

    /// What `longer` did more.
    fn until(&self, longer: &Counts) -> Counts {
        let [mut more, less] = [longer, self].map(Counts::all);
        for (more, less) in more.iter_mut().zip(less) {
            *more = more.saturating_sub(less);
        }
        Counts::from(more)
    }

    /// What is more than was expected, for people; empty if nothing is.
    fn beyond(&self, expected: &Counts, what: &str) -> String {
        let mut text = String::new();
        let pairs = self.all().into_iter().zip(expected.all());
        for ((found, expected), (name, more)) in pairs.zip(COLUMNS) {
            if found > expected * 13 / 10 + more {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{what}: {found} {name}, {expected} expected");
            }
        }
        text
    }
}

/// What is expected of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    /// Of a run of its own length.
    run: Counts,
    /// How many times its rounds it needs until it has settled.
    settled: Option<u64>,
    /// Of as many rounds again, or of the second half of a long run.
    late: Counts,
}

impl Expected {
    fn line(&self, name: &str) -> String {
        let settled = self.settled.map_or("-".to_owned(), |it| it.to_string());
        let mut line = format!("{name:20} {settled:>7}");
        for counts in [&self.run, &self.late] {
            let [recordings, traces, uops, cold_exits, interpreted] = counts.all();
            let _ = write!(
                line,
                " | {recordings:>10} {traces:>6} {uops:>6} {cold_exits:>10} {interpreted:>11}"
            );
        }
        line
    }

    fn parse(line: &str) -> Option<(String, Expected)> {
        let mut parts = line.split('|').map(str::split_whitespace);
        let mut first = parts.next()?;
        let name = first.next()?.to_owned();
        let settled = match first.next()? {
            "-" => None,
            number => Some(number.parse().ok()?),
        };
        let mut counts = || {
            let numbers = parts.next()?.map(|it| it.parse().ok());
            let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
            Some(Counts::from(numbers.try_into().ok()?))
        };
        let (run, late) = (counts()?, counts()?);
        Some((name, Expected { run, settled, late }))
    }
}

/// The file: a line for each program that could run away, and for each that is measured.
#[derive(Clone, Debug, Default)]
struct Table {
    expected: BTreeMap<String, Expected>,
    floors: BTreeMap<String, u64>,
}

/// With what the lines of [`Table::floors`] begin.
const FLOOR: &str = "at least";

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/settle.txt")
}

fn read() -> Table {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let mut table = Table::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let understood = match line.strip_prefix(FLOOR) {
            Some(floor) => floor
                .trim()
                .split_once(" uops of ")
                .and_then(|(uops, name)| {
                    let uops = uops.parse().ok()?;
                    table.floors.insert(name.to_owned(), uops);
                    Some(())
                }),
            None => Expected::parse(line).map(|(name, expected)| {
                table.expected.insert(name, expected);
            }),
        };
        assert!(
            understood.is_some(),
            "settle.txt has a line like no other: {line}"
        );
    }
    table
}

fn write(table: &Table) -> std::io::Result<()> {
    let mut text = String::from(
        "# What `settle.rs` expects, and by what it may be exceeded, is said there. Written by\n\
         # OFFRAMP_BLESS=1 cargo test -p offramp-moonlet --test settle\n",
    );
    let head = "recordings traces   uops cold exits interpreted";
    let _ = writeln!(
        text,
        "#{:19} {:>7} | {head} | {head}\n#{:28}| {:47} | of the rounds after it settled, or of the second half",
        "program", "settled", "", "of a run"
    );
    for (name, expected) in &table.expected {
        let _ = writeln!(text, "{}", expected.line(name));
    }
    for (name, uops) in &table.floors {
        let _ = writeln!(text, "{FLOOR} {uops} uops of {name}");
    }
    std::fs::write(file(), text)
}

impl Program {
    /// A run of so many rounds.
    fn run(&self, mode: Mode, rounds: u64) -> Result<Ran, Failed> {
        let name = format!("{}.lua", self.name);
        let rounds = rounds.to_string();
        let ran = kit::moonlet_with(&self.source, &name, mode, &[rounds.as_bytes()])?;
        match &ran.seen.error {
            Some(error) => Err(error.into()),
            None => Ok(ran),
        }
    }

    /// The counts of so many times its rounds with everything at its default.
    fn counts(&self, times: u64) -> Result<Counts, Failed> {
        let ran = self.run(Mode::Counted(0), times * self.rounds)?;
        Ok(Counts::of(&ran))
    }

    fn check(&self, expected: &Expected) -> Result<(), Failed> {
        let ran = self.run(Mode::Counted(0), self.rounds)?;
        let stored = Seen {
            printed: std::fs::read(self.path.with_extension("out"))?,
            error: None,
        };
        if let Some(text) = difference(&stored, &ran.seen) {
            return Err(text.into());
        }
        let run = Counts::of(&ran);
        let mut wrong = run.beyond(&expected.run, "a run");
        match expected.settled {
            Some(times) => {
                let (mut half, mut whole) = (self.half(times, run)?, self.counts(2 * times)?);
                let mut allowed = expected.late;
                if half.recordings != whole.recordings {
                    (half, whole) = (whole, self.counts(4 * times)?);
                    allowed = Counts::from(allowed.all().map(|it| 2 * it));
                }
                let late = half.until(&whole);
                if late.recordings > 0 {
                    let rounds = 2 * times * self.rounds;
                    let _ = writeln!(
                        wrong,
                        "it has not settled after {rounds} rounds: as many again make {late:?}"
                    );
                }
                wrong.push_str(&late.beyond(&allowed, "as many rounds again"));
            }
            None => {
                let halves = [self.counts(LONG)?, self.counts(2 * LONG)?];
                let late = halves[0].until(&halves[1]);
                wrong.push_str(&late.beyond(&expected.late, "the second half"));
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.into()),
        }
    }

    /// The counts of so many times its rounds, where those of one time are known.
    fn half(&self, times: u64, once: Counts) -> Result<Counts, Failed> {
        if times == 1 {
            Ok(once)
        } else {
            self.counts(times)
        }
    }

    /// What a run does now.
    fn find(&self) -> Result<Expected, Failed> {
        let run = self.counts(1)?;
        let (mut times, mut half, mut long) = (1, run, Counts::default());
        while times <= LONGEST {
            let whole = self.counts(2 * times)?;
            let late = half.until(&whole);
            if late.recordings == 0 {
                return Ok(Expected {
                    run,
                    settled: Some(times),
                    late,
                });
            }
            if times == LONG {
                long = late;
            }
            (times, half) = (2 * times, whole);
        }
        Ok(Expected {
            run,
            settled: None,
            late: long,
        })
    }

    /// Prints the same with these thresholds as without traces.
    fn stands(&self, mode: Mode) -> Result<(), Failed> {
        let few = (self.rounds / 16).max(2);
        let (off, on) = (self.run(Mode::Off, few)?, self.run(mode, few)?);
        if let Some(text) = difference(&off.seen, &on.seen) {
            return Err(text.into());
        }
        match on.traces {
            0 => Err("it makes no traces".into()),
            _ => Ok(()),
        }
    }

    /// Compares the stored output with lua5.4's, or stores that.
    fn compare(&self, bless: bool) -> Result<(), Failed> {
        let lua = kit::lua(&self.source, &format!("{}.lua", self.name))?;
        if let Some(error) = lua.error {
            return Err(error.into());
        }
        let file = self.path.with_extension("out");
        if bless {
            std::fs::write(file, lua.printed)?;
        } else if std::fs::read(file)? != lua.printed {
            return Err("what is stored is not what lua5.4 prints".into());
        }
        Ok(())
    }
}

/// Uops compiled for a measured program at full size, which prints what is stored.
fn measured(path: &Path) -> Result<u64, Failed> {
    let name = path.file_name().expect("it has a name").to_string_lossy();
    let ran = kit::moonlet(&std::fs::read(path)?, &name, Mode::Default)?;
    let stored = Seen {
        printed: std::fs::read(path.with_extension("out"))?,
        error: None,
    };
    match difference(&stored, &ran.seen) {
        Some(text) => Err(text.into()),
        None => Ok(ran.stats.uops_compiled),
    }
}

/// The programs of a folder and their names.
fn lua_files(folder: &str) -> BTreeMap<String, PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("there are programs");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let files = paths.filter(|path| path.extension().is_some_and(|it| it == "lua"));
    let name = |path: &Path| {
        let stem = path.file_stem().expect("it has a name");
        stem.to_string_lossy().into_owned()
    };
    files.map(|path| (name(&path), path)).collect()
}

fn programs() -> Vec<Program> {
    let files = lua_files("programs/settle").into_iter();
    let programs = files.map(|(name, path)| {
        let source = std::fs::read(&path).expect("a program can be read");
        let text = String::from_utf8_lossy(&source);
        let rounds = text.lines().find_map(|line| {
            let rounds = line.strip_prefix("local ROUNDS = tonumber((...)) or ")?;
            rounds.parse().ok()
        });
        Program {
            rounds: rounds.unwrap_or_else(|| panic!("{name}: how many ROUNDS?")),
            source: Arc::new(source),
            name,
            path,
        }
    });
    programs.collect()
}

/// Every program has its line and every line its program, and few do not settle.
fn complete(programs: &[Program], table: &Table) -> Result<(), Failed> {
    let names: Vec<&str> = programs.iter().map(|it| it.name.as_str()).collect();
    let lines: Vec<&str> = table.expected.keys().map(String::as_str).collect();
    if names != lines {
        return Err(format!("programs {names:?}, lines {lines:?}: bless").into());
    }
    let is_endless = |name: &str| ENDLESS.iter().any(|(endless, _)| *endless == name);
    let unsettled: Vec<&str> = (table.expected.iter())
        .filter(|(name, expected)| expected.settled.is_none() && !is_endless(name))
        .map(|(name, _)| name.as_str())
        .collect();
    match unsettled.len() > UNSETTLED {
        true => Err(format!("more than {UNSETTLED} do not settle: {unsettled:?}").into()),
        false => Ok(()),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| value == "1");
    let (bless, emulated) = (set("OFFRAMP_BLESS"), set("OFFRAMP_EMULATED"));
    let lua = !emulated && kit::has_lua();
    let (programs, table) = (programs(), read());
    let found = Arc::new(Mutex::new(table.clone()));
    let mut trials = Vec::new();
    for program in programs.iter().step_by(if emulated { 9 } else { 1 }) {
        let title = |what: &str| format!("settle/{} ({what})", program.name);
        if lua {
            let program = program.clone();
            trials.push(Trial::test(title("lua5.4"), move || program.compare(bless)));
        }
        // The counts are those of machine code.
        if Mode::Default.compiles() {
            let (expected, found) = (table.expected.get(&program.name).cloned(), found.clone());
            let program = program.clone();
            trials.push(Trial::test(title("counts"), move || {
                if bless {
                    let now = program.find()?;
                    let mut found = found.lock().expect("nobody panicked");
                    found.expected.insert(program.name.clone(), now);
                    return Ok(());
                }
                program.check(&expected.ok_or("settle.txt has no line for it: bless")?)
            }));
        }
        if Mode::Default.records() && !bless {
            for mode in MODES {
                let (title, program) = (title(&mode.name()), program.clone());
                trials.push(Trial::test(title, move || program.stands(mode)));
            }
        }
    }
    let all = lua_files("programs");
    for (name, path) in all.iter().filter(|_| Mode::Default.compiles() && !emulated) {
        let (floor, found) = (table.floors.get(name).copied(), found.clone());
        let (name, path) = (name.clone(), path.clone());
        trials.push(Trial::test(format!("settle/{name} (uops)"), move || {
            let uops = measured(&path)?;
            if bless {
                let mut found = found.lock().expect("nobody panicked");
                let floor = found.floors.entry(name).or_default();
                *floor = uops.max(*floor);
                return Ok(());
            }
            let floor = floor.ok_or("settle.txt has no line for it: bless")?;
            match uops * 10 < floor * 9 {
                true => Err(format!("{uops} uops are compiled, {floor} once").into()),
                false => Ok(()),
            }
        }));
    }
    if !bless {
        let programs = programs.clone();
        let complete = move || complete(&programs, &table);
        trials.push(Trial::test(
            "settle/every program has a line and few do not settle",
            complete,
        ));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if bless && !arguments.list {
        let mut found = found.lock().expect("nobody panicked").clone();
        found
            .expected
            .retain(|name, _| programs.iter().any(|it| it.name == *name));
        found.floors.retain(|name, _| all.contains_key(name));
        if let Err(error) = write(&found) {
            eprintln!("settle.txt cannot be written: {error}");
            return ExitCode::FAILURE;
        }
    }
    conclusion.exit_code()
}
