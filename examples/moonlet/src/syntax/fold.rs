//! Operations on numerals, done while parsing.
//!
//! As in the reference implementation: what could fail, and floats that are zero or not a number,
//! stay in the program, so that `1//0` fails when it runs and `-0.0` keeps its sign.

use super::ast::{BinaryOp, Expr, UnaryOp};
use super::number::Number;
use crate::number::float_mod;

fn number(expr: &Expr) -> Option<Number> {
    match *expr {
        Expr::Int(value) => Some(Number::Int(value)),
        Expr::Float(value) => Some(Number::Float(value)),
        _ => None,
    }
}

fn float(number: Number) -> f64 {
    match number {
        Number::Int(value) => value as f64,
        Number::Float(value) => value,
    }
}

fn integer(number: Number) -> Option<i64> {
    match number {
        Number::Int(value) => Some(value),
        Number::Float(value) => {
            let fits = value.floor() == value && (-(2f64.powi(63))..2f64.powi(63)).contains(&value);
            fits.then_some(value as i64)
        }
    }
}

fn literal(value: f64) -> Option<Expr> {
    (!value.is_nan() && value != 0.0).then_some(Expr::Float(value))
}

/// The value of a unary operation on a literal.
pub(crate) fn unary(op: UnaryOp, operand: &Expr) -> Option<Expr> {
    match op {
        UnaryOp::Neg => match number(operand)? {
            Number::Int(value) => Some(Expr::Int(value.wrapping_neg())),
            Number::Float(value) => literal(-value),
        },
        UnaryOp::BitNot => Some(Expr::Int(!integer(number(operand)?)?)),
        UnaryOp::Not => match operand {
            Expr::Nil => Some(Expr::Bool(true)),
            Expr::Bool(value) => Some(Expr::Bool(!value)),
            Expr::Int(_) | Expr::Float(_) | Expr::Str(_) => Some(Expr::Bool(false)),
            _ => None,
        },
        UnaryOp::Len => None,
    }
}

/// The value of a binary operation on numerals.
pub(crate) fn binary(op: BinaryOp, left: &Expr, right: &Expr) -> Option<Expr> {
    let (left, right) = (number(left)?, number(right)?);
    match op {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Mod | BinaryOp::FloorDiv => {
            if let (Number::Int(left), Number::Int(right)) = (left, right) {
                return integers(op, left, right).map(Expr::Int);
            }
            floats(op, float(left), float(right))
        }
        BinaryOp::Div | BinaryOp::Pow => floats(op, float(left), float(right)),
        BinaryOp::BitAnd
        | BinaryOp::BitOr
        | BinaryOp::BitXor
        | BinaryOp::ShiftLeft
        | BinaryOp::ShiftRight => integers(op, integer(left)?, integer(right)?).map(Expr::Int),
        _ => None,
    }
}

fn integers(op: BinaryOp, left: i64, right: i64) -> Option<i64> {
    Some(match op {
        BinaryOp::Add => left.wrapping_add(right),
        BinaryOp::Sub => left.wrapping_sub(right),
        BinaryOp::Mul => left.wrapping_mul(right),
        BinaryOp::Mod | BinaryOp::FloorDiv if right == 0 => return None,
        BinaryOp::Mod => {
            let rest = left.wrapping_rem(right);
            if rest != 0 && (rest ^ right) < 0 {
                rest + right
            } else {
                rest
            }
        }
        BinaryOp::FloorDiv => {
            let quotient = left.wrapping_div(right);
            let exact = left.wrapping_rem(right) == 0;
            if !exact && (left ^ right) < 0 {
                quotient - 1
            } else {
                quotient
            }
        }
        BinaryOp::BitAnd => left & right,
        BinaryOp::BitOr => left | right,
        BinaryOp::BitXor => left ^ right,
        BinaryOp::ShiftLeft => shift(left, right),
        BinaryOp::ShiftRight => shift(left, right.checked_neg().unwrap_or(i64::MAX)),
        _ => return None,
    })
}

fn shift(value: i64, by: i64) -> i64 {
    match by {
        0..64 => ((value as u64) << by) as i64,
        -63..0 => ((value as u64) >> -by) as i64,
        _ => 0,
    }
}

fn floats(op: BinaryOp, left: f64, right: f64) -> Option<Expr> {
    let divides = matches!(op, BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod);
    if divides && right == 0.0 {
        return None;
    }
    literal(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        BinaryOp::Div => left / right,
        BinaryOp::FloorDiv => (left / right).floor(),
        BinaryOp::Mod => float_mod(left, right),
        BinaryOp::Pow if right == 2.0 => left * left,
        BinaryOp::Pow => left.powf(right),
        _ => return None,
    })
}
