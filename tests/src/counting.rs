//! An allocator that counts what a thread holds, for tests of what is left behind.
//!
//! Each thread's allocations less its deallocations: what is allocated on one thread and freed on
//! another counts for both, so a test looks at work that stays on its own.
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The allocator; to be a test program's `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static HELD: Cell<Held> = const { Cell::new(Held { pieces: 0, bytes: 0 }) };
}

/// What a thread holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Allocations.
    pub pieces: isize,
    /// Their bytes.
    pub bytes: isize,
}

/// What this thread has allocated and not freed; only where [`Counting`] is the allocator.
pub fn held() -> Held {
    HELD.get()
}

fn count(pieces: isize, bytes: isize) {
    let held = HELD.get();
    HELD.set(Held {
        pieces: held.pieces + pieces,
        bytes: held.bytes + bytes,
    });
}

// SAFETY: all memory is the system allocator's, asked for with what is asked for here. The counts have
// no destructor, so they are there for as long as the thread is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-1, -(layout.size() as isize));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(0, size as isize - layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }
}
