//! Errors in the words of the reference implementation, taken from lua5.4 (5.4.4); numerals and
//! strings.

use super::ast::{Expr, Statement};
use super::{Number, Text, parse, parse_number};

#[test]
fn errors_are_those_of_lua() {
    let cases = [
        (
            "goto x",
            "t.lua:1: no visible label 'x' for <goto> at line 1",
        ),
        (
            "do goto x end local y ::x:: print(y)",
            "t.lua:1: <goto x> at line 1 jumps into the scope of local 'y'",
        ),
        (
            "goto x local y ::x:: print(y)",
            "t.lua:1: <goto x> at line 1 jumps into the scope of local 'y'",
        ),
        ("break", "t.lua:1: break outside loop at line 1"),
        (
            "local function f() break end",
            "t.lua:1: break outside loop at line 1",
        ),
        (
            "::a:: ::a::",
            "t.lua:1: label 'a' already defined on line 1",
        ),
        (
            "local x <const> = 1 x = 2",
            "t.lua:1: attempt to assign to const variable 'x'",
        ),
        ("local x <foo> = 1", "t.lua:1: unknown attribute 'foo'"),
        ("x = 08x", "t.lua:1: malformed number near '08x'"),
        ("x = \"abc", "t.lua:1: unfinished string near <eof>"),
        ("x = \"abc\\n", "t.lua:1: unfinished string near <eof>"),
        (
            "x = \"\\q\"",
            "t.lua:1: invalid escape sequence near '\"\\q'",
        ),
        (
            "x = \"\\300\"",
            "t.lua:1: decimal escape too large near '\"\\300\"'",
        ),
        (
            "x = \"\\u{110000000}\"",
            "t.lua:1: UTF-8 value too large near '\"\\u{110000000'",
        ),
        (
            "x=\"\\xZZ\"",
            "t.lua:1: hexadecimal digit expected near '\"\\xZ'",
        ),
        (
            "x = [[abc",
            "t.lua:1: unfinished long string (starting at line 1) near <eof>",
        ),
        (
            "x = [=abc",
            "t.lua:1: invalid long string delimiter near '[='",
        ),
        (
            "--[[ abc",
            "t.lua:1: unfinished long comment (starting at line 1) near <eof>",
        ),
        ("x = }", "t.lua:1: unexpected symbol near '}'"),
        ("x = 1 1", "t.lua:1: unexpected symbol near '1'"),
        ("f(", "t.lua:1: unexpected symbol near <eof>"),
        ("(a) = 1", "t.lua:1: syntax error near '='"),
        ("a.b", "t.lua:1: syntax error near <eof>"),
        ("a", "t.lua:1: syntax error near <eof>"),
        ("a b", "t.lua:1: syntax error near 'b'"),
        ("for i do end", "t.lua:1: '=' or 'in' expected near 'do'"),
        ("for 1", "t.lua:1: <name> expected near '1'"),
        ("for a.b=1", "t.lua:1: '=' or 'in' expected near '.'"),
        ("if x", "t.lua:1: 'then' expected near <eof>"),
        ("local function", "t.lua:1: <name> expected near <eof>"),
        ("return 1 2", "t.lua:1: <eof> expected near '2'"),
        (
            "x = ...; local function f() return ... end",
            "t.lua:1: cannot use '...' outside a vararg function near '...'",
        ),
        ("x = @", "t.lua:1: unexpected symbol near '@'"),
        ("x = 3..2", "t.lua:1: malformed number near '3..2'"),
        ("x = 0x", "t.lua:1: malformed number near '0x'"),
        ("x = 1e", "t.lua:1: malformed number near '1e'"),
        ("x = a.1", "t.lua:1: unexpected symbol near '.1'"),
        ("local t = {1, 2", "t.lua:1: '}' expected near <eof>"),
        (
            "x = \"a\\u{zz}\"",
            "t.lua:1: hexadecimal digit expected near '\"a\\u{z'",
        ),
        ("x = \"\\u123\"", "t.lua:1: missing '{' near '\"\\u1'"),
        ("x ~ 1", "t.lua:1: syntax error near '~'"),
        ("x = = 2", "t.lua:1: unexpected symbol near '='"),
        ("goto", "t.lua:1: <name> expected near <eof>"),
        ("::a", "t.lua:1: '::' expected near <eof>"),
        (
            "function f(a,",
            "t.lua:1: <name> or '...' expected near <eof>",
        ),
        ("function f(..., a) end", "t.lua:1: ')' expected near ','"),
        ("function f(a b) end", "t.lua:1: ')' expected near 'b'"),
        ("x = function", "t.lua:1: '(' expected near <eof>"),
        ("for i=1,2,3,4 do end", "t.lua:1: 'do' expected near ','"),
        ("for i=1 do end", "t.lua:1: ',' expected near 'do'"),
        ("repeat", "t.lua:1: 'until' expected near <eof>"),
        ("while true do", "t.lua:1: 'end' expected near <eof>"),
        ("a,b", "t.lua:1: '=' expected near <eof>"),
        ("a,f() = 1", "t.lua:1: syntax error near '='"),
        ("f() = 1", "t.lua:1: syntax error near '='"),
        ("a.b:c = 1", "t.lua:1: function arguments expected near '='"),
        ("\"x\":len()", "t.lua:1: unexpected symbol near '\"x\"'"),
        ("x = #", "t.lua:1: unexpected symbol near <eof>"),
        ("x = not", "t.lua:1: unexpected symbol near <eof>"),
        ("return return", "t.lua:1: unexpected symbol near 'return'"),
        ("x = }", "t.lua:1: unexpected symbol near '}'"),
        ("x = \"a\nb\"", "t.lua:1: unfinished string near '\"a'"),
        ("x = \"\\", "t.lua:1: unfinished string near <eof>"),
        ("x = \"\\1", "t.lua:1: unfinished string near <eof>"),
        (
            "x = \"\\x1",
            "t.lua:1: hexadecimal digit expected near '\"\\x1'",
        ),
        ("x=\"\\u{12", "t.lua:1: missing '}' near '\"\\u{12'"),
        (
            "x = [==[ a\nb",
            "t.lua:2: unfinished long string (starting at line 1) near <eof>",
        ),
        (
            "if x then\n y()",
            "t.lua:2: 'end' expected (to close 'if' at line 1) near <eof>",
        ),
        (
            "f(\n1,\n2",
            "t.lua:3: ')' expected (to close '(' at line 1) near <eof>",
        ),
        (
            "local t = {\n1,\n2",
            "t.lua:3: '}' expected (to close '{' at line 1) near <eof>",
        ),
        (
            "while x do\nif y then end",
            "t.lua:2: 'end' expected (to close 'while' at line 1) near <eof>",
        ),
        (
            "repeat\n x()",
            "t.lua:2: 'until' expected (to close 'repeat' at line 1) near <eof>",
        ),
        (
            "local x <const> = 1; local function f() x = 2 end",
            "t.lua:1: attempt to assign to const variable 'x'",
        ),
        (
            "local x <const> = g; local function f() x = 2 end",
            "t.lua:1: attempt to assign to const variable 'x'",
        ),
        (
            "local x <const> = g; function x() end",
            "t.lua:1: attempt to assign to const variable 'x'",
        ),
        (
            "local x <const> = 3; function x() end",
            "t.lua:1: attempt to assign to const variable 'x'",
        ),
        ("x = 1 .. ", "t.lua:1: unexpected symbol near <eof>"),
        ("x = 0x1p", "t.lua:1: malformed number near '0x1p'"),
        ("x = 0xg", "t.lua:1: malformed number near '0xg'"),
        ("x = 1..2", "t.lua:1: malformed number near '1..2'"),
        ("x=5a", "t.lua:1: malformed number near '5a'"),
        ("x = 1.2.3", "t.lua:1: malformed number near '1.2.3'"),
        ("local a <const", "t.lua:1: '>' expected near <eof>"),
        ("local 1", "t.lua:1: <name> expected near '1'"),
        ("local a.b", "t.lua:1: unexpected symbol near '.'"),
        (
            "x = \"\\u{80000000}\"",
            "t.lua:1: UTF-8 value too large near '\"\\u{80000000'",
        ),
        (
            "repeat if x then goto cont end local y = 1 ::cont:: until y",
            "t.lua:1: <goto cont> at line 1 jumps into the scope of local 'y'",
        ),
        (
            "for i=1,2 do ::a:: ; do ::a:: end end",
            "t.lua:1: label 'a' already defined on line 1",
        ),
        (
            "::a:: do ::a:: end",
            "t.lua:1: label 'a' already defined on line 1",
        ),
        (
            "goto a; do ::a:: end",
            "t.lua:1: no visible label 'a' for <goto> at line 1",
        ),
        (
            "::a:: do local function f() goto a end end",
            "t.lua:1: no visible label 'a' for <goto> at line 1",
        ),
        ("a.b.c", "t.lua:1: syntax error near <eof>"),
        ("a:b", "t.lua:1: function arguments expected near <eof>"),
        ("a:b.c()", "t.lua:1: function arguments expected near '.'"),
        ("x = {1,,2}", "t.lua:1: unexpected symbol near ','"),
        ("x = {;}", "t.lua:1: unexpected symbol near ';'"),
        ("x = {a=}", "t.lua:1: unexpected symbol near '}'"),
        ("x = {[1]}", "t.lua:1: '=' expected near '}'"),
        ("x = {[1=2}", "t.lua:1: ']' expected near '='"),
        ("= 1", "t.lua:1: unexpected symbol near '='"),
        ("x = a and", "t.lua:1: unexpected symbol near <eof>"),
        ("x = 2^", "t.lua:1: unexpected symbol near <eof>"),
        ("x = -", "t.lua:1: unexpected symbol near <eof>"),
        ("x = (1", "t.lua:1: ')' expected near <eof>"),
        ("x = ((1)", "t.lua:1: ')' expected near <eof>"),
        ("x = f(1))", "t.lua:1: unexpected symbol near ')'"),
        ("end", "t.lua:1: <eof> expected near 'end'"),
        ("else", "t.lua:1: <eof> expected near 'else'"),
        ("until x", "t.lua:1: <eof> expected near 'until'"),
        (
            "local function 1() end",
            "t.lua:1: <name> expected near '1'",
        ),
        ("function a.b:c.d() end", "t.lua:1: '(' expected near '.'"),
        ("function a:b:c() end", "t.lua:1: '(' expected near ':'"),
        ("function (a) end", "t.lua:1: <name> expected near '('"),
        ("break = 1", "t.lua:1: unexpected symbol near '='"),
        ("nil = 1", "t.lua:1: unexpected symbol near 'nil'"),
        (
            "x = \"abc\\z\n   def",
            "t.lua:2: unfinished string near <eof>",
        ),
        ("x = \"\\z", "t.lua:1: unfinished string near <eof>"),
        ("\\", "t.lua:1: unexpected symbol near '\\'"),
        ("x = $", "t.lua:1: unexpected symbol near '$'"),
        ("x = `", "t.lua:1: unexpected symbol near '`'"),
        ("x = !y", "t.lua:1: unexpected symbol near '!'"),
        ("x != y", "t.lua:1: syntax error near '!'"),
        (
            "local x = y : z",
            "t.lua:1: function arguments expected near <eof>",
        ),
        ("for a,b do end", "t.lua:1: 'in' expected near 'do'"),
        ("for a,1 in x do end", "t.lua:1: <name> expected near '1'"),
        ("for a in do end", "t.lua:1: unexpected symbol near 'do'"),
        ("goto 1", "t.lua:1: <name> expected near '1'"),
        ("x = 1e+", "t.lua:1: malformed number near '1e+'"),
        ("x = 1e5.2", "t.lua:1: malformed number near '1e5.2'"),
        ("x = 0x.p1", "t.lua:1: malformed number near '0x.p1'"),
        ("x=.", "t.lua:1: unexpected symbol near '.'"),
        ("x = ..", "t.lua:1: unexpected symbol near '..'"),
        ("x = ....", "t.lua:1: unexpected symbol near '.'"),
    ];
    for (source, message) in cases {
        let error = parse(&Text::file(source.as_bytes(), "t.lua")).expect_err(source);
        assert_eq!(error.to_string(), message, "{source}");
    }
}

#[test]
fn what_moonlet_does_not_have_is_said() {
    let error = parse(&Text::file(b"local x <close> = f()", "t.lua")).expect_err("not yet");
    assert_eq!(
        error.to_string(),
        "t.lua:1: Moonlet does not have to-be-closed variables yet"
    );
}

#[test]
fn numerals_are_numbers() {
    let cases = [
        ("0", Some(Number::Int(0))),
        (" -12\n", Some(Number::Int(-12))),
        ("9223372036854775807", Some(Number::Int(i64::MAX))),
        ("9223372036854775808", Some(Number::Float(2f64.powi(63)))),
        ("-9223372036854775808", Some(Number::Int(i64::MIN))),
        ("0xffffffffffffffff", Some(Number::Int(-1))),
        ("0x1ffffffffffffffff", Some(Number::Int(-1))),
        ("0xA.8p1", Some(Number::Float(21.0))),
        ("0x.1", Some(Number::Float(0.0625))),
        ("3.", Some(Number::Float(3.0))),
        (".5e1", Some(Number::Float(5.0))),
        ("0x1p-1074", Some(Number::Float(f64::from_bits(1)))),
        ("", None),
        (".", None),
        ("0x", None),
        ("1e", None),
        ("inf", None),
        ("nan", None),
        ("1_0", None),
        ("1 2", None),
    ];
    for (text, number) in cases {
        assert_eq!(parse_number(text.as_bytes()), number, "{text}");
    }
}

#[test]
fn escapes_stand_for_bytes() {
    let cases: [(&str, &[u8]); 6] = [
        (r#""\a\b\f\n\r\t\v\\\"\'""#, b"\x07\x08\x0c\n\r\t\x0b\\\"'"),
        (
            r#""\65\0661\x43\z
            D""#,
            b"AB1CD",
        ),
        (
            r#""\u{48}\u{20AC}\u{7fffffff}""#,
            b"H\xe2\x82\xac\xfd\xbf\xbf\xbf\xbf\xbf",
        ),
        ("'a\\\r\nb'", b"a\nb"),
        ("[[\r\nx\n\ry]]", b"x\ny"),
        ("[==[]]]=]==]", b"]]]="),
    ];
    for (source, bytes) in cases {
        let program = parse(&Text::file(format!("f({source})").as_bytes(), "t.lua")).expect(source);
        let [Statement::Call(call)] = &program.main.body.statements[..] else {
            panic!("{source} is another statement");
        };
        let [Expr::Str(found)] = &call.args[..] else {
            panic!("{source} is another expression");
        };
        assert_eq!(&**found, bytes, "{source}");
    }
}
