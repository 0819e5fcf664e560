use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let first = m.commit().next();
    drop(first);
    m.commit().next()
}

fn main() {}
