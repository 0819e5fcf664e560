//! Where returns lead: a table from instructions to code, one per interpreter.
//!
//! A trace that ends with a return does not know its target. It looks the instruction up in the
//! table that `Vm::onward` points at and jumps to the code there, which takes everything from
//! memory: the root that the return point is linked to, else the cold exit. Linking and unlinking
//! are stores to one entry, as for exit records.
//!
//! A table that is too small is replaced. The old one is kept: that costs no more than the new
//! one, and whoever has just read its address may use it.

use offramp_uop::Pc;
use std::fmt;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Instructions beyond this get no entry and return by the cold exit.
const LIMIT: usize = 1 << 24;

type Table = Box<[AtomicU64]>;

/// The table of one interpreter.
pub(super) struct Returns {
    cold_exit: u64,
    /// The one in force last.
    tables: Mutex<Vec<Table>>,
}

impl fmt::Debug for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = self.tables();
        let length = tables.last().map_or(0, |table| table.len() - 1);
        write!(f, "Returns({length} instructions)")
    }
}

impl Returns {
    /// An empty table, where everything leads to the cold exit.
    pub(super) fn new(cold_exit: *const u8) -> Returns {
        Returns {
            cold_exit: cold_exit as u64,
            tables: Mutex::new(vec![table(0, |_| 0)]),
        }
    }

    fn tables(&self) -> MutexGuard<'_, Vec<Table>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `Vm::onward` points at first.
    pub(super) fn first(&self) -> AtomicPtr<u64> {
        let tables = self.tables();
        AtomicPtr::new(address(tables.last().expect("never empty")))
    }

    /// Returns to `pc` lead to `code`, in the context whose `Vm::onward` is `onward`.
    pub(super) fn link(&self, onward: &AtomicPtr<u64>, pc: Pc, code: *const u8) {
        let pc = pc as usize;
        if pc >= LIMIT {
            return;
        }
        let mut tables = self.tables();
        let last = tables.last().expect("never empty");
        let length = last.len() - 1;
        if pc >= length {
            let grown = table((pc + 1).next_power_of_two().max(64), |pc| {
                match pc < length {
                    true => last[pc + 1].load(Ordering::Relaxed),
                    false => self.cold_exit,
                }
            });
            onward.store(address(&grown), Ordering::Release);
            tables.push(grown);
        }
        let last = tables.last().expect("never empty");
        last[pc + 1].store(code as u64, Ordering::Release);
    }

    /// Returns to `pc` lead to the cold exit.
    pub(super) fn unlink(&self, pc: Pc) {
        let tables = self.tables();
        // Outgrown tables are read by nobody but code that is between two instructions.
        for table in &*tables {
            if let Some(entry) = table.get(pc as usize + 1) {
                entry.store(self.cold_exit, Ordering::Release);
            }
        }
    }
}

fn table(length: usize, entry: impl Fn(usize) -> u64) -> Table {
    let entries = (0..length).map(entry);
    let words = std::iter::once(length as u64).chain(entries);
    words.map(AtomicU64::new).collect()
}

fn address(table: &Table) -> *mut u64 {
    table.as_ptr().cast_mut().cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(returns: &Returns, pc: usize) -> Option<u64> {
        let tables = returns.tables();
        let last = tables.last().expect("never empty");
        last.get(pc + 1).map(|entry| entry.load(Ordering::Relaxed))
    }

    #[test]
    fn a_table_grows_and_keeps_what_it_holds() {
        let code = |n: usize| n as *const u8;
        let returns = Returns::new(code(7));
        let onward = returns.first();
        assert_eq!(at(&returns, 0), None);
        returns.link(&onward, 3, code(30));
        let before = onward.load(Ordering::Relaxed);
        returns.link(&onward, 1000, code(40));
        assert_ne!(onward.load(Ordering::Relaxed), before);
        assert_eq!(at(&returns, 3), Some(30));
        assert_eq!(at(&returns, 4), Some(7));
        assert_eq!(at(&returns, 1000), Some(40));
        returns.unlink(3);
        returns.unlink(5_000_000);
        assert_eq!(at(&returns, 3), Some(7));
        returns.link(&onward, u32::MAX, code(50));
        assert_eq!(at(&returns, u32::MAX as usize), None);
    }
}
