//! What the traces of a program are and do: for whoever shows, counts or tests them.
//!
//! [`Interpreter::graph`](crate::Interpreter::graph) is the way in, to [`Executors`]; reports are made of
//! the same data by [`Interpreter::report`](crate::Interpreter::report), and observers are told of
//! [`Event`]s. Nothing here changes what runs.

pub use crate::checks::{Difference, Differs, Lie};
pub use crate::graph::{
    AbandonedReport, Abort, Birth, CodeFigures, Event, ExecutorInfo, ExecutorRef, ExecutorState,
    Executors, ExitInfo, ExitRef, ExitReport, ExitStatus, Instructions, Invalidation, Link,
    LinkKind, Listing, Observer, Progress, Report, Role, SettingInfo, Sighted, Stats, TreeReport,
};
pub use crate::place_name::Names;
