//! A small language whose programs are about calls, returns and helpers, for tests and benches.

use crate::instructions;
use offramp::Words;
use offramp::{Act, ClassSet, Context, Done, Effects, Failure, Machine, Op, Pc, Program, Read};

/// Frame words; word 0 is the argument and the answer of a function.
#[derive(Clone, Copy, Debug)]
pub enum Instr {
    /// Sets a word.
    Set(u16, i64),
    /// Copies a word.
    Copy(u16, u16),
    /// Adds two words.
    Add(u16, u16, u16),
    /// Jumps if a word is less than another.
    JumpIfLess(u16, u16, Pc),
    /// The same at a loop's end.
    LoopIfLess(u16, u16, Pc),
    /// Calls the function that begins there, with its argument in word [`WINDOW`].
    Call(Pc),
    /// Returns a word to the caller's word [`WINDOW`].
    Return(u16),
    /// Asks [`SUM`].
    Read(u16, u16, u16),
    /// Calls [`ALLOCATE`].
    Allocate(u16, u16),
    /// Calls [`WORST`].
    Worst(u16, u16),
    /// Ends with a word.
    Halt(u16),
}

/// Where a callee's frame begins in its caller's.
pub const WINDOW: u16 = 8;

/// A program.
#[derive(Clone, Debug)]
pub struct Calls(pub Vec<Instr>);

/// A helper that only reads.
pub const SUM: Read<Calls, (i64, i64), i64> = Read::new("sum", sum).reading(ClassSet::NONE);

#[inline(never)]
fn sum(host: &i64, (a, b): (i64, i64)) -> i64 {
    a.wrapping_add(b).wrapping_add(*host)
}

/// A helper that collects.
pub const ALLOCATE: Act<Calls, (i64,), i64> = Act::new("allocate", act).with_effects(Effects {
    collects: true,
    ..Effects::PURE
});
/// A helper that may do anything.
pub const WORST: Act<Calls, (i64,), i64> = Act::new("worst", act);

#[inline(never)]
fn act(context: &mut Context<'_, Calls>, (a,): (i64,)) -> Result<i64, Failure> {
    *context.host = a & 7;
    Ok(a)
}

impl Program for Calls {
    type Host = i64;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match self.0[pc as usize] {
            Instr::Set(a, value) => instructions::set(m, a, value),
            Instr::Copy(a, b) => {
                let value = m.int(b);
                m.commit().set(a, value).next()
            }
            Instr::Add(a, b, c) => instructions::add(m, a, b, c),
            Instr::JumpIfLess(a, b, target) => match m.is_less(m.int(a), m.int(b)) {
                true => m.commit().jump(target),
                false => m.commit().next(),
            },
            Instr::LoopIfLess(a, b, target) => instructions::loop_if_less(m, a, b, target),
            Instr::Call(target) => {
                if !m.has_room(4 * WINDOW) {
                    return m.commit().fail(Failure("stack overflow"));
                }
                m.commit().enter(WINDOW, pc + 1, target)
            }
            Instr::Return(a) => instructions::give_back(m, a, WINDOW),
            Instr::Read(a, b, c) => {
                let value = m.read(SUM, (m.int(b), m.int(c)));
                m.commit().set(a, value).next()
            }
            Instr::Allocate(a, b) => {
                let value = m.int(b);
                m.commit().call_into(a, ALLOCATE, (value,))
            }
            Instr::Worst(a, b) => {
                let value = m.int(b);
                m.commit().call_into(a, WORST, (value,))
            }
            Instr::Halt(a) => instructions::halt(m, a),
        }
    }
}

/// fib(n), naively, and how many calls it makes.
pub fn recursion(n: i64) -> (Calls, u64) {
    use Instr::*;
    let code = vec![
        Set(WINDOW, n),
        Call(3),
        Halt(WINDOW),
        // (n) → n < 2 ? n : fib(n - 1) + fib(n - 2)
        Set(1, 2),
        JumpIfLess(0, 1, 13),
        Set(2, -1),
        Add(WINDOW, 0, 2),
        Call(3),
        Copy(3, WINDOW),
        Set(2, -2),
        Add(WINDOW, 0, 2),
        Call(3),
        Add(0, 3, WINDOW),
        Return(0),
    ];
    let (mut calls, mut before) = (1, 1);
    for _ in 2..=n {
        (calls, before) = (calls + before + 1, calls);
    }
    (Calls(code), calls)
}

/// A tree of calls of depth `n` whose second call of two is followed by nothing but the return,
/// which so may return to itself; how many calls it makes. Answers 1.
pub fn returns_in_a_row(n: i64) -> (Calls, u64) {
    use Instr::*;
    let code = vec![
        Set(WINDOW, n),
        Call(3),
        Halt(WINDOW),
        // (n) → n < 1 ? 1 : (f(n - 1), f(n - 1))
        Set(1, 1),
        JumpIfLess(0, 1, 11),
        Set(2, -1),
        Add(WINDOW, 0, 2),
        Call(3),
        Add(WINDOW, 0, 2),
        Call(3),
        Return(WINDOW),
        Return(1),
    ];
    (Calls(code), (2 << n) - 1)
}

/// `count` times round a loop with `body`, which may use words 0 to 3.
pub fn looped(count: i64, body: &[Instr]) -> Calls {
    use Instr::*;
    let mut code = vec![Set(0, 0), Set(1, 1), Set(4, 0), Set(5, count), Set(6, 1)];
    let top = code.len() as Pc;
    code.extend_from_slice(body);
    code.extend([Add(4, 4, 6), LoopIfLess(4, 5, top), Halt(0)]);
    Calls(code)
}
