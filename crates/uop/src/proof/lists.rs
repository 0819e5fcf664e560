//! Heaps as data: for each alias class a list of stores.
//!
//! The content of an alias class is a list of stores over what was there at first, and every object that
//! only the trace knows has one list more in each class. Lists are hash-consed: two heaps are equal if
//! their lists are the same number, which is all that comparing takes. What a list means, which stores can
//! be left out of it and in which order they stand is decided in [`heap`](super::heap).

use super::node::{State, Term};
use crate::access::Access;
use crate::interface::Class;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::rc::Rc;

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

/// A list: what was there at the beginning of an epoch, or a list and a store more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Link {
    Base(Region, Class, u32),
    Store(State, Store),
}

/// All lists there are.
#[derive(Default)]
pub(super) struct Lists {
    links: Vec<Link>,
    ids: FxHashMap<Link, State>,
    /// The list without what objects held when they were first seen.
    without_births: FxHashMap<State, State>,
    /// Pairs that were found equal, although they are not the same number.
    equal: FxHashSet<(State, State)>,
}

impl Lists {
    /// The list of a region that nothing has been stored in since `epoch`.
    pub(super) fn base(&mut self, region: Region, class: Class, epoch: u32) -> State {
        self.intern(Link::Base(region, class, epoch))
    }

    /// The list `before` with a store more.
    pub(super) fn with(&mut self, before: State, store: Store) -> State {
        self.intern(Link::Store(before, store))
    }

    fn intern(&mut self, link: Link) -> State {
        if let Some(&state) = self.ids.get(&link) {
            return state;
        }
        let state = State(self.links.len() as u32);
        self.links.push(link);
        self.ids.insert(link, state);
        state
    }

    pub(super) fn link(&self, state: State) -> Link {
        self.links[state.0 as usize]
    }

    /// The last store of a list, and the list before it.
    pub(super) fn last(&self, state: State) -> Option<(State, Store)> {
        match self.link(state) {
            Link::Store(before, store) => Some((before, store)),
            Link::Base(..) => None,
        }
    }

    /// The stores of a list, the first first.
    pub(super) fn stores(&self, mut state: State) -> Vec<Store> {
        let mut stores = Vec::new();
        while let Some((before, store)) = self.last(state) {
            stores.push(store);
            state = before;
        }
        stores.reverse();
        stores
    }

    /// The list without what objects held when others first saw them. That wrote to nothing that was there
    /// before, and who gets at such an object has it from a store.
    pub(super) fn without_births(&mut self, mut state: State) -> State {
        let mut left = Vec::new();
        let mut without = loop {
            if let Some(&known) = self.without_births.get(&state) {
                break known;
            }
            let Some((before, store)) = self.last(state) else {
                break state;
            };
            left.push((state, store));
            state = before;
        };
        for (state, store) in left.into_iter().rev() {
            if !store.born {
                without = self.with(without, store);
            }
            self.without_births.insert(state, without);
        }
        without
    }

    /// Whether two lists are one, or have been found to leave the same.
    pub(super) fn are_equal(&self, one: State, other: State) -> bool {
        one == other || self.equal.contains(&(one, other))
    }

    /// Notes that two lists leave the same.
    pub(super) fn note_equal(&mut self, one: State, other: State) {
        if one != other {
            self.equal.insert((one, other));
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

    /// The list of a class.
    pub(super) fn list(&self, lists: &mut Lists, region: Region, class: Class) -> State {
        if let Some(&state) = self.lists.get(&(region, class)) {
            return state;
        }
        let epoch = match region {
            Region::General => self.epoch,
            Region::Object(_) => 0,
        };
        lists.base(region, class, epoch)
    }

    pub(super) fn set(&mut self, region: Region, class: Class, state: State) {
        Rc::make_mut(&mut self.lists).insert((region, class), state);
    }

    /// Takes out the list of an object that others see from now on.
    pub(super) fn take(&mut self, object: u32, class: Class) -> Option<State> {
        Rc::make_mut(&mut self.lists).remove(&(Region::Object(object), class))
    }

    pub(super) fn has_seen(&self, object: u32) -> bool {
        self.seen.contains_key(&object)
    }

    /// When others came to know of an object.
    pub(super) fn seen_since(&self, object: u32) -> Option<u32> {
        self.seen.get(&object).copied()
    }

    /// Others may know of `object` from `epoch` on; whether they did not before.
    pub(super) fn note_seen(&mut self, object: u32, epoch: u32) -> bool {
        let first = !self.has_seen(object);
        if first {
            Rc::make_mut(&mut self.seen).insert(object, epoch);
        }
        first
    }

    /// The objects that others know of here and not in `other`.
    pub(super) fn seen_only_here(&self, other: &Heap) -> Vec<u32> {
        if Rc::ptr_eq(&self.seen, &other.seen) {
            return Vec::new();
        }
        let here = self.seen.keys().filter(|&&object| !other.has_seen(object));
        here.copied().collect()
    }
}
