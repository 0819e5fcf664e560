//! One section of a trace as a Cranelift function.

use super::address::Addresses;
use super::exits::{Homes, Plan};
use super::leave::Stub;
use super::machine::{Location, Vm};
use super::poll::Rounds;
use super::stubs::offset;
use super::{LowerError, LowerOptions, Target, arity, signature};
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Mem, Type};
use crate::uop::Access;
use crate::view::View;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I8, I64};
use cranelift_codegen::ir::{self, Block, BlockArg, Function, InstBuilder, MemFlagsData};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use rustc_hash::FxHashMap;
use std::mem::offset_of;

/// Which function of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Section {
    /// From `start` to the header or the end.
    Entry,
    /// From the header to the back edge.
    Loop,
}

/// Builds the function; answers how many cold blocks it ends with.
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
    let mut lowering = Lowering {
        trace,
        target,
        options,
        plan,
        homes,
        entered: Vec::new(),
        passes_on: section == Section::Entry && !options.watched,
        ints,
        values: vec![None; trace.uops.len()],
        pairs: FxHashMap::default(),
        addresses: Addresses::default(),
        shared: vec![None; homes.regions.len()],
        header: None,
        rounds: None,
        stubs: Vec::new(),
        unmade: None,
        cold: 0,
        left: FxHashMap::default(),
        at: Value(0),
        vm: ir::Value::from_u32(0),
        fetched: None,
        leaving: false,
        base: None,
        b: FunctionBuilder::new(function, context),
    };
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

pub(super) struct Lowering<'a, 'f> {
    pub(super) trace: &'a Trace,
    pub(super) target: &'a Target,
    pub(super) options: &'a LowerOptions<'a>,
    pub(super) plan: &'a Plan,
    pub(super) homes: &'a Homes,
    /// What the argument registers hold at entry, meant by anybody or not.
    pub(super) entered: Vec<ir::Value>,
    /// Whether exits may pass that on: not in loops and behind calls, where it costs registers.
    pub(super) passes_on: bool,
    /// How many of them are integers.
    pub(super) ints: usize,
    pub(super) values: Vec<Option<ir::Value>>,
    pub(super) pairs: FxHashMap<(Op, Value, Value), (ir::Value, ir::Value)>,
    /// The addresses that hot code has computed.
    pub(super) addresses: Addresses,
    /// The block that the exits of each region share.
    pub(super) shared: Vec<Option<Block>>,
    pub(super) header: Option<Block>,
    /// How the loop's rounds end, if not at the header.
    pub(super) rounds: Option<Rounds>,
    pub(super) stubs: Vec<Stub>,
    /// Where an exit goes on that fails to make an object, while its code is made; and the exit.
    pub(super) unmade: Option<(Block, ExitId)>,
    /// Cold blocks besides the exits' first ones.
    pub(super) cold: usize,
    /// The block of each exit that was met.
    pub(super) left: FxHashMap<ExitId, Block>,
    /// The uop that is being lowered.
    pub(super) at: Value,
    pub(super) vm: ir::Value,
    /// Where `vm` was taken from the pinned register, if code near there may use it.
    fetched: Option<(Block, Value)>,
    /// Whether the hot code is done.
    pub(super) leaving: bool,
    /// The frame base, once it was needed.
    pub(super) base: Option<ir::Value>,
    pub(super) b: FunctionBuilder<'f>,
}

pub(super) fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
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

    /// Takes the machine context from the pinned register, or from where that was done a few uops
    /// before: a move costs nothing where it runs, a value that lives through the trace costs a
    /// register, but every instruction costs compiling.
    pub(super) fn fetch_vm(&mut self) -> ir::Value {
        /// Uops that the context stays in a register.
        const NEAR: u32 = 8;
        let block = self.b.current_block();
        let block = block.expect("code is added to a block");
        let near = self.fetched.is_some_and(|(from, at)| match self.leaving {
            true => from == block,
            // Hot code is one line of blocks.
            false => self.at.0 - at.0 <= NEAR,
        });
        if !near {
            self.vm = self.b.ins().get_pinned_reg(I64);
            self.fetched = Some((block, self.at));
        }
        self.vm
    }

    /// Code from here on takes the context from the pinned register again: after calls, and where
    /// a loop begins, whose every round would keep it.
    pub(super) fn forget_vm(&mut self) {
        self.fetched = None;
    }

    /// A value as it travels becomes a value as it is used: truths travel as integers.
    pub(super) fn arrived(&mut self, ty: Type, value: ir::Value) -> ir::Value {
        if ty == Type::Bool {
            self.b.ins().ireduce(I8, value)
        } else {
            value
        }
    }

    pub(super) fn travelling(&mut self, ty: Type, value: ir::Value) -> ir::Value {
        if ty == Type::Bool {
            self.b.ins().uextend(I64, value)
        } else {
            value
        }
    }

    pub(super) fn set(&mut self, value: Value, lowered: ir::Value) {
        self.values[value.index()] = Some(lowered);
    }

    pub(super) fn get(&self, value: Value) -> ir::Value {
        self.values[value.index()].expect("defined before use, in this function")
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
                if is_from_before && self.values[value.index()].is_none() {
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

    fn load(&mut self, address: Value, index: Option<Value>, access: Access) -> ir::Value {
        let (address, at) = self.address(address, index, access);
        let ins = self.b.ins();
        match access.mem {
            Mem::I8 => ins.sload8(I64, trusted(), address, at),
            Mem::U8 => ins.uload8(I64, trusted(), address, at),
            Mem::I16 => ins.sload16(I64, trusted(), address, at),
            Mem::U16 => ins.uload16(I64, trusted(), address, at),
            Mem::I32 => ins.sload32(trusted(), address, at),
            Mem::U32 => ins.uload32(trusted(), address, at),
            Mem::I64 | Mem::Ref | Mem::Ptr => ins.load(I64, trusted(), address, at),
            Mem::F64 => ins.load(F64, trusted(), address, at),
        }
    }

    fn store(&mut self, address: Value, index: Option<Value>, value: Value, access: Access) {
        let (address, at) = self.address(address, index, access);
        let value = self.get(value);
        let ins = self.b.ins();
        match access.mem.bytes() {
            1 => ins.istore8(trusted(), value, address, at),
            2 => ins.istore16(trusted(), value, address, at),
            4 => ins.istore32(trusted(), value, address, at),
            _ => ins.store(trusted(), value, address, at),
        };
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

    /// The frame base. Only hot code asks: what is behind the first place that does has it, too.
    pub(super) fn base(&mut self) -> ir::Value {
        if let Some(base) = self.base {
            return base;
        }
        let base = self.load_base();
        self.base = Some(base);
        base
    }

    pub(super) fn load_base(&mut self) -> ir::Value {
        let vm = self.fetch_vm();
        let at = offset(offset_of!(Vm, base));
        self.b.ins().load(I64, trusted(), vm, at)
    }

    /// Whether the loop needs the frame base in every iteration.
    fn loops_over_base(&self) -> bool {
        let header = self.trace.header.as_ref().expect("a loop has a header");
        let looped = &self.trace.uops[header.at.index()..];
        let needs = |op| matches!(op, Op::LoadWord | Op::StoreWord | Op::HasRoom);
        looped.iter().any(|uop| needs(uop.op))
    }

    pub(super) fn travellers(&mut self, values: &[Value]) -> Vec<ir::Value> {
        let mut travellers = Vec::with_capacity(values.len());
        for &value in values {
            let ty = self.trace.ty(value).expect("an operand has a type");
            let lowered = self.get(value);
            travellers.push(self.travelling(ty, lowered));
        }
        travellers
    }
}

/// Bytes from the frame base to a word.
fn word_offset(word: Word) -> i32 {
    word.0.checked_mul(8).expect("verified: within reach")
}
