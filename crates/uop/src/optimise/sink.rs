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
//! Not done: objects that stay unmade from one iteration to the next; the loop's back edge makes
//! them. A collector must find what is stored in an object, so a call that collects makes what
//! is pending, as it stores all pending words.

use super::Pass;
use super::forward::{Args, Forward};
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, Value, Word};
use crate::interface::{Content, Initial};
use crate::op::Op;
use crate::sunk::{self, may_meet};
use crate::types::{Const, Mem, Type};
use crate::uop::{Access, Uop};
use rustc_hash::FxHashMap;

/// The objects that are not made yet.
#[derive(Clone, Default)]
pub(super) struct Sunk {
    objects: Vec<Object>,
    /// The object that each sunk value is, or is part of.
    owner: FxHashMap<Value, usize>,
}

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

#[derive(Clone, Copy)]
struct Location {
    address: Value,
    access: Access,
    value: Value,
}

impl Sunk {
    fn owner(&self, value: Value) -> Option<usize> {
        match self.owner.is_empty() {
            true => None,
            false => self.owner.get(&value).copied(),
        }
    }
}

impl<'t> Forward<'t> {
    /// A call that makes an object, sunk; `None` if it is to be made now.
    pub(super) fn sink(&mut self, uop: &Uop, args: &Args) -> Option<Value> {
        if !self.allow(Pass::Sink, "object") {
            return None;
        }
        // Constants are made here, so that making the object needs nothing but its uops.
        for content in self.contents(uop) {
            if let Initial::Constant(bits) = content.value {
                let ty = content.access.mem.ty();
                self.constant(Const { ty, bits });
            }
        }
        let value = self.emit_sunk(uop.like(args.clone(), None));
        let object = self.sunk.objects.len();
        self.sunk.objects.push(Object::default());
        self.belongs(value, object);
        Some(value)
    }

    fn emit_sunk(&mut self, uop: Uop) -> Value {
        self.emit(Uop { sunk: true, ..uop })
    }

    fn belongs(&mut self, value: Value, object: usize) {
        self.sunk.objects[object].uops.push(value);
        if self.uop(value).ty.is_some() {
            self.sunk.owner.insert(value, object);
        }
    }

    /// A load from an object that is not made; `None` if its result is not known.
    pub(super) fn load_from_sunk(&mut self, uop: &Uop, args: &Args) -> Option<Value> {
        let object = self.sunk.owner(args[0])?;
        let access = uop.access().expect("verified");
        if uop.op != Op::Load {
            return None;
        }
        if let Some(value) = self.content(object, args[0], access) {
            return self.allow(Pass::Sink, "load").then(|| self.resolve(value));
        }
        // Of what is not known to be as it was made, nothing can be said before it is.
        if access.mem != Mem::Ptr || self.may_be_stored(object, args[0], access) {
            return None;
        }
        let value = self.emit_sunk(uop.like(args.clone(), None));
        self.belongs(value, object);
        self.sunk.objects[object].contents.push(Location {
            address: args[0],
            access,
            value,
        });
        Some(value)
    }

    /// What a location of an object holds, if that is known.
    fn content(&mut self, object: usize, address: Value, access: Access) -> Option<Value> {
        let known = &self.sunk.objects[object];
        let is_here = |it: &&Location| it.address == address && it.access == access;
        if let Some(location) = known.contents.iter().find(is_here) {
            return Some(location.value);
        }
        let call = known.uops[0];
        if address != call || self.may_be_stored(object, address, access) {
            return None;
        }
        self.initial(call, access)
    }

    /// Whether this trace may have stored to a location of an object.
    fn may_be_stored(&self, object: usize, address: Value, access: Access) -> bool {
        let mut stored = self.sunk.objects[object].stored.iter();
        stored.any(|&store| may_meet(store, (address, access)))
    }

    /// What is declared of the object that `call` makes.
    fn contents(&self, call: &Uop) -> &'t [Content] {
        let helper = call.helper().expect("verified");
        let helper = &self.source.interface.helpers[helper.index()];
        helper.makes.as_ref().map_or(&[], |object| &object.holds)
    }

    /// What a location of the object that `call` makes holds at first, if that is known.
    fn initial(&mut self, call: Value, access: Access) -> Option<Value> {
        let mut contents = self.contents(self.uop(call)).iter();
        let content = contents.find(|content| content.access == access)?;
        Some(match content.value {
            Initial::Argument(number) => self.uop(call).args[usize::from(number)],
            Initial::Constant(bits) => {
                let ty = access.mem.ty();
                self.constant(Const { ty, bits })
            }
        })
    }

    /// Stores to an object that is not made; whether it was one.
    pub(super) fn store_to_sunk(&mut self, uop: &Uop, args: &Args) -> bool {
        let Some(object) = self.sunk.owner(args[0]).filter(|_| uop.op == Op::Store) else {
            return false;
        };
        let (address, stored) = (args[0], args[1]);
        let access = uop.access().expect("verified");
        let held = match access.mem.bytes() {
            8 => Some(stored),
            _ => self.as_int(stored).map(|int| {
                let bits = access.mem.extend(int as u64);
                self.constant(Const::int(bits as i64))
            }),
        };
        let value = self.emit_sunk(uop.like(args.clone(), None));
        self.belongs(value, object);
        let holds = self.sunk.owner(stored).is_some();
        let known = &mut self.sunk.objects[object];
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
        // Exits made so far do not do this.
        self.words.changed();
        true
    }

    /// A pure uop of something sunk: what it is, sunk as well, or made.
    pub(super) fn pure_of_sunk(&mut self, op: Op, ty: Type, args: &Args) -> Option<Value> {
        let owner = args.iter().find_map(|&arg| self.sunk.owner(arg))?;
        Some(match op {
            // One of two references is to an object that nobody else has.
            Op::RefEq => self.constant(Const::bool(args[0] == args[1])),
            Op::BitsOfRef | Op::F64OfBits => {
                let value = self.emit_sunk(Uop::new(op, args).with_ty(ty));
                self.belongs(value, owner);
                self.known.note_uop(op, args, value);
                value
            }
            _ => {
                let args = self.made_all(args.clone());
                self.pure(op, ty, args)
            }
        })
    }

    /// `value`, made if it was not.
    pub(super) fn made(&mut self, value: Value) -> Value {
        match self.sunk.owner(value) {
            None => value,
            Some(object) => {
                self.make(object);
                self.resolve(value)
            }
        }
    }

    pub(super) fn made_all(&mut self, mut args: Args) -> Args {
        for at in 0..args.len() {
            args[at] = self.made(args[at]);
        }
        // Making the second may have made the first.
        args.iter_mut().for_each(|arg| *arg = self.resolve(*arg));
        args
    }

    /// Makes what is pending in words for which `wanted` holds.
    pub(super) fn make_pending(&mut self, wanted: impl Fn(Word) -> bool) {
        if self.sunk.owner.is_empty() {
            return;
        }
        let pending = self.words.pending().filter(|&(word, _)| wanted(word));
        let values: Vec<Value> = pending.map(|(_, value)| self.resolve(value)).collect();
        for value in values {
            let value = self.resolve(value);
            self.made(value);
        }
    }

    /// Makes an object, and with it what is stored in it; others that hold one of these hold what was made.
    fn make(&mut self, object: usize) {
        let (objects, held) = self.made_together(object);
        let mut uops = Vec::new();
        for &object in &objects {
            uops.extend(self.current_of(object));
        }
        uops.sort_unstable();
        self.sunk.owner.retain(|_, owner| !objects.contains(owner));
        let mut unmade = None;
        for value in uops {
            let uop = self.uop(value).clone();
            let args: Args = uop.args.iter().map(|&arg| self.resolve(arg)).collect();
            let out = (uop.op == Op::Call && self.is_failing(&uop))
                .then(|| *unmade.get_or_insert_with(|| self.exit_unmade()));
            let made = self.emit(Uop {
                sunk: false,
                ..uop.like(args.clone(), out)
            });
            self.origins[made.index()] = self.origins[value.index()];
            if let Some(helper) = uop.helper() {
                self.forget_written(self.source.interface.helpers[helper.index()].effects);
            }
            if uop.op.is_pure() {
                self.known.note_uop(uop.op, &args, made);
            }
            if uop.ty.is_some() {
                self.facts.replace(value, made);
            }
        }
        for (holder, store) in held {
            let uop = self.uop(store).clone();
            let args: Args = uop.args.iter().map(|&arg| self.resolve(arg)).collect();
            let value = self.emit_sunk(uop.like(args, None));
            self.belongs(value, holder);
        }
        for object in objects {
            self.note_contents(object);
        }
        // Exits made so far name what was not made.
        self.words.changed();
    }

    /// What is made with `object`: what is stored in it, and so on. And the stores of these in objects
    /// that stay sunk, each with its object.
    fn made_together(&self, object: usize) -> (Vec<usize>, Vec<(usize, Value)>) {
        let mut objects = vec![object];
        let mut next = 0;
        loop {
            while let Some(&object) = objects.get(next) {
                next += 1;
                for value in self.current_of(object) {
                    for &arg in &self.uop(value).args {
                        let other = self.sunk.owner(arg);
                        objects.extend(other.filter(|other| !objects.contains(other)));
                    }
                }
            }
            let mut held = Vec::new();
            let all = self.sunk.objects.iter().enumerate();
            let holders = all.filter(|(other, known)| known.holds && !objects.contains(other));
            for (holder, _) in holders {
                let current = self.current_of(holder);
                for (index, &store) in current.iter().enumerate() {
                    let stored = self
                        .uop(store)
                        .args
                        .get(1)
                        .and_then(|&it| self.sunk.owner(it));
                    if stored.is_some_and(|stored| objects.contains(&stored)) {
                        held.push((holder, store, self.is_last(store, &current[index + 1..])));
                    }
                }
            }
            match held.iter().find(|(_, _, last)| !last) {
                Some(&(holder, _, _)) => objects.push(holder),
                None => {
                    let held = held.into_iter().map(|(holder, store, _)| (holder, store));
                    return (objects, held.collect());
                }
            }
        }
    }

    /// Whether leaving with these words would make an object that the line has made: what is stored in those
    /// they name must be sunk still.
    pub(super) fn makes_again(&self, words: &[(Word, Value)]) -> bool {
        let mut grey: Vec<Value> = words.iter().map(|&(_, value)| value).collect();
        let mut seen = Vec::new();
        while let Some(value) = grey.pop() {
            match self.sunk.owner(value) {
                None if self.uop(value).sunk => return true,
                Some(object) if !seen.contains(&object) => {
                    seen.push(object);
                    let uops = self.current_of(object).into_iter();
                    grey.extend(uops.flat_map(|value| self.uop(value).args.clone()));
                }
                _ => {}
            }
        }
        false
    }

    /// The sunk uops of an object that count: no store that a later one overwrites.
    fn current_of(&self, object: usize) -> Vec<Value> {
        let uops = self.sunk.objects[object].uops.iter();
        sunk::current(uops.map(|&value| (value, self.uop(value))))
    }

    /// Whether none of the `later` stores to its object may have changed what `store` wrote.
    fn is_last(&self, store: Value, later: &[Value]) -> bool {
        let place = |uop: &Uop| match uop.op {
            Op::Store => uop.access().map(|access| (uop.args[0], access)),
            _ => None,
        };
        let this = place(self.uop(store));
        let mut later = later.iter().filter_map(|&value| place(self.uop(value)));
        later.all(|later| this.is_none_or(|this| !may_meet(this, later)))
    }

    /// Whether the call may fail.
    fn is_failing(&self, call: &Uop) -> bool {
        let helper = call.helper().expect("verified");
        self.source.interface.helpers[helper.index()].fails
    }

    /// Where the trace leaves if an object cannot be made here: the host takes over, with everything
    /// pending but the value groups that name what is sunk.
    fn exit_unmade(&mut self) -> ExitId {
        let (pc, base) = self.place;
        let all = self.pending_at(pc, base);
        let whole = |word: Word| {
            let mut group = self.source.interface.group_of(word);
            group.all(|of_group| {
                let mut named = all.iter().filter(|&&(at, _)| at == of_group);
                named.all(|&(_, value)| !self.uop(value).sunk)
            })
        };
        let words = all.iter().copied().filter(|&(word, _)| whole(word));
        let words = words.collect();
        self.new_exit(ExitState {
            words,
            ..ExitState::new(ExitKind::Error, pc, base)
        })
    }

    /// What an object that was just made holds is known of the heap.
    fn note_contents(&mut self, object: usize) {
        let Object {
            uops,
            contents,
            stored,
            ..
        } = std::mem::take(&mut self.sunk.objects[object]);
        for location in contents {
            let address = self.resolve(location.address);
            let value = self.resolve(location.value);
            self.heap.know(address, location.access, value);
        }
        let call = uops[0];
        let holds = self.contents(self.uop(call));
        let over = |access| {
            let mut stored = stored.iter();
            stored.any(|&store| may_meet(store, (call, access)))
        };
        let left = holds.iter().map(|content| content.access);
        let left: Vec<Access> = left.filter(|&access| !over(access)).collect();
        let address = self.resolve(call);
        for access in left {
            if let Some(value) = self.initial(call, access) {
                let value = self.resolve(value);
                self.heap.know(address, access, value);
            }
        }
    }
}
