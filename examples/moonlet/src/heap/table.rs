//! Tables as the library and the interpreter's slow paths see them. Nothing here knows metatables.
//!
//! What changes a table asks for all the memory it needs first: where there is none, the table
//! has what it had.

use super::hash::Hash;
use super::memory::{self, OutOfMemory};
use super::{DICTIONARY, Heap, owned};
use crate::number;
use crate::value::Tagged;
use crate::value::{FLOAT, INT, NIL, NOTHING, STRING, Str, Table};
use offramp::Reference;
use std::cell::RefCell;

/// How many nils a single assignment past the end may put before itself, if there is room.
const GAP: u32 = 8;

/// Bytes of a hash part without what is behind it.
const HASH: usize = size_of::<RefCell<Hash>>();

/// A cursor's first number for fields, entries of the hash part, and the key 0.
const FIELDS: i64 = 1 << 32;
const ENTRIES: i64 = 2 << 32;
const ZERO: i64 = 1 << 62;

/// Why a table cannot have a key, or does not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Assigned to the key nil.
    #[error("table index is nil")]
    Nil,
    /// Assigned to the key NaN.
    #[error("table index is NaN")]
    Nan,
    /// Traversal asked what follows a key that is not there.
    #[error("invalid key to 'next'")]
    Unknown,
    /// There is no memory for it.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

/// A step of a traversal: where to go on, the key and the value.
pub type Step = (i64, Tagged, Tagged);

impl Table {
    /// The value of a key, or nil.
    pub fn get(&self, heap: &Heap, key: Tagged) -> Tagged {
        match key.tag() {
            INT => self.get_int(key.as_int()),
            NIL => NOTHING,
            FLOAT => match number::exact_int(key.as_float()) {
                Some(key) => self.get_int(key),
                None => self.hashed(key),
            },
            _ => match key.as_reference::<Str>() {
                Some(key) => self.get_str(heap, key),
                None => self.hashed(key),
            },
        }
    }

    /// The value of an integer key.
    #[inline]
    pub fn get_int(&self, key: i64) -> Tagged {
        if (key as u64) < u64::from(self.length.get()) {
            return self.item(key as u32).get();
        }
        self.hashed(Tagged::int(INT, key))
    }

    /// The value of a string key.
    #[inline]
    pub fn get_str(&self, heap: &Heap, key: Reference<Str>) -> Tagged {
        let shape = self.shape.get();
        if key.long == 1 || shape == DICTIONARY {
            return self.hashed(Tagged::reference(key));
        }
        match u32::try_from(heap.shapes.find(shape, key)) {
            Ok(slot) => self.field(slot).get(),
            Err(_) => NOTHING,
        }
    }

    fn hashed(&self, key: Tagged) -> Tagged {
        let hash = self.hash.get();
        hash.map_or(NOTHING, |hash| hash.borrow().get(key))
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// If the key is nil or NaN, or there is no memory for it.
    pub fn set(&self, heap: &Heap, key: Tagged, value: Tagged) -> Result<(), KeyError> {
        match key.tag() {
            INT => self.set_int(heap, key.as_int(), value)?,
            NIL => return Err(KeyError::Nil),
            FLOAT => match number::exact_int(key.as_float()) {
                Some(key) => self.set_int(heap, key, value)?,
                None if key.as_float().is_nan() => return Err(KeyError::Nan),
                None => self.set_hashed(heap, key, value)?,
            },
            _ => match key.as_reference::<Str>() {
                Some(key) => self.set_str(heap, key, value)?,
                None => self.set_hashed(heap, key, value)?,
            },
        }
        Ok(())
    }

    /// Sets the value of an integer key.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[inline]
    pub fn set_int(&self, heap: &Heap, key: i64, value: Tagged) -> Result<(), OutOfMemory> {
        let length = self.length.get();
        if (key as u64) < u64::from(length) {
            self.item(key as u32).set(value);
            if value.tag() == NIL && key as u32 == length - 1 {
                self.shrink();
            }
            Ok(())
        } else if key as u64 == u64::from(length) {
            self.append(heap, value)
        } else {
            self.set_far(heap, key, value)
        }
    }

    /// Takes nils off the end of the array; to be called where its last item was set to nil.
    pub fn shrink(&self) {
        let mut length = self.length.get();
        while length > 1 && self.item(length - 1).get().tag() == NIL {
            length -= 1;
        }
        self.length.set(length);
    }

    /// Sets the value of the key behind the array's last.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[inline]
    pub fn append(&self, heap: &Heap, value: Tagged) -> Result<(), OutOfMemory> {
        if value.tag() == NIL {
            return Ok(());
        }
        let length = self.length.get();
        self.make_room(heap, length.checked_add(1).ok_or(OutOfMemory)?)?;
        self.item(length).set(value);
        self.length.set(length + 1);
        self.pull();
        Ok(())
    }

    /// Room for an array of this length and what of the hash part would follow it, so that neither
    /// [`stretch`](Table::stretch) nor [`pull`](Table::pull) needs any more.
    #[inline]
    fn make_room(&self, heap: &Heap, length: u32) -> Result<(), OutOfMemory> {
        let mut room = u64::from(length);
        if let Some(hash) = self.hash.get() {
            let hash = hash.borrow();
            if room + u64::from(hash.ints()) > u64::from(self.item_room.get()) {
                while hash.has_int(room as i64) {
                    room += 1;
                }
            }
        }
        match room > u64::from(self.item_room.get()) {
            true => self.grow_items(heap, room),
            false => Ok(()),
        }
    }

    /// Keeps the invariant that the hash part does not have the key `length`. There must be room.
    #[inline]
    fn pull(&self) {
        if let Some(hash) = self.hash.get() {
            self.pull_from(hash);
        }
    }

    fn pull_from(&self, hash: &RefCell<Hash>) {
        let mut hash = hash.borrow_mut();
        while let Some(value) = hash.take_int(i64::from(self.length.get())) {
            let length = self.length.get();
            self.item(length).set(value);
            self.length.set(length + 1);
        }
    }

    #[cold]
    fn grow_items(&self, heap: &Heap, needed: u64) -> Result<(), OutOfMemory> {
        let double = u64::from(self.item_room.get()) * 2;
        let comfortable = double.max(4).min(u64::from(u32::MAX));
        memory::grow(needed as usize, comfortable as usize, |room| {
            let pieces = &heap.pieces;
            pieces.grow_items(&heap.memory, self, room)
        })
    }

    /// Lengthens the array to `length`, with nils and what the hash part has of these keys. There
    /// must be room. The caller sets the last item.
    fn stretch(&self, length: u32) {
        let keys = self.length.get()..length;
        for key in keys.clone() {
            self.item(key).set(NOTHING);
        }
        if let Some(hash) = self.hash.get() {
            let mut hash = hash.borrow_mut();
            if keys.len() < hash.entries().len() / 4 {
                for key in keys {
                    if let Some(value) = hash.take_int(i64::from(key)) {
                        self.item(key).set(value);
                    }
                }
            } else {
                let keys = i64::from(keys.start)..i64::from(keys.end);
                hash.take_ints(keys, |key, value| self.item(key as u32).set(value));
            }
        }
        self.length.set(length);
    }

    fn set_far(&self, heap: &Heap, key: i64, value: Tagged) -> Result<(), OutOfMemory> {
        let length = self.length.get();
        let room = i64::from(self.item_room.get());
        if value.tag() != NIL && key > 0 && key < room && key - i64::from(length) <= i64::from(GAP)
        {
            self.make_room(heap, key as u32 + 1)?;
            self.stretch(key as u32 + 1);
            self.item(key as u32).set(value);
            self.pull();
            return Ok(());
        }
        self.set_hashed(heap, Tagged::int(INT, key), value)
    }

    /// Sets the items from `start` on, as a constructor does.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub fn set_list(&self, heap: &Heap, start: u32, values: &[Tagged]) -> Result<(), OutOfMemory> {
        let used = values.iter().rposition(|value| value.tag() != NIL);
        let Some(used) = used.map(|last| last + 1) else {
            return Ok(());
        };
        let end = start.checked_add(used as u32).ok_or(OutOfMemory)?;
        self.make_room(heap, end.max(self.length.get()))?;
        if end > self.length.get() {
            self.stretch(end);
        }
        for (index, &value) in values[..used].iter().enumerate() {
            self.item(start + index as u32).set(value);
        }
        self.pull();
        Ok(())
    }

    /// Sets the value of a string key.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[inline]
    pub fn set_str(
        &self,
        heap: &Heap,
        key: Reference<Str>,
        value: Tagged,
    ) -> Result<(), OutOfMemory> {
        let shape = self.shape.get();
        if key.long == 1 || shape == DICTIONARY {
            return self.set_hashed(heap, Tagged::reference(key), value);
        }
        if let Ok(slot) = u32::try_from(heap.shapes.find(shape, key)) {
            self.field(slot).set(value);
            return Ok(());
        }
        if value.tag() == NIL {
            return Ok(());
        }
        match heap.shapes.next(&heap.memory, shape, key)? {
            DICTIONARY => {
                self.give_up_shape(heap)?;
                self.set_hashed(heap, Tagged::reference(key), value)
            }
            next => self.add_field(heap, next, value),
        }
    }

    /// Adds the field by which the shape `next`, not [`DICTIONARY`], differs from the table's.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[inline]
    pub fn add_field(&self, heap: &Heap, next: u32, value: Tagged) -> Result<(), OutOfMemory> {
        debug_assert!(next != DICTIONARY);
        let width = self.width.get();
        if width == self.field_room.get() {
            self.grow_fields(heap, width as usize)?;
        }
        self.field(width).set(value);
        self.width.set(width + 1);
        self.shape.set(next);
        Ok(())
    }

    #[cold]
    fn grow_fields(&self, heap: &Heap, width: usize) -> Result<(), OutOfMemory> {
        memory::grow(width + 1, (width * 2).max(4), |room| {
            let pieces = &heap.pieces;
            pieces.grow_fields(&heap.memory, self, room)
        })
    }

    /// Moves all fields to the hash part, which has room for one more key then.
    fn give_up_shape(&self, heap: &Heap) -> Result<(), OutOfMemory> {
        let width = self.width.get();
        let mut hash = self.hash_part(heap)?.borrow_mut();
        hash.make_room(&heap.memory, width as usize + 1)?;
        let shape = self.shape.replace(DICTIONARY);
        for slot in 0..width {
            let value = self.field(slot).get();
            if value.tag() != NIL {
                let key = Tagged::reference(heap.shapes.key(shape, slot));
                hash.add(key, value);
            }
        }
        heap.pieces.drop_fields(&heap.memory, self);
        Ok(())
    }

    /// The hash part, made if there is none.
    fn hash_part(&self, heap: &Heap) -> Result<&RefCell<Hash>, OutOfMemory> {
        if let Some(hash) = self.hash.get() {
            return Ok(hash);
        }
        heap.memory.charge(HASH)?;
        let hash = owned::boxed(&heap.memory, RefCell::default());
        let hash = hash.inspect_err(|_| heap.memory.give(HASH))?;
        self.hashed.set(1);
        Ok(self.hash.get_or_init(|| hash))
    }

    /// The memory of the hash part counts as used no more.
    #[inline]
    pub(super) fn give_hash(&self, heap: &Heap) {
        if let Some(hash) = self.hash.get() {
            hash.borrow().give(&heap.memory);
            heap.memory.give(HASH);
        }
    }

    /// Bytes of it and of all behind it.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let items = match self.item_room.get() {
            1 => 0,
            room => room as usize,
        };
        let values = items + self.field_room.get() as usize;
        let hash = self
            .hash
            .get()
            .map_or(0, |hash| HASH + hash.borrow().bytes());
        size_of::<Table>() + values * size_of::<Tagged>() + hash
    }

    fn set_hashed(&self, heap: &Heap, key: Tagged, value: Tagged) -> Result<(), OutOfMemory> {
        let replaced = match self.hash.get() {
            Some(hash) => hash.borrow_mut().replace(key, value),
            None => false,
        };
        match replaced || value.tag() == NIL {
            true => Ok(()),
            false => self.add_hashed(heap, key, value),
        }
    }

    fn add_hashed(&self, heap: &Heap, key: Tagged, value: Tagged) -> Result<(), OutOfMemory> {
        let mut hash = self.hash_part(heap)?.borrow_mut();
        if hash.is_full() {
            if key.tag() == INT
                && let Some(length) = self.best_length(&hash, key.as_int())
            {
                drop(hash);
                self.make_room(heap, length)?;
                self.stretch(length);
                if (key.as_int() as u64) < u64::from(length) {
                    self.item(key.as_int() as u32).set(value);
                    self.pull();
                    return Ok(());
                }
                self.pull();
                return match key.as_int() == i64::from(self.length.get()) {
                    true => self.append(heap, value),
                    false => self.set_hashed(heap, key, value),
                };
            }
            hash.make_room(&heap.memory, 1)?;
        }
        hash.add(key, value);
        Ok(())
    }

    /// A greater length for the array, if more than half of its keys from 1 on would be in use:
    /// the largest such power of two bounds it, as in Lua.
    fn best_length(&self, hash: &Hash, key: i64) -> Option<u32> {
        let mut counts = [0_u64; 32];
        let mut highest = [0_i64; 32];
        let mut count = |key: i64| {
            if (1..1 << 31).contains(&key) {
                let power = (64 - (key - 1).leading_zeros()) as usize;
                counts[power] += 1;
                highest[power] = highest[power].max(key);
            }
        };
        count(key);
        let mut found = 1;
        for entry in hash.entries() {
            if entry.key.tag() == INT && entry.value.tag() != NIL {
                found += 1;
                count(entry.key.as_int());
            }
        }
        if found < 4 {
            return None;
        }
        for key in 1..self.length.get() {
            if self.item(key).get().tag() != NIL {
                count(i64::from(key));
            }
        }
        let (mut sum, mut best, mut last) = (0, 0, 0);
        for power in 0..32 {
            sum += counts[power];
            last = last.max(highest[power]);
            if sum > (1 << power) / 2 {
                best = last;
            }
        }
        (best >= i64::from(self.length.get())).then_some(best as u32 + 1)
    }

    /// A border: `#t` without metamethods.
    #[inline]
    pub fn border(&self) -> i64 {
        i64::from(self.length.get()) - 1
    }

    /// The step of a traversal at a cursor; 0 is the first.
    pub fn entry_at(&self, heap: &Heap, cursor: i64) -> Option<Step> {
        let mut at = cursor.max(1);
        if at < FIELDS {
            while at < i64::from(self.length.get()) {
                let value = self.item(at as u32).get();
                if value.tag() != NIL {
                    return Some((at + 1, Tagged::int(INT, at), value));
                }
                at += 1;
            }
            at = FIELDS;
        }
        if at < ENTRIES {
            while at - FIELDS < i64::from(self.width.get()) {
                let slot = (at - FIELDS) as u32;
                let value = self.field(slot).get();
                if value.tag() != NIL {
                    let key = heap.shapes.key(self.shape.get(), slot);
                    return Some((at + 1, Tagged::reference(key), value));
                }
                at += 1;
            }
            at = ENTRIES;
        }
        if at < ZERO {
            let hash = self.hash.get().map(|hash| hash.borrow());
            while let Some(entry) = hash
                .as_ref()
                .and_then(|hash| hash.entry((at - ENTRIES) as usize))
            {
                at += 1;
                if entry.value.tag() != NIL {
                    return Some((at, entry.key, entry.value));
                }
            }
        }
        let value = self.item(0).get();
        (at <= ZERO && value.tag() != NIL).then(|| (ZERO + 1, Tagged::int(INT, 0), value))
    }

    /// The key behind `key` (the first if that is nil), and its value; none behind the last.
    ///
    /// # Errors
    /// If the table has no such key.
    pub fn next(&self, heap: &Heap, key: Tagged) -> Result<Option<(Tagged, Tagged)>, KeyError> {
        let cursor = self.cursor_behind(heap, key).ok_or(KeyError::Unknown)?;
        let step = self.entry_at(heap, cursor);
        Ok(step.map(|(_, key, value)| (key, value)))
    }

    fn cursor_behind(&self, heap: &Heap, key: Tagged) -> Option<i64> {
        if key.tag() == NIL {
            return Some(0);
        }
        // A float is never taken for the integer it equals, so it is unknown, as in lua5.4.
        if key.tag() == INT {
            let key = key.as_int();
            if key == 0 {
                return Some(ZERO + 1);
            }
            if (key as u64) < u64::from(self.length.get()) {
                return Some(key + 1);
            }
        }
        if let (STRING, Some(key)) = (key.tag(), key.as_reference::<Str>())
            && key.long == 0
            && self.shape.get() != DICTIONARY
        {
            let slot = heap.shapes.find(self.shape.get(), key);
            return (slot >= 0).then_some(FIELDS + slot + 1);
        }
        let number = self.hash.get().and_then(|hash| hash.borrow().find(key));
        if let Some(number) = number {
            return Some(ENTRIES + number as i64 + 1);
        }
        // It may have been taken off the end during the traversal.
        let room = i64::from(self.item_room.get());
        (key.tag() == INT && key.as_int() > 0 && key.as_int() < room).then_some(key.as_int() + 1)
    }
}
