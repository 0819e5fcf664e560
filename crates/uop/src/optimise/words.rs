//! Frame words to SSA values: what is known of each word.
//!
//! A word is *clean* when memory holds its known value and *pending* when memory does not yet.
//! A store makes it pending; exits list what is pending, so a store that is overwritten before any
//! exit or call needs it is never made. Where memory must be right (a call that collects or looks
//! at frames, a dynamic exit), every pending word is stored, in ascending order, so no observer ever
//! sees half a value group.
//!
//! Loads and stores of the walk are in [`walk/frame`](mod@super::walk).
//!
//! Not done: telling which groups hold references, so a collecting call stores all of them; the
//! rule it obeys ("store every pending group whose new or old value is a reference") allows less.

use crate::id::{Value, Word};
use std::collections::BTreeMap;

/// What is known of frame words.
#[derive(Clone, Default)]
pub(super) struct Words {
    known: BTreeMap<Word, Held>,
    /// Grows whenever what is pending changes.
    generation: u64,
}

#[derive(Clone, Copy)]
struct Held {
    value: Value,
    state: Where,
    /// What memory holds, if that is known, and where from.
    memory: Option<(Value, Where)>,
}

/// Where a known word's value is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// Not in memory yet.
    Pending,
    /// In memory, where this trace stored it.
    Stored,
    /// In memory, where this trace loaded it from.
    Loaded,
}

impl Words {
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// What exits say of pending words is out of date.
    pub(super) fn changed(&mut self) {
        self.generation += 1;
    }

    /// Pending words and their values, ascending.
    pub(super) fn pending(&self) -> impl Iterator<Item = (Word, Value)> + '_ {
        self.known
            .iter()
            .filter(|(_, held)| held.state == Where::Pending)
            .map(|(&word, held)| (word, held.value))
    }

    /// Known words with their values, ascending.
    pub(super) fn known(&self) -> impl Iterator<Item = (Word, Value, Where)> + '_ {
        self.known
            .iter()
            .map(|(&word, held)| (word, held.value, held.state))
    }

    /// How many words are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The known value of `word`.
    pub(super) fn value(&self, word: Word) -> Option<Value> {
        self.known.get(&word).map(|held| held.value)
    }

    pub(super) fn is_pending(&self, word: Word) -> bool {
        self.known
            .get(&word)
            .is_some_and(|held| held.state == Where::Pending)
    }

    /// What memory is known to hold in `word`.
    pub(super) fn memory(&self, word: Word) -> Option<(Value, Where)> {
        self.known.get(&word)?.memory
    }

    /// `value` is what `word` holds; memory holds what it held.
    pub(super) fn set_pending(&mut self, word: Word, value: Value) {
        self.generation += 1;
        let held = Held {
            value,
            state: Where::Pending,
            memory: self.memory(word),
        };
        self.known.insert(word, held);
    }

    /// `value` is handed over for `word`; what memory holds is anybody's guess.
    pub(super) fn set_handed(&mut self, word: Word, value: Value) {
        self.known.remove(&word);
        self.set_pending(word, value);
    }

    pub(super) fn set_clean(&mut self, word: Word, value: Value, state: Where) {
        let held = Held {
            value,
            state,
            memory: Some((value, state)),
        };
        let before = self.known.insert(word, held);
        if before.is_some_and(|held| held.state == Where::Pending) {
            self.generation += 1;
        }
    }

    /// Forgets the pending words `dead`, never to be stored.
    pub(super) fn drop_pending(&mut self, dead: &[Word]) {
        for word in dead {
            debug_assert!(self.is_pending(*word), "{word} is not pending");
            self.known.remove(word);
        }
        self.generation += 1;
    }

    /// Forgets every word; nothing may be pending.
    pub(super) fn forget_all(&mut self) {
        debug_assert!(
            self.pending().next().is_none(),
            "a pending word would be lost"
        );
        self.known.clear();
    }

    /// Forgets what memory holds, though not the words' values: a collector may have cleared
    /// words that nobody reads before they are written again, so no store is idle.
    pub(super) fn forget_memory(&mut self) {
        for held in self.known.values_mut() {
            held.memory = None;
        }
    }

    /// Forgets the words for which `forget` holds; none of them may be pending.
    pub(super) fn forget(&mut self, forget: impl Fn(Word) -> bool) {
        self.known
            .retain(|&word, held| held.state == Where::Pending || !forget(word));
    }
}
