//! Assignments.
//!
//! Tables and keys of all targets are computed first, then all values, then the values are stored,
//! the last one first. Where lua5.4 names a variable in the instruction that stores, a value may
//! have assigned it meanwhile: such a table or key is read then. A variable's slot is written
//! directly where no part of the value that is still to be computed reads it.

use super::expression::may_call;
use super::place::Place;
use super::{Compiled, Compiler};
use crate::bytecode::{Const, Env, Instr, Slot};
use crate::heap::SHORT;
use crate::syntax::ast::{BinaryOp, Entry, Expr, Var};

/// A target whose parts are computed.
#[derive(Clone, Copy, Debug)]
enum Target<'a> {
    Slot(Slot, Var),
    Cell(Slot),
    UpvalueCell(u8),
    Global(Const),
    Field(Part<'a>, Const),
    Item(Part<'a>, i32),
    Index(Part<'a>, Part<'a>),
}

/// A table or a key.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Slot(Slot),
    /// A variable that is read when the target is stored to.
    Late(&'a Expr),
}

impl<'a> Compiler<'a> {
    /// `targets = values`
    pub(super) fn assign(
        &mut self,
        targets: &'a [Expr],
        values: &'a [Expr],
        line: u32,
    ) -> Compiled {
        let free = self.state().free;
        let mut prepared = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            // What lies behind is stored first.
            let behind = &targets[index + 1..];
            prepared.push(self.prepare_target(target, behind, line)?);
        }
        if targets.len() == values.len() {
            let (last, others) = values.split_last().expect("an assignment has a value");
            let first = self.state().free;
            for value in others {
                self.expr_next(value)?;
            }
            let (target, targets) = prepared.split_last().expect("and a target");
            self.compute_into(*target, last, line)?;
            self.store_all(targets, first, line)?;
        } else {
            let first = self.list_next(values, targets.len())?;
            self.store_all(&prepared, first, line)?;
        }
        self.release(free);
        Ok(())
    }

    fn prepare_target(
        &mut self,
        target: &'a Expr,
        behind: &[Expr],
        line: u32,
    ) -> Compiled<Target<'a>> {
        Ok(match target {
            Expr::Local(var, _) => match self.place(*var) {
                Place::Slot(slot) => Target::Slot(slot, *var),
                Place::Cell(slot) => Target::Cell(slot),
                Place::Upvalue(index) | Place::UpvalueCell(index) => Target::UpvalueCell(index),
                Place::Globals => unreachable!("where it is assigned it is a variable"),
            },
            Expr::Global(name, _) => Target::Global(self.string(name.as_bytes(), line)?),
            Expr::Index(index) => {
                let (object, key) = (&index.object, &index.key);
                match key {
                    Expr::Str(name) => {
                        // lua5.4 has an instruction for fields of captured variables, by short
                        // names.
                        let is_late = self.is_any_cell(object)
                            && (self.is_own_cell(object) || name.len() <= SHORT);
                        let object = self.part(object, is_late, behind)?;
                        Target::Field(object, self.string(name, line)?)
                    }
                    Expr::Int(key) if let Ok(key) = i32::try_from(*key) => {
                        let is_late = self.is_own_cell(object);
                        Target::Item(self.part(object, is_late, behind)?, key)
                    }
                    key => {
                        let is_late = self.is_own_cell(object);
                        if self.is_any_cell(object) && !is_late && may_call(key) {
                            let key = self.part(key, false, behind)?;
                            return Ok(Target::Index(self.part(object, false, behind)?, key));
                        }
                        let object = self.part(object, is_late, behind)?;
                        let is_late = self.is_own_cell(key);
                        Target::Index(object, self.part(key, is_late, behind)?)
                    }
                }
            }
            _ => unreachable!("the parser admits no other targets"),
        })
    }

    /// A table or key that the assignment itself does not change.
    fn part(&mut self, expr: &'a Expr, is_late: bool, behind: &[Expr]) -> Compiled<Part<'a>> {
        let changes = |target: &Expr| match (target, expr) {
            (Expr::Local(target, _), Expr::Local(var, _)) => target == var,
            _ => false,
        };
        Ok(match behind.iter().any(changes) {
            true => Part::Slot(self.expr_next(expr)?),
            false if is_late => Part::Late(expr),
            false => Part::Slot(self.operand(expr)?),
        })
    }

    fn compute_into(&mut self, target: Target<'a>, value: &'a Expr, line: u32) -> Compiled {
        if let Target::Slot(slot, var) = target
            && may_overwrite(value, var)
        {
            return self.expr_to(value, slot);
        }
        let slot = self.operand(value)?;
        self.store(target, slot, line)
    }

    /// Stores values from consecutive slots, the last one first.
    fn store_all(&mut self, targets: &[Target<'a>], first: Slot, line: u32) -> Compiled {
        for (index, target) in targets.iter().enumerate().rev() {
            self.store(*target, first + index as Slot, line)?;
        }
        Ok(())
    }

    fn store(&mut self, target: Target<'a>, value: Slot, line: u32) -> Compiled {
        let free = self.state().free;
        let instr = match target {
            Target::Slot(slot, _) => Instr::Move(slot, value),
            Target::Cell(slot) => Instr::SetCell(slot, value),
            Target::UpvalueCell(index) => Instr::SetUpvalueCell(index, value),
            Target::Global(name) if self.env == Env::Globals => Instr::SetGlobal(value, name),
            Target::Global(name) => Instr::SetField(self.env(line)?, name, value),
            Target::Field(object, name) => Instr::SetField(self.slot_now(object)?, name, value),
            Target::Item(object, key) => Instr::SetItem(self.slot_now(object)?, key, value),
            Target::Index(object, key) => {
                Instr::SetIndex(self.slot_now(object)?, self.slot_now(key)?, value)
            }
        };
        self.emit(instr, line);
        self.release(free);
        Ok(())
    }

    fn slot_now(&mut self, part: Part<'a>) -> Compiled<Slot> {
        match part {
            Part::Slot(slot) => Ok(slot),
            Part::Late(variable) => self.expr_next(variable),
        }
    }
}

/// Whether a value may be computed in the variable's own slot: nothing reads the variable after
/// the slot was first written.
fn may_overwrite(value: &Expr, var: Var) -> bool {
    match value {
        Expr::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Or) => {
            match &binary.left {
                Expr::Local(left, _) if *left == var => may_overwrite(&binary.right, var),
                left => may_overwrite(left, var) && !mentions(&binary.right, var),
            }
        }
        Expr::Table(_) => !mentions(value, var),
        // Everything else writes its result last.
        _ => true,
    }
}

/// Whether an expression reads a variable. Functions do not: a variable that one of them shares is
/// in a cell.
fn mentions(expr: &Expr, var: Var) -> bool {
    match expr {
        Expr::Nil
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Str(_)
        | Expr::Vararg(_)
        | Expr::Function(_)
        | Expr::Global(..) => false,
        Expr::Local(other, _) => *other == var,
        Expr::Index(index) => mentions(&index.object, var) || mentions(&index.key, var),
        Expr::Call(call) => {
            mentions(&call.callee, var) || call.args.iter().any(|arg| mentions(arg, var))
        }
        Expr::Single(inner) => mentions(inner, var),
        Expr::Unary(unary) => mentions(&unary.operand, var),
        Expr::Binary(binary) => mentions(&binary.left, var) || mentions(&binary.right, var),
        Expr::Table(table) => table.entries.iter().any(|entry| match entry {
            Entry::Item(value) => mentions(value, var),
            Entry::Field(key, value, _) => mentions(key, var) || mentions(value, var),
        }),
    }
}
