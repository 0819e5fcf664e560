//! Polls, where a trace looks whether an interrupt is pending; and the count of what it executes.
//!
//! A trace polls when it begins and in its loop. Where it comes to its end or its loop's edge, it adds to
//! [`Vm::work`] how many instructions of the program it has executed, so that the runtime knows
//! afterwards how much compiled code has done by any links. Exits on the way count
//! nothing: what is known is a lower bound, and no linked exit carries code for it.
//!
//! A loop without calls polls and counts once per [`BATCH`] rounds. An addition in memory in each round
//! would wait for that of the round before, and bound the loop from below. A register
//! that counts down costs as many instructions as the poll did and waits for nothing:
//!
//! ```text
//!          entry ──▶ header: poll ──▶ body ──▶ edge ─┐ left - 1 > 0
//!                      ▲                ▲────────────┤
//!                      └── work += BATCH rounds ◀────┘ 0
//! ```
//! Every entry at the header polls before it does anything, as the graph's rule for cycles of
//! executors asks for. A loop that calls helpers polls in each round: what a helper raises must be
//! noticed at the next edge.

use super::body::{Lowering, trusted};
use super::machine::Vm;
use super::stubs::offset;
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::sunk;
use crate::uop::Uop;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, Block, BlockArg, InstBuilder};
use std::mem::offset_of;

/// Rounds of a loop without calls from one poll to the next. 64: the poll costs nothing to speak of,
/// and an interrupt waits for less than a microsecond in most loops.
const BATCH: i64 = 64;

/// A loop that counts its rounds between polls.
#[derive(Clone, Copy)]
pub(super) struct Batch {
    /// Where a round begins that does not poll.
    body: Block,
    /// How many rounds are left of the batch, this one included.
    left: ir::Value,
}

impl Lowering<'_, '_> {
    /// Leaves if an interrupt is pending.
    pub(super) fn poll(&mut self, uop: &Uop) {
        self.count_down(uop);
        let pending = match self.watch_poll() {
            Some(pending) => pending,
            None => self.pending(),
        };
        self.leave_unless_zero(uop, pending);
    }

    fn pending(&mut self) -> ir::Value {
        let at = offset(offset_of!(Vm, interrupt));
        let vm = self.fetch_vm();
        let word = self.b.ins().load(I64, trusted(), vm, at);
        self.b.ins().load(I64, trusted(), word, 0)
    }

    /// Whether the poll at `at` begins the rounds of a loop that need not all poll.
    pub(super) fn polls_in_batches(&self, at: Value) -> bool {
        let (trace, options) = (self.trace, self.options);
        let Some(header) = trace.header.as_ref().filter(|_| self.header.is_some()) else {
            return false;
        };
        let uops = &trace.uops[header.at.index()..];
        let from = header.at.index() + 1;
        // What else is before the poll is the same in all rounds.
        let opens = |at: usize| {
            let op = trace.uops[at].op;
            matches!(op, Op::Param | Op::Invariant | Op::At)
                || trace.constant(Value(at as u32)).is_some()
        };
        let first = (from..trace.uops.len()).find(|&at| !opens(at));
        let exit = trace.uop(at).exit.expect("verified");
        first == Some(at.index())
            && !options.watched
            && !options.forced_exits
            && !uops.iter().any(|uop| uop.op == Op::Call)
            && !sunk::makes(trace, trace.exit(exit))
    }

    /// The poll that a batch of rounds begins with, and where its other rounds begin.
    pub(super) fn poll_batch(&mut self, uop: &Uop) {
        let pending = self.pending();
        let (out, on) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(out);
        let calm = self.b.ins().icmp_imm_s(IntCC::Equal, pending, 0);
        self.b.ins().brif(calm, on, &[], out, &[]);
        // The exit's own block: the values it means are the header's, which rounds that do not poll do
        // not have.
        self.b.switch_to_block(out);
        self.leave_at_once(uop.exit.expect("verified"));
        self.b.switch_to_block(on);
        let body = self.b.create_block();
        let params: Vec<Value> = self.trace.header_params().collect();
        let mut args: Vec<BlockArg> = Vec::with_capacity(params.len() + 1);
        for value in params {
            let arrived = self.get(value);
            args.push(arrived.into());
            let ty = self.b.func.dfg.value_type(arrived);
            let param = self.b.append_block_param(body, ty);
            self.set(value, param);
        }
        let left = self.b.append_block_param(body, I64);
        args.push(self.b.ins().iconst(I64, BATCH).into());
        self.b.ins().jump(body, &args);
        self.b.switch_to_block(body);
        self.batch = Some(Batch { body, left });
    }

    /// Leaves through `exit` from where nothing else leaves through it.
    fn leave_at_once(&mut self, exit: ExitId) {
        self.cold += 1;
        let trace = self.trace;
        let words = trace.exit(exit).words.iter().map(|&(_, value)| value);
        let travels = words.filter(|&value| trace.constant(value).is_none());
        let travels: Vec<Value> = travels.collect();
        let values = self.travellers(&travels);
        self.leave_with(exit, &values);
    }

    /// The next round.
    pub(super) fn close_loop(&mut self, args: &[BlockArg]) {
        let header = self.header.expect("a loop has a header");
        let Some(batch) = self.batch else {
            self.count_work(1);
            self.b.ins().jump(header, args);
            return;
        };
        let left = self.b.ins().iadd_imm_s(batch.left, -1);
        let due = self.b.create_block();
        self.b.set_cold_block(due);
        self.cold += 1;
        let mut again = args.to_vec();
        again.push(left.into());
        self.b.ins().brif(left, batch.body, &again, due, &[]);
        self.b.switch_to_block(due);
        self.count_work(BATCH);
        self.b.ins().jump(header, args);
    }

    /// Counts that this part of the trace, up to the header or from there on, was executed in full so
    /// many times.
    pub(super) fn count_work(&mut self, times: i64) {
        let header = self.trace.header.as_ref().map(|header| header.at.index());
        let uops = &self.trace.uops;
        let part = match (header, self.header) {
            (None, _) => &uops[..],
            (Some(header), None) => &uops[..header],
            (Some(header), Some(_)) => &uops[header..],
        };
        let instructions = part.iter().filter(|uop| uop.op == Op::At).count() as i64;
        if instructions > 0 {
            self.add_work(instructions * times);
        }
    }

    fn add_work(&mut self, instructions: i64) {
        let at = offset(offset_of!(Vm, work));
        let vm = self.fetch_vm();
        let work = self.b.ins().load(I64, trusted(), vm, at);
        let work = self.b.ins().iadd_imm_s(work, instructions);
        self.b.ins().store(trusted(), work, vm, at);
    }
}
