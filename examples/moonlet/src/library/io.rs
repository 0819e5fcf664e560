//! `io`: writing. `io.stdout` and `io.stderr` are tables with a few methods.

use super::Raised;
use super::args::Args;
use crate::host::Host;
use crate::value::truth;
use offramp::Tagged;
use std::io::Write;

type Answers = Result<(), Raised>;

fn failed(error: std::io::Error) -> Raised {
    Raised::Message(error.to_string())
}

pub(super) fn write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("io.write", args);
    for number in 1..=args.len() {
        let text = args.text(number)?;
        host.output.write_all(&text).map_err(failed)?;
    }
    results.push(Tagged::reference(host.stdout));
    Ok(())
}

pub(super) fn stdout_write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("write", args);
    for number in 2..=args.len() {
        let text = args.text(number)?;
        host.output.write_all(&text).map_err(failed)?;
    }
    results.push(Tagged::reference(host.stdout));
    Ok(())
}

pub(super) fn stderr_write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("write", args);
    for number in 2..=args.len() {
        let text = args.text(number)?;
        std::io::stderr().write_all(&text).map_err(failed)?;
    }
    results.push(Tagged::reference(host.stderr));
    Ok(())
}

pub(super) fn stdout_flush(host: &mut Host, _: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    host.output.flush().map_err(failed)?;
    results.push(Tagged::reference(host.stdout));
    Ok(())
}

/// Output is buffered as the host does it, whatever is asked for.
pub(super) fn stdout_setvbuf(_: &mut Host, _: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    results.push(truth(true));
    Ok(())
}
