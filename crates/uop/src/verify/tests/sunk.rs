//! What is sunk, and who may name it.

use super::*;

/// An interface whose helper `@new` makes objects; no other effect.
const MAKES: &str = r#"
interface {
  class shape
  class data
  helper @new(i64) -> ref { new i64@0 shape = #0 i64@16 shape = 7 }
  helper @wrong(i64) -> ref { reads shape, new }
  helper @look(ref) { pure, fails }
  helper @collect() { collects }
}
"#;

fn problems(body: &str) -> String {
    let source = format!("{MAKES}trace \"t\" at 4 {{\n  start\n  %1 = const.i64 5\n{body}}}");
    match parse_file(&source) {
        Ok((_, mut traces)) => shown(verify(&traces.remove(0))),
        Err(error) => panic!("{error}"),
    }
}

const GOOD: &str = "  %2 = sunk call @new(%1)
  %3 = sunk bits_of_ref %2
  %4 = sunk load.ptr %2, offset 8, data
  sunk store.i64 %4, %1, offset 16, data
  sunk store.ref %4, %2, data
  %7 = eq %1, %1
  guard %7 else x0
  exit to x1
  unreachable
exits:
  x0 = side 4 { w0 = %3, w1 = %2 }
  x1 = side 5
";

#[test]
fn objects_wait_for_exits() {
    expect!["no errors"].assert_eq(&problems(GOOD));
}

#[test]
fn only_what_belongs_to_an_object_is_sunk() {
    let body = GOOD
        .replace("%7 = eq", "%7 = sunk eq")
        .replace("sunk store.ref %4", "sunk store.ref %2")
        .replace("%2 = sunk call @new(%1)", "%2 = call @new(%1)");
    expect![[r#"
          %3 = sunk bits_of_ref %2
        ;           ^^^^^^^^^^^ `bits_of_ref` cannot be sunk here
          %4 = sunk load.ptr %2, offset 8, data
        ;           ^^^^^^^^ `load` cannot be sunk here
          sunk store.ref %2, %2, data
        ;      ^^^^^^^^^ `store` cannot be sunk here
          %7 = sunk eq %1, %1
        ;           ^^ `eq` cannot be sunk here
          guard %7 else x0
        ;       ^^ %7 is sunk: nobody makes it here
        ; 5 errors"#]]
    .assert_eq(&problems(&body));
}

#[test]
fn what_is_sunk_is_named_by_side_exits_alone() {
    let body = GOOD
        .replace(
            "guard %7 else x0",
            "call @collect() else x2\n  guard %7 else x0\n  call @look(%2) else x3",
        )
        .replace(
            "x1 = side 5",
            "x1 = side 5 { w0 = %3 }\n  x2 = error 4\n  x3 = error 4",
        );
    expect![[r#"
          call @look(%2) else x3
        ;            ^^ %2 is sunk: nobody makes it here
          x0 = side 4 { w0 = %3, w1 = %2 }
        ;               ^^^^^^^ %3 is sunk: nobody makes it here
        ;                        ^^^^^^^ %2 is sunk: nobody makes it here
          x1 = side 5 { w0 = %3 }
        ;               ^^^^^^^ %3 is sunk: nobody makes it here
        ; 4 errors"#]]
    .assert_eq(&problems(&body));
}

#[test]
fn sunk_loads_read_nothing_that_is_stored() {
    let body = GOOD.replace(
        "  %4 = sunk load.ptr %2, offset 8, data\n",
        "  sunk store.i64 %2, %1, offset 4, data\n  %5 = sunk load.ptr %2, offset 8, data\n",
    );
    let body = body.replace("%4", "%5").replace("%7", "%8");
    expect![[r#"
          %5 = sunk load.ptr %2, offset 8, data
        ;           ^^^^^^^^ %4 may store there, and need not be done
        ; 1 error"#]]
    .assert_eq(&problems(&body));
}

#[test]
fn an_exit_makes_the_same_for_all_that_leave_through_it() {
    let body = GOOD.replace(
        "guard %7 else x0\n",
        "guard %7 else x0\n  %9 = sunk load.ptr %2, offset 16, shape\n  guard %7 else x0\n  \
         sunk store.i64 %4, %1, data\n  guard %7 else x0\n",
    );
    expect![[r#"
          guard %7 else x0
        ;               ^^ x0 makes objects otherwise at %8
        ; 1 error"#]]
    .assert_eq(&problems(&body));
}

#[test]
fn a_helper_that_makes_objects_does_nothing_else() {
    let body = GOOD.replace("@new", "@wrong");
    expect![[r#"
          %2 = sunk call @wrong(%1)
        ;                ^^^^^^ a helper that makes objects answers a reference and does no more than write
        ; 1 error"#]]
    .assert_eq(&problems(&body));
}
