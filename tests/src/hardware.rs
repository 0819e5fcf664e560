//! Words of a suite's machine, as compiled code meets them.
#![allow(
    unsafe_code,
    reason = "lets compiled code use a suite's own words: see the safety argument"
)]
//!
//! # Safety argument
//! Suites enter compiled code only by traces they have made themselves, whose words are checked
//! here to be the machine's as far as bases are concerned, whose link words are of frames on the
//! machine, and whose heap addresses, where they have any, are in an arena that is mapped for as
//! long as the process lives.

use offramp_uop::evaluate::Hardware;
use std::ops::RangeInclusive;

/// A machine whose frame word 0 is `words[zero]`.
///
/// # Panics
/// If one of the bases is none of the words.
pub fn hardware(
    words: &mut [u64],
    zero: usize,
    bases: RangeInclusive<i64>,
    interrupt: &u64,
) -> Hardware {
    let inside = |base: i64| usize::try_from(zero as i64 + base).is_ok_and(|at| at < words.len());
    assert!(
        inside(*bases.start()) && inside(*bases.end()),
        "a base outside the words"
    );
    let frame = words.as_mut_ptr().wrapping_add(zero);
    // SAFETY: see the module's safety argument; the words and the interrupt word live as long as
    // the state that is being asked.
    unsafe { Hardware::new(frame, bases, interrupt) }
}
