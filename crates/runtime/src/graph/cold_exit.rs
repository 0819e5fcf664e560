//! The cold exit: what happens at an exit that leads nowhere yet.
//!
//! In this order: an executor that takes over exactly what is pending, or a header whose contract
//! the exit has shown → link and jump; a root at the target → link through an adapter and jump;
//! not hot yet → cool one tick and leave; hot → ask for a recording. The first two cost nothing
//! but a look-up, so an exit never waits for a threshold when its target exists.
//!
//! The look-up compares signatures with everything that starts at the target, so an exit repeats it
//! only when something was installed there meanwhile: [`Anchor::installs`](super::anchor::Anchor)
//! counts that, and a record remembers the count it has seen. What an exit costs that stays cold
//! does not depend on how much hangs at its target, and an exit that was given up still gets linked
//! as soon as there is something to link it to.

use super::abort::Abort;
use super::backend::{Backend, Code, Taken};
use super::event::{Event, Invalidation};
use super::executor::Role;
use super::exit_record::{ExitStatus, Link};
use super::handle::{ExecutorRef, ExitRef};
use super::store::Store;
use offramp_uop::evaluate::Entry;
use offramp_uop::{ExitKind, Pc};
use std::sync::Arc;

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
    /// ([`begin_side`](crate::explicit::ExecutorGraph::begin_side)), or go on interpreting. The recording
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

/// Where an exit leads, and what the host does next if it leads there.
pub(super) enum Answer {
    /// See [`Onward::Jump`](super::Onward::Jump).
    Jump(ExecutorRef, Entry),
    /// See [`Onward::StoreAndJump`](super::Onward::StoreAndJump).
    StoreAndJump(ExecutorRef),
    /// See [`Onward::Leave`](super::Onward::Leave).
    Leave(Leave),
}

impl Store {
    /// Counts an entry from the host and begins its activation, if `executor` is a live root; its code.
    #[inline]
    pub(super) fn begin_entry(&mut self, executor: ExecutorRef) -> Option<Arc<dyn Code>> {
        self.settle();
        let enabled = self.config.enabled;
        let found = self.executors.get_mut(executor);
        let root = found.filter(|it| enabled && it.is_live() && it.trace.entry.is_empty())?;
        root.entered += 1;
        root.see();
        let (tree, code) = (root.membership.tree, root.code.clone());
        self.cache.pass(tree);
        self.sweep_if_due();
        self.activations.push(executor);
        self.note(Event::Entered { executor });
        Some(code)
    }

    /// The code of an executor that an exit leads to.
    pub(super) fn code_of(&self, executor: ExecutorRef) -> Arc<dyn Code> {
        let found = self.executors.get(executor);
        found.expect("what an exit leads to exists").code.clone()
    }

    /// Where the exit that was taken leads; counts what traces have executed.
    #[inline]
    pub(super) fn take_exit(&mut self, taken: &Taken<'_>, backend: &dyn Backend) -> Answer {
        let (pc, base) = (taken.pc, taken.base);
        if taken.unmade {
            self.count_stay(0);
            return Answer::Leave(Leave::Error { pc, base });
        }
        let profile = self.config.profile;
        let owner = self.executors.get_mut(taken.executor);
        let owner = owner.unwrap_or_else(|| panic!("{} was freed while it ran", taken.executor));
        let kind = owner.trace.exit(taken.exit).kind;
        let record = &mut owner.exits[taken.exit.index()];
        record.taken += u64::from(profile);
        let link = record.link();
        let work = taken.work + u64::from(record.done);
        self.account.executed(work);
        let onward = match kind {
            // As returns are, a transfer is to a place that is known at run time only.
            _ if taken.transferred || kind == ExitKind::Dynamic => {
                let root = self.linked_return_point(pc, profile);
                root.map(Answer::StoreAndJump)
            }
            _ => link.map(|link| Answer::Jump(link.executor, link.entry)),
        };
        let answer = onward.unwrap_or_else(|| self.take_cold(taken, kind, backend));
        match answer {
            Answer::Leave(_) => self.count_stay(work),
            _ => self.count_work(work),
        }
        answer
    }

    /// The same of an exit that is not linked.
    ///
    /// Most of them are taken now and then and never get hot. Such a one looks up nothing but its
    /// record and how much is installed at its target.
    #[inline]
    fn take_cold(&mut self, taken: &Taken<'_>, kind: ExitKind, backend: &dyn Backend) -> Answer {
        let (pc, base) = (taken.pc, taken.base);
        self.settle();
        let exit = taken.executor.exit(taken.exit);
        self.note(Event::ColdExit { exit });
        if !self.retired.is_empty() {
            self.drain(Some(taken.executor));
        }
        let enabled = self.config.enabled;
        let installs = self.anchors.get(pc).map_or(0, |it| it.installs);
        let may_record = self.pending.is_none();
        let owner = self.executors.get_mut(taken.executor);
        let owner = owner.expect("the owner of an exit stays until it is answered");
        owner.see();
        let (live, is_adapter) = (owner.is_live(), owner.is_adapter());
        match live {
            true => self.cache.pass(owner.membership.tree),
            false => self.cache.pass_none(),
        }
        let is_root = owner.role == Role::Root;
        let record = &mut owner.exits[taken.exit.index()];
        record.cold += 1;
        if taken.transferred {
            return match live {
                true => self.return_through(pc, base),
                false => Answer::Leave(Leave::Resume { pc, base }),
            };
        }
        let resume = match record.early {
            true => Leave::StepFirst { pc, base },
            false => Leave::Resume { pc, base },
        };
        match kind {
            ExitKind::Error => return Answer::Leave(Leave::Error { pc, base }),
            ExitKind::Poll => return Answer::Leave(Leave::Interrupt { pc, base }),
            ExitKind::Deopt => return Answer::Leave(resume),
            _ if !live => return Answer::Leave(resume),
            ExitKind::Dynamic => return self.return_through(pc, base),
            ExitKind::Side => {}
        }
        if !enabled || is_adapter || record.status == ExitStatus::Recording {
            return Answer::Leave(resume);
        }
        let given_up = matches!(record.status, ExitStatus::GivenUp(_));
        let may_be_useless = given_up && record.early && is_root;
        // What had been installed at the target when the exit asked last does not fit.
        let news = record.asked != installs;
        let calm = !news && !may_be_useless;
        if calm && (!record.temperature.tick() || !may_record) {
            return Answer::Leave(resume);
        }
        self.warm_exit(taken, resume, may_be_useless, news, backend)
    }

    /// The root that returns to `pc` lead to; counts that it is returned to.
    fn linked_return_point(&mut self, pc: Pc, profile: bool) -> Option<ExecutorRef> {
        let through = self.anchors.get_mut(pc).return_point.existing()?;
        through.taken += u64::from(profile);
        Some(through.link()?.executor)
    }

    /// Where a side exit leads that has news of its target, or is hot, or shows that its root is of
    /// no use. One without news has been cooled by a tick.
    #[cold]
    fn warm_exit(
        &mut self,
        taken: &Taken<'_>,
        resume: Leave,
        may_be_useless: bool,
        news: bool,
        backend: &dyn Backend,
    ) -> Answer {
        let exit = taken.executor.exit(taken.exit);
        if news && let Some(answer) = self.look_for_target(exit, resume, backend) {
            return answer;
        }
        if may_be_useless && self.count_useless(taken.executor) {
            return Answer::Leave(resume);
        }
        if !self.triggered(exit) {
            return Answer::Leave(resume);
        }
        // An adapter that got no memory may get it now.
        if !news && let Some(answer) = self.look_for_target(exit, resume, backend) {
            return answer;
        }
        if self.generalise(exit) {
            return Answer::Leave(resume);
        }
        if self.depth_behind(exit) > self.config.chain_depth {
            self.fail_exit(exit, Abort::Capacity);
            return Answer::Leave(resume);
        }
        Answer::Leave(Leave::Record {
            exit,
            pc: taken.pc,
            base: taken.base,
        })
    }

    /// Links `exit` to what was installed at its target since it asked last, if something fits.
    fn look_for_target(
        &mut self,
        exit: ExitRef,
        resume: Leave,
        backend: &dyn Backend,
    ) -> Option<Answer> {
        self.has_asked(exit);
        if let Some((executor, entry)) = self.find_entry(exit)
            && let Ok(link) = self.link(exit, executor, entry)
        {
            return Some(self.jump(link));
        }
        if let Some(root) = self.find_root_for_adapter(exit) {
            return Some(match self.link_adapter(exit, root, backend) {
                Ok(link) => self.jump(link),
                Err(_) => {
                    self.fail_exit(exit, Abort::Compile);
                    self.asks_again(exit);
                    Answer::Leave(resume)
                }
            });
        }
        None
    }

    /// Lets `exit` look at its target once more, unless it was given up.
    fn asks_again(&mut self, exit: ExitRef) {
        let record = self.record_mut(exit);
        let record = record.filter(|it| !matches!(it.status, ExitStatus::GivenUp(_)));
        if let Some(record) = record {
            record.asked = 0;
        }
    }

    /// Notes that `exit` has seen everything that is installed at its target.
    fn has_asked(&mut self, exit: ExitRef) {
        let target = self.exit_state(exit).map(|(state, _)| state.target);
        let anchor = target.and_then(|pc| self.anchors.get(pc));
        let installs = anchor.map_or(0, |it| it.installs);
        if let Some(record) = self.record_mut(exit) {
            record.asked = installs;
            record.looked += 1;
        }
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
        if record.status == ExitStatus::Recording {
            return resume;
        }
        if let Some(root) = self.any_root_at(pc)
            && self.link(exit, root, Entry::Start).is_ok()
        {
            self.see(root);
            return Answer::StoreAndJump(root);
        }
        match self.triggered(exit) {
            true => Answer::Leave(Leave::Record { exit, pc, base }),
            false => resume,
        }
    }

    fn jump(&mut self, link: Link) -> Answer {
        self.see(link.executor);
        Answer::Jump(link.executor, link.entry)
    }

    /// The first live executor at `pc` that everything-in-memory may enter: the interpreter's
    /// own roots before side traces that happen to take nothing over. Nothing while it sleeps.
    pub(super) fn root_at(&self, pc: Pc) -> Option<ExecutorRef> {
        let anchor = self.anchors.get(pc)?;
        match anchor.asleep {
            None => anchor.starts.takes_nothing(),
            Some(_) => None,
        }
    }

    /// The same, whether it sleeps or not: links lead to it all the same.
    pub(super) fn any_root_at(&self, pc: Pc) -> Option<ExecutorRef> {
        self.anchors.get(pc)?.starts.takes_nothing()
    }

    /// Cools `exit` one tick; whether it is hot and a recording may be asked for.
    fn triggered(&mut self, exit: ExitRef) -> bool {
        let may_record = self.pending.is_none();
        let (known, cold) = self
            .record(exit)
            .map_or((0, 0), |record| (record.likely, record.cold));
        let affords = self.affords_side(known, cold);
        let Some(record) = self.record_mut(exit) else {
            return false;
        };
        if !record.temperature.tick() {
            return false;
        }
        if !affords {
            record.temperature.put_off(u64::from(record.threshold / 8));
            self.refuse_growth();
        }
        affords && may_record
    }

    /// Counts an early cold exit of a root by an exit that was given up and, after many with little
    /// else, makes room for another root.
    fn count_useless(&mut self, executor: ExecutorRef) -> bool {
        let limit = self.config.useless_root;
        let Some(owner) = self.executors.get_mut(executor) else {
            return false;
        };
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
        self.invalidate(executor, Invalidation::Useless);
        true
    }
}
