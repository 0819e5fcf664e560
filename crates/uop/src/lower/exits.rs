//! Where values travel: the homes of a trace's exits, the regions that share a block, and the order
//! its header takes.

use super::error::LowerError;
use super::machine::{FLOAT_ARGS, INT_ARGS, Location, Locations, SPILL_SLOTS};
use super::regions;
use super::request::{ExitMap, LowerOptions};
use super::uses::{Uses, overflows};
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::signature::Holds;
use crate::sunk;
use crate::trace::Trace;
use crate::types::Type;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::Range;

/// Exits that leave homes nobody has meant yet as they were found at entry; it keeps registers.
pub(super) const EARLY: usize = 8;

/// A home: what the shared exit block passes in one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Home {
    pub(super) word: Word,
    pub(super) float: bool,
}

/// Where everything travels in one trace.
#[derive(Debug)]
pub(super) struct Plan {
    /// The homes of the exits before the loop, or of all if there is none.
    pub(super) entry: Homes,
    /// The homes of the loop's exits.
    pub(super) looped: Homes,
    /// Where the header takes parameters, then invariants.
    pub(super) header: Vec<Location>,
    /// Per exit: where what it hands over travels.
    pub(super) exits: Vec<ExitMap>,
    /// The exit that jumps on its own: the last.
    pub(super) own: Option<ExitId>,
    /// What the exit that jumps on its own hands over.
    pub(super) handed: Vec<Value>,
    /// Who uses what.
    pub(super) uses: Uses,
    /// The operand pairs whose overflow is asked for.
    pub(super) overflows: FxHashSet<(Op, Value, Value)>,
    /// The uops that are sunk, in order.
    pub(super) sunk: Vec<Value>,
}

/// The homes of one function.
#[derive(Clone, Debug, Default)]
pub(super) struct Homes {
    /// In order of word and class, and where each travels.
    pub(super) places: Vec<(Home, Location)>,
    /// Per home: what exits mean by it, as positions of the uops that leave and values, ascending.
    meant: Vec<Vec<(Value, Value)>>,
    /// The home of each value that is meant by one.
    of_value: FxHashMap<Value, usize>,
    /// The exits that share a block, in order.
    pub(super) regions: Vec<Region>,
}

/// Exits that share a block.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// The uop behind the last that leaves through one of them for the first time.
    pub(super) end: Value,
    /// The homes that any of them means, as indices, ascending.
    pub(super) homes: Vec<usize>,
}

impl Homes {
    /// The homes of the exits that uops in `range` leave through, but `own`. A home whose word is
    /// among `arrivals` stays where it arrives; else, if it is among `departures`, it is where it
    /// leaves for good; else, as long as there are others, not where one of `invariants` arrives, which
    /// every round would have to move out of the way.
    fn of(
        trace: &Trace,
        range: Range<usize>,
        own: Option<ExitId>,
        arrivals: &[(Home, Location)],
        departures: &[(Home, Location)],
        invariants: &[Location],
    ) -> Homes {
        let mut meant: BTreeMap<Home, Vec<(Value, Value)>> = BTreeMap::new();
        let mut exits: Vec<(ExitId, Value)> = Vec::new();
        for at in range.map(|position| Value(position as u32)) {
            let exit = trace.uop(at).exit.filter(|exit| Some(*exit) != own);
            let exit = exit.filter(|exit| !sunk::makes(trace, trace.exit(*exit)));
            let Some(exit) = exit else { continue };
            // Only guards of one instruction share an exit.
            if exits.iter().rev().take(4).all(|&(it, _)| it != exit) {
                exits.push((exit, at));
            }
            let exit = trace.exit(exit);
            for (word, value) in pending(trace, exit).filter(|_| hands_over(exit)) {
                let home = Home::of(trace, word, value);
                meant.entry(home).or_default().push((at, value));
            }
        }
        let mut taken = Taken::default();
        let mut places: Vec<Option<Location>> = vec![None; meant.len()];
        for list in [arrivals, departures] {
            for (place, home) in places.iter_mut().zip(meant.keys()) {
                let listed = list.iter().find(|(it, _)| it == home);
                let listed = listed.map(|&(_, place)| place);
                if place.is_none() {
                    *place = listed.filter(|&place| taken.take(place));
                }
            }
        }
        let places = meant.keys().zip(places);
        let places = places.map(|(&home, place)| {
            (
                home,
                place.unwrap_or_else(|| taken.next(home.float, invariants)),
            )
        });
        let places: Vec<(Home, Location)> = places.collect();
        let meant: Vec<Vec<(Value, Value)>> = meant.into_values().collect();
        let values = meant.iter().enumerate();
        let values = values.flat_map(|(home, meant)| meant.iter().map(move |it| (it.1, home)));
        let of_value = values.collect();
        let regions = Region::all(&exits, &meant);
        Homes {
            places,
            meant,
            of_value,
            regions,
        }
    }

    /// The home that means `value` at some exit.
    pub(super) fn home_of(&self, value: Value) -> Option<usize> {
        self.of_value.get(&value).copied()
    }

    /// The index of a home.
    fn index(&self, home: Home) -> Option<usize> {
        self.places.binary_search_by_key(&home, |&(it, _)| it).ok()
    }

    /// What the exit taken at `at` passes in a home: what it means; else what a later exit means, if
    /// that exists already, or what it will be made of, as that stays in a register until then; else
    /// what an earlier exit meant. `None` where nothing was ever meant.
    pub(super) fn passed(&self, trace: &Trace, at: Value, home: usize) -> Option<Value> {
        let meant = &self.meant[home];
        let next = meant.partition_point(|&(leaving, _)| leaving < at);
        let later = meant.get(next).map(|&(_, value)| value);
        let later = later.and_then(|value| self.made_of(trace, value, at, home));
        let earlier = next.checked_sub(1).map(|before| meant[before].1);
        later.or(earlier)
    }

    /// What of `value`, which is meant by `home`, exists at `at`: itself, or what its register
    /// holds until it is computed.
    fn made_of(&self, trace: &Trace, value: Value, at: Value, home: usize) -> Option<Value> {
        /// Steps back, at most.
        const STEPS: usize = 8;
        let mut value = value;
        for _ in 0..STEPS {
            if value < at {
                return Some(value);
            }
            let uop = trace.uop(value);
            let fits = |from: &Value| {
                let same = self.home_of(*from).is_none_or(|it| it == home);
                same && trace.ty(*from) == uop.ty && trace.constant(*from).is_none()
            };
            let from = uop.args.iter().find(|from| fits(from));
            value = *from.filter(|_| uop.op.is_pure())?;
        }
        None
    }

    /// More values than there are places for, if so.
    fn excess(&self) -> Option<usize> {
        let beyond = |place: &Location| match place {
            Location::Spill(n) => usize::from(*n) >= SPILL_SLOTS,
            _ => false,
        };
        let count = self.places.len();
        let excess = count > SPILL_SLOTS || self.places.iter().any(|(_, place)| beyond(place));
        excess.then_some(count)
    }
}

impl Region {
    /// The regions of `exits`, given with the uops that leave through them first.
    fn all(exits: &[(ExitId, Value)], meant: &[Vec<(Value, Value)>]) -> Vec<Region> {
        let exit_at = |at: Value| exits.partition_point(|&(_, first)| first <= at) - 1;
        let meant = meant.iter().map(|meant| {
            let mut exits: Vec<usize> = meant.iter().map(|&(at, _)| exit_at(at)).collect();
            exits.dedup();
            exits
        });
        let meant: Vec<Vec<usize>> = meant.collect();
        let mut begin = 0;
        let ends = regions::cut(&meant, exits.len(), EARLY);
        let ends = ends.into_iter().map(|end| {
            let here = |exits: &Vec<usize>| exits.iter().any(|exit| (begin..end).contains(exit));
            let homes = (0..meant.len()).filter(|&home| here(&meant[home]));
            let homes = homes.collect();
            begin = end;
            let end = exits.get(end).map_or(Value(u32::MAX), |&(_, at)| at);
            Region { end, homes }
        });
        ends.collect()
    }
}

impl Home {
    fn of(trace: &Trace, word: Word, value: Value) -> Home {
        let float = trace.ty(value) == Some(Type::F64);
        Home { word, float }
    }
}

/// Locations that are in use.
#[derive(Default)]
struct Taken {
    ints: [bool; INT_ARGS],
    floats: [bool; FLOAT_ARGS],
    spilled: Vec<bool>,
}

impl Taken {
    /// Takes `place` if it is free.
    fn take(&mut self, place: Location) -> bool {
        let taken = match place {
            Location::Int(n) => &mut self.ints[usize::from(n)],
            Location::Float(n) => &mut self.floats[usize::from(n)],
            Location::Spill(n) => {
                let n = usize::from(n);
                self.spilled.resize(self.spilled.len().max(n + 1), false);
                &mut self.spilled[n]
            }
        };
        !std::mem::replace(taken, true)
    }

    /// Takes the first free place: a register of the class, if possible not one of `spared`, else a
    /// spill slot.
    fn next(&mut self, float: bool, spared: &[Location]) -> Location {
        let registers: &mut [bool] = match float {
            true => &mut self.floats,
            false => &mut self.ints,
        };
        let free = |slots: &[bool]| slots.iter().position(|taken| !taken);
        let is_spared = |n: usize| match float {
            true => spared.contains(&Location::Float(n as u8)),
            false => spared.contains(&Location::Int(n as u8)),
        };
        let best = (0..registers.len()).find(|&n| !registers[n] && !is_spared(n));
        let place = match (best.or_else(|| free(registers)), float) {
            (Some(n), true) => Location::Float(n as u8),
            (Some(n), false) => Location::Int(n as u8),
            (None, _) => {
                let n = free(&self.spilled).unwrap_or(self.spilled.len());
                Location::Spill(n as u16)
            }
        };
        self.take(place);
        place
    }
}

impl Plan {
    pub(super) fn of(trace: &Trace, options: &LowerOptions<'_>) -> Result<Plan, LowerError> {
        let own = last_exit(trace);
        let params = trace.header_params().collect::<Vec<_>>();
        let header: Vec<Value> = params
            .iter()
            .copied()
            .chain(trace.header_invariants())
            .collect();
        let header = in_order(trace, &header);
        let entry_params = trace.entry.params().zip(options.entry);
        let arrived: Vec<_> = entry_params
            .map(|((word, ty), &place)| {
                let float = ty == Type::F64;
                (Home { word, float }, place)
            })
            .collect();
        let looped = params.iter().zip(&header).map(|(&value, &place)| {
            let word = trace.uop(value).word().expect("a parameter names its word");
            (Home::of(trace, word, value), place)
        });
        let looped: Vec<_> = looped.collect();
        let mut handed = Vec::new();
        let last = own.map(|id| ExitMap::own(trace, trace.exit(id), options, &mut handed));
        let departs = match (own, &last) {
            (Some(id), Some(map)) if trace.header.is_none() => departures(trace, id, map),
            _ => looped.clone(),
        };
        let middle = trace.header.as_ref().map(|header| header.at.index());
        let middle = middle.unwrap_or(trace.uops.len());
        let whole = 0..trace.uops.len();
        let invariants = &header[params.len()..];
        let (entry, looped) = match is_left_by_both(trace, middle, own) {
            false => (
                Homes::of(trace, 0..middle, own, &arrived, &departs, &[]),
                Homes::of(trace, middle..whole.end, own, &looped, &departs, invariants),
            ),
            true => {
                let homes = Homes::of(trace, whole, own, &looped, &departs, invariants);
                (homes.clone(), homes)
            }
        };
        let mut leaving = vec![None; trace.exits.len()];
        for (position, uop) in trace.uops.iter().enumerate() {
            if let Some(exit) = uop.exit {
                leaving[exit.index()] = Some(position);
            }
        }
        let mut maps = Vec::with_capacity(trace.exits.len());
        for (id, exit) in exits(trace) {
            if Some(id) == own {
                maps.extend(last.clone());
                continue;
            }
            debug_assert!(
                exit.extras.is_empty(),
                "{id} re-enters a header from a guard"
            );
            if sunk::makes(trace, exit) {
                maps.push(ExitMap::in_order(trace, exit));
                continue;
            }
            let homes = match leaving[id.index()].is_some_and(|last| last >= middle) {
                true => &looped,
                false => &entry,
            };
            // An exit that no uop leaves through hands nothing over.
            let at = |&(word, value): &(Word, Value)| {
                let travels = hands_over(exit) && trace.constant(value).is_none();
                let home = homes
                    .index(Home::of(trace, word, value))
                    .filter(|_| travels);
                home.map(|home| homes.places[home].1)
            };
            maps.push(ExitMap {
                words: exit.words.iter().map(at).collect(),
                extras: Vec::new(),
            });
        }
        let making = trace.exits.iter().filter(|exit| sunk::makes(trace, exit));
        let making = making.map(|exit| exit.words.len()).max().unwrap_or(0);
        let count = handed.len().max(header.len()).max(making);
        let count = (count > SPILL_SLOTS).then_some(count);
        if let Some(count) = count.or(entry.excess()).or(looped.excess()) {
            let trace = trace.name.clone();
            return Err(LowerError::TooManyValues {
                trace,
                count,
                limit: SPILL_SLOTS,
            });
        }
        Ok(Plan {
            entry,
            looped,
            header,
            exits: maps,
            own,
            handed,
            uses: Uses::of(trace),
            overflows: overflows(trace),
            sunk: sunk::all(trace),
        })
    }
}

/// Where the exit that jumps on its own leaves which word.
fn departures(trace: &Trace, own: ExitId, map: &ExitMap) -> Vec<(Home, Location)> {
    let words = trace.exit(own).words.iter().zip(&map.words);
    words
        .filter_map(|(&(word, value), place)| Some((Home::of(trace, word, value), (*place)?)))
        .collect()
}

fn exits(trace: &Trace) -> impl Iterator<Item = (ExitId, &ExitState)> {
    trace
        .exits
        .iter()
        .enumerate()
        .map(|(index, exit)| (ExitId(index as u32), exit))
}

/// Whether what is pending travels. A dynamic exit stores it: its target takes nothing over.
pub(super) fn hands_over(exit: &ExitState) -> bool {
    exit.kind != ExitKind::Dynamic
}

/// Whether some exit is left through both before `middle` and behind it.
fn is_left_by_both(trace: &Trace, middle: usize, own: Option<ExitId>) -> bool {
    let (before, behind) = trace.uops.split_at(middle);
    let mut exits: Vec<ExitId> = before.iter().filter_map(|uop| uop.exit).collect();
    exits.sort_unstable();
    let shared = |exit: ExitId| Some(exit) != own && exits.binary_search(&exit).is_ok();
    behind.iter().filter_map(|uop| uop.exit).any(shared)
}

/// Pending words that are not constants.
fn pending<'a>(trace: &'a Trace, exit: &'a ExitState) -> impl Iterator<Item = (Word, Value)> + 'a {
    exit.words
        .iter()
        .copied()
        .filter(|&(_, value)| trace.constant(value).is_none())
}

/// The exit of the trace's last uop if no guard shares it.
fn last_exit(trace: &Trace) -> Option<ExitId> {
    let last = trace.uops.len().checked_sub(2)?;
    let exit = trace.uops[last]
        .exit
        .filter(|_| trace.uops[last].op == Op::Exit)?;
    let shared = trace.uops[..last].iter().any(|uop| uop.exit == Some(exit));
    (!shared).then_some(exit)
}

impl ExitMap {
    /// The map of the exit that jumps on its own, in the order its target takes; what it hands
    /// over is added to `handed`.
    fn own(
        trace: &Trace,
        exit: &ExitState,
        options: &LowerOptions<'_>,
        handed: &mut Vec<Value>,
    ) -> ExitMap {
        let onward = options
            .onward
            .filter(|entry| exit.agrees(trace, entry).is_ok());
        let mut places = Locations::default();
        let mut hand = |value: Value| {
            handed.push(value);
            places.next(trace.ty(value) == Some(Type::F64))
        };
        let travels = |index: usize, value: Value| match onward {
            // Agreement means the same words in the same order.
            Some(entry) => matches!(entry.words[index].holds, Holds::Param(_)),
            None => trace.constant(value).is_none(),
        };
        let words = exit.words.iter().enumerate();
        let words = words.map(|(index, &(_, value))| travels(index, value).then(|| hand(value)));
        let words = words.collect();
        let extras = match onward {
            Some(entry) if entry.contract.is_some() => {
                exit.extras.iter().map(|&value| hand(value)).collect()
            }
            _ => Vec::new(),
        };
        ExitMap { words, extras }
    }

    /// The map of an exit that makes objects, which jumps on its own, too.
    fn in_order(trace: &Trace, exit: &ExitState) -> ExitMap {
        let mut places = Locations::default();
        let words = exit.words.iter().map(|&(_, value)| {
            let travels = trace.constant(value).is_none();
            travels.then(|| places.next(trace.ty(value) == Some(Type::F64)))
        });
        ExitMap {
            words: words.collect(),
            extras: Vec::new(),
        }
    }

    /// Where everything travels, in order.
    pub(super) fn all(&self) -> Vec<Location> {
        self.words
            .iter()
            .flatten()
            .chain(&self.extras)
            .copied()
            .collect()
    }
}

fn in_order(trace: &Trace, values: &[Value]) -> Vec<Location> {
    let mut places = Locations::default();
    values
        .iter()
        .map(|&value| places.next(trace.ty(value) == Some(Type::F64)))
        .collect()
}
