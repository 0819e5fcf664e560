//! The first phase of a random instruction: reads, guards and what is at hand. What it computes is in
//! [`arithmetic`](super::arithmetic).

use super::super::heap::{BYTES, DATA, ELEMENTS, FIELD, FLOATS, Kind, LENGTH, LINKS, SHAPE};
use super::super::model::{ARRAY, FLOAT, NIL, RECORD, is_float_word};
use super::super::random::Random;
use super::generator::{Element, Generator, Is};
use crate::id::{HelperId, Value, Word};
use crate::interface::{Class, Helper, Interface};
use crate::op::Op;
use crate::types::{Mem, Type};
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

impl Generator {
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
        self.delta() + index as i32 * self.group()
    }

    pub(super) fn operand(&mut self, random: &mut Random) {
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
        let groups = (self.delta()..self.delta() + 12).step_by(2);
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
            self.guarding(|now| now.guard_ref(condition, payload))
        } else {
            self.guarding(|now| now.guard(condition, true));
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
            Is::Int => self.note(|now| now.int(random.int())),
            Is::Float => self.note(|now| now.float(random.float())),
            Is::Bool => self.note(|now| now.bool(random.chance(50))),
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
                let address = random.pick(&fitting);
                self.note(|now| now.reference(address))
            }
        }
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

    pub(super) fn ty(&self, value: Value) -> Option<Type> {
        self.recorder.trace().ty(value)
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
        self.note(|now| now.load(mem, address, offset, class))
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
                let (mem, offset, class) = Generator::integer_field(random);
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
                    let value = self.guarding(|now| now.guard_ref(is_object, bits));
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
        let index = self.guarding(|now| now.guard_index(index, length));
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
            let value = self.note(|now| now.load_elem(data, index, access));
            self.at_hand.push((value, Is::Int));
        }
    }

    /// Whether a frame fits, as before it is pushed.
    fn room(&mut self, random: &mut Random) {
        let word = Word(random.pick(&[4, 8, 8, 12]));
        let value = self.note(|now| now.has_room(word));
        self.guard(value, random);
    }

    fn select(&mut self, random: &mut Random) {
        let is = random.pick(&[Is::Int, Is::Int, Is::Float, Is::Bool, Is::Record, Is::Array]);
        let condition = self.some(Is::Bool, random);
        let (then, otherwise) = (self.some(is, random), self.some(is, random));
        let ty = self.ty(then).expect("a value at hand has a type");
        let value = self.note(|now| now.select(ty, condition, then, otherwise));
        self.at_hand.push((value, is));
    }

    /// Calls a helper that has no effect; it may fail.
    fn read_helper(&mut self, random: &mut Random) {
        let interface = self.recorder.trace().interface.clone();
        let index = pick_helper(&interface, random, |helper| helper.is_repeatable());
        let helper = &interface.helpers[index];
        let mut args = Vec::new();
        for &ty in &helper.params {
            args.push(match ty {
                Type::Ref => self.some(Is::Record, random),
                _ => self.of_type(ty, random),
            });
        }
        let value = self.note(|now| now.read(HelperId(index as u32), &args));
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
