//! The functions every interpreter has one of: the cold exit and the way in.

use super::convention::signature;
use super::error::LowerError;
use super::lowerer::Lowerer;
use super::machine::{FLOAT_ARGS, INT_ARGS, Vm};
use super::request::Code;
use super::section::offset;
use super::target::Target;
use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{BlockArg, ExceptionTableData, InstBuilder, MemFlagsData};
use cranelift_frontend::FunctionBuilder;
use std::mem::offset_of;

/// The cold-exit function: what a fresh exit's record points at.
///
/// It saves the argument registers to the [`Vm`], asks [`Vm::on_cold_exit`], and goes on at the
/// answer with the registers as they were, or returns to the host.
///
/// # Errors
/// [`LowerError::Cranelift`].
pub fn cold_exit(lowerer: &mut Lowerer, target: &Target) -> Result<Code, LowerError> {
    lowerer.compile("cold exit", target, false, |function, context| {
        function.signature = signature(INT_ARGS, FLOAT_ARGS);
        let flags = MemFlagsData::trusted();
        let mut b = FunctionBuilder::new(function, context);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let args = b.block_params(entry).to_vec();
        let (ints, floats) = args.split_at(INT_ARGS);
        let vm = b.ins().get_pinned_reg(I64);
        let saved_ints = offset(offset_of!(Vm, ints));
        let saved_floats = offset(offset_of!(Vm, floats));
        for (n, &value) in ints.iter().enumerate() {
            b.ins().store(flags, value, vm, saved_ints + offset(8 * n));
        }
        for (n, &value) in floats.iter().enumerate() {
            b.ins()
                .store(flags, value, vm, saved_floats + offset(8 * n));
        }
        let ask = b
            .ins()
            .load(I64, flags, vm, offset(offset_of!(Vm, on_cold_exit)));
        let asks = b.import_signature(target.host_signature(1, 1));
        let call = b.ins().call_indirect(asks, ask, &[vm]);
        let onward = b.inst_results(call)[0];
        let (go, back) = (b.create_block(), b.create_block());
        b.ins().brif(onward, go, &[], back, &[]);
        b.switch_to_block(go);
        let mut args = Vec::with_capacity(INT_ARGS + FLOAT_ARGS);
        for n in 0..INT_ARGS {
            args.push(b.ins().load(I64, flags, vm, saved_ints + offset(8 * n)));
        }
        for n in 0..FLOAT_ARGS {
            args.push(b.ins().load(F64, flags, vm, saved_floats + offset(8 * n)));
        }
        let full = b.import_signature(signature(INT_ARGS, FLOAT_ARGS));
        b.ins().return_call_indirect(full, onward, &args);
        b.switch_to_block(back);
        let zero = b.ins().iconst(I64, 0);
        b.ins().return_(&[zero]);
        b.seal_all_blocks();
        b.finalize(target.frontend_config());
        Ok(0)
    })
}

/// The way in from the host: `extern "C" fn(vm, code) -> u64`.
///
/// It pins `vm` for as long as compiled code runs and gives the host its register back. The code
/// is entered with the argument registers that [`Vm::ints`] and [`Vm::floats`] hold. It may use
/// every register: the call is one that could end by an exception, after which Cranelift takes none
/// for saved, though none is ever thrown.
///
/// # Errors
/// [`LowerError::Cranelift`].
pub fn trampoline(lowerer: &mut Lowerer, target: &Target) -> Result<Code, LowerError> {
    lowerer.compile("trampoline", target, false, |function, context| {
        function.signature = target.host_signature(2, 1);
        let flags = MemFlagsData::trusted();
        let mut b = FunctionBuilder::new(function, context);
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        let (vm, code) = match b.block_params(entry) {
            &[vm, code] => (vm, code),
            _ => unreachable!("two parameters were declared"),
        };
        let host = b.ins().get_pinned_reg(I64);
        b.ins().set_pinned_reg(vm);
        let mut args = Vec::with_capacity(INT_ARGS + FLOAT_ARGS);
        for n in 0..INT_ARGS {
            let at = offset(offset_of!(Vm, ints) + 8 * n);
            args.push(b.ins().load(I64, flags, vm, at));
        }
        for n in 0..FLOAT_ARGS {
            let at = offset(offset_of!(Vm, floats) + 8 * n);
            args.push(b.ins().load(F64, flags, vm, at));
        }
        let full = b.import_signature(signature(INT_ARGS, FLOAT_ARGS));
        let back = b.create_block();
        let answer = b.append_block_param(back, I64);
        let returns = b.func.dfg.block_call(back, &[BlockArg::TryCallRet(0)]);
        let table = ExceptionTableData::new(full, returns, []);
        let table = b.func.dfg.exception_tables.push(table);
        b.ins().try_call_indirect(code, &args, table);
        b.switch_to_block(back);
        b.ins().set_pinned_reg(host);
        b.ins().return_(&[answer]);
        b.seal_all_blocks();
        b.finalize(target.frontend_config());
        Ok(0)
    })
}
