//! What operands of instructions are: the kinds that the [table](super::instr) gives them as columns,
//! and what an instruction does with slots, constants and places by them.
//!
//! A *kind* says how an operand is stored ([`Kind::Raw`]), how the listing writes it ([`Field`]) and
//! what it is to the instruction ([`Operand`]). Whoever must know what instructions read, write or
//! lead to asks for their operands and never for the instructions.
//!
//! This file and the table use nothing of the rest of Moonlet: the book's reference page is printed
//! from them without building it.

/// A slot of the running frame.
pub type Slot = u8;

/// The index of a constant.
pub type Const = u32;

/// The index of one of the first constants.
pub type NearConst = u16;

/// A count of values, or [`OPEN`].
pub type Count = u8;

/// The list is open: the slot `top` says where it ends.
pub const OPEN: Count = u8::MAX;

/// The number of an instruction, as `offramp::Pc`.
type Pc = u32;

/// What an instruction has to do with something outside of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// Slots that it, a helper of it or an error message of it may read.
    Reads(List),
    /// Slots that it writes.
    Writes(List),
    /// A variable that it puts into a cell in the same slot.
    Boxes(Slot),
    /// Where the function that it calls leaves its results. That function's frame lies there, so
    /// everything from the list's first slot on is written.
    Results(List),
    /// Values that it returns.
    Returns(List),
    /// The frame has this slot, though the instruction names a lower one.
    Needs(u16),
    /// A constant of the chunk, and which it may be.
    Constant(Const, Wanted),
    /// Something that the running function captured.
    Upvalue(u8),
    /// A prototype of the chunk, whose captured slots are read.
    Function(u32),
    /// Another instruction of the function.
    Target(Target),
}

impl Operand {
    /// The slots that it is about.
    pub fn list(self) -> Option<List> {
        match self {
            Operand::Reads(list)
            | Operand::Writes(list)
            | Operand::Results(list)
            | Operand::Returns(list) => Some(list),
            Operand::Boxes(slot) => Some(fixed(slot, 1)),
            Operand::Needs(slot) => Some(fixed(slot, 1)),
            Operand::Constant(..)
            | Operand::Upvalue(_)
            | Operand::Function(_)
            | Operand::Target(_) => None,
        }
    }

    /// Where the end of its list is stored, if only the run knows it.
    pub fn top(self) -> Option<Slot> {
        self.list()?.top()
    }
}

/// Slots in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The lowest.
    pub first: u16,
    /// How many there are.
    pub length: Length,
}

/// How many slots a [`List`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many.
    Fixed(u8),
    /// Those below the one that the slot `top` holds the number of.
    Open {
        /// That slot.
        top: Slot,
    },
    /// All.
    Rest,
}

impl List {
    /// The highest slot that is named: of a list whose length only the run knows, the first.
    pub fn highest(self) -> Option<u16> {
        match self.length {
            Length::Fixed(0) => None,
            Length::Fixed(count) => Some(self.first + u16::from(count) - 1),
            Length::Open { .. } | Length::Rest => Some(self.first),
        }
    }

    /// How many there are, unless only the run knows.
    pub fn fixed(self) -> Option<u8> {
        match self.length {
            Length::Fixed(count) => Some(count),
            Length::Open { .. } | Length::Rest => None,
        }
    }

    /// Whether a slot is in it.
    pub fn contains(self, slot: Slot) -> bool {
        let slot = u16::from(slot);
        let is_below_end = match self.length {
            Length::Fixed(count) => slot < self.first + u16::from(count),
            Length::Open { .. } | Length::Rest => true,
        };
        self.first <= slot && is_below_end
    }

    /// Where the list's end is stored, if only the run knows it.
    pub fn top(self) -> Option<Slot> {
        match self.length {
            Length::Open { top } => Some(top),
            Length::Fixed(_) | Length::Rest => None,
        }
    }
}

/// Which constant an instruction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// A string.
    Str,
    /// An integer or a float.
    Number,
}

/// Where an instruction may go other than to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// There.
    pub to: Pc,
    /// Whether that is itself or before it.
    pub is_back: bool,
    /// Whether it goes to the next one, too.
    pub falls_through: bool,
}

/// What is wrong where an instruction finds that it cannot do what it says. Helpers raise errors of
/// their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The stack has no room for the callee's frame or for the list.
    StackOverflow,
    /// The slot holds no function, or else [`Fault::StackOverflow`].
    Call(Slot),
    /// The slot holds no function to iterate with, or else [`Fault::StackOverflow`].
    Iterate(Slot),
    /// What the slot holds cannot be indexed.
    Index(Slot),
    /// What the slot holds has no length.
    Length(Slot),
    /// An integer modulo zero.
    Modulo,
    /// An integer divided by zero.
    Divide,
    /// A loop's step is zero.
    Step,
    /// There is no function to handle errors.
    Handler,
    /// The two cannot be compared.
    Compare(Side, Side),
}

/// A side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What a slot holds.
    Slot(Slot),
    /// A constant.
    Const(Const),
}

/// An operand as the listing writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `r1`
    Slot(Slot),
    /// `k1`
    Const(Const),
    /// `1`, or `open`
    Count(Count),
    /// `1`
    Plain(i64),
    /// `true`
    Truth(bool),
    /// `to 1`
    To(Pc),
    /// `end in r1`, if the instruction has an open list.
    End(Slot),
}

/// A kind of operands.
pub trait Kind {
    /// As it is stored.
    type Raw;

    /// As the listing writes it.
    fn field(raw: Self::Raw) -> Field;

    /// What it is to the instruction; nothing if that only follows from the row's effects.
    fn operand(raw: Self::Raw) -> Option<Operand>;

    /// The place it leads to, to be set.
    fn target(_raw: &mut Self::Raw) -> Option<&mut Pc> {
        None
    }

    /// Makes it what it is where its chunk has become a part of a program. `None` if it cannot be.
    fn moved(raw: Self::Raw, _to: &Moved<'_>) -> Option<Self::Raw> {
        Some(raw)
    }
}

/// Where the parts of a chunk are in a program.
#[derive(Clone, Copy, Debug)]
pub struct Moved<'a> {
    /// The chunk's first instruction.
    pub code: Pc,
    /// Its first function.
    pub functions: u32,
    /// Its constants.
    pub constants: &'a [Const],
}

impl Moved<'_> {
    fn constant(&self, index: Const) -> Option<Const> {
        self.constants.get(index as usize).copied()
    }

    fn near(&self, index: NearConst) -> Option<NearConst> {
        NearConst::try_from(self.constant(index.into())?).ok()
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident($raw:ty): |$operand:ident| $field:expr, $what:expr
        $(, to $target:expr)? $(, moved |$to:ident| $moved:expr)?;)*) => {
        /// The kinds, as columns of the table.
        pub mod kind {
            use super::*;

            $(
                $(#[doc = $doc])*
                #[derive(Debug)]
                pub enum $name {}

                impl Kind for $name {
                    type Raw = $raw;

                    fn field($operand: $raw) -> Field {
                        $field
                    }

                    #[allow(unused_variables, reason = "numbers are the instruction's own")]
                    fn operand($operand: $raw) -> Option<Operand> {
                        $what
                    }

                    $(fn target($operand: &mut $raw) -> Option<&mut Pc> {
                        $target
                    })?

                    $(fn moved($operand: $raw, $to: &Moved<'_>) -> Option<$raw> {
                        $moved
                    })?
                }
            )*
        }

        /// The kinds' names and what they are.
        pub const KINDS: &[(&str, &str)] = &[$((stringify!($name), concat!($($doc),*))),*];
    };
}

kinds! {
    /// A slot that is read.
    Read(Slot): |slot| Field::Slot(slot), Some(reads(slot, 1));
    /// A slot that is written.
    Write(Slot): |slot| Field::Slot(slot), Some(writes(slot, 1));
    /// A slot whose variable is put into a cell there.
    Cell(Slot): |slot| Field::Slot(slot), Some(Operand::Boxes(slot));
    /// A slot that the effects count from.
    Base(Slot): |slot| Field::Slot(slot), None;
    /// A number of values, or that their list is open.
    Values(Count): |count| Field::Count(count), None;
    /// The slot that holds where an open list ends, if there is one.
    End(Slot): |slot| Field::End(slot), None;
    /// A number of 8 bits.
    U8(u8): |number| Field::Plain(number.into()), None;
    /// A number of 16 bits.
    U16(u16): |number| Field::Plain(number.into()), None;
    /// A number of 32 bits.
    U32(u32): |number| Field::Plain(number.into()), None;
    /// A signed number of 32 bits.
    I32(i32): |number| Field::Plain(number.into()), None;
    /// A truth value.
    Truth(bool): |truth| Field::Truth(truth), None;
    /// A constant.
    Any(Const): |index| Field::Const(index), Some(Operand::Constant(index, Wanted::Any)),
        moved |to| to.constant(index);
    /// A constant, a string.
    Str(Const): |index| Field::Const(index), Some(Operand::Constant(index, Wanted::Str)),
        moved |to| to.constant(index);
    /// A constant, an integer or a float.
    Number(Const): |index| Field::Const(index), Some(Operand::Constant(index, Wanted::Number)),
        moved |to| to.constant(index);
    /// One of the first constants.
    NearAny(NearConst): |index| Field::Const(index.into()), Some(Operand::Constant(index.into(), Wanted::Any)),
        moved |to| to.near(index);
    /// One of the first constants, an integer or a float.
    NearNumber(NearConst): |index| Field::Const(index.into()), Some(Operand::Constant(index.into(), Wanted::Number)),
        moved |to| to.near(index);
    /// Something that the running function captured.
    Upvalue(u8): |index| Field::Plain(index.into()), Some(Operand::Upvalue(index));
    /// A prototype of the chunk; what it captures of the running function's slots is read.
    Function(u32): |index| Field::Plain(index.into()), Some(Operand::Function(index)),
        moved |to| Some(index + to.functions);
    /// Where the instruction always goes, forwards.
    Goto(Pc): |at| Field::To(at), Some(target(at, false, false)), to Some(at), moved |to| Some(at + to.code);
    /// Where the instruction always goes, backwards.
    Edge(Pc): |at| Field::To(at), Some(target(at, true, false)), to Some(at), moved |to| Some(at + to.code);
    /// Where the instruction may go, forwards, instead of to the next.
    Branch(Pc): |at| Field::To(at), Some(target(at, false, true)), to Some(at), moved |to| Some(at + to.code);
    /// Where the instruction may go, backwards, instead of to the next.
    Back(Pc): |at| Field::To(at), Some(target(at, true, true)), to Some(at), moved |to| Some(at + to.code);
}

fn target(to: Pc, is_back: bool, falls_through: bool) -> Operand {
    Operand::Target(Target {
        to,
        is_back,
        falls_through,
    })
}

/// The slot `count` after another. Of more than a [`Slot`], as no check has seen them yet.
pub(super) fn after(slot: Slot, count: u16) -> u16 {
    u16::from(slot) + count
}

fn fixed(first: impl Into<u16>, count: u8) -> List {
    List {
        first: first.into(),
        length: Length::Fixed(count),
    }
}

fn counted(first: impl Into<u16>, count: Count, top: Slot) -> List {
    List {
        first: first.into(),
        length: match count {
            OPEN => Length::Open { top },
            count => Length::Fixed(count),
        },
    }
}

pub(super) fn reads(first: impl Into<u16>, count: u8) -> Operand {
    Operand::Reads(fixed(first, count))
}

pub(super) fn reads_list(first: impl Into<u16>, count: Count, top: Slot) -> Operand {
    Operand::Reads(counted(first, count, top))
}

pub(super) fn reads_rest(first: u16) -> Operand {
    let length = Length::Rest;
    Operand::Reads(List { first, length })
}

pub(super) fn writes(first: impl Into<u16>, count: u8) -> Operand {
    Operand::Writes(fixed(first, count))
}

pub(super) fn writes_list(first: impl Into<u16>, count: Count, top: Slot) -> Operand {
    Operand::Writes(counted(first, count, top))
}

pub(super) fn results(first: impl Into<u16>, count: u8) -> Operand {
    Operand::Results(fixed(first, count))
}

pub(super) fn results_list(first: impl Into<u16>, count: Count, top: Slot) -> Operand {
    Operand::Results(counted(first, count, top))
}

pub(super) fn returns(first: impl Into<u16>, count: u8) -> Operand {
    Operand::Returns(fixed(first, count))
}

pub(super) fn returns_list(first: impl Into<u16>, count: Count, top: Slot) -> Operand {
    Operand::Returns(counted(first, count, top))
}

pub(super) fn needs(slot: u16) -> Operand {
    Operand::Needs(slot)
}
