//! [`StackMut`]: the stack as helpers get it.
//!
//! Compiled code keeps the frame base in a register, knows which frames it has inlined, and trusts
//! frame links: returning moves the base by what a link says. So a helper must not put another stack
//! in the place of this one, and what it may do to it is what it declares:
//!
//! | to | it declares |
//! | --- | --- |
//! | look at words and callers | [`reads_frames`](offramp_uop::Effects::reads_frames), `writes_frames`, `collects`, `reenters`, or it [transfers](crate::Outcome::Transfer) |
//! | write words, push frames | [`writes_frames`](offramp_uop::Effects::writes_frames), or it transfers |
//! | pop or [suspend](StackMut::suspend) the frame it was called from | it transfers |
//! | clear words | [`collects`](offramp_uop::Effects::collects), or what writing takes |
//!
//! Before a call of such a helper a trace has stored everything, so its view is exact; any other
//! helper would see words and links that a trace has not stored yet. What is not declared panics,
//! in the interpreter as in traces.
//!
//! Links stay true whatever a helper does: the words of a frame lie above its link, [`push`] writes
//! the link of the frame it makes, and after `pop` there is no way back to the frame but `push`. When
//! the helper has returned, failed or panicked, the base is put back to the frame it was called
//! from, which is untouched unless it was popped; a helper that popped it has to transfer.
//!
//! [`push`]: StackMut::push

use crate::language::allowed::Allowed;
use crate::language::layout::Layout;
use crate::language::stack::{Stack, StackError};
use crate::language::suspended::Suspended;
use crate::language::tagged::Tagged;
use offramp_uop::Pc;

/// The stack that a helper was called on, its base at the running frame; a view, so that the
/// stack itself cannot be replaced or kept.
#[derive(Debug)]
pub struct StackMut<'a, L: Layout> {
    stack: &'a mut Stack<L>,
    /// The helper that runs, and what it declared.
    helper: &'static str,
    allowed: Allowed,
    /// The base at the call; [`POPPED`] if that frame is gone, [`STAYS`] if the base stays where the helper
    /// left it. One word, so that one comparison tells that nothing of it happened.
    called_at: usize,
}

/// No base is as high.
const POPPED: usize = usize::MAX;
const STAYS: usize = usize::MAX - 1;

impl<'a, L: Layout> StackMut<'a, L> {
    /// For a helper that may do nothing, until one [begins](StackMut::begin).
    #[inline(always)]
    pub(crate) fn new(stack: &'a mut Stack<L>) -> StackMut<'a, L> {
        let called_at = stack.base();
        StackMut {
            stack,
            helper: "",
            allowed: Allowed::default(),
            called_at,
        }
    }

    #[inline(always)]
    pub(crate) fn begin(&mut self, helper: &'static str, allowed: Allowed) {
        (self.helper, self.allowed) = (helper, allowed);
    }

    /// The helper that runs.
    pub(crate) fn helper(&self) -> &'static str {
        self.helper
    }

    /// The stack, for a nested run.
    pub(crate) fn lend(&mut self) -> &mut Stack<L> {
        self.stack
    }

    #[inline(always)]
    pub(crate) fn require(&self, what: Allowed, does: &'static str, effect: &'static str) {
        if !self.allowed.includes(what) {
            undeclared(self.helper, does, effect);
        }
    }

    #[inline(always)]
    fn readable(&self) -> &Stack<L> {
        self.require(Allowed::LOOKING, "looks at the stack", "reads_frames");
        self.stack
    }

    #[inline(always)]
    fn writable(&mut self) -> &mut Stack<L> {
        self.require(Allowed::WRITING, "changes the stack", "writes_frames");
        self.stack
    }

    /// See [`Stack::base`].
    pub fn base(&self) -> usize {
        self.stack.base()
    }

    /// See [`Stack::limit`].
    pub fn limit(&self) -> usize {
        self.stack.limit()
    }

    /// See [`Stack::word`].
    pub fn word(&self, word: u16) -> i64 {
        self.readable().word(word)
    }

    /// See [`Stack::set_word`].
    pub fn set_word(&mut self, word: u16, value: i64) {
        self.writable().set_word(word, value);
    }

    /// See [`Stack::value`].
    pub fn value(&self, word: u16) -> Tagged<L> {
        self.readable().value(word)
    }

    /// See [`Stack::set_value`].
    pub fn set_value(&mut self, word: u16, value: Tagged<L>) {
        self.writable().set_value(word, value);
    }

    /// See [`Stack::float`].
    pub fn float(&self, word: u16) -> f64 {
        self.readable().float(word)
    }

    /// See [`Stack::set_float`].
    pub fn set_float(&mut self, word: u16, value: f64) {
        self.writable().set_float(word, value);
    }

    /// See [`Stack::clear`].
    pub fn clear(&mut self, word: u16, words: usize) {
        self.require(Allowed::CLEARING, "clears frame words", "collects");
        self.stack.clear(word, words);
    }

    /// See [`Stack::words`].
    pub fn words(&self, live: u16) -> &[u64] {
        self.readable().words(live)
    }

    /// See [`Stack::values`].
    pub fn values(&self, live: u16) -> impl Iterator<Item = Tagged<L>> + '_ {
        self.readable().values(live)
    }

    /// See [`Stack::caller`].
    pub fn caller(&self) -> Option<(Pc, usize)> {
        self.readable().caller()
    }

    /// See [`Stack::callers`].
    pub fn callers(&self) -> impl Iterator<Item = (Pc, usize)> + '_ {
        self.readable().callers()
    }

    /// See [`Stack::push`].
    pub fn push(&mut self, window: u16, back: Pc) -> bool {
        self.writable().push(window, back)
    }

    /// See [`Stack::pop`].
    ///
    /// # Panics
    /// If it would take off the frame that the helper was called from, and the helper cannot
    /// [transfer](crate::Outcome::Transfer).
    pub fn pop(&mut self) -> Option<Pc> {
        let is_own = self.writable().base() <= self.called_at;
        if is_own && !self.allowed.includes(Allowed::POPPING) {
            panic!(
                "the helper `{}` popped the frame it was called from, but cannot transfer",
                self.helper
            );
        }
        let back = self.stack.pop()?;
        if is_own {
            self.called_at = POPPED;
        }
        Some(back)
    }

    /// See [`Stack::suspend`]. The helper has to [transfer](crate::Outcome::Transfer) then.
    ///
    /// # Errors
    /// As [`Stack::suspend`].
    ///
    /// # Panics
    /// As [`pop`](StackMut::pop).
    pub fn suspend(
        &mut self,
        bottom: usize,
        live: u16,
        suspended: &mut Suspended<L>,
    ) -> Result<Option<Pc>, StackError> {
        let is_own = bottom <= self.called_at && self.called_at < STAYS;
        self.writable();
        if is_own {
            self.require(
                Allowed::POPPING,
                "takes off the frame it was called from",
                "a transfer",
            );
        }
        let back = self.stack.suspend(bottom, live, suspended)?;
        if is_own && back.is_some() {
            self.called_at = POPPED;
        }
        Ok(back)
    }

    /// See [`Stack::put_back`]. The helper has to [transfer](crate::Outcome::Transfer) then.
    pub fn put_back(&mut self, window: u16, back: Pc, suspended: &Suspended<L>) -> bool {
        self.writable().put_back(window, back, suspended)
    }

    /// Where the base is if the frame of the call is gone and the helper has not transferred.
    pub(crate) fn lost(&self) -> Option<usize> {
        (self.called_at == POPPED).then(|| self.stack.base())
    }

    /// The helper has transferred: the program goes on in the frame where the base is now.
    #[inline(always)]
    pub(crate) fn stay(&mut self) {
        self.called_at = STAYS;
    }

    /// Whether the base is where it was at the call.
    #[inline(always)]
    pub(crate) fn is_back(&self) -> bool {
        self.stack.base() == self.called_at
    }

    /// The helper has returned without a transfer: the frame of the call runs on.
    #[inline(always)]
    pub(crate) fn expect_back(&self) {
        if !self.is_back() {
            moved(self.helper);
        }
    }

    /// The helper has failed: the frame of the call is the one that failed.
    #[inline(always)]
    pub(crate) fn expect_own_frame(&self) {
        if self.called_at == POPPED {
            moved(self.helper);
        }
    }
}

impl<L: Layout> Drop for StackMut<'_, L> {
    /// However the helper has ended, the base is at a frame with a true link.
    #[inline(always)]
    fn drop(&mut self) {
        if !self.is_back() && self.called_at < STAYS {
            self.stack.set_base(self.called_at);
        }
    }
}

#[cold]
#[inline(never)]
fn undeclared(helper: &'static str, does: &'static str, effect: &'static str) -> ! {
    panic!("the helper `{helper}` {does}, but does not declare `{effect}`")
}

/// The base was moved by a helper that goes on as if it was not.
#[cold]
#[inline(never)]
fn moved(helper: &'static str) -> ! {
    panic!(
        "the helper `{helper}` pushed or popped a frame and did not transfer: answer \
         Outcome::Transfer, or leave the stack's base where it was"
    )
}
