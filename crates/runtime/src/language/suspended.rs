//! [`Suspended`]: frames that were taken off a stack, to be put back on it or on another.
//!
//! What a coroutine is made of: while it runs its frames lie on the stack of whoever resumed it, above
//! that one's frame; while it does not they lie here, as many words as they use. So a stack that is put
//! aside has no limit and no tail of its own, and a trace finds its frames where it finds all others.
//!
//! That works because frames are words and distances. No frame word holds the address of a frame, and
//! a link says how far below the caller lies, not where. So frames may be put back anywhere, as often
//! as one likes, and each link among them stays true; the link of the lowest is written anew.

use crate::language::layout::Layout;
use crate::language::stack::{LINK_WORDS, Stack, StackError};
use crate::language::tagged::Tagged;
use offramp_uop::Pc;
use std::fmt;
use std::marker::PhantomData;

/// Frames that were [taken off](Stack::suspend) a stack.
///
/// It is empty at first, and keeps its memory when it is emptied. To put frames back leaves it as it
/// is: they may be put back once more, and are then what they were when they were taken off.
///
/// What its values refer to is in use, as what frame words refer to is: a collector looks at
/// [`values`](Suspended::values) of all that may be put back. It may move to another thread if a stack
/// of its layout may.
pub struct Suspended<L> {
    /// From the base of the lowest frame on.
    words: Vec<u64>,
    /// How far the running frame's base lies above that.
    height: usize,
    stack: PhantomData<Stack<L>>,
}

impl<L> Default for Suspended<L> {
    fn default() -> Self {
        Suspended {
            words: Vec::new(),
            height: 0,
            stack: PhantomData,
        }
    }
}

impl<L> fmt::Debug for Suspended<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspended")
            .field("words", &self.words.len())
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

impl<L: Layout> Suspended<L> {
    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// How many words there is room for.
    pub fn capacity(&self) -> usize {
        self.words.capacity()
    }

    /// Makes room for `words` words: as many are taken off without asking for memory.
    ///
    /// # Errors
    /// If the allocator has no memory for it.
    pub fn reserve(&mut self, words: usize) -> Result<(), StackError> {
        let more = words.saturating_sub(self.words.len());
        let reserved = self.words.try_reserve_exact(more);
        reserved.map_err(|_| StackError::OutOfMemory { words })
    }

    /// Forgets the frames.
    pub fn clear(&mut self) {
        self.words.clear();
        self.height = 0;
    }

    /// The words as values, two by two, as [`Stack::values`] has those of a stack.
    pub fn values(&self) -> impl Iterator<Item = Tagged<L>> + '_ {
        let pairs = self.words.chunks_exact(2);
        pairs.map(|pair| Tagged::of_pair([pair[0], pair[1]]))
    }
}

impl<L: Layout> Stack<L> {
    /// Takes off the running frame, with its first `live` words, and the frames below it down to the
    /// one whose base is `bottom`, and keeps them in `suspended`, whatever that had. The base is then
    /// that of the frame which called the lowest, and the answer where that goes on.
    ///
    /// `None`, and nothing happens, if there is no such frame among those that nobody but the program
    /// waits for: none has that base, or a nested run began above it.
    ///
    /// ```
    /// use offramp::{Stack, Suspended, Words};
    ///
    /// let mut stack = Stack::<Words>::new(100);
    /// let mut generator = Suspended::default();
    /// stack.push(10, 1);
    /// let bottom = stack.base();
    /// stack.push(10, 2);
    /// stack.set_word(0, 42);
    /// assert_eq!(stack.suspend(bottom, 1, &mut generator)?, Some(1));
    /// // Later, further up, and for somebody else.
    /// assert!(stack.put_back(30, 7, &generator));
    /// assert_eq!(stack.word(0), 42);
    /// assert_eq!((stack.pop(), stack.pop()), (Some(2), Some(7)));
    /// # Ok::<(), offramp::StackError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no memory for the words: nothing happens then.
    ///
    /// # Panics
    /// If the layout has references and `live` is odd.
    pub fn suspend(
        &mut self,
        bottom: usize,
        live: u16,
        suspended: &mut Suspended<L>,
    ) -> Result<Option<Pc>, StackError> {
        let top = self.base();
        let mut base = top;
        // Only links tell what a frame of this run is.
        let (back, below) = loop {
            let Some((back, below)) = self.caller_of(base) else {
                return Ok(None);
            };
            if base == bottom {
                break (back, below);
            }
            base = below;
        };
        let words = self.frame_words(bottom, live);
        let height = top - bottom;
        suspended.clear();
        suspended.reserve(words.len())?;
        suspended.words.extend_from_slice(words);
        suspended.height = height;
        self.set_base(below);
        Ok(Some(back))
    }

    /// Pushes frames that were taken off, the lowest `window` words above the running frame, and to
    /// return to `back`. The base is then that of the one that ran when they were taken off.
    ///
    /// Returns `false`, and nothing happens, if there are none, or no room for them: the words they
    /// hold are to lie below the [limit](Stack::limit).
    ///
    /// # Panics
    /// If the layout has references and the window is odd.
    pub fn put_back(&mut self, window: u16, back: Pc, suspended: &Suspended<L>) -> bool {
        let bottom = self.base() + usize::from(window);
        let fits = bottom + suspended.words.len() <= self.limit()
            && bottom + suspended.height <= self.limit();
        if suspended.is_empty() || !fits || !self.push(window, back) {
            return false;
        }
        self.write_words(bottom, &suspended.words);
        self.set_base(bottom + suspended.height);
        true
    }
}

const _: () = assert!(LINK_WORDS.is_multiple_of(2), "links are as values are");
