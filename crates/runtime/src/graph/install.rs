//! From a recorded trace to a live executor in its place.
//!
//! Everything that may refuse (verifier, limits, back end, the check against the exit that asked)
//! or panic (the host, asked what is live) comes before the first change, so a refusal leaves nothing
//! behind but its count and a backoff.

use super::Backend;
use super::abort::Abort;
use super::anchor::Rank;
use super::backend::CompileError;
use super::backoff::Backoff;
use super::config::Prove;
use super::event::{Event, Invalidation};
use super::executor::{Birth, Executor, Role};
use super::exit_record::ExitStatus;
use super::handle::{ExecutorRef, ExitRef, Origin};
use super::join::{JoinEnd, Middles};
use super::link::LinkError;
use super::progress::Progress;
use super::proving::{Made, proved};
use super::recording::{Pending, Recording};
use super::store::{Store, last_exit};
use crate::native_stack::with_enough;
use offramp_uop::evaluate::Entry;
use offramp_uop::optimise::{Liveness, Options, Pass, Passes, optimise};
use offramp_uop::proof::Unproved;
use offramp_uop::verify::{VerifyErrors, verify, verify_knowing, verify_recorded};
use offramp_uop::{EntrySignature, ExitId, ExitState, Op, Pc, Trace};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// Compiling it costs more than the [account](super::Config::compile_burst) covers.
    #[error("a trace of some {uops} uops is too dear for what the program has done so far")]
    Cost {
        /// Uops that are likely to be left of it.
        uops: u32,
    },
    /// A root that takes something over from nobody.
    #[error("a root's entry signature must be empty")]
    NotARoot,
    /// The trace does not fit the exit that asked for it.
    #[error("the trace does not fit its exit")]
    Link(#[from] LinkError),
    /// It could not be proved to do what its recording does, not even without optimisations.
    #[error("the trace could not be proved")]
    Unproved(#[from] Box<Unproved>),
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
            InstallError::Unproved(_) => Abort::Unproved,
            InstallError::NoPoll => Abort::Malformed,
            InstallError::Exits { .. } => Abort::ExitLimit,
            InstallError::Executors { .. } | InstallError::CodeBytes { .. } => Abort::Capacity,
            InstallError::Cost { .. } => Abort::Cost,
            InstallError::Place { .. } | InstallError::NotARoot | InstallError::Link(_) => {
                Abort::Disagrees
            }
            InstallError::Compile(CompileError::Memory) => Abort::Memory,
            InstallError::Compile(_) => Abort::Compile,
        }
    }
}

/// What optimising a trace needs of the graph. The host is asked what is live while that goes on, so
/// the graph is not borrowed then.
pub(super) struct Improver {
    optimise: bool,
    verify: bool,
    prove: Prove,
    /// As many exits as the trace may have.
    exits: usize,
    /// Live loops at the instruction where the trace ends, with their headers' signatures.
    headers: Vec<(Arc<Trace>, Option<EntrySignature>)>,
    /// The entries in the middle there, if that is where paths join.
    middles: Option<Middles>,
}

/// A trace as it will run.
pub(super) struct Improved {
    trace: Trace,
    /// Whether it was proved, if that was asked for.
    proved: Option<Result<(), Unproved>>,
    /// How it ends where paths join.
    join_end: Option<JoinEnd>,
    /// Uops and instructions as it was recorded.
    recorded: (u64, u64),
    took: Duration,
}

impl Improver {
    /// The trace as it will run.
    ///
    /// A trace in recorded form is held to what recorders must keep to and optimised; one that has
    /// something pending already was optimised by whoever made it.
    pub(super) fn improve(
        &self,
        trace: Trace,
        live: Option<&dyn Liveness>,
    ) -> Result<Improved, InstallError> {
        let begin = Instant::now();
        let recorded = recorded_size(&trace);
        let Made { trace, proved } = with_enough(|| self.optimised(trace, live))?;
        let middles = self.middles.as_ref();
        let join_end = middles.and_then(|middles| middles.end_of(&trace));
        let took = begin.elapsed();
        Ok(Improved {
            trace,
            proved,
            join_end,
            recorded,
            took,
        })
    }

    fn optimised(&self, trace: Trace, live: Option<&dyn Liveness>) -> Result<Made, InstallError> {
        let in_memory = |exit: &ExitState| exit.words.is_empty() && exit.contract.is_none();
        let recorded = trace.exits.iter().all(in_memory) && trace.header_params().next().is_none();
        if !recorded || !self.optimise {
            verify(&trace).map_err(Box::new)?;
            return Ok(Made::unasked(trace));
        }
        verify_recorded(&trace).map_err(Box::new)?;
        let improved = self.optimise_towards_headers(&trace, live)?;
        if self.verify {
            verify_knowing(&improved.trace, live).map_err(Box::new)?;
        }
        Ok(improved)
    }

    /// Optimises `trace`; where it ends at the header of a live loop, so that it goes back there
    /// with values in registers. Of several loops at one instruction the first takes it that can.
    fn optimise_towards_headers(
        &self,
        trace: &Trace,
        live: Option<&dyn Liveness>,
    ) -> Result<Made, InstallError> {
        let fits = |improved: &Trace| improved.exits.len() <= self.exits;
        if let Some(middles) = &self.middles {
            let options = Options {
                join: Some(middles.join()),
                live,
                ..Options::default()
            };
            let improved = optimise(trace, &options);
            if fits(&improved.trace) {
                return proved(self.prove, trace, improved, &options);
            }
        }
        let target = end_of(trace);
        for (looping, signature) in &self.headers {
            let options = Options {
                reenter: Some(looping),
                live,
                ..Options::default()
            };
            let improved = optimise(trace, &options);
            let reenters = |exit: &ExitState| {
                Some(exit.target) == target
                    && signature
                        .as_ref()
                        .is_some_and(|it| exit.agrees(&improved.trace, it).is_ok())
            };
            if improved.trace.exits.iter().any(reenters) && fits(&improved.trace) {
                return proved(self.prove, trace, improved, &options);
            }
        }
        // A loop's copied iteration has exits of its own: what the recorder kept within the limit may be
        // beyond it then, and is compiled without the copy. As it was recorded it fits.
        for passes in [Passes::ALL, Passes::ALL.without(Pass::Peel), Passes::NONE] {
            let options = Options {
                passes,
                live,
                ..Options::default()
            };
            let improved = optimise(trace, &options);
            if fits(&improved.trace) {
                return proved(self.prove, trace, improved, &options);
            }
        }
        Ok(Made::unasked(trace.clone()))
    }
}

/// The instruction that the trace's last exit leads to.
fn end_of(trace: &Trace) -> Option<Pc> {
    Some(trace.exit(last_exit(trace)?).target)
}

impl Store {
    /// Whether `trace` may be installed for `recording`, as far as that can be said before it is
    /// optimised.
    pub(super) fn admit(
        &mut self,
        recording: &Recording,
        trace: &Trace,
    ) -> Result<Improver, InstallError> {
        let pending = self.wanted(recording)?;
        let wanted = pending.executor.pc;
        if trace.pc != wanted {
            return Err(InstallError::Place {
                wanted,
                found: trace.pc,
            });
        }
        match pending.side() {
            Some(exit) => self.fits_parent(exit, trace)?,
            None if !trace.entry.is_empty() => return Err(InstallError::NotARoot),
            None => {}
        }
        if pending.exit.is_none() {
            let instructions = trace.uops.iter().filter(|uop| uop.op == Op::At).count();
            let anchor = self.anchors.get_mut(wanted);
            anchor.round = anchor.round.max(instructions as u32);
        }
        let pending = self.wanted(recording)?;
        let uops = trace.uops.len();
        if !self.affords_recorded(uops, pending.exit) {
            self.account.refused(uops);
            return Err(InstallError::Cost {
                uops: self.likely(uops),
            });
        }
        let end = end_of(trace);
        let at_join = end.filter(|_| pending.ends_at_join);
        let anchor = end.and_then(|pc| self.anchors.get(pc));
        let headers = anchor.into_iter().flat_map(|anchor| anchor.headers.iter());
        let headers = headers.filter_map(|header| self.executors.get(header));
        let headers = headers.map(|looping| (looping.trace.clone(), looping.header.clone()));
        Ok(Improver {
            optimise: self.config.optimise,
            verify: self.config.verify,
            prove: self.config.prove,
            exits: self.config.trace_exits,
            headers: headers.collect(),
            middles: at_join.map(|pc| self.middles_at(pc, pending.side())),
        })
    }

    /// The pending recording behind `ticket`, if its result can still be used.
    fn wanted(&self, ticket: &Recording) -> Result<&Pending, InstallError> {
        let pending = self.pending.as_ref().ok_or(InstallError::Ended)?;
        if pending.executor != ticket.executor() {
            return Err(InstallError::Ended);
        }
        match pending.stale {
            Some(Abort::ParentGone) => Err(InstallError::ParentGone),
            Some(_) => Err(InstallError::Stale),
            None => Ok(pending),
        }
    }

    /// Installs what was made of the trace of `recording` and links the exit that asked.
    pub(super) fn install(
        &mut self,
        recording: &Recording,
        mut improved: Improved,
        backend: &dyn Backend,
    ) -> Result<ExecutorRef, InstallError> {
        self.stats.optimise_time += improved.took;
        if let Some(proved) = improved.proved.take() {
            let pc = improved.trace.pc;
            self.stats.count_proof(pc, proved);
        }
        // The recording stays pending until nothing can refuse or panic any more.
        let prepared = self.prepare(recording, improved, backend)?;
        let pending = self.take(recording).ok_or(InstallError::Ended)?;
        Ok(self.put_in_place(pending, prepared))
    }

    /// Everything else that may refuse.
    fn prepare(
        &mut self,
        recording: &Recording,
        improved: Improved,
        backend: &dyn Backend,
    ) -> Result<Prepared, InstallError> {
        let pending = self.wanted(recording)?;
        let (executor, side) = (pending.executor, pending.side());
        let Improved {
            trace,
            recorded,
            join_end,
            ..
        } = improved;
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
        let onward = join_end.as_ref().map(|end| end.takes.clone());
        let onward = onward.or_else(|| self.header_onward(&trace));
        self.room_to_compile(trace.uops.len(), side)?;
        let code = self.compile(&trace, executor, side, onward.as_ref(), backend)?;
        self.room_for(code.bytes(), side)?;
        self.stats.uops_recorded += recorded.0;
        self.stats.instructions_recorded += recorded.1;
        match side {
            Some(_) => self.stats.sides += 1,
            None => self.stats.roots += 1,
        }
        let role = side.map_or(Role::Root, Role::Side);
        let birth = self.birth();
        let depth = side.map_or(0, |exit| self.depth_behind(exit));
        let in_middle = side.is_some_and(|exit| self.handed_over(exit).is_some());
        let mut executor = self.new_executor(executor, birth, role, depth, trace, code, progress);
        if let Some(end) = &join_end {
            let hot = self.config.hot_join.min(self.config.hot_exit);
            executor.exits[end.exit.index()].set_temperature(Backoff::new(hot));
        }
        executor.join_end = join_end;
        executor.in_middle = in_middle;
        self.stats.middles += u64::from(in_middle);
        Ok(Prepared { executor })
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
        // What an entry in the middle follows turned out as it was before.
        let least = match self.handed_over(exit) {
            Some(_) => 0,
            None => u16::MAX,
        };
        owner.map_or(0, |owner| owner.depth.min(least).saturating_add(1))
    }

    /// Nothing here can refuse.
    fn put_in_place(&mut self, pending: Pending, prepared: Prepared) -> ExecutorRef {
        let executor = pending.executor;
        let mut made = prepared.executor;
        made.dependencies = pending.dependencies;
        let (trace, is_root) = (made.trace.clone(), made.role == Role::Root);
        let open_header = made.header.is_some();
        self.executors.fill(executor, made);
        self.note(Event::Compiled {
            executor,
            uops: trace.uops.len(),
            adapter: false,
        });
        if is_root {
            self.replace_root(trace.pc);
        }
        self.list(executor);
        if let (Some(header), true) = (&trace.header, open_header) {
            let birth = self.executors.get(executor).map(|it| it.birth);
            let anchor = self.anchors.get_mut(header.pc);
            anchor
                .headers
                .insert(Rank::TakesOver, birth.unwrap_or(Birth(0)), executor);
            anchor.installs += 1;
        }
        if let Some(exit) = pending.exit {
            self.answer(exit, executor);
        }
        self.link_known_targets(executor, &trace);
        executor
    }

    /// Notes the executor at its anchor: roots first, as the interpreter must meet the root
    /// before the side traces that hang on its early exits, and what it may enter before the rest.
    fn list(&mut self, executor: ExecutorRef) {
        let found = self.executors.get(executor).expect("just put in place");
        let (rank, birth) = (found.rank(), found.birth);
        let anchor = self.anchors.get_mut(executor.pc);
        anchor.failures = 0;
        anchor.installs += 1;
        anchor.evicted = None;
        anchor.waiting = 0;
        anchor.starts.insert(rank, birth, executor);
    }

    fn replace_root(&mut self, pc: Pc) {
        if let Some(old) = self.anchors.get(pc).and_then(|anchor| anchor.starts.root()) {
            self.invalidate(old, Invalidation::Replaced);
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
        let end = last_exit(trace);
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
    executor: Executor,
}
