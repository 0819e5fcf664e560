//! The cold exit: what happens at an exit that leads nowhere yet.
//!
//! In this order: an executor that takes over exactly what is pending, or a header whose contract
//! the exit has shown → link and jump; a root at the target → link through an adapter and jump;
//! not hot yet → cool one tick and leave; hot → ask for a recording. The first two cost nothing
//! but a look-up, so an exit never waits for a threshold when its target exists.

use super::abort::Abort;
use super::backend::{Backend, Cold, Entrance, hand_over};
use super::event::{Event, Invalidation};
use super::executor::Role;
use super::exit_record::{ExitStatus, Link};
use super::handle::{ExecutorRef, ExitRef};
use super::store::Store;
use offramp_uop::evaluate::{Entry, Left};
use offramp_uop::{ExitKind, Pc};
use smallvec::SmallVec;

/// How compiled code was left: what the host does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Go on interpreting.
    Resume {
        /// The next instruction.
        pc: Pc,
        /// The frame base there, as an absolute word.
        base: i64,
    },
    /// Interpret one instruction before asking for an executor again: nothing was done since the
    /// instruction began.
    StepFirst {
        /// The next instruction.
        pc: Pc,
        /// The frame base there.
        base: i64,
    },
    /// An exit got hot: record from here on behalf of it
    /// ([`begin_side`](crate::ExecutorGraph::begin_side)), or go on interpreting. The recording
    /// covers at least the instruction at `pc`, so it makes progress.
    Record {
        /// What asks.
        exit: ExitRef,
        /// The next instruction.
        pc: Pc,
        /// The frame base there.
        base: i64,
    },
    /// The instruction at `pc` failed; the host holds the error.
    Error {
        /// The failing instruction.
        pc: Pc,
        /// The frame base there.
        base: i64,
    },
    /// An interrupt is pending.
    Interrupt {
        /// The next instruction.
        pc: Pc,
        /// The frame base there.
        base: i64,
    },
}

/// What the cold exit answers.
pub(super) enum Answer {
    /// Go on in an executor, with what is pending in registers.
    Jump(Entrance),
    /// Store what is pending, then go on in a root.
    StoreAndJump(Entrance),
    /// Store what is pending and leave to the host.
    Leave(Leave),
}

impl Store {
    /// Counts an entry from the host; whether `executor` is a live root.
    pub(super) fn begin_entry(&mut self, executor: ExecutorRef) -> bool {
        self.settle();
        let enabled = self.config.enabled;
        let found = self.executors.get_mut(executor);
        let root = found.filter(|it| enabled && it.is_live() && it.trace.entry.is_empty());
        let Some(root) = root else {
            return false;
        };
        root.entered += 1;
        self.see(executor);
        self.note(Event::Entered { executor });
        true
    }

    /// Where the exit `left` of `executor` is linked to; counts it.
    pub(super) fn follow(&mut self, executor: ExecutorRef, left: &Left) -> Option<Entrance> {
        let profile = self.config.profile;
        let exit = executor.exit(left.exit);
        let record = self.record_mut(exit);
        let record = record.unwrap_or_else(|| panic!("{executor} was freed while it ran"));
        record.taken += u64::from(profile);
        if left.transferred {
            return None;
        }
        let link = record.link();
        let kind = self.executors.get(executor)?.trace.exit(left.exit).kind;
        if kind != ExitKind::Dynamic {
            return self.entrance(link?, left);
        }
        let through = self.anchors.get_mut(left.pc).return_point.existing()?;
        through.taken += u64::from(profile);
        let root = through.link()?.executor;
        Some(enter_root(root, left.base))
    }

    /// Answers the exit `cold`.
    pub(super) fn cold_exit(&mut self, cold: &Cold, backend: &dyn Backend) -> Answer {
        self.settle();
        let (owner, left) = (cold.executor, &cold.left);
        let (pc, base) = (left.pc, left.base);
        let exit = owner.exit(left.exit);
        self.note(Event::ColdExit { exit });
        self.see(owner);
        self.drain(Some(owner));
        let from = self.executors.get(owner);
        let from = from.expect("the owner of an exit stays until it is answered");
        let early = from.record(left.exit).is_some_and(|record| record.early);
        let live = from.is_live();
        let kind = from.trace.exit(left.exit).kind;
        let resume = match early {
            true => Leave::StepFirst { pc, base },
            false => Leave::Resume { pc, base },
        };
        if let Some(record) = self.record_mut(exit) {
            record.cold += 1;
        }
        if left.transferred {
            return Answer::Leave(Leave::Resume { pc, base });
        }
        match kind {
            ExitKind::Error => Answer::Leave(Leave::Error { pc, base }),
            ExitKind::Poll => Answer::Leave(Leave::Interrupt { pc, base }),
            ExitKind::Deopt => Answer::Leave(resume),
            _ if !live => Answer::Leave(resume),
            ExitKind::Dynamic => self.return_through(pc, base),
            ExitKind::Side => self.side_exit(exit, left, resume, backend),
        }
    }

    fn side_exit(
        &mut self,
        exit: ExitRef,
        left: &Left,
        resume: Leave,
        backend: &dyn Backend,
    ) -> Answer {
        if let Some(link) = self.record(exit).and_then(|record| record.link()) {
            return self.jump(link, left);
        }
        if !self.config.enabled || self.is_adapter_exit(exit) {
            return Answer::Leave(resume);
        }
        if let Some(ExitStatus::Recording) = self.record(exit).map(|record| record.status) {
            return Answer::Leave(resume);
        }
        if let Some((executor, entry)) = self.find_entry(exit)
            && let Ok(link) = self.link(exit, executor, entry)
        {
            return self.jump(link, left);
        }
        if let Some(root) = self.find_root_for_adapter(exit) {
            return match self.link_adapter(exit, root, backend) {
                Ok(link) => self.jump(link, left),
                Err(_) => {
                    self.fail_exit(exit, Abort::Compile);
                    Answer::Leave(resume)
                }
            };
        }
        let useless = self.count_useless(exit, resume);
        if useless || !self.triggered(exit) {
            return Answer::Leave(resume);
        }
        if self.depth_behind(exit) > self.config.chain_depth {
            self.fail_exit(exit, Abort::Capacity);
            return Answer::Leave(resume);
        }
        Answer::Leave(Leave::Record {
            exit,
            pc: left.pc,
            base: left.base,
        })
    }

    /// Goes on through the return point at `pc`.
    fn return_through(&mut self, pc: Pc, base: i64) -> Answer {
        let exit = ExitRef::return_point(pc);
        let resume = Answer::Leave(Leave::Resume { pc, base });
        if !self.config.enabled {
            return resume;
        }
        let threshold = self.config.hot_exit;
        let record = self.anchors.get_mut(pc).return_point.record_mut(threshold);
        record.cold += 1;
        if let Some(link) = record.link() {
            self.see(link.executor);
            return Answer::StoreAndJump(enter_root(link.executor, base));
        }
        if record.status == ExitStatus::Recording {
            return resume;
        }
        if let Some(root) = self.root_at(pc)
            && self.link(exit, root, Entry::Start).is_ok()
        {
            return Answer::StoreAndJump(enter_root(root, base));
        }
        match self.triggered(exit) {
            true => Answer::Leave(Leave::Record { exit, pc, base }),
            false => resume,
        }
    }

    fn jump(&mut self, link: Link, left: &Left) -> Answer {
        self.see(link.executor);
        Answer::Jump(self.entrance(link, left).expect("a link leads to an entry"))
    }

    /// What `link` takes over from `left`.
    pub(super) fn entrance(&self, link: Link, left: &Left) -> Option<Entrance> {
        let target = self.executors.get(link.executor)?;
        Some(Entrance {
            executor: link.executor,
            entry: link.entry,
            handed: hand_over(left, target.signature(link.entry)?),
            base: left.base,
        })
    }

    /// The first live executor at `pc` that everything-in-memory may enter: the interpreter's
    /// own roots before side traces that happen to take nothing over.
    pub(super) fn root_at(&self, pc: Pc) -> Option<ExecutorRef> {
        let starts = &self.anchors.get(pc)?.starts;
        let mut starts = starts.iter().copied();
        starts.find(|&start| self.live(start).is_ok_and(|it| it.trace.entry.is_empty()))
    }

    fn is_adapter_exit(&self, exit: ExitRef) -> bool {
        let owner = exit.owner().and_then(|owner| self.executors.get(owner));
        owner.is_some_and(|owner| owner.is_adapter())
    }

    /// Cools `exit` one tick; whether it is hot and a recording may be asked for.
    fn triggered(&mut self, exit: ExitRef) -> bool {
        let hot = self
            .record_mut(exit)
            .is_some_and(|record| record.temperature.tick());
        hot && self.pending.is_none()
    }

    /// Counts an early cold exit of a root and, after many with little else, makes room for another
    /// root.
    fn count_useless(&mut self, exit: ExitRef, resume: Leave) -> bool {
        let limit = self.config.useless_root;
        let given_up = self
            .record(exit)
            .is_some_and(|record| matches!(record.status, ExitStatus::GivenUp(_)));
        let owner = exit.owner().filter(|_| given_up);
        let Some(owner) = owner.and_then(|owner| self.executors.get_mut(owner)) else {
            return false;
        };
        if !matches!(resume, Leave::StepFirst { .. }) || owner.role != Role::Root {
            return false;
        }
        if owner.useless == 0 {
            owner.useless_since = owner.entered.saturating_sub(1);
        }
        owner.useless += 1;
        if owner.useless < limit {
            return false;
        }
        owner.useless = 0;
        let entries = owner.entered - owner.useless_since;
        if entries * 2 >= u64::from(limit) * 3 {
            return false;
        }
        let executor = exit.owner().expect("the exit has an owner");
        self.invalidate(executor, Invalidation::Useless);
        true
    }
}

/// Enters a root, which takes nothing over.
pub(super) fn enter_root(executor: ExecutorRef, base: i64) -> Entrance {
    Entrance {
        executor,
        entry: Entry::Start,
        handed: SmallVec::new(),
        base,
    }
}
