//! Going back to another trace's header with values in registers.
//!
//! A trace whose last exit leads to the instruction of a live header hands over exactly what the
//! header's signature takes: parameters in its types, constants shown to be those constants, and
//! the invariants. For the invariants and facts the header's short preamble is walked here like any
//! recorded code: what this trace knows already is found, the rest is computed and guarded anew,
//! with the state at the header's instruction. So nothing the path wrote can be missed; a
//! class written on the way is simply not known any more. The exit then carries the contract.
//!
//! Where the header names words of frames that this trace does not know to exist, where a constant
//! is known to differ (Lua's 7 is not 7.0) or a reference cannot be shown to be one, the exit stays
//! as it was and goes by the root entry.

use super::Pass;
use super::forward::{Args, Forward};
use super::guards::Made;
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::signature::{EntrySignature, Holds};
use crate::trace::{Header, Trace};
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use rustc_hash::FxHashMap;
use smallvec::smallvec;

impl Forward<'_> {
    /// Ends the trace at the header to re-enter, if `exit` leads there and the contract can be
    /// met. Emits nothing otherwise.
    pub(super) fn reenter(&mut self, exit: ExitId) -> bool {
        let state = self.source.exit(exit);
        let Some(target) = self.options.reenter else {
            return false;
        };
        let (Some(header), Some(signature)) = (&target.header, target.header_signature()) else {
            return false;
        };
        if state.kind != ExitKind::Side || state.target != header.pc {
            return false;
        }
        if !self.reaches(target, header, &signature, state.base) {
            return false;
        }
        let before = self.checkpoint();
        if self.allow(Pass::Reenter, "header")
            && self.meet(target, header, &signature, state.base).is_some()
        {
            return true;
        }
        self.restore(before);
        false
    }

    /// Whether every word the header takes or its short preamble reads is in the frame this trace
    /// ends in or no lower than what it names itself. The header may have been recorded further up
    /// the stack, with frames below that do not exist here.
    fn reaches(
        &self,
        target: &Trace,
        header: &Header,
        signature: &EntrySignature,
        base: i32,
    ) -> bool {
        let own = self.source.reach().map_or(0, |(low, _)| low.0);
        let taken = signature.words.iter().map(|entry| entry.word);
        let read = header.short.iter().filter_map(|&it| target.uop(it).word());
        let lowest = taken.chain(read).map(|word| word.0).min();
        lowest.is_none_or(|low| low >= 0 || low + base >= own)
    }

    /// Meets the contract and leaves; `None` if it cannot be met (what was emitted is void).
    fn meet(
        &mut self,
        target: &Trace,
        header: &Header,
        signature: &EntrySignature,
        base: i32,
    ) -> Option<()> {
        let here = |word: Word| Word(word.0 + base);
        let taken = |word: Word| signature.words.iter().any(|entry| here(entry.word) == word);
        self.drop_dead(header.pc, base);
        self.store_where(|word| !taken(word));
        let guard_exit = self.make_exit(ExitKind::Side, header.pc, base);
        for (word, constant) in signature.constants() {
            self.show_constant(here(word), constant, guard_exit)?;
        }
        let extras = self.replay(target, header, base, guard_exit)?;
        let mut words = Vec::with_capacity(signature.words.len());
        for entry in &signature.words {
            let word = here(entry.word);
            let value = match entry.holds {
                Holds::Constant(constant) => self.constant(constant),
                Holds::Param(ty) => self.handed(word, ty)?,
            };
            words.push((word, value));
        }
        let contract = signature.contract;
        let left = ExitState {
            words,
            extras,
            contract,
            ..ExitState::new(ExitKind::Side, header.pc, base)
        };
        let exit = ExitId(self.exits.len() as u32);
        self.exits.push(left);
        self.emit(Uop::new(Op::Exit, &[]).with_exit(exit));
        Some(())
    }

    /// The value of `word` as a parameter of type `ty`.
    fn handed(&mut self, word: Word, ty: Type) -> Option<Value> {
        match self.words.value(word).map(|value| self.resolve(value)) {
            Some(value) if ty == Type::Ref => (self.ty(value) == Type::Ref).then_some(value),
            Some(value) => Some(self.view(ty, value)),
            None => (ty != Type::Ref).then(|| self.load_word(ty, word)),
        }
    }

    /// Shows, by a guard if need be, that `word` holds `constant`.
    fn show_constant(&mut self, word: Word, constant: Const, exit: ExitId) -> Option<()> {
        let value = self.handed(word, constant.ty)?;
        match self.as_constant(value) {
            Some(known) => (known == constant).then_some(()),
            None => {
                let bits = self.view(Type::I64, value);
                let wanted = self.constant(Const::int(constant.bits as i64));
                let equal = self.pure(Op::Eq, Type::Bool, smallvec![bits, wanted]);
                self.test(Op::Guard, smallvec![equal], Made(exit));
                Some(())
            }
        }
    }

    /// Walks the header's short preamble here; the invariants, in the header's order.
    ///
    /// Guards leave to the header's instruction, which nothing after the last instruction of this
    /// trace has begun.
    fn replay(
        &mut self,
        target: &Trace,
        header: &Header,
        base: i32,
        exit: ExitId,
    ) -> Option<Vec<Value>> {
        let mut replayed: FxHashMap<Value, Value> = FxHashMap::default();
        for &step in &header.short {
            let uop = target.uop(step);
            let mut args = Args::new();
            for arg in &uop.args {
                args.push(self.resolve(*replayed.get(arg)?));
            }
            let result = match uop.op {
                Op::Const if uop.ty == Some(Type::Ref) => Some(self.reference(target, uop)),
                Op::LoadWord => {
                    let word = Word(uop.word()?.0 + base);
                    Some(self.load_word(uop.ty?, word))
                }
                Op::HasRoom => Some(self.has_room(Word(uop.word()?.0 + base))),
                Op::Guard | Op::GuardNot | Op::GuardRef | Op::GuardIndex => {
                    if self.is_refuted(uop.op, &args) {
                        return None;
                    }
                    self.test(uop.op, args, Made(exit))
                }
                op if op.is_pure() || matches!(op, Op::Load | Op::LoadElem) => {
                    self.plain(uop, args)
                }
                _ => return None,
            };
            if let Some(value) = result {
                replayed.insert(step, value);
            }
        }
        let invariants = target.header_invariants();
        invariants
            .map(|invariant| {
                let from = target.uop(invariant).args[0];
                replayed.get(&from).map(|&value| self.resolve(value))
            })
            .collect()
    }

    /// Another trace's reference constant in this one.
    fn reference(&mut self, target: &Trace, uop: &Uop) -> Value {
        let Imm::Const(index) = uop.imm else {
            unreachable!("verified")
        };
        let address = target.refs[index as usize];
        let index = self
            .refs
            .iter()
            .position(|&known| known == address)
            .unwrap_or_else(|| {
                self.refs.push(address);
                self.refs.len() - 1
            });
        self.constant(Const {
            ty: Type::Ref,
            bits: index as u64,
        })
    }
}
