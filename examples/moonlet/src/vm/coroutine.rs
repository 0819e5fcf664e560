//! What functions of the library do that resume and yield: their frames' slots are explained by
//! [`Chunk::add_coroutines`](crate::bytecode::Chunk::add_coroutines).

use super::{Moonlet, acts, fault, word};
use crate::bytecode::Slot;
use crate::value::{BUILTIN, FUNCTION, INT, TRUE};
use offramp::{Done, Machine, Op};

/// Begins a call whose errors a handler gets.
#[inline(always)]
pub(super) fn protect<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot) -> Done<M> {
    let given = m.payload(m.value(word(1)));
    if m.is_less(given, m.constant(2)) {
        return fault(m);
    }
    let (function, handler) = (m.value(word(2)), m.value(word(3)));
    if !matches!(m.promote(m.tag(handler)), FUNCTION | BUILTIN) {
        return fault(m);
    }
    let end = m.int_value(INT, m.add(given, m.constant(2)));
    m.commit()
        .set_value(word(0), end)
        .set_value(word(a), handler)
        .set_value(word(3), function)
        .next()
}

/// Goes on in the coroutine.
#[inline(always)]
pub(super) fn resume<M: Machine<Program = Moonlet>>(m: Op<'_, M>, wrapped: bool) -> Done<M> {
    let wrapped = m.constant(i64::from(wrapped));
    m.commit().switch(acts::RESUME, (wrapped,))
}

/// The coroutine's function has returned.
#[inline(always)]
pub(super) fn ended<M: Machine<Program = Moonlet>>(m: Op<'_, M>, a: Slot) -> Done<M> {
    let yes = m.int_value(TRUE, m.constant(0));
    m.commit().call(
        acts::ENDED,
        (),
        #[inline(always)]
        |called, ()| called.set_value(word(a), yes).next(),
    )
}

/// Goes on with whoever resumed the coroutine.
#[inline(always)]
pub(super) fn give<M: Machine<Program = Moonlet>>(m: Op<'_, M>) -> Done<M> {
    m.commit().switch(acts::YIELD, ())
}
