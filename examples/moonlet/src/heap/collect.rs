//! Mark and sweep.
//!
//! The caller marks the roots: what running frames hold, exactly where it knows the type and by
//! address where it does not. A stack of objects to look into does the rest. Strings have nothing
//! to look into and never get there.
//!
//! A collection happens also where there is no memory left. If the stack cannot grow, what does not
//! fit is marked all the same, and all marked objects are looked into once more.

use super::{Heap, Pool};
use crate::value::{
    CELL, FILE, FUNCTION, File, Function, NIL, STRING, Status, Str, TABLE, THREAD, Table, Thread,
    Variable, captured_of,
};
use crate::value::{Tagged, Values};
use offramp::{Object, Reference};

/// What the stack of objects may grow to where there is no memory left.
const FEW: usize = 1 << 12;

/// Marks roots during a collection.
#[derive(Debug)]
pub struct Marker<'a> {
    heap: &'a Heap,
    gray: Vec<Tagged>,
    /// What `gray` may grow to.
    most: usize,
    /// Whether an object was marked that is not in `gray`.
    overflowed: bool,
}

impl Marker<'_> {
    /// Marks a value.
    #[inline]
    pub fn value(&mut self, value: Tagged) {
        if matches!(
            value.tag(),
            STRING | TABLE | FUNCTION | CELL | FILE | THREAD
        ) {
            self.reference(value);
        }
    }

    fn reference(&mut self, value: Tagged) {
        match value.tag() {
            STRING => {
                value.as_reference().map(Pool::<Str>::mark);
            }
            TABLE => self.object::<Table>(value),
            FUNCTION => self.object::<Function>(value),
            CELL => self.object::<Variable>(value),
            THREAD => self.object::<Thread>(value),
            FILE => {
                value.as_reference().map(Pool::<File>::mark);
            }
            _ => {}
        }
    }

    #[inline]
    fn object<T: Object<Layout = Values>>(&mut self, value: Tagged) {
        if let Some(object) = value.as_reference::<T>()
            && Pool::mark(object)
        {
            if self.gray.len() == self.gray.capacity() && !self.make_room() {
                self.overflowed = true;
                return;
            }
            self.gray.push(value);
        }
    }

    #[cold]
    fn make_room(&mut self) -> bool {
        if self.gray.len() < self.most && self.gray.try_reserve(1).is_ok() {
            return true;
        }
        // The system is not asked again for each object.
        self.most = self.gray.len();
        false
    }

    /// Marks the live object at exactly this address, if there is one.
    pub fn address(&mut self, address: u64) {
        let heap = self.heap;
        if let Some(found) = heap.tables.find(address) {
            self.value(Tagged::reference(found));
        } else if let Some(found) = heap.strings.find(address) {
            self.value(Tagged::reference(found));
        } else if let Some(found) = heap.functions.find(address) {
            self.value(Tagged::reference(found));
        } else if let Some(found) = heap.variables.find(address) {
            self.value(Tagged::reference(found));
        } else if let Some(found) = heap.threads.find(address) {
            self.value(Tagged::reference(found));
        } else if let Some(found) = heap.files.find(address) {
            self.value(Tagged::reference(found));
        }
    }

    /// Marks whatever live object one of the words is the address of.
    pub fn words(&mut self, words: &[u64]) {
        for &word in words {
            self.address(word);
        }
    }

    fn drain(&mut self) {
        loop {
            while let Some(value) = self.gray.pop() {
                if let Some(table) = value.as_reference::<Table>() {
                    self.table(table);
                } else if let Some(function) = value.as_reference::<Function>() {
                    self.function(function);
                } else if let Some(variable) = value.as_reference::<Variable>() {
                    self.value(variable.value.get());
                } else if let Some(thread) = value.as_reference::<Thread>() {
                    self.thread(thread);
                }
            }
            if !std::mem::take(&mut self.overflowed) {
                return;
            }
            self.look_again();
        }
    }

    /// Looks into all marked objects.
    fn look_again(&mut self) {
        let heap = self.heap;
        heap.tables.each(|table| {
            if Pool::is_marked(table) {
                self.table(table);
            }
        });
        heap.functions.each(|function| {
            if Pool::is_marked(function) {
                self.function(function);
            }
        });
        heap.variables.each(|variable| {
            if Pool::is_marked(variable) {
                self.value(variable.value.get());
            }
        });
        heap.threads.each(|thread| {
            if Pool::is_marked(thread) {
                self.thread(thread);
            }
        });
    }

    /// The frames of one that runs are on the stack. What others hold may have been left there by
    /// what has ended, as on the stack: so it is looked for by address.
    fn thread(&mut self, thread: Reference<Thread>) {
        self.value(thread.body.get());
        if let Some(resumer) = thread.resumer.get() {
            self.value(Tagged::reference(resumer));
        }
        if thread.status.get() == Status::Suspended {
            for value in thread.frames.borrow().values() {
                if value.tag() >= STRING {
                    self.address(value.as_int() as u64);
                }
            }
        }
    }

    fn function(&mut self, function: Reference<Function>) {
        for &value in captured_of(&function) {
            self.value(value);
        }
    }

    fn table(&mut self, table: Reference<Table>) {
        self.value(table.meta.get());
        for index in 0..table.length.get() {
            self.value(table.item(index).get());
        }
        for slot in 0..table.width.get() {
            self.value(table.field(slot).get());
        }
        if let Some(hash) = table.hash.get() {
            for entry in hash.borrow().entries() {
                // The key of an entry that was set to nil is still compared with others.
                self.value(entry.key);
                if entry.value.tag() != NIL {
                    self.value(entry.value);
                }
            }
        }
    }
}

impl Heap {
    /// Frees all objects that are not reachable from what `roots` marks.
    pub fn collect(&self, roots: impl FnOnce(&mut Marker<'_>)) {
        self.collect_within(usize::MAX, roots);
    }

    /// The same where there is no memory left: needs little itself, and keeps nothing for later.
    pub fn collect_all(&self, roots: impl FnOnce(&mut Marker<'_>)) {
        self.gray.take();
        self.collect_within(FEW, roots);
        self.gray.take();
        self.pieces.spares.release();
        self.pieces.release();
        self.tables.release();
        self.strings.release();
        self.functions.release();
        self.variables.release();
        self.files.release();
        self.threads.release();
        if self.memory.is_short() {
            self.fill_reserve();
        }
    }

    /// Collects with a stack of at most so many objects.
    pub(super) fn collect_within(&self, most: usize, roots: impl FnOnce(&mut Marker<'_>)) {
        let mut marker = Marker {
            heap: self,
            gray: self.gray.take(),
            most,
            overflowed: false,
        };
        roots(&mut marker);
        self.shapes.each_key(|key| marker.value(key));
        marker.drain();
        self.gray.replace(marker.gray);
        self.sweep();
        self.memory.collected();
        if self.memory.is_short() {
            self.fill_reserve();
        }
        self.collections.set(self.collections.get() + 1);
    }

    pub(super) fn sweep(&self) {
        let (memory, pieces) = (&self.memory, &self.pieces);
        let poison = self.poison.get();
        self.interned.borrow_mut().sweep(memory);
        pieces.spares.age();
        let strings = self
            .strings
            .sweep(poison, |string| pieces.drop_text(memory, string));
        let tables = self.tables.sweep(poison, |table| {
            pieces.drop_table(memory, table);
            table.give_hash(self);
        });
        let functions = self
            .functions
            .sweep(poison, |function| pieces.drop_captured(memory, function));
        let variables = self.variables.sweep(poison, |_| {});
        // To drop one closes it.
        let files = self.files.sweep(poison, |_| {});
        let threads = self
            .threads
            .sweep(poison, |thread| self.drop_frames(thread));
        memory.give(
            strings * Pool::<Str>::SIZE
                + tables * Pool::<Table>::SIZE
                + functions * Pool::<Function>::SIZE
                + variables * Pool::<Variable>::SIZE
                + files * Pool::<File>::SIZE
                + threads * Pool::<Thread>::SIZE,
        );
    }
}
