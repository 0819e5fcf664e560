#![allow(
    unsafe_code,
    reason = "registers what the C library calls around a fork"
)]
//! What a forked process may do with the code of its parent.
//!
//! A child comes back from `fork` in the middle of whatever its parent was running, compiled code
//! included, so it needs its parent's code at the same addresses. In toggle mode the pages are
//! private and the kernel copies them. In dual mode parent and child share one memory file:
//!
//! - The parent never again writes where code lay when it forked ([`forks`]). Such slots are
//!   *pinned*: freeing one gives its bytes back only with the whole chunk, whose pages the child
//!   keeps mapped.
//! - The child never writes to its parent's pages. Its memory is of another [`generation`]: code it
//!   publishes goes to an arena of its own, and dropping a slot of its parent's does nothing.
//!
//! A child therefore also never takes a lock that another thread of its parent held at the fork.
//!
//! Only `fork` of the C library is noticed. A child made by a raw `clone` must not run compiled
//! code; `vfork`, `posix_spawn` and [`std::process::Command`] run none before they `exec`.

use super::error::{CodeMemoryError, Step};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// Forks of this process and of those it descends from.
static FORKS: AtomicU32 = AtomicU32::new(0);
/// Forks between this process and the one that first made code memory.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// How often this process has forked: before each fork one more.
pub(super) fn forks() -> u32 {
    FORKS.load(SeqCst)
}

/// Which process this is, among those that were forked from one another.
pub(super) fn generation() -> u32 {
    GENERATION.load(SeqCst)
}

/// From now on forks are noticed.
///
/// # Errors
/// If the C library has no memory to remember that.
pub(super) fn notice() -> Result<(), CodeMemoryError> {
    static REGISTERED: OnceLock<i32> = OnceLock::new();
    let registered = *REGISTERED.get_or_init(|| {
        // SAFETY: both functions only add to an atomic counter, which any thread may do at any
        // time, in a new child, too; they live as long as the process.
        unsafe { libc::pthread_atfork(Some(before_fork), None, Some(in_child)) }
    });
    match registered {
        0 => Ok(()),
        errno => Err(CodeMemoryError::System {
            step: Step::NoticeForks,
            errno,
        }),
    }
}

extern "C" fn before_fork() {
    FORKS.fetch_add(1, SeqCst);
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, SeqCst);
}
