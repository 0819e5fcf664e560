//! Guards: dropped when proven, refined when not, and what they prove is noted.
//!
//! A guard whose condition is known to hold has nothing to test. One whose condition is known to
//! fail stays: the trace leaves there, as the recorded one would.

use super::Walk;
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::optimise::pass::Pass;
use crate::types::Type;
use crate::uop::Uop;
use crate::view::View;
use smallvec::smallvec;

impl Walk<'_> {
    /// A check that the trace is valid.
    pub(super) fn check_valid(&mut self, exit: ExitId) {
        if self.know.valid && self.out.allow(Pass::Cse, "check_valid") {
            return;
        }
        self.know.valid = true;
        let exit = self.exit(exit);
        self.out.emit(Uop::new(Op::CheckValid, &[]).with_exit(exit));
    }

    pub(super) fn poll(&mut self, exit: ExitId) {
        // Policy's to say: the trace leads only forward.
        let unpolled = self.options.join.is_some_and(|join| !join.polls);
        if unpolled && self.out.allow(Pass::Join, "poll") {
            return;
        }
        let exit = self.exit(exit);
        self.out.emit(Uop::new(Op::Poll, &[]).with_exit(exit));
    }

    /// A recorded guard with a condition; its refined value, if it has one.
    pub(super) fn recorded_guard(&mut self, guard: View<'_>, exit: ExitId) -> Option<Value> {
        self.test(guard, Source(exit))
    }

    /// A guard with a condition; its refined value, if it has one. `exit` is asked for only if it is emitted.
    pub(in crate::optimise) fn test(
        &mut self,
        guard: View<'_>,
        exit: impl MakeExit,
    ) -> Option<Value> {
        match guard {
            View::Guard { condition, .. } => {
                self.test_truth(condition, true, exit);
                None
            }
            View::GuardNot { condition, .. } => {
                self.test_truth(condition, false, exit);
                None
            }
            View::GuardRef {
                condition, bits, ..
            } => Some(self.test_ref(condition, bits, exit)),
            View::GuardIndex { index, length, .. } => Some(self.test_index(index, length, exit)),
            other => unreachable!("{other:?} has no condition"),
        }
    }

    /// Whether a guard is known to fail.
    pub(in crate::optimise) fn is_refuted(&self, guard: View<'_>) -> bool {
        match guard {
            View::Guard { condition, .. } | View::GuardRef { condition, .. } => {
                self.out.as_bool(condition) == Some(false)
            }
            View::GuardNot { condition, .. } => self.out.as_bool(condition) == Some(true),
            _ => false,
        }
    }

    pub(in crate::optimise) fn test_truth(
        &mut self,
        condition: Value,
        wanted: bool,
        exit: impl MakeExit,
    ) {
        if self.out.as_bool(condition) == Some(wanted)
            && self.out.allow(Pass::Facts, "proven_guard")
        {
            return;
        }
        let inner = self.out.uop(condition);
        if inner.op == Op::BoolNot && self.out.allow(Pass::Fold, "guard_of_not") {
            let inner = self.resolve(self.out.uop(condition).args[0]);
            return self.test_truth(inner, !wanted, exit);
        }
        let op = if wanted { Op::Guard } else { Op::GuardNot };
        let exit = exit.make(self);
        self.out.emit(Uop::new(op, &[condition]).with_exit(exit));
        self.know.facts.learn(&mut self.out, condition, wanted);
    }

    fn test_ref(&mut self, condition: Value, bits: Value, exit: impl MakeExit) -> Value {
        let args = [condition, bits];
        if let Some(value) = self.know.known.uop(Op::GuardRef, &args)
            && self.out.allow(Pass::Cse, "guard_ref")
        {
            return value;
        }
        if self.out.as_bool(condition) == Some(true) && self.out.allow(Pass::Facts, "proven_ref") {
            return self.pure(Op::RefOfBits, Type::Ref, smallvec![bits]);
        }
        let bits = self.materialised(bits);
        let args = [condition, bits];
        if self.before_loop && self.out.allow(Pass::Peel, "tag_apart") {
            // The tag may well be the same in every iteration where the reference is not.
            self.test_truth(condition, true, exit);
            return self.pure(Op::RefOfBits, Type::Ref, smallvec![bits]);
        }
        let exit = exit.make(self);
        let uop = Uop::new(Op::GuardRef, &args).with_ty(Type::Ref);
        let value = self.out.emit(uop.with_exit(exit));
        self.know.known.note_uop(Op::GuardRef, &args, value);
        self.know.facts.learn(&mut self.out, condition, true);
        // Once the condition is known, a second refinement of the same bits is this reference.
        self.know.known.note_uop(Op::RefOfBits, &[bits], value);
        value
    }

    fn test_index(&mut self, index: Value, length: Value, exit: impl MakeExit) -> Value {
        self.materialised(index);
        let length = self.materialised(length);
        let index = self.resolve(index);
        let args = [index, length];
        if let Some(value) = self.know.known.uop(Op::GuardIndex, &args)
            && self.out.allow(Pass::Cse, "guard_index")
        {
            return value;
        }
        let range = |value| self.know.facts.range(&self.out, value);
        if range(index).is_below(range(length)) && self.out.allow(Pass::Facts, "proven_index") {
            return index;
        }
        let exit = exit.make(self);
        let uop = Uop::new(Op::GuardIndex, &args).with_ty(Type::I64);
        let value = self.out.emit(uop.with_exit(exit));
        self.know
            .facts
            .learn_index(&mut self.out, value, index, length);
        // A constant is as good behind the guard as before it, and can become part of an offset.
        let constant =
            self.out.as_int(index).is_some() && self.out.allow(Pass::Facts, "constant_index");
        let value = if constant { index } else { value };
        self.know.known.note_uop(Op::GuardIndex, &args, value);
        value
    }
}

/// Makes a guard's exit when the guard turns out to be needed.
pub(in crate::optimise) trait MakeExit {
    fn make(self, walk: &mut Walk<'_>) -> ExitId;
}

/// The exit of the guard's source uop.
struct Source(ExitId);

impl MakeExit for Source {
    fn make(self, walk: &mut Walk<'_>) -> ExitId {
        walk.exit(self.0)
    }
}

/// An exit that exists.
pub(in crate::optimise) struct Made(pub(in crate::optimise) ExitId);

impl MakeExit for Made {
    fn make(self, _: &mut Walk<'_>) -> ExitId {
        self.0
    }
}
