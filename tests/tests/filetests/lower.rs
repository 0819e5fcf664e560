//! `test lower`: the machine code of each trace for x86-64 and aarch64, and where values travel.
//!
//! Both on every machine: nothing is run. What an entry takes over arrives in order.

use crate::case::Case;
use offramp_uop::lower::{
    Checks, Code, ExitLayout, Location, Locations, LowerOptions, Lowered, Lowerer, Target,
};
use offramp_uop::text::parse_file;
use offramp_uop::verify::verify;
use offramp_uop::{Trace, Type};
use std::fmt::Write;

/// Records lie at an address that both architectures need several instructions for.
const LAYOUT: ExitLayout = ExitLayout {
    records: 0x7f00_1234_5000,
    stride: 24,
    target: 0,
    valid: 0x7f00_1234_4000,
    high: Some(0x7f00_0000_0000),
    count: None,
    witness: None,
};

pub(crate) fn run(case: &Case) -> Result<String, String> {
    let (_, traces) = parse_file(&case.input).map_err(|error| error.to_string())?;
    let mut out = String::new();
    for trace in &traces {
        verify(trace).map_err(|errors| errors.to_string())?;
        for architecture in ["x86_64", "aarch64"] {
            let triple = format!("{architecture}-unknown-linux-gnu");
            let triple = triple.parse().expect("a triple");
            let target = Target::new(triple, Checks::ALL).map_err(|error| error.to_string())?;
            let lowered = lower(trace, &target)?;
            let mut show = |part: &str, code: &Code| {
                let (size, exits) = (code.bytes.len(), code.exit_bytes);
                let asm = code.asm.as_deref().unwrap_or_default().trim_end();
                writeln!(
                    out,
                    "{} for {architecture}, {part}: {size} bytes, {exits} of them to leave\n{asm}",
                    trace.name
                )
                .expect("writing to a string cannot fail");
            };
            show("entry", &lowered.entry);
            lowered.looped.iter().for_each(|code| show("loop", code));
            if architecture == "x86_64" {
                out.push_str(&places(trace, &lowered));
            }
        }
    }
    Ok(out)
}

fn lower(trace: &Trace, target: &Target) -> Result<Lowered, String> {
    let mut arrivals = Locations::default();
    let params = trace.entry.params();
    let entry: Vec<Location> = params
        .map(|(_, ty)| arrivals.next(ty == Type::F64))
        .collect();
    let options = LowerOptions {
        layout: LAYOUT,
        entry: &entry,
        onward: None,
        forced_exits: false,
        helpers: &[],
        watched: false,
        keep_clif: true,
    };
    let lowered = Lowerer::new().lower(trace, target, &options);
    lowered.map_err(|error| error.to_string())
}

/// Where what is pending travels.
fn places(trace: &Trace, lowered: &Lowered) -> String {
    let place = |location: Location| match location {
        Location::Int(n) => format!("int {n}"),
        Location::Float(n) => format!("float {n}"),
        Location::Spill(n) => format!("spill {n}"),
    };
    let mut out = String::new();
    if !lowered.header.is_empty() {
        let header = lowered.header.iter().map(|&location| place(location));
        let header = header.collect::<Vec<_>>().join(", ");
        writeln!(out, "the header takes {header}").expect("writing to a string cannot fail");
    }
    for (index, (exit, map)) in trace.exits.iter().zip(&lowered.exits).enumerate() {
        let words = exit.words.iter().zip(&map.words);
        let words = words.map(|(&(word, _), location)| match location {
            Some(location) => format!("{word} in {}", place(*location)),
            None => format!("{word} stays"),
        });
        let words = words.collect::<Vec<_>>().join(", ");
        if !words.is_empty() {
            writeln!(out, "x{index}: {words}").expect("writing to a string cannot fail");
        }
    }
    out
}
