//! What the parser says about text it cannot read.

use super::listing::caret_line;
use std::fmt;

/// Why a source is not a trace, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters are at fault, at least 1.
    pub width: usize,
    /// The line's text.
    pub text: String,
}

/// What is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Something else must stand here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What must stand here.
        expected: String,
        /// What does.
        found: String,
    },
    /// A character no token begins with.
    #[error("no token begins with {found:?}")]
    Character {
        /// The character.
        found: char,
    },
    /// A string without its closing quote.
    #[error("the string does not end on its line")]
    OpenString,
    /// A number that does not fit.
    #[error("`{text}` is not {expected}")]
    Number {
        /// The number as written.
        text: String,
        /// What it should be.
        expected: &'static str,
    },
    /// No such op.
    #[error("there is no op `{name}`")]
    UnknownOp {
        /// The name as written.
        name: String,
    },
    /// The op has no suffix, or none like this.
    #[error("`{op}` takes no suffix `{suffix}`")]
    Suffix {
        /// The op.
        op: &'static str,
        /// The suffix as written.
        suffix: String,
    },
    /// The op needs a suffix.
    #[error("`{op}` needs a suffix: its type")]
    MissingSuffix {
        /// The op.
        op: &'static str,
    },
    /// A uop that yields a value without a name for it.
    #[error("`{op}` yields a value, which needs a name")]
    MissingName {
        /// The op.
        op: &'static str,
    },
    /// A name for a value that does not exist.
    #[error("`{op}` yields no value to name")]
    NothingToName {
        /// The op.
        op: &'static str,
    },
    /// A value, exit, class or helper that nothing defines.
    #[error("{what} `{name}` is not defined")]
    Undefined {
        /// What kind of thing it is.
        what: &'static str,
        /// Its name as written.
        name: String,
    },
    /// A second definition.
    #[error("{what} `{name}` is defined twice")]
    Twice {
        /// What kind of thing it is.
        what: &'static str,
        /// Its name as written.
        name: String,
    },
    /// A reference whose number is not its place in the list.
    #[error("references are numbered in order: this is r{expected}")]
    ReferenceOrder {
        /// The number it must have.
        expected: usize,
    },
    /// More classes than an interface can have.
    #[error("an interface has at most {} classes", crate::ClassSet::CAPACITY)]
    TooManyClasses,
    /// A header's contract in a trace without a `header` uop.
    #[error("the trace has no `header` uop")]
    NoHeader,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ParseError {
            kind,
            line,
            column,
            width,
            text,
        } = self;
        writeln!(f, "line {line}, column {column}: {kind}")?;
        writeln!(f, "{text}")?;
        f.write_str(&caret_line(text, column - 1, *width))
    }
}

impl std::error::Error for ParseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}

impl ParseError {
    /// The error `kind` at bytes `start..end` of `source`.
    pub(super) fn at(kind: ParseErrorKind, source: &str, start: usize, end: usize) -> ParseError {
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source[start..]
            .find('\n')
            .map_or(source.len(), |newline| start + newline);
        let end = end.clamp(start, line_end);
        ParseError {
            kind,
            line: source[..start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            width: source[start..end].chars().count().max(1),
            text: source[line_start..line_end]
                .trim_end_matches('\r')
                .to_owned(),
        }
    }
}
