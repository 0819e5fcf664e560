//! Memory behind objects: the values of tables and functions, the bytes of strings.
//!
//! A *piece* has one owner, which gives it back with the size it asked for. Pieces up to
//! [`LARGEST`] bytes are cut from chunks and kept in a free list by size, in steps of 16 bytes;
//! chunks are released only with the heap. Larger ones come from the global allocator.
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

use super::pool::POISON;
use super::sanitizer::{disown, own};
use crate::value::{Function, NOTHING, Str, Table, Tagged};
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, handle_alloc_error, realloc};
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

/// The largest size with a free list.
const LARGEST: usize = 256;
const STEP: usize = 16;
const CHUNK: usize = 32 << 10;
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

/// The free lists and what they were cut from.
#[derive(Debug, Default)]
pub struct Pieces {
    free: [Cell<Option<NonNull<Free>>>; LARGEST / STEP + 1],
    /// What is left of the newest chunk of each size: place and pieces.
    rest: [Cell<(usize, usize)>; LARGEST / STEP + 1],
    chunks: RefCell<Vec<NonNull<u8>>>,
    spares: RefCell<Vec<Spare>>,
    bytes: Cell<usize>,
    poison: Cell<bool>,
}

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, STEP).expect("sizes fit an address space")
}

fn fresh(layout: Layout) -> NonNull<u8> {
    // SAFETY: callers ask for at least one byte.
    NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
}

impl Pieces {
    /// Bytes handed out.
    pub fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Whether pieces that are given back are overwritten.
    pub fn set_poison(&self, poison: bool) {
        self.poison.set(poison);
    }

    /// A piece of at least this size, not initialised.
    #[inline]
    fn take(&self, bytes: usize) -> NonNull<u8> {
        self.bytes.set(self.bytes.get() + bytes);
        if bytes > LARGEST {
            return fresh(layout(bytes));
        }
        let size = bytes.div_ceil(STEP);
        let list = &self.free[size];
        match list.get() {
            Some(first) => {
                own(first.as_ptr(), size * STEP);
                // SAFETY: what is in the list is unused and begins with a link.
                list.set(unsafe { first.as_ref().next });
                first.cast()
            }
            None => self.cut(size),
        }
    }

    /// A large piece full of zeros.
    fn take_zeroed(&self, bytes: usize) -> NonNull<u8> {
        const { assert!(NOTHING.tag() == 0 && NOTHING.as_int() == 0) };
        self.bytes.set(self.bytes.get() + bytes);
        let layout = layout(bytes);
        // SAFETY: large pieces have at least one byte.
        NonNull::new(unsafe { alloc_zeroed(layout) }).unwrap_or_else(|| handle_alloc_error(layout))
    }

    fn cut(&self, size: usize) -> NonNull<u8> {
        let bytes = size * STEP;
        let (mut place, mut left) = self.rest[size].get();
        if left == 0 {
            let chunk = fresh(layout(CHUNK));
            self.chunks.borrow_mut().push(chunk);
            disown(chunk.as_ptr(), CHUNK);
            (place, left) = (chunk.as_ptr().expose_provenance(), CHUNK / bytes);
        }
        self.rest[size].set((place + bytes, left - 1));
        let piece = NonNull::new(std::ptr::with_exposed_provenance_mut(place));
        let piece = piece.expect("chunks are not null");
        own(piece.as_ptr(), bytes);
        piece
    }

    /// # Safety
    /// The piece was taken from here with this size and is not used again.
    unsafe fn give(&self, piece: NonNull<u8>, bytes: usize) {
        self.bytes.set(self.bytes.get() - bytes);
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
    unsafe fn values(&self, old: *const Value, used: usize, room: usize) -> *const Value {
        let bytes = room * size_of::<Value>();
        let large = bytes > LARGEST;
        let piece = match large {
            true => self.take_zeroed(bytes),
            false => self.take(bytes),
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
        piece.as_ptr()
    }

    /// A large piece of values with at least this room, what is more than `old` nils; and its room.
    /// The operating system moves large pieces without copying them.
    ///
    /// # Safety
    /// The values were made by [`Pieces::values`] with the room `old`, more than [`LARGEST`] bytes,
    /// and are not used again.
    unsafe fn stretch(
        &self,
        values: *const Value,
        old: usize,
        room: usize,
    ) -> (*const Value, usize) {
        let (moved, room) = match self.take_spare(room) {
            Some(spare) => {
                // SAFETY: a spare piece has no owner and more room than `old`; the rest is the
                // caller's promise.
                unsafe {
                    spare.values.copy_from_nonoverlapping(
                        NonNull::new(values.cast_mut()).expect("pieces are not null"),
                        old,
                    );
                    self.give_values(values, old);
                }
                (spare.values, spare.room)
            }
            None => {
                let (before, bytes) = (old * size_of::<Value>(), room * size_of::<Value>());
                self.bytes.set(self.bytes.get() - before + bytes);
                let after = layout(bytes);
                // SAFETY: large pieces come from the global allocator with this layout; the new
                // size is the size of a layout, and not zero.
                let moved = unsafe { realloc(values.cast_mut().cast(), layout(before), bytes) };
                let moved = NonNull::new(moved).unwrap_or_else(|| handle_alloc_error(after));
                (moved.cast::<Value>(), room)
            }
        };
        for index in old..room {
            // SAFETY: the piece has this room now.
            unsafe { moved.add(index).write(Cell::new(NOTHING)) };
        }
        (moved.as_ptr(), room)
    }

    /// The smallest spare piece with this room and not far more.
    fn take_spare(&self, room: usize) -> Option<Spare> {
        let mut spares = self.spares.borrow_mut();
        let fitting = spares.iter().enumerate();
        let fitting = fitting.filter(|(_, spare)| (room..=GENEROUS * room).contains(&spare.room));
        let (index, _) = fitting.min_by_key(|(_, spare)| spare.room)?;
        let spare = spares.swap_remove(index);
        self.bytes
            .set(self.bytes.get() + spare.room * size_of::<Value>());
        Some(spare)
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

    /// # Safety
    /// The values were made by [`Pieces::values`] with this room and are not used again.
    unsafe fn give_values(&self, values: *const Value, room: usize) {
        let values = NonNull::new(values.cast_mut()).expect("pieces are not null");
        let bytes = room * size_of::<Value>();
        if bytes < SPARE {
            // SAFETY: the caller's promise.
            return unsafe { self.give(values.cast(), bytes) };
        }
        self.bytes.set(self.bytes.get() - bytes);
        if self.poison.get() {
            // SAFETY: the caller gives up the values, which have this room.
            unsafe { values.cast::<u8>().write_bytes(POISON, bytes) };
        }
        let aged = false;
        self.spares.borrow_mut().push(Spare { values, room, aged });
    }

    /// Gives a table room for more items.
    pub(super) fn grow_items(&self, table: &Table, room: usize) {
        let (old, used) = (table.item_room.get() as usize, table.length.get() as usize);
        assert!(old < room && used <= old);
        assert!(room <= u32::MAX as usize, "an array of less than 64 GiB");
        let mut room = room;
        let values = table.items.get();
        // SAFETY: `items` has room for `old` values, of which the used ones are a part. They are a
        // piece unless they are the table's own, and no reference into them is kept anywhere.
        unsafe {
            if old * size_of::<Value>() > LARGEST {
                let (values, more) = self.stretch(values, old, room);
                table.items.set(values);
                room = more;
            } else {
                table.items.set(self.values(values, used, room));
                if old > 1 {
                    self.give_values(values, old);
                }
            }
        }
        table.item_room.set(room as u32);
    }

    /// Gives a table room for more fields.
    pub(super) fn grow_fields(&self, table: &Table, room: usize) {
        let (old, used) = (table.field_room.get() as usize, table.width.get() as usize);
        assert!(old < room && used <= old);
        let values = table.fields.get();
        // SAFETY: as for items; without room there is no piece.
        unsafe {
            table.fields.set(self.values(values, used, room));
            if old > 0 {
                self.give_values(values, old);
            }
        }
        table.field_room.set(room as u32);
    }

    /// Takes a table's fields away.
    pub(super) fn drop_fields(&self, table: &Table) {
        table.width.set(0);
        let room = table.field_room.replace(0) as usize;
        let values = table.fields.replace(NonNull::dangling().as_ptr());
        if room > 0 {
            // SAFETY: the values were the table's, which has none now.
            unsafe { self.give_values(values, room) };
        }
    }

    /// Takes all memory behind a table away.
    pub(super) fn drop_table(&self, table: &Table) {
        self.drop_fields(table);
        table.length.set(1);
        let room = table.item_room.replace(1) as usize;
        let values = table.items.replace(&raw const table.zero);
        if room > 1 {
            // SAFETY: the values were the table's, which has its own now.
            unsafe { self.give_values(values, room) };
        }
    }

    /// A copy of what a function captures.
    pub(super) fn captured(&self, values: &[Tagged]) -> *const Tagged {
        if values.is_empty() {
            return NonNull::dangling().as_ptr();
        }
        let piece = self.take(size_of_val(values)).cast::<Tagged>().as_ptr();
        // SAFETY: the piece is fresh and has this size.
        unsafe { piece.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
        piece
    }

    /// Takes what a function captured away.
    pub(super) fn drop_captured(&self, function: &Function) {
        let count = function.count.replace(0) as usize;
        let values = function.captured.replace(NonNull::dangling().as_ptr());
        if let (1.., Some(values)) = (count, NonNull::new(values.cast_mut())) {
            // SAFETY: the values were the function's, made by `captured` with this count.
            unsafe { self.give(values.cast(), count * size_of::<Tagged>()) };
        }
    }

    /// The bytes of all `parts`, `length` in sum.
    pub(super) fn text(&self, parts: &[&[u8]], length: usize) -> *const u8 {
        if length == 0 {
            return NonNull::dangling().as_ptr();
        }
        let piece = self.take(length);
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
        piece.as_ptr()
    }

    /// Takes a string's bytes away.
    pub(super) fn drop_text(&self, string: &Str) {
        let length = string.length.replace(0) as usize;
        let bytes = string.data.replace(NonNull::dangling().as_ptr());
        if let (1.., Some(bytes)) = (length, NonNull::new(bytes.cast_mut())) {
            // SAFETY: the bytes were the string's, made by `text` with this length.
            unsafe { self.give(bytes, length) };
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
        for &chunk in &*self.chunks.borrow() {
            // SAFETY: chunks have this layout, and the objects that used them are gone.
            unsafe { dealloc(chunk.as_ptr(), layout(CHUNK)) };
        }
    }
}
