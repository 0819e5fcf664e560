//! Chunks as text: one line for each instruction, with what its operands stand for behind.

use crate::bytecode::{Capture, Chunk, Const, Constant, Instr, OPEN, Prototype};
use offramp::{Pc, PlaceName};
use std::fmt::{self, Write};

impl Chunk {
    /// The chunk's functions and their instructions, to read.
    pub fn listing(&self) -> String {
        let mut text = String::new();
        for (index, function) in self.prototypes.iter().enumerate() {
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
        if let Some(constant) = constant_of(instr) {
            return match self.constants.get(usize::from(constant)) {
                Some(constant) => constant.to_string(),
                None => "no such constant".into(),
            };
        }
        let upvalue = match instr {
            Instr::GetUpvalue(_, index) | Instr::GetUpvalueCell(_, index) => index,
            Instr::SetUpvalueCell(index, _) => index,
            _ => return String::new(),
        };
        let names = &self.function_at(pc).capture_names;
        names
            .get(usize::from(upvalue))
            .map_or("no such upvalue".into(), |name| name.to_string())
    }
}

/// The constant that an instruction uses.
pub(crate) fn constant_of(instr: Instr) -> Option<Const> {
    Some(match instr {
        Instr::LoadConst(_, constant)
        | Instr::GetGlobal(_, constant)
        | Instr::SetGlobal(_, constant)
        | Instr::GetField(_, _, constant)
        | Instr::SetField(_, constant, _)
        | Instr::Method(_, _, constant)
        | Instr::AddConst(_, _, constant)
        | Instr::ConstAdd(_, _, constant)
        | Instr::ConstMul(_, _, constant)
        | Instr::SubConst(_, _, constant)
        | Instr::MulConst(_, _, constant)
        | Instr::DivConst(_, _, constant)
        | Instr::ModConst(_, _, constant)
        | Instr::FloorDivConst(_, _, constant)
        | Instr::PowConst(_, _, constant)
        | Instr::JumpEqConst(_, constant, _)
        | Instr::JumpNotEqConst(_, constant, _)
        | Instr::JumpLessConst(_, constant, _)
        | Instr::JumpNotLessConst(_, constant, _)
        | Instr::JumpLessEqConst(_, constant, _)
        | Instr::JumpNotLessEqConst(_, constant, _)
        | Instr::JumpGreaterConst(_, constant, _)
        | Instr::JumpNotGreaterConst(_, constant, _)
        | Instr::JumpGreaterEqConst(_, constant, _)
        | Instr::JumpNotGreaterEqConst(_, constant, _) => constant,
        _ => return None,
    })
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

/// A name padded to a column, and its operands.
struct Columns<'a>(&'a str, &'a [Shown]);

/// An operand, as the listing writes it.
enum Shown {
    Slot(u8),
    Const(u16),
    Count(u8),
    Plain(i64),
    To(Pc),
    Truth(bool),
}

impl fmt::Display for Columns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Columns(name, operands) = self;
        if operands.is_empty() {
            return f.write_str(name);
        }
        write!(f, "{name:22}")?;
        for operand in *operands {
            match operand {
                Shown::Slot(slot) => write!(f, " r{slot}")?,
                Shown::Const(index) => write!(f, " k{index}")?,
                Shown::Count(OPEN) => f.write_str(" open")?,
                Shown::Count(count) => write!(f, " {count}")?,
                Shown::Plain(value) => write!(f, " {value}")?,
                Shown::To(pc) => write!(f, " to {pc}")?,
                Shown::Truth(value) => write!(f, " {value}")?,
            }
        }
        Ok(())
    }
}

/// Writes the arms for instructions whose operands are all of plain kinds.
macro_rules! show {
    ($instr:expr, $f:expr, { $($name:ident($($field:ident: $kind:ident),*);)* }, { $($other:tt)* }) => {
        match $instr {
            $(Instr::$name($($field),*) => {
                let operands = [$(Shown::$kind($field.into())),*];
                write!($f, "{}", Columns(stringify!($name), &operands))
            })*
            $($other)*
        }
    };
}

impl fmt::Display for Instr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show!(*self, f, {
            Move(a: Slot, b: Slot);
            LoadNil(a: Slot, n: Plain);
            LoadBool(a: Slot, value: Truth);
            LoadInt(a: Slot, value: Plain);
            LoadConst(a: Slot, k: Const);
            NewCell(a: Slot);
            GetCell(a: Slot, b: Slot);
            SetCell(a: Slot, b: Slot);
            GetUpvalue(a: Slot, u: Plain);
            GetUpvalueCell(a: Slot, u: Plain);
            SetUpvalueCell(u: Plain, b: Slot);
            Closure(a: Slot, p: Plain);
            GetGlobal(a: Slot, k: Const);
            SetGlobal(a: Slot, k: Const);
            NewTable(a: Slot, items: Plain, fields: Plain);
            GetField(a: Slot, b: Slot, k: Const);
            SetField(a: Slot, k: Const, b: Slot);
            GetIndex(a: Slot, b: Slot, c: Slot);
            SetIndex(a: Slot, b: Slot, c: Slot);
            GetItem(a: Slot, b: Slot, i: Plain);
            SetItem(a: Slot, i: Plain, b: Slot);
            Method(a: Slot, b: Slot, k: Const);
            Add(a: Slot, b: Slot, c: Slot);
            Sub(a: Slot, b: Slot, c: Slot);
            Mul(a: Slot, b: Slot, c: Slot);
            Div(a: Slot, b: Slot, c: Slot);
            Mod(a: Slot, b: Slot, c: Slot);
            FloorDiv(a: Slot, b: Slot, c: Slot);
            Pow(a: Slot, b: Slot, c: Slot);
            BitAnd(a: Slot, b: Slot, c: Slot);
            BitOr(a: Slot, b: Slot, c: Slot);
            BitXor(a: Slot, b: Slot, c: Slot);
            ShiftLeft(a: Slot, b: Slot, c: Slot);
            ShiftRight(a: Slot, b: Slot, c: Slot);
            AddConst(a: Slot, b: Slot, k: Const);
            ConstAdd(a: Slot, b: Slot, k: Const);
            ConstMul(a: Slot, b: Slot, k: Const);
            SubConst(a: Slot, b: Slot, k: Const);
            MulConst(a: Slot, b: Slot, k: Const);
            DivConst(a: Slot, b: Slot, k: Const);
            ModConst(a: Slot, b: Slot, k: Const);
            FloorDivConst(a: Slot, b: Slot, k: Const);
            PowConst(a: Slot, b: Slot, k: Const);
            Neg(a: Slot, b: Slot);
            BitNot(a: Slot, b: Slot);
            Not(a: Slot, b: Slot);
            Len(a: Slot, b: Slot);
            Concat(a: Slot, b: Slot, n: Plain);
            Jump(to: To);
            Loop(to: To);
            JumpIf(a: Slot, to: To);
            JumpIfNot(a: Slot, to: To);
            JumpEq(a: Slot, b: Slot, to: To);
            JumpNotEq(a: Slot, b: Slot, to: To);
            JumpLess(a: Slot, b: Slot, to: To);
            JumpNotLess(a: Slot, b: Slot, to: To);
            JumpLessEq(a: Slot, b: Slot, to: To);
            JumpNotLessEq(a: Slot, b: Slot, to: To);
            JumpEqConst(a: Slot, k: Const, to: To);
            JumpNotEqConst(a: Slot, k: Const, to: To);
            JumpLessConst(a: Slot, k: Const, to: To);
            JumpNotLessConst(a: Slot, k: Const, to: To);
            JumpLessEqConst(a: Slot, k: Const, to: To);
            JumpNotLessEqConst(a: Slot, k: Const, to: To);
            JumpGreaterConst(a: Slot, k: Const, to: To);
            JumpNotGreaterConst(a: Slot, k: Const, to: To);
            JumpGreaterEqConst(a: Slot, k: Const, to: To);
            JumpNotGreaterEqConst(a: Slot, k: Const, to: To);
            ForPrep(a: Slot, to: To);
            ForLoop(a: Slot, to: To);
            ForCall(a: Slot, n: Plain);
            ForNext(a: Slot, to: To);
            Return1(a: Slot);
        }, {
            Instr::SetList { a, count, top, start } => {
                let operands = [Shown::Slot(a), Shown::Count(count), Shown::Plain(start.into())];
                write!(f, "{}", Columns("SetList", &operands))?;
                end(f, count == OPEN, top)
            }
            Instr::Call { a, args, results, top } => {
                let operands = [Shown::Slot(a), Shown::Count(args), Shown::Count(results)];
                write!(f, "{}", Columns("Call", &operands))?;
                end(f, args == OPEN || results == OPEN, top)
            }
            Instr::TailCall { a, args, top } => {
                write!(f, "{}", Columns("TailCall", &[Shown::Slot(a), Shown::Count(args)]))?;
                end(f, true, top)
            }
            Instr::Return { a, count, top } => {
                write!(f, "{}", Columns("Return", &[Shown::Slot(a), Shown::Count(count)]))?;
                end(f, count == OPEN, top)
            }
            Instr::Vararg { a, count, top } => {
                write!(f, "{}", Columns("Vararg", &[Shown::Slot(a), Shown::Count(count)]))?;
                end(f, count == OPEN, top)
            }
            Instr::Return0 => f.write_str("Return0"),
            Instr::Variadic => f.write_str("Variadic"),
        })
    }
}

/// The slot that holds where an open list ends.
fn end(f: &mut fmt::Formatter<'_>, is_open: bool, top: u8) -> fmt::Result {
    if is_open {
        write!(f, " end in r{top}")?;
    }
    Ok(())
}
