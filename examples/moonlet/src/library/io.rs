//! `io`: writing. `io.stdout` and `io.stderr` are tables with a few methods.

use super::args::Args;
use super::{Raised, shown};
use crate::host::Host;
use crate::number::int;
use crate::number::write::format_short;
use crate::output::{Buffering, Output};
use crate::value::Tagged;
use crate::value::{FLOAT, NIL, NOTHING, Table, truth};
use offramp::Reference;
use std::io;

type Answers = Result<(), Raised>;

/// The stream that the first argument stands for, and the table that stands for it.
fn stream<'a>(
    host: &'a mut Host,
    args: &Args<'_>,
) -> Result<(&'a mut Output, Reference<Table>), Raised> {
    let table = args.get(1).as_reference::<Table>();
    match table {
        Some(table) if table == host.stdout => Ok((&mut host.output, table)),
        Some(table) if table == host.stderr => Ok((&mut host.errors, table)),
        _ => Err(args.expected(1, "FILE*")),
    }
}

/// What a call answers that failed: nil, why, and the system's number for that.
fn failure(host: &Host, error: &io::Error, results: &mut Vec<Tagged>) {
    let number = error.raw_os_error().unwrap_or(0);
    let text = error.to_string();
    // Rust says the number, too.
    let text = match text.split_once(" (os error ") {
        Some((text, _)) => text,
        None => &text,
    };
    // The call is not to be tried again, as other calls are that find no memory: it has written.
    let text = host.heap.string(text.as_bytes());
    let text = text.map_or(host.no_memory, Tagged::reference);
    results.extend([NOTHING, text, int(i64::from(number))]);
}

/// Answers `answer`, or that the call failed.
fn answer(host: &Host, done: io::Result<()>, answer: Tagged, results: &mut Vec<Tagged>) {
    match done {
        Ok(()) => results.push(answer),
        Err(error) => failure(host, &error, results),
    }
}

/// Writes the arguments from number `first` on. Floats do not look like those of `tostring`. After
/// a failure strings are dropped, numbers are not, as in lua5.4.
fn write_all(output: &mut Output, args: &Args<'_>, first: usize) -> Result<io::Result<()>, Raised> {
    let mut done = Ok(());
    for number in first..=args.len() {
        let value = args.get(number);
        let text = args.text(number)?;
        let written = match value.tag() {
            FLOAT => output.write(format_short(value.as_float()).as_bytes()),
            _ if done.is_ok() || text.is_number() => output.write(&text),
            _ => Ok(()),
        };
        if written.is_err() {
            done = written;
        }
    }
    Ok(done)
}

pub(super) fn write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let done = write_all(&mut host.output, &Args::new("io.write", args), 1)?;
    let stdout = Tagged::reference(host.stdout);
    answer(host, done, stdout, results);
    Ok(())
}

pub(super) fn flush(host: &mut Host, _: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let done = host.output.flush();
    answer(host, done, truth(true), results);
    Ok(())
}

/// The standard streams stay open, and there are no others.
pub(super) fn close(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("io.close", args);
    if args.len() > 0 {
        stream(host, &args)?;
    }
    stays_open(host, results)
}

fn stays_open(host: &Host, results: &mut Vec<Tagged>) -> Answers {
    let text = host.heap.string(b"cannot close standard file")?;
    results.extend([NOTHING, Tagged::reference(text)]);
    Ok(())
}

pub(super) fn type_of(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("io.type", args);
    args.any(1)?;
    results.push(match stream(host, &args) {
        Ok(_) => Tagged::reference(host.heap.string(b"file")?),
        Err(_) => NOTHING,
    });
    Ok(())
}

pub(super) fn file_write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("?", args);
    let (output, file) = stream(host, &args)?;
    let done = write_all(output, &args, 2)?;
    answer(host, done, Tagged::reference(file), results);
    Ok(())
}

pub(super) fn file_flush(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let done = stream(host, &Args::new("?", args))?.0.flush();
    answer(host, done, truth(true), results);
    Ok(())
}

pub(super) fn file_close(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    stream(host, &Args::new("?", args))?;
    stays_open(host, results)
}

/// The size that may be asked for is a hint, which the C library does not take either.
pub(super) fn file_setvbuf(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("?", args);
    let (output, _) = stream(host, &args)?;
    let mode = args.text(2)?;
    let buffering = match &*mode {
        b"no" => Buffering::None,
        b"line" => Buffering::Line,
        b"full" => Buffering::Full,
        _ => {
            let mode = shown(&mode)?;
            return Err(args.bad(2, format!("invalid option '{mode}'")));
        }
    };
    if args.get(3).tag() != NIL {
        args.int(3)?;
    }
    let done = output.set_buffering(buffering);
    answer(host, done, truth(true), results);
    Ok(())
}
