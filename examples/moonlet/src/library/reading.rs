//! What `io.read`, `io.lines` and the methods of files read, and in which formats.

use super::args::Args;
use super::io::{
    CLOSED, any_file, close_file, default_file, failure, made, open_file, open_or_raise,
    with_stream,
};
use super::{BuiltinId, Raised};
use crate::host::Host;
use crate::stream::{Standard, Stream};
use crate::value::{FLOAT, File, INT, NIL, NOTHING, Table, Tagged, is_true, truth};
use offramp::Reference;

type Answers = Result<(), Raised>;

/// The most arguments that `lines` hands on to each read.
const MOST_FORMATS: usize = 250;

pub(super) fn read(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let file = default_file(host.files.input, "input")?;
    read_all(host, file, &Args::new("io.read", args), 1, results)
}

pub(super) fn file_read(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("?", args);
    let file = open_file(&args)?;
    read_all(host, file, &args, 2, results)
}

/// Reads what the arguments from number `first` on ask for: a line if there are none. Ends with nil where there
/// was nothing.
fn read_all(
    host: &mut Host,
    file: Reference<File>,
    args: &Args<'_>,
    first: usize,
    results: &mut Vec<Tagged>,
) -> Answers {
    if file.stream.borrow().as_ref().and_then(Stream::which) == Some(Standard::Input) {
        // As the C library does: what is asked is seen before the answer is read.
        let _ = host.output.flush_lines();
    }
    let last = args.len().max(first);
    for number in first..=last {
        let bytes = match Format::of(args, number)? {
            Format::Number => with_stream(file, Stream::read_number).map(Item::Value),
            Format::Line(whole) => {
                with_stream(file, |stream| stream.read_line(whole)).map(Item::Text)
            }
            Format::All => with_stream(file, |it| it.read_all().map(Some)).map(Item::Text),
            Format::Count(count) => {
                with_stream(file, |stream| stream.read_count(count)).map(Item::Text)
            }
        };
        let value = match bytes {
            Ok(Item::Value(value)) => value,
            // What has been read is gone: there is no second try.
            Ok(Item::Text(text)) => match text.map(|text| host.heap.string(&text)) {
                Some(Ok(text)) => Some(Tagged::reference(text)),
                Some(Err(_)) => return Err(Raised::Value(host.no_memory)),
                None => None,
            },
            Err(error) => {
                results.clear();
                failure(host, None, &error, results);
                return Ok(());
            }
        };
        results.push(value.unwrap_or(NOTHING));
        if value.is_none() {
            break;
        }
    }
    Ok(())
}

enum Item {
    Value(Option<Tagged>),
    Text(Option<Vec<u8>>),
}

/// What is to be read.
#[derive(Clone, Copy, Debug)]
enum Format {
    Number,
    /// With its end or without.
    Line(bool),
    All,
    Count(usize),
}

impl Format {
    fn of(args: &Args<'_>, number: usize) -> Result<Format, Raised> {
        if number > args.len() {
            return Ok(Format::Line(false));
        }
        if matches!(args.get(number).tag(), INT | FLOAT) {
            return Ok(Format::Count(args.int(number)? as usize));
        }
        let text = args.text(number)?;
        let text = text.strip_prefix(b"*").unwrap_or(&text);
        match text.first() {
            Some(b'n') => Ok(Format::Number),
            Some(b'l') => Ok(Format::Line(false)),
            Some(b'L') => Ok(Format::Line(true)),
            Some(b'a') => Ok(Format::All),
            _ => Err(args.bad(number, "invalid format")),
        }
    }
}

pub(super) fn file_lines(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let checked = Args::new("?", args);
    open_file(&checked)?;
    lines_of(
        host,
        &checked,
        args[0],
        false,
        args.get(1..).unwrap_or_default(),
    )
}

/// An iterator over a file's lines, or what else these formats read.
fn lines_of(
    host: &Host,
    args: &Args<'_>,
    file: Tagged,
    closes: bool,
    formats: &[Tagged],
) -> Result<Tagged, Raised> {
    if formats.len() > MOST_FORMATS {
        return Err(args.bad(MOST_FORMATS + 2, "too many arguments"));
    }
    let mut state = vec![truth(closes), file];
    state.extend_from_slice(formats);
    let state = host.heap.list(&state)?;
    Ok(host.bind(BuiltinId::LinesStep, Tagged::reference(state))?)
}

pub(super) fn lines(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("io.lines", args);
    let formats = args.get(1..).unwrap_or_default();
    if checked.get(1).tag() == NIL {
        let file = host.files.input;
        if file.stream.borrow().is_none() {
            return Err(Raised::Message(CLOSED.into()));
        }
        let file = Tagged::reference(file);
        results.push(lines_of(host, &checked, file, false, formats)?);
        return Ok(());
    }
    let name = checked.text(1)?;
    let file = made(host, open_or_raise(&name, b"r")?)?;
    let iterator = lines_of(host, &checked, file, true, formats)?;
    // What a loop closes at its end is the fourth.
    results.extend([iterator, NOTHING, NOTHING, file]);
    Ok(())
}

/// What an iterator reads next. Closes the file at the end if it was opened for this.
pub(super) fn lines_step(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let state = args.first().and_then(|state| state.as_reference::<Table>());
    let Some(state) = state else {
        return Ok(());
    };
    let items = (2..=state.border()).map(|index| state.get_int(index));
    let items: Vec<Tagged> = items.collect();
    // The function that called the iterator is the second one up.
    let raised = |message: &[u8]| Raised::Level {
        message: message.to_vec(),
        level: 2,
    };
    let checked = Args::new("lines", &items);
    let file = any_file(&checked, 1)?;
    if file.stream.borrow().is_none() {
        return Err(raised(b"file is already closed"));
    }
    let read = read_all(host, file, &checked, 2, results);
    read.map_err(|error| match error.described(host) {
        Raised::Argument { name, number, what } => {
            let text = Raised::argument(None, false, name, number, &what);
            raised(text.as_bytes())
        }
        error => error,
    })?;
    if results.first().is_some_and(|first| is_true(*first)) {
        return Ok(());
    }
    if let Some(why) = results.get(1).and_then(|why| why.as_reference()) {
        return Err(raised(crate::value::bytes_of(&why)));
    }
    results.clear();
    if is_true(state.get_int(1)) {
        return close_file(host, file, &mut Vec::new());
    }
    Ok(())
}
