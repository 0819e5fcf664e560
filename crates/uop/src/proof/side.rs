//! The sides of a proof as data: what each has in memory, and where the recording has been.

use super::lists::{Heap, Place};
use super::node::Term;
use super::words::{Time, Words};
use super::world::World;
use crate::id::Pc;
use crate::interface::Effects;
use rustc_hash::FxHashSet;

/// The state of one side: its memory, and what both sides have done together.
#[derive(Clone, Default)]
pub(super) struct Side {
    pub(super) words: Words,
    pub(super) heap: Heap,
    /// Names the host's own state.
    pub(super) host: u32,
    /// Calls with effects so far.
    pub(super) calls: u32,
    /// Calls so far that may collect.
    pub(super) collections: u32,
}

impl Side {
    /// A state of which nothing is known.
    pub(super) fn new(epoch: u32, objects: u32) -> Side {
        Side {
            words: Words::new(epoch),
            heap: Heap::new(epoch, objects),
            host: epoch,
            ..Side::default()
        }
    }

    /// A call with these effects has been made; what it wrote is named by `epoch`.
    pub(super) fn call(&mut self, world: &mut World<'_>, effects: Effects, epoch: u32) {
        self.calls += 1;
        self.collections += u32::from(effects.collects);
        for class in world.classes().filter(|&it| effects.writes.contains(it)) {
            world.overwrite(&mut self.heap, class, epoch);
        }
        if effects.writes_host {
            self.host = epoch;
        }
        if effects.writes_frames {
            self.words.forget(epoch);
        }
    }
}

/// A state that the recording has been in.
#[derive(Clone)]
pub(super) struct Moment {
    pub(super) pc: Pc,
    /// The base, if an exit of the instruction tells.
    pub(super) base: Option<i32>,
    pub(super) time: Time,
    pub(super) heap: Heap,
    pub(super) calls: u32,
}

/// The recording's side.
pub(super) struct Recording {
    /// The next uop.
    pub(super) at: usize,
    pub(super) values: Vec<Option<Term>>,
    pub(super) side: Side,
    /// The starts of instructions, in order.
    pub(super) begun: Vec<Moment>,
    /// Where it has loaded or stored.
    pub(super) touched: FxHashSet<Place>,
    /// Repeatable calls that may fail and have not.
    pub(super) succeeded: FxHashSet<Term>,
}
