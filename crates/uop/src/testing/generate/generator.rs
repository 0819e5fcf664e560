//! [`Generator`]: the recorder without a program. It makes up instructions, records them, and executes
//! each uop as it is recorded.

use crate::builder::Builder;
use crate::evaluate::{Call, Entry, Outcome, State, Stepper};
use crate::exit::{ExitKind, Pc};
use crate::id::{Value, Word};
use crate::op::Op;
use crate::record::{Acting, Either, Instruction, RecordError, Recorder, link_word};
use crate::testing::model::{INT, Machine};
use crate::testing::random::{Random, mix};
use crate::trace::Trace;
use crate::types::{Mem, Type};

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

/// How many starts a trace comes with.
pub const STARTS: usize = 4;

/// How a trace that does not loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Exit,
    Dynamic,
    Deopt,
    Error,
}

impl Ending {
    pub(super) fn any(random: &mut Random) -> Ending {
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
pub(super) enum Is {
    Int,
    Float,
    Bool,
    Record,
    Array,
}

/// An array element within bounds: where phase two may store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) data: Value,
    pub(super) index: Value,
    pub(super) access: crate::Access,
}

/// Makes up instructions, records and executes them.
pub(super) struct Generator {
    pub(super) recorder: Recorder,
    pub(super) machine: Machine,
    pub(super) stepper: Stepper,
    /// The frame base at the entry.
    pub(super) base: i64,
    pub(super) pc: Pc,
    /// Percentage of instructions that make objects.
    pub(super) objects: usize,
    // Of the current instruction:
    pub(super) at_hand: Vec<(Value, Is)>,
    pub(super) raw: Vec<Vec<Value>>,
    pub(super) elements: Vec<Element>,
    /// Groups whose tag a guard has shown.
    pub(super) shown: Vec<(Word, i64)>,
    /// Whether it called: nothing but the result's store may follow.
    pub(super) called: bool,
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
    pub(super) fn new(
        builder: Builder,
        mut machine: Machine,
        base: i64,
        handed: &[u64],
    ) -> Generator {
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
    pub(super) fn without_poll(self) -> Generator {
        Generator {
            recorder: self.recorder.without_poll(),
            ..self
        }
    }

    /// What was recorded so far.
    pub(super) fn trace(&self) -> &Trace {
        self.recorder.trace()
    }

    /// Ends with an exit to `pc`.
    pub(super) fn finish_exit(self, pc: Pc) -> Trace {
        proper(self.recorder.finish_exit(pc))
    }

    pub(super) fn record(mut self, looping: bool, ending: Ending, random: &mut Random) -> Trace {
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
    pub(super) fn check(&mut self) {
        if self.recorder.has_reentered() {
            self.begin();
        }
    }

    /// A new instruction, or one like an earlier one.
    pub(super) fn any_instruction(
        &mut self,
        seeds: &mut Vec<u64>,
        looping: bool,
        random: &mut Random,
    ) {
        let seed = if !seeds.is_empty() && random.chance(35) {
            random.pick(seeds)
        } else {
            random.next()
        };
        seeds.push(seed);
        self.instruction_of(seed, looping);
    }

    /// The instruction that belongs to `seed`.
    pub(super) fn instruction_of(&mut self, seed: u64, looping: bool) {
        self.begin();
        let mut own = Random::new(seed);
        self.instruction(&mut own);
        if !self.step(looping, &mut own) {
            self.pc += 1;
        }
    }

    /// An instruction begins.
    pub(super) fn begin(&mut self) {
        self.at_hand.clear();
        self.raw.clear();
        self.elements.clear();
        self.shown.clear();
        self.called = false;
        self.recorder.begin(self.pc);
        self.execute();
    }

    /// How far the base has moved since the entry.
    pub(super) fn delta(&self) -> i32 {
        self.recorder.base()
    }

    pub(super) fn bits(&self, value: Value) -> u64 {
        self.stepper.value(value)
    }

    /// Executes what was recorded since the last time; the last uop's value. A guard that was made up
    /// the wrong way round leaves the trace; the recording goes on all the same.
    pub(super) fn execute(&mut self) -> Value {
        let (trace, machine) = (self.recorder.trace(), &mut self.machine);
        while self.stepper.position() < trace.uops.len() {
            self.stepper.step(trace, &mut Undisturbed(machine));
        }
        Value(trace.uops.len() as u32 - 1)
    }

    /// Records and executes what both phases of an instruction allow.
    pub(super) fn note(
        &mut self,
        value: impl FnOnce(&mut Instruction<'_, Either>) -> Value,
    ) -> Value {
        value(&mut self.recorder.either());
        self.execute()
    }

    /// Records and executes a guard.
    pub(super) fn guarding<R>(&mut self, guard: impl FnOnce(&mut Instruction<'_>) -> R) -> Value {
        guard(&mut self.recorder.reading());
        self.execute()
    }

    /// Records and executes an effect.
    pub(super) fn act<R>(
        &mut self,
        effect: impl FnOnce(&mut Instruction<'_, Acting>) -> R,
    ) -> Value {
        effect(&mut self.recorder.acting());
        self.execute()
    }

    pub(super) fn group(&self) -> i32 {
        self.recorder.trace().interface.group as i32
    }

    pub(super) fn int(&mut self, value: i64) -> Value {
        self.note(|now| now.int(value))
    }

    pub(super) fn pure(&mut self, op: Op, args: &[Value]) -> Value {
        self.note(|now| now.pure(op, args))
    }

    /// Loads a word that is counted from the entry's base.
    pub(super) fn load_word(&mut self, ty: Type, word: i32) -> Value {
        let word = Word(word - self.delta());
        self.note(|now| now.load_word(ty, word))
    }

    /// Stores to a word that is counted from the entry's base.
    pub(super) fn store_word(&mut self, word: i32, value: Value) {
        let word = Word(word - self.delta());
        self.act(|now| now.store_word(word, value));
    }

    /// A guard on `condition` as it is now; sometimes as it is not.
    pub(super) fn guard(&mut self, condition: Value, random: &mut Random) {
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
    pub(super) fn store_link(&mut self, base: i32, window: u16, pc: Pc) {
        let zero = self.int(INT);
        self.store_word(base - 2, zero);
        let link = self.int(link_word(window, pc));
        self.store_word(base - 1, link);
    }

    pub(super) fn end(mut self, ending: Ending, random: &mut Random) -> Trace {
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

pub(super) fn proper(trace: Result<Trace, RecordError>) -> Trace {
    trace.expect("made up by the rules")
}
