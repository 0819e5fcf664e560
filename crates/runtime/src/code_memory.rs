//! Temporary.
#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    missing_docs,
    reason = "temporary"
)]
use crate::graph::CompileError;
#[derive(Debug, Default)]
pub struct CodeMemory;
#[derive(Debug)]
pub struct CodeSlot {
    at: *mut u8,
    len: usize,
    mapped: usize,
}
unsafe impl Send for CodeSlot {}
unsafe impl Sync for CodeSlot {}
impl CodeMemory {
    pub fn publish(&self, bytes: &[u8]) -> Result<CodeSlot, CompileError> {
        let mapped = bytes.len().next_multiple_of(65536);
        unsafe {
            let at = rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                mapped,
                rustix::mm::ProtFlags::READ | rustix::mm::ProtFlags::WRITE,
                rustix::mm::MapFlags::PRIVATE,
            )
            .map_err(|_| CompileError::CodeMemory { bytes: mapped })?;
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), at.cast(), bytes.len());
            rustix::mm::mprotect(
                at,
                mapped,
                rustix::mm::MprotectFlags::READ | rustix::mm::MprotectFlags::EXEC,
            )
            .map_err(|_| CompileError::CodeMemory { bytes: mapped })?;
            Ok(CodeSlot {
                at: at.cast(),
                len: bytes.len(),
                mapped,
            })
        }
    }
}
impl CodeSlot {
    pub fn entry(&self) -> *const u8 {
        self.at
    }
    pub fn len(&self) -> usize {
        self.len
    }
}
impl Drop for CodeSlot {
    fn drop(&mut self) {
        unsafe {
            let _ = rustix::mm::munmap(self.at.cast(), self.mapped);
        }
    }
}
