use std::cell::Cell;

struct Table {
    length: Cell<u32>,
}

enum Values {}

unsafe impl offramp::Layout for Values {
    const GROUP: u32 = 2;
    const PAYLOADS: offramp::Payloads = offramp::Payloads::INTEGERS.references(&[4]);
}

offramp::object! {
    unsafe impl Object<Values> for Table = 4 {
        field LENGTH: Cell<i64> = length in offramp::Class(0);
    }
}

fn main() {}
