//! Going back to a header: a loop is left through a forced exit, a side trace is recorded from
//! there that comes back to the loop, and both are run on.
//!
//! What the side trace does to the heap and the frame is random, so now and then it breaks what
//! the header rests on: then it must see that and go by the root (K2, K3). Whenever it goes to the
//! header, the contract is checked there.

use super::super::checker::difference;
use super::super::contract;
use super::super::generate::{Generated, Start, generate, handed, side_trace};
use super::super::model::{ENTRY_BASE, Machine, Watch};
use super::super::random::{Random, mix};
use super::suite::{Seeds, must_be_proved};
use crate::evaluate::{Entry, Left, State, run};
use crate::exit::ExitKind;
use crate::op::Op;
use crate::optimise::{Options, optimise};
use crate::signature::Holds;
use crate::trace::Trace;
use crate::verify::{verify, verify_recorded};

/// How often what happened.
#[derive(Debug, Default)]
struct Count {
    side_traces: usize,
    by_header: usize,
    by_root: usize,
    left_before: usize,
    declined: usize,
}

fn write_pending(machine: &mut Machine, left: &Left) {
    for &(index, bits) in &left.words {
        machine.store_word(index, bits);
    }
}

/// The loop, left at an exit, and the side trace that goes on from there.
struct Scene {
    root: Trace,
    root_optimised: Trace,
    side: Trace,
    side_optimised: Trace,
    /// The loop's exit.
    exit: crate::ExitId,
}

/// Runs the optimised loop until a guard of its `from`-th instruction, if it gets there and has a
/// guard from which it may go on.
fn leave_loop(root: &Trace, start: &Start, from: usize) -> Option<(Left, Machine)> {
    let mut machine = start.machine.clone();
    machine.watch = forced(from);
    let left = run(root, Entry::Start, &[], start.base, &mut machine);
    let side = root.exit(left.exit).kind == ExitKind::Side && !root.uop(left.at).op.is_terminator();
    machine.watch = Watch::default();
    (side && machine.fault.is_none()).then_some((left, machine))
}

fn forced(from: usize) -> Watch {
    Watch {
        force_from: Some(from),
        ..Watch::default()
    }
}

impl Scene {
    fn new(generated: &Generated, random: &mut Random, fuel: Option<u64>) -> Option<Scene> {
        let root = generated.trace.clone();
        if !root.entry.is_empty() {
            return None;
        }
        let root_optimised = optimise(&root, &Options::default()).trace;
        let pc = root.header.as_ref()?.pc;
        let from = 1 + random.below(12);
        let (left, machine) = leave_loop(&root_optimised, &generated.starts[0], from)?;
        let seed = random.next();
        let side = side_trace(&root_optimised, &left, &machine, (pc, ENTRY_BASE), seed)?;
        if let Err(errors) = verify_recorded(&side) {
            panic!("{errors}");
        }
        let side_optimised = optimise_side(&side, &root_optimised, fuel, seed);
        if let Err(errors) = verify(&side_optimised) {
            panic!("{errors}");
        }
        Some(Scene {
            root,
            root_optimised,
            side,
            side_optimised,
            exit: left.exit,
        })
    }

    /// Runs recorded and optimised traces from `start`, leaving the loop in its `from`-th
    /// instruction.
    fn compare(&self, start: &Start, from: usize, count: &mut Count) -> Result<(), String> {
        let Some((left, mut machine)) = leave_loop(&self.root_optimised, start, from) else {
            return Ok(());
        };
        if left.exit != self.exit {
            return Ok(());
        }
        let begun = machine.begun.len();
        let mut plain = start.machine.clone();
        let mut place = (self.root.pc, start.base);
        // It may have left on its way into the loop.
        if begun > 0 {
            plain.watch = forced(begun);
            let left = run(&self.root, Entry::Start, &[], start.base, &mut plain);
            plain.watch = Watch::default();
            place = (left.pc, left.base);
        }
        if place != (left.pc, left.base) {
            return Err("the recorded loop leaves elsewhere".to_owned());
        }
        count.side_traces += 1;
        let values = handed(
            self.root_optimised.exit(left.exit),
            &self.root_optimised,
            &left,
        );
        let mut plain_left = run(&self.side, Entry::Start, &values, left.base, &mut plain);
        let came_back = self.side.uop(plain_left.at).op == Op::Exit;
        let before_root = plain.visible.clone();
        if came_back {
            plain_left = run(&self.root, Entry::Start, &[], plain_left.base, &mut plain);
        }
        let mut left = run(
            &self.side_optimised,
            Entry::Start,
            &values,
            left.base,
            &mut machine,
        );
        let mut trace = &self.side_optimised;
        if !came_back {
            count.left_before += 1;
        } else {
            let exit = trace.exit(left.exit);
            let header = self.root_optimised.header_signature();
            let agreed = header.filter(|header| {
                trace.uop(left.at).op == Op::Exit && exit.agrees(trace, header).is_ok()
            });
            if let Some(header) = agreed {
                count.by_header += 1;
                let words = header.words.iter().zip(&left.words);
                let params = words.filter(|(entry, _)| matches!(entry.holds, Holds::Param(_)));
                let mut values: Vec<u64> = params.map(|(_, &(_, bits))| bits).collect();
                values.extend(&left.extras);
                let base = left.base;
                contract::holds(&self.root_optimised, &values, base, &mut machine)
                    .map_err(|broken| format!("the link to the header: {broken}"))?;
                machine.watch.contracts = true;
                left = run(
                    &self.root_optimised,
                    Entry::Header,
                    &values,
                    base,
                    &mut machine,
                );
            } else {
                count.by_root += 1;
                if (left.pc, left.base) != (self.root.pc, start.base) {
                    return Err(format!("leaves to {} at {}", left.pc, left.base));
                }
                write_pending(&mut machine, &left);
                let begun = machine.begun.len();
                left = run(
                    &self.root_optimised,
                    Entry::Start,
                    &[],
                    left.base,
                    &mut machine,
                );
                let header = self.root_optimised.header.as_ref();
                let before = header.is_some_and(|header| left.at < header.at);
                if before && machine.begun.len() == begun {
                    // The words are not what the loop wants, or an interrupt is pending.
                    count.declined += 1;
                    let found = &machine.visible;
                    let differs = difference(&machine, found, &plain.log, &before_root);
                    return differs.map_or(Ok(()), Err);
                }
            }
            trace = &self.root_optimised;
        }
        write_pending(&mut plain, &plain_left);
        write_pending(&mut machine, &left);
        if let Some(fault) = machine.fault.take() {
            return Err(fault);
        }
        let plain_trace = if came_back { &self.root } else { &self.side };
        let way_out = |trace: &Trace, left: &Left| {
            let kind = trace.exit(left.exit).kind;
            (kind, left.pc, left.base, left.transferred)
        };
        let (found, wanted) = (way_out(trace, &left), way_out(plain_trace, &plain_left));
        if found != wanted {
            return Err(format!("leaves with {found:?}, not {wanted:?}"));
        }
        if machine.begun != plain.begun {
            return Err(format!("begins {:?}, not {:?}", machine.begun, plain.begun));
        }
        difference(&machine, &machine.visible, &plain.log, &plain.visible).map_or(Ok(()), Err)
    }
}

/// A side trace, which is proved unless it is stopped.
fn optimise_side(side: &Trace, root: &Trace, fuel: Option<u64>, seed: u64) -> Trace {
    let options = Options {
        fuel,
        reenter: &[root],
        ..Options::default()
    };
    let optimised = optimise(side, &options);
    if fuel.is_none() {
        must_be_proved(seed, side, &optimised, &options);
    }
    optimised.trace
}

#[test]
fn k2_side_traces_come_back_to_the_loop() {
    let mut count = Count::default();
    for seed in Seeds::from_environment() {
        let generated = generate(seed);
        let mut random = Random::new(mix(seed, 7));
        let Some(mut scene) = Scene::new(&generated, &mut random, None) else {
            continue;
        };
        for start in &generated.starts {
            for from in 1..10 {
                let Err(wrong) = scene.compare(start, from, &mut count) else {
                    continue;
                };
                // The least fuel for the side trace that fails names the rewrite.
                let options = Options {
                    reenter: &[&scene.root_optimised],
                    ..Options::default()
                };
                let trail = optimise(&scene.side, &options).trail;
                for fuel in 0..=trail.len() as u64 {
                    scene.side_optimised =
                        optimise_side(&scene.side, &scene.root_optimised, Some(fuel), seed);
                    if scene.compare(start, from, &mut count).is_err() {
                        let guilty = (fuel as usize).checked_sub(1).map(|last| &trail[last]);
                        panic!(
                            "seed {seed:#x}, left in instruction {from}: {wrong}\n\
                             first with fuel {fuel}: {guilty:?}\n{}\n{}\n{}\n{}",
                            scene.root, scene.root_optimised, scene.side, scene.side_optimised
                        );
                    }
                }
                panic!("seed {seed:#x}: {wrong}, but not twice");
            }
        }
    }
    println!("side traces that come back: {count:?}");
    let few = count.side_traces < 2000;
    assert!(
        few || count.by_header > 100 && count.by_root > 20,
        "{count:?}"
    );
}
