//! A report for people.

use super::{AbandonedReport, ExitReport, Instructions, Report, TreeReport, plural};
use crate::graph::exit_record::ExitStatus;
use crate::place_name::PlaceName;
use std::fmt::Write;

impl Report {
    /// For people; at most `most` lines of each kind.
    pub fn text(&self, most: usize) -> String {
        write(self, most)
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(10))
    }
}

fn write(report: &Report, most: usize) -> String {
    let mut out = String::new();
    instructions(&mut out, &report.instructions);
    recordings(&mut out, report);
    let linked = |exit: &&ExitReport| matches!(exit.status, ExitStatus::Linked(_));
    let (linked, unlinked): (Vec<_>, Vec<_>) = report.exits.iter().partition(linked);
    let mut unlinked = unlinked;
    unlinked.sort_by_key(|exit| (std::cmp::Reverse(exit.cold), exit.exit));
    let title = "exits to the interpreter";
    section(&mut out, title, unlinked, most, exit);
    section(&mut out, "linked exits", linked, most, exit);
    let abandoned = report.abandoned.iter().collect();
    section(&mut out, "abandoned recordings", abandoned, most, attempt);
    let trees = report.trees.iter().collect();
    section(
        &mut out,
        "trees of traces, largest first",
        trees,
        most,
        tree,
    );
    if !report.general.is_empty() {
        let general = report.general.iter().collect();
        let title = "general sites, where many different things pass";
        section(&mut out, title, general, most, site);
    }
    out
}

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($what:tt)*) => {{
        let _ = writeln!($out, $($what)*);
    }};
}

fn section<T>(
    out: &mut String,
    title: &str,
    items: Vec<T>,
    most: usize,
    write: impl Fn(&mut String, T),
) {
    let count = items.len();
    if count == 0 {
        put!(out, "{title}: none");
        return;
    }
    put!(out, "{title}: {count}");
    for item in items.into_iter().take(most) {
        write(out, item);
    }
    if count > most {
        put!(out, "  … {} more", count - most);
    }
}

fn instructions(out: &mut String, counts: &Instructions) {
    let Some(all) = counts.all() else {
        let recording = counts.recording.unwrap_or_default();
        put!(
            out,
            "instructions: {} while recording; the others were not counted (Config::profile)",
            grouped(recording)
        );
        return;
    };
    put!(out, "instructions: {} (counted)", grouped(all));
    let parts = [
        (counts.interpreted, "in the interpreter"),
        (counts.recording, "in the interpreter, recording"),
        (counts.in_traces, "in traces"),
    ];
    for (count, place) in parts {
        let count = count.unwrap_or_default();
        let share = count as f64 * 100.0 / all.max(1) as f64;
        put!(out, "{:>15}  {share:5.1} %  {place}", grouped(count));
    }
}

fn site(out: &mut String, site: &PlaceName) {
    put!(out, "  {site}");
}

fn recordings(out: &mut String, report: &Report) {
    let stats = &report.stats;
    let (roots, sides) = (stats.roots, stats.sides);
    let abandoned: u64 = stats.aborts.values().sum();
    put!(
        out,
        "recordings: {}: {roots} root{}, {sides} side trace{}, {abandoned} abandoned",
        stats.recordings,
        plural(roots),
        plural(sides),
    );
    put!(
        out,
        "compiled: {} instructions, {} uops recorded, {} after optimisation, {} bytes",
        grouped(report.instructions.compiled),
        grouped(stats.uops_recorded),
        grouped(stats.uops_compiled),
        grouped(stats.machine_code_bytes),
    );
    put!(
        out,
        "ways between interpreter and traces: {} in, {} exits not linked when they were taken",
        grouped(stats.entries),
        grouped(stats.cold_exits),
    );
    if report.freed > 0 {
        let why = stats.invalidations.iter();
        let why: Vec<String> = why.map(|(why, n)| format!("{n} {}", why.name())).collect();
        put!(
            out,
            "freed: {} executor{} (invalidated: {}), whose exits were cold {} times",
            report.freed,
            plural(report.freed),
            why.join(", "),
            grouped(report.freed_cold),
        );
    }
}

fn exit(out: &mut String, exit: &ExitReport) {
    let taken = exit.taken.filter(|&taken| taken > exit.cold);
    let times = grouped(taken.unwrap_or(exit.cold));
    put!(
        out,
        "{times:>15}  {} {} at {}",
        exit.exit,
        exit.kind.name(),
        exit.place
    );
    if taken.is_some() && exit.cold > 0 {
        let cold = grouped(exit.cold);
        put!(out, "{:15}  {cold} of them while it was not linked", "");
    }
    for (index, test) in exit.tests.iter().enumerate() {
        let seen = exit.seen.iter().filter(|seen| seen.test == index);
        let seen = seen.map(|seen| match seen.values.is_empty() {
            true => format!("that it does not hold ({}×)", grouped(seen.times)),
            false => format!("{} ({}×)", seen.values, grouped(seen.times)),
        });
        let seen: Vec<String> = seen.collect();
        match seen.is_empty() {
            true => put!(out, "{:15}  tests {test}", ""),
            false => put!(out, "{:15}  tests {test}; saw {}", "", seen.join(", ")),
        }
    }
    if exit.seen_else > 0 {
        let times = grouped(exit.seen_else);
        put!(out, "{:15}  saw what is not in frame words ({times}×)", "");
    }
    put!(out, "{:15}  {}", "", exit.status_text);
    if let Some(why) = &exit.why_not_linked {
        put!(out, "{:15}  not linked: {why}", "");
    }
}

fn attempt(out: &mut String, attempt: &AbandonedReport) {
    let kind = match attempt.side {
        true => "for an exit, from",
        false => "of a root, from",
    };
    let (times, place) = (grouped(attempt.times), &attempt.place);
    put!(out, "{times:>15}  {kind} {place}");
    if let Some(at) = &attempt.at {
        put!(out, "{:15}  ended at {at}", "");
    }
    put!(
        out,
        "{:15}  {}: {}",
        "",
        attempt.reason.name(),
        attempt.reason.sentence()
    );
}

fn tree(out: &mut String, tree: &TreeReport) {
    let kind = match tree.is_root {
        true => "root",
        false => "side trace of what is gone",
    };
    let uops = format!("{} uops", grouped(tree.uops as u64));
    put!(out, "{uops:>15}  {} {kind} at {}", tree.root, tree.place);
    let s = plural(tree.traces as u64);
    let mut line = format!("{} trace{s}", tree.traces);
    if tree.adapters > 0 {
        let s = plural(tree.adapters as u64);
        line.push_str(&format!(", {} adapter{s}", tree.adapters));
    }
    line.push_str(&format!(
        ", {} bytes of code",
        grouped(tree.code_bytes as u64)
    ));
    line.push_str(&format!("; entered {}×", grouped(tree.entered)));
    if let (Some(runs), Some(instructions)) = (tree.runs, tree.instructions) {
        let (runs, instructions) = (grouped(runs), grouped(instructions));
        line.push_str(&format!(", run {runs}×, {instructions} instructions"));
    }
    let (cost, earned) = (grouped(tree.cost_us), tree.earned_us);
    let what = if earned < 0 { "lost" } else { "saved" };
    let earned = grouped(earned.unsigned_abs());
    line.push_str(&format!("; cost some {cost} µs, {what} {earned}"));
    if tree.asleep {
        line.push_str("; asleep, as it lost more than it saved");
    }
    put!(out, "{:15}  {line}", "");
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_apart() {
        let numbers = [0, 7, 999, 1000, 12_345, 1_234_567];
        let shown = numbers.map(grouped);
        assert_eq!(shown, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
    }
}
