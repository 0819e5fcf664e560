//! The events that metatables have a say in, and the names of their metamethods.
//!
//! The names are strings of the heap ([`Names`]), so that a look-up by one never makes or searches a string.

use crate::heap::{Heap, OutOfMemory};
use crate::value::Str;
use offramp::Reference;
use std::ops::Index;

macro_rules! events {
    ($($(#[$doc:meta])* $Event:ident $name:literal;)*) => {
        /// What a metatable may have a field for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Event {
            $($(#[$doc])* $Event,)*
        }

        impl Event {
            /// All, each where its number says.
            pub(crate) const ALL: [Event; [$($name),*].len()] = [$(Event::$Event),*];

            /// The field's name.
            pub(crate) const fn field(self) -> &'static str {
                match self {
                    $(Event::$Event => $name,)*
                }
            }
        }
    };
}

events! {
    /// `x + y`. The operators come first, in the order of `vm::acts::Arithmetic`.
    Add "__add";
    /// `x - y`
    Sub "__sub";
    /// `x * y`
    Mul "__mul";
    /// `x / y`
    Div "__div";
    /// `x % y`
    Mod "__mod";
    /// `x // y`
    FloorDiv "__idiv";
    /// `x ^ y`
    Pow "__pow";
    /// `x & y`
    BitAnd "__band";
    /// `x | y`
    BitOr "__bor";
    /// `x ~ y`
    BitXor "__bxor";
    /// `x << y`
    ShiftLeft "__shl";
    /// `x >> y`
    ShiftRight "__shr";
    /// `-x`
    Neg "__unm";
    /// `~x`
    BitNot "__bnot";
    /// `x .. y`
    Concat "__concat";
    /// `#x`
    Len "__len";
    /// `x == y`
    Eq "__eq";
    /// `x < y`
    Lt "__lt";
    /// `x <= y`
    Le "__le";
    /// `x[y]`
    Index "__index";
    /// `x[y] = z`
    NewIndex "__newindex";
    /// `x()`
    Call "__call";
    /// `tostring(x)`
    Tostring "__tostring";
    /// What `tostring` and messages call `x`.
    Name "__name";
    /// What `getmetatable(x)` returns.
    Metatable "__metatable";
    /// `pairs(x)`
    Pairs "__pairs";
}

impl Event {
    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        &self.field()[2..]
    }
}

/// The metamethods' names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names([Reference<Str>; Event::ALL.len()]);

impl Names {
    /// # Errors
    /// If there is no memory for them.
    pub(crate) fn new(heap: &Heap) -> Result<Names, OutOfMemory> {
        let mut names = [heap.string(b"")?; Event::ALL.len()];
        for (name, event) in names.iter_mut().zip(Event::ALL) {
            *name = heap.string(event.field().as_bytes())?;
        }
        Ok(Names(names))
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = Reference<Str>> {
        self.0.into_iter()
    }
}

impl Index<Event> for Names {
    type Output = Reference<Str>;

    #[inline(always)]
    fn index(&self, event: Event) -> &Reference<Str> {
        &self.0[event as usize]
    }
}
