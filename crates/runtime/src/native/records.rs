//! Exit records as machine code reads them, and the code they belong to.
//!
//! One array of records per executor, never moved while the executor exists: compiled code holds
//! their addresses. A record's target is the one word that linking writes and a side exit reads.
#![allow(
    unsafe_code,
    reason = "compiled code hands back addresses of records: see `Record::code`"
)]

use super::pending::Departures;
use super::run::Context;
use crate::code_memory::CodeSlot as Slot;
use crate::graph::{Code, CodeFigures, ExecutorRef, Listing, Rounds};
use offramp_uop::evaluate::Entry;
use offramp_uop::lower::{ExitLayout, ExitMap, Location};
use offramp_uop::{EntrySignature, ExitId, ExitKind, Holds, Pc, Trace};
use std::any::Any;
use std::mem::offset_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// An exit record. Read by machine code: the target's offset is in [`ExitLayout`].
#[derive(Debug)]
#[repr(C)]
pub(super) struct Record {
    /// The code to go on at. Never null.
    target: AtomicPtr<u8>,
    /// The owner.
    code: *const NativeCode,
    /// Which exit of the owner.
    pub(super) exit: ExitId,
}

// SAFETY: the owner's address is only compared and handed to `Record::code`, whose caller proves
// that the owner exists; `NativeCode` itself is Sync.
unsafe impl Send for Record {}
// SAFETY: as above; the target is atomic.
unsafe impl Sync for Record {}

/// Bytes from one record to the next.
const STRIDE: usize = size_of::<Record>();

impl Record {
    /// The code this record belongs to.
    ///
    /// # Safety
    /// The record's owner must not have been freed.
    pub(super) unsafe fn code<'a>(&self) -> &'a NativeCode {
        // SAFETY: set by `NativeCode::new` to the owner's address, which does not change; the
        // caller proves that the owner exists.
        unsafe { &*self.code }
    }
}

/// A trace in machine code, with its records.
#[derive(Debug)]
pub(super) struct NativeCode {
    pub(super) trace: Arc<Trace>,
    pub(super) executor: ExecutorRef,
    /// One per exit, then the way from the preamble to the loop.
    records: Box<[Record]>,
    /// How often each record's exit was taken, at the record's stride, then how often the way to the
    /// loop, then how often the loop went round; empty unless profiling.
    counts: Box<[[AtomicU64; STRIDE / 8]]>,
    valid: Box<AtomicU64>,
    cold_exit: *const u8,
    context: Arc<Context>,
    /// Filled in once, when the code is published.
    published: std::sync::OnceLock<Published>,
}

/// What is known once the code exists.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) start: Slot,
    pub(super) looped: Option<Slot>,
    pub(super) entry: Vec<Location>,
    pub(super) header: Vec<Location>,
    pub(super) exits: Vec<ExitMap>,
    pub(super) departures: Departures,
    pub(super) exit_bytes: usize,
    pub(super) listing: Option<Arc<Listing>>,
}

// SAFETY: the cold exit's address is never dereferenced by Rust; everything else is Send and Sync.
unsafe impl Send for NativeCode {}
// SAFETY: as above.
unsafe impl Sync for NativeCode {}

impl NativeCode {
    /// Records for the exits of `trace`, all leading to the cold exit. The code comes later: it
    /// holds the records' addresses. With `profile` it counts every exit.
    pub(super) fn new(
        trace: Arc<Trace>,
        executor: ExecutorRef,
        cold_exit: *const u8,
        context: Arc<Context>,
        profile: bool,
    ) -> Arc<NativeCode> {
        Arc::new_cyclic(|this: &std::sync::Weak<NativeCode>| {
            let record = |exit: usize| Record {
                target: AtomicPtr::new(cold_exit.cast_mut()),
                code: this.as_ptr(),
                exit: ExitId(exit as u32),
            };
            let all = 0..=trace.exits.len();
            let counted = (0..trace.exits.len() + 2).filter(|_| profile);
            NativeCode {
                records: all.map(record).collect(),
                counts: counted.map(|_| Default::default()).collect(),
                valid: Box::new(AtomicU64::new(1)),
                cold_exit,
                context,
                published: std::sync::OnceLock::new(),
                trace,
                executor,
            }
        })
    }

    /// Whether it was made for the machine context `context`.
    pub(super) fn is_of(&self, context: &Arc<Context>) -> bool {
        Arc::ptr_eq(&self.context, context)
    }

    pub(super) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Whether every exit that is taken is counted.
    pub(super) fn counts(&self) -> bool {
        !self.counts.is_empty()
    }

    /// Where machine code finds the records.
    pub(super) fn layout(&self) -> ExitLayout {
        let records = self.records.as_ptr_range();
        let counts = self.counts.first().map(|first| first.as_ptr() as u64);
        ExitLayout {
            count: counts.map(|counts| counts.wrapping_sub(records.start as u64) as i64),
            high: self.context.high(records.start as u64..records.end as u64),
            records: records.start as u64,
            stride: STRIDE as u32,
            target: offset_of!(Record, target) as u32,
            valid: &raw const *self.valid as u64,
            witness: cfg!(debug_assertions).then_some(records.start as u64),
        }
    }

    /// The code is there: the preamble leads to the loop.
    pub(super) fn publish(&self, published: Published) {
        if let Some(looped) = &published.looped {
            let way = self.records.last().expect("one record more than exits");
            way.target
                .store(looped.entry().cast_mut(), Ordering::Release);
        }
        assert!(
            self.published.set(published).is_ok(),
            "code is published once"
        );
    }

    #[inline]
    pub(super) fn published(&self) -> &Published {
        self.published
            .get()
            .expect("what runs or is linked was published")
    }

    /// The code and the locations of an entry.
    pub(super) fn entry(&self, entry: Entry) -> (*const u8, &[Location]) {
        let published = self.published();
        match (entry, &published.looped) {
            (Entry::Start, _) => (published.start.entry(), &published.entry),
            (Entry::Header, Some(looped)) => (looped.entry(), &published.header),
            (Entry::Header, None) => unreachable!("a header has a loop"),
        }
    }

    fn of(code: &dyn Code) -> &NativeCode {
        let any: &dyn Any = code;
        any.downcast_ref()
            .expect("a back end meets its own code only")
    }

    /// Where a trace that takes `entry` over from `exit` finds what is pending there.
    pub(super) fn inherited(&self, exit: ExitId, entry: &EntrySignature) -> Vec<Location> {
        // Agreement means the same words in the same order.
        let words = entry.words.iter();
        let words = words.zip(&self.published().exits[exit.index()].words);
        let params = words.filter(|(word, _)| matches!(word.holds, Holds::Param(_)));
        params
            .map(|(_, location)| location.expect("what is no constant travels"))
            .collect()
    }

    /// The native code behind an executor's code.
    pub(super) fn from_code(code: &dyn Code) -> &NativeCode {
        NativeCode::of(code)
    }
}

impl Code for NativeCode {
    fn bytes(&self) -> usize {
        let figures = self.figures();
        figures.code_bytes + figures.record_bytes
    }

    fn figures(&self) -> CodeFigures {
        let published = self.published();
        let looped = published.looped.as_ref().map_or(0, Slot::len);
        CodeFigures {
            code_bytes: published.start.len() + looped,
            exit_bytes: published.exit_bytes,
            record_bytes: size_of_val::<[Record]>(&self.records),
        }
    }

    fn taken(&self, exit: ExitId) -> Option<u64> {
        let counts = self.counts.get(exit.index());
        counts.map(|counts| counts[0].load(Ordering::Relaxed))
    }

    fn rounds(&self) -> Option<Rounds> {
        let count = |behind: usize| {
            let count = self.counts.get(self.trace.exits.len() + behind)?;
            Some(count[0].load(Ordering::Relaxed))
        };
        Some(Rounds {
            into_loop: count(0)?,
            back: count(1)?,
        })
    }

    fn listing(&self) -> Option<Arc<Listing>> {
        self.published().listing.clone()
    }

    fn fits(&self, exit: ExitId, to: &dyn Code, entry: Entry) -> bool {
        let to = NativeCode::of(to);
        let signature = match entry {
            Entry::Start => to.trace.entry.clone(),
            Entry::Header => match to.trace.header_signature() {
                Some(signature) => signature,
                None => return false,
            },
        };
        let handed = &self.published().exits[exit.index()];
        let params = signature.words.iter().zip(&handed.words);
        let params = params.filter(|(word, _)| matches!(word.holds, Holds::Param(_)));
        let arriving = params.map(|(_, location)| *location);
        let extras = handed.extras.iter().take(signature.extras.len());
        let arriving = arriving.chain(extras.map(|location| Some(*location)));
        let (_, wanted) = to.entry(entry);
        arriving.eq(wanted.iter().map(|location| Some(*location)))
    }

    fn link(&self, exit: ExitId, to: &dyn Code, entry: Entry) {
        // Its target is not the record's to say.
        if self.trace.exit(exit).kind == ExitKind::Dynamic {
            return;
        }
        let (target, _) = NativeCode::of(to).entry(entry);
        self.records[exit.index()]
            .target
            .store(target.cast_mut(), Ordering::Release);
    }

    fn unlink(&self, exit: ExitId) {
        let cold = self.cold_exit.cast_mut();
        self.records[exit.index()]
            .target
            .store(cold, Ordering::Release);
    }

    fn invalidate(&self) {
        self.valid.store(0, Ordering::Release);
    }

    fn link_return_point(&self, pc: Pc) {
        let (start, _) = self.entry(Entry::Start);
        self.context.set_return_point(pc, Some(start));
    }

    fn unlink_return_point(&self, pc: Pc) {
        self.context.set_return_point(pc, None);
    }
}
