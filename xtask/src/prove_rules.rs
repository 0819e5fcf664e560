//! `cargo xtask prove-rules`: has an SMT solver prove the rules and the range laws at 64 bits.
//!
//! Tests try all values at 8 bits (ranges: at 4). That leaves what is true of small integers only;
//! here the solver (`z3`) is asked for a counterexample among all integers of 64 bits, and must
//! find that there is none. Of doubles it is asked about comparisons only. What they compute has
//! one NaN there, and which NaN comes out is what such rules are about; conversions of integers of 64
//! bits it does not master in a minute. Those rules stay assumptions, which tests try at edges and at
//! random; they are printed as such.
//!
//! The meaning of each op is written down here once more, in the solver's terms. Downloads nothing.

use anyhow::{Context, Result, bail};
use offramp_uop::optimise::range_laws::{DECISIONS, LEARNED, MADE};
use offramp_uop::optimise::rules::RULES;
use offramp_uop::optimise::term::{Function, Limit, Term};
use offramp_uop::testing::algebra::{Claim, Law};
use offramp_uop::{Op, Type};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

/// How long the solver may think.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Seconds for each question, of which a law has one, or one for each power of two or amount.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only laws of this name.
    name: Option<String>,
}

/// Laws about remainders by any divisor, for which the solver would need to understand its own circuit of
/// 64 bits. That the remainder is below the divisor is what the word means; tests try all of 4 bits.
const HARD: [&str; 2] = ["floor_rem", "rem"];

/// Asks for each law, and prints what came out.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if Command::new("z3").arg("--version").output().is_err() {
        let missing =
            "z3 is not installed, so NO RULE WAS PROVED at 64 bits (Debian: apt-get install z3)";
        if std::env::var_os("OFFRAMP_REQUIRE_Z3").is_some() {
            bail!(missing);
        }
        println!("SKIPPED: {missing}");
        return Ok(());
    }
    let rules = RULES.iter().chain(DECISIONS);
    let rules = rules.map(|rule| (Law::of_rule(rule), rule.to_string()));
    let ranges = MADE.iter().chain(LEARNED).map(|law| {
        let when: Vec<String> = law.when.iter().map(Term::to_string).collect();
        let (low, of, high) = (law.low, law.of, law.high);
        let shown = format!(
            "{low} <= {of} <= {high} if {}, {}",
            law.given,
            when.join(", ")
        );
        (Law::of_range(law), shown)
    });
    let (mut proved, mut assumed, mut hard, mut open) = (0, 0, 0, Vec::new());
    for (law, shown) in rules.chain(ranges) {
        if arguments.name.as_ref().is_some_and(|name| name != law.name) {
            continue;
        }
        let begin = Instant::now();
        let verdict = prove(&law, arguments.seconds)?;
        let ms = begin.elapsed().as_millis();
        println!("{verdict:<9} {ms:>6} ms  {:<20} {shown}", law.name);
        match verdict {
            "proved" => proved += 1,
            "assumed" => assumed += 1,
            "open" if HARD.contains(&law.name) => hard += 1,
            _ => open.push(law.name),
        }
    }
    println!(
        "{proved} proved for all values, {assumed} about doubles assumed, {hard} too hard, {} open",
        open.len()
    );
    match open[..] {
        [] => Ok(()),
        _ => bail!("not proved: {}", open.join(", ")),
    }
}

/// What the solver says of the law.
fn prove(law: &Law, seconds: u64) -> Result<&'static str> {
    let theory = if law.terms().all(|term| uses_only(term, REALS)) {
        REALS
    } else if law.terms().all(|term| uses_only(term, BITS)) {
        BITS
    } else {
        return Ok("assumed");
    };
    let reals = std::ptr::eq(theory, REALS);
    let mut query = String::new();
    let sort = if reals { "Real" } else { "(_ BitVec 64)" };
    writeln!(query, "(define-sort I () {sort})")?;
    for (_, definition) in theory {
        writeln!(query, "{definition}")?;
    }
    // A known power of two is one of 63, an amount to shift by one of 64: with each the solver has a
    // constant, which is much easier.
    let split = law.given.iter().find_map(|given| match given {
        Term::Apply(Function::PowerOfTwo, [of]) => {
            let powers = (0..63).map(|exponent| 1_i64 << exponent);
            Some((text(of, reals), powers.collect()))
        }
        Term::Apply(Function::Op(Op::Ult), [of @ Term::Variable(_), Term::Limit(Limit::Bits)]) => {
            Some((text(of, reals), (0..64).collect()))
        }
        _ => None,
    });
    let (split, values): (String, Vec<i64>) = split.unwrap_or_default();
    for variable in &law.variables {
        let name = variable.name();
        if split == name {
            continue;
        }
        let sort = match variable.ty() {
            Type::Bool => "Bool",
            Type::F64 => "(_ FloatingPoint 11 53)",
            _ => "I",
        };
        writeln!(query, "(declare-const {name} {sort})")?;
        if reals && sort == "I" {
            let (low, high) = (int(i64::MIN, true), int(i64::MAX, true));
            writeln!(query, "(assert (and (<= {low} {name}) (<= {name} {high})))")?;
        }
    }
    let mut question = String::new();
    for given in &law.given {
        writeln!(question, "(assert {})", text(given, reals))?;
    }
    let claims = law.claims.iter().map(|claim| match claim {
        Claim::Same(one, other) => ("=", one, other),
        Claim::AtMost(low, high) => ("op_le", low, high),
    });
    let claims: Vec<String> = claims
        .map(|(relation, one, other)| {
            let sides = [one, other].map(|side| text(side, reals));
            format!("({relation} {})", sides.join(" "))
        })
        .collect();
    writeln!(question, "(assert (not (and true {})))", claims.join(" "))?;
    question += "(check-sat)\n";
    let case = |value: &i64| format!("(define-fun {split} () I {})\n", int(*value, reals));
    let mut cases: Vec<String> = values.iter().map(case).collect();
    if cases.is_empty() {
        cases.push(String::new());
    }
    for case in cases {
        let query = [&query[..], &case, &question].concat();
        match solve(&query, seconds)?.trim() {
            "unsat" => {}
            "sat" => return Ok("WRONG"),
            error if error.contains("error") => bail!("{}: {error}\n{query}", law.name),
            _ => return Ok("open"),
        }
    }
    Ok("proved")
}

/// What the solver prints; it gives up after so many seconds.
fn solve(query: &str, seconds: u64) -> Result<String> {
    let mut solver = Command::new("z3");
    solver.args(["-in", "-smt2", &format!("-T:{seconds}")]);
    solver.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut solver = solver.spawn().context("cannot start z3")?;
    let mut input = solver.stdin.take().context("z3 reads")?;
    input.write_all(query.as_bytes())?;
    drop(input);
    Ok(String::from_utf8(solver.wait_with_output()?.stdout)?)
}

/// The definitions of a theory, by function.
type Theory = &'static [(&'static str, &'static str)];

fn uses_only(term: &Term, theory: Theory) -> bool {
    match term {
        Term::Apply(function, operands) => {
            let known = theory.iter().any(|(name, _)| *name == function.name());
            known && operands.iter().all(|operand| uses_only(operand, theory))
        }
        Term::Float(_) => false,
        // A number has no width.
        Term::Limit(_) => !std::ptr::eq(theory, REALS),
        _ => true,
    }
}

fn int(int: i64, reals: bool) -> String {
    match (reals, int < 0) {
        (true, true) => format!("(- {})", int.unsigned_abs()),
        (true, false) => int.to_string(),
        (false, _) => format!("#x{int:016x}"),
    }
}

fn text(term: &Term, reals: bool) -> String {
    match term {
        Term::Int(value) => int(*value, reals),
        Term::Truth(truth) => truth.to_string(),
        Term::Limit(Limit::Bits) => int(64, reals),
        Term::Limit(Limit::Lowest) => int(i64::MIN, reals),
        Term::Limit(Limit::Highest) => int(i64::MAX, reals),
        Term::Variable(variable) => variable.name().to_owned(),
        Term::Apply(function, operands) => {
            let operands = operands.iter().map(|operand| text(operand, reals));
            format!(
                "(op_{} {})",
                function.name(),
                operands.collect::<Vec<_>>().join(" ")
            )
        }
        Term::Float(float) => unreachable!("{float} is in no theory"),
    }
}

/// Orders and overflow of real numbers, of which integers are some: of their products the solver knows
/// more than of products of bits.
static REALS: Theory = &[
    ("le", "(define-fun op_le ((a I) (b I)) Bool (<= a b))"),
    ("lt", "(define-fun op_lt ((a I) (b I)) Bool (< a b))"),
    (
        "bool_not",
        "(define-fun op_bool_not ((a Bool)) Bool (not a))",
    ),
    (
        "mul_overflows",
        "(define-fun op_mul_overflows ((a I) (b I)) Bool
           (not (and (<= (- 9223372036854775808) (* a b)) (<= (* a b) 9223372036854775807))))",
    ),
];

/// Ops as functions of 64 bits; those of doubles that say nothing of NaNs.
static BITS: Theory = &[
    ("add", "(define-fun op_add ((a I) (b I)) I (bvadd a b))"),
    ("sub", "(define-fun op_sub ((a I) (b I)) I (bvsub a b))"),
    (
        "magnitude",
        "(define-fun negative ((a I)) Bool (bvslt a #x0000000000000000))
         (define-fun magnitude ((a I)) I (ite (negative a) (bvneg a) a))",
    ),
    ("mul", "(define-fun op_mul ((a I) (b I)) I (bvmul a b))"),
    // Signed division is defined by the unsigned one, which the solver simplifies.
    (
        "div",
        "(define-fun quotient ((a I) (b I)) I (bvudiv (magnitude a) (magnitude b)))
         (define-fun op_div ((a I) (b I)) I
           (ite (= b #x0000000000000000) #x0000000000000000
             (ite (xor (negative a) (negative b)) (bvneg (quotient a b)) (quotient a b))))",
    ),
    (
        "rem",
        "(define-fun op_rem ((a I) (b I)) I
           (ite (= b #x0000000000000000) a
             (ite (negative a) (bvneg (bvurem (magnitude a) (magnitude b))) (bvurem (magnitude a) (magnitude b)))))",
    ),
    (
        "floor_div",
        "(define-fun op_floor_div ((a I) (b I)) I
           (ite (and (distinct (op_rem a b) #x0000000000000000) (xor (negative a) (negative b))
                     (distinct b #x0000000000000000))
             (bvsub (op_div a b) #x0000000000000001) (op_div a b)))",
    ),
    (
        "floor_rem",
        "(define-fun op_floor_rem ((a I) (b I)) I
           (ite (and (distinct (op_rem a b) #x0000000000000000) (xor (negative a) (negative b))
                     (distinct b #x0000000000000000))
             (bvadd (op_rem a b) b) (op_rem a b)))",
    ),
    ("neg", "(define-fun op_neg ((a I)) I (bvneg a))"),
    ("and", "(define-fun op_and ((a I) (b I)) I (bvand a b))"),
    ("or", "(define-fun op_or ((a I) (b I)) I (bvor a b))"),
    ("xor", "(define-fun op_xor ((a I) (b I)) I (bvxor a b))"),
    ("not", "(define-fun op_not ((a I)) I (bvnot a))"),
    ("shl", "(define-fun op_shl ((a I) (b I)) I (bvshl a (bvand b #x000000000000003f)))"),
    ("shr", "(define-fun op_shr ((a I) (b I)) I (bvlshr a (bvand b #x000000000000003f)))"),
    ("sar", "(define-fun op_sar ((a I) (b I)) I (bvashr a (bvand b #x000000000000003f)))"),
    (
        "add_overflows",
        "(define-fun op_add_overflows ((a I) (b I)) Bool
           (distinct ((_ sign_extend 1) (bvadd a b)) (bvadd ((_ sign_extend 1) a) ((_ sign_extend 1) b))))",
    ),
    (
        "sub_overflows",
        "(define-fun op_sub_overflows ((a I) (b I)) Bool
           (distinct ((_ sign_extend 1) (bvsub a b)) (bvsub ((_ sign_extend 1) a) ((_ sign_extend 1) b))))",
    ),
    (
        "mul_overflows",
        "(define-fun op_mul_overflows ((a I) (b I)) Bool
           (distinct ((_ sign_extend 64) (bvmul a b)) (bvmul ((_ sign_extend 64) a) ((_ sign_extend 64) b))))",
    ),
    ("eq", "(define-fun op_eq ((a I) (b I)) Bool (= a b))"),
    ("ne", "(define-fun op_ne ((a I) (b I)) Bool (distinct a b))"),
    ("lt", "(define-fun op_lt ((a I) (b I)) Bool (bvslt a b))"),
    ("le", "(define-fun op_le ((a I) (b I)) Bool (bvsle a b))"),
    ("ult", "(define-fun op_ult ((a I) (b I)) Bool (bvult a b))"),
    ("ule", "(define-fun op_ule ((a I) (b I)) Bool (bvule a b))"),
    ("bool_to_i64", "(define-fun op_bool_to_i64 ((a Bool)) I (ite a #x0000000000000001 #x0000000000000000))"),
    ("bool_not", "(define-fun op_bool_not ((a Bool)) Bool (not a))"),
    ("bool_and", "(define-fun op_bool_and ((a Bool) (b Bool)) Bool (and a b))"),
    ("bool_or", "(define-fun op_bool_or ((a Bool) (b Bool)) Bool (or a b))"),
    ("select", "(define-fun op_select ((a Bool) (b I) (c I)) I (ite a b c))"),
    ("ref_eq", "(define-fun op_ref_eq ((a I) (b I)) Bool (= a b))"),
    ("bits_of_ref", "(define-fun op_bits_of_ref ((a I)) I a)"),
    ("ref_of_bits", "(define-fun op_ref_of_bits ((a I)) I a)"),
    ("guard_ref", "(define-fun op_guard_ref ((a Bool) (b I)) I b)"),
    (
        "power_of_two",
        "(define-fun op_power_of_two ((a I)) Bool
           (and (bvsgt a #x0000000000000000) (= (bvand a (bvsub a #x0000000000000001)) #x0000000000000000)))",
    ),
    // Of a power of two: how many bits are below it.
    (
        "log2",
        "(define-fun op_log2 ((a I)) I
           (let ((b (bvsub a #x0000000000000001)))
           (let ((b (bvsub b (bvand (bvlshr b #x0000000000000001) #x5555555555555555))))
           (let ((b (bvadd (bvand b #x3333333333333333) (bvand (bvlshr b #x0000000000000002) #x3333333333333333))))
           (let ((b (bvand (bvadd b (bvlshr b #x0000000000000004)) #x0f0f0f0f0f0f0f0f)))
             (bvlshr (bvmul b #x0101010101010101) #x0000000000000038))))))",
    ),
    ("feq", "(define-fun op_feq ((a Float64) (b Float64)) Bool (fp.eq a b))"),
    ("fne", "(define-fun op_fne ((a Float64) (b Float64)) Bool (not (fp.eq a b)))"),
    ("flt", "(define-fun op_flt ((a Float64) (b Float64)) Bool (fp.lt a b))"),
    ("fle", "(define-fun op_fle ((a Float64) (b Float64)) Bool (fp.leq a b))"),
];
