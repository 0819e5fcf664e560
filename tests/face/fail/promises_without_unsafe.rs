//! What new objects hold is believed, lengths of arrays included, and so is what a helper leaves alone.
use offramp::{Act, Class, Context, Done, Effects, Failure, Layout, Machine, Make, Op, Pc, Program, Reference, Payloads};
use std::cell::Cell;

pub struct Row {
    length: Cell<u32>,
    items: Cell<*const Cell<i64>>,
}

offramp::object! {
    unsafe impl Object<Values> for Row = 1 {
        array ITEMS: Cell<i64> = items[length] in Class(0), of Class(1);
    }
}

enum Values {}

unsafe impl Layout for Values {
    const GROUP: u32 = 2;
    const CLASSES: &'static [&'static str] = &["head", "items"];
    const PAYLOADS: Payloads = Payloads::INTEGERS.references(&[1]);
}

struct Rows;

const EMPTY: Make<Rows, (i64,), Row> = Make::new("empty", |_: &(), (_,): (i64,)| {
    let (length, items) = (Cell::new(0), Cell::new(std::ptr::null()));
    Reference::to(Box::leak(Box::new(Row { length, items })))
})
.holding(&[Row::ITEMS.has_length(0)]);

const SHRINK: Act<Rows, (), ()> = Act::new("shrink", shrink).with_effects_unchecked(Effects::PURE);

fn shrink(_: &mut Context<'_, Rows>, (): ()) -> Result<(), Failure> {
    Ok(())
}

impl Program for Rows {
    type Host = ();
    type Layout = Values;
    type Answer = i64;
    type Error = Failure;

    fn step<M: Machine<Program = Self>>(&self, m: Op<'_, M>, _: Pc) -> Done<M> {
        let many = m.constant(1000);
        m.commit().make(EMPTY, (many,), |commit, _| commit.next())
    }
}

fn main() {
    let _ = SHRINK;
}
