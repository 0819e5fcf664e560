//! The types of values, memory accesses and constants.
//!
//! Every SSA value is 64 bits wide and has one of five types. Memory is narrower where the host's
//! layout is: an [`Access`](crate::Access) names a [`Mem`] kind, and loads widen.

use crate::named::named;

named! {
    /// The type of an SSA value.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Type, "type" {
        /// A 64-bit integer; signedness is a matter of the op that reads it.
        I64 = "i64",
        /// An IEEE 754 double. The bits of a NaN made by arithmetic are unspecified.
        F64 = "f64",
        /// A truth value: 0 or 1.
        Bool = "bool",
        /// A reference the host's collector knows: a root wherever it is live across a call.
        Ref = "ref",
        /// An address the collector does not know, such as an array's storage: never a root and
        /// never in a frame word, so it must not outlive a call that may move or free what it names.
        Ptr = "ptr",
    }
}

impl Type {
    /// Whether a frame word can hold a value of this type.
    ///
    /// A `bool` is stored as the integer 0 or 1 by `bool_to_i64`; a `ptr` never is.
    pub fn fits_word(self) -> bool {
        matches!(self, Type::I64 | Type::F64 | Type::Ref)
    }
}

named! {
    /// What a load reads and a store writes: width, and how it becomes an SSA value.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Mem, "access kind" {
        /// Signed byte, sign-extended to `i64`.
        I8 = "i8",
        /// Byte, zero-extended to `i64`.
        U8 = "u8",
        /// Signed 16 bits, sign-extended to `i64`.
        I16 = "i16",
        /// 16 bits, zero-extended to `i64`.
        U16 = "u16",
        /// Signed 32 bits, sign-extended to `i64`.
        I32 = "i32",
        /// 32 bits, zero-extended to `i64`.
        U32 = "u32",
        /// 64 bits as `i64`.
        I64 = "i64",
        /// 64 bits as `f64`.
        F64 = "f64",
        /// 64 bits as `ref`. The layout promises that a live reference (or null) is there.
        Ref = "ref",
        /// 64 bits as `ptr`.
        Ptr = "ptr",
    }
}

impl Mem {
    /// The type of the SSA value on the other side.
    pub fn ty(self) -> Type {
        match self {
            Mem::F64 => Type::F64,
            Mem::Ref => Type::Ref,
            Mem::Ptr => Type::Ptr,
            _ => Type::I64,
        }
    }

    /// The width in bytes: 1, 2, 4 or 8.
    pub fn bytes(self) -> u32 {
        match self {
            Mem::I8 | Mem::U8 => 1,
            Mem::I16 | Mem::U16 => 2,
            Mem::I32 | Mem::U32 => 4,
            Mem::I64 | Mem::F64 | Mem::Ref | Mem::Ptr => 8,
        }
    }

    /// What a load yields when memory holds the low [`bytes`](Mem::bytes) of `bits`.
    ///
    /// This is also what a later load sees of a stored value, so forwarding a store to a load
    /// applies it.
    pub fn extend(self, bits: u64) -> u64 {
        match self {
            Mem::I8 => bits as i8 as i64 as u64,
            Mem::U8 => bits as u8 as u64,
            Mem::I16 => bits as i16 as i64 as u64,
            Mem::U16 => bits as u16 as u64,
            Mem::I32 => bits as i32 as i64 as u64,
            Mem::U32 => bits as u32 as u64,
            Mem::I64 | Mem::F64 | Mem::Ref | Mem::Ptr => bits,
        }
    }
}

/// A Rust type that stands for the SSA type of the same name in the op table.
pub trait Scalar: Copy {
    /// The SSA type.
    const TYPE: Type;
    /// Reads the value from its 64 bits.
    fn from_bits(bits: u64) -> Self;
    /// The value's 64 bits.
    fn to_bits(self) -> u64;
}

/// A reference in the op table: an address the evaluator only compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference(pub u64);

impl Scalar for i64 {
    const TYPE: Type = Type::I64;
    fn from_bits(bits: u64) -> i64 {
        bits as i64
    }
    fn to_bits(self) -> u64 {
        self as u64
    }
}

impl Scalar for f64 {
    const TYPE: Type = Type::F64;
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
    fn to_bits(self) -> u64 {
        self.to_bits()
    }
}

impl Scalar for bool {
    const TYPE: Type = Type::Bool;
    fn from_bits(bits: u64) -> bool {
        bits & 1 == 1
    }
    fn to_bits(self) -> u64 {
        self as u64
    }
}

impl Scalar for Reference {
    const TYPE: Type = Type::Ref;
    fn from_bits(bits: u64) -> Reference {
        Reference(bits)
    }
    fn to_bits(self) -> u64 {
        self.0
    }
}

/// A constant and its type: `i64`, `f64` or `bool`.
///
/// References are not constants by value: they live in [`Trace::refs`](crate::Trace::refs),
/// where the collector finds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Const {
    /// The type of the constant.
    pub ty: Type,
    /// Its 64 bits.
    pub bits: u64,
}

impl Const {
    /// An `i64` constant.
    pub fn int(value: i64) -> Const {
        Const {
            ty: Type::I64,
            bits: value as u64,
        }
    }

    /// An `f64` constant.
    pub fn float(value: f64) -> Const {
        Const {
            ty: Type::F64,
            bits: value.to_bits(),
        }
    }

    /// A `bool` constant.
    pub fn bool(value: bool) -> Const {
        Const {
            ty: Type::Bool,
            bits: value as u64,
        }
    }
}
