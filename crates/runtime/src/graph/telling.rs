//! Who is told of events, and that it is told of one at a time.
//!
//! While the observer hears of one event it is not to be found here, so whatever it calls in the graph
//! leaves its events to the telling that is under way. It is put back also if it panics.

use super::event::{Event, Observer};
use std::cell::{Cell, RefCell};

/// The observer, unless it hears of an event now.
#[derive(Default)]
pub(super) struct Telling {
    observer: RefCell<Option<Observer>>,
    under_way: Cell<bool>,
}

/// Ends the telling when dropped.
struct Turn<'a> {
    telling: &'a Telling,
    observer: Option<Observer>,
}

impl Telling {
    /// From now on `observer` is told.
    pub(super) fn set(&self, observer: Observer) {
        let before = self.observer.replace(Some(observer));
        // The host's, and nothing is borrowed here.
        drop(before);
    }

    /// Tells of what `next` gives, until that is nothing; leaves it to the telling under way if there
    /// is one.
    pub(super) fn tell(&self, next: impl Fn() -> Option<Event>) {
        if self.under_way.get() {
            return;
        }
        while let Some(event) = next() {
            let mut turn = Turn::begin(self);
            tracing::trace!(?event);
            if let Some(observer) = &mut turn.observer {
                observer(&event);
            }
        }
    }
}

impl Turn<'_> {
    fn begin(telling: &Telling) -> Turn<'_> {
        telling.under_way.set(true);
        Turn {
            telling,
            observer: telling.observer.take(),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.telling.under_way.set(false);
        let observer = self.observer.take();
        // One that the observer has put in its place stays.
        let mut known = self.telling.observer.borrow_mut();
        if known.is_none() {
            *known = observer;
            return;
        }
        drop(known);
        drop(observer);
    }
}
