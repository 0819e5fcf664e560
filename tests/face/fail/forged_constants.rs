//! What the compiler can see it refuses.
use offramp::{Class, Layout, Payloads, Tagged};
use std::cell::Cell;

enum Values {}

unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

struct Pair {
    first: Cell<Tagged<Values>>,
}

const FORGED: Tagged<Values> = Tagged::int(1, 64);

const ALSO: Tagged<Values> = Tagged::float(1, 64.0);

const UNWRITTEN: Payloads = Payloads::INTEGERS.references(&[0]);

offramp::object! {
    unsafe impl Object<Values> for Pair = 2 {
        field FIRST: Cell<Tagged<Values>> = first in Class(0);
    }
}

fn main() {
    let _ = (FORGED, ALSO, UNWRITTEN);
}
