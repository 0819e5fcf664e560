//! The optimiser on random traces: all passes together, and each pass alone.

use super::super::blame::{Step, examine};
use super::super::checker::{Coverage, check_knowing};
use super::super::generate::generate;
use super::super::random::{Random, mix};
use super::suite::Seeds;
use crate::exit::{ExitState, Pc};
use crate::op::Op;
use crate::optimise::{Caller, Liveness, Options, Pass, Passes, Rewrite, optimise};
use crate::trace::Trace;
use crate::uop::Uop;

/// The optimiser with these passes, as the checker wants it.
pub(super) fn optimiser(passes: Passes) -> impl Fn(&Trace, Option<u64>) -> (Trace, Vec<Step>) {
    move |trace, fuel| {
        let options = Options {
            passes,
            fuel,
            ..Options::default()
        };
        let optimised = optimise(trace, &options);
        let steps = optimised.trail.iter().map(|rewrite| Step {
            pass: rewrite.pass.name().to_owned(),
            rule: rewrite.rule.to_owned(),
            at: rewrite.at,
        });
        let steps = steps.collect();
        (optimised.trace, steps)
    }
}

/// No run of an optimised trace can be told from one of the recorded trace.
fn agrees(title: &str, passes: Passes) -> Coverage {
    let mut coverage = Coverage::default();
    let optimiser = optimiser(passes);
    for seed in Seeds::from_environment() {
        match examine(&generate(seed), &optimiser) {
            Ok(one) => coverage.add(&one),
            Err(report) => panic!("{title}: {report}"),
        }
    }
    coverage.print(title);
    coverage
}

#[test]
fn o5_all_passes() {
    let coverage = agrees("all passes", Passes::ALL);
    // Of random loops many want another type, or the other half of a value, in the second
    // iteration than in the first.
    assert!(
        coverage.declined < coverage.runs / 2,
        "{}",
        coverage.declined
    );
    assert!(coverage.header_entries > 0);
    assert!(coverage.sunk > 0 && coverage.made > 0, "objects");
}

#[test]
fn all_passes_but_the_short_way_in() {
    let coverage = agrees("but short", Passes::ALL.without(Pass::Short));
    assert_eq!(coverage.declined, 0);
}

/// Words that nobody reads, at any place: some of those that the trace does not load.
#[derive(Debug)]
pub(super) struct SomeDead(Vec<bool>);

impl SomeDead {
    /// `None` where a call may look at frames, and where there is more than one.
    pub(super) fn of(trace: &Trace, random: &mut Random) -> Option<SomeDead> {
        SomeDead::of_all(&[trace], random)
    }

    /// As [`of`](SomeDead::of), for traces of which one may lead to another.
    pub(super) fn of_all(traces: &[&Trace], random: &mut Random) -> Option<SomeDead> {
        let mut dead: Vec<bool> = (0..64).map(|_| random.chance(50)).collect();
        for trace in traces {
            SomeDead::exclude(trace, &mut dead)?;
        }
        // The words of a group live together.
        for group in dead.chunks_mut(traces[0].interface.group.max(1) as usize) {
            let all = group.iter().all(|dead| *dead);
            group.fill(all);
        }
        Some(SomeDead(dead))
    }

    /// What `trace` reads is not dead.
    fn exclude(trace: &Trace, dead: &mut [bool]) -> Option<()> {
        let looks = |uop: &Uop| {
            let effects = uop
                .helper()
                .map(|helper| trace.interface.helpers[helper.index()].effects.closed());
            effects.is_some_and(|it| {
                it.collects || it.reads_frames || it.writes_frames || it.transfers
            })
        };
        let moves = |exit: &ExitState| exit.base != 0;
        if trace.uops.iter().any(looks) || trace.exits.iter().any(moves) {
            return None;
        }
        let loads = trace.uops.iter().filter(|uop| uop.op == Op::LoadWord);
        for word in loads.filter_map(Uop::word) {
            for word in trace.interface.group_of(word) {
                let dead = usize::try_from(word.0)
                    .ok()
                    .and_then(|word| dead.get_mut(word));
                if let Some(dead) = dead {
                    *dead = false;
                }
            }
        }
        Some(())
    }

    pub(super) fn contains(&self, word: u32) -> bool {
        self.0.get(word as usize) == Some(&true)
    }
}

impl Liveness for SomeDead {
    fn is_live(&self, _: Pc, word: u32) -> bool {
        !self.contains(word)
    }

    fn outlives(&self, _: Pc, _: u32) -> bool {
        true
    }

    fn caller(&self, _: &dyn Fn(i32) -> Option<i64>) -> Option<Caller> {
        None
    }
}

/// What is dead is dropped, and nothing else is lost.
#[test]
fn dead_words_are_dropped_and_no_others() {
    let (mut traces, mut dropped) = (0, 0);
    for seed in Seeds::from_environment() {
        traces += 1;
        let generated = generate(seed);
        let Some(dead) = SomeDead::of(&generated.trace, &mut Random::new(mix(seed, 5))) else {
            continue;
        };
        let options = Options {
            live: Some(&dead),
            ..Options::default()
        };
        let optimised = optimise(&generated.trace, &options);
        let drops = |rewrite: &&Rewrite| rewrite.rule == "dead";
        dropped += optimised.trail.iter().filter(drops).count();
        for exit in &optimised.trace.exits {
            let words = exit.words.iter().map(|&(word, _)| word.0);
            let mut dead = words.filter(|&word| word >= 0 && dead.contains(word as u32));
            assert_eq!(dead.next(), None, "seed {seed:#x}: {}", optimised.trace);
        }
        let (recorded, starts) = (&generated.trace, &generated.starts);
        let checked = check_knowing(recorded, &optimised.trace, starts, Some(&dead));
        if let Err(failure) = checked {
            panic!("seed {seed:#x}: {failure}\n{recorded}\n{}", optimised.trace);
        }
    }
    println!("{dropped} times words were dropped in {traces} traces");
    // About three in ten; how many traces there are is the environment's to say.
    assert!(10 * dropped > traces);
}

/// Any passes, stopped anywhere: what bisection rests on.
#[test]
fn o5_any_passes_with_any_fuel() {
    for seed in Seeds::from_environment() {
        let generated = generate(seed);
        let mut random = Random::new(mix(seed, 3));
        let passes: Vec<Pass> = Pass::ALL
            .into_iter()
            .filter(|_| random.chance(60))
            .collect();
        let optimiser = optimiser(Passes::of(&passes));
        let limit = random.below(120) as u64;
        let stopped = |trace: &Trace, fuel: Option<u64>| {
            optimiser(trace, Some(fuel.map_or(limit, |fuel| fuel.min(limit))))
        };
        if let Err(report) = examine(&generated, &stopped) {
            panic!("{passes:?} with fuel {limit}: {report}");
        }
    }
}

macro_rules! alone {
    ($($name:ident: $pass:ident,)*) => {
        $( #[test]
        fn $name() {
            let _ = agrees(stringify!($name), Passes::of(&[Pass::$pass]));
        } )*
    };
}

alone! {
    words_alone: Words,
    heap_alone: Heap,
    fold_alone: Fold,
    facts_alone: Facts,
    cse_alone: Cse,
    peel_alone: Peel,
    dce_alone: Dce,
}

/// What the optimiser made, it leaves alone (O5).
#[test]
fn o5_optimising_twice_is_optimising_once() {
    for seed in Seeds::from_environment() {
        let once = optimise(&generate(seed).trace, &Options::default()).trace;
        let mut twice = optimise(&once, &Options::default()).trace;
        if let (Some(header), Some(first)) = (&mut twice.header, &once.header) {
            header.contract = first.contract;
        }
        assert!(once == twice, "seed {seed:#x}\n{once}\n{twice}");
    }
}
