#![allow(unsafe_code, reason = "calls the sanitizer's runtime")]
//! Tells AddressSanitizer which bytes of the heap have no owner, so that an access to them is
//! reported: blocks and chunks are one allocation each, and it knows of those alone.
//!
//! Without `--cfg sanitize_address`, which `cargo xtask sanitize` sets, this is nothing.

#[cfg(sanitize_address)]
unsafe extern "C" {
    fn __asan_poison_memory_region(start: *const u8, bytes: usize);
    fn __asan_unpoison_memory_region(start: *const u8, bytes: usize);
}

/// The bytes have no owner: an access to them is an error from now on.
#[inline(always)]
pub(super) fn disown<T>(start: *const T, bytes: usize) {
    #[cfg(sanitize_address)]
    // SAFETY: the runtime only notes it; any range may be noted.
    unsafe {
        __asan_poison_memory_region(start.cast(), bytes);
    }
    let _ = (start, bytes);
}

/// The bytes are handed out.
#[inline(always)]
pub(super) fn own<T>(start: *const T, bytes: usize) {
    #[cfg(sanitize_address)]
    // SAFETY: as above.
    unsafe {
        __asan_unpoison_memory_region(start.cast(), bytes);
    }
    let _ = (start, bytes);
}
