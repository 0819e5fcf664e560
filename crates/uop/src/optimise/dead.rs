//! Dead stores at exits: words that the program will not read again.
//!
//! Told by a [`Liveness`], the optimiser drops the pending words that are dead
//! where a trace leaves, loops or goes back to a header: they are in no exit state, take no register
//! there, and two exits that differ in nothing else agree.
//!
//! Only what is pending is dropped, so memory goes on holding what it held: some earlier value of
//! the word. The host is asked for the first word of a value group, once, and its answer holds for
//! the group: no host can have a value's tag kept and its payload dropped, which would leave a tag
//! in memory with the payload of another value. A wrong answer leaves an older value there, whole.
//!
//! Not done: dropping what is dead at a helper call. The instruction that calls may have written the
//! word and read it back before it ends.

use super::facts::Facts;
use super::output::Output;
use super::words::Words;
use crate::exit::Pc;
use crate::id::Word;
use crate::interface::Interface;
use crate::liveness::Liveness;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;

/// A question to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Live,
    Outlives,
}

/// Frames looked into, at most.
const FRAMES: usize = 32;

/// Pending words that are dead, ascending.
pub(super) type DeadWords = SmallVec<[Word; 16]>;

/// What the host says of its frames.
pub(super) struct Dead<'t> {
    live: Option<&'t dyn Liveness>,
    interface: &'t Interface,
    /// What it said, by instruction and first word of a group in its frame. Each is asked once: were it to
    /// say something else later, an exit and the code before it would disagree.
    said: RefCell<FxHashMap<(Asked, Pc, u32), bool>>,
}

impl<'t> Dead<'t> {
    pub(super) fn new(live: Option<&'t dyn Liveness>, interface: &'t Interface) -> Dead<'t> {
        Dead {
            live,
            interface,
            said: RefCell::default(),
        }
    }

    /// What is pending and will not be read, where the instruction at `pc` comes next in the frame at
    /// `base`.
    pub(super) fn at(
        &self,
        out: &Output,
        facts: &Facts,
        words: &Words,
        (pc, base): (Pc, i32),
    ) -> DeadWords {
        let Some(live) = self.live else {
            return SmallVec::new();
        };
        let known = |word: Word| {
            let value = facts.resolve(words.value(word)?);
            Some(out.as_constant(value)?.bits as i64)
        };
        // From the running frame down, each with its lowest word that is not its caller's.
        let mut frames: SmallVec<[(Pc, i32, i32); 4]> = SmallVec::new();
        let mut frame = (pc, base);
        while frames.len() < FRAMES {
            let (pc, base) = frame;
            let caller = live.caller(&|below| known(Word(base + below)));
            let links = caller.map_or(0, |caller| caller.links as i32);
            frames.push((pc, base, base - links));
            let Some(caller) = caller else { break };
            frame = (caller.pc, base - caller.window as i32);
        }
        self.groups(words, |first| {
            let frame = frames.iter().find(|&&(_, _, lowest)| first.0 >= lowest);
            frame.is_some_and(|&(pc, base, _)| {
                let word = u32::try_from(first.0 - base);
                word.is_ok_and(|word| !self.said(Asked::Live, pc, word, live))
            })
        })
    }

    /// What is pending in the frame at `base`, which the instruction at `pc` leaves by a return, and will
    /// not be read.
    pub(super) fn left(&self, words: &Words, (pc, base): (Pc, i32)) -> DeadWords {
        let Some(live) = self.live else {
            return SmallVec::new();
        };
        self.groups(words, |first| {
            let word = u32::try_from(first.0 - base);
            word.is_ok_and(|word| !self.said(Asked::Outlives, pc, word, live))
        })
    }

    /// What is pending of the groups for whose first words `is_dead` holds.
    fn groups(&self, words: &Words, is_dead: impl Fn(Word) -> bool) -> DeadWords {
        let mut dead = SmallVec::new();
        let mut group = None;
        for (word, _) in words.pending() {
            let first = self.interface.first_of_group(word);
            let is_dead = match group {
                Some((known, is_dead)) if known == first => is_dead,
                _ => is_dead(first),
            };
            group = Some((first, is_dead));
            if is_dead {
                dead.push(word);
            }
        }
        dead
    }

    /// What the host says of the group at `word`.
    fn said(&self, what: Asked, pc: Pc, word: u32, live: &dyn Liveness) -> bool {
        let mut said = self.said.borrow_mut();
        *said.entry((what, pc, word)).or_insert_with(|| match what {
            Asked::Live => live.is_live(pc, word),
            Asked::Outlives => live.outlives(pc, word),
        })
    }
}
