//! The oracle: a second memory, which the plain interpreter advances.
//!
//! It is asked wherever traces have come to an instruction. If it is known how many instructions they
//! committed, the plain run is advanced to as many and everything must be equal; if not, to the first
//! state that equals theirs.

use super::program::{Memory, Next, Program, REGISTERS};

/// Instructions after which a state that does not come is said to come never.
const PATIENCE: usize = 4_000_000;

/// A plain run of a program, somewhere on its way.
pub(super) struct Oracle<'a> {
    program: &'a Program,
    pub(super) memory: Memory,
    pc: u32,
    base: i64,
    /// Instructions so far.
    count: u64,
}

impl<'a> Oracle<'a> {
    /// At the program's first instruction.
    pub(super) fn new(program: &'a Program) -> Oracle<'a> {
        Oracle {
            program,
            memory: Memory::new(),
            pc: 0,
            base: 0,
            count: 0,
        }
    }

    /// What the next instruction would come to. Nothing is done.
    pub(super) fn next(&self) -> Next {
        let mut memory = self.memory.clone();
        self.program.step(self.pc, self.base, &mut memory)
    }

    /// One instruction on; how the run ended, if it did.
    fn step(&mut self) -> Option<Next> {
        match self.program.step(self.pc, self.base, &mut self.memory) {
            Next::Go { pc, base } => (self.pc, self.base) = (pc, base),
            end => return Some(end),
        }
        self.count += 1;
        None
    }

    fn difference(&self, memory: &Memory) -> Option<String> {
        memory.difference(&self.memory, self.base + 2 * REGISTERS)
    }

    /// Advances to the first state at this instruction and base in which memory is as `memory`, to which
    /// traces came that do not count; the number of instructions there.
    pub(super) fn catch_up(&mut self, memory: &Memory, at: (u32, i64), place: &str) -> u64 {
        let mut differs = String::from("the plain run is never there");
        for _ in 0..PATIENCE {
            if (self.pc, self.base) == at {
                match self.difference(memory) {
                    None => return self.count,
                    Some(difference) => differs = difference,
                }
            }
            if self.step().is_some() {
                break;
            }
        }
        panic!("{place}, instruction {} at base {}: {differs}", at.0, at.1);
    }

    /// Advances to `count` instructions, where instruction, base and memory must be these.
    pub(super) fn compare(&mut self, memory: &Memory, count: u64, at: (u32, i64), place: &str) {
        while self.count < count {
            if let Some(end) = self.step() {
                panic!("{place}: went on where the plain run ended: {end:?}");
            }
        }
        let (found, wanted) = ((count, at), (self.count, (self.pc, self.base)));
        assert_eq!(found, wanted, "{place}");
        if let Some(difference) = self.difference(memory) {
            panic!("{place}, instruction {} after {count}: {difference}", at.0);
        }
    }
}
