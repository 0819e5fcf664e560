//! Index newtypes: one index, one type.

/// The dense index of an instruction in one program.
pub type Pc = u32;

/// Defines a `u32` index newtype that prints with a prefix, as in the text form.
macro_rules! define_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a `usize`.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

define_id! {
    /// An SSA value: the position, in its trace, of the uop that defines it.
    Value, "%"
}
define_id! {
    /// A side exit of a trace: index into [`Trace::exits`](crate::Trace::exits).
    ExitId, "x"
}
define_id! {
    /// A helper: index into [`Interface::helpers`](crate::Interface::helpers).
    HelperId, "h"
}
define_id! {
    /// A reference constant: index into [`Trace::refs`](crate::Trace::refs).
    RefId, "r"
}

/// A frame word: a signed index in 8-byte words from the frame base at the trace's entry.
///
/// Negative words are the links below the base (return address) and, after a return, the caller's
/// frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(pub i32);

/// The number of words above a base that an instruction's operand can name; a value that begins in
/// the last of them has its second word behind it. Stacks keep so many words and more behind the
/// limit of bases.
pub const MAX_FRAME: u32 = 1 << 16;

impl Word {
    /// How far a trace's words may lie from the base at its entry: their distance in bytes is to
    /// fit 32 bits.
    pub const REACH: std::ops::Range<i32> = -(1 << 27)..1 << 27;

    /// The same place in memory, seen from a base that lies `delta` words higher.
    pub fn seen_from(self, delta: i32) -> Word {
        Word(self.0 - delta)
    }
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "w{}", self.0)
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// Identifies the contract of one header, unique in the process.
///
/// An exit state that carries it has shown, when its trace was made, that the header's invariants
/// and facts hold where it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContractId(pub u64);

impl ContractId {
    /// A fresh identity.
    pub fn fresh() -> ContractId {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only uniqueness matters.
        ContractId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
