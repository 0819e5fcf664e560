//! Random programs for a small register machine, and the plain interpreter that is the oracle.
//!
//! A value is two frame words, tag and payload: registers change their tag while the program
//! runs, so guards fail and groups could be torn. Programs have nested loops, branches on values,
//! calls into functions with frames of their own, a recursion, a table whose storage moves, boxes
//! that hold a value, a helper that fails and one that runs the program again. They may run for ever; whoever runs them
//! counts instructions.

use super::heap::{BASE, Heap};
use super::making::Making;
use offramp_uop::testing::random::Random;
use std::collections::{BTreeMap, BTreeSet};

/// Registers of a frame.
pub const REGISTERS: i64 = 8;
/// How far a callee's frame lies above its caller's: registers and two link words.
pub const WINDOW: i64 = 2 * REGISTERS + 2;
/// The tag of integers.
pub const INT: u64 = 0;
/// The tag of doubles.
pub const FLOAT: u64 = 1;
/// The tag of references to boxes. A box is its value's tag and payload; used as a number, it is
/// its address.
pub const BOX: u64 = 2;
/// The link word of a frame nobody called.
pub const NO_CALLER: u64 = u64::MAX;
/// The address of the table: its storage's address, then its length.
pub const TABLE: u64 = BASE + 0x1000;
const HALVES: [u64; 2] = [BASE + 0x2000, BASE + 0x3000];
const TABLE_MOST: u64 = 12;
/// The address of the object that holds the number of the next box.
pub const NEXT_BOX: u64 = BASE + 0x1800;
/// Boxes that are ever made. Each has its place by its number, whenever it is made.
pub const BOXES: u64 = 1500;
const FIRST_BOX: u64 = BASE + 0x4000;
/// What freed storage holds.
const POISON: u64 = 0xdead_dead_dead_dead;

/// Arithmetic on two registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arith {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
}

/// An instruction. Jump targets are instruction indices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instr {
    /// `a` becomes an integer.
    Int(u8, i64),
    /// `a` becomes a double.
    Float(u8, f64),
    /// `a = b`.
    Move(u8, u8),
    /// `a = b op c`; of an integer and a double the integer is converted.
    Arith(Arith, u8, u8, u8),
    /// An integer becomes a double, a double an integer.
    Flip(u8),
    /// Jumps if `a < b`.
    Less(u8, u8, u32),
    /// Adds 1 to the counter `a` and jumps back while it is below the limit. A counter that is no
    /// integer becomes the limit.
    Count(u8, i64, u32),
    /// Calls the function at the index with register `a` as its register 0.
    Call(u32, u8),
    /// Returns register `a` to the caller's register 0.
    Return(u8),
    /// `a = table[b]`, or the integer -1.
    GetElem(u8, u8),
    /// `table[b] = c` as an integer, if `b` is an index.
    SetElem(u8, u8),
    /// Appends `a` as an integer to the table, which moves its storage.
    Append(u8),
    /// Runs the program again, in another memory.
    Reenter,
    /// Runs the collector.
    Collect,
    /// `a` becomes the global, which traces assume to be constant.
    Global(u8),
    /// Changes the global, unless it is frozen.
    Change,
    /// `a` becomes a new box that holds `b`, or the integer -2 if there are no more.
    Box(u8, u8),
    /// `a` becomes what the box `b` holds, if it is one.
    Unbox(u8, u8),
    /// The box `a`, if it is one, holds `b`.
    SetBox(u8, u8),
    /// Fails for some `a`, else halves it as an integer.
    Fail(u8),
}

/// A program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its instructions; it starts at 0.
    pub code: Vec<Instr>,
}

/// What an instruction leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// To another instruction.
    Go {
        /// Which.
        pc: u32,
        /// The frame base there.
        base: i64,
    },
    /// The program ended.
    Halt,
    /// The instruction failed and did nothing.
    Failed,
}

/// Everything a program can change.
#[derive(Clone, Debug)]
pub struct Memory {
    words: Vec<u64>,
    /// The heap.
    pub heap: Heap,
    /// The global.
    pub global: i64,
    /// Whether the global stays as it is: in runs inside another run.
    pub frozen: bool,
}

impl Memory {
    /// The memory a program starts with, the frame base at word 0.
    pub fn new() -> Memory {
        Memory::with_heap(Heap::Map(BTreeMap::new()))
    }

    /// The same in another heap, whose content is lost.
    pub fn with_heap(heap: Heap) -> Memory {
        let mut memory = Memory {
            words: vec![0; 1024],
            heap,
            global: 1,
            frozen: false,
        };
        memory.set(-1, NO_CALLER);
        memory.store(TABLE, HALVES[0]);
        memory.store(TABLE + 8, 3);
        memory.store(NEXT_BOX, 0);
        for index in 0..3 {
            memory.store(HALVES[0] + 8 * index, 10 + index);
        }
        memory
    }

    /// The frames as compiled code meets them; the last leaves room for one more.
    #[cfg(feature = "native")]
    pub fn hardware(&mut self, interrupt: &u64) -> offramp_uop::evaluate::Hardware {
        let last = self.words.len() as i64 - 2 - 2 * WINDOW;
        crate::hardware::hardware(&mut self.words, 2, 0..=last, interrupt)
    }

    /// A frame word; the link words of the first frame are -1 and -2.
    pub fn get(&self, index: i64) -> u64 {
        self.words[(index + 2) as usize]
    }

    /// Writes a frame word.
    pub fn set(&mut self, index: i64, bits: u64) {
        self.words[(index + 2) as usize] = bits;
    }

    /// Eight bytes of heap.
    pub fn load(&self, address: u64) -> u64 {
        self.heap.load(address)
    }

    /// Writes eight bytes of heap.
    pub fn store(&mut self, address: u64, bits: u64) {
        self.heap.store(address, bits);
    }

    /// What the append helper does.
    pub fn append(&mut self, bits: u64) {
        let (from, length) = (self.load(TABLE), self.load(TABLE + 8));
        let to = HALVES[usize::from(from == HALVES[0])];
        let kept = if length >= TABLE_MOST { 1 } else { length };
        for index in 0..length {
            let element = self.load(from + 8 * index);
            self.store(from + 8 * index, POISON);
            if index < kept {
                self.store(to + 8 * index, element);
            }
        }
        self.store(to + 8 * kept, bits);
        self.store(TABLE, to);
        self.store(TABLE + 8, kept + 1);
    }

    /// What the helper does that makes a box: the address of the box of this number.
    pub fn new_box(&mut self, number: u64) -> u64 {
        assert!(number < BOXES, "there is no box {number}");
        let address = FIRST_BOX + 16 * number;
        self.store(address, INT);
        self.store(address + 8, 0);
        address
    }

    /// The boxes that frame words below `top` reach.
    fn boxes(&self, top: i64) -> BTreeSet<u64> {
        let mut reached = BTreeSet::new();
        let groups = (0..top)
            .step_by(2)
            .map(|word| (self.get(word), self.get(word + 1)));
        let mut grey: Vec<(u64, u64)> = groups.collect();
        while let Some((tag, address)) = grey.pop() {
            if tag == BOX && reached.insert(address) {
                grey.push((self.load(address), self.load(address + 8)));
            }
        }
        reached
    }

    /// What the changing helper does.
    pub fn change(&mut self) {
        self.global += i64::from(!self.frozen);
    }

    /// Where this memory differs from `other` in words below `top` or in the heap, the other's of
    /// which is a map; boxes that nothing refers to need not be there. Two NaNs are equal: which of an operation's operands a NaN comes from is not specified.
    pub fn difference(&self, other: &Memory, top: i64) -> Option<String> {
        let is_nan = |bits| f64::from_bits(bits).is_nan();
        for index in -2..top {
            let (mine, theirs) = (self.get(index), other.get(index));
            if mine != theirs && !(is_nan(mine) && is_nan(theirs)) {
                return Some(format!("word {index} is {mine:#x}, should be {theirs:#x}"));
            }
        }
        let boxes = other.boxes(top);
        let counts =
            |&(address, _): &(u64, u64)| address < FIRST_BOX || boxes.contains(&(address & !15));
        let differs = |&(address, theirs): &(u64, u64)| {
            let mine = self.heap.load(address);
            mine != theirs && !(is_nan(mine) && is_nan(theirs))
        };
        let (address, theirs) = other.heap.words().filter(counts).find(differs)?;
        let mine = self.heap.load(address);
        Some(format!(
            "heap {address:#x} is {mine:#x}, should be {theirs:#x}"
        ))
    }

    /// Tag and payload of a register.
    pub fn register(&self, base: i64, register: u8) -> (u64, u64) {
        let word = base + 2 * i64::from(register);
        (self.get(word), self.get(word + 1))
    }

    fn set_register(&mut self, base: i64, register: u8, (tag, payload): (u64, u64)) {
        let word = base + 2 * i64::from(register);
        self.set(word, tag);
        self.set(word + 1, payload);
    }

    /// The address of table element `index`, if there is one.
    pub fn element(&self, (tag, index): (u64, u64)) -> Option<u64> {
        let inside = tag == INT && index < self.load(TABLE + 8);
        inside.then(|| self.load(TABLE) + 8 * index)
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

/// What the failing helper answers.
pub fn halve_or_fail(payload: u64) -> Option<u64> {
    (payload % 11 != 7).then_some(payload / 2)
}

/// A value as a double.
pub fn as_float((tag, payload): (u64, u64)) -> f64 {
    match tag {
        FLOAT => f64::from_bits(payload),
        _ => payload as i64 as f64,
    }
}

/// A value as an integer. Never the bits of a double: those of a NaN are not specified.
pub fn as_int((tag, payload): (u64, u64)) -> u64 {
    match tag {
        FLOAT => f64::from_bits(payload) as i64 as u64,
        _ => payload,
    }
}

/// What a call of the function at `target` from `pc` notes in the link word.
pub fn link_word(pc: u32) -> u64 {
    (WINDOW as u64) << 32 | u64::from(pc + 1)
}

fn arith(op: Arith, b: (u64, u64), c: (u64, u64)) -> (u64, u64) {
    if b.0 == INT && c.0 == INT {
        let (b, c) = (b.1 as i64, c.1 as i64);
        let result = match op {
            Arith::Add => b.wrapping_add(c),
            Arith::Sub => b.wrapping_sub(c),
            Arith::Mul => b.wrapping_mul(c),
        };
        return (INT, result as u64);
    }
    let (b, c) = (as_float(b), as_float(c));
    let result = match op {
        Arith::Add => b + c,
        Arith::Sub => b - c,
        Arith::Mul => b * c,
    };
    (FLOAT, result.to_bits())
}

/// Whether one value is less than another.
pub fn less(a: (u64, u64), b: (u64, u64)) -> bool {
    match (a.0, b.0) {
        (INT, INT) => (a.1 as i64) < b.1 as i64,
        _ => as_float(a) < as_float(b),
    }
}

impl Program {
    /// Executes the instruction at `pc`.
    pub fn step(&self, pc: u32, base: i64, memory: &mut Memory) -> Next {
        let on = Next::Go { pc: pc + 1, base };
        match self.code[pc as usize] {
            Instr::Int(a, value) => memory.set_register(base, a, (INT, value as u64)),
            Instr::Float(a, value) => memory.set_register(base, a, (FLOAT, value.to_bits())),
            Instr::Move(a, b) => {
                let value = memory.register(base, b);
                memory.set_register(base, a, value);
            }
            Instr::Arith(op, a, b, c) => {
                let value = arith(op, memory.register(base, b), memory.register(base, c));
                memory.set_register(base, a, value);
            }
            Instr::Flip(a) => {
                let value = match memory.register(base, a) {
                    (FLOAT, bits) => (INT, f64::from_bits(bits) as i64 as u64),
                    (_, bits) => (FLOAT, (bits as i64 as f64).to_bits()),
                };
                memory.set_register(base, a, value);
            }
            Instr::Less(a, b, target) => {
                if less(memory.register(base, a), memory.register(base, b)) {
                    return Next::Go { pc: target, base };
                }
            }
            Instr::Count(a, limit, target) => {
                let (tag, count) = memory.register(base, a);
                let next = match tag {
                    INT => (count as i64).wrapping_add(1),
                    _ => limit,
                };
                memory.set_register(base, a, (INT, next as u64));
                if next < limit {
                    return Next::Go { pc: target, base };
                }
            }
            Instr::Call(target, a) => {
                let argument = memory.register(base, a);
                let base = base + WINDOW;
                memory.set(base - 2, 0);
                memory.set(base - 1, link_word(pc));
                memory.set_register(base, 0, argument);
                for register in 1..REGISTERS as u8 {
                    memory.set_register(base, register, (INT, 0));
                }
                return Next::Go { pc: target, base };
            }
            Instr::Return(a) => {
                let value = memory.register(base, a);
                let link = memory.get(base - 1);
                if link == NO_CALLER {
                    return Next::Halt;
                }
                let base = base - (link >> 32) as i64;
                memory.set_register(base, 0, value);
                return Next::Go {
                    pc: link as u32,
                    base,
                };
            }
            Instr::GetElem(a, b) => {
                let element = memory.element(memory.register(base, b));
                let value = element.map_or(-1_i64 as u64, |address| memory.load(address));
                memory.set_register(base, a, (INT, value));
            }
            Instr::SetElem(b, c) => {
                if let Some(address) = memory.element(memory.register(base, b)) {
                    let value = memory.register(base, c);
                    memory.store(address, as_int(value));
                }
            }
            Instr::Append(a) => {
                let value = memory.register(base, a);
                memory.append(as_int(value));
            }
            Instr::Reenter | Instr::Collect => {}
            Instr::Global(a) => {
                let value = memory.global;
                memory.set_register(base, a, (INT, value as u64));
            }
            Instr::Change => memory.change(),
            Instr::Box(a, b) => {
                let number = memory.load(NEXT_BOX);
                let value = memory.register(base, b);
                let made = match number < BOXES {
                    true => {
                        memory.store(NEXT_BOX, number + 1);
                        let address = memory.new_box(number);
                        memory.store(address, value.0);
                        memory.store(address + 8, value.1);
                        (BOX, address)
                    }
                    false => (INT, -2_i64 as u64),
                };
                memory.set_register(base, a, made);
            }
            Instr::Unbox(a, b) => {
                if let (BOX, address) = memory.register(base, b) {
                    let value = (memory.load(address), memory.load(address + 8));
                    memory.set_register(base, a, value);
                }
            }
            Instr::SetBox(a, b) => {
                if let (BOX, address) = memory.register(base, a) {
                    let value = memory.register(base, b);
                    memory.store(address, value.0);
                    memory.store(address + 8, value.1);
                }
            }
            Instr::Fail(a) => match halve_or_fail(as_int(memory.register(base, a))) {
                Some(half) => memory.set_register(base, a, (INT, half)),
                None => return Next::Failed,
            },
        }
        on
    }

    /// The same program with the collector run behind every instruction that goes on to the next.
    pub fn collecting(&self) -> Program {
        let plain = |instr: &Instr| {
            !matches!(
                instr,
                Instr::Less(..) | Instr::Count(..) | Instr::Call(..) | Instr::Return(_)
            )
        };
        let mut moved = Vec::new();
        let mut at = 0;
        for instr in &self.code {
            moved.push(at);
            at += 1 + u32::from(plain(instr));
        }
        let to = |pc: u32| moved[pc as usize];
        let mut code = Vec::new();
        for instr in &self.code {
            code.push(match *instr {
                Instr::Less(a, b, target) => Instr::Less(a, b, to(target)),
                Instr::Count(a, limit, target) => Instr::Count(a, limit, to(target)),
                Instr::Call(target, a) => Instr::Call(to(target), a),
                instr => instr,
            });
            if plain(instr) {
                code.push(Instr::Collect);
            }
        }
        Program { code }
    }

    /// A random program.
    pub fn random(random: &mut Random) -> Program {
        Program::with_boxes(random, 12)
    }

    /// A random program where so many of 100 plain instructions are about boxes.
    pub fn with_boxes(random: &mut Random, boxes: usize) -> Program {
        let mut making = Making {
            random: random.clone(),
            code: Vec::new(),
            boxes,
            functions: Vec::new(),
        };
        random.next();
        making.program();
        Program { code: making.code }
    }
}

impl std::fmt::Display for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (pc, instr) in self.code.iter().enumerate() {
            writeln!(f, "{pc:4} {instr:?}")?;
        }
        Ok(())
    }
}
