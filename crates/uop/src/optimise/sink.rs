//! Objects that nobody has seen are not made.
//!
//! A call that [makes an object](crate::interface::NewObject) is emitted [sunk](mod@crate::sunk), and so is
//! what is stored in the object, as long as every use of it can be followed: its content is known, so
//! loads are answered from that, and no access to anything else can be to it. Where somebody may see
//! it (it is handed to a helper, stored elsewhere, or still wanted where the trace loops or ends) it is
//! *made*: its uops are emitted once more, to be done, and from there on it is like any other. Exits
//! before that name what is sunk. What no exit names is dropped with all other dead code.
//!
//! What is made is the same object to those that hold it and stay sunk: it is stored in them once more,
//! sunk, where it was stored before. Where that store would undo a later one that may overlap it, the
//! holder is made as well.
//!
//! Escape is decided where it happens, not for the whole trace: after Stadler, Würthinger and
//! Mössenböck, "Partial escape analysis and scalar replacement for Java", 2014; PyPy's virtuals (Bolz et
//! al., "Allocation removal by partial evaluation in a tracing JIT", 2011) are the same for traces.
//!
//! Here is what is known of sunk objects, and which uops make one. Materialising crosses the stations (words,
//! heap, facts, exits): that is the walk's ([`walk/objects`](mod@super::walk)).
//!
//! Not done: objects that stay unmade from one iteration to the next; the loop's back edge makes
//! them. A collector must find what is stored in an object, so a call that collects makes what
//! is pending, as it stores all pending words.

use super::facts::Facts;
use super::heap::Place;
use super::output::Output;
use super::pass::Pass;
use crate::id::{HelperId, Value, Word};
use crate::interface::{Content, Initial, Interface};
use crate::op::Op;
use crate::sunk::{self, may_meet};
use crate::types::{Const, Mem};
use crate::uop::{Access, Uop};
use crate::view::View;
use rustc_hash::FxHashMap;

/// The objects that are not materialised yet.
#[derive(Clone)]
pub(super) struct Sunk<'t> {
    interface: &'t Interface,
    objects: Vec<Object>,
    /// The object that each sunk value is, or is part of.
    owner: FxHashMap<Value, ObjectId>,
}

/// A sunk object, in the order of their calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ObjectId(usize);

#[derive(Clone, Default)]
struct Object {
    /// Its sunk uops, in order: the call first.
    uops: Vec<Value>,
    /// What its locations hold, as far as this trace has stored or asked for it.
    contents: Vec<Location>,
    /// Locations it was stored to.
    stored: Vec<(Value, Access)>,
    /// Whether anything sunk was stored there.
    holds: bool,
}

/// What a location of an object holds.
#[derive(Clone, Copy)]
pub(super) struct Location {
    pub(super) address: Value,
    pub(super) access: Access,
    pub(super) value: Value,
}

/// What is materialised together.
pub(super) struct Together {
    pub(super) objects: Vec<ObjectId>,
    /// Stores of these in objects that stay sunk, each with its object.
    pub(super) held: Vec<(ObjectId, Value)>,
}

impl<'t> Sunk<'t> {
    pub(super) fn new(interface: &'t Interface) -> Sunk<'t> {
        Sunk {
            interface,
            objects: Vec::new(),
            owner: FxHashMap::default(),
        }
    }

    /// Whether no value is sunk.
    pub(super) fn is_empty(&self) -> bool {
        self.owner.is_empty()
    }

    /// The sunk object that `value` is, or is part of.
    pub(super) fn owner(&self, value: Value) -> Option<ObjectId> {
        match self.owner.is_empty() {
            true => None,
            false => self.owner.get(&value).copied(),
        }
    }

    /// A call that makes an object, sunk; `None` if it is to be made now.
    pub(super) fn sink(&mut self, out: &mut Output, call: &Uop, helper: HelperId) -> Option<Value> {
        if !out.allow(Pass::Sink, "object") {
            return None;
        }
        // Constants are made here, so that making the object needs nothing but its uops.
        for content in self.declared(helper) {
            if let Initial::Constant(bits) = content.value {
                let ty = content.access.mem.ty();
                out.constant(Const { ty, bits });
            }
        }
        let object = ObjectId(self.objects.len());
        self.objects.push(Object::default());
        Some(self.emit_part(out, call.clone(), object))
    }

    /// Emits a sunk uop of `object`.
    pub(super) fn emit_part(&mut self, out: &mut Output, uop: Uop, object: ObjectId) -> Value {
        let has_value = uop.ty.is_some();
        let value = out.emit(Uop { sunk: true, ..uop });
        self.objects[object.0].uops.push(value);
        if has_value {
            self.owner.insert(value, object);
        }
        value
    }

    /// A load from an object that is not materialised; `None` if its result is not known.
    pub(super) fn load(&mut self, out: &mut Output, facts: &Facts, place: Place) -> Option<Value> {
        let Place {
            address,
            index: None,
            access,
        } = place
        else {
            return None;
        };
        let object = self.owner(address)?;
        if let Some(value) = self.content(out, object, address, access) {
            return out.allow(Pass::Sink, "load").then(|| facts.resolve(value));
        }
        // Of what is not known to be as it was made, nothing can be said before it is.
        if access.mem != Mem::Ptr || self.may_be_stored(object, address, access) {
            return None;
        }
        let value = self.emit_part(out, place.load(), object);
        self.objects[object.0].contents.push(Location {
            address,
            access,
            value,
        });
        Some(value)
    }

    /// What a location of an object holds, if that is known.
    fn content(
        &self,
        out: &mut Output,
        object: ObjectId,
        address: Value,
        access: Access,
    ) -> Option<Value> {
        let known = &self.objects[object.0];
        let is_here = |it: &&Location| it.address == address && it.access == access;
        if let Some(location) = known.contents.iter().find(is_here) {
            return Some(location.value);
        }
        let call = known.uops[0];
        if address != call || self.may_be_stored(object, address, access) {
            return None;
        }
        self.initial(out, call, access)
    }

    /// Whether this trace may have stored to a location of an object.
    fn may_be_stored(&self, object: ObjectId, address: Value, access: Access) -> bool {
        let mut stored = self.objects[object.0].stored.iter();
        stored.any(|&store| may_meet(store, (address, access)))
    }

    /// What is declared of the object that `helper` makes.
    fn declared(&self, helper: HelperId) -> &'t [Content] {
        let helper = &self.interface.helpers[helper.index()];
        helper.makes.as_ref().map_or(&[], |object| &object.holds)
    }

    /// What a location of the object that `call` makes holds at first, if that is known.
    fn initial(&self, out: &mut Output, call: Value, access: Access) -> Option<Value> {
        let View::Call { helper, args, .. } = out.uop(call).verified() else {
            return None;
        };
        let mut contents = self.declared(helper).iter();
        let content = contents.find(|content| content.access == access)?;
        Some(match content.value {
            Initial::Argument(number) => args[usize::from(number)],
            Initial::Constant(bits) => {
                let ty = access.mem.ty();
                out.constant(Const { ty, bits })
            }
        })
    }

    /// Stores to an object that is not materialised; whether it was one.
    pub(super) fn store(&mut self, out: &mut Output, place: Place, stored: Value) -> bool {
        let Place {
            address,
            index: None,
            access,
        } = place
        else {
            return false;
        };
        let Some(object) = self.owner(address) else {
            return false;
        };
        let held = match access.mem.bytes() {
            8 => Some(stored),
            _ => out.as_int(stored).map(|int| {
                let bits = access.mem.extend(int as u64);
                out.constant(Const::int(bits as i64))
            }),
        };
        self.emit_part(out, place.store(stored), object);
        let holds = self.owner(stored).is_some();
        let known = &mut self.objects[object.0];
        known
            .contents
            .retain(|it| !may_meet((it.address, it.access), (address, access)));
        known.stored.push((address, access));
        known.holds |= holds;
        known.contents.extend(held.map(|value| Location {
            address,
            access,
            value,
        }));
        true
    }

    /// What is materialised with `object`: what is stored in it, and so on; and objects that hold one of these,
    /// where they cannot be told to hold what was materialised.
    pub(super) fn together(&self, out: &Output, object: ObjectId) -> Together {
        let mut objects = vec![object];
        let mut next = 0;
        loop {
            while let Some(&object) = objects.get(next) {
                next += 1;
                for value in self.current_of(out, object) {
                    for &arg in &out.uop(value).args {
                        let other = self.owner(arg);
                        objects.extend(other.filter(|other| !objects.contains(other)));
                    }
                }
            }
            let mut held = Vec::new();
            let all = self.objects.iter().enumerate();
            let all = all.map(|(number, known)| (ObjectId(number), known));
            let holders = all.filter(|(other, known)| known.holds && !objects.contains(other));
            for (holder, _) in holders {
                let current = self.current_of(out, holder);
                for (index, &store) in current.iter().enumerate() {
                    let stored = out.uop(store).args.get(1);
                    let stored = stored.and_then(|&it| self.owner(it));
                    if stored.is_some_and(|stored| objects.contains(&stored)) {
                        let last = is_last(out, store, &current[index + 1..]);
                        held.push((holder, store, last));
                    }
                }
            }
            match held.iter().find(|(_, _, last)| !last) {
                Some(&(holder, _, _)) => objects.push(holder),
                None => {
                    let held = held.into_iter().map(|(holder, store, _)| (holder, store));
                    let held = held.collect();
                    return Together { objects, held };
                }
            }
        }
    }

    /// The uops that make these objects, in order. They are sunk no longer.
    pub(super) fn release(&mut self, out: &Output, objects: &[ObjectId]) -> Vec<Value> {
        let mut uops = Vec::new();
        for &object in objects {
            uops.extend(self.current_of(out, object));
        }
        uops.sort_unstable();
        self.owner.retain(|_, owner| !objects.contains(owner));
        uops
    }

    /// What is known of the content of an object that was just materialised, by its sunk address.
    pub(super) fn take_contents(&mut self, out: &mut Output, object: ObjectId) -> Vec<Location> {
        let Object {
            uops,
            mut contents,
            stored,
            ..
        } = std::mem::take(&mut self.objects[object.0]);
        let call = uops[0];
        let helper = out.uop(call).helper();
        for content in helper.map_or(&[][..], |helper| self.declared(helper)) {
            let access = content.access;
            let mut stored = stored.iter();
            if stored.any(|&store| may_meet(store, (call, access))) {
                continue;
            }
            contents.extend(self.initial(out, call, access).map(|value| Location {
                address: call,
                access,
                value,
            }));
        }
        contents
    }

    /// Whether leaving with these words would make an object that the line has made: what is stored in those
    /// they name must be sunk still.
    pub(super) fn makes_again(&self, out: &Output, words: &[(Word, Value)]) -> bool {
        let mut grey: Vec<Value> = words.iter().map(|&(_, value)| value).collect();
        let mut seen = Vec::new();
        while let Some(value) = grey.pop() {
            match self.owner(value) {
                None if out.uop(value).sunk => return true,
                Some(object) if !seen.contains(&object) => {
                    seen.push(object);
                    let uops = self.current_of(out, object).into_iter();
                    grey.extend(uops.flat_map(|value| out.uop(value).args.clone()));
                }
                _ => {}
            }
        }
        false
    }

    /// The sunk uops of an object that count: no store that a later one overwrites.
    fn current_of(&self, out: &Output, object: ObjectId) -> Vec<Value> {
        let uops = self.objects[object.0].uops.iter();
        sunk::current(uops.map(|&value| (value, out.uop(value))))
    }
}

/// Whether none of the `later` stores to its object may have changed what `store` wrote.
fn is_last(out: &Output, store: Value, later: &[Value]) -> bool {
    let place = |uop: &Uop| match uop.op {
        Op::Store => uop.access().map(|access| (uop.args[0], access)),
        _ => None,
    };
    let this = place(out.uop(store));
    let mut later = later.iter().filter_map(|&value| place(out.uop(value)));
    later.all(|later| this.is_none_or(|this| !may_meet(this, later)))
}
