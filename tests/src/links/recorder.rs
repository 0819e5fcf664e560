//! A tiny recorder: naive traces of the register machine.
//!
//! It looks at the memory before an instruction executes and notes uops that do the same as long
//! as its guards hold. Everything stays in frame words; the optimiser does the rest.

use super::program::{
    Arith, BOX, BOXES, FLOAT, INT, Instr, Memory, NEXT_BOX, NO_CALLER, Program, REGISTERS, TABLE,
    WINDOW, less, link_word,
};
use offramp::graph::Recording;
use offramp_uop::{
    Access, Builder, Class, ClassSet, Content, Effects, ExitId, ExitKind, ExitState, Helper,
    HelperId, Initial, Interface, Mem, NewObject, Op, Trace, Type, Value, Word,
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
pub struct Recorder {
    /// The graph's ticket.
    pub ticket: Recording,
    builder: Builder,
    /// Where it began.
    pub start: u32,
    /// How far the base has moved.
    pub delta: i64,
    /// Frames it entered and has not left.
    pub depth: usize,
    /// Instructions so far.
    pub length: usize,
    now: u32,
    exit: Option<ExitId>,
    check_valid: bool,
    /// Whether it polls in its first instruction: roots always, side traces may.
    pub polls: bool,
    /// Whether the trace assumes the global's value.
    pub reads_global: bool,
}

/// Whether the instruction ended the trace.
#[derive(Debug)]
pub enum Recorded {
    /// The recording goes on.
    On(Recorder),
    /// It ended behind this instruction.
    Ended(Recording, Trace),
    /// The instruction ends the program.
    Nothing(Recording),
}

impl Recorder {
    /// A recorder that begins at `start` with what `builder` holds.
    pub fn new(ticket: Recording, builder: Builder, start: u32) -> Recorder {
        Recorder {
            ticket,
            builder,
            start,
            delta: 0,
            depth: 0,
            length: 0,
            now: start,
            exit: None,
            check_valid: false,
            polls: true,
            reads_global: false,
        }
    }

    /// The trace as a loop back to its start.
    pub fn close(self) -> (Recording, Trace) {
        (self.ticket, self.builder.finish_loop())
    }

    /// The trace, ending in an exit to `pc`.
    pub fn leave(mut self, pc: u32) -> (Recording, Trace) {
        let out = self.builder.side_exit(pc, self.delta as i32);
        self.builder.leave(out);
        (self.ticket, self.builder.finish())
    }

    /// The instruction recorded last.
    pub fn last(&self) -> u32 {
        self.now
    }

    fn word(&self, offset: i64) -> Word {
        Word((self.delta + offset) as i32)
    }

    /// The exit that the guards of this instruction share.
    fn exit(&mut self) -> ExitId {
        let (pc, delta) = (self.now, self.delta as i32);
        *self
            .exit
            .get_or_insert_with(|| self.builder.side_exit(pc, delta))
    }

    fn other_exit(&mut self, kind: ExitKind) -> ExitId {
        let state = ExitState::new(kind, self.now, self.delta as i32);
        self.builder.exit(state)
    }

    fn guard(&mut self, condition: Value, seen: bool) {
        let exit = self.exit();
        match seen {
            true => self.builder.guard(condition, exit),
            false => self.builder.guard_not(condition, exit),
        }
    }

    /// Guards that register `a` has the tag it has now.
    fn tag(&mut self, a: u8, seen: (u64, u64)) {
        let tag = self
            .builder
            .load_word(Type::I64, self.word(2 * i64::from(a)));
        let wanted = self.builder.int(seen.0 as i64);
        let same = self.builder.pure(Op::Eq, &[tag, wanted]);
        self.guard(same, true);
    }

    fn payload(&mut self, a: u8, ty: Type) -> Value {
        self.builder.load_word(ty, self.word(2 * i64::from(a) + 1))
    }

    /// The payload of a register whose tag is guarded, as a double.
    fn float(&mut self, a: u8, seen: (u64, u64)) -> Value {
        match seen.0 {
            FLOAT => self.payload(a, Type::F64),
            _ => {
                let int = self.payload(a, Type::I64);
                self.builder.pure(Op::I64ToF64, &[int])
            }
        }
    }

    /// The payload of a register whose tag is guarded, as an integer.
    fn int(&mut self, a: u8, seen: (u64, u64)) -> Value {
        match seen.0 {
            FLOAT => {
                let float = self.payload(a, Type::F64);
                self.builder.pure(Op::F64ToI64, &[float])
            }
            _ => self.payload(a, Type::I64),
        }
    }

    fn set(&mut self, offset: i64, tag: u64, payload: Value) {
        let tag = self.builder.int(tag as i64);
        let word = self.word(offset);
        self.builder.store_word(word, tag);
        self.builder.store_word(Word(word.0 + 1), payload);
    }

    fn set_register(&mut self, a: u8, tag: u64, payload: Value) {
        self.set(2 * i64::from(a), tag, payload);
    }

    fn copy(&mut self, from: i64, to: i64) {
        let tag = self.builder.load_word(Type::I64, self.word(from));
        let payload = self.builder.load_word(Type::I64, self.word(from + 1));
        self.builder.store_word(self.word(to), tag);
        self.builder.store_word(self.word(to + 1), payload);
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
        self.exit = None;
        self.length += 1;
        self.builder.at(pc);
        if self.length == 1 && self.polls {
            let interrupt = self.other_exit(ExitKind::Poll);
            self.builder.poll(interrupt);
        }
        if std::mem::take(&mut self.check_valid) {
            let gone = self.other_exit(ExitKind::Deopt);
            self.builder.check_valid(gone);
        }
        let seen = |register: u8| memory.register(base, register);
        match program.code[pc as usize] {
            Instr::Int(a, value) => {
                let value = self.builder.int(value);
                self.set_register(a, INT, value);
            }
            Instr::Float(a, value) => {
                let value = self.builder.float(value);
                self.set_register(a, FLOAT, value);
            }
            Instr::Move(a, b) => self.copy(2 * i64::from(b), 2 * i64::from(a)),
            Instr::Arith(op, a, b, c) => self.arith(op, a, (b, seen(b)), (c, seen(c))),
            Instr::Flip(a) => {
                self.tag(a, seen(a));
                match seen(a).0 {
                    FLOAT => {
                        let int = self.int(a, seen(a));
                        self.set_register(a, INT, int);
                    }
                    _ => {
                        let float = self.float(a, seen(a));
                        self.set_register(a, FLOAT, float);
                    }
                }
            }
            Instr::Less(a, b, _) => {
                self.tag(a, seen(a));
                self.tag(b, seen(b));
                let condition = match (seen(a).0, seen(b).0) {
                    (INT, INT) => {
                        let (x, y) = (self.int(a, seen(a)), self.int(b, seen(b)));
                        self.builder.pure(Op::Lt, &[x, y])
                    }
                    _ => {
                        let (x, y) = (self.float(a, seen(a)), self.float(b, seen(b)));
                        self.builder.pure(Op::Flt, &[x, y])
                    }
                };
                self.guard(condition, less(seen(a), seen(b)));
            }
            Instr::Count(a, limit, _) => self.count(a, seen(a), limit),
            Instr::Call(_, a) => self.call(pc, a),
            Instr::Return(a) => {
                let link = memory.get(base - 1);
                if link == NO_CALLER {
                    return Recorded::Nothing(self.ticket);
                }
                if self.depth == 0 && dynamic {
                    return self.leave_dynamic(a);
                }
                self.depth = self.depth.saturating_sub(1);
                self.inlined_return(a, link);
            }
            Instr::GetElem(a, b) => {
                let inside = memory.element(seen(b)).is_some();
                let value = match self.element(b, seen(b), inside) {
                    Some((storage, index, access)) => {
                        self.builder.load_elem(storage, index, access)
                    }
                    None => self.builder.int(-1),
                };
                self.set_register(a, INT, value);
            }
            Instr::SetElem(b, c) => {
                let inside = memory.element(seen(b)).is_some();
                self.tag(c, seen(c));
                if let Some((storage, index, access)) = self.element(b, seen(b), inside) {
                    let value = self.int(c, seen(c));
                    self.builder.store_elem(storage, index, value, access);
                }
            }
            Instr::Append(a) => {
                self.tag(a, seen(a));
                let value = self.int(a, seen(a));
                self.builder.call(APPEND, &[value], None);
            }
            Instr::Reenter => {
                let failed = self.other_exit(ExitKind::Error);
                self.builder.call(REENTER, &[], Some(failed));
                self.check_valid = true;
            }
            Instr::Change => {
                let failed = self.other_exit(ExitKind::Error);
                self.builder.call(CHANGE, &[], Some(failed));
                self.check_valid = true;
            }
            Instr::Global(a) => {
                self.reads_global = true;
                let value = self.builder.int(memory.global);
                self.set_register(a, INT, value);
            }
            Instr::Collect => {
                let failed = self.other_exit(ExitKind::Error);
                self.builder.call(COLLECT, &[], Some(failed));
            }
            Instr::Box(a, b) => self.new_box(a, b, memory.load(NEXT_BOX) < BOXES),
            Instr::Unbox(a, b) => {
                if let Some(object) = self.boxed(b, seen(b)) {
                    let tag = self.builder.load(Mem::I64, object, 0, BOXED);
                    let payload = self.builder.load(Mem::I64, object, 8, BOXED);
                    self.set_both(a, tag, payload);
                }
            }
            Instr::SetBox(a, b) => {
                if let Some(object) = self.boxed(a, seen(a)) {
                    let (tag, payload) = self.both(b);
                    self.builder.store(Mem::I64, object, tag, 0, BOXED);
                    self.builder.store(Mem::I64, object, payload, 8, BOXED);
                }
            }
            Instr::Fail(a) => {
                self.tag(a, seen(a));
                let value = self.int(a, seen(a));
                let failed = self.other_exit(ExitKind::Error);
                let half = self.builder.call(FAIL, &[value], Some(failed));
                self.set_register(a, INT, half);
            }
        }
        Recorded::On(self)
    }

    fn arith(&mut self, op: Arith, a: u8, b: (u8, (u64, u64)), c: (u8, (u64, u64))) {
        self.tag(b.0, b.1);
        self.tag(c.0, c.1);
        if b.1.0 == INT && c.1.0 == INT {
            let (x, y) = (self.int(b.0, b.1), self.int(c.0, c.1));
            let op = match op {
                Arith::Add => Op::Add,
                Arith::Sub => Op::Sub,
                Arith::Mul => Op::Mul,
            };
            let result = self.builder.pure(op, &[x, y]);
            self.set_register(a, INT, result);
        } else {
            let (x, y) = (self.float(b.0, b.1), self.float(c.0, c.1));
            let op = match op {
                Arith::Add => Op::Fadd,
                Arith::Sub => Op::Fsub,
                Arith::Mul => Op::Fmul,
            };
            let result = self.builder.pure(op, &[x, y]);
            self.set_register(a, FLOAT, result);
        }
    }

    fn count(&mut self, a: u8, seen: (u64, u64), limit: i64) {
        self.tag(a, seen);
        let bound = self.builder.int(limit);
        let next = match seen.0 {
            INT => {
                let (count, one) = (self.payload(a, Type::I64), self.builder.int(1));
                self.builder.pure(Op::Add, &[count, one])
            }
            _ => bound,
        };
        let again = self.builder.pure(Op::Lt, &[next, bound]);
        let goes_on = seen.0 == INT && (seen.1 as i64).wrapping_add(1) < limit;
        self.guard(again, goes_on);
        self.set_register(a, INT, next);
    }

    fn call(&mut self, pc: u32, a: u8) {
        let room = self.builder.has_room(self.word(WINDOW));
        self.guard(room, true);
        let zero = self.builder.int(0);
        let link = self.builder.int(link_word(pc) as i64);
        self.builder.store_word(self.word(WINDOW - 2), zero);
        self.builder.store_word(self.word(WINDOW - 1), link);
        self.copy(2 * i64::from(a), WINDOW);
        for register in 1..REGISTERS {
            let zero = self.builder.int(0);
            self.set(WINDOW + 2 * register, INT, zero);
        }
        self.delta += WINDOW;
        self.depth += 1;
    }

    /// Returns under a guard on the link word.
    fn inlined_return(&mut self, a: u8, link: u64) {
        let found = self.builder.load_word(Type::I64, self.word(-1));
        let wanted = self.builder.int(link as i64);
        let same = self.builder.pure(Op::Eq, &[found, wanted]);
        self.guard(same, true);
        self.copy(2 * i64::from(a), -WINDOW);
        self.delta -= WINDOW;
    }

    /// Returns to whoever called.
    fn leave_dynamic(mut self, a: u8) -> Recorded {
        let link = self.builder.load_word(Type::I64, self.word(-1));
        let nobody = self.builder.int(NO_CALLER as i64);
        let called = self.builder.pure(Op::Ne, &[link, nobody]);
        self.guard(called, true);
        self.copy(2 * i64::from(a), -WINDOW);
        let mask = self.builder.int(0xffff_ffff);
        let target = self.builder.pure(Op::And, &[link, mask]);
        let thirty_two = self.builder.int(32);
        let window = self.builder.pure(Op::Shr, &[link, thirty_two]);
        let out = self.other_exit(ExitKind::Dynamic);
        self.builder.leave_dynamic(target, window, out);
        Recorded::Ended(self.ticket, self.builder.finish())
    }

    /// Storage, proven index and access of a table element, if `b` is an index.
    /// Tag and payload of a register, whatever they are.
    fn both(&mut self, a: u8) -> (Value, Value) {
        let word = self.word(2 * i64::from(a));
        let tag = self.builder.load_word(Type::I64, word);
        let payload = self.builder.load_word(Type::I64, Word(word.0 + 1));
        (tag, payload)
    }

    fn set_both(&mut self, a: u8, tag: Value, payload: Value) {
        let word = self.word(2 * i64::from(a));
        self.builder.store_word(word, tag);
        self.builder.store_word(Word(word.0 + 1), payload);
    }

    fn new_box(&mut self, a: u8, b: u8, is_left: bool) {
        let next = self.builder.reference(NEXT_BOX);
        let number = self.builder.load(Mem::I64, next, 0, NEXT);
        let end = self.builder.int(BOXES as i64);
        let below = self.builder.pure(Op::Ult, &[number, end]);
        self.guard(below, is_left);
        if !is_left {
            let none = self.builder.int(-2);
            return self.set_register(a, INT, none);
        }
        let (tag, payload) = self.both(b);
        let one = self.builder.int(1);
        let after = self.builder.pure(Op::Add, &[number, one]);
        self.builder.store(Mem::I64, next, after, 0, NEXT);
        let object = self.builder.call(NEW_BOX, &[number], None);
        self.builder.store(Mem::I64, object, tag, 0, BOXED);
        self.builder.store(Mem::I64, object, payload, 8, BOXED);
        self.set_register(a, BOX, object);
    }

    /// The box in a register, if it is one; guards what it is.
    fn boxed(&mut self, a: u8, seen: (u64, u64)) -> Option<Value> {
        if seen.0 != BOX {
            self.tag(a, seen);
            return None;
        }
        let (tag, payload) = self.both(a);
        let wanted = self.builder.int(BOX as i64);
        let same = self.builder.pure(Op::Eq, &[tag, wanted]);
        let exit = self.exit();
        Some(self.builder.guard_ref(same, payload, exit))
    }

    fn element(&mut self, b: u8, seen: (u64, u64), inside: bool) -> Option<(Value, Value, Access)> {
        self.tag(b, seen);
        if seen.0 != INT {
            return None;
        }
        let index = self.payload(b, Type::I64);
        let table = self.builder.reference(TABLE);
        let length = self.builder.load(Mem::I64, table, 8, SHAPE);
        if !inside {
            let within = self.builder.pure(Op::Ult, &[index, length]);
            self.guard(within, false);
            return None;
        }
        let exit = self.exit();
        let proven = self.builder.guard_index(index, length, exit);
        let storage = self.builder.load(Mem::Ptr, table, 0, SHAPE);
        let access = Access {
            mem: Mem::I64,
            offset: 0,
            scale: 3,
            class: ELEMENTS,
        };
        Some((storage, proven, access))
    }
}
