//! The pure vocabulary: one row per operation, from which the methods of [`Machine`], of each of its
//! instances and of [`Commit`](crate::Commit) derive.
//!
//! The expression is what [`Direct`](crate::direct::Direct) computes; a test compares every row with the
//! op table of the trace IR, whose semantics rule.
//!
//! [`Machine`]: crate::Machine

/// Hands the rows to the macro `$then`: name, op, parameters, result and expression.
macro_rules! vocabulary {
    ($then:ident) => {
        $then! {
            /// Wrapping sum.
            add Add(a: Int, b: Int) -> Int = a.wrapping_add(b);
            /// Wrapping difference.
            sub Sub(a: Int, b: Int) -> Int = a.wrapping_sub(b);
            /// Wrapping product.
            mul Mul(a: Int, b: Int) -> Int = a.wrapping_mul(b);
            /// Quotient, rounded towards zero. By zero: 0.
            div Div(a: Int, b: Int) -> Int = if b == 0 { 0 } else { a.wrapping_div(b) };
            /// Remainder with the sign of the dividend. By zero: the dividend.
            rem Rem(a: Int, b: Int) -> Int = if b == 0 { a } else { a.wrapping_rem(b) };
            /// Quotient, rounded towards minus infinity. By zero: 0.
            floor_div FloorDiv(a: Int, b: Int) -> Int = crate::vocabulary::floor_div(a, b);
            /// Remainder with the sign of the divisor. By zero: the dividend.
            floor_rem FloorRem(a: Int, b: Int) -> Int = crate::vocabulary::floor_rem(a, b);
            /// Wrapping negation.
            neg Neg(a: Int) -> Int = a.wrapping_neg();
            /// Bitwise and.
            and And(a: Int, b: Int) -> Int = a & b;
            /// Bitwise or.
            or Or(a: Int, b: Int) -> Int = a | b;
            /// Bitwise exclusive or.
            xor Xor(a: Int, b: Int) -> Int = a ^ b;
            /// Bitwise complement.
            not Not(a: Int) -> Int = !a;
            /// Shift left by the amount modulo 64.
            shl Shl(a: Int, b: Int) -> Int = a.wrapping_shl(b as u32);
            /// Logical shift right by the amount modulo 64.
            shr Shr(a: Int, b: Int) -> Int = (a as u64).wrapping_shr(b as u32) as i64;
            /// Arithmetic shift right by the amount modulo 64.
            sar Sar(a: Int, b: Int) -> Int = a.wrapping_shr(b as u32);
            /// Whether the signed sum overflows.
            add_overflows AddOverflows(a: Int, b: Int) -> Bool = a.overflowing_add(b).1;
            /// Whether the signed difference overflows.
            sub_overflows SubOverflows(a: Int, b: Int) -> Bool = a.overflowing_sub(b).1;
            /// Whether the signed product overflows.
            mul_overflows MulOverflows(a: Int, b: Int) -> Bool = a.overflowing_mul(b).1;
            /// Integer equality.
            equal Eq(a: Int, b: Int) -> Bool = a == b;
            /// Integer inequality.
            not_equal Ne(a: Int, b: Int) -> Bool = a != b;
            /// Signed less.
            less Lt(a: Int, b: Int) -> Bool = a < b;
            /// Signed less or equal.
            less_equal Le(a: Int, b: Int) -> Bool = a <= b;
            /// Unsigned less.
            unsigned_less Ult(a: Int, b: Int) -> Bool = (a as u64) < b as u64;
            /// Unsigned less or equal.
            unsigned_less_equal Ule(a: Int, b: Int) -> Bool = a as u64 <= b as u64;
            /// IEEE sum.
            float_add Fadd(a: Float, b: Float) -> Float = a + b;
            /// IEEE difference.
            float_sub Fsub(a: Float, b: Float) -> Float = a - b;
            /// IEEE product.
            float_mul Fmul(a: Float, b: Float) -> Float = a * b;
            /// IEEE quotient; by zero: infinity or NaN.
            float_div Fdiv(a: Float, b: Float) -> Float = a / b;
            /// The sign bit flipped.
            float_neg Fneg(a: Float) -> Float = -a;
            /// The sign bit cleared.
            float_abs Fabs(a: Float) -> Float = a.abs();
            /// IEEE square root.
            float_sqrt Fsqrt(a: Float) -> Float = a.sqrt();
            /// Rounded towards minus infinity.
            float_floor Ffloor(a: Float) -> Float = offramp_uop::op::quiet(a.floor());
            /// Rounded towards plus infinity.
            float_ceil Fceil(a: Float) -> Float = offramp_uop::op::quiet(a.ceil());
            /// Rounded towards zero.
            float_trunc Ftrunc(a: Float) -> Float = offramp_uop::op::quiet(a.trunc());
            /// IEEE equality: false with a NaN.
            float_equal Feq(a: Float, b: Float) -> Bool = a == b;
            /// IEEE inequality: true with a NaN.
            float_not_equal Fne(a: Float, b: Float) -> Bool = a != b;
            /// IEEE less: false with a NaN.
            float_less Flt(a: Float, b: Float) -> Bool = a < b;
            /// IEEE less or equal: false with a NaN.
            float_less_equal Fle(a: Float, b: Float) -> Bool = a <= b;
            /// The nearest double.
            to_float I64ToF64(a: Int) -> Float = a as f64;
            /// Truncated towards zero and saturated; NaN: 0.
            to_int F64ToI64(a: Float) -> Int = a as i64;
            /// Whether the double is integral and within 64 bits.
            fits_int FitsI64(a: Float) -> Bool =
                a.trunc() == a && (-9223372036854775808.0..9223372036854775808.0).contains(&a);
            /// The bits of a double.
            bits_of_float BitsOfF64(a: Float) -> Int = a.to_bits() as i64;
            /// The double with these bits.
            float_of_bits F64OfBits(a: Int) -> Float = f64::from_bits(a as u64);
            /// 0 or 1.
            bool_to_int BoolToI64(a: Bool) -> Int = i64::from(a);
            /// Negation.
            bool_not BoolNot(a: Bool) -> Bool = !a;
            /// Conjunction of two computed truths.
            bool_and BoolAnd(a: Bool, b: Bool) -> Bool = a & b;
            /// Disjunction of two computed truths.
            bool_or BoolOr(a: Bool, b: Bool) -> Bool = a | b;
        }
    };
}

#[inline(always)]
pub(crate) fn floor_div(a: i64, b: i64) -> i64 {
    if b == 0 {
        return 0;
    }
    let quotient = a.wrapping_div(b);
    if a.wrapping_rem(b) != 0 && (a < 0) != (b < 0) {
        quotient - 1
    } else {
        quotient
    }
}

#[inline(always)]
pub(crate) fn floor_rem(a: i64, b: i64) -> i64 {
    if b == 0 {
        return a;
    }
    let remainder = a.wrapping_rem(b);
    if remainder != 0 && (remainder < 0) != (b < 0) {
        remainder + b
    } else {
        remainder
    }
}

#[cfg(test)]
mod tests {
    use offramp_uop::Op;
    use offramp_uop::types::Scalar;

    mod names {
        pub(super) type Int = i64;
        pub(super) type Float = f64;
        pub(super) type Bool = bool;
    }

    const BITS: [u64; 14] = [
        0,
        1,
        2,
        63,
        64,
        u64::MAX,
        i64::MIN as u64,
        i64::MAX as u64,
        0x4008_0000_0000_0000,
        0xbff8_0000_0000_0000,
        0x7ff0_0000_0000_0000,
        0x7ff8_0000_0000_0000,
        0x8000_0000_0000_0001,
        0x43e0_0000_0000_0000,
    ];

    macro_rules! rows {
        ($($(#[$doc:meta])* $name:ident $Op:ident($($a:ident: $t:ident),*) -> $r:ident = $e:expr;)*) => {
            #[test]
            fn o2_direct_computes_what_the_op_table_says() {
                for first in BITS {
                    for second in BITS {
                        $({
                            let mut rest = [first, second].into_iter();
                            let mut args = Vec::new();
                            $(
                                let $a = <names::$t as Scalar>::from_bits(rest.next().expect("two"));
                                args.push($a.to_bits() as u64);
                            )*
                            let mine: names::$r = $e;
                            let table = Op::$Op.eval_pure(&args).expect("pure");
                            let table = <names::$r as Scalar>::from_bits(table);
                            let same = format!("{mine:?}") == format!("{table:?}");
                            assert!(same, "{}: {args:?}: {mine:?} {table:?}", stringify!($name));
                        })*
                    }
                }
            }
        };
    }
    vocabulary!(rows);
}
