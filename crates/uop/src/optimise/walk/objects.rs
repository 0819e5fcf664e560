//! Sunk objects in the walk: where one escapes, it is materialised.
//!
//! Materialising concerns every station: uops are emitted, frame words and other objects name what was
//! materialised from then on, the heap knows its content, and exits made before name what was not.

use super::Walk;
use crate::id::{Value, Word};
use crate::op::Op;
use crate::optimise::heap::Place;
use crate::optimise::output::Args;
use crate::optimise::sink::{ObjectId, Together};
use crate::types::{Const, Type};
use crate::uop::Uop;

impl Walk<'_> {
    /// A pure uop of something sunk: what it is, sunk as well, or of what was materialised.
    pub(super) fn pure_of_sunk(&mut self, op: Op, ty: Type, args: &Args) -> Option<Value> {
        let sunk = &mut self.know.sunk;
        let owner = args.iter().find_map(|&arg| sunk.owner(arg))?;
        Some(match op {
            // One of two references is to an object that nothing else refers to.
            Op::RefEq => self.out.constant(Const::bool(args[0] == args[1])),
            Op::BitsOfRef | Op::F64OfBits => {
                let uop = Uop::new(op, args).with_ty(ty);
                let value = sunk.emit_part(&mut self.out, uop, owner);
                self.know.known.note_uop(op, args, value);
                value
            }
            _ => {
                let args = self.materialised_all(args.clone());
                self.pure(op, ty, args)
            }
        })
    }

    /// `value`, materialised if it was sunk.
    pub(super) fn materialised(&mut self, value: Value) -> Value {
        if let Some(object) = self.know.sunk.owner(value) {
            self.materialise(object);
        }
        self.resolve(value)
    }

    pub(super) fn materialised_all(&mut self, mut args: Args) -> Args {
        for at in 0..args.len() {
            args[at] = self.materialised(args[at]);
        }
        // Materialising the second may have materialised the first.
        args.iter_mut().for_each(|arg| *arg = self.resolve(*arg));
        args
    }

    /// Materialises what is pending in words for which `wanted` holds.
    pub(in crate::optimise) fn materialise_pending(&mut self, wanted: impl Fn(Word) -> bool) {
        if self.know.sunk.is_empty() {
            return;
        }
        let pending = self.know.words.pending().filter(|&(word, _)| wanted(word));
        let values: Vec<Value> = pending.map(|(_, value)| self.resolve(value)).collect();
        for value in values {
            let value = self.resolve(value);
            self.materialised(value);
        }
    }

    /// Materialises an object, and with it what is stored in it; others that hold one of these hold what was
    /// materialised.
    fn materialise(&mut self, object: ObjectId) {
        let Together { objects, held } = self.know.sunk.together(&self.out, object);
        let uops = self.know.sunk.release(&self.out, &objects);
        let source = self.source;
        let mut unmade = None;
        for value in uops {
            let uop = self.out.uop(value).clone();
            let args = self.know.facts.operands(&self.out, value);
            let helper = uop
                .helper()
                .map(|helper| &source.interface.helpers[helper.index()]);
            let exit = helper
                .is_some_and(|helper| helper.fails)
                .then(|| *unmade.get_or_insert_with(|| self.exit_unmade()));
            let done = Uop {
                sunk: false,
                ..uop.like(args.clone(), exit)
            };
            let done = self.out.emit_again(done, value);
            if let Some(helper) = helper {
                self.forget_written(helper.effects);
            }
            if uop.op.is_pure() {
                self.know.known.note_uop(uop.op, &args, done);
            }
            if uop.ty.is_some() {
                self.know.facts.replace(value, done);
            }
        }
        for (holder, store) in held {
            let args = self.know.facts.operands(&self.out, store);
            let again = self.out.uop(store).like(args, None);
            self.know.sunk.emit_part(&mut self.out, again, holder);
        }
        for object in objects {
            for location in self.know.sunk.take_contents(&mut self.out, object) {
                let place = Place {
                    address: self.resolve(location.address),
                    index: None,
                    access: location.access,
                };
                let value = self.resolve(location.value);
                self.know.heap.note(place, value);
            }
        }
        // Exits made so far name what was not materialised.
        self.know.words.changed();
    }
}
