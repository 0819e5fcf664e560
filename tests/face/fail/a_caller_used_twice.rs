use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let caller = m.caller().unwrap();
    let popped = m.commit().pop(caller);
    drop(caller);
    popped.return_to()
}

fn main() {}
