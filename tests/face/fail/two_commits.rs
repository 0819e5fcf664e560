use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done {
    let first = m.commit().next();
    drop(first);
    m.commit().next()
}

fn main() {}
