//! Programs in the larger language, each about one thing that traces must get right.

use super::Larger;
use super::instruction::{Instr, Slot};
use Instr::*;
use offramp::Pc;

/// A program and its name.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is about.
    pub name: &'static str,
    /// The program; it starts at instruction 0.
    pub program: Larger,
}

#[derive(Default)]
struct Assembler {
    program: Larger,
}

impl Assembler {
    fn here(&self) -> Pc {
        self.program.code.len() as Pc
    }

    fn emit(&mut self, code: &[Instr]) {
        self.program.code.extend_from_slice(code);
    }

    /// A jump whose target is not known yet.
    fn hole(&mut self) -> usize {
        self.emit(&[Fail]);
        self.program.code.len() - 1
    }

    fn fill(&mut self, hole: usize, make: impl FnOnce(Pc) -> Instr) {
        self.program.code[hole] = make(self.here());
    }

    /// A function, placed out of the way of what runs into it.
    fn function(&mut self, body: impl FnOnce(&mut Assembler)) -> u32 {
        let over = self.hole();
        self.program.entries.push(self.here());
        body(self);
        self.fill(over, Jump);
        self.program.entries.len() as u32 - 1
    }

    /// Counts slot `i` from 1 to `times`, using the slot behind it.
    fn times(&mut self, i: Slot, times: i64, body: impl FnOnce(&mut Assembler)) {
        self.emit(&[Int(i, 1), Int(i + 1, times)]);
        let top = self.here();
        body(self);
        self.emit(&[ForLoop(i, i + 1, top)]);
    }
}

fn sample(name: &'static str, build: impl FnOnce(&mut Assembler)) -> Sample {
    let mut assembler = Assembler::default();
    build(&mut assembler);
    let program = assembler.program;
    Sample { name, program }
}

/// Every sample, the hot loops running `size` times.
pub fn samples(size: i64) -> Vec<Sample> {
    vec![
        sample("numbers", |a| numbers(a, size)),
        sample("types_change", |a| types_change(a, size)),
        sample("calls", |a| calls(a, size)),
        sample("captured", |a| captured(a, size)),
        sample("fields", |a| fields(a, size)),
        sample("arrays", |a| arrays(a, size)),
        sample("metamethods", |a| metamethods(a, size)),
        sample("builtins", |a| builtins(a, size)),
        sample("nested_runs", |a| nested_runs(a, size)),
        sample("transfers", |a| transfers(a, size)),
        sample("recursion", |a| recursion(a, size.min(400))),
        sample("tail_calls", |a| tail_calls(a, size)),
        sample("several_results", |a| several_results(a, size)),
        sample("nested_loops", |a| nested_loops(a, size)),
        sample("fails_in_a_loop", |a| fails(a, size)),
        sample("prints_too_much", prints),
        sample("overflows_the_stack", overflows),
    ]
}

fn numbers(a: &mut Assembler, size: i64) {
    a.emit(&[
        Int(0, 0),
        Float(1, 0.5),
        Int(4, 7),
        Int(5, 3),
        Float(6, 1.25),
    ]);
    a.times(2, size, |a| {
        a.emit(&[
            Mul(7, 2, 4),
            Mod(8, 7, 5),
            FloorDiv(9, 7, 4),
            Xor(0, 0, 7),
            And(9, 9, 4),
            Or(8, 8, 9),
            Shl(10, 8, 5),
            Shr(10, 10, 5),
            Not(11, 10),
            Sub(0, 0, 11),
            Max(0, 0, 8),
            Neg(12, 6),
            Add(1, 1, 12),
            ToFloat(13, 2),
            Div(13, 13, 6),
            Add(1, 1, 13),
        ]);
    });
    a.emit(&[Print(0), Print(1), Halt(0)]);
}

/// The sum is an integer, then a double, then both in turn.
fn types_change(a: &mut Assembler, size: i64) {
    a.emit(&[
        Int(0, 0),
        Int(4, 1),
        Float(5, 0.5),
        Int(6, size / 2),
        Int(8, 2),
        Int(9, 0),
    ]);
    a.times(2, size, |a| {
        a.emit(&[Add(0, 0, 4)]);
        let small = a.hole();
        a.emit(&[Add(0, 0, 5), Mod(7, 2, 8)]);
        let even = a.hole();
        a.emit(&[ToInt(4, 4), Add(4, 4, 8)]);
        a.fill(small, |here| JumpIfLess(2, 6, here));
        a.fill(even, |here| JumpIfEqual(7, 9, here));
    });
    a.emit(&[Print(0), Print(4), Halt(0)]);
}

fn calls(a: &mut Assembler, size: i64) {
    // (x) → x * x if x < limit else x
    let square = a.function(|a| {
        a.emit(&[Int(2, 50)]);
        let small = a.hole();
        a.emit(&[Return(1)]);
        a.fill(small, |here| JumpIfLess(1, 2, here));
        a.emit(&[Mul(1, 1, 1), Return(1)]);
    });
    a.emit(&[Nil(0), Closure(0, square, 0), Int(1, 0)]);
    a.times(2, size, |a| {
        a.emit(&[Copy(10, 0), Copy(12, 2), Call(10), Add(1, 1, 10)]);
    });
    a.emit(&[Print(1), Halt(1)]);
}

/// Two closures of one function, each with a count of its own.
fn captured(a: &mut Assembler, size: i64) {
    let count = a.function(|a| {
        a.emit(&[Captured(2, 0), Add(2, 2, 1), SetCaptured(0, 2), Return(2)]);
    });
    a.emit(&[
        Int(0, 0),
        Closure(1, count, 0),
        Float(0, 0.5),
        Closure(2, count, 0),
        Int(3, 0),
    ]);
    a.times(4, size, |a| {
        a.emit(&[
            Copy(10, 1),
            Copy(12, 4),
            Call(10),
            Add(3, 3, 10),
            Copy(10, 2),
            Copy(12, 4),
            Call(10),
            ToInt(10, 12),
            Add(3, 3, 10),
        ]);
    });
    a.emit(&[Print(3), Halt(3)]);
}

/// Points of two shapes at one site, and a field that is not there.
fn fields(a: &mut Assembler, size: i64) {
    let (x, y, other) = (10, 11, 12);
    a.emit(&[
        NewTable(0),
        NewTable(1),
        Int(4, 1),
        Int(5, 2),
        Int(6, 0),
        Int(7, 2),
        Int(15, 0),
    ]);
    a.emit(&[
        SetField(0, x, 4),
        SetField(0, y, 5),
        SetField(1, y, 4),
        SetField(1, x, 5),
    ]);
    a.times(2, size, |a| {
        a.emit(&[Mod(8, 2, 7), Copy(9, 0)]);
        let even = a.hole();
        a.emit(&[Copy(9, 1)]);
        a.fill(even, |here| JumpIfEqual(8, 15, here));
        a.emit(&[
            GetField(12, 9, x),
            GetField(13, 9, y),
            Add(12, 12, 13),
            SetField(9, x, 13),
            SetField(9, y, 4),
            Add(6, 6, 12),
            GetField(14, 9, other),
        ]);
        let missing = a.hole();
        a.emit(&[Add(6, 6, 14)]);
        a.fill(missing, |here| JumpIfFalse(14, here));
    });
    a.emit(&[Print(6), Halt(6)]);
}

/// Fills an array while it sums it, so that its storage moves under the loop.
fn arrays(a: &mut Assembler, size: i64) {
    a.emit(&[
        NewTable(0),
        Int(1, 0),
        Int(4, 1),
        Float(5, 0.5),
        Int(6, 0),
        Append(0, 6),
    ]);
    a.times(2, size, |a| {
        a.emit(&[
            Append(0, 2),
            Length(7, 0),
            Sub(7, 7, 4),
            GetIndex(8, 0, 7),
            Add(1, 1, 8),
            Add(8, 8, 5),
            SetIndex(0, 7, 8),
            GetIndex(9, 0, 2),
            Add(1, 1, 9),
        ]);
    });
    a.emit(&[Print(1), Halt(1)]);
}

fn metamethods(a: &mut Assembler, size: i64) {
    let (x, add, less) = (10, super::arithmetic::ADD, super::arithmetic::LESS);
    let adds = a.function(|a| {
        a.emit(&[
            GetField(3, 1, x),
            GetField(4, 2, x),
            Add(3, 3, 4),
            Return(3),
        ]);
    });
    let lesses = a.function(|a| {
        a.emit(&[GetField(3, 1, x), GetField(4, 2, x)]);
        let less = a.hole();
        a.emit(&[Bool(5, false), Return(5)]);
        a.fill(less, |here| JumpIfLess(3, 4, here));
        a.emit(&[Bool(5, true), Return(5)]);
    });
    a.emit(&[
        Nil(0),
        NewTable(1),
        Closure(2, adds, 0),
        SetField(1, add, 2),
    ]);
    a.emit(&[Closure(2, lesses, 0), SetField(1, less, 2)]);
    a.emit(&[
        NewTable(2),
        NewTable(3),
        Int(4, 30),
        SetField(2, x, 4),
        SetField(3, x, 4),
    ]);
    a.emit(&[SetMeta(2, 1), SetMeta(3, 1), Int(5, 0), Int(10, 1)]);
    a.times(6, size, |a| {
        a.emit(&[Add(8, 2, 3), Add(5, 5, 8), SetField(2, x, 6)]);
        let less = a.hole();
        a.emit(&[Sub(5, 5, 10)]);
        a.fill(less, |here| JumpIfLess(2, 3, here));
    });
    a.emit(&[Print(5), Halt(5)]);
}

fn builtins(a: &mut Assembler, size: i64) {
    let floor = a.function(|a| a.emit(&[BuiltinFloor]));
    let sqrt = a.function(|a| a.emit(&[BuiltinSqrt]));
    a.emit(&[Nil(0), Closure(1, floor, 0), Closure(2, sqrt, 0), Int(3, 0)]);
    a.times(4, size, |a| {
        a.emit(&[
            Copy(10, 2),
            Copy(12, 4),
            Call(10),
            Copy(12, 10),
            Copy(10, 1),
            Call(10),
            Add(3, 3, 10),
        ]);
    });
    a.emit(&[Print(3), Halt(3)]);
}

/// A helper runs the program inside the loop; what it runs has a loop and gets traced itself.
fn nested_runs(a: &mut Assembler, size: i64) {
    let inner = a.function(|a| {
        a.emit(&[Int(2, 0)]);
        a.times(3, 20, |a| a.emit(&[Add(2, 2, 3), Add(2, 2, 1)]));
        a.emit(&[Return(2)]);
    });
    a.emit(&[Nil(0), Closure(0, inner, 0), Int(1, 0)]);
    a.times(2, size / 4, |a| {
        a.emit(&[Copy(10, 0), Repeat(10, 3), Add(1, 1, 10)]);
    });
    a.emit(&[Print(1), Halt(1)]);
}

/// A helper decides what is called: it pushes a frame, or answers.
fn transfers(a: &mut Assembler, size: i64) {
    let one = a.function(|a| a.emit(&[Int(2, 1), Return(2)]));
    a.emit(&[Nil(0), Closure(0, one, 0), Int(1, 0), Int(6, 3), Int(7, 0)]);
    a.times(2, size, |a| {
        a.emit(&[Copy(10, 2), Mod(5, 2, 6)]);
        let integer = a.hole();
        a.emit(&[Copy(10, 0)]);
        a.fill(integer, |here| JumpIfLess(7, 5, here));
        a.emit(&[Invoke(10), Add(1, 1, 10)]);
    });
    a.emit(&[Print(1), Halt(1)]);
}

fn recursion(a: &mut Assembler, size: i64) {
    // (n) → fib(n)
    let fib = a.function(|a| {
        a.emit(&[Int(2, 2), Int(3, 1)]);
        let small = a.hole();
        a.emit(&[
            Copy(10, 0),
            Sub(12, 1, 3),
            Call(10),
            Copy(4, 10),
            Copy(10, 0),
            Sub(12, 1, 2),
            Call(10),
            Add(4, 4, 10),
            Return(4),
        ]);
        a.fill(small, |here| JumpIfLess(1, 2, here));
        a.emit(&[Return(1)]);
    });
    let depth = if size > 100 { 14 } else { 9 };
    a.emit(&[
        Nil(0),
        Closure(10, fib, 0),
        Int(12, depth),
        Call(10),
        Print(10),
        Halt(10),
    ]);
}

/// A loop made of tail calls.
fn tail_calls(a: &mut Assembler, size: i64) {
    // captured: the sum; (n) → the sum of 1..n
    let count = a.function(|a| {
        a.emit(&[Int(2, 1), Captured(3, 0)]);
        let done = a.hole();
        a.emit(&[
            Add(3, 3, 1),
            SetCaptured(0, 3),
            Copy(4, 0),
            Sub(5, 1, 2),
            TailCall(4),
        ]);
        a.fill(done, |here| JumpIfLess(1, 2, here));
        a.emit(&[Return(3)]);
    });
    a.emit(&[
        Int(0, 0),
        Closure(10, count, 0),
        Int(12, size),
        Call(10),
        Print(10),
        Halt(10),
    ]);
}

/// Functions that return two values, and one that moves its frame behind its arguments.
fn several_results(a: &mut Assembler, size: i64) {
    let divide = a.function(|a| {
        a.emit(&[FloorDiv(3, 1, 2), Mod(4, 1, 2), ReturnTwo(3, 4)]);
    });
    let shifted = a.function(|a| {
        a.emit(&[
            Copy(8, 1),
            Copy(9, 2),
            Shift(6),
            Mul(4, 2, 3),
            ReturnShifted(4, 6),
        ]);
    });
    a.emit(&[
        Nil(0),
        Closure(1, divide, 0),
        Closure(2, shifted, 0),
        Int(3, 0),
        Int(8, 7),
    ]);
    a.times(4, size, |a| {
        a.emit(&[
            Copy(10, 1),
            Copy(12, 4),
            Copy(13, 8),
            Call(10),
            Add(3, 3, 10),
            Add(3, 3, 11),
            Copy(10, 2),
            Copy(12, 4),
            Copy(13, 8),
            Call(10),
            Add(3, 3, 10),
        ]);
    });
    a.emit(&[Print(3), Halt(3)]);
}

fn nested_loops(a: &mut Assembler, size: i64) {
    a.emit(&[Int(0, 0), Int(1, 3)]);
    a.times(2, size / 8, |a| {
        a.times(4, 8, |a| {
            a.emit(&[Add(0, 0, 4), Mod(6, 2, 1)]);
            let some = a.hole();
            a.emit(&[Add(0, 0, 2)]);
            a.fill(some, |here| JumpIfLess(6, 1, here));
        });
        a.emit(&[Int(6, 0), Int(7, 2)]);
        let top = a.here();
        a.emit(&[Add(6, 6, 7), Add(0, 0, 6), LoopIfLess(6, 1, top)]);
    });
    a.emit(&[Print(0), Halt(0)]);
}

/// Fails late in a hot loop, inside a call: the position and both frames must be exact.
fn fails(a: &mut Assembler, size: i64) {
    let get = a.function(|a| a.emit(&[GetField(2, 1, 10), Return(2)]));
    a.emit(&[
        Nil(0),
        Closure(0, get, 0),
        NewTable(1),
        Int(4, 5),
        SetField(1, 10, 4),
    ]);
    a.emit(&[Int(6, size - 3), Int(7, 0)]);
    a.times(2, size, |a| {
        let good = a.hole();
        a.emit(&[Nil(1)]);
        a.fill(good, |here| JumpIfLess(2, 6, here));
        a.emit(&[Copy(10, 0), Copy(12, 1), Call(10), Add(7, 7, 10)]);
    });
    a.emit(&[Halt(7)]);
}

/// The helper fails, not the instruction.
fn prints(a: &mut Assembler) {
    a.emit(&[Int(0, 0)]);
    a.times(2, 2000, |a| a.emit(&[Add(0, 0, 2), Print(0)]));
    a.emit(&[Halt(0)]);
}

fn overflows(a: &mut Assembler) {
    let deeper = a.function(|a| {
        a.emit(&[Int(2, 1), Copy(10, 0), Add(12, 1, 2), Call(10), Return(10)]);
    });
    a.emit(&[
        Nil(0),
        Closure(10, deeper, 0),
        Int(12, 0),
        Call(10),
        Halt(10),
    ]);
}
