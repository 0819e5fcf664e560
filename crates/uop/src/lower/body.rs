//! One section of a trace as a Cranelift function: its entry, then every uop by its row.

use super::convention::{arity, signature};
use super::error::LowerError;
use super::exits::Plan;
use super::machine::{Location, Vm};
use super::request::LowerOptions;
use super::section::{Lowering, Section, offset, trusted};
use super::target::Target;
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Type;
use crate::view::View;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I64};
use cranelift_codegen::ir::{self, BlockArg, Function, InstBuilder};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use std::mem::offset_of;

/// Builds the function; returns how many cold blocks it ends with.
pub(super) fn build(
    trace: &Trace,
    target: &Target,
    options: &LowerOptions<'_>,
    plan: &Plan,
    section: Section,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
) -> Result<usize, LowerError> {
    let arrivals: &[Location] = match section {
        Section::Entry => options.entry,
        Section::Loop => &plan.header,
    };
    let homes = match section {
        Section::Entry => &plan.entry,
        Section::Loop => &plan.looped,
    };
    let (mut ints, mut floats) = arity(arrivals);
    if section == Section::Entry {
        let places: Vec<Location> = homes.places.iter().map(|&(_, place)| place).collect();
        let (home_ints, home_floats) = arity(&places);
        (ints, floats) = (ints.max(home_ints), floats.max(home_floats));
    }
    function.signature = signature(ints, floats);
    let b = FunctionBuilder::new(function, context);
    let mut lowering = Lowering::new(trace, target, options, plan, section, ints, b);
    lowering.enter(arrivals, section);
    if section == Section::Loop {
        lowering.constants_from_before()?;
    }
    let range = match (&trace.header, section) {
        (None, _) => 0..trace.uops.len(),
        (Some(header), Section::Entry) => 0..header.at.index() + 1,
        (Some(header), Section::Loop) => header.at.index() + 1..trace.uops.len(),
    };
    for position in range {
        lowering.at = Value(position as u32);
        lowering.uop(lowering.at)?;
    }
    lowering.finish()
}

impl Lowering<'_, '_> {
    /// The prologue: everything in spill slots is loaded first, since spill is valid no longer.
    fn enter(&mut self, arrivals: &[Location], section: Section) {
        let entry = self.b.create_block();
        self.b.append_block_params_for_function_params(entry);
        self.b.switch_to_block(entry);
        let args = self.b.block_params(entry).to_vec();
        self.entered.clone_from(&args);
        let spills = |location: &Location| matches!(location, Location::Spill(_));
        if arrivals.iter().any(spills) {
            self.fetch_vm();
        }
        let ints = self.ints;
        let trace = self.trace;
        let targets: Vec<Value> = match section {
            Section::Entry => trace.entry_params().collect(),
            Section::Loop => trace
                .header_params()
                .chain(trace.header_invariants())
                .collect(),
        };
        assert_eq!(
            targets.len(),
            arrivals.len(),
            "{}: locations of an entry",
            trace.name
        );
        let mut arrived = Vec::new();
        for (&target, location) in targets.iter().zip(arrivals) {
            let ty = trace.ty(target).expect("an entry has types");
            let value = match *location {
                Location::Int(n) => args[usize::from(n)],
                Location::Float(n) => args[ints + usize::from(n)],
                Location::Spill(n) => {
                    let at = offset(offset_of!(Vm, spill) + 8 * usize::from(n));
                    let ty = if ty == Type::F64 { F64 } else { I64 };
                    self.b.ins().load(ty, trusted(), self.vm, at)
                }
            };
            arrived.push(self.arrived(ty, value));
        }
        if section == Section::Entry {
            for (&target, value) in targets.iter().zip(arrived) {
                self.set(target, value);
            }
            return;
        }
        // Invariants stay as they arrived; parameters are the loop block's.
        let header = self.b.create_block();
        let params = trace.header_params().count();
        let mut first: Vec<BlockArg> = Vec::with_capacity(params);
        for (&target, &value) in targets.iter().zip(&arrived).take(params) {
            let ty = self.b.func.dfg.value_type(value);
            let param = self.b.append_block_param(header, ty);
            first.push(value.into());
            self.set(target, param);
        }
        for (&target, &value) in targets.iter().zip(&arrived).skip(params) {
            self.set(target, value);
        }
        if self.loops_over_base() {
            self.base();
        }
        self.shift_invariants();
        self.b.ins().jump(header, &first);
        self.b.switch_to_block(header);
        self.forget_vm();
        self.header = Some(header);
        self.watch_header(&targets);
    }

    /// Makes the constants from before the header that the loop names. The optimiser makes its own behind
    /// the header; traces by hand need not.
    fn constants_from_before(&mut self) -> Result<(), LowerError> {
        let trace = self.trace;
        let Some(header) = &trace.header else {
            return Ok(());
        };
        for uop in &trace.uops[header.at.index() + 1..] {
            let exit = uop.exit.map(|exit| trace.exit(exit));
            let pending = exit.into_iter().flat_map(|exit| &exit.words);
            let pending = pending.map(|&(_, value)| value);
            // Other constants do not travel.
            let travels = pending.filter(|&value| trace.constant(value).is_none());
            for value in uop.args.iter().copied().chain(travels) {
                let is_from_before = value < header.at && trace.uop(value).op == Op::Const;
                if is_from_before && self.found(value).is_none() {
                    self.at = value;
                    self.perform(value)?;
                }
            }
        }
        Ok(())
    }

    fn uop(&mut self, at: Value) -> Result<(), LowerError> {
        match self.trace.uop(at).sunk {
            true => Ok(()),
            false => self.perform(at),
        }
    }

    /// Lowers a uop, sunk or not.
    pub(super) fn perform(&mut self, at: Value) -> Result<(), LowerError> {
        let trace = self.trace;
        let uop = trace.uop(at);
        let value = match uop.verified() {
            View::Start {} | View::Param { .. } | View::Invariant { .. } | View::Unreachable {} => {
                return Ok(());
            }
            View::At { pc } => {
                self.watch_place(pc);
                return Ok(());
            }
            View::Const { ty, bits } => self.constant(ty, bits),
            View::Pure { .. } | View::Select { .. } | View::RefOfBits { .. } => self.pure(uop),
            View::LoadWord { ty, word } => {
                let ty = if ty == Type::F64 { F64 } else { I64 };
                let base = self.base();
                self.b.ins().load(ty, trusted(), base, word_offset(word))
            }
            View::StoreWord { word, value } => {
                let (value, base) = (self.get(value), self.base());
                let ins = self.b.ins();
                ins.store(trusted(), value, base, word_offset(word));
                return Ok(());
            }
            View::HasRoom { word } => {
                let limit = offset(offset_of!(Vm, limit));
                let base = self.base();
                let vm = self.fetch_vm();
                let limit = self.b.ins().load(I64, trusted(), vm, limit);
                let wanted = i64::from(word_offset(word));
                let top = self.b.ins().iadd_imm_s(base, wanted);
                let within = IntCC::UnsignedLessThanOrEqual;
                self.b.ins().icmp(within, top, limit)
            }
            View::Load { address, access } => self.load(address, None, access),
            View::LoadElem {
                address,
                index,
                access,
            } => self.load(address, Some(index), access),
            View::Store {
                address,
                value,
                access,
            } => {
                self.store(address, None, value, access);
                return Ok(());
            }
            View::StoreElem {
                address,
                index,
                value,
                access,
            } => {
                self.store(address, Some(index), value, access);
                return Ok(());
            }
            View::Guard { condition, exit } => {
                let condition = self.get(condition);
                self.guard(exit, condition, true);
                return Ok(());
            }
            View::GuardNot { condition, exit } => {
                let condition = self.get(condition);
                self.guard(exit, condition, false);
                return Ok(());
            }
            View::GuardRef {
                condition,
                bits,
                exit,
            } => {
                let (condition, bits) = (self.get(condition), self.get(bits));
                self.guard(exit, condition, true);
                bits
            }
            View::GuardIndex {
                index,
                length,
                exit,
            } => {
                let (index, length) = (self.get(index), self.get(length));
                let below = self.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
                self.guard(exit, below, true);
                index
            }
            View::CheckValid { exit } => {
                let address = self.b.ins().iconst(I64, self.options.layout.valid as i64);
                let valid = self.b.ins().load(I64, trusted(), address, 0);
                self.guard(exit, valid, true);
                return Ok(());
            }
            View::Poll { exit } => {
                match self.opens_rounds(at, exit) {
                    true => self.open_rounds(exit),
                    false => self.poll(exit),
                }
                return Ok(());
            }
            View::Call { helper, .. } => {
                self.passes_on = false;
                self.fetch_vm();
                self.call(at, uop, helper)?;
                self.forget_vm();
                self.addresses.forget();
                return Ok(());
            }
            View::Header { firsts } => {
                self.count_work(1);
                self.fall_into_loop(firsts);
                return Ok(());
            }
            View::Loop { nexts } => {
                let nexts = nexts.iter().map(|&next| BlockArg::from(self.get(next)));
                let nexts: Vec<BlockArg> = nexts.collect();
                self.count_round();
                self.close_loop(&nexts);
                return Ok(());
            }
            View::Exit { exit } if self.plan.own == Some(exit) => {
                self.count_work(1);
                self.leave_own(exit);
                return Ok(());
            }
            View::Exit { exit } | View::Deopt { exit } | View::ErrorExit { exit } => {
                let block = self.stub(exit);
                self.b.ins().jump(block, &[]);
                return Ok(());
            }
            View::ExitDynamic { pc, window, exit } => {
                self.count_work(1);
                self.leave_dynamic(pc, window, exit);
                return Ok(());
            }
        };
        self.set(at, value);
        Ok(())
    }

    /// Leaves unless `condition` is `wanted`; counts down first where exits are forced.
    fn guard(&mut self, exit: ExitId, condition: ir::Value, wanted: bool) {
        self.count_down(exit);
        self.leave_if(exit, condition, !wanted);
        self.watch_guard(exit);
    }

    /// Where exits are forced: leaves if the countdown ends here.
    pub(super) fn count_down(&mut self, exit: ExitId) {
        if self.options.forced_exits {
            let at = offset(offset_of!(Vm, countdown));
            let vm = self.fetch_vm();
            let left = self.b.ins().load(I64, trusted(), vm, at);
            let left = self.b.ins().iadd_imm_s(left, -1);
            let anew = offset(offset_of!(Vm, period));
            let anew = self.b.ins().load(I64, trusted(), vm, anew);
            let next = self.b.ins().select(left, left, anew);
            self.b.ins().store(trusted(), next, vm, at);
            self.leave_if(exit, left, false);
        }
    }

    /// Whether the loop needs the frame base in every iteration.
    fn loops_over_base(&self) -> bool {
        let header = self.trace.header.as_ref().expect("a loop has a header");
        let looped = &self.trace.uops[header.at.index()..];
        let needs = |op| matches!(op, Op::LoadWord | Op::StoreWord | Op::HasRoom);
        looped.iter().any(|uop| needs(uop.op))
    }
}

/// Bytes from the frame base to a word.
fn word_offset(word: Word) -> i32 {
    word.0.checked_mul(8).expect("verified: within reach")
}
