//! File tests: `tests/filetests/**/*.uop`.
//!
//! A file's first line names a command: `; test evaluate`. Lines up to a `; ---` line are its
//! input: the text form, with directives (`; frame: w0 = i64 5`) in comments. What follows is the
//! expected output, rewritten by `cargo xtask bless` (`OFFRAMP_BLESS=1`). Each command is one
//! module:
//!
//! | command | shows |
//! | --- | --- |
//! | [`parse`] | the traces as printed, or the parse error |
//! | [`verify`] | every error under the trace; `verify recorded` is stricter |
//! | [`optimise`] | what was rewritten and the optimised trace; passes may be listed |
//! | [`evaluate`] | what a run does: places, calls, the exit taken, frame and heap |
//! | [`link`] | which exits may lead to which entries, and a run across them |
//! | `lower` | the machine code for both architectures, and where values travel |

mod case;
mod directives;
mod evaluate;
mod link;
#[cfg(feature = "native")]
mod lower;
mod model;
mod optimise;
mod parse;
mod verify;

use case::Case;
use libtest_mimic::{Arguments, Failed, Trial};
use offramp_uop::Op;
use offramp_uop::text::parse_file;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("filetests");
    let mut paths = Vec::new();
    collect(&folder, &mut paths);
    paths.sort();
    let mut trials: Vec<Trial> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&folder).expect("collected below it");
            let (name, path) = (name.display().to_string(), path.clone());
            Trial::test(name, move || run(&path))
        })
        .collect();
    trials.push(Trial::test("every_op_has_a_file", move || {
        every_op_has_a_file(&paths)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the folder of file tests can be read");
    for entry in entries {
        let path = entry.expect("a folder's entry can be read").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "uop") {
            paths.push(path);
        }
    }
}

fn run(path: &Path) -> Result<(), Failed> {
    let case = Case::read(path)?;
    let command = match case.command.as_str() {
        "parse" => parse::run,
        "verify" => verify::run,
        "optimise" => optimise::run,
        "evaluate" => evaluate::run,
        "link" => link::run,
        #[cfg(feature = "native")]
        "lower" => lower::run,
        #[cfg(not(feature = "native"))]
        "lower" => return Ok(()),
        unknown => return Err(format!("no command is called `{unknown}`").into()),
    };
    let found = command(&case)?;
    if found == case.expected {
        return Ok(());
    }
    if std::env::var_os("OFFRAMP_BLESS").is_some_and(|value| value == "1") {
        return Ok(case.bless(&found)?);
    }
    Err(difference(&case.expected, &found).into())
}

fn difference(expected: &str, found: &str) -> String {
    let mut out = String::from("expected (-) and found (+) differ; `cargo xtask bless` rewrites\n");
    for change in TextDiff::from_lines(expected, found).iter_all_changes() {
        out.push(match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        });
        out.push_str(change.value());
    }
    out
}

/// A new op without a file test is noticed here.
fn every_op_has_a_file(paths: &[PathBuf]) -> Result<(), Failed> {
    let mut missing: BTreeSet<Op> = Op::all().collect();
    for path in paths {
        let case = Case::read(path)?;
        // Some files are about sources that do not parse.
        let Ok((_, traces)) = parse_file(&case.input) else {
            continue;
        };
        for uop in traces.iter().flat_map(|trace| &trace.uops) {
            missing.remove(&uop.op);
        }
    }
    let names: Vec<_> = missing.iter().map(|op| op.name()).collect();
    if names.is_empty() {
        Ok(())
    } else {
        Err(format!("no file test has {}", names.join(", ")).into())
    }
}
