//! Assignments.
//!
//! Tables and keys of all targets are computed first, then all values, then the values are stored,
//! the last one first. A variable's slot is written directly where no part of the value that is
//! still to be computed reads it.

use super::place::Place;
use super::{Compiled, Compiler};
use crate::bytecode::{Const, Instr, Slot};
use crate::syntax::ast::{BinaryOp, Entry, Expr, Var};

/// A target whose parts are computed.
#[derive(Clone, Copy, Debug)]
enum Target {
    Slot(Slot, Var),
    Cell(Slot),
    UpvalueCell(u8),
    Global(Const),
    Field(Slot, Const),
    Item(Slot, i32),
    Index(Slot, Slot),
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
        let mut written = Vec::new();
        if targets.len() > 1 {
            for target in targets {
                written.extend(self.slot_of(target));
            }
        }
        let mut prepared = Vec::new();
        for target in targets {
            prepared.push(self.prepare_target(target, &written, line)?);
        }
        if targets.len() == values.len() {
            let (last, others) = values.split_last().expect("an assignment has a value");
            let first = self.state().free;
            for value in others {
                self.expr_next(value)?;
            }
            let (target, targets) = prepared.split_last().expect("and a target");
            self.compute_into(*target, last, line)?;
            self.store_all(targets, first, line);
        } else {
            let first = self.list_next(values, targets.len())?;
            self.store_all(&prepared, first, line);
        }
        self.release(free);
        Ok(())
    }

    fn prepare_target(
        &mut self,
        target: &'a Expr,
        written: &[Slot],
        line: u32,
    ) -> Compiled<Target> {
        Ok(match target {
            Expr::Local(var, _) => match self.place(*var) {
                Place::Slot(slot) => Target::Slot(slot, *var),
                Place::Cell(slot) => Target::Cell(slot),
                Place::Upvalue(index) | Place::UpvalueCell(index) => Target::UpvalueCell(index),
            },
            Expr::Global(name, _) => Target::Global(self.string(name.as_bytes(), line)?),
            Expr::Index(index) => {
                let object = self.kept(&index.object, written)?;
                match &index.key {
                    Expr::Str(name) => Target::Field(object, self.string(name, line)?),
                    Expr::Int(key) if let Ok(key) = i32::try_from(*key) => {
                        Target::Item(object, key)
                    }
                    key => Target::Index(object, self.kept(key, written)?),
                }
            }
            _ => unreachable!("the parser admits no other targets"),
        })
    }

    /// A slot with a value that the assignment does not change.
    fn kept(&mut self, expr: &'a Expr, written: &[Slot]) -> Compiled<Slot> {
        match self.slot_of(expr) {
            Some(slot) if written.contains(&slot) => self.expr_next(expr),
            _ => self.operand(expr),
        }
    }

    fn compute_into(&mut self, target: Target, value: &'a Expr, line: u32) -> Compiled {
        if let Target::Slot(slot, var) = target
            && may_overwrite(value, var)
        {
            return self.expr_to(value, slot);
        }
        let slot = self.operand(value)?;
        self.store(target, slot, line);
        Ok(())
    }

    /// Stores values from consecutive slots, the last one first.
    fn store_all(&mut self, targets: &[Target], first: Slot, line: u32) {
        for (index, target) in targets.iter().enumerate().rev() {
            self.store(*target, first + index as Slot, line);
        }
    }

    fn store(&mut self, target: Target, value: Slot, line: u32) {
        let instr = match target {
            Target::Slot(slot, _) => Instr::Move(slot, value),
            Target::Cell(slot) => Instr::SetCell(slot, value),
            Target::UpvalueCell(index) => Instr::SetUpvalueCell(index, value),
            Target::Global(name) => Instr::SetGlobal(value, name),
            Target::Field(object, name) => Instr::SetField(object, name, value),
            Target::Item(object, key) => Instr::SetItem(object, key, value),
            Target::Index(object, key) => Instr::SetIndex(object, key, value),
        };
        self.emit(instr, line);
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
