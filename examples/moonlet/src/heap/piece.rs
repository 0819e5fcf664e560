//! Memory behind objects: what the values of tables and functions and the bytes of strings are cut from.
//!
//! A *piece* has one owner, which gives it back with the size it asked for. Pieces up to
//! [`LARGEST`] bytes are cut from chunks and kept in a free list by size, in steps of 16 bytes;
//! chunks are released only where there is no memory left, and with the heap. Larger ones come from the global allocator.
//!
//! What is in them is not known here: [objects](super::owned) see to that, and [very large](super::spare)
//! pieces of values are kept for the next that asks.
//!
//! # Safety argument
//! A piece is handed out to one owner at a time: `take` unlinks it, `give` is unsafe.
#![allow(unsafe_code, reason = "hands out raw memory of one owner each")]

use super::memory::{Memory, OutOfMemory, Source};
use super::pool::POISON;
use super::sanitizer::{disown, own};
use super::spare::Spares;
use crate::value::{NOTHING, Tagged};
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

/// The largest size with a free list.
pub(super) const LARGEST: usize = 256;
const STEP: usize = 16;
/// Fits between two blocks of a [pool](super::pool), which allocators align by leaving gaps.
const CHUNK: usize = (32 << 10) - 64;

/// A value in a piece.
pub type Value = Cell<Tagged>;

struct Free {
    next: Option<NonNull<Free>>,
}

/// Memory that pieces of one size were cut from.
#[derive(Debug)]
struct Chunk {
    start: NonNull<u8>,
    /// The pieces' size, in steps.
    size: usize,
    /// How many of its pieces are free; right in [`Pieces::release`] only.
    free: usize,
}

impl Chunk {
    fn is_idle(&self) -> bool {
        self.free == CHUNK / (self.size * STEP)
    }
}

/// The free lists and what they were cut from.
#[derive(Debug, Default)]
pub struct Pieces {
    free: [Cell<Option<NonNull<Free>>>; LARGEST / STEP + 1],
    /// What is left of the newest chunk of each size: place and pieces.
    rest: [Cell<(usize, usize)>; LARGEST / STEP + 1],
    chunks: RefCell<Vec<Chunk>>,
    /// Chunks that nothing was cut from, for [`Source::Reserve`].
    reserve: RefCell<Vec<NonNull<u8>>>,
    pub(super) spares: Spares,
    poison: Cell<bool>,
}

/// `None` if no address space has so many bytes.
pub(super) fn try_layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, STEP).ok()
}

pub(super) fn layout(bytes: usize) -> Layout {
    try_layout(bytes).expect("the size of a piece")
}

fn fresh(bytes: usize) -> Option<NonNull<u8>> {
    // SAFETY: callers ask for at least one byte.
    NonNull::new(unsafe { alloc(try_layout(bytes)?) })
}

/// The number of the chunk, of those that are sorted by place, that a piece was cut from.
fn chunk_of(chunks: &[Chunk], piece: NonNull<u8>) -> usize {
    chunks.partition_point(|chunk| chunk.start <= piece) - 1
}

/// Calls `visit` with every piece of a free list, which may write to it.
fn each_free(mut first: Option<NonNull<Free>>, mut visit: impl FnMut(NonNull<Free>)) {
    while let Some(piece) = first {
        own(piece.as_ptr(), size_of::<Free>());
        // SAFETY: what is in a free list is unused and begins with a link.
        first = unsafe { piece.as_ref().next };
        visit(piece);
        disown(piece.as_ptr(), size_of::<Free>());
    }
}

impl Pieces {
    /// Whether pieces that are given back are overwritten.
    pub fn set_poison(&self, poison: bool) {
        self.poison.set(poison);
    }

    /// Keeps `count` chunks for [`Source::Reserve`], as far as the system has the memory; whether
    /// they are there.
    pub(super) fn fill_reserve(&self, memory: &Memory, count: usize) -> bool {
        let mut reserve = self.reserve.borrow_mut();
        while reserve.len() < count {
            let chunk = memory.system(CHUNK, || {
                reserve.try_reserve(count).ok()?;
                self.chunks.borrow_mut().try_reserve(count).ok()?;
                fresh(CHUNK)
            });
            let Ok(chunk) = chunk else {
                return false;
            };
            reserve.push(chunk);
        }
        true
    }

    /// A piece of at least this size, not initialised. Its bytes are charged already.
    #[inline]
    pub(super) fn take(
        &self,
        memory: &Memory,
        source: Source,
        bytes: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        if bytes > LARGEST {
            return memory.system(bytes, || fresh(bytes));
        }
        let size = bytes.div_ceil(STEP);
        let list = &self.free[size];
        match list.get() {
            Some(first) => {
                own(first.as_ptr(), size * STEP);
                // SAFETY: what is in the list is unused and begins with a link.
                list.set(unsafe { first.as_ref().next });
                Ok(first.cast())
            }
            None => self.cut(memory, source, size),
        }
    }

    /// A large piece full of zeros, whose bytes are charged already.
    pub(super) fn take_zeroed(
        &self,
        memory: &Memory,
        bytes: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        const { assert!(NOTHING.tag() == 0 && NOTHING.as_int() == 0) };
        // SAFETY: large pieces have at least one byte.
        let ask = || NonNull::new(unsafe { alloc_zeroed(try_layout(bytes)?) });
        memory.system(bytes, ask)
    }

    #[cold]
    fn cut(
        &self,
        memory: &Memory,
        source: Source,
        size: usize,
    ) -> Result<NonNull<u8>, OutOfMemory> {
        let bytes = size * STEP;
        let (mut place, mut left) = self.rest[size].get();
        if left == 0 {
            let mut chunks = self.chunks.borrow_mut();
            let mut reserve = self.reserve.borrow_mut();
            let chunk = memory.system(CHUNK, || {
                chunks.try_reserve(1 + reserve.capacity()).ok()?;
                fresh(CHUNK)
            });
            let chunk = match (chunk, source) {
                (Err(_), Source::Reserve) => {
                    memory.set_drained(true);
                    reserve.pop().ok_or(OutOfMemory)?
                }
                (chunk, _) => chunk?,
            };
            chunks.push(Chunk {
                start: chunk,
                size,
                free: 0,
            });
            disown(chunk.as_ptr(), CHUNK);
            (place, left) = (chunk.as_ptr().expose_provenance(), CHUNK / bytes);
        }
        self.rest[size].set((place + bytes, left - 1));
        let piece = NonNull::new(std::ptr::with_exposed_provenance_mut(place));
        let piece = piece.expect("chunks are not null");
        own(piece.as_ptr(), bytes);
        Ok(piece)
    }

    /// Releases the chunks of which no piece has an owner. Needs no memory for that.
    pub(super) fn release(&self) {
        let mut chunks = self.chunks.borrow_mut();
        chunks.sort_unstable_by_key(|chunk| chunk.start);
        for chunk in &mut *chunks {
            chunk.free = 0;
        }
        for (list, rest) in self.free.iter().zip(&self.rest) {
            let (place, left) = rest.get();
            if let (1.., Some(place)) =
                (left, NonNull::new(std::ptr::without_provenance_mut(place)))
            {
                let last = chunk_of(&chunks, place);
                chunks[last].free += left;
            }
            each_free(list.get(), |piece| {
                let chunk = chunk_of(&chunks, piece.cast());
                chunks[chunk].free += 1;
            });
        }
        for (list, rest) in self.free.iter().zip(&self.rest) {
            let (place, left) = rest.get();
            if let (1.., Some(place)) =
                (left, NonNull::new(std::ptr::without_provenance_mut(place)))
                && chunks[chunk_of(&chunks, place)].is_idle()
            {
                rest.set((0, 0));
            }
            let first = list.take();
            each_free(first, |piece| {
                if !chunks[chunk_of(&chunks, piece.cast())].is_idle() {
                    // SAFETY: the piece is unused, as it was in the list, and its link is known.
                    unsafe { piece.write(Free { next: list.get() }) };
                    list.set(Some(piece));
                }
            });
        }
        chunks.retain(|chunk| {
            if chunk.is_idle() {
                // SAFETY: it has this layout, none of its pieces has an owner, and none is in a list.
                unsafe { dealloc(chunk.start.as_ptr(), layout(CHUNK)) };
            }
            !chunk.is_idle()
        });
    }

    /// # Safety
    /// The piece was taken from here with this size and is not used again.
    pub(super) unsafe fn give(&self, memory: &Memory, piece: NonNull<u8>, bytes: usize) {
        memory.give(bytes);
        // SAFETY: the caller's promise.
        unsafe { self.spoil(piece, bytes) };
        if bytes > LARGEST {
            // SAFETY: such pieces come from `fresh` with this layout.
            return unsafe { dealloc(piece.as_ptr(), layout(bytes)) };
        }
        let list = &self.free[bytes.div_ceil(STEP)];
        let piece = piece.cast::<Free>();
        // SAFETY: a piece has at least 16 bytes, aligned to as many, and nobody uses it.
        unsafe { piece.write(Free { next: list.get() }) };
        list.set(Some(piece));
        disown(piece.as_ptr(), bytes.next_multiple_of(STEP));
    }

    /// Overwrites what an owner gives up, if that is wanted.
    ///
    /// # Safety
    /// The piece has this size and is not used again.
    pub(super) unsafe fn spoil(&self, piece: NonNull<u8>, bytes: usize) {
        if self.poison.get() {
            // SAFETY: the caller's promise.
            unsafe { piece.write_bytes(POISON, bytes) };
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        let chunks = self.chunks.borrow();
        let chunks = chunks.iter().map(|chunk| &chunk.start);
        for chunk in chunks.chain(&*self.reserve.borrow()) {
            // SAFETY: chunks have this layout, and the objects that used them are gone.
            unsafe { dealloc(chunk.as_ptr(), layout(CHUNK)) };
        }
    }
}
