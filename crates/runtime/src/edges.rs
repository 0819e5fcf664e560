//! [`Edges`]: how often the plain interpreter still takes the edges to an instruction before it asks
//! the graph.
//!
//! The counters of near instructions are a table that edges index: an edge that is not hot costs a
//! load, a compare and a store. Instructions are numbered from 0, so the table is dense; those of a
//! program that numbers them otherwise are far, and their edges cost a look-up each.

use offramp_uop::Pc;
use rustc_hash::FxHashMap;
use std::cell::{Ref, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// From here on instructions are far.
const FAR: Pc = 1 << 22;

/// The counters of near instructions. Replaced when it grows; a run further out that keeps an old one
/// asks in vain at worst.
pub(crate) type Counters = Arc<[AtomicU32]>;

/// The counters of one interpreter.
#[derive(Debug)]
pub(crate) struct Edges {
    near: RefCell<Counters>,
    far: RefCell<FxHashMap<Pc, u32>>,
}

impl Edges {
    pub(crate) fn new() -> Edges {
        Edges {
            near: RefCell::new(Arc::new([])),
            far: RefCell::default(),
        }
    }

    /// The table, to be looked into at once.
    #[inline(always)]
    pub(crate) fn near(&self) -> Ref<'_, Counters> {
        self.near.borrow()
    }

    /// The table as it is now.
    #[inline(always)]
    pub(crate) fn counters(&self) -> Counters {
        self.near.borrow().clone()
    }

    /// Makes `counters` the table as it is now.
    #[inline(always)]
    pub(crate) fn refresh(&self, counters: &mut Counters) {
        let near = self.near.borrow();
        // Counting an owner takes longer than everything else here.
        if !Arc::ptr_eq(counters, &near) {
            *counters = near.clone();
        }
    }

    /// Asks again after `edges` more edges to `pc`.
    #[inline]
    pub(crate) fn wait(&self, pc: Pc, edges: u32) {
        if let Some(counter) = self.near.borrow().get(pc as usize) {
            counter.store(edges, Relaxed);
            return;
        }
        self.wait_beyond(pc, edges);
    }

    /// The same where the table does not reach.
    #[cold]
    fn wait_beyond(&self, pc: Pc, edges: u32) {
        if pc >= FAR {
            self.far.borrow_mut().insert(pc, edges);
            return;
        }
        let mut near = self.near.borrow_mut();
        let length = (pc as usize + 1).next_power_of_two();
        let known = near.iter().map(|counter| counter.load(Relaxed));
        let known: Vec<u32> = known.collect();
        let grown = (0..length).map(|at| known.get(at).copied().unwrap_or(0));
        *near = grown.map(AtomicU32::new).collect();
        near[pc as usize].store(edges, Relaxed);
    }

    /// Counts an edge to `pc`, which no table has; whether it is far and there is nothing more to do
    /// about it.
    pub(crate) fn is_cool(&self, pc: Pc) -> bool {
        if pc < FAR {
            return false;
        }
        match self.far.borrow_mut().get_mut(&pc) {
            Some(left) if *left > 1 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}
