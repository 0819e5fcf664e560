//! The graph as text, for people.

use super::executor::ExecutorState;
use super::executor::Role;
use super::executor_graph::ExecutorGraph;
use super::exit_record::ExitStatus;
use crate::place_name::{Names, PlaceName};
use offramp_uop::evaluate::Entry;
use offramp_uop::{ExitId, Pc};
use std::fmt::{self, Display, Formatter};

impl ExecutorGraph {
    /// Executors, their exits and where those lead, one per line. What has not been taken and
    /// leads nowhere is left out.
    ///
    /// ```
    /// use offramp::Config;
    /// use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
    /// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
    /// assert_eq!(graph.dump().to_string(), "no executors\n");
    /// ```
    pub fn dump(&self) -> impl Display + '_ {
        Dump(self, &PlaceName::of)
    }

    /// As [`dump`](ExecutorGraph::dump), with the names of places where they are known.
    pub fn dump_naming<'a>(&'a self, names: &'a dyn Names) -> impl Display + 'a {
        Dump(self, names)
    }
}

struct Dump<'a>(&'a ExecutorGraph, &'a dyn Names);

impl Dump<'_> {
    /// A place by its number, or by its name if there is one.
    fn place(&self, pc: Pc) -> String {
        let name = self.1.name_of(pc);
        match name.is_known() {
            true => name.to_string(),
            false => pc.to_string(),
        }
    }
}

impl Display for Dump<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let store = self.0.store.borrow();
        let executors = store.executors.handles(|executor| executor.trace.pc);
        if executors.is_empty() {
            writeln!(f, "no executors")?;
        }
        for executor in executors {
            let Some(found) = store.executors.get(executor) else {
                continue;
            };
            let place = self.place(executor.pc);
            write!(f, "{executor} {} at {place}", found.trace.name)?;
            match found.role {
                Role::Root => write!(f, ", root")?,
                Role::Side(exit) => write!(f, ", side of {exit}")?,
                Role::Adapter(exit) => write!(f, ", adapter of {exit}")?,
            }
            if found.state != ExecutorState::Live {
                write!(f, ", {:?}", found.state)?;
            }
            writeln!(f, ", {} uops", found.trace.uops.len())?;
            for (index, record) in found.exits.iter().enumerate() {
                let state = found.trace.exit(ExitId(index as u32));
                if record.cold == 0 && record.taken == 0 && record.status == ExitStatus::Cold {
                    continue;
                }
                let early = if record.early { " early" } else { "" };
                let kind = state.kind.name();
                let target = self.place(state.target);
                write!(f, "  x{index} {kind}{early} to {target}: ")?;
                match record.status {
                    ExitStatus::Cold => write!(f, "cold {:?}", record.temperature)?,
                    ExitStatus::Recording => write!(f, "recording")?,
                    ExitStatus::GivenUp(reason) => write!(f, "given up ({reason})")?,
                    ExitStatus::Linked(link) => {
                        let header = match link.entry {
                            Entry::Start => "",
                            Entry::Header => " header",
                        };
                        write!(f, "{}{header}", link.executor)?;
                    }
                }
                writeln!(f, ", {} cold", record.cold)?;
            }
        }
        Ok(())
    }
}
