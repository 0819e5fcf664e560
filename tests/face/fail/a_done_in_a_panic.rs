use offramp::{Done, Machine, Op, Pc, Program, Words};

struct Keeps;

impl Program for Keeps {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        std::panic::panic_any(m.commit().next())
    }
}

fn main() {}
