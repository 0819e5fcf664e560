//! Edge cases as tables, one line per application.

use expect_test::{Expect, expect};
use offramp_uop::op::Produces;
use offramp_uop::{Mem, Op, Type};

/// An operand as a line shows it.
trait Shown: Copy {
    fn bits(self) -> u64;
    fn shown(self) -> String;
}

impl Shown for i64 {
    fn bits(self) -> u64 {
        self as u64
    }
    fn shown(self) -> String {
        match self {
            i64::MIN => "MIN".to_owned(),
            i64::MAX => "MAX".to_owned(),
            _ => self.to_string(),
        }
    }
}

impl Shown for f64 {
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn shown(self) -> String {
        format!("{self:?}")
    }
}

fn result(op: Op, args: &[u64]) -> String {
    let bits = op.eval_pure(args).expect("a pure op with as many operands");
    match op.info().produces {
        Produces::Is(Type::I64) => (bits as i64).shown(),
        Produces::Is(Type::F64) => f64::from_bits(bits).shown(),
        Produces::Is(Type::Bool) => (bits == 1).to_string(),
        other => panic!("a pure op that produces {other:?}"),
    }
}

fn check_pairs<T: Shown>(ops: &[Op], pairs: &[(T, T)], expected: Expect) {
    let mut out = String::new();
    for &op in ops {
        for &(a, b) in pairs {
            let result = result(op, &[a.bits(), b.bits()]);
            out += &format!("{} {} {} = {result}\n", op.name(), a.shown(), b.shown());
        }
    }
    expected.assert_eq(&out);
}

fn check_each<T: Shown>(ops: &[Op], values: &[T], expected: Expect) {
    let mut out = String::new();
    for &op in ops {
        for &a in values {
            let result = result(op, &[a.bits()]);
            out += &format!("{} {} = {result}\n", op.name(), a.shown());
        }
    }
    expected.assert_eq(&out);
}

const MIN: i64 = i64::MIN;
const MAX: i64 = i64::MAX;
const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;
const TWO_63: f64 = 9223372036854775808.0;

#[test]
fn integers_wrap() {
    check_pairs(
        &[Op::Add, Op::AddOverflows],
        &[(MAX, 1), (MIN, -1), (MAX, MIN)],
        expect![[r#"
            add MAX 1 = MIN
            add MIN -1 = MAX
            add MAX MIN = -1
            add_overflows MAX 1 = true
            add_overflows MIN -1 = true
            add_overflows MAX MIN = false
        "#]],
    );
    check_pairs(
        &[Op::Sub, Op::SubOverflows],
        &[(MIN, 1), (MAX, -1), (0, MIN), (-1, MIN)],
        expect![[r#"
            sub MIN 1 = MAX
            sub MAX -1 = MIN
            sub 0 MIN = MIN
            sub -1 MIN = MAX
            sub_overflows MIN 1 = true
            sub_overflows MAX -1 = true
            sub_overflows 0 MIN = true
            sub_overflows -1 MIN = false
        "#]],
    );
    check_pairs(
        &[Op::Mul, Op::MulOverflows],
        &[(MAX, 2), (MIN, -1), (1 << 32, 1 << 31), (1 << 32, -1 << 31)],
        expect![[r#"
            mul MAX 2 = -2
            mul MIN -1 = MIN
            mul 4294967296 2147483648 = MIN
            mul 4294967296 -2147483648 = MIN
            mul_overflows MAX 2 = true
            mul_overflows MIN -1 = true
            mul_overflows 4294967296 2147483648 = true
            mul_overflows 4294967296 -2147483648 = false
        "#]],
    );
    check_each(
        &[Op::Neg, Op::Not],
        &[MIN, MAX, 0, -1],
        expect![[r#"
        neg MIN = MIN
        neg MAX = -9223372036854775807
        neg 0 = 0
        neg -1 = 1
        not MIN = MAX
        not MAX = MIN
        not 0 = -1
        not -1 = 0
    "#]],
    );
}

#[test]
fn division() {
    let pairs = [
        (7, 2),
        (-7, 2),
        (7, -2),
        (-7, -2),
        (6, -2),
        (7, 0),
        (-7, 0),
        (MIN, -1),
        (MIN, 1),
        (MIN, MAX),
        (1, MIN),
    ];
    check_pairs(
        &[Op::Div, Op::Rem, Op::FloorDiv, Op::FloorRem],
        &pairs,
        expect![[r#"
            div 7 2 = 3
            div -7 2 = -3
            div 7 -2 = -3
            div -7 -2 = 3
            div 6 -2 = -3
            div 7 0 = 0
            div -7 0 = 0
            div MIN -1 = MIN
            div MIN 1 = MIN
            div MIN MAX = -1
            div 1 MIN = 0
            rem 7 2 = 1
            rem -7 2 = -1
            rem 7 -2 = 1
            rem -7 -2 = -1
            rem 6 -2 = 0
            rem 7 0 = 7
            rem -7 0 = -7
            rem MIN -1 = 0
            rem MIN 1 = 0
            rem MIN MAX = -1
            rem 1 MIN = 1
            floor_div 7 2 = 3
            floor_div -7 2 = -4
            floor_div 7 -2 = -4
            floor_div -7 -2 = 3
            floor_div 6 -2 = -3
            floor_div 7 0 = 0
            floor_div -7 0 = 0
            floor_div MIN -1 = MIN
            floor_div MIN 1 = MIN
            floor_div MIN MAX = -2
            floor_div 1 MIN = -1
            floor_rem 7 2 = 1
            floor_rem -7 2 = 1
            floor_rem 7 -2 = -1
            floor_rem -7 -2 = -1
            floor_rem 6 -2 = 0
            floor_rem 7 0 = 7
            floor_rem -7 0 = -7
            floor_rem MIN -1 = 0
            floor_rem MIN 1 = 0
            floor_rem MIN MAX = 9223372036854775806
            floor_rem 1 MIN = -9223372036854775807
        "#]],
    );
}

#[test]
fn shifts_are_modulo_64() {
    let pairs = [
        (-9, 0),
        (-9, 1),
        (-9, 63),
        (-9, 64),
        (-9, 65),
        (-9, -1),
        (-9, MIN),
    ];
    check_pairs(
        &[Op::Shl, Op::Shr, Op::Sar],
        &pairs,
        expect![[r#"
        shl -9 0 = -9
        shl -9 1 = -18
        shl -9 63 = MIN
        shl -9 64 = -9
        shl -9 65 = -18
        shl -9 -1 = MIN
        shl -9 MIN = -9
        shr -9 0 = -9
        shr -9 1 = 9223372036854775803
        shr -9 63 = 1
        shr -9 64 = -9
        shr -9 65 = 9223372036854775803
        shr -9 -1 = 1
        shr -9 MIN = -9
        sar -9 0 = -9
        sar -9 1 = -5
        sar -9 63 = -1
        sar -9 64 = -9
        sar -9 65 = -5
        sar -9 -1 = -1
        sar -9 MIN = -9
    "#]],
    );
}

#[test]
fn comparisons_of_integers() {
    let pairs = [(-1, 0), (0, -1), (MIN, MAX), (5, 5)];
    check_pairs(
        &[Op::Lt, Op::Le, Op::Ult, Op::Ule, Op::Eq, Op::Ne],
        &pairs,
        expect![[r#"
            lt -1 0 = true
            lt 0 -1 = false
            lt MIN MAX = true
            lt 5 5 = false
            le -1 0 = true
            le 0 -1 = false
            le MIN MAX = true
            le 5 5 = true
            ult -1 0 = false
            ult 0 -1 = true
            ult MIN MAX = false
            ult 5 5 = false
            ule -1 0 = false
            ule 0 -1 = true
            ule MIN MAX = false
            ule 5 5 = true
            eq -1 0 = false
            eq 0 -1 = false
            eq MIN MAX = false
            eq 5 5 = true
            ne -1 0 = true
            ne 0 -1 = true
            ne MIN MAX = true
            ne 5 5 = false
        "#]],
    );
}

#[test]
fn arithmetic_of_doubles() {
    check_pairs(
        &[Op::Fadd],
        &[
            (0.1, 0.2),
            (-0.0, 0.0),
            (-0.0, -0.0),
            (INF, -INF),
            (1e308, 1e308),
            (9007199254740992.0, 1.0),
            (NAN, 1.0),
        ],
        expect![[r#"
            fadd 0.1 0.2 = 0.30000000000000004
            fadd -0.0 0.0 = 0.0
            fadd -0.0 -0.0 = -0.0
            fadd inf -inf = NaN
            fadd 1e308 1e308 = inf
            fadd 9007199254740992.0 1.0 = 9007199254740992.0
            fadd NaN 1.0 = NaN
        "#]],
    );
    check_pairs(
        &[Op::Fsub],
        &[(0.0, 0.0), (-0.0, 0.0), (INF, INF), (0.3, 0.1)],
        expect![[r#"
            fsub 0.0 0.0 = 0.0
            fsub -0.0 0.0 = -0.0
            fsub inf inf = NaN
            fsub 0.3 0.1 = 0.19999999999999998
        "#]],
    );
    check_pairs(
        &[Op::Fmul],
        &[(0.0, -1.0), (INF, 0.0), (5e-324, 0.5), (-INF, INF)],
        expect![[r#"
            fmul 0.0 -1.0 = -0.0
            fmul inf 0.0 = NaN
            fmul 5e-324 0.5 = 0.0
            fmul -inf inf = -inf
        "#]],
    );
    check_pairs(
        &[Op::Fdiv],
        &[
            (1.0, 0.0),
            (1.0, -0.0),
            (0.0, 0.0),
            (INF, INF),
            (1.0, 3.0),
            (5e-324, 2.0),
            (1.0, INF),
        ],
        expect![[r#"
            fdiv 1.0 0.0 = inf
            fdiv 1.0 -0.0 = -inf
            fdiv 0.0 0.0 = NaN
            fdiv inf inf = NaN
            fdiv 1.0 3.0 = 0.3333333333333333
            fdiv 5e-324 2.0 = 0.0
            fdiv 1.0 inf = 0.0
        "#]],
    );
    check_each(
        &[Op::Fsqrt],
        &[2.0, -0.0, -1.0, INF, 5e-324, NAN],
        expect![[r#"
            fsqrt 2.0 = 1.4142135623730951
            fsqrt -0.0 = -0.0
            fsqrt -1.0 = NaN
            fsqrt inf = inf
            fsqrt 5e-324 = 2.2227587494850775e-162
            fsqrt NaN = NaN
        "#]],
    );
}

#[test]
fn signs_of_doubles() {
    check_each(
        &[Op::Fneg, Op::Fabs],
        &[0.0, -0.0, 1.5, -INF, NAN],
        expect![[r#"
            fneg 0.0 = -0.0
            fneg -0.0 = 0.0
            fneg 1.5 = -1.5
            fneg -inf = inf
            fneg NaN = NaN
            fabs 0.0 = 0.0
            fabs -0.0 = 0.0
            fabs 1.5 = 1.5
            fabs -inf = inf
            fabs NaN = NaN
        "#]],
    );
    // Exact on NaNs: sign and payload are bits like others.
    let nan = 0xfff4_0000_0000_0123;
    assert_eq!(Op::Fneg.eval_pure(&[nan]), Some(0x7ff4_0000_0000_0123));
    assert_eq!(Op::Fabs.eval_pure(&[nan]), Some(0x7ff4_0000_0000_0123));
    assert_eq!(Op::F64OfBits.eval_pure(&[nan]), Some(nan));
    assert_eq!(Op::BitsOfF64.eval_pure(&[nan]), Some(nan));
}

#[test]
fn rounding_keeps_the_sign_of_zero() {
    check_each(
        &[Op::Ffloor, Op::Fceil, Op::Ftrunc],
        &[
            2.5,
            -2.5,
            0.5,
            -0.5,
            -0.0,
            4503599627370496.5,
            1e300,
            -INF,
            NAN,
        ],
        expect![[r#"
            ffloor 2.5 = 2.0
            ffloor -2.5 = -3.0
            ffloor 0.5 = 0.0
            ffloor -0.5 = -1.0
            ffloor -0.0 = -0.0
            ffloor 4503599627370496.0 = 4503599627370496.0
            ffloor 1e300 = 1e300
            ffloor -inf = -inf
            ffloor NaN = NaN
            fceil 2.5 = 3.0
            fceil -2.5 = -2.0
            fceil 0.5 = 1.0
            fceil -0.5 = -0.0
            fceil -0.0 = -0.0
            fceil 4503599627370496.0 = 4503599627370496.0
            fceil 1e300 = 1e300
            fceil -inf = -inf
            fceil NaN = NaN
            ftrunc 2.5 = 2.0
            ftrunc -2.5 = -2.0
            ftrunc 0.5 = 0.0
            ftrunc -0.5 = -0.0
            ftrunc -0.0 = -0.0
            ftrunc 4503599627370496.0 = 4503599627370496.0
            ftrunc 1e300 = 1e300
            ftrunc -inf = -inf
            ftrunc NaN = NaN
        "#]],
    );
}

#[test]
fn comparisons_of_doubles() {
    let pairs = [
        (-0.0, 0.0),
        (1.0, 2.0),
        (2.0, 1.0),
        (NAN, NAN),
        (NAN, 1.0),
        (1.0, NAN),
        (-INF, INF),
        (INF, INF),
    ];
    check_pairs(
        &[Op::Feq, Op::Fne, Op::Flt, Op::Fle],
        &pairs,
        expect![[r#"
        feq -0.0 0.0 = true
        feq 1.0 2.0 = false
        feq 2.0 1.0 = false
        feq NaN NaN = false
        feq NaN 1.0 = false
        feq 1.0 NaN = false
        feq -inf inf = false
        feq inf inf = true
        fne -0.0 0.0 = false
        fne 1.0 2.0 = true
        fne 2.0 1.0 = true
        fne NaN NaN = true
        fne NaN 1.0 = true
        fne 1.0 NaN = true
        fne -inf inf = true
        fne inf inf = false
        flt -0.0 0.0 = false
        flt 1.0 2.0 = true
        flt 2.0 1.0 = false
        flt NaN NaN = false
        flt NaN 1.0 = false
        flt 1.0 NaN = false
        flt -inf inf = true
        flt inf inf = false
        fle -0.0 0.0 = true
        fle 1.0 2.0 = true
        fle 2.0 1.0 = false
        fle NaN NaN = false
        fle NaN 1.0 = false
        fle 1.0 NaN = false
        fle -inf inf = true
        fle inf inf = true
    "#]],
    );
}

#[test]
fn integers_to_doubles() {
    check_each(
        &[Op::I64ToF64],
        &[0, -1, (1 << 53) + 1, (1 << 53) + 3, MAX, MIN],
        expect![[r#"
            i64_to_f64 0 = 0.0
            i64_to_f64 -1 = -1.0
            i64_to_f64 9007199254740993 = 9007199254740992.0
            i64_to_f64 9007199254740995 = 9007199254740996.0
            i64_to_f64 MAX = 9.223372036854776e18
            i64_to_f64 MIN = -9.223372036854776e18
        "#]],
    );
}

#[test]
fn doubles_to_integers_saturate() {
    let values = [
        2.9,
        -2.9,
        -0.0,
        0.5,
        NAN,
        INF,
        -INF,
        TWO_63,
        9223372036854774784.0,
        -TWO_63,
        -9223372036854777856.0,
    ];
    check_each(
        &[Op::F64ToI64, Op::FitsI64],
        &values,
        expect![[r#"
        f64_to_i64 2.9 = 2
        f64_to_i64 -2.9 = -2
        f64_to_i64 -0.0 = 0
        f64_to_i64 0.5 = 0
        f64_to_i64 NaN = 0
        f64_to_i64 inf = MAX
        f64_to_i64 -inf = MIN
        f64_to_i64 9.223372036854776e18 = MAX
        f64_to_i64 9.223372036854775e18 = 9223372036854774784
        f64_to_i64 -9.223372036854776e18 = MIN
        f64_to_i64 -9.223372036854778e18 = MIN
        fits_i64 2.9 = false
        fits_i64 -2.9 = false
        fits_i64 -0.0 = true
        fits_i64 0.5 = false
        fits_i64 NaN = false
        fits_i64 inf = false
        fits_i64 -inf = false
        fits_i64 9.223372036854776e18 = false
        fits_i64 9.223372036854775e18 = true
        fits_i64 -9.223372036854776e18 = true
        fits_i64 -9.223372036854778e18 = false
    "#]],
    );
}

#[test]
fn narrow_loads() {
    let mut out = String::new();
    for mem in Mem::ALL {
        let wide = mem.extend(0xfedc_ba98_8765_c3a1);
        out += &format!("{mem}: {wide:#x}\n");
    }
    expect![[r#"
        i8: 0xffffffffffffffa1
        u8: 0xa1
        i16: 0xffffffffffffc3a1
        u16: 0xc3a1
        i32: 0xffffffff8765c3a1
        u32: 0x8765c3a1
        i64: 0xfedcba988765c3a1
        f64: 0xfedcba988765c3a1
        ref: 0xfedcba988765c3a1
        ptr: 0xfedcba988765c3a1
    "#]]
    .assert_eq(&out);
}
