//! Memory in use, and how much of it there may be: every byte that a program's values take goes
//! through [`Memory::charge`].
//!
//! What counts is what objects and the memory behind them were asked for: not what allocators add.
//! A charge fails where it would pass the *limit*; asking the system fails where the system has no
//! more. Both are [`OutOfMemory`], an error like others: what got it has changed nothing yet and
//! hands it on, and [`Vm`](crate::vm::Vm) collects and tries the instruction once more.
//!
//! Two things cannot fail, and have memory set aside:
//! - Tables that compiled code makes on its way out ([`Source::Reserve`]). Their bytes are the
//!   [`RESERVE`], which counts as used; the memory they lie in is kept by pools and pieces. The
//!   [`Due`] flag is raised before either runs short, so that instructions ask for tables in the way
//!   that can fail.
//! - Small allocations everywhere: messages, lists of arguments, what the library records and
//!   compiles. For these there are [`LEFT`] bytes at any time: the heap looks now and then whether the
//!   system has them, and has as many as *ballast*, which it drops when the system has not. Until it
//!   gets its ballast again it asks for nothing more.

use crate::value::Due;
use offramp::{Headroom, Reference};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// There is no memory left, or no more may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory")]
pub struct OutOfMemory;

/// Where memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the system, within the limit.
    System,
    /// Even if the system has none, and beyond the limit: for few and small objects.
    Reserve,
}

/// The heap is not collected before it has so many bytes.
pub const LEAST: usize = 1 << 20;

/// Bytes of the largest table that is made from [`Source::Reserve`], and of what is behind it.
pub const MADE: usize = 336;

/// Of a limit, what is kept for tables made from [`Source::Reserve`]: as many as a trace has
/// instructions that make tables. It counts as used.
pub const RESERVE: usize = 1000 * MADE;

/// What requests to the system leave at least: see the module's description.
const LEFT: usize = 2 << 20;

/// After requests for so many bytes the heap looks again whether [`LEFT`] is left.
const UNSEEN: usize = 1 << 20;

/// Memory in use.
#[derive(Debug)]
pub struct Memory {
    used: Cell<usize>,
    /// Up to here a charge has nothing to look at.
    quiet: Cell<usize>,
    /// From here on it is time to collect.
    threshold: Cell<usize>,
    /// The memory in use at which the next collection is due, in percent of what the last one left.
    pause: Cell<usize>,
    /// Whether no collection is due but those that are asked for.
    stopped: Cell<bool>,
    /// The limit, without the reserve.
    limit: Cell<usize>,
    /// Whether the reserve of pools and pieces is not full.
    drained: Cell<bool>,
    stress: Cell<bool>,
    due: Rc<Due>,
    ballast: RefCell<Option<Headroom>>,
    /// How much the system may be asked for before the next look at what it has.
    unseen: Cell<usize>,
    /// Charges and requests that are still to come before some fail, and how many those are.
    #[cfg(test)]
    failing: Cell<(u64, u64)>,
}

impl Default for Memory {
    fn default() -> Memory {
        let memory = Memory {
            used: Cell::new(0),
            quiet: Cell::new(0),
            threshold: Cell::new(LEAST),
            pause: Cell::new(200),
            stopped: Cell::new(false),
            limit: Cell::new(usize::MAX - RESERVE),
            drained: Cell::new(false),
            stress: Cell::new(false),
            due: Rc::default(),
            ballast: RefCell::default(),
            unseen: Cell::new(0),
            #[cfg(test)]
            failing: Cell::new((u64::MAX, 0)),
        };
        memory.settle();
        memory
    }
}

impl Memory {
    /// Bytes in use, garbage included, and the reserve if there is a limit.
    pub fn used(&self) -> usize {
        let reserve = if self.is_limited() { RESERVE } else { 0 };
        // What was made from the reserve was counted as used before.
        (self.used.get() + reserve).min(self.limit.get() + RESERVE)
    }

    fn is_limited(&self) -> bool {
        self.limit.get() != usize::MAX - RESERVE
    }

    /// From now on at most `limit` bytes are in use.
    ///
    /// # Errors
    /// If more are.
    pub fn set_limit(&self, limit: Option<usize>) -> Result<(), OutOfMemory> {
        let limit = match limit {
            Some(limit) => limit.checked_sub(RESERVE).ok_or(OutOfMemory)?,
            None => usize::MAX - RESERVE,
        };
        if self.used.get() > limit {
            return Err(OutOfMemory);
        }
        self.limit.set(limit);
        self.settle();
        Ok(())
    }

    /// Counts bytes as used.
    ///
    /// # Errors
    /// If the limit would be passed; then nothing is counted.
    #[inline]
    pub fn charge(&self, bytes: usize) -> Result<(), OutOfMemory> {
        let used = self.used.get().saturating_add(bytes);
        if used > self.quiet.get() {
            self.look(used)?;
        }
        self.used.set(used);
        Ok(())
    }

    #[cold]
    fn look(&self, used: usize) -> Result<(), OutOfMemory> {
        #[cfg(test)]
        self.fail_if_told()?;
        if used > self.limit.get() {
            return Err(OutOfMemory);
        }
        self.due.now.set(self.is_wanted(used).into());
        Ok(())
    }

    /// Counts bytes as used that come from `source`.
    ///
    /// # Errors
    /// As [`charge`](Memory::charge), unless the source is the reserve.
    #[inline]
    pub fn charge_from(&self, source: Source, bytes: usize) -> Result<(), OutOfMemory> {
        let used = self.used.get().saturating_add(bytes);
        if used > self.quiet.get() {
            self.look_from(source, used)?;
        }
        self.used.set(used);
        Ok(())
    }

    #[cold]
    fn look_from(&self, source: Source, used: usize) -> Result<(), OutOfMemory> {
        if source == Source::System {
            return self.look(used);
        }
        debug_assert!(used <= self.limit.get() + RESERVE);
        self.due.now.set(self.is_wanted(used).into());
        Ok(())
    }

    /// Counts bytes as used no more.
    #[inline]
    pub fn give(&self, bytes: usize) {
        self.used.set(self.used.get() - bytes);
    }

    /// Whether an instruction that makes tables must ask in the way that collects and fails.
    fn is_wanted(&self, used: usize) -> bool {
        used >= self.threshold.get()
            || used + MADE > self.limit.get()
            || self.stress.get()
            || self.drained.get()
    }

    /// Makes flag and counters fit each other after a change.
    fn settle(&self) {
        let quiet =
            (self.threshold.get().saturating_sub(1)).min(self.limit.get().saturating_sub(MADE));
        #[cfg(test)]
        let quiet = match self.failing.get() {
            (u64::MAX, _) => quiet,
            _ => 0,
        };
        self.quiet.set(quiet);
        self.due.now.set(self.is_wanted(self.used.get()).into());
    }

    /// Whether it is time to collect.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.used.get() >= self.threshold.get() || self.stress.get()
    }

    /// Holds 1 where instructions that make tables must not do so without asking.
    pub fn due(&self) -> Reference<Due> {
        self.due.refer()
    }

    /// Lowers the flag if there is no reason for it any more; what is behind objects may have been
    /// given back since.
    pub(super) fn reconsider(&self) {
        self.settle();
    }

    /// Whether it is time to collect at every opportunity.
    pub fn set_stress(&self, stress: bool) {
        self.stress.set(stress);
        self.settle();
    }

    /// Makes it time to collect.
    pub fn request(&self) {
        self.threshold.set(0);
        self.settle();
    }

    /// To be called after a collection: says when the next is due.
    pub(super) fn collected(&self) {
        self.set_threshold();
    }

    fn set_threshold(&self) {
        let used = self.used.get() as u128 * self.pause.get() as u128 / 100;
        self.threshold.set(match self.stopped.get() {
            true => usize::MAX,
            false => usize::try_from(used).unwrap_or(usize::MAX).max(LEAST),
        });
        self.settle();
    }

    /// Stops collections that are not asked for, or lets them happen again.
    pub fn set_stopped(&self, stopped: bool) {
        self.stopped.set(stopped);
        self.set_threshold();
    }

    /// Whether they are stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Sets at how much memory, in percent of what a collection left, the next is due; what it was.
    pub fn set_pause(&self, percent: usize) -> usize {
        self.pause.replace(percent)
    }

    /// Says whether the reserve of pools and pieces is full.
    pub(super) fn set_drained(&self, drained: bool) {
        if self.drained.replace(drained) != drained {
            self.settle();
        }
    }

    /// Whether the reserve is not full, or the system has refused memory and nothing came back yet.
    #[inline]
    pub(super) fn is_short(&self) -> bool {
        self.drained.get()
    }

    /// What `ask` gets from the system: about `bytes` bytes.
    ///
    /// # Errors
    /// If it gets nothing, or would leave too little to all that cannot fail.
    #[inline]
    pub fn system<T>(
        &self,
        bytes: usize,
        ask: impl FnOnce() -> Option<T>,
    ) -> Result<T, OutOfMemory> {
        #[cfg(test)]
        self.fail_if_told()?;
        match self.unseen.get().checked_sub(bytes) {
            Some(unseen) => {
                self.unseen.set(unseen);
                ask().ok_or_else(|| self.refused())
            }
            None => self.ask_and_look(ask),
        }
    }

    /// Looks what the system has left, so that a program begins with as much as any other before the
    /// next look.
    pub(crate) fn look_at_system(&self) {
        // It does not matter here if there is too little.
        let _ = self.ask_and_look(|| Some(()));
    }

    /// Drops the ballast where the system has refused memory.
    #[cold]
    fn refused(&self) -> OutOfMemory {
        self.ballast.take();
        self.unseen.set(0);
        OutOfMemory
    }

    /// Asks the system, and looks what it has left. Looking before would be in the way of memory that
    /// grows in place.
    #[cold]
    #[inline(never)]
    fn ask_and_look<T>(&self, ask: impl FnOnce() -> Option<T>) -> Result<T, OutOfMemory> {
        let mut ballast = self.ballast.borrow_mut();
        if ballast.is_none() {
            *ballast = Some(Headroom::hold(LEFT).ok_or(OutOfMemory)?);
        }
        let got = ask();
        drop(ballast);
        match got.is_some() && Headroom::hold(LEFT + UNSEEN).is_some() {
            true => self.unseen.set(UNSEEN),
            false => {
                self.refused();
            }
        }
        got.ok_or(OutOfMemory)
    }

    /// An empty list with this room, which is not counted: for what lives no longer than a call.
    ///
    /// # Errors
    /// If the system has no memory for it.
    pub fn list<T>(&self, room: usize) -> Result<Vec<T>, OutOfMemory> {
        let mut list = Vec::new();
        match room {
            0 => Ok(list),
            _ => {
                let bytes = room.saturating_mul(size_of::<T>());
                self.system(bytes, || list.try_reserve_exact(room).ok().map(|()| list))
            }
        }
    }
}

/// Room for `needed` of something: for `comfortable` many if there is memory for them, or else for fewer.
///
/// Steps in between matter where memory ends: room for one more at a time would be asked for, and what
/// there is copied, once for each.
///
/// # Errors
/// If `grow` fails with what is needed.
pub(super) fn grow(
    needed: usize,
    comfortable: usize,
    mut grow: impl FnMut(usize) -> Result<(), OutOfMemory>,
) -> Result<(), OutOfMemory> {
    let mut more = comfortable.saturating_sub(needed);
    loop {
        match grow(needed + more) {
            Err(OutOfMemory) if more > 0 => more /= 16,
            grown => return grown,
        }
    }
}

#[cfg(test)]
impl Memory {
    /// After `count` more charges and requests to the system, the next `times` ones fail.
    pub(crate) fn fail_after(&self, count: u64, times: u64) {
        self.failing.set((count, times));
        self.settle();
    }

    /// Bytes in use, without the reserve.
    pub(crate) fn charged(&self) -> usize {
        self.used.get()
    }

    /// How many more of them succeed before some fail.
    pub(crate) fn left(&self) -> u64 {
        self.failing.get().0
    }

    fn fail_if_told(&self) -> Result<(), OutOfMemory> {
        match self.failing.get() {
            (u64::MAX, _) => Ok(()),
            (0, 0) => {
                self.failing.set((u64::MAX, 0));
                self.settle();
                Ok(())
            }
            (0, times) => {
                self.failing.set((0, times - 1));
                Err(OutOfMemory)
            }
            (charges, times) => {
                self.failing.set((charges - 1, times));
                Ok(())
            }
        }
    }
}
