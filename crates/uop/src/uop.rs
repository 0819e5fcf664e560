//! One uop: an op with its operands, immediate and exit.

use crate::id::{ExitId, HelperId, Pc, Value, Word};
use crate::interface::Interface;
use crate::op::{Op, Produces};
use crate::types::Type;
use smallvec::SmallVec;

pub use crate::access::Access;

/// What a uop carries besides operands and exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Imm {
    /// Nothing.
    None,
    /// The bits of a constant; of a `ref` constant, its index in [`Trace::refs`](crate::Trace).
    Const(u64),
    /// A frame word.
    Word(Word),
    /// A heap location.
    Access(Access),
    /// A helper.
    Helper(HelperId),
    /// A place in the host's program.
    Place(Pc),
}

/// One operation of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uop {
    /// What it does.
    pub op: Op,
    /// The type of its result, `None` if it has none.
    pub ty: Option<Type>,
    /// Its operands.
    pub args: SmallVec<[Value; 3]>,
    /// Its immediate.
    pub imm: Imm,
    /// Its exit.
    pub exit: Option<ExitId>,
    /// Whether it is done only on the way out: see [`sunk`](crate::sunk). Made by the optimiser,
    /// never recorded.
    pub sunk: bool,
}

impl Uop {
    /// A uop with no result, immediate or exit; chain the `with_` methods for those.
    pub fn new(op: Op, args: &[Value]) -> Uop {
        Uop {
            op,
            ty: None,
            args: SmallVec::from_slice(args),
            imm: Imm::None,
            exit: None,
            sunk: false,
        }
    }

    /// The same but for operands and exit.
    pub(crate) fn like(&self, args: SmallVec<[Value; 3]>, exit: Option<ExitId>) -> Uop {
        Uop {
            op: self.op,
            ty: self.ty,
            args,
            imm: self.imm,
            exit,
            sunk: self.sunk,
        }
    }

    /// With a result of type `ty`.
    pub fn with_ty(self, ty: Type) -> Uop {
        Uop {
            ty: Some(ty),
            ..self
        }
    }

    /// With an immediate.
    pub fn with_imm(self, imm: Imm) -> Uop {
        Uop { imm, ..self }
    }

    /// With an exit.
    pub fn with_exit(self, exit: ExitId) -> Uop {
        Uop {
            exit: Some(exit),
            ..self
        }
    }

    /// The type its result must have: by the op table from its own suffix or immediate, for a
    /// call what the helper declares.
    pub fn declared_type(&self, interface: &Interface) -> Option<Type> {
        match self.op.info().produces {
            Produces::Nothing => None,
            Produces::Is(ty) => Some(ty),
            // A width names the type it widens to; any other suffix is the type itself.
            Produces::Suffix => self
                .access()
                .map_or(self.ty, |access| Some(access.mem.ty())),
            Produces::Helper => interface.helpers.get(self.helper()?.index())?.result,
        }
    }

    /// The frame word it names.
    pub fn word(&self) -> Option<Word> {
        match self.imm {
            Imm::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The heap location it names.
    pub fn access(&self) -> Option<Access> {
        match self.imm {
            Imm::Access(access) => Some(access),
            _ => None,
        }
    }

    /// The helper it calls.
    pub fn helper(&self) -> Option<HelperId> {
        match self.imm {
            Imm::Helper(helper) => Some(helper),
            _ => None,
        }
    }
}
