use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    if m.int(0) == m.int(1) {
        return m.commit().next();
    }
    m.commit().jump(0)
}

fn main() {}
