//! Metamethods: the rest of an instruction that cannot do itself what it says.
//!
//! Such an instruction jumps to one of two places of its own, which are instructions to the library:
//! - [`Moonlet::asking`] looks for the metamethod of its operands. What was found is stored behind the
//!   function's slots as a call would have it: number of arguments, callee, arguments.
//! - [`Moonlet::calling`] calls what lies in the frame like that, for calls of objects as well. A function
//!   of the program gets a frame and returns to where the instruction [goes on](go_on). An object with
//!   `__call` becomes the first argument of that, and the place is passed once more.
//!
//! So the cases that instructions do themselves pay for no more than a jump, and there is one copy of all
//! this in the interpreter's loop. Traces record it as they do other instructions: metatables are guarded
//! by shape, metamethods by their tag and prototype.
//!
//! # Slots
//! With `s` for the first slot behind the function's own, what a metamethod returns comes back in `s`, the
//! place of the count. A concatenation keeps there how many of its operands are left, `<=` whether it is
//! the opposite of `<` that was asked, and both use `s + 1`.
//! A call of an object keeps the count in the place of its link.

use super::acts::{self, Arithmetic};
use super::call::{self, MOST, behind, enter_in_place, has_room, tail_in_place, values_behind};
use super::compare::is_true;
use super::field::own;
use super::item::joins;
use super::{MOST_PCALLS, Moonlet, builtins, fault, integer, word};
use crate::bytecode::operand::Side;
use crate::bytecode::{Count, Instr, OPEN, Slot};
use crate::event::Event;
use crate::library::{self, BuiltinId};
use crate::value::Values;
use crate::value::{BUILTIN, FALSE, FILE, FUNCTION, INT, NIL, STRING, TABLE, Table};
use offramp::{Commit, Done, Machine, Op, Pc};

/// What an instruction asks a metamethod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    pub(super) event: Event,
    /// The operands.
    sides: (Side, Side),
    then: Then,
}

/// What an instruction does with the answer.
#[derive(Clone, Copy, Debug)]
enum Then {
    Store(Slot),
    /// Jumps if its truth is `wanted`.
    Jump {
        wanted: bool,
        to: Pc,
    },
    /// It is an operand of the concatenation from this slot on.
    Concat(Slot, Slot),
}

/// What an operator or a comparison asks.
pub(super) fn question(instruction: Instr) -> Option<Question> {
    use Side::{Const as K, Slot as R};
    let store = |operator: Arithmetic, a, x, y| (operator.event(), x, y, Then::Store(a));
    let jump = |event, x, y, wanted, to| (event, x, y, Then::Jump { wanted, to });
    let (event, x, y, then) = match instruction {
        Instr::Add(a, b, c) => store(Arithmetic::Add, a, R(b), R(c)),
        Instr::Sub(a, b, c) => store(Arithmetic::Sub, a, R(b), R(c)),
        Instr::Mul(a, b, c) => store(Arithmetic::Mul, a, R(b), R(c)),
        Instr::Div(a, b, c) => store(Arithmetic::Div, a, R(b), R(c)),
        Instr::Mod(a, b, c) => store(Arithmetic::Mod, a, R(b), R(c)),
        Instr::FloorDiv(a, b, c) => store(Arithmetic::FloorDiv, a, R(b), R(c)),
        Instr::Pow(a, b, c) => store(Arithmetic::Pow, a, R(b), R(c)),
        Instr::BitAnd(a, b, c) => store(Arithmetic::BitAnd, a, R(b), R(c)),
        Instr::BitOr(a, b, c) => store(Arithmetic::BitOr, a, R(b), R(c)),
        Instr::BitXor(a, b, c) => store(Arithmetic::BitXor, a, R(b), R(c)),
        Instr::ShiftLeft(a, b, c) => store(Arithmetic::ShiftLeft, a, R(b), R(c)),
        Instr::ShiftRight(a, b, c) => store(Arithmetic::ShiftRight, a, R(b), R(c)),
        Instr::AddConst(a, b, k) => store(Arithmetic::Add, a, R(b), K(k)),
        Instr::SubConst(a, b, k) => store(Arithmetic::Sub, a, R(b), K(k)),
        Instr::MulConst(a, b, k) => store(Arithmetic::Mul, a, R(b), K(k)),
        Instr::DivConst(a, b, k) => store(Arithmetic::Div, a, R(b), K(k)),
        Instr::ModConst(a, b, k) => store(Arithmetic::Mod, a, R(b), K(k)),
        Instr::FloorDivConst(a, b, k) => store(Arithmetic::FloorDiv, a, R(b), K(k)),
        Instr::PowConst(a, b, k) => store(Arithmetic::Pow, a, R(b), K(k)),
        Instr::ConstAdd(a, b, k) => store(Arithmetic::Add, a, K(k), R(b)),
        Instr::ConstMul(a, b, k) => store(Arithmetic::Mul, a, K(k), R(b)),
        Instr::Neg(a, b) => store(Arithmetic::Neg, a, R(b), R(b)),
        Instr::BitNot(a, b) => store(Arithmetic::BitNot, a, R(b), R(b)),
        Instr::Len(a, b) => (Event::Len, R(b), R(b), Then::Store(a)),
        Instr::Concat(a, b, _) => (Event::Concat, R(b), R(b), Then::Concat(a, b)),
        Instr::JumpEq(a, b, to) => jump(Event::Eq, R(a), R(b), true, to),
        Instr::JumpNotEq(a, b, to) => jump(Event::Eq, R(a), R(b), false, to),
        Instr::JumpLess(a, b, to) => jump(Event::Lt, R(a), R(b), true, to),
        Instr::JumpNotLess(a, b, to) => jump(Event::Lt, R(a), R(b), false, to),
        Instr::JumpLessEq(a, b, to) => jump(Event::Le, R(a), R(b), true, to),
        Instr::JumpNotLessEq(a, b, to) => jump(Event::Le, R(a), R(b), false, to),
        Instr::JumpLessConst(a, k, to) => jump(Event::Lt, R(a), K(k.into()), true, to),
        Instr::JumpNotLessConst(a, k, to) => jump(Event::Lt, R(a), K(k.into()), false, to),
        Instr::JumpLessEqConst(a, k, to) => jump(Event::Le, R(a), K(k.into()), true, to),
        Instr::JumpNotLessEqConst(a, k, to) => jump(Event::Le, R(a), K(k.into()), false, to),
        Instr::JumpGreaterConst(a, k, to) => jump(Event::Lt, K(k.into()), R(a), true, to),
        Instr::JumpNotGreaterConst(a, k, to) => jump(Event::Lt, K(k.into()), R(a), false, to),
        Instr::JumpGreaterEqConst(a, k, to) => jump(Event::Le, K(k.into()), R(a), true, to),
        Instr::JumpNotGreaterEqConst(a, k, to) => jump(Event::Le, K(k.into()), R(a), false, to),
        _ => return None,
    };
    Some(Question {
        event,
        sides: (x, y),
        then,
    })
}

/// A call that a part of an instruction makes: [`call::Site`] of all that may call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The number of arguments lies here, the callee and they behind it; where results come to.
    pub(super) a: u16,
    results: Count,
    top: Slot,
    /// Where the instruction goes on.
    back: Pc,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    TailCall,
    Metamethod,
}

impl Moonlet {
    /// Where the instruction at `pc` calls what is not a function of its own operands.
    pub(super) fn place(&self, pc: Pc) -> Place {
        let place = |a: Slot, results, top, kind| Place {
            a: a.into(),
            results,
            top,
            back: pc + 1,
            kind,
        };
        match self.instr(pc) {
            Instr::Call {
                a, results, top, ..
            } => place(a, results, top, Kind::Call),
            Instr::TailCall { a, top, .. } => place(a, OPEN, top, Kind::TailCall),
            Instr::ForCall(a, results) => place(a + 4, results, 0, Kind::Call),
            instruction => Place {
                a: u16::from(self.scratch(pc)) + u16::from(remembers(instruction)),
                results: 1,
                top: 0,
                back: self.continuation(pc, 1),
                kind: Kind::Metamethod,
            },
        }
    }
}

/// Whether an instruction has to know something more where it goes on.
fn remembers(instruction: Instr) -> bool {
    let event = question(instruction).map(|question| question.event);
    matches!(event, Some(Event::Concat | Event::Le))
}

/// Calls a metamethod that the instruction at `pc` has found, and goes on where that returns to.
#[inline(always)]
pub(super) fn call<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    function: M::Value<Values>,
    args: &[M::Value<Values>],
) -> Done<M> {
    call_from(program, m.commit(), pc, function, args)
}

/// The same after something else.
#[inline(always)]
fn call_from<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    commit: Commit<'_, M>,
    pc: Pc,
    function: M::Value<Values>,
    args: &[M::Value<Values>],
) -> Done<M> {
    let a = program.place(pc).a;
    let given = commit.int_value(INT, commit.constant(args.len() as i64));
    let mut commit = commit
        .set_value(2 * a, given)
        .set_value(2 * a + 2, function);
    for (slot, arg) in (a + 2..).zip(args) {
        commit = commit.set_value(2 * slot, *arg);
    }
    commit.jump(program.calling(pc))
}

/// Calls the object in `R[a+1]` with so many arguments behind it.
#[inline(always)]
pub(super) fn call_object<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    given: i64,
) -> Done<M> {
    let given = integer(&*m, given);
    m.commit()
        .set_value(word(a), given)
        .jump(program.calling(pc))
}

/// What looking for a metamethod came to.
enum Found<V> {
    Handler(V),
    None,
    /// Only a helper knows.
    Elsewhere,
}

#[inline(always)]
fn look<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: &M,
    object: M::Value<Values>,
    event: Event,
) -> Found<M::Value<Values>> {
    let metatable = match m.promote(m.tag(object)) {
        TABLE => match m.expect::<Table>(object) {
            Some(table) => m.expect::<Table>(m.load(table, Table::META)),
            None => None,
        },
        STRING => Some(m.ref_constant(program.string_meta)),
        FILE => Some(m.ref_constant(program.file_meta)),
        _ => None,
    };
    let Some(metatable) = metatable else {
        return Found::None;
    };
    match own(m, metatable, program.names[event]) {
        Some(handler) if m.promote(m.tag(handler)) == NIL => Found::None,
        Some(handler) => Found::Handler(handler),
        None => Found::Elsewhere,
    }
}

#[inline(always)]
fn load<M: Machine<Program = Moonlet>>(program: &Moonlet, m: &M, side: Side) -> M::Value<Values> {
    match side {
        Side::Slot(slot) => m.value(word(slot)),
        Side::Const(k) => m.value_constant(program.constant(k)),
    }
}

/// Looks for the metamethod of the instruction at `pc`.
#[inline(always)]
pub(super) fn ask<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
) -> Done<M> {
    let Some(question) = question(program.instr(pc)) else {
        return fault(m);
    };
    let (event, scratch) = (question.event, word(program.scratch(pc)));
    let (x, y) = match question.then {
        Then::Concat(a, b) => {
            let left = m.promote(m.payload(m.value(scratch)));
            let operand = |index: i64| word(b) + 2 * index as u16;
            let (x, y) = (m.value(operand(left - 2)), m.value(operand(left - 1)));
            if joins(&*m, x) && joins(&*m, y) {
                return join(program, m, pc, (a, b), left);
            }
            (x, y)
        }
        _ => (
            load(program, &*m, question.sides.0),
            load(program, &*m, question.sides.1),
        ),
    };
    let mut handler = None;
    let mut known = true;
    let mut of_x = true;
    match look(program, &*m, x, event) {
        Found::Handler(found) => handler = Some(found),
        Found::None => of_x = false,
        Found::Elsewhere => known = false,
    }
    // Strings leave to the other operand what is none of theirs.
    let mut operator = None;
    if let Some(of_strings) = library::operator(event)
        && m.promote(m.tag(x)) == STRING
        && let Some(found) = handler
        && is_builtin(&*m, found, of_strings)
    {
        operator = Some(of_strings);
        of_x = m.promote(m.tag(y)) != TABLE;
    }
    if known && !of_x {
        match look(program, &*m, y, event) {
            Found::Handler(found) => {
                handler = Some(found);
                operator = None;
            }
            Found::None => {}
            Found::Elsewhere => known = false,
        }
    }
    if known && let Some(found) = handler {
        let mut converts = operator.is_some();
        if let Some(of_strings) = library::operator(event)
            && m.promote(m.tag(y)) == STRING
            && is_builtin(&*m, found, of_strings)
        {
            converts = true;
        }
        if converts && let Then::Store(a) = question.then {
            let operator = m.constant(event as i64);
            return m.commit().call(
                acts::ARITHMETIC,
                (operator, x, y),
                #[inline(always)]
                |called, result| called.set_value(word(a), result).jump(pc + 1),
            );
        }
        let mut commit = m.commit();
        if event == Event::Le {
            let straight = commit.int_value(FALSE, commit.constant(0));
            commit = commit.set_value(scratch, straight);
        }
        return call_from(program, commit, pc, found, &[x, y]);
    }
    if known
        && event == Event::Eq
        && let Then::Jump { wanted, to } = question.then
    {
        let target = if wanted { pc + 1 } else { to };
        return m.commit().jump(target);
    }
    let event = m.constant(event as i64);
    m.commit().call(
        acts::METAMETHOD,
        (event, x, y),
        #[inline(always)]
        |called, ()| called.jump(program.calling(pc)),
    )
}

/// Whether a metamethod is this builtin.
#[inline(always)]
fn is_builtin<M: Machine<Program = Moonlet>>(
    m: &M,
    handler: M::Value<Values>,
    id: BuiltinId,
) -> bool {
    m.promote(m.tag(handler)) == BUILTIN && m.promote(m.payload(handler)) == id as i64
}

/// Joins as many of the last operands of a concatenation as join without a metamethod.
#[inline(always)]
fn join<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    (a, b): (Slot, Slot),
    left: i64,
) -> Done<M> {
    let mut first = left - 2;
    while first > 0 && joins(&*m, m.value(word(b) + 2 * (first - 1) as u16)) {
        first -= 1;
    }
    let scratch = word(program.scratch(pc));
    let args = (m.constant(i64::from(b) + first), m.constant(left - first));
    let left = integer(&*m, first + 1);
    m.commit().call(
        acts::CONCAT_FRAME,
        args,
        #[inline(always)]
        |called, string| {
            let string = called.ref_value(string);
            if first == 0 {
                return called.set_value(word(a), string).jump(pc + 1);
            }
            called
                .set_value(word(b) + 2 * first as u16, string)
                .set_value(scratch, left)
                .jump(program.asking(pc))
        },
    )
}

/// As many objects may be each other's `__call`.
const CHAIN: i64 = 200;

/// Calls what lies in the frame for the instruction at `pc`.
#[inline(always)]
pub(super) fn apply<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
) -> Done<M> {
    let place = program.place(pc);
    let base = place.a + 1;
    let given = m.promote(m.payload(m.value(2 * place.a)));
    let mut callee = m.value(2 * base);
    let mut pcalls = 0;
    if place.kind != Kind::Metamethod {
        // Protected calls that call each other.
        let most = MOST_PCALLS.min(given as u16);
        while pcalls < most
            && m.promote(m.tag(callee)) == BUILTIN
            && m.promote(m.payload(callee)) == BuiltinId::Pcall as i64
        {
            pcalls += 1;
            callee = m.value(2 * (base + pcalls));
        }
    }
    let behind_callee = given - i64::from(pcalls);
    match m.promote(m.tag(callee)) {
        FUNCTION => {
            if place.kind == Kind::TailCall && pcalls == 0 {
                return tail_in_place(program, m, pc, place.a as Slot, callee, given);
            }
            let back = match pcalls {
                0 => place.back,
                _ => program.continuation(pc, pcalls),
            };
            return enter_in_place(program, m, back, base + pcalls, callee, behind_callee);
        }
        BUILTIN => return run(m, place, given),
        _ => {}
    }
    match look(program, &*m, callee, Event::Call) {
        Found::Handler(handler) => {
            let initial = match program.instr(pc) {
                Instr::Call { args, top, a, .. } | Instr::TailCall { args, top, a } => {
                    call::count(&*m, args, top, a + 2)
                }
                _ => 3,
            };
            if given > MOST || given > initial + CHAIN || !has_room(&*m, base, 0, given + 1) {
                return fault(m);
            }
            let args = values_behind(&*m, base + pcalls, 1, behind_callee);
            let given = integer(&*m, given + 1);
            let mut commit = m
                .commit()
                .set_value(2 * place.a, given)
                .set_value(2 * (base + pcalls), handler)
                .set_value(2 * (base + pcalls) + 2, callee);
            for (index, arg) in (2..).zip(&args) {
                commit = commit.set_value(behind(base + pcalls, index), *arg);
            }
            commit.jump(program.calling(pc))
        }
        Found::None if pcalls == 0 => fault(m),
        Found::None => run(m, place, given),
        Found::Elsewhere => {
            let args = (
                m.constant(i64::from(place.a)),
                m.constant(i64::from(pcalls)),
                m.constant(given),
            );
            m.commit().call(
                acts::CALL_OBJECT,
                args,
                #[inline(always)]
                |called, ()| called.jump(program.calling(pc)),
            )
        }
    }
}

/// Calls the builtin that lies in the frame.
#[inline(always)]
fn run<M: Machine<Program = Moonlet>>(m: Op<'_, M>, place: Place, given: i64) -> Done<M> {
    let callee = m.value(2 * (place.a + 1));
    let id = m.promote(m.payload(callee));
    let helper = match builtins::calls(id) {
        true => acts::CALL_CALLING,
        false => acts::CALL,
    };
    let args = (
        m.constant(id),
        m.constant(i64::from(place.a)),
        m.constant(given),
        m.constant(i64::from(place.results)),
        m.constant(i64::from(place.top)),
    );
    m.commit().call(
        helper,
        args,
        #[inline(always)]
        |called, ()| called.jump(place.back),
    )
}

/// Goes on with an instruction whose metamethod has returned.
#[inline(always)]
pub(super) fn go_on<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    instruction: Instr,
) -> Done<M> {
    let result = m.value(2 * program.place(pc).a);
    let scratch = word(program.scratch(pc));
    match question(instruction).map(|question| question.then) {
        Some(Then::Store(a)) => m.commit().set_value(word(a), result).jump(pc + 1),
        Some(Then::Jump { wanted, to }) => {
            let opposite = remembers(instruction) && is_true(&*m, m.value(scratch));
            let holds = is_true(&*m, result) != opposite;
            let target = if holds == wanted { to } else { pc + 1 };
            m.commit().jump(target)
        }
        Some(Then::Concat(a, b)) => {
            let left = m.promote(m.payload(m.value(scratch))) - 1;
            if left == 1 {
                return m.commit().set_value(word(a), result).jump(pc + 1);
            }
            let fewer = integer(&*m, left);
            m.commit()
                .set_value(word(b) + 2 * (left - 1) as u16, result)
                .set_value(scratch, fewer)
                .jump(program.asking(pc))
        }
        // What `__newindex` returns is dropped.
        None => m.commit().jump(pc + 1),
    }
}
