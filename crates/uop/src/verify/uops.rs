//! Each uop against its row of the op table.

use super::{Problem, Verifier};
use crate::exit::ExitKind;
use crate::id::{ExitId, Value};
use crate::interface::{ClassSet, Effects, Helper};
use crate::op::{Exits, Immediate, Op, Operand, Suffix};
use crate::text::Place;
use crate::types::Type;
use crate::uop::{Imm, Uop};
use smallvec::SmallVec;

/// The types that each operand of a uop may have.
type OperandTypes = SmallVec<[&'static [Type]; 4]>;

impl Verifier<'_> {
    pub(super) fn uops(&mut self) {
        for (at, uop) in self.trace.iter() {
            self.operands(at, uop);
            self.types(at, uop);
            self.immediate(at, uop);
            self.exit_of(at, uop);
        }
    }

    fn helper_of(&self, uop: &Uop) -> Option<&Helper> {
        self.trace.interface.helpers.get(uop.helper()?.index())
    }

    fn operands(&mut self, at: Value, uop: &Uop) {
        let Some(expected) = self.operand_types(uop) else {
            // Without a known helper or header nothing is known of the operands' types.
            for (index, &value) in uop.args.iter().enumerate() {
                if let Err(problem) = self.visible(value, at.index()) {
                    self.report(Place::Operand(at, index), problem);
                }
            }
            return;
        };
        self.check(uop.args.len() == expected.len(), Place::Uop(at), || {
            Problem::OperandCount {
                op: uop.op,
                expected: expected.len(),
                found: uop.args.len(),
            }
        });
        for (index, &value) in uop.args.iter().enumerate() {
            let place = Place::Operand(at, index);
            match (self.visible(value, at.index()), expected.get(index)) {
                (Err(problem), _) => self.report(place, problem),
                (Ok(found), Some(&expected)) if !expected.contains(&found) => {
                    let problem = Problem::OperandType {
                        value,
                        expected,
                        found,
                    };
                    self.report(place, problem);
                }
                (Ok(_), _) => {}
            }
        }
    }

    /// The types each operand may have; `None` if that is not known.
    fn operand_types(&self, uop: &Uop) -> Option<OperandTypes> {
        if !uop.op.info().variadic {
            let row = uop.op.info().operands.iter();
            return Some(row.map(|&operand| operand_type(operand, uop)).collect());
        }
        if uop.op == Op::Call {
            let params = &self.helper_of(uop)?.params;
            return Some(params.iter().map(|&ty| only(ty)).collect());
        }
        self.header?;
        let header = self.trace.header.as_ref()?;
        (self.header == Some(header.at.index())).then(|| {
            let params = self.trace.header_params();
            params
                .filter_map(|param| self.trace.ty(param))
                .map(only)
                .collect()
        })
    }

    fn types(&mut self, at: Value, uop: &Uop) {
        let op = uop.op;
        if let Suffix::Type(allowed) = op.info().suffix {
            let legal = uop.ty.is_some_and(|ty| allowed.contains(&ty));
            self.check(legal, Place::Op(at), || Problem::Suffix { op });
            if !legal {
                return;
            }
        }
        if op == Op::Call && self.helper_of(uop).is_none() {
            return;
        }
        let (expected, found) = (uop.declared_type(&self.trace.interface), uop.ty);
        self.check(expected == found, Place::Result(at), || {
            Problem::ResultType { expected, found }
        });
    }

    fn immediate(&mut self, at: Value, uop: &Uop) {
        let place = Place::Immediate(at);
        let trace = self.trace;
        let (op, expected) = (uop.op, uop.op.info().immediate);
        match (expected, uop.imm) {
            (Immediate::None, Imm::None)
            | (Immediate::Word, Imm::Word(_))
            | (Immediate::Place, Imm::Place(_)) => {}
            (Immediate::Const, Imm::Const(bits)) => match uop.ty {
                Some(Type::Bool) => self.check(bits <= 1, place, || Problem::BoolBits),
                Some(Type::Ref) => {
                    self.check(bits < trace.refs.len() as u64, place, || {
                        Problem::NoSuchReference { index: bits }
                    });
                }
                _ => {}
            },
            (Immediate::Access | Immediate::Element, Imm::Access(access)) => {
                let class = access.class;
                let known = usize::from(class.0) < trace.interface.classes.len();
                self.check(known, place, || Problem::NoSuchClass { class });
                if expected == Immediate::Element {
                    self.check(access.scale <= 4, place, || Problem::Scale);
                } else {
                    self.check(access.scale == 0, place, || Problem::ScaleWithoutIndex {
                        op,
                    });
                }
            }
            (Immediate::Helper, Imm::Helper(helper)) => {
                let known = helper.index() < trace.interface.helpers.len();
                self.check(known, place, || Problem::NoSuchHelper { helper });
                let declared = trace.interface.helpers.get(helper.index());
                let makes = declared.filter(|helper| helper.makes.is_some());
                let only = makes.is_none_or(|helper| {
                    let others = Effects {
                        writes: ClassSet::NONE,
                        writes_host: false,
                        ..helper.effects
                    };
                    others == Effects::PURE && helper.result == Some(Type::Ref)
                });
                self.check(only, place, || Problem::Makes);
            }
            _ => self.report(place, Problem::Immediate { op, expected }),
        }
    }

    fn exit_of(&mut self, at: Value, uop: &Uop) {
        let op = uop.op;
        let allowed: &'static [ExitKind] = match op.info().exits {
            Exits::None => &[],
            Exits::One(kinds) => kinds,
            Exits::ByHelper => match self.helper_of(uop) {
                // What is sunk fails with the exit that does it.
                Some(helper) if helper.needs_exit() && !uop.sunk => &[ExitKind::Error],
                Some(_) => &[],
                None => return,
            },
        };
        let place = Place::Through(at);
        let Some(exit) = uop.exit else {
            return self.check(allowed.is_empty(), place, || Problem::MissingExit { op });
        };
        if allowed.is_empty() {
            return self.report(place, Problem::UnexpectedExit { op });
        }
        let Some(state) = self.trace.exits.get(exit.index()) else {
            return self.report(place, Problem::NoSuchExit { exit });
        };
        let found = state.kind;
        self.check(allowed.contains(&found), place, || Problem::ExitKind {
            op,
            expected: allowed,
            found,
        });
        self.call_finds_frames(uop, exit, place);
    }

    /// A helper that may look at frames, or leave for another, finds every word in memory.
    fn call_finds_frames(&mut self, uop: &Uop, exit: ExitId, place: Place) {
        let pending = !self.trace.exit(exit).words.is_empty();
        let looks = self.helper_of(uop).is_some_and(|helper| {
            let effects = helper.effects.closed();
            effects.reads_frames || effects.writes_frames || effects.transfers
        });
        self.check(!(looks && pending), place, || Problem::PendingAtCall {
            exit,
        });
    }
}

/// The types an operand may have.
fn operand_type(operand: Operand, uop: &Uop) -> &'static [Type] {
    match operand {
        Operand::Is(ty) => only(ty),
        Operand::Address => &[Type::Ref, Type::Ptr],
        Operand::Word => &[Type::I64, Type::F64, Type::Ref],
        Operand::Suffix => match (uop.access(), uop.ty) {
            (Some(access), _) => only(access.mem.ty()),
            (None, Some(ty)) => only(ty),
            // A suffix that is missing is reported as such.
            (None, None) => &Type::ALL,
        },
    }
}

/// The list of one type.
fn only(ty: Type) -> &'static [Type] {
    match ty {
        Type::I64 => &[Type::I64],
        Type::F64 => &[Type::F64],
        Type::Bool => &[Type::Bool],
        Type::Ref => &[Type::Ref],
        Type::Ptr => &[Type::Ptr],
    }
}
