//! Polls, where a trace looks whether an interrupt is pending; and the count of what it executes.
//!
//! A trace polls when it begins and in its loop. Where it comes to its end or its loop's edge, it adds to
//! [`Vm::work`] how many instructions of the program it has executed, so that the runtime knows
//! afterwards how much compiled code has done by any links. Exits on the way count
//! nothing: what is known is a lower bound, and no linked exit carries code for it.
//!
//! A loop without calls polls and counts once per [`BATCH`] rounds. An addition in memory in each round
//! would wait for that of the round before, and bound the loop from below. Most loops count by themselves:
//! a parameter grows by the same in every round, so what it will be after a batch says when that is over,
//! for a comparison and a branch. Where there is none, a register counts down.
//!
//! ```text
//!          entry ──▶ header: poll ──▶ body ──▶ edge ─┐ the batch goes on
//!                      ▲                ▲────────────┤
//!                      └── work += BATCH rounds ◀────┘ it is over
//! ```
//! Every entry at the header polls before it does anything, as the graph's rule for cycles of
//! executors asks for. A loop that calls helpers polls in each round, at its edge: what a helper raises
//! must be noticed there. If something is pending, the header polls again, and leaves.

use super::machine::Vm;
use super::rounds::{BATCH, Counter, Ends, Rounds, Step};
use super::section::{Lowering, offset, trusted};
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::sunk;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder};
use std::mem::offset_of;

impl Lowering<'_, '_> {
    /// Leaves if an interrupt is pending.
    pub(super) fn poll(&mut self, exit: ExitId) {
        self.count_down(exit);
        let pending = match self.watch_poll() {
            Some(pending) => pending,
            None => self.pending(),
        };
        self.leave_unless_zero(exit, pending);
    }

    fn pending(&mut self) -> ir::Value {
        let at = offset(offset_of!(Vm, interrupt));
        let vm = self.fetch_vm();
        let word = self.b.ins().load(I64, trusted(), vm, at);
        self.b.ins().load(I64, trusted(), word, 0)
    }

    /// Whether the poll at `at` is the first thing in a loop's round, which can end with what comes to
    /// the same.
    pub(super) fn opens_rounds(&self, at: Value, exit: ExitId) -> bool {
        let (trace, options) = (self.trace, self.options);
        let Some(header) = trace.header.as_ref().filter(|_| self.header.is_some()) else {
            return false;
        };
        let from = header.at.index() + 1;
        // What else is before the poll is the same in all rounds.
        let opens = |at: usize| {
            let op = trace.uops[at].op;
            matches!(op, Op::Param | Op::Invariant | Op::At)
                || trace.constant(Value(at as u32)).is_some()
        };
        let first = (from..trace.uops.len()).find(|&at| !opens(at));
        first == Some(at.index())
            && !options.watched
            && !options.forced_exits
            && !sunk::makes(trace, trace.exit(exit))
    }

    /// The poll of every entry at the header, and where rounds begin.
    pub(super) fn open_rounds(&mut self, exit: ExitId) {
        let pending = self.pending();
        let (out, on) = (self.cold_block(), self.b.create_block());
        let calm = self.b.ins().icmp_imm_s(IntCC::Equal, pending, 0);
        self.b.ins().brif(calm, on, &[], out, &[]);
        // The exit's own block: the values it means are the header's, which rounds that do not poll do
        // not have.
        self.b.switch_to_block(out);
        self.leave_at_once(exit);
        self.b.switch_to_block(on);
        let mut ends = self.ends();
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
        if let Ends::Counting(left) = &mut ends {
            args.push((*left).into());
            *left = self.b.append_block_param(body, I64);
        }
        self.b.ins().jump(body, &args);
        self.b.switch_to_block(body);
        self.forget_vm();
        self.rounds = Some(Rounds { body, ends });
    }

    /// What this loop's rounds end with. What that takes is computed here, before the first of them.
    fn ends(&mut self) -> Ends {
        let trace = self.trace;
        let header = trace.header.as_ref().expect("a loop has a header").at;
        let looped = &trace.uops[header.index()..];
        if looped.iter().any(|uop| uop.op == Op::Call) {
            return Ends::Polling;
        }
        let Some(Counter { param, next, step }) = Counter::of(trace) else {
            return Ends::Counting(self.b.ins().iconst(I64, BATCH));
        };
        let now = self.get(param);
        let stop = match step {
            Step::Constant(step) => self.b.ins().iadd_imm_s(now, step * BATCH),
            Step::Invariant(step) => {
                let far = self.batch_of(step);
                self.b.ins().iadd(now, far)
            }
        };
        Ends::Reaching { next, stop, step }
    }

    /// How far a counter comes in a batch. The header computes that at every entry, so it takes one
    /// instruction: a multiplication on x86-64, where a shift would need a copy, and part of an addition on
    /// aarch64.
    fn batch_of(&mut self, step: Value) -> ir::Value {
        let step = self.get(step);
        match self.target.is_x86() {
            true => {
                let batch = self.b.ins().iconst(I64, BATCH);
                self.b.ins().imul(step, batch)
            }
            false => self.b.ins().ishl_imm_s(step, i64::from(BATCH.ilog2())),
        }
    }

    /// Leaves through `exit` from where nothing else leaves through it.
    fn leave_at_once(&mut self, exit: ExitId) {
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
        let Some(Rounds { body, ends }) = self.rounds else {
            self.count_work(1);
            self.b.ins().jump(header, args);
            return;
        };
        let mut again = args.to_vec();
        let goes_on = match ends {
            Ends::Polling => {
                self.count_work(1);
                let pending = self.pending();
                self.b.ins().icmp_imm_s(IntCC::Equal, pending, 0)
            }
            Ends::Counting(left) => {
                let left = self.b.ins().iadd_imm_s(left, -1);
                again.push(left.into());
                left
            }
            Ends::Reaching { next, stop, .. } => {
                let next = self.get(next);
                self.b.ins().icmp(IntCC::NotEqual, next, stop)
            }
        };
        let due = self.cold_block();
        self.b.ins().brif(goes_on, body, &again, due, &[]);
        self.b.switch_to_block(due);
        self.forget_vm();
        match ends {
            Ends::Polling => {}
            Ends::Reaching {
                step: Step::Invariant(step),
                ..
            } => {
                // A counter that comes to where it was within a batch says nothing about how often.
                let far = self.batch_of(step);
                self.count_work_if(far, BATCH);
            }
            _ => self.count_work(BATCH),
        }
        self.b.ins().jump(header, args);
    }

    /// Counts that this part of the trace, up to the header or from there on, was executed in full so
    /// many times.
    pub(super) fn count_work(&mut self, times: i64) {
        let instructions = self.instructions() * times;
        if instructions > 0 {
            let instructions = self.b.ins().iconst(I64, instructions);
            self.add_work(instructions);
        }
    }

    /// The same, unless `condition` is zero.
    fn count_work_if(&mut self, condition: ir::Value, times: i64) {
        let instructions = self.instructions() * times;
        if instructions > 0 {
            let instructions = self.b.ins().iconst(I64, instructions);
            let none = self.b.ins().iconst(I64, 0);
            let counted = self.b.ins().select(condition, instructions, none);
            self.add_work(counted);
        }
    }

    /// Instructions of the program in the part of the trace that is being lowered.
    fn instructions(&self) -> i64 {
        let header = self.trace.header.as_ref().map(|header| header.at.index());
        let uops = &self.trace.uops;
        let part = match (header, self.header) {
            (None, _) => &uops[..],
            (Some(header), None) => &uops[..header],
            (Some(header), Some(_)) => &uops[header..],
        };
        part.iter().filter(|uop| uop.op == Op::At).count() as i64
    }

    fn add_work(&mut self, instructions: ir::Value) {
        let at = offset(offset_of!(Vm, work));
        let vm = self.fetch_vm();
        let work = self.b.ins().load(I64, trusted(), vm, at);
        let work = self.b.ins().iadd(work, instructions);
        self.b.ins().store(trusted(), work, vm, at);
    }
}
