//! L6, R3, L7 on the write-once layer: instructions that depend on keys, and hosts that invalidate
//! them from everywhere they may.

use offramp::inspect::{Abort, Event};
use offramp::{
    Act, Config, Context, Dependency, Done, Engine, Failure, Interpreter, Machine, Op, Pc, Program,
    Read, Stack, Words,
};
use offramp_tests::instructions;
use offramp_uop::testing::random::Random;
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug)]
enum Instr {
    Set(u16, i64),
    /// Adds the rate of this key to a word.
    AddRate(u16, i64),
    /// The same, where the trace asks and does not look at the answer.
    AddRateAsked(u16, i64),
    /// The same, with a bare dependency.
    AddRateBarely(u16, i64),
    Add(u16, u16, u16),
    /// Where the count in a word is a multiple of this, the rate of the key changes.
    Change(u16, i64, i64),
    /// Runs the program at this place, nested, and adds what it answers to a word.
    Nest(u16, Pc),
    /// Depends on the key and enters a frame without asking for room, which no trace may.
    EnterBlindly(i64, Pc),
    Return,
    LoopIfLess(u16, u16, Pc),
    Halt(u16),
}

struct Code(Vec<Instr>);

#[derive(Default)]
struct Host {
    rates: Vec<i64>,
    /// What was invalidated from helpers, and how many executors that were.
    gone: Vec<(i64, usize)>,
}

const RATE: Read<Code, (i64,), i64> =
    Read::new("rate", |host: &Host, (key,)| host.rates[key as usize]);
const CHANGE: Act<Code, (i64, i64, i64), i64> =
    Act::new("change", change).with_effects(offramp::Effects::HOST);
const NEST: Act<Code, (i64,), i64> = Act::new("nest", |cx: &mut Context<'_, Code>, (pc,)| {
    let answer = cx.run(16, pc as Pc);
    answer.map_err(|_| Failure("the nested run failed"))
});

fn change(
    cx: &mut Context<'_, Code>,
    (count, every, key): (i64, i64, i64),
) -> Result<i64, Failure> {
    if count % every == 0 {
        cx.host.rates[key as usize] += 1;
        let gone = cx.invalidate(Dependency(key as u64));
        cx.host.gone.push((key, gone));
    }
    Ok(count)
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
            Instr::AddRate(a, key) => {
                let old = m.int(a);
                let rate = m.read_assuming(Dependency(key as u64), RATE, (m.constant(key),));
                let sum = m.add(old, rate);
                m.commit().set(a, sum).next()
            }
            Instr::AddRateAsked(a, key) => {
                let old = m.int(a);
                let rate = m.read(RATE, (m.constant(key),));
                let rate = m.assume(Dependency(key as u64), rate);
                let sum = m.add(old, m.constant(rate));
                m.commit().set(a, sum).next()
            }
            Instr::AddRateBarely(a, key) => {
                // A guard may come before.
                if m.is_less(m.int(a), m.constant(i64::MIN + 1)) {
                    return m.commit().fail(Failure("too little"));
                }
                m.depends_on(Dependency(key as u64));
                let rate = m.read(RATE, (m.constant(key),));
                let sum = m.add(m.int(a), rate);
                m.commit().set(a, sum).next()
            }
            Instr::Add(a, b, c) => instructions::add(m, a, b, c),
            Instr::Change(a, every, key) => {
                let args = (m.int(a), m.constant(every), m.constant(key));
                m.commit().call_into(15, CHANGE, args)
            }
            Instr::Nest(a, pc) => {
                let (old, pc) = (m.int(a), m.constant(i64::from(pc)));
                m.commit().call(NEST, (pc,), |called, answer| {
                    let sum = called.add(old, answer);
                    called.set(a, sum).next()
                })
            }
            Instr::EnterBlindly(key, target) => {
                m.depends_on(Dependency(key as u64));
                m.commit().enter(16, pc + 1, target)
            }
            Instr::Return => {
                let zero = m.constant(0);
                match m.caller() {
                    Some(caller) => m.commit().leave(caller, 4, zero),
                    None => m.commit().finish(zero),
                }
            }
            Instr::LoopIfLess(a, b, target) => instructions::loop_if_less(m, a, b, target),
            Instr::Halt(a) => instructions::halt(m, a),
        }
    }
}

/// `body` in a loop of `times` iterations at 4: w0 counts, w1 and w2 are for sums.
fn looping(times: i64, body: &[Instr]) -> Vec<Instr> {
    use Instr::*;
    let mut code = vec![Set(0, 0), Set(1, 0), Set(2, times), Set(3, 1)];
    code.extend(body);
    code.extend([Add(0, 0, 3), LoopIfLess(0, 2, 4), Halt(1)]);
    code
}

fn config(hot: u16) -> Config {
    let mut config = Config::default();
    (config.hot_loop, config.hot_function, config.hot_exit) = (hot, hot, hot);
    // Every trace at any cost.
    config.compile_burst = u32::MAX;
    config
}

fn interpreter(config: Config, code: &[Instr]) -> Interpreter<Code> {
    let engine = Engine::new(config).expect("an engine");
    let code = Code(code.to_vec());
    engine.interpreter(code).expect("an interpreter")
}

fn host(rates: &[i64]) -> Host {
    Host {
        rates: rates.to_vec(),
        ..Host::default()
    }
}

fn run(interpreter: &mut Interpreter<Code>, host: &mut Host) -> i64 {
    let answer = interpreter.run(host, &mut Stack::new(2000), 0);
    assert_eq!(interpreter.graph().inconsistencies(), Vec::<String>::new());
    answer.expect("it finishes")
}

/// All ways of running: hot at once, a little later, by default; compiled and on the evaluator.
fn ways() -> Vec<Config> {
    let mut ways = Vec::new();
    for hot in [1, 2, 30] {
        for machine_code in [true, false] {
            for optimise in [true, false] {
                let mut config = config(hot);
                (config.machine_code, config.optimise) = (machine_code, optimise);
                ways.push(config);
            }
        }
    }
    ways
}

fn plainly(code: &[Instr], rates: &[i64]) -> i64 {
    let mut config = config(1);
    config.enabled = false;
    run(&mut interpreter(config, code), &mut host(rates))
}

#[test]
fn explain_shows_what_an_instruction_depends_on() {
    let mut interpreter = interpreter(config(5), &[Instr::AddRate(1, 0)]);
    let mut host = host(&[7]);
    let told = interpreter.explain(&mut host, &mut Stack::new(100), 0);
    assert!(told.starts_with("depends on 0\n"), "{told}");
    assert!(told.contains("const.i64 7"), "{told}");
    assert!(!told.contains("guard"), "{told}");
    // It only looked.
    assert_eq!(interpreter.graph().invalidate_dependency(Dependency(0)), 0);
}

/// What is depended on is a constant: not asked for, not looked at.
#[test]
fn a_trace_neither_asks_for_nor_guards_what_it_depends_on() {
    let code = looping(1000, &[Instr::AddRate(1, 0)]);
    let mut interpreter = interpreter(config(5), &code);
    let seen = Arc::new(Mutex::new(String::new()));
    let text = seen.clone();
    interpreter.inspect(move |_, installed| *text.lock().expect("one") = installed.to_string());
    assert_eq!(run(&mut interpreter, &mut host(&[3])), 3000);
    let text = seen.lock().expect("one");
    assert!(text.contains("const.i64 3"), "{text}");
    for not in ["call", "check_valid"] {
        assert!(!text.contains(not), "{not} in {text}");
    }
}

/// Between runs: exactly the dependents go, and the next run has the new value.
#[test]
fn r3_a_host_invalidates_between_runs_and_exactly_the_dependents_go() {
    use Instr::*;
    let mut code = Vec::new();
    let mut starts = Vec::new();
    for key in 0..30 {
        let at = code.len() as Pc;
        code.extend([Set(0, 0), Set(2, 100), Set(3, 1)]);
        starts.push(code.len() as Pc);
        code.extend([AddRate(1, key), Add(0, 0, 3), LoopIfLess(0, 2, at + 3)]);
    }
    code.push(Halt(1));
    for config in ways() {
        let mut interpreter = interpreter(config, &code);
        let mut host = host(&[1; 30]);
        assert_eq!(run(&mut interpreter, &mut host), 3000);
        let roots = |interpreter: &Interpreter<Code>| {
            let graph = interpreter.graph();
            let roots = starts.iter().map(|&at| graph.root_at(at));
            roots.collect::<Vec<_>>()
        };
        let before = roots(&interpreter);
        assert!(before.iter().all(Option::is_some));
        let steps = interpreter.graph().steps();
        assert_eq!(interpreter.graph().invalidate_dependency(Dependency(99)), 0);
        assert_eq!(interpreter.graph().steps(), steps);
        host.rates[7] = 5;
        let gone = interpreter.graph().invalidate_dependency(Dependency(7));
        assert!((1..=4).contains(&gone), "{gone}");
        let steps = interpreter.graph().steps() - steps;
        assert!(steps <= 60, "{steps} steps for {gone} of many");
        let after = roots(&interpreter);
        for (key, (before, after)) in before.iter().zip(&after).enumerate() {
            let expected = if key == 7 { &None } else { before };
            assert_eq!(after, expected, "key {key}");
        }
        // The sum goes on from where the word was.
        let mut stack = Stack::new(2000);
        let again = interpreter.run(&mut host, &mut stack, 0);
        assert_eq!(again, Ok(2900 + 500));
    }
}

/// From a helper that a trace calls, which declares nothing but that it acts: the trace leaves where
/// it depends on the key, and not before.
#[test]
fn l7_a_helper_invalidates_what_the_trace_that_calls_it_depends_on() {
    use Instr::*;
    let bodies: [&[Instr]; 7] = [
        &[AddRate(1, 0), Change(0, 97, 0)],
        &[Change(0, 97, 0), AddRate(1, 0)],
        &[Change(0, 97, 0), AddRateAsked(1, 0)],
        &[Change(0, 97, 0), AddRateBarely(1, 0)],
        &[
            AddRate(1, 0),
            Change(0, 97, 0),
            AddRateBarely(1, 0),
            AddRate(1, 1),
        ],
        &[
            AddRate(1, 0),
            AddRate(1, 1),
            Change(0, 150, 1),
            Change(0, 170, 0),
        ],
        // The other key's dependents stay.
        &[AddRate(1, 0), Change(0, 97, 1)],
    ];
    for body in bodies {
        let code = looping(400, body);
        let expected = plainly(&code, &[1, 100]);
        for config in ways() {
            let name = format!("{body:?}, {}", config.hot_loop);
            let mut interpreter = interpreter(config, &code);
            let mut host = host(&[1, 100]);
            assert_eq!(run(&mut interpreter, &mut host), expected, "{name}");
            let graph = interpreter.graph();
            assert!(graph.stats().compiled > 0, "{name}");
            let hit = host.gone.iter().filter(|&&(_, gone)| gone > 0).count();
            assert_eq!(
                hit > 0,
                !matches!(body, [AddRate(1, 0), Change(0, 97, 1)]),
                "{name}"
            );
        }
    }
}

/// A trace that waits for a nested run, in which what it depends on goes and is freed.
#[test]
fn l7_a_nested_run_invalidates_the_traces_further_out() {
    use Instr::*;
    let mut code = looping(300, &[AddRate(1, 0), Nest(1, 10), AddRate(1, 0)]);
    assert_eq!(code.len(), 10);
    // The nested program changes the rate now and then, in a loop of its own.
    code.extend([Set(0, 0), Set(1, 0), Set(2, 20), Set(3, 1)]);
    code.extend([
        AddRate(1, 0),
        Change(0, 13, 0),
        AddRate(1, 0),
        Add(0, 0, 3),
        LoopIfLess(0, 2, 14),
        Halt(1),
    ]);
    let expected = plainly(&code, &[1]);
    for config in ways() {
        let mut interpreter = interpreter(config, &code);
        assert_eq!(run(&mut interpreter, &mut host(&[1])), expected);
        interpreter.graph().flush();
        interpreter.graph().drain();
        assert_eq!(interpreter.graph().stats().executors, 0);
    }
}

/// L6: what is being recorded depends on the key, or is for an exit of what does.
#[test]
fn l6_what_is_recorded_while_its_key_goes_is_not_used() {
    use Instr::*;
    let code = looping(50, &[AddRate(1, 0), Change(0, 1, 0)]);
    let expected = plainly(&code, &[1]);
    let mut interpreter = interpreter(config(1), &code);
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let sink = reasons.clone();
    interpreter.graph().observe(move |event| {
        if let Event::Aborted { reason, .. } = event {
            sink.lock().expect("one").push(*reason);
        }
    });
    assert_eq!(run(&mut interpreter, &mut host(&[1])), expected);
    let reasons = reasons.lock().expect("one");
    assert!(reasons.contains(&Abort::Stale), "{reasons:?}");
}

#[test]
fn l6_the_parent_goes_while_its_exit_is_recorded() {
    use Instr::*;
    // The rest behind the inner loop is recorded for an exit of the inner loop's trace.
    let code = vec![
        Set(4, 0),
        Set(1, 0),
        Set(2, 30),
        Set(3, 1),
        Set(5, 200),
        Set(0, 0),
        AddRate(1, 0),
        Add(0, 0, 3),
        LoopIfLess(0, 2, 6),
        Change(4, 7, 0),
        Add(4, 4, 3),
        LoopIfLess(4, 5, 5),
        Halt(1),
    ];
    let expected = plainly(&code, &[1]);
    let mut gone = 0;
    for config in ways() {
        let mut interpreter = interpreter(config, &code);
        assert_eq!(run(&mut interpreter, &mut host(&[1])), expected);
        gone += interpreter
            .graph()
            .stats()
            .aborts
            .get(&Abort::ParentGone)
            .copied()
            .unwrap_or(0);
        interpreter.graph().flush();
        interpreter.graph().drain();
        assert_eq!(interpreter.graph().stats().executors, 0);
    }
    assert!(gone > 0, "no parent went while its exit was recorded");
}

/// A key that changes all the time costs a few traces and then a guard.
#[test]
fn what_is_not_constant_is_not_depended_on_for_ever() {
    use Instr::*;
    for (body, guards) in [
        (vec![Change(0, 3, 0), AddRate(1, 0)], true),
        (vec![Change(0, 3, 0), AddRateAsked(1, 0)], true),
        (vec![Change(0, 3, 0), AddRateBarely(1, 0)], false),
    ] {
        let [few, many] = [2000, 20_000].map(|times| {
            let code = looping(times, &body);
            let mut interpreter = interpreter(config(5), &code);
            let mut own = host(&[1]);
            assert_eq!(run(&mut interpreter, &mut own), plainly(&code, &[1]));
            assert!(!interpreter.graph().is_steady(Dependency(0)));
            let hit = own.gone.iter().filter(|&&(_, gone)| gone > 0).count();
            assert_eq!(hit, 4);
            interpreter.graph().stats()
        });
        let growth = many.recordings - few.recordings;
        assert!(growth <= 60, "{growth} recordings more; guards {guards}");
    }
}

/// What was recorded beyond the trace's end is no dependency of it.
#[test]
fn a_trace_that_is_cut_depends_on_what_it_has() {
    use Instr::*;
    let mut code = looping(300, &[AddRate(1, 0), EnterBlindly(1, 11)]);
    assert_eq!(code.len(), 9);
    code.extend([Halt(1), Halt(1), Return]);
    let mut interpreter = interpreter(config(2), &code);
    assert_eq!(
        run(&mut interpreter, &mut host(&[1, 1])),
        plainly(&code, &[1, 1])
    );
    assert!(interpreter.graph().stats().compiled > 0);
    assert_eq!(interpreter.graph().invalidate_dependency(Dependency(1)), 0);
    assert!(interpreter.graph().invalidate_dependency(Dependency(0)) > 0);
}

/// Random programs of these instructions do as the plain interpreter does, in all ways.
#[test]
fn o1_random_programs_with_keys_that_change_run_as_the_plain_interpreter_does() {
    use Instr::*;
    let mut random = Random::new(0x5eed);
    let mut hits = 0;
    for _ in 0..60 {
        let mut body = Vec::new();
        for _ in 0..2 + random.below(7) {
            let key = random.below(3) as i64;
            body.push(match random.below(6) {
                0 | 1 => AddRate(1, key),
                5 => AddRateAsked(1, key),
                2 => AddRateBarely(1, key),
                3 => Change(0, 2 + random.below(120) as i64, key),
                _ => Add(1, 1, 0),
            });
        }
        let code = looping(300, &body);
        let rates = [1, 10, 100];
        let expected = plainly(&code, &rates);
        for config in ways() {
            let mut interpreter = interpreter(config, &code);
            let mut host = host(&rates);
            assert_eq!(run(&mut interpreter, &mut host), expected, "{body:?}");
            hits += host.gone.iter().filter(|&&(_, gone)| gone > 0).count();
            interpreter.graph().flush();
            interpreter.graph().drain();
            assert_eq!(interpreter.graph().stats().executors, 0);
        }
    }
    assert!(hits > 500, "{hits} invalidations hit something");
}
