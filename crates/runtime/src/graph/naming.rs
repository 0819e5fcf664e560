//! Events and traces as people read them: with the names that the host has for places.

use super::event::Event;
use super::executor::Role;
use super::executor_graph::ExecutorGraph;
use super::handle::{ExecutorRef, ExitRef, Origin};
use super::store::Store;
use crate::place_name::Names;
use offramp_uop::text::{Listing, Place};
use offramp_uop::{Imm, Pc, Trace};

/// The text form of `trace` with the name of each instruction behind its `at`, as a comment.
pub(crate) fn annotated(trace: &Trace, names: &dyn Names) -> String {
    let comments = trace.iter().filter_map(|(at, uop)| {
        let Imm::Place(pc) = uop.imm else {
            return None;
        };
        let name = names.name_of(pc);
        name.is_known().then(|| (Place::Uop(at), name.details()))
    });
    Listing::of(trace).with_comments(comments)
}

impl ExecutorGraph {
    /// What happened, on one line, with the names of the places it happened at. What has been freed
    /// since is called by its handle alone.
    ///
    /// ```
    /// use offramp::{Config, PlaceName};
    /// use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
    /// use offramp::inspect::Event;
    /// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
    /// let names = |pc| PlaceName::of(pc).with_line(2);
    /// let event = Event::Recording { pc: 4, exit: None };
    /// assert_eq!(
    ///     graph.describe(&event, &names),
    ///     "recording from line 2, instruction 4"
    /// );
    /// ```
    pub fn describe(&self, event: &Event, names: &dyn Names) -> String {
        let store = self.store.borrow();
        let speaker = Speaker {
            store: &store,
            names,
        };
        speaker.event(event)
    }
}

/// What is needed to speak of a graph.
pub(super) struct Speaker<'a> {
    pub(super) store: &'a Store,
    pub(super) names: &'a dyn Names,
}

impl Speaker<'_> {
    fn event(&self, event: &Event) -> String {
        match *event {
            Event::Recording { pc, exit } => {
                format!("recording from {}{}", self.place(pc), self.behalf(exit))
            }
            Event::Aborted {
                pc,
                exit,
                at,
                reason,
            } => {
                let at = at.map_or(String::new(), |at| format!(" at {}", self.place(at)));
                let (place, behalf) = (self.place(pc), self.behalf(exit));
                format!("recording from {place}{behalf} abandoned{at}: {reason}")
            }
            Event::Compiled { executor, uops, .. } => {
                let (role, place) = (self.role(executor), self.place(executor.pc));
                format!("{executor} compiled, {role} at {place}: {uops} uops")
            }
            Event::Linked {
                exit,
                executor,
                kind,
            } => format!("{} linked to {executor} ({})", self.exit(exit), kind.name()),
            Event::Unlinked { exit, executor } => {
                format!("{} unlinked from {executor}", self.exit(exit))
            }
            Event::GivenUp { exit, reason } => {
                format!("{} given up: {reason}", self.exit(exit))
            }
            Event::Invalidated { executor, why } => {
                let place = self.place(executor.pc);
                format!("{executor} at {place} invalidated: {}", why.name())
            }
            Event::General { pc } => format!("many things pass {}", self.place(pc)),
            Event::Freed { executor } => format!("{executor} freed"),
            Event::Entered { executor } => {
                format!("{executor} entered at {}", self.place(executor.pc))
            }
            Event::ColdExit { exit } => format!("{} taken cold", self.exit(exit)),
        }
    }

    fn place(&self, pc: Pc) -> String {
        self.names.name_of(pc).to_string()
    }

    /// ` for e0.0:x3`, or nothing.
    fn behalf(&self, exit: Option<ExitRef>) -> String {
        exit.map_or(String::new(), |exit| format!(" for {exit}"))
    }

    /// An exit and where it leads.
    fn exit(&self, exit: ExitRef) -> String {
        let target = match exit.0 {
            Origin::ReturnPoint(pc) => return format!("return point at {}", self.place(pc)),
            Origin::Exit(owner, id) => {
                let owner = self.store.executors.get(owner);
                owner.and_then(|owner| Some(owner.trace.exits.get(id.index())?.target))
            }
        };
        match target {
            Some(target) => format!("{exit} to {}", self.place(target)),
            None => exit.to_string(),
        }
    }

    fn role(&self, executor: ExecutorRef) -> String {
        match self.store.executors.get(executor).map(|it| it.role) {
            Some(Role::Root) => "root".to_owned(),
            Some(Role::Side(exit)) => format!("side trace of {exit}"),
            Some(Role::Adapter(exit)) => format!("adapter of {exit}"),
            None => "gone".to_owned(),
        }
    }
}
