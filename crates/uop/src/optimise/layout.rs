//! Numbers the surviving uops, turns the loop's uses of preamble values into invariants, and
//! writes the header's contract.

use super::forward::{Args, Forward, Looped};
use super::short::Contract;
use super::{Optimised, Rewrite};
use crate::exit::ExitState;
use crate::id::{ContractId, ExitId, Value};
use crate::op::Op;
use crate::trace::{Header, Trace};
use crate::uop::Uop;

pub(super) fn finish(mut forward: Forward<'_>) -> Optimised {
    let line = std::mem::take(&mut forward.line);
    let looped = forward.looped.take().map(|looped| {
        let contract = Contract::of(&forward, &looped, &line);
        let begun = forward.way_in_by_short(&looped, &contract, &line);
        (looped, contract, begun)
    });
    let trail: Vec<Rewrite> = std::mem::take(&mut forward.trail);
    let mut layout = Layout::new(&forward);
    match looped {
        None => layout.line(&line),
        Some((looped, contract, begun)) => {
            let firsts = match begun {
                Some(begun) => layout.enter_by_short(&looped, &contract, &begun),
                None => layout.enter_by_first_iteration(&looped),
            };
            layout.looped(&looped, &contract, &firsts, &line);
        }
    }
    layout.push(Uop::new(Op::Unreachable, &[]));
    let Layout {
        uops,
        origins,
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
    Optimised {
        trace,
        trail,
        origins,
    }
}

pub(super) struct Layout<'f, 't> {
    pub(super) forward: &'f Forward<'t>,
    uops: Vec<Uop>,
    origins: Vec<Value>,
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
            origins: Vec::with_capacity(forward.pool.len()),
            exits: Vec::with_capacity(forward.exits.len()),
            header: None,
            position: vec![None; forward.pool.len()],
            exit: vec![None; forward.exits.len()],
        }
    }

    pub(super) fn push(&mut self, uop: Uop) -> Value {
        let value = Value(self.uops.len() as u32);
        self.uops.push(uop);
        self.origins.push(Value(0));
        value
    }

    fn at(&self, value: Value) -> Value {
        self.position[value.index()].expect("laid out before it is used")
    }

    fn place(&mut self, value: Value, placed: Value) {
        self.position[value.index()] = Some(placed);
    }

    pub(super) fn line(&mut self, line: &[Value]) {
        for &value in line {
            let exit = self.forward.uop(value).exit.map(|exit| self.exit(exit));
            self.replay(value, exit);
        }
    }

    /// Lays `value` out, with this exit.
    pub(super) fn replay(&mut self, value: Value, exit: Option<ExitId>) {
        let uop = self.forward.uop(value);
        let mut args = Args::from_slice(&uop.args);
        args.iter_mut().for_each(|arg| *arg = self.at(*arg));
        let placed = self.push(uop.like(args, exit));
        self.origins[placed.index()] = self.forward.origins[value.index()];
        self.place(value, placed);
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
        let placed = self.push_exit(ExitState {
            words,
            extras,
            contract: state.contract,
            ..ExitState::new(state.kind, state.target, state.base)
        });
        self.exit[exit.index()] = Some(placed);
        placed
    }

    pub(super) fn push_exit(&mut self, state: ExitState) -> ExitId {
        self.exits.push(state);
        ExitId(self.exits.len() as u32 - 1)
    }

    /// The first iteration before the header; the first values of its parameters.
    fn enter_by_first_iteration(&mut self, looped: &Looped) -> Vec<Value> {
        self.line(&looped.preamble);
        let firsts = looped.params.iter().map(|&(_, first)| self.at(first));
        firsts.collect()
    }

    fn looped(&mut self, looped: &Looped, contract: &Contract, firsts: &[Value], body: &[Value]) {
        let short = contract.short.iter().map(|&value| self.at(value)).collect();
        let at = self.push(Uop::new(Op::Header, firsts));
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
        for &value in &contract.invariants {
            let ty = self.forward.ty(value);
            let from = self.at(value);
            let placed = self.push(Uop::new(Op::Invariant, &[from]).with_ty(ty));
            self.place(value, placed);
        }
        for &value in &contract.constants {
            let placed = self.push(self.forward.uop(value).clone());
            self.place(value, placed);
        }
        self.line(body);
    }
}
