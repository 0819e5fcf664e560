//! What the suites about executors, exits and links share.

pub mod heap;
pub mod kit;
pub mod machine;
mod making;
mod mischief;
mod oracle;
pub mod program;
pub mod recorder;
pub mod run;
