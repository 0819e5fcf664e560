use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let (x, y) = (m.int(0), m.int(1));
    let commit = m.commit().set(2, x);
    if m.is_less(x, y) {
        return commit.next();
    }
    commit.jump(0)
}

fn main() {}
