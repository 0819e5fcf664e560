//! Words and symbols.

use super::ast::Name;
use std::fmt;

/// The smallest part of a text that means something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A byte that stands for itself, known or not.
    Byte(u8),
    /// A reserved word or a symbol of several bytes.
    Word(&'static str),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A name that is not reserved.
    Name(Name),
    /// A string's bytes.
    Str(Box<[u8]>),
    /// The end of the text.
    End,
}

/// Reserved words.
pub(crate) const RESERVED: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

impl Token {
    /// Whether this is the word, or the symbol.
    pub(crate) fn is(&self, text: &str) -> bool {
        match self {
            Token::Byte(byte) => text.as_bytes() == [*byte],
            Token::Word(word) => *word == text,
            _ => false,
        }
    }
}

/// As messages quote it; literals and names are quoted by their text instead.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Byte(byte) if (0x20..0x7f).contains(byte) => {
                write!(f, "'{}'", char::from(*byte))
            }
            Token::Byte(byte) => write!(f, "'<\\{byte}>'"),
            Token::Word(word) => write!(f, "'{word}'"),
            Token::Int(_) | Token::Float(_) | Token::Name(_) | Token::Str(_) => f.write_str("text"),
            Token::End => f.write_str("<eof>"),
        }
    }
}
