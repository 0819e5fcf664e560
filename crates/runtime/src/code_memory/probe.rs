//! Whether a mode works here, found out by doing what it will be used for.
//!
//! Mapping memory can be refused, and emulators can run *stale* code: qemu-aarch64 7.2 translates
//! what it first executes and does not notice writes through another view, whatever is done about
//! caches. The first run of a slot is always right, so only reuse shows it.

use super::arena::Arena;
use super::coherence::{constant, run_constant};
use super::fault::{Fault, Faults};
use super::{CodeMemoryError, Mode, Owner};

/// Slots reused by the probe.
const ROUNDS: u16 = 4;

/// Publishes, runs, frees, reuses and runs again.
///
/// # Errors
/// Whatever publishing met, or [`CodeMemoryError::Unusable`] if other code ran than was published.
#[expect(unsafe_code, reason = "runs the code it has just published")]
pub(super) fn probe(mode: Mode, faults: &Faults) -> Result<(), CodeMemoryError> {
    // A cap of its own: whether the mode works does not depend on how much may be used.
    let mut arena = Arena::new(mode, usize::MAX, faults.clone());
    for value in 1..=ROUNDS {
        let Some(code) = constant(value) else {
            // No code is known by hand, so nothing is known about reuse; toggling is the safe way.
            return match mode {
                Mode::Dual => Err(CodeMemoryError::Unusable(mode)),
                Mode::Toggle => Ok(()),
            };
        };
        let places = arena.install(Owner::SHARED, &[&code])?;
        let entry = std::ptr::with_exposed_provenance(arena.address(places[0]));
        // SAFETY: the slot was just written with this code and is freed below; the older bytes of a
        // reused slot were made by `constant` too.
        let answer = unsafe { run_constant(entry) };
        arena.free(places[0]);
        // Asked in every round, so that a fault meant for this mode is not left to the next.
        let stale = faults.trips(Fault::Reuse);
        if stale || answer != u32::from(value) {
            return Err(CodeMemoryError::Unusable(mode));
        }
    }
    Ok(())
}
