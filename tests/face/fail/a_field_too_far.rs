//! Traces have offsets of 32 bits; one that is cut off would lie outside of the object.
use offramp::{Class, Layout, Payloads};
use std::cell::Cell;

pub enum Values {}

// SAFETY: tag 1 is that of one type.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

#[repr(C)]
pub struct Far {
    before: [u8; 3 << 30],
    count: Cell<i64>,
}

offramp::object! {
    // SAFETY: nothing of this type is ever made.
    unsafe impl Object<Values> for Far = 1 {
        field COUNT: Cell<i64> = count in Class(0);
    }
}

fn main() {
    let _ = Far::COUNT;
}
