//! `cargo xtask bench interp`: the plain interpreter against a hand-written loop.
//!
//! The larger test program runs on `Direct`, without recording, and on a loop written by hand with
//! the same layout, counters and checks. What counts is *instructions* under callgrind, which are the
//! same in every run; start-up is taken off by running two sizes and subtracting. Times are
//! measured too, interleaved, the least of several, and are not a gate: on a shared machine they
//! move by a third.

use super::{build, process};
use crate::command;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The most instructions per instruction of the hand-written loop.
const GATE: f64 = 1.3;
/// Iterations of the two counted runs.
const COUNTED: [u32; 2] = [1000, 3000];
/// Iterations of a timed run, and how many runs of each kind.
const TIMED: u32 = 500_000;
const SAMPLES: u32 = 9;

/// Measures and prints.
pub(super) fn run(json: bool, gate: bool) -> Result<()> {
    let program = build("interp")?;
    let direct = instructions(&program, "direct")?;
    let hand = instructions(&program, "hand")?;
    let ratio = direct as f64 / hand as f64;
    let times = if gate { None } else { Some(times(&program)?) };
    if json {
        let times = times.map_or(String::new(), |(direct, hand)| {
            format!(
                ",\"seconds\":{{\"direct\":{:.6},\"hand\":{:.6},\"ratio\":{:.4}}}",
                direct.as_secs_f64(),
                hand.as_secs_f64(),
                direct.as_secs_f64() / hand.as_secs_f64()
            )
        });
        println!(
            "{{\"instructions\":{{\"direct\":{direct},\"hand\":{hand},\"ratio\":{ratio:.4}}}{times}}}"
        );
    } else {
        println!("{:28} {:>9} {:>9}  ratio", "", "Direct", "by hand");
        println!("instructions per iteration   {direct:>9} {hand:>9}  {ratio:.3}");
        if let Some((direct, hand)) = times {
            let ratio = direct.as_secs_f64() / hand.as_secs_f64();
            let (direct, hand) = (direct.as_millis(), hand.as_millis());
            println!("milliseconds                 {direct:>9} {hand:>9}  {ratio:.3}");
        }
    }
    if gate && ratio > GATE {
        bail!("{ratio:.3} instructions per instruction of the hand-written loop, at most {GATE}");
    }
    Ok(())
}

/// Instructions of an iteration of all programs.
fn instructions(program: &Path, way: &str) -> Result<u64> {
    let [few, more] = COUNTED;
    let difference = callgrind(program, way, more)? - callgrind(program, way, few)?;
    Ok(difference / u64::from(more - few))
}

fn callgrind(program: &Path, way: &str, size: u32) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([way, &size.to_string()]);
    let output = valgrind.output().context("valgrind is not installed")?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("{}: {report}", output.status);
    }
    process::collected(&report)
}

/// The least times, `Direct` and by hand, measured in turns.
fn times(program: &Path) -> Result<(Duration, Duration)> {
    let mut least = [Duration::MAX; 2];
    for _ in 0..SAMPLES {
        for (way, least) in ["direct", "hand"].into_iter().zip(&mut least) {
            let mut run = Command::new(program);
            run.args([way, &TIMED.to_string()]);
            let start = Instant::now();
            command::output(&mut run)?;
            *least = start.elapsed().min(*least);
        }
    }
    Ok((least[0], least[1]))
}
