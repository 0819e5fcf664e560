//! Which exits are early: reachable from an entry without an instruction having committed.
//!
//! An early exit leads back to the instruction the executor was entered at. Linked carelessly, it
//! makes a cycle that runs for ever and does nothing (an executor whose first guard fails jumping
//! to itself). So the graph links early exits to *younger* executors only; on every cycle some
//! executor is not younger than its predecessor, so some exit on it is not early, and an
//! instruction commits each time round.
//!
//! Computed on the trace that runs, after all optimisation: passes may move guards up.

use offramp_uop::{Effect, ExitKind, Imm, Op, Trace};

/// Early exits of a trace, by exit; or the fact that it never gets anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    early: Vec<bool>,
    advances: bool,
}

impl Progress {
    /// Walks `trace` from its start and from its header.
    ///
    /// An instruction counts as committed where the next one begins (`at`), or at the trace's end
    /// if the end leads elsewhere.
    pub fn of(trace: &Trace) -> Progress {
        let mut progress = Progress {
            early: vec![false; trace.exits.len()],
            advances: true,
        };
        progress.walk(trace, 0);
        if let Some(header) = &trace.header {
            progress.walk(trace, header.at.index());
        }
        progress
    }

    fn walk(&mut self, trace: &Trace, from: usize) {
        let mut begun = 0;
        let mut here = None;
        for uop in &trace.uops[from..] {
            match uop.imm {
                Imm::Place(pc) if uop.op == Op::At => {
                    begun += 1;
                    here = Some(pc);
                }
                _ => {}
            }
            if uop.op == Op::Loop {
                self.advances &= begun > 0;
                return;
            }
            let Some(exit) = uop.exit else { continue };
            let target = trace.exit(exit);
            let early = if uop.op.info().effect == Effect::Leaves {
                // An end that leads to where its own instruction began has not done that one,
                // unless the target is only known at run time.
                let undone = here == Some(target.target) && target.kind != ExitKind::Dynamic;
                let committed = if undone { begun - 1 } else { begun };
                self.advances &= committed > 0;
                committed == 0
            } else {
                // A guard leads to the start of its instruction; one that meets another
                // header's contract behind the last instruction has left that one behind.
                begun == 0 || begun == 1 && here == Some(target.target)
            };
            self.early[exit.index()] |= early;
            if uop.op.info().effect == Effect::Leaves {
                return;
            }
        }
    }

    /// Whether the exit with this index is early from some entry.
    pub fn is_early(&self, exit: usize) -> bool {
        self.early.get(exit).copied().unwrap_or(true)
    }

    /// Whether the trace does something before its end.
    pub fn advances(&self) -> bool {
        self.advances
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offramp_uop::{Builder, Interface, Type, Word};

    fn check(build: impl FnOnce(&mut Builder), expected: &[bool], advances: bool) {
        let mut builder = Builder::new("t", 4, Interface::new().into());
        build(&mut builder);
        let progress = Progress::of(&builder.finish());
        assert_eq!(progress.early, expected);
        assert_eq!(progress.advances(), advances);
    }

    fn guard(b: &mut Builder, pc: u32) {
        let exit = b.side_exit(pc, 0);
        let word = b.load_word(Type::I64, Word(0));
        let zero = b.int(0);
        let condition = b.pure(Op::Eq, &[word, zero]);
        b.guard(condition, exit);
    }

    #[test]
    fn guards_of_the_first_instruction_are_early() {
        check(
            |b| {
                b.at(4);
                guard(b, 4);
                b.at(5);
                guard(b, 5);
                let out = b.side_exit(6, 0);
                b.leave(out);
            },
            &[true, false, false],
            true,
        );
    }

    #[test]
    fn in_a_loop_the_header_is_an_entry_too() {
        check(
            |b| {
                b.at(3);
                guard(b, 3);
                b.header(4, &[]);
                b.at(4);
                guard(b, 4);
                b.at(5);
                guard(b, 5);
                b.loop_back(&[]);
            },
            &[true, true, false],
            true,
        );
    }

    #[test]
    fn a_loop_of_no_instruction_does_not_advance() {
        check(
            |b| {
                b.at(4);
                b.header(4, &[]);
                b.loop_back(&[]);
            },
            &[],
            false,
        );
    }

    #[test]
    fn p10_a_trace_that_ends_where_it_began_does_not_advance() {
        check(
            |b| {
                b.at(4);
                guard(b, 4);
                let out = b.side_exit(4, 0);
                b.leave(out);
            },
            &[true, true],
            false,
        );
        check(
            |b| {
                let out = b.side_exit(4, 0);
                b.leave(out);
            },
            &[true],
            false,
        );
    }
}
