//! The kinds of values that pass between the host and its instructions, and how each is traced.
//!
//! [`Kind`] are values of one word, [`Returns`] whatever a helper or the program can answer,
//! [`Arguments`] tuples of kinds, [`Stored`] what fields and elements hold. All four are closed:
//! they say what the trace IR can express.

use crate::language::layout::{Layout, Object, Reference};
use crate::language::machine::{Machine, Place};
use crate::language::tagged::Tagged;
use offramp_uop::{Mem, Type, Value};
use smallvec::SmallVec;
use std::cell::Cell;

/// Only the library can make one, so only it can call the methods that take it.
#[derive(Clone, Copy, Debug)]
pub struct Key(pub(crate) ());

/// A value as every machine can carry it: its bits now and, where recording, its uop.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    pub(crate) bits: u64,
    pub(crate) uop: Value,
    pub(crate) ty: Type,
    pub(crate) constant: bool,
}

impl Operand {
    /// An operand that exists now only.
    #[inline(always)]
    pub(crate) const fn now(bits: u64) -> Operand {
        Operand {
            bits,
            uop: Value(0),
            ty: Type::I64,
            constant: false,
        }
    }

    /// What the uop `uop` computes, which is no constant.
    pub(crate) fn computed(uop: Value, ty: Type, bits: u64) -> Operand {
        Operand {
            bits,
            uop,
            ty,
            constant: false,
        }
    }
}

/// Operands of a call.
pub(crate) type Operands = SmallVec<[Operand; 4]>;

/// A value of one word: `i64`, `f64`, `bool` or a [`Reference`].
pub trait Kind: Copy + 'static {
    /// Its type in the trace IR.
    #[doc(hidden)]
    const TYPE: Type;
    /// What it is in an instruction on machine `M`.
    type Of<M: Machine>: Copy;
    #[doc(hidden)]
    fn lower<M: Machine>(m: &M, x: Self::Of<M>, key: Key) -> Operand;
    #[doc(hidden)]
    fn raise<M: Machine>(m: &M, x: Operand, key: Key) -> Self::Of<M>;
    #[doc(hidden)]
    fn bits(self, key: Key) -> u64;
    #[doc(hidden)]
    fn of_bits(bits: u64, key: Key) -> Self;
}

macro_rules! kind {
    ($t:ty, $ty:ident, $Of:ident, $lower:ident, $raise:ident, |$x:ident| $to:expr, |$b:ident| $from:expr) => {
        impl Kind for $t {
            const TYPE: Type = Type::$ty;
            type Of<M: Machine> = M::$Of;
            #[inline(always)]
            fn lower<M: Machine>(m: &M, x: M::$Of, key: Key) -> Operand {
                m.$lower(x, key)
            }
            #[inline(always)]
            fn raise<M: Machine>(m: &M, x: Operand, key: Key) -> M::$Of {
                m.$raise(x, key)
            }
            #[inline(always)]
            fn bits(self, _: Key) -> u64 {
                let $x = self;
                $to
            }
            #[inline(always)]
            fn of_bits($b: u64, _: Key) -> $t {
                $from
            }
        }
    };
}

kind!(i64, I64, Int, lower_int, raise_int, |x| x as u64, |b| b
    as i64);
kind!(
    f64,
    F64,
    Float,
    lower_float,
    raise_float,
    |x| x.to_bits(),
    |b| f64::from_bits(b)
);
kind!(
    bool,
    Bool,
    Bool,
    lower_bool,
    raise_bool,
    |x| u64::from(x),
    |b| b & 1 == 1
);

impl<T: Object> Kind for Reference<T> {
    const TYPE: Type = Type::Ref;
    type Of<M: Machine> = M::Ref<T>;
    #[inline(always)]
    fn lower<M: Machine>(m: &M, x: M::Ref<T>, key: Key) -> Operand {
        m.lower_ref(x, key)
    }
    #[inline(always)]
    fn raise<M: Machine>(m: &M, x: Operand, key: Key) -> M::Ref<T> {
        m.raise_ref(x, key)
    }
    #[inline(always)]
    fn bits(self, _: Key) -> u64 {
        self.address()
    }
    #[inline(always)]
    fn of_bits(bits: u64, _: Key) -> Reference<T> {
        Reference::from_address(bits)
    }
}

/// What a helper or the program answers: a [`Kind`], a [`Tagged`] value or `()`.
pub trait Returns: Copy + 'static {
    /// The type of the first operand, `None` for `()`.
    #[doc(hidden)]
    const TYPE: Option<Type>;
    /// Whether the tag is answered too, beside the payload.
    #[doc(hidden)]
    const TAGGED: bool = false;
    /// What it is in an instruction on machine `M`.
    type Of<M: Machine>: Copy;
    #[doc(hidden)]
    fn lower_answer<M: Machine>(m: &M, x: Self::Of<M>, key: Key) -> Pair<Operand>;
    #[doc(hidden)]
    fn raise_answer<M: Machine>(m: &M, x: Pair<Operand>, key: Key) -> Self::Of<M>;
    #[doc(hidden)]
    fn answer(self, key: Key) -> Pair<u64>;
    #[doc(hidden)]
    fn of_answer(answer: Pair<u64>, key: Key) -> Self;
}

/// Up to two words that answer a call or the program. The tag means something to tagged answers.
#[derive(Clone, Copy, Debug)]
pub struct Pair<W> {
    pub(crate) payload: W,
    pub(crate) tag: W,
}

impl<K: Kind> Returns for K {
    const TYPE: Option<Type> = Some(K::TYPE);
    type Of<M: Machine> = <K as Kind>::Of<M>;
    #[inline(always)]
    fn lower_answer<M: Machine>(m: &M, x: Self::Of<M>, key: Key) -> Pair<Operand> {
        Pair {
            payload: K::lower(m, x, key),
            tag: Operand::now(0),
        }
    }
    #[inline(always)]
    fn raise_answer<M: Machine>(m: &M, x: Pair<Operand>, key: Key) -> Self::Of<M> {
        K::raise(m, x.payload, key)
    }
    #[inline(always)]
    fn answer(self, key: Key) -> Pair<u64> {
        Pair {
            payload: self.bits(key),
            tag: 0,
        }
    }
    #[inline(always)]
    fn of_answer(answer: Pair<u64>, key: Key) -> K {
        K::of_bits(answer.payload, key)
    }
}

impl Returns for () {
    const TYPE: Option<Type> = None;
    type Of<M: Machine> = ();
    #[inline(always)]
    fn lower_answer<M: Machine>(_: &M, (): (), _: Key) -> Pair<Operand> {
        Pair {
            payload: Operand::now(0),
            tag: Operand::now(0),
        }
    }
    #[inline(always)]
    fn raise_answer<M: Machine>(_: &M, _: Pair<Operand>, _: Key) {}
    #[inline(always)]
    fn answer(self, _: Key) -> Pair<u64> {
        Pair { payload: 0, tag: 0 }
    }
    #[inline(always)]
    fn of_answer(_: Pair<u64>, _: Key) {}
}

impl<V: Layout> Returns for Tagged<V> {
    const TYPE: Option<Type> = Some(Type::I64);
    const TAGGED: bool = true;
    type Of<M: Machine> = M::Value<V>;
    #[inline(always)]
    fn lower_answer<M: Machine>(m: &M, x: M::Value<V>, key: Key) -> Pair<Operand> {
        m.lower_value::<V>(x, key)
    }
    #[inline(always)]
    fn raise_answer<M: Machine>(m: &M, x: Pair<Operand>, key: Key) -> M::Value<V> {
        m.raise_value::<V>(x, key)
    }
    #[inline(always)]
    fn answer(self, _: Key) -> Pair<u64> {
        let [tag, payload] = self.pair();
        Pair { payload, tag }
    }
    #[inline(always)]
    fn of_answer(answer: Pair<u64>, _: Key) -> Tagged<V> {
        Tagged::of_pair([answer.tag, answer.payload])
    }
}

/// One argument of a helper: a [`Kind`] or a [`Tagged`] value (which takes two words).
pub trait Argument: Copy + 'static {
    /// What it is in an instruction on machine `M`.
    type Of<M: Machine>: Copy;
    #[doc(hidden)]
    const TYPES: &'static [Type];
    #[doc(hidden)]
    fn lower_into<M: Machine>(m: &M, x: Self::Of<M>, operands: &mut Operands, key: Key);
    /// The value now.
    #[doc(hidden)]
    fn now<M: Machine>(m: &M, x: Self::Of<M>, key: Key) -> Self;
    /// Takes its words from the front.
    #[doc(hidden)]
    fn take(bits: &mut &[u64], key: Key) -> Self;
    /// Whether it may be a reference.
    #[doc(hidden)]
    const REFERS: bool;
    /// Adds what it refers to to `found`.
    #[doc(hidden)]
    fn reference<L: Layout>(self, found: &mut Vec<u64>, key: Key);
}

#[inline]
fn first(bits: &mut &[u64]) -> u64 {
    let (first, rest) = bits.split_first().expect("a call has all its arguments");
    *bits = rest;
    *first
}

impl<K: Kind> Argument for K {
    type Of<M: Machine> = <K as Kind>::Of<M>;
    const TYPES: &'static [Type] = &[K::TYPE];
    fn lower_into<M: Machine>(m: &M, x: Self::Of<M>, operands: &mut Operands, key: Key) {
        operands.push(K::lower(m, x, key));
    }
    #[inline(always)]
    fn now<M: Machine>(m: &M, x: Self::Of<M>, key: Key) -> K {
        K::of_bits(K::lower(m, x, key).bits, key)
    }
    #[inline]
    fn take(bits: &mut &[u64], key: Key) -> K {
        K::of_bits(first(bits), key)
    }
    const REFERS: bool = matches!(K::TYPE, Type::Ref);
    #[inline(always)]
    fn reference<L: Layout>(self, found: &mut Vec<u64>, key: Key) {
        if Self::REFERS {
            found.push(self.bits(key));
        }
    }
}

impl<V: Layout> Argument for Tagged<V> {
    type Of<M: Machine> = M::Value<V>;
    const TYPES: &'static [Type] = &[Type::I64, Type::I64];
    fn lower_into<M: Machine>(m: &M, x: M::Value<V>, operands: &mut Operands, key: Key) {
        let [tag, payload] = m.lower_words::<V>(x, key);
        operands.push(tag);
        operands.push(payload);
    }
    #[inline(always)]
    fn now<M: Machine>(m: &M, x: M::Value<V>, key: Key) -> Tagged<V> {
        let Pair { tag, payload } = m.lower_value::<V>(x, key);
        Tagged::of_pair([tag.bits, payload.bits])
    }
    #[inline]
    fn take(bits: &mut &[u64], _: Key) -> Tagged<V> {
        Tagged::of_pair([first(bits), first(bits)])
    }
    const REFERS: bool = true;
    #[inline(always)]
    fn reference<L: Layout>(self, found: &mut Vec<u64>, _: Key) {
        if V::PAYLOADS.is_reference(self.tag()) {
            found.push(self.pair()[1]);
        }
    }
}

/// The arguments of a helper: a tuple of up to six [`Argument`]s.
pub trait Arguments: Copy + 'static {
    /// What they are in an instruction on machine `M`.
    type Of<M: Machine>: Copy;
    #[doc(hidden)]
    fn types() -> SmallVec<[Type; 4]>;
    #[doc(hidden)]
    fn lower<M: Machine>(m: &M, x: Self::Of<M>, key: Key) -> Operands;
    /// The values now.
    #[doc(hidden)]
    fn now<M: Machine>(m: &M, x: Self::Of<M>, key: Key) -> Self;
    #[doc(hidden)]
    fn of_bits(bits: &[u64], key: Key) -> Self;
    /// How many words they are.
    #[doc(hidden)]
    const WORDS: usize;
    /// Whether one of them may be a reference.
    #[doc(hidden)]
    const REFERS: bool;
    /// Adds what they refer to to `found`.
    #[doc(hidden)]
    fn references<L: Layout>(self, found: &mut Vec<u64>, key: Key);
}

macro_rules! arguments {
    ($($K:ident $x:ident),*) => {
        impl<$($K: Argument),*> Arguments for ($($K,)*) {
            type Of<M: Machine> = ($($K::Of<M>,)*);
            fn types() -> SmallVec<[Type; 4]> {
                let types: &[&[Type]] = &[$($K::TYPES),*];
                types.concat().into()
            }
            fn lower<M: Machine>(m: &M, ($($x,)*): Self::Of<M>, key: Key) -> Operands {
                let mut operands = Operands::new();
                $($K::lower_into(m, $x, &mut operands, key);)*
                operands
            }
            #[inline(always)]
            fn now<M: Machine>(m: &M, ($($x,)*): Self::Of<M>, key: Key) -> Self {
                ($($K::now(m, $x, key),)*)
            }
            #[inline]
            fn of_bits(mut bits: &[u64], key: Key) -> Self {
                ($($K::take(&mut bits, key),)*)
            }
            const WORDS: usize = 0 $(+ $K::TYPES.len())*;
            const REFERS: bool = $($K::REFERS)||*;
            #[inline(always)]
            fn references<L: Layout>(self, found: &mut Vec<u64>, key: Key) {
                let ($($x,)*) = self;
                $($x.reference::<L>(found, key);)*
            }
        }
    };
}

impl Arguments for () {
    type Of<M: Machine> = ();
    fn types() -> SmallVec<[Type; 4]> {
        SmallVec::new()
    }
    fn lower<M: Machine>(_: &M, (): (), _: Key) -> Operands {
        Operands::new()
    }
    #[inline(always)]
    fn now<M: Machine>(_: &M, (): (), _: Key) {}
    fn of_bits(_: &[u64], _: Key) {}
    const WORDS: usize = 0;
    const REFERS: bool = false;
    #[inline(always)]
    fn references<L: Layout>(self, _: &mut Vec<u64>, _: Key) {}
}

arguments!(A a);
arguments!(A a, B b);
arguments!(A a, B b, C c);
arguments!(A a, B b, C c, D d);
arguments!(A a, B b, C c, D d, E e);
arguments!(A a, B b, C c, D d, E e, F f);

/// A type that fields and elements hold: integers, `f64`, [`Reference`], [`Tagged`], and `Cell`s of
/// them where they change.
pub trait Stored: Sized + 'static {
    /// What a load yields and a store takes.
    type Loads: Returns;
    /// The width of its first word.
    #[doc(hidden)]
    const MEM: Mem;
    /// Elements are this many bytes apart, as a power of two.
    #[doc(hidden)]
    const SCALE: u8;
    #[doc(hidden)]
    fn load<M: Machine>(m: &M, place: Place, key: Key) -> <Self::Loads as Returns>::Of<M>;
    #[doc(hidden)]
    fn store<M: Machine>(m: &mut M, place: Place, x: <Self::Loads as Returns>::Of<M>, key: Key);
}

macro_rules! stored {
    ([$($generics:tt)*] $t:ty, $kind:ty, $mem:ident, $scale:literal) => {
        impl<$($generics)*> Stored for $t {
            type Loads = $kind;
            const MEM: Mem = Mem::$mem;
            const SCALE: u8 = $scale;
            #[inline(always)]
            fn load<M: Machine>(m: &M, place: Place, key: Key) -> <$kind as Kind>::Of<M> {
                <$kind as Kind>::raise(m, m.load_place(place, Mem::$mem, key), key)
            }
            #[inline(always)]
            fn store<M: Machine>(m: &mut M, place: Place, x: <$kind as Kind>::Of<M>, key: Key) {
                let x = <$kind as Kind>::lower(m, x, key);
                m.store_place(place, Mem::$mem, x, key);
            }
        }
    };
}

stored!([] i8, i64, I8, 0);
stored!([] u8, i64, U8, 0);
stored!([] i16, i64, I16, 1);
stored!([] u16, i64, U16, 1);
stored!([] i32, i64, I32, 2);
stored!([] u32, i64, U32, 2);
stored!([] i64, i64, I64, 3);
stored!([] f64, f64, F64, 3);
stored!([T: Object] Reference<T>, Reference<T>, Ref, 3);

impl<V: Layout> Stored for Tagged<V> {
    type Loads = Tagged<V>;
    const MEM: Mem = Mem::I64;
    const SCALE: u8 = 4;
    #[inline(always)]
    fn load<M: Machine>(m: &M, place: Place, key: Key) -> M::Value<V> {
        m.load_value::<V>(place, key)
    }
    #[inline(always)]
    fn store<M: Machine>(m: &mut M, place: Place, x: M::Value<V>, key: Key) {
        let Pair { tag, payload } = m.lower_value::<V>(x, key);
        let mem = match payload.ty {
            Type::F64 => Mem::F64,
            Type::Ref => Mem::Ref,
            _ => Mem::I64,
        };
        m.store_place(place, Mem::I64, tag, key);
        m.store_place(place.behind(8), mem, payload, key);
    }
}

impl<S: Stored + Copy> Stored for Cell<S> {
    type Loads = S::Loads;
    const MEM: Mem = S::MEM;
    const SCALE: u8 = S::SCALE;
    #[inline(always)]
    fn load<M: Machine>(m: &M, place: Place, key: Key) -> <S::Loads as Returns>::Of<M> {
        S::load(m, place, key)
    }
    #[inline(always)]
    fn store<M: Machine>(m: &mut M, place: Place, x: <S::Loads as Returns>::Of<M>, key: Key) {
        S::store(m, place, x, key);
    }
}
