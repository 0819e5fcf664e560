//! What Moonlet's helpers declare: the one file that promises what they leave alone.
//!
//! Which fields a helper changes is the only effect the library cannot check, so [`declared`] is where an
//! `unsafe` stands for all helpers. Everything else that is declared here panics if it is too little.
//!
//! # Safety argument
//! Declared fields and elements of objects are changed by five functions of the
//! [heap](crate::heap) only: `Table::append` (array, items), `Table::set` and `Table::set_list` (all
//! classes of tables), the field `meta` of a table, which `library::set_metatable` writes after
//! `Table::set`'s shapes are settled, and the hash of a string, which no instruction sees. Cells are
//! written by instructions alone, functions and strings never. Making an object writes nobody else's;
//! asking for memory, and collecting, writes whether it is time to collect.
//! A helper reaches one of the five as its declaration says:
//!
//! | declaration | helpers | reach |
//! | --- | --- | --- |
//! | [`ALLOCATES`], [`ALLOCATES_FROM_FRAME`] | cells, functions, strings, `pack`, `string_sub`, `concat…`, tables | new objects, and whether to collect |
//! | [`Effects::HOST`] and frames | `arithmetic`, `slot`, `for_prepare` | none |
//! | [`writing`] no class | `raw_get`, `for_next`, `call_pure` (builtins of kind `Pure`) | none: they look up |
//! | [`writing`] some | `append`, `set_metatable` | the one function of these classes, and whether to collect |
//! | [`writing`] [`TABLE_CLASSES`] | `raw_set`, `set_list`, `call_simple` (builtins of kind `Simple`) | any, and whether to collect |
//! | [`TRANSFERS`] | `index`, `set_index` | any; builtins as metamethods are called by an instruction of their own |
//! | [`SWITCHES`] | `resume`, `yield` | none, but whether to collect: what runs then is no part of the call |
//! | [`ANYTHING`] | all others | any; needs no promise |
//! | none, which is the worst | `call_calling_…`: builtins that call functions of the program | any; needs no promise |
//!
//! What a new table holds is promised by [`empty_tables`], for `Heap::made_table`, which the helper calls.
#![allow(
    unsafe_code,
    reason = "promises which classes helpers leave alone: see the module's safety argument"
)]

use crate::heap::shape;
use crate::value::{DUE_CLASS, NOTHING, TABLE_CLASSES, Table};
use crate::vm::Moonlet;
use offramp::{Act, Arguments, ClassSet, Effects, Holds, Make};

/// Allocates, and so may collect first; of what existed it writes whether to collect again.
pub(super) const ALLOCATES: Effects = Effects {
    collects: true,
    writes: ClassSet::of(&[DUE_CLASS]),
    ..Effects::HOST
};

/// Looks at the frame, too.
pub(super) const ALLOCATES_FROM_FRAME: Effects = Effects {
    reads_frames: true,
    ..ALLOCATES
};

/// Looks at any object and changes these classes.
pub(super) const fn writing(writes: ClassSet) -> Effects {
    Effects {
        reads: ClassSet::ALL,
        writes,
        ..Effects::HOST
    }
}

/// May push a metamethod's frame.
pub(super) const TRANSFERS: Effects = Effects {
    reads: ClassSet::ALL,
    writes: TABLE_CLASSES,
    collects: true,
    reads_frames: true,
    writes_frames: true,
    transfers: true,
    ..Effects::HOST
};

/// Puts frames aside and others in their place.
pub(super) const SWITCHES: Effects = Effects {
    reads: ClassSet::ALL,
    writes: ClassSet::of(&[DUE_CLASS]),
    reads_frames: true,
    writes_frames: true,
    transfers: true,
    ..Effects::HOST
};

/// Anything but running the program.
pub(super) const ANYTHING: Effects = Effects {
    reenters: false,
    ..Effects::WORST
};

/// A helper with its declaration.
pub(super) const fn declared<A: Arguments, R>(
    act: Act<Moonlet, A, R>,
    effects: Effects,
) -> Act<Moonlet, A, R> {
    // SAFETY: see the module's safety argument.
    unsafe { act.with_effects_unchecked(effects) }
}

/// A helper that makes tables with room for so many items, that of key 0 included, and fields.
pub(super) const fn empty_tables(
    make: Make<Moonlet, (i64, i64), Table>,
) -> Make<Moonlet, (i64, i64), Table> {
    const HOLDS: &[Holds<Table>] = &[
        Table::SHAPE.holds(shape::EMPTY as i64),
        Table::LENGTH.holds(1),
        Table::WIDTH.holds(0),
        Table::META.holds_value(NOTHING),
        Table::HASHED.holds(0),
        Table::ROOM.has_length(0),
        Table::FIELDS.has_length(1),
    ];
    // SAFETY: `Heap::made_table` makes every table so; room for one item at least, the key 0's, and for no
    // more fields than a shape has is what `item::new_table` asks for.
    unsafe { make.holding(HOLDS) }.writing(ClassSet::of(&[DUE_CLASS]))
}
