//! `io`: writing. `io.stdout` and `io.stderr` are tables with a few methods.

use super::Raised;
use super::args::Args;
use crate::host::Host;
use crate::number::write::format_short;
use crate::value::{FLOAT, truth};
use offramp::Tagged;
use std::io::Write;

type Answers = Result<(), Raised>;

fn failed(error: std::io::Error) -> Raised {
    Raised::Message(error.to_string())
}

/// Writes the arguments from number `first` on. Floats do not look like those of `tostring`.
fn write_all(args: &Args<'_>, first: usize, output: &mut dyn Write) -> Answers {
    for number in first..=args.len() {
        let value = args.get(number);
        let written = match value.tag() {
            FLOAT => output.write_all(format_short(value.as_float()).as_bytes()),
            _ => output.write_all(&args.text(number)?),
        };
        written.map_err(failed)?;
    }
    Ok(())
}

pub(super) fn write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    write_all(&Args::new("io.write", args), 1, &mut host.output)?;
    results.push(Tagged::reference(host.stdout));
    Ok(())
}

pub(super) fn stdout_write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    write_all(&Args::new("write", args), 2, &mut host.output)?;
    results.push(Tagged::reference(host.stdout));
    Ok(())
}

pub(super) fn stderr_write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    write_all(&Args::new("write", args), 2, &mut std::io::stderr())?;
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
