use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let machine: &mut M = &mut *m;
    sneak(machine);
    m.commit().next()
}

fn sneak<M: Machine>(_: &mut M) {}

fn main() {}
