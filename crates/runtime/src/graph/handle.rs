//! Handles with a generation: how everything refers to an executor.
//!
//! Executors refer to each other in cycles (a loop's side trace jumps back to the loop), so no
//! reference may own. A handle is an index and the generation of the slot it was made for; once
//! the executor is freed the generation moves on and every old handle answers "freed". So does a
//! handle of another graph.

use offramp_uop::{ExitId, Pc};
use std::sync::atomic::{AtomicU32, Ordering};

/// Names an executor, also after it was freed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExecutorRef {
    /// Which graph's.
    graph: u32,
    pub(super) index: u32,
    pub(super) generation: u32,
    pub(super) pc: Pc,
}

impl ExecutorRef {
    /// The instruction it starts at.
    pub fn pc(self) -> Pc {
        self.pc
    }

    /// The exit called `exit` of its trace.
    pub fn exit(self, exit: ExitId) -> ExitRef {
        ExitRef(Origin::Exit(self, exit))
    }
}

impl std::fmt::Display for ExecutorRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "e{}.{}", self.index, self.generation)
    }
}

impl std::fmt::Debug for ExecutorRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}@{}", self.pc)
    }
}

/// When an executor was made, in the order of making. An early exit links only to a younger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Birth(pub u64);

/// Something executors depend on, in the host's numbering: a shape, a global that is assumed
/// constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dependency(pub u64);

/// Names what can be linked and can ask for a recording: an exit of an executor, or a return
/// point of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExitRef(pub(super) Origin);

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Origin {
    Exit(ExecutorRef, ExitId),
    ReturnPoint(Pc),
}

impl ExitRef {
    /// The return point of the call site that goes on at `pc`.
    pub fn return_point(pc: Pc) -> ExitRef {
        ExitRef(Origin::ReturnPoint(pc))
    }

    /// The executor whose exit this is; `None` for a return point.
    pub fn owner(self) -> Option<ExecutorRef> {
        match self.0 {
            Origin::Exit(owner, _) => Some(owner),
            Origin::ReturnPoint(_) => None,
        }
    }
}

impl std::fmt::Display for ExitRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Origin::Exit(owner, exit) => write!(f, "{owner}:{exit}"),
            Origin::ReturnPoint(pc) => write!(f, "return point {pc}"),
        }
    }
}

impl std::fmt::Debug for ExitRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[derive(Debug)]
enum Slot<T> {
    Vacant,
    Reserved,
    Occupied(T),
}

/// Slots with generations.
#[derive(Debug)]
pub(super) struct Slab<T> {
    /// Tells its handles from those of other graphs.
    graph: u32,
    slots: Vec<(u32, Slot<T>)>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) fn new() -> Slab<T> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Slab {
            // Relaxed: only uniqueness matters.
            graph: NEXT.fetch_add(1, Ordering::Relaxed),
            slots: Vec::new(),
            free: Vec::new(),
        }
    }

    /// A slot of its own, to be filled or released.
    pub(super) fn reserve(&mut self, pc: Pc) -> ExecutorRef {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, Slot::Vacant));
            self.slots.len() as u32 - 1
        });
        let (generation, slot) = &mut self.slots[index as usize];
        *slot = Slot::Reserved;
        ExecutorRef {
            graph: self.graph,
            index,
            generation: *generation,
            pc,
        }
    }

    pub(super) fn is_reserved(&self, at: ExecutorRef) -> bool {
        at.graph == self.graph
            && matches!(self.slots.get(at.index as usize),
                Some((generation, Slot::Reserved)) if *generation == at.generation)
    }

    pub(super) fn fill(&mut self, at: ExecutorRef, item: T) {
        debug_assert!(self.is_reserved(at), "{at:?} is not reserved");
        self.slots[at.index as usize].1 = Slot::Occupied(item);
    }

    /// Empties the slot; every handle to it is stale from now on.
    pub(super) fn release(&mut self, at: ExecutorRef) -> Option<T> {
        let (generation, slot) = self.slots.get_mut(at.index as usize)?;
        if at.graph != self.graph || *generation != at.generation || matches!(slot, Slot::Vacant) {
            return None;
        }
        *generation = generation.wrapping_add(1);
        self.free.push(at.index);
        match std::mem::replace(slot, Slot::Vacant) {
            Slot::Occupied(item) => Some(item),
            Slot::Reserved | Slot::Vacant => None,
        }
    }

    #[inline]
    pub(super) fn get(&self, at: ExecutorRef) -> Option<&T> {
        let graph = self.graph;
        let ours = |generation: u32| generation == at.generation && at.graph == graph;
        match self.slots.get(at.index as usize) {
            Some((generation, Slot::Occupied(item))) if ours(*generation) => Some(item),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: ExecutorRef) -> Option<&mut T> {
        let graph = self.graph;
        let ours = |generation: u32| generation == at.generation && at.graph == graph;
        match self.slots.get_mut(at.index as usize) {
            Some((generation, Slot::Occupied(item))) if ours(*generation) => Some(item),
            _ => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|(_, slot)| match slot {
            Slot::Occupied(item) => Some(item),
            _ => None,
        })
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(|(_, slot)| match slot {
            Slot::Occupied(item) => Some(item),
            _ => None,
        })
    }

    /// Handles of everything occupied, as of now.
    pub(super) fn handles(&self, pc: impl Fn(&T) -> Pc) -> Vec<ExecutorRef> {
        let slots = self.slots.iter().enumerate();
        let handles = slots.filter_map(|(index, (generation, slot))| match slot {
            Slot::Occupied(item) => Some(ExecutorRef {
                graph: self.graph,
                index: index as u32,
                generation: *generation,
                pc: pc(item),
            }),
            _ => None,
        });
        handles.collect()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_released_slot_is_reused_under_a_new_generation() {
        let mut slab = Slab::new();
        let first = slab.reserve(1);
        assert!(slab.is_reserved(first) && slab.get(first).is_none());
        slab.fill(first, "a");
        assert_eq!(slab.get(first), Some(&"a"));
        assert_eq!(slab.release(first), Some("a"));
        assert_eq!(slab.release(first), None);
        let second = slab.reserve(1);
        assert_eq!(second.index, first.index);
        slab.fill(second, "b");
        assert_eq!((slab.get(first), slab.get(second)), (None, Some(&"b")));
        let mut other = Slab::new();
        let foreign = other.reserve(1);
        other.fill(foreign, "c");
        assert_eq!(slab.get(foreign), None);
        assert_eq!(slab.release(foreign), None);
        assert_eq!(slab.len(), 1);
    }
}
