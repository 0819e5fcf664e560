//! [`Fault`]: how a run ends that does not come to its end; and [`At`], where one step of it leads.
//!
//! A fault names an instruction, and the stack is as the program left it there: a host may look at the
//! frames, report, and after an interrupt run on. What the program itself calls an error is the
//! host's.

use crate::language::helper::Failure;
use crate::language::program::Program;
use offramp_uop::Pc;
use std::fmt;

/// Where a host with a loop of its own goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At<A> {
    /// At this instruction, in the frame where the stack's base is.
    Resume(Pc),
    /// The program has ended.
    Finished(A),
}

/// Why a run ended without an answer. The stack is as it was at the instruction named.
///
/// `E` is the [error type](Program::Error) of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault<E = Failure> {
    /// An instruction or a helper it called failed.
    #[error("{error} (at instruction {pc})")]
    Failed {
        /// The instruction.
        pc: Pc,
        /// What it failed with; the [source](std::error::Error::source) of this fault.
        #[source]
        error: E,
    },
    /// An [`InterruptHandle`](crate::InterruptHandle) was raised. Running on from here is possible.
    #[error("interrupted at instruction {pc}")]
    Interrupted {
        /// The instruction that comes next.
        pc: Pc,
    },
    /// A run inside another one would have had no room for its frame on the stack. Nothing has run.
    #[error("stack overflow (at instruction {pc})")]
    StackOverflow {
        /// The instruction whose helper asked for the run.
        pc: Pc,
    },
    /// A run inside another one would have had too little native stack
    /// ([`Config::native_stack`](crate::Config::native_stack)). Nothing has run.
    #[error("no run at instruction {pc}: {left} bytes of native stack are left")]
    NativeStack {
        /// The instruction it would have begun with.
        pc: Pc,
        /// Bytes of native stack that were left.
        left: usize,
    },
}

impl<E> Fault<E> {
    /// The instruction that failed or comes next.
    pub fn pc(&self) -> Pc {
        match *self {
            Fault::Failed { pc, .. }
            | Fault::Interrupted { pc }
            | Fault::StackOverflow { pc }
            | Fault::NativeStack { pc, .. } => pc,
        }
    }
}

impl<E: fmt::Display> Fault<E> {
    /// The same sentence as its `Display`, with the program's name for the instruction in place of
    /// its number.
    ///
    /// ```
    /// # use offramp::{Done, Failure, Fault, Machine, Op, Pc, PlaceName, Program, Words};
    /// # struct Lines;
    /// # impl Program for Lines {
    /// #   type Host = ();
    /// #   type Layout = Words;
    /// #   type Answer = ();
    /// #   type Error = Failure;
    /// #   fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
    /// #       m.commit().finish(())
    /// #   }
    /// #   fn name_of(&self, pc: Pc) -> PlaceName {
    /// #       PlaceName::of(pc).with_source("a.x").with_line(3)
    /// #   }
    /// # }
    /// # let program = Lines;
    /// let fault = Fault::Failed { pc: 7, error: Failure("not a table") };
    /// assert_eq!(fault.to_string(), "not a table (at instruction 7)");
    /// assert_eq!(fault.describe(&program), "not a table (at a.x:3, instruction 7)");
    /// ```
    pub fn describe<P: Program<Error = E>>(&self, program: &P) -> String {
        let place = program.name_of(self.pc());
        match self {
            Fault::Failed { error, .. } => format!("{error} (at {place})"),
            Fault::Interrupted { .. } => format!("interrupted at {place}"),
            Fault::StackOverflow { .. } => format!("stack overflow (at {place})"),
            Fault::NativeStack { left, .. } => {
                format!("no run at {place}: {left} bytes of native stack are left")
            }
        }
    }
}
