//! What every chunk fulfils: slots are in the frame, constants, functions and upvalues exist,
//! jumps stay in their function and go the way they say, open lists are taken where they are made.

use crate::bytecode::operand::{Operand, Wanted};
use crate::bytecode::{Capture, Chunk, Constant, Instr, Prototype, Slot};
use offramp::Pc;

/// Complaints about a chunk.
pub(super) fn check(chunk: &Chunk) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut next = 0;
    for function in &chunk.prototypes {
        if function.entry != next || function.end <= function.entry {
            complaints.push(format!("function at {} does not follow", function.entry));
        }
        next = function.end;
        for pc in function.entry..function.end {
            let instr = chunk.code[pc as usize];
            for complaint in instruction(chunk, function, pc, instr) {
                complaints.push(format!("{pc} {instr}: {complaint}"));
            }
        }
        let last = chunk.code[function.end as usize - 1];
        if last != Instr::Return0 {
            complaints.push(format!("function at {} ends with {last}", function.entry));
        }
        for local in &function.locals {
            let inside = function.entry <= local.from && local.from <= local.to;
            if !inside || local.to > function.end || local.slot >= function.slots {
                complaints.push(format!("variable {} is elsewhere", local.name));
            }
        }
    }
    if next as usize != chunk.code.len() || chunk.lines.len() != chunk.code.len() {
        complaints.push("code or lines are too long".into());
    }
    complaints
}

fn instruction(chunk: &Chunk, function: &Prototype, pc: Pc, instr: Instr) -> Vec<&'static str> {
    let mut complaints = Vec::new();
    let mut demand = |holds: bool, complaint| {
        if !holds {
            complaints.push(complaint);
        }
    };
    for operand in instr.operands() {
        if let Some(list) = operand.list() {
            let highest = list.highest().max(list.top().map(u16::from));
            demand(
                highest.is_none_or(|slot| slot < function.slots.into()),
                "slot outside the frame",
            );
        }
        match operand {
            Operand::Reads(_) | Operand::Returns(_) | Operand::Needs(_) => {}
            Operand::Writes(list) | Operand::Results(list) => {
                demand(list.first > 0, "the function itself is overwritten");
            }
            Operand::Boxes(slot) => demand(slot > 0, "the function itself is overwritten"),
            Operand::Constant(index, wanted) => {
                let constant = chunk.constants.get(index as usize);
                let fits = constant.is_some_and(|constant| match wanted {
                    Wanted::Any => true,
                    Wanted::Str => matches!(constant, Constant::Str(_)),
                    Wanted::Number => matches!(constant, Constant::Int(_) | Constant::Float(_)),
                });
                demand(fits, "constant of another kind");
            }
            Operand::Upvalue(index) => demand(
                usize::from(index) < function.captures.len(),
                "no such upvalue",
            ),
            Operand::Function(index) => {
                let made = chunk.prototypes.get(index as usize);
                demand(made.is_some(), "no such function");
                let captures = made.map_or(&[][..], |made| &made.captures);
                let exists = |capture: &Capture| match *capture {
                    Capture::Local(slot) => slot < function.slots,
                    Capture::Upvalue(index) => usize::from(index) < function.captures.len(),
                };
                demand(captures.iter().all(exists), "captures what is not there");
            }
            Operand::Target(target) => {
                demand(
                    (function.entry..function.end).contains(&target.to),
                    "jumps out of the function",
                );
                demand(target.is_back == (target.to <= pc), "jumps the wrong way");
            }
        }
    }
    if let Instr::Variadic = instr {
        demand(pc == function.entry && function.variadic, "not the first");
    }
    if let Some((first, top)) = made(instr) {
        demand(
            0 < top && u16::from(top) < first,
            "the length lies in the list",
        );
        let taker = (pc + 1 < function.end).then(|| taken(chunk.code[pc as usize + 1]));
        demand(
            taker == Some(Some(top)),
            "an open list is not taken at once",
        );
    }
    if taken(instr).is_some() {
        let maker = pc
            .checked_sub(1)
            .and_then(|pc| made(chunk.code[pc as usize]));
        demand(maker.is_some(), "takes an open list that was not made");
    }
    complaints
}

/// Where an instruction leaves an open list and its end. A tail call does, for the return of what a
/// builtin returned that follows it.
fn made(instr: Instr) -> Option<(u16, Slot)> {
    instr.operands().find_map(|operand| match operand {
        Operand::Writes(list) | Operand::Results(list) => Some((list.first, list.top()?)),
        _ => None,
    })
}

/// Where an instruction reads an open list's end.
fn taken(instr: Instr) -> Option<Slot> {
    instr.operands().find_map(|operand| match operand {
        Operand::Reads(list) | Operand::Returns(list) => list.top(),
        _ => None,
    })
}

/// Bad bytecode of every kind of operand, and of every effect.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::operand::KINDS;
    use crate::bytecode::{Const, OPEN};
    use crate::compile::compile;

    /// What the check says of a program of which the first instruction that `bad` changes is bad.
    fn complaints(source: &str, bad: impl Fn(Instr) -> Option<Instr>) -> Vec<String> {
        let mut chunk = compile(source.as_bytes(), "t.lua").expect("it is a program");
        assert_eq!(check(&chunk), Vec::<String>::new(), "{source}");
        let changed = chunk.code.iter_mut().find_map(|instr| {
            *instr = bad(*instr)?;
            Some(())
        });
        assert!(changed.is_some(), "there is no such instruction: {source}");
        check(&chunk)
    }

    /// A kind, a program, how an instruction of it becomes a bad one, and what is said of that.
    type Case = (
        &'static str,
        &'static str,
        fn(Instr) -> Option<Instr>,
        &'static str,
    );

    const OUTSIDE: &str = "slot outside the frame";
    const ITSELF: &str = "the function itself is overwritten";
    const CONSTANT: &str = "constant of another kind";
    const PLACE: &str = "jumps out of the function";
    const WAY: &str = "jumps the wrong way";

    /// The index of an integer, in programs that have one as a constant.
    const NUMBER: Const = 0;

    const CASES: &[Case] = &[
        (
            "Read",
            "local a = 1; local b = a",
            |it| match it {
                Instr::Move(a, _) => Some(Instr::Move(a, 200)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Write",
            "local a = 1; local b = a",
            |it| match it {
                Instr::Move(_, b) => Some(Instr::Move(200, b)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Write",
            "local a = 1; local b = a",
            |it| match it {
                Instr::Move(_, b) => Some(Instr::Move(0, b)),
                _ => None,
            },
            ITSELF,
        ),
        (
            "Cell",
            "local a = 1; local function f() a = 2 end",
            |it| match it {
                Instr::NewCell(_) => Some(Instr::NewCell(200)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Cell",
            "local a = 1; local function f() a = 2 end",
            |it| match it {
                Instr::NewCell(_) => Some(Instr::NewCell(0)),
                _ => None,
            },
            ITSELF,
        ),
        // Lists that are read, written, left by a callee and returned; and a slot that is only needed.
        (
            "Base",
            "local a = 'x'; local b = a .. a",
            |it| match it {
                Instr::Concat(a, b, _) => Some(Instr::Concat(a, b, 200)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Base",
            "local a, b",
            |it| match it {
                Instr::LoadNil(a, _) => Some(Instr::LoadNil(a, 200)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Base",
            "local a, b",
            |it| match it {
                Instr::LoadNil(_, n) => Some(Instr::LoadNil(0, n)),
                _ => None,
            },
            ITSELF,
        ),
        (
            "Base",
            "local a = f()",
            |it| match it {
                Instr::Call {
                    args, results, top, ..
                } => Some(Instr::Call {
                    a: 0,
                    args,
                    results,
                    top,
                }),
                _ => None,
            },
            ITSELF,
        ),
        (
            "Base",
            "return 1",
            |it| match it {
                Instr::Return1(_) => Some(Instr::Return1(200)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Base",
            "for k in f do end",
            |it| match it {
                Instr::ForCall(a, n) => Some(Instr::ForCall(a + 1, n)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Base",
            "for i = 1, 2 do end",
            |it| match it {
                Instr::ForPrep(_, to) => Some(Instr::ForPrep(255, to)),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Values",
            "local a = f()",
            |it| match it {
                Instr::Call { a, args, top, .. } => Some(Instr::Call {
                    a,
                    args,
                    results: 200,
                    top,
                }),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Values",
            "local a = f()",
            |it| match it {
                Instr::Call {
                    a, results, top, ..
                } => Some(Instr::Call {
                    a,
                    args: OPEN,
                    results,
                    top,
                }),
                _ => None,
            },
            "takes an open list that was not made",
        ),
        (
            "Values",
            "local a = f()",
            |it| match it {
                Instr::Call { a, args, .. } => Some(Instr::Call {
                    a,
                    args,
                    results: OPEN,
                    top: 1,
                }),
                _ => None,
            },
            "an open list is not taken at once",
        ),
        (
            "End",
            "return f(g())",
            |it| match it {
                Instr::Call {
                    a,
                    args,
                    results: OPEN,
                    ..
                } => Some(Instr::Call {
                    a,
                    args,
                    results: OPEN,
                    top: a,
                }),
                _ => None,
            },
            "the length lies in the list",
        ),
        (
            "End",
            "f(g())",
            |it| match it {
                Instr::Call {
                    a,
                    args: OPEN,
                    results,
                    ..
                } => Some(Instr::Call {
                    a,
                    args: OPEN,
                    results,
                    top: 200,
                }),
                _ => None,
            },
            OUTSIDE,
        ),
        (
            "Any",
            "local a = 'x'",
            |it| match it {
                Instr::LoadConst(a, _) => Some(Instr::LoadConst(a, 9)),
                _ => None,
            },
            CONSTANT,
        ),
        (
            "Str",
            "local a = 1 + b; local c = b",
            |it| match it {
                Instr::GetGlobal(a, _) => Some(Instr::GetGlobal(a, NUMBER + 1)),
                _ => None,
            },
            CONSTANT,
        ),
        (
            "Number",
            "local a = 1; local b = a + 1; c = 2",
            |it| match it {
                Instr::AddConst(a, b, _) => Some(Instr::AddConst(a, b, NUMBER + 1)),
                _ => None,
            },
            CONSTANT,
        ),
        (
            "Upvalue",
            "local a = 1; local function f() return a end",
            |it| match it {
                Instr::GetUpvalue(a, _) => Some(Instr::GetUpvalue(a, 1)),
                _ => None,
            },
            "no such upvalue",
        ),
        (
            "Function",
            "local function f() end",
            |it| match it {
                Instr::Closure(a, _) => Some(Instr::Closure(a, 2)),
                _ => None,
            },
            "no such function",
        ),
        // The function captures an upvalue, which only the one around it has.
        (
            "Function",
            "local a = 1; local function f() local function g() return a end end",
            |it| match it {
                Instr::Closure(a, 1) => Some(Instr::Closure(a, 2)),
                _ => None,
            },
            "captures what is not there",
        ),
        (
            "Goto",
            "goto l; f(); ::l:: g()",
            |it| match it {
                Instr::Jump(_) => Some(Instr::Jump(99)),
                _ => None,
            },
            PLACE,
        ),
        (
            "Goto",
            "goto l; f(); ::l:: g()",
            |it| match it {
                Instr::Jump(_) => Some(Instr::Jump(0)),
                _ => None,
            },
            WAY,
        ),
        (
            "NearAny",
            "local a; if a == 5 then f() end",
            |it| match it {
                Instr::JumpNotEqConst(a, _, to) => Some(Instr::JumpNotEqConst(a, 99, to)),
                _ => None,
            },
            CONSTANT,
        ),
        (
            "NearNumber",
            "local a; if a < 5 then f() end",
            |it| match it {
                Instr::JumpNotLessConst(a, _, to) => Some(Instr::JumpNotLessConst(a, 99, to)),
                _ => None,
            },
            CONSTANT,
        ),
        (
            "Edge",
            "while true do f() end",
            |it| match it {
                Instr::Loop(to) => Some(Instr::Loop(to + 99)),
                _ => None,
            },
            PLACE,
        ),
        (
            "Edge",
            "while true do f() end g()",
            |it| match it {
                Instr::Loop(to) => Some(Instr::Loop(to + 4)),
                _ => None,
            },
            WAY,
        ),
        (
            "Branch",
            "local a; if a then f() end",
            |it| match it {
                Instr::JumpIfNot(a, _) => Some(Instr::JumpIfNot(a, 0)),
                _ => None,
            },
            WAY,
        ),
        (
            "Branch",
            "local a; if a then f() end",
            |it| match it {
                Instr::JumpIfNot(a, _) => Some(Instr::JumpIfNot(a, 99)),
                _ => None,
            },
            PLACE,
        ),
        (
            "Back",
            "for i = 1, 2 do f() end",
            |it| match it {
                Instr::ForLoop(a, to) => Some(Instr::ForLoop(a, to + 99)),
                _ => None,
            },
            PLACE,
        ),
        (
            "Back",
            "for i = 1, 2 do f() end",
            |it| match it {
                Instr::ForLoop(a, to) => Some(Instr::ForLoop(a, to + 3)),
                _ => None,
            },
            WAY,
        ),
    ];

    #[test]
    fn bad_operands_are_complained_of() {
        for &(kind, source, bad, wanted) in CASES {
            let said = complaints(source, bad);
            let is_said = said.iter().any(|complaint| complaint.ends_with(wanted));
            assert!(is_said, "{kind}, {wanted}: {source}: {said:#?}");
        }
    }

    #[test]
    fn every_kind_has_bad_operands_or_is_a_number() {
        let numbers = ["U8", "U16", "U32", "I32", "Truth"];
        for (kind, _) in KINDS {
            let has_case = CASES.iter().any(|(of, ..)| of == kind);
            assert!(has_case != numbers.contains(kind), "{kind}");
        }
    }
}
