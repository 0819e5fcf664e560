//! Helper calls: by the helper's own function, with arguments in registers, or through one
//! function of the runtime, with arguments in the machine context.

use super::error::LowerError;
use super::machine::{CALL_ARGS, CALL_WORDS, CallSite, HelperEntry, SPILL_SLOTS, Vm, status};
use super::section::{Lowering, trusted};
use crate::id::{ExitId, HelperId, Value};
use crate::interface::Helper;
use crate::types::Type;
use crate::uop::Uop;
use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};
use std::mem::offset_of;

impl Lowering<'_, '_> {
    pub(super) fn call(
        &mut self,
        at: Value,
        uop: &Uop,
        helper: HelperId,
    ) -> Result<(), LowerError> {
        let trace = self.trace;
        if uop.args.len() > CALL_ARGS {
            let (count, limit) = (uop.args.len(), CALL_ARGS);
            return Err(LowerError::TooManyArguments {
                trace: trace.name.clone(),
                count,
                limit,
            });
        }
        let declared = &trace.interface.helpers[helper.index()];
        let entry = self.options.helpers.get(helper.index());
        let bits = match entry.copied().unwrap_or_default() {
            HelperEntry::Word { offset } => {
                let state = self.context_word(offset_of!(Vm, state));
                let offset = i32::try_from(offset).expect("a small offset");
                self.b.ins().load(I64, trusted(), state, offset)
            }
            HelperEntry::Direct {
                function,
                data,
                sited,
            } => {
                if sited {
                    self.note_caller(at, uop, declared)?;
                }
                self.direct(uop, function, data)
            }
            HelperEntry::Dispatched => self.dispatched(at, uop, helper)?,
        };
        if let Some(ty) = uop.ty {
            let value = match ty {
                Type::F64 => self.b.ins().bitcast(F64, MemFlagsData::new(), bits),
                _ => self.arrived(ty, bits),
            };
            self.set(at, value);
        }
        Ok(())
    }

    /// Writes what a helper looks at that wants to know where it is called.
    fn note_caller(&mut self, at: Value, uop: &Uop, declared: &Helper) -> Result<(), LowerError> {
        if let Some(exit) = uop.exit
            && declared.effects.closed().reenters
        {
            let record = self.record(self.options.layout.offset(exit));
            self.set_context_word(offset_of!(Vm, call_record), record);
        }
        self.note_site(at, uop, declared)
    }

    fn direct(&mut self, uop: &Uop, function: u64, data: u64) -> ir::Value {
        let words = self.argument_bits(uop);
        let mut args = vec![self.vm, self.b.ins().iconst(I64, data as i64)];
        match words.len() <= CALL_WORDS {
            true => args.extend(words),
            false => self.store_arguments(&words),
        }
        let may_fail = uop.exit.is_some() || self.unmade.is_some();
        let host = self
            .target
            .host_signature(args.len(), 1 + usize::from(may_fail));
        let host = self.b.import_signature(host);
        let function = self.b.ins().iconst(I64, function as i64);
        let call = self.b.ins().call_indirect(host, function, &args);
        let results = self.b.inst_results(call).to_vec();
        if let Some(&status) = results.get(1) {
            self.check_status(uop.exit, status);
        }
        results[0]
    }

    /// Leaves if the call has failed.
    fn check_status(&mut self, exit: Option<ExitId>, status: ir::Value) {
        const { assert!(status::VALUE == 0) };
        let Some((unmade, _)) = self.unmade else {
            if let Some(exit) = exit {
                self.leave_unless_zero(exit, status);
            }
            return;
        };
        let on = self.cold_block();
        self.b.ins().brif(status, unmade, &[], on, &[]);
        self.b.switch_to_block(on);
    }

    fn dispatched(
        &mut self,
        at: Value,
        uop: &Uop,
        helper: HelperId,
    ) -> Result<ir::Value, LowerError> {
        let declared = &self.trace.interface.helpers[helper.index()];
        let words = self.argument_bits(uop);
        self.store_arguments(&words);
        if declared.effects.closed().collects {
            self.note_site(at, uop, declared)?;
        }
        let callee = self.context_word(offset_of!(Vm, on_call));
        let host = self.b.import_signature(self.target.host_signature(4, 1));
        let helper = self.b.ins().iconst(I64, i64::from(helper.0));
        let count = self.b.ins().iconst(I64, words.len() as i64);
        // The record tells the runtime which trace and instruction called.
        let from = match uop.exit.or(self.unmade.map(|(_, exit)| exit)) {
            Some(exit) => self.record(self.options.layout.offset(exit)),
            None => self.b.ins().iconst(I64, 0),
        };
        let call = self
            .b
            .ins()
            .call_indirect(host, callee, &[self.vm, helper, count, from]);
        let answered = self.b.inst_results(call)[0];
        let leaves = uop.exit.is_some() || self.unmade.is_some();
        if leaves && (declared.fails || declared.effects.transfers) {
            self.check_status(uop.exit, answered);
        }
        Ok(self.context_word(offset_of!(Vm, result)))
    }

    /// The arguments as integers.
    fn argument_bits(&mut self, uop: &Uop) -> Vec<ir::Value> {
        let mut words = self.travellers(&uop.args);
        for (word, &arg) in words.iter_mut().zip(&uop.args) {
            if self.trace.ty(arg) == Some(Type::F64) {
                *word = self.b.ins().bitcast(I64, MemFlagsData::new(), *word);
            }
        }
        words
    }

    fn store_arguments(&mut self, words: &[ir::Value]) {
        for (n, &word) in words.iter().enumerate() {
            self.set_context_word(offset_of!(Vm, args) + 8 * n, word);
        }
    }

    /// Writes where the call `at` is made.
    fn note_site(&mut self, at: Value, uop: &Uop, declared: &Helper) -> Result<(), LowerError> {
        let roots = match declared.effects.closed().collects {
            true => self.store_roots(at)?,
            false => 0,
        };
        let state = uop.exit.map(|exit| self.trace.exit(exit));
        let site = CallSite {
            pc: state.map_or(0, |state| state.target),
            base: state.map_or(0, |state| state.base),
            roots,
        };
        let Some(word) = site.word() else {
            return Err(LowerError::FrameTooFar {
                trace: self.trace.name.clone(),
                at,
                words: site.base,
            });
        };
        let word = self.b.ins().iconst(I64, word as i64);
        self.set_context_word(offset_of!(Vm, call_site), word);
        Ok(())
    }

    /// Stores the references that live across the call `at`; how many. The spill slots are free:
    /// the prologue has loaded what was in them.
    fn store_roots(&mut self, at: Value) -> Result<u8, LowerError> {
        let live = self.plan.uses.references_across(at).iter();
        let live = live.filter_map(|&value| self.found(value));
        let live: Vec<ir::Value> = live.collect();
        let count = u8::try_from(live.len()).ok();
        let count = count.filter(|&count| usize::from(count) <= SPILL_SLOTS);
        let Some(count) = count else {
            return Err(LowerError::TooManyValues {
                trace: self.trace.name.clone(),
                count: live.len(),
                limit: SPILL_SLOTS,
            });
        };
        for (n, &value) in live.iter().enumerate() {
            self.set_context_word(offset_of!(Vm, spill) + 8 * n, value);
        }
        Ok(count)
    }
}
