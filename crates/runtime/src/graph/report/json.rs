//! A report as JSON. The keys are documented in the book's chapter on reports; they are added to and
//! not renamed.

use super::{AbandonedReport, ExitReport, Report, Sighted, TreeReport};
use crate::graph::exit_record::ExitStatus;
use crate::place_name::PlaceName;
use std::fmt::Display;

impl Report {
    /// The [text](Report::text) as one JSON object on one line, at most `most` entries in each list. The book's
    /// chapter on reports has the keys.
    pub fn json(&self, most: usize) -> String {
        write(self, most)
    }
}

fn write(report: &Report, most: usize) -> String {
    let counts = &report.instructions;
    let instructions = object(&[
        ("interpreted", option(counts.interpreted)),
        ("recording", option(counts.recording)),
        ("in_traces", option(counts.in_traces)),
        ("compiled", counts.compiled.to_string()),
    ]);
    object(&[
        ("instructions", instructions),
        ("exits", list(&report.exits, most, exit)),
        ("abandoned", list(&report.abandoned, most, abandoned)),
        ("trees", list(&report.trees, most, tree)),
        ("general", list(&report.general, most, place)),
        ("freed", report.freed.to_string()),
        ("freed_cold", report.freed_cold.to_string()),
    ])
}

fn exit(exit: &ExitReport) -> String {
    let (status, to) = match exit.status {
        ExitStatus::Cold => ("cold", None),
        ExitStatus::Recording => ("recording", None),
        ExitStatus::GivenUp(_) => ("given-up", None),
        ExitStatus::Linked(link) => ("linked", Some(link.executor)),
    };
    let reason = match exit.status {
        ExitStatus::GivenUp(reason) => Some(reason.name()),
        _ => None,
    };
    object(&[
        ("exit", string(&exit.exit.to_string())),
        ("kind", string(exit.kind.name())),
        ("place", place(&exit.place)),
        ("taken", option(exit.taken)),
        ("cold", exit.cold.to_string()),
        ("tests", list(&exit.tests, usize::MAX, |test| string(test))),
        ("seen", list(&exit.seen, usize::MAX, seen)),
        ("seen_else", exit.seen_else.to_string()),
        ("status", string(status)),
        ("to", text(to.map(|to| to.to_string()).as_deref())),
        ("reason", text(reason)),
        ("why_not_linked", text(exit.why_not_linked.as_deref())),
    ])
}

fn seen(seen: &Sighted) -> String {
    object(&[
        ("test", seen.test.to_string()),
        ("values", string(&seen.values)),
        ("times", seen.times.to_string()),
    ])
}

fn abandoned(attempt: &AbandonedReport) -> String {
    let at = attempt.at.as_ref();
    object(&[
        ("place", place(&attempt.place)),
        ("at", at.map_or("null".to_owned(), place)),
        ("side", attempt.side.to_string()),
        ("reason", string(attempt.reason.name())),
        ("times", attempt.times.to_string()),
    ])
}

fn tree(tree: &TreeReport) -> String {
    object(&[
        ("root", string(&tree.root.to_string())),
        ("place", place(&tree.place)),
        ("is_root", tree.is_root.to_string()),
        ("traces", tree.traces.to_string()),
        ("adapters", tree.adapters.to_string()),
        ("uops", tree.uops.to_string()),
        ("code_bytes", tree.code_bytes.to_string()),
        ("entered", tree.entered.to_string()),
        ("cost_us", tree.cost_us.to_string()),
        ("earned_us", tree.earned_us.to_string()),
        ("asleep", tree.asleep.to_string()),
        ("runs", option(tree.runs)),
        ("instructions", option(tree.instructions)),
    ])
}

fn place(name: &PlaceName) -> String {
    object(&[
        ("pc", name.pc.to_string()),
        ("source", text(name.source.as_deref())),
        ("line", option(name.line)),
        ("function", text(name.function.as_deref())),
        ("instruction", text(name.instruction.as_deref())),
    ])
}

fn object(members: &[(&str, String)]) -> String {
    let members = members
        .iter()
        .map(|(key, value)| format!("\"{key}\": {value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

fn list<T>(items: &[T], most: usize, write: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().take(most).map(write).collect();
    format!("[{}]", items.join(", "))
}

fn option(value: Option<impl Display>) -> String {
    value.map_or("null".to_owned(), |value| value.to_string())
}

fn text(value: Option<&str>) -> String {
    value.map_or("null".to_owned(), string)
}

fn string(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::string;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
    }
}
