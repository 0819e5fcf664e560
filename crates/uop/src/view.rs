//! Uops with their parts by name.
//!
//! A [`Uop`] is stored in one shape for all ops: operands, a type, an immediate, an exit. Its [`View`] has the
//! parts that its row of the [op table](crate::op) names, and no others, so a reader that matches on it takes
//! no part for granted that is not there, and one that must know every op is told of a new one by the
//! compiler.
//!
//! Views are generated from the table. That a uop has its row's shape is what [`verify`](crate::verify)
//! checks first.

use crate::access::Access;
use crate::id::{ExitId, HelperId, Pc, Value, Word};
use crate::op::{Op, op_rows};
use crate::types::Type;
use crate::uop::{Imm, Uop};

/// The type of a part.
macro_rules! part_type {
    ($u:lifetime arg) => { Value };
    ($u:lifetime args) => { &$u [Value] };
    ($u:lifetime ty) => { Type };
    ($u:lifetime bits) => { u64 };
    ($u:lifetime word) => { Word };
    ($u:lifetime access) => { Access };
    ($u:lifetime helper) => { HelperId };
    ($u:lifetime place) => { Pc };
    ($u:lifetime exit) => { ExitId };
    ($u:lifetime perhaps) => { Option<ExitId> };
}

/// A part of a uop with these operands; leaves the function with `None` if it is not there.
macro_rules! part_of {
    ($uop:ident $rest:ident arg) => {{
        let (&first, rest) = $rest.split_first()?;
        $rest = rest;
        first
    }};
    ($uop:ident $rest:ident args) => {
        std::mem::take(&mut $rest)
    };
    ($uop:ident $rest:ident ty) => {
        $uop.ty?
    };
    ($uop:ident $rest:ident bits) => {
        match $uop.imm {
            Imm::Const(bits) => bits,
            _ => return None,
        }
    };
    ($uop:ident $rest:ident word) => {
        $uop.word()?
    };
    ($uop:ident $rest:ident access) => {
        $uop.access()?
    };
    ($uop:ident $rest:ident helper) => {
        $uop.helper()?
    };
    ($uop:ident $rest:ident place) => {
        match $uop.imm {
            Imm::Place(pc) => pc,
            _ => return None,
        }
    };
    ($uop:ident $rest:ident exit) => {
        $uop.exit?
    };
    ($uop:ident $rest:ident perhaps) => {
        $uop.exit
    };
}

macro_rules! views {
    (
        $( pure $group:ident { $( #[doc = $pdoc:literal] $method:ident $P:ident $pname:literal ($($a:ident : $t:ident),*) -> $r:ident [$($flag:ident)*] = $e:expr; )* } )*
        other { $( #[doc = $odoc:literal] $O:ident $oname:literal { $($part:ident : $how:ident),* } { $($field:ident : $val:expr),* $(,)? } )* }
    ) => {
        /// A uop with its parts by name: one variant per row of the [op table](crate::op), but for the pure rows,
        /// which have one together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "a part's name says what it is; the row's documentation says the rest")]
        pub enum View<'u> {
            /// An op with a row of its own among the pure ones: a function of its operands.
            Pure { op: Op, ty: Type, args: &'u [Value] },
            $( #[doc = $odoc] $O { $( $part: part_type!('u $how) ),* }, )*
        }

        impl<'u> View<'u> {
            /// The view of `uop` with these operands in place of its own; `None` if it has not its row's shape.
            pub fn with(uop: &Uop, args: &'u [Value]) -> Option<View<'u>> {
                #[allow(unused_mut, unused_assignments, reason = "not every row has operands")]
                let view = match uop.op {
                    $( $( Op::$P )|* )|* => View::Pure { op: uop.op, ty: uop.ty?, args },
                    $( Op::$O => {
                        let mut rest = args;
                        $( let $part = part_of!(uop rest $how); )*
                        if !rest.is_empty() {
                            return None;
                        }
                        View::$O { $($part),* }
                    } )*
                };
                Some(view)
            }
        }
    };
}

op_rows!(views);

impl Uop {
    /// The uop with its parts by name; `None` if it has not its row's shape.
    ///
    /// ```
    /// use offramp_uop::{Op, Uop, Value, View, Word, Imm};
    /// let store = Uop::new(Op::StoreWord, &[Value(3)]).with_imm(Imm::Word(Word(2)));
    /// assert_eq!(store.view(), Some(View::StoreWord { word: Word(2), value: Value(3) }));
    /// assert_eq!(Uop::new(Op::StoreWord, &[Value(3)]).view(), None);
    /// ```
    pub fn view(&self) -> Option<View<'_>> {
        View::with(self, &self.args)
    }

    /// The view of a uop of a verified trace.
    pub(crate) fn verified(&self) -> View<'_> {
        self.verified_with(&self.args)
    }

    /// As [`verified`](Uop::verified), with these operands in place of its own.
    pub(crate) fn verified_with<'u>(&self, args: &'u [Value]) -> View<'u> {
        View::with(self, args).unwrap_or_else(|| panic!("{self:?} has not the shape of its row"))
    }
}
