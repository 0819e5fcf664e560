//! The explicit layer: a host that keeps its own interpreter, and translates three of its
//! instructions into uops by hand.
//!
//! What the write-once layer does for everyone, this host does itself: it looks at its state,
//! records what it saw as guards, and asks the graph at its loop edge.

use offramp::explicit::{EvaluatorBackend, ExecutorGraph, Leave};
use offramp::{Arrival, Config};
use offramp_uop::evaluate::{Call, Outcome, State};
use offramp_uop::record::Recorder;
use offramp_uop::{Interface, Mem, Op, Pc, Type, Word};

#[derive(Clone, Copy)]
enum Instr {
    Add(i32, i32, i32),
    LoopIfLess(i32, i32, Pc),
    JumpIfEven(i32, Pc),
    Print(i32),
    Halt,
}

/// The host: registers, and an interpreter of its own.
#[derive(Default)]
struct Vm {
    registers: Vec<i64>,
    printed: Vec<i64>,
    interpreted: usize,
}

impl State for Vm {
    fn load_word(&mut self, index: i64) -> u64 {
        self.registers[index as usize] as u64
    }
    fn store_word(&mut self, index: i64, bits: u64) {
        self.registers[index as usize] = bits as i64;
    }
    fn load(&mut self, _: u64, _: Mem) -> u64 {
        unreachable!("this host has no heap")
    }
    fn store(&mut self, _: u64, _: Mem, _: u64) {
        unreachable!("this host has no heap")
    }
    fn call(&mut self, _: Call<'_>) -> Outcome {
        unreachable!("this host translates no call")
    }
}

impl Vm {
    fn register(&mut self, index: i32) -> &mut i64 {
        &mut self.registers[index as usize]
    }

    /// Executes one instruction; where the program goes on, and whether over a loop edge.
    fn step(&mut self, instr: Instr, pc: Pc) -> Option<(Pc, bool)> {
        self.interpreted += 1;
        match instr {
            Instr::Add(a, b, c) => *self.register(a) = *self.register(b) + *self.register(c),
            Instr::LoopIfLess(a, b, target) if *self.register(a) < *self.register(b) => {
                return Some((target, true));
            }
            Instr::JumpIfEven(a, target) if *self.register(a) % 2 == 0 => {
                return Some((target, false));
            }
            Instr::Print(a) => {
                let value = *self.register(a);
                self.printed.push(value);
            }
            Instr::Halt => return None,
            _ => {}
        }
        Some((pc + 1, false))
    }

    /// Notes what `step` is about to do. `None` where it has no words for it.
    fn translate(&mut self, recorder: &mut Recorder, instr: Instr, pc: Pc) -> Option<()> {
        let mut now = recorder.begin(pc);
        match instr {
            Instr::Add(a, x, y) => {
                let x = now.load_word(Type::I64, Word(x));
                let y = now.load_word(Type::I64, Word(y));
                let sum = now.pure(Op::Add, &[x, y]);
                now.commit().store_word(Word(a), sum);
            }
            Instr::LoopIfLess(a, limit, _) => {
                let x = now.load_word(Type::I64, Word(a));
                let y = now.load_word(Type::I64, Word(limit));
                let less = now.pure(Op::Lt, &[x, y]);
                now.guard(less, *self.register(a) < *self.register(limit));
            }
            Instr::JumpIfEven(a, _) => {
                let x = now.load_word(Type::I64, Word(a));
                let (one, zero) = (now.int(1), now.int(0));
                let bit = now.pure(Op::And, &[x, one]);
                let even = now.pure(Op::Eq, &[bit, zero]);
                now.guard(even, *self.register(a) % 2 == 0);
            }
            Instr::Print(_) | Instr::Halt => return None,
        }
        Some(())
    }
}

/// The host's loop. `graph` is all it has of Offramp.
fn run(vm: &mut Vm, code: &[Instr], graph: &ExecutorGraph) {
    let mut pc = 0;
    let mut recording = None;
    while let Some(&instr) = code.get(pc as usize) {
        if let Some((ticket, mut recorder)) = recording.take() {
            match vm.translate(&mut recorder, instr, pc) {
                Some(()) => recording = Some((ticket, recorder)),
                None => graph.abandon(ticket, offramp::inspect::Abort::Unrecordable),
            }
        }
        let Some((next, is_edge)) = vm.step(instr, pc) else {
            return;
        };
        pc = next;
        if let Some((ticket, recorder)) = recording.take() {
            let trace = if ticket.pc() == pc && ticket.exit().is_none() {
                recorder.finish_loop()
            } else if graph.root_at(pc).is_some() {
                recorder.finish_exit(pc)
            } else {
                recording = Some((ticket, recorder));
                continue;
            };
            let trace = trace.expect("a recording by the rules");
            graph.finish(ticket, trace).expect("a fine trace");
            continue;
        }
        if !is_edge {
            continue;
        }
        if let Some(root) = graph.root_at(pc) {
            match graph.enter(root, 0, vm) {
                Leave::Resume { pc: next, .. } | Leave::StepFirst { pc: next, .. } => pc = next,
                Leave::Record { exit, pc: next, .. } => {
                    pc = next;
                    recording = graph.begin_side(exit).and_then(|ticket| {
                        let (parent, exit) = graph.parent_of(&ticket)?;
                        let inherited = offramp_uop::inherit("side", parent.exit(exit), &parent);
                        // It goes on at the loop, which polls.
                        Some((ticket, Recorder::after(inherited).without_poll()))
                    });
                }
                other => panic!("{other:?}"),
            }
        } else if graph.arrive(pc, Arrival::Loop) {
            let interface = Interface::new();
            let begun = graph.begin_root(pc);
            recording = begun.map(|ticket| (ticket, Recorder::root("root", pc, interface.into())));
        }
    }
}

#[test]
fn a_host_with_its_own_loop_translates_three_instructions_by_hand() {
    // r0 sum, r1 i, r2 limit, r3 one: adds i where it is even, and one always.
    let code = [
        Instr::JumpIfEven(1, 2),
        Instr::LoopIfLess(2, 1, 0),
        Instr::Add(0, 0, 1),
        Instr::Add(1, 1, 3),
        Instr::LoopIfLess(1, 2, 0),
        Instr::Print(0),
        Instr::Halt,
    ];
    let registers = vec![0, 0, 3000, 1];
    let mut plain = Vm {
        registers: registers.clone(),
        ..Vm::default()
    };
    let mut off = Config::default();
    off.enabled = false;
    run(
        &mut plain,
        &code,
        &ExecutorGraph::new(off, EvaluatorBackend),
    );

    let mut config = Config::default();
    config.hot_loop = 10;
    config.hot_exit = 10;
    let graph = ExecutorGraph::new(config, EvaluatorBackend);
    let mut traced = Vm {
        registers,
        ..Vm::default()
    };
    run(&mut traced, &code, &graph);

    assert_eq!(traced.registers, plain.registers);
    assert_eq!(traced.printed, plain.printed);
    let stats = graph.stats();
    assert_eq!(stats.compiled, 2, "the loop, and its other half");
    assert!(
        traced.interpreted < plain.interpreted / 10,
        "{} of {}",
        traced.interpreted,
        plain.interpreted
    );
    assert!(graph.inconsistencies().is_empty());
}
