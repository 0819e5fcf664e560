//! Shapes: which field of a table lies where.
//!
//! A shape is an ordered set of keys; a key's slot is its number in that order. Adding a key leads
//! to the next shape; shapes are never changed or freed, so what [`Shapes::find`] answers for a
//! shape and a key holds forever. Tables whose fields pass a limit give shapes up: they have
//! [`DICTIONARY`], which has no keys, and keep all fields in their hash part.
//!
//! A shape and the first one derived from it share one list of keys, of which each takes a prefix;
//! only a second derivation copies. So building up a large table costs one list, not one per key.
//! What they take counts as memory in use, by an estimate, and is never given back.

use super::memory::{Memory, OutOfMemory};
use crate::value::Tagged;
use crate::value::{STRING, Str};
use offramp::Reference;
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};

/// The shape of a table without fields.
pub const EMPTY: u32 = 0;
/// The same for a table that may have very many fields: the globals.
pub const EMPTY_LARGE: u32 = 1;
/// The shape of tables that keep their fields in the hash part.
pub const DICTIONARY: u32 = u32::MAX;

/// How many fields a table has before it gives shapes up.
pub const LIMIT: u32 = 64;
/// The same for the globals.
pub const LARGE_LIMIT: u32 = 4096;
/// How many shapes there are before all others are dictionaries.
const MOST: usize = 1 << 16;

/// Up to so many keys are searched one by one.
const FEW: usize = 8;
const CACHE: usize = 512;

/// A list of keys, and where each is.
#[derive(Debug, Default)]
struct Keys {
    list: Vec<Reference<Str>>,
    slots: FxHashMap<u64, u32>,
}

/// Bytes that a key in a list counts: in the list, and to be found.
const KEY: usize = size_of::<Reference<Str>>() + 2 * size_of::<(u64, u32)>();
/// Bytes that a shape counts besides.
const SHAPE: usize = size_of::<Shape>() + 2 * size_of::<((u32, u64), u32)>();

impl Keys {
    fn make_room(&mut self, more: usize) -> Option<()> {
        self.list.try_reserve(more).ok()?;
        match self.list.len() + more > FEW {
            true => self.slots.try_reserve(self.list.len() + more).ok(),
            false => Some(()),
        }
    }

    /// There must be room.
    fn push(&mut self, key: Reference<Str>) {
        self.list.push(key);
        let known = if self.list.len() == FEW + 1 {
            0
        } else {
            self.list.len() - 1
        };
        if self.list.len() > FEW {
            for slot in known..self.list.len() {
                self.slots.insert(self.list[slot].address(), slot as u32);
            }
        }
    }

    fn find(&self, key: Reference<Str>) -> Option<u32> {
        if self.list.len() > FEW {
            return self.slots.get(&key.address()).copied();
        }
        let slot = self.list.iter().position(|&other| other == key);
        slot.map(|slot| slot as u32)
    }
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    keys: u32,
    count: u32,
    limit: u32,
    /// The first derivation: the key's address and the shape.
    first: (u64, u32),
}

#[derive(Clone, Copy, Debug, Default)]
struct Cached {
    key: u64,
    shape: u32,
    slot: i32,
}

/// All shapes.
#[derive(Debug)]
pub struct Shapes {
    shapes: RefCell<Vec<Shape>>,
    keys: RefCell<Vec<Keys>>,
    more: RefCell<FxHashMap<(u32, u64), u32>>,
    cache: Box<[Cell<Cached>; CACHE]>,
}

impl Default for Shapes {
    fn default() -> Shapes {
        let root = |limit, keys| Shape {
            keys,
            count: 0,
            limit,
            first: (0, 0),
        };
        Shapes {
            shapes: RefCell::new(vec![root(LIMIT, 0), root(LARGE_LIMIT, 1)]),
            keys: RefCell::new(vec![Keys::default(), Keys::default()]),
            more: RefCell::default(),
            cache: Box::new(
                [const {
                    Cell::new(Cached {
                        key: 0,
                        shape: 0,
                        slot: 0,
                    })
                }; CACHE],
            ),
        }
    }
}

impl Shapes {
    /// The slot of an interned key in a shape, or -1. Never changes.
    #[inline]
    pub fn find(&self, shape: u32, key: Reference<Str>) -> i64 {
        let address = key.address();
        let place = (address >> 3) as usize ^ (shape as usize).wrapping_mul(0x9e5);
        let cell = &self.cache[place % CACHE];
        let cached = cell.get();
        if cached.key == address && cached.shape == shape {
            return i64::from(cached.slot);
        }
        let slot = self.search(shape, key);
        // Right for good: a shape's keys live as long as it, so that no other string ever gets the
        // address of one, and a string at an address that once was not a key is not one either.
        cell.set(Cached {
            key: address,
            shape,
            slot: slot as i32,
        });
        slot
    }

    fn search(&self, shape: u32, key: Reference<Str>) -> i64 {
        debug_assert!(key.long == 0);
        if shape == DICTIONARY {
            return -1;
        }
        let shape = self.shapes.borrow()[shape as usize];
        let slot = self.keys.borrow()[shape.keys as usize].find(key);
        match slot {
            Some(slot) if slot < shape.count => i64::from(slot),
            _ => -1,
        }
    }

    /// The shape with one more key, which the shape does not have; [`DICTIONARY`] past the limit.
    ///
    /// # Errors
    /// If there is no memory for a new one.
    pub fn next(
        &self,
        memory: &Memory,
        shape: u32,
        key: Reference<Str>,
    ) -> Result<u32, OutOfMemory> {
        if shape == DICTIONARY {
            return Ok(DICTIONARY);
        }
        let from = self.shapes.borrow()[shape as usize];
        if from.first.0 == key.address() {
            return Ok(from.first.1);
        }
        if from.first.0 != 0
            && let Some(&known) = self.more.borrow().get(&(shape, key.address()))
        {
            return Ok(known);
        }
        self.derive(memory, shape, from, key)
    }

    #[cold]
    fn derive(
        &self,
        memory: &Memory,
        shape: u32,
        from: Shape,
        key: Reference<Str>,
    ) -> Result<u32, OutOfMemory> {
        let mut shapes = self.shapes.borrow_mut();
        let new = shapes.len() as u32;
        if from.count >= from.limit || (from.limit == LIMIT && shapes.len() >= MOST) {
            return Ok(DICTIONARY);
        }
        let mut lists = self.keys.borrow_mut();
        let mut more = self.more.borrow_mut();
        let mut keys = from.keys;
        let count = from.count as usize;
        let copies = lists[keys as usize].list.len() > count;
        let bytes = SHAPE + KEY + if copies { count * KEY } else { 0 };
        memory.charge(bytes)?;
        let room = memory.system(bytes, || {
            shapes.try_reserve(1).ok()?;
            more.try_reserve(1).ok()?;
            lists.try_reserve(1).ok()?;
            let mut copy = Keys::default();
            match copies {
                true => copy.make_room(count + 1)?,
                false => lists[keys as usize].make_room(1)?,
            }
            Some(copy)
        });
        let mut copy = room.inspect_err(|_| memory.give(bytes))?;
        if copies {
            for &key in &lists[keys as usize].list[..count] {
                copy.push(key);
            }
            keys = lists.len() as u32;
            lists.push(copy);
        }
        lists[keys as usize].push(key);
        let first = &mut shapes[shape as usize].first;
        if first.0 == 0 {
            *first = (key.address(), new);
        } else {
            more.insert((shape, key.address()), new);
        }
        shapes.push(Shape {
            keys,
            count: from.count + 1,
            limit: from.limit,
            first: (0, 0),
        });
        Ok(new)
    }

    /// Bytes that they count.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let keys = self.keys.borrow();
        let keys = keys.iter().map(|keys| keys.list.len() * KEY).sum::<usize>();
        keys + (self.shapes.borrow().len() - 2) * SHAPE
    }

    /// The key in a slot of a shape.
    ///
    /// # Panics
    /// If the shape has no such slot.
    pub fn key(&self, shape: u32, slot: u32) -> Reference<Str> {
        let shape = self.shapes.borrow()[shape as usize];
        self.keys.borrow()[shape.keys as usize].list[slot as usize]
    }

    /// Whether a key of a shape, not [`DICTIONARY`], is one that `test` tells.
    pub fn has_key(&self, shape: u32, test: impl Fn(Reference<Str>) -> bool) -> bool {
        let shape = self.shapes.borrow()[shape as usize];
        let keys = &self.keys.borrow()[shape.keys as usize].list;
        keys[..shape.count as usize].iter().any(|&key| test(key))
    }

    /// Calls `visit` with every key; keys stay alive as long as the shapes.
    pub(super) fn each_key(&self, mut visit: impl FnMut(Tagged)) {
        for keys in &*self.keys.borrow() {
            for &key in &keys.list {
                visit(Tagged::reference(key));
            }
        }
        const { assert!(STRING == <Str as offramp::Object>::TAG) };
    }
}
