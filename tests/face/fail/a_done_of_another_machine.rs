use offramp::{Done, Machine, Op, Pc, Program, Words};
use std::cell::RefCell;

struct Keeps<N> {
    kept: RefCell<Option<Done<N>>>,
}

impl<N: 'static> Program for Keeps<N> {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        self.kept.replace(Some(m.commit().next())).unwrap()
    }
}

fn main() {}
