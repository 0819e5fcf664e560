use offramp::{Done, Field, Machine, Object, Op};

fn instruction<T: Object, M: Machine>(m: Op<'_, M>, object: M::Ref<T>, field: Field<T, i64>) -> Done<M> {
    let value = m.int(0);
    m.commit().store(object, field, value).next()
}

fn main() {}
