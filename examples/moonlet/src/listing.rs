//! Chunks as text: one line for each instruction, with what its operands stand for behind.

use crate::bytecode::operand::{Field, Operand};
use crate::bytecode::{Capture, Chunk, Constant, Instr, NO_LINE, OPEN, Prototype};
use offramp::{Pc, PlaceName};
use std::fmt::{self, Write};

impl Chunk {
    /// The chunk's functions and their instructions, to read.
    pub fn listing(&self) -> String {
        let mut text = String::new();
        let written = self.prototypes.iter().enumerate();
        for (index, function) in written.filter(|(_, function)| function.line != NO_LINE) {
            if index > 0 {
                text.push('\n');
            }
            self.list_function(index, function, &mut text)
                .expect("a string takes any text");
        }
        text
    }

    /// What the listing says of the instruction at `pc`, for the library's dumps and reports.
    pub(crate) fn name_of(&self, pc: Pc) -> PlaceName {
        let name = PlaceName::of(pc);
        let Some(&instr) = self.code.get(pc as usize) else {
            return name;
        };
        let line = self.lines[pc as usize];
        let function = match self.function_at(pc).line {
            0 => "main chunk".to_owned(),
            NO_LINE => "function of the library".to_owned(),
            line => format!("function at line {line}"),
        };
        let columns = instr.to_string();
        let mut text = columns.split_whitespace().collect::<Vec<_>>().join(" ");
        let note = self.note(pc, instr);
        if !note.is_empty() {
            text.push_str(" (");
            text.push_str(&note);
            text.push(')');
        }
        name.with_source(&*self.name)
            .with_line(line)
            .with_function(function)
            .with_instruction(text)
    }

    fn list_function(&self, index: usize, function: &Prototype, text: &mut String) -> fmt::Result {
        match index {
            0 => write!(text, "main {}", self.name)?,
            _ => write!(text, "function {index} <{}:{}>", self.name, function.line)?,
        }
        let variadic = if function.variadic { "+" } else { "" };
        write!(text, ": {}{variadic} parameters", function.params)?;
        write!(text, ", {} slots", function.slots)?;
        for (capture, name) in function.captures.iter().zip(&function.capture_names) {
            match capture {
                Capture::Local(slot) => write!(text, ", captures {name} of slot {slot}")?,
                Capture::Upvalue(index) => write!(text, ", captures {name} of upvalue {index}")?,
            }
        }
        text.push('\n');
        for pc in function.entry..function.end {
            let instr = self.code[pc as usize];
            let line = self.lines[pc as usize];
            write!(text, "{pc:5} [{line}] {instr}")?;
            let note = self.note(pc, instr);
            if !note.is_empty() {
                write!(text, "  ; {note}")?;
            }
            text.push('\n');
        }
        Ok(())
    }

    /// What the operands of an instruction stand for.
    fn note(&self, pc: Pc, instr: Instr) -> String {
        let notes = instr.operands().filter_map(|operand| match operand {
            Operand::Constant(index, _) => Some(match self.constants.get(index as usize) {
                Some(constant) => constant.to_string(),
                None => "no such constant".to_owned(),
            }),
            Operand::Upvalue(index) => {
                let name = self.function_at(pc).capture_names.get(usize::from(index));
                Some(name.map_or("no such upvalue".to_owned(), |name| name.to_string()))
            }
            _ => None,
        });
        notes.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Nil => f.write_str("nil"),
            Constant::Bool(value) => write!(f, "{value}"),
            Constant::Int(value) => write!(f, "{value}"),
            Constant::Float(value) => write!(f, "{value:?}"),
            Constant::Str(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
        }
    }
}

impl fmt::Display for Instr {
    /// The name, padded to a column, and the operands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = self.fields().peekable();
        if fields.peek().is_none() {
            return f.write_str(self.name());
        }
        write!(f, "{:22}", self.name())?;
        for field in fields {
            match field {
                Field::Slot(slot) => write!(f, " r{slot}")?,
                Field::Const(index) => write!(f, " k{index}")?,
                Field::Count(OPEN) => f.write_str(" open")?,
                Field::Count(count) => write!(f, " {count}")?,
                Field::Plain(value) => write!(f, " {value}")?,
                Field::Truth(value) => write!(f, " {value}")?,
                Field::To(pc) => write!(f, " to {pc}")?,
                Field::End(top) => {
                    if self.operands().any(|operand| operand.top().is_some()) {
                        write!(f, " end in r{top}")?;
                    }
                }
            }
        }
        Ok(())
    }
}
