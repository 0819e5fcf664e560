//! Fields and arrays are declared with the promise of their object. This array would be as long as
//! another says.
use offramp::{Class, Layout, Payloads};
use std::cell::Cell;

pub enum Values {}

// SAFETY: tag 1 is that of one type.
unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

pub struct Arrays {
    short: Cell<u32>,
    long: Cell<u32>,
    items: Cell<*const Cell<i64>>,
}

offramp::object! {
    // SAFETY: arrays are never freed, and have as many items as `short` says.
    unsafe impl Object<Values> for Arrays = 1 {
        array ITEMS: Cell<i64> = items[short] in Class(0), of Class(1);
    }
}

offramp::object!(@members Arrays, array LONG: Cell<i64> = items[long] in Class(0), of Class(1););

fn main() {
    let _ = Arrays::LONG;
}
