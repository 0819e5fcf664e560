//! Jumps to places that are not known yet.

use super::Compiler;
use crate::bytecode::Instr;
use offramp::Pc;

/// A target to be filled in.
pub(super) const UNKNOWN: Pc = Pc::MAX;

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
            let known = state.code[jump].target_mut();
            *known.expect("only jumps are kept") = to;
        }
    }
}
