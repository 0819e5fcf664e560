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
pub use operand::{Const, Count, OPEN, Slot};

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
}

impl Chunk {
    /// The function an instruction belongs to.
    ///
    /// # Panics
    /// If there is no such instruction.
    pub fn function_at(&self, pc: Pc) -> &Prototype {
        let mut found = self.prototypes.iter();
        let found = found.find(|function| (function.entry..function.end).contains(&pc));
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
