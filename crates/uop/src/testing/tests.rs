//! The trace checker at work: on the generator itself, and on optimisers that are wrong on
//! purpose, each of which it must catch and name.
//!
//! The suites take their number of traces from `OFFRAMP_RANDOM_TRACES` (default 3,000 a suite: all
//! passes, and each pass alone) and their first seed from `OFFRAMP_SEED`. The default seed is fixed,
//! so that a change is judged by the same traces as the one before; `OFFRAMP_RANDOM_SECONDS` runs
//! on with fresh seeds for so long instead. A failure prints the seed of its trace:
//! `OFFRAMP_SEED=<that> OFFRAMP_RANDOM_TRACES=1` makes it again.

mod directed;
mod joins;
mod mutants;
mod passes;
mod proofs;
mod reentry;
mod rules;
mod suite;

use super::blame::{Step, examine};
use super::checker::Coverage;
use super::generate::generate;
use crate::id::ContractId;
use crate::op::Op;
use crate::optimise::{Options, optimise};
use crate::text::parse_trace;
use crate::trace::Trace;
use suite::Seeds;

fn identity(trace: &Trace, _fuel: Option<u64>) -> (Trace, Vec<Step>) {
    (trace.clone(), Vec::new())
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [1, 0x5eed] {
        let (one, other) = (generate(seed), generate(seed));
        assert_eq!(one.trace.uops, other.trace.uops);
        assert_eq!(one.trace.exits, other.trace.exits);
        assert_eq!(one.starts.len(), other.starts.len());
        for (one, other) in one.starts.iter().zip(&other.starts) {
            assert_eq!(one.handed, other.handed);
            assert_eq!(one.machine.visible, other.machine.visible);
        }
    }
}

/// Recorded or optimised, a trace is what its text says.
#[test]
fn random_traces_survive_their_text_form() {
    for seed in Seeds::from_environment().take(500) {
        let recorded = generate(seed).trace;
        let optimised = optimise(&recorded, &Options::default()).trace;
        for mut trace in [recorded, optimised] {
            let text = trace.to_string();
            let parsed = parse_trace(&text, &trace.interface);
            let mut parsed =
                parsed.unwrap_or_else(|error| panic!("seed {seed:#x}: {error}\n{text}"));
            // Contracts are numbered by appearance.
            for header in [&mut trace.header, &mut parsed.header]
                .into_iter()
                .flatten()
            {
                header.contract = ContractId(0);
            }
            assert!(trace == parsed, "seed {seed:#x}:\n{text}\n{parsed}");
        }
    }
}

/// The generator makes sense and covers the language: recorded traces run without a fault, agree
/// with themselves under forced exits (so no guard follows an effect), and reach every op and
/// every way out.
#[test]
fn recorded_traces_agree_with_themselves() {
    let mut coverage = Coverage::default();
    for seed in Seeds::from_environment() {
        match examine(&generate(seed), &identity) {
            Ok(one) => coverage.add(&one),
            Err(report) => panic!("{report}"),
        }
    }
    coverage.print("recorded traces");
    if coverage.runs < 4000 {
        return;
    }
    let not_generated = [Op::RefOfBits, Op::Invariant, Op::Unreachable];
    for op in Op::all().filter(|op| !not_generated.contains(op)) {
        let executed = coverage.ops.get(op.name()).copied().unwrap_or(0);
        assert!(executed > 50, "{} was executed {executed} times", op.name());
    }
    for exit in [
        "side",
        "deopt",
        "error",
        "poll",
        "transfer",
        "exit",
        "exit_dynamic",
        "error_exit",
    ] {
        let taken = coverage.exits.get(exit).copied().unwrap_or(0);
        assert!(taken > 20, "{exit} was taken {taken} times");
    }
    assert!(coverage.foreign_entries > 100 && coverage.arrivals > coverage.runs / 2);
}
