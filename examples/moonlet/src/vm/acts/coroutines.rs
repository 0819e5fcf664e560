//! Coroutines: frames that are put aside and put back.
//!
//! The frame of the function of the library that resumes stays below those of the coroutine, and is
//! what everything finds that leaves these: a return of the coroutine's function, an error
//! ([`unwind`](crate::vm::unwind)), a yield. Where its slots are which: [`Chunk::add_coroutines`].
//!
//! [`Chunk::add_coroutines`]: crate::bytecode::Chunk::add_coroutines

use super::effects::{ANYTHING, SWITCHES, declared};
use super::{Answer, Ctx, gather};
use crate::host::Host;
use crate::library::Raised;
use crate::value::{Function, INT, NOTHING, Status, Tagged, Thread, captured_of, truth, type_name};
use crate::vm::{MOST_PCALLS, Moonlet, errors, word};
use offramp::{Act, Outcome, Pc, Reference};

/// The slot of the frame that resumes where the coroutine's frames begin.
const BODY: u8 = 3;

/// Resumes a coroutine, the captured one if the argument is not 0.
pub(in crate::vm) const RESUME: Act<Moonlet, (i64,), Outcome<()>> =
    declared(Act::new("resume", resume), SWITCHES);

fn resume(context: &mut Ctx<'_>, (wrapped,): (i64,)) -> Answer<Outcome<()>> {
    let wrapped = wrapped != 0;
    let pc = context.pc();
    let given = context.stack.value(word(1)).as_int();
    let first = if wrapped { 2 } else { 3 };
    let Some(thread) = resumed(context, wrapped) else {
        let got = match given {
            0 => "no value",
            _ => type_name(context.stack.value(word(2))),
        };
        let raised = Raised::Argument {
            name: "coroutine.resume",
            number: 1,
            what: format!("thread expected, got {got}"),
        };
        return Err(errors::raised_in_caller(context, raised));
    };
    let refused = match thread.status.get() {
        Status::Suspended if context.host.nested < u32::from(MOST_PCALLS) => None,
        Status::Suspended => Some("C stack overflow"),
        Status::Dead | Status::Failed => Some("cannot resume dead coroutine"),
        Status::Running | Status::Normal => Some("cannot resume non-suspended coroutine"),
    };
    if let Some(refused) = refused {
        return refuse(context, pc, wrapped, refused);
    }
    let mut few = [NOTHING; 1];
    let many;
    let passed = match given - (first - 2) {
        count @ ..=1 => gather_few(context, first, count, &mut few),
        count => {
            many = gather(context, first, count)?;
            &many
        }
    };
    let frames = thread.frames.borrow();
    let (at, bottom) = match frames.is_empty() {
        true => {
            let entry = push_body(context, thread.body.get(), passed, pc + 1);
            (entry, context.stack.base())
        }
        false => {
            let bottom = context.stack.base() + usize::from(word(BODY));
            let back = context.stack.put_back(word(BODY), pc + 1, &frames);
            let yielded = context.host.yielded;
            let fits = back && fits(context, passed.len());
            if back && !fits {
                // Before anything has run: they are put aside as they are.
                while context.stack.base() >= bottom {
                    context.stack.pop();
                }
            }
            (fits.then_some(yielded), bottom)
        }
    };
    let Some(at) = at else {
        drop(frames);
        return refuse(context, pc, wrapped, "stack overflow");
    };
    if !frames.is_empty() {
        pass(context, 1, passed);
    }
    drop(frames);
    thread.body.set(NOTHING);
    thread.frames.borrow_mut().clear();
    thread.bottom.set(bottom);
    begin(context.host, thread);
    Ok(Outcome::Transfer(at))
}

/// The value in slot `first`, if `count` says that there is one: what most switches pass.
#[inline]
fn gather_few<'a>(
    context: &Ctx<'_>,
    first: i64,
    count: i64,
    few: &'a mut [Tagged; 1],
) -> &'a [Tagged] {
    if count <= 0 {
        return &[];
    }
    few[0] = context.stack.value(2 * first as u16);
    few
}

/// The coroutine that is to be resumed.
fn resumed(context: &Ctx<'_>, wrapped: bool) -> Option<Reference<Thread>> {
    if !wrapped {
        return context.stack.value(word(2)).as_reference();
    }
    let function: Reference<Function> = context.stack.value(word(0)).as_reference()?;
    captured_of(&function).first()?.as_reference()
}

/// The resumption fails and leaves the coroutine as it is.
fn refuse(context: &mut Ctx<'_>, pc: Pc, wrapped: bool, text: &str) -> Answer<Outcome<()>> {
    if wrapped {
        let raised = Raised::Message(text.to_owned());
        return Err(errors::raised_in_caller(context, raised));
    }
    let error = Tagged::reference(context.host.heap.string(text.as_bytes())?);
    context.stack.set_value(word(1), truth(false));
    pass(context, 0, &[error]);
    Ok(Outcome::Transfer(pc + 2))
}

/// Leaves values from slot 2 of the running frame on, and where they end in slot `top`.
#[inline]
fn pass(context: &mut Ctx<'_>, top: u8, values: &[Tagged]) {
    let end = Tagged::int(INT, 2 + values.len() as i64);
    context.stack.set_value(word(top), end);
    for (index, value) in (2_u16..).zip(values) {
        context.stack.set_value(2 * index, *value);
    }
}

/// Whether there is room for so many values in the running frame, and what functions need above.
fn fits(context: &Ctx<'_>, count: usize) -> bool {
    let words = 2 * (count.max(usize::from(u8::MAX)) + 16);
    words <= usize::from(u16::MAX) && context.stack.base() + words <= context.stack.limit()
}

/// Pushes the frame of the function that a coroutine runs; where that begins, if there is room.
fn push_body(context: &mut Ctx<'_>, body: Tagged, passed: &[Tagged], back: Pc) -> Option<Pc> {
    let function = body.as_reference::<Function>()?;
    let prototype = (context.program()).prototype(i64::from(function.prototype));
    let (entry, params) = (prototype.entry, usize::from(prototype.params));
    let variadic = prototype.variadic;
    if !fits(context, passed.len() + usize::from(BODY)) || !context.stack.push(word(BODY), back) {
        return None;
    }
    context.stack.set_value(word(0), body);
    let mut slot = 1;
    let mut taken = params;
    if variadic {
        let given = Tagged::int(INT, passed.len() as i64);
        context.stack.set_value(word(1), given);
        (slot, taken) = (2, passed.len());
    }
    for index in 0..taken {
        let value = passed.get(index).copied().unwrap_or(NOTHING);
        context.stack.set_value(2 * slot, value);
        slot += 1;
    }
    Some(entry)
}

/// A coroutine runs.
#[inline]
fn begin(host: &mut Host, thread: Reference<Thread>) {
    if let Some(resumer) = host.current {
        resumer.status.set(Status::Normal);
    }
    thread.status.set(Status::Running);
    thread.resumer.set(host.current);
    thread.nested.set(host.nested);
    thread.runs.set(host.runs);
    host.nested += 1;
    host.current = Some(thread);
}

/// The running coroutine runs no more; it is `status` from now on, and whoever resumed it goes on.
pub(in crate::vm) fn end(host: &mut Host, status: Status) -> Option<Reference<Thread>> {
    let thread = host.current?;
    thread.status.set(status);
    host.nested = thread.nested.get();
    host.current = thread.resumer.take();
    if let Some(resumer) = host.current {
        resumer.status.set(Status::Running);
    }
    Some(thread)
}

/// Yields what was passed to the function of the library that runs.
pub(in crate::vm) const YIELD: Act<Moonlet, (), Outcome<()>> =
    declared(Act::new("yield", give), SWITCHES);

fn give(context: &mut Ctx<'_>, (): ()) -> Answer<Outcome<()>> {
    let running = context.host.current;
    let thread = running.filter(|thread| thread.runs.get() == context.host.runs);
    let Some(thread) = thread else {
        let text = match running {
            Some(_) => "attempt to yield across a C-call boundary",
            None => "attempt to yield from outside a coroutine",
        };
        return Err(errors::raised(context, Raised::plain(text)));
    };
    let given = context.stack.value(word(1)).as_int();
    let mut few = [NOTHING; 1];
    let many;
    let passed = match given {
        ..=1 => gather_few(context, 2, given, &mut few),
        _ => {
            many = gather(context, 2, given)?;
            &many
        }
    };
    let bottom = thread.bottom.get();
    // Of this function's frame nothing but that it is there: what is passed comes at its place.
    let words = (context.stack.base() + usize::from(word(1))).saturating_sub(bottom);
    context.host.heap.reserve_frames(&thread, words)?;
    let mut frames = thread.frames.borrow_mut();
    let back = context.stack.suspend(bottom, word(1), &mut frames);
    let Ok(Some(back)) = back else {
        return Err(errors::raised(context, Raised::plain("stack overflow")));
    };
    context.stack.set_value(word(1), truth(true));
    pass(context, 0, passed);
    end(context.host, Status::Suspended);
    Ok(Outcome::Transfer(back + 1))
}

/// The function of the running coroutine has returned.
pub(in crate::vm) const ENDED: Act<Moonlet, (), ()> =
    Act::new("ended", |context: &mut Ctx<'_>, ()| {
        if let Some(thread) = end(context.host, Status::Dead) {
            context.host.heap.drop_frames(&thread);
        }
        Ok(())
    })
    .with_effects(ANYTHING);

/// The running coroutine has ended with an error.
pub(in crate::vm) fn fail(host: &mut Host, error: Tagged) {
    if let Some(thread) = end(host, Status::Failed) {
        thread.body.set(error);
        host.heap.drop_frames(&thread);
    }
}
