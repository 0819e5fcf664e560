//! `io`: files as values with methods, the standard streams, processes. What is read is in [`reading`](super::reading).
//!
//! What is written to the two standard streams that are written to lies in the [`Host`], which
//! embedders see.

use super::args::Args;
use super::os::{make_temporary, os_text, push_status};
use super::{BuiltinId, Raised, shown};
use crate::host::Host;
use crate::number::int;
use crate::number::write::format_short;
use crate::output::{Buffering, Output};
use crate::stream::{Standard, Stream};
use crate::value::{FLOAT, File, INT, NIL, NOTHING, STRING, Tagged, truth};
use offramp::Reference;
use std::fs::{self, OpenOptions};
use std::io::{self, SeekFrom};
use std::process::{Command, Stdio};

type Answers = Result<(), Raised>;

/// What an operation on a closed file says.
pub(super) const CLOSED: &str = "attempt to use a closed file";

/// Builtins that are methods of files.
pub(super) const METHODS: [(&str, BuiltinId); 7] = [
    ("close", BuiltinId::FileClose),
    ("flush", BuiltinId::FileFlush),
    ("lines", BuiltinId::FileLines),
    ("read", BuiltinId::FileRead),
    ("seek", BuiltinId::FileSeek),
    ("setvbuf", BuiltinId::FileSetvbuf),
    ("write", BuiltinId::FileWrite),
];

/// Builtins that are metamethods of files.
pub(super) const METAMETHODS: [(&str, BuiltinId); 3] = [
    ("__close", BuiltinId::FileCollected),
    ("__gc", BuiltinId::FileCollected),
    ("__tostring", BuiltinId::FileTostring),
];

/// What is said of an error that the system found.
pub(super) fn described(error: &io::Error) -> String {
    let text = error.to_string();
    // Rust says the number, too.
    match text.split_once(" (os error ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

/// What a call answers that failed: nil, why, and the system's number for that.
pub(super) fn failure(
    host: &Host,
    file: Option<&[u8]>,
    error: &io::Error,
    results: &mut Vec<Tagged>,
) {
    let number = error.raw_os_error().unwrap_or(0);
    let mut message = file.map(<[u8]>::to_vec).unwrap_or_default();
    if file.is_some() {
        message.extend_from_slice(b": ");
    }
    message.extend_from_slice(described(error).as_bytes());
    // The call is not to be tried again, as other calls are that find no memory: it has written.
    let text = host.heap.string(&message);
    let text = text.map_or(host.no_memory, Tagged::reference);
    results.extend([NOTHING, text, int(i64::from(number))]);
}

/// Answers `answer`, or that the call failed.
pub(super) fn answer(
    host: &Host,
    file: Option<&[u8]>,
    done: io::Result<()>,
    answer: Tagged,
    results: &mut Vec<Tagged>,
) {
    match done {
        Ok(()) => results.push(answer),
        Err(error) => failure(host, file, &error, results),
    }
}

/// The file that an argument is.
pub(super) fn any_file(args: &Args<'_>, number: usize) -> Result<Reference<File>, Raised> {
    let file = args.get(number).as_reference::<File>();
    file.ok_or_else(|| args.expected(number, "FILE*"))
}

/// The file that the first argument is, which must be open.
pub(super) fn open_file(args: &Args<'_>) -> Result<Reference<File>, Raised> {
    let file = any_file(args, 1)?;
    match file.stream.borrow().is_some() {
        true => Ok(file),
        false => Err(Raised::Message(CLOSED.into())),
    }
}

/// The file that is read or written where none is named.
pub(super) fn default_file(file: Reference<File>, what: &str) -> Result<Reference<File>, Raised> {
    match file.stream.borrow().is_some() {
        true => Ok(file),
        false => Err(Raised::Message(format!("default {what} file is closed"))),
    }
}

/// Does something with a file's stream, which must be open.
pub(super) fn with_stream<T>(
    file: Reference<File>,
    act: impl FnOnce(&mut Stream) -> io::Result<T>,
) -> io::Result<T> {
    match &mut *file.stream.borrow_mut() {
        Some(stream) => act(stream),
        None => Err(io::Error::from_raw_os_error(libc::EBADF)),
    }
}

/// Does something with what is written to a file.
fn with_output<T>(
    host: &mut Host,
    file: Reference<File>,
    act: impl FnOnce(&mut Output) -> io::Result<T>,
) -> io::Result<T> {
    match hosts_output(host, file) {
        Some(output) => act(output),
        None => with_stream(file, |stream| act(stream.output()?)),
    }
}

/// A new file.
pub(super) fn made(host: &Host, stream: Stream) -> Result<Tagged, Raised> {
    Ok(Tagged::reference(host.heap.file(stream)?))
}

/// Opens the file of this name.
fn open_named(name: &[u8], mode: &[u8]) -> io::Result<Stream> {
    let updates = mode.contains(&b'+');
    let mut options = OpenOptions::new();
    let (reads, writes) = match mode[0] {
        b'r' => (true, updates),
        _ => (updates, true),
    };
    options.read(reads).write(writes);
    match mode[0] {
        b'w' => options.create(true).truncate(true),
        b'a' => options.create(true).append(true),
        _ => &mut options,
    };
    Ok(Stream::file(options.open(os_text(name))?, reads, writes))
}

/// Whether a mode is one that files are opened in: `r`, `w` or `a`, `+`, `b`.
fn is_mode(mode: &[u8]) -> bool {
    let Some((b'r' | b'w' | b'a', rest)) = mode.split_first() else {
        return false;
    };
    let rest = rest.strip_prefix(b"+").unwrap_or(rest);
    rest.is_empty() || rest == b"b"
}

pub(super) fn open(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("io.open", args);
    let (name, mode) = (args.text(1)?, args.text_or(2, "r")?);
    if !is_mode(&mode) {
        return Err(args.bad(2, "invalid mode"));
    }
    match open_named(&name, &mode) {
        Ok(stream) => results.push(made(host, stream)?),
        Err(error) => failure(host, Some(&name), &error, results),
    }
    Ok(())
}

pub(super) fn tmpfile(host: &mut Host, _: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let made_file = make_temporary().and_then(|(name, file)| {
        fs::remove_file(name)?;
        Ok(file)
    });
    match made_file {
        Ok(file) => results.push(made(host, Stream::file(file, true, true))?),
        Err(error) => failure(host, None, &error, results),
    }
    Ok(())
}

pub(super) fn popen(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("io.popen", args);
    let (command, mode) = (args.text(1)?, args.text_or(2, "r")?);
    let reads = match &*mode {
        b"r" => true,
        b"w" => false,
        _ => return Err(args.bad(2, "invalid mode")),
    };
    // What the process writes comes after what has been written.
    let _ = host.output.flush();
    let _ = host.errors.flush();
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(os_text(&command));
    match reads {
        true => shell.stdout(Stdio::piped()),
        false => shell.stdin(Stdio::piped()),
    };
    match shell.spawn() {
        Ok(child) => results.push(made(host, Stream::process(child))?),
        Err(error) => failure(host, Some(&command), &error, results),
    }
    Ok(())
}

/// `io.input` and `io.output`: the file that is used where none is named, or another one from now on.
fn choose(
    host: &mut Host,
    args: &Args<'_>,
    mode: &[u8],
    default: fn(&mut Host) -> &mut Reference<File>,
) -> Result<Tagged, Raised> {
    let value = args.get(1);
    if value.tag() != NIL {
        *default(host) = match value.tag() {
            INT | FLOAT | STRING => {
                let name = args.text(1)?;
                host.heap.file(open_or_raise(&name, mode)?)?
            }
            _ => open_file(args)?,
        };
    }
    Ok(Tagged::reference(*default(host)))
}

pub(super) fn open_or_raise(name: &[u8], mode: &[u8]) -> Result<Stream, Raised> {
    match open_named(name, mode) {
        Ok(stream) => Ok(stream),
        Err(error) => Err(Raised::Message(format!(
            "cannot open file '{}' ({})",
            shown(name)?,
            described(&error)
        ))),
    }
}

pub(super) fn input(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    choose(host, &Args::new("io.input", args), b"r", |host| {
        &mut host.files.input
    })
}

pub(super) fn output(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    choose(host, &Args::new("io.output", args), b"w", |host| {
        &mut host.files.output
    })
}

/// Writes the arguments from number `first` on. Floats do not look like those of `tostring`. After
/// a failure strings are dropped, numbers are not, as in lua5.4.
fn write_all(
    host: &mut Host,
    file: Reference<File>,
    args: &Args<'_>,
    first: usize,
) -> Result<io::Result<()>, Raised> {
    let mut done = Ok(());
    for number in first..=args.len() {
        let value = args.get(number);
        let text = args.text(number)?;
        let written = match value.tag() {
            FLOAT => {
                let text = format_short(value.as_float());
                with_output(host, file, |output| output.write(text.as_bytes()))
            }
            _ if done.is_ok() || text.is_number() => {
                with_output(host, file, |output| output.write(&text))
            }
            _ => Ok(()),
        };
        if written.is_err() {
            done = written;
        }
    }
    Ok(done)
}

pub(super) fn write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let file = default_file(host.files.output, "output")?;
    let done = write_all(host, file, &Args::new("io.write", args), 1)?;
    answer(host, None, done, Tagged::reference(file), results);
    Ok(())
}

pub(super) fn file_write(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("?", args);
    let file = open_file(&args)?;
    let done = write_all(host, file, &args, 2)?;
    answer(host, None, done, Tagged::reference(file), results);
    Ok(())
}

/// The stream of the host's that a file stands for, if it does.
fn hosts_output(host: &mut Host, file: Reference<File>) -> Option<&mut Output> {
    match file.stream.borrow().as_ref()?.which()? {
        Standard::Output => Some(&mut host.output),
        Standard::Error => Some(&mut host.errors),
        Standard::Input => None,
    }
}

/// Flushes a file; one that is only read has nothing to be flushed.
fn flush_file(host: &mut Host, file: Reference<File>) -> io::Result<()> {
    match hosts_output(host, file) {
        Some(output) => output.flush(),
        None => with_stream(file, Stream::flush),
    }
}

pub(super) fn flush(host: &mut Host, _: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let file = default_file(host.files.output, "output")?;
    let done = flush_file(host, file);
    answer(host, None, done, truth(true), results);
    Ok(())
}

pub(super) fn file_flush(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let file = open_file(&Args::new("?", args))?;
    let done = flush_file(host, file);
    answer(host, None, done, truth(true), results);
    Ok(())
}

/// Without an argument, the file that is written to where none is named.
pub(super) fn close(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("io.close", args);
    let file = match args.len() {
        0 => default_file(host.files.output, "output")?,
        _ => open_file(&args)?,
    };
    close_file(host, file, results)
}

pub(super) fn file_close(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let file = open_file(&Args::new("?", args))?;
    close_file(host, file, results)
}

/// The standard streams stay open.
pub(super) fn close_file(host: &Host, file: Reference<File>, results: &mut Vec<Tagged>) -> Answers {
    let standard = file.stream.borrow().as_ref().and_then(Stream::which);
    if standard.is_some() {
        let text = host.heap.string(b"cannot close standard file")?;
        results.extend([NOTHING, Tagged::reference(text)]);
        return Ok(());
    }
    let Some(stream) = file.stream.take() else {
        return Ok(());
    };
    match stream.close() {
        Ok(None) => results.push(truth(true)),
        Ok(Some(status)) => push_status(host, status, results)?,
        Err(error) => failure(host, None, &error, results),
    }
    Ok(())
}

/// `__gc` and `__close`: closes a file that is open, and says nothing. What a collection frees is closed
/// without it.
pub(super) fn collected(host: &mut Host, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    let file = any_file(&Args::new("?", args), 1)?;
    close_file(host, file, &mut Vec::new())
}

pub(super) fn tostring(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let file = any_file(&Args::new("?", args), 1)?;
    let text = crate::number::tostring(Tagged::reference(file));
    Ok(Tagged::reference(host.heap.string(text.as_bytes())?))
}

pub(super) fn type_of(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("io.type", args);
    let value = args.any(1)?;
    let file = value.as_reference::<File>();
    let text = match file.map(|file| file.stream.borrow().is_some()) {
        Some(true) => &b"file"[..],
        Some(false) => b"closed file",
        None => {
            results.push(NOTHING);
            return Ok(());
        }
    };
    results.push(Tagged::reference(host.heap.string(text)?));
    Ok(())
}

/// What an argument chooses among a few names; the first where there is none, if there may be none.
fn option<T: Copy>(
    args: &Args<'_>,
    number: usize,
    default: Option<&str>,
    options: &[(&str, T)],
) -> Result<T, Raised> {
    let name = match default {
        Some(default) => args.text_or(number, default)?,
        None => args.text(number)?,
    };
    let mut known = options.iter();
    match known.find(|(option, _)| option.as_bytes() == &*name) {
        Some((_, chosen)) => Ok(*chosen),
        None => {
            let name = shown(&name)?;
            Err(args.bad(number, format!("invalid option '{name}'")))
        }
    }
}

/// The size that may be asked for is a hint, which the C library does not take either.
pub(super) fn file_setvbuf(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    const MODES: [(&str, Buffering); 3] = [
        ("no", Buffering::None),
        ("full", Buffering::Full),
        ("line", Buffering::Line),
    ];
    let args = Args::new("?", args);
    let file = open_file(&args)?;
    let buffering = option(&args, 2, None, &MODES)?;
    args.int_or(3, 0)?;
    let done = match hosts_output(host, file) {
        Some(output) => output.set_buffering(buffering),
        None => with_stream(file, |stream| stream.set_buffering(buffering)),
    };
    answer(host, None, done, truth(true), results);
    Ok(())
}

pub(super) fn file_seek(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    type From = fn(i64) -> Option<SeekFrom>;
    const FROM: [(&str, From); 3] = [
        ("set", |to| u64::try_from(to).ok().map(SeekFrom::Start)),
        ("cur", |by| Some(SeekFrom::Current(by))),
        ("end", |by| Some(SeekFrom::End(by))),
    ];
    let args = Args::new("?", args);
    let file = open_file(&args)?;
    let from = option(&args, 2, Some("cur"), &FROM)?;
    let to = from(args.int_or(3, 0)?);
    let to = to.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL));
    match to.and_then(|to| with_stream(file, |stream| stream.seek(to))) {
        Ok(at) => results.push(int(at as i64)),
        Err(error) => failure(host, None, &error, results),
    }
    Ok(())
}
