//! Code that tells its host what it does, for tests.
//!
//! The evaluator tells [`State`](crate::evaluate::State) of every instruction, guard, poll and
//! arrival at a header; compiled code has no reason to. With
//! [`LowerOptions::watched`](super::LowerOptions) it calls [`Vm::on_watch`] at the same points and in
//! the same order, so that whatever a test watches or decides there reaches compiled code as well.
//! What travels where is the same with and without.

use super::machine::{Vm, watch};
use super::section::{Lowering, offset, trusted};
use crate::id::{ExitId, Value};
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, InstBuilder};
use std::mem::offset_of;

impl Lowering<'_, '_> {
    /// An instruction begins.
    pub(super) fn watch_place(&mut self, pc: u32) {
        if self.options.watched {
            let pc = self.b.ins().iconst(I64, i64::from(pc));
            self.watch(watch::PLACE, pc, None);
        }
    }

    /// A guard holds; leaves if it is to leave all the same.
    pub(super) fn watch_guard(&mut self, exit: ExitId) {
        if self.options.watched {
            let none = self.b.ins().iconst(I64, 0);
            let leaves = self.watch(watch::GUARD, none, None);
            self.leave_if(exit, leaves, true);
        }
    }

    /// Whether an interrupt is pending, as the host says; `None` where memory says.
    pub(super) fn watch_poll(&mut self) -> Option<ir::Value> {
        self.options.watched.then(|| {
            let none = self.b.ins().iconst(I64, 0);
            self.watch(watch::POLL, none, None)
        })
    }

    /// Control is at the header, where these values are.
    pub(super) fn watch_header(&mut self, handed: &[Value]) {
        if !self.options.watched {
            return;
        }
        let values = self.travellers(handed);
        let vm = self.fetch_vm();
        for (n, &value) in values.iter().enumerate() {
            // Spill is free here: the prologue has loaded all of it.
            let at = offset(offset_of!(Vm, spill) + 8 * n);
            self.b.ins().store(trusted(), value, vm, at);
        }
        let count = self.b.ins().iconst(I64, values.len() as i64);
        let record = self.record(0);
        self.watch(watch::HEADER, count, Some(record));
    }

    /// The exit of `record` is about to be taken.
    pub(super) fn watch_exit(&mut self, record: ir::Value) {
        if self.options.watched {
            let none = self.b.ins().iconst(I64, 0);
            self.watch(watch::EXIT, none, Some(record));
        }
    }

    fn watch(&mut self, what: u64, argument: ir::Value, record: Option<ir::Value>) -> ir::Value {
        let host = self.b.import_signature(self.target.host_signature(4, 1));
        let at = offset(offset_of!(Vm, on_watch));
        let vm = self.fetch_vm();
        let callee = self.b.ins().load(I64, trusted(), vm, at);
        let what = self.b.ins().iconst(I64, what as i64);
        let record = record.unwrap_or_else(|| self.b.ins().iconst(I64, 0));
        let args = [vm, what, argument, record];
        let call = self.b.ins().call_indirect(host, callee, &args);
        self.forget_vm();
        self.b.inst_results(call)[0]
    }
}
