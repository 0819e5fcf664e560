//! The model machine: an [`evaluate::State`](State) that notices.
//!
//! - Loads and stores outside what the layout allows are faults ([`heap`](super::heap)).
//! - A helper writes what it is declared to write, at random; collects, by freeing every object
//!   the frames do not name; reads frames, by answering their hash; writes frames; re-enters,
//!   which does all of it and may invalidate the running executor. A value that an optimiser kept
//!   across such a call without leave is stale, and a store it kept back too long is missed.
//! - Whenever the collector runs, every value group that claims to be a reference must name a live
//!   object: a torn group is a fault.
//! - What helpers saw is logged, to be compared.
//!
//! What happens is a function of the machine's content, the calls and the [`Script`], so two runs
//! that are told apart by nothing end alike.
//!
//! Frame words have absolute indices; bases are multiples of four. With groups of two words, a
//! group is a tag and a payload. With single words every fourth word is a double and the others
//! are integers.

mod state;

use super::heap::{Heap, Kind};
use super::random::{Random, mix};
use crate::evaluate::{Call, Outcome, State};
use crate::exit::Pc;
use crate::id::HelperId;
use crate::interface::{Class, Helper, Interface};
use crate::types::{Mem, Type};
use std::sync::Arc;

/// Tag of an integer. Zero, so that link words read as an integer.
pub const INT: i64 = 0;
/// Tag of a double.
pub const FLOAT: i64 = 1;
/// Tag of nothing; the payload is 0.
pub const NIL: i64 = 2;
/// Tag of a reference to a record.
pub const RECORD: i64 = 3;
/// Tag of a reference to an array.
pub const ARRAY: i64 = 4;

/// Words of a model stack.
pub const STACK: usize = 128;
/// Where traces are entered.
pub const ENTRY_BASE: i64 = 48;
/// Instructions after which a run is made to leave.
pub const BUDGET: usize = 3000;

/// What happens to a run from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// Decides which calls fail and transfer.
    pub seed: u64,
    /// How many instructions are begun before an interrupt is pending. (Not how many polls: an
    /// optimised trace may poll once more, on its way into a loop.)
    pub quiet: usize,
    /// The re-entering call that invalidates the running executor, if any.
    pub invalidated_by: Option<usize>,
    /// Calls fail or transfer in this percentage of cases.
    pub accidents: usize,
    /// Helpers fail to make an object in this percentage of cases. Not where two traces are compared:
    /// which of them makes an object, and where, is not theirs to agree on.
    pub unmade: usize,
    /// The highest absolute word the frame base may move up to.
    pub limit: i64,
}

/// A call of a helper that may have an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The helper.
    pub helper: HelperId,
    /// Its arguments.
    pub args: Vec<u64>,
    /// Frame base and instruction.
    pub from: Option<(i64, Pc)>,
}

/// What is compared: everything the host can observe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// Frame words.
    pub words: Vec<u64>,
    /// The heap.
    pub heap: Heap,
    /// How many calls were logged.
    pub calls: usize,
    /// The host's own state.
    pub host: u64,
}

/// What a run is asked to note, and where to leave it.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Note the visible state at every instruction.
    pub snapshots: bool,
    /// Force an exit at every guard from this instruction on (counted from 1).
    pub force_from: Option<usize>,
    /// Force an exit at this guard (counted from 1).
    pub force_guard: Option<usize>,
    /// Check the header's contract whenever control is there.
    pub contracts: bool,
    /// Note the first arrival at the header.
    pub arrival: bool,
}

/// The first arrival at a header.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What an entry would hand over.
    pub handed: Vec<u64>,
    /// The frame base.
    pub base: i64,
    /// The machine there.
    pub machine: Box<Machine>,
}

/// The model machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What the host can observe.
    pub visible: Visible,
    /// The logged calls.
    pub log: Vec<Event>,
    /// What happens from outside.
    pub script: Script,
    /// What to note.
    pub watch: Watch,
    /// Instructions begun.
    pub begun: Vec<Pc>,
    /// The visible state as each instruction began, if watched.
    pub snapshots: Vec<Visible>,
    /// The first arrival at a header, if watched.
    pub arrival: Option<Arrival>,
    /// How often control was at a header.
    pub arrivals: usize,
    /// Guards that held.
    pub guards: usize,
    /// The first thing that must never happen and did.
    pub fault: Option<String>,
    interface: Arc<Interface>,
    pinned: Vec<u64>,
    counter: u64,
    /// The numbers of the objects that traces made, as bits.
    made: u64,
    polls: usize,
    reentries: usize,
    valid: bool,
}

impl Machine {
    /// A machine with random frame words and objects.
    pub fn new(interface: Arc<Interface>, random: &mut Random) -> Machine {
        let mut heap = Heap::default();
        let counter = heap.reserve();
        for _ in 0..3 {
            let array = heap.new_array(4 + random.below(5) as u64);
            heap.new_record(array);
        }
        // The third of each kind lives only as long as something refers to it.
        let (mut pinned, mut arrays) = (heap.live(Kind::Record), heap.live(Kind::Array));
        pinned.truncate(2);
        arrays.truncate(2);
        pinned.append(&mut arrays);
        for class in (0..interface.classes.len() as u8).map(Class) {
            if class != super::heap::DATA {
                (0..3).for_each(|_| heap.scribble(class, &[], random));
            }
        }
        let script = Script {
            seed: random.next(),
            quiet: random.below(12),
            invalidated_by: random.chance(20).then(|| random.below(4)),
            accidents: 6,
            unmade: 0,
            limit: ENTRY_BASE + 32,
        };
        let mut machine = Machine {
            visible: Visible {
                words: vec![0; STACK],
                heap,
                calls: 0,
                host: 0,
            },
            log: Vec::new(),
            script,
            watch: Watch::default(),
            begun: Vec::new(),
            snapshots: Vec::new(),
            arrival: None,
            arrivals: 0,
            guards: 0,
            fault: None,
            interface,
            pinned,
            counter,
            made: 0,
            polls: 0,
            reentries: 0,
            valid: true,
        };
        let group = i64::from(machine.interface.group);
        for index in (0..STACK as i64).step_by(group as usize) {
            machine.randomise_group(index, None, random);
        }
        for (below, link) in [(0, (8 << 32) | 900), (8, (4 << 32) | 940), (12, -1_i64)] {
            machine.visible.words[(ENTRY_BASE - below - 1) as usize] = link as u64;
            machine.visible.words[(ENTRY_BASE - below - 2) as usize] = 0;
        }
        machine
    }

    /// This machine, with other things happening from outside.
    pub fn with_script(mut self, script: Script) -> Machine {
        self.script = script;
        self
    }

    /// Another start much like this one.
    pub fn perturbed(&self, random: &mut Random) -> Machine {
        let mut machine = self.clone();
        let group = i64::from(self.interface.group);
        for _ in 0..random.below(5) {
            let index = ENTRY_BASE / group + random.below(16) as i64 / group;
            let tag = self.visible.words[(index * group) as usize] as i64;
            let keep = random.chance(85).then_some(tag);
            machine.randomise_group(index * group, keep, random);
        }
        for _ in 0..random.below(4) {
            let class = Class(random.below(self.interface.classes.len()) as u8);
            machine.visible.heap.scribble(class, &[], random);
        }
        machine.script = Script {
            seed: random.next(),
            quiet: random.below(16),
            invalidated_by: random.chance(20).then(|| random.below(4)),
            accidents: if random.chance(70) { 0 } else { 10 },
            unmade: 0,
            limit: ENTRY_BASE + 4 * random.below(10) as i64,
        };
        machine
    }

    /// Objects that are there in every start and never freed: what a trace may name by constants.
    pub fn pinned(&self) -> &[u64] {
        &self.pinned
    }

    /// Where the number of the next object to be made is.
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// The kind of the pinned or other live object at `address`.
    pub fn kind_at(&self, address: u64) -> Option<Kind> {
        self.visible.heap.kind_at(address)
    }

    /// Random content for the words of the group at `index` that `is_free` allows, such that the
    /// group stays whole.
    pub fn scramble_group(
        &mut self,
        index: i64,
        is_free: impl Fn(i64) -> bool,
        random: &mut Random,
    ) {
        let group = i64::from(self.interface.group);
        let tag = self.visible.words[index as usize] as i64;
        let tag = (group == 2 && !is_free(index)).then_some(tag);
        if tag.is_none() && !(index..index + group).all(&is_free) {
            return;
        }
        let words = self.random_group(index, tag, random);
        for (word, bits) in (index..).zip(words) {
            if is_free(word) {
                self.visible.words[word as usize] = bits;
            }
        }
    }

    /// Random content for the group that starts at `index`, of type `tag` if given.
    pub fn randomise_group(&mut self, index: i64, tag: Option<i64>, random: &mut Random) {
        let words = self.random_group(index, tag, random);
        for (offset, bits) in words.into_iter().enumerate() {
            self.visible.words[index as usize + offset] = bits;
        }
    }

    /// Random words that fit the group at `index`.
    pub fn random_group(&self, index: i64, tag: Option<i64>, random: &mut Random) -> Vec<u64> {
        if self.interface.group == 1 {
            return vec![if is_float_word(index) {
                random.float().to_bits()
            } else {
                random.int() as u64
            }];
        }
        let tags = &[INT, INT, INT, FLOAT, FLOAT, NIL, RECORD, RECORD, ARRAY];
        let tag = tag.unwrap_or_else(|| random.pick(tags));
        let payload = match tag {
            FLOAT => random.float().to_bits(),
            NIL => 0,
            RECORD => random.pick(&self.visible.heap.live(Kind::Record)),
            ARRAY => random.pick(&self.visible.heap.live(Kind::Array)),
            _ => random.int() as u64,
        };
        vec![tag as u64, payload]
    }

    /// Notes that `what` must not happen. The run is made to leave soon.
    pub fn fail(&mut self, what: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(what.into());
        }
    }

    /// The addresses in groups that claim to be references.
    ///
    /// # Errors
    /// A group that does not name a live object of its kind.
    pub fn frame_roots(&self) -> Result<Vec<u64>, String> {
        let mut roots = Vec::new();
        if self.interface.group != 2 {
            return Ok(roots);
        }
        for (group, words) in self.visible.words.chunks_exact(2).enumerate() {
            let wanted = match words[0] as i64 {
                RECORD => Kind::Record,
                ARRAY => Kind::Array,
                _ => continue,
            };
            if self.kind_at(words[1]) != Some(wanted) {
                return Err(format!(
                    "the group of absolute word {} is torn or dangling: tag {wanted:?}, payload {:#x}",
                    group * 2,
                    words[1]
                ));
            }
            roots.push(words[1]);
        }
        Ok(roots)
    }

    fn collect(&mut self, live: &[u64]) {
        for &root in live.iter().filter(|&&root| root != 0) {
            if self.kind_at(root).is_none() {
                self.fail(format!("{root:#x}, a root of the trace, is no live object"));
            }
        }
        match self.frame_roots() {
            // Without tags the model cannot tell references from integers: nothing is freed.
            Ok(_) if self.interface.group != 2 => {}
            Ok(roots) => {
                let pinned = self.pinned.iter().copied().chain([self.counter]);
                let roots = roots.into_iter().chain(pinned);
                let roots = roots.chain(live.iter().copied());
                self.visible.heap.collect(roots);
            }
            Err(torn) => self.fail(torn),
        }
    }

    /// The heap of `visible`, without what traces made and frames and pinned objects do not reach.
    pub fn reached(&self, visible: &Visible) -> Heap {
        let mut heap = visible.heap.clone();
        let mut roots = self.pinned.clone();
        if self.interface.group == 2 {
            let groups = visible.words.chunks_exact(2);
            let refers = groups.filter(|group| matches!(group[0] as i64, RECORD | ARRAY));
            roots.extend(refers.map(|group| group[1]));
        }
        heap.forget_unreached(roots);
        heap
    }

    fn hash_words(&self) -> u64 {
        let words = self.visible.words.iter();
        words.fold(7, |hash, &bits| mix(hash, bits))
    }

    fn word(&mut self, index: i64) -> Option<usize> {
        let found = usize::try_from(index).ok().filter(|&index| index < STACK);
        if found.is_none() {
            self.fail(format!("absolute word {index} is outside the stack"));
        }
        found
    }

    /// The result of a helper whose every input went into `hash`.
    fn result(&mut self, ty: Option<Type>, args: &[u64], fresh: bool, hash: u64) -> u64 {
        let mut random = Random::new(hash);
        match ty {
            None => 0,
            Some(Type::Bool) => random.next() & 1,
            Some(Type::F64) => random.float().to_bits(),
            Some(Type::Ref) if fresh => {
                let array = random.pick(&self.pinned[self.pinned.len() / 2..]);
                let record = self.visible.heap.new_record(array);
                let field = random.int() as u64;
                self.store(record + 8, Mem::I64, field);
                record
            }
            Some(Type::Ref) => {
                let link = args.first().map(|&from| self.load(from + 24, Mem::Ref));
                link.filter(|&link| link != 0).unwrap_or(self.pinned[0])
            }
            Some(Type::I64 | Type::Ptr) => random.int() as u64,
        }
    }

    /// Makes the object of the number that is the first argument; what it holds is declared in
    /// [`helpers`](super::helpers).
    fn make(&mut self, helper: &Helper, args: &[u64]) -> u64 {
        let number = args[0];
        let kind = match helper.params.len() {
            1 => Kind::Array,
            _ => Kind::Record,
        };
        let bit = 1_u64.checked_shl(number as u32).unwrap_or(0);
        if self.made & bit != 0 {
            self.fail(format!("object number {number} is made twice"));
        }
        self.made |= bit;
        let object = match self.visible.heap.make(number, kind) {
            Ok(object) => object,
            Err(what) => {
                self.fail(what);
                return self.pinned[0];
            }
        };
        if kind == Kind::Record {
            let array = self.pinned[self.pinned.len() / 2];
            for (offset, mem, bits) in [
                (0, Mem::I64, args[1]),
                (32, Mem::Ref, array),
                (40, Mem::U16, 7),
                (42, Mem::I8, -3_i64 as u64),
                (64, Mem::I64, mix(number, 1)),
            ] {
                self.store(object + offset, mem, bits);
            }
        }
        object
    }

    fn effectful(&mut self, call: Call<'_>, mut hash: u64) -> Outcome {
        let interface = self.interface.clone();
        let helper = &interface.helpers[call.helper.index()];
        let effects = helper.effects.closed();
        self.visible.calls += 1;
        self.log.push(Event {
            helper: call.helper,
            args: call.args.to_vec(),
            from: call.from,
        });
        hash = mix(hash, self.visible.calls as u64);
        if effects.writes_host {
            self.visible.host = mix(self.visible.host, hash);
        }
        if effects.reads_frames {
            hash = mix(hash, self.hash_words());
        }
        let mut random = Random::new(mix(hash, 1));
        let fails = helper.fails && random.chance(self.script.accidents);
        if fails && random.chance(50) {
            return Outcome::Error;
        }
        for class in effects.writes.iter().take(interface.classes.len()) {
            if random.chance(70) {
                // Objects that were made are in the host's hands once it gets them or finds them.
                let mut known = self.pinned.clone();
                let args = call.args.iter().zip(&helper.params);
                let args = args.filter(|(_, ty)| **ty == Type::Ref);
                known.extend(args.map(|(&arg, _)| arg));
                self.visible.heap.scribble(class, &known, &mut random);
            }
        }
        if effects.collects {
            self.collect(call.roots);
            if helper.result == Some(Type::Ref) && self.visible.heap.is_full() {
                return Outcome::Error;
            }
        }
        let base = call.from.map_or(ENTRY_BASE, |(base, _)| base);
        if effects.writes_frames {
            self.write_frame(base, &mut random);
        }
        if effects.reenters {
            self.valid &= self.script.invalidated_by != Some(self.reentries);
            self.reentries += 1;
        }
        if fails {
            return Outcome::Error;
        }
        if effects.transfers && random.chance(self.script.accidents * 3) {
            let pc = 700 + random.below(8) as Pc;
            let base = base + 8;
            if let Some(link) = self.word(base - 1) {
                self.visible.words[link] = (8 << 32) | u64::from(pc);
                self.visible.words[link - 1] = 0;
            }
            return Outcome::Transfer { pc, base };
        }
        Outcome::Value(self.result(helper.result, call.args, true, mix(hash, 2)))
    }

    fn write_frame(&mut self, base: i64, random: &mut Random) {
        let group = i64::from(self.interface.group);
        for _ in 0..1 + random.below(3) {
            let index = (base + random.below(8) as i64).div_euclid(group) * group;
            let Some(at) = self.word(index) else { return };
            let keep = random
                .chance(80)
                .then_some(self.visible.words[at] as i64)
                .filter(|tag| (INT..=ARRAY).contains(tag));
            self.randomise_group(index, keep, random);
        }
    }
}

/// Whether the word holds a double where words stand alone.
pub fn is_float_word(index: i64) -> bool {
    index.rem_euclid(4) == 0
}
