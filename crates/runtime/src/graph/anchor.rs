//! Anchors: the library's entry for each instruction where an executor can start.
//!
//! The table is dense in [`Pc`], so finding an anchor is an index and never a hash. An anchor holds
//! the hotness counter the interpreter ticks, the executors that start here by signature, and the
//! loops whose header is here. Which of several executors with one signature is taken is decided
//! by the progress rule, oldest first.

use super::backoff::Backoff;
use super::handle::ExecutorRef;
use super::return_point::ReturnPoint;
use offramp_uop::Pc;
use smallvec::SmallVec;

/// What is known about one instruction.
#[derive(Debug, Default)]
pub(super) struct Anchor {
    /// Ticked at loop edges and function entries; `None` until the first.
    pub(super) counter: Option<Backoff>,
    /// Recordings from here that failed in a row.
    pub(super) failures: u8,
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
pub(super) struct Anchors(Vec<Anchor>);

impl Anchors {
    pub(super) fn get(&self, pc: Pc) -> Option<&Anchor> {
        self.0.get(pc as usize)
    }

    pub(super) fn get_mut(&mut self, pc: Pc) -> &mut Anchor {
        let index = pc as usize;
        if index >= self.0.len() {
            self.0.resize_with(index + 1, Anchor::default);
        }
        &mut self.0[index]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Pc, &Anchor)> {
        let anchors = self.0.iter().enumerate();
        anchors.map(|(pc, anchor)| (pc as Pc, anchor))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Pc, &mut Anchor)> {
        self.0
            .iter_mut()
            .enumerate()
            .map(|(pc, anchor)| (pc as Pc, anchor))
    }

    /// Forgets `executor`, wherever it is noted under `start` and `header`.
    pub(super) fn remove(&mut self, executor: ExecutorRef, start: Pc, header: Option<Pc>) {
        if let Some(anchor) = self.0.get_mut(start as usize) {
            anchor.starts.retain(|known| *known != executor);
        }
        if let Some(anchor) = header.and_then(|pc| self.0.get_mut(pc as usize)) {
            anchor.headers.retain(|known| *known != executor);
        }
    }
}
