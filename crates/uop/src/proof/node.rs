//! What a term is.

use crate::access::Access;
use crate::id::{HelperId, Word};
use crate::op::Op;
use crate::types::{Const, Mem, Type};
use smallvec::SmallVec;

/// A term: a position in the pool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Term(pub(super) u32);

pub(super) type Operands = SmallVec<[Term; 3]>;

/// A list of stores, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct State(pub(super) u32);

/// What a term is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Node {
    Constant(Const),
    /// A reference constant, by its address: each trace numbers its own.
    Reference(u64),
    Pure(Op, Type, Operands),
    /// What a frame word held at the beginning of an epoch.
    Word(u32, Word),
    /// What lies in memory where a value is pending, or none will be read.
    Garbage(u32, Word),
    /// What a word holds that was dead and has not been written since.
    Lost(u32, Word),
    /// What the entry handed over.
    Entry(Word, Type),
    /// Whether there is room up to a word.
    Room(Word),
    /// What a load finds that no known store explains.
    Load(State, Term, Option<Term>, Access),
    /// The result of a repeatable call: helper, arguments, what it reads, the host's state.
    Call(HelperId, Vec<Term>, Vec<State>, u32),
    /// A new object, by number.
    Object(u32),
    /// What a narrow load sees of a stored value.
    Extend(Mem, Term),
    /// The result of a call with effects.
    Fresh(u32),
}
