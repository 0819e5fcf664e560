//! Lua's patterns: a matcher of bytes that knows nothing of the VM.
//!
//! Backtracks as the reference implementation does, item by item, so that what matches, where a search gives
//! up and which error it ends with are the same. Classes are those of the C locale.

use std::fmt;

/// The most captures a pattern has.
pub(crate) const MOST_CAPTURES: usize = 32;

/// How deep items that may match in several ways nest, as in lua5.4.
const MOST_DEPTH: u32 = 200;

const ESCAPE: u8 = b'%';

/// Why a pattern is none, or cannot be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    EndsWithEscape,
    MissingBracket,
    MissingBalanceArguments,
    MissingFrontierSet,
    InvalidCapture,
    InvalidCaptureIndex(usize),
    InvalidReplacement,
    TooManyCaptures,
    TooComplex,
    UnfinishedCapture,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::EndsWithEscape => "malformed pattern (ends with '%')",
            Error::MissingBracket => "malformed pattern (missing ']')",
            Error::MissingBalanceArguments => "malformed pattern (missing arguments to '%b')",
            Error::MissingFrontierSet => "missing '[' after '%f' in pattern",
            Error::InvalidCapture => "invalid pattern capture",
            Error::TooManyCaptures => "too many captures",
            Error::TooComplex => "pattern too complex",
            Error::UnfinishedCapture => "unfinished capture",
            Error::InvalidReplacement => "invalid use of '%' in replacement string",
            Error::InvalidCaptureIndex(index) => {
                return write!(f, "invalid capture index %{index}");
            }
        })
    }
}

/// What a pair of parentheses has matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capture {
    /// It has begun here and not ended.
    Open(usize),
    /// `()`: the position, counted from 0.
    Position(usize),
    /// From here on, so many bytes.
    Text(usize, usize),
}

/// What there was to be matched, and how far it went.
type Found = Result<Option<usize>, Error>;

/// A pattern on a subject.
#[derive(Debug)]
pub(crate) struct Matcher<'a> {
    subject: &'a [u8],
    pattern: &'a [u8],
    captures: [Capture; MOST_CAPTURES],
    level: usize,
    depth: u32,
}

impl<'a> Matcher<'a> {
    /// For this pattern without the `^` that anchors it.
    pub(crate) fn new(subject: &'a [u8], pattern: &'a [u8]) -> Matcher<'a> {
        Matcher {
            subject,
            pattern,
            captures: [Capture::Open(0); MOST_CAPTURES],
            level: 0,
            depth: MOST_DEPTH,
        }
    }

    /// Matches the pattern at exactly this place of the subject; where the match ends.
    ///
    /// # Errors
    /// If the pattern is none, as far as that was needed, or too much to match.
    pub(crate) fn match_at(&mut self, start: usize) -> Found {
        self.level = 0;
        self.depth = MOST_DEPTH;
        self.matches(start, 0)
    }

    /// How many captures the pattern has that matched last.
    pub(crate) fn captures(&self) -> usize {
        self.level
    }

    /// A capture of the match from `start` to `end`, counted from 0; that of a pattern without captures is the
    /// whole match.
    ///
    /// # Errors
    /// If there is none, or it was not finished.
    pub(crate) fn capture(&self, index: usize, start: usize, end: usize) -> Result<Capture, Error> {
        if index >= self.level {
            return match index {
                0 => Ok(Capture::Text(start, end - start)),
                _ => Err(Error::InvalidCaptureIndex(index + 1)),
            };
        }
        match self.captures[index] {
            Capture::Open(_) => Err(Error::UnfinishedCapture),
            capture => Ok(capture),
        }
    }

    /// The pattern's byte at a place; 0 behind its end, as in C.
    #[inline]
    fn at(&self, place: usize) -> u8 {
        self.pattern.get(place).copied().unwrap_or(0)
    }

    fn matches(&mut self, at: usize, item: usize) -> Found {
        if self.depth == 0 {
            return Err(Error::TooComplex);
        }
        self.depth -= 1;
        let found = self.items(at, item);
        self.depth += 1;
        found
    }

    /// Matches the items from `item` on.
    fn items(&mut self, mut at: usize, mut item: usize) -> Found {
        while item < self.pattern.len() {
            match (self.pattern[item], self.at(item + 1)) {
                (b'(', b')') => return self.start_capture(at, item + 2, Capture::Position(at)),
                (b'(', _) => return self.start_capture(at, item + 1, Capture::Open(at)),
                (b')', _) => return self.end_capture(at, item + 1),
                (b'$', _) if item + 1 == self.pattern.len() => {
                    return Ok((at == self.subject.len()).then_some(at));
                }
                (ESCAPE, b'b') => match self.balance(at, item + 2)? {
                    Some(end) => (at, item) = (end, item + 4),
                    None => return Ok(None),
                },
                (ESCAPE, b'f') => {
                    let set = item + 2;
                    if self.at(set) != b'[' {
                        return Err(Error::MissingFrontierSet);
                    }
                    let end = self.class_end(set)?;
                    let before = match at {
                        0 => 0,
                        at => self.subject[at - 1],
                    };
                    let behind = self.subject.get(at).copied().unwrap_or(0);
                    if self.in_set(before, set, end - 1) || !self.in_set(behind, set, end - 1) {
                        return Ok(None);
                    }
                    item = end;
                }
                (ESCAPE, digit @ b'0'..=b'9') => match self.again(at, digit)? {
                    Some(end) => (at, item) = (end, item + 2),
                    None => return Ok(None),
                },
                _ => {
                    let end = self.class_end(item)?;
                    let matches = self.single(at, item, end);
                    match (self.at(end), matches) {
                        (b'*' | b'?' | b'-', false) => item = end + 1,
                        (_, false) => return Ok(None),
                        (b'?', true) => match self.matches(at + 1, end + 1)? {
                            None => item = end + 1,
                            found => return Ok(found),
                        },
                        (b'+', true) => return self.most(at + 1, item, end),
                        (b'*', true) => return self.most(at, item, end),
                        (b'-', true) => return self.least(at, item, end),
                        (_, true) => (at, item) = (at + 1, end),
                    }
                }
            }
        }
        Ok(Some(at))
    }

    /// As many as there are of an item, and then fewer until the rest matches.
    fn most(&mut self, at: usize, item: usize, end: usize) -> Found {
        let mut count = 0;
        while self.single(at + count, item, end) {
            count += 1;
        }
        loop {
            let found = self.matches(at + count, end + 1)?;
            if found.is_some() || count == 0 {
                return Ok(found);
            }
            count -= 1;
        }
    }

    /// As few of an item as the rest lets it.
    fn least(&mut self, mut at: usize, item: usize, end: usize) -> Found {
        loop {
            let found = self.matches(at, end + 1)?;
            if found.is_some() {
                return Ok(found);
            }
            if !self.single(at, item, end) {
                return Ok(None);
            }
            at += 1;
        }
    }

    fn start_capture(&mut self, at: usize, item: usize, capture: Capture) -> Found {
        if self.level >= MOST_CAPTURES {
            return Err(Error::TooManyCaptures);
        }
        self.captures[self.level] = capture;
        self.level += 1;
        let found = self.matches(at, item)?;
        if found.is_none() {
            self.level -= 1;
        }
        Ok(found)
    }

    fn end_capture(&mut self, at: usize, item: usize) -> Found {
        let open = self.captures[..self.level].iter().rposition(is_open);
        let index = open.ok_or(Error::InvalidCapture)?;
        let Capture::Open(start) = self.captures[index] else {
            return Err(Error::InvalidCapture);
        };
        self.captures[index] = Capture::Text(start, at - start);
        let found = self.matches(at, item)?;
        if found.is_none() {
            self.captures[index] = Capture::Open(start);
        }
        Ok(found)
    }

    /// `%1`: what a capture matched, once more.
    fn again(&self, at: usize, digit: u8) -> Found {
        let index = usize::from(digit).wrapping_sub(usize::from(b'1'));
        let (start, length) = match self.captures[..self.level].get(index) {
            Some(&Capture::Text(start, length)) => (start, length),
            // It has no length that a subject could have left, as in C.
            Some(Capture::Position(_)) => return Ok(None),
            _ => return Err(Error::InvalidCaptureIndex(index.wrapping_add(1))),
        };
        let text = &self.subject[start..start + length];
        Ok(self.subject[at..].starts_with(text).then_some(at + length))
    }

    /// `%bxy`
    fn balance(&self, at: usize, arguments: usize) -> Found {
        let Some(&[opens, closes]) = self.pattern.get(arguments..arguments + 2) else {
            return Err(Error::MissingBalanceArguments);
        };
        let Some(rest) = self.subject[at..].strip_prefix(&[opens]) else {
            return Ok(None);
        };
        let mut open = 1;
        for (index, &byte) in rest.iter().enumerate() {
            if byte == closes {
                open -= 1;
                if open == 0 {
                    return Ok(Some(at + index + 2));
                }
            } else if byte == opens {
                open += 1;
            }
        }
        Ok(None)
    }

    /// Where the class of one byte ends that begins at `item`.
    fn class_end(&self, item: usize) -> Result<usize, Error> {
        let end = self.pattern.len();
        match self.pattern[item] {
            ESCAPE if item + 1 == end => Err(Error::EndsWithEscape),
            ESCAPE => Ok(item + 2),
            b'[' => {
                let mut at = item + 1;
                if self.at(at) == b'^' {
                    at += 1;
                }
                // The first byte is of the set, be it a bracket.
                loop {
                    if at >= end {
                        return Err(Error::MissingBracket);
                    }
                    let escapes = self.pattern[at] == ESCAPE;
                    at += 1;
                    if escapes && at < end {
                        at += 1;
                    }
                    if self.at(at) == b']' {
                        return Ok(at + 1);
                    }
                }
            }
            _ => Ok(item + 1),
        }
    }

    /// Whether the class from `item` to `end` has the subject's byte.
    #[inline]
    fn single(&self, at: usize, item: usize, end: usize) -> bool {
        let Some(&byte) = self.subject.get(at) else {
            return false;
        };
        match self.pattern[item] {
            b'.' => true,
            ESCAPE => in_class(byte, self.at(item + 1)),
            b'[' => self.in_set(byte, item, end - 1),
            own => own == byte,
        }
    }

    /// Whether a set has a byte: it begins at `[`, and `end` is the place of its `]`.
    fn in_set(&self, byte: u8, start: usize, end: usize) -> bool {
        let mut at = start + 1;
        let positive = self.at(at) != b'^';
        if !positive {
            at += 1;
        }
        while at < end {
            let own = self.pattern[at];
            if own == ESCAPE {
                at += 1;
                if in_class(byte, self.at(at)) {
                    return positive;
                }
            } else if self.at(at + 1) == b'-' && at + 2 < end {
                at += 2;
                if (own..=self.pattern[at]).contains(&byte) {
                    return positive;
                }
            } else if own == byte {
                return positive;
            }
            at += 1;
        }
        !positive
    }
}

fn is_open(capture: &Capture) -> bool {
    matches!(capture, Capture::Open(_))
}

/// Whether the class of this letter, `%a`, has a byte; of any other byte, whether it is that.
fn in_class(byte: u8, class: u8) -> bool {
    let has = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'g' => byte.is_ascii_graphic(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => matches!(byte, b' ' | b'\t'..=b'\r'),
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        // Not in the manual any more.
        b'z' => byte == 0,
        _ => return class == byte,
    };
    has != class.is_ascii_uppercase()
}

/// Whether a pattern has no special bytes, so that it is text to be found as it is.
pub(crate) fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| b"^$*+?.([%-".contains(byte))
}

/// Where `text` occurs in `subject`, at `start` or behind.
pub(crate) fn find(subject: &[u8], text: &[u8], start: usize) -> Option<usize> {
    let Some((&first, rest)) = text.split_first() else {
        return Some(start);
    };
    let last = subject.len().checked_sub(text.len())?;
    let mut at = start;
    while at <= last {
        let next = subject[at..=last].iter().position(|&byte| byte == first)?;
        at += next;
        if &subject[at + 1..][..rest.len()] == rest {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first match of a pattern, and its captures as text.
    fn search(subject: &str, pattern: &str) -> Result<Option<(usize, usize, Vec<String>)>, Error> {
        let (anchored, items) = match pattern.strip_prefix('^') {
            Some(items) => (true, items),
            None => (false, pattern),
        };
        let mut matcher = Matcher::new(subject.as_bytes(), items.as_bytes());
        for start in 0..=subject.len() {
            if let Some(end) = matcher.match_at(start)? {
                let captures = (0..matcher.captures()).map(|index| {
                    Ok(match matcher.capture(index, start, end)? {
                        Capture::Text(start, length) => subject[start..start + length].to_owned(),
                        Capture::Position(at) => format!("@{}", at + 1),
                        Capture::Open(_) => unreachable!("it is an error"),
                    })
                });
                let captures = captures.collect::<Result<_, _>>()?;
                return Ok(Some((start, end, captures)));
            }
            if anchored {
                break;
            }
        }
        Ok(None)
    }

    #[test]
    fn items_match() {
        type Case = (
            &'static str,
            &'static str,
            Option<(usize, usize, &'static [&'static str])>,
        );
        let cases: [Case; 22] = [
            ("hello", "l+", Some((2, 4, &[]))),
            ("hello", "(h)(e)", Some((0, 2, &["h", "e"]))),
            ("hello", "()ll()", Some((2, 4, &["@3", "@5"]))),
            ("hello", "^ell", None),
            ("hello", "lo$", Some((3, 5, &[]))),
            ("a$b", "a$b", Some((0, 3, &[]))),
            ("x[1]", "%[(%d)%]", Some((1, 4, &["1"]))),
            ("f(a(b)c)d", "%b()", Some((1, 8, &[]))),
            ("THE (quick) fox", "%f[%a]%a+%f[%A]", Some((0, 3, &[]))),
            ("abab", "(ab)%1", Some((0, 4, &["ab"]))),
            ("aaa", "a-", Some((0, 0, &[]))),
            ("aaab", "a-b", Some((0, 4, &[]))),
            (
                "key = value",
                "^(%w+)%s*=%s*(%w+)$",
                Some((0, 11, &["key", "value"])),
            ),
            ("]", "[]]", Some((0, 1, &[]))),
            ("a-b", "[a%-]+", Some((0, 2, &[]))),
            ("^", "[%^x]", Some((0, 1, &[]))),
            ("b", "[^a]", Some((0, 1, &[]))),
            ("-", "[a-]", Some((0, 1, &[]))),
            ("", "", Some((0, 0, &[]))),
            ("", ".", None),
            ("0x1F", "%x+$", Some((2, 4, &[]))),
            ("ab", "()%1", None),
        ];
        for (subject, pattern, expected) in cases {
            let found = search(subject, pattern).expect(pattern);
            let expected = expected.map(|(start, end, captures)| {
                let captures = captures.iter().map(|&text| text.to_owned());
                (start, end, captures.collect())
            });
            assert_eq!(found, expected, "{subject:?} {pattern:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_so() {
        let deep = "a?".repeat(201);
        let many = "()".repeat(33);
        let cases = [
            ("%", Error::EndsWithEscape),
            ("[a", Error::MissingBracket),
            ("[]", Error::MissingBracket),
            ("[^]", Error::MissingBracket),
            ("[a%", Error::MissingBracket),
            ("%b", Error::MissingBalanceArguments),
            ("%bx", Error::MissingBalanceArguments),
            ("%f", Error::MissingFrontierSet),
            (")", Error::InvalidCapture),
            ("%1", Error::InvalidCaptureIndex(1)),
            ("%0", Error::InvalidCaptureIndex(0)),
            ("(%1)", Error::InvalidCaptureIndex(1)),
            ("(", Error::UnfinishedCapture),
            (&deep, Error::TooComplex),
            (&many, Error::TooManyCaptures),
        ];
        let subject = "a".repeat(300);
        for (pattern, error) in cases {
            assert_eq!(search(&subject, pattern), Err(error), "{pattern:?}");
        }
    }

    #[test]
    fn texts_are_found() {
        assert_eq!(find(b"abcabc", b"ca", 0), Some(2));
        assert_eq!(find(b"abcabc", b"abc", 1), Some(3));
        assert_eq!(find(b"abc", b"abcd", 0), None);
        assert_eq!(find(b"abc", b"", 3), Some(3));
        assert_eq!(find(b"aab", b"ab", 0), Some(1));
        assert_eq!(find(b"abc", b"c", 3), None);
    }
}
