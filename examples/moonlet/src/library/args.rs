//! Arguments of builtins: the checks and conversions of Lua's auxiliary library.

use super::Raised;
use crate::number::{self, append};
use crate::value::Tagged;
use crate::value::{FLOAT, INT, NIL, NOTHING, STRING, Str, Table, bytes_of};
use offramp::Reference;
use std::ops::Deref;

/// The arguments of a running builtin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Args<'a> {
    name: &'static str,
    values: &'a [Tagged],
}

/// Bytes of an argument: a string's own, or a number's text.
#[derive(Clone, Debug)]
pub(super) enum Text {
    Str(Reference<Str>),
    Number(Vec<u8>),
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Text::Str(string) => bytes_of(string),
            Text::Number(text) => text,
        }
    }
}

impl Text {
    /// Whether it is a number's text.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Text::Number(_))
    }

    pub(super) fn of(value: Tagged) -> Option<Text> {
        match value.tag() {
            STRING => value.as_reference().map(Text::Str),
            INT | FLOAT => {
                let mut text = Vec::new();
                append(&mut text, value);
                Some(Text::Number(text))
            }
            _ => None,
        }
    }
}

impl<'a> Args<'a> {
    pub(super) fn new(name: &'static str, values: &'a [Tagged]) -> Args<'a> {
        Args { name, values }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// An argument, counted from 1; nil if it is missing.
    pub(super) fn get(&self, number: usize) -> Tagged {
        self.values.get(number - 1).copied().unwrap_or(NOTHING)
    }

    fn is_none_or_nil(&self, number: usize) -> bool {
        self.get(number).tag() == NIL
    }

    /// The error that an argument is bad.
    pub(super) fn bad(&self, number: usize, what: impl Into<String>) -> Raised {
        Raised::Argument {
            name: self.name,
            number,
            what: what.into(),
        }
    }

    /// The error that an argument has the wrong type.
    pub(super) fn expected(&self, number: usize, what: &str) -> Raised {
        Raised::Type {
            name: self.name,
            number,
            wanted: what.into(),
            got: self.values.get(number - 1).copied(),
        }
    }

    pub(super) fn any(&self, number: usize) -> Result<Tagged, Raised> {
        let value = self.values.get(number - 1).copied();
        value.ok_or_else(|| self.bad(number, "value expected"))
    }

    pub(super) fn table(&self, number: usize) -> Result<Reference<Table>, Raised> {
        let table = self.get(number).as_reference();
        table.ok_or_else(|| self.expected(number, "table"))
    }

    pub(super) fn text(&self, number: usize) -> Result<Text, Raised> {
        Text::of(self.get(number)).ok_or_else(|| self.expected(number, "string"))
    }

    pub(super) fn text_or(&self, number: usize, default: &str) -> Result<Text, Raised> {
        if self.is_none_or_nil(number) {
            return Ok(Text::Number(default.into()));
        }
        self.text(number)
    }

    pub(super) fn number(&self, number: usize) -> Result<Tagged, Raised> {
        let value = number::to_number(self.get(number));
        value.ok_or_else(|| self.expected(number, "number"))
    }

    pub(super) fn float(&self, number: usize) -> Result<f64, Raised> {
        let value = number::to_float(self.get(number));
        value.ok_or_else(|| self.expected(number, "number"))
    }

    pub(super) fn int(&self, number: usize) -> Result<i64, Raised> {
        let value = self.get(number);
        if value.tag() == INT {
            return Ok(value.as_int());
        }
        number::to_int(value).ok_or_else(|| match number::to_number(value) {
            Some(_) => self.bad(number, "number has no integer representation"),
            None => self.expected(number, "number"),
        })
    }

    pub(super) fn int_or(&self, number: usize, default: i64) -> Result<i64, Raised> {
        if self.is_none_or_nil(number) {
            return Ok(default);
        }
        self.int(number)
    }
}
