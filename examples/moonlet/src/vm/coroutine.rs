//! What functions of the library do that resume and yield: their frames' slots are explained by
//! [`Chunk::add_coroutines`](crate::bytecode::Chunk::add_coroutines).

use super::{Moonlet, acts, word};
use crate::bytecode::Slot;
use crate::value::TRUE;
use offramp::{Done, Machine, Op};

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
