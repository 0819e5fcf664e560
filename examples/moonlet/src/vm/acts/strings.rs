//! Strings made of others.

use super::effects::{ALLOCATES, ALLOCATES_FROM_FRAME, declared};
use super::{Answer, Ctx, gather, safe_point};
use crate::number;
use crate::value::Tagged;
use crate::value::{FLOAT, INT, Str, bytes_of};
use crate::vm::{Moonlet, errors};
use offramp::{Act, Reference};

/// `string.sub`
pub(in crate::vm) const SUB: Act<Moonlet, (Reference<Str>, i64, i64), Reference<Str>> = declared(
    Act::new(
        "string_sub",
        |context: &mut Ctx<'_>, (string, from, to): (Reference<Str>, i64, i64)| {
            safe_point(context, &[Tagged::reference(string)]);
            let bytes = crate::library::substring(bytes_of(&string), from, to);
            Ok(context.host.heap.string(bytes)?)
        },
    ),
    ALLOCATES,
);

macro_rules! concat {
    ($($(#[$doc:meta])* $NAME:ident $name:literal ($($x:ident: $T:ty),*);)*) => {
        $(
            $(#[$doc])*
            pub(in crate::vm) const $NAME: Act<Moonlet, ($($T,)*), Reference<Str>> =
                declared(Act::new($name, |context, ($($x,)*)| join(context, &[$($x),*])), ALLOCATES);
        )*
    };
}

concat! {
    /// `x .. y`
    CONCAT_2 "concat_2" (x: Tagged, y: Tagged);
    /// `x .. y .. z`
    CONCAT_3 "concat_3" (x: Tagged, y: Tagged, z: Tagged);
    /// `w .. x .. y .. z`
    CONCAT_4 "concat_4" (w: Tagged, x: Tagged, y: Tagged, z: Tagged);
}

/// Any number of operands in the frame: first slot, count.
pub(in crate::vm) const CONCAT_FRAME: Act<Moonlet, (i64, i64), Reference<Str>> = declared(
    Act::new("concat_frame", |context, (first, count)| {
        let values = gather(context, first, count)?;
        join(context, &values)
    }),
    ALLOCATES_FROM_FRAME,
);

fn join(context: &mut Ctx<'_>, values: &[Tagged]) -> Answer<Reference<Str>> {
    safe_point(context, values);
    let heap = &context.host.heap;
    let mut bytes = heap.buffer();
    for value in values {
        match value.as_reference::<Str>() {
            Some(string) => bytes.extend(bytes_of(&string))?,
            None if matches!(value.tag(), INT | FLOAT) => {
                number::append(bytes.room(number::LONGEST)?, *value);
            }
            // The instruction has seen to it that they are all strings or numbers.
            None => {
                drop(bytes);
                return Err(errors::raise(context));
            }
        }
    }
    Ok(heap.string(bytes.bytes())?)
}
