use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(_: Op<'_, M>) -> Done {
    Done(())
}

fn main() {}
