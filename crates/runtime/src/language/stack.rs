//! The stack of frame words, and the running frame on it.
//!
//! One allocation that never moves and is zeroed lazily by the operating system. A frame is a base
//! in it; words are named from the base by `u16` operands, and link words lie below it. Callers
//! and callees may overlap: a callee's frame begins somewhere in its caller's.
//!
//! # Safety argument
//! Accesses by the running frame are unchecked. They are in bounds because of three invariants
//! that this file alone can break: the base never exceeds `limit` nor falls below `LINK_WORDS`;
//! behind `limit` lie [`MAX_FRAME`] more words, so that base + operand is always inside; and the
//! base moves down only by a link word, which only [`Frame::enter`] and [`Frame::shift`] write at
//! a place no operand of the frame above or callee can name. A link that was damaged all the
//! same is met by a checked subtraction.
#![allow(
    unsafe_code,
    reason = "unchecked frame words: see the module's safety argument"
)]

use crate::language::layout::{Layout, Words, check_layout, check_words, has_references};
use crate::language::tagged::Tagged;
use offramp_uop::Pc;
use std::alloc::{self, alloc_zeroed, dealloc};
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::ptr::NonNull;

/// Words below a frame's base that link it to its caller.
///
/// Word -1 is `window << 32 | return pc`, or -1 in a frame that was not called. Word -2 is 0: where
/// values are of two words it is the tag of the value whose payload word -1 takes the place of, and no
/// reference has tag 0. A program that reads that value again, wrongly, finds an integer.
pub const LINK_WORDS: usize = 2;

/// The number of words an instruction's operand can name.
pub const MAX_FRAME: usize = offramp_uop::MAX_FRAME as usize;

/// The link word of a frame that nobody called.
pub(crate) const NO_CALLER: i64 = -1;

/// The most words of a stack. The window of a frame is a positive half of its link word.
const MOST: usize = i32::MAX as usize;

/// Words behind `limit`: every operand, the second word of the last operand's group, and the frame
/// that [`Frame::enter`] finds out too late has no room.
const TAIL: usize = MAX_FRAME + LINK_WORDS;

/// The frame words of one thread of the host's program.
///
/// It can hold a given number of words for ever; running out is the program's to notice
/// ([`Machine::has_room`](crate::Machine::has_room)).
///
/// It is of the layout of the values on it, which the [run](crate::Interpreter::run) decides. Values may
/// refer to objects, which change by `Cell`s: so only a stack of plain [`Words`] may move to another
/// thread, and a host that moves its objects along with stacks and interpreters promises that with an
/// `unsafe impl Send` of its own.
pub struct Stack<L> {
    words: NonNull<u64>,
    len: usize,
    base: usize,
    layout: PhantomData<fn() -> L>,
}

impl<L> fmt::Debug for Stack<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("len", &self.len)
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

// SAFETY: the stack owns its allocation and hands out no pointer to it beyond a borrow; plain words
// refer to nothing. Values of other layouts may refer to objects, which stay on their thread.
unsafe impl Send for Stack<Words> {}

/// Why there is no stack of the size asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// A stack has at most 2,147,483,647 words (16 GiB), less where allocations must be smaller.
    #[error("a stack of {words} words is larger than any stack can be")]
    TooLarge {
        /// The words asked for.
        words: usize,
    },
    /// The allocator has no memory for it.
    #[error("there is no memory for a stack of {words} words")]
    OutOfMemory {
        /// The words asked for.
        words: usize,
    },
}

impl<L: Layout> Stack<L> {
    /// A stack with room for frames of `words` words together. Memory is committed as it is used.
    ///
    /// # Panics
    /// Where [`try_new`](Stack::try_new) fails.
    pub fn new(words: usize) -> Stack<L> {
        match Stack::try_new(words) {
            Ok(stack) => stack,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`new`](Stack::new), for hosts that go on without the memory.
    ///
    /// ```
    /// use offramp::{Stack, StackError, Words};
    ///
    /// let words = usize::MAX - 10;
    /// let refused = Stack::<Words>::try_new(words).unwrap_err();
    /// assert_eq!(refused, StackError::TooLarge { words });
    /// ```
    ///
    /// # Errors
    /// If an allocation cannot be that large, or the allocator refuses it.
    pub fn try_new(words: usize) -> Result<Stack<L>, StackError> {
        const { check_layout::<L>() };
        if words > MOST {
            return Err(StackError::TooLarge { words });
        }
        let len = words + LINK_WORDS + TAIL;
        let layout =
            alloc::Layout::array::<u64>(len).map_err(|_| StackError::TooLarge { words })?;
        // SAFETY: the layout has a size, as LINK_WORDS is not zero.
        let allocated = unsafe { alloc_zeroed(layout) };
        let allocated = NonNull::new(allocated.cast::<u64>());
        let mut stack = Stack {
            words: allocated.ok_or(StackError::OutOfMemory { words })?,
            len,
            base: LINK_WORDS,
            layout: PhantomData,
        };
        stack.set_index(LINK_WORDS - 1, NO_CALLER as u64);
        Ok(stack)
    }

    /// The base of the running frame, as an index into all words.
    pub fn base(&self) -> usize {
        self.base
    }

    /// The highest index a frame's last word plus one may have.
    pub fn limit(&self) -> usize {
        self.len - TAIL
    }

    /// The word `word` of the running frame.
    pub fn word(&self, word: u16) -> i64 {
        self.index(self.base + usize::from(word)) as i64
    }

    /// Writes a word of the running frame. Does not compile for layouts with references, whose
    /// words belong to values.
    pub fn set_word(&mut self, word: u16, value: i64) {
        const { check_words::<L>() };
        self.set_index(self.base + usize::from(word), value as u64);
    }

    /// The tagged value in a word of the running frame and the next.
    ///
    /// # Panics
    /// If the layout has references and the word is odd: values lie at even words.
    pub fn value(&self, word: u16) -> Tagged<L> {
        check_value_word::<L>(word);
        let at = self.base + usize::from(word);
        Tagged::of_pair([self.index(at), self.index(at + 1)])
    }

    /// Writes a tagged value to a word of the running frame and the next.
    ///
    /// # Panics
    /// As [`value`](Stack::value).
    pub fn set_value(&mut self, word: u16, value: Tagged<L>) {
        check_value_word::<L>(word);
        let at = self.base + usize::from(word);
        let [tag, payload] = value.pair();
        self.set_index(at, tag);
        self.set_index(at + 1, payload);
    }

    /// The double in word `word` of the running frame.
    pub fn float(&self, word: u16) -> f64 {
        f64::from_bits(self.word(word) as u64)
    }

    /// Writes a double to a word of the running frame.
    pub fn set_float(&mut self, word: u16, value: f64) {
        self.set_word(word, value.to_bits() as i64);
    }

    /// Clears `words` words from `word` of the running frame on, as far as the stack has them: none
    /// of them refers to an object after that.
    ///
    /// # Panics
    /// If the layout has references and half a value is to be cleared.
    pub fn clear(&mut self, word: u16, words: usize) {
        check_value_word::<L>(word);
        check_value_word::<L>((words % 2) as u16);
        let first = self.base + usize::from(word);
        for index in first..first.saturating_add(words).min(self.len) {
            self.set_index(index, 0);
        }
    }

    /// All words below the base of the running frame and `live` words above it: what a collector
    /// scans and a test compares.
    pub fn words(&self, live: u16) -> &[u64] {
        let count = (self.base + usize::from(live)).min(self.len);
        // SAFETY: the first `len` words are allocated and initialised (zeroed) and cannot be
        // written while the borrow lives.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr(), count) }
    }

    /// The same words as values, two by two: what a collector follows that knows its values by their
    /// tags. Frame links among them are integers.
    pub fn values(&self, live: u16) -> impl Iterator<Item = Tagged<L>> + '_ {
        let pairs = self.words(live).chunks_exact(2);
        pairs.map(|pair| Tagged::of_pair([pair[0], pair[1]]))
    }

    /// The place the running frame returns to, and its window in the caller, if it was called.
    pub fn caller(&self) -> Option<(Pc, usize)> {
        unlink(self.index(self.base - 1) as i64)
    }

    /// The frames below the running one, from its caller down: where each goes on, and its base.
    ///
    /// Ends at a frame that nobody called.
    pub fn callers(&self) -> impl Iterator<Item = (Pc, usize)> + '_ {
        let mut base = self.base;
        std::iter::from_fn(move || {
            let (pc, below) = self.caller_of(base)?;
            base = below;
            Some((pc, base))
        })
    }

    /// Where the frame with this base, which is on the stack, returns to, and the base of its caller.
    pub(crate) fn caller_of(&self, base: usize) -> Option<(Pc, usize)> {
        let (pc, window) = unlink(self.index(base - 1) as i64)?;
        let below = base.checked_sub(window)?;
        (below >= LINK_WORDS).then_some((pc, below))
    }

    /// The words from `bottom`, at most the base, up to the first `live` ones of the running frame.
    pub(crate) fn frame_words(&self, bottom: usize, live: u16) -> &[u64] {
        check_value_word::<L>(live);
        &self.words(live)[bottom..]
    }

    /// Writes words from an index on.
    pub(crate) fn write_words(&mut self, first: usize, words: &[u64]) {
        let end = first.checked_add(words.len());
        assert!(end.is_some_and(|end| end <= self.len), "on the stack");
        // SAFETY: just checked; `&mut self` excludes readers, and nobody outside gets at these words
        // to copy them from.
        unsafe {
            let to = self.words.add(first).as_ptr();
            to.copy_from_nonoverlapping(words.as_ptr(), words.len());
        }
    }

    /// Takes the running frame off without running anything, for unwinding and tracebacks.
    ///
    /// `None`, and nothing happens, if the frame was not called.
    pub fn pop(&mut self) -> Option<Pc> {
        let (pc, window) = self.caller()?;
        self.set_base(self.base - window);
        Some(pc)
    }

    /// Pushes a frame `window` words higher, which returns to `back`.
    ///
    /// Answers `false`, and nothing happens, if the base would exceed the [limit](Stack::limit).
    ///
    /// # Panics
    /// If the layout has references and the window is odd: frames begin at value groups.
    pub fn push(&mut self, window: u16, back: Pc) -> bool {
        self.push_link(window, link(u32::from(window), back))
    }

    /// Pushes a frame that returns to nobody: a nested run's first.
    pub(crate) fn push_unlinked(&mut self, window: u16) -> bool {
        self.push_link(window, NO_CALLER)
    }

    fn push_link(&mut self, window: u16, link: i64) -> bool {
        check_value_word::<L>(window);
        let base = self.base + usize::from(window);
        if base > self.limit() || usize::from(window) < LINK_WORDS {
            return false;
        }
        self.set_index(base - 2, 0);
        self.set_index(base - 1, link as u64);
        self.base = base;
        true
    }

    /// Puts the base back where a nested run found it, or where a trace left it.
    pub(crate) fn set_base(&mut self, base: usize) {
        // One comparison: what lies below the first base wraps around.
        assert!(
            base.wrapping_sub(LINK_WORDS) <= self.len - (TAIL + LINK_WORDS),
            "the frame base stays on the stack"
        );
        self.base = base;
    }

    /// Puts the base where compiled code left it.
    #[cfg(feature = "native")]
    #[inline]
    pub(crate) fn set_base_address(&mut self, base: *mut u64) {
        let below = (base as usize).wrapping_sub(self.words.as_ptr() as usize);
        self.set_base(below / size_of::<u64>());
    }

    /// The address of the first word, and the bases that frames may have, for compiled code.
    pub(crate) fn bounds(&mut self) -> (*mut u64, RangeInclusive<i64>) {
        let bases = LINK_WORDS as i64..=self.limit() as i64;
        (self.words.as_ptr(), bases)
    }

    /// The word at an index into all words.
    pub(crate) fn index(&self, index: usize) -> u64 {
        assert!(index < self.len, "a frame word on the stack");
        // SAFETY: below `len`, and every word is initialised.
        unsafe { self.words.add(index).read() }
    }

    /// Writes the word at an index into all words.
    pub(crate) fn set_index(&mut self, index: usize, bits: u64) {
        assert!(index < self.len, "a frame word on the stack");
        // SAFETY: below `len`; `&mut self` excludes readers.
        unsafe { self.words.add(index).write(bits) }
    }
}

impl<L> Drop for Stack<L> {
    fn drop(&mut self) {
        let layout =
            alloc::Layout::array::<u64>(self.len).expect("the layout it was allocated with");
        // SAFETY: allocated by `try_new` with this layout.
        unsafe { dealloc(self.words.as_ptr().cast(), layout) }
    }
}

fn link(window: u32, back: Pc) -> i64 {
    i64::from(window) << 32 | i64::from(back)
}

/// The return pc and the window in a link word.
pub(crate) fn unlink(link: i64) -> Option<(Pc, usize)> {
    (link != NO_CALLER).then_some((link as Pc, (link >> 32) as usize))
}

/// The running frame of a stack: its base as a pointer, so that it lives in a register.
pub(crate) struct Frame<'a, L: Layout> {
    stack: NonNull<Stack<L>>,
    base: NonNull<u64>,
    low: *const u64,
    limit: *const u64,
    borrow: PhantomData<&'a mut Stack<L>>,
}

impl<'a, L: Layout> Frame<'a, L> {
    pub(crate) fn of(stack: &'a mut Stack<L>) -> Frame<'a, L> {
        let words = stack.words;
        // SAFETY: indices up to `len` are in the allocation or one behind it.
        let (base, low, limit) = unsafe {
            (
                words.add(stack.base),
                words.add(LINK_WORDS).as_ptr().cast_const(),
                words.add(stack.limit()).as_ptr().cast_const(),
            )
        };
        Frame {
            stack: NonNull::from(stack),
            base,
            low,
            limit,
            borrow: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn load(&self, word: u16) -> u64 {
        // SAFETY: base <= limit, and TAIL words lie behind the limit, so base + word is inside.
        unsafe { self.base.add(usize::from(word)).read() }
    }

    /// The word behind `word`: a value's payload.
    #[inline(always)]
    pub(crate) fn load_second(&self, word: u16) -> u64 {
        // SAFETY: as for `load`; TAIL exceeds the largest operand by more than one.
        unsafe { self.base.add(usize::from(word) + 1).read() }
    }

    #[inline(always)]
    pub(crate) fn store(&mut self, word: u16, bits: u64) {
        // SAFETY: as for `load`; the frame borrows the stack exclusively.
        unsafe { self.base.add(usize::from(word)).write(bits) }
    }

    #[inline(always)]
    pub(crate) fn store_second(&mut self, word: u16, bits: u64) {
        // SAFETY: as for `load_second`; the frame borrows the stack exclusively.
        unsafe { self.base.add(usize::from(word) + 1).write(bits) }
    }

    /// The link word.
    #[inline(always)]
    pub(crate) fn link(&self) -> i64 {
        // SAFETY: base >= LINK_WORDS.
        unsafe { self.base.sub(1).read() as i64 }
    }

    #[inline(always)]
    pub(crate) fn caller(&self) -> Option<(Pc, u32)> {
        let link = self.link();
        (link != NO_CALLER).then_some((link as Pc, (link >> 32) as u32))
    }

    #[inline(always)]
    pub(crate) fn has_room(&self, words: u16) -> bool {
        let left = self.limit as usize - self.base.as_ptr() as usize;
        left >= usize::from(words) * size_of::<u64>()
    }

    #[inline(always)]
    pub(crate) fn enter(&mut self, window: u16, back: Pc) {
        check_value_word::<L>(window);
        if !self.has_room(window) || usize::from(window) < LINK_WORDS {
            no_room()
        }
        // SAFETY: the room was just checked, so the new base is at most the limit; the link words
        // below it are at or above the old base, as the window is at least LINK_WORDS.
        unsafe {
            self.base = self.base.add(usize::from(window));
            self.base.sub(2).write(0);
            self.base.sub(1).write(link(u32::from(window), back) as u64);
        }
    }

    /// Moves the base up under the same caller: the words below become unreachable until the
    /// frame returns.
    #[inline(always)]
    pub(crate) fn shift(&mut self, words: u16) {
        check_value_word::<L>(words);
        let link = self.link();
        if !self.has_room(words) || usize::from(words) < LINK_WORDS {
            no_room()
        }
        let moved = match link {
            NO_CALLER => NO_CALLER,
            link => link + (i64::from(words) << 32),
        };
        // SAFETY: as in `enter`.
        unsafe {
            self.base = self.base.add(usize::from(words));
            self.base.sub(2).write(0);
            self.base.sub(1).write(moved as u64);
        }
    }

    /// Moves the base down to the caller's, `window` words below, as the link word has said.
    #[inline(always)]
    pub(crate) fn leave(&mut self, window: u32) {
        let bytes = window as usize * size_of::<u64>();
        let room = self.base.as_ptr() as usize - self.low as usize;
        if bytes > room {
            no_caller()
        }
        // SAFETY: just checked that the new base is not below `low`.
        self.base = unsafe { self.base.byte_sub(bytes) };
    }

    /// Lends the stack, with its base exact; afterwards, also if `then` panics, the frame is where the
    /// stack's base is.
    #[inline(always)]
    pub(crate) fn with_stack<R>(&mut self, then: impl FnOnce(&mut Stack<L>) -> R) -> R {
        /// Follows the stack's base when the closure has ended, by a panic, too.
        struct Follow<'f, 'a, L: Layout>(&'f mut Frame<'a, L>);

        impl<L: Layout> Drop for Follow<'_, '_, L> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: no other reference to the stack exists here, and it keeps its base within
                // the allocation.
                self.0.base = unsafe {
                    let stack = self.0.stack.as_ref();
                    stack.words.add(stack.base)
                };
            }
        }

        let index = self.index();
        let follow = Follow(self);
        // SAFETY: `borrow` holds the stack exclusively for 'a, and no other reference to it
        // exists while the closure runs: the frame itself keeps raw pointers only.
        let stack = unsafe { follow.0.stack.as_mut() };
        stack.base = index;
        then(stack)
    }

    /// The base as an index into all words.
    #[inline(always)]
    pub(crate) fn index(&self) -> usize {
        let below = self.base.as_ptr() as usize - self.low as usize;
        LINK_WORDS + below / size_of::<u64>()
    }
}

impl<L: Layout> Drop for Frame<'_, L> {
    #[inline(always)]
    fn drop(&mut self) {
        self.with_stack(|_| ());
    }
}

/// Where a layout has references, values and frames lie at even words: at an odd one a payload would
/// be taken for a tag.
#[inline(always)]
pub(crate) fn check_value_word<L: Layout>(word: u16) {
    if has_references::<L>() && !word.is_multiple_of(2) {
        odd_word(word)
    }
}

#[cold]
#[inline(never)]
fn odd_word(word: u16) -> ! {
    panic!("values and frames of a layout with references lie at even words, not at {word}")
}

#[cold]
#[inline(never)]
fn no_room() -> ! {
    panic!(
        "a frame was entered without room for it: ask has_room first, with {LINK_WORDS} words at least"
    )
}

#[cold]
#[inline(never)]
fn no_caller() -> ! {
    panic!("a frame that nobody called was left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_nest_and_words_overlap() {
        let mut stack = Stack::<Words>::new(100);
        stack.set_word(10, 7);
        let mut frame = Frame::of(&mut stack);
        frame.enter(10, 42);
        assert_eq!(frame.load(0), 7);
        assert_eq!(frame.caller(), Some((42, 10)));
        frame.store(1, 8);
        frame.shift(4);
        assert_eq!(frame.caller(), Some((42, 14)));
        frame.leave(14);
        assert_eq!(frame.load(11), 8);
        assert_eq!(frame.caller(), None);
        drop(frame);
        assert_eq!(stack.base(), LINK_WORDS);
    }

    #[test]
    fn callers_are_told_from_the_innermost_on() {
        let mut stack = Stack::<Words>::new(100);
        assert_eq!(stack.callers().count(), 0);
        assert!(stack.push(10, 42) && stack.push(4, 43));
        let callers: Vec<_> = stack.callers().collect();
        assert_eq!(callers, [(43, LINK_WORDS + 10), (42, LINK_WORDS)]);
    }

    #[test]
    fn the_highest_operand_is_inside_at_the_limit() {
        let mut stack = Stack::<Words>::new(0);
        let mut frame = Frame::of(&mut stack);
        frame.store_second(u16::MAX, 1);
        assert_eq!(frame.load_second(u16::MAX), 1);
        assert!(!frame.has_room(1));
    }

    #[test]
    fn sizes_that_wrap_or_cannot_be_had_are_refused() {
        let most = isize::MAX as usize / size_of::<u64>();
        for words in [
            usize::MAX,
            usize::MAX - 10,
            usize::MAX - TAIL,
            usize::MAX / 8,
            most,
            most - LINK_WORDS - TAIL,
            MOST + 1,
        ] {
            let refused = Stack::<Words>::try_new(words).unwrap_err();
            assert_eq!(refused, StackError::TooLarge { words });
        }
    }

    #[test]
    #[should_panic(expected = "larger than any stack can be")]
    fn a_stack_that_cannot_be_is_a_panic_of_new() {
        drop(Stack::<Words>::new(usize::MAX - 10));
    }

    #[test]
    fn a_popped_stack_knows_where_it_was_called() {
        let mut stack = Stack::<Words>::new(20);
        assert!(stack.push(8, 3));
        assert!(!stack.push(20, 4));
        assert_eq!(stack.caller(), Some((3, 8)));
        assert_eq!(stack.pop(), Some(3));
        assert_eq!(stack.pop(), None);
    }
}
