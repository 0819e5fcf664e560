//! Objects: made, found and freed.
//!
//! Objects lie in [pools](pool) by type, what they own in [pieces](piece). Making an object never
//! collects: whoever runs a program asks [`Heap::is_due`] at points where all roots are known, and
//! calls [`Heap::collect`] then. Nothing moves.
//!
//! All memory is counted in [`memory`]. Where there is none left, nothing has changed that a program
//! can see, so what was asked for may be asked for again after a collection.

pub mod buffer;
pub mod collect;
pub mod hash;
mod interned;
pub mod memory;
mod owned;
pub mod piece;
pub mod pool;
mod sanitizer;
pub mod shape;
mod spare;
pub mod table;
#[cfg(test)]
mod tests;

pub use buffer::{Buffer, Bytes};
pub use collect::Marker;
pub use memory::{Memory, OutOfMemory, Source};
pub use pool::{POISON, Pool};
pub use shape::{DICTIONARY, EMPTY, EMPTY_LARGE, Shapes};
pub use table::KeyError;

use crate::stream::Stream;
use crate::value::{Due, File, Function, NOTHING, Status, Str, Table, Tagged, Thread, Variable};
use interned::Interned;
use offramp::Reference;
use piece::Pieces;
use std::alloc::{Layout, handle_alloc_error};
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr::NonNull;

/// Strings up to this length are interned.
pub const SHORT: usize = 40;

/// The most items, that of key 0 included, and fields that a table has room for that cannot fail.
pub const MADE_ROOM: usize = 8;

const _: () = assert!(
    Pool::<Table>::SIZE + 2 * MADE_ROOM * size_of::<piece::Value>() <= memory::MADE,
    "the reserve is for tables of this size"
);

/// Blocks of tables and chunks of pieces that the reserve of [`memory::RESERVE`] bytes needs: of each
/// of the sizes that pieces come in, one may be cut into a few.
const RESERVED_BLOCKS: usize = 3;
const RESERVED_CHUNKS: usize = 16;

/// All objects of a run.
#[derive(Debug, Default)]
pub struct Heap {
    /// The shapes of tables.
    pub shapes: Shapes,
    pieces: Pieces,
    strings: Pool<Str>,
    tables: Pool<Table>,
    functions: Pool<Function>,
    variables: Pool<Variable>,
    files: Pool<File>,
    threads: Pool<Thread>,
    interned: RefCell<Interned>,
    /// Counts it all.
    pub memory: Memory,
    /// What a [`Buffer`] left for the next.
    idle: RefCell<Vec<u8>>,
    poison: Cell<bool>,
    gray: RefCell<Vec<Tagged>>,
    collections: Cell<u64>,
}

impl Heap {
    /// The string of these bytes.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn string(&self, bytes: &[u8]) -> Result<Reference<Str>, OutOfMemory> {
        if bytes.len() > SHORT {
            return self.long_string(&[bytes], bytes.len());
        }
        let hash = hash::hash_bytes(bytes);
        let mut interned = self.interned.borrow_mut();
        let place = match interned.find(hash, bytes) {
            Ok(known) => return Ok(known),
            Err(place) => place,
        };
        let place = interned.make_room(&self.memory, hash, place)?;
        let string = self.new_string(&[bytes], bytes.len(), false, hash)?;
        interned.insert(place, hash, string);
        Ok(string)
    }

    /// The string of all these bytes one after the other.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn concat(&self, parts: &[&[u8]]) -> Result<Reference<Str>, OutOfMemory> {
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

    fn long_string(&self, parts: &[&[u8]], length: usize) -> Result<Reference<Str>, OutOfMemory> {
        self.new_string(parts, length, true, 0)
    }

    #[inline]
    fn new_string(
        &self,
        parts: &[&[u8]],
        length: usize,
        long: bool,
        hash: u32,
    ) -> Result<Reference<Str>, OutOfMemory> {
        // Strings have less than 4 GiB.
        let short = u32::try_from(length).map_err(|_| OutOfMemory)?;
        let (memory, bytes) = (&self.memory, Pool::<Str>::SIZE + length);
        memory.charge(bytes)?;
        let data = self.pieces.text(memory, parts, length);
        let data = data.inspect_err(|_| memory.give(bytes))?;
        let string = Str {
            length: Cell::new(short),
            long: long.into(),
            hash: Cell::new(hash),
            data: Cell::new(data),
        };
        let made = self.strings.alloc_charged(memory, Source::System, string);
        made.map_err(|(string, error)| {
            self.pieces.drop_text(memory, &string);
            memory.give(Pool::<Str>::SIZE);
            error
        })
    }

    /// An empty table with room for items and fields.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[inline]
    pub fn table(&self, items: usize, fields: usize) -> Result<Reference<Table>, OutOfMemory> {
        let fields = fields.min(shape::LIMIT as usize);
        self.new_table(Source::System, items, fields)
    }

    /// A small table, from the reserve if need be: with room for at most [`MADE_ROOM`] items, key 0
    /// included, and fields. What makes one looks at [`Heap::due`] first.
    #[inline]
    pub fn made_table(&self, items: usize, fields: usize) -> Reference<Table> {
        debug_assert!(items < MADE_ROOM && fields <= MADE_ROOM);
        match self.new_table(Source::Reserve, items, fields) {
            Ok(table) => table,
            Err(OutOfMemory) => handle_alloc_error(Layout::new::<Table>()),
        }
    }

    #[inline(always)]
    fn new_table(
        &self,
        source: Source,
        items: usize,
        fields: usize,
    ) -> Result<Reference<Table>, OutOfMemory> {
        let table = Table {
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
        };
        let memory = &self.memory;
        let items = if items > 0 { items + 1 } else { 0 };
        let values = items.saturating_add(fields);
        let behind = values.saturating_mul(size_of::<piece::Value>());
        memory.charge_from(source, behind.saturating_add(Pool::<Table>::SIZE))?;
        let made = self.tables.alloc_charged(memory, source, table);
        let table = made.map_err(|(_, error)| {
            memory.give(behind + Pool::<Table>::SIZE);
            error
        })?;
        table.items.set(&raw const table.zero);
        if values > 0 {
            (self.pieces).first_room(memory, source, &table, (items, fields))?;
        }
        Ok(table)
    }

    /// An empty table that has, unlike others, this shape without fields.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn table_of(&self, shape: u32) -> Result<Reference<Table>, OutOfMemory> {
        let table = self.table(0, 0)?;
        table.shape.set(shape);
        Ok(table)
    }

    /// A list of exactly these values, nils at its end included: for variable arguments, which no
    /// program sees as a table.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn list(&self, values: &[Tagged]) -> Result<Reference<Table>, OutOfMemory> {
        let table = self.table(values.len(), 0)?;
        for (index, &value) in (1..).zip(values) {
            table.item(index).set(value);
        }
        table.length.set(values.len() as u32 + 1);
        Ok(table)
    }

    /// A function.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn function(
        &self,
        prototype: u32,
        captured: &[Tagged],
    ) -> Result<Reference<Function>, OutOfMemory> {
        let memory = &self.memory;
        let bytes = Pool::<Function>::SIZE + size_of_val(captured);
        memory.charge(bytes)?;
        let values = self.pieces.captured(memory, captured);
        let values = values.inspect_err(|_| memory.give(bytes))?;
        let function = Function {
            prototype,
            count: Cell::new(captured.len() as u32),
            captured: Cell::new(values),
        };
        let made = self
            .functions
            .alloc_charged(memory, Source::System, function);
        made.map_err(|(function, error)| {
            self.pieces.drop_captured(memory, &function);
            memory.give(Pool::<Function>::SIZE);
            error
        })
    }

    /// The home of a variable.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn variable(&self, value: Tagged) -> Result<Reference<Variable>, OutOfMemory> {
        let value = Cell::new(value);
        let variable = Variable { value };
        self.variables.alloc(&self.memory, Source::System, variable)
    }

    /// A file.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn file(&self, stream: Stream) -> Result<Reference<File>, OutOfMemory> {
        let stream = RefCell::new(Some(stream));
        self.files
            .alloc(&self.memory, Source::System, File { stream })
    }

    /// A coroutine that is to run `body`.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn thread(&self, body: Tagged) -> Result<Reference<Thread>, OutOfMemory> {
        let thread = Thread {
            status: Cell::new(Status::Suspended),
            body: Cell::new(body),
            frames: RefCell::default(),
            room: Cell::new(0),
            resumer: Cell::new(None),
            bottom: Cell::new(0),
            nested: Cell::new(0),
            runs: Cell::new(0),
        };
        self.threads.alloc(&self.memory, Source::System, thread)
    }

    /// Room for so many words of the frames that a coroutine puts aside.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn reserve_frames(&self, thread: &Thread, words: usize) -> Result<(), OutOfMemory> {
        let before = thread.room.get();
        if words <= before {
            return Ok(());
        }
        let bytes = (words - before) * size_of::<u64>();
        self.memory.charge(bytes)?;
        let mut frames = thread.frames.borrow_mut();
        let reserved = (self.memory).system(bytes, || frames.reserve(words).ok());
        match reserved {
            Ok(()) => thread.room.set(words),
            Err(_) => self.memory.give(bytes),
        }
        reserved
    }

    /// Gives back what the frames of a coroutine take that has ended.
    pub(crate) fn drop_frames(&self, thread: &Thread) {
        drop(thread.frames.take());
        self.memory.give(thread.room.take() * size_of::<u64>());
    }

    /// A buffer to put a string together in.
    pub fn buffer(&self) -> Buffer<'_> {
        Buffer::new(self)
    }

    /// Bytes in use, garbage included.
    pub fn bytes(&self) -> usize {
        self.memory.used()
    }

    /// Whether it is time to collect.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.memory.is_due()
    }

    /// Holds 1 where tables must be made in the way that collects and fails: it is time to collect,
    /// or the reserve would be next.
    pub fn due(&self) -> Reference<Due> {
        self.memory.due()
    }

    /// Fills the reserve again, if it can, and lowers the signal if there is no reason for it any
    /// more.
    pub fn reconsider(&self) {
        if self.memory.is_short() {
            self.fill_reserve();
        }
        self.memory.reconsider();
    }

    /// Sets memory aside for tables that cannot fail; whether there is enough.
    pub fn fill_reserve(&self) -> bool {
        let filled = self.tables.fill_reserve(&self.memory, RESERVED_BLOCKS)
            && self.pieces.fill_reserve(&self.memory, RESERVED_CHUNKS);
        self.memory.set_drained(!filled);
        filled
    }

    /// Whether it is due at every opportunity.
    pub fn set_stress(&self, stress: bool) {
        self.memory.set_stress(stress);
    }

    /// Whether freed memory is overwritten with [`POISON`].
    pub fn set_poison(&self, poison: bool) {
        self.poison.set(poison);
        self.pieces.set_poison(poison);
    }

    /// Makes it due.
    pub fn request(&self) {
        self.memory.request();
    }

    /// How often it was collected.
    pub fn collections(&self) -> u64 {
        self.collections.get()
    }
}

#[cfg(test)]
impl Heap {
    /// The bytes that are in use, counted again, but for a program's code.
    pub(crate) fn counted_again(&self) -> usize {
        let mut bytes =
            self.interned.borrow().bytes() + self.shapes.bytes() + self.idle.borrow().capacity();
        self.strings
            .each(|string| bytes += Pool::<Str>::SIZE + string.length.get() as usize);
        self.functions.each(|function| {
            bytes += Pool::<Function>::SIZE + function.count.get() as usize * size_of::<Tagged>();
        });
        self.variables.each(|_| bytes += Pool::<Variable>::SIZE);
        self.files.each(|_| bytes += Pool::<File>::SIZE);
        self.threads.each(|thread| {
            bytes += Pool::<Thread>::SIZE + thread.room.get() * size_of::<u64>();
        });
        self.tables.each(|table| bytes += table.bytes());
        bytes
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // Without marks, everything goes.
        self.sweep();
    }
}
