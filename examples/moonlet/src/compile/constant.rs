//! Constants, each once.

use super::{Compiled, Compiler};
use crate::bytecode::{Const, Constant, NearConst};
use crate::syntax::ast::Expr;
use rustc_hash::FxHashMap;

/// All constants so far.
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub(super) constants: Vec<Constant>,
    known: FxHashMap<Key, Const>,
}

/// A constant by what distinguishes it: floats by their bits, so that zeros keep their signs.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Nil,
    Bool(bool),
    Int(i64),
    Float(u64),
    Str(Box<[u8]>),
}

impl Compiler<'_> {
    /// The index of a constant.
    pub(super) fn constant(&mut self, constant: Constant, line: u32) -> Compiled<Const> {
        let key = match &constant {
            Constant::Nil => Key::Nil,
            Constant::Bool(value) => Key::Bool(*value),
            Constant::Int(value) => Key::Int(*value),
            Constant::Float(value) => Key::Float(value.to_bits()),
            Constant::Str(bytes) => Key::Str(bytes.clone()),
        };
        if let Some(index) = self.pool.known.get(&key) {
            return Ok(*index);
        }
        let Ok(index) = Const::try_from(self.pool.constants.len()) else {
            return self.error(line, "too many constants");
        };
        self.pool.constants.push(constant);
        self.pool.known.insert(key, index);
        Ok(index)
    }

    /// The index of a constant for instructions that have less room for it, if it is one of the first.
    pub(super) fn near_constant(
        &mut self,
        constant: Constant,
        line: u32,
    ) -> Compiled<Option<NearConst>> {
        let index = self.constant(constant, line)?;
        // In a program it lies at most so far behind.
        let last = self.constants_before + index as usize;
        Ok(NearConst::try_from(last).ok().map(|_| index as NearConst))
    }

    /// The index of a string.
    pub(super) fn string(&mut self, text: &[u8], line: u32) -> Compiled<Const> {
        self.constant(Constant::Str(text.into()), line)
    }
}

/// The number that an expression is, if it is a literal one.
pub(super) fn number(expr: &Expr) -> Option<Constant> {
    match *expr {
        Expr::Int(value) => Some(Constant::Int(value)),
        Expr::Float(value) => Some(Constant::Float(value)),
        _ => None,
    }
}

/// The constant that an expression is, if it is a literal.
pub(super) fn literal(expr: &Expr) -> Option<Constant> {
    match expr {
        Expr::Nil => Some(Constant::Nil),
        Expr::Bool(value) => Some(Constant::Bool(*value)),
        Expr::Str(bytes) => Some(Constant::Str(bytes.clone())),
        other => number(other),
    }
}

/// Whether a literal counts as true; `None` for other expressions.
pub(super) fn truth(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Nil | Expr::Bool(false) => Some(false),
        Expr::Bool(true) | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Function(_) => {
            Some(true)
        }
        _ => None,
    }
}
