//! [`Lua`]: the running program as functions of the library see it that call functions themselves:
//! comparisons of `table.sort`, replacements of `string.gsub`, metamethods.
//!
//! A function of the program is called by a nested run ([`Context::run_handling`]), in a frame above
//! everything that the running instruction uses. Where it returns, its results lie in its own frame:
//! their number in slot 0, and from slot 1 on what it returned ([`call::give`](super::call)).
//!
//! # Errors
//! An error in the nested run goes to the innermost `pcall` in it, and the run goes on there. Without
//! one the error stays in [`Host::raised`], and the function of the library fails with
//! [`Raised::Failed`], which it hands on.
//!
//! # Memory
//! What finds no memory is tried once more after a collection; but an instruction that has run a part of the
//! program cannot be executed again. So the nested run does this for its own instructions, and a function of
//! the library that has called another asks by [`Lua::with_memory`].
//!
//! # Collections
//! Every call may collect. The arguments of the running function stay alive, and what it
//! [holds](Lua::hold); nothing else that only Rust's variables refer to.

use super::code::Loaded;
use super::errors::{self, Throw};
use super::frames::{Level, Written};
use super::unwind::unwind;
use super::{MOST_PCALLS, Moonlet, acts, frames, run};
use crate::bytecode::Chunk;
use crate::event::Event;
use crate::heap::{Heap, OutOfMemory};
use crate::host::Host;
use crate::library::{Raised, push_all};
use crate::syntax::Text;
use crate::value::{
    BUILTIN, FLOAT, FUNCTION, Function, INT, NIL, NOTHING, STRING, Str, TABLE, Table, Tagged,
    Thread, is_true, raw_equal,
};
use offramp::{At, Context, Fault, Pc, Reference};

/// The running program, to a function of the library.
#[derive(Debug)]
pub(crate) struct Lua<'a, 'c> {
    context: &'a mut Context<'c, Moonlet>,
    /// The first slot above what the running instruction uses.
    top: u16,
    /// Whether it may run a part of the program.
    runs: bool,
    /// Whether a part of the program has run.
    has_run: bool,
}

/// Calls of functions by functions of the library in each other, at most: lua5.4's limit of 200, less
/// what its own main program takes.
const MOST_CALLS: u32 = MOST_PCALLS as u32 - 1;

/// Metatables that are followed, at most.
const CHAIN: usize = 2000;

impl<'a, 'c> Lua<'a, 'c> {
    /// For a function that the running instruction calls, whose operands lie below slot `top`. Without it, the
    /// helper that the instruction called cannot run the program.
    pub(super) fn new(context: &'a mut Context<'c, Moonlet>, top: Option<u16>) -> Lua<'a, 'c> {
        let program = context.program();
        let slots = program.scratch(program.instruction(context.pc()));
        Lua {
            top: top.unwrap_or(0).max(u16::from(slots)),
            runs: top.is_some(),
            context,
            has_run: false,
        }
    }

    /// [`top`](Lua::new) for another one.
    fn top(&self) -> Option<u16> {
        self.runs.then_some(self.top)
    }

    /// The running program.
    pub(crate) fn program(&self) -> &'c Moonlet {
        self.context.program()
    }

    /// Where the instruction is that runs, for messages.
    pub(crate) fn place(&self) -> String {
        acts::place(self.program(), self.context.pc())
    }

    /// Where a function of the program was written.
    pub(crate) fn written(&self, function: Tagged) -> Written {
        let program = self.program();
        match function.as_reference::<Function>() {
            Some(function) => {
                Written::at(program, program.prototype(function.prototype.into()).entry)
            }
            None => Written::in_c(),
        }
    }

    /// What runs in the running thread; the first is the function that asks.
    pub(crate) fn levels(&self, asks: &'static str) -> Vec<Level> {
        frames::levels(self.context, asks)
    }

    /// Whether a coroutine is the one that runs.
    pub(crate) fn is_running(&self, thread: Reference<Thread>) -> bool {
        let host = &*self.context.host;
        host.current.or(host.main_thread) == Some(thread)
    }

    /// The traceback of the running thread from `level` on, where 0 is the function that asks.
    pub(crate) fn traceback(
        &self,
        asks: &'static str,
        message: Option<&[u8]>,
        level: i64,
    ) -> Vec<u8> {
        let levels = frames::levels(self.context, asks);
        frames::traceback(self.program(), self.context.host, &levels, message, level)
    }

    /// Whether a value is the state's table of globals.
    pub(crate) fn is_globals(&self, value: Tagged) -> bool {
        raw_equal(value, Tagged::reference(self.program().globals))
    }

    /// Makes a chunk, compiled from `text`, a part of the program.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn load(&mut self, text: &Text<'_>, chunk: Chunk) -> Result<Loaded, Raised> {
        Ok(self.program().load(text, chunk, self.context.host)?)
    }

    /// The host.
    pub(crate) fn host(&mut self) -> &mut Host {
        self.context.host
    }

    /// The heap.
    pub(crate) fn heap(&self) -> &Heap {
        &self.context.host.heap
    }

    /// Keeps a value alive until the running function returns.
    pub(crate) fn hold(&mut self, value: Tagged) {
        self.context.host.held.push(value);
    }

    /// How many values are held, for [`release`](Lua::release).
    pub(crate) fn held(&self) -> usize {
        self.context.host.held.len()
    }

    /// Holds only the first `count` values from now on.
    pub(crate) fn release(&mut self, count: usize) {
        self.context.host.held.truncate(count);
    }

    /// Collects if it is time.
    pub(crate) fn safe_point(&mut self) {
        if self.context.host.heap.is_due() {
            run::collect(self.context, &[]);
        }
    }

    /// Collects.
    pub(crate) fn collect(&mut self) {
        run::collect(self.context, &[]);
    }

    /// What `ask` makes in the heap. Where there is no memory for it and the program has run since the
    /// instruction began, so that this cannot be executed again, collects and asks once more.
    ///
    /// # Errors
    /// If there is no memory for it even so.
    pub(crate) fn with_memory<T>(
        &mut self,
        mut ask: impl FnMut(&Heap) -> Result<T, OutOfMemory>,
    ) -> Result<T, Raised> {
        match ask(&self.context.host.heap) {
            Err(OutOfMemory) if self.has_run => {
                collect_all(self.context);
                Ok(ask(&self.context.host.heap)?)
            }
            asked => Ok(asked?),
        }
    }

    /// Adds what a function has returned to the results of the running one.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn push_returned(
        &mut self,
        results: &mut Vec<Tagged>,
        returned: &[Tagged],
    ) -> Result<(), Raised> {
        let held = self.held();
        returned.iter().for_each(|&value| self.hold(value));
        let values = || returned.iter().copied();
        let pushed = self.with_memory(|heap| push_all(heap, results, values()));
        self.release(held);
        pushed
    }

    /// The string of these bytes.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn string(&mut self, bytes: &[u8]) -> Result<Tagged, Raised> {
        self.with_memory(|heap| Ok(Tagged::reference(heap.string(bytes)?)))
    }

    /// Calls `function`, and returns the first of its results, or nil.
    ///
    /// # Errors
    /// What it raises, or that it is no function.
    pub(crate) fn call_one(&mut self, function: Tagged, args: &[Tagged]) -> Result<Tagged, Raised> {
        if function.tag() != FUNCTION {
            let results = self.call(function, args)?;
            return Ok(results.first().copied().unwrap_or(NOTHING));
        }
        match self.run(function, args)? {
            0 => Ok(NOTHING),
            _ => Ok(self.context.stack.value(2 * self.top + 4)),
        }
    }

    /// Calls `function`, and returns its results.
    ///
    /// # Errors
    /// What it raises, or that it is no function.
    pub(crate) fn call(
        &mut self,
        function: Tagged,
        args: &[Tagged],
    ) -> Result<Vec<Tagged>, Raised> {
        match function.tag() {
            FUNCTION => {
                let count = self.run(function, args)?;
                let first = 2 * self.top + 4;
                // A collection, should it take one to have room for them, keeps what is held.
                let held = self.held();
                for index in 0..count {
                    let result = self.context.stack.value(first + 2 * index as u16);
                    self.hold(result);
                }
                let results = self.with_memory(|heap| heap.memory.list(count));
                let results = results.map(|mut results| {
                    results.extend_from_slice(&self.context.host.held[held..]);
                    results
                });
                self.release(held);
                results
            }
            BUILTIN => {
                if self.context.host.nested >= MOST_CALLS {
                    return Err(Raised::plain("C stack overflow"));
                }
                self.context.host.nested += 1;
                // What it calls may run a part of the program.
                self.has_run = true;
                let called =
                    acts::call_from_builtin(self.context, function.as_int(), args, self.top());
                self.context.host.nested -= 1;
                called
            }
            _ => self.call_object(function, args),
        }
    }

    /// Calls an object by its metamethod.
    fn call_object(&mut self, object: Tagged, args: &[Tagged]) -> Result<Vec<Tagged>, Raised> {
        let mut args = args.to_vec();
        let mut callee = object;
        while !matches!(callee.tag(), FUNCTION | BUILTIN) {
            let handler = self.metamethod(callee, Event::Call);
            if handler.tag() == NIL {
                let kind = self.context.host.type_name(object);
                let text = format!("attempt to call a {kind} value");
                return Err(Raised::plain(text));
            }
            if args.len() > CHAIN {
                return Err(Raised::plain("stack overflow"));
            }
            args.insert(0, callee);
            callee = handler;
        }
        self.call(callee, &args)
    }

    /// An operator of two values of which one is a string, as the metamethods of strings do it.
    ///
    /// # Errors
    /// That one is no number, or what the other one's metamethod raises.
    pub(crate) fn operate_on_strings(
        &mut self,
        event: Event,
        x: Tagged,
        y: Tagged,
    ) -> Result<Tagged, Raised> {
        let Some(operator) = acts::Arithmetic::of(event) else {
            return Ok(NOTHING);
        };
        if let Some(result) = acts::operate(operator, x, y) {
            return Ok(result);
        }
        if let Some(text) = errors::undefined(operator, x, y) {
            return Err(Raised::plain(text));
        }
        let handler = match y.tag() {
            STRING => NOTHING,
            _ => self.metamethod(y, event),
        };
        match handler.tag() {
            NIL => Err(Raised::Message(errors::not_numbers(event, x, y))),
            _ => self.call_one(handler, &[x, y]),
        }
    }

    /// Runs a builtin for another one that takes its place, as `pcall` does: what it raises is not changed.
    pub(super) fn run_builtin(
        &mut self,
        id: i64,
        args: &[Tagged],
        results: &mut Vec<Tagged>,
    ) -> Result<(), Raised> {
        let ran = acts::run(self.context, id, args, results, self.top());
        match ran {
            // What there is no memory for is tried again before it is an error.
            Err(Raised::Memory) if !self.has_run && !self.context.host.last_chance => {
                Err(Raised::Memory)
            }
            Err(raised) => {
                self.has_run = true;
                Err(raised)
            }
            Ok(()) => Ok(()),
        }
    }

    /// The value of the error that a protected call has caught, `pcalls` of them in a row.
    ///
    /// # Errors
    /// What no program catches, and that there is no memory where the instruction may be tried again.
    pub(crate) fn caught(&mut self, raised: Raised, pcalls: i64) -> Result<Tagged, Raised> {
        let no_memory = self.context.host.no_memory;
        self.context.host.ended.caught();
        match raised {
            Raised::Failed(Throw::Raised | Throw::Spent) => {
                Ok(self.context.host.raised.take().unwrap_or(no_memory))
            }
            Raised::Failed(_) | Raised::Exit(_) => Err(raised),
            Raised::Memory if !self.has_run => Err(raised),
            raised => {
                let error = errors::raised_in_pcall(self.context, raised, pcalls);
                match error {
                    Err(OutOfMemory) if !self.has_run => Err(Raised::Memory),
                    error => Ok(error.unwrap_or(no_memory)),
                }
            }
        }
    }

    /// How the running function has ended, to be handed on: an instruction that has run a part of the
    /// program is not executed again for want of memory.
    pub(super) fn ended(&mut self, ran: Result<(), Raised>) -> Result<(), Raised> {
        match ran {
            Err(Raised::Memory) if self.has_run => Err(Raised::Failed(Throw::Spent)),
            ran => ran,
        }
    }

    /// Runs a function of the program; the number of its results, which lie in its frame.
    fn run(&mut self, function: Tagged, args: &[Tagged]) -> Result<usize, Raised> {
        let Some(callee) = function.as_reference::<Function>() else {
            return Err(Raised::plain("attempt to call a nil value"));
        };
        if !self.runs {
            let what = "functions that are called by a metamethod that is none of the program's";
            return Err(Raised::missing(what));
        }
        if self.context.host.nested >= MOST_CALLS {
            return Err(Raised::plain("C stack overflow"));
        }
        let prototype = self
            .context
            .program()
            .prototype(i64::from(callee.prototype));
        let (entry, variadic) = (prototype.entry, prototype.variadic);
        let (params, slots) = (usize::from(prototype.params), usize::from(prototype.slots));
        let window = 2 * usize::from(self.top) + 2;
        let room = window + 2 * (slots.max(args.len() + 2) + 8);
        let stack = &mut self.context.stack;
        if room > usize::from(u16::MAX) || stack.base() + room > stack.limit() {
            return Err(Raised::plain("stack overflow"));
        }
        let window = window as u16;
        stack.set_value(window, function);
        let mut word = window + 2;
        let passed = match variadic {
            true => {
                stack.set_value(word, Tagged::int(INT, args.len() as i64));
                word += 2;
                args.len()
            }
            false => params,
        };
        for index in 0..passed {
            stack.set_value(word, args.get(index).copied().unwrap_or(NOTHING));
            word += 2;
        }
        self.has_run = true;
        let host = &mut self.context.host;
        host.nested += 1;
        host.runs += 1;
        let last_chance = std::mem::replace(&mut host.last_chance, false);
        let ran = self.context.run_handling(window, entry, handle);
        self.context.host.nested -= 1;
        self.context.host.runs -= 1;
        self.context.host.last_chance = last_chance;
        match ran {
            Ok(()) => Ok(self.context.stack.value(window).as_int() as usize),
            Err(Fault::Failed { error, .. }) => Err(Raised::Failed(error)),
            Err(Fault::Interrupted { .. }) => Err(Raised::Failed(Throw::Interrupted)),
            Err(Fault::NativeStack { .. }) => Err(Raised::plain("C stack overflow")),
            Err(_) => Err(Raised::plain("stack overflow")),
        }
    }

    /// `object[key]` with metamethods.
    ///
    /// # Errors
    /// What a metamethod raises, or that something cannot be indexed.
    pub(crate) fn index(&mut self, object: Tagged, key: Tagged) -> Result<Tagged, Raised> {
        let mut at = object;
        for _ in 0..CHAIN {
            if let Some(table) = at.as_reference::<Table>() {
                let value = table.get(self.heap(), key);
                if value.tag() != NIL {
                    return Ok(value);
                }
            }
            let handler = self.metamethod(at, Event::Index);
            if handler.tag() == NIL {
                return match at.tag() {
                    TABLE => Ok(NOTHING),
                    _ => Err(cannot_index(self.context.host, at)),
                };
            }
            if matches!(handler.tag(), FUNCTION | BUILTIN) {
                return self.call_one(handler, &[at, key]);
            }
            at = handler;
        }
        Err(Raised::plain("'__index' chain too long; possible loop"))
    }

    /// `object[key] := value` with metamethods.
    ///
    /// # Errors
    /// As [`index`](Lua::index), and if the key is none.
    pub(crate) fn set_index(
        &mut self,
        object: Tagged,
        key: Tagged,
        value: Tagged,
    ) -> Result<(), Raised> {
        let mut at = object;
        for _ in 0..CHAIN {
            let table = at.as_reference::<Table>();
            let has = table.is_some_and(|table| table.get(self.heap(), key).tag() != NIL);
            let handler = match has {
                true => NOTHING,
                false => self.metamethod(at, Event::NewIndex),
            };
            match (handler.tag(), table) {
                (NIL, Some(table)) => return self.raw_set(table, key, value),
                (NIL, None) => return Err(cannot_index(self.context.host, at)),
                (FUNCTION | BUILTIN, _) => {
                    self.call_one(handler, &[at, key, value])?;
                    return Ok(());
                }
                _ => at = handler,
            }
        }
        Err(Raised::plain("'__newindex' chain too long; possible loop"))
    }

    /// Stores to the table itself.
    ///
    /// # Errors
    /// If the key is none, or there is no memory for it.
    pub(crate) fn raw_set(
        &mut self,
        table: Reference<Table>,
        key: Tagged,
        value: Tagged,
    ) -> Result<(), Raised> {
        use crate::heap::KeyError;
        let set = self.with_memory(|heap| match table.set(heap, key, value) {
            Err(KeyError::Memory(error)) => Err(error),
            set => Ok(set),
        })?;
        set.map_err(|error| Raised::plain(error.to_string()))
    }

    /// `#object` with its metamethod.
    ///
    /// # Errors
    /// What the metamethod raises, that it returns no integer, or that there is no length.
    pub(crate) fn length(&mut self, object: Tagged) -> Result<i64, Raised> {
        let handler = self.metamethod(object, Event::Len);
        if handler.tag() != NIL && object.tag() != STRING {
            let length = self.call_one(handler, &[object])?;
            let length = crate::number::to_int(length);
            let wrong = || Raised::Message("object length is not an integer".into());
            return length.ok_or_else(wrong);
        }
        if let Some(table) = object.as_reference::<Table>() {
            return Ok(table.border());
        }
        match object.as_reference::<Str>() {
            Some(string) => Ok(i64::from(string.length.get())),
            None => Err(Raised::plain(format!(
                "attempt to get length of a {} value",
                self.context.host.type_name(object)
            ))),
        }
    }

    /// `x < y` with its metamethod.
    ///
    /// # Errors
    /// What the metamethod raises, or that the two cannot be compared.
    pub(crate) fn less(&mut self, x: Tagged, y: Tagged) -> Result<bool, Raised> {
        let without = crate::library::is_less(x, y);
        match without {
            None => {
                let mut handler = self.metamethod(x, Event::Lt);
                if handler.tag() == NIL {
                    handler = self.metamethod(y, Event::Lt);
                }
                match handler.tag() {
                    NIL => Err(Raised::plain(errors::compared(self.context.host, x, y))),
                    _ => Ok(is_true(self.call_one(handler, &[x, y])?)),
                }
            }
            Some(less) => Ok(less),
        }
    }

    /// The text of a value, by its metamethod.
    ///
    /// # Errors
    /// What the metamethod raises, or that it returns no text.
    pub(crate) fn text(&mut self, value: Tagged) -> Result<Tagged, Raised> {
        let handler = self.metamethod(value, Event::Tostring);
        let text = match handler.tag() {
            NIL => value,
            _ if value.tag() == STRING => value,
            _ => self.call_one(handler, &[value])?,
        };
        if handler.tag() != NIL && !matches!(text.tag(), STRING | INT | FLOAT) {
            let wrong = "'__tostring' must return a string";
            return Err(Raised::Message(wrong.into()));
        }
        if text.tag() == STRING {
            return Ok(text);
        }
        let written = {
            let host = &*self.context.host;
            let mut written = host.heap.buffer();
            crate::library::write(host, &mut written, text)?;
            written.bytes().to_vec()
        };
        self.string(&written)
    }

    /// The metamethod of a value, nil if it has none.
    pub(crate) fn metamethod(&self, value: Tagged, event: Event) -> Tagged {
        self.context.host.metamethod(value, event)
    }
}

fn cannot_index(host: &Host, value: Tagged) -> Raised {
    let kind = host.type_name(value);
    Raised::plain(format!("attempt to index a {kind} value"))
}

/// How a nested run goes on after a fault: an instruction that found no memory is tried once more, an error
/// goes to the innermost `pcall`.
fn handle(context: &mut Context<'_, Moonlet>, fault: Fault<Throw>) -> Result<At<()>, Fault<Throw>> {
    let fault = match fault {
        Fault::Failed {
            pc,
            error: Throw::Memory,
        } => match try_again(context, pc) {
            Ok(at) => return Ok(at),
            Err(fault) => fault,
        },
        fault => fault,
    };
    let (pc, error) = match fault {
        Fault::Failed { pc, error } => match error {
            Throw::Raised => (pc, Throw::Raised),
            Throw::Memory | Throw::Spent => (pc, Throw::Spent),
            Throw::Interrupted | Throw::Exit(_) => return Err(fault),
        },
        fault => return Err(fault),
    };
    let program = context.program();
    match unwind(program, context.host, &mut context.stack, pc) {
        Ok(pc) => Ok(At::Resume(pc)),
        Err(value) => {
            context.host.raised = Some(value);
            context.host.ended.leaves();
            Err(Fault::Failed { pc, error })
        }
    }
}

/// Collects, and tries the instruction at `pc` once more, which found no memory.
#[cold]
fn try_again(context: &mut Context<'_, Moonlet>, pc: Pc) -> Result<At<()>, Fault<Throw>> {
    collect_all(context);
    context.host.last_chance = true;
    let tried = context.step(pc);
    context.host.last_chance = false;
    tried
}

/// Collects where there is no memory left.
#[cold]
fn collect_all(context: &mut Context<'_, Moonlet>) {
    run::collect_within(context, &[], true);
}
