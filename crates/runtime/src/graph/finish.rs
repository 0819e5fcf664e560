//! From a recorded trace to an executor: who has the graph in which step.
//!
//! The store is borrowed to look whether the trace may be installed, then to plan, then to put it in place.
//! Between these the trace is optimised, during which the host is asked what is live, and compiled, which
//! any thread may do.

use super::error::InstallError;
use super::executor_graph::ExecutorGraph;
use super::handle::ExecutorRef;
use super::job::{Compiled, Job};
use super::ticket::Recording;
use offramp_uop::Trace;
use offramp_uop::optimise::Liveness;

impl ExecutorGraph {
    /// Makes `trace` an executor, installs it and links the exit that asked.
    ///
    /// # Errors
    /// If something refuses the trace; the attempt is counted and put off, and nothing else
    /// changes.
    pub fn finish(&self, recording: Recording, trace: Trace) -> Result<ExecutorRef, InstallError> {
        self.finish_knowing(recording, trace, None)
    }

    /// As [`finish`](ExecutorGraph::finish), knowing which frame words the program may still read.
    /// That knowledge must be the same for all traces of one graph.
    ///
    /// # Errors
    /// As [`finish`](ExecutorGraph::finish).
    ///
    /// # Panics
    /// With what `live` panics with; the recording counts as dropped then.
    pub fn finish_knowing(
        &self,
        recording: Recording,
        trace: Trace,
        live: Option<&dyn Liveness>,
    ) -> Result<ExecutorRef, InstallError> {
        let job = self.job_untold(recording, trace, live);
        let installed = job.and_then(|job| self.install_untold(job.compile()));
        self.tell();
        installed
    }

    /// As [`finish_knowing`](ExecutorGraph::finish_knowing), up to where the trace is to be compiled: that is
    /// for the host to have done, on any thread, and to [install](ExecutorGraph::install). The recording
    /// is under way until then.
    ///
    /// # Errors
    /// As [`finish`](ExecutorGraph::finish), apart from what compiling may refuse.
    ///
    /// # Panics
    /// As [`finish_knowing`](ExecutorGraph::finish_knowing).
    pub fn job(
        &self,
        recording: Recording,
        trace: Trace,
        live: Option<&dyn Liveness>,
    ) -> Result<Job, InstallError> {
        let job = self.job_untold(recording, trace, live);
        self.tell();
        job
    }

    /// Makes what was compiled an executor, and links the exit that asked.
    ///
    /// # Errors
    /// If it could not be compiled, if the exit that asked or something the trace depends on was invalidated
    /// meanwhile, if there is no room any more, and for a job of another graph; the attempt is counted
    /// and put off, and nothing else changes.
    pub fn install(&self, compiled: Compiled) -> Result<ExecutorRef, InstallError> {
        let installed = self.install_untold(compiled);
        self.tell();
        installed
    }

    fn job_untold(
        &self,
        recording: Recording,
        trace: Trace,
        live: Option<&dyn Liveness>,
    ) -> Result<Job, InstallError> {
        let planned = || {
            let improver = self.store.borrow_mut().admit(&recording, &trace)?;
            let improved = improver.improve(trace, live)?;
            self.store.borrow_mut().plan(&recording, improved)
        };
        match planned() {
            Ok((task, plan)) => Ok(Job {
                recording,
                task,
                plan,
                compiler: self.backend.compiler(),
            }),
            Err(error) => Err(self.refused(&recording, error)),
        }
    }

    fn install_untold(&self, compiled: Compiled) -> Result<ExecutorRef, InstallError> {
        let Compiled {
            recording,
            task,
            plan,
            done,
        } = compiled;
        let mut store = self.store.borrow_mut();
        let installed = store.install(&recording, (task, plan, done), &*self.backend);
        drop(store);
        installed.map_err(|error| self.refused(&recording, error))
    }

    /// Ends a recording whose trace was refused.
    fn refused(&self, recording: &Recording, error: InstallError) -> InstallError {
        let mut store = self.store.borrow_mut();
        if let InstallError::Cost { uops } = error {
            store.note_cost(recording, uops);
        }
        store.fail_recording(recording, error.abort());
        error
    }
}
