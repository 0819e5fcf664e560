//! The host's state and objects, and the helpers that work on them.
//!
//! Objects are never freed before the host is, so references stay valid; that keeps the test about
//! traces. The host's own memory is safe Rust: an object keeps its arrays in vectors and shows
//! instructions a pointer and a length.

use super::Larger;
use super::Tagged;
use offramp::{
    Act, Arguments, Class, ClassSet, Context, Effects, Failure, Fault, Object, Outcome, Pc, Read,
    Reference,
};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Tag of nothing.
pub const NIL: i64 = 0;
/// Tag of truth values.
pub const BOOL: i64 = 1;
/// Tag of integers.
pub const INT: i64 = 2;
/// Tag of doubles.
pub const FLOAT: i64 = 3;
/// Tag of tables.
pub const TABLE: i64 = Table::TAG;
/// Tag of closures.
pub const CLOSURE: i64 = Closure::TAG;

/// Alias classes.
pub const CLASSES: &[&str] = &[
    "shape", "array", "items", "record", "slots", "meta", "closure", "captured",
];
const SHAPE: Class = Class(0);
const ARRAY: Class = Class(1);
const ITEMS: Class = Class(2);
const RECORD: Class = Class(3);
const SLOTS: Class = Class(4);
const META: Class = Class(5);
const FUNCTION: Class = Class(6);
const CAPTURED: Class = Class(7);

/// Values that grow.
pub type Values = RefCell<Vec<Cell<Tagged>>>;

/// A table: an array, and a record whose keys its shape knows.
#[derive(Debug)]
pub struct Table {
    shape: Cell<u32>,
    length: Cell<u32>,
    items: Cell<*const Cell<Tagged>>,
    width: Cell<u32>,
    slots: Cell<*const Cell<Tagged>>,
    meta: Cell<Tagged>,
    own_items: Values,
    own_slots: Values,
}

/// A function and what it captured.
#[derive(Debug)]
pub struct Closure {
    function: u32,
    captured: Cell<Tagged>,
}

offramp::object! {
    // SAFETY: the host frees objects only when it is dropped, when no run is under way. Only
    // tables have this tag. `items` and `slots` point to the vectors' elements and the lengths are
    // theirs; both are renewed wherever the vectors change. `function` never changes. Of the
    // helpers, `ADD_FIELD` and `APPEND` alone change an object.
    unsafe impl Object<super::Values> for Table = 4 {
        field SHAPE: Cell<u32> = shape in SHAPE;
        field META: Cell<Tagged> = meta in META;
        array ITEMS: Cell<Tagged> = items[length] in ARRAY, of ITEMS;
        array SLOTS: Cell<Tagged> = slots[width] in RECORD, of SLOTS;
    }
}

offramp::object! {
    // SAFETY: as for `Table`.
    unsafe impl Object<super::Values> for Closure = 5 {
        field FUNCTION: u32 = function in FUNCTION;
        field CAPTURED: Cell<Tagged> = captured in CAPTURED;
    }
}

impl Table {
    fn push(values: &Values, value: Tagged, length: &Cell<u32>, data: &Cell<*const Cell<Tagged>>) {
        let mut values = values.borrow_mut();
        values.push(Cell::new(value));
        length.set(values.len() as u32);
        data.set(values.as_ptr());
    }

    /// Appends to the array part.
    pub fn append(&self, value: Tagged) {
        Table::push(&self.own_items, value, &self.length, &self.items);
    }

    /// Its shape.
    pub fn shape(&self) -> u32 {
        self.shape.get()
    }

    /// Its metatable.
    pub fn meta(&self) -> &Cell<Tagged> {
        &self.meta
    }

    /// How many items it has.
    pub fn length(&self) -> u32 {
        self.length.get()
    }

    /// An item of its array part.
    #[inline(always)]
    pub fn item(&self, index: u64) -> Option<&Cell<Tagged>> {
        // SAFETY: `items` has `length` elements, as `push` keeps it.
        (index < u64::from(self.length.get()))
            .then(|| unsafe { &*self.items.get().add(index as usize) })
    }

    /// A slot of its record.
    #[inline(always)]
    pub fn slot(&self, index: u32) -> Option<&Cell<Tagged>> {
        // SAFETY: `slots` has `width` elements, as `push` keeps it.
        (index < self.width.get()).then(|| unsafe { &*self.slots.get().add(index as usize) })
    }

    /// What is in the record and the array, for comparing runs.
    fn show(&self) -> String {
        let list = |values: &Values| -> Vec<String> {
            let values = values.borrow();
            values.iter().map(|value| show(value.get())).collect()
        };
        let (items, slots) = (list(&self.own_items), list(&self.own_slots));
        format!(
            "{}: [{}] {{{}}}",
            self.shape.get(),
            items.join(" "),
            slots.join(" ")
        )
    }
}

impl Closure {
    /// Its function.
    pub fn function(&self) -> u32 {
        self.function
    }

    /// What it captured.
    pub fn captured(&self) -> &Cell<Tagged> {
        &self.captured
    }
}

/// A value as text, without addresses.
pub fn show(value: Tagged) -> String {
    match value.tag() {
        NIL => "nil".into(),
        BOOL => (value.as_int() != 0).to_string(),
        INT => value.as_int().to_string(),
        FLOAT => format!("{:?}", value.as_float()),
        TABLE => "table".into(),
        CLOSURE => "closure".into(),
        tag => format!("?{tag}"),
    }
}

/// Keys and their slots; a key's slot in a shape never changes.
#[derive(Debug, Default)]
struct Shape {
    slots: HashMap<u32, u32>,
    after: HashMap<u32, u32>,
}

/// The host's state.
#[derive(Debug, Default)]
pub struct Host {
    /// What was printed.
    pub printed: Vec<String>,
    /// Where things failed, as a language would report it.
    pub failed_at: Vec<Pc>,
    tables: Vec<Rc<Table>>,
    closures: Vec<Rc<Closure>>,
    shapes: Vec<Shape>,
}

impl Host {
    /// Everything instructions and helpers can have changed, for comparing runs.
    pub fn show(&self) -> String {
        let tables: Vec<String> = self.tables.iter().map(|table| table.show()).collect();
        let captured = self
            .closures
            .iter()
            .map(|closure| show(closure.captured.get()));
        format!(
            "printed {:?}\nfailed {:?}\ntables {tables:#?}\ncaptured {:?}",
            self.printed,
            self.failed_at,
            captured.collect::<Vec<_>>()
        )
    }

    /// A new table.
    pub fn new_table(&mut self) -> Reference<Table> {
        if self.shapes.is_empty() {
            self.shapes.push(Shape::default());
        }
        let table = Rc::new(Table {
            shape: Cell::new(0),
            length: Cell::new(0),
            items: Cell::new(std::ptr::null()),
            width: Cell::new(0),
            slots: Cell::new(std::ptr::null()),
            meta: Cell::new(Tagged::int(NIL, 0)),
            own_items: Values::default(),
            own_slots: Values::default(),
        });
        let reference = super::refer(&*table);
        self.tables.push(table);
        reference
    }

    /// A new closure.
    pub fn new_closure(&mut self, function: u32, captured: Tagged) -> Reference<Closure> {
        let captured = Cell::new(captured);
        let closure = Rc::new(Closure { function, captured });
        let reference = super::refer(&*closure);
        self.closures.push(closure);
        reference
    }

    /// Adds a field that the table's shape does not have.
    pub fn add_field(&mut self, table: Reference<Table>, key: u32, value: Tagged) {
        let shape = self.shape_after(table.shape.get(), key);
        table.shape.set(shape);
        Table::push(&table.own_slots, value, &table.width, &table.slots);
    }

    /// The slot of a key in a shape.
    pub fn lookup(&self, shape: u32, key: u32) -> Option<u32> {
        self.shapes[shape as usize].slots.get(&key).copied()
    }

    fn shape_after(&mut self, shape: u32, key: u32) -> u32 {
        if let Some(&known) = self.shapes[shape as usize].after.get(&key) {
            return known;
        }
        let mut slots = self.shapes[shape as usize].slots.clone();
        slots.insert(key, slots.len() as u32);
        let made = self.shapes.len() as u32;
        self.shapes.push(Shape {
            slots,
            after: HashMap::new(),
        });
        self.shapes[shape as usize].after.insert(key, made);
        made
    }
}

type Cx<'a> = Context<'a, Larger>;

/// The slot of a key in a shape, or -1.
pub const LOOKUP: Read<Larger, (i64, i64), i64> = Read::new("lookup", lookup).pure();

fn lookup(host: &Host, (shape, key): (i64, i64)) -> i64 {
    let slot = host.lookup(shape as u32, key as u32);
    slot.map_or(-1, i64::from)
}

/// A helper that changes no object that exists: it makes one, or prints.
const fn changes_none<A: Arguments, R>(act: Act<Larger, A, R>) -> Act<Larger, A, R> {
    // SAFETY: of the functions below, only `add_field` and `append` change tables, and none changes a
    // closure; they are not declared by this.
    unsafe { act.with_effects_unchecked(Effects::PURE) }
}

/// A helper that may change any object, and does nothing else.
const CHANGES_OBJECTS: Effects = Effects {
    writes: ClassSet::ALL,
    ..Effects::PURE
};

/// A new table.
pub const NEW_TABLE: Act<Larger, (), Reference<Table>> =
    changes_none(Act::new("new_table", new_table));

fn new_table(cx: &mut Cx<'_>, (): ()) -> Result<Reference<Table>, Failure> {
    Ok(cx.host.new_table())
}

/// A new closure over one value.
pub const NEW_CLOSURE: Act<Larger, (i64, Tagged), Reference<Closure>> =
    changes_none(Act::new("new_closure", new_closure));

fn new_closure(
    cx: &mut Cx<'_>,
    (function, captured): (i64, Tagged),
) -> Result<Reference<Closure>, Failure> {
    Ok(cx.host.new_closure(function as u32, captured))
}

/// Adds a field that the table's shape does not have.
pub const ADD_FIELD: Act<Larger, (Reference<Table>, i64, Tagged), ()> =
    Act::new("add_field", add_field).with_effects(CHANGES_OBJECTS);

fn add_field(
    cx: &mut Cx<'_>,
    (table, key, value): (Reference<Table>, i64, Tagged),
) -> Result<(), Failure> {
    cx.host.add_field(table, key as u32, value);
    Ok(())
}

/// Appends to the array part.
pub const APPEND: Act<Larger, (Reference<Table>, Tagged), ()> =
    Act::new("append", append).with_effects(CHANGES_OBJECTS);

fn append(_: &mut Cx<'_>, (table, value): (Reference<Table>, Tagged)) -> Result<(), Failure> {
    table.append(value);
    Ok(())
}

/// What an operation on the wrong types answers: a failure with a position.
pub const WRONG_TYPES: Act<Larger, (), Tagged> = Act::new("wrong_types", wrong_types);

fn wrong_types(cx: &mut Cx<'_>, (): ()) -> Result<Tagged, Failure> {
    let pc = cx.pc();
    cx.host.failed_at.push(pc);
    Err(Failure("wrong types"))
}

/// Prints a value. Fails after a thousand lines.
pub const PRINT: Act<Larger, (Tagged,), ()> = changes_none(Act::new("print", print));

fn print(cx: &mut Cx<'_>, (value,): (Tagged,)) -> Result<(), Failure> {
    if cx.host.printed.len() >= 1000 {
        let pc = cx.pc();
        cx.host.failed_at.push(pc);
        return Err(Failure("the printer is out of paper"));
    }
    let line = show(value);
    cx.host.printed.push(line);
    Ok(())
}

/// Runs a closure that takes its number and answers an integer, n times, and sums the answers.
pub const REPEAT: Act<Larger, (i64, i64), Tagged> = Act::new("repeat", repeat);

fn repeat(cx: &mut Cx<'_>, (window, times): (i64, i64)) -> Result<Tagged, Failure> {
    let callee = word(cx, window);
    let Some(closure) = callee.as_reference::<Closure>() else {
        return Err(Failure("not a function"));
    };
    let entry = cx.program().entry(closure.function);
    // The nested frame begins where a callee's would, two words above a copy of the callee.
    let window = window as u16 + 8;
    let mut sum = 0i64;
    for number in 0..times {
        put(cx, window + 2, callee);
        put(cx, window + 4, Tagged::int(INT, number));
        let answer = cx.run(window + 2, entry).map_err(|fault| match fault {
            Fault::Failed { error, .. } => error,
            _ => Failure("interrupted"),
        })?;
        sum = sum.wrapping_add(answer.as_int());
    }
    Ok(Tagged::int(INT, sum))
}

/// Calls what is in the window: a closure by pushing its frame, an integer by answering it.
pub const INVOKE: Act<Larger, (i64,), Outcome<Tagged>> = Act::new("invoke", invoke);

fn invoke(cx: &mut Cx<'_>, (window,): (i64,)) -> Result<Outcome<Tagged>, Failure> {
    let callee = word(cx, window);
    let Some(closure) = callee.as_reference::<Closure>() else {
        return Ok(Outcome::Value(callee));
    };
    let (entry, back) = (cx.program().entry(closure.function), cx.pc() + 1);
    // The callee finds itself in its first slot.
    let window = window as u16;
    put(cx, window + 2, callee);
    if !cx.stack.push(window + 2, back) {
        return Err(Failure("stack overflow"));
    }
    Ok(Outcome::Transfer(entry))
}

fn word(cx: &Cx<'_>, word: i64) -> Tagged {
    cx.stack.value(word as u16)
}

fn put(cx: &mut Cx<'_>, word: u16, value: Tagged) {
    cx.stack.set_value(word, value);
}
