//! Helpers as compiled code calls them: one function of the C convention per helper's types.
//!
//! Arguments are words in registers, the host's function is a constant of the code. What a helper
//! declares is noted where it is called, for the [`Context`] to look at; what it does not declare costs
//! nothing more than one comparison after the call, that the base is where it was. A panic is parked, and
//! the trace leaves by the call's error exit.
//!
//! # Safety argument
//! Compiled code calls a shim with the context it runs with and the function or the [`Act`] it was registered
//! with (entries with a function are made here alone, for that pair; the back end holds the
//! [`Entries`](super::Entries), so acts stay where they are for as long as code may run). [`Vm::state`] points at the
//! [`Memory`] of the interpreter whose registry made the entry: `run` refuses to enter code of an
//! interpreter with any other state. `Memory` is used by nobody else while compiled code
//! waits for the call.
#![allow(
    unsafe_code,
    reason = "called by compiled code: see the module's safety argument"
)]
#![expect(
    improper_ctypes_definitions,
    reason = "pointers to Rust functions are words that come back as they were registered"
)]

use super::entries::Entry;
use super::run::{Noted, roots, transfer};
use crate::language::context::Context;
use crate::language::helper::{Act, Make, Read};
use crate::language::kind::{Arguments, Key, Kind, Returns};
use crate::language::layout::{Layout, Object, Reference};
use crate::language::phases::Outcome;
use crate::language::program::Program;
use crate::language::stack_mut::StackMut;
use crate::memory::{Memory, Parked};
use offramp_uop::lower::machine::{CallSite, status};
use offramp_uop::lower::{HelperEntry, Vm};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

const KEY: Key = Key(());

/// A helper that only reads.
pub(crate) fn read_entry<P: Program, A: Arguments, R: Kind>(helper: &Read<P, A, R>) -> Entry {
    Entry::of(HelperEntry::Direct {
        function: read::<P, A, R> as *const () as u64,
        data: helper.function as *const () as u64,
        sited: false,
    })
}

/// A helper that makes an object.
pub(crate) fn make_entry<P: Program, A: Arguments, T: Object>(helper: &Make<P, A, T>) -> Entry {
    Entry::of(HelperEntry::Direct {
        function: read::<P, A, Reference<T>> as *const () as u64,
        data: helper.function as *const () as u64,
        sited: false,
    })
}

/// A helper that acts and returns a value.
pub(crate) fn act_entry<P: Program, A: Arguments, R: Returns>(helper: &Act<P, A, R>) -> Entry {
    let effects = helper.effects.closed();
    let function = match (effects.reenters, effects.collects) {
        (true, _) => act::<P, A, R, REENTERS> as *const (),
        (false, true) => act::<P, A, R, COLLECTS> as *const (),
        (false, false) => act::<P, A, R, PLAIN> as *const (),
    };
    let kept = Arc::new(*helper);
    let called = HelperEntry::Direct {
        function: function as u64,
        data: Arc::as_ptr(&kept).expose_provenance() as u64,
        sited: true,
    };
    Entry::keeping(called, kept)
}

/// A helper that acts and may transfer.
pub(crate) fn outcome_entry<P: Program, A: Arguments, R: Returns>(
    helper: &Act<P, A, Outcome<R>>,
) -> Entry {
    let effects = helper.effects.closed();
    let function = match (effects.reenters, effects.collects) {
        (true, _) => outcome::<P, A, R, REENTERS> as *const (),
        (false, true) => outcome::<P, A, R, COLLECTS> as *const (),
        (false, false) => outcome::<P, A, R, PLAIN> as *const (),
    };
    let kept = Arc::new(*helper);
    let called = HelperEntry::Direct {
        function: function as u64,
        data: Arc::as_ptr(&kept).expose_provenance() as u64,
        sited: true,
    };
    Entry::keeping(called, kept)
}

const PLAIN: u8 = 0;
const COLLECTS: u8 = 1;
const REENTERS: u8 = 2;

/// The arguments, from registers or the context.
///
/// # Safety
/// `vm` must point at a context whose arguments were written, if there are many.
#[inline(always)]
unsafe fn arguments<A: Arguments>(vm: *mut Vm, words: [u64; 4]) -> A {
    match A::WORDS <= words.len() {
        true => A::of_bits(&words[..A::WORDS], KEY),
        // SAFETY: the caller's promise.
        false => A::of_bits(unsafe { &(&(*vm).args)[..A::WORDS] }, KEY),
    }
}

/// Registers that a helper with fewer argument words does not read hold anything.
unsafe extern "C" fn read<P: Program, A: Arguments, R: Kind>(
    vm: *mut Vm,
    function: fn(&P::Host, A) -> R,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> Answer {
    // SAFETY: see the module's safety argument.
    let (memory, args) = unsafe {
        let memory = &*(*vm).state.cast::<Memory<'_, P>>();
        (memory, arguments::<A>(vm, [a, b, c, d]))
    };
    let host = &*memory.host;
    let mut bits = 0;
    // Nothing but whether it panicked comes out of the closure: that is a register less to save.
    let called = catch_unwind(AssertUnwindSafe(|| bits = function(host, args).bits(KEY)));
    match called {
        Ok(()) => Answer {
            bits,
            status: status::VALUE,
        },
        // SAFETY: as above; the shared reference is not used any more.
        Err(panic) => unsafe { park::<P>(vm, Parked::Panic(panic)) },
    }
}

/// What a call answers: two words, in registers.
#[repr(C)]
struct Answer {
    bits: u64,
    status: u64,
}

/// Keeps why a call leaves.
///
/// # Safety
/// As for a shim, whose references to the memory must not be used any more.
#[cold]
#[inline(never)]
unsafe fn park<P: Program>(vm: *mut Vm, parked: Parked<P::Error>) -> Answer {
    // SAFETY: the caller's promise.
    let memory = unsafe { &mut *(*vm).state.cast::<Memory<'_, P>>() };
    memory.park(parked);
    Answer {
        bits: 0,
        status: status::ERROR,
    }
}

unsafe extern "C" fn act<P: Program, A: Arguments, R: Returns, const EFFECTS: u8>(
    vm: *mut Vm,
    helper: *const Act<P, A, R>,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> Answer {
    // SAFETY: see the module's safety argument; the call site and, where the helper collects or
    // re-enters, roots and record were written before the call.
    let (helper, memory, args, base, pc) = unsafe {
        let memory = &mut *(*vm).state.cast::<Memory<'_, P>>();
        let args = arguments::<A>(vm, [a, b, c, d]);
        let site = CallSite::of((*vm).call_site);
        let base = (*vm).base.wrapping_offset(site.base as isize);
        (&*helper, memory, args, base, site.pc)
    };
    memory.stack.set_base_address(base);
    let core = memory.core;
    let mut context = Context::new(core, &mut *memory.host, &mut *memory.stack, pc);
    context.stack.begin(helper.name, helper.allowed);
    let mut called = catch_unwind(AssertUnwindSafe(|| {
        let hold = |roots: &[u64]| {
            core.roots().hold(|held| {
                // Mostly few or none.
                for &root in roots {
                    held.push(root);
                }
                args.references::<P::Layout>(held, KEY);
            })
        };
        // SAFETY: as above.
        let _held = (EFFECTS != PLAIN).then(|| hold(unsafe { roots(vm) }));
        // SAFETY: as above.
        let _noted = (EFFECTS == REENTERS).then(|| unsafe { Noted::caller(vm) });
        (helper.function)(&mut context, args)
    }));
    // Asked here, so that dropping the context does not have to ask again.
    if !context.stack.is_back() {
        called = moved(&context.stack, called);
    }
    drop(context);
    let parked = match called {
        Ok(Ok(answer)) => {
            let answer = answer.answer(KEY);
            if R::TAGGED {
                memory.answered_tag = answer.tag as i64;
            }
            return Answer {
                bits: answer.payload,
                status: status::VALUE,
            };
        }
        Ok(Err(error)) => Parked::Error(error),
        Err(panic) => Parked::Panic(panic),
    };
    memory.park(parked);
    Answer {
        bits: 0,
        status: status::ERROR,
    }
}

/// As [`act`], of a helper that may transfer.
unsafe extern "C" fn outcome<P: Program, A: Arguments, R: Returns, const EFFECTS: u8>(
    vm: *mut Vm,
    helper: *const Act<P, A, Outcome<R>>,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
) -> Answer {
    // SAFETY: as in `act`.
    let (helper, memory, args, base, pc) = unsafe {
        let memory = &mut *(*vm).state.cast::<Memory<'_, P>>();
        let args = arguments::<A>(vm, [a, b, c, d]);
        let site = CallSite::of((*vm).call_site);
        let base = (*vm).base.wrapping_offset(site.base as isize);
        (&*helper, memory, args, base, site.pc)
    };
    memory.stack.set_base_address(base);
    let core = memory.core;
    let mut context = Context::new(core, &mut *memory.host, &mut *memory.stack, pc);
    let called = catch_unwind(AssertUnwindSafe(|| {
        let hold = |roots: &[u64]| {
            core.roots().hold(|held| {
                for &root in roots {
                    held.push(root);
                }
                args.references::<P::Layout>(held, KEY);
            })
        };
        // SAFETY: as in `act`.
        let _held = (EFFECTS != PLAIN).then(|| hold(unsafe { roots(vm) }));
        // SAFETY: as in `act`.
        let _noted = (EFFECTS == REENTERS).then(|| unsafe { Noted::caller(vm) });
        helper.perform_held(&mut context, args)
    }));
    let lost = context.stack.lost();
    drop(context);
    let parked = match called {
        Ok(Ok(Outcome::Value(answer))) => {
            let answer = answer.answer(KEY);
            if R::TAGGED {
                memory.answered_tag = answer.tag as i64;
            }
            return Answer {
                bits: answer.payload,
                status: status::VALUE,
            };
        }
        Ok(Ok(Outcome::Transfer(pc))) => {
            // SAFETY: compiled code waits for this call, and the base is that of a frame.
            unsafe { transfer(vm, pc, memory.stack.base()) };
            return Answer {
                bits: 0,
                status: status::TRANSFER,
            };
        }
        Ok(Err(error)) => Parked::Error(error),
        Err(panic) => Parked::Panic(panic),
    };
    if memory.parked.is_none() {
        memory.lost = lost;
    }
    memory.park(parked);
    Answer {
        bits: 0,
        status: status::ERROR,
    }
}

/// A call that has left the base elsewhere: if it did not fail, a panic says so.
#[cold]
#[inline(never)]
fn moved<L: Layout, R, E>(
    stack: &StackMut<'_, L>,
    called: thread::Result<Result<R, E>>,
) -> thread::Result<Result<R, E>> {
    match called {
        Ok(Ok(_)) => {
            let expected = catch_unwind(AssertUnwindSafe(|| stack.expect_back()));
            Err(expected.expect_err("the base was moved"))
        }
        failed => failed,
    }
}
