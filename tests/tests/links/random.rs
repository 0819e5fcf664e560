//! The random linker: generated programs under the executor graph, compared with the plain
//! interpreter at every leave, while exits are linked, unlinked, invalidated and freed.
//!
//! `OFFRAMP_RANDOM_PROGRAMS` sets how many programs, `OFFRAMP_RANDOM_SECONDS` runs for that
//! long instead, `OFFRAMP_SEED` starts at the seed a failure printed.

use super::{EVERY, PROGRAMS, machinery};
use offramp::inspect::{LinkKind, Stats};
use offramp_tests::links::program::Program;
use offramp_tests::links::run::{Plan, run};
use offramp_tests::seeds::Seeds;
use offramp_uop::testing::random::Random;
use std::collections::BTreeMap;

fn run_seed(seed: u64) -> Stats {
    let mut random = Random::new(seed);
    let program = Program::random(&mut random);
    let plan = Plan::random(&mut random);
    let attempt =
        std::panic::AssertUnwindSafe(|| run(&program, &plan, machinery(&plan), &mut random).stats);
    std::panic::catch_unwind(attempt).unwrap_or_else(|panic| {
        eprintln!("OFFRAMP_SEED={seed:#x} OFFRAMP_RANDOM_PROGRAMS=1\n{plan:?}\n{program}");
        std::panic::resume_unwind(panic)
    })
}

#[test]
fn random_programs_run_as_the_plain_interpreter_does() {
    let seeds = Seeds::from_environment(0x5eed_0000, "OFFRAMP_RANDOM_PROGRAMS", PROGRAMS);
    let first = seeds.first();
    let mut links: BTreeMap<LinkKind, u64> = BTreeMap::new();
    let (mut done, mut compiled, mut freed, mut entries) = (0, 0, 0, 0);
    let (mut middles, mut middle_links) = (0, 0);
    for seed in seeds {
        let stats = run_seed(seed);
        for (kind, count) in stats.links {
            *links.entry(kind).or_default() += count;
        }
        compiled += stats.compiled;
        freed += stats.freed;
        entries += stats.entries;
        middles += stats.middles;
        middle_links += stats.middle_links;
        done += 1;
    }
    println!(
        "{done} programs from seed {first:#x}: {compiled} traces, {freed} executors freed, {entries} entries, links {links:?}, {middle_links} to {middles} entries in the middle"
    );
    if done >= 100 {
        for kind in LinkKind::ALL {
            assert!(
                links.contains_key(&kind),
                "no link of kind {kind:?} was made"
            );
        }
    }
    // Few exits meet one.
    if done >= 300 {
        // Each is linked to once by the exit it was recorded for.
        assert!(
            middles > 0 && middle_links > middles,
            "{middle_links} links to {middles}"
        );
    }
}

/// A loop through three frames below is entered further down the stack. Its way in once read words of
/// frames that did not exist before it had looked at the link words above them.
#[test]
fn the_way_into_a_loop_reads_no_frame_that_does_not_exist() {
    run_seed(0x9990_0c3c);
}

/// With room for 16 executors one is kept for adapters. Such a one was made while a trace was recorded, whose
/// own room was gone when it was done.
#[test]
fn a_trace_whose_room_an_adapter_took_is_given_up() {
    run_seed(0x18ec_81c1_4f0c_3e65);
}

/// Runs a few programs with every guard in turn made to leave.
#[test]
fn s2_every_exit_leaves_the_frame_of_the_plain_interpreter() {
    for seed in 0..6_u64 {
        let mut random = Random::new(0x52_0000 + seed);
        let program = Program::random(&mut random);
        for optimise in [false, true] {
            for guard in (1 + seed % EVERY as u64..=120).step_by(EVERY) {
                let plan = Plan {
                    fuel: 400,
                    forced: 0,
                    force_at: Some(guard),
                    mischief: 0,
                    optimise,
                    hot: 1,
                };
                run(&program, &plan, machinery(&plan), &mut random.clone());
            }
        }
    }
}

/// Boxes wait for the exits that need them: whatever is linked to what, and whoever takes over from whom,
/// a box is one box, with one address, and made at most once, in whatever other box it lies ([`run`] looks at every box that is
/// reached, and asserts that none is made again).
#[test]
fn k6_objects_that_wait_for_exits_keep_identity_and_are_made_once() {
    let (mut made, mut links) = (0, 0);
    for seed in 0..80 {
        let mut random = Random::new(0x6b_6000 + seed);
        let program = Program::with_boxes(&mut random, 60);
        let mut plan = Plan::random(&mut random);
        (plan.optimise, plan.hot) = (true, 1);
        plan.forced = plan.forced.max(2);
        let ran = run(&program, &plan, machinery(&plan), &mut random);
        made += ran.boxes;
        links += ran.stats.links.values().sum::<u64>();
    }
    assert!(made > 0 && links > 0, "{made} boxes, {links} links");
}

/// Values are two words each; programs that collect at every other instruction find both of them
/// written or neither, whatever is pending in the traces that call the collector.
#[test]
fn k7_value_groups_are_never_torn_at_a_collection() {
    for seed in 0..60 {
        let mut random = Random::new(0x6b_0000 + seed);
        let program = Program::random(&mut random).collecting();
        let mut plan = Plan::random(&mut random);
        plan.optimise = true;
        run(&program, &plan, machinery(&plan), &mut random);
    }
}
