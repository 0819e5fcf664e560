//! Trees that lose: what a stay in one executes against what the way in and out costs, and sleep.
//!
//! The interpreter enters a root and stays in compiled code until an exit leads back. A stay of a few
//! instructions costs more than it saves. Most trees outgrow that: their exits get hot and get side
//! traces. A tree that does not is put to *sleep*: it keeps its code and its links, and the interpreter
//! does not enter it for a number of arrivals.
//!
//! There are two reasons. If the account refused it a side trace, it dozes until that is affordable, and
//! grows on. If it loses without growing, it naps, twice as long each further time.
//!
//! Stays are judged in windows of [`WINDOW`]. A window in which the tree has grown says nothing about
//! the tree as it is now.
//!
//! Links lead to a sleeping tree as to any other: sleep is the interpreter's, and a trace that goes on
//! there saves a way out. What runs by such links counts for the root that the stay began with.

mod state;

pub(super) use state::{Ledger, Nap};

use super::account::{SAVED, WAY};
use super::handle::ExecutorRef;
use super::store::Store;
use offramp_uop::Pc;

/// Stays that are judged together.
const WINDOW: u32 = 64;

/// Windows in a row that a tree may lose in. Four have as many stays as make at least two exits hot.
const PATIENCE: u8 = 4;

/// Arrivals that a tree sleeps for at first. 4096: a window of stays that lose costs about as much as a
/// few hundred arrivals.
const NAP: u32 = 4096;

/// Arrivals after which a tree that was refused a side trace looks whether that is affordable.
const DOZE: u32 = 512;

/// How often a nap is doubled.
const LONGEST: u8 = 10;

impl Store {
    /// Traces have executed so much, and the stay goes on.
    #[inline]
    pub(super) fn count_work(&mut self, work: u64) {
        let root = self.activations.root();
        if let Some(found) = root.and_then(|root| self.executors.get_mut(root)) {
            found.ledger.work += work;
        }
    }

    /// Traces have executed so much, and the stay is over.
    #[inline]
    pub(super) fn count_stay(&mut self, work: u64) {
        self.account.left();
        let root = self.activations.root();
        let Some((root, found)) = root.and_then(|it| Some((it, self.executors.get_mut(it)?)))
        else {
            return;
        };
        found.ledger.work += work;
        found.ledger.stays += 1;
        if found.ledger.stays >= WINDOW {
            self.judge(root);
        }
    }

    /// Notes that the tree the program is in was refused a side trace.
    pub(super) fn refuse_growth(&mut self) {
        let root = self.activations.root();
        if let Some(found) = root.and_then(|root| self.executors.get_mut(root)) {
            found.ledger.refused = true;
        }
    }

    /// A window of stays is over.
    #[cold]
    fn judge(&mut self, root: ExecutorRef) {
        let (affords, may_sleep) = (self.affords_side(0, 0), self.may_sleep());
        let Some(found) = self.executors.get_mut(root) else {
            return;
        };
        let ledger = &mut found.ledger;
        let (stays, work) = (u64::from(ledger.stays), ledger.work);
        ledger.stays_before += stays;
        ledger.work_before += work;
        (ledger.stays, ledger.work) = (0, 0);
        if !found.is_live() {
            return;
        }
        let size = self.cache.size(found.membership.tree);
        let ledger = &mut found.ledger;
        if std::mem::replace(&mut ledger.size, size) != size {
            (ledger.lost, ledger.naps) = (0, 0);
            return;
        }
        if SAVED * work >= WAY * stays {
            (ledger.lost, ledger.naps) = (0, 0);
            return;
        }
        ledger.lost += 1;
        let hopeless = ledger.refused && !affords;
        if ledger.lost < PATIENCE && !hopeless || !may_sleep {
            ledger.lost = ledger.lost.min(PATIENCE);
            return;
        }
        let of = match hopeless {
            true => DOZE,
            false => NAP << ledger.naps,
        };
        ledger.naps = (ledger.naps + u8::from(!hopeless)).min(LONGEST);
        (ledger.lost, ledger.refused) = (0, false);
        self.anchors.get_mut(root.pc).asleep = Some(Nap { left: of, of });
        self.stats.naps += 1;
    }

    /// Whether trees sleep at all: not where every trace is wanted, or the account is switched off.
    fn may_sleep(&self) -> bool {
        self.config.compile_burst != u32::MAX && self.config.sleeps()
    }

    /// How many of `arrivals` at `pc` the root there sleeps through; 0 if none does. It wakes when they
    /// are over, if the account affords that it grows.
    pub(super) fn sleeps_on(&mut self, pc: Pc, arrivals: u32) -> u32 {
        let affords = self.affords_growth();
        let gone = self.any_root_at(pc).is_none();
        let Some(anchor) = self.anchors.existing(pc) else {
            return 0;
        };
        let Some(nap) = &mut anchor.asleep else {
            return 0;
        };
        if gone {
            anchor.asleep = None;
            return 0;
        }
        match nap.left.min(arrivals) {
            0 if affords => {
                anchor.asleep = None;
                // It is entered at the next one.
                1
            }
            0 => {
                nap.left = nap.of;
                1
            }
            slept => {
                nap.left -= slept;
                slept
            }
        }
    }
}
