//! Puts an optimiser to the test, and when it fails names seed, pass, rule, start and first
//! difference.
//!
//! Rewrites are counted as they are made, and an optimiser can be stopped after so many (its
//! *fuel*). The guilty rewrite is the last one made with the least fuel that fails; it is found by
//! bisection, as LLVM's `-opt-bisect-limit` does.

use super::checker::{Coverage, Failure, check};
use super::generate::{Generated, Start};
use super::shrink::shrink;
use crate::id::Value;
use crate::trace::Trace;
use std::fmt;

/// A rewrite an optimiser made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The pass.
    pub pass: String,
    /// The rule.
    pub rule: String,
    /// The uop it was made at.
    pub at: Value,
}

/// An optimiser: from a recorded trace and fuel to the result and the rewrites made.
pub type Optimiser<'a> = dyn Fn(&Trace, Option<u64>) -> (Trace, Vec<Step>) + 'a;

/// A failure and whose fault it is.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed of the trace.
    pub seed: u64,
    /// The least fuel that fails, and its last rewrite. `None` if it fails without any.
    pub guilty: Option<(u64, Step)>,
    /// What fails, on the shrunk trace.
    pub failure: Failure,
    /// The shrunk trace, as recorded.
    pub recorded: Trace,
    /// The shrunk trace, optimised with the least fuel that fails.
    pub optimised: Trace,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {:#018x}", self.seed)?;
        match &self.guilty {
            Some((fuel, step)) => writeln!(
                f,
                "pass {}, rule {} at {} (with fuel {fuel})",
                step.pass, step.rule, step.at
            )?,
            None => writeln!(f, "fails without a rewrite")?,
        }
        writeln!(f, "{}", self.failure)?;
        writeln!(f, "recorded:\n{}", self.recorded)?;
        write!(f, "optimised:\n{}", self.optimised)
    }
}

/// Optimises and checks.
///
/// # Errors
/// A report on a small trace that fails.
pub fn examine(generated: &Generated, optimiser: &Optimiser<'_>) -> Result<Coverage, Box<Report>> {
    let (optimised, _) = optimiser(&generated.trace, None);
    match check(&generated.trace, &optimised, &generated.starts) {
        Ok(coverage) => Ok(coverage),
        Err(_) => Err(Box::new(report(generated, optimiser))),
    }
}

fn report(generated: &Generated, optimiser: &Optimiser<'_>) -> Report {
    let starts = &generated.starts;
    let recorded = shrink(&generated.trace, &mut |trace| {
        let failure = check(trace, trace, starts);
        failure.is_ok() && fails(trace, starts, optimiser, None).is_some()
    });
    let (_, trail) = optimiser(&recorded, None);
    let (mut passes, mut fails_at) = (0, trail.len() as u64);
    let guilty = if fails(&recorded, starts, optimiser, Some(0)).is_some() {
        None
    } else {
        while passes + 1 < fails_at {
            let middle = (passes + fails_at) / 2;
            if fails(&recorded, starts, optimiser, Some(middle)).is_some() {
                fails_at = middle;
            } else {
                passes = middle;
            }
        }
        let (_, trail) = optimiser(&recorded, Some(fails_at));
        trail.last().map(|step| (fails_at, step.clone()))
    };
    let fuel = guilty.as_ref().map_or(Some(0), |(fuel, _)| Some(*fuel));
    let (failure, optimised) = fails(&recorded, starts, optimiser, fuel)
        .or_else(|| fails(&recorded, starts, optimiser, None))
        .expect("what fails is kept while shrinking");
    Report {
        seed: generated.seed,
        guilty,
        failure,
        recorded,
        optimised,
    }
}

fn fails(
    recorded: &Trace,
    starts: &[Start],
    optimiser: &Optimiser<'_>,
    fuel: Option<u64>,
) -> Option<(Failure, Trace)> {
    let (optimised, _) = optimiser(recorded, fuel);
    let failure = check(recorded, &optimised, starts).err()?;
    Some((failure, optimised))
}
