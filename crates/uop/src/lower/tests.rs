//! Lowering for both architectures, with Cranelift's own checks on.

use super::*;
use crate::builder::Builder;
use crate::exit::{ExitKind, ExitState};
use crate::id::Word;
use crate::interface::Interface;
use crate::op::Op;
use crate::optimise::{Options, optimise};
use crate::testing::generate::generate;
use crate::trace::Trace;
use crate::types::Type;

const TRIPLES: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

const LAYOUT: ExitLayout = ExitLayout {
    records: 0x7f00_1234_5000,
    stride: 24,
    target: 0,
    valid: 0x7f00_1234_4000,
    high: Some(0x7f00_0000_0000),
    count: None,
    witness: None,
};

fn targets() -> impl Iterator<Item = Target> {
    TRIPLES.iter().map(|triple| {
        let triple = triple.parse().expect("a triple");
        Target::new(triple, Checks::ALL).expect("a supported target")
    })
}

fn options<'a>(entry: &'a [Location]) -> LowerOptions<'a> {
    LowerOptions {
        layout: LAYOUT,
        entry,
        onward: None,
        helpers: &[],
        forced_exits: false,
        watched: false,
        keep_clif: true,
    }
}

/// The locations a trace's entry has when its exits give none.
fn arrivals(trace: &Trace) -> Vec<Location> {
    let mut places = Locations::default();
    let params = trace.entry.params();
    params.map(|(_, ty)| places.next(ty == Type::F64)).collect()
}

#[test]
fn random_traces_lower_for_both_architectures() {
    for target in targets() {
        let mut lowerer = Lowerer::new();
        for seed in 0..150 {
            let recorded = generate(seed).trace;
            let optimised = optimise(&recorded, &Options::default()).trace;
            for trace in [recorded, optimised] {
                let entry = arrivals(&trace);
                let lowered = lowerer.lower(&trace, &target, &options(&entry));
                let lowered =
                    lowered.unwrap_or_else(|error| panic!("{target:?}: {error}\n{trace}"));
                assert_eq!(lowered.looped.is_some(), trace.header.is_some());
                assert_eq!(lowered.exits.len(), trace.exits.len());
                for (map, exit) in lowered.exits.iter().zip(&trace.exits) {
                    assert_eq!(map.words.len(), exit.words.len());
                }
            }
        }
    }
}

#[test]
fn stubs_lower_for_both_architectures() {
    for target in targets() {
        let mut lowerer = Lowerer::new();
        assert!(
            !cold_exit(&mut lowerer, &target)
                .expect("lowered")
                .bytes
                .is_empty()
        );
        assert!(
            !trampoline(&mut lowerer, &target)
                .expect("lowered")
                .bytes
                .is_empty()
        );
    }
}

/// A guard that leaves with `count` words pending, each a value of its own.
fn wide(count: i32) -> Trace {
    let mut b = Builder::new("wide", 0, Interface::new().into());
    b.at(0);
    let loads: Vec<_> = (0..count)
        .map(|word| b.load_word(Type::I64, Word(word)))
        .collect();
    let words = loads.iter().enumerate();
    let words = words
        .map(|(at, &value)| (Word(count + at as i32), value))
        .collect();
    let exit = b.exit(ExitState {
        words,
        ..ExitState::new(ExitKind::Side, 0, 0)
    });
    let less = b.pure(Op::Lt, &[loads[0], loads[1]]);
    b.guard(less, exit);
    let out = b.side_exit(1, 0);
    b.leave(out);
    b.finish()
}

#[test]
fn values_beyond_the_registers_travel_in_spill_slots() {
    for target in targets() {
        let lowered = Lowerer::new()
            .lower(&wide(7), &target, &options(&[]))
            .expect("lowered");
        let places = lowered.exits[0]
            .words
            .iter()
            .map(|place| place.expect("it travels"));
        let spilled = places.filter(|place| matches!(place, Location::Spill(_)));
        assert_eq!(spilled.count(), 7 - machine::INT_ARGS);
    }
}

#[test]
fn more_values_than_can_travel_are_refused() {
    let count = machine::SPILL_SLOTS as i32 + 1;
    for target in targets() {
        let error = Lowerer::new().lower(&wide(count), &target, &options(&[]));
        let trace = "wide".to_owned();
        let limit = machine::SPILL_SLOTS;
        let count = limit + 1;
        assert_eq!(
            error.err(),
            Some(LowerError::TooManyValues {
                trace,
                count,
                limit
            })
        );
    }
}

#[test]
fn a_call_site_is_one_word_as_long_as_the_frame_is_near() {
    let near = 1 << 23;
    for base in [0, 1, -1, 26, near - 1, -near] {
        let site = machine::CallSite {
            pc: u32::MAX,
            base,
            roots: 240,
        };
        assert_eq!(site.word().map(machine::CallSite::of), Some(site));
    }
    for base in [near, -near - 1, i32::MAX, i32::MIN] {
        let site = machine::CallSite {
            base,
            ..machine::CallSite::default()
        };
        assert_eq!(site.word(), None, "{base}");
    }
}
