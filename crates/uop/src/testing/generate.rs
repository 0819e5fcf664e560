//! Random recorded traces.
//!
//! The generator is a recorder without a program: it makes up instructions, [records](crate::record)
//! them, executes each uop on a [`Machine`] as it is recorded ([`Stepper`](crate::evaluate::Stepper)), and writes guards so that
//! most hold. What it makes has the form of every recorded trace:
//!
//! - `at`, then reads, pure uops and guards that resume at the instruction's start, then effects;
//!   a call with effects comes last but for the store of its result;
//! - frame words are loaded and stored, whole groups at a time, never kept in values from one
//!   instruction to the next; exit states are empty;
//! - a loop is `start header at … poll … loop`; a side trace starts with
//!   [`inherit`].
//!
//! Addresses are safe by data flow, in every state and not only the one recorded in: references
//! come from `guard_ref`, fields with a promised kind or constants, indices from `guard_index`.
//!
//! An instruction is a function of a seed of its own, and seeds are used again within a trace: the
//! same loads, guards and computations come back, in other states.

mod arithmetic;
pub mod arms;
mod effects;
mod generator;
mod instruction;
mod side;

pub use generator::{STARTS, Start};

use super::helpers;
use super::model::{BUDGET, ENTRY_BASE, Machine, Script};
use super::random::Random;
use crate::builder::{Builder, inherit};
use crate::evaluate::Left;
use crate::exit::{ExitState, Pc};
use crate::interface::Interface;
use crate::trace::Trace;
use generator::{Ending, Generator};
use std::sync::Arc;

/// A random trace and starts for it; in the first, most guards hold.
#[derive(Clone, Debug)]
pub struct Generated {
    /// What it was made from.
    pub seed: u64,
    /// The trace, as recorded.
    pub trace: Trace,
    /// Where to start it.
    pub starts: Vec<Start>,
}

/// The trace that belongs to `seed`.
pub fn generate(seed: u64) -> Generated {
    generate_from(seed, Random::new(seed))
}

/// The trace that these choices make; `seed` is what it is called by.
pub fn generate_from(seed: u64, mut random: Random) -> Generated {
    let group = random.pick(&[1, 2, 2]);
    let interface: Arc<Interface> = helpers::interface(group, &mut random).into();
    let mut machine = Machine::new(interface.clone(), &mut random);
    let script = machine.script;
    machine.script.accidents = 0;
    machine.script.invalidated_by = None;
    machine.script.quiet = BUDGET;
    let pc = random.below(20) as Pc;
    let name = format!("t{seed:016x}");
    let ending = Ending::any(&mut random);
    let (generator, mut starts) = if random.chance(35) {
        side::begin(name, interface, machine, script, &mut random)
    } else {
        begin_root(name, pc, interface, machine, script, &mut random)
    };
    let is_root = generator.trace().entry.is_empty();
    let looping = random.chance(if is_root { 50 } else { 15 });
    let generator = match looping {
        true => generator,
        false => generator.without_poll(),
    };
    let trace = generator.record(looping, ending, &mut random);
    starts.truncate(STARTS);
    Generated {
        seed,
        trace,
        starts,
    }
}

/// A root begun at `pc`, and starts.
fn begin_root(
    name: String,
    pc: Pc,
    interface: Arc<Interface>,
    machine: Machine,
    script: Script,
    random: &mut Random,
) -> (Generator, Vec<Start>) {
    let start = Start {
        handed: Vec::new(),
        base: ENTRY_BASE,
        machine: machine.clone().with_script(script),
    };
    let mut starts = vec![start];
    while starts.len() < STARTS {
        let machine = starts[0].machine.perturbed(random);
        starts.push(Start {
            machine,
            ..starts[0].clone()
        });
    }
    let builder = Builder::new(name, pc, interface);
    (Generator::new(builder, machine, ENTRY_BASE, &[]), starts)
}

/// Records a side trace from where `left` left `parent`, which goes back to the instruction `pc` at
/// the frame base `base`. `machine` is as `parent` left it, what is pending not yet written.
///
/// `None` if the recording does not find its way there.
pub fn side_trace(
    parent: &Trace,
    left: &Left,
    machine: &Machine,
    (pc, base): (Pc, i64),
    seed: u64,
) -> Option<Trace> {
    let mut random = Random::new(seed);
    let exit = parent.exit(left.exit);
    let quiet = Script {
        accidents: 0,
        invalidated_by: None,
        quiet: BUDGET,
        ..machine.script
    };
    let machine = machine.clone().with_script(quiet);
    let builder = inherit(format!("s{seed:016x}"), exit, parent);
    let handed = handed(exit, parent, left);
    let mut generator = Generator::new(builder, machine, left.base, &handed).without_poll();
    let goal = i32::try_from(base - left.base).ok()?;
    let mut seeds = Vec::new();
    for _ in 0..random.below(6) {
        generator.any_instruction(&mut seeds, goal >= 0, &mut random);
    }
    while generator.delta() > goal {
        generator.begin();
        if !generator.pop(&mut random) {
            return None;
        }
    }
    if generator.delta() != goal {
        return None;
    }
    generator.check();
    Some(generator.finish_exit(pc))
}

/// What an exit hands over to a trace that takes over from it.
pub fn handed(exit: &ExitState, of: &Trace, left: &Left) -> Vec<u64> {
    let words = exit.words.iter().zip(&left.words);
    words
        .filter(|((_, value), _)| of.constant(*value).is_none())
        .map(|(_, &(_, bits))| bits)
        .collect()
}
