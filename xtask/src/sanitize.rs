//! `cargo xtask sanitize`: runs the suites under AddressSanitizer.
//!
//! Traces run on the evaluator: its accesses are Rust, which the sanitizer instruments, while code that
//! Cranelift makes is not. So a trace that reads what was freed, or beyond an array, is found where
//! it does. The heap of Moonlet tells the sanitizer which of its bytes have no owner
//! (`--cfg sanitize_address`), and the tests' collector really frees.
//!
//! Needs a nightly toolchain; downloads none. Where that has the library sources (`rust-src`), the
//! standard library is instrumented, too. Not part of the gate: it takes a quarter of an hour.

use crate::command;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// Which suites.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the library's.
    #[arg(long, conflicts_with = "lua")]
    library: bool,
    /// Only Lua programs.
    #[arg(long)]
    lua: bool,
}

/// Runs them. A report ends the test binary that it comes from; the others run all the same.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let sysroot = command::output(&mut rustc(&["--print", "sysroot"]))
        .context("the sanitizer needs a nightly toolchain")?;
    let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/Cargo.lock");
    let version = command::output(&mut rustc(&["--version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("the compiler names its host")?;
    let suite = |suite: &[&str]| {
        let mut tests = command::cargo();
        tests.args(["+nightly", "test", "--no-fail-fast", "--target", host]);
        tests.args(["--target-dir", "target-sanitize"]);
        if sources.exists() {
            tests.arg("-Zbuild-std");
        }
        tests.args(suite);
        for (name, value) in [
            // Objects of tests are leaked on purpose; allocations that cannot be had are refused.
            ("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1"),
            ("OFFRAMP_MACHINE_CODE", "0"),
            // Instrumented evaluators are as slow as emulated machines.
            ("OFFRAMP_EMULATED", "1"),
            // Instrumented frames are several times as large.
            ("RUST_MIN_STACK", "16777216"),
            ("OFFRAMP_RANDOM_TRACES", "300"),
            ("OFFRAMP_RANDOM_PROGRAMS", "100"),
            ("OFFRAMP_RANDOM_LUA", "20"),
        ] {
            if std::env::var_os(name).is_none() {
                tests.env(name, value);
            }
        }
        let mut flags = std::env::var("RUSTFLAGS").unwrap_or_default();
        flags.push_str(" -Zsanitizer=address --cfg sanitize_address");
        tests.env("RUSTFLAGS", flags.trim());
        tests.env_remove("CARGO_ENCODED_RUSTFLAGS");
        command::run(&mut tests)
    };
    // Both, whatever the first finds.
    let library = match arguments.lua {
        true => Ok(()),
        false => {
            let packages = ["-p", "offramp-uop", "-p", "offramp", "-p", "offramp-tests"];
            let evaluator = ["--no-default-features", "--lib", "--bins", "--tests"];
            suite(&[&packages[..], &evaluator].concat())
        }
    };
    let lua = match arguments.library {
        true => Ok(()),
        false => {
            let moonlet = ["-p", "offramp-moonlet", "--lib"];
            let programs = ["--test", "programs", "--test", "generated"];
            suite(&[&moonlet[..], &programs].concat())
        }
    };
    library.and(lua)
}

fn rustc(arguments: &[&str]) -> Command {
    let mut rustc = Command::new("rustc");
    rustc.env_remove("RUSTUP_TOOLCHAIN");
    rustc.arg("+nightly").args(arguments);
    rustc
}
