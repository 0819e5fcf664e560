//! Optimising a trace, apart from the graph.
//!
//! The host is asked what is live while that goes on, and may come back to the graph or panic, so the
//! graph is not borrowed: what optimising needs of it is collected before. Which entry the trace's last exit
//! is for is found here, once; compiling and linking are told.

use super::config::Prove;
use super::error::InstallError;
use super::executor::JoinEnd;
use super::handle::ExecutorRef;
use super::join::Middles;
use super::proving::{Made, proved};
use super::trace_end::last_exit;
use crate::native_stack::with_enough;
use offramp_uop::evaluate::Entry;
use offramp_uop::optimise::{LeadsTo, Liveness, Options, Pass, Passes, optimise};
use offramp_uop::proof::Unproved;
use offramp_uop::verify::{verify, verify_knowing, verify_recorded};
use offramp_uop::{EntrySignature, ExitState, Op, Trace};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A live loop at the instruction where a trace ends.
pub(super) struct LiveHeader {
    pub(super) executor: ExecutorRef,
    pub(super) trace: Arc<Trace>,
    pub(super) signature: EntrySignature,
}

/// What optimising a trace needs of the graph.
pub(super) struct Improver {
    pub(super) optimise: bool,
    pub(super) verify: bool,
    pub(super) prove: Prove,
    /// As many exits as the trace may have.
    pub(super) exits: usize,
    /// Live loops at the instruction where the trace ends, first choice first.
    pub(super) headers: Vec<LiveHeader>,
    /// The entries in the middle there, if that is where paths join.
    pub(super) middles: Option<Middles>,
}

/// The entry that a trace's last exit was made for.
pub(super) struct Onward {
    /// What it takes over.
    pub(super) takes: EntrySignature,
    /// Whose entry it is; `None` if that is not there yet.
    pub(super) target: Option<(ExecutorRef, Entry)>,
}

/// A trace as it will run.
pub(super) struct Improved {
    pub(super) trace: Trace,
    /// Whether it was proved, if that was asked for.
    pub(super) proved: Option<Result<(), Unproved>>,
    pub(super) onward: Option<Onward>,
    /// How it ends where paths join.
    pub(super) join_end: Option<JoinEnd>,
    /// Uops and instructions as it was recorded.
    pub(super) recorded: (u64, u64),
    pub(super) took: Duration,
}

impl Improver {
    /// The trace as it will run.
    ///
    /// A trace in recorded form is held to what recorders must keep to and optimised; one that has
    /// dirty slots at its exits was optimised before it came here.
    pub(super) fn improve(
        &self,
        trace: Trace,
        live: Option<&dyn Liveness>,
    ) -> Result<Improved, InstallError> {
        let begin = Instant::now();
        let recorded = recorded_size(&trace);
        let Made {
            trace,
            leads_to,
            proved,
        } = with_enough(|| self.optimised(trace, live))?;
        let join_end = self.middles.as_ref().and_then(|middles| {
            let met = match leads_to {
                Some(LeadsTo::Entry(entry)) => Some(entry),
                Some(LeadsTo::Header(_)) | None => None,
            };
            middles.end_of(&trace, met)
        });
        let onward = self.onward(&trace, leads_to, join_end.as_ref());
        let took = begin.elapsed();
        Ok(Improved {
            trace,
            proved,
            onward,
            join_end,
            recorded,
            took,
        })
    }

    /// The entry that the trace's last exit was made for.
    fn onward(
        &self,
        trace: &Trace,
        leads_to: Option<LeadsTo>,
        join_end: Option<&JoinEnd>,
    ) -> Option<Onward> {
        let header = |header: &LiveHeader| Onward {
            takes: header.signature.clone(),
            target: Some((header.executor, Entry::Header)),
        };
        if let Some(LeadsTo::Header(index)) = leads_to {
            return self.headers.get(index).map(header);
        }
        if let Some(end) = join_end {
            return Some(Onward {
                takes: end.takes.clone(),
                target: end.met.map(|executor| (executor, Entry::Start)),
            });
        }
        // A trace that was not optimised here may have been made for a header all the same.
        let state = trace.exit(last_exit(trace)?);
        let agrees = |it: &&LiveHeader| state.agrees(trace, &it.signature).is_ok();
        self.headers.iter().find(agrees).map(header)
    }

    fn optimised(&self, trace: Trace, live: Option<&dyn Liveness>) -> Result<Made, InstallError> {
        let in_memory = |exit: &ExitState| exit.words.is_empty() && exit.contract.is_none();
        let recorded = trace.exits.iter().all(in_memory) && trace.header_params().next().is_none();
        if !recorded || !self.optimise {
            verify(&trace).map_err(Box::new)?;
            return Ok(Made::unasked(trace, None));
        }
        verify_recorded(&trace).map_err(Box::new)?;
        let improved = self.optimise_towards_headers(&trace, live)?;
        if self.verify {
            verify_knowing(&improved.trace, live).map_err(Box::new)?;
        }
        Ok(improved)
    }

    /// Optimises `trace`; where it ends at the header of a live loop, so that it goes back there
    /// with values in registers.
    fn optimise_towards_headers(
        &self,
        trace: &Trace,
        live: Option<&dyn Liveness>,
    ) -> Result<Made, InstallError> {
        let headers: Vec<&Trace> = self.headers.iter().map(|it| &*it.trace).collect();
        let plain = Options {
            live,
            ..Options::default()
        };
        let to_join = self.middles.as_ref().map(|middles| Options {
            join: Some(middles.join()),
            ..plain
        });
        let to_header = (!headers.is_empty()).then_some(Options {
            reenter: &headers,
            ..plain
        });
        // A loop's copied iteration has exits of its own: what the recorder kept within the limit may be
        // beyond it then, and is compiled without the copy. As it was recorded it fits.
        let with_less = [Passes::ALL, Passes::ALL.without(Pass::Peel), Passes::NONE];
        let with_less = with_less.map(|passes| Options { passes, ..plain });
        for options in to_join.into_iter().chain(to_header).chain(with_less) {
            let improved = optimise(trace, &options);
            if improved.trace.exits.len() <= self.exits {
                return proved(self.prove, trace, improved, &options);
            }
        }
        Ok(Made::unasked(trace.clone(), None))
    }
}

/// Uops and instructions of a trace as it was recorded.
fn recorded_size(trace: &Trace) -> (u64, u64) {
    let instructions = trace.uops.iter().filter(|uop| uop.op == Op::At).count();
    (trace.uops.len() as u64, instructions as u64)
}
