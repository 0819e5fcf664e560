//! Makes a failing trace small: drops uops, and with them everything that uses them, for as long
//! as it still fails.

use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::trace::Trace;

/// Candidates tried at most.
const ATTEMPTS: usize = 3000;

/// The smallest trace found for which `fails` holds, from `trace`, for which it does.
pub fn shrink(trace: &Trace, fails: &mut dyn FnMut(&Trace) -> bool) -> Trace {
    let mut best = trace.clone();
    let mut attempts = 0;
    let mut chunk = best.uops.len() / 2;
    while chunk > 0 {
        let mut from = 0;
        let mut progress = false;
        while from < best.uops.len() && attempts < ATTEMPTS {
            let to = (from + chunk).min(best.uops.len());
            if let Some(smaller) = without(&best, from..to) {
                attempts += 1;
                if fails(&smaller) {
                    best = smaller;
                    progress = true;
                    continue;
                }
            }
            from += chunk;
        }
        if chunk > 1 {
            chunk /= 2;
        } else if !progress || attempts >= ATTEMPTS {
            break;
        }
    }
    best
}

/// `trace` without what it can do without in `range`. `None` if that is nothing.
fn without(trace: &Trace, range: std::ops::Range<usize>) -> Option<Trace> {
    let mut dropped = vec![false; trace.uops.len()];
    let header = trace.header.as_ref().map(|header| header.at.index());
    for (value, uop) in trace.iter() {
        let fixed = uop.op.is_terminator()
            || matches!(
                uop.op,
                Op::Start | Op::Header | Op::Param | Op::Invariant | Op::Poll
            )
            // Where a loop may be declined, its first instruction is where that leads.
            || uop.op == Op::At && value.index().checked_sub(1) == header;
        let starved = uop.args.iter().any(|arg| dropped[arg.index()]);
        if fixed && starved {
            return None;
        }
        dropped[value.index()] = !fixed && (starved || range.contains(&value.index()));
    }
    if !dropped.contains(&true) {
        return None;
    }
    let mut moved = Vec::with_capacity(dropped.len());
    let mut kept = 0;
    for &dropped in &dropped {
        moved.push(Value(kept));
        kept += u32::from(!dropped);
    }
    let mut smaller = Trace {
        uops: Vec::new(),
        exits: Vec::new(),
        ..trace.clone()
    };
    for (value, uop) in trace.iter().filter(|(value, _)| !dropped[value.index()]) {
        let mut uop = uop.clone();
        for arg in &mut uop.args {
            *arg = moved[arg.index()];
        }
        if let Some(exit) = uop.exit {
            let state = trace.exit(exit).clone();
            // Recorded exits have nothing pending, so equal states are the same exit.
            let known = smaller.exits.iter().position(|known| *known == state);
            let index = known.unwrap_or_else(|| {
                smaller.exits.push(state);
                smaller.exits.len() - 1
            });
            uop.exit = Some(ExitId(index as u32));
        }
        debug_assert_eq!(moved[value.index()].index(), smaller.uops.len());
        smaller.uops.push(uop);
    }
    if let Some(header) = &mut smaller.header {
        header.at = moved[header.at.index()];
    }
    Some(smaller)
}
