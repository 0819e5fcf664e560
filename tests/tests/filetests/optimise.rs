//! `test optimise [passes]`: the rewrites in order and the optimised traces, which must pass the
//! verifier and stay as they are when optimised again.
//!
//! Without a list every pass runs. Traces behind the first may go back to the first's header.

use crate::case::Case;
use offramp_uop::Trace;
use offramp_uop::optimise::{Options, Pass, Passes, optimise};
use offramp_uop::text::{parse_file, print_traces};
use offramp_uop::verify::{verify, verify_recorded};

pub(crate) fn run(case: &Case) -> Result<String, String> {
    let passes: Vec<Pass> = case
        .arguments
        .iter()
        .map(|name| Pass::from_name(name).ok_or(format!("no pass is called `{name}`")))
        .collect::<Result<_, _>>()?;
    let (_, traces) = parse_file(&case.input).map_err(|error| error.to_string())?;
    let mut optimised: Vec<Trace> = Vec::new();
    let mut trails = Vec::new();
    for trace in &traces {
        verify_recorded(trace).map_err(|errors| errors.to_string())?;
        let options = Options {
            passes: match passes.as_slice() {
                [] => Passes::ALL,
                passes => Passes::of(passes),
            },
            reenter: optimised.first(),
            ..Options::default()
        };
        let once = optimise(trace, &options);
        verify(&once.trace).map_err(|errors| errors.to_string())?;
        let mut twice = optimise(&once.trace, &options);
        // A loop that rests on nothing looks like a recorded one, and its header is named anew.
        if let (Some(header), Some(first)) = (&mut twice.trace.header, &once.trace.header) {
            header.contract = first.contract;
        }
        if twice.trace != once.trace {
            return Err(format!("optimised again it differs:\n{}", twice.trace));
        }
        let trail = once.trail.iter().map(|rewrite| format!("{rewrite}\n"));
        trails.push(trail.collect::<String>());
        optimised.push(once.trace);
    }
    let printed = print_traces(&optimised);
    Ok(trails
        .into_iter()
        .zip(printed)
        .map(|(trail, trace)| trail + &trace)
        .collect())
}
