//! Recorded traces.

use super::*;

#[test]
fn recorded_guards_precede_effects() {
    let body = |effect: &str| {
        format!(
            "
  start
  %1 = const.bool true
  %2 = const.i64 1
  store_word w9, %2
  guard %1 else x0
  at 4
  {effect}
  %7 = load_word.i64 w0
  guard %1 else x1
  at 5
  guard %1 else x2
  exit to x3
  unreachable
exits:
  x0 = side 4
  x1 = side 4
  x2 = side 5
  x3 = side 6
  x4 = error 4"
        )
    };
    check_recorded(&body("at 4"), expect!["no errors"]);
    check_recorded(&body("%6 = call @pure(%2)"), expect!["no errors"]);
    check_recorded(
        &body("store_word w0, %2"),
        expect![[r#"
          guard %1 else x1
        ; ^^^^^^^^^^^^^^^^ a guard behind an effect of its instruction: `store_word`
        ; 1 error"#]],
    );
    check_recorded(
        &body("call @write(%2) else x4"),
        expect![[r#"
          guard %1 else x1
        ; ^^^^^^^^^^^^^^^^ a guard behind an effect of its instruction: `call`
        ; 1 error"#]],
    );
    check_recorded(
        "
  start
  at 4
  %2 = load_word.i64 w0
  %3 = const.bool true
  %4 = guard_ref %3, %2 else x0
  store.i64 %4, %2, elems
  poll else x1
  exit to x2
  unreachable
exits:
  x0 = side 4
  x1 = poll 4
  x2 = side 5",
        expect![[r#"
              poll else x1
            ; ^^^^^^^^^^^^ a guard behind an effect of its instruction: `store`
            ; 1 error"#]],
    );
}

#[test]
fn recorded_check_valid_stands_among_the_guards() {
    check_recorded(
        "
  start
  %1 = const.bool true
  at 4
  check_valid else x0
  guard %1 else x1
  at 5
  guard %1 else x2
  check_valid else x3
  %2 = const.i64 1
  store_word w0, %2
  check_valid else x3
  exit to x4
  unreachable
exits:
  x0 = deopt 4
  x1 = side 4
  x2 = side 5
  x3 = deopt 5
  x4 = side 6",
        expect![[r#"
              check_valid else x3
            ; ^^^^^^^^^^^^^^^^^^^ a guard behind an effect of its instruction: `store_word`
            ; 1 error"#]],
    );
}

#[test]
fn recorded_traces_are_in_memory_form() {
    check_recorded(
        "
  start
  %1 = const.i64 1
  %2 = ref_of_bits %1
  exit to x0
  unreachable
exits:
  x0 = side 5 { w0 = %1 }
  x1 = side 5 contract 0",
        expect![[r#"
              %2 = ref_of_bits %1
            ; ^^^^^^^^^^^^^^^^^^^ `ref_of_bits` is never recorded
              x0 = side 5 { w0 = %1 }
            ; ^^^^^^^^^^^^^^^^^^^^^^^ a recorded trace has nothing pending and shows no contract
              x1 = side 5 contract 0
            ; ^^^^^^^^^^^^^^^^^^^^^^ a recorded trace has nothing pending and shows no contract
            ; 3 errors"#]],
    );
}

#[test]
fn recorded_exits_belong_to_one_instruction() {
    check_recorded(
        "
  start
  %1 = const.bool true
  at 4
  guard %1 else x0
  guard_not %1 else x0
  guard %1 else x1
  at 5
  guard %1 else x0
  %8 = call @worst() else x2
  at 6
  guard %1 else x3
  exit to x3
  unreachable
exits:
  x0 = side 4
  x1 = side 4 base -1
  x2 = error 5
  x3 = side 5",
        expect![[r#"
              guard %1 else x1
            ;               ^^ x0 is this instruction's side exit already
            ;               ^^ the base is +0 in this instruction
              guard %1 else x0
            ;               ^^ x0 belongs to the instruction at 4
              guard %1 else x3
            ;               ^^ leaves for 5 from the instruction at 6, whose start it must lead to
            ; 4 errors"#]],
    );
}
