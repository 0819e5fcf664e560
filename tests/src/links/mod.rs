//! What the suites about executors, exits and links share.

pub mod kit;
pub mod machine;
