//! Trees, when they were last used, and what code has been made.

use crate::graph::handle::ExecutorRef;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Bytes that a trace has at least, before there is one to tell.
const LEAST: usize = 128;

/// Something that was taken away for lack of use or room.
#[derive(Clone, Copy, Debug)]
pub(in crate::graph) struct Evicted {
    /// Until when it is a regret that it is asked for.
    pub(super) until: u64,
    /// How patient the cache was.
    pub(super) patience: u32,
    /// Whether it has been asked for since.
    pub(super) missed: bool,
    /// Whether it was a side trace.
    pub(super) side: bool,
}

impl Evicted {
    /// Whether an exit that leads here was hot.
    pub(in crate::graph) fn is_side(self) -> bool {
        self.side
    }
}

/// Names a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::graph) struct TreeId(pub(super) u32);

/// An executor's place in its tree.
#[derive(Clone, Copy, Debug)]
pub(in crate::graph) struct Membership {
    pub(in crate::graph) tree: TreeId,
    /// Among the tree's members.
    pub(super) at: u32,
}

#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Tells it from others that had its name.
    pub(super) number: u64,
    /// When one of its members was seen last.
    pub(super) used: u64,
    /// Whether links from other trees have been undone since.
    pub(super) probed: bool,
    /// Live executors, adapters too.
    pub(super) members: Vec<ExecutorRef>,
}

/// When what ran, and what was compiled so far. One per graph.
#[derive(Debug, Default)]
pub(in crate::graph) struct Cache {
    /// Entries, cold exits and arrivals that were counted.
    pub(super) now: u64,
    /// Entries and cold exits since the last sweep.
    pub(super) passes: u64,
    pub(super) trees: Vec<Tree>,
    pub(super) vacant: Vec<u32>,
    pub(super) numbered: u64,
    /// Each tree once, first those that were known to have run longest ago; brought up to date when
    /// one comes to the front.
    pub(super) queue: BinaryHeap<Reverse<(u64, u64, u32)>>,
    pub(super) patience: u32,
    /// Of evictions at this patience.
    pub(super) regrets: u32,
    pub(super) calm: bool,
    pub(super) made: Made,
}

/// What the estimates rest on.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) traces: usize,
    pub(super) uops: usize,
    pub(super) bytes: usize,
}

impl Cache {
    /// Control passes the runtime at an executor of `tree`.
    #[inline]
    pub(in crate::graph) fn pass(&mut self, tree: TreeId) {
        self.passes += 1;
        self.now += 1;
        self.saw(tree);
    }

    /// Control passes the runtime at an executor that is no longer in any tree.
    #[inline]
    pub(in crate::graph) fn pass_none(&mut self) {
        self.passes += 1;
        self.now += 1;
    }

    /// A member of `tree` runs or is about to.
    #[inline]
    pub(in crate::graph) fn saw(&mut self, tree: TreeId) {
        let tree = &mut self.trees[tree.0 as usize];
        tree.used = self.now;
        tree.probed = false;
    }

    /// The interpreter has arrived so often at something that is not compiled.
    pub(in crate::graph) fn arrived(&mut self, times: u32) {
        self.now += u64::from(times);
    }

    /// Notes that a trace was compiled.
    pub(in crate::graph) fn made(&mut self, uops: usize, bytes: usize) {
        self.made.traces += 1;
        self.made.uops += uops;
        self.made.bytes += bytes;
    }

    /// Bytes that a trace of `uops` uops, or one that is still to be recorded, is likely to take.
    pub(in crate::graph) fn estimate(&self, uops: Option<usize>) -> usize {
        let made = &self.made;
        let likely = match uops {
            Some(uops) => uops.saturating_mul(made.bytes) / made.uops.max(1),
            None => made.bytes / made.traces.max(1),
        };
        likely.max(LEAST)
    }

    /// How many executors are in `tree`.
    pub(in crate::graph) fn size(&self, tree: TreeId) -> usize {
        self.trees[tree.0 as usize].members.len()
    }

    /// Adds `executor` to `tree`, or to one of its own.
    pub(in crate::graph) fn join(
        &mut self,
        executor: ExecutorRef,
        tree: Option<TreeId>,
    ) -> Membership {
        let tree = tree.unwrap_or_else(|| self.plant());
        self.saw(tree);
        let members = &mut self.trees[tree.0 as usize].members;
        members.push(executor);
        let at = members.len() as u32 - 1;
        Membership { tree, at }
    }

    pub(super) fn plant(&mut self) -> TreeId {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.trees.push(Tree::default());
            self.trees.len() as u32 - 1
        });
        self.numbered += 1;
        let tree = &mut self.trees[index as usize];
        tree.number = self.numbered;
        tree.used = self.now;
        let entry = (tree.used, tree.number, index);
        self.queue.push(Reverse(entry));
        // Trees that are gone are taken out when they come to the front, which they may never.
        if self.queue.len() > 2 * (self.trees.len() - self.vacant.len()) + 64 {
            let trees = &self.trees;
            let is_there = |number, index: u32| trees[index as usize].number == number;
            self.queue
                .retain(|&Reverse((_, number, index))| is_there(number, index));
        }
        TreeId(index)
    }

    /// Takes out the member at this place; the one that has this place now.
    pub(in crate::graph) fn part(&mut self, from: Membership) -> Option<ExecutorRef> {
        let tree = &mut self.trees[from.tree.0 as usize];
        tree.members.swap_remove(from.at as usize);
        if tree.members.is_empty() {
            *tree = Tree::default();
            self.vacant.push(from.tree.0);
            return None;
        }
        tree.members.get(from.at as usize).copied()
    }

    /// Takes the tree that was used longest ago out of the queue.
    pub(super) fn next(&mut self) -> Option<(u64, TreeId)> {
        while let Some(Reverse((known, number, index))) = self.queue.pop() {
            let tree = &self.trees[index as usize];
            if tree.number != number {
                continue;
            }
            if tree.used == known {
                return Some((known, TreeId(index)));
            }
            self.queue.push(Reverse((tree.used, number, index)));
        }
        None
    }

    /// Puts back what [`next`](Cache::next) took out, if it is still there.
    pub(super) fn put_back(&mut self, tree: TreeId, number: u64) {
        let found = &self.trees[tree.0 as usize];
        if found.number == number {
            self.queue.push(Reverse((found.used, number, tree.0)));
        }
    }

    pub(super) fn number(&self, tree: TreeId) -> u64 {
        self.trees[tree.0 as usize].number
    }
}
