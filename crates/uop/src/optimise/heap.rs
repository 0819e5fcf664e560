//! Heap loads and stores by alias class.
//!
//! Accesses of different classes never overlap. Within a class two accesses are known apart only
//! when they have the same address value and disjoint byte ranges; anything else may alias. A load
//! of a known location is its value; a store makes its location known and forgets what it may
//! overlap; a call forgets the classes it writes.
//!
//! Narrow stores are not forwarded (the load would need the extension); a store that changes
//! nothing is dropped.

use super::output::Args;
use crate::id::Value;
use crate::interface::{Class, ClassSet};
use crate::op::Op;
use crate::uop::{Access, Imm, Uop};
use std::collections::BTreeMap;

/// Known heap contents.
#[derive(Clone, Default)]
pub(super) struct Heap {
    by_class: BTreeMap<Class, Vec<(Place, Value)>>,
}

/// Where an access goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: Value,
    pub(super) index: Option<Value>,
    pub(super) access: Access,
}

impl Place {
    /// The operands of an access to this place.
    pub(super) fn operands(self) -> Args {
        [Some(self.address), self.index]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The uop that loads from here.
    pub(super) fn load(self) -> Uop {
        let op = if self.index.is_some() {
            Op::LoadElem
        } else {
            Op::Load
        };
        Uop::new(op, &self.operands())
            .with_ty(self.access.mem.ty())
            .with_imm(Imm::Access(self.access))
    }

    /// The uop that stores here.
    pub(super) fn store(self, value: Value) -> Uop {
        let op = if self.index.is_some() {
            Op::StoreElem
        } else {
            Op::Store
        };
        let mut args = self.operands();
        args.push(value);
        Uop::new(op, &args).with_imm(Imm::Access(self.access))
    }

    /// Whether two accesses never touch the same bytes.
    fn is_apart(self, other: Place) -> bool {
        let scale = |place: Place| place.index.map(|_| place.access.scale);
        let end =
            |place: Place| i64::from(place.access.offset) + i64::from(place.access.mem.bytes());
        let below = |one: Place, two: Place| end(one) <= i64::from(two.access.offset);
        self.address == other.address
            && self.index == other.index
            && scale(self) == scale(other)
            && (below(self, other) || below(other, self))
    }
}

impl Heap {
    /// Forgets the classes in `written`.
    pub(super) fn kill(&mut self, written: ClassSet) {
        self.by_class.retain(|&class, _| !written.contains(class));
    }

    /// What a location is known to hold.
    pub(super) fn find(&self, place: Place) -> Option<Value> {
        let known = self.by_class.get(&place.access.class)?;
        let location = known.iter().find(|(known, _)| *known == place);
        location.map(|&(_, value)| value)
    }

    /// Notes what a location holds.
    pub(super) fn note(&mut self, place: Place, value: Value) {
        let known = self.by_class.entry(place.access.class).or_default();
        known.push((place, value));
    }

    /// Forgets what a store may overlap.
    pub(super) fn overwrite(&mut self, place: Place) {
        if let Some(known) = self.by_class.get_mut(&place.access.class) {
            known.retain(|(known, _)| known.is_apart(place));
        }
    }
}
