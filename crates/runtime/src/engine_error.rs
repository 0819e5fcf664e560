//! [`EngineError`]: why there is no engine, or no interpreter of one.

/// An engine could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The layout has more alias classes than the trace IR.
    #[error("{found} alias classes, at most {limit} are possible")]
    Classes {
        /// How many the layout names.
        found: usize,
        /// How many are possible.
        limit: usize,
    },
    /// [`Config::shadow`](crate::Config::shadow) asks for what was not compiled: it needs the feature
    /// `shadow` of this crate.
    #[error("the shadow check needs the feature `shadow` of offramp")]
    Shadow,
    /// Traces cannot be made machine code here.
    #[error("no machine code here")]
    MachineCode(#[from] crate::graph::CompileError),
}
