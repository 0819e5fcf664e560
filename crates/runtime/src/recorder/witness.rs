//! The witness: beside a recording, what a trace will rely on, compared after every helper.
//!
//! With [`Config::shadow`](crate::Config::shadow) a recorder keeps what it has seen of the heap and
//! what helpers that only read have returned, forgets what the declarations say is forgotten, and looks again
//! after each call. What differs then is what an optimised trace would have got wrong, and the helper
//! that was called is the one that declared too little.
//!
//! It knows one line of execution: a helper that lies in another is not seen. What a helper has freed
//! without declaring it is read again, so hosts that look for that let freed memory stay (and poison it), or
//! run under a sanitizer.
#![allow(
    unsafe_code,
    reason = "looks again at what instructions have read: the argument is in heap.rs"
)]

use crate::checks::Lie;
use crate::language::heap;
use crate::language::kind::Operands;
use crate::language::machine::Place;

use offramp_uop::{Class, ClassSet, Effects, HelperId, Mem};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a recording has seen and may rely on.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    heap: FxHashMap<(u64, Mem), (Class, u64)>,
    answers: FxHashMap<(HelperId, Vec<u64>), (Effects, u64)>,
    /// Objects that were looked into or made.
    objects: FxHashSet<u64>,
}

impl Witness {
    /// An instruction has loaded `bits`.
    pub(crate) fn loaded(&mut self, place: Place, mem: Mem, bits: u64) {
        self.objects.insert(place.address.bits);
        self.heap.insert((place.now(), mem), (place.class, bits));
    }

    /// An instruction stores.
    pub(crate) fn stores(&mut self, place: Place, mem: Mem) {
        let (first, end) = (place.now(), place.now() + u64::from(mem.bytes()));
        self.objects.insert(place.address.bits);
        self.heap
            .retain(|&(address, of), _| address >= end || address + u64::from(of.bytes()) <= first);
        self.forget_answers(ClassSet::of(&[place.class]), false);
    }

    /// A helper is about to be called: what something else has changed is not its fault.
    pub(crate) fn before(&mut self) {
        self.heap
            .retain(|&(address, mem), &mut (_, bits)| now(address, mem) == bits);
    }

    /// A helper that only reads has returned `bits`.
    pub(crate) fn after_read(
        &mut self,
        helper: HelperId,
        effects: Effects,
        args: &Operands,
        bits: u64,
    ) -> Option<Lie> {
        let args = args.iter().map(|arg| arg.bits).collect();
        let before = self.answers.insert((helper, args), (effects, bits));
        let differs = before.filter(|&(_, before)| before != bits);
        let depends = differs.map(|(_, before)| Lie::Depends { before, now: bits });
        self.changed(ClassSet::NONE).or(depends)
    }

    /// A helper with effects has returned.
    pub(crate) fn after_act(&mut self, effects: Effects) -> Option<Lie> {
        let effects = effects.closed();
        let lie = match effects.collects {
            true => None,
            false => self.changed(effects.writes),
        };
        self.heap
            .retain(|_, (class, _)| !effects.writes.contains(*class));
        self.forget_answers(effects.writes, effects.writes_host);
        if effects.collects {
            *self = Witness::default();
        }
        lie
    }

    /// A helper has made an object.
    pub(crate) fn after_make(&mut self, effects: Effects, object: u64) -> Option<Lie> {
        let known = !self.objects.insert(object);
        let known = known.then_some(Lie::Known { address: object });
        let lie = self.changed(effects.writes).or(known);
        self.heap
            .retain(|_, (class, _)| !effects.writes.contains(*class));
        self.forget_answers(effects.writes, effects.writes_host);
        lie
    }

    fn forget_answers(&mut self, written: ClassSet, host: bool) {
        self.answers.retain(|_, (effects, _)| {
            !(effects.reads.intersects(written) || host && effects.reads_host)
        });
    }

    /// What has changed of what is not `written`.
    fn changed(&self, written: ClassSet) -> Option<Lie> {
        let known = self.heap.iter();
        let mut changed: Vec<(u64, Class)> = known
            .filter(|&(&(address, mem), &(class, bits))| {
                !written.contains(class) && now(address, mem) != bits
            })
            .map(|(&(address, _), &(class, _))| (address, class))
            .collect();
        changed.sort_unstable();
        let first = changed.first();
        first.map(|&(address, class)| Lie::Writes { address, class })
    }
}

fn now(address: u64, mem: Mem) -> u64 {
    // SAFETY: an instruction has read this place, and what may have freed it since was declared, upon which
    // the witness forgot it, or is what is looked for.
    unsafe { heap::read(address, mem) }
}
