//! The forward walk: reads source uops in order, keeps what is known, emits what is left.
//!
//! Emitted uops live in a *pool* and are named by their pool position ([`Value`] of the output
//! while it is being made); a section lists those that are in the trace, in order. Operands in the
//! pool are *canonical*: the loop body names preamble values directly, and [`layout`](super::layout)
//! turns those into invariants at the end. That way looking up an equal uop or a known fact never
//! has to know which side of the header it is on.

use super::cse::Known;
use super::facts::Facts;
use super::heap::Heap;
use super::liveness::Answers;
use super::sink::Sunk;
use super::words::Words;
use super::{Options, Pass, Rewrite};
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ExitId, Value, Word};
use crate::interface::Effects;
use crate::op::{Effect, Op};
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::ops::Range;

pub(super) type Args = SmallVec<[Value; 3]>;

/// The state of the walk.
pub(super) struct Forward<'t> {
    pub(super) source: &'t Trace,
    pub(super) options: Options<'t>,
    /// Every uop emitted, dead or alive, by canonical operands.
    pub(super) pool: Vec<Uop>,
    /// For each of the pool, the source uop that was being looked at.
    pub(super) origins: Vec<Value>,
    /// The uops of the section being emitted, in order.
    pub(super) line: Vec<Value>,
    pub(super) exits: Vec<ExitState>,
    pub(super) refs: Vec<u64>,
    pub(super) constants: FxHashMap<(Type, u64), Value>,
    /// What each source value is now, canonical.
    pub(super) map: Vec<Option<Value>>,
    /// Exits made for source exits, and the words' generation they were made at.
    exit_map: FxHashMap<ExitId, (ExitId, u64)>,
    pub(super) words: Words,
    pub(super) heap: Heap,
    pub(super) known: Known,
    pub(super) facts: Facts,
    pub(super) sunk: Sunk,
    /// What the host said of its frames.
    pub(super) asked: Answers,
    /// Filled in when the loop is closed.
    pub(super) looped: Option<Looped>,
    /// Whether the trace is known to be valid: since it was entered or checked, nothing was called
    /// that may invalidate.
    pub(super) valid: bool,
    pub(super) trail: Vec<Rewrite>,
    pub(super) fuel: Option<u64>,
    /// The source uop being looked at.
    pub(super) at: Value,
    /// The instruction and the base of the source exit met last: where the program is said to be if
    /// making an object fails.
    pub(super) place: (Pc, i32),
}

/// The loop, once its header stands.
pub(super) struct Looped {
    /// Pool values below this are preamble values.
    pub(super) boundary: u32,
    /// The preamble's line.
    pub(super) preamble: Vec<Value>,
    /// The header's parameters with their first values (canonical).
    pub(super) params: Vec<(Value, Value)>,
    /// Words pending with a constant at the header.
    pub(super) constants: Vec<(Word, Const)>,
    pub(super) writes: super::peel::LoopWrites,
}

/// A place in the walk: the ends of what only grows, copies of what changes.
pub(super) struct Checkpoint {
    pool: usize,
    line: usize,
    exits: usize,
    refs: usize,
    trail: usize,
    constants: FxHashMap<(Type, u64), Value>,
    exit_map: FxHashMap<ExitId, (ExitId, u64)>,
    words: Words,
    heap: Heap,
    known: Known,
    facts: Facts,
    sunk: Sunk,
    valid: bool,
    fuel: Option<u64>,
    in_loop: bool,
}

impl<'t> Forward<'t> {
    pub(super) fn new(source: &'t Trace, options: Options<'t>) -> Forward<'t> {
        Forward {
            source,
            options,
            pool: Vec::with_capacity(source.uops.len() * 2),
            origins: Vec::with_capacity(source.uops.len() * 2),
            line: Vec::with_capacity(source.uops.len()),
            exits: Vec::with_capacity(source.exits.len()),
            refs: source.refs.clone(),
            constants: FxHashMap::default(),
            map: vec![None; source.uops.len()],
            exit_map: FxHashMap::default(),
            words: Words::default(),
            heap: Heap::default(),
            known: Known::default(),
            facts: Facts::default(),
            sunk: Sunk::default(),
            asked: Answers::default(),
            looped: None,
            // What is entered is valid: links to what is invalidated are undone at once.
            valid: true,
            trail: Vec::new(),
            fuel: options.fuel,
            at: Value(0),
            place: (source.pc, 0),
        }
    }

    /// What it takes to come back here.
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            pool: self.pool.len(),
            line: self.line.len(),
            exits: self.exits.len(),
            refs: self.refs.len(),
            trail: self.trail.len(),
            constants: self.constants.clone(),
            exit_map: self.exit_map.clone(),
            words: self.words.clone(),
            heap: self.heap.clone(),
            known: self.known.clone(),
            facts: self.facts.clone(),
            sunk: self.sunk.clone(),
            valid: self.valid,
            fuel: self.fuel,
            in_loop: self.looped.is_some(),
        }
    }

    /// Goes back to where `checkpoint` was taken.
    pub(super) fn restore(&mut self, checkpoint: Checkpoint) {
        // A header that was entered since has taken the line over.
        if let Some(looped) = self.looped.take_if(|_| !checkpoint.in_loop) {
            self.line = looped.preamble;
        }
        self.pool.truncate(checkpoint.pool);
        self.origins.truncate(checkpoint.pool);
        self.line.truncate(checkpoint.line);
        self.exits.truncate(checkpoint.exits);
        self.refs.truncate(checkpoint.refs);
        self.trail.truncate(checkpoint.trail);
        self.constants = checkpoint.constants;
        self.exit_map = checkpoint.exit_map;
        self.words = checkpoint.words;
        self.heap = checkpoint.heap;
        self.known = checkpoint.known;
        self.facts = checkpoint.facts;
        self.sunk = checkpoint.sunk;
        self.valid = checkpoint.valid;
        self.fuel = checkpoint.fuel;
    }

    /// Whether `rule` may rewrite now; notes that it did.
    pub(super) fn allow(&mut self, pass: Pass, rule: &'static str) -> bool {
        if !self.options.passes.contains(pass) || self.fuel == Some(0) {
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

    /// Appends a uop as it is.
    pub(super) fn emit(&mut self, uop: Uop) -> Value {
        let value = self.define(uop);
        self.line.push(value);
        value
    }

    /// Adds a uop to the pool, but to no section.
    pub(super) fn define(&mut self, uop: Uop) -> Value {
        let value = Value(self.pool.len() as u32);
        self.pool.push(uop);
        self.origins.push(self.at);
        value
    }

    pub(super) fn uop(&self, value: Value) -> &Uop {
        &self.pool[value.index()]
    }

    pub(super) fn ty(&self, value: Value) -> Type {
        self.uop(value).ty.expect("an operand has a type")
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

    /// What a canonical value is known to be now.
    pub(super) fn resolve(&self, value: Value) -> Value {
        self.facts.replaced(value)
    }

    /// The canonical operands of a source uop.
    fn operands(&self, uop: &Uop) -> Args {
        let mut args = Args::from_slice(&uop.args);
        for arg in &mut args {
            *arg = self.resolve(self.map[arg.index()].expect("operands come first"));
        }
        args
    }

    /// Walks the source uops in `range`.
    pub(super) fn walk(&mut self, range: Range<usize>) {
        for position in range {
            self.at = Value(position as u32);
            let uop = &self.source.uops[position];
            let args = self.operands(uop);
            let exit = uop.exit.map(|exit| self.source.exit(exit));
            if let Some(state) = exit.filter(|state| state.kind != ExitKind::Dynamic) {
                self.place = (state.target, state.base);
            }
            let result = match (uop.exit, exit) {
                (Some(id), Some(_)) => self.leave_or_call(uop, args, id),
                _ => self.plain(uop, args),
            };
            self.map[position] = result;
        }
    }

    /// Steps a uop without an exit.
    pub(super) fn plain(&mut self, uop: &Uop, args: Args) -> Option<Value> {
        match uop.op {
            Op::Const => {
                let Imm::Const(bits) = uop.imm else {
                    unreachable!("verified")
                };
                let ty = uop.ty.expect("verified");
                Some(self.constant(Const { ty, bits }))
            }
            Op::LoadWord => {
                let word = uop.word().expect("verified");
                Some(self.load_word(uop.ty.expect("verified"), word))
            }
            Op::StoreWord => {
                self.store_word(uop.word().expect("verified"), args[0]);
                None
            }
            Op::HasRoom => Some(self.has_room(uop.word().expect("verified"))),
            Op::Load | Op::LoadElem => Some(self.heap_load(uop, args)),
            Op::Store | Op::StoreElem => {
                self.heap_store(uop, args);
                None
            }
            Op::Call => self.call(uop, args, None),
            op if op.is_pure() => {
                Some(self.pure(op, uop.ty.expect("pure uops have results"), args))
            }
            Op::Unreachable => None,
            _ => Some(self.emit(uop.like(args, uop.exit))),
        }
    }

    fn leave_or_call(&mut self, uop: &Uop, args: Args, exit: ExitId) -> Option<Value> {
        match uop.op.info().effect {
            Effect::Guards => self.guard(uop, args, exit),
            Effect::Calls => self.call(uop, args, Some(exit)),
            _ => {
                let state = self.source.exit(exit);
                if state.kind == ExitKind::Dynamic {
                    let window = args.get(1).and_then(|&window| self.as_constant(window));
                    let leaves = window.is_none_or(|window| window.bits != 0);
                    if leaves {
                        self.drop_left(state.target, state.base);
                    }
                    self.store_all();
                }
                let dead = self.dead(state.target, state.base);
                self.make_pending(|word| dead.binary_search(&word).is_err());
                if !self.reenter(exit) && !self.join(exit) {
                    let exit = self.exit(exit);
                    self.emit(uop.like(args, Some(exit)));
                }
                None
            }
        }
    }

    /// The output's exit for a source exit, with what is pending now.
    ///
    /// Guards of one instruction share one as long as nothing changes what is pending.
    pub(super) fn exit(&mut self, source: ExitId) -> ExitId {
        let generation = self.words.generation();
        if let Some(&(exit, made)) = self.exit_map.get(&source)
            && made == generation
        {
            return exit;
        }
        let state = self.source.exit(source);
        let exit = self.make_exit(state.kind, state.target, state.base);
        self.exit_map.insert(source, (exit, generation));
        exit
    }

    /// A new exit with what is pending now and will be read.
    pub(super) fn make_exit(&mut self, kind: ExitKind, target: u32, base: i32) -> ExitId {
        let words = self.pending_at(target, base);
        debug_assert!(!self.makes_again(&words), "an object would be made twice");
        self.new_exit(ExitState {
            words,
            ..ExitState::new(kind, target, base)
        })
    }

    /// A new exit.
    pub(super) fn new_exit(&mut self, state: ExitState) -> ExitId {
        let exit = ExitId(self.exits.len() as u32);
        self.exits.push(state);
        exit
    }

    /// What is pending now and will be read at `target`.
    pub(super) fn pending_at(&mut self, target: u32, base: i32) -> Vec<(Word, Value)> {
        let mut dead = self.dead(target, base);
        if !dead.is_empty() && !self.allow(Pass::Words, "dead") {
            dead.clear();
        }
        let pending = self
            .words
            .pending()
            .filter(|(word, _)| dead.binary_search(word).is_err())
            .map(|(word, value)| (word, self.resolve(value)));
        // The iterator does not know its length.
        let mut words = Vec::with_capacity(self.words.len());
        words.extend(pending);
        words
    }

    /// Forgets which exits were made: those of the preamble are not the loop's.
    pub(super) fn forget_exits(&mut self) {
        self.exit_map.clear();
    }

    /// A call with these effects is made here.
    pub(super) fn forget_written(&mut self, effects: Effects) {
        self.heap.kill(effects.writes);
        self.known.kill_calls(effects.writes, effects.writes_host);
    }

    /// A helper call: what its effects say must be in memory before, and is unknown after.
    fn call(&mut self, uop: &Uop, args: Args, exit: Option<ExitId>) -> Option<Value> {
        let helper = uop.helper().expect("verified");
        let args = self.made_all(args);
        let declared = &self.source.interface.helpers[helper.index()];
        let effects = declared.effects.closed();
        let repeatable = declared.is_repeatable();
        if declared.makes.is_some()
            && let Some(value) = self.sink(uop, &args)
        {
            return Some(value);
        }
        if repeatable
            && let Some(value) = self.known.call(helper, &args)
            && self.allow(Pass::Cse, "call")
        {
            return Some(value);
        }
        if effects.collects || effects.reads_frames || effects.writes_frames || effects.transfers {
            self.store_all();
        }
        let exit = exit.map(|exit| self.exit(exit));
        let value = self.emit(uop.like(args.clone(), exit));
        self.forget_written(effects);
        if effects.collects {
            self.words.forget_memory();
        }
        if effects.writes_frames {
            self.words.forget_all();
        }
        // Whatever gets at the host's state may have the host invalidate.
        if effects.writes_host {
            self.valid = false;
        }
        if repeatable {
            self.known.note_call(helper, args, effects, value);
        }
        uop.ty.map(|_| value)
    }
}
