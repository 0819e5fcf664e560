//! L4, L5, L13: interpreters on compiled code leave nothing behind, whatever fails on the way.
//!
//! `OFFRAMP_INTERPRETERS` sets how many come and go (10,000), `OFFRAMP_CHURN` how many phases a full
//! code cache goes through (300).

use offramp::Arrival;
use offramp::Stack;
use offramp::explicit::{CodeFault as Fault, Mode};
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::inspect::Event;
use offramp_tests::counting::{Counting, held};
use offramp_tests::larger::host::Host;
use offramp_tests::larger::programs::samples;
use offramp_tests::life::{engine, run};
use offramp_tests::links::kit::{assert_consistent, end_of, graph_on, step_root};
use offramp_tests::links::machine::Machine;
use offramp_tests::seeds::variable;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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

/// Everything that was allocated is freed, to the byte: on the way that succeeds, and where code memory
/// refuses a step, compiles fail, an observer panics or a recording is dropped.
#[test]
fn l13_nothing_is_left_allocated_on_any_way() {
    let samples = samples(30);
    let (hot, shared) = engine(NativeOptions::default(), true).expect("an engine");
    let succeed = || {
        for sample in &samples {
            run(&hot, sample, 0).expect("an interpreter");
        }
    };
    let fail_compiles = || {
        for failing in [1, 3, u32::MAX] {
            run(&hot, &samples[0], failing).expect("an interpreter");
        }
    };
    let panic_observing = || {
        let mut interpreter = hot.interpreter(samples[0].program.clone()).expect("made");
        interpreter.observe(|event, _| {
            if let Event::Compiled { .. } = event {
                panic::resume_unwind(Box::new("the observer's own"));
            }
        });
        let mut host = Host::default();
        let run = || interpreter.run(&mut host, &mut Stack::new(20_000), 0);
        assert!(panic::catch_unwind(AssertUnwindSafe(run)).is_err());
    };
    let drop_recordings = || {
        let back_end = NativeBackend::new(shared.clone()).expect("published");
        let (graph, _) = graph_on(back_end, |_| {});
        let root = graph.begin_root(10).expect("idle");
        let root = graph.finish(root, step_root(10, 11)).expect("it fits");
        drop(graph.begin_side(end_of(&graph, root)));
        // Refused: it begins elsewhere.
        let recording = graph.begin_root(20).expect("idle");
        assert!(graph.finish(recording, step_root(30, 31)).is_err());
        // One that goes while the graph stays.
        graph.invalidate(root);
        graph.drain();
        assert_eq!(graph.executors(), []);
    };
    let faults = [
        Fault::Allocation,
        Fault::Mapping,
        Fault::Protection,
        Fault::Reuse,
    ];
    let fail_memory = || {
        for fault in faults {
            for passing in 0..6 {
                let mut options = NativeOptions::default();
                options.memory.mode = Some(Mode::Toggle);
                options.memory.inject(fault, passing);
                if let Ok((engine, _)) = engine(options, true) {
                    // Refused or not: what is left tells.
                    let _ = run(&engine, &samples[0], 0);
                }
            }
        }
    };
    let ways: [(&str, &dyn Fn()); 5] = [
        ("success", &succeed),
        ("compiles that fail", &fail_compiles),
        ("an observer that panics", &panic_observing),
        ("recordings that are dropped or refused", &drop_recordings),
        ("code memory that fails", &fail_memory),
    ];
    for (name, way) in ways {
        // The first times fill what the thread, the engine and the allocator's users keep.
        way();
        way();
        let before = held();
        for _ in 0..3 {
            way();
        }
        assert_eq!(held(), before, "{name}");
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
