//! Random programs are made here: functions, loops, branches, and straight code between.

use super::program::{Arith, Instr, REGISTERS};
use offramp_uop::testing::random::Random;

/// Registers that hold data; the rest are loop counters, one per nesting depth.
const DATA: u8 = 5;
/// The register that holds a box while a loop runs, unless the program puts something else there.
const KEEPER: u8 = DATA - 1;

pub(super) struct Making {
    pub(super) random: Random,
    pub(super) code: Vec<Instr>,
    /// Percentage of straight code that makes, reads and writes boxes.
    pub(super) boxes: usize,
    /// Entries of the functions made so far; a body calls only those.
    pub(super) functions: Vec<u32>,
}

impl Making {
    fn pc(&self) -> u32 {
        self.code.len() as u32
    }

    fn data(&mut self) -> u8 {
        self.random.below(usize::from(DATA)) as u8
    }

    /// Functions first, callees before callers; then a jump over them is not needed, as
    /// instruction 0 is a call of the main function, with a return behind it.
    pub(super) fn program(&mut self) {
        self.code.push(Instr::Call(0, 0));
        self.code.push(Instr::Move(1, 0));
        self.code.push(Instr::Return(1));
        self.recursion();
        for _ in 0..self.random.below(3) {
            self.function(1, 4);
        }
        let main = self.function(3, 8);
        self.code[0] = Instr::Call(main, 0);
    }

    /// `f(n) = n < 1 ? 0 : f(n - 1) + n`, with whatever the value is for doubles.
    fn recursion(&mut self) {
        let entry = self.pc();
        self.functions.push(entry);
        self.code.extend([
            Instr::Int(1, 1),
            Instr::Less(0, 1, entry + 7),
            Instr::Move(2, 0),
            Instr::Arith(Arith::Sub, 0, 0, 1),
            Instr::Call(entry, 0),
            Instr::Arith(Arith::Add, 0, 0, 2),
            Instr::Return(0),
            Instr::Int(0, 0),
            Instr::Return(0),
        ]);
    }

    fn function(&mut self, depth: usize, statements: usize) -> u32 {
        let entry = self.pc();
        for register in 1..3 {
            self.straight(register);
        }
        self.block(depth, statements, 0);
        let result = self.data();
        self.code.push(Instr::Return(result));
        self.functions.push(entry);
        entry
    }

    fn block(&mut self, depth: usize, statements: usize, counters: u8) {
        for _ in 0..1 + self.random.below(statements) {
            match self.random.below(12) {
                0..2 if depth > 0 => self.branch(depth, statements, counters),
                2..5 if depth > 0 && counters < REGISTERS as u8 - DATA => {
                    self.counted(depth, statements, counters);
                }
                5 => self.call(),
                _ => {
                    let register = self.data();
                    self.straight(register);
                }
            }
        }
    }

    fn branch(&mut self, depth: usize, statements: usize, counters: u8) {
        let (a, b) = (self.data(), self.data());
        let at = self.code.len();
        self.code.push(Instr::Less(a, b, 0));
        self.block(depth - 1, statements / 2, counters);
        self.code[at] = Instr::Less(a, b, self.pc());
    }

    fn counted(&mut self, depth: usize, statements: usize, counters: u8) {
        let counter = DATA + counters;
        self.code.push(Instr::Int(counter, 0));
        if self.random.chance(self.boxes) {
            // A box that traces of the loop find made.
            self.code.push(Instr::Box(KEEPER, KEEPER));
        }
        let start = self.pc();
        self.block(depth - 1, statements / 2, counters + 1);
        let limit = 2 + self.random.below(14) as i64;
        self.code.push(Instr::Count(counter, limit, start));
    }

    fn call(&mut self) {
        let target = self.functions[self.random.below(self.functions.len())];
        let argument = self.data();
        // The recursion is as deep as its argument.
        let depth = self.random.below(6) as i64;
        self.code.push(Instr::Int(argument, depth));
        self.code.push(Instr::Call(target, argument));
        let result = self.data();
        self.code.push(Instr::Move(result, 0));
    }

    /// A box in a box, of which the inner one or the outer one is put where others look; both are used
    /// afterwards.
    fn nested(&mut self) {
        let (inner, outer, value) = (0, 1 + self.random.below(3) as u8, self.data());
        self.code.push(Instr::Box(inner, value));
        self.code.push(Instr::Box(outer, inner));
        if self.random.chance(30) {
            self.code.push(Instr::Box(outer, outer));
        }
        if self.random.chance(30) {
            self.code.push(Instr::SetBox(inner, outer));
        }
        let seen = self.random.pick(&[inner, inner, outer]);
        self.code.push(Instr::SetBox(KEEPER, seen));
        let value = self.data();
        let used = self.random.pick(&[
            Instr::SetBox(inner, value),
            Instr::Unbox(value, outer),
            Instr::Flip(value),
        ]);
        self.code.push(used);
    }

    fn straight(&mut self, a: u8) {
        let (b, c) = (self.data(), self.data());
        if self.random.chance(self.boxes / 4) {
            return self.nested();
        }
        if self.random.chance(self.boxes) {
            let instr =
                self.random
                    .pick(&[Instr::Box(a, b), Instr::Unbox(a, b), Instr::SetBox(a, b)]);
            return self.code.push(instr);
        }
        let instr = match self.random.below(27) {
            0..3 => Instr::Int(a, self.random.int()),
            3..5 => Instr::Float(a, self.random.float()),
            5..7 => Instr::Move(a, b),
            7..13 => {
                let op = self
                    .random
                    .pick(&[Arith::Add, Arith::Add, Arith::Sub, Arith::Mul]);
                Instr::Arith(op, a, b, c)
            }
            13..15 => Instr::Flip(a),
            15..18 => Instr::GetElem(a, b),
            18 => Instr::SetElem(b, c),
            19 => Instr::Append(b),
            20 => Instr::Reenter,
            21 => Instr::Collect,
            22 => Instr::Fail(a),
            23 | 24 => Instr::Global(a),
            25 => Instr::Change,
            _ => Instr::Int(a, self.random.below(3) as i64),
        };
        self.code.push(instr);
    }
}
