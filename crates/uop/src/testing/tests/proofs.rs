//! The [proof checker](crate::proof) on random traces: each is proved after any passes, and
//! none is that was [changed](changes) afterwards.

mod changes;

use super::super::checker::check;
use super::super::generate::generate;
use super::super::random::{Random, mix};
use super::passes::SomeDead;
use super::suite::Seeds;
use crate::id::Word;
use crate::interface::Interface;
use crate::op::Op;
use crate::optimise::{Options, Pass, Passes, optimise};
use crate::proof::{Proof, Reason, prove};
use crate::record::Recorder;
use crate::trace::Trace;
use crate::types::Type;
use crate::uop::Imm;
use crate::verify::verify;
use changes::change;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What the proofs of a suite went through.
#[derive(Debug, Default)]
struct Total {
    traces: usize,
    loops: usize,
    refuted: usize,
    objects: usize,
    exits: usize,
    uops: usize,
    optimising: Duration,
    proving: Duration,
}

impl Total {
    fn add(&mut self, proof: &Proof) {
        self.traces += 1;
        self.loops += usize::from(proof.rounds > 0);
        self.refuted += usize::from(proof.refuted);
        self.objects += proof.objects;
        self.exits += proof.exits;
    }
}

/// Among so many traces of fresh seeds one may go unproved: not everything that is right has an argument
/// yet. Of the fixed seeds all are proved.
const UNPROVED: usize = 5000;

fn all_proved(title: &str, passes: Passes) -> Total {
    let options = Options {
        passes,
        ..Options::default()
    };
    let mut total = Total::default();
    let mut unproved = Vec::new();
    for seed in Seeds::from_environment() {
        let recorded = generate(seed).trace;
        let begin = Instant::now();
        let optimised = optimise(&recorded, &options);
        let between = Instant::now();
        let proved = prove(&recorded, &optimised, &options);
        total.optimising += between - begin;
        total.proving += between.elapsed();
        total.uops += recorded.uops.len();
        match proved {
            Ok(proof) => total.add(&proof),
            Err(why) => {
                let trace = &optimised.trace;
                unproved.push(format!("seed {seed:#x}: {why}\n{recorded}\n{trace}"));
            }
        }
    }
    println!("{title}: {total:?}, not proved {}", unproved.len());
    if let Some(first) = unproved.first() {
        println!("{first}");
    }
    assert!(unproved.len() * UNPROVED <= total.traces, "{title}");
    total
}

#[test]
fn all_passes() {
    let total = all_proved("all passes", Passes::ALL);
    let few = total.traces < 3000;
    assert!(
        few || total.loops > 500 && total.objects > 1000,
        "{total:?}"
    );
    // Nothing is shown of what is never reached.
    assert!(few || total.refuted < total.traces / 4, "{total:?}");
}

#[test]
fn all_passes_but_the_short_way_in() {
    all_proved("but short", Passes::ALL.without(Pass::Short));
}

#[test]
fn all_passes_but_peeling() {
    all_proved("but peel", Passes::ALL.without(Pass::Peel));
}

#[test]
fn no_passes() {
    all_proved("no passes", Passes::NONE);
}

/// Any passes, stopped anywhere.
#[test]
fn any_passes_with_any_fuel() {
    let (mut traces, mut unproved) = (0, 0);
    for seed in Seeds::from_environment() {
        let recorded = generate(seed).trace;
        let mut random = Random::new(mix(seed, 3));
        let passes: Vec<Pass> = Pass::ALL
            .into_iter()
            .filter(|_| random.chance(60))
            .collect();
        let options = Options {
            passes: Passes::of(&passes),
            fuel: Some(random.below(120) as u64),
            ..Options::default()
        };
        let optimised = optimise(&recorded, &options);
        traces += 1;
        if let Err(why) = prove(&recorded, &optimised, &options) {
            unproved += 1;
            let trace = &optimised.trace;
            println!("seed {seed:#x}, {options:?}: {why}\n{recorded}\n{trace}");
        }
    }
    assert!(unproved * UNPROVED <= traces, "{unproved} of {traces}");
}

/// Dead words are dropped, which needs the same knowledge to prove.
#[test]
fn dead_words_need_not_agree() {
    let (mut traces, mut unproved, mut ignorant) = (0, 0, 0);
    for seed in Seeds::from_environment() {
        let recorded = generate(seed).trace;
        let Some(dead) = SomeDead::of(&recorded, &mut Random::new(mix(seed, 5))) else {
            continue;
        };
        let options = Options {
            live: Some(&dead),
            ..Options::default()
        };
        let optimised = optimise(&recorded, &options);
        traces += 1;
        if let Err(why) = prove(&recorded, &optimised, &options) {
            unproved += 1;
            println!("seed {seed:#x}: {why}\n{recorded}\n{}", optimised.trace);
        }
        ignorant += usize::from(prove(&recorded, &optimised, &Options::default()).is_err());
    }
    println!("dead words: {traces} traces, {unproved} unproved, {ignorant} without knowing");
    assert!(unproved * UNPROVED <= traces, "{unproved} of {traces}");
    assert!(traces < 100 || ignorant > 10, "{ignorant} of {traces}");
}

/// Of random changes none is proved that the random checker finds wrong.
#[test]
fn nothing_is_proved_that_the_checker_kills() {
    // By kind of change: neither finds it wrong, only the proof, only the checker, both.
    let mut table: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for seed in Seeds::from_environment() {
        let generated = generate(seed);
        let recorded = &generated.trace;
        let optimised = optimise(recorded, &Options::default());
        let mut random = Random::new(mix(seed, 77));
        for _ in 0..4 {
            let mut wrong = optimised.clone();
            let Some(kind) = change(&mut wrong.trace, &mut random) else {
                continue;
            };
            if wrong.trace == optimised.trace || verify(&wrong.trace).is_err() {
                continue;
            }
            let killed = check(recorded, &wrong.trace, &generated.starts);
            let proved = prove(recorded, &wrong, &Options::default());
            let found = usize::from(killed.is_err()) * 2 + usize::from(proved.is_err());
            table.entry(kind).or_default()[found] += 1;
            if let (Err(failure), Ok(_)) = (killed, proved) {
                let (right, wrong) = (&optimised.trace, &wrong.trace);
                panic!(
                    "seed {seed:#x}, {kind}: {failure}, but proved\n{recorded}\n{right}\n{wrong}"
                );
            }
        }
    }
    println!("changes (neither, proof only, checker only, both): {table:?}");
    let guards = table.get("guard dropped").copied().unwrap_or_default();
    assert!(guards[1] >= guards[0], "dropped guards: {guards:?}");
}

/// A line of so many instructions, each with loads, a guarded sum and a store.
fn long(instructions: u32) -> Trace {
    let mut recorder = Recorder::root("long", 0, Interface::new().into());
    for pc in 0..instructions {
        let mut instruction = recorder.begin(pc);
        let word = |n: u32| Word(((pc * 7 + n * 5) % 32) as i32);
        let one = instruction.load_word(Type::I64, word(0));
        let other = instruction.load_word(Type::I64, word(1));
        let overflows = instruction.pure(Op::AddOverflows, &[one, other]);
        instruction.guard(overflows, false);
        let sum = instruction.pure(Op::Add, &[one, other]);
        instruction.commit().store_word(word(2), sum);
    }
    recorder.finish_exit(instructions).expect("well recorded")
}

/// Four times the trace makes some four times the terms; what a uop of it costs is printed.
#[test]
fn proofs_are_linear_in_the_trace() {
    let options = Options::default();
    let mut terms = Vec::new();
    for instructions in [100, 400, 1600] {
        let recorded = long(instructions);
        let began = Instant::now();
        let optimised = optimise(&recorded, &options);
        let between = Instant::now();
        let proof = prove(&recorded, &optimised, &options).expect("it is proved");
        let uops = recorded.uops.len() as u32;
        let (optimising, proving) = ((between - began) / uops, between.elapsed() / uops);
        println!("{uops} uops: {optimising:?} to optimise each, {proving:?} to prove");
        terms.push(proof.terms);
    }
    let grows = |pair: &[usize]| pair[1] < 5 * pair[0];
    assert!(terms.windows(2).all(grows), "{terms:?}");
}

/// A load whose result is dead must go where the recording has been all the same: a field of an object that
/// the trace makes itself may be of another type, or beyond its end.
#[test]
fn a_dead_load_from_an_own_object_goes_where_the_recording_has_been() {
    let source = "interface {
  class a
  helper @new() -> ref { pure, new }
}
trace \"own\" at 0 {
  start
  at 0
  %o = call @new()
  %one = const.i64 1
  store.i64 %o, %one, a
  %dead = load.i64 %o, a
  store_word w0, %o
  exit to x0
  unreachable
exits:
  x0 = side 1
}
";
    let (_, traces) = crate::text::parse_file(source).expect("it is in the text form");
    let recorded = &traces[0];
    let none = Options {
        passes: Passes::NONE,
        ..Options::default()
    };
    let moved = |offset: i32| {
        let mut optimised = optimise(recorded, &none);
        for uop in &mut optimised.trace.uops {
            if uop.op == Op::Load
                && let Imm::Access(access) = &mut uop.imm
            {
                access.offset = offset;
            }
        }
        verify(&optimised.trace).expect("it is well formed");
        prove(recorded, &optimised, &none).map_err(|unproved| unproved.reason)
    };
    assert!(moved(0).is_ok());
    assert!(
        matches!(moved(8), Err(Reason::Wild { .. })),
        "{:?}",
        moved(8)
    );
}
