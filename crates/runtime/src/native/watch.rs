//! What compiled code tells of itself, for tests: see `offramp_uop::lower::machine::watch`.
#![allow(
    unsafe_code,
    reason = "called by compiled code: the safety argument is that of `run`"
)]

use super::records::Record;
use super::run::Running;
use offramp_uop::lower::Vm;
use offramp_uop::lower::machine::watch;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Called by watched code.
///
/// # Safety
/// Only compiled code calls this, with the context it runs with; `record` is null or one of the
/// running executor's.
pub(super) unsafe extern "C" fn on_watch(
    vm: *mut Vm,
    what: u64,
    argument: u64,
    record: *const Record,
) -> u64 {
    // SAFETY: compiled code runs only below `run`, which set `runtime`; the run's state is used
    // by nobody else while compiled code waits. The record's owner is running, so it exists.
    let (running, state, record) = unsafe {
        let running = &mut *(*vm).runtime.cast::<Running<'_>>();
        let state = &mut *running.state;
        (running, state, record.as_ref())
    };
    if running.panic.is_some() {
        // A test failed: out, by the next guard or poll.
        return u64::from(matches!(what, watch::GUARD | watch::POLL));
    }
    let frame = running.frame;
    let records = running.records;
    let answer = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as above.
        let owner = record.map(|record| (record, unsafe { record.code() }));
        match (what, owner) {
            (watch::PLACE, _) => state.at(argument as u32),
            (watch::GUARD, _) => return state.force_exit(),
            (watch::POLL, _) => return state.poll(),
            (watch::HEADER, Some((_, code))) => {
                // SAFETY: compiled code has just written so many slots.
                let (spill, base) = unsafe { (&(*vm).spill, (*vm).base) };
                let base = (base as i64 - frame as i64) / 8;
                state.at_header(&code.trace, &spill[..argument as usize], base);
            }
            (watch::EXIT, Some((record, code))) => records.leaving(code.executor, record.exit),
            _ => unreachable!("lowering watches nothing else"),
        }
        false
    }));
    match answer {
        Ok(answer) => answer.into(),
        Err(panic) => {
            running.panic = Some(panic);
            u64::from(matches!(what, watch::GUARD | watch::POLL))
        }
    }
}
