//! A language of some fifty instructions: what the write-once layer must carry.
//!
//! Values are tagged; functions call each other, capture, tail call and return several values;
//! tables have shapes and metatables; helpers fail, run the program and push frames. It exists to
//! be run in every way there is, with the same result.
#![expect(
    unsafe_code,
    reason = "the two promises an embedder makes: layout and objects"
)]

mod arithmetic;
mod calls;
pub mod hand;
pub mod host;
pub mod instruction;
pub mod programs;
mod tables;

use host::{BOOL, FLOAT, Host, INT, NIL};
use instruction::{Instr, Slot};
use offramp::{Done, Layout, Machine, Object, Op, Payloads, Pc, Program, Reference};

/// A program: the code of all functions, and where each begins.
#[derive(Clone, Debug, Default)]
pub struct Larger {
    /// The code of all functions.
    pub code: Vec<Instr>,
    /// Where each function begins.
    pub entries: Vec<Pc>,
}

impl Larger {
    /// Where a function begins.
    #[inline(always)]
    pub fn entry(&self, function: u32) -> Pc {
        self.entries[function as usize]
    }

    /// The pseudo-instruction that goes on with instruction `pc` when what it called returned.
    #[inline(always)]
    fn continuation(&self, pc: Pc) -> Pc {
        pc + self.code.len() as Pc
    }
}

/// Two words per value.
#[derive(Debug)]
pub enum Values {}

// SAFETY: only tables and closures have reference payloads, and words of values are written as
// whole values only.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const CLASSES: &'static [&'static str] = host::CLASSES;
    const PAYLOADS: Payloads = Payloads::INTEGERS
        .floats(&[FLOAT])
        .references(&[host::TABLE, host::CLOSURE]);
}

/// The reference to an object that the host keeps.
fn refer<T: Object>(object: &T) -> Reference<T> {
    // SAFETY: hosts keep all their objects, and outlive the runs they are made for.
    unsafe { Reference::to_live(object) }
}

/// A value.
pub type Tagged = offramp::Tagged<Values>;

/// Words of a frame: the largest window and what lies behind it.
pub const FRAME: u16 = 128;

/// Where calls that no window was written for put theirs.
const SCRATCH: Slot = 48;

#[inline(always)]
fn word(slot: Slot) -> u16 {
    slot * 2
}

impl Program for Larger {
    type Host = Host;
    type Layout = Values;
    type Answer = Tagged;
    type Error = offramp::Failure;

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        let Some(&instr) = self.code.get(pc as usize) else {
            return calls::go_on(self, m, pc);
        };
        match instr {
            Instr::Nil(a) => {
                let nil = m.int_value(NIL, m.constant(0));
                m.commit().set_value(word(a), nil).next()
            }
            Instr::Bool(a, truth) => {
                let truth = m.int_value(BOOL, m.constant(i64::from(truth)));
                m.commit().set_value(word(a), truth).next()
            }
            Instr::Int(a, value) => {
                let value = m.int_value(INT, m.constant(value));
                m.commit().set_value(word(a), value).next()
            }
            Instr::Float(a, value) => {
                let value = m.float_value(FLOAT, m.float_constant(value));
                m.commit().set_value(word(a), value).next()
            }
            Instr::Copy(a, b) => {
                let value = m.value(word(b));
                m.commit().set_value(word(a), value).next()
            }
            Instr::Add(a, b, c) => arithmetic::add(self, m, pc, a, b, c),
            Instr::Sub(a, b, c) => arithmetic::sub(m, a, b, c),
            Instr::Mul(a, b, c) => arithmetic::mul(m, a, b, c),
            Instr::Div(a, b, c) => arithmetic::div(m, a, b, c),
            Instr::FloorDiv(a, b, c) => {
                arithmetic::ints(m, a, b, c, |m, b, c| m.floor_div_checked(b, c))
            }
            Instr::Mod(a, b, c) => {
                arithmetic::ints(m, a, b, c, |m, b, c| m.floor_rem_checked(b, c))
            }
            Instr::Neg(a, b) => arithmetic::neg(m, a, b),
            Instr::And(a, b, c) => arithmetic::ints(m, a, b, c, |m, b, c| Some(m.and(b, c))),
            Instr::Or(a, b, c) => arithmetic::ints(m, a, b, c, |m, b, c| Some(m.or(b, c))),
            Instr::Xor(a, b, c) => arithmetic::ints(m, a, b, c, |m, b, c| Some(m.xor(b, c))),
            Instr::Shl(a, b, c) => arithmetic::ints(m, a, b, c, |m, b, c| Some(m.shl(b, c))),
            Instr::Shr(a, b, c) => arithmetic::ints(m, a, b, c, |m, b, c| Some(m.shr(b, c))),
            Instr::Not(a, b) => arithmetic::ints(m, a, b, b, |m, b, _| Some(m.not(b))),
            Instr::Max(a, b, c) => {
                arithmetic::ints(m, a, b, c, |m, b, c| Some(m.select(m.less(b, c), c, b)))
            }
            Instr::ToFloat(a, b) => arithmetic::to_float(m, a, b),
            Instr::ToInt(a, b) => arithmetic::to_int(m, a, b),
            Instr::Jump(target) => m.commit().jump(target),
            Instr::Loop(target) => m.commit().loop_to(target),
            Instr::JumpIfLess(a, b, target) => arithmetic::jump_if_less(self, m, pc, a, b, target),
            Instr::JumpIfLessEqual(a, b, target) => arithmetic::jump_if_less_equal(m, a, b, target),
            Instr::JumpIfEqual(a, b, target) => arithmetic::jump_if_equal(m, a, b, target),
            Instr::JumpIfFalse(a, target) => {
                let value = m.value(word(a));
                if !calls::is_true(&*m, value) {
                    return m.commit().jump(target);
                }
                m.commit().next()
            }
            Instr::LoopIfLess(a, b, target) => {
                let (x, y) = (m.value(word(a)), m.value(word(b)));
                if m.promote(m.tag(x)) != INT || m.promote(m.tag(y)) != INT {
                    return arithmetic::wrong(m, a);
                }
                if m.is_less(m.payload(x), m.payload(y)) {
                    return m.commit().loop_to(target);
                }
                m.commit().next()
            }
            Instr::ForLoop(a, b, target) => arithmetic::for_loop(m, a, b, target),
            Instr::NewTable(a) => m.commit().call_into(word(a), host::NEW_TABLE, ()),
            Instr::GetField(a, b, key) => tables::get_field(m, a, b, key),
            Instr::SetField(a, key, b) => tables::set_field(m, a, key, b),
            Instr::GetIndex(a, b, c) => tables::get_index(m, a, b, c),
            Instr::SetIndex(a, b, c) => tables::set_index(m, a, b, c),
            Instr::Append(a, b) => tables::append(m, a, b),
            Instr::Length(a, b) => tables::length(m, a, b),
            Instr::SetMeta(a, b) => tables::set_meta(m, a, b),
            Instr::Closure(a, function, b) => {
                let captured = m.value(word(b));
                let function = m.constant(i64::from(function));
                m.commit()
                    .call_into(word(a), host::NEW_CLOSURE, (function, captured))
            }
            Instr::Captured(a, b) => tables::captured(m, a, b),
            Instr::SetCaptured(a, b) => tables::set_captured(m, a, b),
            Instr::Call(window) => calls::call(self, m, pc, window),
            Instr::TailCall(a) => calls::tail_call(self, m, a),
            Instr::Shift(slots) => {
                let link = m.link();
                if !m.has_room(word(slots) + FRAME) {
                    return m.commit().fail(calls::OVERFLOW);
                }
                m.commit().shift(link, word(slots)).next()
            }
            Instr::Return(a) => {
                let value = m.value(word(a));
                calls::give(m, value, 0)
            }
            Instr::ReturnShifted(a, slots) => {
                let value = m.value(word(a));
                calls::give(m, value, word(slots))
            }
            Instr::ReturnTwo(a, b) => calls::return_two(m, a, b),
            Instr::Print(a) => {
                let value = m.value(word(a));
                m.commit()
                    .call(host::PRINT, (value,), |called, ()| called.next())
            }
            Instr::Repeat(window, times) => {
                let (at, times) = (
                    m.constant(i64::from(word(window))),
                    m.constant(times.into()),
                );
                m.commit()
                    .call_into(word(window), host::REPEAT, (at, times))
            }
            Instr::Invoke(window) => {
                let at = m.constant(i64::from(word(window)));
                m.commit()
                    .call_outcome(host::INVOKE, (at,), |called, answer| {
                        called.set_value(word(window), answer).next()
                    })
            }
            Instr::Fail => arithmetic::wrong(m, 0),
            Instr::BuiltinFloor => calls::floor(m),
            Instr::BuiltinSqrt => calls::sqrt(m),
            Instr::Halt(a) => {
                let value = m.value(word(a));
                m.commit().finish(value)
            }
        }
    }
}
