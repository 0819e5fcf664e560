//! What states of both sides are made of: terms, lists of stores, objects.
//!
//! One world serves both sides of a proof, so that equal values and equal heaps have equal numbers. Meaning
//! is added by subject: `heap` (loads and stores), `escape` (who knows of new objects), `perform` (uops).

use super::lists::{Heap, Lists, Place, Region, Store};
use super::node::{State, Term};
use super::objects::Objects;
use super::terms::Terms;
use crate::interface::{Class, Interface};

/// Terms, lists and objects: all that states are made of.
pub(super) struct World<'t> {
    pub(super) terms: Terms,
    pub(super) lists: Lists,
    pub(super) objects: Objects,
    pub(super) interface: &'t Interface,
    /// Where everything began: the epochs of words and heap.
    pub(super) start: (u32, u32),
    epochs: u32,
}

impl<'t> World<'t> {
    pub(super) fn new(interface: &'t Interface) -> World<'t> {
        World {
            terms: Terms::default(),
            lists: Lists::default(),
            objects: Objects::default(),
            interface,
            start: (0, 0),
            epochs: 0,
        }
    }

    /// A name for what was not there before.
    pub(super) fn epoch(&mut self) -> u32 {
        self.epochs += 1;
        self.epochs
    }

    /// The last name that was given.
    pub(super) fn last_epoch(&self) -> u32 {
        self.epochs
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = Class> + use<> {
        (0..self.interface.classes.len().max(1) as u8).map(Class)
    }

    /// The region that an address lies in.
    pub(super) fn region(&self, heap: &Heap, address: Term) -> Region {
        match self.objects.of(&self.terms, address) {
            Some(object) if !heap.has_seen(object) => Region::Object(object),
            _ => Region::General,
        }
    }

    /// The list of a class.
    pub(super) fn list(&mut self, heap: &Heap, region: Region, class: Class) -> State {
        heap.list(&mut self.lists, region, class)
    }

    /// The stores of the list of a class, the first first.
    pub(super) fn stores(&mut self, heap: &Heap, region: Region, class: Class) -> Vec<Store> {
        let state = self.list(heap, region, class);
        self.lists.stores(state)
    }

    /// Forgets what is in a class: a call has written there.
    pub(super) fn overwrite(&mut self, heap: &mut Heap, class: Class, epoch: u32) {
        let state = self.lists.base(Region::General, class, epoch);
        heap.set(Region::General, class, state);
    }

    /// The place, by what its terms are known to be now.
    pub(super) fn resolved(&self, place: Place) -> Place {
        Place {
            address: self.terms.resolve(place.address),
            index: place.index.map(|index| self.terms.resolve(index)),
            ..place
        }
    }
}
