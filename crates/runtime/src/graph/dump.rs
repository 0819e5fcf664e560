//! The graph as text, for people.

use super::executor::Role;
use super::exit_record::ExitStatus;
use super::{ExecutorGraph, ExecutorState};
use offramp_uop::ExitId;
use offramp_uop::evaluate::Entry;
use std::fmt::{self, Display, Formatter};

impl ExecutorGraph {
    /// Executors, their exits and where those lead, one per line. What has not been taken and
    /// leads nowhere is left out.
    ///
    /// ```
    /// use offramp::{Config, EvaluatorBackend, ExecutorGraph};
    /// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
    /// assert_eq!(graph.dump().to_string(), "no executors\n");
    /// ```
    pub fn dump(&self) -> impl Display + '_ {
        Dump(self)
    }
}

struct Dump<'a>(&'a ExecutorGraph);

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
            write!(f, "{executor} {} at {}", found.trace.name, executor.pc)?;
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
                write!(f, "  x{index} {kind}{early} to {}: ", state.target)?;
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
