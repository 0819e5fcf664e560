//! What the library knows about the host's memory: tags of values, fields and arrays of objects.
//!
//! A tagged value is two frame words, the tag in the first and the payload in the second. An
//! object is a `#[repr(C)]` (or any other) Rust struct; [`object!`](crate::object) takes offsets
//! and types from it. What the compiler cannot check, the `unsafe impl` promises: that includes what
//! frame words hold above the running frame, which a collector clears or the program does not read
//! before it writes it ([`Program::is_live`](crate::Program::is_live) says the same). Besides, an embedder may
//! promise what helpers leave alone and what new objects hold: see [`helper`](crate::helper).
#![allow(
    unsafe_code,
    reason = "declares the unsafe traits that carry the host's promises"
)]

use crate::kind::Stored;
use offramp_uop::{Access, Class, Content, Initial, Mem, Type};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// How the values of a program look.
///
/// Values, stacks and objects are of a layout by their types ([`Tagged<L>`](Tagged),
/// [`Stack<L>`](crate::Stack), [`Object::Layout`]), so a tag means the same wherever a value comes
/// by. A layout that has references is a layout of whole values: its frame words are not written one
/// by one, and values lie at even words. There are no references in single words; a program on plain
/// words keeps what objects it has in its host.
///
/// # Safety
/// Every tag with a reference payload is the [tag](Object::TAG) of one [`Object`] type of this layout.
pub unsafe trait Layout: 'static {
    /// Words per value group: 2 for tagged values, 1 where every word stands alone. Frames begin
    /// at multiples of it.
    const GROUP: u32;

    /// What the payloads are, by tag: integers, unless it says otherwise.
    const PAYLOADS: Payloads = Payloads::INTEGERS;

    /// The names of the alias classes that fields and arrays use, by number.
    const CLASSES: &'static [&'static str] = &[];
}

/// What the payload of a value is, by its tag.
///
/// ```
/// use offramp::{Payloads, Type};
///
/// const PAYLOADS: Payloads = Payloads::INTEGERS.floats(&[4]).references(&[5, 6]);
///
/// assert_eq!(PAYLOADS.of(0), Type::I64);
/// assert_eq!(PAYLOADS.of(4), Type::F64);
/// assert_eq!(PAYLOADS.of(6), Type::Ref);
/// ```
/// It is a constant, so that a tag that is a constant, too, is checked by the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payloads {
    floats: u64,
    references: u64,
}

impl Payloads {
    /// All payloads are integers.
    pub const INTEGERS: Payloads = Payloads {
        floats: 0,
        references: 0,
    };

    /// The payloads of these tags are doubles.
    ///
    /// # Panics
    /// If a tag is not from 0 to 63.
    pub const fn floats(self, tags: &[i64]) -> Payloads {
        let floats = self.floats | Payloads::set(tags);
        Payloads { floats, ..self }
    }

    /// The payloads of these tags refer to objects.
    ///
    /// # Panics
    /// If a tag is not from 1 to 63. Tag 0 is what frame words hold that nobody has written.
    pub const fn references(self, tags: &[i64]) -> Payloads {
        let references = self.references | Payloads::set(tags);
        assert!(
            references & 1 == 0,
            "tag 0 is in frame words that nobody has written, so its payload is no reference"
        );
        Payloads { references, ..self }
    }

    const fn set(tags: &[i64]) -> u64 {
        let (mut set, mut index) = (0, 0);
        while index < tags.len() {
            assert!(
                0 <= tags[index] && tags[index] < 64,
                "tags of doubles and references are from 0 to 63"
            );
            set |= 1 << tags[index];
            index += 1;
        }
        set
    }

    /// The type of the payload of values with this tag.
    #[inline(always)]
    pub const fn of(self, tag: i64) -> Type {
        match tag {
            0..64 if self.references >> tag & 1 == 1 => Type::Ref,
            0..64 if self.floats >> tag & 1 == 1 => Type::F64,
            _ => Type::I64,
        }
    }

    #[inline(always)]
    pub(crate) const fn is_reference(self, tag: i64) -> bool {
        0 <= tag && tag < 64 && self.references >> tag & 1 == 1
    }
}

/// Whether a layout has references. What takes values apart is not for such layouts.
pub(crate) const fn has_references<L: Layout>() -> bool {
    L::PAYLOADS.references != 0
}

/// To be evaluated where a layout is put to use.
pub(crate) const fn check_layout<L: Layout>() {
    assert!(
        L::GROUP == 1 || L::GROUP == 2,
        "a value group is one word or two"
    );
    assert!(
        !has_references::<L>() || L::GROUP == 2,
        "a layout with references has groups of two words, the tag and the payload"
    );
}

/// To be evaluated where single words of a value are written.
pub(crate) const fn check_words<L: Layout>() {
    assert!(
        !has_references::<L>(),
        "this layout has references: write whole values (set_value), not their words"
    );
}

/// The layout of programs whose frame words are plain integers and doubles, without tags.
#[derive(Debug)]
pub enum Words {}

// SAFETY: no tag has a reference payload.
unsafe impl Layout for Words {
    const GROUP: u32 = 1;
}

/// A type of heap objects that instructions look into. Implemented by [`object!`](crate::object).
///
/// The promises are about the code that can reach the type's private fields, so the module (or crate) that
/// declares the type can keep them whatever safe code does elsewhere. Traces rely on them, and so does
/// the plain interpreter: an instruction that has asked for an [element](crate::Machine::element)
/// reads it later in its first phase without another look.
///
/// # Safety
/// - `TAG` is the tag of values that refer to this type and to no other.
/// - The object does not move. It is freed while no run is under way, when nothing refers to it but what
///   the host frees, too, and [`Executors::references`](crate::Executors::references) does not
///   name it; or by an [`Act`](crate::Act) that has asked for [`Context::roots`](crate::Context::roots)
///   in the same call, if it is reached neither from there nor from frame words. Its memory holds
///   another object of declared type only after that. No [`Reference`] to it is used later.
/// - Two declared fields or arrays overlap only if they have the same alias class, which is one of the
///   layout's [classes](Layout::CLASSES); a field or array whose Rust type is not a `Cell` never
///   changes.
/// - The data pointer of an array points to as many elements as its length field says, whenever
///   an instruction or a helper begins.
/// - While a run is under way, declared fields and elements change by instructions, in [`Act`](crate::Act)s, and in
///   [`Make`](crate::Make)s as far as they belong to the object made or to a class that it
///   [writes](crate::Make::writing); not in
///   [`Read`](crate::Read)s and not by the code of [`Program`](crate::Program). What has only `&Host`, `&Program`, a
///   [`Reference`], a static or a thread-local, in other words what a `Read` can call, therefore changes
///   nothing declared and frees nothing, or is private to code that only acts call. Functions that change
///   objects can take `&mut` of the host or of its heap to have the compiler see to that.
pub unsafe trait Object: Sized + 'static {
    /// The layout whose values refer to this type.
    type Layout: Layout;
    /// The tag of values that refer to this type.
    const TAG: i64;
}

/// The address of a live object of type `T`.
///
/// Made from an object ([`Reference::to`]) or read where the layout promises one, so it is never
/// null.
pub struct Reference<T>(*const T);

impl<T: Object> Reference<T> {
    /// The reference to `object`.
    ///
    /// That it is not used for longer than the object lives was promised by the object's type.
    pub fn to(object: &T) -> Reference<T> {
        let pointer = std::ptr::from_ref(object);
        // Instructions get at the object by its address alone.
        pointer.expose_provenance();
        Reference(pointer)
    }

    /// The address.
    pub fn address(self) -> u64 {
        self.0.addr() as u64
    }

    pub(crate) fn from_address(address: u64) -> Reference<T> {
        Reference(std::ptr::with_exposed_provenance(address as usize))
    }
}

impl<T: Object> std::ops::Deref for Reference<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `T: Object` promises that the object has not been freed, and that what changes
        // in it is behind `Cell`.
        unsafe { &*self.0 }
    }
}

impl<T> Clone for Reference<T> {
    fn clone(&self) -> Reference<T> {
        *self
    }
}

impl<T> Copy for Reference<T> {}

impl<T> PartialEq for Reference<T> {
    fn eq(&self, other: &Reference<T>) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Reference<T> {}

impl<T> fmt::Debug for Reference<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{:p}", self.0)
    }
}

/// A tagged value of the layout `L`, as it lies in two words of a frame or an object.
///
/// A value that refers to an object is made of a [`Reference`] alone.
#[repr(C)]
pub struct Tagged<L> {
    tag: i64,
    bits: u64,
    layout: PhantomData<fn() -> L>,
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
            offset: offset as i32,
            class,
            types: PhantomData,
        }
    }
}

/// What a field of a new object holds: see [`Make`](crate::Make).
///
/// ```
/// # #![allow(unsafe_code)]
/// use offramp::{Class, Layout, Make, Payloads, Program, Reference};
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
/// pub struct Pair { first: Cell<Value>, second: Cell<Value> }
///
/// offramp::object! {
///     // SAFETY: pairs are never freed, and only instructions change them.
///     unsafe impl Object<Values> for Pair = 5 {
///         field FIRST: Cell<Value> = first in Class(0);
///         field SECOND: Cell<Value> = second in Class(0);
///     }
/// }
///
/// const NIL: Value = Value::int(0, 0);
///
/// fn new_pair<P: Program>() -> Make<P, (), Pair> {
///     let make = Make::new("new_pair", |_, ()| {
///         let pair = Pair { first: Cell::new(NIL), second: Cell::new(NIL) };
///         Reference::to(Box::leak(Box::new(pair)))
///     });
///     let holds = const { &[Pair::FIRST.holds_value(NIL), Pair::SECOND.holds_value(NIL)] };
///     // SAFETY: both are nil, as the function above makes every pair.
///     unsafe { make.holding(holds) }
/// }
/// ```
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
            length: length as i32,
            data: data as i32,
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

const _: () = {
    // A tagged value is two words without padding, so that it can be read word by word.
    assert!(size_of::<Tagged<Words>>() == 16);
    assert!(size_of::<Reference<u64>>() == 8);
};

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
        $crate::object!(@members $T, $($rest)*);
    };
    (@members $T:ty,) => {};
    (@members $T:ty, $(#[$meta:meta])* field $NAME:ident : $S:ty = $field:ident in $class:expr; $($rest:tt)*) => {
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
        $crate::object!(@members $T, $($rest)*);
    };
    (@members $T:ty, $(#[$meta:meta])* array $NAME:ident : $S:ty = $data:ident [ $length:ident ] in $header:expr, of $class:expr; $($rest:tt)*) => {
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
        $crate::object!(@members $T, $($rest)*);
    };
}
