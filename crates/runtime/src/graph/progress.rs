//! Which exits are early, and which are quiet: what keeps cycles of executors getting on and
//! interruptible.
//!
//! An exit is *early* if an entry reaches it without an instruction having committed.
//!
//! An early exit leads back to the instruction the executor was entered at. Linked carelessly, it
//! makes a cycle that runs for ever and does nothing (an executor whose first guard fails jumping
//! to itself). So the graph links early exits to *younger* executors only; on every cycle some
//! executor is not younger than its predecessor, so some exit on it is not early, and an
//! instruction commits each time round.
//!
//! An exit is *quiet* if an entry reaches it without a poll. It links to a younger executor, or to an
//! entry that polls before anything can lead on from there. By the same argument every cycle
//! contains a poll, and not every side trace needs one.
//!
//! Computed on the trace that runs, after all optimisation: passes may move guards up.

use offramp_uop::evaluate::Entry;
use offramp_uop::{Effect, ExitKind, Imm, Op, Trace};

/// Early and quiet exits of a trace; and whether it gets anywhere and can be interrupted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    early: Vec<bool>,
    quiet: Vec<bool>,
    start_polls: bool,
    header_polls: bool,
    advances: bool,
    loop_polls: bool,
}

impl Progress {
    /// Walks `trace` from its start and from its header.
    ///
    /// An instruction counts as committed where the next one begins (`at`), or at the trace's end
    /// if the end leads elsewhere.
    pub fn of(trace: &Trace) -> Progress {
        let mut progress = Progress {
            early: vec![false; trace.exits.len()],
            quiet: vec![false; trace.exits.len()],
            start_polls: false,
            header_polls: false,
            advances: true,
            loop_polls: true,
        };
        progress.start_polls = progress.walk(trace, 0);
        if let Some(header) = &trace.header {
            progress.header_polls = progress.walk(trace, header.at.index());
        }
        progress
    }

    /// Whether a poll comes before every exit that can lead on.
    fn walk(&mut self, trace: &Trace, from: usize) -> bool {
        let mut begun = 0;
        let mut here = None;
        // How far the base is from the entry's where the instruction began, as its exits say.
        let mut base = None;
        let (mut polled, mut polls_first) = (false, true);
        for (position, uop) in trace.uops.iter().enumerate().skip(from) {
            match (uop.op, uop.imm) {
                (Op::At, Imm::Place(pc)) => {
                    begun += 1;
                    (here, base) = (Some(pc), None);
                }
                (Op::Poll, _) => polled = true,
                (Op::Loop, _) => {
                    self.advances &= begun > 0;
                    let header = trace.header.as_ref().map(|header| header.at.index());
                    let body = &trace.uops[header.unwrap_or(0)..position];
                    self.loop_polls = body.iter().any(|uop| uop.op == Op::Poll);
                    return polls_first;
                }
                _ => {}
            }
            let Some(exit) = uop.exit else { continue };
            let target = trace.exit(exit);
            let ends = uop.op.info().effect == Effect::Leaves;
            let early = if ends {
                // An end that leads to where its own instruction began has not done that one,
                // unless the target is only known at run time, or it is in another frame: a return
                // of a recursive function may lead to itself.
                let undone = here == Some(target.target)
                    && target.kind != ExitKind::Dynamic
                    && base.is_none_or(|base| base == target.base);
                let committed = if undone { begun - 1 } else { begun };
                self.advances &= committed > 0;
                committed == 0
            } else {
                // A guard leads to the start of its instruction; one that meets another
                // header's contract behind the last instruction has left that one behind.
                begun == 0 || begun == 1 && here == Some(target.target)
            };
            base = base.or(Some(target.base));
            self.early[exit.index()] |= early;
            if matches!(target.kind, ExitKind::Side | ExitKind::Dynamic) {
                self.quiet[exit.index()] |= !polled;
                polls_first &= polled;
            }
            if ends {
                break;
            }
        }
        polls_first
    }

    /// Whether the exit with this index is early from some entry.
    pub fn is_early(&self, exit: usize) -> bool {
        self.early.get(exit).copied().unwrap_or(true)
    }

    /// Whether the exit with this index is reached from some entry without a poll.
    pub fn is_quiet(&self, exit: usize) -> bool {
        self.quiet.get(exit).copied().unwrap_or(true)
    }

    /// Whether a poll comes between an entry and every exit that can lead on.
    pub fn polls_first(&self, entry: Entry) -> bool {
        match entry {
            Entry::Start => self.start_polls,
            Entry::Header => self.header_polls,
        }
    }

    /// Whether the trace can be interrupted: if it loops, the loop polls.
    pub fn is_interruptible(&self) -> bool {
        self.loop_polls
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
    fn a_return_to_itself_in_another_frame_advances() {
        let returns_to = |base: i32| {
            move |b: &mut Builder| {
                b.at(4);
                guard(b, 4);
                let caller = b.side_exit(4, base);
                b.leave(caller);
            }
        };
        check(returns_to(-14), &[true, false], true);
        check(returns_to(0), &[true, true], false);
    }

    #[test]
    fn exits_before_the_poll_are_quiet() {
        let mut b = Builder::new("t", 4, Interface::new().into());
        b.at(4);
        guard(&mut b, 4);
        b.header(5, &[]);
        b.at(5);
        let interrupt = b.exit(offramp_uop::ExitState::new(ExitKind::Poll, 5, 0));
        b.poll(interrupt);
        guard(&mut b, 5);
        b.loop_back(&[]);
        let progress = Progress::of(&b.finish());
        assert_eq!(progress.quiet, [true, false, false]);
        assert!(!progress.polls_first(Entry::Start));
        assert!(progress.polls_first(Entry::Header));
        assert!(progress.is_interruptible());
    }

    #[test]
    fn a_loop_without_a_poll_cannot_be_interrupted() {
        let mut b = Builder::new("t", 4, Interface::new().into());
        b.at(4);
        let interrupt = b.exit(offramp_uop::ExitState::new(ExitKind::Poll, 4, 0));
        b.poll(interrupt);
        b.header(4, &[]);
        b.at(4);
        b.loop_back(&[]);
        assert!(!Progress::of(&b.finish()).is_interruptible());
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
