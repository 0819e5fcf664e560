use offramp::{Done, Machine, Op, Pc, Program, Words};
use std::any::Any;
use std::cell::RefCell;

struct Keeps {
    kept: RefCell<Option<Box<dyn Any>>>,
}

impl Program for Keeps {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        *self.kept.borrow_mut() = Some(Box::new(m.int(0)));
        m.commit().next()
    }
}

fn main() {}
