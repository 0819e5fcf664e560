use offramp::{Done, Machine, Op};

fn instruction<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let (caller, condition) = (m.caller().unwrap(), m.truth(true));
    let popped = m.commit().pop(caller);
    if popped.test(condition) {
        return popped.return_to();
    }
    popped.set(0, popped.constant(1)).return_to()
}

fn main() {}
