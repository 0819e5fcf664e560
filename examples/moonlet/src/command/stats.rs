//! `--stats`: what the library did.

use offramp::Stats;
use offramp_moonlet::vm::Vm;
use std::fmt::Write;

/// For people.
pub(super) fn text(vm: &mut Vm) -> String {
    let stats = vm.interpreter().graph().stats();
    let aborts: Vec<String> = stats
        .aborts
        .iter()
        .map(|(why, n)| format!("{n} {why}"))
        .collect();
    let aborts = match aborts.is_empty() {
        true => String::new(),
        false => format!(" ({} abandoned)", aborts.join(", ")),
    };
    format!(
        "{} traces: {} roots, {} side traces; {} recordings{aborts}\n\
         {} exits, {} linked; {} taken to the interpreter, which entered traces {} times\n\
         {} uops recorded, {} compiled to {} bytes in {:.1} ms\n",
        stats.roots + stats.sides,
        stats.roots,
        stats.sides,
        stats.recordings,
        stats.exits,
        stats.exits_linked(),
        stats.cold_exits,
        stats.entries,
        stats.uops_recorded,
        stats.uops_compiled,
        stats.machine_code_bytes,
        milliseconds(&stats),
    )
}

fn milliseconds(stats: &Stats) -> f64 {
    (stats.compile_time + stats.optimise_time).as_secs_f64() * 1e3
}

/// One JSON object; `share` is the share of instructions that ran in traces, where it was counted.
pub(super) fn json(vm: &mut Vm, share: Option<f64>) -> String {
    let stats = vm.interpreter().graph().stats();
    let mut aborted = String::new();
    for (why, count) in &stats.aborts {
        let comma = if aborted.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(aborted, "{comma}\"{why}\": {count}");
    }
    let share = share.map_or("null".to_owned(), |share| format!("{share:.4}"));
    let numbers = [
        ("roots", stats.roots as f64),
        ("sides", stats.sides as f64),
        ("recordings_started", stats.recordings as f64),
        ("exits", stats.exits as f64),
        ("exits_taken_cold", stats.cold_exits as f64),
        ("exits_linked", stats.exits_linked() as f64),
        ("entries", stats.entries as f64),
        ("uops_recorded", stats.uops_recorded as f64),
        ("uops_compiled", stats.uops_compiled as f64),
        ("code_bytes", stats.machine_code_bytes as f64),
        (
            "exit_code_bytes_mean",
            rounded(stats.exit_code_bytes_mean()),
        ),
        (
            "code_bytes_per_instruction",
            rounded(stats.code_bytes_per_instruction()),
        ),
        ("compile_us_total", (milliseconds(&stats) * 1e3).round()),
        ("collections", vm.host().heap.collections() as f64),
    ];
    let numbers = numbers.map(|(key, number)| format!("\"{key}\": {number}"));
    format!(
        "{{{}, \"recordings_aborted\": {{{aborted}}}, \"compiled_share\": {share}}}",
        numbers.join(", ")
    )
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
