//! Numbers the surviving uops, turns the loop's uses of preamble values into invariants, and
//! writes the header's contract.
//!
//! The short preamble holds the invariants' makings *and every guard of the preamble over values
//! that do not change*: any fact the loop rests on was proven by one of those, so replaying them in
//! order re-establishes all of it without tracking which fact was used where.

use super::forward::{Forward, Looped};
use super::{Optimised, Rewrite};
use crate::exit::ExitState;
use crate::id::{ContractId, ExitId, Value};
use crate::interface::ClassSet;
use crate::op::{Effect, Op};
use crate::trace::{Header, Trace};
use crate::types::Type;
use crate::uop::{Imm, Uop};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

pub(super) fn finish(mut forward: Forward<'_>) -> Optimised {
    let looped = forward.looped.take();
    let line = std::mem::take(&mut forward.line);
    let trail: Vec<Rewrite> = std::mem::take(&mut forward.trail);
    let mut layout = Layout::new(&forward);
    match looped {
        None => layout.line(&line),
        Some(looped) => layout.looped(&looped, &line),
    }
    layout.push(Uop::new(Op::Unreachable, &[]));
    let Layout {
        uops,
        exits,
        header,
        ..
    } = layout;
    let source = forward.source;
    let trace = Trace {
        name: source.name.clone(),
        pc: source.pc,
        entry: source.entry.clone(),
        interface: source.interface.clone(),
        refs: forward.refs,
        uops,
        exits,
        header,
    };
    Optimised { trace, trail }
}

struct Layout<'f, 't> {
    forward: &'f Forward<'t>,
    uops: Vec<Uop>,
    exits: Vec<ExitState>,
    header: Option<Header>,
    /// Final positions of pool values, as the section being laid out names them.
    position: FxHashMap<Value, Value>,
    exit: FxHashMap<ExitId, ExitId>,
}

impl<'f, 't> Layout<'f, 't> {
    fn new(forward: &'f Forward<'t>) -> Layout<'f, 't> {
        Layout {
            forward,
            uops: Vec::new(),
            exits: Vec::new(),
            header: None,
            position: FxHashMap::default(),
            exit: FxHashMap::default(),
        }
    }

    fn push(&mut self, uop: Uop) -> Value {
        let value = Value(self.uops.len() as u32);
        self.uops.push(uop);
        value
    }

    fn at(&self, value: Value) -> Value {
        self.position[&value]
    }

    fn line(&mut self, line: &[Value]) {
        for &value in line {
            let uop = self.forward.uop(value);
            let args = uop.args.iter().map(|&arg| self.at(arg)).collect();
            let exit = uop.exit.map(|exit| self.exit(exit));
            let placed = self.push(Uop {
                args,
                exit,
                ..uop.clone()
            });
            self.position.insert(value, placed);
        }
    }

    fn exit(&mut self, exit: ExitId) -> ExitId {
        if let Some(&known) = self.exit.get(&exit) {
            return known;
        }
        let state = &self.forward.exits[exit.index()];
        let words = state
            .words
            .iter()
            .map(|&(word, value)| (word, self.at(value)))
            .collect();
        let extras = state.extras.iter().map(|&value| self.at(value)).collect();
        let placed = ExitId(self.exits.len() as u32);
        self.exits.push(ExitState {
            words,
            extras,
            ..state.clone()
        });
        self.exit.insert(exit, placed);
        placed
    }

    fn looped(&mut self, looped: &Looped, body: &[Value]) {
        self.line(&looped.preamble);
        let firsts: Vec<Value> = looped
            .params
            .iter()
            .map(|&(_, first)| self.at(first))
            .collect();
        let used = self.used_from_preamble(looped, body);
        let contract = Contract::of(self.forward, looped, &used.invariants);
        let short = contract.short.iter().map(|&value| self.at(value)).collect();
        let at = self.push(Uop::new(Op::Header, &firsts));
        self.header = Some(Header {
            at,
            pc: self
                .forward
                .source
                .header
                .as_ref()
                .expect("a loop has a header")
                .pc,
            contract: ContractId::fresh(),
            constants: looped.constants.clone(),
            short,
            open: contract.open,
        });
        for &(param, _) in &looped.params {
            let placed = self.push(self.forward.uop(param).clone());
            self.position.insert(param, placed);
        }
        for &value in &used.invariants {
            let ty = self.forward.ty(value);
            let from = self.at(value);
            let placed = self.push(Uop::new(Op::Invariant, &[from]).with_ty(ty));
            self.position.insert(value, placed);
        }
        for &value in &used.constants {
            let placed = self.push(self.forward.uop(value).clone());
            self.position.insert(value, placed);
        }
        self.line(body);
    }

    /// The preamble values the body names: in its uops, its exits, its back edge.
    fn used_from_preamble(&self, looped: &Looped, body: &[Value]) -> Used {
        let mut names = BTreeSet::new();
        for &value in body {
            let uop = self.forward.uop(value);
            names.extend(uop.args.iter().copied());
            if let Some(exit) = uop.exit {
                let exit = &self.forward.exits[exit.index()];
                names.extend(exit.words.iter().map(|&(_, value)| value));
                names.extend(exit.extras.iter().copied());
            }
        }
        names.retain(|value| value.0 < looped.boundary);
        let is_constant = |value: &Value| self.forward.uop(*value).op == Op::Const;
        let (constants, invariants) = names.into_iter().partition(is_constant);
        Used {
            constants,
            invariants,
        }
    }
}

struct Used {
    constants: Vec<Value>,
    invariants: Vec<Value>,
}

/// Whether a preamble value is the same whenever control is at the header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stability {
    /// Yes, and the uops that make it can be replayed elsewhere.
    Replayable,
    /// Yes, but only this trace's own entry could make it.
    Sealed,
    /// No: it belongs to the first iteration.
    Varying,
}

/// What the header rests on.
struct Contract {
    short: Vec<Value>,
    open: bool,
}

impl Contract {
    fn of(forward: &Forward<'_>, looped: &Looped, invariants: &[Value]) -> Contract {
        let mut stability: FxHashMap<Value, Stability> = FxHashMap::default();
        let mut roots: BTreeSet<Value> = invariants.iter().copied().collect();
        for &value in &looped.preamble {
            let found = stability_of(forward, looped, value, &stability);
            stability.insert(value, found);
            let uop = forward.uop(value);
            let tests = uop.op.is_guard() && !matches!(uop.op, Op::Poll | Op::CheckValid);
            if tests && found != Stability::Varying {
                roots.insert(value);
            }
        }
        let open = roots
            .iter()
            .all(|value| stability[value] == Stability::Replayable);
        // Backwards, so that a uop is reached after all its users.
        let mut needed = roots;
        for &value in looped.preamble.iter().rev() {
            if needed.contains(&value) {
                needed.extend(forward.uop(value).args.iter().copied());
            }
        }
        let short = if open {
            looped
                .preamble
                .iter()
                .copied()
                .filter(|value| needed.contains(value))
                .collect()
        } else {
            Vec::new()
        };
        Contract { short, open }
    }
}

fn stability_of(
    forward: &Forward<'_>,
    looped: &Looped,
    value: Value,
    known: &FxHashMap<Value, Stability>,
) -> Stability {
    let uop = forward.uop(value);
    let own = match (uop.op, uop.imm) {
        (Op::LoadWord, Imm::Word(word)) => {
            let held = match looped.writes.kept(word) {
                Some(kept) => forward.resolve(kept) == forward.resolve(value),
                None => !looped.writes.word(word),
            };
            if held {
                Stability::Replayable
            } else {
                Stability::Varying
            }
        }
        (Op::Param, Imm::Word(word)) if looped.writes.word(word) => Stability::Varying,
        (Op::Param, _) => Stability::Sealed,
        (Op::Load | Op::LoadElem, Imm::Access(access)) => {
            let class = ClassSet::of(&[access.class]);
            match class.intersects(looped.writes.classes) {
                true => Stability::Varying,
                false => Stability::Replayable,
            }
        }
        (Op::Call, Imm::Helper(helper)) => {
            let effects = forward.source.interface.helpers[helper.index()]
                .effects
                .closed();
            match effects.is_removable() && !effects.reads.intersects(looped.writes.classes) {
                true => Stability::Sealed,
                false => Stability::Varying,
            }
        }
        (op, _) => match op.info().effect {
            Effect::Pure | Effect::ReadsWord => Stability::Replayable,
            Effect::Guards if !matches!(op, Op::Poll | Op::CheckValid) => Stability::Replayable,
            _ => Stability::Varying,
        },
    };
    // A reference constant of a trace is a root of that trace only while it lives, which is as
    // long as its header can be entered; replaying copies it.
    debug_assert!(
        uop.op != Op::Const || uop.ty != Some(Type::Ptr),
        "no ptr constants"
    );
    uop.args
        .iter()
        .map(|arg| known[arg])
        .fold(own, Stability::max)
}
