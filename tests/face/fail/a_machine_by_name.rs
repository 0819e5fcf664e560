use offramp::{Direct, Done, Machine, Op, Pc, Program, Words};
use std::cell::RefCell;

struct Keeps {
    kept: RefCell<Option<Done<Direct<'static, Keeps>>>>,
}

impl Program for Keeps {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        m.commit().next()
    }
}

fn main() {}
