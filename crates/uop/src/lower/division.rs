//! Division and remainder, total as the op table wants them, by constants without dividing.
//!
//! A constant divisor becomes a multiplication by its inverse, of which the high half is kept
//! (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994), a power
//! of two a shift. Rounding down is rounding towards zero of `!a` where `a` is negative: the sign's
//! mask before and behind, in place of a correction.

use super::section::Lowering;
use crate::op::Op;
use crate::uop::Uop;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, InstBuilder};

/// A divisor's inverse: the quotient of a number that is not negative is the high half of its
/// product with `factor`, plus itself if `adds`, shifted right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inverse {
    factor: i64,
    shift: u32,
    adds: bool,
}

impl Inverse {
    /// The inverse of a divisor above 1.
    ///
    /// The factor is `2^p / divisor`, rounded up, for the least `p` that is exact enough for 63
    /// bits and a sign; if it does not fit a signed word, it is taken modulo 2^64 and what is then
    /// missing is added.
    fn of(divisor: i64) -> Inverse {
        let d = i128::from(divisor);
        let mut p = 64;
        loop {
            let factor = (1i128 << p) / d + 1;
            // Rounding up adds less than one part in 2^63 of the quotient's distance to the next.
            let excess = factor * d - (1i128 << p);
            if excess << 63 <= 1i128 << p {
                return Inverse {
                    factor: factor as i64,
                    shift: p - 64,
                    adds: factor >= 1 << 63,
                };
            }
            p += 1;
        }
    }
}

fn is_power(divisor: i64) -> bool {
    divisor > 0 && divisor.count_ones() == 1
}

impl Lowering<'_, '_> {
    /// The divisor, if it is a constant that needs no case of its own.
    fn divisor(&self, uop: &Uop) -> Option<i64> {
        let constant = self.trace.constant(uop.args[1])?.bits as i64;
        (!matches!(constant, 0 | -1 | i64::MIN)).then_some(constant)
    }

    /// The quotient of `a`, rounded towards zero.
    fn quotient(&mut self, a: ir::Value, divisor: i64) -> ir::Value {
        let positive = divisor.abs();
        let quotient = match positive {
            1 => a,
            _ if is_power(positive) => {
                // A negative number is rounded up by what the shift would lose.
                let shift = i64::from(positive.trailing_zeros());
                let sign = self.b.ins().sshr_imm_u(a, 63);
                let up = self.b.ins().ushr_imm_u(sign, 64 - shift);
                let a = self.b.ins().iadd(a, up);
                self.b.ins().sshr_imm_u(a, shift)
            }
            _ => {
                let quotient = self.scaled(a, positive);
                // It is rounded down, so one short where it is negative.
                let sign = self.b.ins().ushr_imm_u(a, 63);
                self.b.ins().iadd(quotient, sign)
            }
        };
        match divisor < 0 {
            true => self.b.ins().ineg(quotient),
            false => quotient,
        }
    }

    /// The quotient of `a` by a positive divisor, rounded down.
    fn floor_quotient(&mut self, a: ir::Value, divisor: i64) -> ir::Value {
        if is_power(divisor) {
            let shift = i64::from(divisor.trailing_zeros());
            return self.b.ins().sshr_imm_u(a, shift);
        }
        let sign = self.b.ins().sshr_imm_u(a, 63);
        let folded = self.b.ins().bxor(a, sign);
        let quotient = self.scaled(folded, divisor);
        self.b.ins().bxor(quotient, sign)
    }

    /// `a` times the divisor's inverse, rounded down.
    fn scaled(&mut self, a: ir::Value, divisor: i64) -> ir::Value {
        let inverse = Inverse::of(divisor);
        let factor = self.b.ins().iconst(I64, inverse.factor);
        let mut high = self.b.ins().smulhi(a, factor);
        if inverse.adds {
            high = self.b.ins().iadd(high, a);
        }
        match inverse.shift {
            0 => high,
            shift => self.b.ins().sshr_imm_u(high, i64::from(shift)),
        }
    }

    /// What is left of `a`.
    fn remainder(&mut self, a: ir::Value, quotient: ir::Value, divisor: i64) -> ir::Value {
        let divisor = self.b.ins().iconst(I64, divisor);
        let product = self.b.ins().imul(quotient, divisor);
        self.b.ins().isub(a, product)
    }

    /// Quotient and remainder as the op table defines them. The machine's division traps on zero
    /// and on overflow, so those divisors are replaced by 1 and the results chosen.
    pub(super) fn divide(
        &mut self,
        uop: &Uop,
        a: ir::Value,
        b: ir::Value,
    ) -> (ir::Value, ir::Value) {
        if let Some(divisor) = self.divisor(uop) {
            let quotient = self.quotient(a, divisor);
            let remainder = self.remainder(a, quotient, divisor);
            return (quotient, remainder);
        }
        let is_zero = self.b.ins().icmp_imm_s(IntCC::Equal, b, 0);
        let is_minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, b, -1);
        let special = self.b.ins().bor(is_zero, is_minus_one);
        let one = self.b.ins().iconst(I64, 1);
        let zero = self.b.ins().iconst(I64, 0);
        let divisor = self.b.ins().select(special, one, b);
        let quotient = self.b.ins().sdiv(a, divisor);
        let negated = self.b.ins().ineg(a);
        let quotient = self.b.ins().select(is_minus_one, negated, quotient);
        let quotient = self.b.ins().select(is_zero, zero, quotient);
        let product = self.b.ins().imul(quotient, b);
        let remainder = self.b.ins().isub(a, product);
        (quotient, remainder)
    }

    pub(super) fn floor_divide(&mut self, uop: &Uop, a: ir::Value, b: ir::Value) -> ir::Value {
        if let Some(divisor) = self.divisor(uop).filter(|divisor| *divisor > 0) {
            return match uop.op {
                Op::FloorDiv => self.floor_quotient(a, divisor),
                _ if is_power(divisor) => self.b.ins().band_imm_s(a, divisor - 1),
                _ => {
                    let quotient = self.floor_quotient(a, divisor);
                    self.remainder(a, quotient, divisor)
                }
            };
        }
        let (quotient, remainder) = self.divide(uop, a, b);
        let inexact = self.b.ins().icmp_imm_s(IntCC::NotEqual, remainder, 0);
        let signs = self.b.ins().bxor(remainder, b);
        let differ = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, signs, 0);
        let divisible = self.b.ins().icmp_imm_s(IntCC::NotEqual, b, 0);
        let adjust = self.b.ins().band(inexact, differ);
        let adjust = self.b.ins().band(adjust, divisible);
        let (plain, adjusted) = match uop.op {
            Op::FloorDiv => (quotient, self.b.ins().iadd_imm_s(quotient, -1)),
            _ => (remainder, self.b.ins().iadd(remainder, b)),
        };
        self.b.ins().select(adjust, adjusted, plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the code of [`Lowering::scaled`] computes.
    fn scaled(a: i64, divisor: i64) -> i64 {
        let inverse = Inverse::of(divisor);
        let high = (i128::from(a) * i128::from(inverse.factor)) >> 64;
        let high = high as i64;
        let high = if inverse.adds {
            high.wrapping_add(a)
        } else {
            high
        };
        high >> inverse.shift
    }

    #[test]
    fn inverses_divide_as_the_processor_does() {
        let near = |x: i64| (-3..=3).map(move |d| x.wrapping_add(d));
        let bits = (0..63).map(|bit| 1i64 << bit);
        let edges: Vec<i64> = bits.clone().flat_map(near).chain(near(i64::MAX)).collect();
        let some = [
            10,
            100,
            1000,
            10_000,
            641,
            6_700_417,
            999_999_937,
            1_000_000_007,
        ];
        let divisors = edges.iter().copied().chain(some).filter(|&it| it > 1);
        for divisor in divisors {
            let near_multiples = [1, 2, 3, 1000, i64::MAX / divisor];
            let near_multiples = near_multiples.map(|times| divisor.wrapping_mul(times));
            let near_multiples = near_multiples.into_iter().flat_map(near);
            for a in edges.iter().copied().chain(near_multiples) {
                for a in [a, a.wrapping_neg(), !a] {
                    let quotient = scaled(a, divisor) + i64::from(a < 0);
                    assert_eq!(quotient, a / divisor, "{a} / {divisor}");
                    let sign = a >> 63;
                    let floor = scaled(a ^ sign, divisor) ^ sign;
                    assert_eq!(floor, a.div_euclid(divisor), "{a} // {divisor}");
                }
            }
        }
    }
}
