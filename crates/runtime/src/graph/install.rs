//! From a recorded trace to a live executor in its place.
//!
//! ```text
//!   admit ─▶ improve ─▶ plan ─▶ compile ─▶ publish ─▶ put in place
//!   graph    host       graph   anybody    graph
//! ```
//! Everything that may refuse (verifier, limits, back end, the check against the exit that asked)
//! or panic (the host, asked what is live) comes before the first change, so a refusal leaves nothing
//! behind but its count and a backoff. Between the steps that have the graph other things may happen
//! in it, so each checks again that the recording is still wanted.

use super::abort::Abort;
use super::anchor::Rank;
use super::backend::Backend;
use super::backoff::Backoff;
use super::error::{InstallError, LinkError};
use super::event::{Event, Invalidation};
use super::executor::{Executor, Role};
use super::exit_record::ExitStatus;
use super::handle::{Birth, ExecutorRef, ExitRef, Origin};
use super::improve::{Improved, Improver, LiveHeader, Onward};
use super::job::{Done, Plan, Task};
use super::progress::Progress;
use super::store::{Coded, Store};
use super::ticket::{Pending, Recording};
use super::trace_end::{end_of, last_exit};
use offramp_uop::evaluate::Entry;
use offramp_uop::{EntrySignature, ExitId, Op, Pc, Trace};
use std::sync::Arc;
use std::time::Instant;

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
        let headers = headers.filter_map(|executor| {
            let looping = self.executors.get(executor)?;
            Some(LiveHeader {
                executor,
                trace: looping.trace.clone(),
                signature: looping.signature(Entry::Header)?.clone(),
            })
        });
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

    /// Everything else that may refuse before the trace is compiled; what compiling it takes.
    pub(super) fn plan(
        &mut self,
        recording: &Recording,
        mut improved: Improved,
    ) -> Result<(Task, Plan), InstallError> {
        self.stats.optimise_time += improved.took;
        if let Some(proved) = improved.proved.take() {
            let pc = improved.trace.pc;
            self.stats.count_proof(pc, proved);
        }
        let pending = self.wanted(recording)?;
        let (executor, side) = (pending.executor, pending.side());
        let progress = Progress::of(&improved.trace);
        if !progress.advances() {
            return Err(InstallError::NoProgress);
        }
        if !progress.is_interruptible() {
            return Err(InstallError::NoPoll);
        }
        let (found, limit) = (improved.trace.exits.len(), self.config.trace_exits);
        if found > limit {
            return Err(InstallError::Exits { found, limit });
        }
        let trace = Arc::new(improved.trace);
        self.room_to_compile(trace.uops.len(), side)?;
        let onward = improved.onward;
        let takes = onward.as_ref().map(|onward| onward.takes.clone());
        let task = self.task(trace, executor, side, takes);
        let plan = Plan {
            progress,
            onward,
            join_end: improved.join_end,
            recorded: improved.recorded,
        };
        Ok((task, plan))
    }

    /// What making `trace`, which will be `executor` and takes over from `parent`, runnable takes.
    /// `onward` is what its last exit hands over, if it was made for an entry.
    pub(super) fn task(
        &mut self,
        trace: Arc<Trace>,
        executor: ExecutorRef,
        parent: Option<ExitRef>,
        onward: Option<EntrySignature>,
    ) -> Task {
        let fails = self.failing_compiles > 0;
        self.failing_compiles -= u32::from(fails);
        let parent = match parent.map(|exit| exit.0) {
            Some(Origin::Exit(owner, exit)) => self
                .executors
                .get(owner)
                .map(|owner| (owner.code.clone(), exit)),
            _ => None,
        };
        Task {
            trace,
            executor,
            parent,
            onward,
            profile: self.config.profile,
            fails,
        }
    }

    /// Publishes what was compiled.
    pub(super) fn publish(
        &mut self,
        done: Done,
        backend: &dyn Backend,
    ) -> Result<Coded, InstallError> {
        let begin = Instant::now();
        let code = done.code.and_then(|code| backend.publish(code));
        let took = done.took + begin.elapsed();
        self.stats.compile_time += took;
        Ok(Coded { code: code?, took })
    }

    /// Installs what was compiled for `recording` and links the exit that asked.
    pub(super) fn install(
        &mut self,
        recording: &Recording,
        (task, plan, done): (Task, Plan, Done),
        backend: &dyn Backend,
    ) -> Result<ExecutorRef, InstallError> {
        // The recording stays pending until nothing can refuse or panic any more.
        let prepared = self.prepare(recording, task, plan, done, backend)?;
        let pending = self.take(recording).ok_or(InstallError::Ended)?;
        Ok(self.put_in_place(pending, prepared))
    }

    /// Everything that may still refuse.
    fn prepare(
        &mut self,
        recording: &Recording,
        task: Task,
        plan: Plan,
        done: Done,
        backend: &dyn Backend,
    ) -> Result<Prepared, InstallError> {
        let pending = self.wanted(recording)?;
        let (executor, side) = (pending.executor, pending.side());
        let Plan {
            progress,
            onward,
            join_end,
            recorded,
        } = plan;
        let coded = self.publish(done, backend)?;
        self.room_for(coded.code.bytes(), side)?;
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
        let trace = task.trace;
        let mut executor = self.new_executor(executor, birth, role, depth, trace, coded, progress);
        if let Some(end) = &join_end {
            let hot = self.config.hot_join.min(self.config.hot_exit);
            executor.exits[end.exit.index()].set_temperature(Backoff::new(hot));
        }
        executor.join_end = join_end;
        executor.in_middle = in_middle;
        self.stats.middles += u64::from(in_middle);
        Ok(Prepared { executor, onward })
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
        self.link_known_targets(executor, &trace, prepared.onward);
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

    /// A trace that ends at a known executor, or was made for an entry, is linked there beforehand.
    fn link_known_targets(&mut self, executor: ExecutorRef, trace: &Trace, onward: Option<Onward>) {
        let mut end = last_exit(trace);
        let target = onward.and_then(|onward| onward.target);
        let linked = end.zip(target).filter(|&(exit, (target, entry))| {
            self.link(executor.exit(exit), target, entry).is_ok()
        });
        let linked = linked.map(|(exit, _)| exit);
        end = end.filter(|_| linked.is_none());
        let made_for_headers = trace.exits.iter().enumerate();
        let made_for_headers = made_for_headers
            .filter(|(_, state)| state.contract.is_some())
            .map(|(index, _)| ExitId(index as u32))
            .filter(|&exit| Some(exit) != linked);
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

/// An executor, and what its last exit is to be linked to.
struct Prepared {
    executor: Executor,
    onward: Option<Onward>,
}
