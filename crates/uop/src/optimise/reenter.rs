//! Going back to another trace's header with values in registers.
//!
//! A trace whose last exit leads to the instruction of a live header hands over exactly what the
//! header's signature takes: parameters in its types, constants shown to be those constants, and
//! the invariants. For the invariants and facts the header's short preamble is walked here like any
//! recorded code: what this trace knows already is found, the rest is computed and guarded anew,
//! with the state at the header's instruction. So nothing the path wrote can be missed; a
//! class written on the way is simply not known any more. The exit then carries the contract.
//!
//! Where the contract cannot be [met](super::meet), the exit stays as it was and goes by the root
//! entry.

use super::Pass;
use super::forward::{Args, Forward};
use super::guards::Made;
use crate::exit::ExitKind;
use crate::id::{ExitId, Value, Word};
use crate::op::Op;
use crate::signature::EntrySignature;
use crate::trace::{Header, Trace};
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};
use rustc_hash::FxHashMap;

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
        let before = self.checkpoint();
        if self.allow(Pass::Reenter, "header")
            && self.meet(target, header, &signature, state.base).is_some()
        {
            return true;
        }
        self.restore(before);
        false
    }

    /// Meets the contract and leaves; `None` if it cannot be met (what was emitted is void).
    fn meet(
        &mut self,
        target: &Trace,
        header: &Header,
        signature: &EntrySignature,
        base: i32,
    ) -> Option<()> {
        let read = header.short.iter().filter_map(|&it| target.uop(it).word());
        if !self.reaches(signature, read, base) {
            return None;
        }
        self.hand_over(signature, header.pc, base, |forward, exit| {
            forward.replay(target, header, base, exit)
        })
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
