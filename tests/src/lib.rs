//! What the integration suites share.

pub mod links;
