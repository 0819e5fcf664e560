//! Loops. Every edge backwards is a `Loop`, `ForLoop` or `ForNext`.

use super::jump::UNKNOWN;
use super::{Compiled, Compiler};
use crate::bytecode::Instr;
use crate::syntax::ast::{Block, Expr, Var};

impl<'a> Compiler<'a> {
    /// `while`
    pub(super) fn while_loop(
        &mut self,
        condition: &'a Expr,
        body: &'a Block,
        line: u32,
    ) -> Compiled {
        let top = self.here();
        let mut exits = Vec::new();
        self.jump_when(condition, false, &mut exits)?;
        self.open_loop();
        self.block(body)?;
        self.emit(Instr::Loop(top), line);
        self.land(&exits);
        self.close_loop();
        Ok(())
    }

    /// `repeat … until`
    pub(super) fn repeat_loop(&mut self, body: &'a Block, until: &'a Expr, line: u32) -> Compiled {
        let top = self.here();
        let (free, bound) = (self.state().free, self.bound());
        let mut exits = Vec::new();
        self.open_loop();
        self.statements(body)?;
        self.state_mut().line = line;
        self.jump_when(until, true, &mut exits)?;
        self.emit(Instr::Loop(top), line);
        self.unbind(bound);
        self.release(free);
        self.land(&exits);
        self.close_loop();
        Ok(())
    }

    /// `for` over numbers
    pub(super) fn numeric_for(
        &mut self,
        var: Var,
        range: &'a (Expr, Expr, Option<Expr>),
        body: &'a Block,
        (line, do_line): (u32, u32),
    ) -> Compiled {
        let (first, limit, step) = range;
        let a = self.reserve(3, line)?;
        let bound = self.bound();
        self.expr_to(first, a + 2)?;
        self.expr_to(limit, a)?;
        match step {
            Some(step) => self.expr_to(step, a + 1)?,
            None => self.emit(Instr::LoadInt(a + 1, 1), line),
        }
        let mut skip = Vec::new();
        self.jump(Instr::ForPrep(a, UNKNOWN), do_line, &mut skip);
        let top = self.here();
        self.open_loop();
        if self.variables[var].assigned {
            // The loop's own count is not the program's to change.
            let slot = self.reserve(1, line)?;
            self.emit(Instr::Move(slot, a + 2), line);
            self.bind(var, slot, line);
        } else {
            self.bind(var, a + 2, line);
        }
        self.statements(body)?;
        self.unbind(bound);
        self.emit(Instr::ForLoop(a, top), line);
        self.land(&skip);
        self.close_loop();
        self.release(a);
        Ok(())
    }

    /// `for … in`
    pub(super) fn generic_for(
        &mut self,
        vars: &'a [Var],
        values: &'a [Expr],
        body: &'a Block,
        (line, do_line): (u32, u32),
    ) -> Compiled {
        let bound = self.bound();
        // The fourth is nil: the iterator's own.
        let a = self.list_next(values, 4)?;
        let first = self.reserve(vars.len(), line)?;
        // Slots of the iterator's call.
        self.room(4usize.saturating_sub(vars.len()), line)?;
        let mut start = Vec::new();
        self.jump(Instr::Jump(UNKNOWN), do_line, &mut start);
        let top = self.here();
        self.open_loop();
        for (slot, &var) in (first..).zip(vars) {
            self.bind(var, slot, line);
        }
        self.statements(body)?;
        self.unbind(bound);
        self.land(&start);
        self.emit(Instr::ForCall(a, vars.len() as u8), line);
        self.emit(Instr::ForNext(a, top), line);
        self.close_loop();
        self.release(a);
        Ok(())
    }

    fn open_loop(&mut self) {
        self.state_mut().breaks.push(Vec::new());
    }

    /// Leads the loop's breaks to the next instruction.
    fn close_loop(&mut self) {
        let breaks = self.state_mut().breaks.pop();
        self.land(&breaks.unwrap_or_default());
    }
}
