//! How much of the native stack is left, and who must not start without enough.
//!
//! A helper may run the program, whose helpers may run it again: that recursion is on the native
//! stack, where running out ends the process. So a run that begins inside another, of the same
//! interpreter or of another one, begins only if [`Config::native_stack`] bytes are left. Counting
//! the nested runs instead would be wrong on every thread whose stack is smaller or whose helpers
//! are larger than the count assumed.
//!
//! Compiling needs more than an interpreter's run, so where little is left it gets a stack of its
//! own ([`with_enough`]): whether a trace is made does not depend on the thread's stack. Such stacks
//! do not nest without end either.
//!
//! Not here: recursion of the host's own functions without a run in between.
//!
//! [`Config::native_stack`]: crate::Config::native_stack

use std::cell::Cell;

/// What is left at least, even where less is asked for: the loop of an interpreter needs as much.
const LEAST: usize = 64 << 10;
/// With less than this a compilation moves to a stack of its own.
const COMPILING: usize = 256 << 10;
/// The size of that stack.
const COMPILING_STACK: usize = 1 << 20;
/// How many such stacks there may be within one another, because of host code that the optimiser asks
/// ([`Program::is_live`](crate::Program::is_live)) and that runs a program.
const NESTED: u32 = 4;

thread_local! {
    /// Runs under way on this thread, of all interpreters.
    static RUNS: Cell<u32> = const { Cell::new(0) };
    /// Compilations under way on this thread that got a stack of their own.
    static OWN: Cell<u32> = const { Cell::new(0) };
}

/// A run under way on this thread.
#[derive(Debug)]
pub(crate) struct Running(());

impl Running {
    /// Notes a run that begins; if it is inside another and fewer than `reserve` bytes of the native
    /// stack are left, how many there are.
    #[inline]
    pub(crate) fn begin(reserve: usize) -> Result<Running, usize> {
        let outer = RUNS.get();
        if outer > 0 {
            // Where the system does not tell, there is nothing to compare with.
            let left = stacker::remaining_stack().unwrap_or(usize::MAX);
            if left < reserve.max(LEAST) || OWN.get() >= NESTED {
                return Err(left);
            }
        }
        RUNS.set(outer + 1);
        Ok(Running(()))
    }
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        RUNS.set(RUNS.get() - 1);
    }
}

/// Runs `compile` with stack enough for the optimiser and Cranelift.
pub(crate) fn with_enough<R>(compile: impl FnOnce() -> R) -> R {
    struct Own;
    impl Drop for Own {
        fn drop(&mut self) {
            OWN.set(OWN.get() - 1);
        }
    }
    if stacker::remaining_stack().is_some_and(|left| left >= COMPILING) {
        return compile();
    }
    stacker::grow(COMPILING_STACK, || {
        OWN.set(OWN.get() + 1);
        let _own = Own;
        compile()
    })
}
