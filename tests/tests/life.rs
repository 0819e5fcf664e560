//! L4, L5: interpreters on compiled code leave nothing behind, whatever fails on the way.
//!
//! `OFFRAMP_INTERPRETERS` sets how many come and go (10,000), `OFFRAMP_CHURN` how many phases a full
//! code cache goes through (300).

use offramp::code_memory::{Fault, Mode};
use offramp::graph::Arrival;
use offramp::native::{NativeBackend, NativeEngine, NativeOptions};
use offramp_tests::larger::programs::samples;
use offramp_tests::life::{engine, run};
use offramp_tests::links::kit::{assert_consistent, graph_on, step_root};
use offramp_tests::links::machine::Machine;
use offramp_tests::seeds::variable;
use std::sync::Arc;

/// Resident bytes of this process, where the system says.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// Each has a trampoline and one cold-exit function of its own, freed with it; one in a hundred
/// compiles and runs traces.
#[test]
fn l5_ten_thousand_interpreters_come_and_go() {
    let count = variable("OFFRAMP_INTERPRETERS").unwrap_or(10_000);
    let sample = &samples(10)[0];
    let (cold, shared) = engine(NativeOptions::default(), false).expect("an engine");
    let (hot, shared_hot) = engine(NativeOptions::default(), true).expect("an engine");
    let slots = || shared.memory().usage().slots + shared_hot.memory().usage().slots;
    assert_eq!(slots(), 0);
    let held: Vec<_> = (0..3)
        .map(|_| cold.interpreter(sample.program.clone()).expect("made"))
        .collect();
    assert_eq!(slots(), 2 * held.len());
    drop(held);
    let round = |count: u64| {
        for number in 0..count {
            let engine = if number % 100 == 0 { &hot } else { &cold };
            run(engine, sample, 0).expect("made");
            assert_eq!(slots(), 0, "after {number}");
        }
    };
    // The first tenth brings allocator and code memory to their working size.
    round(count / 10);
    let before = (resident(), shared.memory().usage().reserved);
    round(count - count / 10);
    let after = (resident(), shared.memory().usage().reserved);
    assert_eq!(before.1, after.1, "bytes mapped for code");
    println!(
        "{count} interpreters: resident before and after {:?}",
        (before.0, after.0)
    );
    // What an emulator translates stays resident.
    let emulated = variable("OFFRAMP_EMULATED") == Some(1);
    if let (Some(before), Some(after), false) = (before.0, after.0, emulated) {
        assert!(after < before + (4 << 20), "{before} bytes, then {after}");
    }
}

/// One step fails, wherever it is reached: the program does what it does without traces, or there
/// is no interpreter; nothing is left either way.
#[test]
fn l4_every_step_that_fails_leaves_the_program_right_and_nothing_behind() {
    let samples = samples(30);
    let (plain, _) = engine(NativeOptions::default(), false).expect("an engine");
    let faults = [
        Fault::Allocation,
        Fault::Mapping,
        Fault::Protection,
        Fault::Reuse,
    ];
    let (mut refused, mut survived) = (0, 0);
    for mode in [Mode::Dual, Mode::Toggle] {
        for fault in faults {
            for (passing, sample) in (0..10).zip(samples.iter().cycle()) {
                let mut options = NativeOptions::default();
                options.memory.mode = Some(mode);
                options.memory.inject(fault, passing);
                let Ok((engine, shared)) = engine(options, true) else {
                    refused += 1;
                    continue;
                };
                let wanted = run(&plain, sample, 0).expect("an interpreter");
                match run(&engine, sample, 0) {
                    Ok(found) => {
                        assert_eq!(found, wanted, "{} {mode} {fault:?} {passing}", sample.name);
                        survived += 1;
                    }
                    Err(_) => refused += 1,
                }
                assert_eq!(
                    shared.memory().usage().slots,
                    0,
                    "{mode} {fault:?} {passing}"
                );
            }
        }
    }
    // Where dual mapping does not work, toggle mode's half is all that survives.
    assert!(survived >= 20 && refused > 0, "{survived} {refused}");
}

#[test]
fn l4_compiles_that_fail_leave_the_program_right_and_nothing_behind() {
    let (plain, _) = engine(NativeOptions::default(), false).expect("an engine");
    let (hot, shared) = engine(NativeOptions::default(), true).expect("an engine");
    for (failing, sample) in samples(60).iter().enumerate() {
        let wanted = run(&plain, sample, 0).expect("an interpreter");
        for failing in [1, 1 + failing as u32, u32::MAX] {
            let found = run(&hot, sample, failing).expect("an interpreter");
            assert_eq!(found, wanted, "{} {failing}", sample.name);
            assert_eq!(shared.memory().usage().slots, 0);
        }
    }
}

/// A program whose working set moves, in a cache that holds a part of it: traces come and go, and
/// memory stays.
#[test]
fn r1_churn_in_a_full_cache_leaves_memory_flat() {
    let phases = variable("OFFRAMP_CHURN").unwrap_or(300);
    let native = Arc::new(NativeEngine::new(NativeOptions::default()).expect("an engine"));
    let back_end = NativeBackend::new(native.clone()).expect("published");
    let (graph, events) = graph_on(back_end, |config| {
        (config.hot_loop, config.hot_exit) = (2, u16::MAX);
        config.code_bytes = 40 << 10;
    });
    graph.observe(|_| {});
    drop(events);
    let churn = |phases: std::ops::Range<u64>| {
        for phase in phases {
            for visit in 0..2000_u64 {
                // Half of the loops are those of the phase before.
                let pc = ((phase * 40 + visit % 80) % 4000) as u32;
                if let Some(root) = graph.root_at(pc) {
                    graph.enter(root, 0, &mut Machine::new());
                } else if graph.wait(pc, Arrival::Loop) == 0
                    && let Some(recording) = graph.begin_root(pc)
                {
                    let trace = step_root(pc, 5000);
                    graph.finish(recording, trace).expect("there is room");
                }
            }
            assert!(graph.stats().code_bytes <= 40 << 10);
        }
        assert_consistent(&graph);
    };
    churn(0..phases / 3);
    let before = (resident(), native.memory().usage().reserved);
    churn(phases / 3..phases);
    let after = (resident(), native.memory().usage().reserved);
    let stats = graph.stats();
    println!(
        "{} traces in {phases} phases, {} evicted: resident before and after {:?}",
        stats.compiled,
        stats.trees_evicted,
        (before.0, after.0)
    );
    assert!(stats.trees_evicted > phases * 10, "{stats:?}");
    assert_eq!(before.1, after.1, "bytes mapped for code");
    let emulated = variable("OFFRAMP_EMULATED") == Some(1);
    if let (Some(before), Some(after), false) = (before.0, after.0, emulated) {
        assert!(after < before + (4 << 20), "{before} bytes, then {after}");
    }
}
