//! The short preamble: what a header rests on, and the way in that is made of it.
//!
//! The short preamble holds the invariants' makings *and every guard of the preamble over values
//! that do not change*: any fact the loop rests on was proven by one of those, so replaying them in
//! order re-establishes all of it without tracking which fact was used where.
//!
//! A header that foreign traces may enter can be entered by the trace itself the same way: the
//! replay, guards for the contract's constants, loads of the parameters. That replaces the first
//! iteration, which is walked only to find out what the loop may rest on; compiled, it would be
//! half of every loop's code and more than half of what compiling takes. Where the words are not
//! yet what the loop wants (a variable is nil until the first iteration has set it) the guards
//! leave to the header's instruction with nothing done. If that happens often, a side trace from
//! there is the first iteration, made on demand.

use super::Pass;
use super::forward::{Forward, Looped};
use super::layout::Layout;
use super::stability::Stability;
use crate::exit::{ExitKind, ExitState};
use crate::id::{ExitId, Value, Word};
use crate::op::{Effect, Op};
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};

/// What the loop takes from the preamble, and what its header rests on.
pub(super) struct Contract {
    /// Constants that the loop names.
    pub(super) constants: Vec<Value>,
    /// Other preamble values that the loop names.
    pub(super) invariants: Vec<Value>,
    /// The short preamble, in order; empty if the header is closed.
    pub(super) short: Vec<Value>,
    /// Whether everything it rests on can be replayed.
    pub(super) open: bool,
}

impl Contract {
    pub(super) fn of(forward: &Forward<'_>, looped: &Looped, body: &[Value]) -> Contract {
        let named = named_by(forward, looped, body);
        let is_constant = |value: &Value| forward.uop(*value).op == Op::Const;
        let names = (0..looped.boundary).map(Value);
        let names = names.filter(|value| named[value.index()]);
        let (constants, invariants): (Vec<Value>, Vec<Value>) = names.partition(is_constant);
        let stability = forward.stabilities(looped);
        // What is needed, to begin with the roots.
        let mut needed = vec![false; looped.boundary as usize];
        for value in &invariants {
            needed[value.index()] = true;
        }
        for &value in &looped.preamble {
            let found = stability[value.index()];
            let uop = forward.uop(value);
            let tests = match uop.op.info().effect {
                Effect::Guards => !matches!(uop.op, Op::Poll | Op::CheckValid),
                // The loop need not call again what has not failed before.
                Effect::Calls => uop.exit.is_some(),
                _ => false,
            };
            if tests && found != Stability::Varying {
                needed[value.index()] = true;
            }
        }
        let mut roots = needed.iter().zip(&stability);
        let open = roots.all(|(&root, &found)| !root || found == Stability::Replayable);
        // Backwards, so that a uop is reached after all its users.
        for &value in looped.preamble.iter().rev() {
            if needed[value.index()] {
                for arg in &forward.uop(value).args {
                    needed[arg.index()] = true;
                }
            }
        }
        let short = looped.preamble.iter().copied();
        let short = short.filter(|value| open && needed[value.index()]);
        Contract {
            constants,
            invariants,
            short: short.collect(),
            open,
        }
    }
}

/// The preamble values the body names: in its uops, its exits, its back edge.
fn named_by(forward: &Forward<'_>, looped: &Looped, body: &[Value]) -> Vec<bool> {
    let mut named = vec![false; looped.boundary as usize];
    let mut name = |value: Value| {
        if let Some(named) = named.get_mut(value.index()) {
            *named = true;
        }
    };
    for &value in body {
        let uop = forward.uop(value);
        uop.args.iter().copied().for_each(&mut name);
        if let Some(exit) = uop.exit {
            let exit = &forward.exits[exit.index()];
            exit.words.iter().for_each(|&(_, value)| name(value));
            exit.extras.iter().copied().for_each(&mut name);
        }
    }
    named
}

impl Forward<'_> {
    /// What the trace does before the short preamble, if it enters its loop by that; notes the
    /// rewrite if so.
    ///
    /// Not where a guard of the loop is known to fail: then it is only ever left, and the first
    /// iteration is what the trace is good for.
    pub(super) fn way_in_by_short(
        &mut self,
        looped: &Looped,
        contract: &Contract,
        body: &[Value],
    ) -> Option<Vec<Value>> {
        let refuted = |&value: &Value| {
            let uop = self.uop(value);
            uop.op.info().effect == Effect::Guards && self.is_refuted(uop.op, &uop.args)
        };
        if !contract.open || body.iter().any(refuted) {
            return None;
        }
        let begun = self.begun(looped)?;
        self.allow(Pass::Short, "entry").then_some(begun)
    }

    /// What comes before the first instruction: what the trace was handed, put into memory. `None`
    /// if there is more.
    fn begun(&self, looped: &Looped) -> Option<Vec<Value>> {
        let op = |value: Value| self.uop(value).op;
        let line = &looped.preamble;
        let first = |&value: &Value| matches!(op(value), Op::At | Op::Poll);
        let begun = &line[..line.iter().position(first)?];
        let hands_over = |op| matches!(op, Op::Start | Op::Param | Op::Const | Op::StoreWord);
        let is_used = |&value: &Value| {
            let mut users = begun.iter().map(|&user| self.uop(user));
            op(value) != Op::Const || users.any(|user| user.args.contains(&value))
        };
        let all = begun.iter().all(|&value| hands_over(op(value)));
        all.then(|| begun.iter().copied().filter(is_used).collect())
    }
}

impl Layout<'_, '_> {
    /// `begun` and the short preamble before the header; the first values of its parameters.
    pub(super) fn enter_by_short(
        &mut self,
        looped: &Looped,
        contract: &Contract,
        begun: &[Value],
    ) -> Vec<Value> {
        let forward = self.forward;
        self.line(begun);
        let is_poll = |&value: &Value| forward.uop(value).op == Op::Poll;
        if looped.preamble.iter().any(is_poll) {
            let interrupted = self.exit_to_header(ExitKind::Poll);
            self.push(Uop::new(Op::Poll, &[]).with_exit(interrupted));
        }
        let guards = |&value: &Value| forward.uop(value).exit.is_some();
        let declines = !looped.constants.is_empty() || contract.short.iter().any(guards);
        let declined = declines.then(|| self.exit_to_header(ExitKind::Side));
        // Guards that there is room for words come before the words.
        // Frames below exist only as far as the link words above them say so: what lies below the base
        // is shown on the way down, and nothing is read before what lies above it has been shown.
        let (below, here): (Vec<_>, Vec<_>) =
            looped.constants.iter().partition(|&&(word, _)| word.0 < 0);
        let mut below = below.into_iter().rev().peekable();
        for &value in contract.short.iter().filter(|it| !begun.contains(it)) {
            let uop = forward.uop(value);
            let read = uop.word().filter(|_| uop.op == Op::LoadWord);
            while let Some(&(word, constant)) =
                below.next_if(|&&(word, _)| Some(word) > read && read.is_some_and(|it| it.0 < 0))
            {
                self.show(word, constant, declined);
            }
            let exit = uop.exit.and(declined);
            self.replay(value, exit);
        }
        for &(word, constant) in below.chain(here) {
            self.show(word, constant, declined);
        }
        let firsts = looped.params.iter().map(|&(param, _)| {
            let param = forward.uop(param);
            let load = Uop::new(Op::LoadWord, &[]).with_imm(param.imm);
            self.push(load.with_ty(param.ty.expect("a parameter has a type")))
        });
        firsts.collect()
    }

    fn exit_to_header(&mut self, kind: ExitKind) -> ExitId {
        let header = self.forward.source.header.as_ref();
        let pc = header.expect("a loop has a header").pc;
        self.push_exit(ExitState::new(kind, pc, 0))
    }

    /// Guards that `word` holds `constant`.
    fn show(&mut self, word: Word, constant: Const, exit: Option<ExitId>) {
        let push = |layout: &mut Self, op, args: &[Value], ty, imm| {
            layout.push(Uop::new(op, args).with_ty(ty).with_imm(imm))
        };
        let held = push(self, Op::LoadWord, &[], Type::I64, Imm::Word(word));
        let wanted = Imm::Const(constant.bits);
        let wanted = push(self, Op::Const, &[], Type::I64, wanted);
        let equal = push(self, Op::Eq, &[held, wanted], Type::Bool, Imm::None);
        self.push(Uop {
            exit,
            ..Uop::new(Op::Guard, &[equal])
        });
    }
}
