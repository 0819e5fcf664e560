//! Splits a source into tokens.

use super::error::{ParseError, ParseErrorKind};

/// What stands at one place of a source.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'s> {
    /// A keyword, op with suffix, exit, word or other name: `load.u8`, `x0`, `w-1`.
    Name(&'s str),
    /// `%name`, without the percent sign.
    Value(&'s str),
    /// A number with its sign, in any base; what it means is decided where it is used.
    Number(&'s str),
    /// `"…"`, without quotes and escapes.
    Text(String),
    /// `->`.
    Arrow,
    /// One of `{ } ( ) , = : @ #`.
    Punctuation(char),
    /// The end of a line.
    Newline,
    /// The end of the source.
    End,
}

/// A token and its bytes in the source.
#[derive(Clone, Debug)]
pub(super) struct Lexeme<'s> {
    pub(super) token: Token<'s>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of `source`; the last is [`Token::End`].
pub(super) fn tokens(source: &str) -> Result<Vec<Lexeme<'_>>, ParseError> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = source[start..].chars().next() {
        let rest = &source[start..];
        let (token, length) = match first {
            '\n' => (Token::Newline, 1),
            ' ' | '\t' | '\r' => {
                start += 1;
                continue;
            }
            ';' => {
                start += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            '-' if rest.starts_with("->") => (Token::Arrow, 2),
            '{' | '}' | '(' | ')' | ',' | '=' | ':' | '@' | '#' => (Token::Punctuation(first), 1),
            '"' => {
                let (text, length) = string(rest).ok_or_else(|| {
                    ParseError::at(ParseErrorKind::OpenString, source, start, start + 1)
                })?;
                (Token::Text(text), length)
            }
            '%' if span(&rest[1..], is_name) > 0 => {
                let length = 1 + span(&rest[1..], is_name);
                (Token::Value(&rest[1..length]), length)
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let length = name(rest);
                (Token::Name(&rest[..length]), length)
            }
            _ if number(rest) > 0 => (Token::Number(&rest[..number(rest)]), number(rest)),
            found => {
                return Err(ParseError::at(
                    ParseErrorKind::Character { found },
                    source,
                    start,
                    start + found.len_utf8(),
                ));
            }
        };
        let end = start + length;
        tokens.push(Lexeme { token, start, end });
        start = end;
    }
    tokens.push(Lexeme {
        token: Token::End,
        start,
        end: start,
    });
    Ok(tokens)
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// How many bytes at the start of `text` are ASCII characters for which `wanted` holds.
fn span(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !wanted(c)).unwrap_or(text.len())
}

/// The length of the name `text` starts with. A word below the base has a sign: `w-1`.
fn name(text: &str) -> usize {
    let length = span(text, is_name);
    match text[length..].strip_prefix('-') {
        Some(digits) if &text[..length] == "w" => length + 1 + span(digits, |c| c.is_ascii_digit()),
        _ => length,
    }
}

/// The length of the number `text` starts with, 0 if it starts with none.
fn number(text: &str) -> usize {
    let sign = span(text, |c| c == '-' || c == '+').min(1);
    let digits = &text[sign..];
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    if let Some(digits) = digits.strip_prefix("0x") {
        return sign + 2 + span(digits, |c| c.is_ascii_hexdigit());
    }
    let mut length = span(digits, |c| c.is_ascii_digit() || c == '.');
    if digits[length..].starts_with('e') {
        let exponent = &digits[length + 1..];
        let sign = span(exponent, |c| c == '-' || c == '+').min(1);
        length += 1 + sign + span(&exponent[sign..], |c| c.is_ascii_digit());
    }
    sign + length
}

/// The content and length of the string `text` starts with, `None` if its line ends first.
fn string(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    loop {
        match chars.next()? {
            (end, '"') => return Some((out, end + 1)),
            (_, '\n') => return None,
            (_, '\\') => match chars.next()?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                c => out.push(c),
            },
            (_, c) => out.push(c),
        }
    }
}

/// `text` as a string token.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '"' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
