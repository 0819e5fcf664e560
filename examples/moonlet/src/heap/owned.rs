//! What objects keep in [pieces](super::piece): the items and fields of tables, what functions captured,
//! the bytes of strings.
//!
//! # Safety argument
//! - An object that is given a piece is its one owner; it gives it back when it gets another, and when
//!   it is swept.
//! - Every value of a piece of values is written before it is handed out, up to its whole room, so
//!   an owner may look at any of them.
#![allow(
    unsafe_code,
    reason = "fills and gives back raw memory of one owner each"
)]

use super::memory::{Memory, OutOfMemory, Source};
use super::piece::{LARGEST, Pieces, Value, layout, try_layout};
use super::spare::SPARE;
use crate::value::{Function, NOTHING, Str, Table, Tagged};
use std::alloc::{Layout, alloc, realloc};
use std::cell::Cell;
use std::ptr::NonNull;

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
        let (moved, room) = match self.spares.take(memory, room) {
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
        // SAFETY: the caller gives up the values, which have this room; such a piece comes from the
        // global allocator.
        unsafe {
            self.spoil(values.cast(), bytes);
            self.spares.keep(values, room);
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
