//! Very large pieces of values that their owners gave back, for the next that asks.
//!
//! They are *spare* until the second collection from then: the operating system clears every page it
//! hands out, which takes longer than a program that fills array after array takes for all the rest.
//! Huge pages are not asked for: they save such a program a tenth, and up to double its time where the
//! system must make room for them first.
//!
//! # Safety argument
//! A piece is here from [`Spares::keep`], whose caller gives it up, until it is taken or released.
#![allow(unsafe_code, reason = "releases memory that has no owner")]

use super::memory::Memory;
use super::piece::{Value, layout};
use std::alloc::dealloc;
use std::cell::RefCell;
use std::ptr::NonNull;

/// The least size of a spare piece, in bytes. Below, allocators keep what they get back.
pub(super) const SPARE: usize = 128 << 10;
/// A growing array takes a spare piece up to so many times the size it asks for.
const GENEROUS: usize = 8;

/// A piece of values without an owner.
#[derive(Debug)]
pub(super) struct Spare {
    pub(super) values: NonNull<Value>,
    pub(super) room: usize,
    /// Whether it was spare at the last collection already.
    aged: bool,
}

/// The spare pieces.
#[derive(Debug, Default)]
pub(super) struct Spares {
    all: RefCell<Vec<Spare>>,
}

impl Spares {
    /// Keeps a piece, or releases it where there is no memory for the list.
    ///
    /// # Safety
    /// It is of at least [`SPARE`] bytes, from the global allocator with the [layout] of so many values,
    /// and is not used again.
    pub(super) unsafe fn keep(&self, values: NonNull<Value>, room: usize) {
        let aged = false;
        let spare = Spare { values, room, aged };
        let mut all = self.all.borrow_mut();
        match all.try_reserve(1) {
            Ok(()) => all.push(spare),
            // SAFETY: it has no owner, and is not kept.
            Err(_) => unsafe { spare.release() },
        }
    }

    /// The smallest one with this room and not far more, its bytes charged.
    pub(super) fn take(&self, memory: &Memory, room: usize) -> Option<Spare> {
        let mut all = self.all.borrow_mut();
        let fitting = all.iter().enumerate();
        let fitting = fitting.filter(|(_, spare)| (room..=GENEROUS * room).contains(&spare.room));
        let (index, spare) = fitting.min_by_key(|(_, spare)| spare.room)?;
        memory.charge(spare.room * size_of::<Value>()).ok()?;
        Some(all.swap_remove(index))
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.all.borrow().len()
    }

    /// To be called once in every collection: releases what has been spare since before the last.
    pub(super) fn age(&self) {
        self.all.borrow_mut().retain_mut(|spare| {
            if spare.aged {
                // SAFETY: it has no owner, and is not kept.
                unsafe { spare.release() };
            }
            !std::mem::replace(&mut spare.aged, true)
        });
    }

    /// Releases all.
    pub(super) fn release(&self) {
        for spare in self.all.take() {
            // SAFETY: it has no owner, and is not kept.
            unsafe { spare.release() };
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        self.release();
    }
}

impl Spare {
    /// # Safety
    /// It has no owner and is not used again.
    unsafe fn release(&self) {
        let layout = layout(self.room * size_of::<Value>());
        // SAFETY: large pieces come from the global allocator with this layout.
        unsafe { dealloc(self.values.as_ptr().cast(), layout) };
    }
}
