//! What is entered and touched lies on the stack.

use super::*;
use crate::Builder;
use crate::id::{MAX_FRAME, Word};

/// A trace that asks for room by `asked`, and then leaves with the base at w10.
fn entering(asked: &str, exit: &str) -> String {
    format!(
        "
  start
  at 4
{asked}
  at 5
  exit to x1
  unreachable
exits:
  x0 = side 4
  x1 = side 5 {exit}"
    )
}

fn is_accepted(body: &str) -> bool {
    let trace = parsed(body);
    assert_eq!(verify(&trace).is_ok(), verify_recorded(&trace).is_ok());
    verify(&trace).is_ok()
}

#[test]
fn a_base_that_is_entered_without_room() {
    check(
        &entering("  %2 = has_room w9\n  guard %2 else x0", "base +10"),
        expect![[r#"
              exit to x1
            ;         ^^ the base is entered without room for it: bases up to w9 are proven to be within the limit, w10 is not
            ; 1 error"#]],
    );
}

#[test]
fn what_covers_a_base() {
    let covers = |asked: &str| is_accepted(&entering(asked, "base +10"));
    assert!(covers("  %2 = has_room w10\n  guard %2 else x0"));
    assert!(covers("  %2 = has_room w90\n  guard %2 else x0"));
    assert!(covers(
        "  %2 = has_room w10\n  %3 = bool_not %2\n  guard_not %3 else x0"
    ));
    assert!(covers(
        "  %2 = has_room w10\n  %3 = const.bool true\n  %4 = bool_and %3, %2\n  guard %4 else x0"
    ));
    // Nobody gets there.
    assert!(covers("  %2 = const.bool false\n  guard %2 else x0"));
    assert!(!covers("  %2 = const.bool true\n  guard %2 else x0"));
    assert!(!covers(""));
    assert!(!covers("  %2 = has_room w10"), "nothing is guarded");
    assert!(!covers("  %2 = has_room w10\n  guard_not %2 else x0"));
    assert!(!covers("  %2 = has_room w9\n  guard %2 else x0"));
    assert!(!covers(
        "  %2 = has_room w10\n  %3 = const.bool false\n  %4 = bool_or %3, %2\n  guard %4 else x0"
    ));
}

#[test]
fn a_guard_behind_the_entry_is_too_late() {
    assert!(!is_accepted(
        "
  start
  at 4
  %2 = const.bool true
  at 5
  guard %2 else x0
  at 6
  %6 = has_room w10
  guard %6 else x1
  exit to x2
  unreachable
exits:
  x0 = side 5 base +10
  x1 = side 6 base +10
  x2 = side 7 base +10"
    ));
}

#[test]
fn a_call_from_a_frame_without_room() {
    check(
        "
  start
  at 4
  %2 = call @worst() else x0
  exit to x1
  unreachable
exits:
  x0 = error 4 base +2
  x1 = side 5",
        expect![[r#"
              %2 = call @worst() else x0
            ;                         ^^ the base is entered without room for it: bases up to w0 are proven to be within the limit, w2 is not
            ; 1 error"#]],
    );
}

/// A trace that stores to `word`, having asked for so much room.
fn storing(word: i32, room: i32) -> Trace {
    let mut b = Builder::new("t", 4, std::sync::Arc::default());
    b.at(4);
    let exit = b.side_exit(4, 0);
    let has = b.has_room(Word(room));
    b.guard(has, exit);
    let one = b.int(1);
    b.store_word(Word(word), one);
    let out = b.side_exit(5, 0);
    b.leave(out);
    b.finish()
}

#[test]
fn words_beyond_the_stack() {
    let highest = MAX_FRAME as i32;
    assert_eq!(verify(&storing(highest, 0)), Ok(()));
    assert_eq!(verify(&storing(highest + 10, 10)), Ok(()));
    assert!(verify(&storing(highest + 11, 10)).is_err());
    assert!(verify(&storing(i32::MAX, i32::MAX)).is_err(), "bytes wrap");
    assert!(verify(&storing(i32::MIN, 0)).is_err(), "bytes wrap");
    check_trace(
        &storing(50_000_000, 0),
        expect![[r#"
          store_word w50000000, %4
        ;            ^^^^^^^^^ w50000000 may lie beyond the stack: bases up to w0 are proven to be within the limit
        ; 1 error"#]],
    );
}

#[test]
fn words_pending_beyond_the_stack() {
    check(
        &entering("  %2 = const.i64 1", "{ w65537 = %2 }"),
        expect![[r#"
              exit to x1
            ;         ^^ w65537 may lie beyond the stack: bases up to w0 are proven to be within the limit
            ; 1 error"#]],
    );
}

/// A loop whose preamble asks for room, by which the body enters a frame.
const ENTERING: &str = "
  start
  at 4
  poll else x0
  %3 = has_room w10
  guard %3 else x1
  header
  at 4
  poll else x0
  %8 = load_word.i64 w0
  %9 = eq %8, %8
  guard %9 else x1
  at 5
  guard %9 else x2
  loop
  unreachable
exits:
  x0 = poll 4
  x1 = side 4
  x2 = side 5 base +10
header:
  contract 0 at 4";

#[test]
fn a_loop_rests_on_what_its_preamble_proves() {
    let parsed = |short: &[u32], open: bool| {
        let mut trace = parsed(ENTERING);
        let header = trace.header.as_mut().expect("a loop");
        header.short = short.iter().map(|&value| Value(value)).collect();
        header.open = open;
        trace
    };
    assert_eq!(verify(&parsed(&[], false)), Ok(()), "nobody else enters");
    assert_eq!(verify(&parsed(&[3, 4], true)), Ok(()));
    check_trace(
        &parsed(&[], true),
        expect![[r#"
          guard %9 else x2
        ;               ^^ the base is entered without room for it: bases up to w0 are proven to be within the limit, w10 is not
        ; 1 error"#]],
    );
}
