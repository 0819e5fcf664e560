//! Expressions.

use super::SyntaxError;
use super::ast::{
    Binary, BinaryOp, Call, Entry, Expr, Function, Index, Name, Table, Unary, UnaryOp,
};
use super::fold;
use super::parser::Parser;
use super::token::Token;

/// An expression of names, parentheses, fields and calls, and what an assignment must know of it.
#[derive(Debug)]
pub(crate) struct Suffixed {
    pub(crate) expr: Expr,
    /// Whether it is a variable, a field or an item.
    pub(crate) is_place: bool,
    /// Its name, if it is a constant.
    pub(crate) constant: Option<Name>,
}

/// Binding strength of operators before their operand.
const UNARY: u8 = 12;

/// A binary operator and its binding strength to the left and to the right.
fn binary_op(token: &Token) -> Option<(BinaryOp, u8, u8)> {
    Some(match token {
        Token::Byte(b'+') => (BinaryOp::Add, 10, 10),
        Token::Byte(b'-') => (BinaryOp::Sub, 10, 10),
        Token::Byte(b'*') => (BinaryOp::Mul, 11, 11),
        Token::Byte(b'%') => (BinaryOp::Mod, 11, 11),
        Token::Byte(b'^') => (BinaryOp::Pow, 14, 13),
        Token::Byte(b'/') => (BinaryOp::Div, 11, 11),
        Token::Word("//") => (BinaryOp::FloorDiv, 11, 11),
        Token::Byte(b'&') => (BinaryOp::BitAnd, 6, 6),
        Token::Byte(b'|') => (BinaryOp::BitOr, 4, 4),
        Token::Byte(b'~') => (BinaryOp::BitXor, 5, 5),
        Token::Word("<<") => (BinaryOp::ShiftLeft, 7, 7),
        Token::Word(">>") => (BinaryOp::ShiftRight, 7, 7),
        Token::Word("..") => (BinaryOp::Concat, 9, 8),
        Token::Word("==") => (BinaryOp::Eq, 3, 3),
        Token::Byte(b'<') => (BinaryOp::Less, 3, 3),
        Token::Word("<=") => (BinaryOp::LessEq, 3, 3),
        Token::Word("~=") => (BinaryOp::NotEq, 3, 3),
        Token::Byte(b'>') => (BinaryOp::Greater, 3, 3),
        Token::Word(">=") => (BinaryOp::GreaterEq, 3, 3),
        Token::Word("and") => (BinaryOp::And, 2, 2),
        Token::Word("or") => (BinaryOp::Or, 1, 1),
        _ => return None,
    })
}

fn unary_op(token: &Token) -> Option<UnaryOp> {
    Some(match token {
        Token::Byte(b'-') => UnaryOp::Neg,
        Token::Byte(b'~') => UnaryOp::BitNot,
        Token::Word("not") => UnaryOp::Not,
        Token::Byte(b'#') => UnaryOp::Len,
        _ => return None,
    })
}

/// An index is run when what follows is known: its line is that of the token then read.
pub(super) fn touch(expr: &mut Expr, line: u32) {
    if let Expr::Index(index) = expr {
        index.line = line;
    }
}

/// An item of a constructor is run when the next begins or all have ended.
fn touch_item(entry: Option<&mut Entry>, line: u32) {
    if let Some(Entry::Item(item)) = entry {
        touch(item, line);
    }
}

impl Parser<'_> {
    /// An expression.
    pub(crate) fn expr(&mut self) -> Result<Expr, SyntaxError> {
        self.operation(0)
    }

    /// Expressions, at least one.
    pub(crate) fn expr_list(&mut self) -> Result<Vec<Expr>, SyntaxError> {
        let mut list = vec![self.expr()?];
        while self.accept(",")? {
            if let Some(before) = list.last_mut() {
                touch(before, self.last_line);
            }
            list.push(self.expr()?);
        }
        Ok(list)
    }

    /// Notes that a list may be open, by its last expression.
    pub(crate) fn note_open_list(&mut self, last: Option<&Expr>) {
        if last.is_some_and(Expr::is_multiple) {
            self.function_mut().has_open_lists = true;
        }
    }

    /// Operators that bind stronger than `limit`, and their operands.
    fn operation(&mut self, limit: u8) -> Result<Expr, SyntaxError> {
        self.enter()?;
        let mut left = match unary_op(&self.token) {
            Some(op) => {
                let line = self.lexer.line;
                self.advance()?;
                let operand = self.operation(UNARY)?;
                self.unary(op, operand, line)?
            }
            None => self.simple()?,
        };
        while let Some((op, to_left, to_right)) = binary_op(&self.token)
            && to_left > limit
        {
            let line = self.lexer.line;
            self.advance()?;
            touch(&mut left, line);
            let right = self.operation(to_right)?;
            left = self.binary(op, left, right, line)?;
        }
        self.leave();
        Ok(left)
    }

    fn unary(&mut self, op: UnaryOp, operand: Expr, line: u32) -> Result<Expr, SyntaxError> {
        if let Some(folded) = fold::unary(op, &operand) {
            return Ok(folded);
        }
        let depth = self.deeper(operand.depth())?;
        Ok(Expr::Unary(Box::new(Unary {
            op,
            operand,
            line,
            depth,
        })))
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        left: Expr,
        right: Expr,
        line: u32,
    ) -> Result<Expr, SyntaxError> {
        if let Some(folded) = fold::binary(op, &left, &right) {
            return Ok(folded);
        }
        let line = match op {
            // Comparisons are run when their right side was read.
            BinaryOp::Eq
            | BinaryOp::NotEq
            | BinaryOp::Less
            | BinaryOp::LessEq
            | BinaryOp::Greater
            | BinaryOp::GreaterEq => self.last_line,
            _ => line,
        };
        let depth = self.deeper(left.depth().max(right.depth()))?;
        Ok(Expr::Binary(Box::new(Binary {
            op,
            left,
            right,
            line,
            depth,
        })))
    }

    fn simple(&mut self) -> Result<Expr, SyntaxError> {
        let expr = match &self.token {
            Token::Int(value) => Expr::Int(*value),
            Token::Float(value) => Expr::Float(*value),
            Token::Str(bytes) => Expr::Str(bytes.clone()),
            Token::Word("nil") => Expr::Nil,
            Token::Word("true") => Expr::Bool(true),
            Token::Word("false") => Expr::Bool(false),
            Token::Word("...") => {
                if !self.function().variadic {
                    return Err(self.error("cannot use '...' outside a vararg function"));
                }
                Expr::Vararg(self.lexer.line)
            }
            Token::Byte(b'{') => return self.table(),
            Token::Word("function") => {
                self.advance()?;
                let function = self.function_body(false, self.lexer.line)?;
                return Ok(Expr::Function(Box::new(function)));
            }
            _ => return Ok(self.suffixed()?.expr),
        };
        self.advance()?;
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Suffixed, SyntaxError> {
        if let Token::Name(_) = self.token {
            let name = self.name()?;
            let (expr, constant) = self.resolve(&name, self.last_line)?;
            return Ok(Suffixed {
                expr,
                is_place: true,
                constant: constant.then_some(name),
            });
        }
        let line = self.lexer.line;
        if self.accept("(")? {
            let mut inner = self.expr()?;
            self.close(")", "(", line)?;
            touch(&mut inner, self.last_line);
            // What follows does not touch an index in parentheses again.
            let expr = match inner.is_multiple() || matches!(inner, Expr::Index(_)) {
                true => {
                    self.deeper(inner.depth())?;
                    Expr::Single(Box::new(inner))
                }
                false => inner,
            };
            return Ok(Suffixed {
                expr,
                is_place: false,
                constant: None,
            });
        }
        Err(self.error("unexpected symbol"))
    }

    /// A primary expression with fields and calls behind it.
    pub(crate) fn suffixed(&mut self) -> Result<Suffixed, SyntaxError> {
        let line = self.lexer.line;
        let mut left = self.primary()?;
        loop {
            match &self.token {
                Token::Byte(b'.') => {
                    self.advance()?;
                    let field = self.name()?;
                    self.index(&mut left, Expr::Str(field.as_bytes().into()))?;
                }
                Token::Byte(b'[') => {
                    let key = self.key()?;
                    self.index(&mut left, key)?;
                }
                Token::Byte(b':') => {
                    self.advance()?;
                    let name = self.name()?;
                    touch(&mut left.expr, self.last_line);
                    self.call(&mut left, Some((name, self.last_line)), line)?;
                }
                Token::Byte(b'(' | b'{') | Token::Str(_) => self.call(&mut left, None, line)?,
                _ => return Ok(left),
            }
        }
    }

    fn key(&mut self) -> Result<Expr, SyntaxError> {
        self.expect("[")?;
        let key = self.expr()?;
        self.expect("]")?;
        Ok(key)
    }

    fn index(&mut self, left: &mut Suffixed, key: Expr) -> Result<(), SyntaxError> {
        let object = std::mem::replace(&mut left.expr, Expr::Nil);
        let depth = self.deeper(object.depth().max(key.depth()))?;
        left.expr = Expr::Index(Box::new(Index {
            object,
            key,
            line: self.last_line,
            depth,
        }));
        left.is_place = true;
        left.constant = None;
        Ok(())
    }

    fn call(
        &mut self,
        left: &mut Suffixed,
        method: Option<(Name, u32)>,
        line: u32,
    ) -> Result<(), SyntaxError> {
        let args = self.args(line)?;
        self.note_open_list(args.last());
        let callee = std::mem::replace(&mut left.expr, Expr::Nil);
        let below = args.iter().map(Expr::depth).max().unwrap_or(0);
        let depth = self.deeper(below.max(callee.depth()))?;
        left.expr = Expr::Call(Box::new(Call {
            callee,
            method,
            args,
            line,
            depth,
        }));
        left.is_place = false;
        left.constant = None;
        Ok(())
    }

    fn args(&mut self, line: u32) -> Result<Vec<Expr>, SyntaxError> {
        match &self.token {
            Token::Str(bytes) => {
                let arg = Expr::Str(bytes.clone());
                self.advance()?;
                Ok(vec![arg])
            }
            Token::Byte(b'{') => Ok(vec![self.table()?]),
            Token::Byte(b'(') => {
                self.advance()?;
                if self.accept(")")? {
                    return Ok(Vec::new());
                }
                let mut args = self.expr_list()?;
                self.close(")", "(", line)?;
                if let Some(last) = args.last_mut() {
                    touch(last, self.last_line);
                }
                Ok(args)
            }
            _ => Err(self.expected("function arguments")),
        }
    }

    fn table(&mut self) -> Result<Expr, SyntaxError> {
        let line = self.lexer.line;
        self.expect("{")?;
        let mut entries = Vec::new();
        let mut below = 0;
        while !self.token.is("}") {
            touch_item(entries.last_mut(), self.last_line);
            let entry = self.entry()?;
            below = below.max(match &entry {
                Entry::Item(value) => value.depth(),
                Entry::Field(key, value, _) => key.depth().max(value.depth()),
            });
            entries.push(entry);
            if !self.accept(",")? && !self.accept(";")? {
                break;
            }
        }
        self.close("}", "{", line)?;
        touch_item(entries.last_mut(), self.last_line);
        if let Some(Entry::Item(last)) = entries.last() {
            let is_open = last.is_multiple();
            self.function_mut().has_open_lists |= is_open;
        }
        let depth = self.deeper(below)?;
        Ok(Expr::Table(Box::new(Table {
            entries,
            line,
            end_line: self.last_line,
            depth,
        })))
    }

    fn entry(&mut self) -> Result<Entry, SyntaxError> {
        let key = match &self.token {
            Token::Name(name) => {
                let name = name.clone();
                if !self.look_ahead()?.is("=") {
                    return Ok(Entry::Item(self.expr()?));
                }
                self.advance()?;
                Expr::Str(name.as_bytes().into())
            }
            Token::Byte(b'[') => self.key()?,
            _ => return Ok(Entry::Item(self.expr()?)),
        };
        self.expect("=")?;
        let value = self.expr()?;
        Ok(Entry::Field(key, value, self.last_line))
    }

    /// Parameters and body of a function.
    pub(crate) fn function_body(
        &mut self,
        is_method: bool,
        line: u32,
    ) -> Result<Function, SyntaxError> {
        self.open_function(line);
        self.open_scope();
        self.expect("(")?;
        let mut params = Vec::new();
        if is_method {
            params.push(self.param(&"self".into())?);
        }
        if !self.token.is(")") {
            loop {
                if let Token::Name(_) = self.token {
                    let name = self.name()?;
                    params.push(self.param(&name)?);
                } else if self.accept("...")? {
                    self.function_mut().variadic = true;
                } else {
                    return Err(self.expected("<name> or '...'"));
                }
                if self.function().variadic || !self.accept(",")? {
                    break;
                }
            }
        }
        self.expect(")")?;
        let body = self.statements()?;
        let end_line = self.lexer.line;
        self.close("end", "function", line)?;
        self.close_scope();
        self.close_function(params, body, end_line)
    }

    fn param(&mut self, name: &Name) -> Result<usize, SyntaxError> {
        self.check_locals(1)?;
        let var = self.declare(name);
        self.activate_var(var);
        Ok(var)
    }
}
