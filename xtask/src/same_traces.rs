//! `cargo xtask same-traces`: whether another commit makes the same traces of the same programs.
//!
//! A redesign is to change no trace before it changes any. So Moonlet is built of this tree and of the
//! other commit, both run every Lua program of the repository at thresholds of 1 and at the default ones,
//! and what they recorded and optimised is compared as text; so are random traces, which reach what no
//! program does. Programs and sizes are those of this tree for both. The settings of the environment are
//! kept, so that `OFFRAMP_GENERAL_AFTER=0` compares another way to run.
//!
//! Addresses differ from run to run: each stands for the order in which they appear. A program whose traces
//! depend on addresses differs from itself, too, and is counted apart.
//!
//! The other commit is a worktree below `target/same-traces` with a target directory of its own: cargo takes
//! packages at the same place of two worktrees for one, and would run one build twice.

use crate::command;
use anyhow::{Context, Result, bail, ensure};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

/// Where Lua programs are, from the root.
const PROGRAMS: [&str; 2] = ["examples/moonlet/tests/lua", "examples/moonlet/programs"];

/// Programs that the suites run at another size, since they take long at their own.
const LONG: &str = " -- quick: ";

/// What is built, each program with its package: for Lua programs the first alone.
const BUILT: [(&str, &str); 2] = [
    ("offramp-moonlet", "moonlet"),
    ("offramp-tests", "random_traces"),
];

/// What to compare with.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The other commit.
    #[arg(default_value = "HEAD")]
    commit: String,
    /// Only programs whose path contains this, and no random traces, which are not built then.
    #[arg(long)]
    only: Option<String>,
    /// A name that changed since the other commit, in traces: `OLD=NEW`.
    #[arg(long, value_parser = renaming)]
    rename: Vec<(String, String)>,
    /// Random traces are made of so many seeds.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
}

fn renaming(text: &str) -> Result<(String, String)> {
    let (old, new) = text.split_once('=').context("expected OLD=NEW")?;
    Ok((old.to_owned(), new.to_owned()))
}

/// The programs of one commit, built.
struct Build {
    /// `base` or `here`.
    name: &'static str,
    folder: PathBuf,
}

/// One run that both builds make.
struct Job {
    name: String,
    /// The program below [`Build::folder`].
    program: &'static str,
    arguments: Vec<String>,
    variables: &'static [(&'static str, &'static str)],
}

/// What became of one.
enum Compared {
    Same {
        traces: usize,
    },
    /// The other commit's build differs from itself.
    Varies,
    Different {
        traces: usize,
        first: String,
    },
}

/// Builds both, runs both, and fails unless every trace is the same.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = command::root();
    let scratch = root.join("target/same-traces");
    let other = worktree(&root, &scratch.join("tree"), &arguments.commit)?;
    let programs = match arguments.only {
        Some(_) => &BUILT[..1],
        None => &BUILT[..],
    };
    let builds = [
        Build::new("base", &other, &scratch.join("build"), &scratch, programs)?,
        Build::new("here", &root, &root.join("target"), &scratch, programs)?,
    ];
    let jobs = jobs(&root, &scratch, arguments)?;
    ensure!(!jobs.is_empty(), "no program's path contains that");
    let (mut traces, mut varying, mut different) = (0, 0, 0);
    for (job, compared) in jobs.iter().zip(compare_all(&jobs, &builds, arguments)?) {
        match compared {
            Compared::Same { traces: same } => traces += same,
            Compared::Varies => {
                varying += 1;
                println!("{}: differs from itself", job.name);
            }
            Compared::Different {
                traces: these,
                first,
            } => {
                traces += these;
                different += 1;
                println!("{}: differs\n{first}", job.name);
            }
        }
    }
    let runs = jobs.len();
    println!(
        "{runs} runs, {traces} traces; {different} runs differ, {varying} from themselves, too"
    );
    if different > 0 {
        let folder = scratch.display();
        bail!("not the same traces: compare the files in {folder}/base and {folder}/here");
    }
    Ok(())
}

/// The other commit's files.
fn worktree(root: &Path, tree: &Path, commit: &str) -> Result<PathBuf> {
    let git = |folder: &Path, arguments: &[&str]| {
        let mut git = Command::new("git");
        command::output(git.args(arguments).current_dir(folder))
    };
    let commit = format!("{commit}^{{commit}}");
    let commit = git(root, &["rev-parse", "--verify", &commit])?;
    let commit = commit.trim();
    if tree.join(".git").exists() {
        git(tree, &["checkout", "--quiet", "--detach", commit])?;
    } else {
        git(root, &["worktree", "prune"])?;
        let path = tree.to_str().context("a path in UTF-8")?;
        git(root, &["worktree", "add", "--detach", path, commit])?;
    }
    Ok(tree.to_owned())
}

impl Build {
    /// Builds the tree and keeps its programs: the next build puts its own where they are.
    fn new(
        name: &'static str,
        tree: &Path,
        target: &Path,
        scratch: &Path,
        programs: &[(&str, &str)],
    ) -> Result<Build> {
        let folder = scratch.join(name);
        std::fs::create_dir_all(&folder)?;
        for (package, program) in programs {
            let mut build = command::cargo();
            build.args(["build", "--quiet", "--package", package, "--bin", program]);
            build.current_dir(tree);
            build.env("CARGO_TARGET_DIR", target);
            command::run(&mut build)?;
            let built = target.join("debug").join(program);
            std::fs::copy(&built, folder.join(program))
                .with_context(|| built.display().to_string())?;
        }
        Ok(Build { name, folder })
    }

    /// Runs the job and returns what it said of traces. How the program ends is not looked at.
    fn output(&self, job: &Job) -> Result<String> {
        let mut run = Command::new(self.folder.join(job.program));
        run.args(&job.arguments)
            .envs(job.variables.iter().copied())
            .stdin(Stdio::null())
            .current_dir(command::root());
        let output = run.output().with_context(|| job.name.clone())?;
        // Moonlet shows traces on standard error, what prints random ones on standard output.
        let text = match job.program {
            "moonlet" => output.stderr,
            _ => output.stdout,
        };
        Ok(without_addresses(&String::from_utf8_lossy(&text)))
    }

    /// Keeps the text, to look at the difference.
    fn keep(&self, job: &Job, text: &str) -> Result<()> {
        let file = job.name.replace(['/', ' '], "_") + ".txt";
        Ok(std::fs::write(self.folder.join(file), text)?)
    }
}

fn jobs(root: &Path, scratch: &Path, arguments: &Arguments) -> Result<Vec<Job>> {
    let mut programs = Vec::new();
    for folder in PROGRAMS {
        lua_programs(&root.join(folder), &mut programs)?;
    }
    programs.sort();
    let mut jobs = Vec::new();
    for path in programs {
        let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
        if arguments
            .only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            continue;
        }
        let path = quick(&path, scratch)?;
        for (title, variables) in [
            ("thresholds 1", ONE),
            ("default thresholds", &[] as &[(&str, &str)]),
        ] {
            jobs.push(Job {
                name: format!("{name} at {title}"),
                program: "moonlet",
                arguments: vec!["--dump=trace,opt".to_owned(), path.clone()],
                variables,
            });
        }
    }
    if arguments.only.is_none() {
        jobs.push(Job {
            name: "random traces".to_owned(),
            program: "random_traces",
            arguments: vec![arguments.seeds.to_string()],
            variables: &[],
        });
    }
    Ok(jobs)
}

/// Everything is hot at once.
const ONE: &[(&str, &str)] = &[
    ("OFFRAMP_HOT_LOOP", "1"),
    ("OFFRAMP_HOT_FUNCTION", "1"),
    ("OFFRAMP_HOT_EXIT", "1"),
];

fn lua_programs(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            lua_programs(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            found.push(path);
        }
    }
    Ok(())
}

/// The program's path from the root; a measured program's at its quick size, as a copy.
fn quick(path: &Path, scratch: &Path) -> Result<String> {
    let text = std::fs::read(path)?;
    let text = String::from_utf8_lossy(&text);
    let Some(line) = text.lines().find(|line| line.contains(LONG)) else {
        let path = path.strip_prefix(command::root())?;
        return Ok(path.to_string_lossy().into_owned());
    };
    let (declaration, quick) = line.split_once(LONG).context("a size")?;
    let (name, _) = declaration.split_once(" = ").context("a declaration")?;
    let folder = scratch.join("quick");
    std::fs::create_dir_all(&folder)?;
    let copy = folder.join(path.file_name().context("a file")?);
    let sized = text.replace(line, &format!("{name} = {}", quick.trim()));
    std::fs::write(&copy, sized)?;
    let copy = copy.strip_prefix(command::root())?;
    Ok(copy.to_string_lossy().into_owned())
}

/// How often both are run again where the traces differ, to see one of them differ from itself.
const AGAIN: usize = 6;

/// Runs and compares, on as many threads as there are processors, in the order of the jobs.
fn compare_all(jobs: &[Job], builds: &[Build; 2], arguments: &Arguments) -> Result<Vec<Compared>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = Mutex::new(0);
    let work = || -> Result<Vec<(usize, Compared)>> {
        let mut done = Vec::new();
        loop {
            let number = {
                let mut next = next.lock().expect("no thread panics with it");
                *next += 1;
                *next - 1
            };
            let Some(job) = jobs.get(number) else {
                return Ok(done);
            };
            done.push((number, compare(job, builds, arguments)?));
        }
    };
    let mut all = thread::scope(|scope| -> Result<Vec<(usize, Compared)>> {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().expect("a worker does not panic")?);
        }
        Ok(all)
    })?;
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, compared)| compared).collect())
}

fn compare(job: &Job, [base, here]: &[Build; 2], arguments: &Arguments) -> Result<Compared> {
    let expected = renamed(&base.output(job)?, &arguments.rename);
    let seen = here.output(job)?;
    let traces = seen
        .lines()
        .filter(|line| line.contains("trace \""))
        .count();
    if expected == seen {
        return Ok(Compared::Same { traces });
    }
    for _ in 0..AGAIN {
        let again = renamed(&base.output(job)?, &arguments.rename);
        if again != expected || here.output(job)? == expected {
            return Ok(Compared::Varies);
        }
    }
    base.keep(job, &expected)?;
    here.keep(job, &seen)?;
    let first = first_difference(&expected, &seen, [base.name, here.name]);
    Ok(Compared::Different { traces, first })
}

/// The first line that differs, with its number and the trace it is in.
fn first_difference(expected: &str, seen: &str, names: [&str; 2]) -> String {
    let same = expected.lines().zip(seen.lines());
    let line = same.take_while(|(expected, seen)| expected == seen).count();
    let head = |text: &str| {
        let before: Vec<&str> = text.lines().take(line + 1).collect();
        let head = before.iter().rev().find(|line| line.contains("trace \""));
        head.map_or_else(String::new, |head| format!("  in {head}\n"))
    };
    let of = |text: &str| {
        text.lines()
            .nth(line)
            .unwrap_or("the end")
            .trim()
            .to_owned()
    };
    format!(
        "{}  line {}, {}: {}\n  line {}, {}: {}",
        head(expected),
        line + 1,
        names[0],
        of(expected),
        line + 1,
        names[1],
        of(seen),
    )
}

/// Whole words that are old names are the new ones.
fn renamed(text: &str, names: &[(String, String)]) -> String {
    if names.is_empty() {
        return text.to_owned();
    }
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = match is_part(first) {
            true => rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(word);
        let new = names.iter().find(|(old, _)| old == word);
        out.push_str(new.map_or(word, |(_, new)| new));
        rest = after;
    }
    out
}

/// Fewer digits are no address.
const ADDRESS: usize = 9;

/// Each address is the number of those that came before it.
fn without_addresses(text: &str) -> String {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let (before, from) = rest.split_at(at + 2);
        let digits = from.find(|letter: char| !letter.is_ascii_hexdigit());
        let (digits, after) = from.split_at(digits.unwrap_or(from.len()));
        out.push_str(before);
        if digits.len() < ADDRESS {
            out.push_str(digits);
        } else {
            let number = known.len();
            let number = *known.entry(digits).or_insert(number);
            out.push_str(&format!("address{number}"));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{first_difference, renamed, without_addresses};

    #[test]
    fn addresses_are_numbered_by_appearance() {
        let text = "r0 = 0x55cb0b00b800, r1 = 0x7f00deadbeef, r0 again 0x55cb0b00b800, mask 0xff";
        let expected = "r0 = 0xaddress0, r1 = 0xaddress1, r0 again 0xaddress0, mask 0xff";
        assert_eq!(without_addresses(text), expected);
    }

    #[test]
    fn names_are_whole_words() {
        let names = [("load".to_owned(), "get".to_owned())];
        assert_eq!(
            renamed("%1 = load.i64 load_word load", &names),
            "%1 = get.i64 load_word get"
        );
    }

    #[test]
    fn a_difference_names_its_trace() {
        let (one, other) = ("trace \"a\" {\n  x\n}", "trace \"a\" {\n  y\n}");
        let expected = "  in trace \"a\" {\n  line 2, base: x\n  line 2, here: y";
        assert_eq!(first_difference(one, other, ["base", "here"]), expected);
        let shorter = first_difference(one, "trace \"a\" {", ["base", "here"]);
        assert!(shorter.contains("line 2, here: the end"), "{shorter}");
    }
}
