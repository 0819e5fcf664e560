//! From source text to a tree whose names are resolved.
//!
//! Lexer and parser follow the grammar of Lua 5.4 and fail where and as the reference
//! implementation does, with the same words. The parser also resolves names, checks labels and
//! folds numbers: what the compiler gets is known to be valid but for limits of the machine.

pub mod ast;
mod block;
mod expression;
mod fold;
mod lexer;
mod name;
mod number;
mod parser;
mod statement;
#[cfg(test)]
mod tests;
mod token;

pub use lexer::Text;
pub use number::{Number, parse_number};
pub use parser::parse;

/// Why a text is no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong and where, in the words of Lua.
    pub message: String,
}

impl SyntaxError {
    /// An error at a line of the named chunk.
    pub fn at(name: &str, line: u32, message: impl std::fmt::Display) -> SyntaxError {
        SyntaxError {
            message: format!("{name}:{line}: {message}"),
        }
    }
}
