//! Calls and lists of values.

use super::{Compiled, Compiler};
use crate::bytecode::{Count, Instr, OPEN, Slot};
use crate::syntax::ast::{Call, Expr};

impl<'a> Compiler<'a> {
    /// Calls for one value, in the target.
    pub(super) fn call_to(&mut self, call: &'a Call, target: Slot) -> Compiled {
        if self.is_fresh(target) {
            return self.call_at(call, target, 1);
        }
        let base = self.reserve(1, call.line)?;
        self.call_at(call, base, 1)?;
        self.emit(Instr::Move(target, base), call.line);
        self.release(base);
        Ok(())
    }

    /// Calls in the uppermost slot, where results come back from.
    pub(super) fn call_at(&mut self, call: &'a Call, a: Slot, results: Count) -> Compiled {
        let args = self.prepare(call, a)?;
        let top = self.state().top;
        let instr = Instr::Call {
            a,
            args,
            results,
            top,
        };
        self.emit(instr, call.line);
        Ok(())
    }

    /// Calls instead of returning; results come back from the first free slot on, which it returns.
    pub(super) fn tail_call(&mut self, call: &'a Call) -> Compiled<Slot> {
        let a = self.reserve(1, call.line)?;
        let args = self.prepare(call, a)?;
        let top = self.state().top;
        self.emit(Instr::TailCall { a, args, top }, call.line);
        self.release(a);
        Ok(a)
    }

    /// Computes callee and arguments in their places.
    fn prepare(&mut self, call: &'a Call, a: Slot) -> Compiled<Count> {
        match &call.method {
            None => {
                self.expr_next(&call.callee)?;
            }
            Some((name, line)) => {
                let first = self.reserve(2, call.line)?;
                let object = self.operand_in(&call.callee, &mut Some(first + 1))?;
                let name = self.string(name.as_bytes(), *line)?;
                self.emit(Instr::Method(a, object, name), *line);
            }
        }
        let args = self.open_list(&call.args)?;
        self.release(a + 1);
        Ok(match args {
            OPEN => OPEN,
            count => count + Count::from(call.method.is_some()),
        })
    }

    /// Computes values into the next slots; the list is open if the last is.
    pub(super) fn open_list(&mut self, values: &'a [Expr]) -> Compiled<Count> {
        let Some((last, others)) = values.split_last() else {
            return Ok(0);
        };
        for value in others {
            self.expr_next(value)?;
        }
        let top = self.state().top;
        let line = self.line();
        match last {
            Expr::Call(call) => {
                let a = self.reserve(1, call.line)?;
                self.call_at(call, a, OPEN)?;
                Ok(OPEN)
            }
            Expr::Vararg(line) => {
                let a = self.reserve(1, *line)?;
                let count = OPEN;
                self.emit(Instr::Vararg { a, count, top }, *line);
                Ok(OPEN)
            }
            _ => {
                self.expr_next(last)?;
                match Count::try_from(values.len()) {
                    Ok(count) if count != OPEN => Ok(count),
                    _ => self.error(line, "function or expression needs too many registers"),
                }
            }
        }
    }

    /// Computes values into the next `want` slots, takes them and returns the first: what there is
    /// too much is dropped, what is missing is nil.
    pub(super) fn list_next(&mut self, values: &'a [Expr], want: usize) -> Compiled<Slot> {
        let line = self.line();
        let first = self.state().free;
        for (index, value) in values.iter().enumerate() {
            let is_last = index + 1 == values.len();
            let missing = want.saturating_sub(index);
            if is_last && missing > 1 && value.is_multiple() {
                self.several(value, missing)?;
                return Ok(first);
            }
            let slot = self.expr_next(value)?;
            if missing == 0 {
                self.release(slot);
            }
        }
        if values.len() < want {
            let count = want - values.len();
            let slot = self.reserve(count, line)?;
            self.emit(Instr::LoadNil(slot, count as u8), line);
        }
        Ok(first)
    }

    /// Several values of one expression, in the next slots.
    fn several(&mut self, value: &'a Expr, count: usize) -> Compiled {
        let line = self.line();
        let a = self.reserve(1, line)?;
        match value {
            Expr::Call(call) => self.call_at(call, a, count as Count)?,
            _ => {
                let (count, top) = (count as Count, self.state().top);
                self.emit(Instr::Vararg { a, count, top }, line);
            }
        }
        self.reserve(count - 1, line)?;
        Ok(())
    }
}
