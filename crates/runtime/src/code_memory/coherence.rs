#![allow(
    unsafe_code,
    reason = "cache maintenance instructions, and the jump that proves they worked"
)]
//! Making written code visible to instruction fetch, on this core and on others.
//!
//! x86-64 needs nothing: its instruction caches snoop writes by physical address. aarch64 needs, in
//! this order: the data lines cleaned to the point of unification (through either view: data caches
//! behave as physically tagged), the instruction lines invalidated *by the address that executes*,
//! and then a context synchronisation on every core that will run the code. Kernel and compiler
//! helpers that only invalidate are not enough with two views: nothing else cleans the lines that
//! were written through the other address.
//!
//! # Safety argument
//! The instructions used change no register the compiler relies on and no memory; they fault only on
//! addresses that are not mapped for reading, and the callers pass ranges of a live
//! [`Mapping`](super::mapping::Mapping).

use rustix::thread::MembarrierCommand;
use std::sync::OnceLock;

/// Makes the `len` bytes written at `written` fetchable at `executed` by this core.
#[cfg(target_arch = "aarch64")]
pub(super) fn publish(written: usize, executed: usize, len: usize) {
    use std::arch::asm;

    let cache_type: u64;
    // SAFETY: reading CTR_EL0 is allowed to user code by every Linux kernel (trapped and emulated
    // where cores differ).
    unsafe { asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack)) };
    // IDC and DIC say that cleaning or invalidating is not needed; the barriers still are.
    let (data_coherent, code_coherent) = (cache_type >> 28 & 1 == 1, cache_type >> 29 & 1 == 1);
    let data_line = 4usize << (cache_type >> 16 & 15);
    let code_line = 4usize << (cache_type & 15);
    if !data_coherent {
        for line in lines(written, len, data_line) {
            // SAFETY: the line holds bytes of a live mapping, readable in both views.
            unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack)) };
        }
    }
    // SAFETY: a barrier.
    unsafe { asm!("dsb ish", options(nostack)) };
    if !code_coherent {
        for line in lines(executed, len, code_line) {
            // SAFETY: the line holds bytes of a live mapping, readable in both views.
            unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack)) };
        }
    }
    // SAFETY: barriers.
    unsafe { asm!("dsb ish", "isb", options(nostack)) };
}

#[cfg(target_arch = "aarch64")]
fn lines(start: usize, len: usize, line: usize) -> impl Iterator<Item = usize> {
    (start & !(line - 1)..start + len).step_by(line)
}

/// Makes the `len` bytes written at `written` fetchable at `executed` by this core.
#[cfg(not(target_arch = "aarch64"))]
pub(super) fn publish(_written: usize, _executed: usize, _len: usize) {}

/// Makes every core forget what it fetched before: for code published on another thread.
///
/// Cheap where it is not needed; a system call on aarch64.
pub(super) fn synchronise() {
    if !cfg!(target_arch = "aarch64") {
        return;
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a barrier.
    unsafe {
        std::arch::asm!("isb", options(nostack));
    }
    // The other threads of this process, which may have fetched old bytes of a reused slot.
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = *REGISTERED.get_or_init(|| {
        let command = MembarrierCommand::RegisterPrivateExpeditedSyncCore;
        rustix::thread::membarrier(command).is_ok()
    });
    if registered {
        let all = rustix::thread::membarrier(MembarrierCommand::PrivateExpeditedSyncCore);
        debug_assert!(all.is_ok(), "the command was registered");
    }
}

/// Machine code of a function that returns `value`, where it is known by hand.
pub(super) fn constant(value: u16) -> Option<Vec<u8>> {
    if cfg!(target_arch = "x86_64") {
        // mov eax, value; ret
        let [low, high] = value.to_le_bytes();
        Some(vec![0xb8, low, high, 0, 0, 0xc3])
    } else if cfg!(target_arch = "aarch64") {
        // movz w0, #value; ret
        let set = 0x5280_0000_u32 | u32::from(value) << 5;
        let mut bytes = set.to_le_bytes().to_vec();
        bytes.extend(0xd65f_03c0_u32.to_le_bytes());
        Some(bytes)
    } else {
        None
    }
}

/// Runs what [`constant`] made.
///
/// # Safety
/// `entry` must be where bytes of [`constant`] were published, and stay so meanwhile. That other,
/// older bytes of [`constant`] run in their place is allowed: it is what the probe looks for.
pub(super) unsafe fn run_constant(entry: *const u8) -> u32 {
    // SAFETY: the caller gives the address of a function of this type.
    unsafe {
        let function: extern "C" fn() -> u32 = std::mem::transmute(entry);
        function()
    }
}
