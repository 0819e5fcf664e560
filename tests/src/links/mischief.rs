//! What may happen to executors and links at any time, and what must be true at any time.

use offramp::Dependency;
use offramp::explicit::ExecutorGraph;
use offramp::inspect::{ExecutorRef, ExitRef, ExitStatus};
use offramp_uop::evaluate::Entry;
use offramp_uop::testing::random::Random;
use offramp_uop::{ExitId, Holds, Pc};

/// Asserts that the books are in order and every link fits.
pub(super) fn assert_consistent(graph: &ExecutorGraph) {
    assert_eq!(graph.inconsistencies(), Vec::<String>::new());
    for executor in graph.executors() {
        let exits = graph
            .executor_info(executor)
            .map_or(0, |info| info.trace.exits.len());
        for exit in (0..exits as u32).map(ExitId) {
            assert_fits(graph, executor, exit);
        }
    }
}

/// If `exit` is linked, what is pending there is exactly what its target takes: compared word by
/// word, on its own and not by the graph's check. (The evaluator hands over bits, so a wrong type
/// would not show in what programs compute.)
fn assert_fits(graph: &ExecutorGraph, executor: ExecutorRef, exit: ExitId) {
    let Some(ExitStatus::Linked(link)) = graph.exit_info(executor.exit(exit)).map(|it| it.status)
    else {
        return;
    };
    let trace = |of| {
        graph
            .executor_info(of)
            .expect("linked executors exist")
            .trace
    };
    let (from, to) = (trace(executor), trace(link.executor));
    let state = from.exit(exit);
    let signature = match link.entry {
        Entry::Start => Some(to.entry.clone()),
        Entry::Header => to.header_signature(),
    };
    let signature = signature.expect("linked entries exist");
    let place = format!("{executor}:{exit} to {}", link.executor);
    assert_eq!(state.words.len(), signature.words.len(), "{place}");
    for (&(word, value), entry) in state.words.iter().zip(&signature.words) {
        assert_eq!(word.0, entry.word.0 + state.base, "{place}");
        match entry.holds {
            Holds::Param(ty) => assert_eq!(from.ty(value), Some(ty), "{place} {word}"),
            Holds::Constant(constant) => {
                assert_eq!(from.constant(value), Some(constant), "{place} {word}");
            }
        }
    }
    assert!(
        signature.contract.is_none() || state.contract == signature.contract,
        "{place}"
    );
}

/// Something that may happen at any time.
pub(super) fn mischief(graph: &ExecutorGraph, exit: Option<ExitRef>, random: &mut Random) {
    let executors = graph.executors();
    let some = |random: &mut Random| -> Option<ExecutorRef> {
        (!executors.is_empty()).then(|| random.pick(&executors))
    };
    match random.below(16) {
        0..4 => {
            if let Some(exit) = exit {
                graph.unlink(exit);
            }
        }
        4 => {
            if let Some(executor) = some(random) {
                graph.invalidate(executor);
            }
        }
        5 => {
            if let Some(executor) = some(random) {
                graph.invalidate(executor);
                graph.drain();
            }
        }
        6 => graph.drain(),
        7 => graph.sweep(),
        8 => graph.fail_next_compiles(1 + random.below(2) as u32),
        9 => graph.reset_given_up(),
        10 => {
            if let Some(executor) = some(random) {
                graph.depend(executor, Dependency(random.below(3) as u64));
            }
        }
        11 => {
            graph.invalidate_dependency(Dependency(random.below(3) as u64));
        }
        12 if random.chance(5) => graph.flush(),
        // Any two ends at one instruction: the check decides, and what it lets through must be
        // right.
        _ => {
            let Some(from) = some(random) else { return };
            let Some(info) = graph.executor_info(from) else {
                return;
            };
            let exit = ExitId(random.below(info.trace.exits.len()) as u32);
            let (target, exit) = (info.trace.exit(exit).target, from.exit(exit));
            graph.unlink(exit);
            let entries = executors.iter().filter_map(|&to| {
                let trace = graph.executor_info(to)?.trace;
                let header = trace.header.as_ref().map(|header| header.pc);
                Some([
                    (to, Entry::Start, Some(trace.pc)),
                    (to, Entry::Header, header),
                ])
            });
            let here = |entry: &(_, _, Option<Pc>)| entry.2 == Some(target);
            let entries: Vec<_> = entries.flatten().filter(here).collect();
            if !entries.is_empty() {
                let (to, entry, _) = random.pick(&entries);
                let _ = graph.link(exit, to, entry);
            }
        }
    }
    if random.chance(10) {
        assert_consistent(graph);
    }
}
