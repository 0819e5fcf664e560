//! What calls, returns and helpers cost: `bench_native [recursion|helpers|entry]`.
//!
//! Prints nanoseconds per call by the interpreter and by compiled code, the best of several runs,
//! of which the first warm up. With `GRAPH` set it also prints what was compiled.

use offramp::{Arrival, Config, Engine, Interpreter, Stack};
use offramp_tests::calls::{Calls, Instr, looped, recursion};
use std::time::Instant;

fn best(calls: &Calls, enabled: bool, count: u64) -> f64 {
    let mut config = Config::default();
    config.enabled = enabled;
    let engine = Engine::new(config).expect("an engine");
    let program = calls.clone();
    let mut interpreter = engine.interpreter(program).expect("an interpreter");
    let (mut host, mut stack) = (0, Stack::new(10_000));
    let mut best = f64::MAX;
    for _ in 0..12 {
        let begin = Instant::now();
        let answer = interpreter.run(&mut host, &mut stack, 0);
        let took = begin.elapsed().as_nanos() as f64 / count as f64;
        assert!(answer.is_ok(), "{answer:?}");
        best = best.min(took);
    }
    if std::env::var_os("GRAPH").is_some() {
        let stats = interpreter.graph().stats();
        println!("{}{stats:#?}", interpreter.graph().dump());
    }
    best
}

fn show(name: &str, count: u64, calls: &Calls) {
    let (off, on) = (best(calls, false, count), best(calls, true, count));
    println!("{name:32} {off:7.1} ns interpreted {on:7.1} ns compiled");
}

const TIMES: i64 = 300_000;

fn helpers() {
    use Instr::*;
    let times = TIMES as u64;
    let cases: [(&str, &[Instr]); 4] = [
        ("the loop alone", &[Add(0, 0, 4)]),
        ("a read of two integers", &[Read(0, 0, 4)]),
        ("an act that collects", &[Allocate(0, 4)]),
        ("an act that does anything", &[Worst(0, 4)]),
    ];
    for (name, body) in cases {
        show(name, times, &looped(TIMES, body));
    }
}

/// Enters, through the hook for hosts with a loop of their own, a trace that leaves at once.
fn entry() {
    let mut config = Config::default();
    // A tree whose stays are so short would be put to sleep.
    config.compile_burst = u32::MAX;
    let engine = Engine::new(config).expect("an engine");
    let calls = looped(TIMES, &[Instr::Add(0, 0, 4)]);
    let mut interpreter: Interpreter<Calls> = engine.interpreter(calls).expect("an interpreter");
    let (mut host, mut stack) = (0, Stack::new(100));
    interpreter.run(&mut host, &mut stack, 0).expect("it ends");
    let mut best = f64::MAX;
    for _ in 0..12 {
        let begin = Instant::now();
        for _ in 0..TIMES {
            // One more round: the loop's condition fails.
            stack.set_word(4, TIMES);
            let at = interpreter.at(Arrival::Loop, 5, &mut host, &mut stack);
            assert!(at.is_ok(), "{at:?}");
        }
        best = best.min(begin.elapsed().as_nanos() as f64 / TIMES as f64);
    }
    let entries = interpreter.graph().stats().entries;
    println!("{:32} {best:7.1} ns ({entries} entries)", "in and out");
}

fn main() {
    let only = std::env::args().nth(1);
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if wanted("recursion") {
        let (program, calls) = recursion(25);
        show("a call of fib", calls, &program);
    }
    if wanted("helpers") {
        helpers();
    }
    if wanted("entry") {
        entry();
    }
}
