//! [`PlaceName`]: what a program's instruction is called where people read of it.
//!
//! The library knows an instruction by its [`Pc`] alone. Names are asked for when something is
//! shown (a dump, an event, an error, a report) and never while a program runs, so a program may
//! take its time to find one.

use offramp_uop::Pc;
use std::fmt;

/// What a program calls one of its instructions: where it comes from in the source, and how it
/// reads.
///
/// Made by [`Program::name_of`](crate::Program::name_of); every part but the number may be missing.
///
/// ```
/// use offramp::PlaceName;
/// let bare = PlaceName::of(7);
/// assert_eq!(bare.to_string(), "instruction 7");
/// let name = PlaceName::of(7)
///     .with_source("sum.lua")
///     .with_line(3)
///     .with_function("main")
///     .with_instruction("Add r1 r2 r3");
/// assert_eq!(name.to_string(), "sum.lua:3 in main, instruction 7: Add r1 r2 r3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct PlaceName {
    /// The instruction.
    pub pc: Pc,
    /// The file, or what else the program was read from.
    pub source: Option<String>,
    /// The line there, as its editor counts it.
    pub line: Option<u32>,
    /// The function.
    pub function: Option<String>,
    /// The instruction as text, on one line.
    pub instruction: Option<String>,
}

impl PlaceName {
    /// An instruction of which nothing but its number is known.
    pub fn of(pc: Pc) -> PlaceName {
        PlaceName {
            pc,
            source: None,
            line: None,
            function: None,
            instruction: None,
        }
    }

    /// The same with a source.
    #[must_use]
    pub fn with_source(self, source: impl Into<String>) -> PlaceName {
        PlaceName {
            source: Some(source.into()),
            ..self
        }
    }

    /// The same with a line.
    #[must_use]
    pub fn with_line(self, line: u32) -> PlaceName {
        PlaceName {
            line: Some(line),
            ..self
        }
    }

    /// The same with a function.
    #[must_use]
    pub fn with_function(self, function: impl Into<String>) -> PlaceName {
        PlaceName {
            function: Some(function.into()),
            ..self
        }
    }

    /// The same with the instruction as text.
    #[must_use]
    pub fn with_instruction(self, instruction: impl Into<String>) -> PlaceName {
        PlaceName {
            instruction: Some(instruction.into()),
            ..self
        }
    }

    /// Whether more than the number is known.
    pub fn is_known(&self) -> bool {
        self.where_it_is().is_some() || self.instruction.is_some()
    }

    /// What is known besides the number: `sum.lua:3 in main: Add r1 r2 r3`. Empty if nothing is.
    pub fn details(&self) -> String {
        let parts = self
            .where_it_is()
            .into_iter()
            .chain(self.instruction.clone());
        parts.collect::<Vec<_>>().join(": ")
    }

    /// Source, line and function.
    fn where_it_is(&self) -> Option<String> {
        let line = match (&self.source, self.line) {
            (Some(source), Some(line)) => Some(format!("{source}:{line}")),
            (Some(source), None) => Some(source.clone()),
            (None, Some(line)) => Some(format!("line {line}")),
            (None, None) => None,
        };
        match (line, &self.function) {
            (Some(line), Some(function)) => Some(format!("{line} in {function}")),
            (line, function) => line.or_else(|| function.clone()),
        }
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.where_it_is() {
            write!(f, "{place}, ")?;
        }
        write!(f, "instruction {}", self.pc)?;
        if let Some(instruction) = &self.instruction {
            write!(f, ": {instruction}")?;
        }
        Ok(())
    }
}

/// What names instructions where no [`Program`](crate::Program) is at hand: a host with a recorder
/// of its own gives it to [`ExecutorGraph`](crate::explicit::ExecutorGraph). Closures do.
///
/// ```
/// use offramp::inspect::Names;
/// use offramp::PlaceName;
/// let names = |pc| PlaceName::of(pc).with_line(pc / 10);
/// assert_eq!(names.name_of(42).to_string(), "line 4, instruction 42");
/// ```
pub trait Names {
    /// The name of the instruction at `pc`, which may be any number that the host has given the
    /// library.
    fn name_of(&self, pc: Pc) -> PlaceName;

    /// Where a frame returns to with `link` in the word below its base, for reports that show what
    /// a return tested. Nothing unless the host keeps such a link there.
    fn return_of(&self, link: i64) -> Option<Pc> {
        let _ = link;
        None
    }
}

impl<F: Fn(Pc) -> PlaceName> Names for F {
    fn name_of(&self, pc: Pc) -> PlaceName {
        self(pc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_shown_if_it_is_there() {
        let bare = || PlaceName::of(3);
        assert_eq!(bare().details(), "");
        assert!(!bare().is_known());
        let line = bare().with_line(4);
        assert_eq!(line.to_string(), "line 4, instruction 3");
        let function = bare().with_function("f").with_instruction("Halt");
        assert_eq!(function.to_string(), "f, instruction 3: Halt");
        assert_eq!(function.details(), "f: Halt");
        let file = bare().with_source("a.x").with_function("f");
        assert_eq!(file.details(), "a.x in f");
        let text = bare().with_instruction("Halt");
        assert_eq!(text.details(), "Halt");
        assert!(text.is_known());
    }
}
