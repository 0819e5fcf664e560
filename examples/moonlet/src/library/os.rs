//! `os`

use super::args::Args;
use super::calendar::Date;
use super::io::{answer, failure};
use super::{Raised, shown};
use crate::host::Host;
use crate::number::{float, int, to_int};
use crate::value::{FALSE, NIL, NOTHING, TRUE, Table, Tagged, is_true, truth};
use offramp::Reference;
use rustix::time::{ClockId, clock_gettime};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{SystemTime, UNIX_EPOCH};

type Answer = Result<Tagged, Raised>;
type Answers = Result<(), Raised>;

/// Processor time of the process, all its threads together, in seconds.
pub(super) fn clock(_: &Host, _: &[Tagged]) -> Answer {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    // As C's `clock`, which counts microseconds.
    Ok(float(
        time.tv_sec as f64 + (time.tv_nsec / 1000) as f64 / 1e6,
    ))
}

pub(super) fn difftime(_: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("os.difftime", args);
    Ok(float(args.int(1)? as f64 - args.int(2)? as f64))
}

pub(super) fn getenv(host: &mut Host, args: &[Tagged]) -> Answer {
    let name = Args::new("os.getenv", args).text(1)?;
    let name = shown(&name)?;
    if name.is_empty() || name.contains(['=', '\0']) {
        return Ok(NOTHING);
    }
    Ok(match std::env::var_os(&*name) {
        Some(value) => Tagged::reference(host.heap.string(value.as_encoded_bytes())?),
        None => NOTHING,
    })
}

/// Now, in seconds.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs() as i64)
}

/// Without arguments, the time; with a table, the time of a date, whose fields it puts into their ranges.
pub(super) fn time(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("os.time", args);
    if args.get(1).tag() == NIL {
        return Ok(int(now()));
    }
    let date = args.table(1)?;
    let field =
        |name: &str, default: Option<i64>, less: i64| field(host, date, name, default, less);
    let (year, month, day) = (
        field("year", None, 1900)?,
        field("month", None, 1)?,
        field("day", None, 0)?,
    );
    let (hour, min, sec) = (
        field("hour", Some(12), 0)?,
        field("min", Some(0), 0)?,
        field("sec", Some(0), 0)?,
    );
    let summer = date.get_str(&host.heap, host.heap.string(b"isdst")?);
    let summer = match summer.tag() {
        NIL => -1,
        _ => is_true(summer).into(),
    };
    let fields = [year, month, day, hour, min, sec, 0, 0, summer];
    let normalised = Date::normalised(fields);
    let (normal, time) = normalised.ok_or_else(|| {
        let what = "time result cannot be represented in this installation";
        Raised::Message(what.into())
    })?;
    set_fields(host, date, &normal)?;
    Ok(int(time))
}

/// A field of a date, as C counts it: by `less`.
fn field(
    host: &Host,
    date: Reference<Table>,
    name: &str,
    default: Option<i64>,
    less: i64,
) -> Result<i32, Raised> {
    let value = date.get_str(&host.heap, host.heap.string(name.as_bytes())?);
    match (to_int(value), default) {
        (Some(value), _) => {
            let counted = value
                .checked_sub(less)
                .and_then(|it| i32::try_from(it).ok());
            counted.ok_or_else(|| Raised::Message(format!("field '{name}' is out-of-bound")))
        }
        (None, _) if value.tag() != NIL => {
            Err(Raised::Message(format!("field '{name}' is not an integer")))
        }
        (None, Some(default)) => Ok(default as i32),
        (None, None) => Err(Raised::Message(format!(
            "field '{name}' missing in date table"
        ))),
    }
}

/// Sets the fields of a date.
fn set_fields(host: &Host, table: Reference<Table>, date: &Date) -> Answers {
    const NAMES: [(&str, i64); 8] = [
        ("year", 1900),
        ("month", 1),
        ("day", 0),
        ("hour", 0),
        ("min", 0),
        ("sec", 0),
        ("yday", 1),
        ("wday", 1),
    ];
    let heap = &host.heap;
    let fields = date.fields();
    for ((name, more), field) in NAMES.into_iter().zip(fields) {
        let name = heap.string(name.as_bytes())?;
        table.set_str(heap, name, int(i64::from(field) + more))?;
    }
    let summer = fields[8];
    if summer >= 0 {
        table.set_str(heap, heap.string(b"isdst")?, truth(summer > 0))?;
    }
    Ok(())
}

/// The conversions of a date: letters, and letters behind `E` and `O`.
const CONVERSIONS: [(Option<u8>, &[u8]); 3] = [
    (None, b"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%"),
    (Some(b'E'), b"cCxXyY"),
    (Some(b'O'), b"deHImMSuUVwWy"),
];

pub(super) fn date(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("os.date", args);
    let format = args.text_or(1, "%c")?;
    let time = match args.get(2).tag() {
        NIL => now(),
        _ => args.int(2)?,
    };
    let (utc, format) = match format.strip_prefix(b"!") {
        Some(format) => (true, format),
        None => (false, &*format),
    };
    let Some(date) = Date::of(time, utc) else {
        let what = "date result cannot be represented in this installation";
        return Err(Raised::Message(what.into()));
    };
    if format.starts_with(b"*t") && (format.len() == 2 || format[2] == 0) {
        let table = host.heap.table(0, 9)?;
        set_fields(host, table, &date)?;
        return Ok(Tagged::reference(table));
    }
    let mut out = host.heap.buffer();
    let mut rest = format;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        out.extend(&rest[..at])?;
        rest = &rest[at..];
        let length = conversion(&rest[1..]).map(|length| length + 1);
        let Some(length) = length else {
            let shown = shown(&rest[1..])?;
            let what = format!("invalid conversion specifier '%{shown}'");
            return Err(args.bad(1, what));
        };
        out.extend(&date.text(&rest[..length]))?;
        rest = &rest[length..];
    }
    out.extend(rest)?;
    Ok(Tagged::reference(host.heap.string(out.bytes())?))
}

/// How many letters the conversion has that a text begins with.
fn conversion(text: &[u8]) -> Option<usize> {
    CONVERSIONS.iter().find_map(|(modifier, letters)| {
        let (rest, length) = match modifier {
            Some(modifier) => (text.strip_prefix(&[*modifier])?, 2),
            None => (text, 1),
        };
        letters.contains(rest.first()?).then_some(length)
    })
}

/// What a process has ended with: whether well, how and with which number.
pub(super) fn push_status(host: &Host, status: ExitStatus, results: &mut Vec<Tagged>) -> Answers {
    let (how, number) = match (status.code(), status.signal()) {
        (Some(code), _) => ("exit", code),
        (None, signal) => ("signal", signal.unwrap_or(0)),
    };
    let well = if status.success() {
        truth(true)
    } else {
        NOTHING
    };
    let how = host.heap.string(how.as_bytes());
    let how = how.map_or(host.no_memory, Tagged::reference);
    results.extend([well, how, int(number.into())]);
    Ok(())
}

pub(super) fn execute(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("os.execute", args);
    if args.get(1).tag() == NIL {
        results.push(truth(Path::new("/bin/sh").exists()));
        return Ok(());
    }
    let command = args.text(1)?;
    let mut shell = Command::new("/bin/sh");
    match shell.arg("-c").arg(os_text(&command)).status() {
        Ok(status) => push_status(host, status, results),
        Err(error) => {
            failure(host, None, &error, results);
            Ok(())
        }
    }
}

pub(super) fn exit(host: &mut Host, args: &[Tagged], _: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("os.exit", args);
    let _ = host;
    let status = match args.get(1).tag() {
        NIL | TRUE => 0,
        FALSE => 1,
        _ => args.int(1)? as i32,
    };
    Err(Raised::Exit(status))
}

/// A text as the system takes it: up to a zero, as C has it.
pub(super) fn os_text(text: &[u8]) -> &OsStr {
    let end = text.iter().position(|&byte| byte == 0);
    OsStr::from_bytes(&text[..end.unwrap_or(text.len())])
}

pub(super) fn remove(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("os.remove", args);
    let name = args.text(1)?;
    let path = Path::new(os_text(&name));
    // As C's `remove`: a folder is removed if it is empty.
    let removed = match fs::symlink_metadata(path) {
        Ok(it) if it.is_dir() => fs::remove_dir(path),
        _ => fs::remove_file(path),
    };
    answer(host, Some(&name), removed, truth(true), results);
    Ok(())
}

pub(super) fn rename(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let args = Args::new("os.rename", args);
    let (from, to) = (args.text(1)?, args.text(2)?);
    let renamed = fs::rename(os_text(&from), os_text(&to));
    answer(host, None, renamed, truth(true), results);
    Ok(())
}

/// A name that no file has, of an empty file that has been made.
pub(super) fn tmpname(host: &mut Host, _: &[Tagged]) -> Answer {
    let made = make_temporary();
    let (name, _) =
        made.map_err(|_| Raised::Message("unable to generate a unique filename".into()))?;
    Ok(Tagged::reference(host.heap.string(name.as_bytes())?))
}

/// A new file of a name that no other has, and the name.
pub(super) fn make_temporary() -> io::Result<(String, fs::File)> {
    use std::hash::{BuildHasher, RandomState};
    use std::os::unix::fs::OpenOptionsExt;
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    let mut tries = 0;
    loop {
        let mut chance = RandomState::new().hash_one(tries) as usize;
        let mut name = "/tmp/lua_".to_owned();
        for _ in 0..6 {
            name.push(char::from(LETTERS[chance % LETTERS.len()]));
            chance /= LETTERS.len();
        }
        match options.open(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 100 => tries += 1,
            opened => return opened.map(|file| (name, file)),
        }
    }
}

/// There is one locale, C's, which everything keeps to.
pub(super) fn setlocale(host: &mut Host, args: &[Tagged]) -> Answer {
    const CATEGORIES: [&[u8]; 6] = [
        b"all",
        b"collate",
        b"ctype",
        b"monetary",
        b"numeric",
        b"time",
    ];
    let args = Args::new("os.setlocale", args);
    let name = match args.get(1).tag() {
        NIL => None,
        _ => Some(args.text(1)?),
    };
    let category = args.text_or(2, "all")?;
    if !CATEGORIES.contains(&&*category) {
        let shown = shown(&category)?;
        return Err(args.bad(2, format!("invalid option '{shown}'")));
    }
    Ok(match name.as_deref() {
        None | Some(b"" | b"C" | b"POSIX") => Tagged::reference(host.heap.string(b"C")?),
        Some(_) => NOTHING,
    })
}
