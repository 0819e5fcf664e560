use offramp::{Array, Done, Machine, Object, Op, Pc, Program, Words};
use std::any::Any;
use std::cell::{Cell, RefCell};

struct Keeps<T: Object> {
    array: Array<T, Cell<i64>>,
    kept: RefCell<Option<Box<dyn Any>>>,
}

impl<T: Object<Layout = Words>> Program for Keeps<T> {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        let object = m.expect::<T>(m.value(0)).unwrap();
        let element = m.element(object, self.array, m.constant(1)).unwrap();
        *self.kept.borrow_mut() = Some(Box::new(element));
        m.commit().next()
    }
}

fn main() {}
