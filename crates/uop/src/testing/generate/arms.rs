//! Random recordings that come to one place, as the arms of a condition do, and what is recorded from
//! there on.

use super::super::helpers;
use super::super::model::{BUDGET, ENTRY_BASE, Machine, Script};
use super::super::random::Random;
use super::generator::{Ending, Generator, Start, proper};
use super::{begin_root, side};
use crate::builder::take_over;
use crate::evaluate::State;
use crate::exit::Pc;
use crate::interface::Interface;
use crate::signature::{EntrySignature, Holds};
use crate::trace::Trace;
use std::sync::Arc;

/// A place where paths join.
#[derive(Clone, Debug)]
pub struct Junction {
    /// The instruction.
    pub pc: Pc,
    interface: Arc<Interface>,
    machine: Machine,
    script: Script,
    /// What the arms have in common: seeds of instructions.
    path: Vec<u64>,
    /// What follows.
    rest: u64,
    looping: bool,
    ending: Ending,
    polls: bool,
}

/// A recording that ends at a [`Junction`].
#[derive(Clone, Debug)]
pub struct Arm {
    /// The trace, as recorded.
    pub trace: Trace,
    /// Where to start it; from the first it comes to the junction.
    pub starts: Vec<Start>,
    /// The machine at the junction, and the frame base there.
    machine: Machine,
    base: i64,
}

impl Junction {
    /// The place that belongs to `seed`.
    pub fn new(seed: u64) -> Junction {
        let mut random = Random::new(seed);
        let group = random.pick(&[1, 2, 2]);
        let interface: Arc<Interface> = helpers::interface(group, &mut random).into();
        let mut machine = Machine::new(interface.clone(), &mut random);
        let script = machine.script;
        machine.script = Script {
            accidents: 0,
            invalidated_by: None,
            quiet: BUDGET,
            ..script
        };
        Junction {
            pc: 60 + random.below(20) as Pc,
            interface,
            machine,
            script,
            path: (0..1 + random.below(7)).map(|_| random.next()).collect(),
            rest: random.next(),
            looping: random.chance(15),
            ending: Ending::any(&mut random),
            polls: random.chance(50),
        }
    }

    /// A recording that ends here. Arms have most instructions in common.
    pub fn arm(&self, name: String, random: &mut Random) -> Arm {
        let (interface, machine) = (self.interface.clone(), self.machine.clone());
        let script = self.script;
        let (generator, starts) = if random.chance(25) {
            side::begin(name, interface, machine, script, random)
        } else {
            begin_root(name, 20, interface, machine, script, random)
        };
        let mut generator = match self.polls {
            true => generator,
            false => generator.without_poll(),
        };
        for &shared in &self.path {
            let seed = match random.chance(20) {
                true => random.next(),
                false => shared,
            };
            generator.instruction_of(seed, false);
        }
        // What differs most is what was assigned last.
        if random.chance(60) {
            generator.begin();
            generator.reads(random.below(3), random);
            generator.effects(1 + random.below(4), random);
        }
        generator.check();
        Arm {
            base: ENTRY_BASE + i64::from(generator.delta()),
            trace: proper(generator.recorder.finish_exit(self.pc)),
            starts,
            machine: generator.machine,
        }
    }

    /// What is recorded from here on where `arm` came, in a trace that takes over `entry`; `None` if
    /// the arm would have left before, by a guard that does not hold.
    pub fn onward(&self, name: String, entry: EntrySignature, arm: &Arm) -> Option<Trace> {
        let handed = handed_from(&entry, arm.base, &mut arm.machine.clone())?;
        let builder = take_over(name, self.pc, &self.interface, entry);
        let generator = Generator::new(builder, arm.machine.clone(), arm.base, &handed);
        let generator = match self.looping {
            true => generator,
            false => generator.without_poll(),
        };
        Some(generator.record(self.looping, self.ending, &mut Random::new(self.rest)))
    }
}

/// What an entry is handed where everything is in memory, with the frame base at `base`; `None` if a
/// word does not hold the constant that the entry knows.
pub fn handed_from(entry: &EntrySignature, base: i64, machine: &mut Machine) -> Option<Vec<u64>> {
    let mut handed = Vec::new();
    for entry in &entry.words {
        let bits = machine.load_word(base + i64::from(entry.word.0));
        match entry.holds {
            Holds::Constant(constant) if constant.bits != bits => return None,
            Holds::Constant(_) => {}
            Holds::Param(_) => handed.push(bits),
        }
    }
    Some(handed)
}
