//! Every problem the verifier reports, as it shows it.

mod recorded;
mod room;
mod states;
mod sunk;
mod uops;

use super::*;
use crate::text::{parse_file, parse_trace};
use crate::{ContractId, ExitId, ExitKind, ExitState, Imm, Uop};
use expect_test::{Expect, expect};

const INTERFACE: &str = r#"
interface {
  class elems
  helper @pure(i64) -> i64 { pure }
  helper @read(ref) -> i64 { reads elems }
  helper @write(i64) { writes elems, fails }
  helper @frames() { reads_frames }
  helper @worst() -> ref { worst, fails }
}
"#;

fn parsed(body: &str) -> Trace {
    let mut source = INTERFACE.to_owned();
    if body.trim_start().starts_with("trace") {
        source += body;
    } else {
        source += &format!("trace \"t\" at 4 {{\n{body}\n}}");
    }
    match parse_file(&source) {
        Ok((_, mut traces)) => traces.remove(0),
        Err(error) => panic!("{error}"),
    }
}

/// Verifies the trace with this body, or this whole trace.
fn check(body: &str, expected: Expect) {
    check_trace(&parsed(body), expected);
}

fn check_trace(trace: &Trace, expected: Expect) {
    expected.assert_eq(&shown(verify(trace)));
}

fn check_recorded(body: &str, expected: Expect) {
    let trace = parsed(body);
    assert_eq!(verify(&trace), Ok(()), "only recorded traces are stricter");
    expected.assert_eq(&shown(verify_recorded(&trace)));
}

/// Verifies what `change` makes of the trace with this body: for what text cannot express.
fn check_changed(body: &str, change: impl FnOnce(&mut Trace), expected: Expect) {
    let mut trace = parsed(body);
    assert_eq!(verify(&trace), Ok(()), "only the change is wrong");
    change(&mut trace);
    check_trace(&trace, expected);
}

/// The lines with remarks, each with the line it is about, and the count.
fn shown(result: Result<(), VerifyErrors>) -> String {
    let Err(errors) = result else {
        return "no errors".to_owned();
    };
    let text = errors.to_string();
    let lines: Vec<&str> = text.lines().collect();
    let kept = (0..lines.len()).filter(|&at| {
        let next = lines.get(at + 1).unwrap_or(&"");
        lines[at].starts_with(';') || next.starts_with(';') && *next != lines[lines.len() - 1]
    });
    kept.map(|at| lines[at]).collect::<Vec<_>>().join("\n")
}

const PLAIN: &str = "
  start
  at 4
  %2 = load_word.i64 w0
  %3 = add %2, %2
  store_word w0, %3
  exit to x0
  unreachable
exits:
  x0 = side 5";

const LOOPING: &str = "
  start
  %1 = load_word.i64 w0
  %2 = load_word.i64 w1
  header %1
  %4 = param.i64 w0
  %5 = invariant.i64 %2
  at 4
  %7 = lt %4, %5
  guard %7 else x0
  %9 = add %4, %5
  loop %9
  unreachable
exits:
  x0 = side 4 { w0 = %4 }
header:
  contract 0 at 4 short { %2 }";

#[test]
fn well_formed_traces() {
    check(PLAIN, expect!["no errors"]);
    check(LOOPING, expect!["no errors"]);
    check_recorded(PLAIN, expect!["no errors"]);
}

#[test]
fn the_whole_trace_is_printed() {
    let trace = parsed(
        "  start\n  %1 = add %2, %1\n  %2 = const.f64 1.0\n  exit to x0\n  unreachable\nexits:\n  x0 = side 5 { w1 = %2, w0 = %1 }\n",
    );
    let errors = verify(&trace).unwrap_err();
    expect![[r#"
        trace "t" at 4 {
          start
          %1 = add %2, %1
        ;          ^^ %2 is not defined before
        ;              ^^ %1 is not defined before
          %2 = const.f64 1.0
          exit to x0
          unreachable
        exits:
          x0 = side 5 { w1 = %2, w0 = %1 }
        ;                        ^^^^^^^ words ascend: w0 cannot follow w1
        }
        ; 3 errors"#]]
    .assert_eq(&errors.to_string());
    expect!["%2 is not defined before"].assert_eq(&errors.errors()[0].to_string());
    // Remarks are comments: what is printed can be parsed again.
    assert_eq!(
        parse_trace(&errors.to_string(), &trace.interface),
        Ok(trace)
    );
}

#[test]
fn empty_trace() {
    check(
        "",
        expect![[r#"
        trace "t" at 4 {
        ;     ^^^ a trace begins with `start`
        ;     ^^^ a trace ends with `unreachable`
        ;     ^^^ the uop before `unreachable` must leave or loop
        ; 3 errors"#]],
    );
}

/// Listed so that a problem without a test above is noticed where it is added.
#[test]
fn every_problem_is_shown_above() {
    let source = include_str!("error.rs");
    let shown = [
        include_str!("tests/uops.rs"),
        include_str!("tests/states.rs"),
        include_str!("tests/recorded.rs"),
        include_str!("tests/room.rs"),
        include_str!("tests/sunk.rs"),
    ]
    .concat();
    let enumeration = source.split("pub enum Problem").nth(1).unwrap();
    let mut missing = Vec::new();
    for line in enumeration.lines() {
        let Some(text) = line.trim().strip_prefix("#[error(\"") else {
            continue;
        };
        // The longest piece of the message without placeholders.
        let text = text.trim_end_matches("\")]");
        let text = text.split("\", ").next().unwrap();
        let pieces = text.split(['{', '}']).step_by(2);
        let piece = pieces.max_by_key(|piece| piece.len()).unwrap().trim();
        if !shown.contains(piece) {
            missing.push(piece);
        }
    }
    assert_eq!(missing, Vec::<&str>::new());
}
