//! Exit records: the datum behind a side exit.
//!
//! A record says where the exit leads now and how often it was taken cold. Machine code has records
//! of its own, which hold the target's address and, while profiling, a count.

use super::abort::Abort;
use super::backoff::Backoff;
use super::handle::ExecutorRef;
use offramp_uop::evaluate::Entry;

/// Where an exit leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// To the cold exit; counts down.
    Cold,
    /// To the cold exit; a recording works for it.
    Recording,
    /// To an executor whose signature agrees.
    Linked(Link),
    /// To the cold exit; recording failed too often. A long backoff, not for ever.
    GivenUp(Abort),
}

/// A link: the target of an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The executor jumped to.
    pub executor: ExecutorRef,
    /// Where it is entered.
    pub entry: Entry,
    /// How the link came about.
    pub kind: LinkKind,
}

/// The kinds of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkKind {
    /// To the start of an executor with exactly this exit's signature.
    Exact,
    /// To an adapter, which stores what is pending and goes on to a root.
    Adapter,
    /// From an adapter to its root.
    Onward,
    /// To a header whose contract the exit has shown.
    Header,
    /// From a return point to the root there.
    ReturnPoint,
}

impl LinkKind {
    /// Every kind.
    pub const ALL: [LinkKind; 5] = [
        LinkKind::Exact,
        LinkKind::Adapter,
        LinkKind::Onward,
        LinkKind::Header,
        LinkKind::ReturnPoint,
    ];

    /// Its name in descriptions and reports.
    pub fn name(self) -> &'static str {
        match self {
            LinkKind::Exact => "exact",
            LinkKind::Adapter => "adapter",
            LinkKind::Onward => "onward",
            LinkKind::Header => "header",
            LinkKind::ReturnPoint => "return-point",
        }
    }
}

/// The run-time state of one exit or return point.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) status: ExitStatus,
    pub(super) temperature: Backoff,
    /// Whether the exit can be reached without an instruction having committed.
    pub(super) early: bool,
    /// Whether the exit can be reached without a poll.
    pub(super) quiet: bool,
    /// How often it is taken before it asks for a recording, while the
    /// [account](super::account) covers what traces cost.
    pub(super) threshold: u16,
    /// Instructions that the trace has executed when it is left here, beyond those that it has counted.
    pub(super) done: u32,
    /// Uops that a trace from here is likely to have, if one was recorded that was too dear; else 0.
    pub(super) likely: u32,
    /// While linked, where among the [incoming](super::executor::Executor::incoming) of its target.
    pub(super) place: u32,
    /// Recordings that failed in a row.
    pub(super) failures: u8,
    /// The adapter made for this exit; lives and dies with the exit's owner.
    pub(super) adapter: Option<ExecutorRef>,
    /// How much had been [installed](super::anchor::Anchor::installs) at its target when it looked
    /// there last; 0 if it has not since it was linked last.
    pub(super) asked: u32,
    /// Times it looked.
    pub(super) looked: u64,
    /// Times it was taken while not linked.
    pub(super) cold: u64,
    /// Times it was taken, linked or not; counted while profiling.
    pub(super) taken: u64,
}

impl Record {
    pub(super) fn new(temperature: Backoff) -> Record {
        Record {
            status: ExitStatus::Cold,
            temperature,
            threshold: Record::threshold_of(temperature),
            early: false,
            quiet: false,
            done: 0,
            likely: 0,
            place: 0,
            failures: 0,
            adapter: None,
            asked: 0,
            looked: 0,
            cold: 0,
            taken: 0,
        }
    }

    /// It asks for a recording after what `temperature` counts, in place of what it was made with.
    pub(super) fn set_temperature(&mut self, temperature: Backoff) {
        self.temperature = temperature;
        self.threshold = Record::threshold_of(temperature);
    }

    fn threshold_of(temperature: Backoff) -> u16 {
        u16::try_from(temperature.remaining() + 1).unwrap_or(u16::MAX)
    }

    pub(super) fn link(&self) -> Option<Link> {
        match self.status {
            ExitStatus::Linked(link) => Some(link),
            _ => None,
        }
    }

    pub(super) fn info(&self) -> ExitInfo {
        ExitInfo {
            status: self.status,
            temperature: self.temperature,
            early: self.early,
            quiet: self.quiet,
            failures: self.failures,
            looked: self.looked,
            cold: self.cold,
            taken: self.taken,
        }
    }
}

/// What [`ExecutorGraph::exit_info`](crate::explicit::ExecutorGraph::exit_info) tells about an exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExitInfo {
    /// Where it leads.
    pub status: ExitStatus,
    /// How far it is from asking for a recording.
    pub temperature: Backoff,
    /// Whether it can be reached without an instruction having committed.
    pub early: bool,
    /// Whether it can be reached without a poll.
    pub quiet: bool,
    /// Recordings that failed in a row.
    pub failures: u8,
    /// Times it looked for something to be linked to at its target. An exit that stays cold looks
    /// again only when something was installed there.
    pub looked: u64,
    /// Times it was taken while not linked.
    pub cold: u64,
    /// Times it was taken, linked or not; counted while
    /// [profiling](crate::Config::profile) is on.
    pub taken: u64,
}
