//! One section of a trace as a Cranelift function.

use super::exits::{EARLY, Homes, Plan};
use super::machine::{Location, Vm};
use super::stubs::offset;
use super::uses::{Uses, overflows};
use super::{LowerError, LowerOptions, arity, record_offset, signature};
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Mem, Type};
use crate::uop::{Imm, Uop};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{self, Block, BlockArg, Function, InstBuilder, MemFlagsData};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use rustc_hash::{FxHashMap, FxHashSet};
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
        options,
        plan,
        homes,
        entered: Vec::new(),
        passes_on: section == Section::Entry && !options.watched,
        ints,
        values: vec![None; trace.uops.len()],
        pairs: FxHashMap::default(),
        overflows: overflows(trace),
        uses: Uses::of(trace),
        shared: vec![None; homes.regions.len()],
        header: None,
        stubs: Vec::new(),
        left: FxHashMap::default(),
        at: Value(0),
        vm: ir::Value::from_u32(0),
        base: None,
        b: FunctionBuilder::new(function, context),
    };
    lowering.enter(arrivals, section);
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

/// An exit's own block, filled in when the hot code is done.
struct Stub {
    block: Block,
    exit: ExitId,
    /// The first uop that leaves through it.
    at: Value,
    /// Whether argument registers may still hold what they held at entry.
    early: bool,
}

pub(super) struct Lowering<'a, 'f> {
    pub(super) trace: &'a Trace,
    pub(super) options: &'a LowerOptions<'a>,
    plan: &'a Plan,
    pub(super) homes: &'a Homes,
    /// What the argument registers hold at entry, meant by anybody or not.
    entered: Vec<ir::Value>,
    /// Whether exits may pass that on: not in loops and behind calls, where it costs registers.
    passes_on: bool,
    /// How many of them are integers.
    ints: usize,
    pub(super) values: Vec<Option<ir::Value>>,
    pub(super) pairs: FxHashMap<(Op, Value, Value), (ir::Value, ir::Value)>,
    pub(super) overflows: FxHashSet<(Op, Value, Value)>,
    pub(super) uses: Uses,
    /// The block that the exits of each region share.
    shared: Vec<Option<Block>>,
    header: Option<Block>,
    stubs: Vec<Stub>,
    /// The block of each exit that was met.
    left: FxHashMap<ExitId, Block>,
    /// The uop that is being lowered.
    pub(super) at: Value,
    pub(super) vm: ir::Value,
    /// The frame base, once it was needed.
    base: Option<ir::Value>,
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
        let vm = self.fetch_vm();
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
            let ty = trace.ty(target).expect("verified");
            let value = match *location {
                Location::Int(n) => args[usize::from(n)],
                Location::Float(n) => args[ints + usize::from(n)],
                Location::Spill(n) => {
                    let at = offset(offset_of!(Vm, spill) + 8 * usize::from(n));
                    let ty = if ty == Type::F64 { F64 } else { I64 };
                    self.b.ins().load(ty, trusted(), vm, at)
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
        self.b.ins().jump(header, &first);
        self.b.switch_to_block(header);
        self.header = Some(header);
        self.watch_header(&targets);
    }

    /// Takes the machine context from the pinned register, anew at each place that uses it: a
    /// move costs nothing there, a value that lives through the trace costs a register.
    pub(super) fn fetch_vm(&mut self) -> ir::Value {
        self.vm = self.b.ins().get_pinned_reg(I64);
        self.vm
    }

    /// A value as it travels becomes a value as it is used: truths travel as integers.
    pub(super) fn arrived(&mut self, ty: Type, value: ir::Value) -> ir::Value {
        if ty == Type::Bool {
            self.b.ins().ireduce(I8, value)
        } else {
            value
        }
    }

    fn travelling(&mut self, ty: Type, value: ir::Value) -> ir::Value {
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

    fn word_offset(uop: &Uop) -> i32 {
        uop.word().expect("verified").0 * 8
    }

    fn uop(&mut self, at: Value) -> Result<(), LowerError> {
        let trace = self.trace;
        let uop = trace.uop(at);
        match uop.op {
            Op::Start | Op::Param | Op::Invariant | Op::Unreachable => {}
            Op::At => match uop.imm {
                Imm::Place(pc) => self.watch_place(pc),
                _ => unreachable!("verified"),
            },
            Op::LoadWord => {
                let ty = if uop.ty == Some(Type::F64) { F64 } else { I64 };
                let base = self.base();
                let value = self
                    .b
                    .ins()
                    .load(ty, trusted(), base, Self::word_offset(uop));
                self.set(at, value);
            }
            Op::StoreWord => {
                let (value, base) = (self.get(uop.args[0]), self.base());
                self.b
                    .ins()
                    .store(trusted(), value, base, Self::word_offset(uop));
            }
            Op::HasRoom => {
                let limit = offset(offset_of!(Vm, limit));
                let base = self.base();
                let vm = self.fetch_vm();
                let limit = self.b.ins().load(I64, trusted(), vm, limit);
                let wanted = i64::from(Self::word_offset(uop));
                let top = self.b.ins().iadd_imm_s(base, wanted);
                let room = self
                    .b
                    .ins()
                    .icmp(IntCC::UnsignedLessThanOrEqual, top, limit);
                self.set(at, room);
            }
            Op::Load | Op::LoadElem => {
                let value = self.load(uop);
                self.set(at, value);
            }
            Op::Store | Op::StoreElem => self.store(uop),
            Op::Guard => {
                let condition = self.get(uop.args[0]);
                self.guard(uop, condition, true);
            }
            Op::GuardNot => {
                let condition = self.get(uop.args[0]);
                self.guard(uop, condition, false);
            }
            Op::GuardRef => {
                let (condition, bits) = (self.get(uop.args[0]), self.get(uop.args[1]));
                self.guard(uop, condition, true);
                self.set(at, bits);
            }
            Op::GuardIndex => {
                let (index, length) = (self.get(uop.args[0]), self.get(uop.args[1]));
                let below = self.b.ins().icmp(IntCC::UnsignedLessThan, index, length);
                self.guard(uop, below, true);
                self.set(at, index);
            }
            Op::CheckValid => {
                let address = self.b.ins().iconst(I64, self.options.layout.valid as i64);
                let valid = self.b.ins().load(I64, trusted(), address, 0);
                self.guard(uop, valid, true);
            }
            Op::Poll => {
                self.count_down(uop);
                let pending = self.watch_poll().unwrap_or_else(|| {
                    let at = offset(offset_of!(Vm, interrupt));
                    let vm = self.fetch_vm();
                    let word = self.b.ins().load(I64, trusted(), vm, at);
                    self.b.ins().load(I64, trusted(), word, 0)
                });
                self.leave_unless_zero(uop, pending);
            }
            Op::Call => {
                self.passes_on = false;
                self.fetch_vm();
                self.call(at, uop)?;
            }
            Op::Header => self.fall_into_loop(uop),
            Op::Loop => {
                let args: Vec<BlockArg> = uop
                    .args
                    .iter()
                    .map(|&arg| BlockArg::from(self.get(arg)))
                    .collect();
                let header = self.header.expect("a loop has a header");
                self.b.ins().jump(header, &args);
            }
            Op::Exit if self.plan.own == uop.exit => self.leave_own(uop),
            Op::Exit | Op::Deopt | Op::ErrorExit => {
                let block = self.stub(uop);
                self.b.ins().jump(block, &[]);
            }
            Op::ExitDynamic => self.leave_dynamic(uop),
            _ => {
                let value = self.pure(uop);
                self.set(at, value);
            }
        }
        Ok(())
    }

    fn address(&mut self, uop: &Uop) -> ir::Value {
        let address = self.get(uop.args[0]);
        match uop.op {
            Op::LoadElem | Op::StoreElem => {
                let index = self.get(uop.args[1]);
                let scale = i64::from(uop.access().expect("verified").scale);
                let bytes = self.b.ins().ishl_imm_s(index, scale);
                self.b.ins().iadd(address, bytes)
            }
            _ => address,
        }
    }

    fn load(&mut self, uop: &Uop) -> ir::Value {
        let access = uop.access().expect("verified");
        let (address, at) = (self.address(uop), access.offset);
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

    fn store(&mut self, uop: &Uop) {
        let access = uop.access().expect("verified");
        let (address, at) = (self.address(uop), access.offset);
        let value = self.get(*uop.args.last().expect("verified"));
        let ins = self.b.ins();
        match access.mem.bytes() {
            1 => ins.istore8(trusted(), value, address, at),
            2 => ins.istore16(trusted(), value, address, at),
            4 => ins.istore32(trusted(), value, address, at),
            _ => ins.store(trusted(), value, address, at),
        };
    }

    /// Leaves unless `condition` is `wanted`; counts down first where exits are forced.
    fn guard(&mut self, uop: &Uop, condition: ir::Value, wanted: bool) {
        self.count_down(uop);
        self.leave_if(uop, condition, !wanted);
        self.watch_guard(uop);
    }

    /// Where exits are forced: leaves if the countdown ends here.
    fn count_down(&mut self, uop: &Uop) {
        if self.options.forced_exits {
            let at = offset(offset_of!(Vm, countdown));
            let vm = self.fetch_vm();
            let left = self.b.ins().load(I64, trusted(), vm, at);
            let left = self.b.ins().iadd_imm_s(left, -1);
            let anew = offset(offset_of!(Vm, period));
            let anew = self.b.ins().load(I64, trusted(), vm, anew);
            let next = self.b.ins().select(left, left, anew);
            self.b.ins().store(trusted(), next, vm, at);
            self.leave_if(uop, left, false);
        }
    }

    /// Leaves through the uop's exit if `condition` is `when`.
    pub(super) fn leave_if(&mut self, uop: &Uop, condition: ir::Value, when: bool) {
        let out = self.stub(uop);
        let on = self.b.create_block();
        match when {
            true => self.b.ins().brif(condition, out, &[], on, &[]),
            false => self.b.ins().brif(condition, on, &[], out, &[]),
        };
        self.b.switch_to_block(on);
    }

    /// Leaves through the uop's exit if `word` is not zero.
    pub(super) fn leave_unless_zero(&mut self, uop: &Uop, word: ir::Value) {
        // As for guards, control goes on where the condition holds: Cranelift lays blocks out by
        // that, and the exit of the last guard comes to lie next to what all exits share.
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, word, 0);
        self.leave_if(uop, zero, false);
    }

    /// The block that leaves through the uop's exit. Guards of one instruction share it: what is
    /// pending is the same at all of them.
    fn stub(&mut self, uop: &Uop) -> Block {
        let exit = uop.exit.expect("verified");
        if let Some(&block) = self.left.get(&exit) {
            return block;
        }
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.left.insert(exit, block);
        self.stubs.push(Stub {
            block,
            exit,
            at: self.at,
            early: self.passes_on && self.stubs.len() < EARLY,
        });
        block
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

    fn load_base(&mut self) -> ir::Value {
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

    /// Moves the frame base to where the exit's state has it.
    fn move_base(&mut self, exit: ExitId) {
        let delta = i64::from(self.trace.exit(exit).base) * 8;
        if delta != 0 {
            let base = self.load_base();
            let base = self.b.ins().iadd_imm_s(base, delta);
            self.set_context_word(offset_of!(Vm, base), base);
        }
    }

    /// The low half of the address of the record `offset` bytes behind the trace's first, where that
    /// says it all and is no longer than the offset.
    fn near(&self, offset: i64) -> Option<i64> {
        let low = self.options.layout.low(offset);
        low.filter(|_| self.plan.names_records)
    }

    /// The address of the record `offset` bytes behind the trace's first.
    pub(super) fn record(&mut self, offset: i64) -> ir::Value {
        let address = (self.options.layout.records as i64).wrapping_add(offset);
        self.b.ins().iconst(I64, address)
    }

    /// The cold exit learns from the context which exit is taken. The context is at hand then.
    pub(super) fn note(&mut self, record: ir::Value) {
        if self.options.layout.high.is_some() {
            return self.set_context_word(offset_of!(Vm, record), record);
        }
        self.set_context_word(offset_of!(Vm, far_record), record);
        let far = self.b.ins().iconst(I32, 0);
        self.set_context_word(offset_of!(Vm, record), far);
    }

    /// A tail jump through `record`, handing over `values` at `locations`.
    pub(super) fn jump(&mut self, record: ir::Value, values: &[ir::Value], locations: &[Location]) {
        let (ints, floats) = arity(locations);
        let mut args = vec![None; ints + floats];
        for (&value, location) in values.iter().zip(locations) {
            match *location {
                Location::Int(n) => args[usize::from(n)] = Some(value),
                Location::Float(n) => args[ints + usize::from(n)] = Some(value),
                Location::Spill(n) => {
                    self.set_context_word(offset_of!(Vm, spill) + 8 * usize::from(n), value);
                }
            }
        }
        let float = args[ints..].iter().flatten().next().copied();
        let mut filled = Vec::with_capacity(args.len());
        for (n, arg) in args.into_iter().enumerate() {
            filled.push(match arg {
                Some(arg) => arg,
                None if n < ints => record,
                // The arity is that of the last one given, so there is one.
                None => float.expect("a float is handed over"),
            });
        }
        let target = i32::try_from(self.options.layout.target).expect("records are small");
        let target = self.b.ins().load(I64, trusted(), record, target);
        let signature = self.b.import_signature(signature(ints, floats));
        self.b
            .ins()
            .return_call_indirect(signature, target, &filled);
    }

    fn leave_own(&mut self, uop: &Uop) {
        let exit = uop.exit.expect("verified");
        let plan = self.plan;
        let values = self.travellers(&plan.handed);
        let record = self.record(record_offset(&self.options.layout, exit));
        self.watch_exit(record);
        self.move_base(exit);
        self.fetch_vm();
        self.note(record);
        self.jump(record, &values, &plan.exits[exit.index()].all());
    }

    pub(super) fn travellers(&mut self, values: &[Value]) -> Vec<ir::Value> {
        let mut travellers = Vec::with_capacity(values.len());
        for &value in values {
            let ty = self.trace.ty(value).expect("verified");
            let lowered = self.get(value);
            travellers.push(self.travelling(ty, lowered));
        }
        travellers
    }

    /// From the preamble to the loop: through the record behind the last exit's.
    fn fall_into_loop(&mut self, uop: &Uop) {
        let trace = self.trace;
        let invariants: Vec<Value> = trace
            .header_invariants()
            .map(|value| trace.uop(value).args[0])
            .collect();
        let handed: Vec<Value> = uop.args.iter().copied().chain(invariants).collect();
        let values = self.travellers(&handed);
        let behind = ExitId(trace.exits.len() as u32);
        let record = self.record(record_offset(&self.options.layout, behind));
        let plan = self.plan;
        self.fetch_vm();
        self.jump(record, &values, &plan.header);
    }

    /// Fills in the exits' blocks and the blocks they share.
    fn finish(mut self) -> Result<usize, LowerError> {
        let stubs = std::mem::take(&mut self.stubs);
        for stub in &stubs {
            self.leave_through_shared(stub);
        }
        let mut cold = stubs.len();
        for (region, block) in std::mem::take(&mut self.shared).into_iter().enumerate() {
            if let Some(block) = block {
                self.fill_shared(region, block);
                cold += 1;
            }
        }
        self.b.seal_all_blocks();
        // The pointer width is the only thing asked of it.
        self.b
            .finalize(cranelift_codegen::isa::TargetFrontendConfig {
                default_call_conv: CallConv::SystemV,
                pointer_width: target_lexicon::PointerWidth::U64,
                page_size_align_log2: 12,
            });
        Ok(cold)
    }

    fn leave_through_shared(&mut self, stub: &Stub) {
        let homes = self.homes;
        let region = homes.regions.partition_point(|it| it.end <= stub.at);
        let shared = self.shared_block(region);
        self.b.switch_to_block(stub.block);
        self.move_base(stub.exit);
        let offset = record_offset(&self.options.layout, stub.exit);
        let offset = self.near(offset).unwrap_or(offset);
        let offset = self.b.ins().iconst(I64, offset);
        let mut args: Vec<BlockArg> = vec![offset.into()];
        let mut zero = None;
        for &index in &homes.regions[region].homes {
            let (home, place) = homes.places[index];
            let value = match homes.passed(self.trace, stub.at, index) {
                Some(value) => self.get(value),
                None => match self.found_in(place).filter(|_| stub.early) {
                    Some(value) => value,
                    None if home.float => *zero.get_or_insert_with(|| self.b.ins().f64const(0.0)),
                    None => offset,
                },
            };
            args.push(value.into());
        }
        self.b.ins().jump(shared, &args);
    }

    /// What a register held at entry.
    fn found_in(&self, place: Location) -> Option<ir::Value> {
        match place {
            Location::Int(n) => self.entered.get(usize::from(n)).copied(),
            Location::Float(n) => self.entered.get(self.ints + usize::from(n)).copied(),
            Location::Spill(_) => None,
        }
    }

    /// The block that the exits of a region share.
    fn shared_block(&mut self, region: usize) -> Block {
        if let Some(block) = self.shared[region] {
            return block;
        }
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.b.append_block_param(block, I64);
        for &index in &self.homes.regions[region].homes {
            let float = self.homes.places[index].0.float;
            self.b
                .append_block_param(block, if float { F64 } else { I64 });
        }
        self.shared[region] = Some(block);
        block
    }

    fn fill_shared(&mut self, region: usize, block: Block) {
        self.b.switch_to_block(block);
        let params = self.b.block_params(block).to_vec();
        self.fetch_vm();
        // Either sum of two becomes part of the load's address.
        let record = match self.near(0) {
            Some(_) => {
                let low = self.b.ins().ireduce(I32, params[0]);
                self.set_context_word(offset_of!(Vm, record), low);
                let high = self.context_word(offset_of!(Vm, high));
                let record = self.b.ins().iadd(params[0], high);
                self.watch_exit(record);
                record
            }
            None => {
                let first = self.record(0);
                let record = self.b.ins().iadd(first, params[0]);
                self.watch_exit(record);
                self.note(record);
                record
            }
        };
        let homes = self.homes.regions[region].homes.iter();
        let locations: Vec<Location> = homes.map(|&home| self.homes.places[home].1).collect();
        self.jump(record, &params[1..], &locations);
    }
}
