//! Who observes an interpreter: told of its graph's events with the graph at hand.
//!
//! The graph tells an observer of its own and knows no program. What is told here is put aside by such
//! an observer and passed on where the program is at hand: after each loop edge or function entry that
//! was more than a count, and at the end of a run. No trace runs then and nothing is borrowed.

use crate::graph::{Event, ExecutorGraph, Executors};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

type Observer = Box<dyn FnMut(&Event, Executors<'_>) + Send>;

/// The observer, and what it is to be told.
#[derive(Default)]
pub(crate) struct Observing {
    /// Nothing while it hears of an event.
    observer: RefCell<Option<Observer>>,
    events: Arc<Mutex<VecDeque<Event>>>,
    /// Whether there has ever been one.
    asked: Cell<bool>,
}

/// Puts the observer back, also if it panics.
struct Turn<'a> {
    observing: &'a Observing,
    observer: Option<Observer>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.observing.observer.borrow_mut() = self.observer.take();
    }
}

impl Observing {
    /// From now on `observer` is told of what happens in `graph`.
    pub(crate) fn set(&self, graph: &ExecutorGraph, observer: Observer) {
        self.asked.set(true);
        let before = self.observer.replace(Some(observer));
        // The host's, and nothing is borrowed here.
        drop(before);
        let events = self.events.clone();
        graph.observe(move |event| {
            let mut events = events.lock().unwrap_or_else(PoisonError::into_inner);
            events.push_back(*event);
        });
    }

    /// Tells what has happened, unless the observer hears of an event now.
    #[inline]
    pub(crate) fn tell(&self, executors: Executors<'_>) {
        if self.asked.get() {
            self.tell_all(executors);
        }
    }

    #[cold]
    fn tell_all(&self, executors: Executors<'_>) {
        let Some(observer) = self.observer.take() else {
            return;
        };
        let mut turn = Turn {
            observing: self,
            observer: Some(observer),
        };
        while let Some(event) = self.next() {
            if let Some(observer) = &mut turn.observer {
                observer(&event, executors);
            }
        }
    }

    fn next(&self) -> Option<Event> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.pop_front()
    }
}
