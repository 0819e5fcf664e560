//! `string.find`, `match`, `gmatch` and `gsub`: patterns on strings of the program.

use super::args::{Args, Text};
use super::pattern::{self, Capture, Error, Matcher};
use super::{BuiltinId, Raised};
use crate::heap::{Bytes, Heap, OutOfMemory};
use crate::host::Host;
use crate::number::int;
use crate::value::{BUILTIN, FUNCTION, NOTHING, TABLE, Table, Tagged, is_true, type_name};
use crate::vm::Lua;
use smallvec::SmallVec;

type Answers = Result<(), Raised>;

impl From<Error> for Raised {
    fn from(error: Error) -> Raised {
        Raised::Message(error.to_string())
    }
}

/// The place, counted from 0, that a position stands for in a text of this length; it may lie behind the end.
pub(super) fn place(position: i64, length: usize) -> usize {
    let length = length as i64;
    let place = match position {
        1.. => position - 1,
        0 => 0,
        _ if position < -length => 0,
        _ => length + position,
    };
    place as usize
}

/// The pattern without its anchor, and whether it has one.
fn anchored(pattern: &[u8]) -> (&[u8], bool) {
    match pattern.strip_prefix(b"^") {
        Some(rest) => (rest, true),
        None => (pattern, false),
    }
}

fn captured(heap: &Heap, subject: &[u8], capture: Capture) -> Result<Tagged, OutOfMemory> {
    Ok(match capture {
        Capture::Text(start, length) => {
            Tagged::reference(heap.string(&subject[start..start + length])?)
        }
        Capture::Position(at) | Capture::Open(at) => int(at as i64 + 1),
    })
}

/// Pushes the captures of a match; of a pattern without captures the whole match, if `whole` says so.
fn push_captures(
    heap: &Heap,
    matcher: &Matcher<'_>,
    subject: &[u8],
    (start, end): (usize, usize),
    whole: bool,
    results: &mut Vec<Tagged>,
) -> Answers {
    let count = matcher.captures().max(usize::from(whole));
    for index in 0..count {
        let capture = matcher.capture(index, start, end)?;
        results.push(captured(heap, subject, capture)?);
    }
    Ok(())
}

pub(super) fn find(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    search(host, &Args::new("string.find", args), true, results)
}

pub(super) fn match_in(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    search(host, &Args::new("string.match", args), false, results)
}

fn search(host: &Host, args: &Args<'_>, finds: bool, results: &mut Vec<Tagged>) -> Answers {
    let (subject, pattern) = (args.text(1)?, args.text(2)?);
    let start = place(args.int_or(3, 1)?, subject.len());
    if start > subject.len() {
        results.push(NOTHING);
        return Ok(());
    }
    if finds && (is_true(args.get(4)) || pattern::is_plain(&pattern)) {
        match pattern::find(&subject, &pattern, start) {
            Some(at) => {
                results.extend([int(at as i64 + 1), int((at + pattern.len()) as i64)]);
            }
            None => results.push(NOTHING),
        }
        return Ok(());
    }
    let (items, anchored) = anchored(&pattern);
    let mut matcher = Matcher::new(&subject, items);
    let last = if anchored { start } else { subject.len() };
    for start in start..=last {
        if let Some(end) = matcher.match_at(start)? {
            if finds {
                results.extend([int(start as i64 + 1), int(end as i64)]);
            }
            let found = (start, end);
            return push_captures(&host.heap, &matcher, &subject, found, !finds, results);
        }
    }
    results.push(NOTHING);
    Ok(())
}

/// What an iterator of `gmatch` goes on with lies in a list: the items' places.
const SUBJECT: i64 = 1;
const PATTERN: i64 = 2;
/// Where to search on.
const AT: i64 = 3;
/// Where the last match ended, or -1.
const LAST: i64 = 4;

pub(super) fn gmatch(host: &mut Host, args: &[Tagged]) -> Result<Tagged, Raised> {
    let checked = Args::new("string.gmatch", args);
    let (subject, pattern) = (checked.text(1)?, checked.text(2)?);
    let start = place(checked.int_or(3, 1)?, subject.len());
    let start = start.min(subject.len() + 1);
    let heap = &host.heap;
    let text = |text: &Text, value: Tagged| match text {
        Text::Str(_) => Ok(value),
        Text::Number(text) => heap.string(text).map(Tagged::reference),
    };
    let state = heap.list(&[
        text(&subject, args[0])?,
        text(&pattern, args[1])?,
        int(start as i64),
        int(-1),
    ])?;
    Ok(host.bind(BuiltinId::GmatchStep, Tagged::reference(state))?)
}

/// The next match of an iterator's state.
pub(super) fn gmatch_step(host: &mut Host, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let Some(state) = args.first().and_then(|state| state.as_reference::<Table>()) else {
        return Ok(());
    };
    let item = |place: i64| state.get_int(place);
    let (Some(subject), Some(pattern)) = (Text::of(item(SUBJECT)), Text::of(item(PATTERN))) else {
        return Ok(());
    };
    let mut matcher = Matcher::new(&subject, &pattern);
    let (at, last) = (item(AT).as_int() as usize, item(LAST).as_int());
    for start in at..=subject.len() {
        // The function that called the iterator is the second one up.
        let found = matcher.match_at(start).map_err(of_iterator)?;
        if let Some(end) = found.filter(|&end| end as i64 != last) {
            let found = (start, end);
            let pushed = push_captures(&host.heap, &matcher, &subject, found, true, results);
            pushed.map_err(|raised| match raised {
                Raised::Message(message) => Raised::Level {
                    message: message.into(),
                    level: 2,
                },
                raised => raised,
            })?;
            for place in [AT, LAST] {
                state.set_int(&host.heap, place, int(end as i64))?;
            }
            return Ok(());
        }
    }
    Ok(())
}

fn of_iterator(error: Error) -> Raised {
    Raised::Level {
        message: error.to_string().into(),
        level: 2,
    }
}

/// What `gsub` puts in the place of matches.
#[derive(Debug)]
enum Replacement {
    /// A string with `%1` and the like.
    Text(Text),
    /// What a table or function has for a match.
    Asked(Tagged),
}

pub(super) fn gsub(lua: &mut Lua<'_, '_>, args: &[Tagged], results: &mut Vec<Tagged>) -> Answers {
    let checked = Args::new("string.gsub", args);
    let (subject, pattern) = (checked.text(1)?, checked.text(2)?);
    let value = checked.get(3);
    let replacement = match value.tag() {
        TABLE | FUNCTION | BUILTIN => Replacement::Asked(value),
        _ => match Text::of(value) {
            Some(text) => Replacement::Text(text),
            None => return Err(checked.expected(3, "string/function/table")),
        },
    };
    let most = checked.int_or(4, subject.len() as i64 + 1)?;
    let mut gsub = Gsub {
        out: Bytes::new(lua.heap()),
        subject: &subject,
        replacement,
        copied: 0,
        changed: false,
    };
    let replaced = gsub.replace_all(lua, &pattern, most);
    let Gsub { out, changed, .. } = gsub;
    let made = replaced.and_then(|count| match (changed, &subject) {
        (false, Text::Str(subject)) => Ok((Tagged::reference(*subject), count)),
        (false, Text::Number(text)) => Ok((lua.string(text)?, count)),
        (true, _) => Ok((lua.string(out.bytes())?, count)),
    });
    out.release(lua.heap());
    let (result, count) = made?;
    results.extend([result, int(count)]);
    Ok(())
}

/// A `gsub` under way.
#[derive(Debug)]
struct Gsub<'s> {
    subject: &'s [u8],
    replacement: Replacement,
    /// The result so far.
    out: Bytes,
    /// Up to here the subject is in the result, replaced or not.
    copied: usize,
    /// Whether anything was replaced.
    changed: bool,
}

impl Gsub<'_> {
    /// Replaces matches, `most` of them at most; how many there were.
    fn replace_all(
        &mut self,
        lua: &mut Lua<'_, '_>,
        pattern: &[u8],
        most: i64,
    ) -> Result<i64, Raised> {
        let (items, anchored) = anchored(pattern);
        let mut matcher = Matcher::new(self.subject, items);
        let (mut at, mut last, mut count) = (0, None, 0);
        while count < most {
            match matcher.match_at(at)? {
                Some(end) if last != Some(end) => {
                    count += 1;
                    self.replace(lua, &matcher, at, end)?;
                    (at, last) = (end, Some(end));
                }
                _ if at < self.subject.len() => at += 1,
                _ => break,
            }
            if anchored {
                break;
            }
        }
        if self.changed {
            self.copy(lua, self.subject.len())?;
        }
        Ok(count)
    }

    /// Appends the subject up to a place, as far as it is not in the result.
    fn copy(&mut self, lua: &mut Lua<'_, '_>, end: usize) -> Answers {
        let text = &self.subject[self.copied..end];
        self.copied = end;
        self.put(lua, text)
    }

    fn put(&mut self, lua: &mut Lua<'_, '_>, text: &[u8]) -> Answers {
        let out = &mut self.out;
        lua.with_memory(|heap| out.extend(heap, text))
    }

    fn replace(
        &mut self,
        lua: &mut Lua<'_, '_>,
        matcher: &Matcher<'_>,
        start: usize,
        end: usize,
    ) -> Answers {
        let asked = match &self.replacement {
            Replacement::Text(text) => {
                let text = text.clone();
                self.copy(lua, start)?;
                self.expand(lua, matcher, &text, (start, end))?;
                self.copied = end;
                self.changed = true;
                return Ok(());
            }
            Replacement::Asked(asked) => *asked,
        };
        lua.safe_point();
        let held = lua.held();
        let value = match asked.tag() {
            TABLE => {
                let key = self.captured(lua, matcher, 0, (start, end))?;
                lua.hold(key);
                lua.index(asked, key)?
            }
            _ => {
                let mut captures = SmallVec::<[Tagged; 8]>::new();
                for index in 0..matcher.captures().max(1) {
                    let capture = self.captured(lua, matcher, index, (start, end))?;
                    lua.hold(capture);
                    captures.push(capture);
                }
                lua.call_one(asked, &captures)?
            }
        };
        lua.release(held);
        if !is_true(value) {
            return Ok(());
        }
        let Some(text) = Text::of(value) else {
            let kind = type_name(value);
            return Err(Raised::Message(format!(
                "invalid replacement value (a {kind})"
            )));
        };
        // Nothing else keeps the value alive where this collects.
        lua.hold(value);
        self.copy(lua, start)?;
        self.put(lua, &text)?;
        lua.release(held);
        self.copied = end;
        self.changed = true;
        Ok(())
    }

    fn captured(
        &self,
        lua: &mut Lua<'_, '_>,
        matcher: &Matcher<'_>,
        index: usize,
        (start, end): (usize, usize),
    ) -> Result<Tagged, Raised> {
        let capture = matcher.capture(index, start, end)?;
        lua.with_memory(|heap| captured(heap, self.subject, capture))
    }

    /// Appends a replacement with what its `%1` and the like stand for.
    fn expand(
        &mut self,
        lua: &mut Lua<'_, '_>,
        matcher: &Matcher<'_>,
        mut text: &[u8],
        (start, end): (usize, usize),
    ) -> Answers {
        while let Some(at) = text.iter().position(|&byte| byte == b'%') {
            self.put(lua, &text[..at])?;
            let (what, rest) = match text[at + 1..].split_first() {
                Some((&what, rest)) => (what, rest),
                None => (0, &[][..]),
            };
            text = rest;
            match what {
                b'%' => self.put(lua, b"%")?,
                b'0' => self.put(lua, &self.subject[start..end])?,
                b'1'..=b'9' => match matcher.capture(usize::from(what - b'1'), start, end)? {
                    Capture::Text(start, length) => {
                        self.put(lua, &self.subject[start..start + length])?;
                    }
                    Capture::Position(at) | Capture::Open(at) => {
                        let mut buffer = itoa::Buffer::new();
                        self.put(lua, buffer.format(at + 1).as_bytes())?;
                    }
                },
                _ => return Err(Error::InvalidReplacement.into()),
            }
        }
        self.put(lua, text)
    }
}
