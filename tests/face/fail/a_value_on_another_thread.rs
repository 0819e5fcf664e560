//! Objects change by `Cell`s, so what may refer to one stays on its thread.
use offramp::{Config, Done, Engine, Layout, Machine, Op, Payloads, Pc, Program, Stack, Tagged};

pub enum Values {}

// SAFETY: there are no objects yet.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

struct Moves;

impl Program for Moves {
    type Host = ();
    type Layout = Values;
    type Answer = ();
    type Error = offramp::Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        m.commit().finish(())
    }
}

fn moves<T: Send>(_: T) {}

fn main() {
    moves(Tagged::<Values>::int(0, 7));
    moves(Stack::<Values>::new(100));
    moves(Engine::new(Config::default()).unwrap().interpreter(Moves).unwrap());
}
