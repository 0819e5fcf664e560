//! Helper calls: through one function of the runtime, with arguments in the machine context.

use super::body::{Lowering, trusted};
use super::machine::{CALL_ARGS, Vm};
use super::stubs::offset;
use super::{LowerError, record_offset};
use crate::id::Value;
use crate::types::Type;
use crate::uop::Uop;
use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, Signature};
use cranelift_codegen::isa::CallConv;
use std::mem::offset_of;

impl Lowering<'_, '_> {
    pub(super) fn call(&mut self, at: Value, uop: &Uop) -> Result<(), LowerError> {
        let trace = self.trace;
        if uop.args.len() > CALL_ARGS {
            let (count, limit) = (uop.args.len(), CALL_ARGS);
            return Err(LowerError::TooManyArguments {
                trace: trace.name.clone(),
                count,
                limit,
            });
        }
        let helper = uop.helper().expect("verified");
        let declared = &trace.interface.helpers[helper.index()];
        let args = self.travellers(&uop.args);
        let count = args.len() as i64;
        for (n, value) in args.into_iter().enumerate() {
            let at = offset(offset_of!(Vm, args) + 8 * n);
            self.b.ins().store(trusted(), value, self.vm, at);
        }
        let roots = match declared.effects.closed().collects {
            true => self.store_roots(at),
            false => 0,
        };
        let base = match uop.exit {
            Some(exit) => self.moved_base(exit),
            None => self.base,
        };
        let callee = self
            .b
            .ins()
            .load(I64, trusted(), self.vm, offset(offset_of!(Vm, on_call)));
        let mut host = Signature::new(self.host_convention());
        host.params = vec![AbiParam::new(I64); 5];
        host.returns = vec![AbiParam::new(I64)];
        let host = self.b.import_signature(host);
        let helper = self.b.ins().iconst(I64, i64::from(helper.0));
        let counts = self.b.ins().iconst(I64, count << 32 | roots as i64);
        // The record tells the runtime which trace and instruction called.
        let from = match uop.exit {
            Some(exit) => self.record(record_offset(&self.options.layout, exit)),
            None => self.b.ins().iconst(I64, 0),
        };
        let call = self
            .b
            .ins()
            .call_indirect(host, callee, &[self.vm, helper, base, counts, from]);
        let status = self.b.inst_results(call)[0];
        if uop.exit.is_some() && (declared.fails || declared.effects.transfers) {
            self.leave_if(uop, status, true);
        }
        if let Some(ty) = uop.ty {
            let clif = if ty == Type::F64 { F64 } else { I64 };
            let result = offset(offset_of!(Vm, result));
            let value = self.b.ins().load(clif, trusted(), self.vm, result);
            let value = self.arrived(ty, value);
            self.set(at, value);
        }
        Ok(())
    }

    fn host_convention(&self) -> CallConv {
        // Both supported targets use the System V family for host functions on the systems the
        // runtime maps code on.
        CallConv::SystemV
    }

    /// Stores the references that live across the call `at`; answers how many.
    fn store_roots(&mut self, at: Value) -> usize {
        let live = crate::evaluate::live_references(self.trace, at);
        let live: Vec<ir::Value> = live
            .into_iter()
            .filter_map(|value| self.values[value.index()])
            .collect();
        if !live.is_empty() {
            let top = offset(offset_of!(Vm, roots));
            let top = self.b.ins().load(I64, trusted(), self.vm, top);
            for (n, value) in live.iter().enumerate() {
                self.b.ins().store(trusted(), *value, top, offset(8 * n));
            }
        }
        live.len()
    }
}
