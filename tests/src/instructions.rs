//! Instructions that several of the suites' small languages have: on frame words, integers all of them.

use offramp::{Done, Machine, Op, Pc, Program, Words};

/// Sets a word to a constant.
#[inline(always)]
pub fn set<P, M>(m: Op<'_, M>, a: u16, value: i64) -> Done<M>
where
    P: Program<Layout = Words>,
    M: Machine<Program = P>,
{
    let value = m.constant(value);
    m.commit().set(a, value).next()
}

/// Adds two words.
#[inline(always)]
pub fn add<P, M>(m: Op<'_, M>, a: u16, b: u16, c: u16) -> Done<M>
where
    P: Program<Layout = Words>,
    M: Machine<Program = P>,
{
    let sum = m.add(m.int(b), m.int(c));
    m.commit().set(a, sum).next()
}

/// Goes back to `target`, as at a loop's end, if a word is less than another.
#[inline(always)]
pub fn loop_if_less<P, M>(m: Op<'_, M>, a: u16, b: u16, target: Pc) -> Done<M>
where
    P: Program<Layout = Words>,
    M: Machine<Program = P>,
{
    match m.is_less(m.int(a), m.int(b)) {
        true => m.commit().loop_to(target),
        false => m.commit().next(),
    }
}

/// Returns a word to the caller's word `to`, or ends with it.
#[inline(always)]
pub fn give_back<P, M>(m: Op<'_, M>, a: u16, to: u16) -> Done<M>
where
    P: Program<Layout = Words, Answer = i64>,
    M: Machine<Program = P>,
{
    let value = m.int(a);
    match m.caller() {
        Some(caller) => m.commit().leave(caller, to, value),
        None => m.commit().finish(value),
    }
}

/// Ends with a word.
#[inline(always)]
pub fn halt<P, M>(m: Op<'_, M>, a: u16) -> Done<M>
where
    P: Program<Layout = Words, Answer = i64>,
    M: Machine<Program = P>,
{
    let value = m.int(a);
    m.commit().finish(value)
}
