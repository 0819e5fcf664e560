use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(_: Op<'_, M>) -> Done<M> {
    Done { flow: 0 }
}

fn main() {}
