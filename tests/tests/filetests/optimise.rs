//! `test optimise [passes]`: the rewrites in order and the optimised traces, which must pass the
//! verifier and stay as they are when optimised again.
//!
//! Without a list every pass runs. Traces behind the first may go back to the first's header. With a
//! directive `join: general` or `join: memory` they end where paths join instead, meet those before
//! them if they can, and leave in this way if not; with `join: general unpolled` none polls.

use crate::case::Case;
use offramp_uop::Trace;
use offramp_uop::optimise::{Join, Options, Pass, Passes, optimise};
use offramp_uop::text::{parse_file, print_traces};
use offramp_uop::verify::{verify, verify_recorded};
use std::sync::Arc;

pub(crate) fn run(case: &Case) -> Result<String, String> {
    let passes: Vec<Pass> = case
        .arguments
        .iter()
        .map(|name| Pass::from_name(name).ok_or(format!("no pass is called `{name}`")))
        .collect::<Result<_, _>>()?;
    let (_, traces) = parse_file(&case.input).map_err(|error| error.to_string())?;
    let mut directives = case.directives();
    let join = directives.find(|&(keyword, _)| keyword == "join");
    let join = join.map(|(_, how)| match how {
        "general" => Ok((false, true)),
        "general unpolled" => Ok((false, false)),
        "memory" => Ok((true, true)),
        how => Err(format!("no end is called `{how}`")),
    });
    let join = join.transpose()?;
    let mut optimised: Vec<Arc<Trace>> = Vec::new();
    let mut trails = Vec::new();
    for trace in &traces {
        verify_recorded(trace).map_err(|errors| errors.to_string())?;
        let reenter: Vec<&Trace> = optimised.iter().take(1).map(|first| &**first).collect();
        let options = Options {
            passes: match passes.as_slice() {
                [] => Passes::ALL,
                passes => Passes::of(passes),
            },
            reenter: &reenter,
            join: join.map(|(in_memory, polls)| Join {
                entries: &optimised,
                in_memory,
                polls,
            }),
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
        optimised.push(Arc::new(once.trace));
    }
    let optimised: Vec<Trace> = optimised.into_iter().map(Arc::unwrap_or_clone).collect();
    let printed = print_traces(&optimised);
    Ok(trails
        .into_iter()
        .zip(printed)
        .map(|(trail, trace)| trail + &trace)
        .collect())
}
