//! The optimiser on random traces: all passes together, and each pass alone.

use super::super::blame::{Step, examine};
use super::super::checker::Coverage;
use super::super::generate::generate;
use super::super::random::{Random, mix};
use super::suite::Seeds;
use crate::optimise::{Options, Pass, Passes, optimise, rule_names};
use crate::trace::Trace;
use std::collections::BTreeMap;

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
fn agrees(title: &str, passes: Passes) {
    let mut coverage = Coverage::default();
    let optimiser = optimiser(passes);
    for seed in Seeds::from_environment() {
        match examine(&generate(seed), &optimiser) {
            Ok(one) => coverage.add(&one),
            Err(report) => panic!("{title}: {report}"),
        }
    }
    coverage.print(title);
}

#[test]
fn all_passes() {
    agrees("all passes", Passes::ALL);
}

/// Every rule gets its chance to be wrong.
#[test]
fn every_folding_rule_is_tried() {
    let mut tried: BTreeMap<&str, usize> = rule_names().map(|name| (name, 0)).collect();
    for seed in Seeds::fixed() {
        let trail = optimise(&generate(seed).trace, &Options::default()).trail;
        for rewrite in trail.iter().filter(|rewrite| rewrite.pass == Pass::Fold) {
            *tried.entry(rewrite.rule).or_default() += 1;
        }
    }
    println!("folding rules: {tried:?}");
    let never: Vec<_> = tried.iter().filter(|&(_, &count)| count == 0).collect();
    assert!(never.is_empty(), "never tried: {never:?}");
}

/// Any passes, stopped anywhere: what bisection rests on.
#[test]
fn any_passes_with_any_fuel() {
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
            agrees(stringify!($name), Passes::of(&[Pass::$pass]));
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
