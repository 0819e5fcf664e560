//! The least interpreter that gets a JIT: ten instructions, calls and returns, no unsafe code.
//!
//! `cargo run -p offramp-tiny` runs a program; `-- --dump` also prints every trace, as it was
//! recorded and as it was optimised.

use offramp::{Act, Config, Context, Effects, Failure};
use offramp::{Done, Engine, Machine, Op, Pc, Program, Stack, Words};

/// Operands are frame words. A callee's frame begins at the caller's word `WINDOW`, with its
/// argument; the answer comes back there. The two words below are the call's links.
#[derive(Clone, Copy)]
enum Instr {
    Set(u16, i64),
    Copy(u16, u16),
    Add(u16, u16, u16),
    Mul(u16, u16, u16),
    JumpIfLess(u16, u16, Pc),
    LoopIfLess(u16, u16, Pc),
    Call(Pc),
    Return(u16),
    Print(u16),
    Halt(u16),
}

const WINDOW: u16 = 6;
const FRAME: u16 = 16;

struct Tiny {
    code: Vec<Instr>,
}

#[derive(Default)]
struct Console {
    lines: usize,
}

/// Helpers are functions of the host. What they may do is declared; the default is the worst.
const PRINT: Act<Tiny, (i64,), ()> = Act::new("print", print).with_effects(Effects::HOST);

fn print(context: &mut Context<'_, Tiny>, (value,): (i64,)) -> Result<(), Failure> {
    println!("{value}");
    context.host.lines += 1;
    Ok(())
}

impl Program for Tiny {
    type Host = Console;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    /// Every instruction, once: executed, recorded and explained from this text.
    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match self.code[pc as usize] {
            Instr::Set(a, value) => {
                let value = m.constant(value);
                m.commit().set(a, value).next()
            }
            Instr::Copy(a, b) => {
                let value = m.int(b);
                m.commit().set(a, value).next()
            }
            Instr::Add(a, b, c) => match m.add_checked(m.int(b), m.int(c)) {
                Some(sum) => m.commit().set(a, sum).next(),
                None => m.commit().fail(Failure("the sum overflows")),
            },
            Instr::Mul(a, b, c) => match m.mul_checked(m.int(b), m.int(c)) {
                Some(product) => m.commit().set(a, product).next(),
                None => m.commit().fail(Failure("the product overflows")),
            },
            Instr::JumpIfLess(a, b, target) => {
                if m.is_less(m.int(a), m.int(b)) {
                    return m.commit().jump(target);
                }
                m.commit().next()
            }
            Instr::LoopIfLess(a, b, target) => {
                if m.is_less(m.int(a), m.int(b)) {
                    return m.commit().loop_to(target);
                }
                m.commit().next()
            }
            Instr::Call(target) => {
                if !m.has_room(WINDOW + FRAME) {
                    return m.commit().fail(Failure("stack overflow"));
                }
                m.commit().enter(WINDOW, pc + 1, target)
            }
            Instr::Return(a) => {
                let value = m.int(a);
                match m.caller() {
                    Some(caller) => m.commit().leave(caller, WINDOW, value),
                    None => m.commit().finish(value),
                }
            }
            Instr::Print(a) => {
                let value = m.int(a);
                m.commit().call(PRINT, (value,), |called, ()| called.next())
            }
            Instr::Halt(a) => {
                let value = m.int(a);
                m.commit().finish(value)
            }
        }
    }
}

/// Sums f(i) for i below 1000, where f squares what is below 900 and triples the rest.
fn program() -> Tiny {
    use Instr::*;
    let (sum, i, limit, one, x) = (0, 1, 2, 3, WINDOW);
    let code = vec![
        Set(sum, 0),
        Set(i, 0),
        Set(limit, 1000),
        Set(one, 1),
        Copy(x, i), // the loop begins
        Call(11),
        Add(sum, sum, x),
        Add(i, i, one),
        LoopIfLess(i, limit, 4),
        Print(sum),
        Halt(sum),
        Set(1, 900), // f begins
        JumpIfLess(0, 1, 16),
        Set(1, 3),
        Mul(0, 0, 1),
        Return(0),
        Mul(0, 0, 0),
        Return(0),
    ];
    Tiny { code }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(Config::from_env()?)?;
    let mut interpreter = engine.interpreter(program())?;
    if std::env::args().any(|argument| argument == "--dump") {
        interpreter.inspect(|recorded, optimised| {
            println!("recorded {recorded}");
            println!("optimised {optimised}");
        });
    }

    let (mut console, mut stack) = (Console::default(), Stack::new(1000));
    let answer = interpreter.run(&mut console, &mut stack, 0)?;

    let traces = interpreter.graph().executors().len();
    println!("answer {answer}, {traces} traces, {} lines", console.lines);
    Ok(())
}
