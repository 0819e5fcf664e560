//! Real memory at the address where the model machines keep their heap.
//!
//! The models' heaps lie at made-up addresses, and check what is done to them. Compiled code loads
//! and stores by itself, so it runs on a copy in real memory at the same addresses: filled before
//! it runs, read back wherever somebody looks.
#![allow(
    unsafe_code,
    reason = "maps memory at a fixed address; compiled code uses it: see the safety argument"
)]
//!
//! # Safety argument
//! The range is mapped once, where nothing was mapped before, and never unmapped. Rust code reaches
//! it only through an [`Arena`], of which there is at most one at a time; compiled code only while
//! the thread that holds the arena waits for it. All accesses are plain copies of initialised
//! bytes: fresh pages are zero.

use offramp_uop::testing::heap::BASE;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of the range.
pub const SIZE: usize = 1 << 16;

static MAPPED: Mutex<bool> = Mutex::new(false);

/// The range, for as long as this is held.
#[derive(Debug)]
pub struct Arena {
    _mapped: MutexGuard<'static, bool>,
}

impl Arena {
    /// Waits until nobody else uses the range.
    ///
    /// # Panics
    /// If something else lies there.
    pub fn take() -> Arena {
        // A test that failed while it held the arena left nothing that matters in it.
        let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
        if !*mapped {
            let (read, write) = (ProtFlags::READ, ProtFlags::WRITE);
            let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
            let wanted = BASE as *mut c_void;
            // SAFETY: the kernel refuses if anything is mapped there.
            let found = unsafe { mmap_anonymous(wanted, SIZE, read | write, flags) };
            // A kernel that does not know the flag takes the address as a hint.
            assert_eq!(found, Ok(wanted), "the model heap's address is taken");
            *mapped = true;
        }
        Arena { _mapped: mapped }
    }

    /// The eight bytes at `offset`.
    ///
    /// # Panics
    /// If the range ends before.
    pub fn word(&self, offset: usize) -> u64 {
        assert!(
            offset <= SIZE - 8 && offset.is_multiple_of(8),
            "{offset:#x}"
        );
        // SAFETY: the module's argument.
        unsafe { *(BASE as *const u64).byte_add(offset) }
    }

    /// Writes the eight bytes at `offset`.
    ///
    /// # Panics
    /// If the range ends before.
    pub fn set_word(&mut self, offset: usize, bits: u64) {
        assert!(
            offset <= SIZE - 8 && offset.is_multiple_of(8),
            "{offset:#x}"
        );
        // SAFETY: the module's argument.
        unsafe { *(BASE as *mut u64).byte_add(offset) = bits }
    }

    /// Puts `bytes` at the range's beginning.
    ///
    /// # Panics
    /// If there are too many.
    pub fn fill(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= SIZE, "{} bytes of heap", bytes.len());
        // SAFETY: the module's argument; `&mut self` is the only way in.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), BASE as *mut u8, bytes.len()) }
    }

    /// The first `len` bytes.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn bytes(&self, len: usize) -> Vec<u8> {
        assert!(len <= SIZE, "{len} bytes of heap");
        let mut bytes = vec![0; len];
        // SAFETY: the module's argument.
        unsafe { std::ptr::copy_nonoverlapping(BASE as *const u8, bytes.as_mut_ptr(), len) }
        bytes
    }
}
