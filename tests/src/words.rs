//! A machine of frame words alone, without a heap, on which compiled code runs.

use crate::hardware::hardware;
use offramp_uop::Mem;
use offramp_uop::evaluate::{Call, Hardware, Outcome, State};
use std::fmt;

/// The machine. Its helpers return 7.
pub struct Words {
    /// Its frame words.
    pub words: Vec<u64>,
    /// Its interrupt word.
    pub interrupt: u64,
    /// Whether it lets compiled code run.
    pub is_hard: bool,
    /// How many of the words are no bases.
    pub above: usize,
    /// What its helpers do.
    pub calls: Box<dyn FnMut()>,
}

impl Words {
    /// A machine on which every word may be a base, and whose helpers do nothing.
    pub fn new(words: Vec<u64>) -> Words {
        Words {
            words,
            interrupt: 0,
            is_hard: true,
            above: 1,
            calls: Box::new(|| ()),
        }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words")
            .field("words", &self.words)
            .finish_non_exhaustive()
    }
}

impl State for Words {
    fn load_word(&mut self, index: i64) -> u64 {
        self.words[index as usize]
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.words[index as usize] = bits;
    }
    fn load(&mut self, _: u64, _: Mem) -> u64 {
        unreachable!("no heap")
    }
    fn store(&mut self, _: u64, _: Mem, _: u64) {
        unreachable!("no heap")
    }
    fn call(&mut self, _: Call<'_>) -> Outcome {
        (self.calls)();
        Outcome::Value(7)
    }
    fn hardware(&mut self) -> Option<Hardware> {
        let last = (self.words.len() - self.above) as i64;
        let words = &mut self.words;
        self.is_hard
            .then(|| hardware(words, 0, 0..=last, &self.interrupt))
    }
}
