//! Loads and stores, and where two heaps differ.
//!
//! A load walks back over the stores that are known to be apart from it; where it meets its own place it is
//! what was stored there, else it is a leaf that names the list where it stopped.
//!
//! A store of what is there already is none. In the lists of objects, a second store to one place
//! replaces the first, as the optimiser leaves overwritten sunk stores out, and stores that are apart
//! are in the order of their places, as it repeats some. In the general lists the first stays, as loads
//! are named by the list they stopped at.

use super::lists::{Heap, Link, Place, Region, Store};
use super::node::{Node, State, Term};
use super::world::World;
use crate::access::Access;
use crate::interface::{Class, Initial};
use crate::op::Op;
use crate::types::{Const, Mem};
use crate::uop::Uop;

/// Stores that are compared in any order, at most.
const MOST_MOVED: usize = 64;

/// Where two lists differ: the last stores of both that do.
pub(super) struct Difference {
    pub(super) object: Option<u32>,
    pub(super) found: String,
    pub(super) wanted: String,
}

impl World<'_> {
    /// The place that a load or store names; one whose index is constant is one without an index.
    pub(super) fn place(&self, uop: &Uop, args: &[Term]) -> Option<Place> {
        let access = uop.access()?;
        let plain = |offset| Access {
            offset,
            scale: 0,
            ..access
        };
        let address = self.terms.resolve(args[0]);
        if !matches!(uop.op, Op::LoadElem | Op::StoreElem) {
            return Some(Place {
                address,
                index: None,
                access: plain(access.offset),
            });
        }
        let index = self.terms.resolve(args[1]);
        let offset = self.terms.as_int(index).and_then(|index| {
            let bytes = index.checked_mul(1 << access.scale)?;
            i32::try_from(bytes.checked_add(access.offset.into())?).ok()
        });
        Some(match offset {
            Some(offset) => Place {
                address,
                index: None,
                access: plain(offset),
            },
            None => Place {
                address,
                index: Some(index),
                access,
            },
        })
    }

    fn is_apart(&self, one: Place, other: Place) -> bool {
        let object = |place: Place| self.objects.of(&self.terms, place.address);
        match (object(one), object(other)) {
            (Some(one), Some(other)) if one != other => return true,
            (Some(one), None) if self.is_older(other.address, one) => return true,
            (None, Some(other)) if self.is_older(one.address, other) => return true,
            _ => {}
        }
        let end = |access: Access| i64::from(access.offset) + i64::from(access.mem.bytes());
        let disjoint = |one: Access, other: Access| end(one) <= i64::from(other.offset);
        one.address == other.address
            && one.index == other.index
            && one.access.scale == other.access.scale
            && (disjoint(one.access, other.access) || disjoint(other.access, one.access))
    }

    /// What a load finds.
    pub(super) fn load(&mut self, heap: &Heap, place: Place) -> Term {
        let place = self.resolved(place);
        let Place { access, .. } = place;
        let region = self.region(heap, place.address);
        let mut state = self.list(heap, region, access.class);
        while let Some((before, store)) = self.lists.last(state) {
            let there = self.resolved(store.place);
            if there == place {
                return match access.mem.bytes() {
                    8 => self.terms.resolve(store.value),
                    _ => self.terms.extend(access.mem, store.value),
                };
            }
            if !self.is_apart(there, place) {
                break;
            }
            state = before;
        }
        let owner = self.never_stored(heap, place, state);
        if let Some(object) = owner {
            if place.index.is_none()
                && let Some(initial) = self.initial(object, place.address, access)
            {
                return initial;
            }
            state = self.lists.base(Region::Object(object), access.class, 0);
        }
        let node = Node::Load(state, place.address, place.index, access);
        let term = self.terms.intern(node, access.mem.ty());
        let owner = owner.or(match region {
            Region::Object(object) => Some(object),
            Region::General => None,
        });
        if let (Some(object), Mem::Ptr) = (owner, access.mem) {
            self.objects.belongs(term, object);
        }
        self.terms.resolve(term)
    }

    /// The object that a place is of, if a walk that ended at `state` has shown that nobody has stored
    /// there since it was made: no call either, since others know of it.
    fn never_stored(&self, heap: &Heap, place: Place, state: State) -> Option<u32> {
        match self.lists.link(state) {
            Link::Base(Region::Object(object), ..) => Some(object),
            Link::Base(Region::General, _, epoch) => {
                let object = self.objects.of(&self.terms, place.address)?;
                let since = heap.seen_since(object)?;
                let current = self.objects.get(object).current;
                (current && epoch <= since).then_some(object)
            }
            Link::Store(..) => None,
        }
    }

    /// What is declared of a location of an object.
    fn initial(&mut self, object: u32, address: Term, access: Access) -> Option<Term> {
        let made = self.objects.get(object);
        if made.term != address {
            return None;
        }
        let makes = self.interface.helpers[made.helper.index()].makes.as_ref()?;
        let content = makes
            .holds
            .iter()
            .find(|content| content.access == access)?;
        Some(self.initially(object, content.value, access))
    }

    /// The value that a declaration names.
    pub(super) fn initially(&mut self, object: u32, initial: Initial, access: Access) -> Term {
        match initial {
            Initial::Argument(number) => {
                let args = &self.objects.get(object).args;
                self.terms.resolve(args[usize::from(number)])
            }
            Initial::Constant(bits) => {
                let ty = access.mem.ty();
                self.terms.constant(Const { ty, bits })
            }
        }
    }

    /// Stores, unless that is what is there.
    pub(super) fn store(&mut self, heap: &mut Heap, place: Place, value: Term) {
        let (place, value) = (self.resolved(place), self.terms.resolve(value));
        let region = self.region(heap, place.address);
        match region {
            Region::General => self.see_all(heap, value),
            Region::Object(_) => self.forget_place(heap, region, place),
        }
        let region = self.region(heap, place.address);
        let held = self.load(heap, place);
        let new = match place.access.mem.bytes() {
            8 => value,
            _ => self.terms.extend(place.access.mem, value),
        };
        if held != new {
            let born = false;
            self.append(heap, region, Store { place, value, born });
        }
    }

    /// Takes what was stored in a place out of an object's list.
    fn forget_place(&mut self, heap: &mut Heap, region: Region, place: Place) {
        let class = place.access.class;
        let mut stores = self.stores(heap, region, class);
        let before = stores.len();
        stores.retain(|store| self.resolved(store.place) != place);
        if stores.len() < before {
            let base = self.lists.base(region, class, 0);
            let with = |state, store| self.lists.with(state, store);
            let state = stores.into_iter().fold(base, with);
            heap.set(region, class, state);
        }
    }

    pub(super) fn append(&mut self, heap: &mut Heap, region: Region, store: Store) {
        let class = store.place.access.class;
        let mut state = self.list(heap, region, class);
        let mut later = Vec::new();
        // Of stores that are apart the order means nothing: it is made the same on both sides.
        let moves = store.born || region != Region::General;
        while let Some((before, last)) = self.lists.last(state).filter(|_| moves) {
            if !self.goes_before(store, last) {
                break;
            }
            later.push(last);
            state = before;
        }
        state = self.lists.with(state, store);
        for store in later.into_iter().rev() {
            state = self.lists.with(state, store);
        }
        heap.set(region, class, state);
    }

    /// Whether a store may as well come before another, and does by convention. None goes before
    /// one that loads may be named by.
    fn goes_before(&self, store: Store, last: Store) -> bool {
        let rank = |store: Store| {
            let place = self.resolved(store.place);
            (place.address, place.index, place.access.offset)
        };
        store.born == last.born
            && rank(store) < rank(last)
            && self.is_apart(store.place, self.resolved(last.place))
    }

    /// Where the lists of a region differ.
    pub(super) fn differs(
        &mut self,
        found: &Heap,
        wanted: &Heap,
        region: Region,
        class: Class,
    ) -> Option<Box<Difference>> {
        let states = (
            self.list(found, region, class),
            self.list(wanted, region, class),
        );
        let (mut one, mut other) = states;
        while !self.lists.are_equal(one, other) {
            match (self.lists.last(one), self.lists.last(other)) {
                (Some((before, store)), Some((before_other, wanted)))
                    if self.is_same_store(store, wanted) =>
                {
                    (one, other) = (before, before_other);
                }
                (found, wanted) => {
                    if self.is_same_content(states.0, states.1) {
                        break;
                    }
                    let show = |it: Option<(State, Store)>| {
                        it.map_or("nothing".to_owned(), |(_, store)| self.show_store(store))
                    };
                    return Some(Box::new(Difference {
                        object: match region {
                            Region::General => None,
                            Region::Object(object) => Some(object),
                        },
                        found: show(found),
                        wanted: show(wanted),
                    }));
                }
            }
        }
        self.lists.note_equal(states.0, states.1);
        None
    }

    /// Whether two lists leave the same, although one was shown an object later than the other, and so
    /// has its stores elsewhere: each store of one is one of the other, and may be done last there.
    fn is_same_content(&mut self, found: State, wanted: State) -> bool {
        let (mut found, mut wanted) = (self.lists.stores(found), self.lists.stores(wanted));
        let common = found
            .iter()
            .zip(&wanted)
            .take_while(|(one, other)| one == other);
        let common = common.count();
        for stores in [&mut found, &mut wanted] {
            stores.drain(..common);
            for at in (0..stores.len()).rev() {
                let place = self.resolved(stores[at].place);
                let mut later = stores[at + 1..].iter();
                if later.any(|store| self.resolved(store.place) == place) {
                    stores.remove(at);
                }
            }
        }
        if found.len() != wanted.len() || found.len() > MOST_MOVED {
            return false;
        }
        while let Some(store) = found.pop() {
            let mut after = wanted.iter().enumerate().rev();
            let same = after.find(|(_, other)| !self.is_apart(store.place, other.place));
            match same.map(|(at, &other)| (at, other)) {
                Some((at, other)) if self.is_same_store(store, other) => {
                    wanted.remove(at);
                }
                _ => return false,
            }
        }
        true
    }

    fn is_same_store(&mut self, one: Store, other: Store) -> bool {
        let terms = &mut self.terms;
        one.place.access == other.place.access
            && terms.same(one.place.address, other.place.address)
            && match (one.place.index, other.place.index) {
                (None, None) => true,
                (Some(one), Some(other)) => terms.same(one, other),
                _ => false,
            }
            && terms.same(one.value, other.value)
    }

    fn show_store(&self, store: Store) -> String {
        let show = |term| self.terms.show(term, 3);
        let index = store
            .place
            .index
            .map_or(String::new(), |it| format!("[{}]", show(it)));
        let (address, offset) = (show(store.place.address), store.place.access.offset);
        format!("{address}{index} + {offset} := {}", show(store.value))
    }

    /// Whether nothing has been stored in a list since everything began.
    pub(super) fn is_initial(&self, state: State) -> bool {
        let (_, heap) = self.start;
        matches!(
            self.lists.link(state),
            Link::Base(Region::General, _, epoch) if epoch == heap
        )
    }
}
