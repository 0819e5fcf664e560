//! [`Program`]: what an embedder writes.

use crate::language::kind::Returns;
use crate::language::layout::Layout;
use crate::language::machine::Machine;
use crate::language::phases::{Done, Op};
use crate::language::stack::{LINK_WORDS, unlink};
use crate::place_name::PlaceName;
use offramp_uop::Pc;
use offramp_uop::optimise::{Caller, Liveness};
use std::fmt;

/// A program of the host's language, each instruction written once.
///
/// `step` may look at the program, which never changes, and at the machine; whatever else it
/// looked at would be baked into traces unseen.
pub trait Program: Sized + 'static {
    /// The host's state: heap, globals, output. Instructions reach it through helpers only.
    type Host: 'static;
    /// How its values look: [`Words`](crate::Words) if they are plain integers and doubles.
    type Layout: Layout;
    /// What it answers: `i64`, `f64`, `()`, [`Tagged`](crate::Tagged) …
    type Answer: Returns;
    /// What an instruction or a helper fails with: an error type of the host's own, or
    /// [`Failure`](crate::Failure), a sentence, for a host that has no more to say.
    ///
    /// It reaches whoever started the run in [`Fault::Failed`](crate::Fault::Failed). The library
    /// moves it and does nothing else with it, so nothing is allocated for it. The collector does
    /// not see it: a reference in it must be a root by other means.
    ///
    /// ```
    /// use offramp::{Config, Done, Engine, Fault, Machine, Op, Pc, Program, Stack, Words};
    ///
    /// #[derive(Debug, PartialEq, thiserror::Error)]
    /// enum Trap {
    ///     #[error("unreachable code was reached")]
    ///     Unreachable,
    ///     #[error("the program ended itself with status {0}")]
    ///     Exit(i32),
    /// }
    ///
    /// struct Exits;
    ///
    /// impl Program for Exits {
    ///     type Host = ();
    ///     type Layout = Words;
    ///     type Answer = ();
    ///     type Error = Trap;
    ///
    ///     fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
    ///         match pc {
    ///             0 => m.commit().fail(Trap::Exit(3)),
    ///             _ => m.commit().fail(Trap::Unreachable),
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = Engine::new(Config::default())?;
    /// let mut interpreter = engine.interpreter(Exits)?;
    /// let ran = interpreter.run(&mut (), &mut Stack::new(16), 0);
    /// assert_eq!(ran, Err(Fault::Failed { pc: 0, error: Trap::Exit(3) }));
    /// # Ok(())
    /// # }
    /// ```
    type Error: std::error::Error + 'static;

    /// Executes the instruction at `pc`.
    ///
    /// Number instructions from 0: tables go by the number. Edges to those beyond four million work, too, but
    /// take a look-up each.
    ///
    /// Mark it `#[inline(always)]`: the interpreter's loop is generic over it, and much of its
    /// speed lies in having one function.
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M>;

    /// Whether the instruction at `pc`, or any that may follow it, may read the value at word `word`
    /// of its frame before one has written it. What the instruction itself reads is live, and so is
    /// what a helper looks up in the frame. Asked for the first word of a value group alone, and the
    /// answer is the group's: a value is live whole or not at all.
    ///
    /// Values that are not live need not be in registers or memory when a trace leaves: exits and the
    /// traces after them get smaller, and more of them agree. Frame memory then keeps what it held
    /// there, so a collector that follows all words finds old references, which must still be
    /// whole. Everything is live unless the program knows better. Where `false` is wrong, the program
    /// reads a value that was there earlier: a wrong result, but a whole value, which a collector that
    /// follows or overwrites all words has kept alive.
    fn is_live(&self, pc: Pc, word: u32) -> bool {
        let _ = (pc, word);
        true
    }

    /// Whether anybody may read the value at word `word` of the frame that the return at `pc` leaves:
    /// results that the caller finds there. Asked as [`is_live`](Program::is_live) is; `true` is
    /// always right.
    fn outlives(&self, pc: Pc, word: u32) -> bool {
        let _ = (pc, word);
        true
    }

    /// What people call the instruction at `pc`, for dumps, events, errors and
    /// [reports](crate::Interpreter::report): its function, line and text, as far as they are
    /// known. The number alone unless the program knows better.
    ///
    /// Asked when something is shown, never while the program runs. `pc` is any place that the
    /// program has named to the library, continuations included; a program that does not know it
    /// returns [`PlaceName::of`].
    ///
    /// ```
    /// # use offramp::{Done, Machine, Op, Pc, PlaceName, Program, Words};
    /// struct Lines(Vec<(u32, &'static str)>);
    ///
    /// impl Program for Lines {
    /// #   type Host = ();
    /// #   type Layout = Words;
    /// #   type Answer = ();
    /// #   type Error = offramp::Failure;
    ///     // …
    /// #   fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
    /// #       m.commit().finish(())
    /// #   }
    ///     fn name_of(&self, pc: Pc) -> PlaceName {
    ///         let name = PlaceName::of(pc);
    ///         match self.0.get(pc as usize) {
    ///             Some((line, text)) => name.with_line(*line).with_instruction(*text),
    ///             None => name,
    ///         }
    ///     }
    /// }
    ///
    /// let program = Lines(vec![(1, "Halt")]);
    /// assert_eq!(program.name_of(0).to_string(), "line 1, instruction 0: Halt");
    /// assert_eq!(program.name_of(9).to_string(), "instruction 9");
    /// ```
    fn name_of(&self, pc: Pc) -> PlaceName {
        PlaceName::of(pc)
    }
}

/// What a program says of its frames, for the optimiser.
pub(crate) struct Frames<'a, P>(pub(crate) &'a P);

impl<P> fmt::Debug for Frames<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Frames")
    }
}

impl<P: Program> Liveness for Frames<'_, P> {
    fn is_live(&self, pc: Pc, word: u32) -> bool {
        self.0.is_live(pc, word)
    }

    fn outlives(&self, pc: Pc, word: u32) -> bool {
        self.0.outlives(pc, word)
    }

    fn caller(&self, below: &dyn Fn(i32) -> Option<i64>) -> Option<Caller> {
        let (pc, window) = unlink(below(-1)?)?;
        Some(Caller {
            pc,
            window: window as u32,
            links: LINK_WORDS as u32,
        })
    }
}
