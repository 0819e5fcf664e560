//! The shape of the line and each uop.

use super::*;

#[test]
fn start_first_and_unreachable_last() {
    check(
        "  at 4\n  exit to x0\nexits:\n  x0 = side 4",
        expect![[r#"
          at 4
        ; ^^^^ a trace begins with `start`
          exit to x0
        ; ^^^^^^^^^^ a trace ends with `unreachable`
        ; 2 errors"#]],
    );
    check(
        "  start\n  start\n  unreachable\n  exit to x0\n  unreachable\nexits:\n  x0 = side 4",
        expect![[r#"
              start
            ; ^^^^^ `start` stands only at the beginning
              unreachable
            ; ^^^^^^^^^^^ `unreachable` stands only at the end
            ; 2 errors"#]],
    );
}

#[test]
fn one_terminator() {
    check(
        "  start\n  at 4\n  unreachable",
        expect![[r#"
          at 4
        ; ^^^^ the uop before `unreachable` must leave or loop
        ; 1 error"#]],
    );
    check(
        "  start\n  exit to x0\n  exit to x0\n  unreachable\nexits:\n  x0 = side 4",
        expect![[r#"
              exit to x0
            ; ^^^^^^^^^^ what follows is never reached
            ; 1 error"#]],
    );
    check(
        "  start\n  unreachable",
        expect![[r#"
          start
        ; ^^^^^ the uop before `unreachable` must leave or loop
        ; 1 error"#]],
    );
}

#[test]
fn one_header() {
    check(
        "  start\n  header\n  header\n  loop\n  unreachable\nheader:\n  contract 0 at 4",
        expect![[r#"
              header
            ; ^^^^^^ a trace has one header at most
            ; 1 error"#]],
    );
    check(
        "  start\n  header\n  loop\n  unreachable",
        expect![[r#"
          header
        ; ^^^^^^ the trace has no contract for its header
        ; 1 error"#]],
    );
    check(
        "  start\n  loop\n  unreachable",
        expect![[r#"
          loop
        ; ^^^^ there is no `header` to loop to
        ; 1 error"#]],
    );
    check_changed(
        LOOPING,
        |trace| trace.header.as_mut().unwrap().at = Value(2),
        expect![[r#"
              contract 0 at 4 short { %2 }
            ; ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the contract is for a header at %2, which is not the `header` uop
            ; 1 error"#]],
    );
}

#[test]
fn params_behind_their_entry() {
    check(
        "  start\n  at 4\n  %2 = param.i64 w0\n  exit to x0\n  unreachable\nexits:\n  x0 = side 4",
        expect![[r#"
              %2 = param.i64 w0
            ; ^^^^^^^^^^^^^^^^^ `param` stands only directly behind `start` or `header`
            ; 1 error"#]],
    );
    check(
        "  start\n  %1 = const.i64 1\n  %2 = invariant.i64 %1\n  header %1\n  %4 = invariant.i64 %1\n  %5 = param.i64 w0\n  loop %5\n  unreachable\nheader:\n  contract 0 at 4",
        expect![[r#"
              %2 = invariant.i64 %1
            ; ^^^^^^^^^^^^^^^^^^^^^ `invariant` stands only behind the params of `header`
              %5 = param.i64 w0
            ; ^^^^^^^^^^^^^^^^^ `param` stands only directly behind `start` or `header`
            ; 2 errors"#]],
    );
}

#[test]
fn entry_signature() {
    check(
        "trace \"t\" at 4 takes { w1: i64, w0: f64, w0 = i64 1, w2: ptr, w3 = bool true } {
  start
  %1 = param.i64 w1
  %2 = param.i64 w0
  exit to x0
  unreachable
exits:
  x0 = side 4
}",
        expect![[r#"
            trace "t" at 4 takes { w1: i64, w0: f64, w0 = i64 1, w2: ptr, w3 = bool true } {
            ;                               ^^^^^^^ words ascend: w0 cannot follow w1
            ;                                        ^^^^^^^^^^ words ascend: w0 cannot follow w0
            ;                                                    ^^^^^^^ a frame word holds no ptr
            ;                                                             ^^^^^^^^^^^^^^ a frame word holds no bool
              start
            ; ^^^^^ the signature has 3 params, here are 2
              %2 = param.i64 w0
            ; ^^^^^^^^^^^^^^^^^ the signature says `w0: f64`
              exit to x0
            ;         ^^ w0 is still pending here, but the exit's state does not list it
            ;         ^^ w1 is still pending here, but the exit's state does not list it
            ;         ^^ w2 is still pending here, but the exit's state does not list it
            ;         ^^ w3 is still pending here, but the exit's state does not list it
            ; 10 errors"#]],
    );
    check_changed(
        PLAIN,
        |trace| trace.entry.contract = Some(ContractId::fresh()),
        expect![[r#"
            trace "t" at 4 {
            ;     ^^^ only a header's signature has extras and a contract
            ; 1 error"#]],
    );
}

#[test]
fn header_hands_over_its_params() {
    check(
        &LOOPING
            .replace("header %1\n", "header\n")
            .replace("loop %9", "loop %9, %9"),
        expect![[r#"
              header
            ; ^^^^^^ operands of `header`: expected 1, found 0
              loop %9, %9
            ; ^^^^^^^^^^^ operands of `loop`: expected 1, found 2
            ; 2 errors"#]],
    );
    check(
        &LOOPING.replace("loop %9", "loop %7"),
        expect![[r#"
          loop %7
        ;      ^^ expected i64, %7 is bool
        ; 1 error"#]],
    );
    check(
        "  start\n  %1 = const.i64 1\n  header %1, %1\n  %3 = param.i64 w1\n  %4 = param.i64 w0\n  loop %3, %4\n  unreachable\nheader:\n  contract 0 at 4",
        expect![[r#"
              %4 = param.i64 w0
            ; ^^^^^^^^^^^^^^^^^ words ascend: w0 cannot follow w1
            ; 1 error"#]],
    );
}

#[test]
fn operands() {
    check(
        &PLAIN.replace("add %2, %2", "add %2"),
        expect![[r#"
          %3 = add %2
        ; ^^^^^^^^^^^ operands of `add`: expected 2, found 1
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("add %2, %2", "add %2, %3"),
        expect![[r#"
          %3 = add %2, %3
        ;              ^^ %3 is not defined before
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("add %2, %2", "fadd %2, %2"),
        expect![[r#"
          %3 = fadd %2, %2
        ;           ^^ expected f64, %2 is i64
        ;               ^^ expected f64, %2 is i64
        ; 2 errors"#]],
    );
    check(
        &PLAIN.replace("%3 = add %2, %2", "%3 = load.i64 %2, elems"),
        expect![[r#"
              %3 = load.i64 %2, elems
            ;               ^^ expected ref or ptr, %2 is i64
            ; 1 error"#]],
    );
    check(
        &PLAIN.replace("%3 = add %2, %2", "%3 = lt %2, %2"),
        expect![[r#"
              store_word w0, %3
            ;                ^^ expected i64, f64 or ref, %3 is bool
            ; 1 error"#]],
    );
    check(
        &PLAIN.replace("at 4", "store.f64 %2, %2, elems"),
        expect![[r#"
              store.f64 %2, %2, elems
            ;           ^^ %2 is not defined before
            ;               ^^ %2 is not defined before
            ; 2 errors"#]],
    );
    check(
        &PLAIN.replace("add %2, %2", "call @pure(%2, %2)"),
        expect![[r#"
              %3 = call @pure(%2, %2)
            ; ^^^^^^^^^^^^^^^^^^^^^^^ operands of `call`: expected 1, found 2
            ; 1 error"#]],
    );
    check_changed(
        PLAIN,
        |trace| trace.uops[3].args[1] = Value(1),
        expect![[r#"
              %3 = add %2, %1
            ;              ^^ %1 is no value: its uop has no result
            ; 1 error"#]],
    );
    check_changed(
        PLAIN,
        |trace| trace.uops[3].args[1] = Value(99),
        expect![[r#"
              %3 = add %2, %99
            ;              ^^^ there is no %99
            ; 1 error"#]],
    );
}

#[test]
fn the_loop_sees_the_preamble_through_invariants() {
    check(
        &LOOPING.replace("%7 = lt %4, %5", "%7 = lt %4, %2"),
        expect![[r#"
              %7 = lt %4, %2
            ;             ^^ %2 is from before the header: the loop sees it only through an `invariant`
            ; 1 error"#]],
    );
    check(
        &LOOPING.replace("{ w0 = %4 }", "{ w0 = %4, w1 = %2 }"),
        expect![[r#"
              x0 = side 4 { w0 = %4, w1 = %2 }
            ;                        ^^^^^^^ %2 is from before the header: the loop sees it only through an `invariant`
            ; 1 error"#]],
    );
    // Constants are the same on both sides.
    check(
        &LOOPING
            .replace("%2 = load_word.i64 w1", "%2 = const.i64 1")
            .replace("lt %4, %5", "lt %4, %2")
            .replace("short { %2 }", "")
            .replace("{ w0 = %4 }", "{ w0 = %4, w1 = %2 }"),
        expect!["no errors"],
    );
}

#[test]
fn suffixes_and_results() {
    check(
        &PLAIN.replace("load_word.i64", "load_word.ref"),
        expect![[r#"
              %2 = load_word.ref w0
            ;      ^^^^^^^^^^^^^ `load_word` takes no such suffix
              %3 = add %2, %2
            ;          ^^ expected i64, %2 is ref
            ;              ^^ expected i64, %2 is ref
            ; 3 errors"#]],
    );
    check(
        &PLAIN.replace("%3 = add", "%3: f64 = add"),
        expect![[r#"
          %3: f64 = add %2, %2
        ; ^^^^^^^ the result is i64, not f64
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("%3 = add %2, %2\n", "%3: none = add %2, %2\n"),
        expect![[r#"
              %3: none = add %2, %2
            ; ^^^^^^^^ the result is i64, not nothing
              store_word w0, %3
            ;                ^^ %3 is no value: its uop has no result
            ; 2 errors"#]],
    );
    check(
        &PLAIN.replace("at 4", "%1: i64 = at 4"),
        expect![[r#"
          %1: i64 = at 4
        ; ^^^^^^^ the result is nothing, not i64
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("at 4", "%1: f64 = call @pure(%1)"),
        expect![[r#"
              %1: f64 = call @pure(%1)
            ; ^^^^^^^ the result is i64, not f64
            ;                      ^^ %1 is not defined before
            ; 2 errors"#]],
    );
    check_changed(
        PLAIN,
        |trace| trace.uops[2].ty = None,
        expect![[r#"
              load_word w0
            ; ^^^^^^^^^ `load_word` takes no such suffix
              %3 = add %2, %2
            ;          ^^ %2 is no value: its uop has no result
            ;              ^^ %2 is no value: its uop has no result
            ; 3 errors"#]],
    );
}

#[test]
fn immediates() {
    check_changed(
        PLAIN,
        |trace| trace.uops[4].imm = Imm::None,
        expect![[r#"
          store_word %3
        ; ^^^^^^^^^^^^^ `store_word` carries a frame word
        ; 1 error"#]],
    );
    check_changed(
        PLAIN,
        |trace| trace.uops[3].imm = Imm::Place(3),
        expect![[r#"
              %3 = add 3, %2, %2
            ;          ^ `add` carries no immediate
            ; 1 error"#]],
    );
    let kinds = |op| Uop::new(op, &[]).with_ty(Type::I64).with_imm(Imm::Place(0));
    for op in [Op::Const, Op::Load, Op::LoadElem, Op::Call] {
        let errors = {
            let mut trace = parsed(PLAIN);
            trace.uops[2] = kinds(op);
            verify(&trace).unwrap_err()
        };
        let expected = op.info().immediate;
        let problem = Problem::Immediate { op, expected };
        assert!(errors.errors().iter().any(|error| error.problem == problem));
    }
    check_changed(
        PLAIN,
        |trace| trace.uops[1] = Uop::new(Op::At, &[]).with_imm(Imm::Const(4)),
        expect![[r#"
              at 4
            ;    ^ `at` carries a place
            ; 1 error"#]],
    );
    check(
        &PLAIN.replace("at 4", "%1 = const.ref r0"),
        expect![[r#"
          %1 = const.ref r0
        ;                ^^ the trace has no reference r0
        ; 1 error"#]],
    );
    check(
        &PLAIN.replace("at 4", "%1 = const.bool 0x2"),
        expect![[r#"
          %1 = const.bool 0x2
        ;                 ^^^ a bool is 0 or 1
        ; 1 error"#]],
    );
    check(
        "trace \"t\" at 4 refs { r0 = 0x10 } {
  start
  %1 = const.ref r0
  %2 = const.i64 0
  %3 = load.i64 %1, scale 1, elems
  %4 = load_elem.i64 %1, %2, scale 4, elems
  %5 = load_elem.i64 %1, %2, scale 5, #1
  call @#5(%5)
  call @#6(%9)
  %9 = const.bool true
  exit to x0
  unreachable
exits:
  x0 = side 4
}",
        expect![[r#"
              %3 = load.i64 %1, scale 1, elems
            ;                   ^^^^^^^^^^^^^^ `load` has no index to scale
              %5 = load_elem.i64 %1, %2, scale 5, #1
            ;                            ^^^^^^^^^^^ the interface has no class #1
            ;                            ^^^^^^^^^^^ an index is scaled by 4 bits at most
              call @#5(%5)
            ;      ^^^ the interface has no helper #5
              call @#6(%8)
            ;      ^^^ the interface has no helper #6
            ;          ^^ %8 is not defined before
            ; 6 errors"#]],
    );
}
