//! What the library knows about the host's memory: tags of values, fields and arrays of objects.
//!
//! A tagged value is two frame words, the tag in the first and the payload in the second. An
//! object is a `#[repr(C)]` (or any other) Rust struct; [`object!`](crate::object) takes offsets
//! and types from it. What the compiler cannot check, the `unsafe impl` promises: that includes what
//! frame words hold above the running frame, which a collector clears or the program does not read
//! before it writes it ([`Program::is_live`](crate::Program::is_live) says the same). Besides, an embedder may
//! promise what helpers leave alone and what new objects hold: see [`helper`](crate::language::helper).
#![allow(
    unsafe_code,
    reason = "declares the unsafe traits that carry the host's promises"
)]

use offramp_uop::Type;
use std::fmt;

/// How the values of a program look.
///
/// Values, stacks and objects are of a layout by their types ([`Tagged<L>`](crate::Tagged),
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
/// declares the type can keep them whatever safe code does elsewhere; but for a type whose objects are freed
/// they are also about all code that gets references to it, so let only such code see the type. Traces rely on them, and so does
/// the plain interpreter: an instruction that has asked for an [element](crate::Machine::element)
/// reads it later in its first phase without another look.
///
/// # Safety
/// - `TAG` is the tag of values that refer to this type and to no other.
/// - The object does not move. It is freed while no run is under way, when nothing refers to it but what
///   the host frees, too, and [`Executors::references`](crate::inspect::Executors::references) does not
///   name it; or by an [`Act`](crate::Act) that has asked for [`Context::roots`](crate::Context::roots)
///   in the same call, if it is reached neither from there nor from frame words. Its memory holds
///   another object of declared type only after that. No [`Reference`] to it is used later: none that a host
///   kept from an answer or a frame word, and none that an instruction had before it called what frees.
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
/// null. It stays on its thread, as everything does that refers to `Cell`s.
pub struct Reference<T>(*const T);

impl<T: Object> Reference<T> {
    /// The reference to an object that is never freed, such as one that was leaked.
    ///
    /// What its host frees some day is referred to by [`to_live`](Reference::to_live).
    pub fn to(object: &'static T) -> Reference<T> {
        // SAFETY: it lives for ever.
        unsafe { Reference::to_live(object) }
    }

    /// The reference to an object that the host frees some day.
    ///
    /// # Safety
    /// The object is at this address until it is freed, and it is freed as [`Object`] says: not where
    /// the library, an instruction or anything else may still follow the reference.
    pub unsafe fn to_live(object: &T) -> Reference<T> {
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
