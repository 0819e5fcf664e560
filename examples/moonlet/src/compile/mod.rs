//! From a program's tree to instructions.
//!
//! Registers are slots of a stack: variables lie below, values under way above them, and an
//! expression is computed right where its value is wanted. A call's function and arguments are
//! computed in the places of the call, so nothing is moved to make one.
//!
//! A variable that a function within captures and that is assigned beside its declaration lives in
//! a cell, from its declaration on; all others are captured by value. A `local function` that is
//! never assigned knows itself by slot 0 and captures nothing for that.
//!
//! Each function's instructions are made with targets counted from its own beginning;
//! [linking](link) puts them behind each other.

mod assign;
mod call;
mod condition;
mod constant;
mod expression;
mod function;
mod jump;
mod link;
mod loops;
mod place;
mod statement;
mod table;

#[cfg(test)]
mod check;
#[cfg(test)]
mod tests;

use crate::bytecode::{Chunk, Env, Instr, Slot};
pub use crate::syntax::SyntaxError;
use crate::syntax::ast::{ENV, Program, Table, Variable};
use crate::syntax::{Text, parse};
use constant::Pool;
use function::{Done, FunctionState};
use std::borrow::Cow;

/// The most bytes that compiling a program takes. Its tree and its instructions are lists that grow
/// to twice their size, by an element for each token at most.
pub fn memory_for(source: &[u8]) -> usize {
    const TOKEN: usize = 120;
    // The text is kept as constants, names and what shows them.
    const BYTE: usize = 6;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let mut tokens = 0;
    let mut before = b' ';
    for &byte in source {
        let begins = !is_name(byte) || !is_name(before);
        tokens += usize::from(begins && !byte.is_ascii_whitespace());
        before = byte;
    }
    TOKEN * tokens + BYTE * source.len()
}

/// Compiles a program. `name`, a file's, stands for it in messages; of one longer than 59 bytes, as
/// in lua5.4, its end.
///
/// # Errors
/// What is wrong with the text, in Lua's words; or which limit it exceeds.
pub fn compile(source: &[u8], name: &str) -> Result<Chunk, SyntaxError> {
    let name = &*shown_name(name);
    compile_for(&Text::file(source, name), Setting::default())
}

/// What a chunk is compiled for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting {
    /// How many constants the program has already.
    pub constants: usize,
    /// Whether its globals are in a value of its own.
    pub has_env: bool,
}

/// Compiles a chunk that may become a part of a program.
///
/// # Errors
/// As [`compile`].
pub fn compile_for(text: &Text<'_>, setting: Setting) -> Result<Chunk, SyntaxError> {
    let name = text.name;
    let program = parse(text)?;
    let env = match program.variables[ENV].assigned {
        true => Env::Cell,
        false if setting.has_env => Env::Value,
        false => Env::Globals,
    };
    let mut compiler = Compiler {
        name,
        env,
        constants_before: setting.constants,
        variables: &program.variables,
        slots: vec![0; program.variables.len()],
        filled: None,
        pool: Pool::default(),
        functions: Vec::new(),
        done: Vec::new(),
    };
    compiler.main(&program)?;
    let Compiler { pool, done, .. } = compiler;
    link::link(name, done, pool, env)
}

/// The longest name of a file that messages show in whole, in bytes.
const LONGEST_NAME: usize = 59;

/// A file's name as messages have it: `...` and the end of a long one.
fn shown_name(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST_NAME {
        return name.into();
    }
    let end = &name.as_bytes()[name.len() - (LONGEST_NAME - 3)..];
    format!("...{}", String::from_utf8_lossy(end)).into()
}

/// What compiling may end with.
type Compiled<T = ()> = Result<T, SyntaxError>;

/// The state of compiling.
#[derive(Debug)]
struct Compiler<'a> {
    name: &'a str,
    env: Env,
    /// How many constants the program has already.
    constants_before: usize,
    variables: &'a [Variable],
    /// Where each variable lies in its function, once declared.
    slots: Vec<Slot>,
    /// A table and the fields that it will get right after it was made.
    filled: Option<(&'a Table, usize)>,
    pool: Pool,
    /// The function at hand, last, and those around it.
    functions: Vec<FunctionState<'a>>,
    /// Finished functions, in the order of their beginnings.
    done: Vec<Option<Done>>,
}

impl<'a> Compiler<'a> {
    fn main(&mut self, program: &'a Program) -> Compiled {
        self.function(&program.main).map(drop)
    }

    /// The function at hand.
    fn state(&self) -> &FunctionState<'a> {
        self.functions.last().expect("a function is open")
    }

    /// The function at hand.
    fn state_mut(&mut self) -> &mut FunctionState<'a> {
        self.functions.last_mut().expect("a function is open")
    }

    /// Adds an instruction.
    fn emit(&mut self, instr: Instr, line: u32) {
        let state = self.state_mut();
        state.code.push(instr);
        state.lines.push(line);
    }

    fn error<T>(&self, line: u32, message: &str) -> Compiled<T> {
        Err(SyntaxError::at(self.name, line, message))
    }
}
