//! Dates, by the C library: the time zone is its business, and what `strftime` writes.
//!
//! # Safety argument
//! The three functions get pointers to values of this module's callers, which live through the call, and keep
//! none; `strftime` gets the length of its buffer, and a format that ends with a zero. `localtime_r` and
//! `mktime` read the environment, as other threads may: Rust's own functions for that take a lock that
//! these do not, so a process that changes its environment while a program runs breaks a promise of
//! `std::env::set_var`, which is unsafe to call for this reason.
#![allow(unsafe_code, reason = "calls the C library's functions for dates")]

use std::ffi::CString;
use std::mem::MaybeUninit;

/// A date: fields as C has them, years from 1900 and months from 0.
#[derive(Clone, Copy)]
pub(super) struct Date(libc::tm);

impl std::fmt::Debug for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Date").field(&self.fields()).finish()
    }
}

/// Year, month, day, hour, minute, second, day of the year and of the week, and whether it is summer time (1, 0
/// or, if that is not known, -1): all as C has them.
pub(super) type Fields = [i32; 9];

impl Date {
    /// The date of a time, in the time zone or in UTC. None if it has too large a year.
    pub(super) fn of(time: i64, utc: bool) -> Option<Date> {
        let mut date = MaybeUninit::<libc::tm>::uninit();
        // SAFETY: both pointers are valid for the call; the result is null or `date`, which is filled then.
        unsafe {
            let filled = match utc {
                true => libc::gmtime_r(&time, date.as_mut_ptr()),
                false => libc::localtime_r(&time, date.as_mut_ptr()),
            };
            (!filled.is_null()).then(|| Date(date.assume_init()))
        }
    }

    /// A date of fields that need not be in their ranges, and its time in the time zone; the date's fields are,
    /// then. None if the time cannot be represented.
    pub(super) fn normalised(fields: Fields) -> Option<(Date, i64)> {
        // SAFETY: all of its fields are integers and a pointer that may be null.
        let mut date = unsafe { MaybeUninit::<libc::tm>::zeroed().assume_init() };
        [
            date.tm_year,
            date.tm_mon,
            date.tm_mday,
            date.tm_hour,
            date.tm_min,
            date.tm_sec,
            date.tm_yday,
            date.tm_wday,
            date.tm_isdst,
        ] = fields;
        // SAFETY: the pointer is valid for the call.
        let time = unsafe { libc::mktime(&mut date) };
        (time != -1).then_some((Date(date), time))
    }

    pub(super) fn fields(&self) -> Fields {
        let date = &self.0;
        [
            date.tm_year,
            date.tm_mon,
            date.tm_mday,
            date.tm_hour,
            date.tm_min,
            date.tm_sec,
            date.tm_yday,
            date.tm_wday,
            date.tm_isdst,
        ]
    }

    /// What `strftime` writes for one conversion, `%` and its letters.
    pub(super) fn text(&self, conversion: &[u8]) -> Vec<u8> {
        let Ok(format) = CString::new(conversion) else {
            return Vec::new();
        };
        // As much as lua5.4 has for it.
        let mut text = vec![0_u8; 250];
        // SAFETY: the buffer has the length that is given, the format ends with a zero, and the date is valid:
        // its zone's name is null or what the C library put there, which it keeps.
        let length = unsafe {
            let room = text.len();
            libc::strftime(text.as_mut_ptr().cast(), room, format.as_ptr(), &self.0)
        };
        text.truncate(length);
        text
    }
}
