//! [`Hardware`]: the addresses by which compiled code knows a state.
//!
//! Compiled code does not ask a [`State`](crate::evaluate::State), it reads and writes memory. So a
//! state that lets it run makes a promise, and makes it with `unsafe`: no other door leads from
//! safe code into compiled code. This crate follows none of the addresses.
#![allow(
    unsafe_code,
    reason = "declares the constructor by which a host makes its promise"
)]

use std::ops::RangeInclusive;

/// The addresses by which compiled code knows a [`State`](crate::evaluate::State).
#[derive(Clone, Debug)]
pub struct Hardware {
    frame: *mut u64,
    /// The first base and the last.
    bases: (i64, i64),
    interrupt: *const u64,
    direct: Option<usize>,
}

impl Hardware {
    /// A machine whose frame word 0 is at `frame`, on which frames may have these bases (absolute
    /// words, as the state numbers them), and whose interrupt word, non-zero while an interrupt is
    /// pending, is at `interrupt`.
    ///
    /// # Safety
    /// Whoever lets a state return it promises, for every [`State`](crate::evaluate::State) that
    /// does and for as long as a call it was handed to lasts:
    ///
    /// - **Frame words** that traces name from any of the bases are at `frame` plus their index,
    ///   valid for reads and writes, initialised, and used by nothing else while compiled code
    ///   runs. A verified trace names none more than [`MAX_FRAME`](crate::MAX_FRAME) above a base
    ///   that it has shown to be one of these; the first base is to leave room for the link words
    ///   below it. They do not move.
    /// - **Link words** that a trace can read name a window by which the base moves down to
    ///   another of the bases.
    /// - **The interrupt word** is valid for reads.
    /// - **Traces** of the graphs that the state is handed to are sound on it: each heap address
    ///   that a load or store computes behind its guards is valid for that access, each reference
    ///   constant is a reference, `guard_ref`'s condition says that the bits are one, and contracts
    ///   at exits were shown. The verifier cannot know any of that; traces that a recorder made
    ///   with a guard for everything it looked at, and the optimiser improved, have it.
    /// - The state is handed to executor graphs on the library's own back end alone: not to a back end by
    ///   hand, nor to a graph on somebody else's, which could enter code with other values than an exit
    ///   left. So keep the state private: code that gets at it can forward what it returns.
    pub unsafe fn new(
        frame: *mut u64,
        bases: RangeInclusive<i64>,
        interrupt: *const u64,
    ) -> Hardware {
        Hardware {
            frame,
            bases: (*bases.start(), *bases.end()),
            interrupt,
            direct: None,
        }
    }

    /// The same of a state that the entries of [direct](crate::lower::HelperEntry) helpers get the
    /// address of. `owner` names who made the entries; code that calls other entries does not run.
    ///
    /// # Safety
    /// The state is of the type that the entries of `owner` expect.
    #[cfg(feature = "cranelift")]
    pub unsafe fn with_direct_calls(self, owner: usize) -> Hardware {
        Hardware {
            direct: Some(owner),
            ..self
        }
    }

    /// Where frame word 0 is.
    #[inline]
    pub fn frame(&self) -> *mut u64 {
        self.frame
    }

    /// The bases that frames may have.
    #[inline]
    pub fn bases(&self) -> RangeInclusive<i64> {
        self.bases.0..=self.bases.1
    }

    /// Whether a frame may have this base.
    #[inline]
    pub fn has_base(&self, base: i64) -> bool {
        self.bases.0 <= base && base <= self.bases.1
    }

    /// The highest address a frame base may have.
    #[inline]
    pub fn limit(&self) -> *const u64 {
        self.address(self.bases.1)
    }

    /// The address of a frame word.
    #[inline]
    pub fn address(&self, word: i64) -> *mut u64 {
        self.frame.wrapping_offset(word as isize)
    }

    /// Where the interrupt word is.
    #[inline]
    pub fn interrupt(&self) -> *const u64 {
        self.interrupt
    }

    /// Whose direct helpers the state serves.
    #[inline]
    pub fn direct_calls(&self) -> Option<usize> {
        self.direct
    }
}
