//! A host of six instructions that has names for them.

use offramp::{
    Config, Done, Engine, Failure, Fault, Interpreter, Machine, Op, Pc, PlaceName, Program, Stack,
    Words,
};

/// Operands are frame words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instr {
    Set(u16, i64),
    Add(u16, u16, u16),
    JumpIfLess(u16, u16, Pc),
    LoopIfLess(u16, u16, Pc),
    FailAbove(u16, i64),
    Halt(u16),
}

/// Instructions, of which each is on a line of its own.
pub(crate) struct Lines {
    code: Vec<Instr>,
    named: bool,
}

impl Program for Lines {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    fn name_of(&self, pc: Pc) -> PlaceName {
        let name = PlaceName::of(pc);
        let Some(instr) = self.code.get(pc as usize).filter(|_| self.named) else {
            return name;
        };
        name.with_source("lines.x")
            .with_line(pc + 10)
            .with_function("all")
            .with_instruction(format!("{instr:?}"))
    }

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match self.code[pc as usize] {
            Instr::Set(a, value) => {
                let value = m.constant(value);
                m.commit().set(a, value).next()
            }
            Instr::Add(a, b, c) => {
                let sum = m.add(m.int(b), m.int(c));
                m.commit().set(a, sum).next()
            }
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
            Instr::FailAbove(a, limit) => {
                if m.is_less(m.constant(limit), m.int(a)) {
                    return m.commit().fail(Failure("above the limit"));
                }
                m.commit().next()
            }
            Instr::Halt(a) => {
                let value = m.int(a);
                m.commit().finish(value)
            }
        }
    }
}

/// Counts word 1 to `rounds`, in word 0 the rounds from 900 on.
pub(crate) fn branches(rounds: i64) -> Vec<Instr> {
    vec![
        Instr::Set(0, 0),
        Instr::Set(1, 0),
        Instr::Set(2, rounds),
        Instr::Set(3, 1),
        Instr::Set(4, 900),
        Instr::JumpIfLess(1, 4, 7), // the loop begins
        Instr::Add(0, 0, 3),
        Instr::Add(1, 1, 3),
        Instr::LoopIfLess(1, 2, 5),
        Instr::Halt(0),
    ]
}

/// Counts word 1 until it is above `limit`, which fails.
pub(crate) fn failing(limit: i64) -> Vec<Instr> {
    vec![
        Instr::Set(1, 0),
        Instr::Set(3, 1),
        Instr::Set(2, i64::MAX),
        Instr::Add(1, 1, 3), // the loop begins
        Instr::FailAbove(1, limit),
        Instr::LoopIfLess(1, 2, 3),
        Instr::Halt(1),
    ]
}

pub(crate) fn interpreter(code: Vec<Instr>, config: Config) -> Interpreter<Lines> {
    let engine = Engine::new(config).expect("an engine");
    let program = Lines { code, named: true };
    engine.interpreter(program).expect("an interpreter")
}

/// The same program without names.
pub(crate) fn nameless(code: Vec<Instr>, config: Config) -> Interpreter<Lines> {
    let engine = Engine::new(config).expect("an engine");
    let program = Lines { code, named: false };
    engine.interpreter(program).expect("an interpreter")
}

pub(crate) fn run(interpreter: &mut Interpreter<Lines>) -> Result<i64, Fault> {
    interpreter.run(&mut (), &mut Stack::new(100), 0)
}

/// Both back ends.
pub(crate) fn configs() -> [Config; 2] {
    [false, true].map(|machine_code| {
        let mut config = Config::default();
        config.machine_code = machine_code;
        config
    })
}
