//! One random instruction: reads and guards, then effects, then where it goes.

use super::super::heap::{BYTES, DATA, ELEMENTS, FIELD, FLOATS, Kind, LENGTH, LINKS, SHAPE};
use super::super::model::{ARRAY, FLOAT, INT, NIL, RECORD, is_float_word};
use super::super::random::Random;
use super::{Element, Is, Recorder};
use crate::exit::{ExitKind, Pc};
use crate::id::{HelperId, Value, Word};
use crate::interface::{Class, Helper, Interface};
use crate::op::{Op, Operand, Produces};
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

impl Recorder {
    pub(super) fn instruction(&mut self, random: &mut Random) {
        let reads = 1 + random.below(7);
        self.reads(reads, random);
        let effects = random.pick(&[0, 1, 1, 1, 2, 3]);
        self.effects(effects, random);
    }

    // Phase one.

    pub(super) fn reads(&mut self, count: usize, random: &mut Random) {
        for _ in 0..count {
            match random.below(100) {
                0..30 => self.operand(random),
                30..55 => self.compute(random),
                55..65 => self.condition(random),
                65..76 => self.record_field(random),
                76..88 => self.array_element(random),
                88..92 => self.select(random),
                92..96 => self.read_helper(random),
                _ => {
                    let is = random.pick(&[Is::Int, Is::Float, Is::Bool, Is::Record]);
                    let value = self.constant(is, random);
                    self.at_hand.push((value, is));
                }
            }
        }
    }

    /// A random group's first word, seen from the entry's base.
    fn any_group(&self, random: &mut Random) -> i32 {
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

    fn constant(&mut self, is: Is, random: &mut Random) -> Value {
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
    fn some(&mut self, is: Is, random: &mut Random) -> Value {
        let fitting: Vec<Value> = self
            .at_hand
            .iter()
            .filter(|(_, other)| *other == is)
            .map(|&(value, _)| value)
            .collect();
        if !fitting.is_empty() && random.chance(80) {
            return random.pick(&fitting);
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

    fn of_type(&mut self, ty: Type, random: &mut Random) -> Value {
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
            .filter(|&op| op != Op::RefOfBits)
            .collect();
        let op = random.pick(&ops);
        let mut args = Vec::new();
        for operand in op.info().operands {
            let Operand::Is(ty) = *operand else { return };
            args.push(self.of_type(ty, random));
        }
        if args.len() == 2 && random.chance(8) && self.ty(args[0]) == self.ty(args[1]) {
            args[1] = args[0];
        }
        if op == Op::BitsOfF64 && !self.show_number(args[0]) {
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

    fn ty(&self, value: Value) -> Option<Type> {
        self.builder.trace().ty(value)
    }

    /// Guards that `value` is no NaN, whose bits are unspecified. False if it is one.
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
                let far = self.int(random.pick(&[1 << 40, 1 << 60, i64::MAX]));
                self.pure(Op::Lt, &[value, far])
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
    fn integer_field(random: &mut Random) -> (Mem, i32, Class) {
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

    fn select(&mut self, random: &mut Random) {
        let is = random.pick(&[Is::Int, Is::Int, Is::Float, Is::Bool, Is::Record, Is::Array]);
        let condition = self.some(Is::Bool, random);
        let (then, otherwise) = (self.some(is, random), self.some(is, random));
        let ty = self.ty(then).expect("a value at hand has a type");
        self.builder.select(ty, condition, then, otherwise);
        let value = self.execute();
        self.at_hand.push((value, is));
    }

    /// Calls a helper that has no effect and cannot fail.
    fn read_helper(&mut self, random: &mut Random) {
        let interface = self.builder.trace().interface.clone();
        let index = pick_helper(&interface, random, |helper| {
            helper.effects.is_removable() && !helper.fails
        });
        let helper = &interface.helpers[index];
        let mut args = Vec::new();
        for &ty in &helper.params {
            args.push(match ty {
                Type::Ref => self.some(Is::Record, random),
                _ => self.of_type(ty, random),
            });
        }
        self.builder.call(HelperId(index as u32), &args, None);
        let value = self.execute();
        if let Some(is) = result_of(helper) {
            self.at_hand.push((value, is));
        }
    }

    // Phase two.

    pub(super) fn effects(&mut self, count: usize, random: &mut Random) {
        // Whatever a call needs must be at hand before the first effect: reads are over then.
        let calls = random.chance(18);
        let args = [Is::Int, Is::Float, Is::Record, Is::Bool];
        if calls {
            for is in args {
                let value = self.some(is, random);
                self.at_hand.push((value, is));
            }
        }
        for _ in 0..count {
            match random.below(10) {
                0..7 => self.set_local(random),
                7..9 => self.set_field(random),
                _ => self.set_element(random),
            }
        }
        if calls {
            self.at_hand.retain(|(_, is)| args.contains(is));
            let result = self.effectful_call(random);
            if let Some((value, is)) = result
                && random.chance(85)
            {
                let target = self.target_for(is, random);
                self.shown.clear();
                self.set(target, value, is);
            }
        }
    }

    /// Calls a helper that has an effect or may fail.
    fn effectful_call(&mut self, random: &mut Random) -> Option<(Value, Is)> {
        let interface = self.builder.trace().interface.clone();
        let index = pick_helper(&interface, random, |helper| {
            !helper.effects.is_removable() || helper.fails
        });
        let helper = &interface.helpers[index];
        let mut args = Vec::new();
        for &ty in &helper.params {
            args.push(self.at_hand_only(ty, random));
        }
        let exit = helper.needs_exit().then(|| self.exit_of(ExitKind::Error));
        self.builder.call(HelperId(index as u32), &args, exit);
        let value = self.execute();
        self.called = true;
        self.unchecked |= helper.effects.reenters;
        Some((value, result_of(helper)?))
    }

    fn at_hand_only(&mut self, ty: Type, random: &mut Random) -> Value {
        let wanted = match ty {
            Type::F64 => Is::Float,
            Type::Bool => Is::Bool,
            Type::Ref => Is::Record,
            Type::I64 | Type::Ptr => Is::Int,
        };
        let fitting: Vec<Value> = self
            .at_hand
            .iter()
            .filter(|(_, is)| *is == wanted)
            .map(|&(value, _)| value)
            .collect();
        random.pick(&fitting)
    }

    /// Where to store something: mostly where there is something like it.
    fn target_for(&mut self, is: Is, random: &mut Random) -> i32 {
        let mut target = self.any_group(random);
        if random.chance(20) && self.group() == 2 {
            return target;
        }
        let tag = tag_of(is);
        for _ in 0..8 {
            let index = (super::super::model::ENTRY_BASE + i64::from(target)) as usize;
            let fits = if self.group() == 1 {
                is_float_word(i64::from(target)) == (is == Is::Float)
            } else {
                self.machine.visible.words[index] as i64 == tag
            };
            if fits {
                return target;
            }
            target = self.any_group(random);
        }
        target
    }

    fn set_local(&mut self, random: &mut Random) {
        if !self.raw.is_empty() && random.chance(40) {
            return self.move_group(random);
        }
        if self.group() == 2 && random.chance(5) {
            let target = self.any_group(random);
            let (tag, zero) = (self.int(NIL), self.int(0));
            self.shown.retain(|(word, _)| word.0 != target);
            self.store_word(target, tag);
            return self.store_word(target + 1, zero);
        }
        let (value, is) = if self.at_hand.is_empty() {
            let is = random.pick(&[Is::Int, Is::Float]);
            (self.constant(is, random), is)
        } else {
            random.pick(&self.at_hand)
        };
        let target = self.target_for(is, random);
        self.set(target, value, is);
    }

    fn move_group(&mut self, random: &mut Random) {
        let index = random.below(self.raw.len());
        let words = self.raw[index].clone();
        let target = self.any_group(random);
        // Bits of a double must not become an integer: they may be a NaN's.
        let from = self.builder.trace().uop(words[0]).word();
        let from = from.map_or(0, |word| i64::from(word.0));
        if self.group() == 1 && is_float_word(i64::from(target)) != is_float_word(from) {
            return;
        }
        self.shown.retain(|(word, _)| word.0 != target);
        for (offset, value) in words.into_iter().enumerate() {
            self.store_word(target + offset as i32, value);
        }
    }

    /// Stores a value into the group at `target`, with its tag.
    fn set(&mut self, target: i32, value: Value, is: Is) {
        if self.group() == 1 {
            if is_float_word(i64::from(target)) != (is == Is::Float)
                || matches!(is, Is::Record | Is::Array)
            {
                return;
            }
            let value = self.storable(value, is);
            return self.store_word(target, value);
        }
        let tag = tag_of(is);
        let value = self.storable(value, is);
        let shown = self.shown.contains(&(Word(target), tag));
        // The tag is known to be there: storing the payload alone tears nothing.
        if !(shown && self.bits(value).is_multiple_of(2)) {
            self.shown.retain(|(word, _)| word.0 != target);
            let tag = self.int(tag);
            self.store_word(target, tag);
        }
        self.store_word(target + 1, value);
    }

    fn storable(&mut self, value: Value, is: Is) -> Value {
        match is {
            Is::Bool => self.pure(Op::BoolToI64, &[value]),
            _ => value,
        }
    }

    fn any_at_hand(&self, wanted: Is, random: &mut Random) -> Option<Value> {
        let fitting: Vec<Value> = self
            .at_hand
            .iter()
            .filter(|(_, is)| *is == wanted)
            .map(|&(value, _)| value)
            .collect();
        (!fitting.is_empty()).then(|| random.pick(&fitting))
    }

    fn set_field(&mut self, random: &mut Random) {
        let Some(record) = self.any_at_hand(Is::Record, random) else {
            return self.set_length(random);
        };
        let (mem, offset, class, is) = match random.below(10) {
            0..6 => {
                let (mem, offset, class) = Recorder::integer_field(random);
                (mem, offset, class, Is::Int)
            }
            6..8 => (Mem::F64, 16, FLOATS, Is::Float),
            8 => (Mem::Ref, 24, LINKS, Is::Record),
            _ => (Mem::Ref, 32, LINKS, Is::Array),
        };
        let value = match self.any_at_hand(is, random) {
            Some(value) => value,
            None => self.constant(is, random),
        };
        self.builder.store(mem, record, value, offset, class);
        self.execute();
    }

    /// Stores an index proven below an array's length as the length of the same array.
    fn set_length(&mut self, random: &mut Random) {
        let Some(array) = self.any_at_hand(Is::Array, random) else {
            return;
        };
        let Some(element) = self.elements.last().copied() else {
            return;
        };
        self.builder
            .store(Mem::I64, array, element.index, 8, LENGTH);
        self.execute();
    }

    fn set_element(&mut self, random: &mut Random) {
        if self.elements.is_empty() {
            return self.set_field(random);
        }
        let element = random.pick(&self.elements);
        let value = match self.any_at_hand(Is::Int, random) {
            Some(value) => value,
            None => self.int(random.int()),
        };
        self.builder
            .store_elem(element.data, element.index, value, element.access);
        self.execute();
    }

    // Where it goes.

    /// Goes on: mostly to the next instruction, now and then into or out of a frame. Whether it
    /// set the place to go on at.
    pub(super) fn step(&mut self, looping: bool, random: &mut Random) -> bool {
        match random.below(16) {
            0 if self.delta < 24 && !self.called => self.push(random),
            1 if self.delta > 0 || !looping && self.delta > -12 => {
                self.pc += 1;
                self.begin(false);
                self.pop(random)
            }
            _ => false,
        }
    }

    fn push(&mut self, random: &mut Random) -> bool {
        let window = random.pick(&[4, 8]);
        let base = self.delta + window;
        for index in 0..random.below(3) as i32 {
            let is = random.pick(&[Is::Int, Is::Float]);
            let value = match self.any_at_hand(is, random) {
                Some(value) => value,
                None => self.constant(is, random),
            };
            self.shown.clear();
            self.set(base + index * self.group(), value, is);
        }
        self.store_link(base, window, self.pc + 1);
        self.delta = base;
        self.pc = 100 + 20 * random.below(4) as Pc;
        true
    }

    /// Returns to the caller, if the link below the frame names one.
    pub(super) fn pop(&mut self, random: &mut Random) -> bool {
        let link = self.load_word(Type::I64, self.delta - 1);
        let seen = self.bits(link) as i64;
        let window = (seen >> 32) as i32;
        if seen == -1 || !matches!(window, 4 | 8) {
            return false;
        }
        let wanted = self.int(seen);
        let same = self.pure(Op::Eq, &[link, wanted]);
        let exit = self.exit_of(ExitKind::Side);
        self.builder.guard(same, exit);
        self.execute();
        self.reads(1, random);
        if let Some(&(value, is)) = self.at_hand.first() {
            self.shown.clear();
            let word = self.delta - window + 4 * random.below(2) as i32;
            self.set(word, value, is);
        }
        self.delta -= window;
        self.pc = seen as u32;
        true
    }
}

fn pick_helper(
    interface: &Interface,
    random: &mut Random,
    wanted: impl Fn(&Helper) -> bool,
) -> usize {
    let fitting: Vec<usize> = (0..interface.helpers.len())
        .filter(|&index| wanted(&interface.helpers[index]))
        .collect();
    random.pick(&fitting)
}

fn result_of(helper: &Helper) -> Option<Is> {
    Some(match helper.result? {
        Type::F64 => Is::Float,
        Type::Bool => Is::Bool,
        Type::Ref => Is::Record,
        Type::I64 | Type::Ptr => Is::Int,
    })
}

fn tag_of(is: Is) -> i64 {
    match is {
        Is::Int | Is::Bool => INT,
        Is::Float => FLOAT,
        Is::Record => RECORD,
        Is::Array => ARRAY,
    }
}
