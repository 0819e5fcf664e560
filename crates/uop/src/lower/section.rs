//! What the lowering of one section has come to: its values, and what only a place or a block knows.
//!
//! A trace is one function, or two: from its start to the header, and from there to the back edge. Every file
//! of lowering adds what it is about to [`Lowering`]: uops (`body`), heap accesses (`memory`), calls, ways
//! out. What stands here is what all of them need, and nothing here knows of them.

use super::address::Addresses;
use super::exit_blocks::ExitBlocks;
use super::exits::{Homes, Plan};
use super::machine::Vm;
use super::request::LowerOptions;
use super::rounds::Rounds;
use super::target::Target;
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::Type;
use cranelift_codegen::ir::types::{I8, I64};
use cranelift_codegen::ir::{self, Block, InstBuilder, MemFlagsData};
use cranelift_frontend::FunctionBuilder;
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

pub(super) struct Lowering<'a, 'f> {
    pub(super) trace: &'a Trace,
    pub(super) target: &'a Target,
    pub(super) options: &'a LowerOptions<'a>,
    pub(super) plan: &'a Plan,
    pub(super) homes: &'a Homes,
    /// What the argument registers hold at entry, read by the section or not.
    pub(super) entered: Vec<ir::Value>,
    /// Whether exits may pass that through: not in loops and after calls, where it costs registers.
    pub(super) passes_on: bool,
    /// How many of them are integers.
    pub(super) ints: usize,
    values: Vec<Option<ir::Value>>,
    pub(super) pairs: FxHashMap<(Op, Value, Value), (ir::Value, ir::Value)>,
    /// The addresses that hot code has computed.
    pub(super) addresses: Addresses,
    pub(super) exit_blocks: ExitBlocks,
    pub(super) header: Option<Block>,
    /// How the loop's rounds end, if not at the header.
    pub(super) rounds: Option<Rounds>,
    /// Where an exit continues that fails to materialise an object, while its code is made; and the exit.
    pub(super) unmade: Option<(Block, ExitId)>,
    /// The uop that is being lowered.
    pub(super) at: Value,
    pub(super) vm: ir::Value,
    /// Where `vm` was taken from the pinned register, if code near there may use it.
    fetched: Option<(Block, Value)>,
    /// Whether the hot code is done.
    leaving: bool,
    /// The frame base, once it was needed.
    base: Option<ir::Value>,
    pub(super) b: FunctionBuilder<'f>,
}

pub(super) fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// A field's distance from the beginning of the machine context.
pub(super) fn offset(bytes: usize) -> i32 {
    i32::try_from(bytes).expect("the machine context is small")
}

impl<'a, 'f> Lowering<'a, 'f> {
    /// Nothing is lowered yet. `ints` of the entry's arguments are integers.
    pub(super) fn new(
        trace: &'a Trace,
        target: &'a Target,
        options: &'a LowerOptions<'a>,
        plan: &'a Plan,
        section: Section,
        ints: usize,
        b: FunctionBuilder<'f>,
    ) -> Lowering<'a, 'f> {
        let homes = match section {
            Section::Entry => &plan.entry,
            Section::Loop => &plan.looped,
        };
        Lowering {
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
            exit_blocks: ExitBlocks::new(homes.regions.len()),
            header: None,
            rounds: None,
            unmade: None,
            at: Value(0),
            vm: ir::Value::from_u32(0),
            fetched: None,
            leaving: false,
            base: None,
            b,
        }
    }

    /// The hot code is done: what follows are the exits, in any order.
    pub(super) fn begin_exits(&mut self) {
        self.leaving = true;
        self.forget_vm();
    }

    pub(super) fn is_hot(&self) -> bool {
        !self.leaving
    }

    /// A new block at the end of the function.
    pub(super) fn cold_block(&mut self) -> Block {
        self.exit_blocks.cold_block(&mut self.b)
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
        self.found(value)
            .expect("defined before use, in this function")
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

    pub(super) fn travellers(&mut self, values: &[Value]) -> Vec<ir::Value> {
        let mut travellers = Vec::with_capacity(values.len());
        for &value in values {
            let ty = self.trace.ty(value).expect("an operand has a type");
            let lowered = self.get(value);
            travellers.push(self.travelling(ty, lowered));
        }
        travellers
    }

    /// The value, if this function has defined it by now.
    pub(super) fn found(&self, value: Value) -> Option<ir::Value> {
        self.values[value.index()]
    }

    /// No code after this may name the value.
    pub(super) fn forget(&mut self, value: Value) {
        self.values[value.index()] = None;
    }

    pub(super) fn context_word(&mut self, at: usize) -> ir::Value {
        self.b.ins().load(I64, trusted(), self.vm, offset(at))
    }

    pub(super) fn set_context_word(&mut self, at: usize, value: ir::Value) {
        self.b.ins().store(trusted(), value, self.vm, offset(at));
    }
}
