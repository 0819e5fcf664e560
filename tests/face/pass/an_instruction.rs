//! The shape of every instruction: guards, commit, effects, done.
use offramp::{Done, Failure, Machine, Op, Pc, Program, Words};

struct Loop;

impl Program for Loop {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        match m.add_checked(m.int(0), m.int(1)) {
            Some(sum) if m.is_less(sum, m.constant(10)) => m.commit().set(0, sum).loop_to(0),
            Some(sum) => m.commit().finish(sum),
            None => m.commit().fail(Failure("overflow")),
        }
    }
}

fn main() {}
