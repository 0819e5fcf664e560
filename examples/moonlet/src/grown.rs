//! [`Grown`]: a list that gets longer while others read it.
//!
//! What a program consists of is held by the library by `&`, and instructions that load more of it run
//! meanwhile. So an item, once there, never changes, moves or goes before the list does. Finding one
//! costs what it costs in a `Vec`: a comparison with a length and a load through an address, both
//! in the list itself.
//!
//! # Safety argument
//! - `items` is all of the newest of `lists`, and is not handed out for longer than the whole is
//!   borrowed.
//! - A list is only added to within its room, which lies behind `items`. Where there is none left, the
//!   items are cloned to a longer list, and the outgrown one is kept, untouched, until all are
//!   dropped. So nobody writes or frees what a reference to an item is to.
#![allow(
    unsafe_code,
    reason = "keeps a reference to what the same object owns: see the module's safety argument"
)]

use crate::heap::OutOfMemory;
use std::cell::{Cell, RefCell};
use std::fmt;

/// A list that gets longer while others read it.
pub(crate) struct Grown<T: 'static> {
    items: Cell<&'static [T]>,
    /// The list in force, last, and those that it has replaced.
    lists: RefCell<Vec<Vec<T>>>,
}

impl<T> Default for Grown<T> {
    fn default() -> Grown<T> {
        Grown {
            items: Cell::new(&[]),
            lists: RefCell::default(),
        }
    }
}

impl<T> fmt::Debug for Grown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grown({} items)", self.items().len())
    }
}

impl<T> Grown<T> {
    /// The items there are now.
    #[inline(always)]
    pub(crate) fn items(&self) -> &[T] {
        self.items.get()
    }

    /// An item.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.items().get(index)
    }
}

impl<T: Clone> Grown<T> {
    /// Makes room for so many more, so that [`append`](Grown::append) finds it.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn make_room(&self, more: usize) -> Result<(), OutOfMemory> {
        let mut lists = self.lists.borrow_mut();
        let length = self.items().len();
        let has_room = |list: &Vec<T>| list.capacity() - length >= more;
        if lists.last().is_some_and(has_room) {
            return Ok(());
        }
        // The first list is all of most programs.
        let room = match length {
            0 => more,
            _ => (length + more).max(2 * length),
        };
        let mut grown = Vec::new();
        grown.try_reserve_exact(room).map_err(|_| OutOfMemory)?;
        lists.try_reserve(1).map_err(|_| OutOfMemory)?;
        grown.extend_from_slice(self.items());
        lists.push(grown);
        self.look(&lists);
        Ok(())
    }

    /// Adds items behind all others.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub(crate) fn append(
        &self,
        items: impl ExactSizeIterator<Item = T>,
    ) -> Result<(), OutOfMemory> {
        self.make_room(items.len())?;
        let mut lists = self.lists.borrow_mut();
        if let Some(list) = lists.last_mut() {
            list.extend(items);
        }
        self.look(&lists);
        Ok(())
    }

    fn look(&self, lists: &[Vec<T>]) {
        if let Some(list) = lists.last() {
            // SAFETY: the list has these items, and they stay as they are until `self` is dropped.
            let items = unsafe { std::slice::from_raw_parts(list.as_ptr(), list.len()) };
            self.items.set(items);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stay_where_they_are_while_more_come() {
        let grown = Grown::default();
        grown.append(["a".to_owned()].into_iter()).expect("memory");
        let first = grown.get(0).expect("it is there");
        let mut seen = vec![first];
        for number in 1..100 {
            let more = [number.to_string(), "x".to_owned()];
            grown.append(more.into_iter()).expect("memory");
            seen.push(grown.get(2 * number - 1).expect("it is there"));
        }
        assert_eq!(first, "a");
        for (number, item) in seen.iter().enumerate().skip(1) {
            assert_eq!(**item, number.to_string());
        }
        assert_eq!(grown.items().len(), 199);
        assert_eq!(grown.get(199), None);
    }
}
