//! Which slots are read before they are written, by instruction.
//!
//! A compiled function leaves its temporaries behind in the frame. Traces would carry them from
//! exit to exit; told that nobody reads them, they do not. Backward data flow over all
//! instructions until nothing changes (any textbook on compilers).
//!
//! A call writes whatever lies from its place on: the callee's frame is there. An open list reads
//! or writes everything from its first slot on, beyond the slots of the frame, too. Slot 0, the
//! running function, is always live. Where a metamethod returns to, everything is.

use crate::bytecode::{Capture, Chunk, Count, Instr, OPEN, Slot};
use crate::compile::target;
use crate::names::written;
use offramp::Pc;

/// A set of slots. Those that no operand can name are in it together or not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slots {
    named: [u64; 4],
    beyond: bool,
}

impl Slots {
    fn contains(&self, slot: u32) -> bool {
        match self.named.get(slot as usize / 64) {
            Some(part) => part >> (slot % 64) & 1 == 1,
            None => self.beyond,
        }
    }

    fn insert(&mut self, slot: Slot) {
        self.named[usize::from(slot) / 64] |= 1 << (slot % 64);
    }

    fn insert_all<const N: usize>(&mut self, all: [Slot; N]) {
        all.into_iter().for_each(|slot| self.insert(slot));
    }

    fn remove(&mut self, slot: Slot) {
        self.named[usize::from(slot) / 64] &= !(1 << (slot % 64));
    }

    fn insert_from(&mut self, first: Slot) {
        (first..=Slot::MAX).for_each(|slot| self.insert(slot));
        self.beyond = true;
    }

    fn remove_from(&mut self, first: Slot) {
        (first..=Slot::MAX).for_each(|slot| self.remove(slot));
        self.beyond = false;
    }

    fn join(&mut self, other: &Slots) {
        for (part, other) in self.named.iter_mut().zip(other.named) {
            *part |= other;
        }
        self.beyond |= other.beyond;
    }

    /// A list is read: `count` values from `first`, or to `top`.
    fn insert_list(&mut self, first: Slot, count: Count, top: Slot) {
        match count {
            OPEN => {
                self.insert_from(first);
                self.insert(top);
            }
            count => (first..first + count).for_each(|slot| self.insert(slot)),
        }
    }
}

/// The slots that are live before each instruction of a chunk.
#[derive(Clone, Debug)]
pub(crate) struct Liveness {
    before: Vec<Slots>,
    /// The most results that a call takes, all of an open list aside.
    results: Count,
}

impl Liveness {
    pub(crate) fn of(chunk: &Chunk) -> Liveness {
        let mut live = vec![Slots::default(); chunk.code.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for pc in (0..chunk.code.len()).rev() {
                let before = before(chunk, pc as Pc, &live);
                changed |= before != live[pc];
                live[pc] = before;
            }
        }
        let results = chunk.code.iter().map(|instruction| match *instruction {
            Instr::Call { results, .. } if results != OPEN => results,
            Instr::ForCall(_, results) => results,
            _ => 1,
        });
        Liveness {
            results: results.max().unwrap_or(1),
            before: live,
        }
    }

    /// Whether slot `slot` of the frame that the return at `pc` leaves may hold a result: the first
    /// lies below slot 0.
    pub(crate) fn outlives(&self, chunk: &Chunk, pc: Pc, slot: u32) -> bool {
        let given = match chunk.code.get(pc as usize) {
            Some(Instr::Return0) => 0,
            Some(Instr::Return1(_)) => 1,
            Some(Instr::Return { count, .. }) if *count != OPEN => *count,
            _ => return true,
        };
        slot + 1 < u32::from(given.max(self.results))
    }

    /// Whether slot `slot` may be read before it is written, from the instruction at `pc` on.
    pub(crate) fn contains(&self, pc: Pc, slot: u32) -> bool {
        let live = self.before.get(pc as usize);
        slot == 0 || live.is_none_or(|live| live.contains(slot))
    }
}

/// What is live before the instruction at `pc`, by what is live before those that may follow.
fn before(chunk: &Chunk, pc: Pc, live: &[Slots]) -> Slots {
    let instruction = chunk.code[pc as usize];
    let mut slots = Slots::default();
    for next in successors(instruction, pc).into_iter().flatten() {
        slots.join(&live[next as usize]);
    }
    writes(instruction, &mut slots);
    reads(chunk, instruction, &mut slots);
    slots
}

/// The instructions that may follow in the same function.
fn successors(mut instruction: Instr, pc: Pc) -> [Option<Pc>; 2] {
    let falls_through = !matches!(
        instruction,
        Instr::Jump(_) | Instr::Loop(_) | Instr::Return { .. } | Instr::Return0 | Instr::Return1(_)
    );
    let jump = target(&mut instruction).map(|target| *target);
    [falls_through.then_some(pc + 1), jump]
}

/// Takes out of `slots` what the instruction writes whatever happens: less than it may
/// [write](written) where it may go either way, more where an open list's end is stored or a callee's
/// frame lies.
fn writes(instruction: Instr, slots: &mut Slots) {
    match instruction {
        Instr::ForPrep(..) | Instr::ForNext(..) => {}
        Instr::ForCall(a, _) => slots.remove_from(a + 4),
        Instr::Call {
            a, results, top, ..
        } => {
            slots.remove_from(a);
            if results == OPEN {
                slots.remove(top);
            }
        }
        Instr::TailCall { a, top, .. }
        | Instr::Vararg {
            a,
            count: OPEN,
            top,
        } => {
            slots.remove_from(a);
            slots.remove(top);
        }
        _ => {
            let written = written(instruction).into_iter().flatten();
            written.for_each(|slot| slots.remove(slot));
        }
    }
}

/// Puts into `slots` what the instruction, or a helper or an error message of it, may read.
fn reads(chunk: &Chunk, instruction: Instr, slots: &mut Slots) {
    match instruction {
        Instr::LoadNil(..)
        | Instr::LoadBool(..)
        | Instr::LoadInt(..)
        | Instr::LoadConst(..)
        | Instr::GetUpvalue(..)
        | Instr::GetUpvalueCell(..)
        | Instr::GetGlobal(..)
        | Instr::NewTable(..)
        | Instr::Jump(_)
        | Instr::Loop(_)
        | Instr::Return0 => {}
        Instr::NewCell(a)
        | Instr::SetUpvalueCell(_, a)
        | Instr::SetGlobal(a, _)
        | Instr::JumpIf(a, _)
        | Instr::JumpIfNot(a, _)
        | Instr::JumpEqConst(a, _, _)
        | Instr::JumpNotEqConst(a, _, _)
        | Instr::JumpLessConst(a, _, _)
        | Instr::JumpNotLessConst(a, _, _)
        | Instr::JumpLessEqConst(a, _, _)
        | Instr::JumpNotLessEqConst(a, _, _)
        | Instr::JumpGreaterConst(a, _, _)
        | Instr::JumpNotGreaterConst(a, _, _)
        | Instr::JumpGreaterEqConst(a, _, _)
        | Instr::JumpNotGreaterEqConst(a, _, _)
        | Instr::Return1(a) => slots.insert(a),
        Instr::Move(_, b)
        | Instr::GetCell(_, b)
        | Instr::GetField(_, b, _)
        | Instr::GetItem(_, b, _)
        | Instr::Method(_, b, _)
        | Instr::AddConst(_, b, _)
        | Instr::SubConst(_, b, _)
        | Instr::MulConst(_, b, _)
        | Instr::DivConst(_, b, _)
        | Instr::ModConst(_, b, _)
        | Instr::FloorDivConst(_, b, _)
        | Instr::PowConst(_, b, _)
        | Instr::ConstAdd(_, b, _)
        | Instr::ConstMul(_, b, _)
        | Instr::Neg(_, b)
        | Instr::BitNot(_, b)
        | Instr::Not(_, b)
        | Instr::Len(_, b) => slots.insert(b),
        Instr::SetCell(a, b)
        | Instr::SetField(a, _, b)
        | Instr::SetItem(a, _, b)
        | Instr::JumpEq(a, b, _)
        | Instr::JumpNotEq(a, b, _)
        | Instr::JumpLess(a, b, _)
        | Instr::JumpNotLess(a, b, _)
        | Instr::JumpLessEq(a, b, _)
        | Instr::JumpNotLessEq(a, b, _) => slots.insert_all([a, b]),
        Instr::GetIndex(_, b, c)
        | Instr::Add(_, b, c)
        | Instr::Sub(_, b, c)
        | Instr::Mul(_, b, c)
        | Instr::Div(_, b, c)
        | Instr::Mod(_, b, c)
        | Instr::FloorDiv(_, b, c)
        | Instr::Pow(_, b, c)
        | Instr::BitAnd(_, b, c)
        | Instr::BitOr(_, b, c)
        | Instr::BitXor(_, b, c)
        | Instr::ShiftLeft(_, b, c)
        | Instr::ShiftRight(_, b, c) => slots.insert_all([b, c]),
        Instr::SetIndex(a, b, c) => slots.insert_all([a, b, c]),
        Instr::Closure(_, p) => {
            for capture in &chunk.prototypes[usize::from(p)].captures {
                if let Capture::Local(slot) = *capture {
                    slots.insert(slot);
                }
            }
        }
        Instr::SetList { a, count, top, .. } => {
            slots.insert(a);
            slots.insert_list(a + 1, count, top);
        }
        Instr::Concat(_, b, n) => slots.insert_list(b, n, b),
        Instr::ForPrep(a, _) | Instr::ForLoop(a, _) => slots.insert_list(a, 3, a),
        Instr::ForCall(a, _) => slots.insert_list(a, 4, a),
        Instr::ForNext(a, _) => slots.insert_list(a + 2, 3, a),
        Instr::Call { a, args, top, .. } | Instr::TailCall { a, args, top } => {
            slots.insert(a + 1);
            slots.insert_list(a + 2, args, top);
        }
        Instr::Return { a, count, top } => slots.insert_list(a, count, top),
        Instr::Vararg { .. } => slots.insert(1),
        Instr::Variadic => slots.insert_from(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::compile;

    fn compiled(source: &str) -> (Chunk, Liveness) {
        let chunk = compile(source.as_bytes(), "t.lua").expect("it is a program");
        let live = Liveness::of(&chunk);
        (chunk, live)
    }

    /// The first instruction of this kind and what is live before it.
    fn live_at(source: &str, wanted: impl Fn(&Instr) -> bool) -> Vec<u32> {
        let (chunk, live) = compiled(source);
        let pc = chunk.code.iter().position(wanted).expect("it is there") as Pc;
        (1..300).filter(|&slot| live.contains(pc, slot)).collect()
    }

    #[test]
    fn a_variable_is_live_until_it_was_read_last() {
        let source = "local a, b = 1, 2; local c = a + b; b = c * 2; return b";
        let add = live_at(source, |it| matches!(it, Instr::Add(..)));
        let multiply = live_at(source, |it| matches!(it, Instr::MulConst(..)));
        assert_eq!((add.len(), multiply.len()), (2, 1));
    }

    #[test]
    fn a_loop_keeps_what_its_next_round_reads() {
        let source = "local s, t = 0, 0; for i = 1, 9 do t = i; s = s + t end return s";
        let edge = live_at(source, |it| matches!(it, Instr::ForLoop(..)));
        // The sum, and the loop's own three; not what every round writes anew.
        assert_eq!(edge.len(), 4);
    }

    #[test]
    fn open_lists_reach_beyond_the_frame() {
        let source = "local f = g; return f(1, f(2))";
        let (chunk, live) = compiled(source);
        let tail = chunk
            .code
            .iter()
            .position(|it| matches!(it, Instr::TailCall { .. }));
        let pc = tail.expect("a tail call") as Pc;
        assert!(live.contains(pc, 1000));
        assert!(
            !live.contains(pc - 1, 1000),
            "the inner call writes the list"
        );
    }

    #[test]
    fn a_return_leaves_as_many_slots_as_a_call_may_take() {
        let source = "local function f(x) return x end local a, b, c = f(1) return a";
        let (chunk, live) = compiled(source);
        let pc = chunk
            .code
            .iter()
            .rposition(|it| matches!(it, Instr::Return1(_)));
        let pc = pc.expect("a return") as Pc;
        let left = (0..9).filter(|&slot| live.outlives(&chunk, pc, slot));
        assert_eq!(left.collect::<Vec<_>>(), [0, 1]);
    }
}
