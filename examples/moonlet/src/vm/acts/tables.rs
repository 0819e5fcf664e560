//! Tables without metatables: made, read, written, traversed.

use super::effects::{ALLOCATES, declared, empty_tables, writing};
use super::{Answer, Ctx, gather, safe_point};
use crate::heap::{KeyError, shape};
use crate::host::Host;
use crate::value::Tagged;
use crate::value::{ARRAY_CLASS, DUE_CLASS, INT, ITEMS_CLASS, NOTHING, Str, TABLE_CLASSES, Table};
use crate::vm::{Moonlet, errors};
use offramp::{Act, ClassSet, Effects, Make, Read, Reference};

/// There is no field of that key.
pub(in crate::vm) const ABSENT: i64 = -1;
/// Whether there is a field of that key only the hash part knows.
const ELSEWHERE: i64 = -2;

/// The slot of a field in a shape.
pub(in crate::vm) const FIND: Read<Moonlet, (i64, Reference<Str>), i64> =
    Read::new("find_field", find).pure();

#[inline(always)]
fn find(host: &Host, (shape, key): (i64, Reference<Str>)) -> i64 {
    let shape = shape as u32;
    if shape == shape::DICTIONARY || key.long != 0 {
        return ELSEWHERE;
    }
    host.heap.shapes.find(shape, key)
}

/// The shape with one field more, or a negative number if the helper must add the field.
pub(in crate::vm) const NEXT_SHAPE: Read<Moonlet, (i64, Reference<Str>), i64> =
    Read::new("next_shape", next_shape).pure();

fn next_shape(host: &Host, (shape, key): (i64, Reference<Str>)) -> i64 {
    // Without memory for a new shape the helper that adds the field fails.
    let heap = &host.heap;
    let next = heap.shapes.next(&heap.memory, shape as u32, key);
    i64::from(next.unwrap_or(shape::DICTIONARY))
}

/// `{}` with room for so few items, that of key 0 included, and fields that it cannot fail.
pub(in crate::vm) const NEW_TABLE: Make<Moonlet, (i64, i64), Table> =
    empty_tables(Make::new("new_table", new_table));

fn new_table(host: &Host, (items, fields): (i64, i64)) -> Reference<Table> {
    let table = (host.heap).made_table(items as usize - 1, fields as usize);
    debug_assert_eq!(i64::from(table.item_room.get()), items);
    debug_assert_eq!(i64::from(table.field_room.get()), fields);
    table
}

/// The same where it is time to collect or memory is short, and for large tables.
pub(in crate::vm) const COLLECT_AND_NEW_TABLE: Act<Moonlet, (i64, i64), Reference<Table>> =
    declared(
        Act::new("collect_and_new_table", |context, (items, fields)| {
            safe_point(context, &[]);
            let heap = &context.host.heap;
            heap.reconsider();
            Ok(heap.table(items as usize - 1, fields as usize)?)
        }),
        ALLOCATES,
    );

/// Appends behind the last item.
pub(in crate::vm) const APPEND: Act<Moonlet, (Reference<Table>, Tagged), ()> = declared(
    Act::new(
        "append",
        |context: &mut Ctx<'_>, (table, value): (Reference<Table>, Tagged)| {
            Ok(table.append(&context.host.heap, value)?)
        },
    ),
    writing(ClassSet::of(&[ARRAY_CLASS, ITEMS_CLASS, DUE_CLASS])),
);

/// What the table itself holds for a key.
pub(in crate::vm) const RAW_GET: Act<Moonlet, (Reference<Table>, Tagged), Tagged> = declared(
    Act::new(
        "raw_get",
        |context: &mut Ctx<'_>, (table, key): (Reference<Table>, Tagged)| {
            Ok(table.get(&context.host.heap, key))
        },
    ),
    writing(ClassSet::NONE),
);

/// Stores to the table itself.
pub(in crate::vm) const RAW_SET: Act<Moonlet, (Reference<Table>, Tagged, Tagged), ()> = declared(
    Act::new("raw_set", |context, (table, key, value)| {
        raw_set(context, table, key, value)
    }),
    writing(TABLE_CLASSES),
);

pub(super) fn raw_set(
    context: &mut Ctx<'_>,
    table: Reference<Table>,
    key: Tagged,
    value: Tagged,
) -> Answer<()> {
    table
        .set(&context.host.heap, key, value)
        .map_err(|error| match error {
            KeyError::Memory(error) => error.into(),
            error => errors::message(context, &error.to_string()),
        })
}

/// The next pair of a table: table, cursor, the loop's slot, results wanted.
pub(in crate::vm) const FOR_NEXT: Act<Moonlet, (Reference<Table>, i64, i64, i64), ()> = declared(
    Act::new("for_next", for_next),
    Effects {
        writes_frames: true,
        ..writing(ClassSet::NONE)
    },
);

fn for_next(
    context: &mut Ctx<'_>,
    (table, cursor, a, results): (Reference<Table>, i64, i64, i64),
) -> Answer<()> {
    let (next, key, value) = match table.entry_at(&context.host.heap, cursor) {
        Some(entry) => entry,
        None => (cursor, NOTHING, NOTHING),
    };
    let slot = |index: i64| 2 * (a + index) as u16;
    let cursor = Tagged::int(INT, next);
    context.stack.set_value(slot(3), cursor);
    context.stack.set_value(slot(4), key);
    for extra in 1..results {
        let value = if extra == 1 { value } else { NOTHING };
        context.stack.set_value(slot(4 + extra), value);
    }
    Ok(())
}

/// Fills a table from the frame: table, first slot, count, first index.
pub(in crate::vm) const SET_LIST: Act<Moonlet, (Reference<Table>, i64, i64, i64), ()> = declared(
    Act::new(
        "set_list",
        |context: &mut Ctx<'_>, (table, first, count, start): (Reference<Table>, i64, i64, i64)| {
            let values = gather(context, first, count)?;
            Ok(table.set_list(&context.host.heap, start as u32, &values)?)
        },
    ),
    Effects {
        reads_frames: true,
        ..writing(TABLE_CLASSES)
    },
);
