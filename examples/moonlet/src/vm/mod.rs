//! The instructions, each written once over a [`Machine`].
//!
//! [`Moonlet::step`] is the list; what an instruction does is in the file of its kind. Everything
//! generic over the machine is inlined into `step`, and so into the interpreter's loop: a machine
//! whose address is taken would live in memory. What is rare or long is a helper instead
//! (see [`acts`]).
//!
//! # Continuations
//! An instruction that calls a metamethod goes on when that returns: the frame's return pc is
//! [`Moonlet::continuation`], a pseudo-instruction that picks the result up. It comes back in the
//! slot behind the function's own ([`Prototype::slots`]), in the places of a call.
//!
//! A metamethod has to be found first, which is an instruction of its own: [`metamethod`].
//!
//! `pcall` has no frame either. A function that it calls returns to the continuation of the call of
//! `pcall`, which puts `true` before the results. Where `pcall` calls `pcall`, the function at the
//! end of the chain does: an instruction has a continuation for each length of the chain.

mod acts;
mod arithmetic;
mod builtins;
mod call;
mod callback;
mod code;
mod compare;
mod continuation;
mod coroutine;
mod errors;
#[cfg(test)]
mod executed;
mod extras;
mod field;
mod frames;
mod item;
mod loops;
mod metamethod;
mod run;
#[cfg(test)]
mod tests;
mod unwind;
mod upvalue;

pub(crate) use callback::Lua;
pub use errors::Throw;
pub(crate) use errors::compared;
pub(crate) use extras::Extras;
pub(crate) use frames::{Ended, Written};
pub use run::{Ending, Options, Vm, VmError};

use crate::bytecode::{Chunk, Const, Instr, Prototype, Slot};
use crate::event::Names;
use crate::grown::Grown;
use crate::heap::OutOfMemory;
use crate::host::Host;
use crate::value::{self, Due, INT, NOTHING, Str, Table, Tagged, Values};
use code::{Known, Unit};
use offramp::{Done, Machine, Op, Pc, PlaceName, Program, Reference};
use std::rc::Rc;

/// A program ready to run.
#[derive(Debug)]
pub struct Moonlet {
    /// All chunks' instructions, and behind those of each their continuations.
    pub(crate) code: Grown<Instr>,
    /// All chunks' constants as values, each once.
    pub(crate) constants: Grown<Tagged>,
    /// All chunks' functions.
    pub(crate) prototypes: Grown<Prototype>,
    /// The chunks themselves.
    pub(crate) units: Grown<Rc<Unit>>,
    /// How many instructions the first chunk has.
    first: Pc,
    /// What must be known to add to it.
    known: Box<Known>,
    pub(crate) globals: Reference<Table>,
    /// The metatable of strings.
    pub(crate) string_meta: Reference<Table>,
    /// The metatable of files.
    pub(crate) file_meta: Reference<Table>,
    /// Whether it is time to collect.
    pub(crate) due: Reference<Due>,
    /// The metamethods' names.
    pub(crate) names: Names,
    /// `"#"`, which `select` is asked for a count with.
    pub(crate) count: Reference<Str>,
}

/// How many protected calls may call each other. In lua5.4 the next one's function fails with
/// "C stack overflow", whatever it is.
const MOST_PCALLS: u16 = 197;

/// The frame word of a slot.
#[inline(always)]
const fn word(slot: Slot) -> u16 {
    slot as u16 * 2
}

/// The frame word of the `count`-th slot after one. Not added as slots, so that it is a displacement.
#[inline(always)]
const fn word_after(slot: Slot, count: u8) -> u16 {
    word(slot) + word(count)
}

#[inline(always)]
fn nil<M: Machine<Program = Moonlet>>(m: &M) -> M::Value<Values> {
    m.int_value(value::NIL, m.constant(0))
}

/// An integer as a value.
#[inline(always)]
fn integer<M: Machine<Program = Moonlet>>(m: &M, value: i64) -> M::Value<Values> {
    m.int_value(INT, m.constant(value))
}

/// Where an instruction finds an operand: arms of `step` that differ only in that are one line each.
trait Source {
    /// Whether it is a constant, which comparisons load first.
    const IS_CONSTANT: bool;

    fn load<M: Machine<Program = Moonlet>>(self, program: &Moonlet, m: &M) -> M::Value<Values>;
}

/// What a slot holds.
struct R(Slot);

impl Source for R {
    const IS_CONSTANT: bool = false;

    #[inline(always)]
    fn load<M: Machine<Program = Moonlet>>(self, _program: &Moonlet, m: &M) -> M::Value<Values> {
        m.value(word(self.0))
    }
}

/// A constant.
struct K(Const);

impl Source for K {
    const IS_CONSTANT: bool = true;

    #[inline(always)]
    fn load<M: Machine<Program = Moonlet>>(self, program: &Moonlet, m: &M) -> M::Value<Values> {
        m.value_constant(program.constant(self.0))
    }
}

/// Ends the instruction with the error that [`errors::raise`] finds in it.
#[inline(always)]
fn fault<M: Machine<Program = Moonlet>>(m: Op<'_, M>) -> Done<M> {
    m.commit().call(acts::FAULT, (), |called, ()| called.next())
}

impl Moonlet {
    /// The program of a chunk.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn new(chunk: Chunk, host: &mut Host) -> Result<Moonlet, OutOfMemory> {
        let heap = &host.heap;
        let program = Moonlet {
            code: Grown::default(),
            constants: Grown::default(),
            prototypes: Grown::default(),
            units: Grown::default(),
            first: chunk.code.len() as Pc,
            known: Box::default(),
            globals: host.globals,
            string_meta: host.string_meta,
            file_meta: host.files.meta,
            due: heap.due(),
            names: host.names,
            count: heap.string(b"#")?,
        };
        program.append(chunk, host)?;
        Ok(program)
    }

    #[inline(always)]
    fn constant(&self, k: Const) -> Tagged {
        match self.constants.get(k as usize) {
            Some(constant) => *constant,
            None => NOTHING,
        }
    }

    /// A constant that is a key.
    #[inline(always)]
    fn key(&self, k: Const) -> Reference<Str> {
        match self.constant(k).as_reference() {
            Some(key) => key,
            None => self.count,
        }
    }

    /// What an instruction is called that is a part of another.
    fn part(&self, pc: Pc) -> Option<&'static str> {
        match self.code.get(pc as usize) {
            Some(Instr::Ask(_)) => Some("metamethod of"),
            Some(Instr::Apply(_)) => Some("call of"),
            _ => self.continued(pc).map(|_| "after"),
        }
    }

    fn prototype(&self, index: i64) -> &Prototype {
        let prototype = self.prototypes.get(index as usize);
        prototype.expect("functions are made of prototypes that there are")
    }

    /// Everything the collector must keep for the program.
    pub(crate) fn roots(&self) -> impl Iterator<Item = Tagged> + '_ {
        let own = [self.globals, self.string_meta, self.file_meta].map(Tagged::reference);
        let names = self.names.all().chain([self.count]).map(Tagged::reference);
        self.constants
            .items()
            .iter()
            .copied()
            .chain(own)
            .chain(names)
    }
}

impl Program for Moonlet {
    type Host = Host;
    type Layout = Values;
    type Answer = ();
    type Error = Throw;

    fn is_live(&self, pc: Pc, word: u32) -> bool {
        self.reads(pc, word / 2)
    }

    fn outlives(&self, pc: Pc, word: u32) -> bool {
        let code = self.code.get(pc as usize).copied();
        crate::liveness::outlives(code, self.known.most_results.get(), word / 2)
    }

    fn name_of(&self, pc: Pc) -> PlaceName {
        let (unit, at) = self.at(self.instruction(pc));
        let mut name = unit.chunk.name_of(at);
        if let Some(text) = &name.instruction
            && let Some(part) = self.part(pc)
        {
            name.instruction = Some(format!("{part} {text}"));
        }
        name.pc = pc;
        name
    }

    #[inline(always)]
    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, pc: Pc) -> Done<M> {
        let Some(instruction) = self.code.get(pc as usize) else {
            return continuation::go_on_far(self, m, pc);
        };
        #[cfg(test)]
        executed::note(*instruction);
        // Not copied, so that each instruction loads its own operands and no other's.
        match *instruction {
            Instr::Move(a, b) => {
                let x = m.value(word(b));
                m.commit().set_value(word(a), x).next()
            }
            Instr::LoadNil(a, n) => {
                let nil = nil(&*m);
                let mut commit = m.commit();
                for slot in a..a + n {
                    commit = commit.set_value(word(slot), nil);
                }
                commit.next()
            }
            Instr::LoadBool(a, truth) | Instr::Protected(a, truth) => {
                let x = m.value_constant(value::truth(truth));
                m.commit().set_value(word(a), x).next()
            }
            Instr::LoadInt(a, x) => {
                let x = integer(&*m, i64::from(x));
                m.commit().set_value(word(a), x).next()
            }
            Instr::LoadConst(a, k) => {
                let x = m.value_constant(self.constant(k));
                m.commit().set_value(word(a), x).next()
            }

            Instr::NewCell(a) => upvalue::new_cell(m, a),
            Instr::GetCell(a, b) => upvalue::get_cell(m, a, b),
            Instr::SetCell(a, b) => upvalue::set_cell(m, a, b),
            Instr::GetUpvalue(a, u) => upvalue::get(m, a, u),
            Instr::GetUpvalueCell(a, u) => upvalue::get_in_cell(m, a, u),
            Instr::SetUpvalueCell(u, b) => upvalue::set_in_cell(m, u, b),
            Instr::Closure(a, p) => upvalue::close(self, m, a, p),

            Instr::GetGlobal(a, k) => field::get_global(self, m, pc, a, self.key(k)),
            Instr::SetGlobal(a, k) => {
                let globals = m.ref_constant(self.globals);
                let x = m.value(word(a));
                field::set_in(self, m, pc, globals, self.key(k), x)
            }
            Instr::GetGlobals(a) => {
                let globals = m.ref_value(m.ref_constant(self.globals));
                m.commit().set_value(word(a), globals).next()
            }
            Instr::NewTable(a, items, fields) => item::new_table(self, m, a, items, fields),
            Instr::GetField(a, b, k) => field::get(self, m, pc, a, b, self.key(k)),
            Instr::SetField(a, k, b) => field::set(self, m, pc, a, self.key(k), b),
            Instr::Method(a, b, k) => field::method(self, m, pc, a, b, self.key(k)),
            Instr::GetIndex(a, b, c) => {
                let key = m.value(word(c));
                item::get(self, m, pc, a, b, key)
            }
            Instr::SetIndex(a, b, c) => {
                let (key, x) = (m.value(word(b)), m.value(word(c)));
                item::set(self, m, pc, a, key, x)
            }
            Instr::GetItem(a, b, i) => {
                let key = integer(&*m, i64::from(i));
                item::get(self, m, pc, a, b, key)
            }
            Instr::SetItem(a, i, b) => {
                let (key, x) = (integer(&*m, i64::from(i)), m.value(word(b)));
                item::set(self, m, pc, a, key, x)
            }
            Instr::SetList {
                a,
                count,
                top,
                start,
            } => item::set_list(m, a, count, top, start),

            Instr::Add(a, b, c) => arithmetic::add(self, m, pc, a, R(b), R(c)),
            Instr::Sub(a, b, c) => arithmetic::sub(self, m, pc, a, R(b), R(c)),
            Instr::Mul(a, b, c) => arithmetic::mul(self, m, pc, a, R(b), R(c)),
            Instr::Div(a, b, c) => arithmetic::div(self, m, pc, a, R(b), R(c)),
            Instr::Mod(a, b, c) => arithmetic::modulo(self, m, pc, a, R(b), R(c)),
            Instr::FloorDiv(a, b, c) => arithmetic::floor_div(self, m, pc, a, R(b), R(c)),
            Instr::Pow(a, b, c) => arithmetic::pow(self, m, pc, a, R(b), R(c)),
            Instr::BitAnd(a, b, c) => arithmetic::bit_and(self, m, pc, a, R(b), R(c)),
            Instr::BitOr(a, b, c) => arithmetic::bit_or(self, m, pc, a, R(b), R(c)),
            Instr::BitXor(a, b, c) => arithmetic::bit_xor(self, m, pc, a, R(b), R(c)),
            Instr::ShiftLeft(a, b, c) => arithmetic::shift_left(self, m, pc, a, R(b), R(c)),
            Instr::ShiftRight(a, b, c) => arithmetic::shift_right(self, m, pc, a, R(b), R(c)),
            Instr::AddConst(a, b, k) => arithmetic::add(self, m, pc, a, R(b), K(k)),
            Instr::SubConst(a, b, k) => arithmetic::sub(self, m, pc, a, R(b), K(k)),
            Instr::MulConst(a, b, k) => arithmetic::mul(self, m, pc, a, R(b), K(k)),
            Instr::DivConst(a, b, k) => arithmetic::div(self, m, pc, a, R(b), K(k)),
            Instr::ModConst(a, b, k) => arithmetic::modulo(self, m, pc, a, R(b), K(k)),
            Instr::FloorDivConst(a, b, k) => arithmetic::floor_div(self, m, pc, a, R(b), K(k)),
            Instr::PowConst(a, b, k) => arithmetic::pow(self, m, pc, a, R(b), K(k)),
            Instr::ConstAdd(a, b, k) => arithmetic::add(self, m, pc, a, K(k), R(b)),
            Instr::ConstMul(a, b, k) => arithmetic::mul(self, m, pc, a, K(k), R(b)),
            Instr::Neg(a, b) => arithmetic::neg(self, m, pc, a, b),
            Instr::BitNot(a, b) => arithmetic::bit_not(self, m, pc, a, b),
            Instr::Not(a, b) => {
                let truth = compare::is_true(&*m, m.value(word(b)));
                let x = m.value_constant(value::truth(!truth));
                m.commit().set_value(word(a), x).next()
            }
            Instr::Len(a, b) => item::len(self, m, pc, a, b),
            Instr::Concat(a, b, n) => item::concat(self, m, pc, a, b, n),

            Instr::Jump(to) => m.commit().jump(to),
            Instr::Loop(to) => m.commit().loop_to(to),
            Instr::JumpIf(a, to) => compare::jump_true(m, a, true, to),
            Instr::JumpIfNot(a, to) => compare::jump_true(m, a, false, to),
            Instr::JumpEq(a, b, to) => compare::jump_equal(self, m, pc, R(a), R(b), true, to),
            Instr::JumpNotEq(a, b, to) => compare::jump_equal(self, m, pc, R(a), R(b), false, to),
            Instr::JumpEqConst(a, k, to) => {
                compare::jump_equal(self, m, pc, R(a), K(k.into()), true, to)
            }
            Instr::JumpNotEqConst(a, k, to) => {
                compare::jump_equal(self, m, pc, R(a), K(k.into()), false, to)
            }
            Instr::JumpLess(a, b, to) => compare::jump_less(self, m, pc, R(a), R(b), true, to),
            Instr::JumpNotLess(a, b, to) => compare::jump_less(self, m, pc, R(a), R(b), false, to),
            Instr::JumpLessEq(a, b, to) => {
                compare::jump_less_equal(self, m, pc, R(a), R(b), true, to)
            }
            Instr::JumpNotLessEq(a, b, to) => {
                compare::jump_less_equal(self, m, pc, R(a), R(b), false, to)
            }
            Instr::JumpLessConst(a, k, to) => {
                compare::jump_less(self, m, pc, R(a), K(k.into()), true, to)
            }
            Instr::JumpNotLessConst(a, k, to) => {
                compare::jump_less(self, m, pc, R(a), K(k.into()), false, to)
            }
            Instr::JumpLessEqConst(a, k, to) => {
                compare::jump_less_equal(self, m, pc, R(a), K(k.into()), true, to)
            }
            Instr::JumpNotLessEqConst(a, k, to) => {
                compare::jump_less_equal(self, m, pc, R(a), K(k.into()), false, to)
            }
            Instr::JumpGreaterConst(a, k, to) => {
                compare::jump_less(self, m, pc, K(k.into()), R(a), true, to)
            }
            Instr::JumpNotGreaterConst(a, k, to) => {
                compare::jump_less(self, m, pc, K(k.into()), R(a), false, to)
            }
            Instr::JumpGreaterEqConst(a, k, to) => {
                compare::jump_less_equal(self, m, pc, K(k.into()), R(a), true, to)
            }
            Instr::JumpNotGreaterEqConst(a, k, to) => {
                compare::jump_less_equal(self, m, pc, K(k.into()), R(a), false, to)
            }

            Instr::ForPrep(a, target) => loops::prepare(m, pc, a, target),
            Instr::ForLoop(a, target) => loops::step(m, a, target),
            Instr::ForCall(a, n) => loops::call(self, m, pc, a, n),
            Instr::ForNext(a, target) => loops::next(m, a, target),

            Instr::Call {
                a,
                args,
                results,
                top,
            } => call::call(
                self,
                m,
                pc,
                call::Site {
                    a,
                    args,
                    results,
                    top,
                },
            ),
            Instr::TailCall { a, args, top } => call::tail(self, m, pc, a, args, top),
            Instr::Return { a, count, top } => call::give(m, a, count, top),
            Instr::Return0 => call::give_none(m),
            Instr::Return1(a) => call::give_one(m, a),
            Instr::Variadic => call::variadic(self, m, pc),
            Instr::Vararg { a, count, top } => call::vararg(m, a, count, top),
            Instr::GoOn(of) => continuation::go_on(self, m, of, 1),
            Instr::Ask(of) => metamethod::ask(self, m, of),
            Instr::Apply(of) => metamethod::apply(self, m, of),

            Instr::Protect(a) => coroutine::protect(m, a),
            Instr::Resume(wrapped) => coroutine::resume(m, wrapped),
            Instr::Ended(a) => coroutine::ended(m, a),
            Instr::Yield => coroutine::give(m),
        }
    }
}
