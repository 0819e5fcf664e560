//! The write-once layer beside its traces: explaining, interrupting, panicking, hosts with loops of
//! their own.

use expect_test::{Expect, expect};
use offramp::{
    Act, Arrival, At, Config, Context, Done, Effects, Engine, Failure, Fault, Interpreter, Machine,
    Op, Pc, Program, Read, Stack, Words,
};
use offramp_tests::instructions;
use offramp_uop::Imm;
use offramp_uop::verify::verify_recorded;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy)]
enum Instr {
    Set(u16, i64),
    Add(u16, u16, u16),
    Scale(u16, u16, i64),
    Half(u16, u16),
    LoopIfLess(u16, u16, Pc),
    Call(u16, Pc),
    Return(u16),
    Tick(u16),
    Halt(u16),
}

struct Code(Vec<Instr>);

/// Panics at a count, raises its own interrupt at another.
#[derive(Default)]
struct Host {
    ticks: i64,
    panic_at: Option<i64>,
    interrupt: Option<(i64, offramp::InterruptHandle)>,
}

const TICK: Act<Code, (i64,), i64> = Act::new("tick", tick).with_effects(Effects::PURE);
const HALF: Read<Code, (i64,), i64> = Read::new("half", |_, (value,)| value / 2).pure();

fn tick(cx: &mut Context<'_, Code>, (value,): (i64,)) -> Result<i64, Failure> {
    cx.host.ticks += 1;
    if cx.host.panic_at == Some(cx.host.ticks) {
        panic!("tick {value}");
    }
    if let Some((at, handle)) = &cx.host.interrupt
        && *at == cx.host.ticks
    {
        handle.raise();
    }
    Ok(cx.host.ticks)
}

impl Program for Code {
    type Host = Host;
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match self.0[pc as usize] {
            Instr::Set(a, value) => instructions::set(m, a, value),
            Instr::Add(a, b, c) => match m.add_checked(m.int(b), m.int(c)) {
                Some(sum) => m.commit().set(a, sum).next(),
                None => m.commit().fail(Failure("overflow")),
            },
            Instr::Scale(a, b, factor) => {
                let factor = m.mul(m.constant(factor), m.constant(3));
                let scaled = m.mul(m.int(b), factor);
                m.commit().set(a, scaled).next()
            }
            Instr::Half(a, b) => {
                let (half, known) = (m.read(HALF, (m.int(b),)), m.read(HALF, (m.constant(8),)));
                let sum = m.add(half, known);
                m.commit().set(a, sum).next()
            }
            Instr::LoopIfLess(a, b, target) => instructions::loop_if_less(m, a, b, target),
            Instr::Call(window, target) => {
                if !m.has_room(window + 8) {
                    return m.commit().fail(Failure("stack overflow"));
                }
                m.commit().enter(window, pc + 1, target)
            }
            Instr::Return(a) => instructions::give_back(m, a, 4),
            Instr::Tick(a) => {
                let value = m.int(a);
                m.commit().call_into(a, TICK, (value,))
            }
            Instr::Halt(a) => instructions::halt(m, a),
        }
    }
}

/// Ticks `times` times into w0, counting in w1.
fn ticking(times: i64) -> Code {
    Code(vec![
        Instr::Set(1, 0),
        Instr::Set(2, times),
        Instr::Set(3, 1),
        Instr::Tick(0),
        Instr::Add(1, 1, 3),
        Instr::LoopIfLess(1, 2, 3),
        Instr::Halt(0),
    ])
}

fn interpreter(code: Code) -> Interpreter<Code> {
    let mut config = Config::default();
    config.hot_loop = 5;
    let engine = Engine::new(config).expect("an engine");
    engine.interpreter(code).expect("an interpreter")
}

fn check_explained(instr: Instr, expected: Expect) {
    let mut interpreter = interpreter(Code(vec![instr]));
    let (mut host, mut stack) = (Host::default(), Stack::new(100));
    stack.set_word(0, 20);
    let before = stack.words(16).to_vec();
    expected.assert_eq(&interpreter.explain(&mut host, &mut stack, 0));
    assert_eq!(stack.words(16), before, "explaining does nothing");
    assert_eq!(host.ticks, 0);
}

#[test]
fn explain_says_what_an_instruction_would_do() {
    check_explained(
        Instr::Add(1, 0, 0),
        expect![[r#"
        %3 = load_word.i64 w0
        %4 = load_word.i64 w0
        %5 = add %3, %4
        %6 = add_overflows %3, %4
        guard_not %6
        store_word w1, %5
        next
    "#]],
    );
    check_explained(
        Instr::Tick(0),
        expect![[r#"
        %3 = load_word.i64 w0
        %4 = call @tick(%3)
        store_word w0, %4
        next
    "#]],
    );
    check_explained(
        Instr::LoopIfLess(1, 0, 7),
        expect![[r#"
        %3 = load_word.i64 w1
        %4 = load_word.i64 w0
        %5 = lt %3, %4
        guard %5
        loop to 7
    "#]],
    );
    check_explained(
        Instr::Call(10, 5),
        expect![[r#"
        %3 = has_room w18
        guard %3
        %5 = const.i64 0
        %6 = const.i64 42949672961
        store_word w8, %5
        store_word w9, %6
        enter 5
    "#]],
    );
    check_explained(
        Instr::Return(0),
        expect![[r#"
        %3 = load_word.i64 w0
        %4 = load_word.i64 w-1
        %5 = const.i64 -1
        %6 = eq %4, %5
        guard %6
        finish
    "#]],
    );
}

#[test]
fn constants_are_computed_while_recording() {
    check_explained(
        Instr::Scale(1, 0, 7),
        expect![[r#"
        %3 = const.i64 7
        %4 = const.i64 3
        %5 = const.i64 21
        %6 = load_word.i64 w0
        %7 = mul %6, %5
        store_word w1, %7
        next
    "#]],
    );
    check_explained(
        Instr::Half(1, 0),
        expect![[r#"
        %3 = load_word.i64 w0
        %4 = call @half(%3)
        %5 = const.i64 8
        %6 = const.i64 4
        %7 = add %4, %6
        store_word w1, %7
        next
    "#]],
    );
}

#[test]
fn a_panic_in_a_helper_reaches_the_caller_of_run_with_the_frame_whole() {
    for panic_at in [2, 60] {
        let mut interpreter = interpreter(ticking(100));
        let mut host = Host {
            panic_at: Some(panic_at),
            ..Host::default()
        };
        let mut stack = Stack::new(100);
        let run = AssertUnwindSafe(|| interpreter.run(&mut host, &mut stack, 0));
        let panic = catch_unwind(run).expect_err("the helper panics");
        let message = panic.downcast_ref::<String>().expect("a message");
        assert_eq!(*message, format!("tick {}", panic_at - 1));
        assert_eq!(stack.word(0), panic_at - 1);
        assert_eq!(stack.word(1), panic_at - 1);
        // The interpreter is as good as before.
        host.panic_at = None;
        let answer = interpreter.run(&mut host, &mut stack, 0);
        assert_eq!(answer, Ok(panic_at + 100));
        assert!(interpreter.graph().inconsistencies().is_empty());
    }
}

#[test]
fn p1_an_interrupt_ends_a_loop_on_trace_and_the_run_can_go_on() {
    for at in [1, 7, 60] {
        let mut interpreter = interpreter(ticking(100));
        let mut host = Host {
            interrupt: Some((at, interpreter.interrupt_handle())),
            ..Host::default()
        };
        let mut stack = Stack::new(100);
        let fault = interpreter.run(&mut host, &mut stack, 0);
        assert_eq!(fault, Err(Fault::Interrupted { pc: 3 }), "at {at}");
        assert_eq!(stack.word(1), at, "the frame is whole");
        assert_eq!(interpreter.run(&mut host, &mut stack, 3), Ok(100));
    }
}

#[test]
fn single_instructions_are_executed_one_by_one() {
    let mut interpreter = interpreter(ticking(100));
    let (mut host, mut stack) = (Host::default(), Stack::new(100));
    let (mut pc, mut executed) = (0, 0);
    let answer = loop {
        executed += 1;
        match interpreter.step(&mut host, &mut stack, pc) {
            Ok(At::Resume(next)) => pc = next,
            Ok(At::Finished(answer)) => break answer,
            Err(fault) => panic!("{fault}"),
        }
    };
    // However often the loop's edge is taken, nothing is recorded.
    assert_eq!((answer, executed), (100, 3 + 3 * 100 + 1));
    assert_eq!(interpreter.graph().stats().roots, 0);
    // One instruction of a trace, and on with the run.
    let mut host = Host {
        interrupt: Some((60, interpreter.interrupt_handle())),
        ..Host::default()
    };
    let fault = interpreter.run(&mut host, &mut stack, 0);
    assert_eq!(fault, Err(Fault::Interrupted { pc: 3 }));
    let next = interpreter.step(&mut host, &mut stack, 3);
    assert_eq!((next, stack.word(0)), (Ok(At::Resume(4)), 61));
    assert_eq!(interpreter.run(&mut host, &mut stack, 4), Ok(100));
    // A failure leaves the stack at the instruction that failed.
    let mut failing = self::interpreter(Code(vec![
        Instr::Set(1, i64::MAX),
        Instr::Add(1, 1, 1),
        Instr::Halt(1),
    ]));
    let after = failing.step(&mut host, &mut stack, 0);
    assert_eq!(after, Ok(At::Resume(1)));
    let fault = failing.step(&mut host, &mut stack, 1);
    let error = Failure("overflow");
    assert_eq!(fault, Err(Fault::Failed { pc: 1, error }));
}

#[test]
fn a_host_with_its_own_loop_asks_at_its_edges() {
    let mut interpreter = interpreter(ticking(1000));
    let (mut host, mut stack) = (Host::default(), Stack::new(100));
    stack.set_word(2, 1000);
    stack.set_word(3, 1);
    // This host executes the same three instructions by itself.
    let (mut pc, mut edges) = (3, 0);
    while pc == 3 {
        host.ticks += 1;
        stack.set_word(0, host.ticks);
        stack.set_word(1, stack.word(1) + 1);
        if stack.word(1) >= stack.word(2) {
            break;
        }
        edges += 1;
        match interpreter.at(Arrival::Loop, 3, &mut host, &mut stack) {
            Ok(At::Resume(next)) => pc = next,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((stack.word(0), stack.word(1)), (1000, 1000));
    assert!(edges < 20, "{edges}");
    // The trace left at the loop's end, which the host goes on from.
    assert_eq!(pc, 5);
}

/// Adds what only the host can see, without asking the machine.
struct Cheats {
    seen: std::cell::Cell<i64>,
}

impl Program for Cheats {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            0 => {
                let next = m.add(m.int(0), m.constant(1));
                m.commit().set(0, next).next()
            }
            1 => {
                self.seen.set(self.seen.get() + 1);
                let sum = m.add(m.int(1), m.constant(self.seen.get()));
                m.commit().set(1, sum).next()
            }
            _ if m.is_less(m.int(0), m.constant(100)) => m.commit().loop_to(0),
            _ => {
                let sum = m.int(1);
                m.commit().finish(sum)
            }
        }
    }
}

#[test]
fn the_shadow_check_names_an_instruction_that_looks_past_the_machine() {
    let mut config = Config::default();
    config.shadow = true;
    let engine = Engine::new(config.clone()).expect("an engine");
    let seen = std::cell::Cell::new(0);
    let mut cheats = engine.interpreter(Cheats { seen }).expect("cheats");
    cheats
        .run(&mut (), &mut Stack::new(100), 0)
        .expect("it finishes");
    let found = cheats.differences();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].pc, 1, "{found:?}");

    config.hot_loop = 5;
    let engine = Engine::new(config).expect("an engine");
    let mut honest = engine.interpreter(ticking(100)).expect("honest");
    let mut host = Host::default();
    let answer = honest.run(&mut host, &mut Stack::new(100), 0);
    assert_eq!(answer, Ok(100));
    assert_eq!(honest.differences(), []);
}

#[test]
fn an_interpreter_may_move_to_another_thread() {
    let mut interpreter = interpreter(ticking(100));
    let answer = std::thread::spawn(move || {
        let (mut host, mut stack) = (Host::default(), Stack::new(100));
        interpreter.run(&mut host, &mut stack, 0)
    });
    assert_eq!(answer.join().expect("no panic"), Ok(100));
}

/// A loop of three instructions. One of the first two loops itself, as often as word 2 says; the other
/// counts.
struct Unrolls {
    long: Pc,
}

impl Program for Unrolls {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        match pc {
            _ if pc == self.long => {
                let mut sum = m.int(1);
                for _ in 0..m.promote(m.int(2)) {
                    sum = m.xor(m.add(sum, m.int(0)), m.int(2));
                }
                m.commit().set(1, sum).next()
            }
            0 | 1 => {
                let next = m.add(m.int(0), m.constant(1));
                m.commit().set(0, next).next()
            }
            _ if m.is_less(m.int(0), m.constant(200)) => m.commit().loop_to(0),
            _ => {
                let sum = m.int(1);
                m.commit().finish(sum)
            }
        }
    }
}

#[test]
fn an_instruction_too_long_for_any_trace_is_left_to_the_interpreter() {
    let engine = Engine::new(Config::default()).expect("an engine");
    let mut answers = Vec::new();
    for enabled in [true, false] {
        let mut interpreter = engine
            .interpreter(Unrolls { long: 0 })
            .expect("an interpreter");
        interpreter.graph().set_enabled(enabled);
        let mut stack = Stack::new(100);
        stack.set_word(2, 10_000);
        answers.push(interpreter.run(&mut (), &mut stack, 0));
        let stats = interpreter.graph().stats();
        assert_eq!(stats.compiled, 0);
        let tried = stats.aborts.get(&offramp::inspect::Abort::Length).copied();
        assert_eq!(tried.is_some(), enabled, "{:?}", stats.aborts);
    }
    assert_eq!(answers[0], answers[1]);
}

/// A recording that is cut inside an instruction, wherever that is, ends before it: at the last place
/// that an exit can name. What the instruction had done by then is no part of the trace.
#[test]
fn p9_a_recording_that_is_cut_inside_an_instruction_ends_before_it() {
    type Ends = Vec<(Option<Pc>, Pc)>;
    let run = |config: Config| {
        let engine = Engine::new(config).expect("an engine");
        let program = Unrolls { long: 1 };
        let mut interpreter = engine.interpreter(program).expect("an interpreter");
        let ends = Arc::new(Mutex::new(Ends::new()));
        let sink = ends.clone();
        interpreter.inspect(move |recorded, _| {
            verify_recorded(recorded).expect("a recorder's trace");
            if let (None, Some(end)) = (&recorded.header, recorded.exits.last()) {
                let mut begun = recorded.uops.iter().rev();
                let last = begun.find_map(|uop| match uop.imm {
                    Imm::Place(pc) => Some(pc),
                    _ => None,
                });
                sink.lock().expect("one").push((last, end.target));
            }
        });
        let mut stack = Stack::new(100);
        stack.set_word(2, 20);
        let answer = interpreter.run(&mut (), &mut stack, 0);
        let ends = ends.lock().expect("one").clone();
        ((answer, stack.words(4).to_vec()), ends)
    };
    let mut plain = Config::default();
    plain.enabled = false;
    let (expected, _) = run(plain);
    let mut cut = 0;
    // The long instruction has some sixty uops; a recording is cut at twice its limit.
    for trace_length in 1..=60 {
        for machine_code in [false, true] {
            let mut config = Config::default();
            (config.hot_loop, config.hot_exit) = (3, 3);
            (config.trace_length, config.machine_code) = (trace_length, machine_code);
            let (found, ends) = run(config);
            assert_eq!(found, expected, "{trace_length}");
            for (last, target) in ends {
                assert_ne!(
                    last,
                    Some(target),
                    "{trace_length}: part of it is in the trace"
                );
                cut += usize::from(target == 1);
            }
        }
    }
    assert!(cut >= 20, "{cut} traces end before the long instruction");
}
