//! Statements.

use super::jump::UNKNOWN;
use super::table::filled_by;
use super::{Compiled, Compiler};
use crate::bytecode::{Instr, OPEN};
use crate::syntax::ast::{Block, Expr, Function, GotoId, LabelId, Statement, Var};

impl<'a> Compiler<'a> {
    /// A block in a scope of its own.
    pub(super) fn block(&mut self, block: &'a Block) -> Compiled {
        let (free, bound) = (self.state().free, self.bound());
        self.statements(block)?;
        self.unbind(bound);
        self.release(free);
        Ok(())
    }

    /// A block in the current scope.
    pub(super) fn statements(&mut self, block: &'a Block) -> Compiled {
        for (index, statement) in block.statements.iter().enumerate() {
            self.filled = filled_by(&block.statements[index..]);
            self.statement(statement)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &'a Statement) -> Compiled {
        match statement {
            Statement::Call(call) => {
                self.state_mut().line = call.line;
                let a = self.reserve(1, call.line)?;
                self.call_at(call, a, 0)?;
                self.release(a);
                Ok(())
            }
            Statement::Local { vars, values, line } => {
                self.state_mut().line = *line;
                let first = self.list_next(values, vars.len())?;
                for (slot, &var) in (first..).zip(vars) {
                    self.bind(var, slot, *line);
                }
                Ok(())
            }
            Statement::LocalFunction(var, function) => self.local_function(*var, function),
            Statement::Assign {
                targets,
                values,
                line,
            } => {
                self.state_mut().line = *line;
                self.assign(targets, values, *line)
            }
            Statement::If {
                arms,
                otherwise,
                lines,
            } => self.conditional(arms, otherwise.as_ref(), lines),
            Statement::While {
                condition,
                body,
                line,
            } => self.while_loop(condition, body, *line),
            Statement::Repeat { body, until, line } => self.repeat_loop(body, until, *line),
            Statement::NumericFor {
                var,
                range,
                body,
                line,
                do_line,
            } => {
                self.state_mut().line = *line;
                self.numeric_for(*var, range, body, (*line, *do_line))
            }
            Statement::GenericFor {
                vars,
                values,
                body,
                line,
                do_line,
            } => {
                self.state_mut().line = *line;
                self.generic_for(vars, values, body, (*line, *do_line))
            }
            Statement::Do(block) => self.block(block),
            Statement::Return { values, line } => {
                self.state_mut().line = *line;
                self.return_values(values, *line)
            }
            Statement::Break(line) => {
                let mut jumps = Vec::new();
                self.jump(Instr::Jump(UNKNOWN), *line, &mut jumps);
                self.wait_for_end(jumps);
                Ok(())
            }
            Statement::Goto(goto, line) => {
                self.goto(*goto, *line);
                Ok(())
            }
            Statement::Label(label) => {
                self.label(*label);
                Ok(())
            }
        }
    }

    fn local_function(&mut self, var: Var, function: &'a Function) -> Compiled {
        let line = function.line;
        self.state_mut().line = line;
        let slot = self.reserve(1, line)?;
        if self.is_cell(var) {
            self.emit(Instr::LoadNil(slot, 1), line);
            self.bind(var, slot, line);
            let number = self.function(function)?;
            let value = self.reserve(1, line)?;
            self.emit(Instr::Closure(value, number), function.end_line);
            self.emit(Instr::SetCell(slot, value), function.end_line);
            self.release(value);
        } else {
            let number = self.function(function)?;
            self.emit(Instr::Closure(slot, number), function.end_line);
            self.bind(var, slot, line);
        }
        Ok(())
    }

    fn conditional(
        &mut self,
        arms: &'a [(Expr, Block)],
        otherwise: Option<&'a Block>,
        lines: &[u32],
    ) -> Compiled {
        let mut ends = Vec::new();
        for (index, ((condition, block), &line)) in arms.iter().zip(lines).enumerate() {
            let is_last = index + 1 == arms.len() && otherwise.is_none();
            if let [only] = &block.statements[..]
                && self.jump_away(condition, only)?
            {
                continue;
            }
            let mut next = Vec::new();
            self.jump_when(condition, false, &mut next)?;
            self.block(block)?;
            if !is_last {
                self.jump(Instr::Jump(UNKNOWN), line, &mut ends);
            }
            self.land(&next);
        }
        if let Some(block) = otherwise {
            self.block(block)?;
        }
        self.land(&ends);
        Ok(())
    }

    /// Under a condition, a break or a goto forwards: the condition itself jumps there. `false` if
    /// the statement is another.
    fn jump_away(&mut self, condition: &'a Expr, statement: &'a Statement) -> Compiled<bool> {
        let mut jumps = Vec::new();
        match *statement {
            Statement::Break(line) => {
                self.state_mut().line = line;
                self.jump_when(condition, true, &mut jumps)?;
                self.wait_for_end(jumps);
            }
            Statement::Goto(goto, line) if self.target_of(goto).0.is_none() => {
                self.state_mut().line = line;
                self.jump_when(condition, true, &mut jumps)?;
                self.target_of(goto).1.extend(jumps);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Jumps that leave the innermost loop.
    fn wait_for_end(&mut self, jumps: Vec<usize>) {
        let breaks = self.state_mut().breaks.last_mut();
        breaks
            .expect("the parser admits breaks in loops only")
            .extend(jumps);
    }

    fn target_of(&mut self, goto: GotoId) -> &mut (Option<offramp::Pc>, Vec<usize>) {
        let state = self.state_mut();
        &mut state.labels[state.function.gotos[goto]]
    }

    fn goto(&mut self, goto: GotoId, line: u32) {
        match self.target_of(goto).0 {
            Some(pc) => self.emit(Instr::Loop(pc), line),
            None => {
                let mut jumps = Vec::new();
                self.jump(Instr::Jump(UNKNOWN), line, &mut jumps);
                self.target_of(goto).1.extend(jumps);
            }
        }
    }

    fn label(&mut self, label: LabelId) {
        let here = self.here();
        let jumps = {
            let (place, waiting) = &mut self.state_mut().labels[label];
            *place = Some(here);
            std::mem::take(waiting)
        };
        self.land(&jumps);
    }

    fn return_values(&mut self, values: &'a [Expr], line: u32) -> Compiled {
        let free = self.state().free;
        let top = self.state().top;
        match values {
            [] => self.emit(Instr::Return0, line),
            [Expr::Call(call)] => {
                let a = self.tail_call(call)?;
                let count = OPEN;
                self.emit(Instr::Return { a, count, top }, line);
            }
            [value] if !value.is_multiple() => {
                let slot = self.operand(value)?;
                self.emit(Instr::Return1(slot), line);
            }
            values => {
                let a = free;
                let count = self.open_list(values)?;
                self.emit(Instr::Return { a, count, top }, line);
            }
        }
        self.release(free);
        Ok(())
    }
}
