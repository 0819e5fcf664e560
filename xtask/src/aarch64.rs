//! `cargo xtask aarch64`: runs the suites for aarch64 under user-mode emulation.
//!
//! Needs qemu-user, a cross linker, and one of: the rustup target, or a nightly with the library
//! sources (`rust-src`), from which the standard library is built. It downloads no toolchain. A
//! machine that cannot have the leg gets one loud line, or a failure if
//! `OFFRAMP_REQUIRE_AARCH64=1`: an absent leg must never look like a passed one.
//!
//! Random suites run fewer cases here and compile-fail tests none: emulation is ten times slower,
//! and what does not compile does not depend on the machine.

use crate::command;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

const TARGET: &str = "aarch64-unknown-linux-gnu";
const EMULATOR: &str = "qemu-aarch64";
const LINKER: &str = "aarch64-linux-gnu-gcc";

/// How to run the leg.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only say whether the target's libraries can be had here.
    #[arg(long)]
    probe: bool,
}

/// Where the target's standard library comes from.
enum Libraries {
    /// The rustup target is installed.
    Installed,
    /// Built from the sources in the nightly toolchain.
    Sources,
}

/// Runs the leg, or says loudly that it cannot be had.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Some(libraries) = libraries() else {
        let reason = "neither the rustup target nor a nightly with rust-src is installed";
        if arguments.probe {
            bail!(reason);
        }
        return absent(reason);
    };
    match missing_tool() {
        _ if arguments.probe => Ok(()),
        Some(tool) => absent(&format!("{tool} is not installed")),
        None => test(&libraries),
    }
}

fn absent(reason: &str) -> Result<()> {
    if std::env::var("OFFRAMP_REQUIRE_AARCH64").is_ok_and(|value| value == "1") {
        bail!("the aarch64 leg is required and cannot run: {reason}");
    }
    println!("!!! AARCH64 LEG DID NOT RUN: {reason}");
    Ok(())
}

fn libraries() -> Option<Libraries> {
    let holds = |toolchain: &[&str], path: &str| {
        let mut rustc = Command::new("rustc");
        rustc.args(toolchain).args(["--print", "sysroot"]);
        rustc.env_remove("RUSTUP_TOOLCHAIN");
        command::output(&mut rustc)
            .is_ok_and(|sysroot| Path::new(sysroot.trim()).join(path).exists())
    };
    if holds(&[], &format!("lib/rustlib/{TARGET}/lib")) {
        Some(Libraries::Installed)
    } else if holds(&["+nightly"], "lib/rustlib/src/rust/library/Cargo.lock") {
        Some(Libraries::Sources)
    } else {
        None
    }
}

fn missing_tool() -> Option<&'static str> {
    [EMULATOR, LINKER]
        .into_iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_err())
}

fn test(libraries: &Libraries) -> Result<()> {
    let library = [
        "--workspace",
        "--exclude",
        "xtask",
        "--exclude",
        "offramp-moonlet",
    ];
    let all = ["--lib", "--bins", "--tests"];
    let tests = ["--", "--skip", "the_two_phases_hold"];
    suites(libraries, &[&library[..], &all, &tests].concat())?;
    // Not its command line: an emulated process cannot start another.
    let moonlet = ["-p", "offramp-moonlet", "--lib"];
    let programs = [
        "--test",
        "programs",
        "--test",
        "generated",
        "--test",
        "settle",
    ];
    suites(libraries, &[&moonlet[..], &programs].concat())
}

fn suites(libraries: &Libraries, arguments: &[&str]) -> Result<()> {
    let mut tests = command::cargo();
    match libraries {
        Libraries::Installed => tests.arg("test"),
        Libraries::Sources => tests.args(["+nightly", "test", "-Zbuild-std"]),
    };
    tests
        .args(["--target", TARGET, "--target-dir", "target-aarch64"])
        .args(arguments);
    for (name, value) in [
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER),
        (
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER",
            "qemu-aarch64 -L /usr/aarch64-linux-gnu",
        ),
        // The cross linker takes as long over debug information as the suites over running.
        ("CARGO_PROFILE_DEV_DEBUG", "0"),
        ("OFFRAMP_RANDOM_TRACES", "100"),
        ("OFFRAMP_RANDOM_PROGRAMS", "30"),
        ("OFFRAMP_INTERPRETERS", "500"),
        ("OFFRAMP_RANDOM_LUA", "10"),
        ("OFFRAMP_FORCED_EVERY", "8"),
        ("OFFRAMP_EMULATED", "1"),
    ] {
        if std::env::var_os(name).is_none() {
            tests.env(name, value);
        }
    }
    command::run(&mut tests)
}
