//! How many instructions of the program an executor has executed, from counts of its exits and
//! rounds.
//!
//! Exact where each exit is left through from one part of the trace only, before the header or
//! behind it; of an exit of both the later uop decides.

use crate::graph::executor::Executor;
use crate::graph::trace_end::ends_with;
use offramp_uop::{ExitId, ExitKind, Imm, Op, Trace};

/// Instructions in the parts of a trace.
pub(in crate::graph) struct Work {
    /// Per exit: instructions done since the part it is in began.
    at_exit: Vec<u64>,
    /// From the start to the header, or to the end without one.
    before: u64,
    /// From the header to its loop edge.
    round: u64,
}

impl Work {
    pub(in crate::graph) fn of(trace: &Trace) -> Work {
        let header = trace.header.as_ref().map(|header| header.at);
        let mut at_exit = vec![0; trace.exits.len()];
        let mut begun = 0;
        let mut before = 0;
        let mut here = None;
        for (at, uop) in trace.iter() {
            if Some(at) == header {
                before = begun;
                (begun, here) = (0, None);
            }
            if let (Op::At, Imm::Place(pc)) = (uop.op, uop.imm) {
                begun += 1;
                here = Some(pc);
            }
            let Some(exit) = uop.exit else { continue };
            let state = trace.exit(exit);
            // A guard leads back to where its instruction began, which is not done then. An
            // instruction that failed is: it is not done again. An end comes after its last.
            let guards = !matches!(uop.op, Op::Exit | Op::ExitDynamic);
            let undone = matches!(
                state.kind,
                ExitKind::Side | ExitKind::Deopt | ExitKind::Poll
            );
            let back = guards && undone && here == Some(state.target);
            at_exit[exit.index()] = begun - u64::from(back);
        }
        let (before, round) = match header {
            Some(_) => (before, begun),
            None => (begun, 0),
        };
        Work {
            at_exit,
            before,
            round,
        }
    }
}

impl Work {
    /// Instructions of this part that `trace` has not counted when it is left at `exit`.
    pub(in crate::graph) fn done_at(&self, trace: &Trace, exit: ExitId) -> u32 {
        match ends_with(trace, exit) {
            true => 0,
            false => u32::try_from(self.at_exit[exit.index()]).unwrap_or(u32::MAX),
        }
    }
}

/// Per exit of `trace`: instructions that are not counted when it is left there.
#[cfg(feature = "native")]
pub(crate) fn done_at_exits(trace: &Trace) -> impl Iterator<Item = u32> + '_ {
    let work = Work::of(trace);
    let exits = 0..trace.exits.len() as u32;
    exits.map(move |exit| work.done_at(trace, ExitId(exit)))
}

/// Instructions that `executor` has executed while everything was counted.
pub(super) fn done(executor: &Executor) -> u64 {
    let work = Work::of(&executor.trace);
    let left = (0..executor.exits.len()).map(|exit| taken(executor, exit) * work.at_exit[exit]);
    let rounds = executor.code.rounds().unwrap_or_default();
    left.sum::<u64>() + rounds.into_loop * work.before + rounds.back * work.round
}

/// How often an exit was taken, linked or not, while that was counted.
pub(super) fn taken(executor: &Executor, exit: usize) -> u64 {
    let counted = executor.code.taken(ExitId(exit as u32));
    counted.unwrap_or(executor.exits[exit].taken)
}

/// How often it was run: each run ends with an exit.
pub(super) fn runs(executor: &Executor) -> u64 {
    (0..executor.exits.len())
        .map(|exit| taken(executor, exit))
        .sum()
}
