//! Numbers the surviving uops, turns the loop's uses of preamble values into invariants, and
//! writes the header's contract.
//!
//! The short preamble holds the invariants' makings *and every guard of the preamble over values
//! that do not change*: any fact the loop rests on was proven by one of those, so replaying them in
//! order re-establishes all of it without tracking which fact was used where.

use super::forward::{Args, Forward, Looped};
use super::stability::Stability;
use super::{Optimised, Rewrite};
use crate::exit::ExitState;
use crate::id::{ContractId, ExitId, Value};
use crate::op::{Effect, Op};
use crate::trace::{Header, Trace};
use crate::uop::Uop;

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
    position: Vec<Option<Value>>,
    exit: Vec<Option<ExitId>>,
}

impl<'f, 't> Layout<'f, 't> {
    fn new(forward: &'f Forward<'t>) -> Layout<'f, 't> {
        Layout {
            forward,
            uops: Vec::with_capacity(forward.pool.len()),
            exits: Vec::with_capacity(forward.exits.len()),
            header: None,
            position: vec![None; forward.pool.len()],
            exit: vec![None; forward.exits.len()],
        }
    }

    fn push(&mut self, uop: Uop) -> Value {
        let value = Value(self.uops.len() as u32);
        self.uops.push(uop);
        value
    }

    fn at(&self, value: Value) -> Value {
        self.position[value.index()].expect("laid out before it is used")
    }

    fn place(&mut self, value: Value, placed: Value) {
        self.position[value.index()] = Some(placed);
    }

    fn line(&mut self, line: &[Value]) {
        for &value in line {
            let uop = self.forward.uop(value);
            let mut args = Args::from_slice(&uop.args);
            args.iter_mut().for_each(|arg| *arg = self.at(*arg));
            let exit = uop.exit.map(|exit| self.exit(exit));
            let placed = self.push(uop.like(args, exit));
            self.place(value, placed);
        }
    }

    fn exit(&mut self, exit: ExitId) -> ExitId {
        if let Some(known) = self.exit[exit.index()] {
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
            contract: state.contract,
            ..ExitState::new(state.kind, state.target, state.base)
        });
        self.exit[exit.index()] = Some(placed);
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
            self.place(param, placed);
        }
        for &value in &used.invariants {
            let ty = self.forward.ty(value);
            let from = self.at(value);
            let placed = self.push(Uop::new(Op::Invariant, &[from]).with_ty(ty));
            self.place(value, placed);
        }
        for &value in &used.constants {
            let placed = self.push(self.forward.uop(value).clone());
            self.place(value, placed);
        }
        self.line(body);
    }

    /// The preamble values the body names: in its uops, its exits, its back edge.
    fn used_from_preamble(&self, looped: &Looped, body: &[Value]) -> Used {
        let mut named = vec![false; looped.boundary as usize];
        let mut name = |value: Value| {
            if let Some(named) = named.get_mut(value.index()) {
                *named = true;
            }
        };
        for &value in body {
            let uop = self.forward.uop(value);
            uop.args.iter().copied().for_each(&mut name);
            if let Some(exit) = uop.exit {
                let exit = &self.forward.exits[exit.index()];
                exit.words.iter().for_each(|&(_, value)| name(value));
                exit.extras.iter().copied().for_each(&mut name);
            }
        }
        let is_constant = |value: &Value| self.forward.uop(*value).op == Op::Const;
        let names = (0..looped.boundary).map(Value);
        let names = names.filter(|value| named[value.index()]);
        let (constants, invariants) = names.partition(is_constant);
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

/// What the header rests on.
struct Contract {
    short: Vec<Value>,
    open: bool,
}

impl Contract {
    fn of(forward: &Forward<'_>, looped: &Looped, invariants: &[Value]) -> Contract {
        let stability = forward.stabilities(looped);
        // What is needed, to begin with the roots.
        let mut needed = vec![false; looped.boundary as usize];
        for value in invariants {
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
        let short = if open {
            looped
                .preamble
                .iter()
                .copied()
                .filter(|value| needed[value.index()])
                .collect()
        } else {
            Vec::new()
        };
        Contract { short, open }
    }
}
