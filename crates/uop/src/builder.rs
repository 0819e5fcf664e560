//! Builds traces uop by uop: what the [recorder](crate::record), the optimiser and tests use.
//!
//! The builder fills in result types from the op table; it does not check operands (the
//! [verifier](crate::verify) does, with better messages).

use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ContractId, ExitId, HelperId, Value, Word};
use crate::interface::{Class, Interface};
use crate::op::{Op, Produces};
use crate::signature::{EntrySignature, Holds};
use crate::trace::{Header, Trace};
use crate::types::{Const, Mem, Type};
use crate::uop::{Access, Imm, Uop};
use std::sync::Arc;

/// A trace under construction.
///
/// ```
/// use offramp_uop::{Builder, Interface, Op, Type, Word};
/// let mut b = Builder::new("double", 4, Interface::new().into());
/// b.at(4);
/// let x = b.load_word(Type::I64, Word(0));
/// let sum = b.pure(Op::Add, &[x, x]);
/// b.store_word(Word(0), sum);
/// let out = b.side_exit(5, 0);
/// b.leave(out);
/// let trace = b.finish();
/// assert_eq!(trace.ty(sum), Some(Type::I64));
/// ```
#[derive(Debug)]
pub struct Builder {
    trace: Trace,
}

impl Builder {
    /// A root trace at `pc` with the empty signature.
    pub fn new(name: impl Into<String>, pc: Pc, interface: Arc<Interface>) -> Builder {
        Builder::with_entry(name, pc, interface, EntrySignature::empty())
    }

    /// Makes room for so many uops, for a caller that knows that there are some.
    pub fn reserve(&mut self, uops: usize) {
        self.trace.uops.reserve(uops);
    }

    /// A trace that takes over `entry`; [`Trace::entry_params`] are its first values.
    pub fn with_entry(
        name: impl Into<String>,
        pc: Pc,
        interface: Arc<Interface>,
        entry: EntrySignature,
    ) -> Builder {
        let trace = Trace {
            name: name.into(),
            pc,
            entry,
            interface,
            refs: Vec::new(),
            uops: Vec::new(),
            exits: Vec::new(),
            header: None,
        };
        let mut builder = Builder { trace };
        builder.push(Uop::new(Op::Start, &[]));
        let params: Vec<_> = builder.trace.entry.params().collect();
        for (word, ty) in params {
            builder.param(ty, word);
        }
        builder
    }

    /// The trace so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Replaces the interface by one that has grown: helpers and classes it had keep their numbers.
    pub fn set_interface(&mut self, interface: Arc<Interface>) {
        self.trace.interface = interface;
    }

    /// Appends `uop` as it is.
    pub fn push(&mut self, uop: Uop) -> Value {
        let value = Value(self.trace.uops.len() as u32);
        self.trace.uops.push(uop);
        value
    }

    /// Forgets the uops and exits from these on.
    pub(crate) fn truncate(&mut self, uops: usize, exits: usize) {
        self.trace.uops.truncate(uops);
        self.trace.exits.truncate(exits);
    }

    /// Adds an exit.
    pub fn exit(&mut self, state: ExitState) -> ExitId {
        let exit = ExitId(self.trace.exits.len() as u32);
        self.trace.exits.push(state);
        exit
    }

    /// Adds a side exit with nothing pending.
    pub fn side_exit(&mut self, target: Pc, base: i32) -> ExitId {
        self.exit(ExitState::new(ExitKind::Side, target, base))
    }

    /// A constant.
    ///
    /// # Panics
    /// If it is a `ref` or `ptr`: references are added by [`reference`](Builder::reference).
    pub fn constant(&mut self, constant: Const) -> Value {
        assert!(
            !matches!(constant.ty, Type::Ref | Type::Ptr),
            "address constants have no bits"
        );
        self.push(
            Uop::new(Op::Const, &[])
                .with_ty(constant.ty)
                .with_imm(Imm::Const(constant.bits)),
        )
    }

    /// An `i64` constant.
    pub fn int(&mut self, value: i64) -> Value {
        self.constant(Const::int(value))
    }

    /// An `f64` constant.
    pub fn float(&mut self, value: f64) -> Value {
        self.constant(Const::float(value))
    }

    /// A `bool` constant.
    pub fn bool(&mut self, value: bool) -> Value {
        self.constant(Const::bool(value))
    }

    /// A reference constant, rooted by the trace.
    pub fn reference(&mut self, address: u64) -> Value {
        let index = self.trace.refs.iter().position(|&known| known == address);
        let index = index.unwrap_or_else(|| {
            self.trace.refs.push(address);
            self.trace.refs.len() - 1
        });
        self.push(
            Uop::new(Op::Const, &[])
                .with_ty(Type::Ref)
                .with_imm(Imm::Const(index as u64)),
        )
    }

    /// A uop whose result type the table fixes, without immediate or exit.
    ///
    /// # Panics
    /// If the op's result type is not fixed by the table.
    pub fn pure(&mut self, op: Op, args: &[Value]) -> Value {
        let Produces::Is(ty) = op.info().produces else {
            panic!("the result type of {} is not fixed", op.name())
        };
        self.push(Uop::new(op, args).with_ty(ty))
    }

    /// `then` if `condition`, else `otherwise`; all of type `ty`.
    pub fn select(&mut self, ty: Type, condition: Value, then: Value, otherwise: Value) -> Value {
        self.push(Uop::new(Op::Select, &[condition, then, otherwise]).with_ty(ty))
    }

    /// Reads a frame word as `i64` or `f64`.
    pub fn load_word(&mut self, ty: Type, word: Word) -> Value {
        self.push(
            Uop::new(Op::LoadWord, &[])
                .with_ty(ty)
                .with_imm(Imm::Word(word)),
        )
    }

    /// Writes a frame word.
    pub fn store_word(&mut self, word: Word, value: Value) {
        self.push(Uop::new(Op::StoreWord, &[value]).with_imm(Imm::Word(word)));
    }

    /// Whether the frame base may be moved up to `word`. A guard of it comes before everything
    /// that lies there.
    pub fn has_room(&mut self, word: Word) -> Value {
        self.push(
            Uop::new(Op::HasRoom, &[])
                .with_ty(Type::Bool)
                .with_imm(Imm::Word(word)),
        )
    }

    /// Loads from `address + offset`.
    pub fn load(&mut self, mem: Mem, address: Value, offset: i32, class: Class) -> Value {
        let access = Access {
            mem,
            offset,
            scale: 0,
            class,
        };
        self.push(
            Uop::new(Op::Load, &[address])
                .with_ty(mem.ty())
                .with_imm(Imm::Access(access)),
        )
    }

    /// Stores `value` to `address + offset`.
    pub fn store(&mut self, mem: Mem, address: Value, value: Value, offset: i32, class: Class) {
        let access = Access {
            mem,
            offset,
            scale: 0,
            class,
        };
        self.push(Uop::new(Op::Store, &[address, value]).with_imm(Imm::Access(access)));
    }

    /// Loads from `address + (index << access.scale) + access.offset`.
    pub fn load_elem(&mut self, address: Value, index: Value, access: Access) -> Value {
        let uop = Uop::new(Op::LoadElem, &[address, index]);
        self.push(uop.with_ty(access.mem.ty()).with_imm(Imm::Access(access)))
    }

    /// Stores to `address + (index << access.scale) + access.offset`.
    pub fn store_elem(&mut self, address: Value, index: Value, value: Value, access: Access) {
        self.push(Uop::new(Op::StoreElem, &[address, index, value]).with_imm(Imm::Access(access)));
    }

    /// Leaves through `exit` unless `condition` is true.
    pub fn guard(&mut self, condition: Value, exit: ExitId) {
        self.push(Uop::new(Op::Guard, &[condition]).with_exit(exit));
    }

    /// Leaves through `exit` unless `condition` is false.
    pub fn guard_not(&mut self, condition: Value, exit: ExitId) {
        self.push(Uop::new(Op::GuardNot, &[condition]).with_exit(exit));
    }

    /// Leaves unless `condition`, which proves that `bits` are a reference: the result.
    pub fn guard_ref(&mut self, condition: Value, bits: Value, exit: ExitId) -> Value {
        self.push(
            Uop::new(Op::GuardRef, &[condition, bits])
                .with_ty(Type::Ref)
                .with_exit(exit),
        )
    }

    /// Leaves unless `index` is below `length`, unsigned: the result is the proven index.
    pub fn guard_index(&mut self, index: Value, length: Value, exit: ExitId) -> Value {
        self.push(
            Uop::new(Op::GuardIndex, &[index, length])
                .with_ty(Type::I64)
                .with_exit(exit),
        )
    }

    /// Leaves if this executor was invalidated.
    pub fn check_valid(&mut self, exit: ExitId) {
        self.push(Uop::new(Op::CheckValid, &[]).with_exit(exit));
    }

    /// Leaves if an interrupt is pending.
    pub fn poll(&mut self, exit: ExitId) {
        self.push(Uop::new(Op::Poll, &[]).with_exit(exit));
    }

    /// Calls a helper.
    ///
    /// # Panics
    /// If the interface has no such helper.
    pub fn call(&mut self, helper: HelperId, args: &[Value], exit: Option<ExitId>) -> Value {
        let ty = self.trace.interface.helpers[helper.index()].result;
        self.push(Uop {
            ty,
            exit,
            ..Uop::new(Op::Call, args).with_imm(Imm::Helper(helper))
        })
    }

    /// The instruction at `pc` begins.
    pub fn at(&mut self, pc: Pc) {
        self.push(Uop::new(Op::At, &[]).with_imm(Imm::Place(pc)));
    }

    /// The loop begins; `args` are its parameters' first values, `pc` its instruction.
    pub fn header(&mut self, pc: Pc, args: &[Value]) -> Value {
        let at = self.push(Uop::new(Op::Header, args));
        let contract = ContractId::fresh();
        self.trace.header = Some(Header {
            at,
            pc,
            contract,
            constants: Vec::new(),
            short: Vec::new(),
            open: true,
        });
        at
    }

    /// A parameter of the entry before it.
    pub fn param(&mut self, ty: Type, word: Word) -> Value {
        self.push(
            Uop::new(Op::Param, &[])
                .with_ty(ty)
                .with_imm(Imm::Word(word)),
        )
    }

    /// A preamble value the loop uses.
    pub fn invariant(&mut self, value: Value) -> Value {
        let ty = self.trace.ty(value);
        self.push(Uop {
            ty,
            ..Uop::new(Op::Invariant, &[value])
        })
    }

    /// Back to the header with the parameters' next values.
    pub fn loop_back(&mut self, args: &[Value]) {
        self.push(Uop::new(Op::Loop, args));
    }

    /// Ends with a tail jump through `exit`.
    pub fn leave(&mut self, exit: ExitId) {
        self.push(Uop::new(Op::Exit, &[]).with_exit(exit));
    }

    /// Ends with a jump to the place in `target`, the base lowered by `window` words.
    pub fn leave_dynamic(&mut self, target: Value, window: Value, exit: ExitId) {
        self.push(Uop::new(Op::ExitDynamic, &[target, window]).with_exit(exit));
    }

    /// Ends by leaving for good.
    pub fn deopt(&mut self, exit: ExitId) {
        self.push(Uop::new(Op::Deopt, &[]).with_exit(exit));
    }

    /// Ends in the host's error handling.
    pub fn error_exit(&mut self, exit: ExitId) {
        self.push(Uop::new(Op::ErrorExit, &[]).with_exit(exit));
    }

    /// The exit called `exit`, to add what is pending there.
    pub fn exit_mut(&mut self, exit: ExitId) -> &mut ExitState {
        &mut self.trace.exits[exit.index()]
    }

    /// The header, to fill in its contract.
    pub fn header_mut(&mut self) -> Option<&mut Header> {
        self.trace.header.as_mut()
    }

    /// The finished trace of a recording that came back to its own start: a loop whose header,
    /// without parameters, stands before the first instruction.
    ///
    /// # Panics
    /// If no instruction was recorded or the trace has a header already.
    pub fn finish_loop(mut self) -> Trace {
        assert!(
            self.trace.header.is_none(),
            "{}: a second header",
            self.trace.name
        );
        let first = self.trace.uops.iter().position(|uop| uop.op == Op::At);
        let first = first.expect("a loop holds an instruction") as u32;
        let moved = |value: &mut Value| value.0 += u32::from(value.0 >= first);
        self.trace
            .uops
            .iter_mut()
            .flat_map(|uop| uop.args.iter_mut())
            .for_each(moved);
        for exit in &mut self.trace.exits {
            exit.words
                .iter_mut()
                .map(|(_, value)| value)
                .chain(&mut exit.extras)
                .for_each(moved);
        }
        let Imm::Place(pc) = self.trace.uops[first as usize].imm else {
            panic!("an instruction has a place")
        };
        let body = self.trace.uops.split_off(first as usize);
        self.header(pc, &[]);
        self.trace.uops.extend(body);
        self.loop_back(&[]);
        self.finish()
    }

    /// The finished trace, with `unreachable` behind its last uop.
    pub fn finish(mut self) -> Trace {
        self.push(Uop::new(Op::Unreachable, &[]));
        self.trace
    }
}

/// A side trace's beginning: takes over what is pending at `exit` of trace `of` and stores it.
///
/// With the stores in front, the recorder may go on as if everything were in memory; the optimiser
/// takes the stores as pending and they vanish.
pub fn inherit(name: impl Into<String>, exit: &ExitState, of: &Trace) -> Builder {
    take_over(name, exit.target, &of.interface, exit.signature(of))
}

/// As [`inherit`], at `pc`, but taking over what `entry` says: where several exits lead to one trace,
/// what they [agree](ExitState::agrees) with.
pub fn take_over(
    name: impl Into<String>,
    pc: Pc,
    interface: &Arc<Interface>,
    entry: EntrySignature,
) -> Builder {
    let mut builder = Builder::with_entry(name, pc, interface.clone(), entry);
    let mut params = builder.trace.entry_params().collect::<Vec<_>>().into_iter();
    for entry in builder.trace.entry.words.clone() {
        let value = match entry.holds {
            Holds::Param(_) => params.next().expect("one param uop per parameter"),
            Holds::Constant(constant) => builder.constant(constant),
        };
        builder.store_word(entry.word, value);
    }
    builder
}

/// The trace of no instructions that stores what is pending at an exit and goes on to the root at
/// its target: an *adapter*.
///
/// Its entry signature is the exit's, so the link to it always agrees; its own exit has nothing
/// pending, so it agrees with every root.
pub fn adapter(name: impl Into<String>, exit: &ExitState, of: &Trace) -> Trace {
    let mut builder = inherit(name, exit, of);
    let onward = builder.side_exit(exit.target, 0);
    builder.leave(onward);
    builder.finish()
}
