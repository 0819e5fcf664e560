//! The instructions Moonlet runs, and what the compiler hands to the machine.
//!
//! # Frames
//! A register is a *slot* of the running frame: two frame words, a value's tag and its payload.
//! Slot 0 holds the running function itself. Parameters follow from slot 1, in a variadic function
//! from slot 2: its slot 1 holds the extra arguments (a table, or nil if there are none).
//!
//! ```text
//!   caller:  …  a        a+1       a+2      a+3   …
//!               (link)   callee    arg 1    arg 2
//!   callee:              0         1        2     …
//! ```
//! [`Instr::Call`] names slot `a`: the callee lies in `a + 1`, its arguments behind. The callee's
//! frame begins at `a + 1`; the slot below it becomes its link to the caller. Results come back
//! from `a` on. Nothing is copied.
//!
//! An *open* list (a call's results or `...` at the end of a list) has a length that only the
//! run knows. Whoever makes one stores the number of the slot behind its last value as an integer to
//! the slot `top`, which the compiler gave it; whoever takes one reads it there.

pub mod instr;
pub mod operand;

pub use instr::Instr;
pub use operand::{Const, Count, NearConst, OPEN, Slot};

use offramp::Pc;

/// A constant, before it has a place in the heap.
#[derive(Clone, Debug)]
pub enum Constant {
    /// nil, for comparisons.
    Nil,
    /// A truth value, for comparisons.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Box<[u8]>),
}

/// What a function captures when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// What the slot of the enclosing function holds: a value, or the cell of a variable that is
    /// assigned after it was captured.
    Local(Slot),
    /// What the enclosing function captured itself.
    Upvalue(u8),
}

/// A local variable, for messages: in scope from `from` up to but not including `to`.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name.
    pub name: Box<str>,
    /// Where it lies.
    pub slot: Slot,
    /// The first instruction in its scope.
    pub from: Pc,
    /// The first instruction behind its scope.
    pub to: Pc,
}

/// A function without what it captures.
#[derive(Clone, Debug)]
pub struct Prototype {
    /// Where it begins.
    pub entry: Pc,
    /// The instruction behind its last.
    pub end: Pc,
    /// Fixed parameters.
    pub params: u8,
    /// Whether it takes extra arguments.
    pub variadic: bool,
    /// Slots of its frame, slot 0 included, calls' places included.
    pub slots: u8,
    /// What it captures.
    pub captures: Box<[Capture]>,
    /// The names of what it captures.
    pub capture_names: Box<[Box<str>]>,
    /// The line it begins at; 0 for the chunk itself.
    pub line: u32,
    /// Its local variables.
    pub locals: Vec<Local>,
}

/// Where a chunk's globals are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Env {
    /// In the globals of the state, and nothing in the chunk can change that.
    Globals,
    /// In a value that the chunk itself captures, first.
    Value,
    /// In the variable of a cell that the chunk itself captures, first.
    Cell,
}

/// A compiled program.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Its name in messages: a file's name, or `(command line)` and the like.
    pub name: Box<str>,
    /// All functions' instructions.
    pub code: Vec<Instr>,
    /// The line of each instruction.
    pub lines: Vec<u32>,
    /// Constants of all functions, each once.
    pub constants: Vec<Constant>,
    /// All functions; the first is the chunk itself, which is variadic.
    pub prototypes: Vec<Prototype>,
    /// Where its globals are.
    pub env: Env,
}

/// The functions of the library that are functions of the program, by number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Coroutines {
    /// `coroutine.resume`.
    pub(crate) resume: u32,
    /// What `coroutine.wrap` returns, which captures the coroutine.
    pub(crate) wrapped: u32,
    /// `coroutine.yield`.
    pub(crate) give: u32,
    /// Calls what it captured, with its arguments: what a coroutine runs whose function is a builtin.
    pub(crate) call: u32,
    /// `xpcall`.
    pub(crate) protect: u32,
}

/// The line of what no program has written.
pub const NO_LINE: u32 = u32::MAX;

impl Chunk {
    /// How many instructions [`add_bound_call`](Chunk::add_bound_call) adds.
    pub(crate) const BOUND_CALL: usize = 4;

    /// Adds a function that calls what it captured first with what it captured second and returns the
    /// results: its number.
    pub(crate) fn add_bound_call(&mut self) -> u32 {
        const CODE: [Instr; Chunk::BOUND_CALL] = [
            Instr::GetUpvalue(3, 0),
            Instr::GetUpvalue(4, 1),
            Instr::TailCall {
                a: 2,
                args: 1,
                top: 1,
            },
            Instr::Return {
                a: 2,
                count: OPEN,
                top: 1,
            },
        ];
        let entry = self.code.len() as Pc;
        self.code.extend(CODE);
        self.lines.extend([NO_LINE; CODE.len()]);
        self.prototypes.push(Prototype {
            entry,
            end: self.code.len() as Pc,
            params: 0,
            variadic: false,
            slots: 8,
            captures: Box::default(),
            capture_names: Box::default(),
            line: NO_LINE,
            locals: Vec::new(),
        });
        self.prototypes.len() as u32 - 1
    }

    /// How many instructions [`add_coroutines`](Chunk::add_coroutines) adds.
    pub(crate) const COROUTINES: usize = 20;

    /// Adds the functions that coroutines are resumed and left by, and `xpcall`. They are functions of the program, so
    /// that whoever calls them does so in its own way, and all that has to know of frames which come
    /// and go are their instructions.
    pub(crate) fn add_coroutines(&mut self) -> Coroutines {
        let call = |args, results| Instr::Call {
            a: 2,
            args,
            results,
            top: 0,
        };
        let give = |a, top| Instr::Return {
            a,
            count: OPEN,
            top,
        };
        Coroutines {
            resume: self.add_variadic(&[Instr::Resume(false), Instr::Ended(1), give(1, 0)]),
            wrapped: self.add_variadic(&[Instr::Resume(true), Instr::Ended(1), give(2, 0)]),
            give: self.add_variadic(&[Instr::Yield, give(2, 1)]),
            call: self.add_variadic(&[
                Instr::Variadic,
                Instr::GetUpvalue(4, 0),
                Instr::Vararg {
                    a: 5,
                    count: OPEN,
                    top: 2,
                },
                Instr::TailCall {
                    a: 3,
                    args: OPEN,
                    top: 2,
                },
                give(3, 2),
            ]),
            protect: self.add_variadic(&[
                Instr::Protect(1),
                call(OPEN, OPEN),
                Instr::Protected(1, true),
                give(1, 0),
                // The handler, where an error has come to the call above.
                call(1, 1),
                Instr::Protected(1, false),
                Instr::Return {
                    a: 1,
                    count: 2,
                    top: 0,
                },
            ]),
        }
    }

    /// Adds a function of the library that gets its arguments in a row.
    fn add_variadic(&mut self, code: &[Instr]) -> u32 {
        let entry = self.code.len() as Pc;
        self.code.extend(code);
        self.lines.extend(code.iter().map(|_| NO_LINE));
        self.prototypes.push(Prototype {
            entry,
            end: self.code.len() as Pc,
            params: 0,
            variadic: true,
            slots: 10,
            captures: Box::default(),
            capture_names: Box::default(),
            line: NO_LINE,
            locals: Vec::new(),
        });
        self.prototypes.len() as u32 - 1
    }

    /// Whether a function is one of those that take the place of a builtin: a call of it is a level
    /// of its own, also at the end of a function.
    pub(crate) fn is_of_library(function: &Prototype) -> bool {
        function.line == NO_LINE && function.variadic
    }

    /// The function an instruction belongs to.
    ///
    /// # Panics
    /// If there is no such instruction.
    pub fn function_at(&self, pc: Pc) -> &Prototype {
        // They lie one behind the other.
        let at = self
            .prototypes
            .partition_point(|function| function.end <= pc);
        let found = self.prototypes.get(at);
        let found = found.filter(|function| function.entry <= pc);
        found.expect("every instruction belongs to a function")
    }

    /// The bytes it takes, as they are counted as memory in use.
    pub fn bytes(&self) -> usize {
        let constants = self.constants.iter().map(|constant| match constant {
            Constant::Str(bytes) => size_of::<Constant>() + bytes.len(),
            _ => size_of::<Constant>(),
        });
        let prototypes = self.prototypes.iter().map(|prototype| {
            size_of_val(prototype)
                + size_of_val(&*prototype.captures)
                + size_of_val(&*prototype.locals)
        });
        size_of_val(&*self.code)
            + size_of_val(&*self.lines)
            + constants.sum::<usize>()
            + prototypes.sum::<usize>()
    }
}
