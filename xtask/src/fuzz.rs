//! `cargo xtask fuzz`: the random suites, for as long as you like, with fresh seeds.
//!
//! The suites are ordinary tests, which run a fixed number of cases from a fixed seed. Here each
//! round gets `OFFRAMP_RANDOM_SECONDS` and a fresh `OFFRAMP_SEED`; a failure prints the seed that
//! makes it again.

use crate::command;
use anyhow::Result;
use std::time::{Duration, Instant};

/// Seconds that each suite runs in one round. Failures show between rounds at the latest.
const ROUND: u64 = 60;

/// How long, and what.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long to go on. Rounds are not cut short.
    #[arg(long)]
    minutes: u64,
    /// Only random traces: the optimiser, and compiled code.
    #[arg(long, conflicts_with_all = ["links", "lua"])]
    traces: bool,
    /// Only random programs whose executors are linked, unlinked and freed as they run.
    #[arg(long, conflicts_with = "lua")]
    links: bool,
    /// Only Lua programs from a grammar, under Moonlet and lua5.4.
    #[arg(long)]
    lua: bool,
}

/// Runs rounds until the time is up; the first failure ends it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(arguments.minutes * 60);
    let mut rounds = 0;
    while rounds == 0 || Instant::now() < end {
        rounds += 1;
        println!(
            "round {rounds}, {} s left",
            end.saturating_duration_since(Instant::now()).as_secs()
        );
        let all = !arguments.traces && !arguments.links && !arguments.lua;
        if all || arguments.traces {
            round(&["-p", "offramp-uop", "--lib", "testing::tests"])?;
            round(&["-p", "offramp-tests", "--test", "native_traces"])?;
        }
        if all || arguments.links {
            round(&["-p", "offramp-tests", "--test", "links"])?;
        }
        if all || arguments.lua {
            round(&["-p", "offramp-moonlet", "--test", "generated"])?;
        }
    }
    println!("{rounds} rounds without a failure");
    Ok(())
}

fn round(suite: &[&str]) -> Result<()> {
    let mut tests = command::cargo();
    tests.arg("test").args(suite).args(["--", "--nocapture"]);
    let seed = std::time::UNIX_EPOCH.elapsed()?.as_nanos() as u64;
    tests
        .env("OFFRAMP_RANDOM_SECONDS", ROUND.to_string())
        .env("OFFRAMP_SEED", format!("{seed:#x}"));
    command::run(&mut tests)
}
