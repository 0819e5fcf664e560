#![allow(
    unsafe_code,
    reason = "mapping, protecting and writing pages that hold code"
)]
//! Pages that hold code, and the only place that maps, protects or writes them.
//!
//! # Safety argument
//! A [`Mapping`] owns the address ranges it mapped: the kernel chose them (no fixed addresses), no
//! reference to their bytes ever exists, and they are unmapped once, by drop. Its methods are safe
//! because
//! - every offset is checked against the length, so nothing outside the mapping is touched;
//! - bytes are written only where the pages are writable now: always in the writable view of a dual
//!   mapping, inside the opened range of a single one;
//! - no page is ever writable and executable by one address: [`Access`] has no such value.
//!
//! What they cannot know is who executes the bytes. That is the duty of whoever *jumps* to code: not
//! to be inside a slot that is written, freed, or whose pages are opened. See [`super::CodeSlot`].

use super::error::{CodeMemoryError, Step};
use super::fork;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::Errno;
use rustix::mm::{self, Advice, MapFlags, MprotectFlags, ProtFlags};
use std::ffi::c_void;
use std::ops::Range;
use std::ptr::{self, NonNull};

/// What pages of a single mapping may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Reading and writing.
    Write,
    /// Reading and executing.
    Execute,
}

/// One range of addresses, unmapped on drop.
#[derive(Debug)]
struct View {
    start: NonNull<u8>,
    len: usize,
    /// The only process that has the view, if its children do not.
    only: Option<u32>,
}

// SAFETY: a view is an address range that belongs to no thread; the kernel's calls on it are thread
// safe, and writes need `&mut`.
unsafe impl Send for View {}
// SAFETY: as above; through `&View` only the address is read.
unsafe impl Sync for View {}

impl View {
    fn new(
        len: usize,
        map: impl FnOnce(*mut c_void) -> rustix::io::Result<*mut c_void>,
    ) -> Result<View, CodeMemoryError> {
        let start = map(ptr::null_mut()).map_err(|errno| system(Step::Map, errno))?;
        let start = NonNull::new(start.cast()).ok_or_else(|| system(Step::Map, Errno::NOMEM))?;
        Ok(View {
            start,
            len,
            only: None,
        })
    }

    /// A forked child shares the pages of a memory file: what it wrote would overwrite its parent's
    /// code. So it does not get the view that is written.
    fn keep_from_fork(&mut self) -> Result<(), CodeMemoryError> {
        // SAFETY: the range is this view's own, and the advice changes nothing in this process.
        unsafe { mm::madvise(self.start.as_ptr().cast(), self.len, Advice::LinuxDontFork) }
            .map_err(|errno| system(Step::KeepFromFork, errno))?;
        self.only = Some(fork::generation());
        Ok(())
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // In a child that did not get the view its addresses may be anything's.
        if self.only.is_some_and(|only| only != fork::generation()) {
            return;
        }
        // SAFETY: the range was mapped by `View::new` and is unmapped only here. That nobody runs
        // code in it holds because the arena drops a mapping only when no slot is left in it.
        let unmapped = unsafe { mm::munmap(self.start.as_ptr().cast(), self.len) };
        if let Err(errno) = unmapped {
            tracing::error!(%errno, len = self.len, "code pages could not be unmapped");
        }
    }
}

/// Pages that hold code.
#[derive(Debug)]
pub(super) struct Mapping {
    /// Where code runs; in a single mapping also where it is written.
    execute: View,
    /// Where code is written, in a dual mapping.
    write: Option<View>,
    /// The bytes of a single mapping whose pages are writable now.
    open: Range<usize>,
}

impl Mapping {
    /// Two views of one memory file: one to write, one to execute.
    pub(super) fn dual(len: usize) -> Result<Mapping, CodeMemoryError> {
        // Kernels before 6.3 do not know the flag; later ones may be told to refuse without it.
        let file = match memfd_create("offramp-code", MemfdFlags::CLOEXEC | MemfdFlags::EXEC) {
            Err(Errno::INVAL) => memfd_create("offramp-code", MemfdFlags::CLOEXEC),
            other => other,
        };
        let file = file.map_err(|errno| system(Step::MemoryFile, errno))?;
        ftruncate(&file, len as u64).map_err(|errno| system(Step::MemoryFile, errno))?;
        let view = |access: ProtFlags| {
            View::new(len, |anywhere| {
                let access = ProtFlags::READ | access;
                // SAFETY: a null hint without MAP_FIXED replaces no mapping.
                unsafe { mm::mmap(anywhere, len, access, MapFlags::SHARED, &file, 0) }
            })
        };
        let (execute, mut write) = (view(ProtFlags::EXEC)?, view(ProtFlags::WRITE)?);
        write.keep_from_fork()?;
        Ok(Mapping {
            execute,
            write: Some(write),
            open: 0..0,
        })
    }

    /// One view, executable until it is opened.
    pub(super) fn single(len: usize) -> Result<Mapping, CodeMemoryError> {
        let execute = View::new(len, |anywhere| {
            let access = ProtFlags::READ | ProtFlags::EXEC;
            // SAFETY: a null hint without MAP_FIXED replaces no mapping.
            unsafe { mm::mmap_anonymous(anywhere, len, access, MapFlags::PRIVATE) }
        })?;
        Ok(Mapping {
            execute,
            write: None,
            open: 0..0,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.execute.len
    }

    /// The address at which the byte at `offset` executes.
    pub(super) fn address(&self, offset: usize) -> usize {
        assert!(offset < self.len(), "an offset lies inside its mapping");
        self.execute.start.as_ptr().expose_provenance() + offset
    }

    /// Gives the pages of a single mapping another use. `range` is in whole pages.
    pub(super) fn protect(
        &mut self,
        range: Range<usize>,
        access: Access,
    ) -> Result<(), CodeMemoryError> {
        assert!(
            self.write.is_none(),
            "the views of a dual mapping are fixed"
        );
        assert!(range.start < range.end && range.end <= self.len());
        let flags = match access {
            Access::Write => MprotectFlags::READ | MprotectFlags::WRITE,
            Access::Execute => MprotectFlags::READ | MprotectFlags::EXEC,
        };
        // SAFETY: the range lies inside this mapping's own view. Taking the right to execute away
        // is sound only while no thread executes these pages: see the head of this file.
        unsafe {
            let start = self.execute.start.add(range.start);
            mm::mprotect(start.as_ptr().cast(), range.len(), flags)
        }
        .map_err(|errno| system(Step::Protect, errno))?;
        self.open = match access {
            Access::Write => range,
            Access::Execute => 0..0,
        };
        Ok(())
    }

    /// Writes code and makes it visible to instruction fetch on this core.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset.checked_add(bytes.len());
        let end = end.filter(|&end| end <= self.len());
        let end = end.expect("code lies inside its mapping");
        let target = match &self.write {
            Some(view) => view.start,
            None => {
                assert!(
                    self.open.start <= offset && end <= self.open.end,
                    "a single mapping is written only where it is open"
                );
                self.execute.start
            }
        };
        // SAFETY: `offset..end` lies inside the view (checked above), whose pages are writable: a
        // dual mapping's writable view always, a single mapping's inside `open`. `bytes` cannot
        // overlap, as no reference into the view exists.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), target.add(offset).as_ptr(), bytes.len());
        }
    }

    /// The bytes of `range` as they were written and as they execute, for cache maintenance.
    pub(super) fn lines(&self, range: Range<usize>) -> (usize, usize) {
        assert!(range.start <= range.end && range.end <= self.len());
        let written = self.write.as_ref().unwrap_or(&self.execute);
        let address = |view: &View| view.start.as_ptr().expose_provenance() + range.start;
        (address(written), address(&self.execute))
    }
}

/// The error of a refused step.
pub(super) fn system(step: Step, errno: Errno) -> CodeMemoryError {
    CodeMemoryError::System {
        step,
        errno: errno.raw_os_error(),
    }
}
