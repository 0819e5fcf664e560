//! `coroutine`, but for what moves frames: `resume`, `yield` and what `wrap` returns are
//! [functions of the program](crate::bytecode::Chunk::add_coroutines), whose instructions do that.

use super::Raised;
use super::args::Args;
use crate::heap::OutOfMemory;
use crate::host::Host;
use crate::value::{BUILTIN, FUNCTION, NOTHING, Status, Table, Tagged, Thread, truth};
use offramp::Reference;

type Answer = Result<Tagged, Raised>;

/// Puts the functions of the program into the library, `xpcall` as well.
///
/// # Errors
/// If there is no memory for them.
pub(crate) fn install(host: &mut Host) -> Result<(), OutOfMemory> {
    let heap = &host.heap;
    let library = (host.globals).get_str(heap, heap.string(b"coroutine")?);
    let Some(library) = library.as_reference::<Table>() else {
        return Ok(());
    };
    let protect = Tagged::reference(heap.function(host.coroutines.protect, &[])?);
    (host.globals).set_str(heap, heap.string(b"xpcall")?, protect)?;
    let numbers = [
        ("resume", host.coroutines.resume),
        ("yield", host.coroutines.give),
    ];
    for (name, prototype) in numbers {
        let function = Tagged::reference(heap.function(prototype, &[])?);
        library.set_str(heap, heap.string(name.as_bytes())?, function)?;
    }
    Ok(())
}

fn thread(args: &Args<'_>) -> Result<Reference<Thread>, Raised> {
    let thread = args.get(1).as_reference();
    thread.ok_or_else(|| args.expected(1, "thread"))
}

/// A coroutine of the function that is the first argument.
fn new(host: &Host, args: &Args<'_>) -> Result<Reference<Thread>, Raised> {
    let function = args.get(1);
    let body = match function.tag() {
        FUNCTION => function,
        BUILTIN => {
            let call = host.coroutines.call;
            Tagged::reference(host.heap.function(call, &[function])?)
        }
        _ => return Err(args.expected(1, "function")),
    };
    Ok(host.heap.thread(body)?)
}

pub(super) fn create(host: &mut Host, args: &[Tagged]) -> Answer {
    let args = Args::new("coroutine.create", args);
    Ok(Tagged::reference(new(host, &args)?))
}

pub(super) fn wrap(host: &mut Host, args: &[Tagged]) -> Answer {
    let thread = new(host, &Args::new("coroutine.wrap", args))?;
    let captured = [Tagged::reference(thread)];
    let function = (host.heap).function(host.coroutines.wrapped, &captured)?;
    Ok(Tagged::reference(function))
}

/// What `status` calls it.
fn name(status: Status) -> &'static str {
    match status {
        Status::Suspended => "suspended",
        Status::Running => "running",
        Status::Normal => "normal",
        Status::Dead | Status::Failed => "dead",
    }
}

/// What a coroutine is doing: of the main program the coroutine that runs tells.
fn status_of(host: &Host, thread: Reference<Thread>) -> Status {
    match host.current.is_some() && host.main_thread == Some(thread) {
        true => Status::Normal,
        false => thread.status.get(),
    }
}

pub(super) fn status(host: &mut Host, args: &[Tagged]) -> Answer {
    let thread = thread(&Args::new("coroutine.status", args))?;
    let name = name(status_of(host, thread));
    Ok(Tagged::reference(host.heap.string(name.as_bytes())?))
}

pub(super) fn running(
    host: &mut Host,
    _: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let thread = match host.current.or(host.main_thread) {
        Some(thread) => thread,
        None => {
            let main = host.heap.thread(NOTHING)?;
            main.status.set(Status::Running);
            host.main_thread = Some(main);
            main
        }
    };
    results.extend([Tagged::reference(thread), truth(host.current.is_none())]);
    Ok(())
}

pub(super) fn isyieldable(host: &Host, args: &[Tagged]) -> Answer {
    let args = Args::new("coroutine.isyieldable", args);
    let asked = match args.len() {
        0 => host.current,
        _ => Some(thread(&args)?),
    };
    let Some(asked) = asked.filter(|asked| host.main_thread != Some(*asked)) else {
        return Ok(truth(false));
    };
    // It is not where a run inside another began since it was resumed.
    let mut runs = host.runs;
    let mut above = host.current;
    while let Some(thread) = above.filter(|thread| *thread != asked) {
        runs = thread.runs.get();
        above = thread.resumer.get();
    }
    Ok(truth(above.is_none() || asked.runs.get() == runs))
}

pub(super) fn close(
    host: &mut Host,
    args: &[Tagged],
    results: &mut Vec<Tagged>,
) -> Result<(), Raised> {
    let thread = thread(&Args::new("coroutine.close", args))?;
    match status_of(host, thread) {
        Status::Suspended | Status::Dead => results.push(truth(true)),
        Status::Failed => results.extend([truth(false), thread.body.get()]),
        status => {
            let name = name(status);
            return Err(Raised::Message(format!("cannot close a {name} coroutine")));
        }
    }
    thread.status.set(Status::Dead);
    thread.body.set(NOTHING);
    host.heap.drop_frames(&thread);
    Ok(())
}
