//! The machine contract: what compiled code and the runtime agree on in memory.
//!
//! Compiled code keeps a pointer to one [`Vm`] in the pinned register (r15 on x86-64, x21 on
//! aarch64) for as long as it runs. The exit record it was reached through and the frame base lie
//! there. The values an executor is entered with travel in arguments, up to [`INT_ARGS`] integers
//! and [`FLOAT_ARGS`] doubles: all that Cranelift's tail calls pass in registers. What does not
//! fit lies in [`Vm::spill`], which is valid only between an exit and its target's prologue.
//!
//! Layout only: the runtime owns the memory and keeps the promises; nothing here is unsafe.

use crate::id::{ExitId, Pc};
use std::sync::atomic::AtomicPtr;

/// Integer or reference values that travel in registers.
pub const INT_ARGS: usize = 6;
/// Doubles that travel in registers.
pub const FLOAT_ARGS: usize = 8;
/// Values that travel in memory, at most. More is [`LowerError::TooManyValues`](super::LowerError).
pub const SPILL_SLOTS: usize = 240;
const _: () = assert!(SPILL_SLOTS <= u8::MAX as usize, "a call site counts them");
/// Arguments of one helper call, at most.
pub const CALL_ARGS: usize = 16;

/// What the pinned register points at.
///
/// One per interpreter; nested runs save and restore what they overwrite. What code names most
/// comes first: x86-64 has shorter forms for the first 128 bytes.
#[derive(Debug)]
#[repr(C)]
pub struct Vm {
    /// Address of the interrupt word: non-zero while an interrupt is pending.
    pub interrupt: *const u64,
    /// The highest address a frame base may have.
    pub limit: *const u64,
    /// The record of the last exit taken, if its low half is not 0: the high half is always that of
    /// this context, and exits may write the low half alone.
    pub record: u64,
    /// The frame base that the running executor was entered with.
    pub base: *mut u64,
    /// The high half of this context's address, its low half 0.
    pub high: u64,
    /// Where the call under way is made: a [`CallSite`], for helpers that need to know.
    pub call_site: u64,
    /// Instructions of the program that compiled code has executed since the runtime looked last, in
    /// traces that came to their end and in full rounds of loops; loops without calls count 64 rounds
    /// at a time.
    pub work: u64,
    /// Values beyond the registers.
    pub spill: [u64; SPILL_SLOTS],
    /// The record of the last exit taken, if it has another high half.
    pub far_record: u64,
    /// What the entries of [direct](HelperEntry) helpers work on.
    pub state: *mut u8,
    /// The record of the call's exit, for helpers that may re-enter.
    pub call_record: *const u8,
    /// At which guard or poll from here on to leave, with
    /// [`forced exits`](super::LowerOptions::forced_exits); unused otherwise.
    pub countdown: u64,
    /// Called by the cold-exit function: `(vm)`. Answers the code to go on at, or null to return to
    /// the host.
    pub on_cold_exit: *const u8,
    /// Called for helpers: `(vm, helper, count, record)`, where the count is of arguments and the
    /// record is that of the call's exit or null. Answers a [`status`].
    pub on_call: *const u8,
    /// The runtime's own.
    pub runtime: *mut u8,
    /// A call's result.
    pub result: u64,
    /// The instruction a dynamic exit goes on at.
    pub dynamic_pc: u64,
    /// Where dynamic exits lead: the table's length, then per instruction the address of code that
    /// takes everything from memory. What the table does not hold goes through the exit's record.
    pub onward: AtomicPtr<u64>,
    /// A call's arguments.
    pub args: [u64; CALL_ARGS],
    /// Integer registers, as the cold-exit function found them.
    pub ints: [u64; INT_ARGS],
    /// Float registers, as the cold-exit function found them.
    pub floats: [u64; FLOAT_ARGS],
    /// Called by [watched](super::LowerOptions::watched) code: `(vm, what, argument, record)`,
    /// where what is one of [`watch`]. Answers whether to leave.
    pub on_watch: *const u8,
    /// The record of the last exit taken, as code with a [witness](ExitLayout::witness) writes it.
    pub left_by: u64,
    /// Whether the exit taken failed to make an object: it has come to the cold exit then, whatever its
    /// record leads to, and words that would name an object hold anything.
    pub unmade: u64,
    /// The code of the cold exit.
    pub cold_exit: *const u8,
    /// What [`countdown`](Vm::countdown) begins anew with where it has ended; 0 if it ends once.
    pub period: u64,
}

/// Where a helper is called: three numbers in one word, as each word written costs every call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallSite {
    /// The instruction.
    pub pc: Pc,
    /// Words from [`Vm::base`] to the frame base, of 24 bits.
    pub base: i32,
    /// References the trace needs after the call: so many lie in the first spill slots.
    pub roots: u8,
}

impl CallSite {
    /// The word, if the frame is not too far away.
    pub(super) fn word(self) -> Option<u64> {
        let base = self.base << 8;
        let near = base >> 8 == self.base;
        let high = u64::from(base as u32 | u32::from(self.roots)) << 32;
        near.then_some(high | u64::from(self.pc))
    }

    /// What a word says.
    ///
    /// ```
    /// # use offramp_uop::lower::machine::CallSite;
    /// let site = CallSite::of(0xffff_fe03_0000_0007);
    /// assert_eq!((site.pc, site.base, site.roots), (7, -2, 3));
    /// ```
    pub fn of(word: u64) -> CallSite {
        let high = (word >> 32) as u32;
        CallSite {
            pc: word as u32,
            base: high as i32 >> 8,
            roots: high as u8,
        }
    }
}

/// What watched code tells the runtime.
pub mod watch {
    /// An instruction begins; its place is the argument.
    pub const PLACE: u64 = 0;
    /// A guard holds.
    pub const GUARD: u64 = 1;
    /// A poll. The answer is whether an interrupt is pending.
    pub const POLL: u64 = 2;
    /// Control is at the header; so many values as the argument says lie in the spill slots.
    pub const HEADER: u64 = 3;
    /// An exit is taken: the record's.
    pub const EXIT: u64 = 4;
}

/// What a helper call answers to compiled code.
pub mod status {
    /// It returned; the result is in [`Vm::result`](super::Vm::result).
    pub const VALUE: u64 = 0;
    /// It failed: leave through the call's exit.
    pub const ERROR: u64 = 1;
    /// The program goes on elsewhere: leave through the call's exit.
    pub const TRANSFER: u64 = 2;
}

/// Where a value travels between an exit and its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// The n-th integer argument.
    Int(u8),
    /// The n-th float argument.
    Float(u8),
    /// A slot of [`Vm::spill`].
    Spill(u16),
}

/// Gives values their locations in order: registers of their class first, then spill slots.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    ints: u8,
    floats: u8,
    spilled: u16,
}

impl Locations {
    /// The location of the next value; `float` says which class it is.
    pub fn next(&mut self, float: bool) -> Location {
        let (taken, limit) = match float {
            true => (&mut self.floats, FLOAT_ARGS),
            false => (&mut self.ints, INT_ARGS),
        };
        if usize::from(*taken) < limit {
            *taken += 1;
            return if float {
                Location::Float(*taken - 1)
            } else {
                Location::Int(*taken - 1)
            };
        }
        self.spilled += 1;
        Location::Spill(self.spilled - 1)
    }
}

/// How compiled code calls a helper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HelperEntry {
    /// Through [`Vm::on_call`].
    #[default]
    Dispatched,
    /// By its own function of the host, `extern "C" fn(vm, data, words …)`, whose argument words are
    /// in registers up to [`CALL_WORDS`] and all in [`Vm::args`] if there are more; doubles and
    /// truths are passed as bits. A helper that cannot leave answers its result's bits; one with an
    /// exit, or that an exit may fail to make an object by, answers them and a [`status`], as two words.
    Direct {
        /// The function's address.
        function: u64,
        /// What it is given besides.
        data: u64,
        /// Whether it looks at [`Vm::call_site`] and, if it re-enters, at [`Vm::call_record`]. One that
        /// only reads does not.
        sited: bool,
    },
    /// It is a word of what [`Vm::state`] points at.
    Word {
        /// Its offset.
        offset: u32,
    },
}

/// Argument words that a [direct](HelperEntry::Direct) helper gets in registers.
pub const CALL_WORDS: usize = 4;

/// Where a trace's exit records lie, as compiled code addresses them.
#[derive(Clone, Copy, Debug)]
pub struct ExitLayout {
    /// Address of the record of exit 0.
    pub records: u64,
    /// Bytes from one record to the next.
    pub stride: u32,
    /// Offset, in a record, of the pointer to the code to go on at.
    pub target: u32,
    /// Address of a word that is non-zero while the executor is valid.
    pub valid: u64,
    /// What [`Vm::high`] holds, if that is the high half of all these records' addresses and none
    /// has a low half of 0. Code is smaller then.
    pub high: Option<u64>,
    /// From a record to the word that counts how often its exit is taken, if that is to be counted.
    /// Behind the last exit's words are one for the way from the preamble to the loop and one for
    /// the loop's edge.
    pub count: Option<i64>,
    /// The address of the record of exit 0 once more, if each exit is to write its record's to
    /// [`Vm::left_by`], for the runtime to compare with the one it is named by.
    pub witness: Option<u64>,
}

impl ExitLayout {
    /// How many bytes the record of `exit` lies behind the first.
    pub(super) fn offset(&self, exit: ExitId) -> i64 {
        i64::from(exit.0) * i64::from(self.stride)
    }

    /// The low half of the address of the record `offset` bytes behind the first, if the high half is
    /// [known](ExitLayout::high).
    pub(super) fn low(&self, offset: i64) -> Option<i64> {
        let address = self.records.wrapping_add(offset as u64);
        Some((address & u64::from(u32::MAX)) as i64).filter(|_| self.high.is_some())
    }
}
