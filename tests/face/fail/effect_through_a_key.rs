use offramp::{Failure, Machine, Program};

fn sneak<P: Program<Error = Failure>, M: Machine<Program = P>>(m: &mut M) {
    m.fail(Failure("mine"), offramp::Key(()));
}

fn main() {}
