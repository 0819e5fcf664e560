//! `--stats`: what the library did.

use super::{Source, start};
use offramp::inspect::Stats;
use offramp_moonlet::vm::{Options, Vm};
use std::error::Error;
use std::fmt::Write;
use std::io;

/// Entries of each list of the report in JSON.
const WHY: usize = 10;

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
    let refused = refused(vm);
    format!(
        "{refused}{} traces: {} roots, {} side traces; {} recordings{aborts}\n\
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

/// Why the program ran as it did, for people.
pub(super) fn why(vm: &mut Vm) -> String {
    format!("{}{}", refused(vm), vm.interpreter().report())
}

/// Why there are no traces, on a line, if the machine refuses them.
fn refused(vm: &mut Vm) -> String {
    let refusal = vm.interpreter().refusal();
    refusal.map_or(String::new(), |refusal| {
        format!("no traces: {}\n", causes(refusal))
    })
}

/// An error with what caused it.
fn causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}

fn milliseconds(stats: &Stats) -> f64 {
    (stats.compile_time + stats.optimise_time).as_secs_f64() * 1e3
}

/// How many instructions the program executes, counted without the JIT.
pub(super) fn count_instructions(
    source: &Source,
    options: &Options,
    args: &[&[u8]],
) -> Result<u64, String> {
    let mut plain = options.clone();
    plain.config.enabled = false;
    let mut vm = start(source, &plain, Box::new(io::sink()))?;
    // How it ends, the run with the JIT shows.
    let _ = vm.run(args);
    Ok(vm.interpreter().instructions_interpreted())
}

/// One JSON object. With the number of `all` instructions, it says which share ran in traces.
pub(super) fn json(vm: &mut Vm, all: Option<u64>) -> String {
    let stats = vm.interpreter().graph().stats();
    let share = all.map(|all| {
        let interpreted = vm.interpreter().instructions_interpreted() as f64;
        (1.0 - interpreted / all.max(1) as f64).max(0.0)
    });
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
        ("general_sites", stats.general_sites as f64),
        ("trees_evicted", stats.trees_evicted as f64),
        ("naps", stats.naps as f64),
        ("regrets", stats.regrets as f64),
        ("recordings_refused", stats.refused as f64),
        ("traces_proved", stats.proved as f64),
        ("traces_unproved", stats.unproved as f64),
    ];
    let numbers = numbers.map(|(key, number)| format!("\"{key}\": {number}"));
    format!(
        "{{{}, \"recordings_aborted\": {{{aborted}}}, \"compiled_share\": {share}, \"why\": {}}}",
        numbers.join(", "),
        vm.interpreter().report().json(WHY)
    )
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
