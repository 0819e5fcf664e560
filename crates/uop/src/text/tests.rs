//! Round trips and parse errors.

use super::*;
use crate::{Builder, ContractId, ExitKind, ExitState, Interface, Trace, Value, Word};
use expect_test::{Expect, expect};

/// A source that uses every construct, as the printer writes it.
const EVERYTHING: &str = r#"interface {
  group 2
  class elems
  class "all"
  helper @print(i64, ref) -> i64 { reads elems, writes all, collects, fails }
  helper @math.floor(f64) -> f64 { pure }
  helper @"odd name"() { worst, transfers }
  helper @peek(ref) -> ref { reads elems "all", reads_frames, writes_frames, reenters }
}

trace "all of \"it\"" at 4 takes { w-1 = i64 -7, w2 = f64 0x7ff8000000000001, w3: f64 } refs { r0 = 0x1000, r1 = 0x2000 } {
  start
  %1 = param.f64 w3
  at 4
  %3 = const.i64 -9223372036854775808
  %4 = const.f64 -0.0
  %5 = const.f64 1e300
  %6 = const.f64 0xfff0000000000000
  %7 = const.bool true
  %8 = const.ref r1
  %9 = load_word.i64 w-1
  %10 = load.u8 %8, offset -8, elems
  %11 = load_elem.f64 %8, %9, scale 3, offset 16, "all"
  store.i16 %8, %10, "all"
  store_elem.ref %8, %9, %8, elems
  store_word w5, %10
  guard %7 else x0
  %16 = guard_ref %7, %9 else x0
  %17 = call @print(%9, %16) else x1
  call @"odd name"() else x1
  %19 = select.f64 %7, %4, %5
  check_valid else x2
  header %1, %17
  %22 = param.f64 w3
  %23 = param.i64 w6
  %24 = invariant.ref %16
  loop %19, %23
  unreachable
exits:
  x0 = side 4
  x1 = error 4 base +2 { w-1 = %9, w6 = %3 } extras { %4, %5 } contract 0
  x2 = deopt 5 base -2 contract 1
header:
  contract 2 at 6 constants { w-1 = i64 -7, w7 = bool false } short { %9, %16 }
}

trace "continued" at 5 {
  start
  header
  exit to x0
  unreachable
exits:
  x0 = side 6 contract 2
header:
  contract 3 at 5 closed
}
"#;

#[test]
fn printing_what_was_parsed_gives_the_source() {
    let (interface, traces) = parse_file(EVERYTHING).unwrap();
    assert_eq!(print_file(&interface, &traces), EVERYTHING);
    let header = traces[0].header.as_ref().unwrap();
    assert_eq!(traces[1].exits[0].contract, Some(header.contract));
}

#[test]
fn parsing_what_was_printed_gives_the_trace() {
    let (interface, traces) = parse_file(EVERYTHING).unwrap();
    for trace in traces {
        let mut again = parse_trace(&trace.to_string(), &interface).unwrap();
        // Contracts are new identities; everything else is the same.
        if let (Some(new), Some(old)) = (&mut again.header, &trace.header) {
            new.contract = old.contract;
        }
        for (new, old) in again.exits.iter_mut().zip(&trace.exits) {
            assert_eq!(new.contract.is_some(), old.contract.is_some());
            new.contract = old.contract;
        }
        assert_eq!(again, trace);
    }
}

#[test]
fn names_and_layout_are_free() {
    let source = "
        trace \"named\" at 1 takes { w0: i64,
          w1: i64 } {   ; a comment
          start
          %a = param.i64 w0
          %b = param.i64 w1

          %sum = add %a, %b ; another
          store_word w0, %sum
          %100 = const.i64 0x10
          exit to xout
          unreachable
        exits:
          xunused = deopt 0
          xout = side 2 {
            w1 = %100,
          }
        }";
    check_print(
        source,
        expect![[r#"
            trace "named" at 1 takes { w0: i64, w1: i64 } {
              start
              %1 = param.i64 w0
              %2 = param.i64 w1
              %3 = add %1, %2
              store_word w0, %3
              %5 = const.i64 16
              exit to x1
              unreachable
            exits:
              x0 = deopt 0
              x1 = side 2 { w1 = %5 }
            }
        "#]],
    );
}

#[test]
fn malformed_traces_can_be_written() {
    let source = r##"
        trace "malformed" at 0 {
          %0: f64 = add %1
          %1: none = const.i64 4
          call @#3(%0)
          %3 = load.i64 %0, scale 9, #8
          %4: i64 = store_word w0, %0, %1 else x0
          %5 = load_elem.i64 elems
          %6 = const.bool 0x2
        exits:
          x0 = side 4
        }"##;
    let interface = Interface {
        classes: vec!["elems".into()],
        ..Interface::new()
    };
    let trace = parse_trace(source, &interface.into()).unwrap();
    expect![[r#"
        trace "malformed" at 0 {
          %0: f64 = add %1
          const 4
          call @#3(%0)
          %3 = load.i64 %0, scale 9, #8
          %4: i64 = store_word w0, %0, %1 else x0
          %5 = load_elem.i64 elems
          %6 = const.bool 0x2
        exits:
          x0 = side 4
        }
    "#]]
    .assert_eq(&trace.to_string());
}

#[test]
fn doubles_read_back_to_the_same_bits() {
    let patterns = [
        0,
        1,
        0x8000_0000_0000_0000,
        0x7ff0_0000_0000_0000,
        0xfff0_0000_0000_0000,
        0x7ff8_0000_0000_0000,
        0x7ff0_0000_0000_0001,
        0xffff_ffff_ffff_ffff,
        0.1f64.to_bits(),
        f64::MAX.to_bits(),
        f64::MIN_POSITIVE.to_bits(),
        5e-324f64.to_bits(),
        (2f64.powi(63)).to_bits(),
        (0.1f64 + 0.2).to_bits(),
    ];
    for bits in patterns {
        let mut b = Builder::new("double", 0, Interface::new().into());
        let value = b.float(f64::from_bits(bits));
        b.store_word(Word(0), value);
        let trace = b.finish();
        let again = parse_trace(&trace.to_string(), &trace.interface).unwrap();
        assert_eq!(again, trace, "{bits:#x}");
    }
}

#[test]
fn contracts_are_numbered_by_appearance() {
    let mut b = Builder::new("exits", 0, Interface::new().into());
    let [first, second] = [ContractId::fresh(), ContractId::fresh()];
    for contract in [second, first, second] {
        b.exit(ExitState {
            contract: Some(contract),
            ..ExitState::new(ExitKind::Side, 1, 0)
        });
    }
    expect![[r#"
        trace "exits" at 0 {
          start
          unreachable
        exits:
          x0 = side 1 contract 0
          x1 = side 1 contract 1
          x2 = side 1 contract 0
        }
    "#]]
    .assert_eq(&b.finish().to_string());
}

#[test]
fn a_listing_knows_where_its_parts_stand() {
    let (_, traces) = parse_file(EVERYTHING).unwrap();
    let listing = Listing::of(&traces[0]);
    let at = |place| &listing.text()[listing.range(place)];
    assert_eq!(at(Place::Trace), r#""all of \"it\"""#);
    assert_eq!(at(Place::Uop(Value(15))), "guard %7 else x0");
    assert_eq!(at(Place::Result(Value(9))), "%9");
    assert_eq!(at(Place::Op(Value(10))), "load.u8");
    assert_eq!(at(Place::Operand(Value(11), 1)), "%9");
    assert_eq!(
        at(Place::Immediate(Value(11))),
        "scale 3, offset 16, \"all\""
    );
    assert_eq!(at(Place::Through(Value(15))), "x0");
    assert_eq!(at(Place::ExitWord(crate::ExitId(1), 1)), "w6 = %3");
    assert_eq!(at(Place::Extra(crate::ExitId(1), 0)), "%4");
    assert_eq!(at(Place::HeaderConstant(1)), "w7 = bool false");
    assert_eq!(at(Place::Short(1)), "%16");
    assert_eq!(at(Place::EntryWord(2)), "w3: f64");
    // What does not stand there falls back to what it belongs to.
    assert_eq!(at(Place::Operand(Value(15), 7)), "guard %7 else x0");
    let remark: &dyn std::fmt::Display = &"remarks are comments";
    let remarked = listing.with_remarks([(Place::Uop(Value(15)), remark)]);
    parse_trace(&remarked, &traces[0].interface).unwrap();
}

fn check_print(source: &str, expected: Expect) {
    expected.assert_eq(&parse_one(source).to_string());
}

fn parse_one(source: &str) -> Trace {
    parse_file(source).unwrap().1.remove(0)
}

/// Checks the error of a trace whose body is `body`.
fn check_error(body: &str, expected: Expect) {
    let source = format!("interface {{\n  class elems\n}}\ntrace \"t\" at 0 {{\n{body}");
    expected.assert_eq(&parse_file(&source).unwrap_err().to_string());
}

fn check_file_error(source: &str, expected: Expect) {
    expected.assert_eq(&parse_file(source).unwrap_err().to_string());
}

#[test]
fn unknown_op() {
    check_error(
        "  %1 = plus %2, %3\n}",
        expect![[r#"
        line 5, column 8: there is no op `plus`
          %1 = plus %2, %3
               ^^^^"#]],
    );
}

#[test]
fn suffixes() {
    check_error(
        "  %1 = const 5\n}",
        expect![[r#"
        line 5, column 8: `const` needs a suffix: its type
          %1 = const 5
               ^^^^^"#]],
    );
    check_error(
        "  %1 = add.i64 %2, %3\n}",
        expect![[r#"
        line 5, column 8: `add` takes no suffix `i64`
          %1 = add.i64 %2, %3
               ^^^^^^^"#]],
    );
    check_error(
        "  %1 = const.u8 5\n}",
        expect![[r#"
        line 5, column 8: `const` takes no suffix `u8`
          %1 = const.u8 5
               ^^^^^^^^"#]],
    );
}

#[test]
fn names_of_results() {
    check_error(
        "  add %1, %2\n}",
        expect![[r#"
        line 5, column 3: `add` yields a value, which needs a name
          add %1, %2
          ^^^"#]],
    );
    check_error(
        "  %3 = start\n}",
        expect![[r#"
        line 5, column 3: `start` yields no value to name
          %3 = start
          ^^"#]],
    );
    check_error(
        "  %3 = const.i64 1\n  %3 = const.i64 2\n}",
        expect![[r#"
        line 6, column 3: value `%3` is defined twice
          %3 = const.i64 2
          ^^"#]],
    );
}

#[test]
fn undefined_names() {
    check_error(
        "  %1 = neg %2\n}",
        expect![[r#"
        line 5, column 12: value `%2` is not defined
          %1 = neg %2
                   ^^"#]],
    );
    check_error(
        "  exit to x1\nexits:\n  x0 = side 2\n}",
        expect![[r#"
        line 5, column 11: exit `x1` is not defined
          exit to x1
                  ^^"#]],
    );
    check_error(
        "  call @print()\n}",
        expect![[r#"
        line 5, column 9: helper `print` is not defined
          call @print()
                ^^^^^"#]],
    );
    check_error(
        "  %1 = load.i64 %1, lengths\n}",
        expect![[r#"
        line 5, column 21: class `lengths` is not defined
          %1 = load.i64 %1, lengths
                            ^^^^^^^"#]],
    );
    check_error(
        "  start\nexits:\n  x0 = side 2 { w0 = %1 }\n}",
        expect![[r#"
            line 7, column 22: value `%1` is not defined
              x0 = side 2 { w0 = %1 }
                                 ^^"#]],
    );
}

#[test]
fn numbers_that_do_not_fit() {
    check_error(
        "  %1 = const.i64 9223372036854775808\n}",
        expect![[r#"
        line 5, column 18: `9223372036854775808` is not a 64-bit integer
          %1 = const.i64 9223372036854775808
                         ^^^^^^^^^^^^^^^^^^^"#]],
    );
    check_error(
        "  at -1\n}",
        expect![[r#"
        line 5, column 6: `-1` is not a place
          at -1
             ^^"#]],
    );
    check_error(
        "  %1 = const.f64 1.2.3\n}",
        expect![[r#"
        line 5, column 18: `1.2.3` is not a double
          %1 = const.f64 1.2.3
                         ^^^^^"#]],
    );
    check_error(
        "  %1 = load.i64 %1, #256\n}",
        expect![[r#"
        line 5, column 22: `256` is not the index of a class
          %1 = load.i64 %1, #256
                             ^^^"#]],
    );
}

#[test]
fn what_is_expected() {
    check_error(
        "  %1 = const.i64 true\n}",
        expect![[r#"
        line 5, column 18: expected a 64-bit integer, found `true`
          %1 = const.i64 true
                         ^^^^"#]],
    );
    check_error(
        "  %1 = const.bool maybe\n}",
        expect![[r#"
        line 5, column 19: expected `true` or `false`, found `maybe`
          %1 = const.bool maybe
                          ^^^^^"#]],
    );
    check_error(
        "  %1 = load_word.i64 5\n}",
        expect![[r#"
        line 5, column 22: expected a frame word, found `5`
          %1 = load_word.i64 5
                             ^"#]],
    );
    check_error(
        "  %1 = load.i64 %1\n}",
        expect![[r#"
        line 5, column 19: expected `,` and an alias class, found the end of the line
          %1 = load.i64 %1
                          ^"#]],
    );
    check_error(
        "  %1 = add %1,\n}",
        expect![[r#"
        line 5, column 15: expected a value, found the end of the line
          %1 = add %1,
                      ^"#]],
    );
    check_error(
        "  guard %1 to x0\n}",
        expect![[r#"
            line 5, column 12: expected `else` or the end of the line, found `to`
              guard %1 to x0
                       ^^"#]],
    );
    check_error(
        "  start at 4\n}",
        expect![[r#"
        line 5, column 9: expected the end of the line, found `at`
          start at 4
                ^^"#]],
    );
    check_error(
        "  start\n",
        expect![[r#"
        line 6, column 1: expected a uop, found the end of the source

        ^"#]],
    );
    check_error(
        "  start\nexits:\n  x0 = sideways 4\n}",
        expect![[r#"
        line 7, column 8: expected an exit's kind, found `sideways`
          x0 = sideways 4
               ^^^^^^^^"#]],
    );
    check_error(
        "  %1 = const.i64 1\nexits:\n  x0 = side 4 { w0 = %1 w1 = %1 }\n}",
        expect![[r#"
            line 7, column 25: expected `,` or `}`, found `w1`
              x0 = side 4 { w0 = %1 w1 = %1 }
                                    ^^"#]],
    );
    check_file_error(
        "trace t at 0 {}",
        expect![[r#"
        line 1, column 7: expected the trace's name in quotes, found `t`
        trace t at 0 {}
              ^"#]],
    );
    check_file_error(
        "trace \"t\" at 0 takes { w0 } {}",
        expect![[r#"
        line 1, column 27: expected `=`, found `}`
        trace "t" at 0 takes { w0 } {}
                                  ^"#]],
    );
}

#[test]
fn defined_twice() {
    check_error(
        "  start\nexits:\n  x0 = side 4\n  x0 = side 5\n}",
        expect![[r#"
            line 8, column 3: exit `x0` is defined twice
              x0 = side 5
              ^^"#]],
    );
    check_file_error(
        "interface {\n  class a\n  class a\n}",
        expect![[r#"
        line 3, column 9: class `a` is defined twice
          class a
                ^"#]],
    );
    check_file_error(
        "interface {\n  helper @a()\n  helper @a() { pure }\n}",
        expect![[r#"
            line 3, column 11: helper `a` is defined twice
              helper @a() { pure }
                      ^"#]],
    );
}

#[test]
fn other_errors() {
    check_file_error(
        "trace \"t\" at 0 refs { r1 = 0x10 } {}",
        expect![[r#"
        line 1, column 23: references are numbered in order: this is r0
        trace "t" at 0 refs { r1 = 0x10 } {}
                              ^^"#]],
    );
    check_error(
        "  start\nheader:\n  contract 0 at 4\n}",
        expect![[r#"
            line 7, column 3: the trace has no `header` uop
              contract 0 at 4
              ^^^^^^^^"#]],
    );
    check_error(
        "  start ?\n}",
        expect![[r#"
        line 5, column 9: no token begins with '?'
          start ?
                ^"#]],
    );
    check_file_error(
        "trace \"t at 0 {\n}",
        expect![[r#"
        line 1, column 7: the string does not end on its line
        trace "t at 0 {
              ^"#]],
    );
    let classes: String = (0..65).map(|n| format!("  class c{n}\n")).collect();
    check_file_error(
        &format!("interface {{\n{classes}}}"),
        expect![[r#"
        line 66, column 9: an interface has at most 64 classes
          class c64
                ^^^"#]],
    );
    check_file_error(
        "interface {\n  helper @a() { reads #64 }\n}",
        expect![[r#"
        line 2, column 24: an interface has at most 64 classes
          helper @a() { reads #64 }
                               ^^"#]],
    );
    check_file_error(
        "interface {\n  helper @a() { sleeps }\n}",
        expect![[r#"
        line 2, column 17: expected an effect, found `sleeps`
          helper @a() { sleeps }
                        ^^^^^^"#]],
    );
}
