//! What the integration suites share.

#[cfg(feature = "native")]
pub mod arena;
#[cfg(doctest)]
pub mod book;
pub mod calls;
pub mod counting;
#[cfg(feature = "native")]
pub mod fuzzing;
#[cfg(feature = "native")]
pub mod hardware;
pub mod instructions;
pub mod larger;
#[cfg(feature = "native")]
pub mod life;
pub mod links;
pub mod pairs;
pub mod seeds;
#[cfg(feature = "native")]
pub mod traces;
#[cfg(feature = "native")]
pub mod words;
