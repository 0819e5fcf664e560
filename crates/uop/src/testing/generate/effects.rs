//! The second phase of a random instruction: its effects, and where it goes on.

use super::super::heap::{FLOATS, LENGTH, LINKS, MADE, NEXT};
use super::super::model::{ARRAY, FLOAT, INT, NIL, RECORD, is_float_word};
use super::super::random::Random;
use super::generator::{Element, Generator, Is};
use super::instruction::{pick_helper, result_of};
use crate::evaluate::State;
use crate::exit::Pc;
use crate::id::{HelperId, Value, Word};
use crate::op::Op;
use crate::types::{Mem, Type};

/// Objects to be made.
struct Numbers {
    counter: Value,
    numbers: Vec<Value>,
    /// The number after theirs.
    next: Value,
}

impl Generator {
    pub(super) fn effects(&mut self, count: usize, random: &mut Random) {
        let objects = match random.chance(self.objects) {
            true => self.numbers(random.pick(&[1, 1, 2, 2, 3])),
            false => None,
        };
        let shape = objects.as_ref().map(|_| self.some(Is::Int, random));
        // Whatever a call needs must be at hand before the first effect: reads are over then.
        let calls = random.chance(18);
        let args = [Is::Int, Is::Float, Is::Record, Is::Bool];
        if calls {
            for is in args {
                let value = self.some(is, random);
                self.at_hand.push((value, is));
            }
        }
        if let (Some(objects), Some(shape)) = (objects, shape) {
            self.make(&objects, shape, random);
        } else if random.chance(self.objects + 10) {
            self.name(random);
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

    /// The numbers of the next objects to be made; `None` if there are not so many.
    fn numbers(&mut self, count: u64) -> Option<Numbers> {
        let counter = self.machine.counter();
        let counter = self.note(|now| now.reference(counter));
        let first = self.note(|now| now.load(Mem::I64, counter, 0, NEXT));
        if self.bits(first) + count > MADE {
            return None;
        }
        let end = self.int((MADE - count + 1) as i64);
        let is_left = self.pure(Op::Ult, &[first, end]);
        self.guarding(|now| now.guard(is_left, true));
        let one = self.int(1);
        let mut numbers = vec![first];
        for _ in 0..count {
            let last = numbers[numbers.len() - 1];
            numbers.push(self.pure(Op::Add, &[last, one]));
        }
        let next = numbers.pop()?;
        Some(Numbers {
            counter,
            numbers,
            next,
        })
    }

    /// Makes objects, stores some of them in each other, and puts most where they will be found again.
    fn make(&mut self, objects: &Numbers, shape: Value, random: &mut Random) {
        let Numbers {
            counter,
            numbers,
            next,
        } = objects;
        self.act(|now| now.store(Mem::I64, *counter, *next, 0, NEXT));
        let interface = self.recorder.trace().interface.clone();
        let mut made = Vec::new();
        for &number in numbers {
            let index = pick_helper(&interface, random, |helper| helper.makes.is_some());
            let (is, args) = match interface.helpers[index].params.len() {
                2 => (Is::Record, vec![number, shape]),
                _ => (Is::Array, vec![number]),
            };
            let object = self.act(|now| now.call(HelperId(index as u32), &args));
            self.at_hand.push((object, is));
            made.push((object, is));
        }
        for &holder in &made {
            if random.chance(60) {
                let held = random.pick(&made);
                self.hold(holder, held);
            }
        }
        for (object, is) in made {
            if random.chance(80) {
                let target = self.target_for(is, random);
                self.set(target, object, is);
            }
        }
    }

    /// Stores a reference in a record.
    fn hold(&mut self, (holder, kind): (Value, Is), (held, is): (Value, Is)) {
        let offset = match is {
            Is::Record => 24,
            _ => 32,
        };
        if kind == Is::Record {
            self.act(|now| now.store(Mem::Ref, holder, held, offset, LINKS));
        }
    }

    /// Stores an object that a trace made in another, or where everybody sees it.
    fn name(&mut self, random: &mut Random) {
        let made = |recorder: &Self, &(value, is): &(Value, Is)| {
            let refers = matches!(is, Is::Record | Is::Array);
            refers && recorder.bits(value) < recorder.machine.counter()
        };
        let made: Vec<(Value, Is)> = self
            .at_hand
            .iter()
            .copied()
            .filter(|it| made(self, it))
            .collect();
        if made.is_empty() {
            return;
        }
        let held = random.pick(&made);
        let holder = match random.chance(50) {
            true => random.pick(&made),
            false => (self.constant(Is::Record, random), Is::Record),
        };
        self.hold(holder, held);
    }

    /// Calls a helper that has an effect or may fail.
    fn effectful_call(&mut self, random: &mut Random) -> Option<(Value, Is)> {
        let interface = self.recorder.trace().interface.clone();
        let index = pick_helper(&interface, random, |helper| {
            (!helper.effects.is_removable() || helper.fails) && helper.makes.is_none()
        });
        let helper = &interface.helpers[index];
        let mut args = Vec::new();
        for &ty in &helper.params {
            args.push(self.at_hand_only(ty, random));
        }
        let value = self.act(|now| now.call(HelperId(index as u32), &args));
        self.called = true;
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
            let index = (self.base + i64::from(target)) as usize;
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
        let from = self.recorder.trace().uop(words[0]).word();
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
                let (mem, offset, class) = Generator::integer_field(random);
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
        self.act(|now| now.store(mem, record, value, offset, class));
    }

    /// Stores an index proven below an array's length as the length of the same array.
    fn set_length(&mut self, random: &mut Random) {
        let Some(array) = self.any_at_hand(Is::Array, random) else {
            return;
        };
        let Some(element) = self.elements.last().copied() else {
            return;
        };
        self.act(|now| now.store(Mem::I64, array, element.index, 8, LENGTH));
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
        let Element {
            data,
            index,
            access,
        } = element;
        self.act(|now| now.store_elem(data, index, value, access));
    }

    /// Goes on: mostly to the next instruction, now and then into or out of a frame. Whether it
    /// set the place to go on at.
    pub(super) fn step(&mut self, looping: bool, random: &mut Random) -> bool {
        match random.below(16) {
            0 if self.delta() < 24 && !self.called => {
                self.pc += 1;
                self.begin();
                self.push(random)
            }
            1 if self.delta() > 0 || !looping && self.delta() > -12 => {
                self.pc += 1;
                self.begin();
                self.pop(random)
            }
            _ => false,
        }
    }

    /// Calls, if there is room for the frame.
    fn push(&mut self, random: &mut Random) -> bool {
        let window = random.pick(&[4, 8]);
        let base = self.delta() + i32::from(window);
        let has = self.machine.has_room(self.base + i64::from(base));
        self.guarding(|now| now.guard_room(Word(window.into()), has));
        if !has {
            return false;
        }
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
        self.recorder.acting().enter_frame(window);
        self.pc = 100 + 20 * random.below(4) as Pc;
        true
    }

    /// Returns to the caller, if the link below the frame names one.
    pub(super) fn pop(&mut self, random: &mut Random) -> bool {
        let place = self.delta() - 1;
        let seen = self.machine.load_word(self.base + i64::from(place)) as i64;
        let window = (seen >> 32) as i32;
        if seen == -1 || !matches!(window, 4 | 8) {
            self.load_word(Type::I64, place);
            return false;
        }
        self.guarding(|now| now.guard_link(seen));
        self.reads(1, random);
        if let Some(&(value, is)) = self.at_hand.first() {
            self.shown.clear();
            let word = self.delta() - window + 4 * random.below(2) as i32;
            self.set(word, value, is);
        }
        self.recorder.acting().pop_frame(window);
        self.pc = seen as u32;
        true
    }
}

fn tag_of(is: Is) -> i64 {
    match is {
        Is::Int | Is::Bool => INT,
        Is::Float => FLOAT,
        Is::Record => RECORD,
        Is::Array => ARRAY,
    }
}
