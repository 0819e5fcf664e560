//! The parser: its cursor over the tokens and what all parts of a source share.

mod interface;
mod trace;

use super::error::{ParseError, ParseErrorKind};
use super::lex::{Lexeme, Token, tokens};
use crate::id::{ContractId, HelperId, Word};
use crate::interface::{Class, Interface};
use crate::trace::Trace;
use crate::types::{Const, Type};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Reads an interface, if the source begins with one, and traces.
///
/// # Errors
/// The first place where the source is not in the text form.
pub fn parse_file(source: &str) -> Result<(Arc<Interface>, Vec<Trace>), ParseError> {
    let mut parser = Parser::new(source, Arc::default())?;
    parser.skip_newlines();
    if parser.is_name("interface") {
        parser.interface = Arc::new(parser.interface()?);
    }
    let mut traces = Vec::new();
    loop {
        parser.skip_newlines();
        if parser.peek() == &Token::End {
            return Ok((parser.interface, traces));
        }
        traces.push(parser.trace()?);
    }
}

/// Reads one trace over `interface`.
///
/// # Errors
/// The first place where the source is not a trace in the text form.
pub fn parse_trace(source: &str, interface: &Arc<Interface>) -> Result<Trace, ParseError> {
    let mut parser = Parser::new(source, interface.clone())?;
    parser.skip_newlines();
    let trace = parser.trace()?;
    parser.skip_newlines();
    match parser.peek() {
        Token::End => Ok(trace),
        _ => Err(parser.expected("the end of the source")),
    }
}

type Result<T, E = ParseError> = std::result::Result<T, E>;

struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Lexeme<'s>>,
    next: usize,
    interface: Arc<Interface>,
    /// Contracts by their numbers in the source.
    contracts: FxHashMap<u64, ContractId>,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, interface: Arc<Interface>) -> Result<Parser<'s>> {
        Ok(Parser {
            source,
            tokens: tokens(source)?,
            next: 0,
            interface,
            contracts: FxHashMap::default(),
        })
    }

    // Tokens.

    fn peek(&self) -> &Token<'s> {
        &self.tokens[self.next].token
    }

    /// The next token; the end of the source is never passed.
    fn take(&mut self) -> Token<'s> {
        let token = self.peek().clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn error_at(&self, token: usize, kind: ParseErrorKind) -> ParseError {
        let lexeme = &self.tokens[token];
        ParseError::at(kind, self.source, lexeme.start, lexeme.end)
    }

    /// An error about the token just taken.
    fn error(&self, kind: ParseErrorKind) -> ParseError {
        self.error_at(self.next - 1, kind)
    }

    fn expected(&self, expected: impl Into<String>) -> ParseError {
        let lexeme = &self.tokens[self.next];
        let found = match lexeme.token {
            Token::Newline => "the end of the line".to_owned(),
            Token::End => "the end of the source".to_owned(),
            _ => format!("`{}`", &self.source[lexeme.start..lexeme.end]),
        };
        let expected = expected.into();
        self.error_at(self.next, ParseErrorKind::Expected { expected, found })
    }

    fn skip_newlines(&mut self) {
        while self.peek() == &Token::Newline {
            self.take();
        }
    }

    fn is_name(&self, name: &str) -> bool {
        self.peek() == &Token::Name(name)
    }

    /// Takes the keyword if it stands here.
    fn eat_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        if found {
            self.take();
        }
        found
    }

    fn expect_name(&mut self, name: &str) -> Result<()> {
        if self.eat_name(name) {
            Ok(())
        } else {
            Err(self.expected(format!("`{name}`")))
        }
    }

    /// Takes the punctuation if it stands here.
    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == &Token::Punctuation(wanted);
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.eat(wanted) {
            Ok(())
        } else {
            Err(self.expected(format!("`{wanted}`")))
        }
    }

    fn end_of_line(&mut self) -> Result<()> {
        match self.peek() {
            Token::Newline => {
                self.take();
                Ok(())
            }
            Token::End | Token::Punctuation('}') => Ok(()),
            _ => Err(self.expected("the end of the line")),
        }
    }

    /// `{ item, item }`; lines may break in it.
    fn braces<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        self.expect('{')?;
        self.skip_newlines();
        while !self.eat('}') {
            items.push(item(self)?);
            self.skip_newlines();
            if !self.eat(',') && self.peek() != &Token::Punctuation('}') {
                return Err(self.expected("`,` or `}`"));
            }
            self.skip_newlines();
        }
        Ok(items)
    }

    // Scalars.

    fn number<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T> {
        let &Token::Number(text) = self.peek() else {
            return Err(self.expected(expected));
        };
        self.take();
        read(text).ok_or_else(|| {
            let text = text.to_owned();
            self.error(ParseErrorKind::Number { text, expected })
        })
    }

    fn u32(&mut self, expected: &'static str) -> Result<u32> {
        self.number(expected, |text| text.parse().ok())
    }

    fn address(&mut self) -> Result<u64> {
        self.number("an address", bits)
    }

    fn constant(&mut self, ty: Type) -> Result<u64> {
        match ty {
            Type::I64 => self.number("a 64-bit integer", |text| {
                bits(text).or_else(|| Some(text.parse::<i64>().ok()? as u64))
            }),
            Type::F64 => self.number("a double", |text| {
                bits(text).or_else(|| Some(text.parse::<f64>().ok()?.to_bits()))
            }),
            Type::Bool => match self.peek() {
                Token::Name("false") => Ok((self.take(), 0).1),
                Token::Name("true") => Ok((self.take(), 1).1),
                Token::Number(_) => self.number("a truth value", bits),
                _ => Err(self.expected("`true` or `false`")),
            },
            Type::Ref => self
                .indexed("r", "a reference")
                .map(|index: u32| index.into()),
            Type::Ptr => self.address(),
        }
    }

    /// A name that is `prefix` and a number: `w3`, `r0`.
    fn indexed<T: std::str::FromStr>(&mut self, prefix: &str, expected: &str) -> Result<T> {
        let &Token::Name(name) = self.peek() else {
            return Err(self.expected(expected));
        };
        let index = name
            .strip_prefix(prefix)
            .and_then(|digits| digits.parse().ok());
        match index {
            Some(index) => {
                self.take();
                Ok(index)
            }
            None => Err(self.expected(expected)),
        }
    }

    fn word(&mut self) -> Result<Word> {
        self.indexed("w", "a frame word").map(Word)
    }

    fn ty(&mut self) -> Result<Type> {
        let ty = match self.peek() {
            Token::Name(name) => Type::from_name(name),
            _ => None,
        };
        match ty {
            Some(ty) => {
                self.take();
                Ok(ty)
            }
            None => Err(self.expected("a type")),
        }
    }

    fn typed_constant(&mut self) -> Result<Const> {
        let ty = self.ty()?;
        let bits = self.constant(ty)?;
        Ok(Const { ty, bits })
    }

    fn text(&mut self, expected: &str) -> Result<String> {
        match self.peek() {
            Token::Text(_) => match self.take() {
                Token::Text(text) => Ok(text),
                _ => unreachable!("peeked"),
            },
            &Token::Name(name) => {
                self.take();
                Ok(name.to_owned())
            }
            _ => Err(self.expected(expected)),
        }
    }

    /// The index of a declared thing, written by its name or as `#7`.
    fn named(
        &mut self,
        what: &'static str,
        find: impl FnOnce(&Interface, &str) -> Option<usize>,
    ) -> Result<usize> {
        if self.eat('#') {
            return self.number("an index", |text| text.parse().ok());
        }
        let name = self.text(what)?;
        find(&self.interface, &name)
            .ok_or_else(|| self.error(ParseErrorKind::Undefined { what, name }))
    }

    fn class(&mut self) -> Result<Class> {
        let index = self.named("class", |interface, name| {
            interface.classes.iter().position(|class| class == name)
        })?;
        u8::try_from(index).map(Class).map_err(|_| {
            let text = index.to_string();
            let expected = "the index of a class";
            self.error(ParseErrorKind::Number { text, expected })
        })
    }

    fn helper(&mut self) -> Result<HelperId> {
        self.expect('@')?;
        let index = self.named("helper", |interface, name| {
            let mut helpers = interface.helpers.iter();
            helpers.position(|helper| helper.name == name)
        })?;
        Ok(HelperId(index as u32))
    }

    fn contract(&mut self) -> Result<ContractId> {
        let number = self.number("a contract's number", |text| text.parse().ok())?;
        let known = self.contracts.entry(number);
        Ok(*known.or_insert_with(ContractId::fresh))
    }
}

/// Bits in hexadecimal.
fn bits(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}
