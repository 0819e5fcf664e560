//! From bytes to tokens, one at a time.

use super::ast::Name;
use super::number::{Number, parse_number};
use super::token::{RESERVED, Token};
use super::{SyntaxError, ast};

/// A program's text.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The text.
    pub source: &'a [u8],
    /// What messages call it.
    pub name: &'a str,
    /// Whether it is a file's: the mark of its encoding is skipped, and a first line that begins
    /// with `#`.
    pub is_file: bool,
}

impl<'a> Text<'a> {
    /// The text of a file.
    pub fn file(source: &'a [u8], name: &'a str) -> Text<'a> {
        let is_file = true;
        Text {
            source,
            name,
            is_file,
        }
    }
}

/// Reads tokens.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    name: &'a str,
    source: &'a [u8],
    at: usize,
    /// Where the reader stands.
    pub(crate) line: u32,
    /// The text of the last name or literal, for messages.
    text: Vec<u8>,
}

impl<'a> Lexer<'a> {
    /// Begins.
    pub(crate) fn new(text: &Text<'a>) -> Lexer<'a> {
        let Text { source, name, .. } = *text;
        let mark = b"\xEF\xBB\xBF";
        let start = match text.is_file && source.starts_with(mark) {
            true => mark.len(),
            false => 0,
        };
        let at = match source.get(start) {
            Some(b'#') if text.is_file => {
                let end = source.iter().position(|&byte| byte == b'\n');
                end.unwrap_or(source.len())
            }
            _ => start,
        };
        Lexer {
            name,
            source,
            at,
            line: 1,
            text: Vec::new(),
        }
    }

    /// The chunk's name.
    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    /// An error that quotes a token.
    pub(crate) fn error_near(&self, message: impl std::fmt::Display, token: &Token) -> SyntaxError {
        let near = match token {
            Token::Int(_) | Token::Float(_) | Token::Name(_) | Token::Str(_) => self.quoted(),
            other => other.to_string(),
        };
        SyntaxError::at(self.name, self.line, format_args!("{message} near {near}"))
    }

    /// An error that quotes what was read so far.
    fn error(&self, message: &str) -> SyntaxError {
        let near = self.quoted();
        SyntaxError::at(self.name, self.line, format_args!("{message} near {near}"))
    }

    fn quoted(&self) -> String {
        let end = self.text.iter().position(|&byte| byte == 0);
        let text = &self.text[..end.unwrap_or(self.text.len())];
        format!("'{}'", String::from_utf8_lossy(text))
    }

    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn peek_second(&self) -> Option<u8> {
        self.source.get(self.at + 1).copied()
    }

    /// Keeps the next byte in the text.
    fn keep(&mut self) {
        self.text.extend(self.peek());
        self.at += 1;
    }

    /// Steps over the next byte if it is this one.
    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Steps over a line's end: `\n`, `\r`, `\r\n` or `\n\r`.
    fn line_end(&mut self) {
        let first = self.peek();
        self.at += 1;
        let second = self.peek();
        if matches!(second, Some(b'\n' | b'\r')) && second != first {
            self.at += 1;
        }
        self.line += 1;
    }

    /// The next token.
    pub(crate) fn next(&mut self) -> Result<Token, SyntaxError> {
        loop {
            let Some(byte) = self.peek() else {
                return Ok(Token::End);
            };
            match byte {
                b'\n' | b'\r' => self.line_end(),
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.peek_second() == Some(b'-') => self.comment()?,
                _ => return self.token(byte),
            }
        }
    }

    fn comment(&mut self) -> Result<(), SyntaxError> {
        self.at += 2;
        if self.peek() == Some(b'[') {
            let start = self.at;
            if let Some(level) = self.long_opening() {
                return self.long(level, "comment").map(drop);
            }
            self.at = start;
        }
        while self
            .peek()
            .is_some_and(|byte| !matches!(byte, b'\n' | b'\r'))
        {
            self.at += 1;
        }
        Ok(())
    }

    fn token(&mut self, byte: u8) -> Result<Token, SyntaxError> {
        match byte {
            b'"' | b'\'' => self.string(byte),
            b'0'..=b'9' => self.numeral(),
            b'.' if self.peek_second().is_some_and(|byte| byte.is_ascii_digit()) => self.numeral(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Ok(self.word()),
            b'[' => {
                let start = self.at;
                match self.long_opening() {
                    Some(level) => self.long(level, "string").map(Token::Str),
                    None if self.at > start + 1 => {
                        self.text.clear();
                        self.text.extend_from_slice(&self.source[start..self.at]);
                        Err(self.error("invalid long string delimiter"))
                    }
                    None => Ok(Token::Byte(byte)),
                }
            }
            _ => Ok(self.symbol(byte)),
        }
    }

    fn symbol(&mut self, byte: u8) -> Token {
        const SYMBOLS: &[&str] = &["...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"];
        let rest = &self.source[self.at..];
        for symbol in SYMBOLS {
            if rest.starts_with(symbol.as_bytes()) {
                self.at += symbol.len();
                return Token::Word(symbol);
            }
        }
        self.at += 1;
        Token::Byte(byte)
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            self.at += 1;
        }
        let text = &self.source[start..self.at];
        if let Some(word) = RESERVED.iter().find(|word| word.as_bytes() == text) {
            return Token::Word(word);
        }
        self.text.clear();
        self.text.extend_from_slice(text);
        let name: Name = ast::name_of(text);
        Token::Name(name)
    }

    fn numeral(&mut self) -> Result<Token, SyntaxError> {
        self.text.clear();
        let mut exponent = b'e';
        let zero = self.peek() == Some(b'0');
        self.keep();
        if zero && matches!(self.peek(), Some(b'x' | b'X')) {
            self.keep();
            exponent = b'p';
        }
        while let Some(byte) = self.peek() {
            if byte.to_ascii_lowercase() == exponent {
                self.keep();
                if matches!(self.peek(), Some(b'+' | b'-')) {
                    self.keep();
                }
            } else if byte.is_ascii_hexdigit() || byte == b'.' {
                self.keep();
            } else {
                break;
            }
        }
        if self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        {
            // A numeral that touches a letter is none.
            self.keep();
        }
        match parse_number(&self.text) {
            Some(Number::Int(value)) => Ok(Token::Int(value)),
            Some(Number::Float(value)) => Ok(Token::Float(value)),
            None => Err(self.error("malformed number")),
        }
    }

    /// Steps over `[`, any `=` and the second `[`; `None` if there is no second one.
    fn long_opening(&mut self) -> Option<usize> {
        self.at += 1;
        let start = self.at;
        while self.accept(b'=') {}
        let level = self.at - start;
        self.accept(b'[').then_some(level)
    }

    /// The rest of a long string or comment.
    fn long(&mut self, level: usize, what: &str) -> Result<Box<[u8]>, SyntaxError> {
        let first = self.line;
        let mut bytes = Vec::new();
        if matches!(self.peek(), Some(b'\n' | b'\r')) {
            self.line_end();
        }
        loop {
            match self.peek() {
                None => {
                    let message = format!("unfinished long {what} (starting at line {first})");
                    return Err(self.error_near(message, &Token::End));
                }
                Some(b'\n' | b'\r') => {
                    self.line_end();
                    bytes.push(b'\n');
                }
                Some(b']') if self.closes(level) => {
                    self.at += level + 2;
                    break;
                }
                Some(byte) => {
                    bytes.push(byte);
                    self.at += 1;
                }
            }
        }
        if what == "string" {
            let signs = "=".repeat(level);
            self.text = [
                format!("[{signs}[").as_bytes(),
                &bytes,
                format!("]{signs}]").as_bytes(),
            ]
            .concat();
        }
        Ok(bytes.into())
    }

    fn closes(&self, level: usize) -> bool {
        let rest = &self.source[self.at + 1..];
        rest.len() > level && rest[..level].iter().all(|&byte| byte == b'=') && rest[level] == b']'
    }

    fn string(&mut self, quote: u8) -> Result<Token, SyntaxError> {
        self.text.clear();
        self.keep();
        loop {
            match self.peek() {
                None => return Err(self.error_near("unfinished string", &Token::End)),
                Some(b'\n' | b'\r') => return Err(self.error("unfinished string")),
                Some(b'\\') => self.escape()?,
                Some(byte) => {
                    self.keep();
                    if byte == quote {
                        break;
                    }
                }
            }
        }
        let bytes = &self.text[1..self.text.len() - 1];
        Ok(Token::Str(bytes.into()))
    }

    /// Reads an escape sequence and puts what it stands for in its place.
    fn escape(&mut self) -> Result<(), SyntaxError> {
        let start = self.text.len();
        self.keep();
        let Some(byte) = self.peek() else {
            // The end is found again by the caller.
            return Ok(());
        };
        let plain = match byte {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'"' | b'\'' => byte,
            b'\n' | b'\r' => {
                self.line_end();
                self.text.truncate(start);
                self.text.push(b'\n');
                return Ok(());
            }
            b'z' => {
                self.at += 1;
                self.text.truncate(start);
                self.skip_space();
                return Ok(());
            }
            b'x' => {
                self.keep();
                let value = self.hex_digit()? << 4 | self.hex_digit()?;
                self.text.truncate(start);
                self.text.push(value as u8);
                return Ok(());
            }
            b'u' => return self.unicode(start),
            b'0'..=b'9' => return self.decimal_escape(start),
            _ => return Err(self.escape_error("invalid escape sequence")),
        };
        self.at += 1;
        self.text.truncate(start);
        self.text.push(plain);
        Ok(())
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' | b'\r' => self.line_end(),
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                _ => break,
            }
        }
    }

    /// An error that also quotes the next byte.
    fn escape_error(&mut self, message: &str) -> SyntaxError {
        self.keep();
        self.error(message)
    }

    fn hex_digit(&mut self) -> Result<u32, SyntaxError> {
        let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
        match digit {
            Some(digit) => {
                self.keep();
                Ok(digit)
            }
            None => Err(self.escape_error("hexadecimal digit expected")),
        }
    }

    fn decimal_escape(&mut self, start: usize) -> Result<(), SyntaxError> {
        let mut value = 0u32;
        for _ in 0..3 {
            let Some(byte) = self.peek().filter(u8::is_ascii_digit) else {
                break;
            };
            value = value * 10 + u32::from(byte - b'0');
            self.keep();
        }
        let Ok(byte) = u8::try_from(value) else {
            return Err(self.escape_error("decimal escape too large"));
        };
        self.text.truncate(start);
        self.text.push(byte);
        Ok(())
    }

    /// `\u{…}`: any value below 2^31, in the original UTF-8 of up to six bytes.
    fn unicode(&mut self, start: usize) -> Result<(), SyntaxError> {
        self.keep();
        if self.peek() != Some(b'{') {
            return Err(self.escape_error("missing '{'"));
        }
        self.keep();
        let mut value = self.hex_digit()?;
        while let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) {
            if value > 0x7fff_ffff >> 4 {
                return Err(self.escape_error("UTF-8 value too large"));
            }
            value = value << 4 | digit;
            self.keep();
        }
        if self.peek() != Some(b'}') {
            return Err(self.escape_error("missing '}'"));
        }
        self.at += 1;
        self.text.truncate(start);
        utf8(value, &mut self.text);
        Ok(())
    }
}

fn utf8(value: u32, bytes: &mut Vec<u8>) {
    if value < 0x80 {
        bytes.push(value as u8);
        return;
    }
    // How many continuation bytes, six bits each; the first byte has the rest.
    let more = match value {
        0..0x800 => 1,
        0x800..0x1_0000 => 2,
        0x1_0000..0x20_0000 => 3,
        0x20_0000..0x400_0000 => 4,
        _ => 5,
    };
    let mark = [0xc0, 0xe0, 0xf0, 0xf8, 0xfc][more - 1];
    bytes.push(mark | (value >> (6 * more)) as u8);
    for index in (0..more).rev() {
        bytes.push(0x80 | (value >> (6 * index) & 0x3f) as u8);
    }
}
