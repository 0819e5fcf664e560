//! What traces execute, cost and save, and what follows for the policy: refusals and sleep.
//!
//! All of it is counted, so these are counts; where compiled code counts by itself, they are bounds.

use offramp::{Config, Engine, Fault, Interpreter, Stack};
use offramp_tests::calls::{Calls, Instr, looped, recursion};
use std::thread;
use std::time::Duration;

/// With so many microseconds' worth of traces free; `u32::MAX` keeps no account.
fn interpreter(program: Calls, compile_burst: u32) -> Interpreter<Calls> {
    let mut config = Config::default();
    config.compile_burst = compile_burst;
    let engine = Engine::new(config).expect("an engine");
    engine.interpreter(program).expect("an interpreter")
}

fn run(interpreter: &mut Interpreter<Calls>) -> Result<i64, Fault> {
    interpreter.run(&mut 0, &mut Stack::new(10_000), 0)
}

/// What all trees have saved, in microseconds.
fn earned(interpreter: &Interpreter<Calls>) -> i64 {
    let report = interpreter.report();
    report.trees.iter().map(|tree| tree.earned_us).sum()
}

#[test]
fn compiled_code_counts_what_it_executes() {
    use Instr::*;
    const ROUNDS: i64 = 200_000;
    // Nanoseconds that an instruction saves; `graph/account.rs` has it.
    const SAVED: i64 = 3;
    // With the instructions of the body that a round executes.
    let bodies: [(&[Instr], i64); 3] = [
        // Polls once in many rounds.
        (&[Add(0, 0, 4)], 1),
        // Polls in every round, for the call.
        (&[Worst(0, 4)], 1),
        // Jumps over one.
        (&[Add(2, 2, 6), JumpIfLess(4, 2, 8), Add(0, 0, 1)], 2),
    ];
    for (body, executed) in bodies {
        let mut interpreter = interpreter(looped(ROUNDS, body), u32::MAX);
        run(&mut interpreter).expect("it ends");
        let instructions = ROUNDS * (executed + 2);
        let most = instructions * SAVED / 1000;
        let earned = earned(&interpreter);
        assert!(earned <= most, "{body:?}: {earned} of {most}");
        // Without the rounds before it got hot and those after the last full batch.
        assert!(earned >= most * 9 / 10, "{body:?}: {earned} of {most}");
    }
    // Calls and returns, by links.
    let (program, calls) = recursion(22);
    let mut interpreter = interpreter(program, u32::MAX);
    assert_eq!(run(&mut interpreter), Ok(17_711));
    let most = calls as i64 * 11 * SAVED / 1000;
    // What the ways in and out took of it; a way takes 350 ns.
    let ways = interpreter.graph().stats().entries as i64 * 350 / 1000;
    let earned = earned(&interpreter) + ways;
    assert!(earned <= most, "{earned} of {most}");
    // Traces that are left in the middle, for others, count nothing.
    assert!(earned >= most / 4, "{earned} of {most}");
}

#[test]
fn an_interrupt_from_another_thread_ends_loops_that_seldom_poll() {
    for body in [&[Instr::Add(0, 0, 4)][..], &[Instr::Worst(0, 4)]] {
        let mut interpreter = interpreter(looped(i64::MAX, body), u32::MAX);
        let handle = interpreter.interrupt_handle();
        let raising = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            handle.raise();
        });
        let ended = run(&mut interpreter);
        assert!(matches!(ended, Err(Fault::Interrupted { .. })), "{ended:?}");
        raising.join().expect("it raises");
    }
}

/// A loop in which every other round goes another way.
fn alternating(rounds: i64) -> Calls {
    use Instr::*;
    let body = [
        JumpIfLess(2, 1, 8),
        Set(2, 0),
        JumpIfLess(0, 1, 9),
        Set(2, 1),
    ];
    let Calls(mut code) = looped(rounds, &body);
    code[2] = Set(2, 0);
    code.insert(3, Set(4, 0));
    // One instruction more in front.
    for instr in &mut code {
        if let JumpIfLess(_, _, target) | LoopIfLess(_, _, target) = instr {
            *target += 1;
        }
    }
    Calls(code)
}

#[test]
fn a_tree_that_may_not_grow_sleeps_until_it_may() {
    // The first trace and no more.
    let burst = 1_150;
    let found = [4_000, 1_000_000, 2_000_000].map(|rounds| {
        let mut interpreter = interpreter(alternating(rounds), burst);
        assert_eq!(run(&mut interpreter), Ok(0));
        interpreter.graph().stats()
    });
    let [short, long, longer] = &found;
    // It is not entered in every other round while it has a root and nothing else.
    assert_eq!(short.compiled, 1, "{short:?}");
    assert!(short.naps > 0 && short.entries < 1_000, "{short:?}");
    // What is interpreted pays for the rest, with nothing thrown away, and then it is left no more.
    assert!(long.compiled > 1 && long.freed == 0, "{long:?}");
    assert_eq!(longer.compiled, long.compiled, "{longer:?}");
    assert_eq!(longer.entries, long.entries, "{longer:?}");
}

#[test]
fn the_same_program_has_the_same_counts() {
    let [one, other] = [(); 2].map(|()| {
        let mut interpreter = interpreter(alternating(100_000), 1_150);
        run(&mut interpreter).expect("it ends");
        let stats = interpreter.graph().stats();
        (
            stats.recordings,
            stats.naps,
            stats.entries,
            earned(&interpreter),
        )
    });
    assert_eq!(one, other);
}
