//! The list of conformance labels in the book's page on testing: what each says, and the tests whose
//! names carry it.
//!
//! The sentences are kept here, the tests are found in the tree: a test belongs to the label its name
//! begins with (`k8_…` to K8). A label without a test and a test with an unknown label are errors, so the
//! list cannot lag.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The table is between these lines of the page.
const BEGIN: &str = "<!-- labels: printed by `cargo xtask docs` -->";
const END: &str = "<!-- end of labels -->";

/// Groups of labels: a letter and what it stands for, and what each label says, from 1 on.
const LIST: [(&str, &str, &[&str]); 6] = [
    (
        "P",
        "Progress and interruptibility",
        &[
            "Executors linked to each other can be interrupted: every cycle polls.",
            "An exit back to its own owner's first instruction is not linked to that owner; its side trace records the instruction again.",
            "An early exit leads neither to its own owner nor to an older executor, also in cycles of two and three and through an adapter.",
            "Many kinds at one site, with thresholds of 1: no livelock, and executors are bounded.",
            "An interrupt that its handler does not clear makes no spin between handler and trace.",
            "An attempt to record that an interrupt ended counts, and is not repeated at once.",
            "Every way out of a recording finalises it.",
            "Exits lead to instructions of any number. (Instructions have one number each; there are no prefixes that an exit could miss.)",
            "A recording that is cut inside an instruction ends before it, at the last place that an exit can name.",
            "A trace that can leave only before it has done anything is refused.",
        ],
    ),
    (
        "L",
        "Lifetime",
        &[
            "An executor in a cycle with itself can be invalidated and freed.",
            "One invalidation takes many, each once, while they are walked.",
            "Invalidating, unlinking and retiring twice is harmless.",
            "A failure of compiling, code memory or the verifier, at any step, leaves nothing and restarts the backoff.",
            "Ten thousand interpreters and graphs come and go and leave nothing.",
            "A parent or dependency that goes while its exit is recorded discards the result.",
            "The running executor, invalidated from a helper, leaves at its next check and is freed after that.",
            "Everything invalidated, swept and freed inside nested entries: the outer activation survives.",
            "An installed executor is replaced by a newer one, and its links go to that.",
            "References that traces and recordings hold are rooted until their trace is freed.",
            "Limits are checked again at install; beyond them is an error.",
            "Recording and entering are switched off and on while a trace runs.",
            "Nothing stays allocated on any way, success or error. (The gate also runs the program `life` under valgrind.)",
        ],
    ),
    (
        "S",
        "State at exits",
        &[
            "Guards come before all effects of the instruction they lead back to; a recording where they do not is refused.",
            "At every exit of every trace the frame is that of the plain interpreter.",
            "Errors have the instruction and the frames that the interpreter has.",
            "An exit inside inlined calls rebuilds every frame.",
            "What was done before an exit stays done and is not done again.",
            "Any mix of values crosses a link: more than registers, doubles, constants, one value in several words.",
            "Values that only exits need are right.",
        ],
    ),
    (
        "O",
        "Soundness of recorder and optimiser",
        &[
            "What was seen while recording is a hint: a guard or a dependency stands for each assumption.",
            "NaN, -0.0, infinities, overflow, wide shifts, division by zero and of the least integer: compiled code, evaluator and interpreter agree.",
            "Stores to what may be the same object, calls that write what is loaded, calls that invalidate: between two loads they are seen.",
            "What a recorder lets a trace have, the optimiser, verifier and back end take.",
            "Every pass keeps the verifier content, leaves its own output alone and keeps what random traces do.",
        ],
    ),
    (
        "R",
        "Resources and policy",
        &[
            "Code that comes and goes keeps memory bounded; a burst cools nothing, a quiet program frees what is dead.",
            "Small traces share pages.",
            "Invalidation costs what it touches, not what exists.",
            "A site that many kinds pass, or where recordings always fail, settles.",
            "Attempts do not fall on the same iteration of a loop of a power of two again and again.",
            "Dumps and reports show every executor in every state, and no cold exit.",
            "Deep recursion ends in the host's error, not in an overflow of the native stack.",
            "Exits are counted in their records: every cold one always, every taken one while profiling.",
        ],
    ),
    (
        "K",
        "Links and signatures",
        &[
            "An exit and an entry that disagree by one word, type, base or fact cannot be linked.",
            "A loop is entered again with its invariants replayed, or by its root if a side trace broke one.",
            "Entering again never changes a type tag.",
            "The target of every kind of link is unlinked, invalidated or freed while values are on their way there.",
            "Frames are returned through after their caller's executor was freed.",
            "Objects that wait for exits keep their identity across links, and each is made once.",
            "Values of several words are never torn at a collection.",
            "Activations inside the cold exit's own callbacks do not clobber what it saved.",
        ],
    ),
];

/// A test whose name begins with a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Labelled {
    /// The file, from the root.
    file: String,
    name: String,
}

/// `page` with the table as it should be, if it has one.
pub(super) fn print(page: &str, root: &Path) -> Result<String> {
    let Some((before, rest)) = page.split_once(BEGIN) else {
        return Ok(page.to_owned());
    };
    let (_, after) = rest.split_once(END).context("the table has no end")?;
    let table = table(&labelled(root)?)?;
    Ok(format!("{before}{BEGIN}\n\n{table}\n{END}{after}"))
}

/// Tests by label.
fn labelled(root: &Path) -> Result<BTreeMap<String, Vec<Labelled>>> {
    let mut found: BTreeMap<String, Vec<Labelled>> = BTreeMap::new();
    for folder in ["crates", "tests", "examples"] {
        for path in super::files(&root.join(folder), "rs")? {
            let text = std::fs::read_to_string(&path)?;
            let file = path.strip_prefix(root)?.to_string_lossy().into_owned();
            for name in tests(&text) {
                if let Some(label) = label_of(name) {
                    found.entry(label).or_default().push(Labelled {
                        file: file.clone(),
                        name: name.to_owned(),
                    });
                }
            }
        }
    }
    Ok(found)
}

/// Names of the tests in `text`.
pub(crate) fn tests(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line.starts_with("#[test]") {
            is_test = true;
        } else if !line.starts_with("#[") && !line.is_empty() {
            let name = line.strip_prefix("fn ")?.split('(').next();
            return name.filter(|_| std::mem::take(&mut is_test));
        }
        None
    })
}

/// The label that the name of a test begins with, if it is one of a group.
pub(crate) fn label_of(name: &str) -> Option<String> {
    let (head, _) = name.split_once('_')?;
    let group = head.get(..1)?.to_uppercase();
    let number = head.get(1..)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_group = LIST.iter().any(|&(letter, _, _)| letter == group);
    (is_number && is_group).then(|| format!("{group}{number}"))
}

/// Every label of the list.
#[cfg(test)]
pub(crate) fn all() -> impl Iterator<Item = String> {
    let groups = LIST.iter();
    groups.flat_map(|(letter, _, sentences)| {
        (1..=sentences.len()).map(move |number| format!("{letter}{number}"))
    })
}

fn table(found: &BTreeMap<String, Vec<Labelled>>) -> Result<String> {
    let mut out = String::new();
    let mut known = 0;
    for (letter, title, sentences) in LIST {
        writeln!(out, "| {letter} | {title} | tests |\n| --- | --- | --- |")?;
        for (index, sentence) in sentences.iter().enumerate() {
            let label = format!("{letter}{}", index + 1);
            let Some(tests) = found.get(&label) else {
                bail!("no test's name begins with {}_", label.to_lowercase());
            };
            known += 1;
            writeln!(out, "| {label} | {sentence} | {} |", cell(tests))?;
        }
        out.push('\n');
    }
    if known < found.len() {
        let labels: Vec<&String> = found.keys().collect();
        bail!("one of {labels:?} is no label of the list in xtask/src/docs/labels.rs");
    }
    Ok(out.trim_end().to_owned() + "\n")
}

/// The tests of a label: each file once, as a link, with the names in it.
fn cell(tests: &[Labelled]) -> String {
    let mut cell = String::new();
    let mut last = "";
    for test in tests {
        if test.file != last {
            let separator = if last.is_empty() { "" } else { "; " };
            cell += &format!("{separator}[{}](../../{})", short(&test.file), test.file);
            last = &test.file;
        } else {
            cell.push(',');
        }
        cell += &format!(" `{}`", test.name);
    }
    cell
}

/// The last two parts of a path, without its ending.
fn short(file: &str) -> &str {
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let parts = file.rmatch_indices('/').nth(1);
    parts.map_or(file, |(at, _)| &file[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;

    #[test]
    fn every_label_has_a_test_and_every_labelled_test_a_label() {
        let found = labelled(&command::root()).expect("the tree can be read");
        table(&found).expect("labels and tests agree");
    }

    #[test]
    fn the_page_on_testing_has_the_table() {
        let page = command::root().join("docs/src/testing.md");
        let page = std::fs::read_to_string(page).expect("the page");
        assert!(page.contains(BEGIN) && page.contains(END));
    }

    #[test]
    fn tests_are_found_by_their_attribute_and_labels_by_their_names() {
        let text =
            "#[test]\nfn k8_a() {\n}\nfn k9_helper() {}\n  #[test]\n  #[cfg(x)]\n  fn plain() {}\n";
        assert_eq!(tests(text).collect::<Vec<_>>(), ["k8_a", "plain"]);
        let labels = ["k8_a", "l10_b", "plain", "r_c", "x2_d", "k8"].map(label_of);
        let expected = [Some("K8"), Some("L10"), None, None, None, None];
        assert_eq!(labels, expected.map(|label| label.map(str::to_owned)));
    }

    #[test]
    fn what_is_missing_and_what_is_unknown_is_an_error() {
        let of = |label: &str| Labelled {
            file: "a/b/c.rs".into(),
            name: format!("{}_x", label.to_lowercase()),
        };
        let mut found: BTreeMap<_, _> = all().map(|it| (it.clone(), vec![of(&it)])).collect();
        assert_eq!(found.len(), 51);
        let printed = table(&found).expect("complete");
        assert!(
            printed.contains("| [b/c](../../a/b/c.rs) `k8_x` |"),
            "{printed}"
        );
        found.insert("K9".into(), vec![of("K9")]);
        assert!(table(&found).is_err());
        found.remove("K9");
        found.remove("K8");
        let error = table(&found).expect_err("K8 is missing");
        assert!(error.to_string().contains("k8_"), "{error}");
    }
}
