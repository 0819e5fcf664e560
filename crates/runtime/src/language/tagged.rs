//! [`Tagged`]: a value of two words, the tag and the payload.
//!
//! The words are private to this room: what has a tag whose payloads are references was made of a
//! [`Reference`], or read where such a value was.

use crate::language::layout::{Layout, Object, Reference};
use std::fmt;
use std::marker::PhantomData;

/// A tagged value of the layout `L`, as it lies in two words of a frame or an object.
///
/// A value that refers to an object is made of a [`Reference`] alone, and like that stays on its
/// thread: objects change by `Cell`s.
#[repr(C)]
pub struct Tagged<L> {
    tag: i64,
    bits: u64,
    /// It may be a reference, which is of one thread.
    layout: PhantomData<*const L>,
}

impl<L: Layout> Tagged<L> {
    /// A value whose payload is an integer (or nothing: 0).
    ///
    /// # Panics
    /// If the payload of this tag is a reference. In a constant that is an error of the compiler.
    #[inline(always)]
    #[track_caller]
    pub const fn int(tag: i64, payload: i64) -> Tagged<L> {
        if L::PAYLOADS.is_reference(tag) {
            is_a_reference();
        }
        Tagged::of_pair([tag as u64, payload as u64])
    }

    /// A value whose payload is a double.
    ///
    /// # Panics
    /// If the payload of this tag is a reference. In a constant that is an error of the compiler.
    #[inline(always)]
    #[track_caller]
    pub const fn float(tag: i64, payload: f64) -> Tagged<L> {
        if L::PAYLOADS.is_reference(tag) {
            is_a_reference();
        }
        Tagged::of_pair([tag as u64, payload.to_bits()])
    }

    /// A value that refers to an object.
    #[inline(always)]
    pub fn reference<T: Object<Layout = L>>(object: Reference<T>) -> Tagged<L> {
        Tagged::of_pair([T::TAG as u64, object.address()])
    }

    /// The object it refers to, if it is of type `T`.
    #[inline(always)]
    pub fn as_reference<T: Object<Layout = L>>(self) -> Option<Reference<T>> {
        (self.tag == T::TAG).then(|| Reference::from_address(self.bits))
    }
}

impl<L> Tagged<L> {
    /// The tag.
    #[inline(always)]
    pub const fn tag(self) -> i64 {
        self.tag
    }

    /// The payload as an integer.
    #[inline(always)]
    pub const fn as_int(self) -> i64 {
        self.bits as i64
    }

    /// The payload as a double.
    #[inline(always)]
    pub const fn as_float(self) -> f64 {
        f64::from_bits(self.bits)
    }

    #[inline(always)]
    pub(crate) const fn pair(self) -> [u64; 2] {
        [self.tag as u64, self.bits]
    }

    /// Of words that were a value of this layout before.
    #[inline(always)]
    pub(crate) const fn of_pair(pair: [u64; 2]) -> Tagged<L> {
        Tagged {
            tag: pair[0] as i64,
            bits: pair[1],
            layout: PhantomData,
        }
    }
}

#[cold]
#[inline(never)]
#[track_caller]
const fn is_a_reference() -> ! {
    panic!("the payload of this tag is a reference: only Tagged::reference makes such a value")
}

impl<L> Clone for Tagged<L> {
    #[inline(always)]
    fn clone(&self) -> Tagged<L> {
        *self
    }
}

impl<L> Copy for Tagged<L> {}

impl<L> PartialEq for Tagged<L> {
    #[inline(always)]
    fn eq(&self, other: &Tagged<L>) -> bool {
        self.pair() == other.pair()
    }
}

impl<L> Eq for Tagged<L> {}

impl<L> fmt::Debug for Tagged<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tagged")
            .field("tag", &self.tag)
            .field("bits", &self.bits)
            .finish()
    }
}

// Two words without padding, so that it can be read word by word.
const _: () = assert!(size_of::<Tagged<crate::language::layout::Words>>() == 16);
