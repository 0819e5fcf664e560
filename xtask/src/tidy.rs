//! `cargo xtask tidy`: house rules that no compiler checks. Also a test, so that it cannot be
//! forgotten.
//!
//! Each rule is one function over the tree's files that reports `path:line: complaint`; all
//! complaints are printed, none stops the others. Rules that a lint can state belong in the
//! workspace's lint table instead.

use crate::{command, layers};
use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;
use std::collections::BTreeSet;
use std::path::Path;

/// Longest file, in lines.
const MOST_LINES: usize = 1000;
/// Length from which a file should be split along a concept.
const MANY_LINES: usize = 600;
/// Files that are one big table.
const TABLES: &[&str] = &["crates/uop/src/op.rs"];

/// A file of the tree.
struct File {
    /// From the root, with forward slashes.
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Numbered lines, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// What a rule found.
#[derive(Default)]
struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}

/// Checks the tree, prints what was found and fails on errors.
pub(crate) fn run() -> Result<()> {
    let findings = check()?;
    for warning in &findings.warnings {
        println!("warning: {warning}");
    }
    for error in &findings.errors {
        println!("error: {error}");
    }
    match findings.errors.len() {
        0 => Ok(()),
        count => bail!("{count} untidy places"),
    }
}

fn check() -> Result<Findings> {
    let root = command::root();
    let mut files = Vec::new();
    collect(&root, &root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let architecture = files
        .iter()
        .find(|file| file.path == "ARCHITECTURE.md")
        .context("ARCHITECTURE.md is missing")?;
    let mut findings = Findings::default();
    for file in &files {
        module_header(file, &mut findings);
        length(file, &mut findings);
        lines(file, &mut findings);
    }
    listed(
        "unsafe file",
        &allowing_unsafe(&files),
        &entries(&architecture.text, "## Files that may be unsafe"),
        &mut findings,
    );
    listed(
        "dependency",
        &dependencies()?,
        &entries(&architecture.text, "## Dependencies"),
        &mut findings,
    );
    quick_start(&files, &mut findings);
    let sources: Vec<(&str, &str)> = files
        .iter()
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    findings
        .errors
        .extend(layers::check(&architecture.text, &sources));
    Ok(findings)
}

/// Reads every text file below `folder` but version control, build output and licences.
fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == ".git" || name.starts_with("target") && path.is_dir() {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            if name.starts_with("LICENSE") || name == "Cargo.lock" {
                continue;
            }
            let path = path
                .strip_prefix(root)?
                .to_string_lossy()
                .replace('\\', "/");
            files.push(File { path, text });
        }
    }
    Ok(())
}

/// Every module says why it exists. Programs that must not compile say it by their names.
fn module_header(file: &File, findings: &mut Findings) {
    if file.is_rust()
        && !file.path.contains("/fail/")
        && !file.text.starts_with("//!")
        && !file.text.starts_with("#![")
    {
        findings.errors.push(format!(
            "{}:1: no module header: start with `//!` and say why the module exists",
            file.path
        ));
    }
}

/// Files stay readable in one sitting.
fn length(file: &File, findings: &mut Findings) {
    let is_test = file.path.contains("/tests/")
        || file.path.starts_with("tests/")
        || file.path.ends_with("/tests.rs")
        || file.path.ends_with("_tests.rs");
    if !file.is_rust() || is_test || TABLES.contains(&file.path.as_str()) {
        return;
    }
    let count = file.text.lines().count();
    if count > MOST_LINES {
        findings.errors.push(format!(
            "{}: {count} lines, more than {MOST_LINES}: split it along a concept",
            file.path
        ));
    } else if count > MANY_LINES {
        findings.warnings.push(format!(
            "{}: {count} lines, more than {MANY_LINES}",
            file.path
        ));
    }
}

/// Rules about single lines.
fn lines(file: &File, findings: &mut Findings) {
    // Assembled, so that this file does not break its own rules.
    let stubs = ["todo", "unimplemented"].map(|name| format!("{name}!("));
    let ignored = ["#[", "ignore"].concat();
    let allows = ["#[", "#!["].map(|open| format!("{open}{}", "allow("));
    let workplace = format!("/{}/", "work");
    for (number, line) in file.lines() {
        let mut complain = |text: &str| {
            findings
                .errors
                .push(format!("{}:{number}: {text}", file.path))
        };
        let verbatim = [".stderr", ".patch", ".out"];
        let is_verbatim = verbatim.iter().any(|it| file.path.ends_with(it));
        if line.ends_with([' ', '\t']) && !is_verbatim {
            complain("trailing space");
        }
        if names_workplace(line, &workplace) {
            complain("names a path of one particular machine");
        }
        if !file.is_rust() {
            continue;
        }
        if stubs.iter().any(|stub| line.contains(stub.as_str())) {
            complain("a stub");
        }
        if line.trim_start().starts_with(&ignored) {
            complain("an ignored test");
        }
        if allows
            .iter()
            .any(|allow| line.trim_start().starts_with(allow.as_str()))
        {
            let attribute: String = file
                .text
                .lines()
                .skip(number - 1)
                .take(6)
                .take_while_inclusive(|line| !line.contains(")]"))
                .collect();
            if !attribute.contains("reason") {
                complain("an allow without a reason");
            }
        }
    }
}

/// Whether `line` names an absolute path that starts with `workplace`.
fn names_workplace(line: &str, workplace: &str) -> bool {
    line.match_indices(workplace).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-}$".contains(before))
    })
}

/// `take_while` that also yields the first item that fails.
trait TakeWhileInclusive: Iterator + Sized {
    fn take_while_inclusive(
        self,
        mut goes_on: impl FnMut(&Self::Item) -> bool,
    ) -> impl Iterator<Item = Self::Item> {
        let mut done = false;
        self.take_while(move |item| {
            let take = !done;
            done = !goes_on(item);
            take
        })
    }
}

impl<I: Iterator> TakeWhileInclusive for I {}

/// Files that allow unsafe code.
fn allowing_unsafe(files: &[File]) -> BTreeSet<String> {
    let lint = ["unsafe", "_code"].concat();
    files
        .iter()
        .filter(|file| file.is_rust())
        .filter(|file| {
            file.text.split("#").any(|attribute| {
                let attribute = attribute.trim_start_matches('!');
                ["[allow(", "[expect("]
                    .iter()
                    .any(|open| attribute.starts_with(open))
                    && attribute
                        .split(")]")
                        .next()
                        .is_some_and(|inside| inside.contains(&lint))
            })
        })
        .map(|file| file.path.clone())
        .collect()
}

/// The manifests that are no part of the workspace.
const ALONE: &[&str] = &["tests/fuzz/Cargo.toml"];

/// Names of external dependencies in all manifests.
fn dependencies() -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for manifest in [&"Cargo.toml"].into_iter().chain(ALONE) {
        let mut asked = MetadataCommand::new();
        asked
            .manifest_path(command::root().join(manifest))
            .no_deps();
        let packages = asked.exec().context(*manifest)?.packages;
        let all = packages
            .into_iter()
            .flat_map(|package| package.dependencies);
        let external = all.filter(|it| it.path.is_none());
        names.extend(external.map(|it| it.name));
    }
    Ok(names)
}

/// The names of a list in ARCHITECTURE.md: "- `name`…" lines under `heading`.
fn entries(text: &str, heading: &str) -> BTreeSet<String> {
    text.lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("- `")?.split('`').next())
        .map(str::to_string)
        .collect()
}

/// A list kept by hand equals what is there.
fn listed(
    what: &str,
    there: &BTreeSet<String>,
    listed: &BTreeSet<String>,
    findings: &mut Findings,
) {
    for name in there.difference(listed) {
        findings.errors.push(format!(
            "ARCHITECTURE.md: the {what} `{name}` has no line; add one that says why"
        ));
    }
    for name in listed.difference(there) {
        findings.errors.push(format!(
            "ARCHITECTURE.md: the {what} `{name}` is listed but not there"
        ));
    }
}

/// README's quick start is one block of two commands: what people try first, and what
/// `.ci/run` takes its test command from.
fn quick_start(files: &[File], findings: &mut Findings) {
    let readme = files.iter().find(|file| file.path == "README.md");
    let section: Vec<&str> = readme
        .map_or("", |file| &file.text)
        .lines()
        .skip_while(|line| *line != "## Quick start")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| !line.is_empty())
        .collect();
    let fits = matches!(section[..], [open, run, test, "```"]
        if open.starts_with("```") && run.starts_with("cargo run ") && test.starts_with("cargo test"));
    if !fits {
        findings.errors.push(
            "README.md: `## Quick start` is not one fenced block of a run and a test command"
                .into(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.into(),
            text: text.into(),
        }
    }

    fn complaints(file: &File) -> Vec<String> {
        let mut findings = Findings::default();
        module_header(file, &mut findings);
        length(file, &mut findings);
        lines(file, &mut findings);
        findings.errors
    }

    #[test]
    fn the_tree_is_tidy() {
        let findings = check().expect("the tree can be read");
        assert!(
            findings.errors.is_empty(),
            "\n{}\n",
            findings.errors.join("\n")
        );
    }

    #[test]
    fn every_rule_about_a_file_finds_its_offence() {
        let long = "//! Long.\n".repeat(MOST_LINES + 1);
        for (text, complaint) in [
            ("fn f() {}\n", "no module header"),
            (&long, "more than 1000"),
            ("//! M.\nlet x = 1; \n", "trailing space"),
            (&["//! M.\n", "to", "do!()\n"].concat(), "a stub"),
            (&["//! M.\n#[", "ignore]\n"].concat(), "an ignored test"),
            (
                &["//! M.\n#[", "allow(dead_code)]\n"].concat(),
                "without a reason",
            ),
            (
                &["//! See /", "work/x.\n"].concat(),
                "one particular machine",
            ),
        ] {
            let found = complaints(&file("crates/a/src/m.rs", text));
            assert_eq!(found.len(), 1, "{complaint}: {found:?}");
            assert!(found[0].contains(complaint), "{found:?}");
        }
    }

    #[test]
    fn what_the_rules_permit_is_not_reported() {
        let reasoned = [
            "//! M.\n#[",
            "allow(\n    dead_code,\n    reason = \"x\"\n)]\n",
        ]
        .concat();
        assert!(complaints(&file("crates/a/src/m.rs", &reasoned)).is_empty());
        let long = "//! Long.\n".repeat(MOST_LINES + 1);
        assert!(complaints(&file("crates/a/src/m/tests.rs", &long)).is_empty());
        assert!(complaints(&file("a.md", &["target/", "work/x\n"].concat())).is_empty());
    }

    #[test]
    fn unsafe_files_and_dependencies_are_found_and_compared() {
        let opens = ["//! M.\n#![", "allow(unsafe", "_code, reason = \"r\")]\n"].concat();
        let files = [file("a.rs", &opens), file("b.rs", "//! Safe.\n")];
        assert_eq!(
            allowing_unsafe(&files),
            BTreeSet::from(["a.rs".to_string()])
        );
        let found = dependencies().expect("cargo can read its manifests");
        for name in ["anyhow", "cranelift-codegen", "libfuzzer-sys"] {
            assert!(found.contains(name), "{name} is not among {found:?}");
        }
        assert!(found.iter().all(|name| !name.starts_with("offramp")));
        let list = entries(
            "## D\n- `anyhow`: why.\n- `gone`: why.\n## E\n- `x`\n",
            "## D",
        );
        let mut findings = Findings::default();
        let there = BTreeSet::from(["anyhow".to_string()]);
        listed("dependency", &there, &list, &mut findings);
        assert_eq!(findings.errors.len(), 1, "{:?}", findings.errors);
        assert!(findings.errors[0].contains("`gone` is listed but not there"));
    }
}
