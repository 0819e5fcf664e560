//! Mark and sweep.
//!
//! The caller marks the roots: what running frames hold, exactly where it knows the type and by
//! address where it does not. A stack of objects to look into does the rest. Strings have nothing
//! to look into and never get there.

use super::piece::Pieces;
use super::{Heap, LEAST, Pool};
use crate::value::{
    CELL, FUNCTION, Function, NIL, STRING, Str, TABLE, Table, Variable, captured_of,
};
use crate::value::{Tagged, Values};
use offramp::{Object, Reference};

/// Marks roots during a collection.
#[derive(Debug)]
pub struct Marker<'a> {
    heap: &'a Heap,
    gray: Vec<Tagged>,
}

impl Marker<'_> {
    /// Marks a value.
    #[inline]
    pub fn value(&mut self, value: Tagged) {
        match value.tag() {
            STRING => {
                value.as_reference().map(Pool::<Str>::mark);
            }
            TABLE => self.object::<Table>(value),
            FUNCTION => self.object::<Function>(value),
            CELL => self.object::<Variable>(value),
            _ => {}
        }
    }

    #[inline]
    fn object<T: Object<Layout = Values>>(&mut self, value: Tagged) {
        if let Some(object) = value.as_reference::<T>()
            && Pool::mark(object)
        {
            self.gray.push(value);
        }
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
        }
    }

    /// Marks whatever live object one of the words is the address of.
    pub fn words(&mut self, words: &[u64]) {
        for &word in words {
            self.address(word);
        }
    }

    fn drain(&mut self) {
        while let Some(value) = self.gray.pop() {
            if let Some(table) = value.as_reference::<Table>() {
                self.table(table);
            } else if let Some(function) = value.as_reference::<Function>() {
                for &value in captured_of(&function) {
                    self.value(value);
                }
            } else if let Some(variable) = value.as_reference::<Variable>() {
                self.value(variable.value.get());
            }
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
        let mut marker = Marker {
            heap: self,
            gray: self.gray.take(),
        };
        roots(&mut marker);
        self.shapes.each_key(|key| marker.value(key));
        marker.drain();
        self.gray.replace(marker.gray);
        self.sweep();
        self.threshold.set((self.bytes() * 2).max(LEAST));
        self.due.now.set(u32::from(self.is_due()));
        self.collections.set(self.collections.get() + 1);
    }

    pub(super) fn sweep(&self) {
        let poison = self.poison.get();
        self.interned.borrow_mut().sweep();
        let pieces: &Pieces = &self.pieces;
        pieces.age_spares();
        let strings = self
            .strings
            .sweep(poison, |string| pieces.drop_text(string));
        let mut hashes = 0;
        let tables = self.tables.sweep(poison, |table| {
            pieces.drop_table(table);
            if let Some(hash) = table.hash.get() {
                hashes += hash.borrow().bytes();
            }
        });
        let functions = self
            .functions
            .sweep(poison, |function| pieces.drop_captured(function));
        let variables = self.variables.sweep(poison, |_| {});
        self.sub_bytes(
            hashes
                + strings * Pool::<Str>::SIZE
                + tables * Pool::<Table>::SIZE
                + functions * Pool::<Function>::SIZE
                + variables * Pool::<Variable>::SIZE,
        );
    }
}
