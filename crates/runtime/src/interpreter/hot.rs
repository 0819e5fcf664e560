//! What a hot edge does: record, or enter what was recorded.
//!
//! An edge is hot when its counter has run out. It then enters the root that waits there, records one,
//! or waits for another while; and a trace that leaves through a hot exit records what follows it.
//! Nothing begins without the memory that it may need ([`Headroom`]).

use crate::checks;
use crate::core::Core;
use crate::graph::{Abort, Arrival, Ended, ExecutorRef, ExitRef, Leave, Recording};
use crate::headroom::Headroom;
use crate::language::fault::Fault;
use crate::language::kind::Pair;
use crate::language::phases::Flow;
use crate::language::program::{Frames, Program};
use crate::language::stack::Stack;
use crate::memory::{Memory, Parked};
use crate::recorder::{Arrived, Purpose, Reach, Recorder, Session};
use crate::shadow;
use offramp_uop::{Builder, Pc, Trace};
use std::panic::resume_unwind;

/// How a cold edge ended.
pub(crate) enum Hot<E> {
    Resume(Pc),
    Finished(Pair<u64>),
    Fault(Fault<E>),
}

impl<E> Hot<E> {
    /// After an instruction of `recorder` whose flow was `flow`: the one at `pc` if it ended the run, or
    /// else the program is at `pc`.
    fn after<P: Program<Error = E>>(recorder: &mut Recorder<'_, P>, flow: Flow, pc: Pc) -> Hot<E> {
        match flow {
            Flow::Finish => Hot::Finished(recorder.run.answer),
            Flow::Fail => Hot::Fault(failed(pc, recorder.run.error.take())),
            _ => Hot::Resume(pc),
        }
    }
}

/// What a recording came to: a trace, or why there is none and where it ended.
type Recorded = Result<Trace, (Abort, Ended)>;

/// What recording takes at most, in bytes: for each trace, and more for each uop it may have.
const RECORDING: usize = 1 << 20;
const RECORDED: usize = 256;

/// What optimising takes for each uop that was recorded.
const OPTIMISED: usize = 2 << 10;

/// Iterations of a root that are checked before it is entered.
const CHECKED: u32 = 8;

impl<P: Program> Core<P> {
    #[cold]
    #[inline(never)]
    pub(super) fn hot(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        arrival: Arrival,
        pc: Pc,
    ) -> Hot<P::Error> {
        let hot = self.follow_edge(host, stack, arrival, pc);
        self.tell();
        hot
    }

    /// What is to be done at an edge that is not cool.
    fn follow_edge(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        arrival: Arrival,
        pc: Pc,
    ) -> Hot<P::Error> {
        if self.is_interrupted() {
            self.interrupt().clear();
            self.edges().wait(pc, 1);
            return Hot::Fault(Fault::Interrupted { pc });
        }
        if self.edges().is_cool(pc) {
            return Hot::Resume(pc);
        }
        if let Some(root) = self.graph().root_at(pc) {
            self.edges().wait(pc, 1);
            if checks::COMPILED
                && self.graph().config().shadow
                && let Some(hot) = self.check_root(host, stack, root)
            {
                return hot;
            }
            return self.enter(host, stack, root);
        }
        let edges = self.graph().wait(pc, arrival);
        self.edges().wait(pc, edges.max(1));
        if edges > 0 {
            return Hot::Resume(pc);
        }
        let Some(recording) = self.graph().begin_root(pc) else {
            return Hot::Resume(pc);
        };
        let builder = Builder::new(format!("root {pc}"), pc, self.interface());
        self.record(host, stack, recording, builder)
    }

    /// Runs an iteration of `root` with its trace as a shadow, if it is still to be checked.
    #[cold]
    fn check_root(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        root: ExecutorRef,
    ) -> Option<Hot<P::Error>> {
        let pc = root.pc();
        let (trace, left) = self.checks().take(pc)?;
        let found = self.checks().count();
        // What an instruction does must not depend on whether it takes its general way.
        let purpose = match left.is_multiple_of(2) {
            true => Purpose::RecordContrary,
            false => Purpose::Record,
        };
        let hot = self.check(host, stack, &trace, purpose);
        let clean = self.checks().count() == found;
        if clean && left > 1 && self.graph().root_at(pc) == Some(root) {
            self.checks().wait(trace, left - 1);
        }
        Some(hot)
    }

    /// Runs one iteration with its trace as a shadow.
    fn check(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        trace: &Trace,
        purpose: Purpose,
    ) -> Hot<P::Error> {
        let builder = Builder::new("beside", trace.pc, self.interface());
        let mut real = Recorder::new(self, host, stack, builder, purpose);
        let _held = self.roots().hold_recording(&trace.refs);
        let (difference, flow, pc) = shadow::check(trace, &mut real);
        if let Some(difference) = difference {
            self.checks().find(difference);
        }
        Hot::after(&mut real, flow, pc)
    }

    fn enter(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        root: ExecutorRef,
    ) -> Hot<P::Error> {
        let base = stack.base() as i64;
        let mut memory = Memory::new(self, host, stack);
        let leave = self.graph().enter_untold(root, base, &mut memory);
        let (parked, lost) = (memory.parked.take(), memory.lost);
        let (Leave::Resume { base, .. }
        | Leave::StepFirst { base, .. }
        | Leave::Record { base, .. }
        | Leave::Error { base, .. }
        | Leave::Interrupt { base, .. }) = leave;
        stack.set_base(lost.unwrap_or(base as usize));
        if let Some(Parked::Panic(panic)) = parked {
            // What is to be told waits for the next occasion.
            resume_unwind(panic);
        }
        self.graph().tell();
        match leave {
            Leave::Resume { pc, .. } | Leave::StepFirst { pc, .. } => Hot::Resume(pc),
            Leave::Record { exit, pc, .. } => self.record_side(host, stack, exit, pc),
            // A poll that was made to leave, or a raise the next edge will see in full.
            Leave::Interrupt { pc, .. } if !self.is_interrupted() => Hot::Resume(pc),
            Leave::Interrupt { pc, .. } => {
                self.interrupt().clear();
                Hot::Fault(Fault::Interrupted { pc })
            }
            Leave::Error { pc, .. } => {
                let Some(Parked::Error(error)) = parked else {
                    unreachable!("a call that leaves by its error exit parks why")
                };
                Hot::Fault(Fault::Failed { pc, error })
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn record_side(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        exit: ExitRef,
        pc: Pc,
    ) -> Hot<P::Error> {
        let Some(recording) = self.graph().begin_side(exit) else {
            return Hot::Resume(pc);
        };
        let builder = self.graph().inherit(&recording, format!("side {pc}"));
        let builder =
            builder.unwrap_or_else(|| Builder::new(format!("return {pc}"), pc, self.interface()));
        self.record(host, stack, recording, builder)
    }

    #[cold]
    #[inline(never)]
    fn record(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        recording: Recording,
        builder: Builder,
    ) -> Hot<P::Error> {
        let most = RECORDED * self.graph().config().trace_length.min(1 << 14);
        if Headroom::hold(RECORDING + most).is_none() {
            let pc = recording.pc();
            self.graph().abandon_at(recording, Abort::Memory, pc);
            return Hot::Resume(pc);
        }
        let (trace, hot) = self.follow(host, stack, &recording, builder);
        let optimisable = |trace: Trace| match Headroom::hold(OPTIMISED * trace.uops.len()) {
            Some(_) => Ok(trace),
            None => Err((Abort::Memory, Ended::at(trace.pc, trace.uops.len()))),
        };
        match trace.and_then(optimisable) {
            Ok(trace) => {
                let inspected = self.inspector().borrow().is_some();
                let recorded = inspected.then(|| trace.clone());
                let shadow = checks::COMPILED && self.graph().config().shadow;
                if shadow && recording.exit().is_none() {
                    self.checks().wait(trace.clone(), CHECKED);
                }
                let live = Frames(self.program());
                let pc = trace.pc;
                match self.graph().finish_knowing(recording, trace, Some(&live)) {
                    Ok(executor) => {
                        let installed = self.graph().executor_info(executor);
                        if let (Some(recorded), Some(installed)) = (recorded, installed)
                            && let Some(inspector) = &mut *self.inspector().borrow_mut()
                        {
                            inspector(&recorded, &installed, self.executors());
                        }
                    }
                    Err(error) => {
                        let place = self.program().name_of(pc);
                        tracing::debug!(%error, %place, "a recorded trace was refused");
                    }
                }
            }
            Err((reason, ended)) => self.graph().abandon_after(recording, reason, ended),
        }
        hot
    }

    /// Executes and records until the trace ends, and where the program is then.
    fn follow(
        &self,
        host: &mut P::Host,
        stack: &mut Stack<P::Layout>,
        recording: &Recording,
        mut builder: Builder,
    ) -> (Recorded, Hot<P::Error>) {
        let config = self.graph().config();
        builder.set_interface(self.interface());
        let mut pc = recording.pc();
        let reach = Reach::of(&config).after(self.graph().failures_at(pc));
        let mut session = Session::new(pc, recording.exit().is_some(), reach);
        let _held = self.roots().hold_recording(&builder.trace().refs);
        let mut recorder = Recorder::new(self, host, stack, builder, Purpose::Record);
        recorder.executor = Some(recording.executor());
        recorder.log.get_mut().leaves_reach = session.leaves_reach();
        loop {
            self.count_executed();
            self.count_recorded();
            let flow = recorder.step(pc);
            let next = flow.next(pc);
            let hot = match flow {
                Flow::Finish | Flow::Fail => Hot::after(&mut recorder, flow, pc),
                _ => Hot::Resume(next),
            };
            let log = recorder.log.get_mut();
            let has_root = |pc| self.graph().ends_recordings_at(pc);
            let pass = |next| self.graph().pass(pc, next);
            let arrived = match self.is_interrupted() {
                true => Arrived::Abort(Abort::Interrupt),
                false => session.arrive(log, flow, next, has_root, pass),
            };
            let log = match arrived {
                Arrived::Continue => {
                    pc = next;
                    continue;
                }
                Arrived::Abort(reason) => {
                    let ended = Ended {
                        inner: (reason == Abort::InnerLoop).then_some(next),
                        ..Ended::at(pc, log.uops())
                    };
                    return (Err((reason, ended)), hot);
                }
                _ => recorder.log.into_inner(),
            };
            let recorded = log.uops();
            let uops = match arrived {
                Arrived::ExitBefore => log.uops_before(),
                Arrived::Join => log.uops_before_join(),
                _ => usize::MAX,
            };
            self.graph()
                .keep_dependencies(recording, &log.dependencies(uops));
            let trace = match arrived {
                Arrived::Loop => log.finish_loop(),
                Arrived::Return => log.finish_return(),
                Arrived::Call => log.finish_call(),
                Arrived::Switch => log.finish_exit(pc + 1),
                Arrived::ExitBefore => log.finish_before(),
                Arrived::Join => {
                    self.graph().ends_at_join(recording);
                    log.finish_at_join()
                }
                _ => log.finish_exit(next),
            };
            let ended = |reason| (reason, Ended::at(pc, recorded));
            return (trace.map_err(ended), hot);
        }
    }
}

/// The instruction at `pc` failed.
#[cold]
pub(super) fn failed<E>(pc: Pc, error: Option<E>) -> Fault<E> {
    let error = error.expect("an instruction fails by `fail`, which keeps why");
    Fault::Failed { pc, error }
}
