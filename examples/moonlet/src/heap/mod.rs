//! Objects: made, found and freed.
//!
//! Objects lie in [pools](pool) by type, what they own in [pieces](piece). Making an object never
//! collects: whoever runs a program asks [`Heap::is_due`] at points where all roots are known, and
//! calls [`Heap::collect`] then. Nothing moves.

pub mod collect;
pub mod hash;
pub mod piece;
pub mod pool;
mod sanitizer;
pub mod shape;
pub mod table;
#[cfg(test)]
mod tests;

pub use collect::Marker;
pub use pool::{POISON, Pool};
pub use shape::{DICTIONARY, EMPTY, EMPTY_LARGE, Shapes};
pub use table::KeyError;

use crate::value::{Due, Function, NOTHING, Str, Table, Tagged, Variable, bytes_of};
use offramp::Reference;
use piece::Pieces;
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

/// Strings up to this length are interned.
pub const SHORT: usize = 40;

/// The heap is not collected before it has so many bytes.
const LEAST: usize = 1 << 20;

/// All objects of a run.
#[derive(Debug)]
pub struct Heap {
    /// The shapes of tables.
    pub shapes: Shapes,
    pieces: Pieces,
    strings: Pool<Str>,
    tables: Pool<Table>,
    functions: Pool<Function>,
    variables: Pool<Variable>,
    interned: RefCell<Interned>,
    /// Bytes of objects and of hash parts.
    bytes: Cell<usize>,
    threshold: Cell<usize>,
    /// True once it is time to collect: where instructions that make tables look.
    due: Rc<Due>,
    stress: Cell<bool>,
    poison: Cell<bool>,
    gray: RefCell<Vec<Tagged>>,
    collections: Cell<u64>,
}

impl Default for Heap {
    fn default() -> Heap {
        Heap {
            due: Rc::default(),
            shapes: Shapes::default(),
            pieces: Pieces::default(),
            strings: Pool::default(),
            tables: Pool::default(),
            functions: Pool::default(),
            variables: Pool::default(),
            interned: RefCell::default(),
            bytes: Cell::new(0),
            threshold: Cell::new(LEAST),
            stress: Cell::new(false),
            poison: Cell::new(false),
            gray: RefCell::default(),
            collections: Cell::new(0),
        }
    }
}

impl Heap {
    /// The string of these bytes.
    pub fn string(&self, bytes: &[u8]) -> Reference<Str> {
        if bytes.len() > SHORT {
            return self.long_string(&[bytes], bytes.len());
        }
        let hash = hash::hash_bytes(bytes);
        let mut interned = self.interned.borrow_mut();
        let place = match interned.find(hash, bytes) {
            Ok(known) => return known,
            Err(place) => place,
        };
        let string = self.strings.alloc(Str {
            length: Cell::new(bytes.len() as u32),
            long: 0,
            hash: Cell::new(hash),
            data: Cell::new(self.pieces.text(&[bytes], bytes.len())),
        });
        self.add_bytes(Pool::<Str>::SIZE);
        interned.insert(place, hash, string);
        string
    }

    /// The string of all these bytes one after the other.
    pub fn concat(&self, parts: &[&[u8]]) -> Reference<Str> {
        let length = parts.iter().map(|part| part.len()).sum();
        if length > SHORT {
            return self.long_string(parts, length);
        }
        let mut bytes = [0; SHORT];
        let mut at = 0;
        for part in parts {
            bytes[at..][..part.len()].copy_from_slice(part);
            at += part.len();
        }
        self.string(&bytes[..length])
    }

    fn long_string(&self, parts: &[&[u8]], length: usize) -> Reference<Str> {
        self.add_bytes(Pool::<Str>::SIZE);
        let short = u32::try_from(length).expect("a string of less than 4 GiB");
        self.strings.alloc(Str {
            length: Cell::new(short),
            long: 1,
            hash: Cell::new(0),
            data: Cell::new(self.pieces.text(parts, length)),
        })
    }

    /// An empty table with room for items and fields.
    #[inline]
    pub fn table(&self, items: usize, fields: usize) -> Reference<Table> {
        self.add_bytes(Pool::<Table>::SIZE);
        if self.is_due() {
            self.due.now.set(1);
        }
        let table = self.tables.alloc(Table {
            shape: Cell::new(EMPTY),
            length: Cell::new(1),
            items: Cell::new(std::ptr::null()),
            width: Cell::new(0),
            item_room: Cell::new(1),
            fields: Cell::new(NonNull::dangling().as_ptr()),
            meta: Cell::new(NOTHING),
            zero: Cell::new(NOTHING),
            hash: OnceCell::new(),
            hashed: Cell::new(0),
            field_room: Cell::new(0),
        });
        table.items.set(&raw const table.zero);
        if items > 0 {
            self.pieces.grow_items(&table, items + 1);
        }
        if fields > 0 {
            self.pieces
                .grow_fields(&table, fields.min(shape::LIMIT as usize));
        }
        table
    }

    /// An empty table that has, unlike others, this shape without fields.
    pub fn table_of(&self, shape: u32) -> Reference<Table> {
        let table = self.table(0, 0);
        table.shape.set(shape);
        table
    }

    /// A list of exactly these values, nils at its end included: for variable arguments, which no
    /// program sees as a table.
    pub fn list(&self, values: &[Tagged]) -> Reference<Table> {
        let table = self.table(values.len(), 0);
        for (index, &value) in (1..).zip(values) {
            table.item(index).set(value);
        }
        table.length.set(values.len() as u32 + 1);
        table
    }

    /// A function.
    pub fn function(&self, prototype: u32, captured: &[Tagged]) -> Reference<Function> {
        self.add_bytes(Pool::<Function>::SIZE);
        self.functions.alloc(Function {
            prototype,
            count: Cell::new(captured.len() as u32),
            captured: Cell::new(self.pieces.captured(captured)),
        })
    }

    /// The home of a variable.
    pub fn variable(&self, value: Tagged) -> Reference<Variable> {
        self.add_bytes(Pool::<Variable>::SIZE);
        self.variables.alloc(Variable {
            value: Cell::new(value),
        })
    }

    /// Bytes in use, garbage included.
    pub fn bytes(&self) -> usize {
        self.bytes.get() + self.pieces.bytes()
    }

    /// Whether it is time to collect.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.bytes() >= self.threshold.get() || self.stress.get()
    }

    /// Holds 1 instead of 0 where [`is_due`](Heap::is_due) was true when a table was made last, or
    /// was made so.
    pub fn due(&self) -> Reference<Due> {
        self.due.refer()
    }

    /// Whether it is due at every opportunity.
    pub fn set_stress(&self, stress: bool) {
        self.stress.set(stress);
        self.due.now.set(u32::from(stress));
    }

    /// Whether freed memory is overwritten with [`POISON`].
    pub fn set_poison(&self, poison: bool) {
        self.poison.set(poison);
        self.pieces.set_poison(poison);
    }

    /// Makes it due.
    pub fn request(&self) {
        self.threshold.set(0);
        self.due.now.set(1);
    }

    /// How often it was collected.
    pub fn collections(&self) -> u64 {
        self.collections.get()
    }

    #[inline]
    fn add_bytes(&self, bytes: usize) {
        self.bytes.set(self.bytes.get() + bytes);
    }

    fn sub_bytes(&self, bytes: usize) {
        self.bytes.set(self.bytes.get() - bytes);
    }
}

/// The short strings, by their bytes. Does not keep them alive.
#[derive(Debug, Default)]
struct Interned {
    places: Box<[Place]>,
    used: usize,
}

/// A string and its hash; the hash 0 means none.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    hash: u32,
    string: Option<Reference<Str>>,
}

impl Place {
    fn string(self) -> Option<Reference<Str>> {
        self.string
    }
}

impl Interned {
    /// The string, or where it belongs.
    fn find(&self, hash: u32, bytes: &[u8]) -> Result<Reference<Str>, usize> {
        if self.places.is_empty() {
            return Err(0);
        }
        let mask = self.places.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let place = self.places[at];
            if place.hash == 0 {
                return Err(at);
            }
            if place.hash == hash
                && let Some(string) = place.string()
                && bytes_of(&string) == bytes
            {
                return Ok(string);
            }
            at = (at + 1) & mask;
        }
    }

    fn insert(&mut self, at: usize, hash: u32, string: Reference<Str>) {
        let place = Place {
            hash,
            string: Some(string),
        };
        if (self.used + 1) * 2 > self.places.len() {
            let kept = std::mem::take(&mut self.places);
            self.places = vec![Place::default(); (kept.len() * 2).max(256)].into();
            for place in kept.into_iter().filter(|place| place.hash != 0) {
                self.put(place);
            }
            self.put(place);
        } else {
            self.places[at] = place;
        }
        self.used += 1;
    }

    fn put(&mut self, place: Place) {
        let mask = self.places.len() - 1;
        let mut at = place.hash as usize & mask;
        while self.places[at].hash != 0 {
            at = (at + 1) & mask;
        }
        self.places[at] = place;
    }

    /// Drops the strings that are not marked.
    fn sweep(&mut self) {
        let is_live =
            |place: &Place| place.hash != 0 && place.string().is_some_and(Pool::<Str>::is_marked);
        let live: Vec<Place> = self.places.iter().copied().filter(is_live).collect();
        self.used = live.len();
        let size = (live.len() * 4).next_power_of_two().max(256);
        self.places = vec![Place::default(); size].into();
        for place in live {
            self.put(place);
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // Without marks, everything goes.
        self.sweep();
    }
}
