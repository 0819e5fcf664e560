//! The hash part of a table: entries in the order of their insertion, found through an index of
//! open addressing.
//!
//! An entry whose value was set to nil stays, key and all, until the part is rebuilt: so a
//! traversal may delete, and a cursor is a number of entries. Rebuilding happens only where a new
//! key is added.

use super::memory::{Memory, OutOfMemory};
use crate::value::Tagged;
use crate::value::{FLOAT, INT, NIL, NOTHING, Str, bytes_of, same_string};
use offramp::Reference;
use std::ops::Range;

/// No entry.
const NONE: u32 = u32::MAX;

/// A key and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Tagged,
    pub(crate) value: Tagged,
}

/// A hash part.
#[derive(Debug, Default)]
pub struct Hash {
    entries: Vec<Entry>,
    /// Numbers of entries; as many places as a power of two, half of them free.
    index: Vec<u32>,
    /// Integer keys whose value is not nil.
    ints: u32,
}

/// The hash of a string's bytes, never 0.
pub(super) fn hash_bytes(bytes: &[u8]) -> u32 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = K ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(K);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    hash = (hash.rotate_left(23) ^ u64::from_le_bytes(last)).wrapping_mul(K);
    ((hash >> 32) as u32).max(1)
}

/// The hash of a string.
pub(super) fn hash_string(string: Reference<Str>) -> u32 {
    if string.hash.get() == 0 {
        string.hash.set(hash_bytes(bytes_of(&string)));
    }
    string.hash.get()
}

/// A number whose high bits choose the place of a key that is not a string.
fn spread(key: Tagged) -> u64 {
    let bits = match key.tag() {
        FLOAT => key.as_float().to_bits(),
        tag => key.as_int() as u64 ^ (tag as u64) << 56,
    };
    (bits ^ bits >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Whether a key is this string, which is a long one: those are not interned.
fn is_string(key: Tagged, string: Reference<Str>) -> bool {
    key.as_reference()
        .is_some_and(|key| same_string(key, string))
}

impl Hash {
    /// The place in the index where the key is or would be.
    fn place(&self, key: Tagged) -> usize {
        if let Some(string) = key.as_reference::<Str>() {
            let hash = hash_string(string) as usize;
            return match string.long {
                0 => self.probe(hash, |other| other == key),
                _ => self.probe(hash, |other| is_string(other, string)),
            };
        }
        self.probe((spread(key) >> 32) as usize, |other| other == key)
    }

    /// The place of the first key from place `at` on that is the one wanted, or of none.
    #[inline(always)]
    fn probe(&self, mut at: usize, is_wanted: impl Fn(Tagged) -> bool) -> usize {
        let mask = self.index.len() - 1;
        loop {
            at &= mask;
            let number = self.index[at];
            if number == NONE || is_wanted(self.entries[number as usize].key) {
                return at;
            }
            at += 1;
        }
    }

    /// The number of the entry with this key.
    pub(super) fn find(&self, key: Tagged) -> Option<usize> {
        if self.index.is_empty() {
            return None;
        }
        let number = self.index[self.place(key)];
        (number != NONE).then_some(number as usize)
    }

    /// The value of a key, or nil.
    pub(super) fn get(&self, key: Tagged) -> Tagged {
        self.find(key)
            .map_or(NOTHING, |number| self.entries[number].value)
    }

    /// An entry by number; also those whose value is nil.
    pub(super) fn entry(&self, number: usize) -> Option<Entry> {
        self.entries.get(number).copied()
    }

    /// All entries, those with nil included.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Sets the value of a key if it has an entry.
    pub(super) fn replace(&mut self, key: Tagged, value: Tagged) -> bool {
        let Some(number) = self.find(key) else {
            return false;
        };
        let old = std::mem::replace(&mut self.entries[number].value, value);
        if key.tag() == INT {
            self.ints += u32::from(value.tag() != NIL);
            self.ints -= u32::from(old.tag() != NIL);
        }
        true
    }

    /// Whether adding a key rebuilds the part.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.index.len() / 2
    }

    /// How many integer keys it has whose value is not nil.
    pub(super) fn ints(&self) -> u32 {
        self.ints
    }

    /// Whether an integer key has a value.
    pub(super) fn has_int(&self, key: i64) -> bool {
        self.ints > 0 && self.get(Tagged::int(INT, key)).tag() != NIL
    }

    /// Room for `more` keys, so that adding them cannot fail.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(super) fn make_room(&mut self, memory: &Memory, more: usize) -> Result<(), OutOfMemory> {
        match self.entries.len() + more > self.index.len() / 2 {
            true => self.rebuild(memory, more),
            false => Ok(()),
        }
    }

    /// Adds a key that has no entry, where there is room.
    pub(super) fn add(&mut self, key: Tagged, value: Tagged) {
        debug_assert!(!self.is_full());
        let at = self.place(key);
        self.index[at] = self.entries.len() as u32;
        self.entries.push(Entry { key, value });
        self.ints += u32::from(key.tag() == INT && value.tag() != NIL);
    }

    /// Takes an integer key out for good.
    pub(super) fn take_int(&mut self, key: i64) -> Option<Tagged> {
        if self.ints == 0 {
            return None;
        }
        let number = self.find(Tagged::int(INT, key))?;
        let entry = &mut self.entries[number];
        // The place in the index stays, so that others are still found behind it.
        entry.key = NOTHING;
        let value = std::mem::replace(&mut entry.value, NOTHING);
        self.ints -= u32::from(value.tag() != NIL);
        (value.tag() != NIL).then_some(value)
    }

    /// Takes all integer keys of a range out for good, and gives them and their values to `taken`.
    pub(super) fn take_ints(&mut self, keys: Range<i64>, mut taken: impl FnMut(i64, Tagged)) {
        for entry in &mut self.entries {
            if entry.key.tag() == INT && keys.contains(&entry.key.as_int()) {
                if entry.value.tag() != NIL {
                    taken(entry.key.as_int(), entry.value);
                    self.ints -= 1;
                }
                (entry.key, entry.value) = (NOTHING, NOTHING);
            }
        }
    }

    fn rebuild(&mut self, memory: &Memory, more: usize) -> Result<(), OutOfMemory> {
        let is_live = |entry: &&Entry| entry.value.tag() != NIL;
        let live = self.entries.iter().filter(is_live).count();
        let size = (live * 4).max((live + more) * 2);
        let size = size.next_power_of_two().max(8);
        // Entries are numbered by 32 bits.
        u32::try_from(size).map_err(|_| OutOfMemory)?;
        let bytes = bytes(size);
        memory.charge(bytes)?;
        let lists = memory.list(size / 2);
        let lists = lists.and_then(|entries| Ok((entries, memory.list(size)?)));
        let (mut entries, mut index) = lists.inspect_err(|_| memory.give(bytes))?;
        entries.extend(self.entries.iter().filter(is_live));
        index.resize(size, NONE);
        memory.give(self.bytes());
        (self.entries, self.index) = (entries, index);
        for number in 0..self.entries.len() {
            let at = self.place(self.entries[number].key);
            self.index[at] = number as u32;
        }
        Ok(())
    }

    /// Its memory counts as used no more.
    pub(super) fn give(&self, memory: &Memory) {
        memory.give(self.bytes());
    }

    /// Bytes of the memory behind it.
    pub(super) fn bytes(&self) -> usize {
        bytes(self.index.len())
    }
}

/// Bytes of the memory behind a part with an index of this size.
fn bytes(size: usize) -> usize {
    size / 2 * size_of::<Entry>() + size * size_of::<u32>()
}
