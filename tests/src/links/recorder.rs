//! What the register machine's instructions do, as uops.
//!
//! A [`Follower`] looks at the memory before an instruction executes and records uops that do the
//! same as long as its guards hold.

use super::program::{
    Arith, BOX, BOXES, FLOAT, INT, Instr, Memory, NEXT_BOX, NO_CALLER, Program, REGISTERS, TABLE,
    WINDOW, less,
};
use offramp::explicit::Recording;
use offramp_uop::record::{Acting, Instruction, RecordError, Recorder};
use offramp_uop::{
    Access, Class, ClassSet, Content, Effects, Helper, HelperId, Initial, Interface, Mem,
    NewObject, Op, Trace, Type, Value, Word,
};
use std::sync::Arc;

/// The helper behind [`Instr::Append`].
pub const APPEND: HelperId = HelperId(0);
/// The helper behind [`Instr::Reenter`].
pub const REENTER: HelperId = HelperId(1);
/// The helper behind [`Instr::Collect`].
pub const COLLECT: HelperId = HelperId(2);
/// The helper behind [`Instr::Fail`].
pub const FAIL: HelperId = HelperId(3);
/// The helper behind [`Instr::Change`].
pub const CHANGE: HelperId = HelperId(4);

/// The helper that makes a box.
pub const NEW_BOX: HelperId = HelperId(5);

/// The table's storage address and length.
const SHAPE: Class = Class(0);
/// The table's elements.
const ELEMENTS: Class = Class(1);
/// What boxes hold.
const BOXED: Class = Class(2);
/// The number of the next box.
const NEXT: Class = Class(3);

fn access(offset: i32, class: Class) -> Access {
    Access {
        mem: Mem::I64,
        offset,
        scale: 0,
        class,
    }
}

/// What the register machine declares: values are groups of two words.
pub fn interface() -> Arc<Interface> {
    let helper = |name: &str, params: &[Type], result, effects, fails| Helper {
        name: name.into(),
        params: params.into(),
        result,
        effects,
        fails,
        makes: None,
    };
    let holds = [(0, INT), (8, 0)].map(|(offset, bits)| Content {
        access: access(offset, BOXED),
        value: Initial::Constant(bits),
    });
    let makes_box = Helper {
        makes: Some(NewObject {
            holds: holds.into(),
        }),
        ..helper(
            "new_box",
            &[Type::I64],
            Some(Type::Ref),
            Effects::PURE,
            false,
        )
    };
    let both = ClassSet::of(&[SHAPE, ELEMENTS]);
    let appends = Effects {
        reads: both,
        writes: both,
        ..Effects::PURE
    };
    let reenters = Effects {
        writes_frames: false,
        ..Effects::WORST
    };
    let collects = Effects {
        collects: true,
        ..Effects::PURE
    };
    Arc::new(Interface {
        group: 2,
        classes: ["shape", "elements", "boxed", "next"]
            .map(Into::into)
            .into(),
        helpers: vec![
            helper("append", &[Type::I64], None, appends, false),
            helper("reenter", &[], None, reenters, false),
            helper("collect", &[], None, collects, false),
            helper("fail", &[Type::I64], Some(Type::I64), Effects::PURE, true),
            helper("change", &[], None, reenters, false),
            makes_box,
        ],
    })
}

/// A recording under way.
#[derive(Debug)]
pub struct Follower {
    /// The graph's ticket.
    pub ticket: Recording,
    recorder: Recorder,
    /// Where it began.
    pub start: u32,
    /// Frames it entered and has not left.
    pub depth: usize,
    now: u32,
    /// Whether it polls in its first instruction: roots always, side traces may.
    pub polls: bool,
    /// Whether the trace assumes the global's value.
    pub reads_global: bool,
}

/// Whether the instruction ended the trace.
#[derive(Debug)]
pub enum Recorded {
    /// The recording goes on.
    On(Follower),
    /// It ended behind this instruction.
    Ended(Recording, Trace),
    /// The instruction ends the program.
    Nothing(Recording),
}

impl Follower {
    /// Begins at `start` with what `recorder` holds.
    pub fn new(ticket: Recording, recorder: Recorder, start: u32, polls: bool) -> Follower {
        let recorder = match polls {
            true => recorder,
            false => recorder.without_poll(),
        };
        Follower {
            ticket,
            recorder,
            start,
            depth: 0,
            now: start,
            polls,
            reads_global: false,
        }
    }

    /// How far the base has moved.
    pub fn delta(&self) -> i64 {
        self.recorder.base().into()
    }

    /// Instructions so far.
    pub fn length(&self) -> usize {
        self.recorder.instructions()
    }

    /// The trace as a loop back to its start.
    pub fn close(self) -> (Recording, Trace) {
        (self.ticket, proper(self.recorder.finish_loop()))
    }

    /// The trace, ending in an exit to `pc`.
    pub fn leave(self, pc: u32) -> (Recording, Trace) {
        (self.ticket, proper(self.recorder.finish_exit(pc)))
    }

    /// The instruction recorded last.
    pub fn last(&self) -> u32 {
        self.now
    }

    /// Records the instruction at `pc` before it executes on `memory` with the frame at `base`.
    /// `dynamic`: leave a frame the recording did not enter through its return point.
    pub fn record(
        mut self,
        program: &Program,
        pc: u32,
        base: i64,
        memory: &Memory,
        dynamic: bool,
    ) -> Recorded {
        self.now = pc;
        let seen = |register: u8| Seen {
            register,
            tag: memory.register(base, register).0,
            payload: memory.register(base, register).1,
        };
        let mut now = Noting(self.recorder.begin(pc));
        match program.code[pc as usize] {
            Instr::Int(a, value) => {
                let value = now.0.int(value);
                set(&mut now.0.commit(), a, INT, value);
            }
            Instr::Float(a, value) => {
                let value = now.0.float(value);
                set(&mut now.0.commit(), a, FLOAT, value);
            }
            Instr::Move(a, b) => copy(&mut now.0.commit(), word_of(b), word_of(a)),
            Instr::Arith(op, a, b, c) => now.arith(op, a, seen(b), seen(c)),
            Instr::Flip(a) => {
                now.tag(seen(a));
                let (tag, flipped) = match seen(a).tag {
                    FLOAT => (INT, now.int(seen(a))),
                    _ => (FLOAT, now.float(seen(a))),
                };
                set(&mut now.0.commit(), a, tag, flipped);
            }
            Instr::Less(a, b, _) => now.less(seen(a), seen(b)),
            Instr::Count(a, limit, _) => now.count(seen(a), limit),
            Instr::Call(_, a) => {
                now.call(pc, a);
                self.depth += 1;
            }
            Instr::Return(a) => {
                let link = memory.get(base - 1);
                if link == NO_CALLER {
                    return Recorded::Nothing(self.ticket);
                }
                if self.depth == 0 && dynamic {
                    let (target, window) = now.dynamic_return(a);
                    let from = self.recorder.base();
                    let trace = self.recorder.finish_dynamic(target, window, from);
                    return Recorded::Ended(self.ticket, proper(trace));
                }
                self.depth = self.depth.saturating_sub(1);
                now.0.guard_link(link as i64);
                let mut now = now.0.commit();
                copy(&mut now, word_of(a), Word(-WINDOW as i32));
                now.pop_frame(WINDOW as i32);
            }
            Instr::GetElem(a, b) => {
                let inside = memory.element((seen(b).tag, seen(b).payload)).is_some();
                let value = match now.element(seen(b), inside) {
                    Some((storage, index, access)) => now.0.load_elem(storage, index, access),
                    None => now.0.int(-1),
                };
                set(&mut now.0.commit(), a, INT, value);
            }
            Instr::SetElem(b, c) => {
                let inside = memory.element((seen(b).tag, seen(b).payload)).is_some();
                now.tag(seen(c));
                if let Some((storage, index, access)) = now.element(seen(b), inside) {
                    let value = now.int(seen(c));
                    now.0.commit().store_elem(storage, index, value, access);
                }
            }
            Instr::Append(a) => {
                now.tag(seen(a));
                let value = now.int(seen(a));
                now.0.commit().call(APPEND, &[value]);
            }
            Instr::Reenter => {
                now.0.commit().call(REENTER, &[]);
            }
            Instr::Change => {
                now.0.commit().call(CHANGE, &[]);
            }
            Instr::Global(a) => {
                self.reads_global = true;
                let value = now.0.int(memory.global);
                set(&mut now.0.commit(), a, INT, value);
            }
            Instr::Collect => {
                now.0.commit().call(COLLECT, &[]);
            }
            Instr::Box(a, b) => now.new_box(a, b, memory.load(NEXT_BOX) < BOXES),
            Instr::Unbox(a, b) => {
                if let Some(object) = now.boxed(seen(b)) {
                    let tag = now.0.load(Mem::I64, object, 0, BOXED);
                    let payload = now.0.load(Mem::I64, object, 8, BOXED);
                    set_both(&mut now.0.commit(), a, tag, payload);
                }
            }
            Instr::SetBox(a, b) => {
                if let Some(object) = now.boxed(seen(a)) {
                    let (tag, payload) = now.both(b);
                    let mut now = now.0.commit();
                    now.store(Mem::I64, object, tag, 0, BOXED);
                    now.store(Mem::I64, object, payload, 8, BOXED);
                }
            }
            Instr::Fail(a) => {
                now.tag(seen(a));
                let value = now.int(seen(a));
                let mut now = now.0.commit();
                let half = now.call(FAIL, &[value]);
                set(&mut now, a, INT, half);
            }
        }
        Recorded::On(self)
    }
}

fn proper(trace: Result<Trace, RecordError>) -> Trace {
    trace.expect("a recording by the rules")
}

/// A register and what it holds now.
#[derive(Clone, Copy)]
struct Seen {
    register: u8,
    tag: u64,
    payload: u64,
}

fn word_of(register: u8) -> Word {
    Word(2 * i32::from(register))
}

fn set(now: &mut Instruction<'_, Acting>, register: u8, tag: u64, payload: Value) {
    let tag = now.int(tag as i64);
    set_both(now, register, tag, payload);
}

fn set_both(now: &mut Instruction<'_, Acting>, register: u8, tag: Value, payload: Value) {
    let word = word_of(register);
    now.store_word(word, tag);
    now.store_word(Word(word.0 + 1), payload);
}

fn copy(now: &mut Instruction<'_, Acting>, from: Word, to: Word) {
    let tag = now.load_word(Type::I64, from);
    let payload = now.load_word(Type::I64, Word(from.0 + 1));
    now.store_word(to, tag);
    now.store_word(Word(to.0 + 1), payload);
}

/// An instruction of the register machine.
struct Noting<'r>(Instruction<'r>);

impl Noting<'_> {
    /// Guards that the register has the tag it has now.
    fn tag(&mut self, seen: Seen) {
        let tag = self.0.load_word(Type::I64, word_of(seen.register));
        let wanted = self.0.int(seen.tag as i64);
        let same = self.0.pure(Op::Eq, &[tag, wanted]);
        self.0.guard(same, true);
    }

    fn payload(&mut self, register: u8, ty: Type) -> Value {
        self.0.load_word(ty, Word(word_of(register).0 + 1))
    }

    /// The payload of a register whose tag is guarded, as a double.
    fn float(&mut self, seen: Seen) -> Value {
        match seen.tag {
            FLOAT => self.payload(seen.register, Type::F64),
            _ => {
                let int = self.payload(seen.register, Type::I64);
                self.0.pure(Op::I64ToF64, &[int])
            }
        }
    }

    /// The payload of a register whose tag is guarded, as an integer.
    fn int(&mut self, seen: Seen) -> Value {
        match seen.tag {
            FLOAT => {
                let float = self.payload(seen.register, Type::F64);
                self.0.pure(Op::F64ToI64, &[float])
            }
            _ => self.payload(seen.register, Type::I64),
        }
    }

    fn less(mut self, a: Seen, b: Seen) {
        self.tag(a);
        self.tag(b);
        let condition = match (a.tag, b.tag) {
            (INT, INT) => {
                let (x, y) = (self.int(a), self.int(b));
                self.0.pure(Op::Lt, &[x, y])
            }
            _ => {
                let (x, y) = (self.float(a), self.float(b));
                self.0.pure(Op::Flt, &[x, y])
            }
        };
        let holds = less((a.tag, a.payload), (b.tag, b.payload));
        self.0.guard(condition, holds);
    }

    fn arith(mut self, op: Arith, a: u8, b: Seen, c: Seen) {
        self.tag(b);
        self.tag(c);
        let (tag, result) = if b.tag == INT && c.tag == INT {
            let (x, y) = (self.int(b), self.int(c));
            let op = match op {
                Arith::Add => Op::Add,
                Arith::Sub => Op::Sub,
                Arith::Mul => Op::Mul,
            };
            (INT, self.0.pure(op, &[x, y]))
        } else {
            let (x, y) = (self.float(b), self.float(c));
            let op = match op {
                Arith::Add => Op::Fadd,
                Arith::Sub => Op::Fsub,
                Arith::Mul => Op::Fmul,
            };
            (FLOAT, self.0.pure(op, &[x, y]))
        };
        set(&mut self.0.commit(), a, tag, result);
    }

    fn count(mut self, seen: Seen, limit: i64) {
        self.tag(seen);
        let bound = self.0.int(limit);
        let next = match seen.tag {
            INT => {
                let (count, one) = (self.payload(seen.register, Type::I64), self.0.int(1));
                self.0.pure(Op::Add, &[count, one])
            }
            _ => bound,
        };
        let again = self.0.pure(Op::Lt, &[next, bound]);
        let goes_on = seen.tag == INT && (seen.payload as i64).wrapping_add(1) < limit;
        self.0.guard(again, goes_on);
        set(&mut self.0.commit(), seen.register, INT, next);
    }

    fn call(mut self, pc: u32, a: u8) {
        self.0.guard_room(Word(WINDOW as i32), true);
        let mut callee = self.0.commit();
        callee.push_frame(WINDOW as u16, pc + 1);
        copy(&mut callee, Word(word_of(a).0 - WINDOW as i32), Word(0));
        for register in 1..REGISTERS as u8 {
            let zero = callee.int(0);
            set(&mut callee, register, INT, zero);
        }
    }

    /// Returns to whoever called: the place, and how far below the caller's frame lies.
    fn dynamic_return(mut self, a: u8) -> (Value, Value) {
        let link = self.0.load_word(Type::I64, Word(-1));
        let nobody = self.0.int(NO_CALLER as i64);
        let called = self.0.pure(Op::Ne, &[link, nobody]);
        self.0.guard(called, true);
        let mut now = self.0.commit();
        copy(&mut now, word_of(a), Word(-WINDOW as i32));
        let mask = now.int(0xffff_ffff);
        let target = now.pure(Op::And, &[link, mask]);
        let thirty_two = now.int(32);
        (target, now.pure(Op::Shr, &[link, thirty_two]))
    }

    /// Tag and payload of a register, whatever they are.
    fn both(&mut self, register: u8) -> (Value, Value) {
        let tag = self.0.load_word(Type::I64, word_of(register));
        (tag, self.payload(register, Type::I64))
    }

    fn new_box(mut self, a: u8, b: u8, is_left: bool) {
        let next = self.0.reference(NEXT_BOX);
        let number = self.0.load(Mem::I64, next, 0, NEXT);
        let end = self.0.int(BOXES as i64);
        let below = self.0.pure(Op::Ult, &[number, end]);
        self.0.guard(below, is_left);
        if !is_left {
            let none = self.0.int(-2);
            return set(&mut self.0.commit(), a, INT, none);
        }
        let (tag, payload) = self.both(b);
        let one = self.0.int(1);
        let after = self.0.pure(Op::Add, &[number, one]);
        let mut now = self.0.commit();
        now.store(Mem::I64, next, after, 0, NEXT);
        let object = now.call(NEW_BOX, &[number]);
        now.store(Mem::I64, object, tag, 0, BOXED);
        now.store(Mem::I64, object, payload, 8, BOXED);
        set(&mut now, a, BOX, object);
    }

    /// The box in a register, if it is one; guards what it is.
    fn boxed(&mut self, seen: Seen) -> Option<Value> {
        if seen.tag != BOX {
            self.tag(seen);
            return None;
        }
        let (tag, payload) = self.both(seen.register);
        let wanted = self.0.int(BOX as i64);
        let same = self.0.pure(Op::Eq, &[tag, wanted]);
        Some(self.0.guard_ref(same, payload))
    }

    /// Storage, proven index and access of a table element, if the register holds an index.
    fn element(&mut self, seen: Seen, inside: bool) -> Option<(Value, Value, Access)> {
        self.tag(seen);
        if seen.tag != INT {
            return None;
        }
        let index = self.payload(seen.register, Type::I64);
        let table = self.0.reference(TABLE);
        let length = self.0.load(Mem::I64, table, 8, SHAPE);
        if !inside {
            let within = self.0.pure(Op::Ult, &[index, length]);
            self.0.guard(within, false);
            return None;
        }
        let proven = self.0.guard_index(index, length);
        let storage = self.0.load(Mem::Ptr, table, 0, SHAPE);
        let access = Access {
            mem: Mem::I64,
            offset: 0,
            scale: 3,
            class: ELEMENTS,
        };
        Some((storage, proven, access))
    }
}
