//! Jumps to places that are not known yet.

use super::Compiler;
use crate::bytecode::Instr;
use offramp::Pc;

/// A target to be filled in.
pub(super) const UNKNOWN: Pc = Pc::MAX;

/// Where an instruction may go other than to the next one.
pub(crate) fn target(instr: &mut Instr) -> Option<&mut Pc> {
    Some(match instr {
        Instr::Jump(to)
        | Instr::Loop(to)
        | Instr::JumpIf(_, to)
        | Instr::JumpIfNot(_, to)
        | Instr::JumpEq(_, _, to)
        | Instr::JumpNotEq(_, _, to)
        | Instr::JumpLess(_, _, to)
        | Instr::JumpNotLess(_, _, to)
        | Instr::JumpLessEq(_, _, to)
        | Instr::JumpNotLessEq(_, _, to)
        | Instr::JumpEqConst(_, _, to)
        | Instr::JumpNotEqConst(_, _, to)
        | Instr::JumpLessConst(_, _, to)
        | Instr::JumpNotLessConst(_, _, to)
        | Instr::JumpLessEqConst(_, _, to)
        | Instr::JumpNotLessEqConst(_, _, to)
        | Instr::JumpGreaterConst(_, _, to)
        | Instr::JumpNotGreaterConst(_, _, to)
        | Instr::JumpGreaterEqConst(_, _, to)
        | Instr::JumpNotGreaterEqConst(_, _, to)
        | Instr::ForPrep(_, to)
        | Instr::ForLoop(_, to)
        | Instr::ForNext(_, to) => to,
        _ => return None,
    })
}

impl Compiler<'_> {
    /// Emits a jump with an unknown target and adds it to those that share it.
    pub(super) fn jump(&mut self, instr: Instr, line: u32, jumps: &mut Vec<usize>) {
        jumps.push(self.state().code.len());
        self.emit(instr, line);
    }

    /// Leads jumps to the next instruction.
    pub(super) fn land(&mut self, jumps: &[usize]) {
        let here = self.here();
        self.lead(jumps, here);
    }

    /// Leads jumps to an instruction.
    pub(super) fn lead(&mut self, jumps: &[usize], to: Pc) {
        let state = self.state_mut();
        for &jump in jumps {
            let known = target(&mut state.code[jump]);
            *known.expect("only jumps are kept") = to;
        }
    }
}
