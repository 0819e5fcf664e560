//! Comparing what the optimised trace leaves behind with a state of the recording.
//!
//! Only what may differ is looked at: the words that one side has stored since both agreed, and lists
//! that are not the same number. So what an exit costs does not grow with the trace.
//!
//! Words that the host says are dead are not compared. As liveness is an estimate from above, a word
//! that is dead in one place may count as live in a later one (the result slot of an inlined call is read
//! where it returns, though the return writes it first). So a word that was dead at a header is *lost*
//! until it is written: no exit compares it, and the recording must not read it.

use super::error::Reason;
use super::lists::{Heap, Region};
use super::node::{Node, Term};
use super::prover::Prover;
use super::side::Moment;
use super::words::Time;
use crate::exit::Pc;
use crate::id::Word;
use crate::types::Type;
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// Frames that are looked into, at most.
const FRAMES: usize = 32;

/// A frame of the program: the instruction that goes on in it, its base, and its lowest word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Frame {
    pc: Pc,
    base: i32,
    lowest: i32,
}

/// Which words need not agree.
#[derive(Clone, Default)]
pub(super) struct Dead {
    frames: SmallVec<[Frame; 4]>,
    /// The instruction and base of a frame that is left by a return.
    left: Option<(Pc, i32)>,
}

impl Prover<'_> {
    /// What is dead where the instruction at `pc` comes next in the frame at `base`, as far as the
    /// recording knows its frames at that time.
    pub(super) fn dead_at(&self, pc: Pc, base: i32, time: Time) -> Dead {
        let mut dead = Dead::default();
        let Some(live) = self.live else { return dead };
        let words = &self.recording.side.words;
        let terms = &self.world.terms;
        let mut frame = (pc, base);
        while dead.frames.len() < FRAMES {
            let (pc, base) = frame;
            let known = |below: i32| {
                let word = Word(base + below);
                let held = words.at(word, time).map(|held| held.value);
                let held = held.or_else(|| terms.find(&Node::Word(words.epoch, word)))?;
                Some(terms.as_constant(terms.resolve(held))?.bits as i64)
            };
            let caller = live.caller(&known);
            let links = caller.map_or(0, |caller| caller.links as i32);
            let lowest = base - links;
            dead.frames.push(Frame { pc, base, lowest });
            let Some(caller) = caller else { break };
            frame = (caller.pc, base - caller.window as i32);
        }
        dead
    }

    /// What is dead where the instruction at `pc` leaves the frame at `base` by a return.
    pub(super) fn dead_after(&self, pc: Pc, base: i32) -> Dead {
        Dead {
            left: Some((pc, base)),
            ..Dead::default()
        }
    }

    pub(super) fn is_dead(&self, dead: &Dead, word: Word) -> bool {
        let Some(live) = self.live else { return false };
        let first = self.world.interface.first_of_group(word).0;
        let mut frames = dead.frames.iter();
        let frame = frames.find(|frame| first >= frame.lowest);
        let unread = frame.is_some_and(|frame| {
            let word = u32::try_from(first - frame.base);
            word.is_ok_and(|word| !live.is_live(frame.pc, word))
        });
        unread
            || dead.left.is_some_and(|(pc, base)| {
                let word = u32::try_from(first - base);
                word.is_ok_and(|word| !live.outlives(pc, word))
            })
    }

    /// Whether memory may hold another value in `word` than the recording at `time`.
    fn differs(&mut self, word: Word, time: Time) -> Option<Reason> {
        let (o, r) = (&self.side.words, &self.recording.side.words);
        let (found, wanted) = (o.at(word, o.now()), r.at(word, time));
        let stored = found.map_or(0, |held| held.collections);
        let survived = stored.max(r.survived(word));
        if wanted.is_some_and(|wanted| survived < wanted.collections) {
            return Some(Reason::Cleared { word });
        }
        let found = self.world.word(o, word, o.now());
        let wanted = self.world.word(r, word, time);
        (!self.world.terms.same(found, wanted)).then(|| self.other_word(word, found, wanted))
    }

    fn other_word(&self, word: Word, found: Term, wanted: Term) -> Reason {
        Reason::Word {
            word,
            found: self.world.terms.show(found, 4),
            wanted: self.world.terms.show(wanted, 4),
        }
    }

    /// Notes whether `word` differs now from the recording at the time compared with.
    pub(super) fn note_word(&mut self, word: Word) {
        match self.differs(word, self.compared) {
            Some(_) => self.differing.insert(word),
            None => self.differing.remove(&word),
        };
    }

    /// Compares with the recording at `time` from now on.
    pub(super) fn compare_with(&mut self, time: Time) {
        if time <= self.compared {
            return;
        }
        let stored = self.recording.side.words.stored(self.compared, time);
        let stored: BTreeSet<Word> = stored.iter().copied().collect();
        self.compared = time;
        for word in stored {
            self.note_word(word);
        }
    }

    /// That memory with `heap`, and what is `pending`, are the recording's state at `moment`.
    pub(super) fn agree(
        &mut self,
        heap: &Heap,
        pending: &[(Word, Term)],
        moment: &Moment,
        dead: &Dead,
    ) -> Result<(), Reason> {
        if self.side.calls != moment.calls {
            return Err(Reason::Calls {
                found: self.side.calls,
                wanted: moment.calls,
            });
        }
        let (mut heap, mut wanted) = (heap.clone(), moment.heap.clone());
        self.world.see_alike(&mut heap, &mut wanted);
        let mut words = self.differing.clone();
        let later = self.recording.side.words.stored(self.compared, moment.time);
        words.extend(later);
        words.extend(pending.iter().map(|&(word, _)| word));
        let mut unseen: Vec<u32> = self.world.objects.in_line();
        unseen.retain(|&object| !wanted.has_seen(object));
        for word in words {
            if self.is_dead(dead, word) {
                continue;
            }
            let bits = self
                .world
                .word(&self.recording.side.words, word, moment.time);
            if matches!(self.world.terms.node(bits), Node::Lost(..)) {
                continue;
            }
            unseen.extend(self.world.unseen_in(&wanted, bits));
            match pending.binary_search_by_key(&word, |&(word, _)| word) {
                Ok(at) => {
                    let found = self.world.terms.view(Type::I64, pending[at].1);
                    if !self.world.terms.same(found, bits) {
                        return Err(self.other_word(word, found, bits));
                    }
                }
                Err(_) => {
                    if let Some(reason) = self.differs(word, moment.time) {
                        return Err(reason);
                    }
                }
            }
        }
        for class in self.world.classes() {
            self.same_list(&heap, &wanted, Region::General, class)?;
        }
        for object in self.world.unseen_from(&wanted, unseen) {
            for class in self.world.classes() {
                self.same_list(&heap, &wanted, Region::Object(object), class)?;
            }
        }
        Ok(())
    }

    pub(super) fn same_list(
        &mut self,
        found: &Heap,
        wanted: &Heap,
        region: Region,
        class: crate::Class,
    ) -> Result<(), Reason> {
        let Some(it) = self.world.differs(found, wanted, region, class) else {
            return Ok(());
        };
        Err(match it.object {
            None => Reason::Heap {
                class,
                found: it.found,
                wanted: it.wanted,
            },
            Some(object) => Reason::Content {
                object: self.world.objects.get(object).made_at,
                class,
                found: it.found,
                wanted: it.wanted,
            },
        })
    }
}
