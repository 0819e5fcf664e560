//! Every way to move the base, once each.
use offramp::{Done, Machine, Op};

fn call<M: Machine>(m: Op<'_, M>) -> Done<M> {
    match m.has_room(16) {
        true => m.commit().enter(8, 1, 2),
        false => m.commit().tail(2),
    }
}

fn shift<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let (link, x) = (m.link(), m.int(0));
    if !m.has_room(16) {
        return m.commit().next();
    }
    m.commit().shift(link, 8).set(0, x).jump(3)
}

fn shift_and_call<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let (link, x) = (m.link(), m.int(0));
    match m.has_room(24) {
        true => m.commit().shift(link, 8).set(8, x).enter(8, 1, 2),
        false => m.commit().next(),
    }
}

fn give_two<M: Machine>(m: Op<'_, M>) -> Done<M> {
    let (x, y) = (m.int(0), m.float(1));
    let Some(caller) = m.caller() else {
        return m.commit().next();
    };
    let word = caller.window() as u16;
    let popped = m.commit().pop(caller).set(word, x);
    let one = popped.constant(1);
    popped.set_float(word + 1, y).set(word + 2, one).return_to()
}

fn main() {}
