//! Exits whose target is known at run time only: through the table of the machine context.

use super::convention::signature;
use super::machine::Vm;
use super::section::{Lowering, offset, trusted};
use crate::id::{ExitId, Value};
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use std::mem::offset_of;

impl Lowering<'_, '_> {
    /// Stores what is pending, since the target takes nothing over, and jumps where the table says.
    /// What the table does not hold goes through the exit's record, which leads to the cold exit.
    pub(super) fn leave_dynamic(&mut self, pc: Value, window: Value, exit: ExitId) {
        let pc = self.get(pc);
        let trace = self.trace;
        for &(word, value) in &trace.exit(exit).words {
            let (value, base) = (self.get(value), self.base());
            self.b.ins().store(trusted(), value, base, word.0 * 8);
        }
        let record = self.record(self.options.layout.offset(exit));
        self.watch_exit(record);
        self.count(record);
        self.witness(exit);
        let mut base = self.base();
        let mut delta = i64::from(trace.exit(exit).base) * 8;
        match trace.constant(window) {
            Some(window) => delta -= window.bits as i64 * 8,
            None => {
                let window = self.get(window);
                let bytes = self.b.ins().ishl_imm_s(window, 3);
                base = self.b.ins().isub(base, bytes);
            }
        }
        let base = self.b.ins().iadd_imm_s(base, delta);
        // A watching host may have run other code.
        let at = offset(offset_of!(Vm, dynamic_pc));
        let vm = self.fetch_vm();
        self.b.ins().store(trusted(), pc, vm, at);
        self.set_context_word(offset_of!(Vm, base), base);
        self.note(record);
        let table = offset(offset_of!(Vm, onward));
        let table = self.b.ins().load(I64, trusted(), vm, table);
        let length = self.b.ins().load(I64, trusted(), table, 0);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, pc, length);
        let (known, unknown) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(unknown);
        self.b.ins().brif(inside, known, &[], unknown, &[]);
        self.b.switch_to_block(known);
        let bytes = self.b.ins().ishl_imm_s(pc, 3);
        let entry = self.b.ins().iadd(table, bytes);
        let target = self.b.ins().load(I64, trusted(), entry, 8);
        let signature = self.b.import_signature(signature(0, 0));
        self.b.ins().return_call_indirect(signature, target, &[]);
        self.b.switch_to_block(unknown);
        self.jump(record, &[], &[]);
    }
}
