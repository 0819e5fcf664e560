//! The heap as lists of stores.
//!
//! The content of an alias class is a list of stores over what was there at first, and of every
//! object that only the trace knows there is one list more in each class. Lists are hash-consed: two
//! heaps are equal if their lists are the same number, which is all that comparing takes. A load walks
//! back over the stores that are known to be apart from it; where it meets its own place it is what
//! was stored there, else it is a leaf that names the list where it stopped.
//!
//! A store of what is there already is none. In the lists of objects, a second store to one place
//! replaces the first, as the optimiser leaves overwritten sunk stores out, and stores that are apart
//! are in the order of their places, as it repeats some. In the general lists the first stays, as loads are named by the list they stopped at.

use super::objects::Objects;
use super::terms::{Node, Term, Terms};
use crate::id::Value;
use crate::interface::{Class, Initial, Interface};
use crate::op::Op;
use crate::types::{Const, Mem};
use crate::uop::{Access, Uop};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Stores that are compared in any order, at most.
const MOST_MOVED: usize = 64;

/// A list of stores.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct State(pub(super) u32);

/// Whose content a list is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Region {
    /// What others may know of.
    General,
    /// An object that only the trace knows.
    Object(u32),
}

/// A location.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Place {
    pub(super) address: Term,
    pub(super) index: Option<Term>,
    pub(super) access: Access,
}

/// A store, and whether it is what an object held when others first saw it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Store {
    pub(super) place: Place,
    pub(super) value: Term,
    pub(super) born: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Link {
    Base(Region, Class, u32),
    Store(State, Store),
}

/// All lists there are.
#[derive(Default)]
struct Lists {
    links: Vec<Link>,
    ids: FxHashMap<Link, State>,
    /// The list without what objects held when they were first seen.
    without_births: FxHashMap<State, State>,
    /// Pairs that were found equal, although they are not the same number.
    equal: FxHashSet<(State, State)>,
}

impl Lists {
    fn intern(&mut self, link: Link) -> State {
        if let Some(&state) = self.ids.get(&link) {
            return state;
        }
        let state = State(self.links.len() as u32);
        self.links.push(link);
        self.ids.insert(link, state);
        state
    }

    /// The last store of a list, and the list before it.
    fn last(&self, state: State) -> Option<(State, Store)> {
        match self.links[state.0 as usize] {
            Link::Store(before, store) => Some((before, store)),
            Link::Base(..) => None,
        }
    }
}

/// The heap of one side at one time. Cheap to copy: what does not change is shared.
#[derive(Clone, Default)]
pub(super) struct Heap {
    lists: Rc<BTreeMap<(Region, Class), State>>,
    /// Objects that others may know of, and the epoch when they came to.
    seen: Rc<BTreeMap<u32, u32>>,
    /// Where it began.
    epoch: u32,
}

impl Heap {
    /// A heap of which nothing is known. Objects below `objects` may lie in it.
    pub(super) fn new(epoch: u32, objects: u32) -> Heap {
        Heap {
            lists: Rc::default(),
            seen: Rc::new((0..objects).map(|object| (object, 0)).collect()),
            epoch,
        }
    }

    pub(super) fn has_seen(&self, object: u32) -> bool {
        self.seen.contains_key(&object)
    }
}

/// Where two lists differ: the last stores of both that do.
pub(super) struct Difference {
    pub(super) object: Option<u32>,
    pub(super) found: String,
    pub(super) wanted: String,
}

/// Terms, lists and objects: all that states are made of.
pub(super) struct World<'t> {
    pub(super) terms: Terms,
    lists: Lists,
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
        if let Some(&state) = heap.lists.get(&(region, class)) {
            return state;
        }
        let epoch = match region {
            Region::General => heap.epoch,
            Region::Object(_) => 0,
        };
        self.lists.intern(Link::Base(region, class, epoch))
    }

    /// The list of a class, but for what objects held when others first saw them. That wrote to
    /// nothing that was there before, and who gets at such an object has it from a store.
    pub(super) fn list_without_births(&mut self, heap: &Heap, class: Class) -> State {
        let mut state = self.list(heap, Region::General, class);
        let mut left = Vec::new();
        let mut without = loop {
            if let Some(&known) = self.lists.without_births.get(&state) {
                break known;
            }
            let Some((before, store)) = self.lists.last(state) else {
                break state;
            };
            left.push((state, store));
            state = before;
        };
        for (state, store) in left.into_iter().rev() {
            if !store.born {
                without = self.lists.intern(Link::Store(without, store));
            }
            self.lists.without_births.insert(state, without);
        }
        without
    }

    /// The stores of a list, the first first.
    pub(super) fn stores(&self, mut state: State) -> Vec<Store> {
        let mut stores = Vec::new();
        while let Some((before, store)) = self.lists.last(state) {
            stores.push(store);
            state = before;
        }
        stores.reverse();
        stores
    }

    /// Takes the list of an object that others see from now on out of the heap.
    pub(super) fn take_list(&mut self, heap: &mut Heap, object: u32, class: Class) -> Vec<Store> {
        let state = Rc::make_mut(&mut heap.lists).remove(&(Region::Object(object), class));
        state.map_or(Vec::new(), |state| self.stores(state))
    }

    pub(super) fn note_seen(&mut self, heap: &mut Heap, object: u32) -> bool {
        let seen = Rc::make_mut(&mut heap.seen);
        let first = !seen.contains_key(&object);
        seen.entry(object).or_insert(self.epochs);
        first
    }

    pub(super) fn unshared_seen(heap: &Heap, other: &Heap) -> Vec<u32> {
        match Rc::ptr_eq(&heap.seen, &other.seen) {
            true => Vec::new(),
            false => {
                let unshared = heap.seen.keys().filter(|&&object| !other.has_seen(object));
                unshared.copied().collect()
            }
        }
    }

    /// Forgets what is in a class: a call has written there.
    pub(super) fn overwrite(&mut self, heap: &mut Heap, class: Class, epoch: u32) {
        let state = self.lists.intern(Link::Base(Region::General, class, epoch));
        Rc::make_mut(&mut heap.lists).insert((Region::General, class), state);
    }

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

    /// The place, by what its terms are known to be now.
    pub(super) fn resolved(&self, place: Place) -> Place {
        Place {
            address: self.terms.resolve(place.address),
            index: place.index.map(|index| self.terms.resolve(index)),
            ..place
        }
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
            state = self
                .lists
                .intern(Link::Base(Region::Object(object), access.class, 0));
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
        match self.lists.links[state.0 as usize] {
            Link::Base(Region::Object(object), ..) => Some(object),
            Link::Base(Region::General, _, epoch) => {
                let object = self.objects.of(&self.terms, place.address)?;
                let since = *heap.seen.get(&object)?;
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
        let state = self.list(heap, region, class);
        let mut stores = self.stores(state);
        let before = stores.len();
        stores.retain(|store| self.resolved(store.place) != place);
        if stores.len() < before {
            let base = self.lists.intern(Link::Base(region, class, 0));
            let link = |state, store| self.lists.intern(Link::Store(state, store));
            let state = stores.into_iter().fold(base, link);
            Rc::make_mut(&mut heap.lists).insert((region, class), state);
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
        state = self.lists.intern(Link::Store(state, store));
        for store in later.into_iter().rev() {
            state = self.lists.intern(Link::Store(state, store));
        }
        Rc::make_mut(&mut heap.lists).insert((region, class), state);
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
        while one != other && !self.lists.equal.contains(&(one, other)) {
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
        if states.0 != states.1 {
            self.lists.equal.insert(states);
        }
        None
    }

    /// Whether two lists leave the same, although one was shown an object later than the other, and so
    /// has its stores elsewhere: each store of one is one of the other, and may be done last there.
    fn is_same_content(&mut self, found: State, wanted: State) -> bool {
        let (mut found, mut wanted) = (self.stores(found), self.stores(wanted));
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

    /// Whether the lists of two heaps are the same now.
    pub(super) fn is_initial(&self, state: State) -> bool {
        let (_, heap) = self.start;
        matches!(
            self.lists.links[state.0 as usize],
            Link::Base(Region::General, _, epoch) if epoch == heap
        )
    }

    /// The uop of the recording that made an object, for messages.
    pub(super) fn made_at(&self, object: u32) -> Value {
        self.objects.get(object).made_at
    }
}
