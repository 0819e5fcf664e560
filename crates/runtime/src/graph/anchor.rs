//! Anchors: the library's entry for each instruction where an executor can start.
//!
//! The table is dense in [`Pc`], so finding an anchor is an index; only those of programs that do not
//! number their instructions from 0 are hashed. An anchor holds
//! the hotness counter the interpreter ticks, the executors that start here by signature, and the
//! loops whose header is here. Which of several executors with one signature is taken is decided
//! by the progress rule, oldest first.
//!
//! Thousands of executors can start at one instruction, and all of them can go: [`Entries`] is ordered
//! by a key, so that taking one out does not look at the others.

use super::backoff::Backoff;
use super::cache::Evicted;
use super::handle::{Birth, ExecutorRef};
use super::return_point::ReturnPoint;
use super::tree::Nap;
use offramp_uop::Pc;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What is known about one instruction.
#[derive(Debug, Default)]
pub(super) struct Anchor {
    /// Ticked at loop edges and function entries; `None` until the first.
    pub(super) counter: Option<Backoff>,
    /// How often the interpreter has come here, as far as it was counted.
    pub(super) arrived: u32,
    /// Uops that a trace from here is likely to have, if one was recorded that was too dear; else 0.
    pub(super) likely: u32,
    /// The loop that the last recording from here has come to and that had no root, if it ended so.
    pub(super) waits_for: Option<Pc>,
    /// Instructions that the longest recording of a root from here had; 0 without one.
    pub(super) round: u32,
    /// Recordings from here that failed in a row.
    pub(super) failures: u8,
    /// Where recordings came here from.
    pub(super) passed: Passed,
    /// How many entries have been installed here, starts and headers, those that are gone included.
    pub(super) installs: u32,
    /// Live executors that start here.
    pub(super) starts: Entries,
    /// Live executors whose header is here.
    pub(super) headers: Entries,
    /// What started here and went for lack of use or room, until something starts here again.
    pub(super) evicted: Option<Evicted>,
    /// When a recording from here was refused for lack of room; 0 if none is waiting.
    pub(super) waiting: u64,
    /// How long the root that starts here sleeps, if it does.
    pub(super) asleep: Option<Nap>,
    /// Whether many things pass here.
    pub(super) site: Site,
    /// The call site that goes on here.
    pub(super) return_point: ReturnPoint,
}

/// Where recordings came to a place from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Passed {
    /// None came.
    #[default]
    Never,
    /// All came from this instruction.
    From(Pc),
    /// They came from several: paths join here.
    Joined,
}

impl Passed {
    /// Notes that a recording came from `from`; whether paths join here.
    pub(super) fn come_from(&mut self, from: Pc) -> bool {
        *self = match *self {
            Passed::Never => Passed::From(from),
            Passed::From(known) if known == from => Passed::From(known),
            _ => Passed::Joined,
        };
        *self == Passed::Joined
    }
}

/// What is known of an instruction as a site.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Site {
    /// It has a general way: it has asked whether to take it.
    asks: bool,
    /// The youngest executor when it became general.
    since: Option<Birth>,
}

impl Site {
    /// Notes that it has a general way.
    pub(super) fn ask(&mut self) {
        self.asks = true;
    }

    pub(super) fn has_general_way(self) -> bool {
        self.asks
    }

    /// Makes it general: executors up to `youngest` were made before that.
    pub(super) fn generalise(&mut self, youngest: Birth) {
        self.since = Some(youngest);
    }

    /// The youngest executor when it became general, if it has.
    pub(super) fn general_since(self) -> Option<Birth> {
        self.since
    }

    pub(super) fn is_general(self) -> bool {
        self.since.is_some()
    }
}

/// Which of the executors at one instruction the interpreter and exits meet first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Begun by the interpreter.
    Root,
    /// A side trace that takes nothing over, so that the interpreter may enter it, too.
    TakesNothing,
    /// The rest.
    TakesOver,
}

/// Executors by rank, those of one rank oldest first.
#[derive(Debug, Default)]
pub(super) struct Entries {
    all: BTreeMap<(Rank, Birth), ExecutorRef>,
    /// The first of them: each entry from the interpreter asks for it.
    first: Option<(Rank, ExecutorRef)>,
}

impl Entries {
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn first(&self) -> Option<ExecutorRef> {
        self.first.map(|(_, executor)| executor)
    }

    /// The root that the interpreter has begun here.
    pub(super) fn root(&self) -> Option<ExecutorRef> {
        let (rank, executor) = self.first?;
        (rank == Rank::Root).then_some(executor)
    }

    /// The first, if it takes nothing over.
    #[inline]
    pub(super) fn takes_nothing(&self) -> Option<ExecutorRef> {
        let (rank, executor) = self.first?;
        (rank < Rank::TakesOver).then_some(executor)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = ExecutorRef> + '_ {
        self.all.values().copied()
    }

    pub(super) fn insert(&mut self, rank: Rank, birth: Birth, executor: ExecutorRef) {
        self.all.insert((rank, birth), executor);
        self.look();
    }

    /// Takes one out, if it is there; in how many steps.
    pub(super) fn remove(&mut self, rank: Rank, birth: Birth) -> u64 {
        let steps = 1 + u64::from(self.all.len().max(1).ilog2());
        self.all.remove(&(rank, birth));
        self.look();
        steps
    }

    /// Something has come or gone.
    fn look(&mut self) {
        let first = self.all.first_key_value();
        self.first = first.map(|(&(rank, _), &executor)| (rank, executor));
    }
}

/// All anchors of an interpreter.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    near: Vec<Anchor>,
    far: FxHashMap<Pc, Anchor>,
}

/// From here on instructions are far.
const FAR: usize = 1 << 22;

impl Anchors {
    #[inline]
    pub(super) fn get(&self, pc: Pc) -> Option<&Anchor> {
        match pc as usize {
            index @ 0..FAR => self.near.get(index),
            _ => self.far.get(&pc),
        }
    }

    pub(super) fn get_mut(&mut self, pc: Pc) -> &mut Anchor {
        let index = pc as usize;
        if index >= FAR {
            return self.far.entry(pc).or_default();
        }
        if index >= self.near.len() {
            self.near.resize_with(index + 1, Anchor::default);
        }
        &mut self.near[index]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Pc, &Anchor)> {
        let near = self.near.iter().enumerate();
        let near = near.map(|(pc, anchor)| (pc as Pc, anchor));
        near.chain(self.far.iter().map(|(pc, anchor)| (*pc, anchor)))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Pc, &mut Anchor)> {
        let near = self.near.iter_mut().enumerate();
        let near = near.map(|(pc, anchor)| (pc as Pc, anchor));
        near.chain(self.far.iter_mut().map(|(pc, anchor)| (*pc, anchor)))
    }

    pub(super) fn existing(&mut self, pc: Pc) -> Option<&mut Anchor> {
        match pc as usize {
            index @ 0..FAR => self.near.get_mut(index),
            _ => self.far.get_mut(&pc),
        }
    }
}
