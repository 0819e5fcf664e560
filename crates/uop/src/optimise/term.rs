//! Terms: what the [rules](super::rules) and the [claims of range arithmetic](super::range_laws) are
//! written in.
//!
//! A term is constant data, so that one table serves all its readers: the [matcher](mod@super::fold)
//! takes the left side for a pattern and builds the right side; tests evaluate both sides at
//! any width; a solver and the book have them printed.
//!
//! In a table terms are written `Add(x, C)` with the ops of the [op table](crate::op), integers, doubles
//! (with a point), `true` and `false`, [variables](Variable) and the [functions](Function) that are
//! no ops. `BITS`, `MIN` and `MAX` are the width of an integer, the lowest and the highest integer.
//!
//! At 64 bits an op means what the op table says. At `n` bits integers are those of `n` bits, kept
//! sign-extended: an op is the op of the table on them, with its result cut to `n` bits and shifts
//! taken modulo `n`. Doubles are doubles at every width.

use crate::op::{Op, Produces};
use crate::types::Type;
use std::fmt;

/// A term over variables.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Term {
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// A truth value.
    Truth(bool),
    /// `BITS`, `MIN` or `MAX`.
    Limit(Limit),
    /// A variable.
    Variable(Variable),
    /// A function of terms.
    Apply(Function, &'static [Term]),
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

macro_rules! variables {
    ($( $name:ident: $ty:ident $doc:literal; )*) => {
        /// A variable of a term. Capital letters stand for what the optimiser knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(non_camel_case_types, reason = "their names are the text's")]
        #[repr(u8)]
        pub enum Variable {
            $( #[doc = $doc] $name, )*
        }

        impl Variable {
            /// Every variable.
            pub const ALL: &[Variable] = &[$( Variable::$name ),*];
            /// How many variables there are.
            pub const COUNT: usize = Variable::ALL.len();

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $( Variable::$name => stringify!($name), )*
                }
            }

            /// The type of what it stands for. `select` takes operands of any type for `x` and `y`.
            pub const fn ty(self) -> Type {
                match self {
                    $( Variable::$name => Type::$ty, )*
                }
            }
        }
    };
}

variables! {
    x: I64 "An integer.";
    y: I64 "An integer.";
    z: I64 "An integer.";
    C: I64 "An integer that the optimiser knows.";
    D: I64 "An integer that the optimiser knows.";
    p: Bool "A truth value.";
    q: Bool "A truth value.";
    a: F64 "A double.";
    b: F64 "A double.";
    F: F64 "A double that the optimiser knows.";
    r: Ref "A reference.";
    xl: I64 "The lowest value that `x` is known to have.";
    xh: I64 "The highest value that `x` is known to have.";
    yl: I64 "The lowest value that `y` is known to have.";
    yh: I64 "The highest value that `y` is known to have.";
}

impl Variable {
    /// Whether the optimiser must know it.
    pub const fn is_known(self) -> bool {
        self.name().as_bytes()[0].is_ascii_uppercase()
    }
}

macro_rules! functions {
    ($( $variant:ident $name:literal $doc:literal; )*) => {
        /// An op, or a function that only terms know.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function {
            /// An op.
            Op(Op),
            $( #[doc = $doc] $variant, )*
        }

        impl Function {
            /// Its name in the text.
            pub fn name(self) -> &'static str {
                match self {
                    Function::Op(op) => op.name(),
                    $( Function::$variant => $name, )*
                }
            }
        }
    };
}

functions! {
    Log2 "log2" "The exponent of a power of two.";
    PowerOfTwo "power_of_two" "Whether an integer is a positive power of two.";
    Exact "exact" "Whether an integer survives the way to a double and back, and so do all between it and 0.";
    Quiet "quiet" "Whether a double is no signalling NaN.";
    Normal "normal" "Whether a double is neither zero, subnormal, infinite nor NaN.";
    NormalPower "normal_power" "Whether a double is a power of two or the negative of one, and normal.";
    Integral "integral" "Whether a double is an integer of at most 53 bits.";
}

/// The highest integer below which a double holds all.
const LAST_EXACT: i64 = 1 << 53;

/// A number of a table: a double if it is written with a point.
pub(crate) const fn number(text: &str, int: i64, float: f64) -> Term {
    let text = text.as_bytes();
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'.' {
            return Term::Float(float);
        }
        at += 1;
    }
    Term::Int(int)
}

/// A term, as the tables write it.
macro_rules! term {
    (true) => { $crate::optimise::term::Term::Truth(true) };
    (false) => { $crate::optimise::term::Term::Truth(false) };
    (BITS) => { $crate::optimise::term::Term::Limit($crate::optimise::term::Limit::Bits) };
    (MIN) => { $crate::optimise::term::Term::Limit($crate::optimise::term::Limit::Lowest) };
    (MAX) => { $crate::optimise::term::Term::Limit($crate::optimise::term::Limit::Highest) };
    ($number:literal) => {
        $crate::optimise::term::number(stringify!($number), $number as i64, $number as f64)
    };
    ($variable:ident) => {
        $crate::optimise::term::Term::Variable($crate::optimise::term::Variable::$variable)
    };
    (log2 ($($of:tt)*)) => { $crate::optimise::term::term!(@ Log2 ($($of)*)) };
    (power_of_two ($($of:tt)*)) => { $crate::optimise::term::term!(@ PowerOfTwo ($($of)*)) };
    (exact ($($of:tt)*)) => { $crate::optimise::term::term!(@ Exact ($($of)*)) };
    (quiet ($($of:tt)*)) => { $crate::optimise::term::term!(@ Quiet ($($of)*)) };
    (normal ($($of:tt)*)) => { $crate::optimise::term::term!(@ Normal ($($of)*)) };
    (normal_power ($($of:tt)*)) => { $crate::optimise::term::term!(@ NormalPower ($($of)*)) };
    (integral ($($of:tt)*)) => { $crate::optimise::term::term!(@ Integral ($($of)*)) };
    ($op:ident ($($of:tt)*)) => {
        $crate::optimise::term::Term::Apply(
            $crate::optimise::term::Function::Op($crate::op::Op::$op),
            $crate::optimise::term::terms!([] $($of)*),
        )
    };
    (@ $function:ident ($($of:tt)*)) => {
        $crate::optimise::term::Term::Apply(
            $crate::optimise::term::Function::$function,
            $crate::optimise::term::terms!([] $($of)*),
        )
    };
}

/// Terms with commas between them; the brackets hold those read.
macro_rules! terms {
    ([$($read:tt)*]) => { &[$($read)*] };
    ([$($read:tt)*] $function:ident ($($of:tt)*) $(, $($rest:tt)*)?) => {
        $crate::optimise::term::terms!([$($read)* $crate::optimise::term::term!($function ($($of)*)),] $($($rest)*)?)
    };
    ([$($read:tt)*] - $number:tt $(, $($rest:tt)*)?) => {
        $crate::optimise::term::terms!([$($read)* $crate::optimise::term::term!(-$number),] $($($rest)*)?)
    };
    ([$($read:tt)*] $leaf:tt $(, $($rest:tt)*)?) => {
        $crate::optimise::term::terms!([$($read)* $crate::optimise::term::term!($leaf),] $($($rest)*)?)
    };
}

pub(crate) use {term, terms};

impl Term {
    /// Its value, as bits; integers sign-extended.
    pub fn eval(&self, value: &dyn Fn(Variable) -> u64, bits: u32) -> u64 {
        match *self {
            Term::Int(int) => int as u64,
            Term::Float(float) => float.to_bits(),
            Term::Truth(truth) => u64::from(truth),
            Term::Limit(Limit::Bits) => bits.into(),
            Term::Limit(Limit::Lowest) => (i64::MIN >> (64 - bits)) as u64,
            Term::Limit(Limit::Highest) => (i64::MAX >> (64 - bits)) as u64,
            Term::Variable(variable) => value(variable),
            Term::Apply(function, operands) => {
                let mut evaluated = [0; 3];
                for (result, operand) in evaluated.iter_mut().zip(operands) {
                    *result = operand.eval(value, bits);
                }
                function.eval(&evaluated[..operands.len()], bits)
            }
        }
    }

    /// Whether its value depends on nothing but what the optimiser knows.
    pub fn is_known(&self) -> bool {
        match *self {
            Term::Variable(variable) => variable.is_known(),
            Term::Apply(_, operands) => operands.iter().all(Term::is_known),
            _ => true,
        }
    }

    /// The variables in it, in the order they are written, some more than once.
    pub fn variables(&self, found: &mut Vec<Variable>) {
        match *self {
            Term::Variable(variable) => found.push(variable),
            Term::Apply(_, operands) => operands.iter().for_each(|term| term.variables(found)),
            _ => {}
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
            Function::Exact => ((operands[0] as i64).unsigned_abs() <= LAST_EXACT as u64).into(),
            Function::Quiet => (!float(0).is_nan() || operands[0] >> 51 & 1 == 1).into(),
            Function::Normal => float(0).is_normal().into(),
            Function::NormalPower => {
                let mantissa = operands[0] & ((1 << 52) - 1);
                (float(0).is_normal() && mantissa == 0).into()
            }
            Function::Integral => {
                let small = float(0).abs() <= LAST_EXACT as f64;
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

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Term::Int(int) => write!(f, "{int}"),
            Term::Float(float) => write!(f, "{float:?}"),
            Term::Truth(truth) => write!(f, "{truth}"),
            Term::Limit(Limit::Bits) => f.write_str("BITS"),
            Term::Limit(Limit::Lowest) => f.write_str("MIN"),
            Term::Limit(Limit::Highest) => f.write_str("MAX"),
            Term::Variable(variable) => f.write_str(variable.name()),
            Term::Apply(function, operands) => {
                write!(f, "{}(", function.name())?;
                for (n, operand) in operands.iter().enumerate() {
                    let comma = if n > 0 { ", " } else { "" };
                    write!(f, "{comma}{operand}")?;
                }
                f.write_str(")")
            }
        }
    }
}
