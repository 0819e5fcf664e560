//! Values of a tag that refers to objects come from references alone.
use offramp::{Class, Layout, Payloads, Reference, Tagged};
use std::cell::Cell;

enum Values {}

unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

enum Others {}

unsafe impl Layout for Others {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[2]);
}

struct Pair {
    first: Cell<Tagged<Values>>,
}

offramp::object! {
    unsafe impl Object<Values> for Pair = 1 {
        field FIRST: Cell<Tagged<Values>> = first in Class(0);
    }
}

fn of_another_layout(value: Tagged<Others>) -> Option<Reference<Pair>> {
    value.as_reference::<Pair>()
}

fn in_another_layout(pair: Reference<Pair>) -> Tagged<Others> {
    Tagged::reference(pair)
}

fn from_bits(bits: u64) -> Reference<Pair> {
    Reference(bits as *const Pair)
}

fn from_words(words: [u64; 2]) -> Tagged<Values> {
    Tagged::of_pair(words)
}

fn by_default() -> Reference<Pair> {
    Default::default()
}

fn main() {}
