//! Memory behind objects: the values of tables and functions, the bytes of strings.
//!
//! A *piece* has one owner, which gives it back with the size it asked for. Pieces up to
//! [`LARGEST`] bytes are cut from chunks and kept in a free list by size, in steps of 16 bytes;
//! chunks are released only where there is no memory left, and with the heap. Larger ones come from the global allocator.
//!
//! Very large pieces of values that were given back are *spare* until the second collection from
//! then: the operating system clears every page it hands out, which takes longer than a program
//! that fills array after array takes for all the rest. Huge pages are not asked for: they save such
//! a program a tenth, and up to double its time where the system must make room for them first.
//!
//! # Safety argument
//! - A piece is handed out to one owner at a time: `take` unlinks it, `give` is unsafe.
//! - Every value of a piece of values is written before it is handed out, up to its whole room, so
//!   an owner may look at any of them.
#![allow(unsafe_code, reason = "hands out raw memory of one owner each")]

use super::memory::{Memory, OutOfMemory, Source};
use super::pool::POISON;
use super::sanitizer::{disown, own};
use crate::value::{Function, NOTHING, Str, Table, Tagged};
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

/// The largest size with a free list.
const LARGEST: usize = 256;
const STEP: usize = 16;
/// Fits between two blocks of a [pool](super::pool), which allocators align by leaving gaps.
const CHUNK: usize = (32 << 10) - 64;
/// The least size of a spare piece. Below, allocators keep what they get back.
const SPARE: usize = 128 << 10;
/// A growing array takes a spare piece up to so many times the size it asks for.
const GENEROUS: usize = 8;

/// A value in a piece.
pub type Value = Cell<Tagged>;

struct Free {
    next: Option<NonNull<Free>>,
}

/// A piece of values without an owner.
#[derive(Debug)]
struct Spare {
    values: NonNull<Value>,
    room: usize,
    /// Whether it was spare at the last collection already.
    aged: bool,
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
    spares: RefCell<Vec<Spare>>,
    poison: Cell<bool>,
}

/// `None` if no address space has so many bytes.
fn try_layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes, STEP).ok()
}

fn layout(bytes: usize) -> Layout {
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

/// A value in memory of its own.
///
/// # Errors
/// If the system has none.
pub(super) fn boxed<T>(memory: &Memory, value: T) -> Result<Box<T>, OutOfMemory> {
    const { assert!(size_of::<T>() > 0) };
    // SAFETY: the layout's size is not zero.
    let ask = || NonNull::new(unsafe { alloc(Layout::new::<T>()) }.cast::<T>());
    let place = memory.system(size_of::<T>(), ask)?;
    // SAFETY: the place was allocated by the global allocator with the layout of `T`, and is written
    // before it becomes a box.
    Ok(unsafe {
        place.write(value);
        Box::from_raw(place.as_ptr())
    })
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
    fn take(
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
    fn take_zeroed(&self, memory: &Memory, bytes: usize) -> Result<NonNull<u8>, OutOfMemory> {
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
    unsafe fn give(&self, memory: &Memory, piece: NonNull<u8>, bytes: usize) {
        memory.give(bytes);
        if self.poison.get() {
            // SAFETY: the caller gives up the piece, which has this size.
            unsafe { piece.write_bytes(POISON, bytes) };
        }
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

    /// A piece of `room` values, at least one: the `used` first of `old`, then nils.
    ///
    /// # Safety
    /// `old` points to at least `used` values, and `used` is at most `room`.
    unsafe fn values(
        &self,
        memory: &Memory,
        (old, used): (*const Value, usize),
        room: usize,
    ) -> Result<*const Value, OutOfMemory> {
        let bytes = room * size_of::<Value>();
        memory.charge(bytes)?;
        // SAFETY: the caller's promise.
        let values = unsafe { self.charged_values(memory, Source::System, (old, used), room) };
        values.inspect_err(|_| memory.give(bytes))
    }

    /// The same where the bytes are charged already.
    ///
    /// # Safety
    /// As for [`values`](Pieces::values).
    #[inline]
    unsafe fn charged_values(
        &self,
        memory: &Memory,
        source: Source,
        (old, used): (*const Value, usize),
        room: usize,
    ) -> Result<*const Value, OutOfMemory> {
        let bytes = room * size_of::<Value>();
        let large = bytes > LARGEST;
        let piece = match large {
            true => self.take_zeroed(memory, bytes)?,
            false => self.take(memory, source, bytes)?,
        };
        let piece = piece.cast::<Value>();
        // Zeros are nils, and the operating system has zeros for nothing.
        let written = if large { room } else { used };
        // SAFETY: the piece is fresh and has this room; the rest is the caller's promise.
        unsafe {
            match used {
                0 => {}
                // A table's first piece: its own key 0, for which no function need be called.
                1 => piece.write(Cell::new((*old).get())),
                _ => piece.as_ptr().copy_from_nonoverlapping(old, used),
            }
            for index in written..room {
                piece.add(index).write(Cell::new(NOTHING));
            }
        }
        Ok(piece.as_ptr())
    }

    /// A large piece of values with at least this room, what is more than `old` nils; and its room.
    /// The operating system moves large pieces without copying them.
    ///
    /// # Safety
    /// The values were made by [`Pieces::values`] with the room `old`, more than [`LARGEST`] bytes,
    /// and are not used again.
    unsafe fn stretch(
        &self,
        memory: &Memory,
        values: *const Value,
        old: usize,
        room: usize,
    ) -> Result<(*const Value, usize), OutOfMemory> {
        let (moved, room) = match self.take_spare(memory, room) {
            Some(spare) => {
                // SAFETY: a spare piece has no owner and more room than `old`; the rest is the
                // caller's promise.
                unsafe {
                    spare.values.copy_from_nonoverlapping(
                        NonNull::new(values.cast_mut()).expect("pieces are not null"),
                        old,
                    );
                    self.give_values(memory, values, old);
                }
                (spare.values, spare.room)
            }
            None => {
                let (before, bytes) = (old * size_of::<Value>(), room * size_of::<Value>());
                memory.charge(bytes - before)?;
                let moved = memory.system(bytes, || {
                    try_layout(bytes)?;
                    // SAFETY: large pieces come from the global allocator with this layout; the
                    // new size is the size of a layout, and not zero.
                    NonNull::new(unsafe {
                        realloc(values.cast_mut().cast(), layout(before), bytes)
                    })
                });
                let moved = moved.inspect_err(|_| memory.give(bytes - before))?;
                (moved.cast::<Value>(), room)
            }
        };
        for index in old..room {
            // SAFETY: the piece has this room now.
            unsafe { moved.add(index).write(Cell::new(NOTHING)) };
        }
        Ok((moved.as_ptr(), room))
    }

    /// The smallest spare piece with this room and not far more.
    fn take_spare(&self, memory: &Memory, room: usize) -> Option<Spare> {
        let mut spares = self.spares.borrow_mut();
        let fitting = spares.iter().enumerate();
        let fitting = fitting.filter(|(_, spare)| (room..=GENEROUS * room).contains(&spare.room));
        let (index, spare) = fitting.min_by_key(|(_, spare)| spare.room)?;
        memory.charge(spare.room * size_of::<Value>()).ok()?;
        Some(spares.swap_remove(index))
    }

    /// How many pieces are spare.
    #[cfg(test)]
    pub(super) fn spare(&self) -> usize {
        self.spares.borrow().len()
    }

    /// To be called once in every collection: releases what has been spare since before the last.
    pub(super) fn age_spares(&self) {
        self.spares.borrow_mut().retain_mut(|spare| {
            if spare.aged {
                // SAFETY: it has no owner, and is not kept.
                unsafe { spare.release() };
            }
            !std::mem::replace(&mut spare.aged, true)
        });
    }

    /// Releases all spare pieces.
    pub(super) fn drop_spares(&self) {
        for spare in self.spares.take() {
            // SAFETY: it has no owner, and is not kept.
            unsafe { spare.release() };
        }
    }

    /// # Safety
    /// The values were made by [`Pieces::values`] with this room and are not used again.
    unsafe fn give_values(&self, memory: &Memory, values: *const Value, room: usize) {
        let values = NonNull::new(values.cast_mut()).expect("pieces are not null");
        let bytes = room * size_of::<Value>();
        if bytes < SPARE {
            // SAFETY: the caller's promise.
            return unsafe { self.give(memory, values.cast(), bytes) };
        }
        memory.give(bytes);
        if self.poison.get() {
            // SAFETY: the caller gives up the values, which have this room.
            unsafe { values.cast::<u8>().write_bytes(POISON, bytes) };
        }
        let aged = false;
        let spare = Spare { values, room, aged };
        let mut spares = self.spares.borrow_mut();
        match spares.try_reserve(1) {
            Ok(()) => spares.push(spare),
            // SAFETY: it has no owner, and is not kept.
            Err(_) => unsafe { spare.release() },
        }
    }

    /// Gives a table that has none room for items, that of key 0 included, and fields, whose bytes are
    /// charged already. What of these it has not got then is given back.
    ///
    /// # Errors
    /// If the system has no memory for them.
    #[inline]
    pub(super) fn first_room(
        &self,
        memory: &Memory,
        source: Source,
        table: &Table,
        (items, fields): (usize, usize),
    ) -> Result<(), OutOfMemory> {
        assert!(table.item_room.get() == 1 && table.field_room.get() == 0);
        let size = |room| room * size_of::<Value>();
        if items > 0 {
            let zero = table.items.get();
            // Arrays have less than 64 GiB.
            let room = u32::try_from(items).map_err(|_| OutOfMemory);
            // SAFETY: a table without a piece of items has its own key 0 there.
            let values =
                room.and_then(|_| unsafe { self.charged_values(memory, source, (zero, 1), items) });
            let values = values.inspect_err(|_| memory.give(size(items) + size(fields)))?;
            table.items.set(values);
            table.item_room.set(items as u32);
        }
        if fields > 0 {
            // SAFETY: nothing is taken over.
            let values =
                unsafe { self.charged_values(memory, source, (table.fields.get(), 0), fields) };
            table
                .fields
                .set(values.inspect_err(|_| memory.give(size(fields)))?);
            table.field_room.set(fields as u32);
        }
        Ok(())
    }

    /// Gives a table room for more items.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(super) fn grow_items(
        &self,
        memory: &Memory,
        table: &Table,
        room: usize,
    ) -> Result<(), OutOfMemory> {
        let (old, used) = (table.item_room.get() as usize, table.length.get() as usize);
        assert!(old < room && used <= old);
        // Arrays have less than 64 GiB.
        u32::try_from(room).map_err(|_| OutOfMemory)?;
        let mut room = room;
        let values = table.items.get();
        // SAFETY: `items` has room for `old` values, of which the used ones are a part. They are a
        // piece unless they are the table's own, and no reference into them is kept anywhere.
        unsafe {
            if old * size_of::<Value>() > LARGEST {
                let (values, more) = self.stretch(memory, values, old, room)?;
                table.items.set(values);
                room = more;
            } else {
                let moved = self.values(memory, (values, used), room)?;
                table.items.set(moved);
                if old > 1 {
                    self.give_values(memory, values, old);
                }
            }
        }
        table.item_room.set(room as u32);
        Ok(())
    }

    /// Gives a table room for more fields.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(super) fn grow_fields(
        &self,
        memory: &Memory,
        table: &Table,
        room: usize,
    ) -> Result<(), OutOfMemory> {
        let (old, used) = (table.field_room.get() as usize, table.width.get() as usize);
        assert!(old < room && used <= old);
        let values = table.fields.get();
        // SAFETY: as for items; without room there is no piece.
        unsafe {
            let moved = self.values(memory, (values, used), room)?;
            table.fields.set(moved);
            if old > 0 {
                self.give_values(memory, values, old);
            }
        }
        table.field_room.set(room as u32);
        Ok(())
    }

    /// Takes a table's fields away.
    pub(super) fn drop_fields(&self, memory: &Memory, table: &Table) {
        table.width.set(0);
        let room = table.field_room.replace(0) as usize;
        let values = table.fields.replace(NonNull::dangling().as_ptr());
        if room > 0 {
            // SAFETY: the values were the table's, which has none now.
            unsafe { self.give_values(memory, values, room) };
        }
    }

    /// Takes all memory behind a table away.
    pub(super) fn drop_table(&self, memory: &Memory, table: &Table) {
        self.drop_fields(memory, table);
        table.length.set(1);
        let room = table.item_room.replace(1) as usize;
        let values = table.items.replace(&raw const table.zero);
        if room > 1 {
            // SAFETY: the values were the table's, which has its own now.
            unsafe { self.give_values(memory, values, room) };
        }
    }

    /// A copy of what a function captures, whose bytes are charged already.
    ///
    /// # Errors
    /// If the system has no memory for it.
    #[inline]
    pub(super) fn captured(
        &self,
        memory: &Memory,
        values: &[Tagged],
    ) -> Result<*const Tagged, OutOfMemory> {
        if values.is_empty() {
            return Ok(NonNull::dangling().as_ptr());
        }
        let piece = self.take(memory, Source::System, size_of_val(values))?;
        let piece = piece.cast::<Tagged>().as_ptr();
        // SAFETY: the piece is fresh and has this size.
        unsafe { piece.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
        Ok(piece)
    }

    /// Takes what a function captured away.
    pub(super) fn drop_captured(&self, memory: &Memory, function: &Function) {
        let count = function.count.replace(0) as usize;
        let values = function.captured.replace(NonNull::dangling().as_ptr());
        if let (1.., Some(values)) = (count, NonNull::new(values.cast_mut())) {
            // SAFETY: the values were the function's, made by `captured` with this count.
            unsafe { self.give(memory, values.cast(), count * size_of::<Tagged>()) };
        }
    }

    /// The bytes of all `parts`, `length` in sum, which are charged already.
    ///
    /// # Errors
    /// If the system has no memory for them.
    #[inline]
    pub(super) fn text(
        &self,
        memory: &Memory,
        parts: &[&[u8]],
        length: usize,
    ) -> Result<*const u8, OutOfMemory> {
        if length == 0 {
            return Ok(NonNull::dangling().as_ptr());
        }
        let piece = self.take(memory, Source::System, length)?;
        let mut at = 0;
        for part in parts {
            assert!(at + part.len() <= length, "the sum of the parts' lengths");
            // SAFETY: checked above; the piece is fresh, so no part lies in it.
            unsafe {
                let place = piece.as_ptr().add(at);
                place.copy_from_nonoverlapping(part.as_ptr(), part.len());
            }
            at += part.len();
        }
        assert!(at == length, "the sum of the parts' lengths");
        Ok(piece.as_ptr())
    }

    /// Takes a string's bytes away.
    pub(super) fn drop_text(&self, memory: &Memory, string: &Str) {
        let length = string.length.replace(0) as usize;
        let bytes = string.data.replace(NonNull::dangling().as_ptr());
        if let (1.., Some(bytes)) = (length, NonNull::new(bytes.cast_mut())) {
            // SAFETY: the bytes were the string's, made by `text` with this length.
            unsafe { self.give(memory, bytes, length) };
        }
    }
}

impl Spare {
    /// # Safety
    /// It has no owner and is not used again.
    unsafe fn release(&self) {
        let layout = layout(self.room * size_of::<Value>());
        // SAFETY: large pieces come from the global allocator with this layout.
        unsafe { dealloc(self.values.as_ptr().cast(), layout) };
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        for spare in &*self.spares.borrow() {
            // SAFETY: it has no owner, and nothing is handed out any more.
            unsafe { spare.release() };
        }
        let chunks = self.chunks.borrow();
        let chunks = chunks.iter().map(|chunk| &chunk.start);
        for chunk in chunks.chain(&*self.reserve.borrow()) {
            // SAFETY: chunks have this layout, and the objects that used them are gone.
            unsafe { dealloc(chunk.as_ptr(), layout(CHUNK)) };
        }
    }
}
