//! What running code tells decides what is freed, so nobody else tells it.
use offramp::explicit::Records;
use offramp::explicit::ExecutorGraph;
use offramp::inspect::ExecutorRef;

fn another_runs(graph: &ExecutorGraph, executor: ExecutorRef) {
    Records::before_call(graph, executor);
}

fn another_link(graph: &ExecutorGraph, executor: ExecutorRef) {
    Records::asks(graph, executor, offramp_uop::ExitId(0));
}

fn main() {
    let _ = (another_runs, another_link);
}
