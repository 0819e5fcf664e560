//! What the walk emits: uops, exits, the trail.
//!
//! Emitted uops live in a *pool*, dead or alive, and are named by their pool position ([`Value`] of the
//! output while it is being made); the *line* lists those of the section that is being emitted, in order.
//! Operands in the pool are *canonical*: a loop's body names preamble values directly, and
//! [`layout`](super::layout) turns those into invariants at the end. That way looking up an equal uop or a
//! known fact never has to know which side of the header it is on.
//!
//! Every rewrite asks [`Output::allow`] first, so the trail is complete and fuel stops it anywhere.
//!
//! Stations get this to read and to emit; it knows none of them. Uops do not change once they are emitted.

use super::options::Options;
use super::pass::{Pass, Passes, Rewrite};
use crate::exit::ExitState;
use crate::id::{ExitId, Value};
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Operands of a uop.
pub(super) type Args = SmallVec<[Value; 3]>;

/// The trace being made.
pub(super) struct Output {
    passes: Passes,
    fuel: Option<u64>,
    trail: Vec<Rewrite>,
    at: Value,
    pool: Vec<Uop>,
    /// For each of the pool, the source uop that was being looked at.
    origins: Vec<Value>,
    line: Vec<Value>,
    exits: Vec<ExitState>,
    refs: Vec<u64>,
    constants: FxHashMap<(Type, u64), Value>,
}

/// A place to come back to: the ends of what only grows.
pub(super) struct Mark {
    fuel: Option<u64>,
    trail: usize,
    pool: usize,
    line: usize,
    exits: usize,
    refs: usize,
}

impl Output {
    pub(super) fn new(source: &Trace, options: &Options<'_>) -> Output {
        Output {
            passes: options.passes,
            fuel: options.fuel,
            trail: Vec::new(),
            at: Value(0),
            pool: Vec::with_capacity(source.uops.len() * 2),
            origins: Vec::with_capacity(source.uops.len() * 2),
            line: Vec::with_capacity(source.uops.len()),
            exits: Vec::with_capacity(source.exits.len()),
            refs: source.refs.clone(),
            constants: FxHashMap::default(),
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            fuel: self.fuel,
            trail: self.trail.len(),
            pool: self.pool.len(),
            line: self.line.len(),
            exits: self.exits.len(),
            refs: self.refs.len(),
        }
    }

    /// Forgets what was emitted since `mark`. The line must be the one that was marked, or go on from it.
    pub(super) fn rewind(&mut self, mark: &Mark) {
        self.fuel = mark.fuel;
        self.trail.truncate(mark.trail);
        self.pool.truncate(mark.pool);
        self.origins.truncate(mark.pool);
        self.line.truncate(mark.line);
        self.exits.truncate(mark.exits);
        self.refs.truncate(mark.refs);
        self.constants.retain(|_, value| value.index() < mark.pool);
    }

    /// The source uop that is looked at from now on: rewrites and emitted uops are put down to it.
    pub(super) fn look_at(&mut self, at: Value) {
        self.at = at;
    }

    /// Whether `pass` runs at all. To rewrite, ask [`allow`](Output::allow).
    pub(super) fn runs(&self, pass: Pass) -> bool {
        self.passes.contains(pass)
    }

    /// Whether `rule` may rewrite now; notes that it did.
    pub(super) fn allow(&mut self, pass: Pass, rule: &'static str) -> bool {
        if !self.passes.contains(pass) || self.fuel == Some(0) {
            return false;
        }
        self.fuel = self.fuel.map(|fuel| fuel - 1);
        self.trail.push(Rewrite {
            pass,
            rule,
            at: self.at,
        });
        true
    }

    /// What `work` does is no rewriting: it costs no fuel and leaves no trail.
    pub(super) fn off_the_record(&mut self, work: impl FnOnce(&mut Output)) {
        let (fuel, trail) = (self.fuel.take(), std::mem::take(&mut self.trail));
        work(self);
        (self.fuel, self.trail) = (fuel, trail);
    }

    /// Appends a uop as it is.
    pub(super) fn emit(&mut self, uop: Uop) -> Value {
        let value = self.define(uop);
        self.line.push(value);
        value
    }

    /// As [`emit`](Output::emit), put down to what `origin` was put down to.
    pub(super) fn emit_again(&mut self, uop: Uop, origin: Value) -> Value {
        let value = self.emit(uop);
        self.origins[value.index()] = self.origins[origin.index()];
        value
    }

    /// Adds a uop to the pool, but to no section.
    pub(super) fn define(&mut self, uop: Uop) -> Value {
        let value = Value(self.pool.len() as u32);
        self.pool.push(uop);
        self.origins.push(self.at);
        value
    }

    /// How many uops were emitted: values from here on are new.
    pub(super) fn len(&self) -> usize {
        self.pool.len()
    }

    pub(super) fn uop(&self, value: Value) -> &Uop {
        &self.pool[value.index()]
    }

    /// The source uop that `value` is put down to.
    pub(super) fn origin(&self, value: Value) -> Value {
        self.origins[value.index()]
    }

    pub(super) fn ty(&self, value: Value) -> Type {
        self.uop(value).ty.expect("an operand has a type")
    }

    /// The section so far.
    pub(super) fn line(&self) -> &[Value] {
        &self.line
    }

    /// Ends the section, or takes it to be changed; what is emitted next begins one.
    pub(super) fn take_line(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.line)
    }

    /// Goes on with a section that was [taken](Output::take_line); what was emitted since is in none.
    pub(super) fn set_line(&mut self, line: Vec<Value>) {
        self.line = line;
    }

    /// Adds an exit.
    pub(super) fn add_exit(&mut self, state: ExitState) -> ExitId {
        let exit = ExitId(self.exits.len() as u32);
        self.exits.push(state);
        exit
    }

    pub(super) fn exit(&self, exit: ExitId) -> &ExitState {
        &self.exits[exit.index()]
    }

    pub(super) fn exit_count(&self) -> usize {
        self.exits.len()
    }

    /// A constant, shared.
    pub(super) fn constant(&mut self, constant: Const) -> Value {
        if let Some(&value) = self.constants.get(&(constant.ty, constant.bits)) {
            return value;
        }
        let uop = Uop::new(Op::Const, &[])
            .with_ty(constant.ty)
            .with_imm(Imm::Const(constant.bits));
        let value = self.emit(uop);
        self.constants.insert((constant.ty, constant.bits), value);
        value
    }

    /// The object at `address` as a constant.
    pub(super) fn reference(&mut self, address: u64) -> Value {
        let known = self.refs.iter().position(|&known| known == address);
        let index = known.unwrap_or_else(|| {
            self.refs.push(address);
            self.refs.len() - 1
        });
        self.constant(Const {
            ty: Type::Ref,
            bits: index as u64,
        })
    }

    /// The constant that `value` is, if it is one.
    pub(super) fn as_constant(&self, value: Value) -> Option<Const> {
        let uop = self.uop(value);
        match (uop.op, uop.ty, uop.imm) {
            (Op::Const, Some(ty), Imm::Const(bits)) if ty != Type::Ref => Some(Const { ty, bits }),
            _ => None,
        }
    }

    /// The `i64` that `value` is, if it is one.
    pub(super) fn as_int(&self, value: Value) -> Option<i64> {
        self.as_constant(value)
            .filter(|c| c.ty == Type::I64)
            .map(|c| c.bits as i64)
    }

    /// The `bool` that `value` is, if it is known.
    pub(super) fn as_bool(&self, value: Value) -> Option<bool> {
        self.as_constant(value)
            .filter(|c| c.ty == Type::Bool)
            .map(|c| c.bits == 1)
    }

    /// The trail so far and the objects that constants refer to; the output is done with.
    pub(super) fn finish(&mut self) -> (Vec<Rewrite>, Vec<u64>) {
        (
            std::mem::take(&mut self.trail),
            std::mem::take(&mut self.refs),
        )
    }
}
