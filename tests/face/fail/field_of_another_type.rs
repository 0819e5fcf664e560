use std::cell::Cell;

struct Table {
    length: Cell<u32>,
}

offramp::object! {
    unsafe impl Object for Table = 4 {
        field LENGTH: Cell<i64> = length in offramp::Class(0);
    }
}

fn main() {}
