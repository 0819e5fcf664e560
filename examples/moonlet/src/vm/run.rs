//! [`Vm`]: a program, its host and its stack; errors on their way to a protected call.

use super::{Moonlet, errors, word};
use crate::bytecode::{Instr, OPEN, Slot};
use crate::compile;
use crate::host::Host;
use crate::output::Output;
use crate::syntax::SyntaxError;
use crate::value::{self, INT, NOTHING};
use crate::value::{Tagged, Values};
use offramp::{
    Config, Context, Engine, EngineError, Fault, Interpreter, InterruptHandle, Pc, Stack,
};
use std::io::Write;

/// Slots of the stack: as many as lua5.4 has.
pub(super) const SLOTS: usize = 1_000_000;

/// How a run is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The library's thresholds and switches.
    pub config: Config,
    /// Collect at every opportunity and overwrite what is freed: for tests.
    pub stress: bool,
}

/// A program that cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VmError {
    /// It is not Lua.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// No interpreter could be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// How a run ended that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an error nobody caught, as lua5.4 would show it.
    Error(String),
    /// An [`InterruptHandle`] was raised.
    Interrupted,
}

/// A program and everything it runs with.
#[derive(Debug)]
pub struct Vm {
    interpreter: Interpreter<Moonlet>,
    host: Host,
    stack: Stack<Values>,
}

impl Vm {
    /// A machine for the program `source`, which messages call `name`.
    ///
    /// # Errors
    /// If the source is not a program. Where the machine refuses executable memory the program runs
    /// without traces: [`Interpreter::refusal`] says why.
    pub fn new(
        source: &[u8],
        name: &str,
        options: &Options,
        output: Box<dyn Write + Send>,
    ) -> Result<Vm, VmError> {
        let engine = Engine::with_fallback(options.config.clone());
        Vm::on(&engine, source, name, options.stress, output)
    }

    /// As [`new`](Vm::new), on an engine that others may run on, too.
    ///
    /// # Errors
    /// As [`new`](Vm::new).
    pub fn on(
        engine: &Engine,
        source: &[u8],
        name: &str,
        stress: bool,
        output: Box<dyn Write + Send>,
    ) -> Result<Vm, VmError> {
        let chunk = compile::compile(source, name)?;
        let mut host = Host::new(output);
        host.heap.set_stress(stress);
        host.heap.set_poison(stress);
        let program = Moonlet::new(chunk, &host);
        host.wanted = program.wanted_everywhere();
        let interpreter = engine.interpreter(program)?;
        Ok(Vm {
            interpreter,
            host,
            stack: Stack::new(2 * SLOTS),
        })
    }

    /// Runs the program with these arguments.
    ///
    /// # Errors
    /// How it ended, if not at its end.
    ///
    /// Some of its output may still be held, until [`Output::flush`] or the machine is dropped.
    pub fn run(&mut self, args: &[&[u8]]) -> Result<(), Ending> {
        let heap = &self.host.heap;
        let main = heap.function(0, &[]);
        self.stack.set_value(word(0), Tagged::reference(main));
        let count = Tagged::int(INT, args.len() as i64);
        self.stack.set_value(word(1), count);
        for (index, arg) in args.iter().enumerate() {
            let arg = Tagged::reference(heap.string(arg));
            self.stack.set_value(4 + 2 * index as u16, arg);
        }
        let mut pc = self.interpreter.program().chunk.prototypes[0].entry;
        loop {
            let ran = self.interpreter.run(&mut self.host, &mut self.stack, pc);
            pc = match ran {
                Ok(()) => return Ok(()),
                Err(Fault::Failed { .. }) => match self.unwind() {
                    Ok(pc) => pc,
                    Err(error) => return Err(Ending::Error(errors::show(error))),
                },
                Err(_) => return Err(Ending::Interrupted),
            };
        }
    }

    /// Takes frames off down to the innermost protected call, and hands it the error; without one,
    /// answers the error.
    fn unwind(&mut self) -> Result<Pc, Tagged> {
        let error = self.host.raised.take().unwrap_or(NOTHING);
        let program = self.interpreter.program();
        while let Some(back) = self.stack.pop() {
            let Some((pc, pcalls)) = program.continued(back) else {
                continue;
            };
            let (a, results, top): (Slot, _, Slot) = match program.chunk.code[pc as usize] {
                Instr::Call {
                    a, results, top, ..
                } => (a, results, top),
                Instr::TailCall { a, top, .. } => (a, OPEN, top),
                Instr::ForCall(a, results) => (a + 4, results, 0),
                _ => continue,
            };
            // The innermost of the protected calls has failed, the others have not.
            let mut answers = vec![value::truth(true); usize::from(pcalls) - 1];
            answers.extend([value::truth(false), error]);
            let wanted = match results {
                OPEN => {
                    let end = Tagged::int(INT, i64::from(a) + answers.len() as i64);
                    self.stack.set_value(word(top), end);
                    answers.len() as u16
                }
                wanted => u16::from(wanted),
            };
            for index in 0..wanted {
                let answer = answers.get(usize::from(index)).copied();
                self.stack
                    .set_value(word(a) + 2 * index, answer.unwrap_or(NOTHING));
            }
            return Ok(pc + 1);
        }
        Err(error)
    }

    /// Interrupts runs, from any thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.interpreter.interrupt_handle()
    }

    /// The interpreter: its executors and statistics.
    pub fn interpreter(&mut self) -> &mut Interpreter<Moonlet> {
        &mut self.interpreter
    }

    /// The compiled program, in a form to read.
    pub fn listing(&self) -> String {
        self.interpreter.program().chunk.listing()
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// What the program writes to `io.stdout`: when it is passed on, and what is held.
    pub fn output(&mut self) -> &mut Output {
        &mut self.host.output
    }

    /// The same of `io.stderr`.
    pub fn errors(&mut self) -> &mut Output {
        &mut self.host.errors
    }
}

/// Collects, with `arguments` as roots beside the frames, the host's, the program's and compiled
/// code's.
pub(super) fn collect(context: &mut Context<'_, Moonlet>, arguments: &[Tagged]) {
    let program = context.program();
    let pc = program.instruction(context.pc());
    let live = 2 * (u16::from(program.chunk.function_at(pc).slots) + 16);
    let elsewhere = context.roots();
    let host = &*context.host;
    host.heap.collect(|marker| {
        for address in elsewhere {
            marker.address(address);
        }
        for value in program.roots().chain(host.roots()) {
            marker.value(value);
        }
        for value in arguments {
            marker.value(*value);
        }
        marker.words(context.stack.words(live));
    });
}
