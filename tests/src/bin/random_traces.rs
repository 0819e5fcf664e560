//! Random traces as text, recorded and optimised, on standard output: `random_traces [SEEDS]`.
//!
//! Two builds that print the same have the same optimiser, as far as these traces tell. `cargo xtask
//! same-traces` compares them, and those that Lua programs record. Nothing is run or checked here: what is
//! printed need not be right, only the same. Every kind of end is among them: loops, exits, traces that go
//! back to a header, arms that meet an entry.

use offramp_uop::evaluate::{Entry, run};
use offramp_uop::optimise::{Caller, Join, Liveness, Options, Pass, Passes, optimise};
use offramp_uop::testing::generate::arms::Junction;
use offramp_uop::testing::generate::{Generated, generate, side_trace};
use offramp_uop::testing::model::{ENTRY_BASE, Watch};
use offramp_uop::testing::random::{Random, mix};
use offramp_uop::{ExitKind, Op, Pc, Trace};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

/// Seeds, unless the command line says how many.
const SEEDS: u64 = 300;
/// Arms of a junction.
const ARMS: usize = 4;

/// Says of some words that the program will not read them again.
#[derive(Debug)]
struct EveryThirdIsDead;

impl Liveness for EveryThirdIsDead {
    fn is_live(&self, _: Pc, word: u32) -> bool {
        word / 2 % 3 != 1
    }

    fn outlives(&self, _: Pc, _: u32) -> bool {
        true
    }

    fn caller(&self, _: &dyn Fn(i32) -> Option<i64>) -> Option<Caller> {
        None
    }
}

fn main() -> io::Result<()> {
    let seeds = std::env::args()
        .nth(1)
        .map_or(SEEDS, |seeds| seeds.parse().expect("a number of seeds"));
    let mut out = BufWriter::new(io::stdout().lock());
    for seed in 0..seeds {
        let generated = generate(mix(seed, 1));
        writeln!(out, "seed {seed}: recorded\n{}", generated.trace)?;
        settings(&mut out, seed, &generated.trace)?;
        side(&mut out, seed, &generated)?;
        arms(&mut out, seed)?;
    }
    out.flush()
}

fn show(out: &mut impl Write, title: &str, trace: &Trace, options: &Options<'_>) -> io::Result<()> {
    let optimised = optimise(trace, options);
    writeln!(out, "{title}\n{}", optimised.trace)?;
    for rewrite in &optimised.trail {
        writeln!(out, "  {rewrite}")?;
    }
    Ok(())
}

/// After all passes, all but one, some rewrites only, and with words that are dead.
fn settings(out: &mut impl Write, seed: u64, trace: &Trace) -> io::Result<()> {
    let all = Options::default();
    show(out, &format!("seed {seed}: all passes"), trace, &all)?;
    let left_out = Pass::ALL[seed as usize % Pass::ALL.len()];
    let options = Options {
        passes: Passes::ALL.without(left_out),
        ..all
    };
    show(
        out,
        &format!("seed {seed}: without {left_out}"),
        trace,
        &options,
    )?;
    let fuel = Random::new(mix(seed, 2)).below(40) as u64;
    let options = Options {
        fuel: Some(fuel),
        ..all
    };
    show(
        out,
        &format!("seed {seed}: {fuel} rewrites"),
        trace,
        &options,
    )?;
    let options = Options {
        live: Some(&EveryThirdIsDead),
        ..all
    };
    show(out, &format!("seed {seed}: dead words"), trace, &options)
}

/// A side trace from the loop that goes back to its header.
fn side(out: &mut impl Write, seed: u64, generated: &Generated) -> io::Result<()> {
    let root = &generated.trace;
    let Some(header) = root.header.as_ref().filter(|_| root.entry.is_empty()) else {
        return Ok(());
    };
    let mut random = Random::new(mix(seed, 3));
    let optimised = optimise(root, &Options::default()).trace;
    let mut machine = generated.starts[0].machine.clone();
    machine.watch = Watch {
        force_from: Some(1 + random.below(12)),
        ..Watch::default()
    };
    let base = generated.starts[0].base;
    let left = run(&optimised, Entry::Start, &[], base, &mut machine);
    let is_side = optimised.exit(left.exit).kind == ExitKind::Side;
    if !is_side || optimised.uop(left.at).op.is_terminator() || machine.fault.is_some() {
        return Ok(());
    }
    machine.watch = Watch::default();
    let back = (header.pc, ENTRY_BASE);
    let Some(side) = side_trace(&optimised, &left, &machine, back, random.next()) else {
        return Ok(());
    };
    writeln!(out, "seed {seed}: recorded from {}\n{side}", left.exit)?;
    let options = Options {
        reenter: &[&optimised],
        ..Options::default()
    };
    show(
        out,
        &format!("seed {seed}: back to the header"),
        &side,
        &options,
    )
}

/// Arms that meet the entries which earlier arms led to.
fn arms(out: &mut impl Write, seed: u64) -> io::Result<()> {
    let mut random = Random::new(mix(seed, 4));
    let junction = Junction::new(random.next());
    let mut entries: Vec<Arc<Trace>> = Vec::new();
    for number in 0..ARMS {
        let arm = junction.arm(format!("arm{number}"), &mut random);
        writeln!(out, "seed {seed}: recorded\n{}", arm.trace)?;
        let options = Options {
            join: Some(Join {
                entries: &entries,
                in_memory: random.chance(30),
                polls: random.chance(50),
            }),
            ..Options::default()
        };
        show(
            out,
            &format!("seed {seed}: arm {number}"),
            &arm.trace,
            &options,
        )?;
        let optimised = optimise(&arm.trace, &options).trace;
        let last = &optimised.uops[optimised.uops.len() - 2];
        let Some(exit) = last.exit.filter(|_| last.op == Op::Exit) else {
            continue;
        };
        let entry = optimised.exit(exit).general_signature(&optimised);
        if let Some(onward) = junction.onward(format!("onward{number}"), entry, &arm) {
            writeln!(out, "seed {seed}: recorded\n{onward}")?;
            show(
                out,
                &format!("seed {seed}: onward {number}"),
                &onward,
                &Options::default(),
            )?;
            let onward = optimise(&onward, &Options::default()).trace;
            entries.push(Arc::new(onward));
        }
    }
    Ok(())
}
