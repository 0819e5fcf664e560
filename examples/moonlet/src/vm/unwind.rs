//! Errors on their way: frames are taken off down to a protected call or a handler that gets the error.
//!
//! The same for a run of the whole program, whose stack is its own, and for a run inside a function of the
//! library, which sees the stack as a helper does ([`Frames`]). An error that leaves a coroutine goes on in
//! the frame that resumed it. The frames that are gone are written down in [`Host::ended`] for tracebacks.

use super::{Moonlet, acts, errors, word};
use crate::bytecode::{Instr, OPEN, Slot};
use crate::host::Host;
use crate::value::{self, INT, NOTHING, STRING, Str, Tagged, Values};
use offramp::{Pc, Stack, StackMut};

/// Frames that errors take off.
pub(super) trait Frames {
    /// See [`Stack::pop`].
    fn pop(&mut self) -> Option<Pc>;
    /// See [`Stack::set_value`].
    fn set_value(&mut self, word: u16, value: Tagged);
    /// See [`Stack::value`].
    fn value(&self, word: u16) -> Tagged;
}

impl Frames for Stack<Values> {
    fn pop(&mut self) -> Option<Pc> {
        Stack::pop(self)
    }

    fn set_value(&mut self, word: u16, value: Tagged) {
        Stack::set_value(self, word, value);
    }

    fn value(&self, word: u16) -> Tagged {
        Stack::value(self, word)
    }
}

impl Frames for StackMut<'_, Values> {
    fn pop(&mut self) -> Option<Pc> {
        StackMut::pop(self)
    }

    fn set_value(&mut self, word: u16, value: Tagged) {
        StackMut::set_value(self, word, value);
    }

    fn value(&self, word: u16) -> Tagged {
        StackMut::value(self, word)
    }
}

/// Takes frames off down to the innermost protected call, and hands it the error of the instruction
/// at `at`: where the program goes on then, or the error if nothing catches it.
pub(super) fn unwind(
    program: &Moonlet,
    host: &mut Host,
    stack: &mut impl Frames,
    at: Pc,
) -> Result<Pc, Tagged> {
    let mut error = host.raised.take().unwrap_or(host.no_memory);
    host.ended.begin(at);
    if let Some(pc) = to_handler(program, host, stack, program.instruction(at) + 1, error) {
        return Ok(pc);
    }
    // Whether an error that has come out of a wrapped coroutine is to say where that was called.
    let mut gets_place = false;
    while let Some(back) = stack.pop() {
        let continued = program.continued(back);
        host.ended.popped(back);
        if std::mem::take(&mut gets_place) {
            error = with_place(program, host, back, error);
        }
        if let Some(pc) = to_handler(program, host, stack, back, error) {
            return Ok(pc);
        }
        let Some((pc, pcalls)) = continued else {
            let resumed = (back as usize).checked_sub(1);
            match resumed.and_then(|pc| program.code.get(pc)) {
                Some(Instr::Resume(true)) => {
                    acts::fail(host, error);
                    host.ended.rethrown();
                    // There is no memory for more where there was none.
                    gets_place = error.tag() == STRING && error != host.no_memory;
                }
                Some(Instr::Resume(false)) => {
                    acts::fail(host, error);
                    stack.set_value(word(1), value::truth(false));
                    stack.set_value(word(2), error);
                    stack.set_value(word(0), Tagged::int(INT, 3));
                    return Ok(back + 1);
                }
                _ => {}
            }
            continue;
        };
        let (a, results, top): (Slot, _, Slot) = match program.code.get(pc as usize) {
            Some(&Instr::Call {
                a, results, top, ..
            }) => (a, results, top),
            Some(&Instr::TailCall { a, top, .. }) => (a, OPEN, top),
            Some(&Instr::ForCall(a, results)) => (a + 4, results, 0),
            _ => continue,
        };
        // The innermost of the protected calls has failed, the others have not.
        let mut given = vec![value::truth(true); usize::from(pcalls) - 1];
        given.extend([value::truth(false), error]);
        let wanted = match results {
            OPEN => {
                let end = Tagged::int(INT, i64::from(a) + given.len() as i64);
                stack.set_value(word(top), end);
                given.len() as u16
            }
            wanted => u16::from(wanted),
        };
        for index in 0..wanted {
            let result = given.get(usize::from(index)).copied();
            stack.set_value(word(a) + 2 * index, result.unwrap_or(NOTHING));
        }
        return Ok(pc + 1);
    }
    Err(error)
}

/// How many errors in handlers one after the other lead to the handler again.
const MOST_HANDLERS: i64 = 10;

/// Hands an error to the handler of `xpcall`, if that is whose call goes on at `back`: where its code
/// goes on then ([`Chunk::add_coroutines`](crate::bytecode::Chunk::add_coroutines)).
///
/// An error in the handler is the handler's to handle, so often. One that there is no memory for is not
/// handled.
fn to_handler(
    program: &Moonlet,
    host: &Host,
    stack: &mut impl Frames,
    back: Pc,
    error: Tagged,
) -> Option<Pc> {
    let begin = program.prototype(host.coroutines.protect.into()).entry;
    let handled = match back.checked_sub(begin)? {
        2 => 0,
        5 => stack.value(word(0)).as_int() + 1,
        _ => return None,
    };
    let refused = match error {
        error if error == host.no_memory => Some(error),
        _ if handled >= MOST_HANDLERS => Some(host.overflow),
        _ => None,
    };
    if let Some(refused) = refused {
        stack.set_value(word(2), refused);
        return Some(begin + 5);
    }
    stack.set_value(word(0), Tagged::int(INT, handled));
    stack.set_value(word(3), stack.value(word(1)));
    stack.set_value(word(4), error);
    Some(begin + 4)
}

/// An error that leaves a wrapped coroutine, whose call goes on at `back`: with the position of that.
fn with_place(program: &Moonlet, host: &Host, back: Pc, error: Tagged) -> Tagged {
    let pc = match program.continued(back) {
        // Protected calls have no position.
        Some((pc, _))
            if program
                .code
                .get(pc as usize)
                .is_some_and(|it| errors::is_call(*it)) =>
        {
            return error;
        }
        Some((pc, _)) => pc,
        None => back.saturating_sub(1),
    };
    let place = acts::place(program, pc);
    let Some(text) = error.as_reference::<Str>() else {
        return error;
    };
    let parts = [place.as_bytes(), value::bytes_of(&text)];
    let text = host.heap.concat(&parts);
    text.map_or(host.no_memory, Tagged::reference)
}
