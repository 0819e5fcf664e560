//! `cargo xtask bench`: what the library costs.
//!
//! The programs that measure are built with the release profile and belong to the `tests` package:
//! `interp` for the plain interpreter ([`interp`]), `bench` for compiled code. What needs a C
//! compiler, the limit that exits are compared with, is built here.

mod interp;
mod moonlet;
mod process;
mod settle;

use crate::command;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// What to measure.
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// `Direct` against a hand-written loop of the same layout.
    Interp {
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
        /// Fail if the instruction ratio is above 1.3; times are left out.
        #[arg(long)]
        gate: bool,
    },
    /// Taken exits by pattern beside the same control flow in C; bytes per exit.
    Exits {
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Compiling, by phase, over random and real traces.
    Compile {
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Publishing and freeing code, and the memory it takes.
    Memory {
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Whole programs under Moonlet beside lua5.4, luajit and gcc -O2.
    Moonlet(moonlet::Arguments),
    /// Programs that could run away, with and without traces: whether they keep the promise.
    Settle(settle::Arguments),
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.what {
        What::Interp { json, gate } => interp::run(*json, *gate),
        What::Exits { json } => {
            let mut bench = bench("exits", *json)?;
            match limit() {
                Ok(limit) => {
                    bench.arg("--limit").arg(limit);
                }
                Err(error) => eprintln!("no limit beside the figures: {error:#}"),
            }
            print(&mut bench)
        }
        What::Compile { json } => print(&mut bench("compile", *json)?),
        What::Memory { json } => print(&mut bench("memory", *json)?),
        What::Moonlet(arguments) => moonlet::run(arguments),
        What::Settle(arguments) => settle::run(arguments),
    }
}

fn bench(what: &str, json: bool) -> Result<Command> {
    let mut bench = Command::new(build("bench")?);
    bench.arg(what);
    if json {
        bench.arg("--json");
    }
    Ok(bench)
}

fn print(bench: &mut Command) -> Result<()> {
    print!("{}", command::output(bench)?);
    Ok(())
}

/// Builds one of the programs that measure; its path.
fn build(name: &str) -> Result<PathBuf> {
    let mut build = command::cargo();
    build.args([
        "build",
        "--release",
        "--quiet",
        "-p",
        "offramp-tests",
        "--bin",
        name,
    ]);
    command::output(&mut build)?;
    Ok(release().join(name))
}

/// Builds the control flow of exits as C makes it; its path.
fn limit() -> Result<PathBuf> {
    let source = command::root().join("tests/src/bin/bench/limit.c");
    let program = release().join("limit");
    let mut build = Command::new("cc");
    build.args(["-O2", "-o"]).arg(&program).arg(source);
    command::output(&mut build)?;
    Ok(program)
}

fn release() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| command::root().join("target"));
    target.join("release")
}
