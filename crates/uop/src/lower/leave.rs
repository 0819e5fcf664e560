//! How a section leaves: the exits' own blocks, the blocks they share, and the last exit.

use super::convention::{arity, signature};
use super::error::LowerError;
use super::exit_blocks::Stub;
use super::exits::EARLY;
use super::machine::{Location, Vm};
use super::section::{Lowering, trusted};
use crate::id::{ExitId, Value};
use crate::sunk;
use crate::types::Type;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I32, I64};
use cranelift_codegen::ir::{self, Block, BlockArg, InstBuilder};
use std::mem::offset_of;

impl Lowering<'_, '_> {
    /// Leaves through `exit` if `condition` is `when`.
    pub(super) fn leave_if(&mut self, exit: ExitId, condition: ir::Value, when: bool) {
        let out = self.stub(exit);
        let on = self.b.create_block();
        match when {
            true => self.b.ins().brif(condition, out, &[], on, &[]),
            false => self.b.ins().brif(condition, on, &[], out, &[]),
        };
        self.b.switch_to_block(on);
    }

    /// Leaves through `exit` if `word` is not zero.
    pub(super) fn leave_unless_zero(&mut self, exit: ExitId, word: ir::Value) {
        // As for guards, control goes on where the condition holds: Cranelift lays blocks out by
        // that, and the exit of the last guard comes to lie next to what all exits share.
        let zero = self.b.ins().icmp_imm_s(IntCC::Equal, word, 0);
        self.leave_if(exit, zero, false);
    }

    /// The block that leaves through `exit`.
    pub(super) fn stub(&mut self, exit: ExitId) -> Block {
        let passes_on = self.passes_on;
        let early = |before| passes_on && before < EARLY;
        self.exit_blocks.of_exit(&mut self.b, exit, self.at, early)
    }

    /// Moves the frame base to where the exit's state has it.
    pub(super) fn move_base(&mut self, exit: ExitId) {
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
        low.filter(|_| self.target.is_x86())
    }

    /// The address of the record `offset` bytes behind the trace's first.
    pub(super) fn record(&mut self, offset: i64) -> ir::Value {
        let address = (self.options.layout.records as i64).wrapping_add(offset);
        self.b.ins().iconst(I64, address)
    }

    /// Counts that the exit of `record` is taken, if that is asked for.
    pub(super) fn count(&mut self, record: ir::Value) {
        if let Some(distance) = self.options.layout.count {
            let at = self.b.ins().iadd_imm_s(record, distance);
            let count = self.b.ins().load(I64, trusted(), at, 0);
            let count = self.b.ins().iadd_imm_s(count, 1);
            self.b.ins().store(trusted(), count, at, 0);
        }
    }

    /// Counts that the loop's edge is taken, if exits are counted.
    pub(super) fn count_round(&mut self) {
        if self.options.layout.count.is_some() {
            let behind = ExitId(self.trace.exits.len() as u32 + 1);
            let word = self.record(self.options.layout.offset(behind));
            self.count(word);
        }
    }

    /// Says which exit is taken by another way than its record is named, if that is asked for.
    pub(super) fn witness(&mut self, exit: ExitId) {
        if let Some(first) = self.options.layout.witness {
            let offset = self.options.layout.offset(exit);
            let address = (first as i64).wrapping_add(offset);
            self.fetch_vm();
            let address = self.b.ins().iconst(I64, address);
            self.set_context_word(offset_of!(Vm, left_by), address);
        }
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
        let target = i32::try_from(self.options.layout.target).expect("records are small");
        let target = self.b.ins().load(I64, trusted(), record, target);
        self.jump_to(target, record, values, locations);
    }

    /// A tail jump to `target`; registers that hand nothing over hold `filler` or any double.
    fn jump_to(
        &mut self,
        target: ir::Value,
        filler: ir::Value,
        values: &[ir::Value],
        locations: &[Location],
    ) {
        let (ints, floats) = arity(locations);
        let mut args = vec![None; ints + floats];
        for (&value, location) in values.iter().zip(locations) {
            match *location {
                Location::Int(n) => args[usize::from(n)] = Some(value),
                Location::Float(n) => args[ints + usize::from(n)] = Some(value),
                Location::Spill(n) => {
                    self.fetch_vm();
                    self.set_context_word(offset_of!(Vm, spill) + 8 * usize::from(n), value);
                }
            }
        }
        let float = args[ints..].iter().flatten().next().copied();
        let mut filled = Vec::with_capacity(args.len());
        for (n, arg) in args.into_iter().enumerate() {
            filled.push(match arg {
                Some(arg) => arg,
                None if n < ints => filler,
                // The arity is that of the last one given, so there is one.
                None => float.expect("a float is handed over"),
            });
        }
        let signature = self.b.import_signature(signature(ints, floats));
        self.b
            .ins()
            .return_call_indirect(signature, target, &filled);
    }

    pub(super) fn leave_own(&mut self, exit: ExitId) {
        let plan = self.plan;
        let values = self.travellers(&plan.handed);
        self.leave_with(exit, &values);
    }

    /// Leaves through `exit`, handing over `values`.
    pub(super) fn leave_with(&mut self, exit: ExitId, values: &[ir::Value]) {
        let plan = self.plan;
        let record = self.record(self.options.layout.offset(exit));
        self.watch_exit(record);
        self.count(record);
        self.witness(exit);
        self.move_base(exit);
        self.fetch_vm();
        self.note(record);
        self.jump(record, values, &plan.exits[exit.index()].all());
    }

    /// From the preamble to the loop: through the record behind the last exit's.
    pub(super) fn fall_into_loop(&mut self, firsts: &[Value]) {
        let trace = self.trace;
        let invariants: Vec<Value> = trace
            .header_invariants()
            .map(|value| trace.uop(value).args[0])
            .collect();
        let handed: Vec<Value> = firsts.iter().copied().chain(invariants).collect();
        let values = self.travellers(&handed);
        let behind = ExitId(trace.exits.len() as u32);
        let record = self.record(self.options.layout.offset(behind));
        let plan = self.plan;
        self.count(record);
        self.jump(record, &values, &plan.header);
    }

    /// Fills in the exits' blocks and the blocks they share.
    pub(super) fn finish(mut self) -> Result<usize, LowerError> {
        self.begin_exits();
        for stub in self.exit_blocks.stubs() {
            match sunk::makes(self.trace, self.trace.exit(stub.exit)) {
                false => self.leave_through_shared(&stub),
                true => self.leave_with_objects(&stub)?,
            }
        }
        for (region, block) in self.exit_blocks.shared() {
            self.fill_shared(region, block);
        }
        self.b.seal_all_blocks();
        self.b.finalize(self.target.frontend_config());
        Ok(self.exit_blocks.cold())
    }

    fn leave_through_shared(&mut self, stub: &Stub) {
        let homes = self.homes;
        let region = homes.regions.partition_point(|it| it.end <= stub.at);
        let shared = self.shared_block(region);
        self.b.switch_to_block(stub.block);
        self.witness(stub.exit);
        self.move_base(stub.exit);
        let offset = self.options.layout.offset(stub.exit);
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

    /// Makes what was sunk and leaves on its own.
    fn leave_with_objects(&mut self, stub: &Stub) -> Result<(), LowerError> {
        let trace = self.trace;
        let state = trace.exit(stub.exit);
        let done = sunk::done_among(trace, &self.plan.sunk, state, stub.at);
        let may_fail = |&value: &Value| {
            let helper = trace.uop(value).helper();
            helper.is_some_and(|helper| trace.interface.helpers[helper.index()].fails)
        };
        if done.iter().any(may_fail) {
            let unmade = self.cold_block();
            self.unmade = Some((unmade, stub.exit));
        }
        self.b.switch_to_block(stub.block);
        for &value in &done {
            self.perform(value)?;
        }
        let unmade = self.unmade.take();
        let travels = |&value: &Value| trace.constant(value).is_none();
        let words = state.words.iter().map(|&(_, value)| value);
        let values: Vec<Value> = words.filter(travels).collect();
        let values = self.travellers(&values);
        self.leave_with(stub.exit, &values);
        // What was computed here is defined in this block only.
        for value in done {
            self.forget(value);
        }
        if let Some((block, exit)) = unmade {
            self.leave_unmade(block, exit);
        }
        Ok(())
    }

    /// An object that the exit names could not be made: to the cold exit, with what is not sunk.
    fn leave_unmade(&mut self, block: Block, exit: ExitId) {
        let (trace, plan) = (self.trace, self.plan);
        self.b.switch_to_block(block);
        let words = trace.exit(exit).words.iter().map(|&(_, value)| value);
        let travels = words.filter(|&value| trace.constant(value).is_none());
        let travels: Vec<Value> = travels.collect();
        let mut values = Vec::with_capacity(travels.len());
        for value in travels {
            values.push(match (trace.uop(value).sunk, trace.ty(value)) {
                (true, Some(Type::F64)) => self.b.ins().f64const(0.0),
                (true, _) => self.b.ins().iconst(I64, 0),
                (false, _) => self.travellers(&[value])[0],
            });
        }
        let record = self.record(self.options.layout.offset(exit));
        self.count(record);
        self.witness(exit);
        self.move_base(exit);
        self.fetch_vm();
        self.note(record);
        let yes = self.b.ins().iconst(I64, 1);
        self.set_context_word(offset_of!(Vm, unmade), yes);
        let target = self.context_word(offset_of!(Vm, cold_exit));
        self.jump_to(target, record, &values, &plan.exits[exit.index()].all());
    }

    /// What a register held at entry.
    fn found_in(&self, place: Location) -> Option<ir::Value> {
        match place {
            Location::Int(n) => self.entered.get(usize::from(n)).copied(),
            Location::Float(n) => self.entered.get(self.ints + usize::from(n)).copied(),
            Location::Spill(_) => None,
        }
    }

    /// The block that the exits of a region share. It takes the record, then what lies in each home.
    fn shared_block(&mut self, region: usize) -> Block {
        let (block, is_new) = self.exit_blocks.of_region(&mut self.b, region);
        if is_new {
            self.b.append_block_param(block, I64);
            for &index in &self.homes.regions[region].homes {
                let float = self.homes.places[index].0.float;
                self.b
                    .append_block_param(block, if float { F64 } else { I64 });
            }
        }
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
                self.count(record);
                record
            }
            None => {
                let first = self.record(0);
                let record = self.b.ins().iadd(first, params[0]);
                self.watch_exit(record);
                self.count(record);
                self.note(record);
                record
            }
        };
        let homes = self.homes.regions[region].homes.iter();
        let locations: Vec<Location> = homes.map(|&home| self.homes.places[home].1).collect();
        self.jump(record, &params[1..], &locations);
    }
}
