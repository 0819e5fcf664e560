//! [`Vm`]: a program, its host and its stack: how it begins, runs and ends, and what its collections mark.
//!
//! Errors on their way to a protected call are [`unwind`](super::unwind)'s.

use super::errors::Throw;
use super::extras::SLOTS;
use super::unwind::{Frames, unwind};
use super::{Moonlet, errors, frames, word};
use crate::bytecode::{Instr, OPEN, Slot};
use crate::compile;
use crate::event::Event;
use crate::heap::{Marker, OutOfMemory};
use crate::host::Host;
use crate::library;
use crate::output::Output;
use crate::syntax::SyntaxError;
use crate::value::{Function, INT, NOTHING, STRING};
use crate::value::{Tagged, Values};
use offramp::{
    At, Config, Context, Engine, EngineError, Fault, Headroom, Interpreter, InterruptHandle, Pc,
    Stack,
};
use std::io::Write;

/// How a run is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The library's thresholds and switches.
    pub config: Config,
    /// Collect at every opportunity and overwrite what is freed: for tests.
    pub stress: bool,
    /// The most bytes that the program's values may use, its code included. What of it a program
    /// does not get: [`RESERVE`](crate::heap::memory::RESERVE).
    pub memory: Option<usize>,
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
    /// There is no memory for it.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// The limit leaves a program no memory to begin with.
    #[error("a memory limit of {limit} bytes is too small to begin with")]
    Limit {
        /// The limit.
        limit: usize,
    },
}

/// How a run ended that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an error nobody caught, as lua5.4 would show it: with a traceback.
    Error(String),
    /// An [`InterruptHandle`] was raised.
    Interrupted,
    /// With nothing to catch that there was no memory left.
    OutOfMemory,
    /// By `os.exit`, which asks for this status.
    Exit(i32),
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
        Vm::start(&engine, source, name, options, output)
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
        let options = Options {
            stress,
            ..Options::default()
        };
        Vm::start(engine, source, name, &options, output)
    }

    fn start(
        engine: &Engine,
        source: &[u8],
        name: &str,
        options: &Options,
        output: Box<dyn Write + Send>,
    ) -> Result<Vm, VmError> {
        let no_memory = |OutOfMemory| match options.memory {
            Some(limit) => VmError::Limit { limit },
            None => VmError::Memory(OutOfMemory),
        };
        let mut host = Host::new(output, options.memory).map_err(no_memory)?;
        host.heap.set_stress(options.stress);
        host.heap.set_poison(options.stress);
        if Headroom::hold(compile::memory_for(source)).is_none() {
            return Err(VmError::Memory(OutOfMemory));
        }
        let mut chunk = compile::compile(source, name)?;
        host.bound = chunk.add_bound_call();
        host.coroutines = chunk.add_coroutines();
        host.yielded = chunk.prototypes[host.coroutines.give as usize].entry + 1;
        let program = Moonlet::new(chunk, &mut host).map_err(no_memory)?;
        library::install_coroutines(&mut host).map_err(no_memory)?;
        host.heap.memory.look_at_system();
        let interpreter = engine.interpreter(program)?;
        Ok(Vm {
            interpreter,
            host,
            stack: Stack::try_new(2 * SLOTS).map_err(|_| OutOfMemory)?,
        })
    }

    /// From now on the program's values use at most `limit` bytes, as [`Options::memory`] says.
    ///
    /// # Errors
    /// If they use more already; the limit is then what it was.
    pub fn set_memory_limit(&mut self, limit: Option<usize>) -> Result<(), OutOfMemory> {
        self.host.heap.memory.set_limit(limit)
    }

    /// Sets the global `arg`, as lua's command line does: `words` are those of the command line, of which
    /// that with the number `script` is `arg[0]`; what precedes it has negative numbers.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn set_arg(&mut self, words: &[&[u8]], script: usize) -> Result<(), OutOfMemory> {
        let heap = &self.host.heap;
        let arg = heap.table(words.len().saturating_sub(script), 0)?;
        for (number, word) in words.iter().enumerate() {
            let word = Tagged::reference(heap.string(word)?);
            arg.set_int(heap, number as i64 - script as i64, word)?;
        }
        let name = heap.string(b"arg")?;
        self.host
            .globals
            .set_str(heap, name, Tagged::reference(arg))
    }

    /// Runs the program with these arguments.
    ///
    /// # Errors
    /// How it ended, if not at its end.
    ///
    /// Some of its output may still be held, until [`Output::flush`] or the machine is dropped.
    pub fn run(&mut self, args: &[&[u8]]) -> Result<(), Ending> {
        match self.begin(args) {
            Ok(pc) => self.run_from(pc),
            Err(OutOfMemory) => Err(Ending::OutOfMemory),
        }
    }

    /// The first frame, with these arguments.
    fn begin(&mut self, args: &[&[u8]]) -> Result<Pc, OutOfMemory> {
        let heap = &self.host.heap;
        let program = self.interpreter.program();
        let main = program.main_function(program.main(), None, heap)?;
        self.stack.set_value(word(0), Tagged::reference(main));
        let count = Tagged::int(INT, args.len() as i64);
        self.stack.set_value(word(1), count);
        for (index, arg) in args.iter().enumerate() {
            let arg = Tagged::reference(heap.string(arg)?);
            self.stack.set_value(4 + 2 * index as u16, arg);
        }
        Ok(program.prototype(0).entry)
    }

    fn run_from(&mut self, mut pc: Pc) -> Result<(), Ending> {
        loop {
            let ran = self.interpreter.run(&mut self.host, &mut self.stack, pc);
            let fault = match ran {
                Ok(()) => return Ok(()),
                Err(Fault::Failed {
                    pc: at,
                    error: Throw::Memory,
                }) => match self.try_again(at) {
                    Ok(At::Finished(())) => return Ok(()),
                    Ok(At::Resume(next)) => {
                        pc = next;
                        continue;
                    }
                    Err(fault) => fault,
                },
                Err(fault) => fault,
            };
            let Fault::Failed { pc: at, error } = fault else {
                return Err(Ending::Interrupted);
            };
            let memory = match error {
                Throw::Exit(status) => return Err(Ending::Exit(status)),
                Throw::Interrupted => return Err(Ending::Interrupted),
                Throw::Memory | Throw::Spent => true,
                Throw::Raised => false,
            };
            pc = match self.unwind(at) {
                Ok(pc) => pc,
                Err(_) if memory => return Err(Ending::OutOfMemory),
                Err(value) => {
                    // What a metamethod says has no traceback, as in lua5.4.
                    let said = self.text_of(value);
                    let program = self.interpreter.program();
                    return Err(match errors::show(said.unwrap_or(value)) {
                        Ok(text) if said.is_some() => Ending::Error(text),
                        Ok(text) => Ending::Error(frames::of_ended(program, &self.host, &text)),
                        Err(OutOfMemory) => Ending::OutOfMemory,
                    });
                }
            };
        }
    }

    /// Collects, and tries the instruction at `pc` once more, which found no memory.
    ///
    /// Between runs is the one place where every instruction may be found like that: no trace and no
    /// helper runs, and the frames hold what the plain interpreter would have there.
    #[cold]
    fn try_again(&mut self, pc: Pc) -> Result<At<()>, Fault<Throw>> {
        let (program, host) = (self.interpreter.program(), &self.host);
        let elsewhere = self.interpreter.roots();
        host.heap.collect_all(|marker| {
            mark(marker, program, host, &elsewhere);
            program.mark_frames(marker, &self.stack, pc);
        });
        self.host.last_chance = true;
        let tried = (self.interpreter).step(&mut self.host, &mut self.stack, pc);
        self.host.last_chance = false;
        tried
    }

    /// What the metamethod of an error that nobody caught says of it, if that is text.
    fn text_of(&mut self, error: Tagged) -> Option<Tagged> {
        let handler = self.host.metamethod(error, Event::Tostring);
        let callee = handler.as_reference::<Function>()?;
        let prototype = self
            .interpreter
            .program()
            .prototype(callee.prototype.into());
        let (entry, variadic) = (prototype.entry, prototype.variadic);
        let params = u16::from(prototype.params);
        self.stack.set_value(word(0), handler);
        let mut args = vec![error];
        if variadic {
            args.insert(0, Tagged::int(INT, 1));
        }
        args.resize(args.len().max(params.into()), NOTHING);
        for (slot, arg) in (1..).zip(args) {
            self.stack.set_value(2 * slot, arg);
        }
        self.interpreter
            .run(&mut self.host, &mut self.stack, entry)
            .ok()?;
        let text = match self.stack.value(word(0)).as_int() {
            0 => NOTHING,
            _ => self.stack.value(word(1)),
        };
        (text.tag() == STRING).then_some(text)
    }

    fn unwind(&mut self, at: Pc) -> Result<Pc, Tagged> {
        // What waited for the functions that it called is gone.
        self.host.held.clear();
        (self.host.nested, self.host.runs) = (0, 0);
        let program = self.interpreter.program();
        unwind(program, &mut self.host, &mut self.stack, at)
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
        let program = self.interpreter.program();
        program.at(0).0.chunk.listing()
    }

    /// Collects all garbage: the bytes in use, and those counted again.
    #[cfg(test)]
    pub(super) fn accounts(&self) -> (usize, usize) {
        let (program, host) = (self.interpreter.program(), &self.host);
        let elsewhere = self.interpreter.roots();
        host.heap
            .collect_all(|marker| mark(marker, program, host, &elsewhere));
        host.heap.memory.fail_after(u64::MAX, 0);
        let counted = host.heap.memory.charged() - program.bytes();
        (counted, host.heap.counted_again())
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
    collect_within(context, arguments, false);
}

/// The same, and in the way for where there is no memory left if `all` says so.
pub(super) fn collect_within(context: &mut Context<'_, Moonlet>, arguments: &[Tagged], all: bool) {
    let program = context.program();
    let pc = program.instruction(context.pc());
    let slots = u16::from(program.function_at(pc).slots) + 16;
    let list_end = program.open_list_end(context.pc(), &context.stack);
    let live = 2 * list_end.unwrap_or(0).max(slots);
    let elsewhere = context.roots();
    let host = &*context.host;
    let roots = |marker: &mut Marker<'_>| {
        mark(marker, program, host, &elsewhere);
        for value in arguments {
            marker.value(*value);
        }
        marker.words(context.stack.words(live));
    };
    match all {
        true => host.heap.collect_all(roots),
        false => host.heap.collect(roots),
    }
}

/// Marks what is in use besides frame words.
fn mark(marker: &mut Marker<'_>, program: &Moonlet, host: &Host, elsewhere: &[u64]) {
    marker.words(elsewhere);
    for value in program.roots().chain(host.roots()) {
        marker.value(value);
    }
}

impl Moonlet {
    /// Marks what frames hold and the program may still read, where the instruction at `pc` is next:
    /// what other slots hold was left there by what has ended.
    fn mark_frames(&self, marker: &mut Marker<'_>, stack: &Stack<Values>, pc: Pc) {
        let list_end = self.open_list_end(pc, stack);
        let words = stack.words(2 * list_end.unwrap_or(0).max(256));
        let mut end = words.len();
        let running = (pc, stack.base());
        for (pc, base) in std::iter::once(running).chain(stack.callers()) {
            let is_live = |slot| match self.continued(pc) {
                // A part that looks for a metamethod or calls one has more than liveness knows of.
                None if self.instruction(pc) != pc => true,
                // What the instruction that goes on needs, and what comes after it.
                Some((at, _)) => [at, at + 1].iter().any(|&at| self.reads(at, slot)),
                None => self.reads(pc, slot),
            };
            // An open list's end is known here: what lies above it was left there, too.
            let slots = match list_end {
                Some(list_end) if base == stack.base() => 0..u32::from(list_end),
                _ => 0..256,
            };
            for slot in slots.filter(|&slot| is_live(slot)) {
                let payload = base + 2 * slot as usize + 1;
                if payload < end {
                    marker.address(words[payload]);
                }
            }
            // A frame's words end where its callee's begin.
            end = base;
        }
    }

    /// The slot after the open list that the instruction at `pc` reads, if it reads one: nothing of
    /// the frame that is read lies above.
    fn open_list_end(&self, pc: Pc, stack: &impl Frames) -> Option<u16> {
        let count = |slot: Slot| stack.value(word(slot)).as_int();
        if self.is_calling(pc) {
            // The number of arguments, the callee, the arguments.
            let a = self.place(self.instruction(pc)).a;
            let end = i64::from(a) + 2 + stack.value(2 * a).as_int();
            return Some(end.clamp(0, 17_000) as u16);
        }
        let end = match self.code.get(pc as usize) {
            Some(
                Instr::Call {
                    args: OPEN, top, ..
                }
                | Instr::TailCall {
                    args: OPEN, top, ..
                }
                | Instr::Return {
                    count: OPEN, top, ..
                }
                | Instr::SetList {
                    count: OPEN, top, ..
                },
            ) => count(*top),
            Some(Instr::Variadic | Instr::Resume(_) | Instr::Yield | Instr::Protect(_)) => {
                2 + count(1)
            }
            Some(Instr::Ended(_)) => count(0),
            _ => return None,
        };
        // An open list has no more values than a call passes.
        Some(end.clamp(0, 17_000) as u16)
    }
}
