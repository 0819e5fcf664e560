//! What the program will not read again need not be kept.
//!
//! A recorded trace stores every temporary to its frame word. Once the instruction that reads it is
//! done, a temporary is dead, but only the host knows that. Told so by a [`Liveness`], the optimiser
//! drops the pending words that are dead where a trace leaves, loops or goes back to a header: they
//! are in no exit state, take no register there, and two exits that differ in nothing else agree.
//!
//! Only what is pending is dropped, so memory goes on holding what it held: some earlier value of
//! the word. The host is asked for the first word of a value group, once, and its answer holds for
//! the group: no host can have a value's tag kept and its payload dropped, which would leave a tag
//! in memory with the payload of another value. A wrong answer leaves an older value there, whole.
//!
//! Not done: dropping what is dead at a helper call. The instruction that calls may have written the
//! word and read it back before it ends.

use super::Pass;
use super::forward::Forward;
use crate::exit::Pc;
use crate::id::Word;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::fmt;

/// Which frame words a program may read before it writes them. Words are counted from the base of
/// the frame in question; only first words of value groups are asked for.
pub trait Liveness: fmt::Debug {
    /// Whether the instruction at `pc`, or one that may follow it in the same frame, may read a word
    /// of the group at `word` before one has written it.
    fn is_live(&self, pc: Pc, word: u32) -> bool;

    /// Whether anybody may read a word of the group at `word` of a frame that the instruction at `pc`
    /// leaves by a return.
    fn outlives(&self, pc: Pc, word: u32) -> bool;

    /// The frame that called another, by the words below the other's base as far as they are known:
    /// `below(-1)` is the first.
    fn caller(&self, below: &dyn Fn(i32) -> Option<i64>) -> Option<Caller>;
}

/// A frame that waits for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The instruction it goes on at.
    pub pc: Pc,
    /// Words from its base to that of the frame it called.
    pub window: u32,
    /// Words directly below the called frame's base that link it to this one.
    pub links: u32,
}

/// A question to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    Live,
    Outlives,
}

/// The host's answers, by instruction and first word of a group in its frame.
pub(super) type Answers = RefCell<FxHashMap<(Asked, Pc, u32), bool>>;

/// Frames looked into, at most.
const FRAMES: usize = 32;

impl Forward<'_> {
    /// What is pending and will not be read, where the instruction at `pc` comes next in the frame at
    /// `base`.
    pub(super) fn dead(&self, pc: Pc, base: i32) -> SmallVec<[Word; 16]> {
        let Some(live) = self.options.live else {
            return SmallVec::new();
        };
        let known = |word: Word| {
            let value = self.resolve(self.words.value(word)?);
            Some(self.as_constant(value)?.bits as i64)
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
        self.dead_groups(|first| {
            let frame = frames.iter().find(|&&(_, _, lowest)| first.0 >= lowest);
            frame.is_some_and(|&(pc, base, _)| {
                let word = u32::try_from(first.0 - base);
                word.is_ok_and(|word| !self.asked(Asked::Live, pc, word, live))
            })
        })
    }

    /// What is pending of the groups for whose first words `is_dead` holds.
    fn dead_groups(&self, is_dead: impl Fn(Word) -> bool) -> SmallVec<[Word; 16]> {
        let mut dead = SmallVec::new();
        let mut group = None;
        for (word, _) in self.words.pending() {
            let first = self.source.interface.first_of_group(word);
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

    /// What the host said of the group at `word`, which it is asked once: were it to say something
    /// else later, an exit and the code before it would disagree.
    fn asked(&self, what: Asked, pc: Pc, word: u32, live: &dyn Liveness) -> bool {
        let mut asked = self.asked.borrow_mut();
        *asked.entry((what, pc, word)).or_insert_with(|| match what {
            Asked::Live => live.is_live(pc, word),
            Asked::Outlives => live.outlives(pc, word),
        })
    }

    /// Forgets what is pending and will not be read, where the instruction at `pc` comes next in the
    /// frame at `base`.
    pub(super) fn drop_dead(&mut self, pc: Pc, base: i32) {
        let dead = self.dead(pc, base);
        if !dead.is_empty() && self.allow(Pass::Words, "dead") {
            self.words.drop_pending(&dead);
        }
    }

    /// Forgets what is pending in the frame at `base`, which the instruction at `pc` leaves by a
    /// return, and will not be read.
    pub(super) fn drop_left(&mut self, pc: Pc, base: i32) {
        let Some(live) = self.options.live else {
            return;
        };
        let dead = self.dead_groups(|first| {
            let word = u32::try_from(first.0 - base);
            word.is_ok_and(|word| !self.asked(Asked::Outlives, pc, word, live))
        });
        if !dead.is_empty() && self.allow(Pass::Words, "left") {
            self.words.drop_pending(&dead);
        }
    }
}
