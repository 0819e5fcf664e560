//! Heap accesses in the walk: of a sunk object, of a known location, or emitted.

use super::Walk;
use crate::id::Value;
use crate::interface::ClassSet;
use crate::optimise::heap::Place;
use crate::optimise::pass::Pass;
use crate::uop::Access;

impl Walk<'_> {
    /// Where an element access goes. One whose index is a constant is one without an index.
    pub(super) fn element(&mut self, address: Value, index: Value, access: Access) -> Place {
        let bytes = self.out.as_int(index).and_then(|index| {
            let bytes = index.checked_mul(1 << access.scale)?;
            i32::try_from(bytes.checked_add(access.offset.into())?).ok()
        });
        match bytes.filter(|_| self.out.allow(Pass::Heap, "constant_index")) {
            None => Place {
                address,
                index: Some(index),
                access,
            },
            Some(offset) => Place {
                address,
                index: None,
                access: Access {
                    offset,
                    scale: 0,
                    ..access
                },
            },
        }
    }

    pub(super) fn load(&mut self, place: Place) -> Value {
        let know = &mut self.know;
        if let Some(value) = know.sunk.load(&mut self.out, &know.facts, place) {
            return value;
        }
        let place = self.materialised_place(place);
        if let Some(value) = self.know.heap.find(place)
            && self.out.allow(Pass::Heap, "forward")
        {
            return self.resolve(value);
        }
        let value = self.out.emit(place.load());
        self.know
            .facts
            .bound_load(&self.out, value, place.access.mem);
        self.know.heap.note(place, value);
        value
    }

    pub(super) fn store(&mut self, place: Place, value: Value) {
        if self.know.sunk.store(&mut self.out, place, value) {
            // Exits made so far do not do this.
            self.know.words.changed();
            return;
        }
        let place = self.materialised_place(place);
        let value = self.materialised(value);
        // Materialising the value may have materialised where it is stored.
        let place = self.resolved(place);
        let whole = place.access.mem.bytes() == 8;
        if whole
            && let Some(held) = self.know.heap.find(place)
            && self.resolve(held) == value
            && self.out.allow(Pass::Heap, "same_value")
        {
            return;
        }
        self.know.heap.overwrite(place);
        let class = ClassSet::of(&[place.access.class]);
        self.know.known.kill_calls(class, false);
        self.out.emit(place.store(value));
        if whole {
            self.know.heap.note(place, value);
        }
    }

    /// The place with its operands materialised.
    fn materialised_place(&mut self, place: Place) -> Place {
        self.materialised(place.address);
        if let Some(index) = place.index {
            self.materialised(index);
        }
        self.resolved(place)
    }

    fn resolved(&self, place: Place) -> Place {
        Place {
            address: self.resolve(place.address),
            index: place.index.map(|index| self.resolve(index)),
            ..place
        }
    }
}
