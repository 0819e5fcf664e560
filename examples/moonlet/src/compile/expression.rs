//! Values of expressions.

use super::constant::{literal, number, truth};
use super::place::Place;
use super::{Compiled, Compiler};
use crate::bytecode::{Const, Constant, Env, Instr, Slot};
use crate::syntax::ast::{Binary, BinaryOp, Expr, Index, Unary, UnaryOp, Var};

impl<'a> Compiler<'a> {
    /// Whether a slot is the uppermost one and holds nothing yet, so that computing its value may
    /// use it and all above.
    pub(super) fn is_fresh(&self, slot: Slot) -> bool {
        let state = self.state();
        let bound = state.active.last().map(|&local| state.locals[local].slot);
        slot + 1 == state.free && bound.is_none_or(|bound| bound < slot)
    }

    /// Computes a value into a slot.
    pub(super) fn expr_to(&mut self, expr: &'a Expr, target: Slot) -> Compiled {
        let line = self.line();
        match expr {
            Expr::Nil => self.emit(Instr::LoadNil(target, 1), line),
            Expr::Bool(value) => self.emit(Instr::LoadBool(target, *value), line),
            Expr::Int(value) => match i32::try_from(*value) {
                Ok(value) => self.emit(Instr::LoadInt(target, value), line),
                Err(_) => self.load(Constant::Int(*value), target)?,
            },
            Expr::Float(value) => self.load(Constant::Float(*value), target)?,
            Expr::Str(bytes) => self.load(Constant::Str(bytes.clone()), target)?,
            Expr::Vararg(line) => {
                let top = self.state().top;
                let (a, count) = (target, 1);
                self.emit(Instr::Vararg { a, count, top }, *line);
            }
            Expr::Function(function) => {
                let number = self.function(function)?;
                self.emit(Instr::Closure(target, number), function.end_line);
            }
            Expr::Local(var, line) => self.local_to(*var, target, *line),
            Expr::Global(name, line) => {
                let name = self.string(name.as_bytes(), *line)?;
                if self.env == Env::Globals {
                    self.emit(Instr::GetGlobal(target, name), *line);
                } else {
                    let free = self.state().free;
                    let env = self.env(*line)?;
                    self.emit(Instr::GetField(target, env, name), *line);
                    self.release(free);
                }
            }
            Expr::Index(index) => self.index_to(index, target)?,
            Expr::Call(call) => self.call_to(call, target)?,
            Expr::Single(inner) => self.expr_to(inner, target)?,
            Expr::Unary(unary) => self.unary_to(unary, target, expr)?,
            Expr::Binary(binary) => self.binary_to(binary, target, expr)?,
            Expr::Table(table) => self.table_to(table, target)?,
        }
        Ok(())
    }

    /// The line of what is being compiled, for instructions that have none of their own.
    pub(super) fn line(&self) -> u32 {
        self.state().line
    }

    fn load(&mut self, constant: Constant, target: Slot) -> Compiled {
        let line = self.line();
        let constant = self.constant(constant, line)?;
        self.emit(Instr::LoadConst(target, constant), line);
        Ok(())
    }

    pub(super) fn local_to(&mut self, var: Var, target: Slot, line: u32) {
        if let Some(instr) = self.load_of(var, target) {
            self.emit(instr, line);
        }
    }

    /// Computes a value into the next free slot, which it takes.
    pub(super) fn expr_next(&mut self, expr: &'a Expr) -> Compiled<Slot> {
        let line = self.line();
        let slot = self.reserve(1, line)?;
        self.expr_to(expr, slot)?;
        Ok(slot)
    }

    /// The slot that holds a variable itself, if the expression is one.
    pub(super) fn slot_of(&mut self, expr: &Expr) -> Option<Slot> {
        match expr {
            Expr::Local(var, _) => match self.place(*var) {
                Place::Slot(slot) => Some(slot),
                _ => None,
            },
            _ => None,
        }
    }

    /// A slot with a value, a variable's own if there is one, else a free one.
    pub(super) fn operand(&mut self, expr: &'a Expr) -> Compiled<Slot> {
        self.operand_in(expr, &mut None)
    }

    /// As [`operand`](Self::operand), with a slot that may be used and then is taken.
    pub(super) fn operand_in(
        &mut self,
        expr: &'a Expr,
        spare: &mut Option<Slot>,
    ) -> Compiled<Slot> {
        if let Some(slot) = self.slot_of(expr) {
            return Ok(slot);
        }
        match spare.take() {
            Some(slot) => {
                self.expr_to(expr, slot)?;
                Ok(slot)
            }
            None => self.expr_next(expr),
        }
    }

    /// Slots with the values of two operands, the left one's first to be computed. A variable of
    /// this function is read when the operation runs, as in lua5.4: the right operand may call a
    /// function that assigns it.
    pub(super) fn operands(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        spare: &mut Option<Slot>,
    ) -> Compiled<(Slot, Slot)> {
        let is_late = self.is_own_cell(left);
        self.operands_late(left, is_late, right, spare)
    }

    /// As [`operands`](Self::operands), for a table and its key: any variable is read late.
    pub(super) fn table_and_key(
        &mut self,
        object: &'a Expr,
        key: &'a Expr,
        spare: &mut Option<Slot>,
    ) -> Compiled<(Slot, Slot)> {
        let is_late = self.is_any_cell(object);
        self.operands_late(object, is_late, key, spare)
    }

    fn operands_late(
        &mut self,
        left: &'a Expr,
        is_late: bool,
        right: &'a Expr,
        spare: &mut Option<Slot>,
    ) -> Compiled<(Slot, Slot)> {
        if is_late && may_call(right) {
            let right = self.operand_in(right, spare)?;
            return Ok((self.operand_in(left, spare)?, right));
        }
        let left = self.operand_in(left, spare)?;
        Ok((left, self.operand_in(right, spare)?))
    }

    /// The target itself, if operands may be computed in it.
    fn spare(&self, target: Slot) -> Option<Slot> {
        self.is_fresh(target).then_some(target)
    }

    fn index_to(&mut self, index: &'a Index, target: Slot) -> Compiled {
        let free = self.state().free;
        let mut spare = self.spare(target);
        let instr = match &index.key {
            Expr::Str(name) => {
                let object = self.operand_in(&index.object, &mut spare)?;
                Instr::GetField(target, object, self.string(name, index.line)?)
            }
            Expr::Int(key) if let Ok(key) = i32::try_from(*key) => {
                Instr::GetItem(target, self.operand_in(&index.object, &mut spare)?, key)
            }
            key => {
                let (object, key) = self.table_and_key(&index.object, key, &mut spare)?;
                Instr::GetIndex(target, object, key)
            }
        };
        self.emit(instr, index.line);
        self.release(free);
        Ok(())
    }

    fn unary_to(&mut self, unary: &'a Unary, target: Slot, whole: &'a Expr) -> Compiled {
        if unary.op == UnaryOp::Not && is_condition(&unary.operand) {
            return self.truth_to(whole, target);
        }
        let free = self.state().free;
        let operand = self.operand_in(&unary.operand, &mut self.spare(target))?;
        let instr = match unary.op {
            UnaryOp::Neg => Instr::Neg(target, operand),
            UnaryOp::BitNot => Instr::BitNot(target, operand),
            UnaryOp::Not => Instr::Not(target, operand),
            UnaryOp::Len => Instr::Len(target, operand),
        };
        self.emit(instr, unary.line);
        self.release(free);
        Ok(())
    }

    fn binary_to(&mut self, binary: &'a Binary, target: Slot, whole: &'a Expr) -> Compiled {
        match binary.op {
            BinaryOp::And | BinaryOp::Or => {
                let mut exits = Vec::new();
                let exit_when = binary.op == BinaryOp::Or;
                self.choose(&binary.left, target, exit_when, &mut exits)?;
                self.expr_to(&binary.right, target)?;
                self.land(&exits);
                Ok(())
            }
            BinaryOp::Concat => self.concat_to(binary, target),
            _ if is_condition(whole) => self.truth_to(whole, target),
            _ => self.arithmetic_to(binary, target),
        }
    }

    fn arithmetic_to(&mut self, binary: &'a Binary, target: Slot) -> Compiled {
        let free = self.state().free;
        let mut spare = self.spare(target);
        let instr = match self.with_constant(binary, target, &mut spare)? {
            Some(instr) => instr,
            None => {
                let (left, right) = self.operands(&binary.left, &binary.right, &mut spare)?;
                arithmetic(binary.op)(target, left, right)
            }
        };
        self.emit(instr, binary.line);
        self.release(free);
        Ok(())
    }

    /// The instruction for a numeral on one side, if there is one.
    fn with_constant(
        &mut self,
        binary: &'a Binary,
        target: Slot,
        spare: &mut Option<Slot>,
    ) -> Compiled<Option<Instr>> {
        let make: fn(Slot, Slot, Const) -> Instr = match binary.op {
            BinaryOp::Add => Instr::AddConst,
            // lua5.4 adds small integer literals negated, and -0.0 + 0 is 0.0.
            BinaryOp::Sub if matches!(binary.right, Expr::Int(0)) => Instr::AddConst,
            BinaryOp::Sub => Instr::SubConst,
            BinaryOp::Mul => Instr::MulConst,
            BinaryOp::Div => Instr::DivConst,
            BinaryOp::Mod => Instr::ModConst,
            BinaryOp::FloorDiv => Instr::FloorDivConst,
            BinaryOp::Pow => Instr::PowConst,
            _ => return Ok(None),
        };
        let turned = match binary.op {
            BinaryOp::Add => Some(Instr::ConstAdd as fn(Slot, Slot, Const) -> Instr),
            BinaryOp::Mul => Some(Instr::ConstMul as fn(Slot, Slot, Const) -> Instr),
            _ => None,
        };
        let sides = (number(&binary.left), number(&binary.right), turned);
        let (operand, constant, make) = match sides {
            (_, Some(constant), _) => (&binary.left, constant, make),
            (Some(constant), None, Some(turned)) => (&binary.right, constant, turned),
            _ => return Ok(None),
        };
        let operand = self.operand_in(operand, spare)?;
        let constant = self.constant(constant, binary.line)?;
        Ok(Some(make(target, operand, constant)))
    }

    /// `a .. b .. c`: one instruction over consecutive slots.
    fn concat_to(&mut self, binary: &'a Binary, target: Slot) -> Compiled {
        let free = self.state().free;
        let first = match self.spare(target) {
            Some(slot) => {
                self.expr_to(&binary.left, slot)?;
                slot
            }
            None => self.expr_next(&binary.left)?,
        };
        let mut last = binary;
        while let Expr::Binary(next) = &last.right
            && next.op == BinaryOp::Concat
        {
            self.expr_next(&next.left)?;
            last = next;
        }
        let end = self.expr_next(&last.right)?;
        self.emit(Instr::Concat(target, first, end - first + 1), last.line);
        self.release(free);
        Ok(())
    }

    /// A condition as a value.
    fn truth_to(&mut self, condition: &'a Expr, target: Slot) -> Compiled {
        let (mut no, mut end) = (Vec::new(), Vec::new());
        self.jump_when(condition, false, &mut no)?;
        let line = self.line();
        self.emit(Instr::LoadBool(target, true), line);
        self.jump(Instr::Jump(super::jump::UNKNOWN), line, &mut end);
        self.land(&no);
        self.emit(Instr::LoadBool(target, false), line);
        self.land(&end);
        Ok(())
    }

    /// Jumps, with the value in the target, if its truth is `exit_when`; else goes on, with anything
    /// in the target.
    fn choose(
        &mut self,
        expr: &'a Expr,
        target: Slot,
        exit_when: bool,
        exits: &mut Vec<usize>,
    ) -> Compiled {
        let line = self.line();
        if let Some(value) = truth(expr) {
            if value == exit_when {
                self.expr_to(expr, target)?;
                self.jump(Instr::Jump(super::jump::UNKNOWN), line, exits);
            }
            return Ok(());
        }
        if let Expr::Binary(binary) = expr
            && let BinaryOp::And | BinaryOp::Or = binary.op
        {
            if (binary.op == BinaryOp::Or) == exit_when {
                self.choose(&binary.left, target, exit_when, exits)?;
                return self.choose(&binary.right, target, exit_when, exits);
            }
            let mut on = Vec::new();
            self.jump_when(&binary.left, !exit_when, &mut on)?;
            self.choose(&binary.right, target, exit_when, exits)?;
            self.land(&on);
            return Ok(());
        }
        if is_condition(expr) || matches!(expr, Expr::Unary(unary) if unary.op == UnaryOp::Not) {
            let mut on = Vec::new();
            self.jump_when(expr, !exit_when, &mut on)?;
            self.emit(Instr::LoadBool(target, exit_when), line);
            self.jump(Instr::Jump(super::jump::UNKNOWN), line, exits);
            self.land(&on);
            return Ok(());
        }
        self.expr_to(expr, target)?;
        self.jump(super::condition::on_truth(target, exit_when), line, exits);
        Ok(())
    }
}

/// Whether computing an expression may run a function, be it a metamethod.
pub(super) fn may_call(expr: &Expr) -> bool {
    literal(expr).is_none()
        && !matches!(expr, Expr::Vararg(_) | Expr::Function(_) | Expr::Local(..))
}

/// Whether an expression is made of jumps.
pub(super) fn is_condition(expr: &Expr) -> bool {
    match expr {
        Expr::Unary(unary) => unary.op == UnaryOp::Not && is_condition(&unary.operand),
        Expr::Binary(binary) => matches!(
            binary.op,
            BinaryOp::And
                | BinaryOp::Or
                | BinaryOp::Eq
                | BinaryOp::NotEq
                | BinaryOp::Less
                | BinaryOp::LessEq
                | BinaryOp::Greater
                | BinaryOp::GreaterEq
        ),
        other => literal(other).is_some(),
    }
}

fn arithmetic(op: BinaryOp) -> fn(Slot, Slot, Slot) -> Instr {
    match op {
        BinaryOp::Add => Instr::Add,
        BinaryOp::Sub => Instr::Sub,
        BinaryOp::Mul => Instr::Mul,
        BinaryOp::Mod => Instr::Mod,
        BinaryOp::Pow => Instr::Pow,
        BinaryOp::Div => Instr::Div,
        BinaryOp::FloorDiv => Instr::FloorDiv,
        BinaryOp::BitAnd => Instr::BitAnd,
        BinaryOp::BitOr => Instr::BitOr,
        BinaryOp::BitXor => Instr::BitXor,
        BinaryOp::ShiftLeft => Instr::ShiftLeft,
        BinaryOp::ShiftRight => Instr::ShiftRight,
        BinaryOp::Concat
        | BinaryOp::Eq
        | BinaryOp::Less
        | BinaryOp::LessEq
        | BinaryOp::NotEq
        | BinaryOp::Greater
        | BinaryOp::GreaterEq
        | BinaryOp::And
        | BinaryOp::Or => unreachable!("made of other instructions"),
    }
}
