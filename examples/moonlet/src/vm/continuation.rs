//! Continuations: what is left of an instruction when the metamethod or the protected calls that it has
//! called return.
//!
//! The results lie where the instruction asked for them; here they go to its own slots.

use super::call::behind;
use super::{Moonlet, fault, metamethod, word, word_after};
use crate::bytecode::{Count, Instr, OPEN, Slot};
use crate::value::TRUE;
use offramp::{Commit, Done, Machine, Op, Pc};

/// Goes on with an instruction by way of several calls.
#[inline(always)]
pub(super) fn go_on_far<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
) -> Done<M> {
    let Some((pc, pcalls)) = program.continued(pc) else {
        return fault(m);
    };
    match program.code.get(pc as usize) {
        Some(&Instr::Call { a, results, .. }) => protected(m, pc, a, results, pcalls),
        Some(&Instr::TailCall { a, .. }) => protected(m, pc, a, OPEN, pcalls),
        Some(&Instr::ForCall(a, results)) => protected(m, pc, a + 4, results, pcalls),
        _ => fault(m),
    }
}

/// Goes on with an instruction whose metamethod or protected call has returned.
#[inline(always)]
pub(super) fn go_on<M: Machine<Program = Moonlet>>(
    program: &Moonlet,
    m: Op<'_, M>,
    pc: Pc,
    pcalls: u16,
) -> Done<M> {
    let Some(&instruction) = program.code.get(pc as usize) else {
        return fault(m);
    };
    let scratch = program.scratch(pc);
    match instruction {
        Instr::GetGlobal(a, _)
        | Instr::GetField(a, _, _)
        | Instr::GetIndex(a, _, _)
        | Instr::GetItem(a, _, _) => {
            let answer = m.value(word(scratch));
            m.commit().set_value(word(a), answer).jump(pc + 1)
        }
        Instr::Method(a, b, _) => {
            let (answer, object) = (m.value(word(scratch)), m.value(word(b)));
            m.commit()
                .set_value(word_after(a, 1), answer)
                .set_value(word_after(a, 2), object)
                .jump(pc + 1)
        }
        Instr::Call { a, results, .. } => protected(m, pc, a, results, pcalls),
        Instr::TailCall { a, .. } => protected(m, pc, a, OPEN, pcalls),
        Instr::ForCall(a, results) => protected(m, pc, a + 4, results, pcalls),
        instruction => metamethod::go_on(program, m, pc, instruction),
    }
}

/// Protected calls that called each other have returned: the results of the last lie behind the
/// places of as many truth values, and end where an open list of all ends.
#[inline(always)]
fn protected<M: Machine<Program = Moonlet>>(
    m: Op<'_, M>,
    pc: Pc,
    a: Slot,
    results: Count,
    pcalls: u16,
) -> Done<M> {
    let yes = m.int_value(TRUE, m.constant(0));
    let wanted = match results {
        OPEN => pcalls,
        results => pcalls.min(u16::from(results)),
    };
    let mut commit: Commit<'_, M> = m.commit();
    for index in 0..wanted {
        commit = commit.set_value(behind(a, i64::from(index)), yes);
    }
    commit.jump(pc + 1)
}
