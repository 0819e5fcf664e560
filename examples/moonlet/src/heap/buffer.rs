//! Buffers to put strings together in, which count as memory in use.

use super::Heap;
use super::memory::{self, OutOfMemory};

/// The least a buffer grows to, and the most that is kept for the next one.
const LEAST: usize = 64;
const KEPT: usize = 64 << 10;

/// Bytes on their way to a string. Gives its memory back when it is dropped.
#[derive(Debug)]
pub struct Buffer<'a> {
    heap: &'a Heap,
    /// Its whole capacity counts as used.
    bytes: Vec<u8>,
}

impl<'a> Buffer<'a> {
    #[inline]
    pub(super) fn new(heap: &'a Heap) -> Buffer<'a> {
        let bytes = heap.idle.take();
        Buffer { heap, bytes }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, to change them.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The vector behind it, with room for `more` bytes.
    ///
    /// # Errors
    /// If there is no memory for them.
    #[inline]
    pub fn room(&mut self, more: usize) -> Result<&mut Vec<u8>, OutOfMemory> {
        if self.bytes.capacity() - self.bytes.len() < more {
            self.grow(more)?;
        }
        Ok(&mut self.bytes)
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// If there is no memory for them.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) -> Result<(), OutOfMemory> {
        if self.bytes.capacity() - self.bytes.len() < bytes.len() {
            return self.grow_and_extend(bytes);
        }
        // The vector's own check is the same, which the compiler sees as nothing comes between.
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[cold]
    fn grow_and_extend(&mut self, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.grow(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[cold]
    fn grow(&mut self, more: usize) -> Result<(), OutOfMemory> {
        let needed = self.bytes.len().checked_add(more).ok_or(OutOfMemory)?;
        let comfortable = (self.bytes.capacity() * 2).max(LEAST);
        memory::grow(needed, comfortable, |capacity| self.grow_to(capacity))
    }

    fn grow_to(&mut self, capacity: usize) -> Result<(), OutOfMemory> {
        let memory = &self.heap.memory;
        let before = self.bytes.capacity();
        memory.charge(capacity - before)?;
        let more = capacity - self.bytes.len();
        let grown = memory.system(capacity, || self.bytes.try_reserve_exact(more).ok());
        grown.inspect_err(|_| memory.give(capacity - before))?;
        assert_eq!(
            self.bytes.capacity(),
            capacity,
            "vectors of bytes are exact"
        );
        Ok(())
    }
}

impl Drop for Buffer<'_> {
    #[inline]
    fn drop(&mut self) {
        let mut left = std::mem::take(&mut self.bytes);
        left.clear();
        if left.capacity() <= KEPT {
            left = self.heap.idle.replace(left);
        }
        if left.capacity() > 0 {
            self.heap.memory.give(left.capacity());
        }
    }
}
