//! Where values travel: the homes of a trace's exits, and the order its header takes.

use super::machine::{Location, Locations, SPILL_SLOTS};
use super::{ExitMap, LowerError, LowerOptions};
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::signature::Holds;
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
    /// Per exit: where what it hands over travels.
    pub(super) exits: Vec<ExitMap>,
    /// The exit that jumps on its own: the last.
    pub(super) own: Option<ExitId>,
    /// What the exit that jumps on its own hands over.
    pub(super) handed: Vec<Value>,
}

impl Plan {
    pub(super) fn of(trace: &Trace, options: &LowerOptions<'_>) -> Result<Plan, LowerError> {
        let own = last_exit(trace);
        let mut homes: BTreeMap<Home, Location> = BTreeMap::new();
        let shares = |id: ExitId, exit: &ExitState| Some(id) != own && hands_over(exit);
        for (id, exit) in exits(trace).filter(|&(id, exit)| shares(id, exit)) {
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
        let mut maps = Vec::with_capacity(trace.exits.len());
        for (id, exit) in exits(trace) {
            if Some(id) == own {
                maps.push(ExitMap::own(trace, exit, options, &mut handed));
                continue;
            }
            let at = |&(word, value): &(Word, Value)| {
                if !hands_over(exit) {
                    return None;
                }
                let float = trace.ty(value) == Some(Type::F64);
                trace
                    .constant(value)
                    .is_none()
                    .then(|| homes[&Home { word, float }])
            };
            let words = exit.words.iter().map(at).collect();
            maps.push(ExitMap {
                words,
                extras: Vec::new(),
            });
        }
        let header: Vec<Value> = trace
            .header_params()
            .chain(trace.header_invariants())
            .collect();
        let header = in_order(trace, &header);
        let count = homes.len().max(handed.len()).max(header.len());
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
            exits: maps,
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

/// Whether what is pending travels. A dynamic exit stores it: its target takes nothing over.
pub(super) fn hands_over(exit: &ExitState) -> bool {
    exit.kind != ExitKind::Dynamic
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
