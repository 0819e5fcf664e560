//! [`Context`]: what a helper works on, and how it runs the program.

use crate::core::Core;
use crate::graph::Dependency;
use crate::language::allowed::Allowed;
use crate::language::fault::{At, Fault};
use crate::language::kind::Returns;
use crate::language::layout::Layout;
use crate::language::program::Program;
use crate::language::stack::Stack;
use crate::language::stack_mut::StackMut;
use offramp_uop::Pc;
use offramp_uop::evaluate::Outcome;
use std::fmt;
use std::sync::Arc;

/// How traces that run on the evaluator call a helper.
pub(crate) type Shim<P> =
    Arc<dyn Fn(&mut Context<'_, P>, &[u64]) -> Returned<<P as Program>::Error> + Send + Sync>;

/// What a call from a trace returns, and the tag of its answer if it is tagged.
pub(crate) struct Returned<E> {
    pub(crate) outcome: Result<Outcome, E>,
    pub(crate) tag: i64,
}

/// What an [`Act`](crate::Act) works on.
pub struct Context<'a, P: Program> {
    /// The host's state.
    pub host: &'a mut P::Host,
    /// The stack, its base at the running frame.
    pub stack: StackMut<'a, P::Layout>,
    pub(crate) core: &'a Core<P>,
    pub(crate) pc: Pc,
}

impl<'a, P: Program> Context<'a, P> {
    /// What a helper works on that is called from `pc`: [`Act::perform`](crate::Act) says which.
    #[inline(always)]
    pub(crate) fn new(
        core: &'a Core<P>,
        host: &'a mut P::Host,
        stack: &'a mut Stack<P::Layout>,
        pc: Pc,
    ) -> Context<'a, P> {
        Context {
            host,
            stack: StackMut::new(stack),
            core,
            pc,
        }
    }

    /// The instruction that calls.
    pub fn pc(&self) -> Pc {
        self.pc
    }

    /// The program.
    pub fn program(&self) -> &'a P {
        self.core.program()
    }

    /// Invalidates the traces that [depend on](crate::Machine::depends_on) `key`, at once, and the
    /// recording under way if it does; how many that were. Costs what depends on it.
    ///
    /// No trace is entered any more that depends on it. One that runs, here or further out, leaves at
    /// the next instruction that says so. To be called after the change, or before: no instruction
    /// runs in between.
    ///
    /// Every helper may, whatever it declares.
    pub fn invalidate(&mut self, key: Dependency) -> usize {
        self.core.invalidate_dependency(key)
    }

    /// The addresses of objects that are in use besides those in frame words and in the host's
    /// own places: roots for the host's collector. An address may occur more than once.
    ///
    /// A helper that declares [`collects`](crate::Effects::collects) (or the default, which implies it)
    /// may free every object that is reached neither from here nor from frame words. It finds
    /// - in frame words, up to the end of the running frame and in all frames below it, what the
    ///   plain interpreter would have there: traces have stored everything, the frame links and
    ///   the base included, whatever they were inlining;
    /// - here the arguments of this call and of every helper that waits for a nested
    ///   [`run`](Context::run) to end; what traces need after their calls, all of those that wait
    ///   included; the reference constants of all traces, and of the recording under way.
    ///
    /// What an instruction holds across its own call besides the arguments is the program's to
    /// keep in a frame word. Objects do not move. Words above the end of the running frame hold
    /// whatever was left there, also what has been freed since; the collector may overwrite them,
    /// all other words only if the helper declares
    /// [`writes_frames`](crate::Effects::writes_frames).
    ///
    /// Between runs, the constants of traces are all there is:
    /// [`Executors::references`](crate::inspect::Executors::references).
    ///
    /// # Panics
    /// If the helper does not declare that it collects.
    pub fn roots(&self) -> Vec<u64> {
        self.stack
            .require(Allowed::COLLECTING, "asks for roots", "collects");
        self.core.all_roots()
    }

    /// Runs the program from `pc` in a frame `window` words above the running one until it
    /// finishes or fails, and comes back to the running frame.
    ///
    /// A panic in the nested run comes out of this; a helper that catches it goes on in its own frame.
    ///
    /// # Errors
    /// What the nested run failed with, that there is no room for its frame, or that too little of the
    /// native stack is left ([`Fault::NativeStack`]).
    ///
    /// # Panics
    /// If the helper does not declare [`reenters`](crate::Effects::reenters).
    pub fn run(&mut self, window: u16, pc: Pc) -> Result<P::Answer, Fault<P::Error>>
    where
        P::Answer: Returns,
    {
        self.run_handling(window, pc, |_, fault| Err(fault))
    }

    /// As [`run`](Context::run), and where the nested run ends with a fault `handle` says how it goes
    /// on: a language whose programs catch errors takes frames off down to the one that catches, and
    /// resumes there.
    ///
    /// The handler's context is at the instruction of the fault, its stack at the frame of that. It may
    /// take off every frame down to the nested run's first, and push others; it goes on where it leaves
    /// the base. It may also try the instruction [once more](Context::step).
    ///
    /// # Errors
    /// What the handler fails with, or what [`run`](Context::run) does before anything has run.
    ///
    /// # Panics
    /// As [`run`](Context::run).
    pub fn run_handling(
        &mut self,
        window: u16,
        pc: Pc,
        mut handle: impl FnMut(
            &mut Context<'_, P>,
            Fault<P::Error>,
        ) -> Result<At<P::Answer>, Fault<P::Error>>,
    ) -> Result<P::Answer, Fault<P::Error>>
    where
        P::Answer: Returns,
    {
        self.stack
            .require(Allowed::RUNNING, "runs the program", "reenters");
        let (core, helper) = (self.core, self.stack.helper());
        let stack = self.stack.lend();
        let base = stack.base();
        if !stack.push_unlinked(window) {
            return Err(Fault::StackOverflow { pc: self.pc });
        }
        let back = Back { stack, base };
        let mut next = pc;
        loop {
            let fault = match core.nested(self.host, back.stack, next) {
                Err(fault) if !matches!(fault, Fault::NativeStack { .. }) => fault,
                ran => return ran,
            };
            let mut context = Context::new(core, self.host, back.stack, fault.pc());
            context.stack.begin(helper, Allowed::HANDLING);
            let handled = handle(&mut context, fault)?;
            context.stack.stay();
            match handled {
                At::Resume(pc) => next = pc,
                At::Finished(answer) => return Ok(answer),
            }
        }
    }

    /// Executes the instruction at `pc` and no other in the running frame, and never a trace: for
    /// handlers of [`run_handling`](Context::run_handling) that have made room for what failed.
    ///
    /// # Errors
    /// What the instruction fails with.
    ///
    /// # Panics
    /// If it is not called by such a handler.
    pub fn step(&mut self, pc: Pc) -> Result<At<P::Answer>, Fault<P::Error>>
    where
        P::Answer: Returns,
    {
        self.stack.require(
            Allowed::STEPPING,
            "executes an instruction",
            "a handler of faults",
        );
        let stepped = self.core.nested_step(self.host, self.stack.lend(), pc);
        // The instruction may have returned from the frame of the fault.
        self.stack.stay();
        stepped
    }
}

/// Puts the base back when a nested run is over, also by a panic: the helper may catch that.
struct Back<'a, L: Layout> {
    stack: &'a mut Stack<L>,
    base: usize,
}

impl<L: Layout> Drop for Back<'_, L> {
    fn drop(&mut self) {
        self.stack.set_base(self.base);
    }
}

impl<P: Program> fmt::Debug for Context<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("pc", &self.pc)
            .finish_non_exhaustive()
    }
}
