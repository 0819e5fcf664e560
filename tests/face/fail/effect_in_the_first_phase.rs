use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    m.set(0, m.int(1));
    m.commit().next()
}

fn main() {}
