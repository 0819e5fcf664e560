use offramp::{Done, Machine, Op, Pc, Program, Words};
use std::cell::RefCell;

struct Keeps {
    kept: RefCell<Vec<Box<dyn Fn()>>>,
}

impl Program for Keeps {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        let caller = m.caller();
        self.kept.borrow_mut().push(Box::new(move || drop(&caller)));
        m.commit().next()
    }
}

fn main() {}
