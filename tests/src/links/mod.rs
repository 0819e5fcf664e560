//! What the suites about executors, exits and links share.

pub mod kit;
pub mod machine;
pub mod program;
pub mod recorder;
pub mod run;
