//! Random recorded traces.
//!
//! The generator is a recorder without a program: it makes up instructions, [records](crate::record)
//! them, executes each uop on a [`Machine`] as it is recorded ([`Stepper`]), and writes guards so that
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
mod instruction;
mod side;

use super::helpers;
use super::model::{BUDGET, ENTRY_BASE, INT, Machine, Script};
use super::random::{Random, mix};
use crate::builder::{Builder, inherit};
use crate::evaluate::{Call, Entry, Left, Outcome, State, Stepper};
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{Value, Word};
use crate::interface::Interface;
use crate::op::Op;
use crate::record::{Acting, Either, Instruction, RecordError, Recorder, link_word};
use crate::trace::Trace;
use crate::types::{Mem, Type};
use std::sync::Arc;

/// Where a run starts: what is handed over, and the machine.
#[derive(Clone, Debug)]
pub struct Start {
    /// The parameters of the trace's entry signature.
    pub handed: Vec<u64>,
    /// The frame base.
    pub base: i64,
    /// The machine.
    pub machine: Machine,
}

impl Start {
    /// A copy of the machine and the values to hand over at `entry`.
    pub fn fresh(&self) -> (Entry, Machine) {
        (Entry::Start, self.machine.clone())
    }
}

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

/// How many starts a trace comes with.
pub const STARTS: usize = 4;

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
    let is_root = generator.recorder.trace().entry.is_empty();
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
    Some(proper(generator.recorder.finish_exit(pc)))
}

/// What an exit hands over to a trace that takes over from it.
pub fn handed(exit: &ExitState, of: &Trace, left: &Left) -> Vec<u64> {
    let words = exit.words.iter().zip(&left.words);
    words
        .filter(|((_, value), _)| of.constant(*value).is_none())
        .map(|(_, &(_, bits))| bits)
        .collect()
}

/// How a trace that does not loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Exit,
    Dynamic,
    Deopt,
    Error,
}

impl Ending {
    fn any(random: &mut Random) -> Ending {
        match random.below(10) {
            0..5 => Ending::Exit,
            5..7 => Ending::Dynamic,
            7..8 => Ending::Deopt,
            _ => Ending::Error,
        }
    }
}

/// What a value at hand may be used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Int,
    Float,
    Bool,
    Record,
    Array,
}

/// An array element within bounds: where phase two may store.
#[derive(Clone, Copy, Debug)]
struct Element {
    data: Value,
    index: Value,
    access: crate::Access,
}

/// Makes up instructions, records and executes them.
struct Generator {
    recorder: Recorder,
    machine: Machine,
    stepper: Stepper,
    /// The frame base at the entry.
    base: i64,
    pc: Pc,
    /// Percentage of instructions that make objects.
    objects: usize,
    // Of the current instruction:
    at_hand: Vec<(Value, Is)>,
    raw: Vec<Vec<Value>>,
    elements: Vec<Element>,
    /// Groups whose tag a guard has shown.
    shown: Vec<(Word, i64)>,
    /// Whether it called: nothing but the result's store may follow.
    called: bool,
}

/// The machine while it is recorded on: nothing comes from outside, and no call fails.
struct Undisturbed<'m>(&'m mut Machine);

impl State for Undisturbed<'_> {
    fn load_word(&mut self, index: i64) -> u64 {
        self.0.load_word(index)
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.0.store_word(index, bits);
    }
    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        self.0.load(address, mem)
    }
    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        self.0.store(address, mem, bits);
    }
    fn has_room(&mut self, index: i64) -> bool {
        self.0.has_room(index)
    }
    fn call(&mut self, call: Call<'_>) -> Outcome {
        match self.0.call(call) {
            Outcome::Value(bits) => Outcome::Value(bits),
            // Only when the heap is full: the trace is over for this state, but any live record lets
            // the recording go on.
            _ => Outcome::Value(self.0.pinned()[0]),
        }
    }
}

impl Generator {
    /// Records after what `builder` holds, on `machine` with the frame base at `base`.
    fn new(builder: Builder, mut machine: Machine, base: i64, handed: &[u64]) -> Generator {
        let recorder = Recorder::after(builder);
        let (trace, undisturbed) = (recorder.trace(), &mut Undisturbed(&mut machine));
        let stepper = Stepper::new(trace, Entry::Start, handed, base, undisturbed);
        let mut generator = Generator {
            pc: trace.pc,
            recorder,
            machine,
            stepper,
            base,
            objects: 20,
            at_hand: Vec::new(),
            raw: Vec::new(),
            elements: Vec::new(),
            shown: Vec::new(),
            called: false,
        };
        generator.execute();
        generator
    }

    /// The same for a trace that will not loop.
    fn without_poll(self) -> Generator {
        Generator {
            recorder: self.recorder.without_poll(),
            ..self
        }
    }

    fn record(mut self, looping: bool, ending: Ending, random: &mut Random) -> Trace {
        if random.chance(20) {
            self.objects = 60;
        }
        let length = match random.below(10) {
            0..2 => 1,
            2..6 => 1 + random.below(4),
            6..9 => 2 + random.below(10),
            _ => 4 + random.below(20),
        };
        let mut seeds: Vec<u64> = Vec::new();
        for _ in 0..length {
            if self.recorder.trace().uops.len() > 190 {
                break;
            }
            self.any_instruction(&mut seeds, looping, random);
        }
        if looping {
            while self.delta() > 0 {
                self.begin();
                let popped = self.pop(&mut Random::new(mix(seeds[0], 9)));
                assert!(popped, "nothing overwrites the links of live frames");
            }
            self.check();
            return proper(self.recorder.finish_loop());
        }
        self.end(ending, random)
    }

    /// Asks whether the trace is still valid where the last instruction may have run the program.
    fn check(&mut self) {
        if self.recorder.has_reentered() {
            self.begin();
        }
    }

    /// A new instruction, or one like an earlier one.
    fn any_instruction(&mut self, seeds: &mut Vec<u64>, looping: bool, random: &mut Random) {
        let seed = if !seeds.is_empty() && random.chance(35) {
            random.pick(seeds)
        } else {
            random.next()
        };
        seeds.push(seed);
        self.instruction_of(seed, looping);
    }

    /// The instruction that belongs to `seed`.
    fn instruction_of(&mut self, seed: u64, looping: bool) {
        self.begin();
        let mut own = Random::new(seed);
        self.instruction(&mut own);
        if !self.step(looping, &mut own) {
            self.pc += 1;
        }
    }

    /// An instruction begins.
    fn begin(&mut self) {
        self.at_hand.clear();
        self.raw.clear();
        self.elements.clear();
        self.shown.clear();
        self.called = false;
        self.recorder.begin(self.pc);
        self.execute();
    }

    /// How far the base has moved since the entry.
    fn delta(&self) -> i32 {
        self.recorder.base()
    }

    fn bits(&self, value: Value) -> u64 {
        self.stepper.value(value)
    }

    /// Executes what was recorded since the last time; the last uop's value. A guard that was made up
    /// the wrong way round leaves the trace; the recording goes on all the same.
    fn execute(&mut self) -> Value {
        let (trace, machine) = (self.recorder.trace(), &mut self.machine);
        while self.stepper.position() < trace.uops.len() {
            self.stepper.step(trace, &mut Undisturbed(machine));
        }
        Value(trace.uops.len() as u32 - 1)
    }

    /// Records and executes what both phases of an instruction allow.
    fn note(&mut self, value: impl FnOnce(&mut Instruction<'_, Either>) -> Value) -> Value {
        value(&mut self.recorder.either());
        self.execute()
    }

    /// Records and executes a guard.
    fn guarding<R>(&mut self, guard: impl FnOnce(&mut Instruction<'_>) -> R) -> Value {
        guard(&mut self.recorder.reading());
        self.execute()
    }

    /// Records and executes an effect.
    fn act<R>(&mut self, effect: impl FnOnce(&mut Instruction<'_, Acting>) -> R) -> Value {
        effect(&mut self.recorder.acting());
        self.execute()
    }

    fn group(&self) -> i32 {
        self.recorder.trace().interface.group as i32
    }

    fn int(&mut self, value: i64) -> Value {
        self.note(|now| now.int(value))
    }

    fn pure(&mut self, op: Op, args: &[Value]) -> Value {
        self.note(|now| now.pure(op, args))
    }

    /// Loads a word that is counted from the entry's base.
    fn load_word(&mut self, ty: Type, word: i32) -> Value {
        let word = Word(word - self.delta());
        self.note(|now| now.load_word(ty, word))
    }

    /// Stores to a word that is counted from the entry's base.
    fn store_word(&mut self, word: i32, value: Value) {
        let word = Word(word - self.delta());
        self.act(|now| now.store_word(word, value));
    }

    /// A guard on `condition` as it is now; sometimes as it is not.
    fn guard(&mut self, condition: Value, random: &mut Random) {
        let kind = if random.chance(85) {
            ExitKind::Side
        } else {
            ExitKind::Deopt
        };
        let holds = self.bits(condition) & 1 == 1;
        let seen = holds != random.chance(2);
        self.guarding(|now| now.guard_through(kind, condition, seen));
    }

    /// Stores the link of a frame pushed by `window` words that returns to `pc`, which lies below
    /// the words from `base` on.
    fn store_link(&mut self, base: i32, window: u16, pc: Pc) {
        let zero = self.int(INT);
        self.store_word(base - 2, zero);
        let link = self.int(link_word(window, pc));
        self.store_word(base - 1, link);
    }

    fn end(mut self, ending: Ending, random: &mut Random) -> Trace {
        proper(match ending {
            Ending::Exit => self.recorder.finish_exit(self.pc),
            Ending::Deopt => {
                if random.chance(50) {
                    self.begin();
                    self.reads(2, random);
                }
                self.recorder.finish_deopt(self.pc)
            }
            Ending::Error => {
                self.begin();
                self.reads(2, random);
                self.effects(1, random);
                self.recorder.finish_error()
            }
            Ending::Dynamic => {
                self.begin();
                let link = self.load_word(Type::I64, self.delta() - 1);
                let none = self.int(-1);
                let is_frame = self.pure(Op::Ne, &[link, none]);
                self.guard(is_frame, random);
                let mask = self.int(0xffff_ffff);
                let target = self.pure(Op::And, &[link, mask]);
                let shift = self.int(32);
                // A function is left, or another entered.
                let window = match random.below(2) {
                    0 => self.pure(Op::Shr, &[link, shift]),
                    _ => self.int(0),
                };
                self.reads(1, random);
                self.effects(1, random);
                let from = self.delta();
                self.recorder.finish_dynamic(target, window, from)
            }
        })
    }
}

fn proper(trace: Result<Trace, RecordError>) -> Trace {
    trace.expect("made up by the rules")
}
