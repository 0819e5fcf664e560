//! When recordings begin, and what one leaves behind that comes to nothing: its count and a backoff.

use super::abort::Abort;
use super::backoff::Backoff;
use super::event::Event;
use super::executor_graph::ExecutorGraph;
use super::exit_record::{ExitStatus, Record};
use super::handle::{ExitRef, Origin};
use super::store::Store;
use super::ticket::{Ended, Pending, Recording};
use offramp_uop::Pc;

impl ExecutorGraph {
    /// Ends a recording without an executor.
    pub fn abandon(&self, recording: Recording, reason: Abort) {
        self.change(|store| store.fail_recording(&recording, reason));
    }

    /// As [`abandon`](ExecutorGraph::abandon), and says where: `at` is the last instruction that
    /// was recorded.
    pub fn abandon_at(&self, recording: Recording, reason: Abort, at: Pc) {
        self.abandon_after(recording, reason, Ended::at(at, 0));
    }

    /// The same, and how far it has come.
    pub(crate) fn abandon_after(&self, recording: Recording, reason: Abort, ended: Ended) {
        self.change(|store| {
            store.note_end(&recording, ended);
            store.fail_recording(&recording, reason);
        });
    }
}

impl Store {
    pub(super) fn begin(&mut self, pc: Pc, exit: Option<ExitRef>) -> Option<Recording> {
        self.settle();
        if self.pending.is_some() || !self.config.enabled {
            return None;
        }
        let busy = |record: &Record| {
            matches!(record.status, ExitStatus::Linked(_) | ExitStatus::Recording)
        };
        let busy = exit.and_then(|exit| self.record(exit)).is_some_and(busy);
        if busy || !self.room_to_record(pc, exit) {
            return None;
        }
        if let Some(exit) = exit {
            if let Origin::ReturnPoint(pc) = exit.0 {
                let threshold = self.config.hot_exit;
                self.anchors.get_mut(pc).return_point.record_mut(threshold);
            }
            let record = self.record_mut(exit)?;
            record.status = ExitStatus::Recording;
        }
        let (recording, pending) = Recording::begin(self.executors.reserve(pc), exit);
        self.pending = Some(pending);
        self.note(Event::Recording { pc, exit });
        Some(recording)
    }

    /// Finalises a recording whose ticket was dropped.
    #[inline]
    pub(super) fn settle(&mut self) {
        if self.pending.as_ref().is_some_and(Pending::is_dropped) {
            self.end(Abort::Dropped);
        }
    }

    /// The pending recording behind `ticket`, no longer pending.
    pub(super) fn take(&mut self, ticket: &Recording) -> Option<Pending> {
        let ours = |pending: &mut Pending| pending.executor == ticket.executor();
        self.pending.take_if(ours)
    }

    /// Ends the recording behind `ticket`, if it is pending, without an executor.
    pub(super) fn fail_recording(&mut self, ticket: &Recording, reason: Abort) {
        if let Some(pending) = self.take(ticket) {
            self.fail(&pending, reason);
        }
    }

    /// How far the recording behind `ticket` has come.
    pub(super) fn note_end(&mut self, ticket: &Recording, ended: Ended) {
        let ours = |pending: &&mut Pending| pending.executor == ticket.executor();
        if let Some(pending) = self.pending.as_mut().filter(ours) {
            pending.ended = Some(ended);
        }
    }

    /// Ends the pending recording without an executor.
    pub(super) fn end(&mut self, reason: Abort) {
        if let Some(pending) = self.pending.take() {
            self.fail(&pending, reason);
        }
    }

    /// What a failed recording leaves behind: nothing but its count and a backoff.
    pub(super) fn fail(&mut self, pending: &Pending, reason: Abort) {
        self.forget_dependencies(pending.executor, &pending.dependencies);
        self.executors.release(pending.executor);
        let (pc, exit) = (pending.executor.pc, pending.exit);
        self.history.abandon(pending, reason);
        let ended = pending.ended;
        self.account.abandoned(ended.map_or(0, |ended| ended.uops));
        let at = ended.map(|ended| ended.at);
        self.note(Event::Aborted {
            pc,
            exit,
            at,
            reason,
        });
        match exit {
            // It asks again when it is affordable.
            _ if reason == Abort::Cost => self.put_off(pc, exit),
            Some(exit) => self.fail_exit(exit, reason),
            None => {
                self.anchors.get_mut(pc).waits_for = ended.and_then(|ended| ended.inner);
                self.fail_anchor(pc, reason);
            }
        }
    }

    /// Notes how many uops are likely to be left of what was recorded.
    pub(super) fn note_cost(&mut self, ticket: &Recording, uops: u32) {
        match ticket.exit() {
            Some(exit) => {
                if let Some(record) = self.record_mut(exit) {
                    record.likely = uops;
                }
            }
            None => self.anchors.get_mut(ticket.pc()).likely = uops,
        }
    }

    /// Lets what was recorded from for nothing get hot again.
    fn put_off(&mut self, pc: Pc, exit: Option<ExitRef>) {
        let threshold = self.config.hot_loop;
        match exit {
            Some(exit) => {
                if let Some(record) = self.record_mut(exit) {
                    record.temperature = Backoff::new(record.threshold);
                    record.status = ExitStatus::Cold;
                }
                self.refuse_growth();
            }
            None => self.anchors.get_mut(pc).counter = Some(Backoff::new(threshold)),
        }
    }

    fn fail_anchor(&mut self, pc: Pc, reason: Abort) {
        let (threshold, most) = (self.config.hot_loop, self.config.failures);
        let jitter = self.jitter();
        let anchor = self.anchors.get_mut(pc);
        let counter = anchor.counter.get_or_insert(Backoff::new(threshold));
        anchor.failures = anchor.failures.saturating_add(1);
        match (anchor.failures >= most.max(1), reason.penalty()) {
            // It is likely to come to something when others have been compiled, but not for sure.
            (true, 0) => counter.restart(threshold, 1, jitter),
            (true, _) => counter.give_up(jitter),
            (false, penalty) => counter.restart(threshold, penalty, jitter),
        }
    }

    /// Restarts the backoff of an exit that could not be served; gives it up at the third time.
    pub(super) fn fail_exit(&mut self, exit: ExitRef, reason: Abort) {
        let (threshold, most) = (self.config.hot_exit, self.config.failures);
        let jitter = self.jitter();
        let Some(record) = self.record_mut(exit) else {
            return;
        };
        record.failures = record.failures.saturating_add(1);
        let give_up = record.failures >= most.max(1);
        if give_up {
            record.temperature.give_up(jitter);
        } else {
            record
                .temperature
                .restart(threshold, reason.penalty(), jitter);
        }
        if let ExitStatus::Linked(_) = record.status {
            return;
        }
        record.status = match give_up {
            true => ExitStatus::GivenUp(reason),
            false => ExitStatus::Cold,
        };
        if give_up {
            self.note(Event::GivenUp { exit, reason });
        }
    }

    /// Makes every given-up exit, return point and anchor try again at its ordinary threshold.
    pub(super) fn reset_given_up(&mut self) {
        let counter = self.exit_counter();
        let reset = |record: &mut Record| {
            if let ExitStatus::GivenUp(_) = record.status {
                *record = Record {
                    status: ExitStatus::Cold,
                    temperature: counter,
                    failures: 0,
                    ..record.clone()
                };
            }
        };
        let (hot_loop, most) = (self.config.hot_loop, self.config.failures);
        for (_, anchor) in self.anchors.iter_mut() {
            anchor.return_point.existing().into_iter().for_each(reset);
            if anchor.failures >= most {
                anchor.failures = 0;
                anchor.counter = Some(Backoff::new(hot_loop));
            }
        }
        for executor in self.executors.iter_mut() {
            executor.exits.iter_mut().for_each(reset);
        }
    }
}
