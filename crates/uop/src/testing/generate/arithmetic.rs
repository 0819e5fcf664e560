//! What a random instruction computes: single ops, and pairs of ops for which an optimiser may have a rule.

use super::super::random::Random;
use super::generator::{Generator, Is};
use crate::exit::ExitKind;
use crate::id::Value;
use crate::op::{Immediate, Op, Operand, Produces};
use crate::types::Type;

/// Ops that programs use most.
const COMMON: &[Op] = &[
    Op::Add,
    Op::Sub,
    Op::Mul,
    Op::And,
    Op::Shl,
    Op::Sar,
    Op::Fadd,
    Op::Fsub,
    Op::Fmul,
    Op::Fdiv,
    Op::I64ToF64,
    Op::F64ToI64,
];

/// Outer and inner ops that meet in programs: conversions back and forth, negations of negations.
const IDIOMS: &[(Op, Op)] = &[
    (Op::Neg, Op::Neg),
    (Op::Not, Op::Not),
    (Op::BoolNot, Op::BoolNot),
    (Op::BoolNot, Op::BoolNot),
    (Op::BoolNot, Op::BoolNot),
    (Op::BoolNot, Op::Eq),
    (Op::BoolNot, Op::Ne),
    (Op::BoolNot, Op::Lt),
    (Op::BoolNot, Op::Le),
    (Op::BoolNot, Op::Ult),
    (Op::BoolNot, Op::Ule),
    (Op::BoolNot, Op::Feq),
    (Op::BoolNot, Op::Fne),
    (Op::BoolNot, Op::Flt),
    (Op::BoolAnd, Op::Lt),
    (Op::BoolOr, Op::Le),
    (Op::Fneg, Op::Fneg),
    (Op::Fabs, Op::Fabs),
    (Op::Fabs, Op::Fneg),
    (Op::Fmul, Op::Fneg),
    (Op::Fmul, Op::Fneg),
    (Op::Fdiv, Op::Fabs),
    (Op::Fsub, Op::Fmul),
    (Op::F64ToI64, Op::I64ToF64),
    (Op::FitsI64, Op::I64ToF64),
    (Op::Ffloor, Op::I64ToF64),
    (Op::Fceil, Op::I64ToF64),
    (Op::Ftrunc, Op::I64ToF64),
    (Op::Feq, Op::I64ToF64),
    (Op::Fne, Op::I64ToF64),
    (Op::Flt, Op::I64ToF64),
    (Op::Fle, Op::I64ToF64),
    (Op::Fdiv, Op::I64ToF64),
    (Op::BitsOfF64, Op::F64OfBits),
    (Op::F64OfBits, Op::BitsOfRef),
    (Op::Eq, Op::BoolToI64),
    (Op::Ne, Op::BoolToI64),
    (Op::FloorRem, Op::And),
    (Op::And, Op::And),
    (Op::Add, Op::Add),
    (Op::Or, Op::And),
    (Op::Div, Op::Add),
    (Op::Rem, Op::Sub),
    (Op::Mul, Op::Sub),
    (Op::MulOverflows, Op::And),
    (Op::AddOverflows, Op::And),
];

impl Generator {
    /// Nothing but numbers.
    pub(super) fn arithmetic(&mut self, random: &mut Random) {
        self.operand(random);
        self.operand(random);
        for _ in 0..2 + random.below(5) {
            match random.below(10) {
                0 => self.operand(random),
                1..7 => self.compute(random),
                _ => self.idiom(random),
            }
        }
    }

    pub(super) fn compute(&mut self, random: &mut Random) {
        let ops: Vec<Op> = Op::all()
            .filter(|op| op.is_pure() && matches!(op.info().produces, Produces::Is(_)))
            .filter(|&op| op != Op::RefOfBits && op.info().immediate == Immediate::None)
            .collect();
        let op = match random.chance(30) {
            true => random.pick(COMMON),
            false => random.pick(&ops),
        };
        let mut args = Vec::new();
        for operand in op.info().operands {
            let Operand::Is(ty) = *operand else { return };
            args.push(self.of_type(ty, random));
        }
        if args.len() == 2 && self.ty(args[0]) == self.ty(args[1]) {
            // Where the algebra of most ops has its rules.
            match random.below(10) {
                0 => args[1] = args[0],
                1..4 => {
                    let side = random.below(2);
                    args[side] = self.unit(op, args[side], random);
                }
                _ => {}
            }
        }
        if matches!(op, Op::Fadd | Op::Fsub | Op::Fmul | Op::Fdiv) && !self.keep_nans_apart(&args) {
            return;
        }
        let Produces::Is(ty) = op.info().produces else {
            return;
        };
        let value = self.pure(op, &args);
        let is = match ty {
            Type::F64 => Is::Float,
            Type::Bool => Is::Bool,
            _ => Is::Int,
        };
        self.at_hand.push((value, is));
        // The way instructions check integer arithmetic.
        let overflows = match op {
            Op::Add => Op::AddOverflows,
            Op::Sub => Op::SubOverflows,
            Op::Mul => Op::MulOverflows,
            _ => return,
        };
        if random.chance(50) {
            let condition = self.pure(overflows, &args);
            self.guard(condition, random);
        }
    }

    /// Two ops, one on the other's result, for which an optimiser may have a rule.
    pub(super) fn idiom(&mut self, random: &mut Random) {
        let (outer, inner) = random.pick(IDIOMS);
        let first = self.link(inner, None, random);
        let second = self.link(inner, None, random);
        let with = match outer {
            Op::Eq | Op::Ne | Op::FloorRem | Op::And => {
                let bound = random.pick(&[0, 1, 2, 255, 256, 1000]);
                self.int(bound)
            }
            _ if random.chance(50) => self.unit(outer, first, random),
            _ => second,
        };
        let arithmetic = matches!(outer, Op::Fsub | Op::Fmul | Op::Fdiv);
        if arithmetic && !self.keep_nans_apart(&[first, with]) {
            return;
        }
        let value = self.link(outer, Some((first, with)), random);
        if self.ty(value) == Some(Type::Bool) && random.chance(40) {
            self.guard(value, random);
        }
    }

    /// One op of an idiom, on these operands or on any.
    fn link(&mut self, op: Op, args: Option<(Value, Value)>, random: &mut Random) -> Value {
        let mut operands = Vec::new();
        for operand in op.info().operands {
            let Operand::Is(ty) = *operand else {
                unreachable!("idioms are of plain pure ops")
            };
            let value = self.of_type(ty, random);
            operands.push(match ty {
                // Small, so that it is exact as a double.
                Type::I64 if random.chance(70) => {
                    let mask = self.int(random.pick(&[1, 255, 255]));
                    self.pure(Op::And, &[value, mask])
                }
                _ => value,
            });
        }
        if let Some((first, second)) = args {
            operands[0] = first;
            if let Some(operand) = operands.get_mut(1) {
                *operand = second;
            }
        } else if op == Op::Fmul {
            operands[1] = self.unit(op, operands[0], random);
        }
        let value = self.pure(op, &operands);
        let is = match self.ty(value) {
            Some(Type::F64) => Is::Float,
            Some(Type::Bool) => Is::Bool,
            _ => Is::Int,
        };
        self.at_hand.push((value, is));
        value
    }

    /// A constant of the type of `like` that is special to `op`.
    fn unit(&mut self, op: Op, like: Value, random: &mut Random) -> Value {
        match self.ty(like) {
            Some(Type::I64) => {
                let unit = random.pick(match op {
                    Op::Mul | Op::Div | Op::Rem | Op::FloorDiv | Op::FloorRem => {
                        &[1, 1, 2, 2, 8, -1, 0, i64::MIN]
                    }
                    _ => &[0, 0, 1, -1, -1, 2, 64, i64::MIN],
                });
                self.int(unit)
            }
            Some(Type::F64) => {
                let unit = random.pick(match op {
                    Op::Fadd | Op::Fsub => &[0.0, 0.0, 0.0, -0.0, -0.0, 1.0],
                    _ => &[1.0, 1.0, -1.0, -1.0, 2.0, 0.5, 0.0],
                });
                self.note(|now| now.float(unit))
            }
            Some(Type::Bool) => self.constant(Is::Bool, random),
            _ => like,
        }
    }

    /// Guards that one of two operands is no NaN: which of two comes out is open. False if both are.
    fn keep_nans_apart(&mut self, args: &[Value]) -> bool {
        let known = |&value: &Value| {
            let constant = self.recorder.trace().constant(value);
            constant.is_some_and(|constant| !f64::from_bits(constant.bits).is_nan())
        };
        args[0] == args[1]
            || args.iter().any(known)
            || self.show_number(args[1])
            || self.show_number(args[0])
    }

    /// Guards that `value` is no NaN. False if it is one.
    fn show_number(&mut self, value: Value) -> bool {
        let is_number = self.pure(Op::Feq, &[value, value]);
        // Made for nothing if it is none: an exit that no guard takes.
        self.recorder.reading().exit(ExitKind::Side);
        if self.bits(is_number) == 0 {
            return false;
        }
        self.guarding(|now| now.guard(is_number, true));
        true
    }
}
