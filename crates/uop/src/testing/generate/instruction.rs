//! The first phase of a random instruction: reads, computations and guards.
//!
//! A little over the usual length: the generators of one phase share what they know of the words
//! and objects at hand, and parting them would spread that over files.

use super::super::heap::{BYTES, DATA, ELEMENTS, FIELD, FLOATS, Kind, LENGTH, LINKS, SHAPE};
use super::super::model::{ARRAY, FLOAT, NIL, RECORD, is_float_word};
use super::super::random::Random;
use super::{Element, Is, Recorder};
use crate::exit::ExitKind;
use crate::id::{HelperId, Value, Word};
use crate::interface::{Class, Helper, Interface};
use crate::op::{Immediate, Op, Operand, Produces};
use crate::types::{Const, Mem, Type};
use crate::uop::Access;

const INTEGER_MEMS: &[Mem] = &[
    Mem::I8,
    Mem::U8,
    Mem::I16,
    Mem::U16,
    Mem::I32,
    Mem::U32,
    Mem::I64,
];

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

impl Recorder {
    pub(super) fn instruction(&mut self, random: &mut Random) {
        if random.chance(25) {
            self.arithmetic(random);
        } else {
            let reads = 1 + random.below(7);
            self.reads(reads, random);
        }
        let effects = random.pick(&[0, 1, 1, 1, 2, 3]);
        self.effects(effects, random);
    }

    /// Nothing but numbers.
    fn arithmetic(&mut self, random: &mut Random) {
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

    pub(super) fn reads(&mut self, count: usize, random: &mut Random) {
        for _ in 0..count {
            match random.below(100) {
                0..24 => self.operand(random),
                24..30 => self.made_operand(random),
                30..49 => self.compute(random),
                49..55 => self.idiom(random),
                55..65 => self.condition(random),
                65..76 => self.record_field(random),
                76..88 => self.array_element(random),
                88..92 => self.select(random),
                92..95 => self.read_helper(random),
                95 => self.room(random),
                _ => {
                    let is = random.pick(&[Is::Int, Is::Float, Is::Bool, Is::Record]);
                    let value = self.constant(is, random);
                    self.at_hand.push((value, is));
                }
            }
        }
    }

    /// A random group's first word, seen from the entry's base.
    pub(super) fn any_group(&self, random: &mut Random) -> i32 {
        let groups = 12 / self.group();
        let index = random
            .below(groups as usize)
            .min(random.below(groups as usize));
        self.delta + index as i32 * self.group()
    }

    fn operand(&mut self, random: &mut Random) {
        let word = self.any_group(random);
        self.operand_at(word, random);
    }

    /// An object that a trace made, if the frame names one.
    fn made_operand(&mut self, random: &mut Random) {
        let is_made = |word: i32| {
            let at = (self.base + i64::from(word)) as usize;
            let words = &self.machine.visible.words;
            matches!(words[at] as i64, RECORD | ARRAY) && words[at + 1] < self.machine.counter()
        };
        let groups = (self.delta..self.delta + 12).step_by(2);
        let made: Vec<i32> = groups.filter(|&word| is_made(word)).collect();
        if self.group() == 2 && !made.is_empty() {
            let word = random.pick(&made);
            self.operand_at(word, random);
        }
    }

    fn operand_at(&mut self, word: i32, random: &mut Random) {
        if self.group() == 1 {
            let is_float = is_float_word(i64::from(word));
            if random.chance(10) {
                let raw = self.load_word(Type::I64, word);
                return self.raw.push(vec![raw]);
            }
            let (ty, is) = if is_float {
                (Type::F64, Is::Float)
            } else {
                (Type::I64, Is::Int)
            };
            let value = self.load_word(ty, word);
            return self.at_hand.push((value, is));
        }
        let tag = self.load_word(Type::I64, word);
        if random.chance(12) {
            let payload = self.load_word(Type::I64, word + 1);
            return self.raw.push(vec![tag, payload]);
        }
        let seen = self.bits(tag) as i64;
        let wanted = self.int(seen);
        let condition = if random.chance(80) {
            self.pure(Op::Eq, &[tag, wanted])
        } else {
            self.pure(Op::Eq, &[wanted, tag])
        };
        let is = match seen {
            RECORD => Is::Record,
            ARRAY => Is::Array,
            FLOAT => Is::Float,
            NIL => {
                self.guard(condition, random);
                return self.shown.push((Word(word), seen));
            }
            _ => Is::Int,
        };
        let value = if matches!(is, Is::Record | Is::Array) {
            let payload = self.load_word(Type::I64, word + 1);
            let exit = self.exit_of(ExitKind::Side);
            self.builder.guard_ref(condition, payload, exit);
            self.execute()
        } else {
            let exit = self.exit_of(ExitKind::Side);
            self.builder.guard(condition, exit);
            let ty = if is == Is::Float {
                Type::F64
            } else {
                Type::I64
            };
            self.load_word(ty, word + 1)
        };
        self.shown.push((Word(word), seen));
        self.at_hand.push((value, is));
    }

    pub(super) fn constant(&mut self, is: Is, random: &mut Random) -> Value {
        match is {
            Is::Int => self.builder.int(random.int()),
            Is::Float => self.builder.constant(Const::float(random.float())),
            Is::Bool => self.builder.bool(random.chance(50)),
            Is::Record | Is::Array => {
                let kind = if is == Is::Record {
                    Kind::Record
                } else {
                    Kind::Array
                };
                let pinned = self.machine.pinned().iter().copied();
                let fitting: Vec<u64> = pinned
                    .filter(|&address| self.machine.kind_at(address) == Some(kind))
                    .collect();
                self.builder.reference(random.pick(&fitting))
            }
        };
        self.execute()
    }

    /// Something at hand that is `is`; made if there is nothing.
    pub(super) fn some(&mut self, is: Is, random: &mut Random) -> Value {
        let fitting: Vec<Value> = self
            .at_hand
            .iter()
            .filter(|(_, other)| *other == is)
            .map(|&(value, _)| value)
            .collect();
        if let Some(&last) = fitting.last()
            && random.chance(80)
        {
            // What was just computed is what programs use.
            return match random.chance(35) {
                true => last,
                false => random.pick(&fitting),
            };
        }
        if is == Is::Bool && random.chance(80) {
            let (left, right) = (self.some(Is::Int, random), self.some(Is::Int, random));
            let op = random.pick(&[Op::Lt, Op::Le, Op::Eq, Op::Ne, Op::Ult, Op::Ule]);
            return self.pure(op, &[left, right]);
        }
        if is == Is::Int && random.chance(40) {
            let word = self.any_group(random);
            let known = self.at_hand.len();
            self.operand_at(word, random);
            if let Some(&(value, Is::Int)) = self.at_hand.get(known) {
                return value;
            }
        }
        self.constant(is, random)
    }

    pub(super) fn of_type(&mut self, ty: Type, random: &mut Random) -> Value {
        let is = match ty {
            Type::F64 => Is::Float,
            Type::Bool => Is::Bool,
            Type::Ref if random.chance(70) => Is::Record,
            Type::Ref => Is::Array,
            Type::I64 | Type::Ptr => Is::Int,
        };
        self.some(is, random)
    }

    fn compute(&mut self, random: &mut Random) {
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
    fn idiom(&mut self, random: &mut Random) {
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
                self.builder.float(unit);
                self.execute()
            }
            Some(Type::Bool) => self.constant(Is::Bool, random),
            _ => like,
        }
    }

    pub(super) fn ty(&self, value: Value) -> Option<Type> {
        self.builder.trace().ty(value)
    }

    /// Guards that one of two operands is no NaN: which of two comes out is open. False if both are.
    fn keep_nans_apart(&mut self, args: &[Value]) -> bool {
        let known = |&value: &Value| {
            let constant = self.builder.trace().constant(value);
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
        let exit = self.exit_of(ExitKind::Side);
        if self.bits(is_number) == 0 {
            return false;
        }
        self.builder.guard(is_number, exit);
        self.execute();
        true
    }

    fn condition(&mut self, random: &mut Random) {
        let condition = match random.below(10) {
            0..4 => {
                let value = self.some(Is::Int, random);
                let near = (self.bits(value) as i64).wrapping_add(random.below(6) as i64);
                let limit = random.pick(&[1 << 40, 1 << 60, i64::MAX, near, near]);
                let limit = self.int(limit);
                let op = random.pick(&[Op::Lt, Op::Lt, Op::Le, Op::Ult, Op::Eq]);
                if random.chance(70) {
                    self.pure(op, &[value, limit])
                } else {
                    self.pure(op, &[limit, value])
                }
            }
            4..5 => {
                let left = self.of_type(Type::Ref, random);
                let right = self.of_type(Type::Ref, random);
                self.pure(Op::RefEq, &[left, right])
            }
            5..6 => {
                let (left, right) = (self.some(Is::Float, random), self.some(Is::Float, random));
                let op = random.pick(&[Op::Flt, Op::Fle, Op::Feq, Op::Fne]);
                self.pure(op, &[left, right])
            }
            _ => self.some(Is::Bool, random),
        };
        self.guard(condition, random);
        if random.chance(20) {
            self.at_hand.push((condition, Is::Bool));
        }
    }

    fn load(&mut self, mem: Mem, address: Value, offset: i32, class: Class) -> Value {
        self.builder.load(mem, address, offset, class);
        self.execute()
    }

    /// A random place for an integer in a record: access kind, offset and class.
    pub(super) fn integer_field(random: &mut Random) -> (Mem, i32, Class) {
        match random.below(10) {
            0..3 => (Mem::I64, 8, FIELD),
            3..5 => (Mem::I64, 64, FIELD),
            5..6 => (Mem::I64, 0, SHAPE),
            6..7 => (Mem::U32, random.pick(&[8, 12, 64]), FIELD),
            _ => {
                let mem = random.pick(INTEGER_MEMS);
                // Few offsets, so that accesses meet and overlap.
                (mem, 40 + random.below(6) as i32, BYTES)
            }
        }
    }

    fn record_field(&mut self, random: &mut Random) {
        let record = self.some(Is::Record, random);
        self.at_hand.push((record, Is::Record));
        match random.below(10) {
            0..5 => {
                let (mem, offset, class) = Recorder::integer_field(random);
                let value = self.load(mem, record, offset, class);
                self.at_hand.push((value, Is::Int));
                if class == SHAPE && random.chance(60) {
                    let seen = self.int(self.bits(value) as i64);
                    let same = self.pure(Op::Eq, &[value, seen]);
                    self.guard(same, random);
                }
            }
            5..7 => {
                let value = self.load(Mem::F64, record, 16, FLOATS);
                self.at_hand.push((value, Is::Float));
            }
            7..9 => {
                let link = self.load(Mem::Ref, record, 24, LINKS);
                let bits = self.pure(Op::BitsOfRef, &[link]);
                let null = self.int(0);
                if self.bits(link) == 0 {
                    let is_null = self.pure(Op::Eq, &[bits, null]);
                    self.guard(is_null, random);
                } else {
                    let is_object = self.pure(Op::Ne, &[bits, null]);
                    let exit = self.exit_of(ExitKind::Side);
                    self.builder.guard_ref(is_object, bits, exit);
                    let value = self.execute();
                    self.at_hand.push((value, Is::Record));
                }
            }
            _ => {
                let value = self.load(Mem::Ref, record, 32, LINKS);
                self.at_hand.push((value, Is::Array));
            }
        }
    }

    fn array_element(&mut self, random: &mut Random) {
        let array = self.some(Is::Array, random);
        self.at_hand.push((array, Is::Array));
        let length = self.load(Mem::I64, array, 8, LENGTH);
        let index = match random.below(3) {
            0 => self.some(Is::Int, random),
            1 => {
                let index = self.some(Is::Int, random);
                let mask = self.int(3);
                self.pure(Op::And, &[index, mask])
            }
            _ => self.int(random.below(5) as i64),
        };
        if self.bits(index) >= self.bits(length) {
            let within = self.pure(Op::Ult, &[index, length]);
            return self.guard(within, random);
        }
        let exit = self.exit_of(ExitKind::Side);
        self.builder.guard_index(index, length, exit);
        let index = self.execute();
        self.at_hand.push((index, Is::Int));
        let (slot, mem, scale, class) = match random.below(4) {
            0 => (24, random.pick(&[Mem::U8, Mem::I8]), 0, BYTES),
            1 => (24, random.pick(&[Mem::U16, Mem::I16]), 1, BYTES),
            _ => (16, Mem::I64, 3, ELEMENTS),
        };
        let data = self.load(Mem::Ptr, array, slot, DATA);
        let access = Access {
            mem,
            offset: 0,
            scale,
            class,
        };
        self.elements.push(Element {
            data,
            index,
            access,
        });
        if random.chance(75) {
            self.builder.load_elem(data, index, access);
            let value = self.execute();
            self.at_hand.push((value, Is::Int));
        }
    }

    /// Whether a frame fits, as before it is pushed.
    fn room(&mut self, random: &mut Random) {
        let value = self.has_room(Word(self.delta + random.pick(&[4, 8, 8, 12])));
        self.guard(value, random);
    }

    pub(super) fn has_room(&mut self, word: Word) -> Value {
        self.builder.has_room(word);
        self.execute()
    }

    fn select(&mut self, random: &mut Random) {
        let is = random.pick(&[Is::Int, Is::Int, Is::Float, Is::Bool, Is::Record, Is::Array]);
        let condition = self.some(Is::Bool, random);
        let (then, otherwise) = (self.some(is, random), self.some(is, random));
        let ty = self.ty(then).expect("a value at hand has a type");
        self.builder.select(ty, condition, then, otherwise);
        let value = self.execute();
        self.at_hand.push((value, is));
    }

    /// Calls a helper that has no effect; it may fail.
    fn read_helper(&mut self, random: &mut Random) {
        let interface = self.builder.trace().interface.clone();
        let index = pick_helper(&interface, random, |helper| helper.is_repeatable());
        let helper = &interface.helpers[index];
        let mut args = Vec::new();
        for &ty in &helper.params {
            args.push(match ty {
                Type::Ref => self.some(Is::Record, random),
                _ => self.of_type(ty, random),
            });
        }
        let exit = helper.needs_exit().then(|| self.exit_of(ExitKind::Error));
        self.builder.call(HelperId(index as u32), &args, exit);
        let value = self.execute();
        if let Some(is) = result_of(helper) {
            self.at_hand.push((value, is));
        }
    }
}

pub(super) fn pick_helper(
    interface: &Interface,
    random: &mut Random,
    wanted: impl Fn(&Helper) -> bool,
) -> usize {
    let fitting: Vec<usize> = (0..interface.helpers.len())
        .filter(|&index| wanted(&interface.helpers[index]))
        .collect();
    random.pick(&fitting)
}

pub(super) fn result_of(helper: &Helper) -> Option<Is> {
    Some(match helper.result? {
        Type::F64 => Is::Float,
        Type::Bool => Is::Bool,
        Type::Ref => Is::Record,
        Type::I64 | Type::Ptr => Is::Int,
    })
}
