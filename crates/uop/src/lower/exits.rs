//! Where values travel: the homes of a trace's exits, and the order its header takes.

use super::machine::{Location, Locations, SPILL_SLOTS};
use super::{LowerError, LowerOptions};
use crate::exit::ExitState;
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Type;
use std::collections::BTreeMap;

/// A home: what the shared exit block passes in one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Home {
    pub(super) word: Word,
    pub(super) float: bool,
}

/// Where everything travels in one trace.
#[derive(Debug)]
pub(super) struct Plan {
    /// Homes in order of their locations, and where each is.
    pub(super) homes: Vec<(Home, Location)>,
    /// Where the header takes parameters, then invariants.
    pub(super) header: Vec<Location>,
    /// Per exit: the locations of what it hands over.
    pub(super) exits: Vec<Vec<Location>>,
    /// The exit that jumps on its own: the last.
    pub(super) own: Option<ExitId>,
    /// What the exit that jumps on its own hands over.
    pub(super) handed: Vec<Value>,
}

impl Plan {
    pub(super) fn of(trace: &Trace, options: &LowerOptions<'_>) -> Result<Plan, LowerError> {
        let own = last_exit(trace);
        let mut homes: BTreeMap<Home, Location> = BTreeMap::new();
        for (id, exit) in exits(trace).filter(|&(id, _)| Some(id) != own) {
            debug_assert!(
                exit.extras.is_empty(),
                "{id} re-enters a header from a guard"
            );
            for (word, value) in pending(trace, exit) {
                let float = trace.ty(value) == Some(Type::F64);
                homes
                    .entry(Home { word, float })
                    .or_insert(Location::Spill(0));
            }
        }
        let mut places = Locations::default();
        for (home, location) in &mut homes {
            *location = places.next(home.float);
        }
        let mut handed = Vec::new();
        let mut located = Vec::with_capacity(trace.exits.len());
        for (id, exit) in exits(trace) {
            located.push(if Some(id) == own {
                handed = hands(trace, exit, options);
                in_order(trace, &handed)
            } else {
                let at = |(word, value): (Word, Value)| {
                    let float = trace.ty(value) == Some(Type::F64);
                    homes[&Home { word, float }]
                };
                pending(trace, exit).map(at).collect()
            });
        }
        let header: Vec<Value> = trace
            .header_params()
            .chain(trace.header_invariants())
            .collect();
        let header = in_order(trace, &header);
        let widest = located
            .iter()
            .chain([&header])
            .map(Vec::len)
            .chain([homes.len()])
            .max();
        let count = widest.unwrap_or(0);
        if count > SPILL_SLOTS {
            let trace = trace.name.clone();
            return Err(LowerError::TooManyValues {
                trace,
                count,
                limit: SPILL_SLOTS,
            });
        }
        let homes = homes.into_iter().collect();
        Ok(Plan {
            homes,
            header,
            exits: located,
            own,
            handed,
        })
    }
}

fn exits(trace: &Trace) -> impl Iterator<Item = (ExitId, &ExitState)> {
    trace
        .exits
        .iter()
        .enumerate()
        .map(|(index, exit)| (ExitId(index as u32), exit))
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

/// What the last exit hands over: what the entry it was made for takes, or what is pending.
fn hands(trace: &Trace, exit: &ExitState, options: &LowerOptions<'_>) -> Vec<Value> {
    match options.onward {
        Some(entry) if exit.agrees(trace, entry).is_ok() => {
            let at = |(word, _): (Word, Type)| {
                exit.word(Word(word.0 + exit.base))
                    .expect("an agreeing exit has the word")
            };
            let extras = exit
                .extras
                .iter()
                .copied()
                .filter(|_| entry.contract.is_some());
            entry.params().map(at).chain(extras).collect()
        }
        _ => pending(trace, exit).map(|(_, value)| value).collect(),
    }
}

fn in_order(trace: &Trace, values: &[Value]) -> Vec<Location> {
    let mut places = Locations::default();
    values
        .iter()
        .map(|&value| places.next(trace.ty(value) == Some(Type::F64)))
        .collect()
}
