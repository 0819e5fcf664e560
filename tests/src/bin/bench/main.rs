//! What the library costs: `bench exits|compile|memory [--json]`.
//!
//! `cargo xtask bench` builds and runs this; each subcommand is a file of its own. Times are the
//! least of several runs, taken in turns, since other work on a machine only adds.

mod bytes;
mod compile;
mod exits;
mod memory;
mod ring;
mod ways;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match arguments.split_first() {
        Some((&"exits", rest)) => exits::run(rest),
        Some((&"compile", rest)) => compile::run(rest),
        Some((&"memory", rest)) => memory::run(rest),
        _ => Err("usage: bench exits|compile|memory [--json]".to_owned()),
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
