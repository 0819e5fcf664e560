//! A reference outlives every borrow, so what it is made of lives for ever, or somebody promises.
use offramp::{Class, Layout, Payloads, Reference, Tagged};
use std::cell::Cell;

pub enum Values {}

// SAFETY: tag 1 is that of one type.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

pub struct Pair {
    pub first: Cell<Tagged<Values>>,
}

offramp::object! {
    // SAFETY: nobody frees pairs.
    unsafe impl Object<Values> for Pair = 1 {
        field FIRST: Cell<Tagged<Values>> = first in Class(0);
    }
}

fn dangling() -> Reference<Pair> {
    let pair = Pair { first: Cell::new(Tagged::int(0, 7)) };
    Reference::to(&pair)
}

fn on_the_heap() -> Reference<Pair> {
    let pair = Box::new(Pair { first: Cell::new(Tagged::int(0, 7)) });
    Reference::to(&*pair)
}

fn without_a_word(pair: &Pair) -> Reference<Pair> {
    Reference::to_live(pair)
}

fn main() {
    let _ = (dangling(), on_the_heap(), without_a_word);
}
