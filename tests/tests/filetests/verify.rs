//! `test verify [recorded]`: what the verifier reports of each trace.

use crate::case::Case;
use offramp_uop::text::parse_file;
use offramp_uop::verify::{verify, verify_recorded};

pub(crate) fn run(case: &Case) -> Result<String, String> {
    let check = match case.arguments.as_slice() {
        [] => verify,
        [recorded] if recorded == "recorded" => verify_recorded,
        _ => return Err("`test verify` or `test verify recorded`".into()),
    };
    let (_, traces) = parse_file(&case.input).map_err(|error| error.to_string())?;
    let reports = traces.iter().map(|trace| match check(trace) {
        Ok(()) => format!("{:?} is well formed\n", trace.name),
        Err(errors) => format!("{errors}\n"),
    });
    Ok(reports.collect())
}
