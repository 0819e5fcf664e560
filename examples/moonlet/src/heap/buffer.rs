//! Buffers to put strings together in, which count as memory in use.

use super::Heap;
use super::memory::{self, OutOfMemory};

/// The least a buffer grows to, and the most that is kept for the next one.
const LEAST: usize = 64;
const KEPT: usize = 64 << 10;

/// Bytes on their way to a string, for who cannot hold on to the heap meanwhile: has to be
/// [released](Bytes::release).
#[derive(Debug, Default)]
#[must_use]
pub struct Bytes {
    /// Its whole capacity counts as used.
    bytes: Vec<u8>,
}

impl Bytes {
    /// None, with the room that an earlier one left.
    #[inline]
    pub fn new(heap: &Heap) -> Bytes {
        let bytes = heap.idle.take();
        Bytes { bytes }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// If there is no memory for them.
    #[inline]
    pub fn extend(&mut self, heap: &Heap, bytes: &[u8]) -> Result<(), OutOfMemory> {
        if self.bytes.capacity() - self.bytes.len() < bytes.len() {
            return self.grow_and_extend(heap, bytes);
        }
        // The vector's own check is the same, which the compiler sees as nothing comes between.
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[cold]
    fn grow_and_extend(&mut self, heap: &Heap, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.grow(heap, bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[cold]
    fn grow(&mut self, heap: &Heap, more: usize) -> Result<(), OutOfMemory> {
        let needed = self.bytes.len().checked_add(more).ok_or(OutOfMemory)?;
        let comfortable = (self.bytes.capacity() * 2).max(LEAST);
        memory::grow(needed, comfortable, |capacity| self.grow_to(heap, capacity))
    }

    fn grow_to(&mut self, heap: &Heap, capacity: usize) -> Result<(), OutOfMemory> {
        let memory = &heap.memory;
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

    /// Gives the memory back.
    #[inline]
    pub fn release(mut self, heap: &Heap) {
        self.give(heap);
    }

    #[inline]
    fn give(&mut self, heap: &Heap) {
        let mut left = std::mem::take(&mut self.bytes);
        left.clear();
        if left.capacity() <= KEPT {
            left = heap.idle.replace(left);
        }
        if left.capacity() > 0 {
            heap.memory.give(left.capacity());
        }
    }
}

/// Bytes on their way to a string. Gives its memory back when it is dropped.
#[derive(Debug)]
pub struct Buffer<'a> {
    heap: &'a Heap,
    all: Bytes,
}

impl<'a> Buffer<'a> {
    #[inline]
    pub(super) fn new(heap: &'a Heap) -> Buffer<'a> {
        let all = Bytes::new(heap);
        Buffer { heap, all }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        self.all.bytes()
    }

    /// The same, to change them.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.all.bytes
    }

    /// The vector behind it, with room for `more` bytes.
    ///
    /// # Errors
    /// If there is no memory for them.
    #[inline]
    pub fn room(&mut self, more: usize) -> Result<&mut Vec<u8>, OutOfMemory> {
        if self.all.bytes.capacity() - self.all.bytes.len() < more {
            self.all.grow(self.heap, more)?;
        }
        Ok(&mut self.all.bytes)
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// If there is no memory for them.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) -> Result<(), OutOfMemory> {
        self.all.extend(self.heap, bytes)
    }
}

impl Drop for Buffer<'_> {
    #[inline]
    fn drop(&mut self) {
        self.all.give(self.heap);
    }
}
