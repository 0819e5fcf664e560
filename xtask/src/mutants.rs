//! `cargo xtask mutants`: whether the suites notice when the library is wrong.
//!
//! A mutant is a patch in `tests/mutants` that breaks one thing, usually by one line, and says which test
//! kills it. Each is applied to a copy of the tree below `target/mutants`, which has a target directory
//! of its own, so that builds are incremental and nothing here is touched; its test is built and run
//! there. A mutant that its test lets pass, or that does not apply any more, is a failure: then the test
//! is blind, or the patch is to be made anew.
//!
//! Not part of the gate: each mutant costs a build, 10 to 40 seconds. What costs nothing is: a test asserts
//! that every patch applies to the tree as it is and names a test that exists.

use crate::command;
use crate::docs::labels;
use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Message;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where patches are, from the root.
const PATCHES: &str = "tests/mutants";

/// How long a test may take. A mutant that keeps one from ending is noticed, too.
const PATIENCE: Duration = Duration::from_secs(300);

/// Which mutants.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only those whose name or label contains this.
    #[arg(long)]
    only: Option<String>,
    /// Say what there are, and run none.
    #[arg(long)]
    list: bool,
}

/// A patch and what its header says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mutant {
    /// The file's name without its ending.
    name: String,
    path: PathBuf,
    /// The label of the conformance list that it offends.
    label: String,
    /// What is wrong with it, in a sentence.
    breaks: String,
    killer: Killer,
}

/// A test, as cargo finds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Killer {
    /// What names the test program: `-p package --test name`, or `--lib`.
    program: Vec<String>,
    /// The test's whole path.
    test: String,
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Killed,
    /// Its test did not come to an end.
    Hung,
    Survived,
    DoesNotApply,
    DoesNotBuild,
}

impl Fate {
    fn is_good(self) -> bool {
        matches!(self, Fate::Killed | Fate::Hung)
    }

    fn text(self) -> &'static str {
        match self {
            Fate::Killed => "killed",
            Fate::Hung => "killed (its test did not end)",
            Fate::Survived => "SURVIVED",
            Fate::DoesNotApply => "DOES NOT APPLY",
            Fate::DoesNotBuild => "DOES NOT BUILD",
        }
    }
}

/// Runs them, prints what became of each, and fails unless all were killed.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = command::root();
    let mut mutants = all(&root)?;
    if let Some(only) = &arguments.only {
        mutants.retain(|it| it.name.contains(only.as_str()) || it.label == only.to_uppercase());
        ensure!(!mutants.is_empty(), "no mutant is called so");
    }
    if arguments.list {
        for mutant in &mutants {
            println!("{:4} {}: {}", mutant.label, mutant.name, mutant.breaks);
        }
        return Ok(());
    }
    // Those of one test program after one another: less is built between them.
    mutants.sort_by(|a, b| (&a.killer.program, &a.name).cmp(&(&b.killer.program, &b.name)));
    let scratch = Scratch::new(&root)?;
    scratch.unmutated(&mutants)?;
    let mut lines = Vec::new();
    let mut bad = 0;
    for mutant in &mutants {
        let began = Instant::now();
        let fate = scratch.fate(mutant)?;
        bad += usize::from(!fate.is_good());
        let (name, label, test) = (&mutant.name, &mutant.label, &mutant.killer.test);
        let took = began.elapsed().as_secs();
        let line = format!("{:30} {label:4} {name}: {test}, {took} s", fate.text());
        println!("{line}");
        lines.push(line);
    }
    println!("\n{} mutants", mutants.len());
    for line in lines {
        println!("  {line}");
    }
    match bad {
        0 => Ok(()),
        _ => bail!("{bad} mutants were not killed"),
    }
}

/// Every patch, by name.
fn all(root: &Path) -> Result<Vec<Mutant>> {
    let mut mutants = Vec::new();
    let folder = root.join(PATCHES);
    for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "patch")
        {
            let text = std::fs::read_to_string(&path)?;
            let mutant = parse(&path, &text).with_context(|| path.display().to_string())?;
            mutants.push(mutant);
        }
    }
    mutants.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(mutants)
}

/// A mutant from its patch, whose first lines say what it is.
fn parse(path: &Path, text: &str) -> Result<Mutant> {
    let header: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("diff "))
        .collect();
    let field = |name: &str| {
        let begins = format!("{name}: ");
        let found = header.iter().find_map(|line| line.strip_prefix(&begins));
        found.with_context(|| format!("no line `{begins}…` before the first `diff`"))
    };
    let mut words: Vec<String> = field("killed by")?.split(' ').map(str::to_owned).collect();
    let test = words.pop().context("no test")?;
    ensure!(
        matches!(words.first().map(String::as_str), Some("-p")) && words.len() >= 3,
        "`killed by: -p package --test program test` or `--lib` is expected"
    );
    folder_of(&words[1])?;
    let label = field("label")?.to_owned();
    let own = test.rsplit("::").next().and_then(labels::label_of);
    ensure!(own.as_ref() == Some(&label), "{test} is no test of {label}");
    let name = path.file_stem().context("a file")?;
    Ok(Mutant {
        name: name.to_string_lossy().into_owned(),
        path: path.to_owned(),
        label,
        breaks: field("breaks")?.to_owned(),
        killer: Killer {
            program: words,
            test,
        },
    })
}

/// A git that sees no repository around `folder`: paths of patches are from there.
fn apply(folder: &Path, patch: &Path) -> Command {
    let mut git = Command::new("git");
    git.args(["apply", "--whitespace=nowarn"]);
    git.arg(patch).current_dir(folder);
    if let Some(parent) = folder.parent() {
        git.env("GIT_CEILING_DIRECTORIES", parent);
    }
    git
}

/// A copy of the tree to break.
struct Scratch {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
}

impl Scratch {
    fn new(root: &Path) -> Result<Scratch> {
        let scratch = Scratch {
            root: root.to_owned(),
            tree: root.join("target/mutants/tree"),
            target: root.join("target/mutants/build"),
        };
        std::fs::create_dir_all(&scratch.tree)?;
        scratch.copy()?;
        Ok(scratch)
    }

    /// Makes the copy what the tree is now: it may be edited while mutants run. Files that are the same keep their times, so that what is made of
    /// them is not built again.
    fn copy(&self) -> Result<()> {
        let mut list = Command::new("git");
        list.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        let list = command::output(list.current_dir(&self.root))?;
        let files: BTreeSet<&str> = list.lines().collect();
        for file in &files {
            let (from, to) = (self.root.join(file), self.tree.join(file));
            // It may be deleted and not committed yet.
            let Ok(wanted) = std::fs::read(&from) else {
                continue;
            };
            if std::fs::read(&to).ok().as_ref() != Some(&wanted) {
                std::fs::create_dir_all(to.parent().context("a folder")?)?;
                std::fs::write(&to, wanted)?;
            }
        }
        remove_others(&self.tree, &self.tree, &|path| {
            files.contains(path) && self.root.join(path).exists()
        })
    }

    /// Builds a test program; `None` if it does not compile.
    fn build(&self, program: &[String]) -> Result<Option<PathBuf>> {
        let mut build = command::cargo();
        build.args(["test", "--quiet", "--no-run"]).args(program);
        build.arg("--message-format=json-render-diagnostics");
        build.current_dir(&self.tree);
        build.env("CARGO_TARGET_DIR", &self.target);
        build.env_remove("CARGO_ENCODED_RUSTFLAGS");
        let output = build.output().context("cannot start cargo")?;
        if !output.status.success() {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            return Ok(None);
        }
        // The package's other programs are told of, too: tests may start them.
        for message in Message::parse_stream(&output.stdout[..]) {
            if let Message::CompilerArtifact(artifact) = message?
                && artifact.profile.test
                && let Some(executable) = artifact.executable
            {
                return Ok(Some(executable.into()));
            }
        }
        bail!("cargo names no test program")
    }

    /// Whether the test passes; `None` if it does not end.
    fn passes(&self, program: &Path, test: &str) -> Result<Option<bool>> {
        let mut run = Command::new(program);
        run.args(["--exact", test]).current_dir(&self.tree);
        run.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = run.spawn().context("cannot start the test program")?;
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status.success()));
            }
            if began.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where nothing is broken every killer passes, and there is one test of that name.
    fn unmutated(&self, mutants: &[Mutant]) -> Result<()> {
        let killers: BTreeSet<&Killer> = mutants.iter().map(|it| &it.killer).collect();
        let mut built: Option<(&[String], PathBuf)> = None;
        for killer in killers {
            let program = match built {
                Some((program, path)) if program == killer.program => path,
                _ => {
                    let path = self.build(&killer.program)?;
                    path.context("the tree does not build")?
                }
            };
            let mut list = Command::new(&program);
            list.args(["--exact", "--list", &killer.test]);
            let list = command::output(list.current_dir(&self.tree))?;
            ensure!(
                list.contains(&format!("{}: test", killer.test)),
                "there is no test {}",
                killer.test
            );
            ensure!(
                self.passes(&program, &killer.test)? == Some(true),
                "{} fails where nothing is broken",
                killer.test
            );
            built = Some((&killer.program, program));
        }
        Ok(())
    }

    fn fate(&self, mutant: &Mutant) -> Result<Fate> {
        let applied = apply(&self.tree, &mutant.path).output()?;
        if !applied.status.success() {
            eprint!("{}", String::from_utf8_lossy(&applied.stderr));
            return Ok(Fate::DoesNotApply);
        }
        let fate = match self.build(&mutant.killer.program)? {
            None => Fate::DoesNotBuild,
            Some(program) => match self.passes(&program, &mutant.killer.test)? {
                None => Fate::Hung,
                Some(true) => Fate::Survived,
                Some(false) => Fate::Killed,
            },
        };
        let undone = apply(&self.tree, &mutant.path).arg("--reverse").output()?;
        let complaint = String::from_utf8_lossy(&undone.stderr);
        ensure!(
            undone.status.success(),
            "cannot undo {}: {complaint}",
            mutant.name
        );
        Ok(fate)
    }
}

/// Removes the files below `folder` that are not to be there; `stays` is asked with paths from `tree`.
fn remove_others(tree: &Path, folder: &Path, stays: &dyn Fn(&str) -> bool) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(tree, &path, stays)?;
        } else if !stays(&path.strip_prefix(tree)?.to_string_lossy()) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The folder of a package of the workspace.
fn folder_of(package: &str) -> Result<&'static str> {
    Ok(match package {
        "offramp-uop" => "crates/uop",
        "offramp" => "crates/runtime",
        "offramp-tests" => "tests",
        "offramp-moonlet" => "examples/moonlet",
        _ => bail!("no package of the workspace is called {package}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of the tests below `folder`.
    fn tests_below(folder: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                names.extend(tests_below(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                names.extend(labels::tests(&text).map(str::to_owned));
            }
        }
        names
    }

    #[test]
    fn every_patch_applies_and_names_a_test_of_its_label() {
        let root = command::root();
        let mutants = all(&root).expect("headers are complete");
        assert!(mutants.len() >= 20, "{}", mutants.len());
        for mutant in mutants {
            let name = &mutant.name;
            let mut check = apply(&root, &mutant.path);
            let output = check.arg("--check").output().expect("git");
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{name} does not apply: {complaint}"
            );
            let folder = folder_of(&mutant.killer.program[1]).expect("a package");
            let test = mutant.killer.test.rsplit("::").next().expect("a name");
            let found = tests_below(&root.join(folder));
            assert!(found.iter().any(|it| it == test), "{name}: no test {test}");
        }
    }

    #[test]
    fn every_label_is_offended_by_a_mutant() {
        let mutants = all(&command::root()).expect("headers are complete");
        let offended: BTreeSet<String> = mutants.into_iter().map(|it| it.label).collect();
        let known: BTreeSet<String> = labels::all().collect();
        assert_eq!(offended, known);
    }

    #[test]
    fn a_header_that_lacks_something_is_an_error() {
        let whole = "label: K8\nbreaks: All.\nkilled by: -p offramp --test b c::k8_d\n\ndiff --git a/x b/x\n";
        let mutant = parse(Path::new("x/name.patch"), whole).expect("whole");
        assert_eq!(mutant.name, "name");
        assert_eq!(mutant.killer.program, ["-p", "offramp", "--test", "b"]);
        assert_eq!(mutant.killer.test, "c::k8_d");
        for line in ["label: K8\n", "breaks: All.\n", "-p offramp --test b "] {
            let lacking = whole.replace(line, "");
            assert!(parse(Path::new("x"), &lacking).is_err(), "{lacking}");
        }
    }

    #[test]
    fn only_what_is_killed_is_good() {
        let good = [
            Fate::Killed,
            Fate::Hung,
            Fate::Survived,
            Fate::DoesNotApply,
            Fate::DoesNotBuild,
        ]
        .map(Fate::is_good);
        assert_eq!(good, [true, true, false, false, false]);
    }
}
