//! What suites do to a graph and see of it, beyond what hosts can: compiles that fail, a hook between an
//! exit and what it leads to, steps of invalidation, and the graph's own books. Not in other builds.

use super::answering::Answering;
use super::backend::Records;
use super::executor_graph::{ExecutorGraph, TransferHook};
use super::handle::{ExecutorRef, ExitRef};

#[doc(hidden)]
impl ExecutorGraph {
    /// Makes the next `count` compiles fail.
    pub fn fail_next_compiles(&self, count: u32) {
        self.store.borrow_mut().failing_compiles = count;
    }

    /// Runs `hook` at every exit, before it is known where it leads.
    pub fn set_transfer_hook(&self, hook: Option<TransferHook>) {
        *self.transfer_hook.borrow_mut() = hook;
    }

    /// Steps that invalidation has taken so far.
    pub fn steps(&self) -> u64 {
        self.store.borrow().steps.so_far()
    }

    /// What is wrong with the graph's own books.
    pub fn inconsistencies(&self) -> Vec<String> {
        self.store.borrow().inconsistencies()
    }

    pub(super) fn run_transfer_hook(&self, exit: ExitRef, owner: ExecutorRef) {
        let Some(mut hook) = self.transfer_hook.borrow_mut().take() else {
            return;
        };
        // The exit's owner stays until the runtime has answered.
        Answering(self).before_call(owner);
        hook(self, exit);
        Answering(self).after_call();
        self.transfer_hook.borrow_mut().get_or_insert(hook);
    }
}
