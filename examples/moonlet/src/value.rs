//! What values look like: tags, and the objects that instructions look into.
//!
//! A value is two words, tag and payload. The tags of nil and false are below all others, so that
//! truth is one comparison. Objects are made, found and freed by the [heap](crate::heap).
#![allow(
    unsafe_code,
    reason = "declares the object layouts: the promises are in the macros' SAFETY notes"
)]

use crate::heap::hash::Hash;
use crate::number;
use crate::stream::Stream;
use offramp::{Class, ClassSet, Layout, Object, Payloads, Reference, Suspended};
use std::cell::{Cell, OnceCell, RefCell};

/// Tag of nil.
pub const NIL: i64 = 0;
/// Tag of false.
pub const FALSE: i64 = 1;
/// Tag of true.
pub const TRUE: i64 = 2;
/// Tag of integers.
pub const INT: i64 = 3;
/// Tag of floats.
pub const FLOAT: i64 = 4;
/// Tag of strings.
pub const STRING: i64 = 5;
/// Tag of tables.
pub const TABLE: i64 = 6;
/// Tag of functions written in Lua.
pub const FUNCTION: i64 = 7;
/// Tag of functions of the library; the payload is an index.
pub const BUILTIN: i64 = 8;
/// Tag of cells. Programs never see one: slots of captured variables hold them.
pub const CELL: i64 = 9;

/// Tag of files.
pub const FILE: i64 = 11;
/// Tag of coroutines.
pub const THREAD: i64 = 12;

/// A Lua value.
pub type Tagged = offramp::Tagged<Values>;

/// nil.
pub const NOTHING: Tagged = Tagged::int(NIL, 0);

/// Alias classes, in the order of the constants below.
pub const CLASSES: &[&str] = &[
    "shape", "array", "items", "record", "fields", "meta", "function", "captured", "cell",
    "string", "due",
];
/// A table's shape.
pub const SHAPE_CLASS: Class = Class(0);
/// Length and place of a table's array.
pub const ARRAY_CLASS: Class = Class(1);
/// What a table's array holds.
pub const ITEMS_CLASS: Class = Class(2);
/// Place of a table's fields.
pub const RECORD_CLASS: Class = Class(3);
/// What a table's fields hold.
pub const FIELDS_CLASS: Class = Class(4);
/// A table's metatable.
pub const META_CLASS: Class = Class(5);
/// A function's prototype and the place of what it captured. Never written.
pub const FUNCTION_CLASS: Class = Class(6);
/// What a function captured. Never written.
pub const CAPTURED_CLASS: Class = Class(7);
/// What a cell holds.
pub const CELL_CLASS: Class = Class(8);
/// A string's length and bytes. Never written.
pub const STRING_CLASS: Class = Class(9);

/// Whether it is time to collect.
pub const DUE_CLASS: Class = Class(10);

/// Everything that changing a table may write: it may need memory, too.
pub const TABLE_CLASSES: ClassSet = ClassSet::of(&[
    DUE_CLASS,
    SHAPE_CLASS,
    ARRAY_CLASS,
    ITEMS_CLASS,
    RECORD_CLASS,
    FIELDS_CLASS,
    META_CLASS,
]);

/// Moonlet's values, to the library.
#[derive(Debug)]
pub enum Values {}

// SAFETY: the tags with a reference payload are those of the objects below; instructions and
// builtins write whole values to frames and objects, never a payload alone.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const CLASSES: &'static [&'static str] = CLASSES;
    const PAYLOADS: Payloads = Payloads::INTEGERS.floats(&[FLOAT]).references(&[
        STRING,
        TABLE,
        FUNCTION,
        CELL,
        Due::TAG,
        FILE,
        THREAD,
    ]);
}

/// A string: any bytes. Short ones are interned, so that equal ones are the same object.
#[derive(Debug)]
#[repr(C)]
pub struct Str {
    pub(crate) length: Cell<u32>,
    /// 1 if it is not interned.
    pub(crate) long: u32,
    /// Of the bytes; 0 if it is not known yet.
    pub(crate) hash: Cell<u32>,
    pub(crate) data: Cell<*const u8>,
}

/// A table: an array for the keys from 1 on, fields whose places its shape knows, and a hash part
/// for the rest.
///
/// `items[0]` belongs to the key 0, so that an integer key is its own index; `length` is one more
/// than the highest key of the array part. The last item is not nil unless `length` is 1, the least.
///
/// The hash part has no key from 0 up to and including `length`, so that `length - 1` is a border.
#[derive(Debug)]
#[repr(C)]
pub struct Table {
    pub(crate) shape: Cell<u32>,
    pub(crate) length: Cell<u32>,
    pub(crate) items: Cell<*const Cell<Tagged>>,
    pub(crate) width: Cell<u32>,
    /// Values there is room for in `items`; 1 if that is the table's own `zero`.
    pub(crate) item_room: Cell<u32>,
    pub(crate) fields: Cell<*const Cell<Tagged>>,
    /// The metatable, or nil.
    pub(crate) meta: Cell<Tagged>,
    /// The item of a table without an array.
    pub(crate) zero: Cell<Tagged>,
    pub(crate) hash: OnceCell<Box<RefCell<Hash>>>,
    /// 1 if it has a hash part.
    pub(crate) hashed: Cell<u32>,
    /// Values there is room for in `fields`.
    pub(crate) field_room: Cell<u32>,
}

/// A function written in Lua: its prototype and what it captured.
#[derive(Debug)]
#[repr(C)]
pub struct Function {
    pub(crate) prototype: u32,
    pub(crate) count: Cell<u32>,
    pub(crate) captured: Cell<*const Tagged>,
}

/// The home of a variable that is captured and assigned.
#[derive(Debug)]
#[repr(C)]
pub struct Variable {
    pub(crate) value: Cell<Tagged>,
}

/// A file, until it is closed.
#[derive(Debug)]
#[repr(C)]
pub struct File {
    pub(crate) stream: RefCell<Option<Stream>>,
}

offramp::object! {
    // SAFETY: freed as strings are. Only files have this tag. Instructions see nothing of them.
    unsafe impl Object<Values> for File = 11 {}
}

/// What a coroutine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It waits to be resumed, perhaps for the first time.
    Suspended,
    /// It runs.
    Running,
    /// It has resumed another one.
    Normal,
    /// It has come to its end, or was closed.
    Dead,
    /// It has ended with an error, which its body's place holds.
    Failed,
}

/// A coroutine. While it runs its frames lie on the stack, above those of the one that resumed it.
#[derive(Debug)]
#[repr(C)]
pub struct Thread {
    pub(crate) status: Cell<Status>,
    /// The function that it runs when it is resumed first; later the error that ended it.
    pub(crate) body: Cell<Tagged>,
    /// Its frames, while it does not run: none before it is resumed first.
    pub(crate) frames: RefCell<Suspended<Values>>,
    /// Words of them that are counted as memory in use.
    pub(crate) room: Cell<usize>,
    /// Who resumed it, if not the main program, while it runs.
    pub(crate) resumer: Cell<Option<Reference<Thread>>>,
    /// The base of its lowest frame, while it runs.
    pub(crate) bottom: Cell<usize>,
    /// How many functions of the library waited for others when it was resumed.
    pub(crate) nested: Cell<u32>,
    /// How many runs inside others there were then.
    pub(crate) runs: Cell<u32>,
}

offramp::object! {
    // SAFETY: freed as strings are; what its frames hold is in use as long as it is. Only coroutines
    // have this tag. Instructions see nothing of them.
    unsafe impl Object<Values> for Thread = 12 {}
}

offramp::object! {
    // SAFETY: the heap frees an object only when its collector has found no use of it, in which
    // frame words, fields and `Context::roots` count; `vm::run::collect` asks for those, and acts alone call
    // it. Only strings have this tag. `data` points to `length` bytes, and nothing of a string changes.
    unsafe impl Object<Values> for Str = 5 {
        field LONG: u32 = long in STRING_CLASS;
        array BYTES: u8 = data[length] in STRING_CLASS, of STRING_CLASS;
    }
}

offramp::object! {
    // SAFETY: freed as strings are. Only tables have this tag. `items` points to `item_room` values, at least `length`, and `fields` to
    // `field_room` values, renewed wherever the vectors behind them move. Reads and makes change no
    // table but a new one; which acts change what: `vm::acts::effects`.
    unsafe impl Object<Values> for Table = 6 {
        field SHAPE: Cell<u32> = shape in SHAPE_CLASS;
        field META: Cell<Tagged> = meta in META_CLASS;
        field LENGTH: Cell<u32> = length in ARRAY_CLASS;
        field HASHED: Cell<u32> = hashed in ARRAY_CLASS;
        array ITEMS: Cell<Tagged> = items[length] in ARRAY_CLASS, of ITEMS_CLASS;
        /// The array with what there is room for behind it.
        array ROOM: Cell<Tagged> = items[item_room] in ARRAY_CLASS, of ITEMS_CLASS;
        field WIDTH: Cell<u32> = width in RECORD_CLASS;
        array FIELDS: Cell<Tagged> = fields[field_room] in RECORD_CLASS, of FIELDS_CLASS;
    }
}

offramp::object! {
    // SAFETY: freed as strings are. Only functions have this tag. `captured` points to `count` values; nothing of a function
    // changes.
    unsafe impl Object<Values> for Function = 7 {
        field PROTOTYPE: u32 = prototype in FUNCTION_CLASS;
        array CAPTURED: Tagged = captured[count] in FUNCTION_CLASS, of CAPTURED_CLASS;
    }
}

/// Whether it is time to collect, or memory is short: what instructions look at before they make
/// tables. See [`memory`](crate::heap::memory).
#[derive(Debug, Default)]
#[repr(C)]
pub struct Due {
    /// 1 once it is.
    pub(crate) now: Cell<u32>,
}

offramp::object! {
    // SAFETY: the heap has one and frees it last, when no run is under way. No value has this tag. It is
    // changed by all that ask for memory or collect, which declare the class.
    unsafe impl Object<Values> for Due = 10 {
        field NOW: Cell<u32> = now in DUE_CLASS;
    }
}

impl Due {
    /// The reference to a heap's.
    pub(crate) fn refer(&self) -> Reference<Due> {
        // SAFETY: see above: the heap frees it last.
        unsafe { Reference::to_live(self) }
    }
}

offramp::object! {
    // SAFETY: freed as strings are. Only cells have this tag. Instructions alone change them.
    unsafe impl Object<Values> for Variable = 9 {
        field VALUE: Cell<Tagged> = value in CELL_CLASS;
    }
}

/// A truth value.
pub const fn truth(value: bool) -> Tagged {
    Tagged::int(if value { TRUE } else { FALSE }, 0)
}

/// Whether a value counts as true.
pub const fn is_true(value: Tagged) -> bool {
    value.tag() > FALSE
}

/// The name of a value's type, as messages have it: of files the one in their metatable.
pub fn type_name(value: Tagged) -> &'static str {
    match value.tag() {
        FILE => "FILE*",
        tag => type_name_of(tag),
    }
}

/// The name of the type of values with this tag, as `type` answers it.
pub fn type_name_of(tag: i64) -> &'static str {
    match tag {
        NIL => "nil",
        FALSE | TRUE => "boolean",
        INT | FLOAT => "number",
        STRING => "string",
        TABLE => "table",
        FILE => "userdata",
        THREAD => "thread",
        _ => "function",
    }
}

/// The bytes of a string.
pub fn bytes_of(string: &Reference<Str>) -> &[u8] {
    // SAFETY: `data` points to `length` bytes while the string lives.
    unsafe { std::slice::from_raw_parts(string.data.get(), string.length.get() as usize) }
}

/// What a function captured.
pub fn captured_of(function: &Reference<Function>) -> &[Tagged] {
    // SAFETY: `captured` points to `count` values while the function lives.
    unsafe { std::slice::from_raw_parts(function.captured.get(), function.count.get() as usize) }
}

impl Table {
    /// An item there is room for, whether or not it is below the length.
    #[inline(always)]
    pub(crate) fn item(&self, index: u32) -> &Cell<Tagged> {
        assert!(index < self.item_room.get());
        // SAFETY: `items` has room for the index, and all of the room is initialised.
        unsafe { &*self.items.get().add(index as usize) }
    }

    /// A field there is room for, whether or not it is below the width.
    #[inline(always)]
    pub(crate) fn field(&self, slot: u32) -> &Cell<Tagged> {
        assert!(slot < self.field_room.get());
        // SAFETY: `fields` has room for the slot, and all of the room is initialised.
        unsafe { &*self.fields.get().add(slot as usize) }
    }

    /// The metatable.
    pub fn metatable(&self) -> Option<Reference<Table>> {
        self.meta.get().as_reference()
    }
}

/// Whether two strings have the same bytes.
pub fn same_string(a: Reference<Str>, b: Reference<Str>) -> bool {
    a == b || (a.long & b.long == 1 && bytes_of(&a) == bytes_of(&b))
}

/// Whether two values are equal without metamethods, `a == b`.
pub fn raw_equal(a: Tagged, b: Tagged) -> bool {
    match (a.tag(), b.tag()) {
        (FLOAT, FLOAT) => a.as_float() == b.as_float(),
        (INT, FLOAT) => number::exact_int(b.as_float()) == Some(a.as_int()),
        (FLOAT, INT) => number::exact_int(a.as_float()) == Some(b.as_int()),
        (STRING, STRING) => match (a.as_reference(), b.as_reference()) {
            (Some(a), Some(b)) => same_string(a, b),
            _ => false,
        },
        (NIL | FALSE | TRUE, _) => a.tag() == b.tag(),
        _ => a == b,
    }
}

/// Functions of the library, at most.
pub(crate) const MOST_BUILTINS: usize = 512;

/// The address that programs see of the builtin of this number: no other object has it.
pub(crate) fn builtin_address(id: i64) -> usize {
    static PLACES: [u8; MOST_BUILTINS] = [0; MOST_BUILTINS];
    std::ptr::from_ref(&PLACES[id as usize]).addr()
}
