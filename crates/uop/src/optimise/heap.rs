//! Heap loads and stores by alias class.
//!
//! Accesses of different classes never overlap. Within a class two accesses are known apart only
//! when they have the same address value and disjoint byte ranges; anything else may alias. A load
//! of a known location is its value; a store makes its location known and forgets what it may
//! overlap; a call forgets the classes it writes.
//!
//! Narrow stores are not forwarded (the load would need the extension); a store that changes
//! nothing is dropped.

use super::Pass;
use super::forward::{Args, Forward};
use crate::id::Value;
use crate::interface::{Class, ClassSet};
use crate::op::Op;
use crate::uop::{Access, Imm, Uop};
use std::collections::BTreeMap;

/// Known heap contents.
#[derive(Clone, Default)]
pub(super) struct Heap {
    by_class: BTreeMap<Class, Vec<Location>>,
}

#[derive(Clone, Copy)]
struct Location {
    address: Value,
    index: Option<Value>,
    access: Access,
    value: Value,
}

impl Location {
    fn is(&self, address: Value, index: Option<Value>, access: Access) -> bool {
        self.address == address && self.index == index && self.access == access
    }

    fn is_apart(&self, address: Value, index: Option<Value>, access: Access) -> bool {
        let scale = |index: Option<Value>, access: Access| index.map(|_| access.scale);
        let (this, that) = (self.access, access);
        let end = |access: Access| i64::from(access.offset) + i64::from(access.mem.bytes());
        self.address == address
            && self.index == index
            && scale(self.index, this) == scale(index, that)
            && (end(this) <= i64::from(that.offset) || end(that) <= i64::from(this.offset))
    }
}

impl Heap {
    /// Forgets the classes in `written`.
    pub(super) fn kill(&mut self, written: ClassSet) {
        self.by_class.retain(|&class, _| !written.contains(class));
    }

    fn find(&self, address: Value, index: Option<Value>, access: Access) -> Option<Value> {
        let locations = self.by_class.get(&access.class)?;
        locations
            .iter()
            .find(|known| known.is(address, index, access))
            .map(|known| known.value)
    }

    fn note(&mut self, location: Location) {
        self.by_class
            .entry(location.access.class)
            .or_default()
            .push(location);
    }

    /// Notes what a new object holds.
    pub(super) fn know(&mut self, address: Value, access: Access, value: Value) {
        self.note(Location {
            address,
            index: None,
            access,
            value,
        });
    }

    fn overwrite(&mut self, address: Value, index: Option<Value>, access: Access) {
        if let Some(known) = self.by_class.get_mut(&access.class) {
            known.retain(|location| location.is_apart(address, index, access));
        }
    }
}

impl Forward<'_> {
    /// An access whose index is a constant is one without an index.
    fn place(&mut self, uop: &Uop, mut args: Args) -> (Uop, Args) {
        let plain = match uop.op {
            Op::LoadElem => Op::Load,
            Op::StoreElem => Op::Store,
            _ => return (uop.clone(), args),
        };
        let access = uop.access().expect("verified");
        let bytes = self.as_int(args[1]).and_then(|index| {
            let bytes = index.checked_mul(1 << access.scale)?;
            i32::try_from(bytes.checked_add(access.offset.into())?).ok()
        });
        let Some(offset) = bytes.filter(|_| self.allow(Pass::Heap, "constant_index")) else {
            return (uop.clone(), args);
        };
        args.remove(1);
        let access = Access {
            offset,
            scale: 0,
            ..access
        };
        let place = Uop {
            op: plain,
            imm: Imm::Access(access),
            ..uop.clone()
        };
        (place, args)
    }

    pub(super) fn heap_load(&mut self, uop: &Uop, args: Args) -> Value {
        let (uop, args) = self.place(uop, args);
        if let Some(value) = self.load_from_sunk(&uop, &args) {
            return value;
        }
        let args = self.made_all(args);
        let access = uop.access().expect("verified");
        let (address, index) = (args[0], args.get(1).copied());
        if let Some(value) = self.heap.find(address, index, access)
            && self.allow(Pass::Heap, "forward")
        {
            return self.resolve(value);
        }
        let value = self.emit(uop.like(args, None));
        self.bound_load(value, access.mem);
        self.heap.note(Location {
            address,
            index,
            access,
            value,
        });
        value
    }

    pub(super) fn heap_store(&mut self, uop: &Uop, args: Args) {
        let (uop, args) = self.place(uop, args);
        if self.store_to_sunk(&uop, &args) {
            return;
        }
        let mut args = self.made_all(args);
        let access = uop.access().expect("verified");
        let stored = *args.last().expect("verified");
        let (address, index) = (args[0], (args.len() == 3).then(|| args[1]));
        let whole = access.mem.bytes() == 8;
        if whole
            && let Some(held) = self.heap.find(address, index, access)
            && self.resolve(held) == stored
            && self.allow(Pass::Heap, "same_value")
        {
            return;
        }
        self.heap.overwrite(address, index, access);
        self.known.kill_calls(ClassSet::of(&[access.class]), false);
        if let Some(value) = args.last_mut() {
            *value = stored;
        }
        self.emit(uop.like(args, None));
        if whole {
            self.heap.note(Location {
                address,
                index,
                access,
                value: stored,
            });
        }
    }
}
