//! From a recorded trace to a live executor in its place.
//!
//! Everything that may refuse (verifier, limits, back end, the check against the exit that asked)
//! comes before the first change, so a refusal leaves nothing behind but its count and a backoff.

use super::Backend;
use super::abort::Abort;
use super::backend::CompileError;
use super::event::{Event, Invalidation};
use super::executor::Role;
use super::exit_record::ExitStatus;
use super::handle::{ExecutorRef, ExitRef, Origin};
use super::link::LinkError;
use super::progress::Progress;
use super::recording::Pending;
use super::store::Store;
use offramp_uop::evaluate::Entry;
use offramp_uop::optimise::{Liveness, Options, optimise};
use offramp_uop::verify::{VerifyErrors, verify, verify_knowing, verify_recorded};
use offramp_uop::{ExitId, ExitState, Op, Pc, Trace};
use std::sync::Arc;
use std::time::Instant;

/// Why a trace did not become an executor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The recording is not the pending one; it was ended before.
    #[error("the recording had ended before")]
    Ended,
    /// The executor whose exit was recorded was invalidated meanwhile.
    #[error("the parent was invalidated meanwhile")]
    ParentGone,
    /// Something the trace depends on was invalidated meanwhile.
    #[error("a dependency was invalidated meanwhile")]
    Stale,
    /// The trace starts elsewhere than the recording.
    #[error("the trace starts at instruction {found}, the recording at {wanted}")]
    Place {
        /// Where the recording began.
        wanted: Pc,
        /// Where the trace starts.
        found: Pc,
    },
    /// The verifier refused the trace, as it came or as it was optimised.
    #[error("the trace is malformed")]
    Malformed(#[from] Box<VerifyErrors>),
    /// The trace can leave only before it has done anything.
    #[error("the trace ends before an instruction has committed")]
    NoProgress,
    /// The loop does not poll.
    #[error("the loop cannot be interrupted: it does not poll")]
    NoPoll,
    /// More exits than a trace may have.
    #[error("{found} exits, at most {limit} are allowed")]
    Exits {
        /// How many it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
    /// There are as many executors as there may be.
    #[error("{limit} executors exist, no more are allowed")]
    Executors {
        /// How many there may be.
        limit: usize,
    },
    /// The code budget is used up.
    #[error("{bytes} bytes of code would exceed the budget of {limit}")]
    CodeBytes {
        /// What the trace needs.
        bytes: usize,
        /// The budget.
        limit: usize,
    },
    /// A root that takes something over from nobody.
    #[error("a root's entry signature must be empty")]
    NotARoot,
    /// The trace does not fit the exit that asked for it.
    #[error("the trace does not fit its exit")]
    Link(#[from] LinkError),
    /// The back end could not make it runnable.
    #[error("the trace could not be compiled")]
    Compile(#[from] CompileError),
}

impl InstallError {
    /// The reason it is counted under.
    pub fn abort(&self) -> Abort {
        match self {
            InstallError::Ended => Abort::Dropped,
            InstallError::ParentGone => Abort::ParentGone,
            InstallError::Stale => Abort::Stale,
            InstallError::Malformed(_) => Abort::Malformed,
            InstallError::NoProgress => Abort::NoProgress,
            InstallError::NoPoll => Abort::Malformed,
            InstallError::Exits { .. } => Abort::ExitLimit,
            InstallError::Executors { .. } | InstallError::CodeBytes { .. } => Abort::Capacity,
            InstallError::Place { .. } | InstallError::NotARoot | InstallError::Link(_) => {
                Abort::Disagrees
            }
            InstallError::Compile(_) => Abort::Compile,
        }
    }
}

impl Store {
    /// Installs `trace` for the recording `pending` and links the exit that asked.
    pub(super) fn install(
        &mut self,
        pending: Pending,
        trace: Trace,
        live: Option<&dyn Liveness>,
        backend: &dyn Backend,
    ) -> Result<ExecutorRef, InstallError> {
        match self.prepare(&pending, trace, live, backend) {
            Ok(prepared) => Ok(self.put_in_place(pending, prepared)),
            Err(error) => {
                self.fail(&pending, error.abort());
                Err(error)
            }
        }
    }

    /// Everything that may refuse.
    fn prepare(
        &mut self,
        pending: &Pending,
        trace: Trace,
        live: Option<&dyn Liveness>,
        backend: &dyn Backend,
    ) -> Result<Prepared, InstallError> {
        match pending.stale {
            Some(Abort::ParentGone) => return Err(InstallError::ParentGone),
            Some(_) => return Err(InstallError::Stale),
            None => {}
        }
        let wanted = pending.executor.pc;
        if trace.pc != wanted {
            return Err(InstallError::Place {
                wanted,
                found: trace.pc,
            });
        }
        let side = pending.exit.filter(|exit| exit.owner().is_some());
        match side {
            Some(exit) => self.fits_parent(exit, &trace)?,
            None if !trace.entry.is_empty() => return Err(InstallError::NotARoot),
            None => {}
        }
        let recorded = recorded_size(&trace);
        let begin = Instant::now();
        let trace = self.improve(trace, live)?;
        self.stats.optimise_time += begin.elapsed();
        let progress = Progress::of(&trace);
        if !progress.advances() {
            return Err(InstallError::NoProgress);
        }
        if !progress.is_interruptible() {
            return Err(InstallError::NoPoll);
        }
        let (found, limit) = (trace.exits.len(), self.config.trace_exits);
        if found > limit {
            return Err(InstallError::Exits { found, limit });
        }
        let trace = Arc::new(trace);
        let code = self.compile(&trace, pending.executor, side, backend)?;
        self.stats.uops_recorded += recorded.0;
        self.stats.instructions_recorded += recorded.1;
        match side {
            Some(_) => self.stats.sides += 1,
            None => self.stats.roots += 1,
        }
        let role = side.map_or(Role::Root, Role::Side);
        let birth = self.birth();
        let depth = side.map_or(0, |exit| self.depth_behind(exit));
        Ok(Prepared {
            executor: self.new_executor(birth, role, depth, trace, code, progress),
        })
    }

    /// The trace as it will run.
    ///
    /// A trace in recorded form is held to what recorders must keep to and optimised; one that has
    /// something pending already was optimised by whoever made it.
    fn improve(&self, trace: Trace, live: Option<&dyn Liveness>) -> Result<Trace, InstallError> {
        let in_memory = |exit: &ExitState| exit.words.is_empty() && exit.contract.is_none();
        let recorded = trace.exits.iter().all(in_memory) && trace.header_params().next().is_none();
        if !recorded || !self.config.optimise {
            verify(&trace).map_err(Box::new)?;
            return Ok(trace);
        }
        verify_recorded(&trace).map_err(Box::new)?;
        let improved = self.optimise_towards_headers(&trace, live);
        if self.config.verify {
            verify_knowing(&improved, live).map_err(Box::new)?;
        }
        Ok(improved)
    }

    /// Optimises `trace`; where it ends at the header of a live loop, so that it goes back there
    /// with values in registers. Of several loops at one instruction the first takes it that can.
    fn optimise_towards_headers(&self, trace: &Trace, live: Option<&dyn Liveness>) -> Trace {
        let end = trace.uops.iter().rev().find(|uop| uop.op == Op::Exit);
        let target = end
            .and_then(|uop| uop.exit)
            .map(|exit| trace.exit(exit).target);
        let anchor = target.and_then(|pc| self.anchors.get(pc));
        for header in anchor.into_iter().flat_map(|anchor| &anchor.headers) {
            let Some(looping) = self.executors.get(*header) else {
                continue;
            };
            let options = Options {
                reenter: Some(&looping.trace),
                live,
                ..Options::default()
            };
            let improved = optimise(trace, &options).trace;
            let signature = looping.header.as_ref();
            let reenters = |exit: &ExitState| {
                Some(exit.target) == target
                    && signature.is_some_and(|it| exit.agrees(&improved, it).is_ok())
            };
            if improved.exits.iter().any(reenters) {
                return improved;
            }
        }
        let options = Options {
            live,
            ..Options::default()
        };
        optimise(trace, &options).trace
    }

    fn fits_parent(&self, exit: ExitRef, trace: &Trace) -> Result<(), InstallError> {
        let Origin::Exit(owner, id) = exit.0 else {
            return Ok(());
        };
        let parent = self.live(owner).map_err(|_| InstallError::ParentGone)?;
        let agrees = parent.trace.exit(id).agrees(&parent.trace, &trace.entry);
        Ok(agrees.map_err(LinkError::from)?)
    }

    /// The chain depth of a side trace behind `exit`.
    pub(super) fn depth_behind(&self, exit: ExitRef) -> u16 {
        let owner = exit.owner().and_then(|owner| self.executors.get(owner));
        owner.map_or(0, |owner| owner.depth.saturating_add(1))
    }

    /// Nothing here can refuse.
    fn put_in_place(&mut self, pending: Pending, prepared: Prepared) -> ExecutorRef {
        let executor = pending.executor;
        let mut made = prepared.executor;
        made.dependencies = pending.dependencies.into();
        let (trace, is_root) = (made.trace.clone(), made.role == Role::Root);
        let open_header = made.header.is_some();
        self.executors.fill(executor, made);
        self.tell(Event::Compiled {
            executor,
            uops: trace.uops.len(),
            adapter: false,
        });
        if is_root {
            self.replace_root(trace.pc);
        }
        self.list(executor, is_root);
        if let (Some(header), true) = (&trace.header, open_header) {
            self.anchors.get_mut(header.pc).headers.push(executor);
        }
        if let Some(exit) = pending.exit {
            self.answer(exit, executor);
        }
        self.link_known_targets(executor, &trace);
        self.since_sweep += 1;
        if self.config.sweep_every > 0 && self.since_sweep >= self.config.sweep_every {
            self.sweep();
        }
        executor
    }

    /// Notes the executor at its anchor: roots first, as the interpreter must meet the root
    /// before the side traces that hang on its early exits.
    fn list(&mut self, executor: ExecutorRef, is_root: bool) {
        let anchor = self.anchors.get_mut(executor.pc);
        anchor.failures = 0;
        match is_root {
            true => anchor.starts.insert(0, executor),
            false => anchor.starts.push(executor),
        }
    }

    fn replace_root(&mut self, pc: Pc) {
        let known = self.anchors.get(pc).map(|anchor| anchor.starts.clone());
        for old in known.unwrap_or_default() {
            if self
                .executors
                .get(old)
                .is_some_and(|old| old.role == Role::Root)
            {
                self.invalidate(old, Invalidation::Replaced);
            }
        }
    }

    /// Links the exit that asked for `executor`.
    fn answer(&mut self, exit: ExitRef, executor: ExecutorRef) {
        let counter = self.exit_counter();
        if let Some(record) = self.record_mut(exit) {
            record.status = ExitStatus::Cold;
            record.failures = 0;
            record.temperature = counter;
        }
        let linked = self.link(exit, executor, Entry::Start);
        debug_assert!(linked.is_ok(), "{exit} was checked: {linked:?}");
    }

    /// A trace that ends at a known executor, or was made to re-enter a header, is linked there
    /// beforehand.
    fn link_known_targets(&mut self, executor: ExecutorRef, trace: &Trace) {
        let end = trace.uops.iter().rev().find(|uop| uop.op == Op::Exit);
        let end = end.and_then(|uop| uop.exit);
        let made_for_headers = trace.exits.iter().enumerate();
        let made_for_headers = made_for_headers
            .filter(|(_, state)| state.contract.is_some())
            .map(|(index, _)| ExitId(index as u32));
        let mut exits: Vec<ExitId> = made_for_headers.chain(end).collect();
        exits.dedup();
        for exit in exits.into_iter().map(|exit| executor.exit(exit)) {
            if let Some((target, entry)) = self.find_entry(exit) {
                // A refusal here costs nothing: the first cold exit tries again.
                let _ = self.link(exit, target, entry);
            }
        }
    }
}

/// Uops and instructions of a trace as it was recorded.
fn recorded_size(trace: &Trace) -> (u64, u64) {
    let instructions = trace.uops.iter().filter(|uop| uop.op == Op::At).count();
    (trace.uops.len() as u64, instructions as u64)
}

struct Prepared {
    executor: super::executor::Executor,
}
