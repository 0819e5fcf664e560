//! Heap accesses in the walk: of a sunk object, of a known location, or emitted.

use super::Walk;
use crate::id::Value;
use crate::interface::ClassSet;
use crate::op::Op;
use crate::optimise::heap::Place;
use crate::optimise::output::Args;
use crate::optimise::pass::Pass;
use crate::uop::{Access, Imm, Uop};

impl Walk<'_> {
    /// An access whose index is a constant is one without an index.
    fn without_index(&mut self, uop: &Uop, mut args: Args) -> (Uop, Args) {
        let plain = match uop.op {
            Op::LoadElem => Op::Load,
            Op::StoreElem => Op::Store,
            _ => return (uop.clone(), args),
        };
        let access = uop.access().expect("verified");
        let bytes = self.out.as_int(args[1]).and_then(|index| {
            let bytes = index.checked_mul(1 << access.scale)?;
            i32::try_from(bytes.checked_add(access.offset.into())?).ok()
        });
        let Some(offset) = bytes.filter(|_| self.out.allow(Pass::Heap, "constant_index")) else {
            return (uop.clone(), args);
        };
        args.remove(1);
        let access = Access {
            offset,
            scale: 0,
            ..access
        };
        let plain = Uop {
            op: plain,
            imm: Imm::Access(access),
            ..uop.clone()
        };
        (plain, args)
    }

    pub(super) fn load(&mut self, uop: &Uop, args: Args) -> Value {
        let (uop, args) = self.without_index(uop, args);
        let know = &mut self.know;
        if let Some(value) = know.sunk.load(&mut self.out, &know.facts, &uop, &args) {
            return value;
        }
        let args = self.materialised_all(args);
        let access = uop.access().expect("verified");
        let place = Place {
            address: args[0],
            index: args.get(1).copied(),
            access,
        };
        if let Some(value) = self.know.heap.find(place)
            && self.out.allow(Pass::Heap, "forward")
        {
            return self.resolve(value);
        }
        let value = self.out.emit(uop.like(args, None));
        self.know.facts.bound_load(&self.out, value, access.mem);
        self.know.heap.note(place, value);
        value
    }

    pub(super) fn store(&mut self, uop: &Uop, args: Args) {
        let (uop, args) = self.without_index(uop, args);
        if self.know.sunk.store(&mut self.out, &uop, &args) {
            // Exits made so far do not do this.
            self.know.words.changed();
            return;
        }
        let args = self.materialised_all(args);
        let access = uop.access().expect("verified");
        let stored = *args.last().expect("verified");
        let place = Place {
            address: args[0],
            index: (args.len() == 3).then(|| args[1]),
            access,
        };
        let whole = access.mem.bytes() == 8;
        if whole
            && let Some(held) = self.know.heap.find(place)
            && self.resolve(held) == stored
            && self.out.allow(Pass::Heap, "same_value")
        {
            return;
        }
        self.know.heap.overwrite(place);
        let class = ClassSet::of(&[access.class]);
        self.know.known.kill_calls(class, false);
        self.out.emit(uop.like(args, None));
        if whole {
            self.know.heap.note(place, stored);
        }
    }
}
