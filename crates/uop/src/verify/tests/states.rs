//! Exits, exit states and the header's contract.

use super::*;

#[test]
fn exits_of_uops() {
    check(
        &PLAIN.replace("exit to x0", "exit"),
        expect![[r#"
          exit
        ; ^^^^ `exit` needs an exit
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("add %2, %2", "add %2, %2 else x0"),
        expect![[r#"
              %3 = add %2, %2 else x0
            ;                      ^^ this `add` never leaves
            ; 1 error"#]],
    );
    check(
        &PLAIN.replace("= side", "= deopt"),
        expect![[r#"
          exit to x0
        ;         ^^ `exit` leaves through exits of kind side, this one is deopt
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("at 4", "poll else x0"),
        expect![[r#"
          poll else x0
        ;           ^^ `poll` leaves through exits of kind poll, this one is side
        ; 1 error"#]],
    );
    check(
        &PLAIN
            .replace("at 4", "%1 = const.bool true\n  guard %1 else x1")
            .replace("x0 = side 5", "x0 = side 5\n  x1 = error 4"),
        expect![[r#"
              guard %1 else x1
            ;               ^^ `guard` leaves through exits of kind side or deopt, this one is error
            ; 1 error"#]],
    );
    check_changed(
        PLAIN,
        |trace| trace.uops[5].exit = Some(ExitId(1)),
        expect![[r#"
              exit to x1
            ;         ^^ there is no exit x1
            ; 1 error"#]],
    );
    check(
        &PLAIN.replace("at 4", "call @frames()"),
        expect![[r#"
          call @frames()
        ; ^^^^^^^^^^^^^^ `call` needs an exit
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("at 4", "call @frames() else x0"),
        expect![[r#"
              call @frames() else x0
            ;                     ^^ `call` leaves through exits of kind error, this one is side
            ; 1 error"#]],
    );
    check(
        &PLAIN.replace("add %2, %2", "call @pure(%2) else x0"),
        expect![[r#"
              %3 = call @pure(%2) else x0
            ;                          ^^ this `call` never leaves
            ; 1 error"#]],
    );
}

#[test]
fn frames_are_in_memory_where_helpers_look() {
    let body = "
  start
  %1 = const.i64 1
  %2 = call @worst() else x0
  call @frames() else x0
  call @write(%1) else x0
  exit to x1
  unreachable
exits:
  x0 = error 4 { w0 = %1 }
  x1 = side 5";
    check(
        body,
        expect![[r#"
          %2 = call @worst() else x0
        ;                         ^^ the helper may look at frames or leave for another: nothing can be pending at x0
          call @frames() else x0
        ;                     ^^ the helper may look at frames or leave for another: nothing can be pending at x0
        ; 2 errors"#]],
    );
}

#[test]
fn exit_states() {
    check(
        &PLAIN.replace("side 5", "side 5 { w1 = %2, w1 = %3, w0 = %2 }"),
        expect![[r#"
              x0 = side 5 { w1 = %2, w1 = %3, w0 = %2 }
            ;                        ^^^^^^^ words ascend: w1 cannot follow w1
            ;                                 ^^^^^^^ words ascend: w0 cannot follow w1
            ; 2 errors"#]],
    );
    check(
        "
  start
  %1 = const.bool true
  guard %1 else x0
  %3 = const.i64 1
  guard %1 else x0
  exit to x1
  unreachable
exits:
  x0 = side 4 { w0 = %1, w1 = %3 } extras { %3 } contract 0
  x1 = side 5",
        expect![[r#"
              x0 = side 4 { w0 = %1, w1 = %3 } extras { %3 } contract 0
            ;               ^^^^^^^ a frame word holds no bool
            ;                        ^^^^^^^ %3 is not yet defined where `guard` leaves through this exit
            ;                                           ^^ %3 is not yet defined where `guard` leaves through this exit
            ; 3 errors"#]],
    );
    check(
        &PLAIN.replace("side 5", "side 5 extras { %2 }"),
        expect![[r#"
              x0 = side 5 extras { %2 }
            ; ^^^^^^^^^^^^^^^^^^^^^^^^^ extras without a contract they belong to
            ; 1 error"#]],
    );
    check(
        &PLAIN.replace("side 5", "side 5\n  x1 = error 4 extras { %2 } contract 0"),
        expect![[r#"
              x1 = error 4 extras { %2 } contract 0
            ; ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ exits of kind error are never linked: they show no contract
            ; 1 error"#]],
    );
    // An exit that no uop uses names values of the trace all the same.
    check_changed(
        PLAIN,
        |trace| {
            let mut exit = ExitState::new(ExitKind::Side, 4, 0);
            exit.words = vec![(Word(0), Value(99)), (Word(1), Value(1))];
            trace.exits.push(exit);
        },
        expect![[r#"
              x1 = side 4 { w0 = %99, w1 = %1 }
            ;               ^^^^^^^^ there is no %99
            ;                         ^^^^^^^ %1 is no value: its uop has no result
            ; 2 errors"#]],
    );
}

#[test]
fn header_constants() {
    let constants = "short { %2 }\n".replace(
        "short",
        "constants { w5 = i64 1, w5 = bool true, w0 = f64 1.0 } short",
    );
    check(
        &(LOOPING.to_owned() + "\n").replace("short { %2 }\n", &constants),
        expect![[r#"
              guard %7 else x0
            ;               ^^ w5 is still pending here, but the exit's state does not list it
              contract 0 at 4 constants { w5 = i64 1, w5 = bool true, w0 = f64 1.0 } short { %2 }
            ;                                         ^^^^^^^^^^^^^^ words ascend: w5 cannot follow w5
            ;                                         ^^^^^^^^^^^^^^ a frame word holds no bool
            ;                                                         ^^^^^^^^^^^^ words ascend: w0 cannot follow w5
            ;                                                         ^^^^^^^^^^^^ w0 is a param of the header
            ; 5 errors"#]],
    );
}

#[test]
fn invariants() {
    check(
        &LOOPING.replace("short { %2 }", ""),
        expect![[r#"
          %5 = invariant.i64 %2
        ;                    ^^ the header is open, but its short preamble does not make %2
        ; 1 error"#]],
    );
    check(
        &LOOPING.replace("at 4 short { %2 }", "at 4 closed"),
        expect!["no errors"],
    );
    check(
        &LOOPING.replace("invariant.i64 %2", "invariant.i64 %4"),
        expect![[r#"
              %5 = invariant.i64 %4
            ;                    ^^ %4 is not from before the header
            ; 1 error"#]],
    );
    check(
        &LOOPING.replace("invariant.i64 %2", "invariant.f64 %2"),
        expect![[r#"
              %5 = invariant.f64 %2
            ;                    ^^ expected f64, %2 is i64
              %7 = lt %4, %5
            ;             ^^ expected i64, %5 is f64
              %9 = add %4, %5
            ;              ^^ expected i64, %5 is f64
            ; 3 errors"#]],
    );
}

#[test]
fn short_preamble() {
    check(
        "
  start
  %1 = load_word.i64 w1
  %2 = load_word.i64 w0
  %3 = const.i64 3
  %4 = add %1, %2
  %5 = add %4, %3
  %6 = call @pure(%5)
  %7 = load_word.i64 w5
  poll else x0
  header %1
  %10 = param.i64 w0
  %11 = const.i64 4
  store_word w5, %11
  loop %10
  unreachable
exits:
  x0 = poll 4
header:
  contract 0 at 4 constants { w1 = i64 5 } short { %1, %2, %5, %6, %7, %11 }",
        expect![[r#"
              contract 0 at 4 constants { w1 = i64 5 } short { %1, %2, %5, %6, %7, %11 }
            ;                                                  ^^ w1 is pending at the header, a replay would miss its value
            ;                                                      ^^ w0 is pending at the header, a replay would miss its value
            ;                                                          ^^ %5 uses %4, which is neither in the short preamble nor a constant
            ;                                                              ^^ `call` cannot be replayed in a short preamble
            ;                                                                      ^^^ %11 is not from before the header
            ; 5 errors"#]],
    );
    check(
        &LOOPING.replace("{ %2 }", "{ %2, %1 }"),
        expect![[r#"
              contract 0 at 4 short { %2, %1 }
            ;                             ^^ the short preamble is in order: %1 cannot follow %2
            ;                             ^^ w0 is pending at the header, a replay would miss its value
            ; 2 errors"#]],
    );
    // The poll of the preamble, and a word a helper may write.
    check_changed(
        "
  start
  poll else x0
  %2 = load_word.i64 w1
  header
  %4 = call @worst() else x1
  loop
  unreachable
exits:
  x0 = poll 4
  x1 = error 4
header:
  contract 0 at 4",
        |trace| trace.header.as_mut().unwrap().short = vec![Value(1), Value(2)],
        expect![[r#"
              contract 0 at 4 short { %1, %2 }
            ;                         ^^ `poll` cannot be replayed in a short preamble
            ; 1 error"#]],
    );
}

#[test]
fn no_pending_word_is_lost() {
    check(
        "trace \"t\" at 4 takes { w0: i64, w1 = i64 7, w2: i64 } {
  start
  %1 = param.i64 w0
  %2 = param.i64 w2
  %3 = lt %1, %2
  guard %3 else x0
  store_word w0, %1
  guard %3 else x1
  header %2
  %8 = param.i64 w2
  poll else x2
  loop %8
  unreachable
exits:
  x0 = side 4 { w0 = %1, w2 = %2 }
  x1 = side 4 { w2 = %2 }
  x2 = poll 4
header:
  contract 0 at 4
}",
        expect![[r#"
              guard %3 else x0
            ;               ^^ w1 is still pending here, but the exit's state does not list it
              guard %3 else x1
            ;               ^^ w1 is still pending here, but the exit's state does not list it
              header %2
            ; ^^^^^^^^^ w1 is still pending here, but the header does not take it
              poll else x2
            ;           ^^ w2 is still pending here, but the exit's state does not list it
            ; 4 errors"#]],
    );
}
