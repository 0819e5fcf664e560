//! Who knows of new objects.
//!
//! Until others may know of an object (it is stored where they look, handed to a call, lies in a word that
//! a call may look at), its content is a [region](super::lists::Region) of its own, and no other access is to
//! it. From there on its content is appended to the general lists, by the same rule on both sides.
//!
//! When that happens is bookkeeping, no meaning: where one side's object has been seen and the other's
//! not yet, the other's is shown, too, before they are compared.

use super::lists::{Heap, Place, Region, Store};
use super::node::{Node, Operands, Term};
use super::world::World;
use crate::id::{HelperId, Value};
use crate::types::Type;

impl World<'_> {
    /// A new object of the recording.
    pub(super) fn make(&mut self, helper: HelperId, args: Operands, made_at: Value) -> Term {
        let number = self.objects.count();
        let term = self.terms.intern(Node::Object(number), Type::Ref);
        self.objects.add(term, helper, args, made_at);
        term
    }

    /// The objects in `term` that others do not know of.
    pub(super) fn unseen_in(&self, heap: &Heap, term: Term) -> Vec<u32> {
        let mut found = self.objects.inside(&self.terms, term);
        found.retain(|&object| !heap.has_seen(object));
        found
    }

    /// The unseen objects that the content of these reaches, themselves included.
    pub(super) fn unseen_from(&mut self, heap: &Heap, mut objects: Vec<u32>) -> Vec<u32> {
        let mut next = 0;
        while let Some(&object) = objects.get(next) {
            next += 1;
            let mut held: Vec<Term> = self.objects.get(object).args.to_vec();
            for class in self.classes() {
                let stores = self.stores(heap, Region::Object(object), class);
                held.extend(stores.iter().map(|store| store.value));
            }
            for term in held {
                for more in self.unseen_in(heap, term) {
                    if !objects.contains(&more) {
                        objects.push(more);
                    }
                }
            }
        }
        objects
    }

    /// Others may know of the objects in `term` from here on.
    pub(super) fn see_all(&mut self, heap: &mut Heap, term: Term) {
        for object in self.unseen_in(heap, term) {
            self.see(heap, object);
        }
    }

    /// Others may know of `object` from here on.
    pub(super) fn see(&mut self, heap: &mut Heap, object: u32) {
        if !heap.note_seen(object, self.last_epoch()) {
            return;
        }
        self.objects.note_seen(object, self.terms.len() as u32);
        let made = self.objects.get(object);
        let (helper, term) = (made.helper, made.term);
        let interface = self.interface;
        let makes = interface.helpers[helper.index()].makes.as_ref();
        let mut born: Vec<Store> = Vec::new();
        for content in makes.map_or(&[][..], |makes| &makes.holds) {
            let place = Place {
                address: term,
                index: None,
                access: content.access,
            };
            let value = self.initially(object, content.value, content.access);
            born.push(Store {
                place,
                value,
                born: true,
            });
        }
        for class in self.classes() {
            if let Some(state) = heap.take(object, class) {
                born.extend(self.lists.stores(state));
            }
        }
        // Of two stores to one place the later.
        for store in &mut born {
            store.place = self.resolved(store.place);
            store.born = true;
        }
        let all = born.clone();
        let mut number = 0;
        born.retain(|store| {
            number += 1;
            !all[number..].iter().any(|later| later.place == store.place)
        });
        for store in &born {
            self.see_all(heap, store.value);
        }
        for store in born {
            self.append(heap, Region::General, store);
        }
    }

    /// Shows what either side has shown on the other, too.
    pub(super) fn see_alike(&mut self, one: &mut Heap, other: &mut Heap) {
        for object in one.seen_only_here(other) {
            self.see(other, object);
        }
        for object in other.seen_only_here(one) {
            self.see(one, object);
        }
    }

    /// Whether `term` was there before others could see the object, and is not of it.
    pub(super) fn is_older(&self, term: Term, object: u32) -> bool {
        let term = self.terms.resolve(term);
        if self.objects.of(&self.terms, term).is_some() {
            return false;
        }
        match self.terms.node(term) {
            Node::Constant(_) | Node::Reference(_) | Node::Entry(..) => true,
            _ if self.objects.is_before_seen(term, object) => {
                self.objects.inside(&self.terms, term).is_empty()
            }
            Node::Word(epoch, _) => *epoch == self.start.0,
            &Node::Load(state, address, index, _) => {
                self.is_initial(state)
                    && self.is_older(address, object)
                    && index.is_none_or(|index| self.is_older(index, object))
            }
            Node::Pure(_, _, args) => args.iter().all(|&arg| self.is_older(arg, object)),
            _ => false,
        }
    }
}
