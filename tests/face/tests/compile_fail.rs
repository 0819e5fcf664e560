//! What the types of the two phases forbid: each program must not compile, for the stated reason.

#[test]
fn the_two_phases_hold() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/an_instruction.rs");
    cases.compile_fail("fail/*.rs");
}
