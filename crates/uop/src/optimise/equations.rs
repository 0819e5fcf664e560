//! What the rules claim, as data: equations of the rows of [`fold`](super::fold) and of the
//! range arithmetic in [`ranges`](super::ranges).
//!
//! A rule is code; its equation says for which terms it holds, on which condition, and what the
//! term equals then. Three readers share this table: tests that evaluate both sides for all values
//! at 8 bits, tests that the code of a row does what its equations say and nothing else, and
//! `cargo xtask prove-rules`, which has an SMT solver prove them at 64 bits. A new row of the fold
//! table needs an equation here; a test compares the names.
//!
//! Terms are written `(op operand …)` with the ops of the [op table](crate::op), integers,
//! doubles (with a point), `true` and `false`. The first letter of a variable gives its type:
//!
//! | variable | stands for |
//! | --- | --- |
//! | `x`, `y` | an `i64` |
//! | `C`, `D` | an `i64` that the optimiser knows |
//! | `p` | a `bool` |
//! | `a`, `b` | an `f64` |
//! | `F` | an `f64` that the optimiser knows |
//! | `r` | a `ref` |
//! | `xl`, `xh`, `yl`, `yh` | the lowest and the highest value that `x` or `y` is known to have |
//! | `BITS`, `MIN`, `MAX` | the width of an integer, the lowest and the highest integer |
//!
//! Other than ops there are `log2`, and, in conditions, `power_of_two`, `quiet` (no signalling NaN), `normal`
//! (neither zero, subnormal, infinite nor NaN), `normal_power` (such a power of two, or its negative)
//! and `integral` (an integer that a double and an `i64` both hold without loss).

/// `left` equals `right` where all of `when` hold.
#[derive(Clone, Copy, Debug)]
pub struct Equation {
    /// The row's name; several equations of one name are the cases of one row.
    pub rule: &'static str,
    /// The term that is replaced.
    pub left: &'static str,
    /// What replaces it. Terms of known operands only are constants.
    pub right: &'static str,
    /// The conditions. An order of what is not known must follow from the ranges.
    pub when: &'static [&'static str],
}

/// `of` lies from `low` to `high` where `given` was observed and all of `when` hold.
#[derive(Clone, Copy, Debug)]
pub struct RangeLaw {
    /// A name for messages.
    pub name: &'static str,
    /// The term.
    pub of: &'static str,
    /// The condition of a guard that has held: `true` if there is none.
    pub given: &'static str,
    /// What must hold of ranges and known operands.
    pub when: &'static [&'static str],
    /// The lowest value.
    pub low: &'static str,
    /// The highest value.
    pub high: &'static str,
}

const fn equal(rule: &'static str, left: &'static str, right: &'static str) -> Equation {
    equal_when(rule, left, right, &[])
}

const fn equal_when(
    rule: &'static str,
    left: &'static str,
    right: &'static str,
    when: &'static [&'static str],
) -> Equation {
    Equation {
        rule,
        left,
        right,
        when,
    }
}

const POWER: &[&str] = &["(power_of_two C)"];
const NO_SHIFT: &[&str] = &["(eq (and C (sub BITS 1)) 0)"];
const NO_TRUTH: &[&str] = &["(ne C 0)", "(ne C 1)"];
const QUIET: &[&str] = &["(quiet a)"];
const EXACT: &[&str] = &["(le -9007199254740992 x)", "(le x 9007199254740992)"];
const BOTH_EXACT: &[&str] = &[
    "(le -9007199254740992 x)",
    "(le x 9007199254740992)",
    "(le -9007199254740992 y)",
    "(le y 9007199254740992)",
];
const EXACT_AND_INTEGRAL: &[&str] = &[
    "(le -9007199254740992 x)",
    "(le x 9007199254740992)",
    "(integral F)",
];

/// The equations of the fold table, in its order.
pub const EQUATIONS: &[Equation] = &[
    equal("add_zero", "(add x 0)", "x"),
    equal("add_chain", "(add (add x C) D)", "(add x (add C D))"),
    equal("sub_self", "(sub x x)", "0"),
    equal("sub_constant", "(sub x C)", "(add x (neg C))"),
    equal("sub_from_zero", "(sub 0 x)", "(neg x)"),
    equal("neg_neg", "(neg (neg x))", "x"),
    equal("mul_zero", "(mul x 0)", "0"),
    equal("mul_one", "(mul x 1)", "x"),
    equal("mul_minus_one", "(mul x -1)", "(neg x)"),
    equal_when("mul_power", "(mul x C)", "(shl x (log2 C))", POWER),
    equal("div_one", "(div x 1)", "x"),
    equal("rem_one", "(rem x 1)", "0"),
    equal_when(
        "floor_div_power",
        "(floor_div x C)",
        "(sar x (log2 C))",
        POWER,
    ),
    equal_when(
        "floor_rem_power",
        "(floor_rem x C)",
        "(and x (sub C 1))",
        POWER,
    ),
    equal_when(
        "floor_rem_small",
        "(floor_rem x y)",
        "x",
        &["(le 0 x)", "(lt x y)"],
    ),
    equal("not_not", "(not (not x))", "x"),
    equal("and_self", "(and x x)", "x"),
    equal("and_zero", "(and x 0)", "0"),
    equal("and_ones", "(and x -1)", "x"),
    equal_when(
        "and_covered",
        "(and x C)",
        "x",
        &[
            "(lt 0 C)",
            "(eq (and C (add C 1)) 0)",
            "(le 0 x)",
            "(le x C)",
        ],
    ),
    equal("or_self", "(or x x)", "x"),
    equal("or_zero", "(or x 0)", "x"),
    equal("or_ones", "(or x -1)", "-1"),
    equal("xor_self", "(xor x x)", "0"),
    equal("xor_zero", "(xor x 0)", "x"),
    equal_when("shl_none", "(shl x C)", "x", NO_SHIFT),
    equal_when("shr_none", "(shr x C)", "x", NO_SHIFT),
    equal_when("sar_none", "(sar x C)", "x", NO_SHIFT),
    equal("eq_self", "(eq x x)", "true"),
    equal("ne_self", "(ne x x)", "false"),
    equal("lt_self", "(lt x x)", "false"),
    equal("le_self", "(le x x)", "true"),
    equal("ult_self", "(ult x x)", "false"),
    equal("ule_self", "(ule x x)", "true"),
    equal("ult_zero", "(ult x 0)", "false"),
    equal("ule_zero", "(ule 0 x)", "true"),
    equal("ref_eq_self", "(ref_eq r r)", "true"),
    equal("eq_of_bool", "(eq (bool_to_i64 p) 0)", "(bool_not p)"),
    equal("eq_of_bool", "(eq (bool_to_i64 p) 1)", "p"),
    equal_when("eq_of_bool", "(eq (bool_to_i64 p) C)", "false", NO_TRUTH),
    equal("ne_of_bool", "(ne (bool_to_i64 p) 0)", "p"),
    equal("ne_of_bool", "(ne (bool_to_i64 p) 1)", "(bool_not p)"),
    equal_when("ne_of_bool", "(ne (bool_to_i64 p) C)", "true", NO_TRUTH),
    equal("add_overflows_zero", "(add_overflows x 0)", "false"),
    equal("sub_overflows_zero", "(sub_overflows x 0)", "false"),
    equal("mul_overflows_small", "(mul_overflows x 0)", "false"),
    equal("mul_overflows_small", "(mul_overflows x 1)", "false"),
    equal("bool_not_not", "(bool_not (bool_not p))", "p"),
    equal("not_eq", "(bool_not (eq x y))", "(ne x y)"),
    equal("not_ne", "(bool_not (ne x y))", "(eq x y)"),
    equal("not_lt", "(bool_not (lt x y))", "(le y x)"),
    equal("not_le", "(bool_not (le x y))", "(lt y x)"),
    equal("not_ult", "(bool_not (ult x y))", "(ule y x)"),
    equal("not_ule", "(bool_not (ule x y))", "(ult y x)"),
    equal("not_feq", "(bool_not (feq a b))", "(fne a b)"),
    equal("not_fne", "(bool_not (fne a b))", "(feq a b)"),
    equal("bool_and_known", "(bool_and p true)", "p"),
    equal("bool_and_known", "(bool_and p false)", "false"),
    equal("bool_or_known", "(bool_or p true)", "true"),
    equal("bool_or_known", "(bool_or p false)", "p"),
    equal("bool_and_self", "(bool_and p p)", "p"),
    equal("bool_or_self", "(bool_or p p)", "p"),
    equal("fneg_fneg", "(fneg (fneg a))", "a"),
    equal("fabs_fabs", "(fabs (fabs a))", "(fabs a)"),
    equal("fabs_fneg", "(fabs (fneg a))", "(fabs a)"),
    equal_when("fadd_minus_zero", "(fadd a -0.0)", "a", QUIET),
    equal_when("fsub_zero", "(fsub a 0.0)", "a", QUIET),
    equal_when("fmul_one", "(fmul a 1.0)", "a", QUIET),
    equal_when("fdiv_one", "(fdiv a 1.0)", "a", QUIET),
    equal_when(
        "fdiv_power",
        "(fdiv a F)",
        "(fmul a (fdiv 1.0 F))",
        &["(normal_power F)", "(normal (fdiv 1.0 F))"],
    ),
    equal_when(
        "feq_integers",
        "(feq (i64_to_f64 x) (i64_to_f64 y))",
        "(eq x y)",
        BOTH_EXACT,
    ),
    equal_when(
        "feq_integers",
        "(feq (i64_to_f64 x) F)",
        "(eq x (f64_to_i64 F))",
        EXACT_AND_INTEGRAL,
    ),
    equal_when(
        "fne_integers",
        "(fne (i64_to_f64 x) (i64_to_f64 y))",
        "(ne x y)",
        BOTH_EXACT,
    ),
    equal_when(
        "fne_integers",
        "(fne (i64_to_f64 x) F)",
        "(ne x (f64_to_i64 F))",
        EXACT_AND_INTEGRAL,
    ),
    equal_when(
        "flt_integers",
        "(flt (i64_to_f64 x) (i64_to_f64 y))",
        "(lt x y)",
        BOTH_EXACT,
    ),
    equal_when(
        "flt_integers",
        "(flt (i64_to_f64 x) F)",
        "(lt x (f64_to_i64 F))",
        EXACT_AND_INTEGRAL,
    ),
    equal_when(
        "flt_integers",
        "(flt F (i64_to_f64 x))",
        "(lt (f64_to_i64 F) x)",
        EXACT_AND_INTEGRAL,
    ),
    equal_when(
        "fle_integers",
        "(fle (i64_to_f64 x) (i64_to_f64 y))",
        "(le x y)",
        BOTH_EXACT,
    ),
    equal_when(
        "fle_integers",
        "(fle (i64_to_f64 x) F)",
        "(le x (f64_to_i64 F))",
        EXACT_AND_INTEGRAL,
    ),
    equal_when(
        "fle_integers",
        "(fle F (i64_to_f64 x))",
        "(le (f64_to_i64 F) x)",
        EXACT_AND_INTEGRAL,
    ),
    equal("bits_round_trip", "(f64_of_bits (bits_of_f64 a))", "a"),
    equal("f64_round_trip", "(bits_of_f64 (f64_of_bits x))", "x"),
    equal("ref_round_trip", "(ref_of_bits (bits_of_ref r))", "r"),
    equal("ref_bits_round_trip", "(bits_of_ref (guard_ref p x))", "x"),
    equal("ref_bits_round_trip", "(bits_of_ref (ref_of_bits x))", "x"),
    equal_when(
        "integer_round_trip",
        "(f64_to_i64 (i64_to_f64 x))",
        "x",
        EXACT,
    ),
    equal(
        "integral_floor",
        "(ffloor (i64_to_f64 x))",
        "(i64_to_f64 x)",
    ),
    equal("integral_ceil", "(fceil (i64_to_f64 x))", "(i64_to_f64 x)"),
    equal(
        "integral_trunc",
        "(ftrunc (i64_to_f64 x))",
        "(i64_to_f64 x)",
    ),
    equal("select_known", "(select true x y)", "x"),
    equal("select_known", "(select false x y)", "y"),
    equal("select_same", "(select p x x)", "x"),
];

/// What ranges decide: the comparisons and overflow tests that they make constants.
pub const DECISIONS: &[Equation] = &[
    equal_when("eq_apart", "(eq x y)", "false", &["(lt xh yl)"]),
    equal_when("eq_apart", "(eq x y)", "false", &["(lt yh xl)"]),
    equal_when("ne_apart", "(ne x y)", "true", &["(lt xh yl)"]),
    equal_when("ne_apart", "(ne x y)", "true", &["(lt yh xl)"]),
    equal_when("lt_below", "(lt x y)", "true", &["(lt xh yl)"]),
    equal_when("lt_above", "(lt x y)", "false", &["(le yh xl)"]),
    equal_when("le_below", "(le x y)", "true", &["(le xh yl)"]),
    equal_when("le_above", "(le x y)", "false", &["(lt yh xl)"]),
    equal_when(
        "ult_below",
        "(ult x y)",
        "true",
        &["(le 0 xl)", "(le 0 yl)", "(lt xh yl)"],
    ),
    equal_when(
        "ult_above",
        "(ult x y)",
        "false",
        &["(le 0 xl)", "(le 0 yl)", "(le yh xl)"],
    ),
    equal_when(
        "ule_below",
        "(ule x y)",
        "true",
        &["(le 0 xl)", "(le 0 yl)", "(le xh yl)"],
    ),
    equal_when(
        "ule_above",
        "(ule x y)",
        "false",
        &["(le 0 xl)", "(le 0 yl)", "(lt yh xl)"],
    ),
    equal_when(
        "sums_fit",
        "(add_overflows x y)",
        "false",
        &[
            "(bool_not (add_overflows xl yl))",
            "(bool_not (add_overflows xh yh))",
        ],
    ),
    equal_when(
        "differences_fit",
        "(sub_overflows x y)",
        "false",
        &[
            "(bool_not (sub_overflows xl yh))",
            "(bool_not (sub_overflows xh yl))",
        ],
    ),
    equal_when(
        "products_fit",
        "(mul_overflows x y)",
        "false",
        &[
            "(bool_not (mul_overflows xl yl))",
            "(bool_not (mul_overflows xl yh))",
            "(bool_not (mul_overflows xh yl))",
            "(bool_not (mul_overflows xh yh))",
        ],
    ),
];

/// The range of what an op makes.
pub const MADE: &[RangeLaw] = &[
    made("truth", "(bool_to_i64 p)", &[], "0", "1"),
    made("mask", "(and x C)", &["(le 0 C)"], "0", "C"),
    made("mask_first", "(and C x)", &["(le 0 C)"], "0", "C"),
    made(
        "shr",
        "(shr x C)",
        &["(ne (and C (sub BITS 1)) 0)"],
        "0",
        "(shr -1 C)",
    ),
    made("sar", "(sar x C)", &[], "(sar xl C)", "(sar xh C)"),
    made(
        "floor_rem",
        "(floor_rem x C)",
        &["(lt 0 C)"],
        "0",
        "(sub C 1)",
    ),
    made("rem", "(rem x C)", &["(lt 0 C)"], "(sub 1 C)", "(sub C 1)"),
    made(
        "sum",
        "(add x y)",
        &[
            "(bool_not (add_overflows xl yl))",
            "(bool_not (add_overflows xh yh))",
        ],
        "(add xl yl)",
        "(add xh yh)",
    ),
    made(
        "difference",
        "(sub x y)",
        &[
            "(bool_not (sub_overflows xl yh))",
            "(bool_not (sub_overflows xh yl))",
        ],
        "(sub xl yh)",
        "(sub xh yl)",
    ),
];

/// What a guard that has held says of its operands.
pub const LEARNED: &[RangeLaw] = &[
    learned(
        "below",
        "(lt x y)",
        "x",
        &["(bool_not (sub_overflows yh 1))"],
        "MIN",
        "(sub yh 1)",
    ),
    learned(
        "above",
        "(lt x y)",
        "y",
        &["(bool_not (add_overflows xl 1))"],
        "(add xl 1)",
        "MAX",
    ),
    learned("at_most", "(le x y)", "x", &[], "MIN", "yh"),
    learned("at_least", "(le x y)", "y", &[], "xl", "MAX"),
    learned(
        "index",
        "(ult x y)",
        "x",
        &["(le 0 yl)"],
        "0",
        "(select (lt 0 yh) (sub yh 1) 0)",
    ),
];

const fn made(
    name: &'static str,
    of: &'static str,
    when: &'static [&'static str],
    low: &'static str,
    high: &'static str,
) -> RangeLaw {
    RangeLaw {
        name,
        of,
        given: "true",
        when,
        low,
        high,
    }
}

const fn learned(
    name: &'static str,
    given: &'static str,
    of: &'static str,
    when: &'static [&'static str],
    low: &'static str,
    high: &'static str,
) -> RangeLaw {
    RangeLaw {
        name,
        of,
        given,
        when,
        low,
        high,
    }
}
