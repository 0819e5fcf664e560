//! Which slots are read before they are written, by instruction.
//!
//! A compiled function leaves its temporaries behind in the frame. Traces would carry them from
//! exit to exit; told that nobody reads them, they do not. Backward data flow over all
//! instructions until nothing changes (any textbook on compilers).
//!
//! A call writes whatever lies from its place on: the callee's frame is there. An open list reads
//! or writes everything from its first slot on, beyond the slots of the frame, too. Slot 0, the
//! running function, is always live. Where a metamethod returns to, everything is.

use crate::bytecode::operand::{Length, List, Operand};
use crate::bytecode::{Capture, Chunk, Count, Instr, Slot};
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

    fn insert(&mut self, slot: u16) {
        match self.named.get_mut(usize::from(slot) / 64) {
            Some(part) => *part |= 1 << (slot % 64),
            None => self.beyond = true,
        }
    }

    fn remove(&mut self, slot: u16) {
        if let Some(part) = self.named.get_mut(usize::from(slot) / 64) {
            *part &= !(1 << (slot % 64));
        }
    }

    fn remove_from(&mut self, first: u16) {
        (first..=Slot::MAX.into()).for_each(|slot| self.remove(slot));
        self.beyond = false;
    }

    fn join(&mut self, other: &Slots) {
        for (part, other) in self.named.iter_mut().zip(other.named) {
            *part |= other;
        }
        self.beyond |= other.beyond;
    }

    fn insert_list(&mut self, list: List) {
        match list.length {
            Length::Fixed(count) => {
                (list.first..list.first + u16::from(count)).for_each(|slot| self.insert(slot));
            }
            Length::Open { .. } | Length::Rest => {
                (list.first..=Slot::MAX.into()).for_each(|slot| self.insert(slot));
                self.beyond = true;
            }
        }
        if let Some(top) = list.top() {
            self.insert(top.into());
        }
    }

    fn remove_list(&mut self, list: List) {
        match list.length {
            Length::Fixed(count) => {
                (list.first..list.first + u16::from(count)).for_each(|slot| self.remove(slot));
            }
            Length::Open { .. } | Length::Rest => self.remove_from(list.first),
        }
        if let Some(top) = list.top() {
            self.remove(top.into());
        }
    }
}

/// The slots that are live before each instruction of a chunk.
#[derive(Clone, Debug)]
pub(crate) struct Liveness {
    before: Vec<Slots>,
    /// The most results that a call takes, all of an open list aside.
    pub(crate) results: Count,
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
        let operands = chunk
            .code
            .iter()
            .flat_map(|instruction| instruction.operands());
        let results = operands.filter_map(|operand| match operand {
            Operand::Results(list) => list.fixed(),
            _ => None,
        });
        Liveness {
            results: results.max().map_or(1, |most| most.max(1)),
            before: live,
        }
    }

    /// Whether slot `slot` may be read before it is written, from the instruction at `pc` on.
    pub(crate) fn contains(&self, pc: Pc, slot: u32) -> bool {
        let live = self.before.get(pc as usize);
        slot == 0 || live.is_none_or(|live| live.contains(slot))
    }
}

/// Whether slot `slot` of the frame that a return leaves may hold a result, if calls take so many at
/// most: the first lies below slot 0.
pub(crate) fn outlives(instruction: Option<Instr>, results: Count, slot: u32) -> bool {
    let operands = instruction.into_iter().flat_map(Instr::operands);
    let given = { operands }.find_map(|operand| match operand {
        Operand::Returns(list) => list.fixed(),
        _ => None,
    });
    given.is_none_or(|given| slot + 1 < u32::from(given.max(results)))
}

/// What is live before the instruction at `pc`, by what is live before those that may follow.
///
/// An instruction that may go either way need not write what it [may](Operand::Writes), but reads all of
/// that first.
fn before(chunk: &Chunk, pc: Pc, live: &[Slots]) -> Slots {
    let instruction = chunk.code[pc as usize];
    let mut slots = Slots::default();
    let mut falls_through = true;
    for operand in instruction.operands() {
        match operand {
            Operand::Target(target) => {
                slots.join(&live[target.to as usize]);
                falls_through &= target.falls_through;
            }
            Operand::Returns(_) => falls_through = false,
            _ => {}
        }
    }
    if falls_through {
        slots.join(&live[pc as usize + 1]);
    }
    for operand in instruction.operands() {
        match operand {
            Operand::Writes(list) => slots.remove_list(list),
            Operand::Results(list) => {
                slots.remove_list(list);
                slots.remove_from(list.first);
            }
            _ => {}
        }
    }
    for operand in instruction.operands() {
        match operand {
            Operand::Reads(list) | Operand::Returns(list) => slots.insert_list(list),
            Operand::Boxes(slot) => slots.insert(slot.into()),
            Operand::Function(index) => {
                for capture in &chunk.prototypes[index as usize].captures {
                    if let Capture::Local(slot) = *capture {
                        slots.insert(slot.into());
                    }
                }
            }
            _ => {}
        }
    }
    slots
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
        let code = chunk.code.get(pc as usize).copied();
        let left = (0..9).filter(|&slot| outlives(code, live.results, slot));
        assert_eq!(left.collect::<Vec<_>>(), [0, 1]);
    }
}
