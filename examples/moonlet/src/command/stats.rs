//! `--stats`: what the library did.

use super::{Source, start};
use offramp::inspect::Stats;
use offramp_moonlet::vm::{Options, Vm};
use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Serializer, Value, json};
use std::error::Error;
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
    let aborted = stats
        .aborts
        .iter()
        .map(|(why, count)| (why.to_string(), json!(count)));
    let report = vm.interpreter().report().json(WHY);
    let why: Value = serde_json::from_str(&report).expect("a report is JSON");
    spaced(&json!({
        "roots": stats.roots,
        "sides": stats.sides,
        "recordings_started": stats.recordings,
        "exits": stats.exits,
        "exits_taken_cold": stats.cold_exits,
        "exits_linked": stats.exits_linked(),
        "entries": stats.entries,
        "uops_recorded": stats.uops_recorded,
        "uops_compiled": stats.uops_compiled,
        "code_bytes": stats.machine_code_bytes,
        "exit_code_bytes_mean": rounded(stats.exit_code_bytes_mean(), 100.0),
        "code_bytes_per_instruction": rounded(stats.code_bytes_per_instruction(), 100.0),
        "compile_us_total": (milliseconds(&stats) * 1e3).round() as u64,
        "collections": vm.host().heap.collections(),
        "general_sites": stats.general_sites,
        "trees_evicted": stats.trees_evicted,
        "naps": stats.naps,
        "regrets": stats.regrets,
        "recordings_refused": stats.refused,
        "traces_proved": stats.proved,
        "traces_unproved": stats.unproved,
        "recordings_aborted": aborted.collect::<Map<_, _>>(),
        "compiled_share": share.map(|share| rounded(share, 1e4)),
        "why": why,
    }))
}

fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}

/// One line, with a space after each comma and colon: what people may look for as text.
fn spaced(value: &Value) -> String {
    let mut line = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut line, Spaced);
    let written = value.serialize(&mut serializer);
    written.expect("writing to memory does not fail");
    String::from_utf8(line).expect("JSON is text")
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        to.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        to.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }
}
