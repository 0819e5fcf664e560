//! `cargo xtask bless`: rewrites expected outputs, to be read in the diff before they are committed.

use crate::{command, docs};
use anyhow::Result;

/// What to bless.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only tests whose names contain this.
    filter: Option<String>,
}

/// Prints the book's generated parts and runs the tests with all rewriting switches on.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    docs::run()?;
    let mut tests = command::cargo();
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(&arguments.filter)
        .env("OFFRAMP_BLESS", "1")
        .env("UPDATE_EXPECT", "1")
        .env("TRYBUILD", "overwrite");
    command::run(&mut tests)
}
