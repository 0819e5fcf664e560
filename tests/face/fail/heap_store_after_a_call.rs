use offramp::{Act, Class, Done, Field, Machine, Object, Op, Program};
use std::cell::Cell;

fn instruction<P: Program, T: Object, M: Machine<Program = P>>(
    m: Op<'_, M>,
    object: M::Ref<T>,
    field: Field<T, Cell<i64>>,
    helper: Act<P, (), i64>,
) -> Done<M> {
    let _ = Class(0);
    m.commit()
        .call(helper, (), |called, answer| called.store(object, field, answer).next())
}

fn main() {}
