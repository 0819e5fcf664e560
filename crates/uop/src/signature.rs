//! Entry signatures: what an executor takes over from whoever enters it.
//!
//! The empty signature means that everything is in memory: such an executor is a *root* and any
//! interpreter may enter it. A side trace's signature is its parent exit's state; a header's is its
//! [contract](crate::Header). Registers follow from the order: integers and references take the
//! integer registers in turn, doubles the float registers, constants take none.

use crate::id::{ContractId, Word};
use crate::types::{Const, Type};

/// What an entry takes over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct EntrySignature {
    /// Words pending at entry, ascending, relative to the entry's base.
    pub words: Vec<EntryWord>,
    /// Types of a header's invariants, in order.
    pub extras: Vec<Type>,
    /// The contract an exit must have shown. `None` where words say it all.
    pub contract: Option<ContractId>,
}

/// One word of an [`EntrySignature`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryWord {
    /// The word, relative to the entry's base.
    pub word: Word,
    /// How it is pending.
    pub holds: Holds,
}

/// How a word of an entry is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holds {
    /// Its value is handed over with this type.
    Param(Type),
    /// It is known to be this constant; nothing is handed over.
    Constant(Const),
}

impl EntrySignature {
    /// The empty signature: a root's.
    pub fn empty() -> EntrySignature {
        EntrySignature::default()
    }

    /// Whether everything is in memory at this entry.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.extras.is_empty() && self.contract.is_none()
    }

    /// The parameters handed over, in order: words and types, constants left out.
    pub fn params(&self) -> impl Iterator<Item = (Word, Type)> + '_ {
        self.words.iter().filter_map(|entry| match entry.holds {
            Holds::Param(ty) => Some((entry.word, ty)),
            Holds::Constant(_) => None,
        })
    }

    /// The words known to be constants, in order.
    pub fn constants(&self) -> impl Iterator<Item = (Word, Const)> + '_ {
        self.words.iter().filter_map(|entry| match entry.holds {
            Holds::Param(_) => None,
            Holds::Constant(constant) => Some((entry.word, constant)),
        })
    }
}
