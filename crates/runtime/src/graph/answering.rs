//! A run: how it begins, where exits lead, and that it ends.
//!
//! An exit that is not linked asks one question here, where it leads. The [store](super::store)
//! decides; here the decision is split into what the back end does now and what the host is told when
//! the run is over.

use super::backend::{Entrance, Onward, Records, Taken};
use super::cold_exit::{Answer, Leave};
use super::executor_graph::ExecutorGraph;
use super::handle::ExecutorRef;
use super::report::LeftBy;
use super::store::Store;
#[cfg(any(test, feature = "test-hooks"))]
use offramp_uop::ExitId;
use offramp_uop::evaluate::State;
use std::cell::RefCell;

/// The graph as the back end sees it during a run. Only the graph makes one: what running code tells,
/// such as that it calls a helper, decides what is freed.
pub(super) struct Answering<'a>(pub(super) &'a ExecutorGraph);

impl Records for Answering<'_> {
    fn onward(&self, taken: &Taken<'_>) -> Onward {
        #[cfg(any(test, feature = "test-hooks"))]
        if !taken.unmade {
            self.asks(taken.executor, taken.exit);
            self.0.told_leaving.set(None);
        }
        let mut store = self.0.store.borrow_mut();
        match store.take_exit(taken, &*self.0.backend) {
            Answer::Jump(executor, entry) => Onward::Jump {
                executor,
                code: store.code_of(executor),
                entry,
            },
            Answer::StoreAndJump(executor) => Onward::StoreAndJump {
                executor,
                code: store.code_of(executor),
            },
            Answer::Leave(leave) => {
                if store.config.profile {
                    self.0.left_by.set(LeftBy::of(taken));
                }
                self.0.leave.set(Some(leave));
                Onward::Leave
            }
        }
    }

    fn is_valid(&self, executor: ExecutorRef) -> bool {
        self.0.store.borrow().live(executor).is_ok()
    }

    #[cfg(any(test, feature = "test-hooks"))]
    fn has_hook(&self) -> bool {
        self.0.transfer_hook.borrow().is_some()
    }

    #[cfg(any(test, feature = "test-hooks"))]
    fn leaving(&self, executor: ExecutorRef, exit: ExitId) {
        self.0.run_transfer_hook(executor.exit(exit), executor);
        self.0.told_leaving.set(Some(executor.exit(exit)));
    }

    #[cfg(any(test, feature = "test-hooks"))]
    fn asks(&self, executor: ExecutorRef, exit: ExitId) {
        if self.0.told_leaving.get() != Some(executor.exit(exit)) {
            self.leaving(executor, exit);
        }
    }

    fn before_call(&self, executor: ExecutorRef) {
        let mut store = self.0.store.borrow_mut();
        store.pin(executor);
        store.activations.note(Some(executor));
    }

    fn after_call(&self) {
        let mut store = self.0.store.borrow_mut();
        if let Some(noted) = store.activations.note(None) {
            store.unpin(noted);
        }
    }
}

impl ExecutorGraph {
    /// Runs `executor` with the frame base at absolute word `base`, and whatever it is linked to,
    /// until an exit leads back to the host. Then the frame holds everything.
    ///
    /// An executor that is not a live root (the host kept the handle too long) is not run:
    /// it returns [`Leave::StepFirst`] at its instruction.
    ///
    /// # Panics
    /// On machine code, if the state has no [`hardware`](State::hardware) or the base is none of
    /// its [bases](offramp_uop::evaluate::Hardware::bases). With what the observer or the state
    /// panics with.
    pub fn enter(&self, executor: ExecutorRef, base: i64, state: &mut dyn State) -> Leave {
        let leave = self.enter_untold(executor, base, state);
        self.tell();
        leave
    }

    /// As [`enter`](ExecutorGraph::enter), but what happened while traces ran is still to be
    /// [told](ExecutorGraph::tell): a caller notes first where the program is.
    pub(crate) fn enter_untold(
        &self,
        executor: ExecutorRef,
        base: i64,
        state: &mut dyn State,
    ) -> Leave {
        let pc = executor.pc;
        let mut store = self.store.borrow_mut();
        let Some(code) = store.begin_entry(executor) else {
            return Leave::StepFirst { pc, base };
        };
        let (untold, profile) = (!store.untold.is_empty(), store.config.profile);
        drop(store);
        let _activation = Activation(&self.store);
        if untold {
            self.tell();
            // The observer may have invalidated it.
            if self.store.borrow().live(executor).is_err() {
                return Leave::StepFirst { pc, base };
            }
        }
        let entrance = Entrance::of_root(executor, code, base);
        self.backend.run(&Answering(self), entrance, state);
        let leave = self.leave.take();
        if profile && let Some(left_by) = self.left_by.take() {
            self.look(left_by, state);
        }
        leave.expect("a back end asks where an exit leads before it comes back")
    }
}

/// An entry under way; ends when dropped, also by a panic in host code.
pub(super) struct Activation<'a>(pub(super) &'a RefCell<Store>);

impl Drop for Activation<'_> {
    fn drop(&mut self) {
        let mut store = self.0.borrow_mut();
        if let Some(noted) = store.activations.pop() {
            store.unpin(noted);
        }
        if !store.retired.is_empty() {
            store.drain(None);
        }
    }
}
