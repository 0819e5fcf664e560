//! New objects, and who knows of them.
//!
//! The n-th call of the recording that [makes an object](crate::interface::NewObject) makes object n;
//! a call of the optimised trace, in its line or in an exit, makes one of these. Until others may know
//! of it (it is stored where they look, handed to a call, lies in a word that a call may look at), its
//! content is a [region](super::heap::Region) of its own, and no other access is to it. From there on its
//! content is appended to the general lists, by the same rule on both sides.
//!
//! When that happens is bookkeeping, no meaning: where one side's object has been seen and the other's
//! not yet, the other's is shown, too, before they are compared.

use super::heap::{Heap, Place, Region, Store, World};
use super::terms::{Node, Operands, Term, Terms};
use crate::id::{HelperId, Value};
use crate::types::Type;
use rustc_hash::FxHashMap;

/// How deep a term is looked into for objects.
const DEPTH: u32 = 8;

/// An object that the recording makes.
pub(super) struct Object {
    pub(super) helper: HelperId,
    pub(super) args: Operands,
    pub(super) term: Term,
    /// The uop of the recording that makes it.
    pub(super) made_at: Value,
    /// The optimised trace has made it in its line.
    pub(super) in_line: bool,
    /// It is of this way through the trace, not of the first iteration.
    pub(super) current: bool,
    /// How many terms there were when others first saw it.
    seen_at: Option<u32>,
}

/// All objects so far, and the terms that are an object or the address of a part of one.
#[derive(Default)]
pub(super) struct Objects {
    all: Vec<Object>,
    owners: FxHashMap<Term, u32>,
    /// The results of calls that may be references to what went in.
    results: FxHashMap<Term, Vec<u32>>,
}

impl Objects {
    pub(super) fn count(&self) -> u32 {
        self.all.len() as u32
    }

    pub(super) fn get(&self, object: u32) -> &Object {
        &self.all[object as usize]
    }

    /// The object that `term` is, or is the address of a part of.
    pub(super) fn of(&self, terms: &Terms, term: Term) -> Option<u32> {
        match self.owners.is_empty() {
            true => None,
            false => self.owners.get(&terms.resolve(term)).copied(),
        }
    }

    /// The object that `term` itself is.
    pub(super) fn named(&self, terms: &Terms, term: Term) -> Option<u32> {
        let object = self.of(terms, term)?;
        (self.get(object).term == terms.resolve(term)).then_some(object)
    }

    /// Notes that `term`, the result of a call, may be a reference to one of these.
    pub(super) fn may_be(&mut self, term: Term, objects: Vec<u32>) {
        if !objects.is_empty() {
            self.results.insert(term, objects);
        }
    }

    /// Whether `term` is the result of a call that new objects went into.
    pub(super) fn may_be_new(&self, terms: &Terms, term: Term) -> bool {
        !self.results.is_empty() && self.results.contains_key(&terms.resolve(term))
    }

    pub(super) fn belongs(&mut self, term: Term, object: u32) {
        self.owners.insert(term, object);
    }

    /// The latest object that this uop of the recording made.
    pub(super) fn made_by(&self, uop: Value) -> Option<u32> {
        let found = self
            .all
            .iter()
            .rposition(|it| it.current && it.made_at == uop);
        found.map(|found| found as u32)
    }

    /// Notes that the line has made it.
    pub(super) fn make(&mut self, object: u32) {
        self.all[object as usize].in_line = true;
    }

    /// Objects that the line has made.
    pub(super) fn in_line(&self) -> Vec<u32> {
        let all = self.all.iter().enumerate();
        let made = all.filter(|(_, object)| object.in_line && object.current);
        made.map(|(number, _)| number as u32).collect()
    }

    /// An iteration from anywhere: objects made so far are any.
    pub(super) fn leave_behind(&mut self) {
        for object in &mut self.all {
            object.current = false;
            object.seen_at = Some(0);
        }
    }

    fn in_term(&self, terms: &Terms, term: Term, found: &mut Vec<u32>, depth: u32) {
        let term = terms.resolve(term);
        let mut note = |object: u32| {
            if !found.contains(&object) {
                found.push(object);
            }
        };
        if let Some(&object) = self.owners.get(&term) {
            note(object);
        } else if let Some(objects) = self.results.get(&term) {
            objects.iter().copied().for_each(note);
        } else if let (Node::Pure(_, _, args), true) = (terms.node(term), depth > 0) {
            for &arg in args {
                self.in_term(terms, arg, found, depth - 1);
            }
        }
    }
}

impl World<'_> {
    /// A new object of the recording.
    pub(super) fn make(&mut self, helper: HelperId, args: Operands, made_at: Value) -> Term {
        let number = self.objects.count();
        let term = self.terms.intern(Node::Object(number), Type::Ref);
        self.objects.belongs(term, number);
        self.objects.all.push(Object {
            helper,
            args,
            term,
            made_at,
            in_line: false,
            current: true,
            seen_at: None,
        });
        term
    }

    /// The objects in `term` that others do not know of.
    pub(super) fn unseen_in(&self, heap: &Heap, term: Term) -> Vec<u32> {
        let mut found = Vec::new();
        if self.objects.count() > 0 {
            self.objects.in_term(&self.terms, term, &mut found, DEPTH);
            found.retain(|&object| !heap.has_seen(object));
        }
        found
    }

    /// The unseen objects that the content of these reaches, themselves included.
    pub(super) fn unseen_from(&mut self, heap: &Heap, mut objects: Vec<u32>) -> Vec<u32> {
        let mut next = 0;
        while let Some(&object) = objects.get(next) {
            next += 1;
            let mut held: Vec<Term> = self.objects.get(object).args.to_vec();
            for class in self.classes() {
                let state = self.list(heap, Region::Object(object), class);
                held.extend(self.stores(state).iter().map(|store| store.value));
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
        if !self.note_seen(heap, object) {
            return;
        }
        let terms = self.terms.len() as u32;
        let made = &mut self.objects.all[object as usize];
        made.seen_at.get_or_insert(terms);
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
            born.extend(self.take_list(heap, object, class));
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
        for object in World::unshared_seen(one, other) {
            self.see(other, object);
        }
        for object in World::unshared_seen(other, one) {
            self.see(one, object);
        }
    }

    /// Whether `term` was there before others could see the object, and is not of it.
    pub(super) fn is_older(&self, term: Term, object: u32) -> bool {
        let term = self.terms.resolve(term);
        if self.objects.of(&self.terms, term).is_some() {
            return false;
        }
        let known = self.objects.get(object).seen_at;
        let earlier = known.is_some_and(|seen| term.0 < seen);
        match self.terms.node(term) {
            Node::Constant(_) | Node::Reference(_) | Node::Entry(..) => true,
            _ if earlier => {
                let mut inside = Vec::new();
                self.objects.in_term(&self.terms, term, &mut inside, DEPTH);
                inside.is_empty()
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
