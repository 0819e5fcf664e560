//! Statements.

use super::SyntaxError;
use super::ast::{Block, Expr, Function, Index, Name, Statement};
use super::expression::{Suffixed, touch};
use super::name::{Literal, Meaning};
use super::parser::Parser;
use super::token::Token;

impl Parser<'_> {
    /// A statement, if it is one that does something.
    pub(crate) fn statement(&mut self, into: &mut Vec<Statement>) -> Result<(), SyntaxError> {
        self.enter()?;
        let line = self.lexer.line;
        let Token::Word(word) = self.token else {
            if !self.accept(";")? {
                let statement = self.expression_statement()?;
                into.push(statement);
            }
            self.leave();
            return Ok(());
        };
        match word {
            "if" | "while" | "do" | "for" | "repeat" | "function" | "local" | "::" | "return"
            | "break" | "goto" => {
                self.advance()?;
            }
            _ => {}
        }
        let statement = match word {
            "if" => self.if_statement(line)?,
            "while" => self.while_statement(line)?,
            "do" => {
                let block = self.block()?;
                self.close("end", "do", line)?;
                Statement::Do(block)
            }
            "for" => self.for_statement(line)?,
            "repeat" => self.repeat_statement(line)?,
            "function" => self.function_statement(line)?,
            "local" if self.accept("function")? => self.local_function()?,
            "local" => {
                if let Some(statement) = self.local_statement()? {
                    into.push(statement);
                }
                self.leave();
                return Ok(());
            }
            "::" => {
                self.label_statement(into)?;
                self.leave();
                return Ok(());
            }
            "return" => self.return_statement()?,
            "break" => self.break_statement(line),
            "goto" => self.goto_statement(line)?,
            _ => self.expression_statement()?,
        };
        into.push(statement);
        self.leave();
        Ok(())
    }

    fn if_statement(&mut self, line: u32) -> Result<Statement, SyntaxError> {
        let mut arms = Vec::new();
        let mut lines = Vec::new();
        let mut otherwise = None;
        loop {
            let mut condition = self.expr()?;
            self.expect("then")?;
            touch(&mut condition, self.last_line);
            let block = self.block()?;
            arms.push((condition, block));
            lines.push(self.last_line);
            if !self.accept("elseif")? {
                break;
            }
        }
        if self.accept("else")? {
            otherwise = Some(self.block()?);
        }
        self.close("end", "if", line)?;
        Ok(Statement::If {
            arms,
            otherwise,
            lines,
        })
    }

    fn while_statement(&mut self, line: u32) -> Result<Statement, SyntaxError> {
        let condition = self.expr()?;
        self.expect("do")?;
        let body = self.loop_body()?;
        self.close("end", "while", line)?;
        Ok(Statement::While {
            condition,
            body,
            line: self.last_line,
        })
    }

    fn loop_body(&mut self) -> Result<Block, SyntaxError> {
        self.function_mut().loops += 1;
        let body = self.block()?;
        self.function_mut().loops -= 1;
        Ok(body)
    }

    fn repeat_statement(&mut self, line: u32) -> Result<Statement, SyntaxError> {
        self.function_mut().loops += 1;
        self.open_scope();
        let body = self.statements()?;
        self.close("until", "repeat", line)?;
        let until = self.expr()?;
        self.close_scope();
        self.function_mut().loops -= 1;
        Ok(Statement::Repeat {
            body,
            until,
            line: self.last_line,
        })
    }

    fn for_statement(&mut self, line: u32) -> Result<Statement, SyntaxError> {
        let name = self.name()?;
        if self.token.is("=") {
            self.numeric_for(&name, line)
        } else if self.token.is(",") || self.token.is("in") {
            self.generic_for(name, line)
        } else {
            Err(self.expected("'=' or 'in'"))
        }
    }

    fn numeric_for(&mut self, name: &Name, line: u32) -> Result<Statement, SyntaxError> {
        self.check_locals(4)?;
        self.expect("=")?;
        let first = self.expr()?;
        self.expect(",")?;
        let limit = self.expr()?;
        let step = match self.accept(",")? {
            true => Some(self.expr()?),
            false => None,
        };
        self.expect("do")?;
        let do_line = self.last_line;
        let (vars, body) = self.for_body(std::slice::from_ref(name), 3)?;
        self.close("end", "for", line)?;
        Ok(Statement::NumericFor {
            var: vars[0],
            range: Box::new((first, limit, step)),
            body,
            line,
            do_line,
        })
    }

    fn generic_for(&mut self, name: Name, line: u32) -> Result<Statement, SyntaxError> {
        self.check_locals(5)?;
        let mut names = vec![name];
        while self.accept(",")? {
            names.push(self.name()?);
            self.check_locals(4 + names.len())?;
        }
        self.expect("in")?;
        let values_line = self.lexer.line;
        let values = self.expr_list()?;
        self.expect("do")?;
        let do_line = self.last_line;
        let (vars, body) = self.for_body(&names, 4)?;
        self.close("end", "for", line)?;
        Ok(Statement::GenericFor {
            vars,
            values,
            body,
            line: values_line,
            do_line,
        })
    }

    /// A loop's body in the scope of its variables, beside some hidden ones.
    fn for_body(
        &mut self,
        names: &[Name],
        hidden: usize,
    ) -> Result<(Vec<usize>, Block), SyntaxError> {
        self.function_mut().hidden += hidden;
        self.open_scope();
        let mut vars = Vec::new();
        for name in names {
            let var = self.declare(name);
            self.activate_var(var);
            vars.push(var);
        }
        let body = self.loop_body()?;
        self.close_scope();
        self.function_mut().hidden -= hidden;
        Ok((vars, body))
    }

    fn function_statement(&mut self, line: u32) -> Result<Statement, SyntaxError> {
        let name = self.name()?;
        let (mut target, constant) = self.resolve(&name, self.last_line)?;
        let mut constant = constant.then_some(name);
        let mut is_method = false;
        while self.token.is(".") || self.token.is(":") {
            is_method = self.token.is(":");
            self.advance()?;
            let field = self.name()?;
            let depth = self.deeper(target.depth())?;
            target = Expr::Index(Box::new(Index {
                object: target,
                key: Expr::Str(field.as_bytes().into()),
                line: self.last_line,
                depth,
            }));
            constant = None;
            if is_method {
                break;
            }
        }
        let function = self.function_body(is_method, line)?;
        self.check_constant(constant.as_ref())?;
        self.mark_assigned(&target);
        Ok(Statement::Assign {
            targets: vec![target],
            values: vec![Expr::Function(Box::new(function))],
            line,
        })
    }

    fn local_function(&mut self) -> Result<Statement, SyntaxError> {
        let name = self.name()?;
        self.check_locals(1)?;
        let var = self.declare(&name);
        self.activate_var(var);
        let function: Function = self.function_body(false, self.lexer.line)?;
        self.variables[var].itself = Some(function.id);
        Ok(Statement::LocalFunction(var, Box::new(function)))
    }

    fn local_statement(&mut self) -> Result<Option<Statement>, SyntaxError> {
        let mut names: Vec<(Name, bool)> = Vec::new();
        loop {
            let name = self.name()?;
            self.check_locals(names.len() + 1)?;
            let constant = self.attribute()?;
            names.push((name, constant));
            if !self.accept(",")? {
                break;
            }
        }
        let mut values = match self.accept("=")? {
            true => self.expr_list()?,
            false => Vec::new(),
        };
        let line = self.last_line;
        // A constant with a literal's value has no place: its uses are the literal.
        let literal = match (names.last(), values.last()) {
            (Some((_, true)), Some(value)) if names.len() == values.len() => Literal::of(value),
            _ => None,
        };
        let places = names.len() - usize::from(literal.is_some());
        let mut vars = Vec::new();
        for (name, constant) in &names[..places] {
            let var = self.declare(name);
            self.activate(
                name.clone(),
                Meaning::Var {
                    var,
                    constant: *constant,
                },
            );
            vars.push(var);
        }
        if let Some(literal) = literal {
            values.pop();
            let (name, _) = names.swap_remove(places);
            self.activate(name, Meaning::Literal(literal));
        }
        Ok((!vars.is_empty()).then_some(Statement::Local { vars, values, line }))
    }

    /// An attribute, if there is one: whether it is `const`.
    fn attribute(&mut self) -> Result<bool, SyntaxError> {
        if !self.accept("<")? {
            return Ok(false);
        }
        let attribute = self.name()?;
        self.expect(">")?;
        match &*attribute {
            "const" => Ok(true),
            "close" => Err(self.semantic("Moonlet does not have to-be-closed variables yet")),
            other => Err(self.semantic(format_args!("unknown attribute '{other}'"))),
        }
    }

    fn return_statement(&mut self) -> Result<Statement, SyntaxError> {
        let mut values = Vec::new();
        if !self.at_block_end(true) && !self.token.is(";") {
            values = self.expr_list()?;
            self.note_open_list(values.last());
        }
        let line = self.last_line;
        self.accept(";")?;
        Ok(Statement::Return { values, line })
    }

    fn expression_statement(&mut self) -> Result<Statement, SyntaxError> {
        let first = self.suffixed()?;
        if self.token.is("=") || self.token.is(",") {
            return self.assignment(first);
        }
        match first.expr {
            Expr::Call(call) => Ok(Statement::Call(call)),
            _ => Err(self.error("syntax error")),
        }
    }

    fn assignment(&mut self, first: Suffixed) -> Result<Statement, SyntaxError> {
        let mut targets = Vec::new();
        let mut levels = 0;
        let mut next = first;
        loop {
            if !next.is_place {
                return Err(self.error("syntax error"));
            }
            self.check_constant(next.constant.as_ref())?;
            self.mark_assigned(&next.expr);
            targets.push(next.expr);
            if !self.accept(",")? {
                break;
            }
            next = self.suffixed()?;
            self.enter()?;
            levels += 1;
        }
        self.expect("=")?;
        let values = self.expr_list()?;
        for _ in 0..levels {
            self.leave();
        }
        Ok(Statement::Assign {
            targets,
            values,
            line: self.last_line,
        })
    }

    fn check_constant(&self, constant: Option<&Name>) -> Result<(), SyntaxError> {
        match constant {
            Some(name) => {
                Err(self.semantic(format_args!("attempt to assign to const variable '{name}'")))
            }
            None => Ok(()),
        }
    }

    fn mark_assigned(&mut self, target: &Expr) {
        if let Expr::Local(var, _) = target {
            self.variables[*var].assigned = true;
        }
    }
}
