//! Who has called whom: the levels of the running thread as lua5.4 counts them, and tracebacks.
//!
//! A frame tells which instruction it goes on at, and that tells its function, the line, and by what
//! name it calls the one above. Functions of the library have no frames: `pcall` is known by the
//! continuation that what it called returns to, `xpcall` and those of coroutines by being
//! [functions of the program](crate::bytecode::Chunk::add_coroutines).
//!
//! # What an error has ended
//! Handlers of errors run when the frames are gone. So [`unwind`](super::unwind::unwind) writes down what
//! it takes off ([`Ended`]), and the levels of a handler go on with that.
//!
//! A handler that catches another error before it asks sees what that one has ended.
//!
//! What is not known: tail calls, as a frame does not tell that it replaced another. The function
//! has the name by which the one was called that it replaced.

use super::Moonlet;
use super::errors::{is_call, name_of_callee};
use crate::bytecode::{Chunk, Instr, NO_LINE};
use crate::host::Host;
use crate::value::{Function, NOTHING, Str, Table, bytes_of};
use offramp::{Context, Pc, Reference};
use rustc_hash::FxHashMap;

/// Something that runs, seen from the stack.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A function whose next instruction is this one.
    At(Pc),
    /// A function that is returned to here.
    Back(Pc),
    /// A function of the library, by its name if it has one.
    Library(&'static str),
}

/// What the error on its way, or the one that a handler handles, has ended: the innermost first.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    steps: Vec<Step>,
    /// The function of the library that has raised it last.
    pub(super) raiser: Option<&'static str>,
    /// Whether it goes on to the run outside of the one whose frames these were.
    passes: bool,
}

impl Ended {
    /// The instruction at `pc` has failed.
    pub(super) fn begin(&mut self, pc: Pc) {
        if !std::mem::take(&mut self.passes) {
            self.steps.clear();
        }
        if let Some(raiser) = self.raiser.take() {
            self.note(Step::Library(raiser));
        }
        self.note(Step::At(pc));
    }

    /// A frame is gone that would have returned to `back`.
    pub(super) fn popped(&mut self, back: Pc) {
        self.note(Step::Back(back));
    }

    /// The error is raised anew by the function of the library that resumes, whose frame was
    /// returned to last.
    pub(super) fn rethrown(&mut self) {
        self.steps.drain(..self.steps.len().saturating_sub(1));
    }

    /// No frame of the run is left.
    pub(super) fn leaves(&mut self) {
        self.passes = true;
    }

    /// Somebody has caught it.
    pub(super) fn caught(&mut self) {
        self.passes = false;
    }

    /// Where there is no memory for it, a traceback is shorter.
    fn note(&mut self, step: Step) {
        if self.steps.try_reserve(1).is_ok() {
            self.steps.push(step);
        }
    }
}

/// A function that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// The instruction it is at, or the name of a function of the library.
    runs: Result<Pc, &'static str>,
    /// The instruction that called it, if one did.
    called: Option<Pc>,
}

/// The levels of the running thread; the first is the function of the library that asks.
pub(crate) fn levels(context: &Context<'_, Moonlet>, asks: &'static str) -> Vec<Level> {
    let (program, host) = (context.program(), &*context.host);
    let handles = program.prototype(host.coroutines.protect.into()).entry + 4;
    // The frame of `xpcall` is the last of what the error has ended that its handler handles.
    let ended = |pc| match program.instruction(pc) == handles {
        true => &host.ended.steps[..],
        false => &[],
    };
    let mut steps = vec![Step::Library(asks)];
    let mut pass = |frame: Step, pc: Pc| match ended(pc) {
        [] => steps.push(frame),
        ended => steps.extend(ended),
    };
    pass(Step::At(context.pc()), context.pc());
    let bottom = host.current.map(|thread| thread.bottom.get());
    let mut base = context.stack.base();
    let mut callers = context.stack.callers();
    while Some(base) != bottom
        && let Some((back, below)) = callers.next()
    {
        let pc = match program.continued(back) {
            Some((pc, _)) => pc,
            None => back.saturating_sub(1),
        };
        pass(Step::Back(back), pc);
        base = below;
    }
    if bottom.is_none() && host.runs == 0 {
        steps.push(Step::Library(""));
    }
    of_steps(program, &steps)
}

/// The traceback of an error that nobody has caught.
pub(super) fn of_ended(program: &Moonlet, host: &Host, message: &str) -> String {
    let mut steps = host.ended.steps.clone();
    steps.push(Step::Library(""));
    let levels = of_steps(program, &steps);
    let text = traceback(program, host, &levels, Some(message.as_bytes()), 0);
    String::from_utf8_lossy(&text).into_owned()
}

fn of_steps(program: &Moonlet, steps: &[Step]) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::with_capacity(steps.len());
    let library = |name| Level {
        runs: Err(name),
        called: None,
    };
    for step in steps {
        let (pc, pcalls) = match *step {
            Step::Library(name) => {
                levels.push(library(name));
                continue;
            }
            Step::At(pc) => (program.instruction(pc), 0),
            Step::Back(back) => match program.continued(back) {
                Some((pc, pcalls)) if is_call(program.instr(pc)) => (pc, pcalls),
                Some((pc, _)) => (pc, 0),
                None => (back.saturating_sub(1), 0),
            },
        };
        levels.extend((0..pcalls).map(|_| library("pcall")));
        let of_library = library_name(program, pc);
        if of_library.is_none()
            && let Some(above) = levels.last_mut()
        {
            above.called = Some(pc);
        }
        levels.push(Level {
            runs: of_library.map_or(Ok(pc), Err),
            called: None,
        });
    }
    levels
}

/// What the function of the instruction at `pc` is called if no source has written it.
fn library_name(program: &Moonlet, pc: Pc) -> Option<&'static str> {
    let function = program.function_at(pc);
    if function.line != NO_LINE {
        return None;
    }
    if !Chunk::is_of_library(function) {
        return Some("");
    }
    Some(match program.instr(function.entry) {
        Instr::Protect(_) => "xpcall",
        Instr::Resume(false) => "coroutine.resume",
        Instr::Yield => "coroutine.yield",
        _ => "",
    })
}

/// How many levels of many a traceback shows, of the first and of the last.
const FIRST: i64 = 10;
const LAST: i64 = 11;

/// The traceback of levels from `level` on.
pub(crate) fn traceback(
    program: &Moonlet,
    host: &Host,
    levels: &[Level],
    message: Option<&[u8]>,
    level: i64,
) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(message) = message {
        text.extend_from_slice(message);
        text.push(b'\n');
    }
    text.extend_from_slice(b"stack traceback:");
    let globals = global_names(host);
    let last = levels.len() as i64 - 1;
    let skips = last.saturating_sub(level) > FIRST + LAST;
    let (mut at, mut shown) = (level, 0);
    while let Ok(index) = usize::try_from(at)
        && let Some(level) = levels.get(index)
    {
        at += 1;
        if skips && shown == FIRST {
            let left_out = last - at - LAST + 1;
            text.extend_from_slice(format!("\n\t...\t(skipping {left_out} levels)").as_bytes());
            at += left_out;
        } else {
            text.extend_from_slice(b"\n\t");
            text.extend_from_slice(level.shown(program, &globals).as_bytes());
        }
        shown += 1;
    }
    text
}

impl Level {
    /// `file:line: in function 'name'`.
    fn shown(&self, program: &Moonlet, globals: &FxHashMap<u32, String>) -> String {
        let name = || {
            let named = self.called.and_then(|pc| name_of_callee(program, pc));
            named.map(|(kind, name)| match kind {
                "global" => format!("function '{name}'"),
                kind => format!("{kind} '{name}'"),
            })
        };
        let pc = match self.runs {
            Ok(pc) => pc,
            Err("") => return format!("[C]: in {}", name().unwrap_or("?".into())),
            Err(known) => return format!("[C]: in function '{known}'"),
        };
        let (unit, at) = program.at(pc);
        let file = &unit.chunk.name;
        let begins = program.function_at(pc).line;
        let number = (program.prototypes.items()).partition_point(|it| it.end <= pc) as u32;
        let what = match globals.get(&number) {
            Some(name) => format!("function '{name}'"),
            None => name().unwrap_or_else(|| match begins {
                0 => "main chunk".into(),
                line => format!("function <{file}:{line}>"),
            }),
        };
        format!("{file}:{}: in {what}", unit.chunk.lines[at as usize])
    }
}

/// What functions of the program are called in loaded modules, by their prototypes.
fn global_names(host: &Host) -> FxHashMap<u32, String> {
    let mut names = FxHashMap::default();
    each_entry(host, host.package.loaded, |module, value| {
        if let Some(function) = value.as_reference::<Function>() {
            let named = names.entry(function.prototype);
            named.or_insert_with(|| module.to_owned());
        }
        if let Some(table) = value.as_reference::<Table>() {
            each_entry(host, table, |name, value| {
                if let Some(function) = value.as_reference::<Function>() {
                    let named = names.entry(function.prototype);
                    named.or_insert_with(|| match module {
                        "_G" => name.to_owned(),
                        module => format!("{module}.{name}"),
                    });
                }
            });
        }
    });
    names
}

/// All entries of a table whose keys are strings.
fn each_entry(
    host: &Host,
    table: Reference<Table>,
    mut see: impl FnMut(&str, crate::value::Tagged),
) {
    let mut last = NOTHING;
    while let Ok(Some((key, value))) = table.next(&host.heap, last) {
        if let Some(key) = key.as_reference::<Str>() {
            see(&String::from_utf8_lossy(bytes_of(&key)), value);
        }
        last = key;
    }
}

/// Where a function was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// The name of its text as `load` takes it; of text that was loaded it is not known.
    pub(crate) source: Option<String>,
    /// The same as messages show it.
    pub(crate) shown: String,
    pub(crate) what: &'static str,
    /// Its first line and its last, 0 for a chunk.
    pub(crate) lines: (i64, i64),
}

impl Written {
    /// Of a function of the library.
    pub(crate) fn in_c() -> Written {
        Written {
            source: Some("=[C]".into()),
            shown: "[C]".into(),
            what: "C",
            lines: (-1, -1),
        }
    }

    /// Of the function that the instruction at `pc` belongs to.
    pub(crate) fn at(program: &Moonlet, pc: Pc) -> Written {
        let function = program.function_at(pc);
        if function.line == NO_LINE {
            return Written::in_c();
        }
        let (unit, last) = program.at(function.end - 1);
        let name = &*unit.chunk.name;
        let source = match name {
            // A long name is shown in part.
            _ if unit.code != 0 || name.starts_with("...") => None,
            "(command line)" | "stdin" => Some(format!("={name}")),
            name => Some(format!("@{name}")),
        };
        let (what, lines) = match function.line {
            0 => ("main", (0, 0)),
            line => ("Lua", (line.into(), unit.chunk.lines[last as usize].into())),
        };
        Written {
            source,
            shown: name.to_owned(),
            what,
            lines,
        }
    }
}

impl Level {
    /// Where its function was written.
    pub(crate) fn written(&self, program: &Moonlet) -> Written {
        (self.runs).map_or_else(|_| Written::in_c(), |pc| Written::at(program, pc))
    }

    /// The line that runs; -1 in the library.
    pub(crate) fn line(&self, program: &Moonlet) -> i64 {
        self.runs.map_or(-1, |pc| {
            let (unit, pc) = program.at(pc);
            unit.chunk.lines[pc as usize].into()
        })
    }

    /// What called it, if that is known: the kind of name and the name.
    pub(crate) fn name(&self, program: &Moonlet) -> Option<(&'static str, String)> {
        self.called.and_then(|pc| name_of_callee(program, pc))
    }
}
