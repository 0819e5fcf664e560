//! Traces as machine code, entered through the graph.

use offramp::explicit::{ExecutorGraph, Leave};
use offramp::explicit::{NativeBackend, NativeEngine, NativeOptions};
use offramp::{Config, Engine, PlaceName, Stack};
use offramp_tests::calls::{Instr, looped};
use offramp_tests::words::Words;
use offramp_uop::lower::Checks;
use offramp_uop::op::{Operand, Produces};
use offramp_uop::optimise::{Options, optimise};
use offramp_uop::{Builder, Const, ExitKind, ExitState, Interface, Op, Trace, Type, Value, Word};
use std::sync::Arc;

const INT: i64 = 1;

fn load_int(b: &mut Builder, word: i32, exit: offramp_uop::ExitId) -> Value {
    let tag = b.load_word(Type::I64, Word(word));
    let wanted = b.int(INT);
    let is_int = b.pure(Op::Eq, &[tag, wanted]);
    b.guard(is_int, exit);
    b.load_word(Type::I64, Word(word + 1))
}

fn store_int(b: &mut Builder, word: i32, value: Value) {
    let tag = b.int(INT);
    b.store_word(Word(word), tag);
    b.store_word(Word(word + 1), value);
}

fn add_checked(b: &mut Builder, one: Value, other: Value, exit: offramp_uop::ExitId) -> Value {
    let sum = b.pure(Op::Add, &[one, other]);
    let overflows = b.pure(Op::AddOverflows, &[one, other]);
    b.guard_not(overflows, exit);
    sum
}

fn sum_loop() -> Trace {
    let interface = Interface {
        group: 2,
        ..Interface::new()
    };
    let mut b = Builder::new("sum", 4, Arc::new(interface));
    b.at(4);
    let x4 = b.side_exit(4, 0);
    let interrupted = b.exit(ExitState::new(ExitKind::Poll, 4, 0));
    b.poll(interrupted);
    let (s, i) = (load_int(&mut b, 0, x4), load_int(&mut b, 2, x4));
    let sum = add_checked(&mut b, s, i, x4);
    store_int(&mut b, 0, sum);
    b.at(5);
    let x5 = b.side_exit(5, 0);
    let i = load_int(&mut b, 2, x5);
    let one = b.int(1);
    let next = add_checked(&mut b, i, one, x5);
    store_int(&mut b, 2, next);
    b.at(6);
    let x6 = b.side_exit(6, 0);
    let (i, n) = (load_int(&mut b, 2, x6), load_int(&mut b, 4, x6));
    let less = b.pure(Op::Lt, &[i, n]);
    b.guard(less, x6);
    b.finish_loop()
}

#[test]
fn a_sum_loop_runs_as_machine_code() {
    let options = NativeOptions {
        checks: Checks::ALL,
        ..NativeOptions::default()
    };
    let engine = Arc::new(NativeEngine::new(options).expect("supported"));
    let backend = NativeBackend::new(engine).expect("published");
    let graph = ExecutorGraph::new(Config::default(), backend);
    let trace = optimise(&sum_loop(), &Options::default()).trace;
    let recording = graph.begin_root(4).expect("free");
    let root = graph.finish(recording, trace).expect("installed");
    let mut state = Words::new(vec![1, 0, 1, 1, 1, 1_000_000]);
    let leave = graph.enter(root, 0, &mut state);
    assert_eq!(leave, Leave::Resume { pc: 6, base: 0 });
    assert_eq!(
        state.words,
        [1, 499_999_500_000, 1, 1_000_000, 1, 1_000_000]
    );
}

/// A loop whose word 0 grows by word 1 in each round, and which ends when word 2, less word 3 in each, is
/// zero. All but what changes is invariant.
fn stepping_loop() -> Trace {
    let mut b = Builder::new("steps", 4, Interface::new().into());
    b.at(4);
    let interrupted = b.exit(ExitState::new(ExitKind::Poll, 4, 0));
    b.poll(interrupted);
    let (n, step) = (
        b.load_word(Type::I64, Word(0)),
        b.load_word(Type::I64, Word(1)),
    );
    let next = b.pure(Op::Add, &[n, step]);
    b.store_word(Word(0), next);
    b.at(5);
    let (left, one) = (
        b.load_word(Type::I64, Word(2)),
        b.load_word(Type::I64, Word(3)),
    );
    let left = b.pure(Op::Sub, &[left, one]);
    b.store_word(Word(2), left);
    b.at(6);
    let done = b.side_exit(6, 0);
    let zero = b.int(0);
    let more = b.pure(Op::Ne, &[left, zero]);
    b.guard(more, done);
    b.finish_loop()
}

/// Code that looks at a counter of the program to know how many rounds it has made must not be fooled by
/// one that comes to where it was.
#[test]
fn rounds_are_counted_by_any_step() {
    const ROUNDS: i64 = 1_000_000;
    // Nanoseconds that an instruction saves, of which a round has three; `graph/account.rs` has it.
    const MOST: i64 = ROUNDS * 3 * 3 / 1000;
    let steps = [1, -1, 3, i64::MAX, 1 << 57, -(3 << 57)];
    let returning = [0, 1 << 58, 1 << 61, i64::MIN];
    for (step, returns) in [(&steps[..], false), (&returning[..], true)] {
        for &step in step {
            let engine = NativeEngine::new(NativeOptions::default()).expect("supported");
            let backend = NativeBackend::new(Arc::new(engine)).expect("published");
            let graph = ExecutorGraph::new(Config::default(), backend);
            let trace = optimise(&stepping_loop(), &Options::default()).trace;
            let header = trace.header.as_ref().expect("a loop").at.index();
            let looped = &trace.uops[header..];
            assert!(!looped.iter().any(|uop| uop.op == Op::LoadWord), "{trace}");
            let recording = graph.begin_root(4).expect("free");
            let root = graph.finish(recording, trace).expect("installed");
            let mut state = Words::new(vec![7, step as u64, ROUNDS as u64, 1]);
            graph.enter(root, 0, &mut state);
            let end = step.wrapping_mul(ROUNDS).wrapping_add(7);
            assert_eq!(state.words, [end as u64, step as u64, 0, 1]);
            let report = graph.report(&PlaceName::of);
            let earned = report.trees[0].earned_us;
            assert!(earned <= MOST, "{step}: {earned}");
            assert_eq!(earned < MOST * 9 / 10, returns, "{step}: {earned}");
        }
    }
}

/// Operands at which something happens, as bits.
fn edges(ty: Type) -> Vec<u64> {
    let two63 = 9_223_372_036_854_775_808.0;
    match ty {
        Type::I64 => [
            0,
            1,
            -1,
            2,
            3,
            -7,
            31,
            63,
            64,
            65,
            -64,
            1 << 31,
            1 << 53,
            i64::MAX,
            i64::MAX - 1,
            i64::MIN,
            i64::MIN + 1,
        ]
        .map(|n: i64| n as u64)
        .to_vec(),
        Type::F64 => [
            0.0,
            -0.0,
            0.5,
            -0.5,
            1.0,
            -1.5,
            2.5,
            3.0,
            4_503_599_627_370_495.5,
            two63,
            -two63,
            9_223_372_036_854_774_784.0,
            1e300,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
        ]
        .map(f64::to_bits)
        .to_vec(),
        _ => vec![0, 1],
    }
}

/// The pure ops on integers, doubles and truths, with the types of their operands.
fn arithmetic() -> Vec<(Op, Vec<Type>)> {
    let types = |op: Op| {
        let operands = op.info().operands.iter().map(|operand| match operand {
            Operand::Is(ty @ (Type::I64 | Type::F64 | Type::Bool)) => Some(*ty),
            _ => None,
        });
        operands.collect::<Option<Vec<Type>>>()
    };
    let computed = |op: &Op| {
        let zeros = vec![0; op.info().operands.len()];
        !zeros.is_empty() && op.eval_pure(&zeros).is_some()
    };
    let with_types = |op| Some((op, types(op)?));
    Op::all().filter(computed).filter_map(with_types).collect()
}

/// Word 8 becomes `op` of the operands: constants where they are known, else words 0 and 1.
fn computing(op: Op, types: &[Type], known: &[Option<u64>]) -> Trace {
    let mut b = Builder::new(op.name(), 4, Arc::new(Interface::new()));
    b.at(4);
    let mut args = Vec::new();
    for (word, (&ty, known)) in types.iter().zip(known).enumerate() {
        let word = Word(word as i32);
        args.push(match (known, ty) {
            (Some(bits), _) => b.constant(Const { ty, bits: *bits }),
            (None, Type::Bool) => {
                let (bits, zero) = (b.load_word(Type::I64, word), b.int(0));
                b.pure(Op::Ne, &[bits, zero])
            }
            (None, ty) => b.load_word(ty, word),
        });
    }
    let mut result = b.pure(op, &args);
    if op.info().produces == Produces::Is(Type::Bool) {
        result = b.pure(Op::BoolToI64, &[result]);
    }
    b.store_word(Word(8), result);
    let out = b.side_exit(5, 0);
    b.leave(out);
    b.finish()
}

/// Compiled code computes what the op table says at the edges of the operands' ranges: of operands it
/// loads, and of operands it knows, which the optimiser and Cranelift fold.
#[test]
fn o2_compiled_arithmetic_is_the_evaluators_at_the_edges() {
    let engine = NativeEngine::new(NativeOptions::default()).expect("supported");
    let engine = Arc::new(engine);
    let (mut checked, ops) = (0, arithmetic());
    assert!(ops.len() >= 46, "{}", ops.len());
    for (op, types) in ops {
        // Of two operands the second is often known; all of them are shown for some.
        let mut ways = vec![vec![None; types.len()]];
        if let &[_, second] = types.as_slice() {
            ways.extend(edges(second).iter().map(|&bits| vec![None, Some(bits)]));
        }
        ways.extend(edges(types[0]).iter().step_by(3).map(|&bits| {
            let mut way = vec![None; types.len()];
            way[0] = Some(bits);
            way
        }));
        for way in ways {
            let mut config = Config::default();
            config.optimise = way.iter().any(Option::is_some);
            let back_end = NativeBackend::new(engine.clone()).expect("published");
            let graph = ExecutorGraph::new(config, back_end);
            let recording = graph.begin_root(4).expect("free");
            let trace = computing(op, &types, &way);
            let root = graph.finish(recording, trace).expect("installed");
            let choices = |n: usize| match (way.get(n), types.get(n)) {
                (Some(Some(bits)), _) => vec![*bits],
                (_, Some(&ty)) => edges(ty),
                _ => vec![0],
            };
            for first in choices(0) {
                for &second in &choices(1) {
                    let mut words = vec![0; 16];
                    (words[0], words[1]) = (first, second);
                    let mut state = Words::new(words);
                    graph.enter(root, 0, &mut state);
                    let args = &[first, second][..types.len()];
                    let wanted = op.eval_pure(args).expect("a pure op");
                    let found = state.words[8];
                    // Of a NaN only that it is one, but for ops that work on bits.
                    let is_nan = |bits| f64::from_bits(bits).is_nan();
                    let rounds = op.info().produces == Produces::Is(Type::F64)
                        && !matches!(op, Op::Fneg | Op::Fabs | Op::F64OfBits);
                    let same = found == wanted || rounds && is_nan(found) && is_nan(wanted);
                    assert!(
                        same,
                        "{} of {args:x?}, known {way:x?}: {found:#x}, not {wanted:#x}",
                        op.name()
                    );
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 15_000, "{checked}");
}

#[test]
fn forced_exits_come_again_and_again() {
    let entries = |forced_period, far_records| {
        let options = NativeOptions {
            forced_exits: true,
            forced_period,
            far_records,
            ..NativeOptions::default()
        };
        let native = Arc::new(NativeEngine::new(options).expect("supported"));
        let engine = Engine::on(Config::default(), native);
        let program = looped(1000, &[Instr::Add(0, 0, 4)]);
        let mut interpreter = engine.interpreter(program).expect("an interpreter");
        let answer = interpreter.run(&mut 0, &mut Stack::new(100), 0);
        assert_eq!(answer, Ok(499_500));
        interpreter.graph().stats().entries
    };
    for far in [false, true] {
        assert!(entries(7, far) > entries(0, far) + 10);
    }
}
