//! `os`

use super::args::Args;
use super::{Raised, shown};
use crate::host::Host;
use crate::number::{float, int, to_int};
use crate::value::Tagged;
use crate::value::{NIL, NOTHING, Table};
use offramp::Reference;
use rustix::time::{ClockId, clock_gettime};
use std::time::{SystemTime, UNIX_EPOCH};

type Answer = Result<Tagged, Raised>;

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
    Ok(float(args.float(1)? - args.float(2)?))
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

/// Without arguments, the time; with a table, the time of a date in UTC, where Lua takes it for
/// local time.
pub(super) fn time(host: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("os.time", args);
    if args.get(1).tag() == NIL {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        return Ok(int(now.map_or(0, |now| now.as_secs() as i64)));
    }
    let date = args.table(1)?;
    let field = |name: &str, default: Option<i64>| field(host, date, name, default);
    let (year, month, day) = (
        field("year", None)?,
        field("month", None)?,
        field("day", None)?,
    );
    let (hour, min, sec) = (
        field("hour", Some(12))?,
        field("min", Some(0))?,
        field("sec", Some(0))?,
    );
    let months = year * 12 + month - 1;
    let days = days_before(months.div_euclid(12), months.rem_euclid(12)) + day - 1;
    Ok(int(((days * 24 + hour) * 60 + min) * 60 + sec))
}

fn field(
    host: &Host,
    date: Reference<Table>,
    name: &str,
    default: Option<i64>,
) -> Result<i64, Raised> {
    let value = date.get_str(&host.heap, host.heap.string(name.as_bytes())?);
    match (to_int(value), default) {
        (Some(value), _) if i32::try_from(value).is_ok() => Ok(value),
        (Some(_), _) => Err(Raised::Message(format!("field '{name}' is out-of-bound"))),
        (None, _) if value.tag() != NIL => {
            Err(Raised::Message(format!("field '{name}' is not an integer")))
        }
        (None, Some(default)) => Ok(default),
        (None, None) => Err(Raised::Message(format!(
            "field '{name}' missing in date table"
        ))),
    }
}

/// Days from 1970 to a month of the Gregorian calendar, months from 0.
fn days_before(year: i64, month: i64) -> i64 {
    // Years that begin in March end with the leap day.
    let (year, month) = if month < 2 {
        (year - 1, month + 10)
    } else {
        (year, month - 2)
    };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}
