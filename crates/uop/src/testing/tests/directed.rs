//! Each rule at work: the optimiser folds a trace that holds its left side.
//!
//! For each row of the table, and for constants and ranges at which its conditions may hold, a trace
//! computes the left side of operands that it loads, and stores the result. The optimiser must
//! apply the row for some of them; where it applies, recorded and optimised trace must store the
//! same bits for operands at the edges and at random.
//!
//! The traces have no loop and no calls, so a few lines here run them.

use super::super::random::Random;
use crate::builder::Builder;
use crate::exit::ExitState;
use crate::id::{ExitId, Value, Word};
use crate::interface::Interface;
use crate::op::{Op, Operand};
use crate::optimise::rules::{RULES, Rule};
use crate::optimise::term::{Function, Term, Variable};
use crate::optimise::{Options, Pass, Passes, optimise, rule_names};
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::Imm;
use std::collections::{BTreeMap, BTreeSet};

/// Where the result is stored.
const RESULT: Word = Word(40);

const INTS: [i64; 34] = [
    0,
    1,
    -1,
    2,
    3,
    -2,
    -3,
    4,
    5,
    7,
    8,
    9,
    15,
    16,
    62,
    63,
    64,
    65,
    127,
    255,
    256,
    -8,
    -64,
    -256,
    1 << 32,
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    -(1 << 53),
    1 << 62,
    i64::MIN,
    i64::MIN + 1,
    i64::MAX,
    i64::MAX - 1,
];

const FLOATS: [f64; 28] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    0.25,
    2.0,
    -2.0,
    3.0,
    1.5,
    -7.0,
    1024.0,
    1e300,
    9_007_199_254_740_992.0,
    -9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    9_223_372_036_854_775_808.0,
    -9_223_372_036_854_775_808.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    f64::MIN_POSITIVE / 2.0,
    f64::from_bits(0x7ff0_0000_0000_0001),
    f64::from_bits(0xfff8_0000_0000_1234),
    4_503_599_627_370_496.5,
    0.1,
];

/// Ranges that guards may have proven of an operand.
const RANGES: [(i64, i64); 8] = [
    (i64::MIN, i64::MAX),
    (0, 7),
    (8, 8),
    (-1, 1),
    (9, 100),
    (-100, -9),
    (-(1 << 53), 1 << 53),
    (0, i64::MAX),
];

/// What is chosen when a trace is made: constants and the ranges of operands.
#[derive(Clone, Debug)]
struct Choice {
    known: BTreeMap<&'static str, u64>,
    ranges: BTreeMap<&'static str, (i64, i64)>,
}

/// Every choice for the variables of a rule.
fn choices(rule: &Rule) -> Vec<Choice> {
    let mut variables = Vec::new();
    rule.left.variables(&mut variables);
    let mut about = Vec::new();
    for condition in rule.when {
        condition.variables(&mut about);
    }
    let mut choices = vec![Choice {
        known: BTreeMap::new(),
        ranges: BTreeMap::new(),
    }];
    let mut seen = BTreeSet::new();
    for variable in variables {
        if !seen.insert(variable.name()) {
            continue;
        }
        let name = variable.name();
        let is_ranged = variable.ty() == Type::I64 && about.contains(&variable);
        choices = match (variable.is_known(), variable.ty()) {
            (true, ty) => {
                let bits = match ty {
                    Type::F64 => FLOATS.map(f64::to_bits).to_vec(),
                    _ => INTS.map(|int| int as u64).to_vec(),
                };
                let with = |choice: &Choice| {
                    let choice = choice.clone();
                    bits.clone().into_iter().map(move |bits| {
                        let mut choice = choice.clone();
                        choice.known.insert(name, bits);
                        choice
                    })
                };
                choices.iter().flat_map(with).collect()
            }
            (false, _) if is_ranged => {
                let with = |choice: &Choice| {
                    let choice = choice.clone();
                    RANGES.into_iter().map(move |range| {
                        let mut choice = choice.clone();
                        choice.ranges.insert(name, range);
                        choice
                    })
                };
                choices.iter().flat_map(with).collect()
            }
            _ => choices,
        };
    }
    choices
}

/// Makes the trace of a rule.
struct Making<'r> {
    builder: Builder,
    exit: ExitId,
    choice: &'r Choice,
    made: BTreeMap<&'static str, Value>,
    /// Whether doubles come out of arithmetic.
    quiet: bool,
}

fn word(variable: Variable) -> Word {
    Word(variable as i32)
}

impl Making<'_> {
    fn trace(rule: &Rule, choice: &Choice) -> Trace {
        let mut builder = Builder::new(rule.name, 0, Interface::new().into());
        let exit = builder.side_exit(0, 0);
        let is_quiet = |when: &Term| matches!(when, Term::Apply(Function::Quiet, _));
        let mut making = Making {
            builder,
            exit,
            choice,
            made: BTreeMap::new(),
            quiet: rule.when.iter().any(is_quiet),
        };
        making.builder.at(0);
        let result = making.term(&rule.left, Type::I64);
        let Making { mut builder, .. } = making;
        let result = match builder.trace().ty(result) {
            Some(Type::Bool) => builder.pure(Op::BoolToI64, &[result]),
            _ => result,
        };
        builder.store_word(RESULT, result);
        let end = builder.exit(ExitState::new(crate::ExitKind::Side, 1, 0));
        builder.leave(end);
        builder.finish()
    }

    fn term(&mut self, term: &Term, ty: Type) -> Value {
        match *term {
            Term::Int(int) => self.builder.int(int),
            Term::Float(float) => self.builder.float(float),
            Term::Truth(truth) => self.builder.bool(truth),
            Term::Variable(variable) => match self.made.get(variable.name()) {
                Some(&made) => made,
                None => {
                    let made = self.variable(variable);
                    self.made.insert(variable.name(), made);
                    made
                }
            },
            Term::Apply(Function::Op(op), operands) => {
                let types = op.info().operands.iter();
                let types = types.map(|operand| match operand {
                    Operand::Is(ty) => *ty,
                    _ => ty,
                });
                let sides: Vec<Value> = operands
                    .iter()
                    .zip(types)
                    .map(|(operand, ty)| self.term(operand, ty))
                    .collect();
                self.apply(op, &sides, ty)
            }
            Term::Limit(_) | Term::Apply(..) => panic!("{term} is on no left side"),
        }
    }

    fn apply(&mut self, op: Op, sides: &[Value], ty: Type) -> Value {
        let (exit, builder) = (self.exit, &mut self.builder);
        match op {
            Op::Select => builder.select(ty, sides[0], sides[1], sides[2]),
            Op::GuardRef => builder.guard_ref(sides[0], sides[1], exit),
            // The optimiser makes it of a reference whose tag is known.
            Op::RefOfBits => {
                let tag = builder.bool(true);
                builder.guard_ref(tag, sides[0], exit)
            }
            op => builder.pure(op, sides),
        }
    }

    fn variable(&mut self, variable: Variable) -> Value {
        let (exit, word, builder) = (self.exit, word(variable), &mut self.builder);
        if variable.is_known() {
            let bits = self.choice.known[variable.name()];
            return builder.constant(Const {
                ty: variable.ty(),
                bits,
            });
        }
        match variable.ty() {
            Type::I64 => {
                let value = builder.load_word(Type::I64, word);
                let full = (i64::MIN, i64::MAX);
                let range = self.choice.ranges.get(variable.name());
                let &(low, high) = range.unwrap_or(&full);
                if low > full.0 {
                    let low = builder.int(low);
                    let holds = builder.pure(Op::Le, &[low, value]);
                    builder.guard(holds, exit);
                }
                if high < full.1 {
                    let high = builder.int(high);
                    let holds = builder.pure(Op::Le, &[value, high]);
                    builder.guard(holds, exit);
                }
                value
            }
            Type::F64 => {
                let value = builder.load_word(Type::F64, word);
                match self.quiet {
                    true => builder.pure(Op::Fsqrt, &[value]),
                    false => value,
                }
            }
            // No rule is about it.
            Type::Bool => {
                let value = builder.load_word(Type::F64, word);
                builder.pure(Op::FitsI64, &[value])
            }
            Type::Ref => builder.reference(0x1000),
            Type::Ptr => panic!("no variable is a pointer"),
        }
    }
}

/// What the trace stores, or `None` if a guard fails.
fn run(trace: &Trace, words: &BTreeMap<Word, u64>) -> Option<u64> {
    let mut values: Vec<u64> = Vec::new();
    let mut stored = None;
    for uop in &trace.uops {
        let args: Vec<u64> = uop.args.iter().map(|arg| values[arg.index()]).collect();
        let value = match (uop.op, uop.imm) {
            (Op::Const, Imm::Const(bits)) => bits,
            (Op::LoadWord, Imm::Word(word)) => words[&word],
            (Op::StoreWord, Imm::Word(RESULT)) => {
                stored = Some(args[0]);
                0
            }
            (Op::Guard, _) if args[0] == 0 => return None,
            (Op::GuardRef, _) if args[0] == 0 => return None,
            (Op::GuardNot, _) if args[0] == 1 => return None,
            (Op::Guard | Op::GuardNot | Op::Start | Op::At | Op::Exit | Op::Unreachable, _) => 0,
            (op, _) => Function::Op(op).eval(&args, 64),
        };
        values.push(value);
    }
    Some(stored.expect("the trace stores its result"))
}

/// Values of the words: at the edges, then at random.
fn words(round: usize, random: &mut Random) -> BTreeMap<Word, u64> {
    let mut words = BTreeMap::new();
    for &variable in Variable::ALL {
        let bits = match (variable.ty(), random.below(4)) {
            (Type::I64, 0 | 1) => INTS[random.below(INTS.len())] as u64,
            (Type::I64, 2) => random.below(20) as u64,
            (Type::I64, _) => ((random.next() as i64) >> random.below(64)) as u64,
            // Integral or not, half of the time.
            (Type::Bool, _) => (random.below(2) as f64 / 2.0).to_bits(),
            (_, 0 | 1) if round % 4 != 3 => FLOATS[random.below(FLOATS.len())].to_bits(),
            (_, 2) => f64::from(random.next() as i16).to_bits(),
            _ => random.next(),
        };
        words.insert(word(variable), bits);
    }
    words
}

#[test]
fn every_rule_folds_its_left_side_to_its_right_side() {
    let passes = Passes::of(&[Pass::Fold, Pass::Facts]);
    let options = Options {
        passes,
        ..Options::default()
    };
    let mut random = Random::new(0xd12ec7);
    let mut folded: BTreeSet<&str> = BTreeSet::new();
    for rule in RULES {
        let mut applied = 0;
        for choice in choices(rule) {
            let recorded = Making::trace(rule, &choice);
            let optimised = optimise(&recorded, &options);
            let fired = optimised.trail.iter().any(|rewrite| {
                folded.insert(rewrite.rule);
                rewrite.pass == Pass::Fold && rewrite.rule == rule.name
            });
            if !fired {
                continue;
            }
            applied += 1;
            for round in 0..40 {
                let words = words(round, &mut random);
                let wanted = run(&recorded, &words);
                let got = run(&optimised.trace, &words);
                assert!(
                    wanted == got,
                    "{}: {rule} with {choice:?} and {words:x?}: {wanted:x?}, then {got:x?}\n{recorded}\n{}",
                    rule.name,
                    optimised.trace
                );
            }
        }
        assert!(applied > 0, "{}: {rule} was never applied", rule.name);
    }
    let unused: Vec<_> = rule_names()
        .skip(1)
        .filter(|name| !folded.contains(name))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}
