//! Links: checked each time one is made, undone in one step.
//!
//! An exit may point at an entry iff they are at the same instruction, the exit's state agrees
//! with the entry's signature, and progress is kept. There is no other way to make a link than
//! through this check.

use super::backend::Backend;
use super::error::{InstallError, LinkError};
use super::event::Event;
use super::executor::{Executor, ExecutorState, Role};
use super::exit_record::{ExitStatus, Link, LinkKind, Record};
use super::handle::{ExecutorRef, ExitRef, Origin};
use super::progress::Progress;
use super::store::Store;
use offramp_uop::evaluate::Entry;
use offramp_uop::{Disagreement, ExitKind, ExitState, Trace};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

impl Store {
    pub(super) fn live(&self, executor: ExecutorRef) -> Result<&Executor, LinkError> {
        match self.executors.get(executor) {
            Some(found) if found.is_live() => Ok(found),
            _ => Err(LinkError::NotLive { executor }),
        }
    }

    pub(super) fn record(&self, exit: ExitRef) -> Option<&Record> {
        match exit.0 {
            Origin::Exit(owner, exit) => self.executors.get(owner)?.record(exit),
            Origin::ReturnPoint(pc) => self.anchors.get(pc)?.return_point.record(),
        }
    }

    pub(super) fn record_mut(&mut self, exit: ExitRef) -> Option<&mut Record> {
        match exit.0 {
            Origin::Exit(owner, exit) => {
                let owner = self.executors.get_mut(owner)?;
                owner.exits.get_mut(exit.index())
            }
            Origin::ReturnPoint(pc) => self.anchors.get_mut(pc).return_point.existing(),
        }
    }

    /// Whether `exit` may lead to `entry` of `executor`, and which kind of link that is.
    pub(super) fn check(
        &self,
        exit: ExitRef,
        executor: ExecutorRef,
        entry: Entry,
    ) -> Result<LinkKind, LinkError> {
        let target = self.live(executor)?;
        let no_header = LinkError::NoHeader { executor };
        let signature = target.signature(entry).ok_or(no_header)?;
        let found = target.entry_pc(entry).ok_or(no_header)?;
        let (owner, id) = match exit.0 {
            Origin::Exit(owner, id) => (owner, id),
            Origin::ReturnPoint(wanted) => {
                if wanted != found {
                    return Err(LinkError::Place { wanted, found });
                }
                let root = entry == Entry::Start && signature.is_empty();
                if !root || target.is_adapter() {
                    return Err(LinkError::NotARoot);
                }
                // Whoever returns through here may not have polled.
                return match target.progress.polls_first(entry) {
                    true => Ok(LinkKind::ReturnPoint),
                    false => Err(LinkError::Uninterruptible { executor }),
                };
            }
        };
        let no_exit = LinkError::NoExit { exit };
        let from = self.live(owner).map_err(|_| no_exit)?;
        let record = from.record(id).ok_or(no_exit)?;
        let state = from.trace.exit(id);
        if state.target != found {
            return Err(LinkError::Place {
                wanted: state.target,
                found,
            });
        }
        if state.kind == ExitKind::Dynamic {
            // It leads where it finds out at run time; what is linked is the return point there.
            let kind = state.kind;
            return Err(Disagreement::NeverLinked { kind }.into());
        }
        state.agrees(&from.trace, signature)?;
        if !from.code.fits(id, &*target.code, entry) {
            return Err(LinkError::Placement { executor });
        }
        match (from.role, target.role) {
            (_, Role::Adapter(edge)) if edge != exit => {
                return Err(LinkError::ForeignAdapter { executor });
            }
            (_, Role::Adapter(_)) if target.exits[0].link().is_none() => {
                return Err(LinkError::IdleAdapter { executor });
            }
            // The progress of an edge through an adapter is judged where it arrives.
            (_, Role::Adapter(_)) => return Ok(LinkKind::Adapter),
            _ => {}
        }
        let younger = target.birth > from.birth;
        if record.early && !younger {
            return Err(LinkError::Progress { executor });
        }
        if record.quiet && !younger && !target.progress.polls_first(entry) {
            return Err(LinkError::Uninterruptible { executor });
        }
        Ok(match (entry, from.role) {
            (Entry::Header, _) => LinkKind::Header,
            (Entry::Start, Role::Adapter(_)) => LinkKind::Onward,
            (Entry::Start, _) => LinkKind::Exact,
        })
    }

    /// Links `exit` to `entry` of `executor`, if the check allows it and the exit is cold.
    pub(super) fn link(
        &mut self,
        exit: ExitRef,
        executor: ExecutorRef,
        entry: Entry,
    ) -> Result<Link, LinkError> {
        let kind = self.check(exit, executor, entry)?;
        if let Origin::ReturnPoint(pc) = exit.0 {
            let threshold = self.config.hot_exit;
            self.anchors.get_mut(pc).return_point.record_mut(threshold);
        }
        let link = Link {
            executor,
            entry,
            kind,
        };
        let record = self.record_mut(exit).ok_or(LinkError::NoExit { exit })?;
        if let ExitStatus::Linked(_) | ExitStatus::Recording = record.status {
            return Err(LinkError::NotCold { exit });
        }
        record.status = ExitStatus::Linked(link);
        let target = self.executors.get_mut(executor).expect("checked live");
        let place = target.incoming.len() as u32;
        target.incoming.push(exit);
        target.seen = true;
        self.stats.middle_links += u64::from(target.in_middle);
        let code = target.code.clone();
        if let Some(record) = self.record_mut(exit) {
            record.place = place;
        }
        if let Origin::Exit(owner, id) = exit.0
            && let Some(owner) = self.executors.get(owner)
        {
            owner.code.link(id, &*code, entry);
        }
        if let Origin::ReturnPoint(pc) = exit.0 {
            code.link_return_point(pc);
        }
        self.note(Event::Linked {
            exit,
            executor,
            kind,
        });
        Ok(link)
    }

    /// Puts `exit` back to cold. An edge through an adapter is one edge: unlinking either half
    /// unlinks both, and the adapter waits, owned by the exit, for the next root.
    ///
    /// Whether it was linked.
    pub(super) fn unlink(&mut self, exit: ExitRef) -> bool {
        let Some(record) = self.record_mut(exit) else {
            return false;
        };
        let Some(link) = record.link() else {
            return false;
        };
        record.status = ExitStatus::Cold;
        record.asked = 0;
        let place = record.place as usize;
        self.steps.count(1);
        if let Origin::Exit(owner, id) = exit.0
            && let Some(owner) = self.executors.get(owner)
        {
            owner.code.unlink(id);
        }
        let executor = link.executor;
        if let Some(target) = self.executors.get_mut(executor) {
            if let Origin::ReturnPoint(pc) = exit.0 {
                target.code.unlink_return_point(pc);
            }
            // What is being invalidated has let go of all of them.
            if target.incoming.get(place) == Some(&exit) {
                target.incoming.swap_remove(place);
                let moved = target.incoming.get(place).copied();
                if let Some(moved) = moved.and_then(|moved| self.record_mut(moved)) {
                    moved.place = place as u32;
                }
            }
        }
        self.note(Event::Unlinked { exit, executor });
        if link.kind == LinkKind::Adapter {
            self.unlink(onward(executor));
        }
        let owner = exit.owner().and_then(|owner| self.executors.get(owner));
        if let Some(Role::Adapter(edge)) = owner.map(|owner| owner.role) {
            self.unlink(edge);
        }
        true
    }

    /// An entry that `exit` may be linked to without an adapter, best first: the header it was
    /// made for, an executor of exactly its signature, another header that agrees.
    pub(super) fn find_entry(&self, exit: ExitRef) -> Option<(ExecutorRef, Entry)> {
        let (state, trace) = self.exit_state(exit)?;
        let anchor = self.anchors.get(state.target)?;
        // The usual answer at an exit that cools, and cheap.
        if anchor.starts.is_empty() && anchor.headers.is_empty() {
            return None;
        }
        let exact = self.handed_over(exit);
        let exact = exact.unwrap_or_else(|| state.signature(trace));
        let headers = anchor.headers.iter().map(|header| (header, Entry::Header));
        let starts = anchor.starts.iter().filter(|&start| {
            let executor = self.executors.get(start);
            executor.is_some_and(|executor| executor.trace.entry == exact)
        });
        let starts = starts.map(|start| (start, Entry::Start));
        let fits =
            |&(executor, entry): &(ExecutorRef, Entry)| self.check(exit, executor, entry).is_ok();
        match state.contract {
            Some(_) => headers.chain(starts).find(fits),
            None => starts.chain(headers).find(fits),
        }
    }

    /// A root that `exit`, with something pending, can reach through an adapter.
    ///
    /// Not a side trace that happens to take nothing over: a trace of the exit's own would have in
    /// registers what that one loads again.
    pub(super) fn find_root_for_adapter(&self, exit: ExitRef) -> Option<ExecutorRef> {
        let Origin::Exit(owner, id) = exit.0 else {
            return None;
        };
        let from = self.live(owner).ok()?;
        let Record { early, quiet, .. } = *from.record(id)?;
        let anchor = self.anchors.get(from.trace.exit(id).target)?;
        let mut starts = anchor.starts.iter();
        starts.find(|&start| {
            self.live(start).is_ok_and(|root| {
                let polls = root.progress.polls_first(Entry::Start);
                let bound = early || quiet && !polls;
                root.role == Role::Root && (root.birth > from.birth || !bound)
            })
        })
    }

    /// The exit's state and its trace.
    pub(super) fn exit_state(&self, exit: ExitRef) -> Option<(&ExitState, &Trace)> {
        let Origin::Exit(owner, id) = exit.0 else {
            return None;
        };
        let trace = &self.live(owner).ok()?.trace;
        Some((trace.exit(id), trace))
    }

    /// Links `exit` to `root` through its adapter, making it at the first need.
    pub(super) fn link_adapter(
        &mut self,
        exit: ExitRef,
        root: ExecutorRef,
        backend: &dyn Backend,
    ) -> Result<Link, InstallError> {
        let adapter = match self.record(exit).and_then(|record| record.adapter) {
            Some(adapter) => adapter,
            None => self.make_adapter(exit, backend)?,
        };
        self.link(onward(adapter), root, Entry::Start)?;
        match self.link(exit, adapter, Entry::Start) {
            Ok(link) => Ok(link),
            Err(error) => {
                self.unlink(onward(adapter));
                Err(error.into())
            }
        }
    }

    fn make_adapter(
        &mut self,
        exit: ExitRef,
        backend: &dyn Backend,
    ) -> Result<ExecutorRef, InstallError> {
        let Origin::Exit(owner, id) = exit.0 else {
            return Err(LinkError::NotARoot.into());
        };
        let from = self.live(owner).map_err(|_| LinkError::NoExit { exit })?;
        let state = from.trace.exit(id);
        // Kinds that never link must not get an adapter either.
        state
            .agrees(&from.trace, &state.signature(&from.trace))
            .map_err(LinkError::from)?;
        let name = format!("{}:{id} adapter", from.trace.name);
        let trace = Arc::new(offramp_uop::adapter(name, state, &from.trace));
        let edge = from.record(id).map(|edge| (edge.early, edge.quiet));
        let (birth, depth) = (from.birth, from.depth);
        self.room_for_adapter(self.cache.estimate(Some(trace.uops.len())))?;
        let executor = self.executors.reserve(trace.pc);
        // A back end may be the host's.
        let compile = || {
            let task = self.task(trace.clone(), executor, Some(exit), None);
            let coded = self.publish(task.compile(&*backend.compiler()), backend)?;
            self.room_for_adapter(coded.code.bytes())?;
            Ok(coded)
        };
        let compiled = catch_unwind(AssertUnwindSafe(compile));
        let coded = match compiled {
            Ok(Ok(coded)) => coded,
            Ok(Err(error)) => {
                self.executors.release(executor);
                return Err(error);
            }
            Err(panic) => {
                self.executors.release(executor);
                resume_unwind(panic);
            }
        };
        let uops = trace.uops.len();
        let progress = Progress::of(&trace);
        let role = Role::Adapter(exit);
        let mut made = self.new_executor(executor, birth, role, depth, trace, coded, progress);
        // It is part of its edge: as early and as quiet as the exit it was made for.
        let onward = &mut made.exits[0];
        (onward.early, onward.quiet) = edge.unwrap_or((true, true));
        self.executors.fill(executor, made);
        if let Some(record) = self.record_mut(exit) {
            record.adapter = Some(executor);
        }
        self.note(Event::Compiled {
            executor,
            uops,
            adapter: true,
        });
        Ok(executor)
    }

    pub(super) fn state_of(&self, executor: ExecutorRef) -> ExecutorState {
        match self.executors.get(executor) {
            Some(found) => found.state,
            None if self.executors.is_reserved(executor) => ExecutorState::Building,
            None => ExecutorState::Freed,
        }
    }
}

/// The one exit of an adapter.
fn onward(adapter: ExecutorRef) -> ExitRef {
    adapter.exit(offramp_uop::ExitId(0))
}
