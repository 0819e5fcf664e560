//! The parser's state: the token at hand and the functions being read.
//!
//! One token of look-ahead, a second one in table constructors; recursive descent with the
//! reference implementation's limits, so that no text overflows the stack.

use super::SyntaxError;
use super::ast::{ENV, Function, GotoId, LabelId, Name, Program, Var, Variable};
use super::lexer::{Lexer, Text};
use super::name::Active;
use super::token::Token;
use std::fmt::Display;

/// Local variables of one function in scope at once.
pub(crate) const MOST_LOCALS: usize = 200;
/// Variables that a function captures.
pub(crate) const MOST_UPVALUES: usize = 255;
/// Statements and expressions within each other.
const MOST_LEVELS: u32 = 198;
/// The longest path down an expression's tree. Chains such as `a + a + a` make trees without
/// making levels.
const DEEPEST: u32 = 1000;

/// A label in scope.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) name: Name,
    pub(crate) id: LabelId,
    pub(crate) line: u32,
}

/// A goto whose label was not seen yet.
#[derive(Debug)]
pub(crate) struct Pending {
    /// The label's name, or `break`.
    pub(crate) name: Name,
    /// `None` for a break outside a loop.
    pub(crate) id: Option<GotoId>,
    pub(crate) line: u32,
    /// How many variables are in scope at the goto, or at the end of its block.
    pub(crate) active: usize,
}

/// Where a block began: how much of everything was there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) active: usize,
    pub(crate) labels: usize,
    pub(crate) pending: usize,
}

/// A function being read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) id: usize,
    pub(crate) line: u32,
    pub(crate) variadic: bool,
    pub(crate) active: Vec<Active>,
    /// Hidden variables of the loops around, which count as local variables.
    pub(crate) hidden: usize,
    pub(crate) captures: Vec<Var>,
    pub(crate) has_open_lists: bool,
    pub(crate) loops: usize,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) labels: Vec<Label>,
    pub(crate) label_count: usize,
    pub(crate) gotos: Vec<LabelId>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) depth: u32,
}

/// Reads a program.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    pub(crate) lexer: Lexer<'a>,
    /// The token at hand.
    pub(crate) token: Token,
    /// The one behind it, if it was looked at.
    ahead: Option<Token>,
    /// Line of the token before the one at hand.
    pub(crate) last_line: u32,
    pub(crate) functions: Vec<Reading>,
    pub(crate) variables: Vec<Variable>,
    function_count: usize,
    levels: u32,
}

/// Parses a program.
///
/// # Errors
/// What is wrong with the text, if it is no program.
pub fn parse(text: &Text<'_>) -> Result<Program, SyntaxError> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        token: Token::End,
        ahead: None,
        last_line: 1,
        functions: Vec::new(),
        variables: vec![Variable {
            name: "_ENV".into(),
            function: usize::MAX,
            captured: true,
            assigned: false,
            itself: None,
        }],
        function_count: 0,
        levels: 0,
    };
    parser.open_function(0);
    parser.function_mut().variadic = true;
    parser.function_mut().captures.push(ENV);
    parser.advance()?;
    let body = parser.block()?;
    if parser.token != Token::End {
        return Err(parser.expected("<eof>"));
    }
    let end_line = parser.lexer.line;
    let main = parser.close_function(Vec::new(), body, end_line)?;
    let variables = parser.variables;
    Ok(Program { main, variables })
}

impl Parser<'_> {
    /// The function being read.
    pub(crate) fn function(&self) -> &Reading {
        self.functions.last().expect("the chunk is open")
    }

    /// The function being read.
    pub(crate) fn function_mut(&mut self) -> &mut Reading {
        self.functions.last_mut().expect("the chunk is open")
    }

    /// Begins a function.
    pub(crate) fn open_function(&mut self, line: u32) {
        self.functions.push(Reading {
            id: self.function_count,
            line,
            ..Reading::default()
        });
        self.function_count += 1;
    }

    /// Ends a function.
    pub(crate) fn close_function(
        &mut self,
        params: Vec<Var>,
        body: super::ast::Block,
        end_line: u32,
    ) -> Result<Function, SyntaxError> {
        if let Some(pending) = self.function().pending.first() {
            let Pending { name, line, .. } = pending;
            return Err(match pending.id {
                None => self.semantic(format_args!("break outside loop at line {line}")),
                Some(_) => self.semantic(format_args!(
                    "no visible label '{name}' for <goto> at line {line}"
                )),
            });
        }
        let function = self.functions.pop().expect("the chunk is open");
        let depth = function.depth + 1;
        if depth > DEEPEST {
            return Err(self.too_deep());
        }
        if let Some(outer) = self.functions.last_mut() {
            outer.depth = outer.depth.max(depth);
        }
        Ok(Function {
            id: function.id,
            params,
            variadic: function.variadic,
            body,
            has_open_lists: function.has_open_lists,
            labels: function.label_count,
            gotos: function.gotos,
            line: function.line,
            end_line,
            depth,
        })
    }

    /// The depth of a new node over a subtree.
    pub(crate) fn deeper(&mut self, below: u32) -> Result<u32, SyntaxError> {
        let depth = below + 1;
        if depth > DEEPEST {
            return Err(self.too_deep());
        }
        let function = self.function_mut();
        function.depth = function.depth.max(depth);
        Ok(depth)
    }

    fn too_deep(&self) -> SyntaxError {
        self.error("expression is too deep")
    }

    /// Enters a statement or expression within another.
    pub(crate) fn enter(&mut self) -> Result<(), SyntaxError> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            // The reference implementation gives no place.
            let message = "C stack overflow".into();
            return Err(SyntaxError { message });
        }
        Ok(())
    }

    /// Leaves it.
    pub(crate) fn leave(&mut self) {
        self.levels -= 1;
    }

    /// Goes on to the next token and returns this one.
    pub(crate) fn advance(&mut self) -> Result<Token, SyntaxError> {
        self.last_line = self.lexer.line;
        let next = match self.ahead.take() {
            Some(token) => token,
            None => self.lexer.next()?,
        };
        Ok(std::mem::replace(&mut self.token, next))
    }

    /// The token behind the one at hand.
    pub(crate) fn look_ahead(&mut self) -> Result<&Token, SyntaxError> {
        if self.ahead.is_none() {
            self.ahead = Some(self.lexer.next()?);
        }
        Ok(self.ahead.as_ref().expect("it was just read"))
    }

    /// Steps over the token at hand if it is this one.
    pub(crate) fn accept(&mut self, text: &str) -> Result<bool, SyntaxError> {
        let found = self.token.is(text);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Steps over the token at hand, which must be this one.
    pub(crate) fn expect(&mut self, text: &str) -> Result<(), SyntaxError> {
        if !self.accept(text)? {
            return Err(self.expected(&format!("'{text}'")));
        }
        Ok(())
    }

    /// Steps over what closes something that was opened at a line.
    pub(crate) fn close(&mut self, text: &str, opened: &str, line: u32) -> Result<(), SyntaxError> {
        if self.accept(text)? {
            return Ok(());
        }
        if line == self.lexer.line {
            return Err(self.expected(&format!("'{text}'")));
        }
        Err(self.error(format_args!(
            "'{text}' expected (to close '{opened}' at line {line})"
        )))
    }

    /// Steps over a name.
    pub(crate) fn name(&mut self) -> Result<Name, SyntaxError> {
        let Token::Name(name) = &self.token else {
            return Err(self.expected("<name>"));
        };
        let name = name.clone();
        self.advance()?;
        Ok(name)
    }

    /// An error at the token at hand.
    pub(crate) fn error(&self, message: impl Display) -> SyntaxError {
        self.lexer.error_near(message, &self.token)
    }

    /// An error that does not quote the token at hand.
    pub(crate) fn semantic(&self, message: impl Display) -> SyntaxError {
        SyntaxError::at(self.lexer.name(), self.lexer.line, message)
    }

    /// The token at hand is another than must come here.
    pub(crate) fn expected(&self, what: &str) -> SyntaxError {
        self.error(format_args!("{what} expected"))
    }

    /// Fails if the running function has more of something than it may.
    pub(crate) fn limit(&self, count: usize, most: usize, what: &str) -> Result<(), SyntaxError> {
        if count <= most {
            return Ok(());
        }
        let place = match self.function().line {
            0 => "main function".into(),
            line => format!("function at line {line}"),
        };
        Err(self.error(format_args!("too many {what} (limit is {most}) in {place}")))
    }
}
