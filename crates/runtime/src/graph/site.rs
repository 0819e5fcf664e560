//! Sites: instructions that many shapes, types or metatables pass.
//!
//! An instruction that guards on what it meets makes a trace for each thing that it meets: the guard
//! fails, a side trace begins at the same instruction and tests for the next thing, and so on. Up to a
//! few that is worth it; beyond that every pass walks a chain of failing guards, and at the chain's
//! end it leaves to the interpreter. So an instruction may have a *general way*, which does the same
//! with a helper or a look-up and without those guards, and asks
//! ([`Machine::general`](crate::Machine::general)) whether to take it.
//!
//! A place becomes general, for good, when an exit gets hot that comes after
//! [`Config::general_after`](crate::Config) tests in a row. What tests there in that chain is
//! invalidated then, so that its root is recorded again and takes the general way at once. Other
//! traces with a test there follow when theirs gets hot. Executors made later are left alone, so each
//! executor is replaced once at most.
//!
//! It is policy: the instruction must have the same effects either way, so nothing depends on
//! it and nothing guards it.

use super::anchor::Site;
use super::backoff::Backoff;
use super::event::{Event, Invalidation};
use super::executor::Role;
use super::executor_graph::ExecutorGraph;
use super::handle::{Birth, ExecutorRef, ExitRef, Origin};
use super::store::Store;
use super::trace_end::last_exit;
use offramp_uop::Pc;

impl Store {
    /// Whether the instruction at `pc` is to take its general way, which it has.
    fn asks_general(&mut self, pc: Pc) -> bool {
        let always = self.config.general_after == 0;
        let site = &mut self.anchors.get_mut(pc).site;
        site.ask();
        always || site.is_general()
    }

    /// Invalidates what leads to a hot `exit` by tests of an instruction that is general, or has
    /// become so by this exit; whether it was.
    pub(super) fn generalise(&mut self, exit: ExitRef) -> bool {
        let Some((target, owner, birth)) = self.test_behind(exit) else {
            return false;
        };
        let site = self
            .anchors
            .get(target)
            .map_or(Site::default(), |it| it.site);
        if !site.has_general_way() {
            return false;
        }
        match site.general_since() {
            Some(since) if birth > since => return false,
            Some(_) => {}
            None => {
                let most = self.config.general_after;
                if self.tests_in_a_row(exit) < most.max(1) {
                    return false;
                }
                let youngest = self.youngest();
                self.anchors.get_mut(target).site.generalise(youngest);
                self.note(Event::General { pc: target });
            }
        }
        self.replace_tests(owner, target);
        true
    }

    /// The instruction whose test fails at `exit`, and which executor that is in; nothing if `exit` is
    /// none of a guard's.
    fn test_behind(&self, exit: ExitRef) -> Option<(Pc, ExecutorRef, Birth)> {
        let Origin::Exit(owner, id) = exit.0 else {
            return None;
        };
        let found = self.live(owner).ok()?;
        if last_exit(&found.trace) == Some(id) {
            return None;
        }
        Some((found.trace.exit(id).target, owner, found.birth))
    }

    /// What `executor` hangs on, if that is a test of the instruction it begins with.
    fn hangs_on(&self, executor: ExecutorRef) -> Option<ExitRef> {
        match self.executors.get(executor)?.role {
            Role::Side(exit) => self.test_behind(exit).map(|_| exit),
            _ => None,
        }
    }

    /// How many tests of its instruction lead to `exit` one after another, its own included. Looks at no
    /// more than are asked about.
    fn tests_in_a_row(&self, exit: ExitRef) -> u16 {
        let (mut tests, mut exit) = (1, exit);
        while tests < self.config.general_after
            && self.record(exit).is_some_and(|record| record.early)
            && let Some(before) = exit.owner().and_then(|owner| self.hangs_on(owner))
        {
            (tests, exit) = (tests + 1, before);
        }
        tests
    }

    /// Invalidates `executor` and, as long as it begins at the instruction at `pc`, what it hangs on by
    /// a test of it. What led there is hot, so it need not get hot again.
    fn replace_tests(&mut self, executor: ExecutorRef, pc: Pc) {
        let hot = Backoff::new(self.config.hot_join.min(self.config.hot_exit));
        let mut next = Some(executor);
        while let Some(executor) = next {
            let begins_here = executor.pc == pc;
            next = self
                .hangs_on(executor)
                .filter(|_| begins_here)
                .and_then(ExitRef::owner);
            let led_here = match self.executors.get(executor).map(|it| it.role) {
                Some(Role::Side(exit)) => Some(exit),
                Some(Role::Root) => Some(ExitRef::return_point(executor.pc)),
                _ => None,
            };
            self.invalidate(executor, Invalidation::General);
            if let Some(record) = led_here.and_then(|exit| self.record_mut(exit)) {
                record.temperature = hot;
            }
        }
    }

    /// Instructions that are general, ascending.
    pub(super) fn general_sites(&self) -> Vec<Pc> {
        let general = self.anchors.iter().filter(|(_, it)| it.site.is_general());
        let mut general: Vec<Pc> = general.map(|(pc, _)| pc).collect();
        general.sort_unstable();
        general
    }
}

impl ExecutorGraph {
    /// Whether a recording is to take the general way of the instruction at `pc`: many different
    /// things pass there. Only an instruction that has a general way asks, which is how the graph
    /// knows that there is one.
    ///
    /// ```
    /// use offramp::Config;
    /// use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
    /// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
    /// assert!(!graph.general(4));
    /// ```
    pub fn general(&self, pc: Pc) -> bool {
        self.store.borrow_mut().asks_general(pc)
    }
}
