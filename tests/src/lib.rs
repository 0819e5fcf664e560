//! What the integration suites share.

#[cfg(doctest)]
pub mod book;
pub mod larger;
pub mod links;
