//! Anchors: the library's entry for each instruction where an executor can start.
//!
//! The table is dense in [`Pc`], so finding an anchor is an index; only those of programs that do not
//! number their instructions from 0 are hashed. An anchor holds
//! the hotness counter the interpreter ticks, the executors that start here by signature, and the
//! loops whose header is here. Which of several executors with one signature is taken is decided
//! by the progress rule, oldest first.

use super::backoff::Backoff;
use super::handle::ExecutorRef;
use super::join::Passed;
use super::return_point::ReturnPoint;
use offramp_uop::Pc;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What is known about one instruction.
#[derive(Debug, Default)]
pub(super) struct Anchor {
    /// Ticked at loop edges and function entries; `None` until the first.
    pub(super) counter: Option<Backoff>,
    /// Recordings from here that failed in a row.
    pub(super) failures: u8,
    /// Where recordings came here from.
    pub(super) passed: Passed,
    /// How many entries have been installed here, starts and headers, those that are gone included.
    pub(super) installs: u32,
    /// Live executors that start here, oldest first: roots begun by the interpreter, then side
    /// traces that take nothing over, then the rest.
    pub(super) starts: SmallVec<[ExecutorRef; 1]>,
    /// Live executors whose header is here, oldest first.
    pub(super) headers: SmallVec<[ExecutorRef; 1]>,
    /// The call site that goes on here.
    pub(super) return_point: ReturnPoint,
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

    fn existing(&mut self, pc: Pc) -> Option<&mut Anchor> {
        match pc as usize {
            index @ 0..FAR => self.near.get_mut(index),
            _ => self.far.get_mut(&pc),
        }
    }

    /// Forgets `executor`, wherever it is noted under `start` and `header`.
    pub(super) fn remove(&mut self, executor: ExecutorRef, start: Pc, header: Option<Pc>) {
        if let Some(anchor) = self.existing(start) {
            anchor.starts.retain(|known| *known != executor);
        }
        if let Some(anchor) = header.and_then(|pc| self.existing(pc)) {
            anchor.headers.retain(|known| *known != executor);
        }
    }
}
