//! What the integration suites share.

#[cfg(feature = "native")]
pub mod arena;
#[cfg(doctest)]
pub mod book;
pub mod calls;
pub mod larger;
pub mod links;
pub mod seeds;
#[cfg(feature = "native")]
pub mod traces;
