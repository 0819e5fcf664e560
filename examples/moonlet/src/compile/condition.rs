//! Conditions: jumps, without truth values in between.

use super::constant::{literal, number, truth};
use super::jump::UNKNOWN;
use super::{Compiled, Compiler};
use crate::bytecode::{Instr, NearConst, Slot};
use crate::syntax::ast::{Binary, BinaryOp, Expr, UnaryOp};
use offramp::Pc;

type WithSlot = fn(Slot, Slot, Pc) -> Instr;
type WithConst = fn(Slot, NearConst, Pc) -> Instr;

/// The jump on a slot's truth.
pub(super) fn on_truth(slot: Slot, when: bool) -> Instr {
    match when {
        true => Instr::JumpIf(slot, UNKNOWN),
        false => Instr::JumpIfNot(slot, UNKNOWN),
    }
}

impl<'a> Compiler<'a> {
    /// Jumps if the expression's truth is `when`, else goes on.
    pub(super) fn jump_when(
        &mut self,
        expr: &'a Expr,
        when: bool,
        jumps: &mut Vec<usize>,
    ) -> Compiled {
        if let Some(value) = truth(expr) {
            if value == when {
                let line = self.line();
                self.jump(Instr::Jump(UNKNOWN), line, jumps);
            }
            return Ok(());
        }
        match expr {
            Expr::Unary(unary) if unary.op == UnaryOp::Not => {
                return self.jump_when(&unary.operand, !when, jumps);
            }
            Expr::Binary(binary) => match binary.op {
                BinaryOp::And | BinaryOp::Or => return self.jump_on_both(binary, when, jumps),
                BinaryOp::Eq | BinaryOp::NotEq => return self.jump_on_equal(binary, when, jumps),
                BinaryOp::Less | BinaryOp::LessEq | BinaryOp::Greater | BinaryOp::GreaterEq => {
                    return self.jump_on_order(binary, when, jumps);
                }
                _ => {}
            },
            _ => {}
        }
        let free = self.state().free;
        let slot = self.operand(expr)?;
        let line = expr.line().unwrap_or(self.line());
        self.jump(on_truth(slot, when), line, jumps);
        self.release(free);
        Ok(())
    }

    fn jump_on_both(&mut self, binary: &'a Binary, when: bool, jumps: &mut Vec<usize>) -> Compiled {
        // `and` is false as soon as one side is; `or` is true as soon as one side is.
        if (binary.op == BinaryOp::Or) == when {
            self.jump_when(&binary.left, when, jumps)?;
            return self.jump_when(&binary.right, when, jumps);
        }
        let mut on = Vec::new();
        self.jump_when(&binary.left, !when, &mut on)?;
        self.jump_when(&binary.right, when, jumps)?;
        self.land(&on);
        Ok(())
    }

    fn jump_on_equal(
        &mut self,
        binary: &'a Binary,
        when: bool,
        jumps: &mut Vec<usize>,
    ) -> Compiled {
        let equal = when == (binary.op == BinaryOp::Eq);
        let free = self.state().free;
        let sides = match (literal(&binary.left), literal(&binary.right)) {
            (_, Some(constant)) => Some((&binary.left, constant)),
            (Some(constant), None) => Some((&binary.right, constant)),
            (None, None) => None,
        };
        let sides = match sides {
            Some((operand, constant)) => {
                let constant = self.near_constant(constant, binary.line)?;
                constant.map(|constant| (operand, constant))
            }
            None => None,
        };
        let instr = match sides {
            Some((operand, constant)) => {
                let slot = self.operand(operand)?;
                let make = if equal {
                    Instr::JumpEqConst
                } else {
                    Instr::JumpNotEqConst
                };
                make(slot, constant, UNKNOWN)
            }
            None => {
                let (slot, other) = self.operands(&binary.left, &binary.right, &mut None)?;
                let make = if equal {
                    Instr::JumpEq
                } else {
                    Instr::JumpNotEq
                };
                make(slot, other, UNKNOWN)
            }
        };
        self.jump(instr, binary.line, jumps);
        self.release(free);
        Ok(())
    }

    fn jump_on_order(
        &mut self,
        binary: &'a Binary,
        when: bool,
        jumps: &mut Vec<usize>,
    ) -> Compiled {
        let free = self.state().free;
        let sides = match (number(&binary.left), number(&binary.right)) {
            (_, Some(constant)) => Some((&binary.left, constant, binary.op)),
            (Some(constant), None) => Some((&binary.right, constant, mirrored(binary.op))),
            (None, None) => None,
        };
        let sides = match sides {
            Some((operand, constant, op)) => {
                let constant = self.near_constant(constant, binary.line)?;
                constant.map(|constant| (operand, constant, op))
            }
            None => None,
        };
        let instr = match sides {
            Some((operand, constant, op)) => {
                let slot = self.operand(operand)?;
                against_constant(op, when)(slot, constant, UNKNOWN)
            }
            None => {
                let (left, right) = self.operands(&binary.left, &binary.right, &mut None)?;
                let (less, greater) = match binary.op {
                    BinaryOp::Less | BinaryOp::LessEq => (left, right),
                    _ => (right, left),
                };
                ordered(binary.op, when)(less, greater, UNKNOWN)
            }
        };
        self.jump(instr, binary.line, jumps);
        self.release(free);
        Ok(())
    }
}

/// The same comparison with its sides exchanged.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEq => BinaryOp::GreaterEq,
        BinaryOp::Greater => BinaryOp::Less,
        _ => BinaryOp::LessEq,
    }
}

fn against_constant(op: BinaryOp, when: bool) -> WithConst {
    match (op, when) {
        (BinaryOp::Less, true) => Instr::JumpLessConst,
        (BinaryOp::Less, false) => Instr::JumpNotLessConst,
        (BinaryOp::LessEq, true) => Instr::JumpLessEqConst,
        (BinaryOp::LessEq, false) => Instr::JumpNotLessEqConst,
        (BinaryOp::Greater, true) => Instr::JumpGreaterConst,
        (BinaryOp::Greater, false) => Instr::JumpNotGreaterConst,
        (_, true) => Instr::JumpGreaterEqConst,
        (_, false) => Instr::JumpNotGreaterEqConst,
    }
}

/// The comparison of the lesser side with the greater one.
fn ordered(op: BinaryOp, when: bool) -> WithSlot {
    match (op, when) {
        (BinaryOp::Less | BinaryOp::Greater, true) => Instr::JumpLess,
        (BinaryOp::Less | BinaryOp::Greater, false) => Instr::JumpNotLess,
        (_, true) => Instr::JumpLessEq,
        (_, false) => Instr::JumpNotLessEq,
    }
}
