use offramp::{Caller, Done, Machine, Op, Pc, Program, Words};
use std::sync::Mutex;

struct Keeps;

impl Program for Keeps {
    type Host = ();
    type Layout = Words;
    type Answer = i64;
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        static KEPT: Mutex<Option<Caller<M>>> = Mutex::new(None);
        *KEPT.lock().unwrap() = m.caller();
        m.commit().next()
    }
}

fn main() {}
