//! [`Memory`]: the machine that traces run on, for real: the host's stack, heap and helpers.
//!
//! A helper that panics is parked: the trace leaves by its error exit, which makes the frame
//! whole, and only then does the run go on unwinding.
#![allow(
    unsafe_code,
    reason = "traces read the heap by address; the argument is in heap.rs"
)]

use crate::core::Core;
use crate::language::context::Context;
use crate::language::heap;
use crate::language::program::Program;
use crate::language::stack::Stack;
use crate::registry::ANSWERED_TAG;
use offramp_uop::Mem;
use offramp_uop::evaluate::{Call, Hardware, Outcome, State};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The host's memory, for as long as traces run.
pub(crate) struct Memory<'a, P: Program> {
    pub(crate) core: &'a Core<P>,
    pub(crate) host: &'a mut P::Host,
    pub(crate) stack: &'a mut Stack<P::Layout>,
    pub(crate) parked: Option<Parked<P::Error>>,
    /// Where the base is if the helper that ended the run popped the frame it was called from:
    /// the exit's frame is gone.
    pub(crate) lost: Option<usize>,
    pub(crate) answered_tag: i64,
    /// Guards that held, and how often one leaves all the same: see `force_exits`.
    guards: u32,
    period: u32,
}

/// Why a call left by its error exit.
pub(crate) enum Parked<E> {
    Error(E),
    Panic(Box<dyn Any + Send>),
}

impl<'a, P: Program> Memory<'a, P> {
    /// Where compiled code finds the tag of the last tagged answer.
    #[cfg(feature = "native")]
    pub(crate) const ANSWERED_TAG: usize = std::mem::offset_of!(Self, answered_tag);

    pub(crate) fn new(
        core: &'a Core<P>,
        host: &'a mut P::Host,
        stack: &'a mut Stack<P::Layout>,
    ) -> Self {
        Memory {
            core,
            host,
            stack,
            parked: None,
            lost: None,
            answered_tag: 0,
            guards: 0,
            period: core.forced(),
        }
    }
}

#[cfg(feature = "native")]
impl<P: Program> Memory<'_, P> {
    /// Keeps why a call left: the first reason, where the exit by that makes objects and fails as well.
    pub(crate) fn park(&mut self, parked: Parked<P::Error>) {
        if self.parked.is_none() {
            self.parked = Some(parked);
        } else if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(parked))) {
            // Compiled code called, and what a panic carries may panic when it is dropped.
            std::mem::forget(another);
        }
    }
}

impl<P: Program> State for Memory<'_, P> {
    fn load_word(&mut self, index: i64) -> u64 {
        self.stack.index(index as usize)
    }

    fn store_word(&mut self, index: i64, bits: u64) {
        self.stack.set_index(index as usize, bits);
    }

    fn load(&mut self, address: u64, mem: Mem) -> u64 {
        // SAFETY: the recorder took every access from a typed load behind its guards, and the
        // optimiser keeps loads behind the guards that produce their address.
        unsafe { heap::read(address, mem) }
    }

    fn store(&mut self, address: u64, mem: Mem, bits: u64) {
        // SAFETY: as for `load`.
        unsafe { heap::write(address, mem, bits) }
    }

    fn call(&mut self, call: Call<'_>) -> Outcome {
        if call.helper == ANSWERED_TAG {
            return Outcome::Value(self.answered_tag as u64);
        }
        let shim = self.core.registry().shim(call.helper);
        let shim = shim.expect("every helper but one has a shim");
        let mut pc = 0;
        if let Some((base, at)) = call.from {
            self.stack.set_base(base as usize);
            pc = at;
        }
        let mut context = Context::new(self.core, &mut *self.host, &mut *self.stack, pc);
        let _held = (!call.roots.is_empty()).then(|| {
            let hold = |held: &mut Vec<u64>| held.extend_from_slice(call.roots);
            self.core.roots().hold(hold)
        });
        let called = catch_unwind(AssertUnwindSafe(|| shim(&mut context, call.args)));
        let lost = context.stack.lost();
        let parked = match called {
            Ok(called) => match called.outcome {
                Ok(outcome) => {
                    self.answered_tag = called.tag;
                    return outcome;
                }
                Err(error) => Parked::Error(error),
            },
            Err(panic) => Parked::Panic(panic),
        };
        // As in `park`.
        if self.parked.is_none() {
            self.parked = Some(parked);
            self.lost = lost;
        }
        Outcome::Error
    }

    fn has_room(&mut self, index: i64) -> bool {
        index <= self.stack.limit() as i64
    }

    fn force_exit(&mut self) -> bool {
        if self.period == 0 {
            return false;
        }
        self.guards += 1;
        self.guards.is_multiple_of(self.period)
    }

    fn poll(&mut self) -> bool {
        self.core.is_interrupted()
    }

    fn hardware(&mut self) -> Option<Hardware> {
        let (frame, bases) = self.stack.bounds();
        let interrupt = self.core.interrupt_word();
        // SAFETY: the stack's words outlive this state, have as many words behind the last base as
        // an operand can name, and only the stack writes link words; the interrupt word is the
        // core's. Only the core makes such a state, and hands it to its own graph, in which it
        // installs what its recorder made and nothing else.
        let hardware = unsafe { Hardware::new(frame, bases, interrupt) };
        // SAFETY: the entries are made for the memory of this core's program, which this is.
        #[cfg(feature = "native")]
        let hardware = unsafe { hardware.with_direct_calls(self.core.entries()) };
        Some(hardware)
    }
}
