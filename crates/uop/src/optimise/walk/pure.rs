//! Pure uops in the walk: folded, decided by facts, found among the earlier ones, or emitted.

use super::Walk;
use crate::id::{Value, Word};
use crate::op::Op;
use crate::optimise::fold::{Algebra, fold};
use crate::optimise::output::Args;
use crate::optimise::pass::Pass;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};

impl Walk<'_> {
    pub(in crate::optimise) fn pure(&mut self, op: Op, ty: Type, mut args: Args) -> Value {
        if op.is_commutative() && self.belongs_second(args[0], args[1]) {
            args.swap(0, 1);
        }
        if let Some(value) = fold(self, op, ty, &args) {
            return self.resolve(value);
        }
        if let Some(value) = self.know.facts.decide(&mut self.out, op, &args) {
            return value;
        }
        if let Some(value) = self.know.known.uop(op, &args)
            && self.out.ty(value) == ty
            && self.out.allow(Pass::Cse, "pure")
        {
            return self.resolve(value);
        }
        if let Some(value) = self.pure_of_sunk(op, ty, &args) {
            return value;
        }
        let value = self.out.emit(Uop::new(op, &args).with_ty(ty));
        self.know.known.note_uop(op, &args, value);
        value
    }

    /// The canonical order of a commutative op's operands: constants last, older values first.
    fn belongs_second(&self, first: Value, second: Value) -> bool {
        let rank = |value: Value| (self.out.as_constant(value).is_some(), value);
        rank(first) > rank(second)
    }

    /// Whether there is room up to `word`: proven by an earlier guard for that much or more,
    /// asked before, or asked now.
    pub(in crate::optimise) fn has_room(&mut self, word: Word) -> Value {
        if self.know.facts.has_room(word) && self.out.allow(Pass::Facts, "proven_room") {
            return self.out.constant(Const::bool(true));
        }
        if let Some(value) = self.know.known.room(word)
            && self.out.allow(Pass::Cse, "has_room")
        {
            return self.resolve(value);
        }
        let uop = Uop::new(Op::HasRoom, &[]).with_ty(Type::Bool);
        let value = self.out.emit(uop.with_imm(Imm::Word(word)));
        self.know.known.note_room(word, value);
        value
    }
}

/// The optimiser's values as the rules see them.
impl Algebra for Walk<'_> {
    fn op(&self, value: Value) -> Op {
        self.out.uop(value).op
    }

    fn operand(&self, value: Value, number: usize) -> Value {
        self.resolve(self.out.uop(value).args[number])
    }

    fn as_constant(&self, value: Value) -> Option<Const> {
        self.out.as_constant(value)
    }

    fn bounds(&self, value: Value) -> (i64, i64) {
        let range = self.know.facts.range(&self.out, value);
        (range.low, range.high)
    }

    fn allow(&mut self, rule: &'static str) -> bool {
        self.out.allow(Pass::Fold, rule)
    }

    fn constant(&mut self, constant: Const) -> Value {
        self.out.constant(constant)
    }

    fn pure(&mut self, op: Op, ty: Type, args: Args) -> Value {
        self.pure(op, ty, args)
    }
}
