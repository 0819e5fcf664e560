use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let value: i64 = m.int(0);
    let value = m.constant(value);
    m.commit().set(0, value).next()
}

fn main() {}
