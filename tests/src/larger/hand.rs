//! The same language interpreted by a loop written by hand, as an author without the library would:
//! what `Direct` is measured against.
//!
//! It does the same work on the same layout: tagged values in one array of words' pairs, frame
//! links below the base, bounds checks, a hot counter at every loop edge and function entry. What
//! it lacks are the helpers that run the program; those programs are not measured.

use super::Tagged;
use super::host::{BOOL, CLOSURE, Closure, FLOAT, Host, INT, NIL, TABLE, Table};
use super::instruction::Instr;
use super::{Larger, SCRATCH, arithmetic};
use offramp::{Failure, Pc, Reference};

const WRONG: Failure = Failure("wrong types");
const FRAME: usize = super::FRAME as usize / 2;

struct Loop<'a> {
    program: &'a Larger,
    host: &'a mut Host,
    stack: &'a mut [Tagged],
    base: usize,
    counters: &'a mut [u32],
}

/// Runs `program` from instruction 0 with `words` words of stack.
///
/// # Errors
/// When an instruction fails.
pub fn run(program: &Larger, host: &mut Host, words: usize) -> Result<Tagged, Failure> {
    let mut stack = vec![Tagged::int(NIL, 0); words / 2 + FRAME];
    stack[0] = Tagged::int(0, -1);
    let mut counters = vec![u32::MAX; program.code.len()];
    let run = Loop {
        program,
        host,
        stack: &mut stack,
        base: 1,
        counters: &mut counters,
    };
    run.run()
}

macro_rules! numeric {
    ($self:ident, $a:ident, $b:ident, $c:ident, $int:ident, $op:tt, |$x:pat_param, $y:pat_param| $otherwise:expr) => {{
        let (x, y) = ($self.get($b), $self.get($c));
        match (x.tag(), y.tag()) {
            (INT, INT) => {
                let result = x.as_int().$int(y.as_int());
                $self.set($a, Tagged::int(INT, result));
            }
            (FLOAT, FLOAT) => {
                let result = x.as_float() $op y.as_float();
                $self.set($a, Tagged::float(FLOAT, result));
            }
            (INT, FLOAT) => {
                let result = x.as_int() as f64 $op y.as_float();
                $self.set($a, Tagged::float(FLOAT, result));
            }
            (FLOAT, INT) => {
                let result = x.as_float() $op y.as_int() as f64;
                $self.set($a, Tagged::float(FLOAT, result));
            }
            _ => {
                let ($x, $y) = (x, y);
                $otherwise
            }
        }
    }};
}

macro_rules! integer {
    ($self:ident, $a:ident, $b:ident, $c:ident, |$x:ident, $y:ident| $result:expr) => {{
        let (x, y) = ($self.get($b), $self.get($c));
        if x.tag() != INT || y.tag() != INT {
            return Err(WRONG);
        }
        let ($x, $y) = (x.as_int(), y.as_int());
        $self.set($a, Tagged::int(INT, $result));
    }};
}

macro_rules! compares {
    ($self:ident, $a:ident, $b:ident, $op:tt, |$x:pat_param, $y:pat_param| $otherwise:expr) => {{
        let (x, y) = ($self.get($a), $self.get($b));
        match (x.tag(), y.tag()) {
            (INT, INT) => x.as_int() $op y.as_int(),
            (FLOAT, FLOAT) => x.as_float() $op y.as_float(),
            (INT, FLOAT) => (x.as_int() as f64) $op y.as_float(),
            (FLOAT, INT) => x.as_float() $op (y.as_int() as f64),
            _ => {
                let ($x, $y) = (x, y);
                $otherwise
            }
        }
    }};
}

impl Loop<'_> {
    #[inline(always)]
    fn get(&self, slot: u16) -> Tagged {
        self.stack[self.base + usize::from(slot)]
    }

    #[inline(always)]
    fn set(&mut self, slot: u16, value: Tagged) {
        let at = self.base + usize::from(slot);
        self.stack[at] = value;
    }

    #[inline(always)]
    fn warm(&mut self, pc: Pc) {
        let counter = &mut self.counters[pc as usize];
        *counter -= 1;
        if *counter == 0 {
            hot(counter);
        }
    }

    #[inline(always)]
    fn table(&self, slot: u16) -> Result<Reference<Table>, Failure> {
        self.get(slot).as_reference().ok_or(WRONG)
    }

    #[inline(always)]
    fn closure(&self, slot: u16) -> Result<Reference<Closure>, Failure> {
        self.get(slot).as_reference().ok_or(WRONG)
    }

    #[inline(always)]
    fn enter(&mut self, window: u16, back: Pc, closure: Reference<Closure>) -> Result<Pc, Failure> {
        let base = self.base + usize::from(window) + 1;
        if base + FRAME > self.stack.len() {
            return Err(Failure("stack overflow"));
        }
        let target = self.program.entry(closure.function());
        self.set(window + 1, Tagged::reference(closure));
        let link = (i64::from(window) + 1) << 32 | i64::from(back);
        self.stack[base - 1] = Tagged::int(0, link);
        self.base = base;
        self.warm(target);
        Ok(target)
    }

    /// Pops the frame; where it returns to, unless nobody called it.
    #[inline(always)]
    fn leave(&mut self, value: Tagged) -> Option<Pc> {
        let link = self.stack[self.base - 1].as_int();
        if link == -1 {
            return None;
        }
        self.stack[self.base - 1] = value;
        self.base -= (link >> 32) as usize;
        Some(link as Pc)
    }

    #[inline(always)]
    fn metamethod(&self, value: Tagged, key: u32) -> Result<Reference<Closure>, Failure> {
        let table: Reference<Table> = value.as_reference().ok_or(WRONG)?;
        let meta: Reference<Table> = table.meta().get().as_reference().ok_or(WRONG)?;
        let slot = self.host.lookup(meta.shape(), key).ok_or(WRONG)?;
        let method = meta.slot(slot).ok_or(WRONG)?.get();
        method.as_reference().ok_or(WRONG)
    }

    #[inline(always)]
    fn meta(&mut self, pc: Pc, key: u32, x: Tagged, y: Tagged) -> Result<Pc, Failure> {
        let method = self.metamethod(x, key)?;
        self.set(SCRATCH + 2, x);
        self.set(SCRATCH + 3, y);
        self.enter(SCRATCH, self.program.continuation(pc), method)
    }

    // By value, and all methods inlined: its fields live in registers.
    #[inline(always)]
    fn run(mut self) -> Result<Tagged, Failure> {
        let mut pc: Pc = 0;
        loop {
            let Some(&instr) = self.program.code.get(pc as usize) else {
                let at = pc - self.program.code.len() as Pc;
                let answer = self.get(SCRATCH);
                pc = at + 1;
                match self.program.code[at as usize] {
                    Instr::Add(a, _, _) => self.set(a, answer),
                    Instr::JumpIfLess(_, _, target) if is_true(answer) => pc = target,
                    _ => {}
                }
                continue;
            };
            match instr {
                Instr::Nil(a) => self.set(a, Tagged::int(NIL, 0)),
                Instr::Bool(a, truth) => self.set(a, Tagged::int(BOOL, truth.into())),
                Instr::Int(a, value) => self.set(a, Tagged::int(INT, value)),
                Instr::Float(a, value) => self.set(a, Tagged::float(FLOAT, value)),
                Instr::Copy(a, b) => self.set(a, self.get(b)),
                Instr::Add(a, b, c) => numeric!(self, a, b, c, wrapping_add, +, |x, y| {
                    pc = self.meta(pc, arithmetic::ADD, x, y)?;
                    continue;
                }),
                Instr::Sub(a, b, c) => {
                    numeric!(self, a, b, c, wrapping_sub, -, |_, _| return Err(WRONG))
                }
                Instr::Mul(a, b, c) => {
                    numeric!(self, a, b, c, wrapping_mul, *, |_, _| return Err(WRONG))
                }
                Instr::Div(a, b, c) => {
                    let quotient = number(self.get(b))? / number(self.get(c))?;
                    self.set(a, Tagged::float(FLOAT, quotient));
                }
                Instr::FloorDiv(a, b, c) => integer!(self, a, b, c, |x, y| {
                    if y == 0 {
                        return Err(WRONG);
                    }
                    let quotient = x.wrapping_div(y);
                    let inexact = x.wrapping_rem(y) != 0 && (x < 0) != (y < 0);
                    quotient - i64::from(inexact)
                }),
                Instr::Mod(a, b, c) => integer!(self, a, b, c, |x, y| {
                    if y == 0 {
                        return Err(WRONG);
                    }
                    let remainder = x.wrapping_rem(y);
                    match remainder != 0 && (remainder < 0) != (y < 0) {
                        true => remainder + y,
                        false => remainder,
                    }
                }),
                Instr::Neg(a, b) => {
                    let x = self.get(b);
                    match x.tag() {
                        INT => self.set(a, Tagged::int(INT, x.as_int().wrapping_neg())),
                        FLOAT => self.set(a, Tagged::float(FLOAT, -x.as_float())),
                        _ => return Err(WRONG),
                    }
                }
                Instr::And(a, b, c) => integer!(self, a, b, c, |x, y| x & y),
                Instr::Or(a, b, c) => integer!(self, a, b, c, |x, y| x | y),
                Instr::Xor(a, b, c) => integer!(self, a, b, c, |x, y| x ^ y),
                Instr::Shl(a, b, c) => integer!(self, a, b, c, |x, y| x.wrapping_shl(y as u32)),
                Instr::Shr(a, b, c) => {
                    integer!(self, a, b, c, |x, y| (x as u64).wrapping_shr(y as u32)
                        as i64)
                }
                Instr::Not(a, b) => integer!(self, a, b, b, |x, _y| !x),
                Instr::Max(a, b, c) => integer!(self, a, b, c, |x, y| x.max(y)),
                Instr::ToFloat(a, b) => {
                    let x = number(self.get(b))?;
                    self.set(a, Tagged::float(FLOAT, x));
                }
                Instr::ToInt(a, b) => {
                    let x = self.get(b);
                    match x.tag() {
                        INT => self.set(a, x),
                        FLOAT => self.set(a, Tagged::int(INT, exact(x.as_float()).ok_or(WRONG)?)),
                        _ => return Err(WRONG),
                    }
                }
                Instr::Jump(target) => {
                    pc = target;
                    continue;
                }
                Instr::Loop(target) => {
                    self.warm(target);
                    pc = target;
                    continue;
                }
                Instr::JumpIfLess(a, b, target) => {
                    let less = compares!(self, a, b, <, |x, y| {
                        pc = self.meta(pc, arithmetic::LESS, x, y)?;
                        continue;
                    });
                    if less {
                        pc = target;
                        continue;
                    }
                }
                Instr::JumpIfLessEqual(a, b, target) => {
                    if compares!(self, a, b, <=, |_, _| return Err(WRONG)) {
                        pc = target;
                        continue;
                    }
                }
                Instr::JumpIfEqual(a, b, target) => {
                    let equal = compares!(self, a, b, ==, |x, y| x == y);
                    if equal {
                        pc = target;
                        continue;
                    }
                }
                Instr::JumpIfFalse(a, target) => {
                    if !is_true(self.get(a)) {
                        pc = target;
                        continue;
                    }
                }
                Instr::LoopIfLess(a, b, target) => {
                    let (x, y) = (self.get(a), self.get(b));
                    if x.tag() != INT || y.tag() != INT {
                        return Err(WRONG);
                    }
                    if x.as_int() < y.as_int() {
                        self.warm(target);
                        pc = target;
                        continue;
                    }
                }
                Instr::ForLoop(a, b, target) => {
                    let (x, limit) = (self.get(a), self.get(b));
                    if x.tag() != INT || limit.tag() != INT {
                        return Err(WRONG);
                    }
                    let next = x.as_int().wrapping_add(1);
                    self.set(a, Tagged::int(INT, next));
                    if next <= limit.as_int() {
                        self.warm(target);
                        pc = target;
                        continue;
                    }
                }
                Instr::NewTable(a) => {
                    let table = self.host.new_table();
                    self.set(a, Tagged::reference(table));
                }
                Instr::GetField(a, b, key) => {
                    let table = self.table(b)?;
                    let value = match self.host.lookup(table.shape(), key) {
                        Some(slot) => table.slot(slot).ok_or(WRONG)?.get(),
                        None => Tagged::int(NIL, 0),
                    };
                    self.set(a, value);
                }
                Instr::SetField(a, key, b) => {
                    let (table, value) = (self.table(a)?, self.get(b));
                    match self.host.lookup(table.shape(), key) {
                        Some(slot) => table.slot(slot).ok_or(WRONG)?.set(value),
                        None => self.host.add_field(table, key, value),
                    }
                }
                Instr::GetIndex(a, b, c) => {
                    let (table, index) = (self.table(b)?, self.get(c));
                    if index.tag() != INT {
                        return Err(WRONG);
                    }
                    let item = table.item(index.as_int() as u64).ok_or(WRONG)?;
                    self.set(a, item.get());
                }
                Instr::SetIndex(a, b, c) => {
                    let (table, index) = (self.table(a)?, self.get(b));
                    if index.tag() != INT {
                        return Err(WRONG);
                    }
                    let item = table.item(index.as_int() as u64).ok_or(WRONG)?;
                    item.set(self.get(c));
                }
                Instr::Append(a, b) => self.table(a)?.append(self.get(b)),
                Instr::Length(a, b) => {
                    let length = i64::from(self.table(b)?.length());
                    self.set(a, Tagged::int(INT, length));
                }
                Instr::SetMeta(a, b) => self.table(a)?.meta().set(self.get(b)),
                Instr::Closure(a, function, b) => {
                    let closure = self.host.new_closure(function, self.get(b));
                    self.set(a, Tagged::reference(closure));
                }
                Instr::Captured(a, b) => {
                    let captured = self.closure(b)?.captured().get();
                    self.set(a, captured);
                }
                Instr::SetCaptured(a, b) => self.closure(a)?.captured().set(self.get(b)),
                Instr::Call(window) => {
                    let closure = self.closure(window)?;
                    pc = self.enter(window, pc + 1, closure)?;
                    continue;
                }
                Instr::TailCall(a) => {
                    let closure = self.closure(a)?;
                    let argument = self.get(a + 1);
                    self.set(0, Tagged::reference(closure));
                    self.set(1, argument);
                    pc = self.program.entry(closure.function());
                    self.warm(pc);
                    continue;
                }
                Instr::Return(a) => {
                    let value = self.get(a);
                    let Some(back) = self.leave(value) else {
                        return Ok(value);
                    };
                    pc = back;
                    continue;
                }
                Instr::BuiltinFloor => {
                    let x = self.get(1);
                    let value = match x.tag() {
                        INT => x,
                        FLOAT => {
                            let floor = x.as_float().floor();
                            let exact = exact(floor).map(|floor| Tagged::int(INT, floor));
                            exact.unwrap_or(Tagged::float(FLOAT, floor))
                        }
                        _ => return Err(WRONG),
                    };
                    let Some(back) = self.leave(value) else {
                        return Ok(value);
                    };
                    pc = back;
                    continue;
                }
                Instr::BuiltinSqrt => {
                    let value = Tagged::float(FLOAT, number(self.get(1))?.sqrt());
                    let Some(back) = self.leave(value) else {
                        return Ok(value);
                    };
                    pc = back;
                    continue;
                }
                Instr::Print(a) => {
                    if self.host.printed.len() >= 1000 {
                        return Err(Failure("the printer is out of paper"));
                    }
                    let line = super::host::show(self.get(a));
                    self.host.printed.push(line);
                }
                Instr::Halt(a) => return Ok(self.get(a)),
                Instr::Shift(_)
                | Instr::ReturnShifted(..)
                | Instr::ReturnTwo(..)
                | Instr::Repeat(..)
                | Instr::Invoke(_)
                | Instr::Fail => return Err(Failure("not written by hand")),
            }
            pc += 1;
        }
    }
}

#[cold]
#[inline(never)]
fn hot(counter: &mut u32) {
    *counter = u32::MAX;
}

#[inline(always)]
fn number(value: Tagged) -> Result<f64, Failure> {
    match value.tag() {
        INT => Ok(value.as_int() as f64),
        FLOAT => Ok(value.as_float()),
        _ => Err(WRONG),
    }
}

#[inline(always)]
fn exact(value: f64) -> Option<i64> {
    let fits =
        value.trunc() == value && (-9223372036854775808.0..9223372036854775808.0).contains(&value);
    fits.then_some(value as i64)
}

#[inline(always)]
fn is_true(value: Tagged) -> bool {
    match value.tag() {
        NIL => false,
        BOOL => value.as_int() != 0,
        _ => true,
    }
}

const _: () = assert!(TABLE != CLOSURE);
