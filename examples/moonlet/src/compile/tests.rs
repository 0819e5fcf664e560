//! What programs compile to, and that what they compile to is valid.

use super::check::check;
use super::compile;
use crate::bytecode::{Chunk, Instr};
use crate::names::describe;
use expect_test::{Expect, expect};

fn compiled(source: &str) -> Chunk {
    let chunk = compile(source.as_bytes(), "t.lua").expect("it is a program");
    let complaints = check(&chunk);
    assert!(
        complaints.is_empty(),
        "{complaints:#?}\n{}",
        chunk.listing()
    );
    chunk
}

fn lists(source: &str, expected: Expect) {
    expected.assert_eq(&compiled(source).listing());
}

#[test]
fn calls_are_made_in_place() {
    lists(
        "local f, t\nlocal x = f(1, t.a)\nx = f(x)\nprint(f(t:m(x)))",
        expect![[r#"
            main t.lua: 0+ parameters, 14 slots
                0 [0] Variadic
                1 [1] LoadNil                r3 2
                2 [2] Move                   r6 r3
                3 [2] LoadInt                r7 1
                4 [2] GetField               r8 r4 k0  ; "a"
                5 [2] Call                   r5 2 1
                6 [3] Move                   r7 r3
                7 [3] Move                   r8 r5
                8 [3] Call                   r6 1 1
                9 [3] Move                   r5 r6
               10 [4] GetGlobal              r7 k1  ; "print"
               11 [4] Move                   r9 r3
               12 [4] Method                 r10 r4 k2  ; "m"
               13 [4] Move                   r13 r5
               14 [4] Call                   r10 2 open end in r2
               15 [4] Call                   r8 open open end in r2
               16 [4] Call                   r6 open 0 end in r2
               17 [4] Return0
        "#]],
    );
}

#[test]
fn conditions_are_jumps() {
    lists(
        "local a, b, t\nif a < b and not (t.x or b >= 3) then a = 1 elseif a == nil then a = 2 else a = 3 end",
        expect![[r#"
            main t.lua: 0+ parameters, 6 slots
                0 [0] Variadic
                1 [1] LoadNil                r2 3
                2 [2] JumpNotLess            r2 r3 to 8
                3 [2] GetField               r5 r4 k0  ; "x"
                4 [2] JumpIf                 r5 to 8
                5 [2] JumpGreaterEqConst     r3 k1 to 8  ; 3
                6 [2] LoadInt                r2 1
                7 [2] Jump                   to 12
                8 [2] JumpNotEqConst         r2 k2 to 11  ; nil
                9 [2] LoadInt                r2 2
               10 [2] Jump                   to 12
               11 [2] LoadInt                r2 3
               12 [2] Return0
        "#]],
    );
}

#[test]
fn choices_are_made_in_the_target() {
    lists(
        "local a, b = ...\na = a or b and 1\nlocal c = a < b\nb = c and {b} or nil",
        expect![[r#"
            main t.lua: 0+ parameters, 7 slots
                0 [0] Variadic
                1 [1] Vararg                 r2 2
                2 [2] JumpIf                 r2 to 6
                3 [2] Move                   r2 r3
                4 [2] JumpIfNot              r2 to 6
                5 [2] LoadInt                r2 1
                6 [3] JumpNotLess            r2 r3 to 9
                7 [3] LoadBool               r4 true
                8 [3] Jump                   to 10
                9 [3] LoadBool               r4 false
               10 [4] JumpIfNot              r4 to 15
               11 [4] NewTable               r5 1 0
               12 [4] Move                   r6 r3
               13 [4] SetList                r5 1 1
               14 [4] JumpIf                 r5 to 16
               15 [4] LoadNil                r5 1
               16 [4] Move                   r3 r5
               17 [4] Return0
        "#]],
    );
}

#[test]
fn assigned_captured_variables_are_cells() {
    lists(
        "local n, k = 0, 1\nlocal function f(x) n = n + k; return function() return f, x, n end end\nreturn f",
        expect![[r#"
            main t.lua: 0+ parameters, 5 slots
                0 [0] Variadic
                1 [1] LoadInt                r2 0
                2 [1] LoadInt                r3 1
                3 [1] NewCell                r2
                4 [2] Closure                r4 1
                5 [3] Return1                r4
                6 [3] Return0

            function 1 <t.lua:2>: 1 parameters, 4 slots, captures n of slot 2, captures k of slot 3
                7 [2] GetUpvalueCell         r2 0  ; n
                8 [2] GetUpvalue             r3 1  ; k
                9 [2] Add                    r2 r2 r3
               10 [2] SetUpvalueCell         0 r2  ; n
               11 [2] Closure                r2 2
               12 [2] Return1                r2
               13 [2] Return0

            function 2 <t.lua:2>: 0 parameters, 4 slots, captures f of slot 0, captures x of slot 1, captures n of upvalue 0
               14 [2] GetUpvalue             r1 0  ; f
               15 [2] GetUpvalue             r2 1  ; x
               16 [2] GetUpvalueCell         r3 2  ; n
               17 [2] Return                 r1 3
               18 [2] Return0
        "#]],
    );
}

#[test]
fn loops_go_back_by_loop_instructions() {
    lists(
        "for i = 1, 3 do i = i * 2 end\nfor k, v in next, {} do if v then break end end\nwhile x do y() end\nrepeat local z = g() until z > 1\n::top:: goto top",
        expect![[r#"
            main t.lua: 0+ parameters, 10 slots
                0 [0] Variadic
                1 [1] LoadInt                r4 1
                2 [1] LoadInt                r2 3
                3 [1] LoadInt                r3 1
                4 [1] ForPrep                r2 to 8
                5 [1] Move                   r5 r4
                6 [1] MulConst               r5 r5 k0  ; 2
                7 [1] ForLoop                r2 to 5
                8 [2] GetGlobal              r2 k1  ; "next"
                9 [2] NewTable               r3 0 0
               10 [2] LoadNil                r4 2
               11 [2] Jump                   to 13
               12 [2] JumpIf                 r7 to 15
               13 [2] ForCall                r2 2
               14 [2] ForNext                r2 to 12
               15 [3] GetGlobal              r2 k2  ; "x"
               16 [3] JumpIfNot              r2 to 20
               17 [3] GetGlobal              r3 k3  ; "y"
               18 [3] Call                   r2 0 0
               19 [3] Loop                   to 15
               20 [4] GetGlobal              r3 k4  ; "g"
               21 [4] Call                   r2 0 1
               22 [4] JumpGreaterConst       r2 k5 to 24  ; 1
               23 [4] Loop                   to 20
               24 [5] Loop                   to 24
               25 [5] Return0
        "#]],
    );
}

#[test]
fn assignments_keep_what_they_still_read() {
    lists(
        "local a, b, t = 1, 2, {}\na, b = b, a\nt[a], a = a, t\na = {a}\nt.x, t[1], y = f()",
        expect![[r#"
            main t.lua: 0+ parameters, 8 slots
                0 [0] Variadic
                1 [1] LoadInt                r2 1
                2 [1] LoadInt                r3 2
                3 [1] NewTable               r4 0 0
                4 [2] Move                   r5 r3
                5 [2] Move                   r3 r2
                6 [2] Move                   r2 r5
                7 [3] Move                   r5 r2
                8 [3] Move                   r6 r2
                9 [3] Move                   r2 r4
               10 [3] SetIndex               r4 r5 r6
               11 [4] NewTable               r5 1 0
               12 [4] Move                   r6 r2
               13 [4] SetList                r5 1 1
               14 [4] Move                   r2 r5
               15 [5] GetGlobal              r6 k2  ; "f"
               16 [5] Call                   r5 0 3
               17 [5] SetGlobal              r7 k1  ; "y"
               18 [5] SetItem                r4 1 r6
               19 [5] SetField               r4 k0 r5  ; "x"
               20 [5] Return0
        "#]],
    );
}

#[test]
fn tables_are_filled_in_batches() {
    lists(
        "local t = {1, x = 2, [3] = 4, [y] = 5, ...}",
        expect![[r#"
        main t.lua: 0+ parameters, 7 slots
            0 [0] Variadic
            1 [1] NewTable               r3 2 3
            2 [1] LoadInt                r4 1
            3 [1] LoadInt                r5 2
            4 [1] SetField               r3 k0 r5  ; "x"
            5 [1] LoadInt                r5 4
            6 [1] SetItem                r3 3 r5
            7 [1] GetGlobal              r5 k1  ; "y"
            8 [1] LoadInt                r6 5
            9 [1] SetIndex               r3 r5 r6
           10 [1] Vararg                 r5 open end in r2
           11 [1] SetList                r3 open 1 end in r2
           12 [1] Return0
    "#]],
    );
    let many = format!("local t = {{{}}}", "0,".repeat(120));
    let chunk = compiled(&many);
    assert_eq!(chunk.prototypes[0].slots, 53);
}

#[test]
fn numerals_are_operands_or_folded() {
    lists(
        "local x, N <const> = ..., 2 * 3\nreturn x + N, 1 - x, 2 * x, x // -1, 1 // 0, -0.0, x .. 1 .. \"s\", x & 7, not 1",
        expect![[r#"
            main t.lua: 0+ parameters, 12 slots
                0 [0] Variadic
                1 [1] Vararg                 r2 1
                2 [2] AddConst               r3 r2 k0  ; 6
                3 [2] LoadInt                r4 1
                4 [2] Sub                    r4 r4 r2
                5 [2] ConstMul               r5 r2 k1  ; 2
                6 [2] FloorDivConst          r6 r2 k2  ; -1
                7 [2] LoadInt                r7 1
                8 [2] FloorDivConst          r7 r7 k3  ; 0
                9 [2] LoadConst              r8 k4  ; 0.0
               10 [2] Neg                    r8 r8
               11 [2] Move                   r9 r2
               12 [2] LoadInt                r10 1
               13 [2] LoadConst              r11 k5  ; "s"
               14 [2] Concat                 r9 r9 3
               15 [2] LoadInt                r10 7
               16 [2] BitAnd                 r10 r2 r10
               17 [2] LoadBool               r11 false
               18 [2] Return                 r3 9
               19 [2] Return0
        "#]],
    );
}

#[test]
fn returns_of_calls_are_tail_calls() {
    lists(
        "local function f(n, ...) if n then return f(n - 1, ...) end return (f()), ... end",
        expect![[r#"
            main t.lua: 0+ parameters, 3 slots
                0 [0] Variadic
                1 [1] Closure                r2 1
                2 [1] Return0

            function 1 <t.lua:1>: 1+ parameters, 8 slots
                3 [1] Variadic
                4 [1] JumpIfNot              r2 to 10
                5 [1] Move                   r5 r0
                6 [1] SubConst               r6 r2 k0  ; 1
                7 [1] Vararg                 r7 open end in r3
                8 [1] TailCall               r4 open end in r3
                9 [1] Return                 r4 open end in r3
               10 [1] Move                   r5 r0
               11 [1] Call                   r4 0 1
               12 [1] Vararg                 r5 open end in r3
               13 [1] Return                 r4 open end in r3
               14 [1] Return0
        "#]],
    );
}

/// Programs that only have to be valid.
#[test]
fn chunks_are_valid() {
    for source in [
        "",
        "#!/usr/bin/moonlet\nreturn",
        "goto e; do local x; f = function() x = 1 end end ::e::",
        "for i = 1, 2 do for j = i, 2 do if i == j then goto next end f(i) ::next:: end end",
        "local a <const> = f() return function() return a end",
        "return f(g(h(...)), (...)), {...}, {f()}, {f(), nil}",
        "local t = {f = function(self, ...) return self, select('#', ...) end} t:f(t.f(t:f()))",
        "local function a() return b() end local function b() return a() end a = nil",
        "a.b.c[d.e][1], f().x = 1; g{h'i'}:j[[k]]",
        "while true do if x then break elseif y then goto z end end ::z:: repeat until true",
        "return -x ^ 2, not x == y, #x .. y, ~x | y ~ z & 1 << 2 >> 3",
        "local x; x = x and x.y or x; x = (x or y) and x; x = {x = x}; x = not (x and y)",
        "for a, b, c, d, e in f, g, h do a, b = b, a; k = function() return a, e end end",
        "local x for i = 1, 3 do local y = i; x = function() y = y + 1 return i end end",
        "if nil then x() elseif 1 then y() end while false do end return nil and 1 or 2",
        "f(nil, true, false, 1, 1.5, 'x', 0x7fffffffffffffff, -2147483649, 1e300)",
    ] {
        compiled(source);
    }
}

#[test]
fn limits_are_errors() {
    let names = |count: usize| {
        (0..count)
            .map(|n| format!("v{n}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let message = |source: String| {
        compile(source.as_bytes(), "t.lua")
            .expect_err("too much")
            .message
    };
    expect!["t.lua:1: too many local variables (limit is 200) in main function near <eof>"]
        .assert_eq(&message(format!("local {}", names(201))));
    expect!["t.lua:1: function or expression needs too many registers"]
        .assert_eq(&message(format!("f({})", names(260))));
    expect!["t.lua:1: expression is too deep near '+'"]
        .assert_eq(&message(format!("x = a{}", " + a".repeat(2000))));
    expect!["C stack overflow"].assert_eq(&message("(".repeat(300)));
    compiled(&format!("local {}\nreturn {}", names(200), names(40)));
}

#[test]
fn operands_have_names() {
    let name = |source: &str, part: &str, slot: fn(&str) -> u8| {
        let chunk = compiled(source);
        let pc = chunk
            .code
            .iter()
            .position(|instr| instr.to_string().starts_with(part));
        let pc = pc.expect("there is such an instruction");
        let text = chunk.code[pc].to_string();
        describe(&chunk, pc as u32, slot(&text)).map(|(kind, name)| format!("{kind} '{name}'"))
    };
    fn first(text: &str) -> u8 {
        text.split_whitespace().nth(1).expect("an operand")[1..]
            .parse()
            .expect("a slot")
    }
    fn second(text: &str) -> u8 {
        text.split_whitespace().nth(2).expect("an operand")[1..]
            .parse()
            .expect("a slot")
    }
    fn callee(text: &str) -> u8 {
        first(text) + 1
    }
    assert_eq!(name("f()", "Call", callee).as_deref(), Some("global 'f'"));
    assert_eq!(
        name("local t t.x()", "Call", callee).as_deref(),
        Some("field 'x'")
    );
    assert_eq!(
        name("local t t:x()", "Call", callee).as_deref(),
        Some("method 'x'")
    );
    assert_eq!(
        name("local t t()", "Call", callee).as_deref(),
        Some("local 't'")
    );
    assert_eq!(
        name("('x')()", "Call", callee).as_deref(),
        Some("constant 'x'")
    );
    assert_eq!(name("(a or b)()", "Call", callee), None);
    assert_eq!(
        name("local t; t = t + 1", "AddConst", second).as_deref(),
        Some("local 't'")
    );
    assert_eq!(
        name("for k in 1 do end", "ForCall", first).as_deref(),
        Some("for iterator 'for iterator'")
    );
    let upvalue = "local u; function f() return u.x end";
    assert_eq!(
        name(upvalue, "GetField", second).as_deref(),
        Some("upvalue 'u'")
    );
    let itself = "local function f() return f.x end";
    assert_eq!(
        name(itself, "GetField", second).as_deref(),
        Some("upvalue 'f'")
    );
    let cell = "local c; function f() c = 1 end; c.x = 1";
    assert_eq!(name(cell, "SetField", first).as_deref(), Some("local 'c'"));
}

/// The fields that a table is made with room for.
fn room(source: &str) -> Vec<u8> {
    let chunk = compile(source.as_bytes(), "room").expect("it is Lua");
    let code = chunk.code.iter();
    code.filter_map(|instr| match instr {
        Instr::NewTable(_, _, fields) => Some(*fields),
        _ => None,
    })
    .collect()
}

#[test]
fn tables_have_room_for_the_fields_they_get_next() {
    assert_eq!(room("local t = {} t.x = 1 t.y = 2 t.x = 3"), [2]);
    assert_eq!(room("local t = {x = 0} t.x, t.y = 1, 2"), [2]);
    assert_eq!(
        room("local t = setmetatable({}, m) print(t) function t.f() end"),
        [1]
    );
    assert_eq!(
        room("local t = {{}, f = {}} t.x = {} local u = {} t.y = u"),
        [3, 0, 0, 0, 0]
    );
    assert_eq!(room("local t, u = {}, {} t.x = 1"), [0, 0]);
    assert_eq!(
        room("local t = {} if a then t.x = 1 end t[1] = 2 t.y.z = 3"),
        [0]
    );
}
