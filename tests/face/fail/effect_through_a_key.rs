use offramp::{Failure, Machine};

fn sneak<M: Machine>(m: &mut M) {
    m.fail(Failure("mine"), offramp::Key(()));
}

fn main() {}
