//! Numbers the surviving uops, turns the loop's uses of preamble values into invariants, and
//! writes the header's contract.

use super::looped::Looped;
use super::options::{LeadsTo, Optimised};
use super::output::{Args, Output};
use super::short::{self, Contract};
use super::walk::Walk;
use crate::exit::{ExitKind, ExitState, Pc};
use crate::id::{ContractId, ExitId, Value, Word};
use crate::op::Op;
use crate::trace::{Header, Trace};
use crate::types::{Const, Type};
use crate::uop::{Imm, Uop};

/// The optimised trace: what was emitted, and the loop it is.
pub(super) fn finish(
    mut walk: Walk<'_>,
    looped: Option<Looped>,
    leads_to: Option<LeadsTo>,
) -> Optimised {
    let line = walk.out.take_line();
    let looped = looped.map(|looped| {
        let contract = Contract::of(&walk, &looped, &line);
        let begun = short::way_in(&mut walk, &looped, &contract, &line);
        (looped, contract, begun)
    });
    let source = walk.source;
    let (trail, refs) = walk.out.finish();
    let mut layout = Layout::new(&walk.out, source.header.as_ref());
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
    let trace = Trace {
        name: source.name.clone(),
        pc: source.pc,
        entry: source.entry.clone(),
        interface: source.interface.clone(),
        refs,
        uops,
        exits,
        header,
    };
    Optimised {
        trace,
        trail,
        origins,
        leads_to,
    }
}

struct Layout<'a> {
    out: &'a Output,
    /// The recorded header.
    recorded: Option<&'a Header>,
    uops: Vec<Uop>,
    origins: Vec<Value>,
    exits: Vec<ExitState>,
    header: Option<Header>,
    /// Final positions of pool values, as the section being laid out names them.
    position: Vec<Option<Value>>,
    exit: Vec<Option<ExitId>>,
}

impl<'a> Layout<'a> {
    fn new(out: &'a Output, recorded: Option<&'a Header>) -> Layout<'a> {
        Layout {
            out,
            recorded,
            uops: Vec::with_capacity(out.len()),
            origins: Vec::with_capacity(out.len()),
            exits: Vec::with_capacity(out.exit_count()),
            header: None,
            position: vec![None; out.len()],
            exit: vec![None; out.exit_count()],
        }
    }

    fn push(&mut self, uop: Uop) -> Value {
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

    fn line(&mut self, line: &[Value]) {
        for &value in line {
            let exit = self.out.uop(value).exit.map(|exit| self.exit(exit));
            self.replay(value, exit);
        }
    }

    /// Lays `value` out, with this exit.
    fn replay(&mut self, value: Value, exit: Option<ExitId>) {
        let uop = self.out.uop(value);
        let mut args = Args::from_slice(&uop.args);
        args.iter_mut().for_each(|arg| *arg = self.at(*arg));
        let placed = self.push(uop.like(args, exit));
        self.origins[placed.index()] = self.out.origin(value);
        self.place(value, placed);
    }

    fn exit(&mut self, exit: ExitId) -> ExitId {
        if let Some(known) = self.exit[exit.index()] {
            return known;
        }
        let state = self.out.exit(exit);
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

    fn push_exit(&mut self, state: ExitState) -> ExitId {
        self.exits.push(state);
        ExitId(self.exits.len() as u32 - 1)
    }

    /// The first iteration before the header; the first values of its parameters.
    fn enter_by_first_iteration(&mut self, looped: &Looped) -> Vec<Value> {
        self.line(&looped.preamble);
        let firsts = looped.params.iter().map(|&(_, first)| self.at(first));
        firsts.collect()
    }

    /// `begun` and the short preamble before the header; the first values of its parameters.
    fn enter_by_short(
        &mut self,
        looped: &Looped,
        contract: &Contract,
        begun: &[Value],
    ) -> Vec<Value> {
        let out = self.out;
        self.line(begun);
        let is_poll = |&value: &Value| out.uop(value).op == Op::Poll;
        if looped.preamble.iter().any(is_poll) {
            let interrupted = self.exit_to_header(ExitKind::Poll);
            self.push(Uop::new(Op::Poll, &[]).with_exit(interrupted));
        }
        let guards = |&value: &Value| out.uop(value).exit.is_some();
        let declines = !looped.constants.is_empty() || contract.short.iter().any(guards);
        let declined = declines.then(|| self.exit_to_header(ExitKind::Side));
        // Guards that there is room for words come before the words.
        // Frames below exist only as far as the link words above them say so: what lies below the base
        // is shown on the way down, and nothing is read before what lies above it has been shown.
        let (below, here): (Vec<_>, Vec<_>) =
            looped.constants.iter().partition(|&&(word, _)| word.0 < 0);
        let mut below = below.into_iter().rev().peekable();
        for &value in contract.short.iter().filter(|it| !begun.contains(it)) {
            let uop = out.uop(value);
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
            let param = out.uop(param);
            let load = Uop::new(Op::LoadWord, &[]).with_imm(param.imm);
            self.push(load.with_ty(param.ty.expect("a parameter has a type")))
        });
        firsts.collect()
    }

    fn exit_to_header(&mut self, kind: ExitKind) -> ExitId {
        self.push_exit(ExitState::new(kind, self.header_pc(), 0))
    }

    fn header_pc(&self) -> Pc {
        self.recorded.expect("a loop has a header").pc
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

    fn looped(&mut self, looped: &Looped, contract: &Contract, firsts: &[Value], body: &[Value]) {
        let short = contract.short.iter().map(|&value| self.at(value)).collect();
        let at = self.push(Uop::new(Op::Header, firsts));
        self.header = Some(Header {
            at,
            pc: self.header_pc(),
            contract: ContractId::fresh(),
            constants: looped.constants.clone(),
            short,
            open: contract.open,
        });
        for &(param, _) in &looped.params {
            let placed = self.push(self.out.uop(param).clone());
            self.place(param, placed);
        }
        for &value in &contract.invariants {
            let ty = self.out.ty(value);
            let from = self.at(value);
            let placed = self.push(Uop::new(Op::Invariant, &[from]).with_ty(ty));
            self.place(value, placed);
        }
        for &value in &contract.constants {
            let placed = self.push(self.out.uop(value).clone());
            self.place(value, placed);
        }
        self.line(body);
    }
}
