//! Fields and arrays of objects, as instructions name them; [`object!`](crate::object) declares them.
//!
//! Their types say what instructions load and store ([`Stored`]). Offsets and types are taken from the
//! Rust struct by the compiler, and [`Object`] promises the rest.

#![allow(
    unsafe_code,
    reason = "declares the constructors by which `object!` promises where fields are"
)]

use crate::language::kind::Stored;
use crate::language::layout::Object;
use offramp_uop::Class;
use std::fmt;
use std::marker::PhantomData;

/// The offset of a field as traces have it.
///
/// # Panics
/// If it is too far, in a constant an error of the compiler: wrapped it would be outside of the object.
const fn check_offset(offset: usize) -> i32 {
    // The second word of a value has an offset, too.
    assert!(
        offset < i32::MAX as usize - 8,
        "fields lie in the first 2 GiB of an object"
    );
    offset as i32
}

/// A field of objects of type `T` that holds an `S`; mutable if `S` is a `Cell`.
pub struct Field<T, S> {
    pub(crate) offset: i32,
    pub(crate) class: Class,
    types: PhantomData<fn(&T) -> S>,
}

impl<T: Object, S: Stored> Field<T, S> {
    /// For [`object!`](crate::object).
    ///
    /// # Safety
    /// A `T` has an `S` at this offset.
    #[doc(hidden)]
    pub const unsafe fn new(offset: usize, class: Class) -> Field<T, S> {
        Field {
            offset: check_offset(offset),
            class,
            types: PhantomData,
        }
    }
}

impl<T, S> Clone for Field<T, S> {
    fn clone(&self) -> Field<T, S> {
        *self
    }
}

impl<T, S> Copy for Field<T, S> {}

impl<T, S> fmt::Debug for Field<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({}, class {})", self.offset, self.class.0)
    }
}

/// An array outside its object: a length and a data pointer in `T`, elements of type `S`.
pub struct Array<T, S> {
    pub(crate) length: i32,
    pub(crate) data: i32,
    /// Of the length and the data pointer.
    pub(crate) header_class: Class,
    /// Of the elements.
    pub(crate) class: Class,
    types: PhantomData<fn(&T) -> S>,
}

impl<T: Object, S: Stored> Array<T, S> {
    /// For [`object!`](crate::object).
    ///
    /// # Safety
    /// A `T` has a `Cell<u32>` at `length` and a `Cell<*const S>` at `data`.
    #[doc(hidden)]
    pub const unsafe fn new(
        length: usize,
        data: usize,
        header_class: Class,
        class: Class,
    ) -> Array<T, S> {
        Array {
            length: check_offset(length),
            data: check_offset(data),
            header_class,
            class,
            types: PhantomData,
        }
    }
}

impl<T, S> Clone for Array<T, S> {
    fn clone(&self) -> Array<T, S> {
        *self
    }
}

impl<T, S> Copy for Array<T, S> {}

impl<T, S> fmt::Debug for Array<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({} at {})", self.length, self.data)
    }
}

/// Declares an object type: its tag, its fields and arrays.
///
/// ```
/// # #![allow(unsafe_code)]
/// use offramp::{Class, Layout, Payloads};
/// use std::cell::Cell;
///
/// pub enum Values {}
///
/// // SAFETY: tag 5 is that of one object type.
/// unsafe impl Layout for Values {
///     const GROUP: u32 = 2;
///     const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[5]);
/// }
///
/// type Value = offramp::Tagged<Values>;
///
/// pub struct Table {
///     shape: Cell<u32>,
///     length: Cell<u32>,
///     items: Cell<*const Cell<Value>>,
/// }
///
/// offramp::object! {
///     // SAFETY: tables are never freed; `items` always has `length` elements.
///     unsafe impl Object<Values> for Table = 5 {
///         field SHAPE: Cell<u32> = shape in Class(0);
///         array ITEMS: Cell<Value> = items[length] in Class(1), of Class(2);
///     }
/// }
/// ```
/// The class after `in` is the field's, or that of an array's length and data pointer; the one
/// after `of` is the elements'.
#[macro_export]
macro_rules! object {
    (
        $(#[$meta:meta])*
        unsafe impl Object<$L:ty> for $T:ty = $tag:literal { $($rest:tt)* }
    ) => {
        $(#[$meta])*
        unsafe impl $crate::Object for $T {
            type Layout = $L;
            const TAG: i64 = $tag;
        }
        const _: () = assert!(
            matches!(<$L as $crate::Layout>::PAYLOADS.of($tag), $crate::Type::Ref),
            "the layout's payloads of this object's tag are no references"
        );
        $crate::object!(@members unsafe $T, $($rest)*);
    };
    // Rules for itself. Whoever uses one by hand declares a field, too, and so writes `unsafe`.
    (@members unsafe $T:ty,) => {};
    (@members unsafe $T:ty, $(#[$meta:meta])* field $NAME:ident : $S:ty = $field:ident in $class:expr; $($rest:tt)*) => {
        impl $T {
            $(#[$meta])*
            #[doc = concat!("The field `", stringify!($field), "`, to instructions.")]
            pub const $NAME: $crate::Field<$T, $S> = {
                // The compiler checks the field's type here.
                let _: fn(&$T) -> &$S = |object| &object.$field;
                // And that it is the field's own, not that of something the field dereferences to.
                let _: fn(&$T) -> *const $S = |object| &raw const object.$field;
                // SAFETY: offset and type are the compiler's.
                unsafe { $crate::Field::new(::core::mem::offset_of!($T, $field), $class) }
            };
        }
        $crate::object!(@members unsafe $T, $($rest)*);
    };
    (@members unsafe $T:ty, $(#[$meta:meta])* array $NAME:ident : $S:ty = $data:ident [ $length:ident ] in $header:expr, of $class:expr; $($rest:tt)*) => {
        impl $T {
            $(#[$meta])*
            #[doc = concat!("The array `", stringify!($data), "`, to instructions.")]
            pub const $NAME: $crate::Array<$T, $S> = {
                let _: fn(&$T) -> &::core::cell::Cell<*const $S> = |object| &object.$data;
                let _: fn(&$T) -> &::core::cell::Cell<u32> = |object| &object.$length;
                let _: fn(&$T) -> *const ::core::cell::Cell<*const $S> = |object| &raw const object.$data;
                let _: fn(&$T) -> *const ::core::cell::Cell<u32> = |object| &raw const object.$length;
                // SAFETY: offsets and types are the compiler's.
                unsafe {
                    $crate::Array::new(
                        ::core::mem::offset_of!($T, $length),
                        ::core::mem::offset_of!($T, $data),
                        $header,
                        $class,
                    )
                }
            };
        }
        $crate::object!(@members unsafe $T, $($rest)*);
    };
}
