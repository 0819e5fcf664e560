//! Frame words of one side, at every time.
//!
//! The recording runs ahead of the optimised trace and must be compared as it was at the start of an
//! instruction, so each word keeps all values it has had, with the times they were stored at; copying a
//! state is remembering a time.
//!
//! A collector may overwrite words that nobody reads before they are written again. So what a word
//! held before a collection counts only if the program reads it after that; a store counts whatever is
//! stored. Collections are counted, and each store knows after how many of them it was.

use super::node::Term;
use crate::id::Word;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// How many stores there have been: a time.
pub(super) type Time = u32;

/// A stored value.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub(super) value: Term,
    /// The collections before it was stored.
    pub(super) collections: u32,
    since: Time,
}

/// The words of one side.
#[derive(Clone, Default)]
pub(super) struct Words {
    held: FxHashMap<Word, SmallVec<[Held; 2]>>,
    /// The collections before the program last read what others had left in a word.
    read: FxHashMap<Word, u32>,
    /// The words stored to, in order.
    journal: Vec<Word>,
    /// What words that were never stored to are named by.
    pub(super) epoch: u32,
}

impl Words {
    /// Words of which nothing is known.
    pub(super) fn new(epoch: u32) -> Words {
        Words {
            epoch,
            ..Words::default()
        }
    }

    pub(super) fn now(&self) -> Time {
        self.journal.len() as Time
    }

    /// What was stored in `word` last before `time`.
    pub(super) fn at(&self, word: Word, time: Time) -> Option<Held> {
        let held = self.held.get(&word)?;
        held.iter().rev().find(|held| held.since < time).copied()
    }

    pub(super) fn store(&mut self, word: Word, value: Term, collections: u32) {
        let since = self.now();
        self.journal.push(word);
        let held = Held {
            value,
            collections,
            since,
        };
        self.held.entry(word).or_default().push(held);
    }

    /// The program reads `word`. What it has stored there since the last collection says nothing
    /// of what was there before.
    pub(super) fn read(&mut self, word: Word, collections: u32) {
        let stored = self.at(word, self.now());
        if stored.is_none_or(|held| held.collections < collections) {
            self.read.insert(word, collections);
        }
    }

    /// The collections that what lay in `word` is known to have survived.
    pub(super) fn survived(&self, word: Word) -> u32 {
        self.read.get(&word).copied().unwrap_or(0)
    }

    /// The words stored to between two times.
    pub(super) fn stored(&self, from: Time, to: Time) -> &[Word] {
        &self.journal[from as usize..to.max(from) as usize]
    }

    /// All words ever stored to, ascending, with what they hold now.
    pub(super) fn all(&self) -> Vec<(Word, Term)> {
        let latest = |held: &SmallVec<[Held; 2]>| held.last().map(|held| held.value);
        let all = self.held.iter();
        let all = all.filter_map(|(&word, held)| Some((word, latest(held)?)));
        let mut all: Vec<(Word, Term)> = all.collect();
        all.sort_unstable();
        all
    }

    /// A call may have written any word: each is named by `epoch` from here on.
    pub(super) fn forget(&mut self, epoch: u32) {
        self.held.clear();
        self.read.clear();
        self.epoch = epoch;
    }
}
