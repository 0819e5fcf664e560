//! A trace on its way to being an executor: what compiling it takes, apart from the graph.
//!
//! Compiling is most of what a trace costs, and needs nothing that changes. So it is a value of its own that
//! may go to another thread and comes back as [`Compiled`]; meanwhile the interpreter runs on, and its
//! recording stays pending. What may have changed by then (the exit that asked, what the trace depends on,
//! what room there is) is checked again when it is installed.

use super::backend::{Code, Compile, CompileError, Compiler, Unpublished};
use super::handle::ExecutorRef;
use super::improve::Onward;
use super::progress::Progress;
use super::ticket::Recording;
use crate::native_stack::with_enough;
use offramp_uop::{EntrySignature, ExitId, Trace};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::executor::JoinEnd;

/// What making a trace runnable takes.
pub(super) struct Task {
    pub(super) trace: Arc<Trace>,
    /// The executor it will be.
    pub(super) executor: ExecutorRef,
    /// The exit it takes over from.
    pub(super) parent: Option<(Arc<dyn Code>, ExitId)>,
    /// What its last exit hands over, if that was made for an entry.
    pub(super) onward: Option<EntrySignature>,
    pub(super) profile: bool,
    /// A test asked for this one to fail.
    pub(super) fails: bool,
}

/// What has become of it, and how long that took.
pub(super) struct Done {
    pub(super) code: Result<Box<dyn Unpublished>, CompileError>,
    pub(super) took: Duration,
}

impl Task {
    pub(super) fn compile(&self, compiler: &dyn Compiler) -> Done {
        let begin = Instant::now();
        let compile = Compile {
            trace: &self.trace,
            executor: self.executor,
            parent: self.parent.as_ref().map(|(code, exit)| (&**code, *exit)),
            onward: self.onward.as_ref(),
            profile: self.profile,
        };
        let code = match self.fails {
            true => Err(CompileError::Asked),
            false => with_enough(|| compiler.compile(&compile)),
        };
        Done {
            code,
            took: begin.elapsed(),
        }
    }
}

/// What becomes of the trace once it is compiled.
pub(super) struct Plan {
    pub(super) progress: Progress,
    pub(super) onward: Option<Onward>,
    pub(super) join_end: Option<JoinEnd>,
    /// Uops and instructions as it was recorded.
    pub(super) recorded: (u64, u64),
}

/// A recorded and optimised trace that is to be compiled, on any thread.
///
/// Dropping it drops the recording, which counts as aborted.
///
/// ```
/// use offramp::Config;
/// use offramp::explicit::{EvaluatorBackend, ExecutorGraph};
/// use offramp_uop::{Builder, Interface, Type, Word};
///
/// let graph = ExecutorGraph::new(Config::default(), EvaluatorBackend);
/// let recording = graph.begin_root(4).expect("nothing else is recording");
/// let mut b = Builder::new("copy", 4, Interface::new().into());
/// b.at(4);
/// let x = b.load_word(Type::I64, Word(0));
/// b.store_word(Word(1), x);
/// let out = b.side_exit(5, 0);
/// b.leave(out);
/// let job = graph.job(recording, b.finish(), None)?;
/// let compiled = std::thread::spawn(|| job.compile()).join().expect("it does not panic");
/// let executor = graph.install(compiled)?;
/// assert_eq!(graph.root_at(4), Some(executor));
/// # Ok::<(), offramp::explicit::InstallError>(())
/// ```
#[must_use = "compile and install it"]
pub struct Job {
    pub(super) recording: Recording,
    pub(super) task: Task,
    pub(super) plan: Plan,
    pub(super) compiler: Arc<dyn Compiler>,
}

impl Job {
    /// Compiles the trace. Whether that has failed is found out where it is
    /// [installed](super::ExecutorGraph::install).
    pub fn compile(self) -> Compiled {
        let done = self.task.compile(&*self.compiler);
        Compiled {
            recording: self.recording,
            task: self.task,
            plan: self.plan,
            done,
        }
    }

    /// The trace, as it is compiled.
    pub fn trace(&self) -> &Arc<Trace> {
        &self.task.trace
    }
}

/// A compiled trace, to be [installed](super::ExecutorGraph::install) in the graph that its job is from.
///
/// Dropping it drops the recording, which counts as aborted.
#[must_use = "install it"]
pub struct Compiled {
    pub(super) recording: Recording,
    pub(super) task: Task,
    pub(super) plan: Plan,
    pub(super) done: Done,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Job").field(&self.recording).finish()
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Compiled {
            recording, done, ..
        } = self;
        f.debug_tuple("Compiled")
            .field(recording)
            .field(&done.code)
            .finish()
    }
}
