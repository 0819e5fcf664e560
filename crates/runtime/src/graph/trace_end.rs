//! How a trace ends.

use offramp_uop::{ExitId, Op, Pc, Trace};

/// Whether `trace` ends with `exit`, having executed all of its instructions.
pub(super) fn ends_with(trace: &Trace, exit: ExitId) -> bool {
    let ends = |op| matches!(op, Op::Exit | Op::ExitDynamic);
    let last = trace.uops.iter().rev().find(|uop| ends(uop.op));
    last.is_some_and(|uop| uop.exit == Some(exit))
}

/// The exit that a trace ends with, if it neither loops nor returns.
pub(super) fn last_exit(trace: &Trace) -> Option<ExitId> {
    trace.uops.iter().rev().find(|uop| uop.op == Op::Exit)?.exit
}

/// The instruction that the trace's last exit leads to.
pub(super) fn end_of(trace: &Trace) -> Option<Pc> {
    Some(trace.exit(last_exit(trace)?).target)
}
