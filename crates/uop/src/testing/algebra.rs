//! The terms of the [equations](crate::optimise::equations), read and evaluated at any width.
//!
//! At 64 bits an op means what the op table says. At `n` bits integers are those of `n` bits, kept
//! sign-extended: an op is the op of the table on them, with its result cut to `n` bits and shifts
//! taken modulo `n`. Doubles are doubles at every width.

use crate::op::{Op, Produces};
use crate::optimise::equations::{Equation, RangeLaw};
use crate::types::Type;
use std::fmt;

/// A term over numbered variables.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// A truth value.
    Truth(bool),
    /// `BITS`, `MIN` or `MAX`.
    Limit(Limit),
    /// The variable of this number.
    Variable(usize),
    /// A function of terms.
    Apply(Function, Vec<Term>),
}

/// What depends on the width only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The width.
    Bits,
    /// The lowest integer.
    Lowest,
    /// The highest integer.
    Highest,
}

/// An op, or a function that only equations know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// An op.
    Op(Op),
    /// The exponent of a power of two.
    Log2,
    /// Whether an integer is a positive power of two.
    PowerOfTwo,
    /// Whether a double is no signalling NaN.
    Quiet,
    /// Whether a double is normal.
    Normal,
    /// Whether a double is a power of two or the negative of one, and normal.
    NormalPower,
    /// Whether a double is an integer of at most 53 bits.
    Integral,
}

impl Function {
    const OWN: [(Function, &'static str); 6] = [
        (Function::Log2, "log2"),
        (Function::PowerOfTwo, "power_of_two"),
        (Function::Quiet, "quiet"),
        (Function::Normal, "normal"),
        (Function::NormalPower, "normal_power"),
        (Function::Integral, "integral"),
    ];

    /// Its name in the text.
    pub fn name(self) -> &'static str {
        match self {
            Function::Op(op) => op.name(),
            own => {
                let row = Function::OWN.iter().find(|(function, _)| *function == own);
                row.expect("the list is complete").1
            }
        }
    }

    fn from_name(name: &str) -> Option<Function> {
        let own = Function::OWN.iter().find(|(_, own)| *own == name);
        let op = || Op::from_name(name).map(Function::Op);
        own.map(|(function, _)| *function).or_else(op)
    }
}

/// Variables that have ranges, with the names of their ends.
const TRIPLES: [[&str; 3]; 2] = [["x", "xl", "xh"], ["y", "yl", "yh"]];

/// The variables of one law, numbered as they first appear.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    names: Vec<&'static str>,
}

impl Variables {
    /// Their names, by number.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// The number of the variable `name`, which is new if it was not met before.
    pub fn number(&mut self, name: &'static str) -> usize {
        let known = self.names.iter().position(|known| *known == name);
        known.unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }

    /// The type of a variable.
    pub fn ty(name: &str) -> Type {
        match name.as_bytes()[0] {
            b'x' | b'y' | b'C' | b'D' => Type::I64,
            b'p' => Type::Bool,
            b'a' | b'b' | b'F' => Type::F64,
            b'r' => Type::Ref,
            _ => panic!("{name} is no variable"),
        }
    }

    /// Whether the optimiser must know the variable.
    pub fn is_known(name: &str) -> bool {
        name.starts_with(char::is_uppercase)
    }

    /// The variables whose range the law names: variable, lowest, highest.
    pub fn bounds(&self) -> Vec<(usize, usize, usize)> {
        let number = |name| self.names.iter().position(|known| *known == name);
        let triples = TRIPLES.map(|[x, low, high]| Some((number(x)?, number(low)?, number(high)?)));
        triples.into_iter().flatten().collect()
    }

    /// Who names one end of a range has both, and the variable.
    fn complete_bounds(&mut self) {
        for triple in TRIPLES {
            if triple[1..].iter().any(|end| self.names.contains(end)) {
                for name in triple {
                    self.number(name);
                }
            }
        }
    }
}

/// What is to be shown: `claims` hold where all of `given` do.
#[derive(Clone, Debug)]
pub struct Law {
    /// Its name for messages.
    pub name: &'static str,
    /// The variables.
    pub variables: Variables,
    /// What is known.
    pub given: Vec<Term>,
    /// What is claimed.
    pub claims: Vec<Claim>,
}

/// A relation between two terms.
#[derive(Clone, Debug)]
pub enum Claim {
    /// They are the same bits.
    Same(Term, Term),
    /// The first is at most the second.
    AtMost(Term, Term),
}

impl Law {
    /// The law of an equation.
    pub fn of_equation(equation: &Equation) -> Law {
        let mut variables = Variables::default();
        let left = Term::parse(equation.left, &mut variables);
        let right = Term::parse(equation.right, &mut variables);
        let when = equation.when.iter();
        let mut given: Vec<Term> = when.map(|text| Term::parse(text, &mut variables)).collect();
        given.splice(0..0, within(&mut variables));
        Law {
            name: equation.rule,
            variables,
            given,
            claims: vec![Claim::Same(left, right)],
        }
    }

    /// The law of a range.
    pub fn of_range(law: &RangeLaw) -> Law {
        let mut variables = Variables::default();
        let mut parse = |text| Term::parse(text, &mut variables);
        let of = parse(law.of);
        let mut given = vec![parse(law.given)];
        given.extend(law.when.iter().map(|&text| parse(text)));
        let (low, high) = (parse(law.low), parse(law.high));
        given.splice(0..0, within(&mut variables));
        Law {
            name: law.name,
            variables,
            given,
            claims: vec![Claim::AtMost(low, of.clone()), Claim::AtMost(of, high)],
        }
    }

    /// Whether the law is about integers and truth values only.
    pub fn is_integer(&self) -> bool {
        let claims = self.claims.iter().flat_map(|claim| match claim {
            Claim::Same(one, other) | Claim::AtMost(one, other) => [one, other],
        });
        let mut terms = self.given.iter().chain(claims);
        terms.all(|term| !term.has_float(self.variables.names()))
    }

    /// Whether it holds for these values of the variables; so it does where something given does not.
    pub fn holds(&self, values: &[u64], bits: u32) -> bool {
        let is_true = |term: &Term| term.eval(values, bits) == 1;
        !self.given.iter().all(is_true) || self.claims.iter().all(|claim| claim.holds(values, bits))
    }
}

impl Claim {
    fn holds(&self, values: &[u64], bits: u32) -> bool {
        let eval = |term: &Term| term.eval(values, bits);
        match self {
            Claim::Same(left, right) => eval(left) == eval(right),
            Claim::AtMost(low, high) => eval(low) as i64 <= eval(high) as i64,
        }
    }
}

/// That variables lie in their ranges.
fn within(variables: &mut Variables) -> Vec<Term> {
    variables.complete_bounds();
    let order = |low, high| {
        let sides = vec![Term::Variable(low), Term::Variable(high)];
        Term::Apply(Function::Op(Op::Le), sides)
    };
    let bounds = variables.bounds().into_iter();
    bounds
        .flat_map(|(x, low, high)| [order(low, x), order(x, high)])
        .collect()
}

impl Term {
    /// Reads a term. Variables are numbered in `variables`.
    ///
    /// # Panics
    /// If it is none: the tables are part of the program.
    pub fn parse(text: &'static str, variables: &mut Variables) -> Term {
        let mut words = text;
        let term = read(&mut words, variables);
        assert!(words.trim().is_empty(), "`{text}` goes on behind its end");
        term
    }

    /// Its value, as bits; integers sign-extended.
    pub fn eval(&self, values: &[u64], bits: u32) -> u64 {
        match self {
            Term::Int(int) => *int as u64,
            Term::Float(float) => float.to_bits(),
            Term::Truth(truth) => u64::from(*truth),
            Term::Limit(Limit::Bits) => bits.into(),
            Term::Limit(Limit::Lowest) => (i64::MIN >> (64 - bits)) as u64,
            Term::Limit(Limit::Highest) => (i64::MAX >> (64 - bits)) as u64,
            Term::Variable(number) => values[*number],
            Term::Apply(function, operands) => {
                let mut evaluated = [0; 3];
                for (value, operand) in evaluated.iter_mut().zip(operands) {
                    *value = operand.eval(values, bits);
                }
                function.eval(&evaluated[..operands.len()], bits)
            }
        }
    }

    /// Whether its value depends on nothing but what the optimiser knows.
    pub fn is_known(&self, names: &[&str]) -> bool {
        match self {
            Term::Variable(number) => Variables::is_known(names[*number]),
            Term::Apply(_, operands) => operands.iter().all(|operand| operand.is_known(names)),
            _ => true,
        }
    }

    fn has_float(&self, names: &[&str]) -> bool {
        match self {
            Term::Float(_) => true,
            Term::Variable(number) => Variables::ty(names[*number]) == Type::F64,
            Term::Apply(Function::Op(op), operands) => {
                op.info().produces == Produces::Is(Type::F64)
                    || operands.iter().any(|operand| operand.has_float(names))
            }
            Term::Apply(_, operands) => operands.iter().any(|operand| operand.has_float(names)),
            _ => false,
        }
    }
}

impl Function {
    /// Its value.
    pub fn eval(self, operands: &[u64], bits: u32) -> u64 {
        let float = |n: usize| f64::from_bits(operands[n]);
        match self {
            Function::Op(op) => eval_op(op, operands, bits),
            Function::Log2 => operands[0].trailing_zeros().into(),
            Function::PowerOfTwo => {
                let int = operands[0] as i64;
                (int > 0 && int & (int - 1) == 0).into()
            }
            Function::Quiet => (!float(0).is_nan() || operands[0] >> 51 & 1 == 1).into(),
            Function::Normal => float(0).is_normal().into(),
            Function::NormalPower => {
                let mantissa = operands[0] & ((1 << 52) - 1);
                (float(0).is_normal() && mantissa == 0).into()
            }
            Function::Integral => {
                let small = float(0).abs() <= 9_007_199_254_740_992.0;
                (small && float(0).trunc() == float(0)).into()
            }
        }
    }
}

/// An op on integers of `bits` bits.
fn eval_op(op: Op, operands: &[u64], bits: u32) -> u64 {
    let cut = |wide: u64| ((wide as i64) << (64 - bits) >> (64 - bits)) as u64;
    let fits = |wide: Option<i64>| wide.is_some_and(|wide| cut(wide as u64) == wide as u64);
    let int = |n: usize| operands[n] as i64;
    match op {
        Op::Select => operands[2 - (operands[0] & 1) as usize],
        Op::RefOfBits => operands[0],
        Op::GuardRef => operands[1],
        Op::Shl | Op::Shr | Op::Sar => {
            let amount = operands[1] & u64::from(bits - 1);
            let left = match op {
                Op::Shr => operands[0] & (u64::MAX >> (64 - bits)),
                _ => operands[0],
            };
            cut(op.eval_pure(&[left, amount]).expect("two operands"))
        }
        Op::AddOverflows => (!fits(int(0).checked_add(int(1)))).into(),
        Op::SubOverflows => (!fits(int(0).checked_sub(int(1)))).into(),
        Op::MulOverflows => (!fits(int(0).checked_mul(int(1)))).into(),
        _ => {
            let result = op.eval_pure(operands).expect("a pure op and its operands");
            let wide = matches!(op, Op::BitsOfF64 | Op::F64ToI64 | Op::BitsOfRef);
            match op.info().produces {
                Produces::Is(Type::I64) if !wide => cut(result),
                _ => result,
            }
        }
    }
}

/// Reads one term and takes it off `text`.
fn read(text: &mut &'static str, variables: &mut Variables) -> Term {
    *text = text.trim_start();
    if let Some(rest) = text.strip_prefix('(') {
        *text = rest;
        let name = word(text);
        let function = Function::from_name(name);
        let function = function.unwrap_or_else(|| panic!("`{name}` is no op"));
        let mut operands = Vec::new();
        loop {
            *text = text.trim_start();
            if let Some(rest) = text.strip_prefix(')') {
                *text = rest;
                return Term::Apply(function, operands);
            }
            operands.push(read(text, variables));
        }
    }
    match word(text) {
        "true" => Term::Truth(true),
        "false" => Term::Truth(false),
        "BITS" => Term::Limit(Limit::Bits),
        "MIN" => Term::Limit(Limit::Lowest),
        "MAX" => Term::Limit(Limit::Highest),
        number if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            match number.contains('.') {
                true => Term::Float(number.parse().expect("a double")),
                false => Term::Int(number.parse().expect("an integer")),
            }
        }
        name => Term::Variable(variables.number(name)),
    }
}

fn word(text: &mut &'static str) -> &'static str {
    let end = text.find([' ', ')']).unwrap_or(text.len());
    assert!(end > 0, "a term is expected before `{text}`");
    let (word, rest) = text.split_at(end);
    *text = rest;
    word
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
