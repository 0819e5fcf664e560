//! What people run on this repository: `cargo xtask <command>`.
//!
//! One file per command. Commands run cargo and other programs as a person would and print what
//! they run; none of them is needed to build or use the library.

mod aarch64;
mod bench;
mod bless;
mod command;
mod docs;
mod fuzz;
mod layers;
mod mutants;
mod prove_rules;
mod same_traces;
mod sanitize;
mod tidy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What people run on this repository")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the suites on emulated aarch64.
    Aarch64(aarch64::Arguments),
    /// Count and time what the library costs.
    Bench(bench::Arguments),
    /// Rewrite expected outputs: file tests and inline snapshots.
    Bless(bless::Arguments),
    /// Regenerate the parts of the book that are printed from the code.
    Docs,
    /// Run the random suites with fresh seeds.
    Fuzz(fuzz::Arguments),
    /// Break the library in known ways, and see that a test notices each.
    Mutants(mutants::Arguments),
    /// Prove the equations of the rule table at 64 bits, by an SMT solver.
    ProveRules(prove_rules::Arguments),
    /// Compare every trace of every program with another commit's.
    SameTraces(same_traces::Arguments),
    /// Run the suites under AddressSanitizer.
    Sanitize(sanitize::Arguments),
    /// Check what no compiler checks: headers, lengths, lists kept by hand.
    Tidy,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Task::Aarch64(arguments) => aarch64::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Bless(arguments) => bless::run(&arguments),
        Task::Docs => docs::run(),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Mutants(arguments) => mutants::run(&arguments),
        Task::ProveRules(arguments) => prove_rules::run(&arguments),
        Task::SameTraces(arguments) => same_traces::run(&arguments),
        Task::Sanitize(arguments) => sanitize::run(&arguments),
        Task::Tidy => tidy::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
