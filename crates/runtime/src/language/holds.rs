//! [`Holds`]: what new objects are said to hold.
//!
//! Traces believe it, so saying it is `unsafe`: [`Make::holding`](crate::Make::holding). Here are the
//! words for it.

use crate::language::field::{Array, Field};
use crate::language::kind::Stored;
use crate::language::layout::Layout;
use crate::language::tagged::Tagged;
use offramp_uop::{Access, Class, Content, Initial, Mem};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// What a field of a new object holds: see [`Make::holding`](crate::Make::holding).
pub struct Holds<T> {
    contents: [Option<Content>; 2],
    of: PhantomData<fn(&T)>,
}

impl<T> Holds<T> {
    const fn at(offset: i32, mem: Mem, class: Class, value: Initial) -> Content {
        let scale = 0;
        let access = Access {
            mem,
            offset,
            scale,
            class,
        };
        Content { access, value }
    }

    pub(crate) fn contents(&self) -> impl Iterator<Item = Content> {
        self.contents.into_iter().flatten()
    }
}

impl<T, S: Stored<Loads = i64>> Field<T, Cell<S>> {
    /// A new object holds this number here.
    pub const fn holds(self, value: i64) -> Holds<T> {
        let value = Initial::Constant(value as u64);
        let content = Holds::<T>::at(self.offset, S::MEM, self.class, value);
        Holds {
            contents: [Some(content), None],
            of: PhantomData,
        }
    }
}

impl<T, L: Layout> Field<T, Cell<Tagged<L>>> {
    /// A new object holds this value here, which refers to no object.
    ///
    /// # Panics
    /// If it does: nothing would keep that object alive for the traces that know of it.
    pub const fn holds_value(self, value: Tagged<L>) -> Holds<T> {
        if L::PAYLOADS.is_reference(value.tag()) {
            panic!("what new objects are said to hold refers to no object");
        }
        let [tag, payload] = value.pair();
        let (offset, class) = (self.offset, self.class);
        let tag = Holds::<T>::at(offset, Mem::I64, class, Initial::Constant(tag));
        let payload = Holds::<T>::at(offset + 8, Mem::I64, class, Initial::Constant(payload));
        Holds {
            contents: [Some(tag), Some(payload)],
            of: PhantomData,
        }
    }
}

impl<T, S> Array<T, S> {
    /// A new object's array has as many elements as the helper's argument of this number says, which
    /// is an integer from 0 to [`u32::MAX`].
    pub const fn has_length(self, argument: u8) -> Holds<T> {
        let value = Initial::Argument(argument);
        let content = Holds::<T>::at(self.length, Mem::U32, self.header_class, value);
        Holds {
            contents: [Some(content), None],
            of: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Holds<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.contents()).finish()
    }
}
