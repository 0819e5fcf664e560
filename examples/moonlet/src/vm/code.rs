//! What a program consists of, and how it gets more: [`Moonlet::append`].
//!
//! A program begins as one chunk. `load` and its like add others while it runs, and the library holds
//! the program by `&` meanwhile. So all that instructions look at are lists that only grow
//! ([`Grown`](crate::grown::Grown)): what is there never changes, and what traces have taken for constant is so for good.
//! No chunk is ever freed. One with a text that was loaded before, under the same name, is not
//! compiled again: functions are made of prototypes, which are the same each time.
//!
//! # Places
//! The instructions of all chunks are numbered in one row. Behind those of a chunk come as many
//! [`Instr::GoOn`], their continuations, [`Instr::Ask`] and [`Instr::Apply`], where they look for a
//! metamethod and where they call it; continuations of an instruction by way of several calls are numbered
//! far behind all ([`FAR`]).

use super::Moonlet;
use crate::bytecode::operand::Moved;
use crate::bytecode::{Chunk, Const, Constant, Count, Env, Instr, Prototype, Slot};
use crate::heap::{Heap, OutOfMemory};
use crate::host::Host;
use crate::liveness::Liveness;
use crate::syntax::Text;
use crate::value::{self, FLOAT, Function, INT, Tagged};
use offramp::{Pc, Reference};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How the number of a continuation by way of several calls is put together: from here on how many
/// they are, below the instruction.
const FAR: u32 = 24;

/// An instruction, and what belongs to it elsewhere.
const PARTS: usize = 4;

/// A chunk that is a part of a program.
#[derive(Debug)]
pub(crate) struct Unit {
    /// As it was compiled: numbers count from its own beginning.
    pub(crate) chunk: Chunk,
    /// Its first instruction.
    pub(crate) code: Pc,
    liveness: Liveness,
}

/// What a text is compiled to, if it was loaded before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// The prototype of the chunk itself.
    pub(crate) prototype: u32,
    pub(crate) env: Env,
}

/// What must be known of a program to add to it.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The most results that a call takes, all of an open list aside, and at least one.
    pub(super) most_results: Cell<Count>,
    /// The constants by their values.
    constants: RefCell<FxHashMap<(i64, i64), Const>>,
    /// What was loaded.
    loaded: RefCell<FxHashMap<LoadedKey, Loaded>>,
}

/// What texts are known by: themselves, their names, and whether they have their globals in a value
/// of their own.
type LoadedKey = (Box<[u8]>, Box<str>, bool);

impl Moonlet {
    /// Adds a chunk.
    ///
    /// # Errors
    /// If there is no memory for it, or it does not fit into what instructions can name.
    pub(crate) fn append(&self, chunk: Chunk, host: &mut Host) -> Result<Loaded, OutOfMemory> {
        let (code, functions) = (self.code.items().len(), self.prototypes.items().len());
        let length = chunk.code.len();
        if code + PARTS * length >= 1 << FAR {
            return Err(OutOfMemory);
        }
        let code = code as Pc;
        host.heap.memory.charge(chunk.bytes())?;
        let constants = self.place_constants(&chunk, &host.heap)?;
        let to = Moved {
            code,
            functions: functions as u32,
            constants: &constants,
        };
        if chunk.code.iter().any(|instr| instr.moved(&to).is_none()) {
            return Err(OutOfMemory);
        }
        self.code.make_room(PARTS * length)?;
        self.prototypes.make_room(chunk.prototypes.len())?;
        self.units.make_room(1)?;
        let moved = |instr: &Instr| instr.moved(&to).unwrap_or(*instr);
        self.code.append(chunk.code.iter().map(moved))?;
        self.code
            .append((code..code + length as Pc).map(Instr::GoOn))?;
        self.code
            .append((code..code + length as Pc).map(Instr::Ask))?;
        self.code
            .append((code..code + length as Pc).map(Instr::Apply))?;
        self.prototypes
            .append(chunk.prototypes.iter().map(|it| Prototype {
                entry: it.entry + code,
                end: it.end + code,
                captures: it.captures.clone(),
                capture_names: Box::default(),
                locals: Vec::new(),
                ..*it
            }))?;
        let liveness = Liveness::of(&chunk);
        let most = &self.known.most_results;
        most.set(most.get().max(liveness.results));
        let loaded = Loaded {
            prototype: functions as u32,
            env: chunk.env,
        };
        let unit = Rc::new(Unit {
            chunk,
            code,
            liveness,
        });
        self.units.append([unit].into_iter())?;
        host.units.push((code, length as Pc));
        let places = code..code + (PARTS * length) as Pc;
        host.wanted.extend(places.map(|place| {
            let (count, top) = self.wanted(place);
            u16::from(count) | u16::from(top) << 8
        }));
        host.callees.extend(self.callees(functions));
        Ok(loaded)
    }

    /// What a text is compiled to, if it was loaded before.
    pub(crate) fn known(&self, text: &Text<'_>, has_env: bool) -> Option<Loaded> {
        let loaded = self.known.loaded.borrow();
        loaded.get(&key_of(text, has_env)).copied()
    }

    /// Adds a chunk, compiled from `text`, so that it is [known](Self::known).
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub(crate) fn load(
        &self,
        text: &Text<'_>,
        chunk: Chunk,
        host: &mut Host,
    ) -> Result<Loaded, OutOfMemory> {
        let mut known = self.known.loaded.borrow_mut();
        known.try_reserve(1).map_err(|_| OutOfMemory)?;
        let bytes = size_of::<(LoadedKey, Loaded)>() + text.source.len() + text.name.len();
        host.heap.memory.charge(bytes)?;
        let loaded = self.append(chunk, host)?;
        // With an assignment to `_ENV` it is in a cell whoever gives it.
        for has_env in [false, true] {
            let is_so = match loaded.env {
                Env::Globals => !has_env,
                Env::Value => has_env,
                Env::Cell => true,
            };
            if is_so {
                known.insert(key_of(text, has_env), loaded);
            }
        }
        Ok(loaded)
    }

    /// What the program began as.
    pub(crate) fn main(&self) -> Loaded {
        Loaded {
            prototype: 0,
            env: self.at(0).0.chunk.env,
        }
    }

    /// The function that a chunk is, with its globals in `env`, or else in those of the state.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn main_function(
        &self,
        chunk: Loaded,
        env: Option<Tagged>,
        heap: &Heap,
    ) -> Result<Reference<Function>, OutOfMemory> {
        let env = env.unwrap_or_else(|| Tagged::reference(self.globals));
        match chunk.env {
            Env::Globals => heap.function(chunk.prototype, &[]),
            Env::Value => heap.function(chunk.prototype, &[env]),
            Env::Cell => {
                let cell = Tagged::reference(heap.variable(env)?);
                heap.function(chunk.prototype, &[cell])
            }
        }
    }

    /// Where the chunk's constants are in the program: each value once.
    fn place_constants(&self, chunk: &Chunk, heap: &Heap) -> Result<Vec<Const>, OutOfMemory> {
        let mut places = Vec::new();
        let room = places.try_reserve_exact(chunk.constants.len());
        room.map_err(|_| OutOfMemory)?;
        self.constants.make_room(chunk.constants.len())?;
        let mut known = self.known.constants.borrow_mut();
        for constant in &chunk.constants {
            let value = constant_value(constant, heap)?;
            let next = self.constants.items().len() as Const;
            let place = *known.entry((value.tag(), value.as_int())).or_insert(next);
            if place == next {
                self.constants.append([value].into_iter())?;
            }
            places.push(place);
        }
        Ok(places)
    }

    /// The chunk that the instruction at `pc` belongs to, and its number there.
    ///
    /// # Panics
    /// If there is no such instruction.
    pub(crate) fn at(&self, pc: Pc) -> (&Unit, Pc) {
        let behind = self.units.items().partition_point(|unit| unit.code <= pc);
        let unit = self.units.get(behind.wrapping_sub(1));
        let unit = unit.expect("every instruction belongs to a chunk");
        (unit, pc - unit.code)
    }

    /// The function an instruction belongs to.
    ///
    /// # Panics
    /// If there is no such instruction.
    pub(crate) fn function_at(&self, pc: Pc) -> &Prototype {
        // They lie one behind the other.
        let at = self.prototypes.items().partition_point(|it| it.end <= pc);
        let found = self.prototypes.get(at).filter(|it| it.entry <= pc);
        found.expect("every instruction belongs to a function")
    }

    /// Where the instruction at `pc` goes on when what it called by way of `pcalls` has returned: a
    /// metamethod by way of one, a protected call by way of as many as call each other.
    pub(crate) fn continuation(&self, pc: Pc, pcalls: u16) -> Pc {
        match pcalls {
            1 => self.part_of(pc, 1),
            _ => pc | u32::from(pcalls) << FAR,
        }
    }

    /// Where the instruction at `pc` looks for a metamethod.
    #[inline(always)]
    pub(super) fn asking(&self, pc: Pc) -> Pc {
        self.part_of(pc, 2)
    }

    /// Where the instruction at `pc` calls what lies in the frame.
    #[inline(always)]
    pub(super) fn calling(&self, pc: Pc) -> Pc {
        self.part_of(pc, 3)
    }

    /// Whether an instruction calls there what lies in the frame.
    pub(super) fn is_calling(&self, pc: Pc) -> bool {
        matches!(self.code.get(pc as usize), Some(Instr::Apply(_)))
    }

    #[inline(always)]
    fn part_of(&self, pc: Pc, part: Pc) -> Pc {
        match pc < self.first {
            true => pc + part * self.first,
            false => self.part_of_loaded(pc, part),
        }
    }

    #[cold]
    #[inline(never)]
    fn part_of_loaded(&self, pc: Pc, part: Pc) -> Pc {
        let (unit, _) = self.at(pc);
        pc + part * unit.chunk.code.len() as Pc
    }

    /// The instruction that `pc` is a continuation of, and by way of how many calls.
    pub(crate) fn continued(&self, pc: Pc) -> Option<(Pc, u16)> {
        match self.code.get(pc as usize) {
            Some(&Instr::GoOn(of)) => Some((of, 1)),
            Some(_) => None,
            None => Some((pc & ((1 << FAR) - 1), (pc >> FAR) as u16)),
        }
    }

    /// The instruction that `pc` is, or is a part of.
    pub(crate) fn instruction(&self, pc: Pc) -> Pc {
        match self.code.get(pc as usize) {
            Some(&(Instr::Ask(of) | Instr::Apply(of))) => of,
            _ => self.continued(pc).map_or(pc, |(pc, _)| pc),
        }
    }

    /// The slot behind those of the function that `pc` belongs to: a metamethod's place.
    pub(crate) fn scratch(&self, pc: Pc) -> Slot {
        self.function_at(pc).slots
    }

    /// The instruction at `pc`, which is one of the program's.
    pub(super) fn instr(&self, pc: Pc) -> Instr {
        self.code
            .get(pc as usize)
            .copied()
            .unwrap_or(Instr::Return0)
    }

    /// Whether slot `slot` may be read before it is written, from the instruction at `pc` on.
    pub(super) fn reads(&self, pc: Pc, slot: u32) -> bool {
        match self.code.get(pc as usize) {
            None | Some(Instr::GoOn(_) | Instr::Ask(_) | Instr::Apply(_)) => true,
            Some(_) => {
                let (unit, pc) = self.at(pc);
                unit.liveness.contains(pc, slot)
            }
        }
    }

    /// The bytes that its chunks take, as they are counted as memory in use.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.units
            .items()
            .iter()
            .map(|unit| unit.chunk.bytes())
            .sum()
    }
}

fn key_of(text: &Text<'_>, has_env: bool) -> LoadedKey {
    (text.source.into(), text.name.into(), has_env)
}

/// What [`Host::wanted`] has for a continuation, given by its number: where it is by way of several
/// calls, each but the first puts one truth value more before the results.
#[cold]
pub(super) fn wanted_far(host: &Host, place: i64) -> i64 {
    let (pc, calls) = (place & ((1 << FAR) - 1), place >> FAR);
    let behind = (host.units).partition_point(|(code, _)| i64::from(*code) <= pc);
    let length = host.units[behind - 1].1;
    let wanted = i64::from(host.wanted[(pc + i64::from(length)) as usize]);
    match wanted & 0xff {
        open if open == i64::from(crate::bytecode::OPEN) => wanted,
        results => wanted - results + (results - (calls - 1)).max(0),
    }
}

fn constant_value(constant: &Constant, heap: &Heap) -> Result<Tagged, OutOfMemory> {
    Ok(match constant {
        Constant::Nil => value::NOTHING,
        Constant::Bool(truth) => value::truth(*truth),
        Constant::Int(value) => Tagged::int(INT, *value),
        Constant::Float(value) => Tagged::float(FLOAT, *value),
        Constant::Str(bytes) => Tagged::reference(heap.string(bytes)?),
    })
}
