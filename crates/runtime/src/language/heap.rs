//! Reads and writes of the host's objects by address.
//!
//! # Safety argument
//! The addresses come from two places only. A field's is a [`Reference`] plus an
//! offset that [`object!`](crate::object) took from the type, checked against the field's Rust
//! type; that the reference is of a live object is what `unsafe impl Object` promises. An
//! element's is an array's data pointer plus an index below the length read from the same object
//! in the same phase; that the pointer has that many elements is promised likewise. Mutable
//! memory is behind `Cell`, so no shared reference of the host claims it is frozen.
#![allow(
    unsafe_code,
    reason = "the host's objects are read by address: see the module's safety argument"
)]

use crate::language::layout::{Object, Reference};
use offramp_uop::{Content, Initial, Mem};
use std::ptr::with_exposed_provenance_mut;

/// Reads `mem` at `address`, widened as [`Mem::extend`] says.
///
/// # Safety
/// The bytes are inside a live object and initialised.
#[inline(always)]
pub(crate) unsafe fn read(address: u64, mem: Mem) -> u64 {
    macro_rules! at {
        ($t:ty) => {
            // SAFETY: the caller's promise; fields are aligned by the type they come from.
            unsafe { with_exposed_provenance_mut::<$t>(address as usize).read() }
        };
    }
    match mem {
        Mem::I8 => at!(i8) as u64,
        Mem::U8 => at!(u8) as u64,
        Mem::I16 => at!(i16) as u64,
        Mem::U16 => at!(u16) as u64,
        Mem::I32 => at!(i32) as u64,
        Mem::U32 => at!(u32) as u64,
        Mem::I64 | Mem::F64 | Mem::Ref | Mem::Ptr => at!(u64),
    }
}

/// What a new object does not hold although it is said to; helpers' arguments are `args`.
pub(crate) fn broken_promise<T: Object>(
    object: Reference<T>,
    contents: impl Iterator<Item = Content>,
    args: &[u64],
) -> Option<Content> {
    let mut contents = contents;
    contents.find(|content| {
        let access = content.access;
        let wanted = match content.value {
            Initial::Constant(bits) => Some(bits),
            Initial::Argument(number) => args.get(usize::from(number)).copied(),
        };
        let address = object
            .address()
            .wrapping_add(i64::from(access.offset) as u64);
        // SAFETY: contents are made of the fields and arrays that were declared of `T`.
        Some(unsafe { read(address, access.mem) }) != wanted
    })
}

/// Writes the low bytes of `bits` at `address`.
///
/// # Safety
/// The bytes are inside a live object, in memory behind a `Cell`, and `bits` are a value of it.
#[inline(always)]
pub(crate) unsafe fn write(address: u64, mem: Mem, bits: u64) {
    macro_rules! at {
        ($t:ty) => {
            // SAFETY: the caller's promise; fields are aligned by the type they come from.
            unsafe { with_exposed_provenance_mut::<$t>(address as usize).write(bits as $t) }
        };
    }
    match mem {
        Mem::I8 | Mem::U8 => at!(u8),
        Mem::I16 | Mem::U16 => at!(u16),
        Mem::I32 | Mem::U32 => at!(u32),
        Mem::I64 | Mem::F64 | Mem::Ref | Mem::Ptr => at!(u64),
    }
}
