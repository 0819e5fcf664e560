//! Random recorded traces.
//!
//! The generator is a recorder without a program: it makes up instructions, executes each uop on a
//! [`Machine`] as it notes it, and writes guards so that most hold. What it makes has the form of
//! every recorded trace:
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
use crate::evaluate::{Call, Entry, Left, Outcome, State};
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ExitId, Value, Word};
use crate::interface::Interface;
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Type;
use crate::uop::Imm;
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
    let (mut recorder, mut starts) = if random.chance(35) {
        side::begin(name, interface, machine, script, &mut random)
    } else {
        begin_root(name, pc, interface, machine, script, &mut random)
    };
    let is_root = recorder.builder.trace().entry.is_empty();
    let looping = random.chance(if is_root { 50 } else { 15 });
    recorder.record(looping, ending, &mut random);
    starts.truncate(STARTS);
    Generated {
        seed,
        trace: if looping {
            recorder.builder.finish_loop()
        } else {
            recorder.builder.finish()
        },
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
) -> (Recorder, Vec<Start>) {
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
    (Recorder::new(builder, machine), starts)
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
    let mut recorder = Recorder::new(builder, machine);
    recorder.base = left.base;
    recorder.take_over(&handed(exit, parent, left));
    let goal = i32::try_from(base - left.base).ok()?;
    let mut seeds = Vec::new();
    for _ in 0..random.below(6) {
        recorder.any_instruction(&mut seeds, goal >= 0, &mut random);
    }
    while recorder.delta > goal {
        recorder.begin(false);
        if !recorder.pop(&mut random) {
            return None;
        }
    }
    if recorder.delta != goal {
        return None;
    }
    if recorder.unchecked {
        recorder.begin(false);
    }
    let out = recorder.builder.side_exit(pc, goal);
    recorder.builder.leave(out);
    Some(recorder.builder.finish())
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

/// Executes and notes.
struct Recorder {
    builder: Builder,
    machine: Machine,
    /// The value of every uop so far.
    values: Vec<u64>,
    /// The frame base at the entry.
    base: i64,
    pc: Pc,
    /// How far the base has moved since the entry.
    delta: i32,
    /// Whether the next instruction must check that it is still valid.
    unchecked: bool,
    /// Whether the next instruction is the loop's first, which polls.
    first_of_loop: bool,
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
    side: Option<ExitId>,
    deopt: Option<ExitId>,
    error: Option<ExitId>,
}

impl Recorder {
    fn new(builder: Builder, machine: Machine) -> Recorder {
        let mut recorder = Recorder {
            pc: builder.trace().pc,
            builder,
            machine,
            values: Vec::new(),
            base: ENTRY_BASE,
            delta: 0,
            unchecked: false,
            first_of_loop: false,
            objects: 20,
            at_hand: Vec::new(),
            raw: Vec::new(),
            elements: Vec::new(),
            shown: Vec::new(),
            called: false,
            side: None,
            deopt: None,
            error: None,
        };
        recorder
            .values
            .resize(recorder.builder.trace().uops.len(), 0);
        recorder
    }

    fn record(&mut self, looping: bool, ending: Ending, random: &mut Random) {
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
        for number in 0..length {
            if self.builder.trace().uops.len() > 190 {
                break;
            }
            self.first_of_loop = looping && number == 0;
            self.any_instruction(&mut seeds, looping, random);
        }
        if looping {
            while self.delta > 0 {
                self.begin(false);
                let popped = self.pop(&mut Random::new(mix(seeds[0], 9)));
                assert!(popped, "nothing overwrites the links of live frames");
            }
            if self.unchecked {
                self.begin(false);
            }
        } else {
            self.end(ending, random);
        }
    }

    /// Defines the entry's parameters, and goes on behind what the entry does.
    fn take_over(&mut self, handed: &[u64]) {
        let params: Vec<Value> = self.builder.trace().entry_params().collect();
        self.values.truncate(1 + params.len());
        for (param, &bits) in params.iter().zip(handed) {
            self.values[param.index()] = bits;
        }
        self.execute();
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
        let polls = std::mem::take(&mut self.first_of_loop);
        self.begin(polls);
        let mut own = Random::new(seed);
        self.instruction(&mut own);
        if !self.step(looping, &mut own) {
            self.pc += 1;
        }
    }

    /// An instruction begins.
    fn begin(&mut self, first_of_loop: bool) {
        self.at_hand.clear();
        self.raw.clear();
        self.elements.clear();
        self.shown.clear();
        self.called = false;
        (self.side, self.deopt, self.error) = (None, None, None);
        self.builder.at(self.pc);
        self.execute();
        if std::mem::take(&mut self.unchecked) {
            let exit = self.exit_of(ExitKind::Deopt);
            self.builder.check_valid(exit);
            self.execute();
        }
        if first_of_loop {
            let exit = ExitState::new(ExitKind::Poll, self.pc, self.delta);
            let exit = self.builder.exit(exit);
            self.builder.poll(exit);
            self.execute();
        }
    }

    /// The current instruction's exit of this kind.
    fn exit_of(&mut self, kind: ExitKind) -> ExitId {
        let (pc, delta) = (self.pc, self.delta);
        let known = match kind {
            ExitKind::Deopt => &mut self.deopt,
            ExitKind::Error => &mut self.error,
            _ => &mut self.side,
        };
        let builder = &mut self.builder;
        *known.get_or_insert_with(|| builder.exit(ExitState::new(kind, pc, delta)))
    }

    fn bits(&self, value: Value) -> u64 {
        self.values[value.index()]
    }

    /// Executes what was noted since the last time; the last uop's value.
    fn execute(&mut self) -> Value {
        let trace = self.builder.trace();
        for position in self.values.len()..trace.uops.len() {
            let uop = &trace.uops[position];
            let args: Vec<u64> = uop
                .args
                .iter()
                .map(|arg| self.values[arg.index()])
                .collect();
            let address = |index: u64| {
                let access = uop.access().expect("a heap access names a location");
                let address = args[0].wrapping_add(index << access.scale);
                (
                    address.wrapping_add(i64::from(access.offset) as u64),
                    access.mem,
                )
            };
            let word = |word: Option<Word>| self.base + i64::from(word.expect("a word").0);
            let machine = &mut self.machine;
            let bits = match (uop.op.eval_pure(&args), uop.op) {
                (Some(bits), _) => bits,
                (None, Op::Const) => match (uop.imm, uop.ty) {
                    (Imm::Const(index), Some(Type::Ref)) => trace.refs[index as usize],
                    (Imm::Const(bits), _) => bits,
                    _ => unreachable!("a constant has bits"),
                },
                (None, Op::Select) => args[if args[0] & 1 == 1 { 1 } else { 2 }],
                (None, Op::LoadWord) => machine.load_word(word(uop.word())),
                (None, Op::HasRoom) => machine.has_room(word(uop.word())).into(),
                (None, Op::StoreWord) => {
                    machine.store_word(word(uop.word()), args[0]);
                    0
                }
                (None, Op::Load | Op::LoadElem) => {
                    let (address, mem) = address(args.get(1).copied().unwrap_or(0));
                    machine.load(address, mem)
                }
                (None, Op::Store) => {
                    let (address, mem) = address(0);
                    machine.store(address, mem, args[1]);
                    0
                }
                (None, Op::StoreElem) => {
                    let (address, mem) = address(args[1]);
                    machine.store(address, mem, args[2]);
                    0
                }
                (None, Op::GuardRef) => args[1],
                (None, Op::GuardIndex) => args[0],
                (None, Op::Call) => {
                    let helper = uop.helper().expect("call names a helper");
                    let from = uop.exit.map(|exit| {
                        let exit = trace.exit(exit);
                        (self.base + i64::from(exit.base), exit.target)
                    });
                    let args = &args;
                    match machine.call(Call {
                        helper,
                        args,
                        from,
                        roots: &[],
                    }) {
                        Outcome::Value(bits) => bits,
                        // Only when the heap is full: the trace is over for this state, but any
                        // live record lets the recording go on.
                        _ => machine.pinned()[0],
                    }
                }
                _ => 0,
            };
            self.values.push(bits);
        }
        Value(self.values.len() as u32 - 1)
    }

    fn group(&self) -> i32 {
        self.builder.trace().interface.group as i32
    }

    fn int(&mut self, value: i64) -> Value {
        self.builder.int(value);
        self.execute()
    }

    fn pure(&mut self, op: Op, args: &[Value]) -> Value {
        self.builder.pure(op, args);
        self.execute()
    }

    fn load_word(&mut self, ty: Type, word: i32) -> Value {
        self.builder.load_word(ty, Word(word));
        self.execute()
    }

    fn store_word(&mut self, word: i32, value: Value) {
        self.builder.store_word(Word(word), value);
        self.execute();
    }

    /// A guard on `condition` as it is now; sometimes as it is not.
    fn guard(&mut self, condition: Value, random: &mut Random) {
        let kind = if random.chance(85) {
            ExitKind::Side
        } else {
            ExitKind::Deopt
        };
        let exit = self.exit_of(kind);
        let holds = self.bits(condition) & 1 == 1;
        if holds != random.chance(2) {
            self.builder.guard(condition, exit);
        } else {
            self.builder.guard_not(condition, exit);
        }
        self.execute();
    }

    /// Stores the link of a frame pushed by `window` words that returns to `pc`, which lies below
    /// the words from `base` on.
    fn store_link(&mut self, base: i32, window: i32, pc: Pc) {
        let zero = self.int(INT);
        self.store_word(base - 2, zero);
        let link = self.int((i64::from(window) << 32) | i64::from(pc));
        self.store_word(base - 1, link);
    }

    fn end(&mut self, ending: Ending, random: &mut Random) {
        match ending {
            Ending::Exit => {
                let out = self.builder.side_exit(self.pc, self.delta);
                self.builder.leave(out);
            }
            Ending::Deopt => {
                if random.chance(50) {
                    self.begin(false);
                    self.reads(2, random);
                }
                let exit = ExitState::new(ExitKind::Deopt, self.pc, self.delta);
                let exit = self.builder.exit(exit);
                self.builder.deopt(exit);
            }
            Ending::Error => {
                self.begin(false);
                self.reads(2, random);
                self.effects(1, random);
                let exit = self.exit_of(ExitKind::Error);
                self.builder.error_exit(exit);
            }
            Ending::Dynamic => {
                self.begin(false);
                let link = self.load_word(Type::I64, self.delta - 1);
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
                let exit = ExitState::new(ExitKind::Dynamic, self.pc, self.delta);
                let exit = self.builder.exit(exit);
                self.builder.leave_dynamic(target, window, exit);
            }
        }
    }
}
