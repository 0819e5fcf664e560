//! What a uop does, the same for both sides: everything but leaving, calling with effects, and frame
//! words, which each side has its own of.

use super::error::Reason;
use super::lists::{Heap, Region};
use super::node::{Node, Operands, Term};
use super::words::{Time, Words};
use super::world::World;
use crate::id::{HelperId, Word};
use crate::interface::Helper;
use crate::op::Op;
use crate::trace::Trace;
use crate::types::{Const, Type};
use crate::uop::Uop;
use crate::view::View;

impl World<'_> {
    pub(super) fn helper(&self, uop: &Uop) -> Option<&Helper> {
        let helper = uop.helper().filter(|_| uop.op == Op::Call)?;
        self.interface.helpers.get(helper.index())
    }

    /// Whether the uop makes an object.
    pub(super) fn makes(&self, uop: &Uop) -> bool {
        self.helper(uop)
            .is_some_and(|helper| helper.makes.is_some())
    }

    /// Whether a call with equal arguments and equal memory is the same call.
    pub(super) fn is_repeatable(&self, uop: &Uop) -> bool {
        self.helper(uop).is_some_and(Helper::is_repeatable)
    }

    /// A constant of `trace`.
    pub(super) fn constant(&mut self, trace: &Trace, constant: Const) -> Term {
        match constant.ty {
            Type::Ref => {
                let node = Node::Reference(trace.refs[constant.bits as usize]);
                self.terms.intern(node, Type::Ref)
            }
            _ => self.terms.constant(constant),
        }
    }

    /// The bits that `word` held at a time.
    pub(super) fn word(&mut self, words: &Words, word: Word, time: Time) -> Term {
        match words.at(word, time) {
            Some(held) => self.terms.view(Type::I64, held.value),
            None => {
                let term = self.terms.intern(Node::Word(words.epoch, word), Type::I64);
                self.terms.resolve(term)
            }
        }
    }

    /// The condition of a guard, and what it must be.
    pub(super) fn condition(&mut self, op: Op, args: &[Term]) -> Option<(Term, bool)> {
        match op {
            Op::Guard | Op::GuardRef => Some((args[0], true)),
            Op::GuardNot => Some((args[0], false)),
            Op::GuardIndex => Some((self.terms.pure(Op::Ult, Type::Bool, args), true)),
            _ => None,
        }
    }

    /// What a guard that holds defines.
    pub(super) fn guarded(&mut self, op: Op, args: &[Term]) -> Option<Term> {
        match op {
            Op::GuardRef => Some(self.terms.pure(Op::RefOfBits, Type::Ref, &args[1..])),
            Op::GuardIndex => Some(self.terms.resolve(args[0])),
            _ => None,
        }
    }

    /// Does what touches neither frame words nor the host.
    pub(super) fn perform(
        &mut self,
        heap: &mut Heap,
        trace: &Trace,
        uop: &Uop,
        args: &[Term],
    ) -> Result<Option<Term>, Reason> {
        // What goes through such a reference may go to the object.
        for &arg in args {
            if self.objects.may_be_new(&self.terms, arg) {
                self.see_all(heap, arg);
            }
        }
        Ok(match uop.verified() {
            View::Const { ty, bits } => Some(self.constant(trace, Const { ty, bits })),
            View::Load { .. } | View::LoadElem { .. } => {
                let place = self.place(uop, args);
                place.map(|place| self.load(heap, place))
            }
            View::Store { .. } | View::StoreElem { .. } => {
                if let (Some(place), Some(&value)) = (self.place(uop, args), args.last()) {
                    self.store(heap, place, value);
                }
                None
            }
            View::Param { ty, word } => Some(self.terms.intern(Node::Entry(word, ty), ty)),
            View::Pure { op: Op::RefEq, .. } => Some(self.ref_eq(heap, args)),
            View::Pure { op, ty, .. } => Some(self.pure(heap, op, ty, args)),
            View::Select { ty, .. } => Some(self.pure(heap, Op::Select, ty, args)),
            View::RefOfBits { .. } => Some(self.pure(heap, Op::RefOfBits, Type::Ref, args)),
            View::LoadWord { .. }
            | View::StoreWord { .. }
            | View::HasRoom { .. }
            | View::Guard { .. }
            | View::GuardNot { .. }
            | View::GuardRef { .. }
            | View::GuardIndex { .. }
            | View::CheckValid { .. }
            | View::Poll { .. }
            | View::Call { .. }
            | View::At { .. }
            | View::Start {}
            | View::Header { .. }
            | View::Invariant { .. }
            | View::Loop { .. }
            | View::Exit { .. }
            | View::ExitDynamic { .. }
            | View::Deopt { .. }
            | View::ErrorExit { .. }
            | View::Unreachable {} => {
                return Err(Reason::Unsupported {
                    what: uop.op.name(),
                });
            }
        })
    }

    /// A pure op. Through an address that is computed from an object's, others may get at the object.
    fn pure(&mut self, heap: &mut Heap, op: Op, ty: Type, args: &[Term]) -> Term {
        let term = self.terms.pure(op, ty, args);
        let address = matches!(ty, Type::Ref | Type::Ptr);
        if address && self.objects.of(&self.terms, term).is_none() {
            self.see_all(heap, term);
        }
        term
    }

    /// Two references, one of which may be to an object that only this trace knows.
    fn ref_eq(&mut self, heap: &Heap, args: &[Term]) -> Term {
        let named = |term| self.objects.named(&self.terms, term);
        let known = match (named(args[0]), named(args[1])) {
            (Some(one), Some(other)) => Some(one == other),
            (Some(object), None) | (None, Some(object)) => {
                (!heap.has_seen(object)).then_some(false)
            }
            (None, None) => None,
        };
        match known {
            Some(known) => self.terms.constant(Const::bool(known)),
            None => self.terms.pure(Op::RefEq, Type::Bool, args),
        }
    }

    /// The result of a repeatable call: a function of its arguments and of what it reads.
    pub(super) fn call(&mut self, heap: &Heap, host: u32, uop: &Uop, args: &[Term]) -> Term {
        let helper = uop.helper().unwrap_or(HelperId(0));
        let effects = self.interface.helpers[helper.index()].effects.closed();
        let mut inside: Vec<u32> = Vec::new();
        for &arg in args {
            inside.extend(self.unseen_in(heap, arg));
        }
        let inside = self.unseen_from(heap, inside);
        let mut states = Vec::new();
        for &object in &inside {
            for class in self
                .classes()
                .filter(|&class| effects.reads.contains(class))
            {
                states.push(self.list(heap, Region::Object(object), class));
            }
        }
        for class in self
            .classes()
            .filter(|&class| effects.reads.contains(class))
        {
            let state = self.list(heap, Region::General, class);
            states.push(self.lists.without_births(state));
        }
        let args: Operands = self.terms.resolve_all(args);
        let host = if effects.reads_host { host } else { 0 };
        let node = Node::Call(helper, args.into_vec(), states, host);
        let term = self.terms.intern(node, uop.ty.unwrap_or(Type::I64));
        // A reference that comes back may be to what went in.
        if matches!(uop.ty, Some(Type::Ref | Type::Ptr)) {
            self.objects.may_be(term, inside);
        }
        term
    }
}
