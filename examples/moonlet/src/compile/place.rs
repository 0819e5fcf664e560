//! Where variables live.

use super::{Compiled, Compiler};
use crate::bytecode::{Capture, Env, Instr, Slot};
use crate::syntax::ast::{ENV, Expr, Var};

/// Where a variable lives, seen from the function at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a slot.
    Slot(Slot),
    /// In a cell that a slot holds.
    Cell(Slot),
    /// It was captured by value.
    Upvalue(u8),
    /// Its cell was captured.
    UpvalueCell(u8),
    /// It is the table of globals.
    Globals,
}

impl Compiler<'_> {
    /// Whether a variable lives in a cell.
    pub(super) fn is_cell(&self, var: Var) -> bool {
        let variable = &self.variables[var];
        variable.captured && variable.assigned
    }

    /// Whether an expression is a variable of the function at hand that lives in a cell.
    pub(super) fn is_own_cell(&mut self, expr: &Expr) -> bool {
        matches!(expr, Expr::Local(var, _) if matches!(self.place(*var), Place::Cell(_)))
    }

    /// Whether an expression is a variable, of any function, that lives in a cell.
    pub(super) fn is_any_cell(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Local(var, _) if self.is_cell(*var))
    }

    /// A slot with the table that globals are fields of.
    pub(super) fn env(&mut self, line: u32) -> Compiled<Slot> {
        if let Place::Slot(slot) = self.place(ENV) {
            return Ok(slot);
        }
        let slot = self.reserve(1, line)?;
        self.local_to(ENV, slot, line);
        Ok(slot)
    }

    /// The instruction that loads a variable, unless it lies in the slot itself.
    pub(super) fn load_of(&mut self, var: Var, target: Slot) -> Option<Instr> {
        Some(match self.place(var) {
            Place::Slot(slot) if slot == target => return None,
            Place::Slot(slot) => Instr::Move(target, slot),
            Place::Cell(slot) => Instr::GetCell(target, slot),
            Place::Upvalue(index) => Instr::GetUpvalue(target, index),
            Place::UpvalueCell(index) => Instr::GetUpvalueCell(target, index),
            Place::Globals => Instr::GetGlobals(target),
        })
    }

    /// Where a variable lives.
    pub(super) fn place(&mut self, var: Var) -> Place {
        if var == ENV && self.env == Env::Globals {
            return Place::Globals;
        }
        let is_cell = self.is_cell(var);
        match self.capture(self.functions.len() - 1, var) {
            Capture::Local(slot) if is_cell => Place::Cell(slot),
            Capture::Local(slot) => Place::Slot(slot),
            Capture::Upvalue(index) if is_cell => Place::UpvalueCell(index),
            Capture::Upvalue(index) => Place::Upvalue(index),
        }
    }

    /// How the function at a level of nesting reaches a variable.
    fn capture(&mut self, level: usize, var: Var) -> Capture {
        let variable = &self.variables[var];
        let state = &self.functions[level];
        let id = state.function.id;
        if variable.function == id {
            return Capture::Local(self.slots[var]);
        }
        if variable.itself == Some(id) && !variable.assigned {
            return Capture::Local(0);
        }
        if let Some(index) = state.captured.iter().position(|&other| other == var) {
            return Capture::Upvalue(index as u8);
        }
        let capture = self.capture(level - 1, var);
        let state = &mut self.functions[level];
        let index = state.captured.len() as u8;
        state.captured.push(var);
        state.captures.push(capture);
        state.names.push(variable.name.clone());
        Capture::Upvalue(index)
    }
}
