//! Lua programs with stored outputs: `tests/lua/**/*.lua` by feature, and `programs/*.lua`.
//!
//! Beside each program of the corpus lies what lua5.4 prints (`.out`) and, if it ends with an
//! error, the first line of that (`.err`). Each runs in every [`Mode`] and must be seen to do just
//! that; a program with the line `-- stress: no (why)` is not run with a collection at every
//! allocation, and one with `-- forced: 1 (why)` only with every exit forced, not with some. The
//! programs that are measured run at their quick size, and at a small one where every allocation
//! collects or exits are forced.
//!
//! Every trace that is made is proved to do what its recording does, but for the few that `UNPROVED` names.
//!
//! What runs without traces says nothing about them. So each program must make some with thresholds
//! of 1, or else with the default ones; one that says `-- traces: none (why)` must make none.
//!
//! Of all pairs of a program and a period of forced exits, every third one runs, or every
//! `OFFRAMP_FORCED_EVERY`-th. With `OFFRAMP_EMULATED=1` only two modes and these run, and of the
//! measured programs the small sizes: an emulated machine is ten times slower.
//!
//! Where lua5.4 is installed, the stored outputs are compared with it, too; `cargo xtask bless`
//! writes them anew. If a run crashes the process, `--test-threads 1` tells which it was.

mod kit;

use kit::{Mode, Seen, difference};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Modes at full or quick size.
const MODES: [Mode; 6] = [
    Mode::Off,
    Mode::Hot(1),
    Mode::Hot(2),
    Mode::Default,
    Mode::General(0),
    Mode::General(1),
];
/// Modes on an emulated machine.
const EMULATED: [Mode; 2] = [Mode::Hot(1), Mode::Default];
/// Modes at small sizes.
const STRESS: [Mode; 2] = [Mode::StressOff, Mode::StressHot];
/// Every so many guards one is made to leave.
const PERIODS: [u64; 4] = [1, 2, 3, 7];

/// Traces that the proof checker has no argument for: a load is named by the heap that it was done in, and
/// one side has shown others an object there that the other has not. They run as they were recorded.
const UNPROVED: [(&str, Mode, u64); 4] = [
    ("metatables/set_hot", Mode::Forced(2), 1),
    ("metatables/set_hot", Mode::Forced(3), 1),
    ("whole/expressions", Mode::General(0), 1),
    ("whole/richards", Mode::General(1), 1),
];

/// The measured programs and their sizes where every allocation collects.
const SMALL: [(&str, &str); 19] = [
    ("binary_trees", "4"),
    ("branchy2", "2000"),
    ("branchy4", "2000"),
    ("closures", "500"),
    ("collatz", "60"),
    ("fannkuch", "5"),
    ("fib", "12"),
    ("list_alloc", "1"),
    ("loop_sum", "2000"),
    ("mandelbrot", "12"),
    ("methods", "500"),
    ("nbody", "50"),
    ("queens", "4"),
    ("sieve", "300"),
    ("spectral_norm", "8"),
    ("strbuild", "300"),
    ("tailcall", "1"),
    ("vectors", "300"),
    ("vm_closures", "300"),
];

/// A program and where its output is stored.
#[derive(Clone)]
struct Case {
    /// As tests call it.
    title: String,
    /// As messages call it.
    name: String,
    source: Vec<u8>,
    /// Without `.out` or `.err`.
    stored: PathBuf,
}

impl Case {
    fn expected(&self) -> Result<Seen, Failed> {
        let file = self.stored.with_added_extension("out");
        let printed = std::fs::read(&file);
        let printed = printed.map_err(|error| format!("{}: {error}", file.display()))?;
        let error = std::fs::read_to_string(self.stored.with_added_extension("err"));
        let error = error.ok().map(|error| error.trim_end().to_owned());
        Ok(Seen { printed, error })
    }

    fn store(&self, seen: &Seen) -> Result<(), Failed> {
        std::fs::write(self.stored.with_added_extension("out"), &seen.printed)?;
        let file = self.stored.with_added_extension("err");
        match &seen.error {
            Some(error) => std::fs::write(file, format!("{error}\n"))?,
            None if file.exists() => std::fs::remove_file(file)?,
            None => {}
        }
        Ok(())
    }

    fn run(&self, mode: Mode) -> Result<(), Failed> {
        let ran = kit::moonlet(&self.source, &self.name, mode)?;
        if let Some(text) = difference(&self.expected()?, &ran.seen) {
            return Err(text.into());
        }
        if mode == Mode::Hot(1) && mode.records() {
            self.check_traces(ran.traces)?;
        }
        self.check_proofs(mode, &ran)
    }

    /// Whether every trace was proved to do what its recording does, but for those known not to be.
    fn check_proofs(&self, mode: Mode, ran: &kit::Ran) -> Result<(), Failed> {
        let known = UNPROVED.iter();
        let mut known = known.filter(|(title, of, _)| *title == self.title && *of == mode);
        let known = known.next().map_or(0, |&(_, _, number)| number);
        match &ran.stats.unproved_first {
            Some((pc, why)) if ran.stats.unproved > known => {
                let unproved = ran.stats.unproved;
                Err(format!("{unproved} traces are not proved, the first at {pc}: {why}").into())
            }
            _ => Ok(()),
        }
    }

    /// Whether the program makes traces, with thresholds of 1 or with the default ones, unless it
    /// says that it cannot.
    fn check_traces(&self, mut traces: u64) -> Result<(), Failed> {
        if traces == 0 {
            traces = kit::moonlet(&self.source, &self.name, Mode::Default)?.traces;
        }
        match (self.says("-- traces: none ("), traces) {
            (false, 0) => Err("it makes no trace and does not say why".into()),
            (true, 1..) => Err(format!("it makes {traces} traces and says it makes none").into()),
            _ => Ok(()),
        }
    }

    /// Whether the program has this in it, a comment that says how to run it.
    fn says(&self, directive: &str) -> bool {
        String::from_utf8_lossy(&self.source).contains(directive)
    }

    /// Compares the stored output with lua5.4's, or stores that.
    fn check(&self, bless: bool) -> Result<(), Failed> {
        let lua = kit::lua(&self.source, &self.name)?;
        if bless {
            return self.store(&lua);
        }
        match difference(&lua, &self.expected()?) {
            Some(text) => Err(format!("what is stored is not what lua5.4 prints\n{text}").into()),
            None => Ok(()),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let bless = std::env::var_os("OFFRAMP_BLESS").is_some_and(|value| value == "1");
    let emulated = std::env::var_os("OFFRAMP_EMULATED").is_some_and(|value| value == "1");
    let lua = !emulated && kit::has_lua();
    let mut trials = Vec::new();
    for (case, mut modes) in cases(bless) {
        if emulated {
            let small = modes.contains(&Mode::StressHot);
            modes.retain(|mode| matches!(mode, Mode::Forced(_)));
            modes.extend(EMULATED.into_iter().filter(|_| small));
        }
        if lua {
            let of_lua = case.clone();
            let title = format!("{} (lua5.4)", case.title);
            trials.push(Trial::test(title, move || of_lua.check(bless)));
        }
        for mode in modes.into_iter().filter(|_| !bless) {
            let case = case.clone();
            let title = format!("{} ({})", case.title, mode.name());
            trials.push(Trial::test(title, move || case.run(mode)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// All programs and the modes they run in. At full size programs are run by the benchmark only, so
/// their outputs are looked at only where they are written.
fn cases(bless: bool) -> Vec<(Case, Vec<Mode>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let every = kit::variable("OFFRAMP_FORCED_EVERY").unwrap_or(3).max(1);
    let mut cases = Vec::new();
    for (number, case) in (0..).zip(corpus(&root.join("tests/lua"))) {
        let mut modes = MODES.to_vec();
        if !case.says("-- stress: no (") {
            modes.extend(STRESS);
        }
        match case.says("-- forced: 1 (") {
            true => modes.push(Mode::Forced(1)),
            false => modes.extend(forced(number, every)),
        }
        cases.push((case, modes));
    }
    for (number, (name, small)) in (0..).zip(SMALL) {
        let folder = root.join("programs");
        cases.push((measured(&folder, name, "quick", None), MODES.to_vec()));
        if bless {
            let mut full = measured(&folder, name, "full", None);
            full.source = std::fs::read(folder.join(&full.name)).expect("a program can be read");
            full.stored = folder.join(name);
            cases.push((full, Vec::new()));
        }
        let small = measured(&folder, name, "small", Some(small));
        let modes = STRESS.into_iter().chain(forced(number, every));
        cases.push((small, modes.collect()));
    }
    cases
}

/// The modes with forced exits in which the program of this number runs.
fn forced(number: u64, every: u64) -> impl Iterator<Item = Mode> {
    let periods = (0..).zip(PERIODS);
    let chosen = periods.filter(move |(turn, _)| (number + turn).is_multiple_of(every));
    chosen.map(|(_, period)| Mode::Forced(period))
}

/// Every program below `folder`.
fn corpus(folder: &Path) -> Vec<Case> {
    let mut paths = Vec::new();
    let features = std::fs::read_dir(folder).expect("the corpus can be read");
    for feature in features {
        let feature = feature.expect("the corpus can be read").path();
        let programs = std::fs::read_dir(feature).expect("a feature's folder can be read");
        paths.extend(programs.map(|program| program.expect("it can be read").path()));
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "lua"));
    paths.sort();
    let cases = paths.into_iter().map(|path| {
        let title = path.strip_prefix(folder).expect("it lies there");
        Case {
            title: title.with_extension("").display().to_string(),
            name: (path.file_name().expect("it has a name"))
                .to_string_lossy()
                .into_owned(),
            source: std::fs::read(&path).expect("a program can be read"),
            stored: path.with_extension(""),
        }
    });
    cases.collect()
}

/// A program that is measured, at its quick size or at the one given.
fn measured(folder: &Path, program: &str, size: &str, n: Option<&str>) -> Case {
    let name = format!("{program}.lua");
    let source = std::fs::read_to_string(folder.join(&name)).expect("a program can be read");
    let resized = source
        .lines()
        .map(|line| match line.split_once(" -- quick: ") {
            Some((declaration, quick)) => {
                let (variable, _) = declaration.split_once(" = ").expect("it declares the size");
                format!("{variable} = {}\n", n.unwrap_or(quick))
            }
            None => format!("{line}\n"),
        });
    Case {
        title: format!("programs/{program}, {size}"),
        name,
        source: resized.collect::<String>().into_bytes(),
        stored: folder.join(format!("{program}.{size}")),
    }
}
